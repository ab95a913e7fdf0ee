"""lazyax: NumPy on XLA with a memory.

NumPy-like calls build a persistent expression graph instead of running. Transforms (`grad`,
`jvp`, `vmap`, `jit`) act on the graph; fused programs are compiled by XLA when a value is needed.

>>> import lazyax as lx
>>> import lazyax.numpy as np
>>> slope = lx.grad(lambda x: np.tanh(x))
>>> print(f"{slope(1.0):.6f}")
0.419974
"""

import importlib
from types import ModuleType
from typing import TYPE_CHECKING

from lazyax import lax, numpy, tree
from lazyax.api.checkpointing import checkpoint, checkpoint_name, checkpoint_policies, remat
from lazyax.api.compile import Compiled, jit, trace
from lazyax.api.custom_rules import custom_jvp, custom_vjp
from lazyax.api.differentiate import grad, hessian, jacfwd, jacrev, jvp, value_and_grad, vjp
from lazyax.api.graphs import listing
from lazyax.api.history import gradients, keep_history
from lazyax.api.linear import closure_convert, linear_transpose, linearize
from lazyax.api.saving import load
from lazyax.api.stats import Stats, clear_pool, stats
from lazyax.api.vectorize import vmap
from lazyax.array import Array, materialize, no_materialize
from lazyax.config import config
from lazyax.graph.graph import Graph

__all__ = [
    "Array", "Compiled", "Graph", "Stats", "checkpoint", "checkpoint_name",
    "checkpoint_policies", "clear_pool", "closure_convert", "config", "custom_jvp",
    "custom_vjp", "grad", "gradients", "hessian", "jacfwd", "jacrev", "jit", "jvp",
    "keep_history", "lax", "linear_transpose", "linearize", "listing", "load", "materialize",
    "nn", "no_materialize", "numpy", "optim", "random", "remat", "stats", "trace", "tree",
    "value_and_grad", "vjp", "vmap",
]  # fmt: skip

if TYPE_CHECKING:
    from lazyax import nn, optim, random

IMPORTED_WHEN_USED = ("nn", "optim", "random")
"""Not every program needs them, and importing them takes 10 ms."""


if not TYPE_CHECKING:  # for a checker there is what is imported above, and nothing else

    def __getattr__(name: str) -> ModuleType:
        if name in IMPORTED_WHEN_USED:
            return importlib.import_module(f"lazyax.{name}")
        raise AttributeError(f"module 'lazyax' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *IMPORTED_WHEN_USED})

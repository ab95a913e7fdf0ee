"""Single ops as programs of their own: what NumPy leaves to XLA of a program that it runs.

A factorization takes its library a few milliseconds whoever calls it. What takes XLA long is to
compile what is around it, and that NumPy runs at once.
"""

from __future__ import annotations

from typing import Any

import numpy

from lazyax.graph.aval import aval_of
from lazyax.graph.op import Op
from lazyax.ops.primitives.leaves import data_leaf, projections
from lazyax.xla.buffers import put, view
from lazyax.xla.plan import plan
from lazyax.xla.program import program_of


def run_alone(op: Op, *arrays: numpy.ndarray) -> Any:
    """What an op gives for arrays, or each of its results, by XLA."""
    operands = [data_leaf(aval_of(x.shape, x.dtype), put(x)) for x in arrays]
    node = op(*operands)
    several = isinstance(node.aval, tuple)
    roots = projections(node) if several else (node,)
    planned = plan(roots, keep_wanted=False)
    buffers = program_of(planned, may_be_quick=True).run([one.value for one in planned.arguments])
    results = [view(buffer, root.aval) for buffer, root in zip(buffers, roots, strict=True)]
    return tuple(results) if several else results[0]

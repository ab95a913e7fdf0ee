"""What an optimizer is: the types, and what all algorithms do alike."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import lazyax.numpy as np
from lazyax import tree
from lazyax.array import Array
from lazyax.errors import LazyaxTypeError

Params = Any
"""A pytree of arrays."""

Step = Any
"""The number of a step, from 0: an int, or an integer array inside ``jit``."""

Schedule = Callable[[Step], Any]
"""The step size as a function of the number of the step."""

Optimizer = tuple[Callable[[Params], Any], Callable[[Step, Params, Any], Any]]
"""``init(params) -> state`` and ``update(i, gradients, state) -> state``."""


def get_params(state: Any) -> Params:
    """The parameters in an optimizer's state.

    >>> from lazyax import optim
    >>> init, update = optim.sgd(0.1)
    >>> print(optim.get_params(init(1.0)))
    1.0
    """
    return state.params


def as_params(optimizer: str, params: Params) -> Params:
    """Parameters as arrays: lists of numbers stay trees, NumPy arrays and numbers are taken.

    Raises:
        LazyaxTypeError: for one that is not floating or complex.
    """
    arrays = tree.map(np.asarray, params)
    for path, leaf in tree.flatten_with_path(arrays):
        if not leaf.aval.is_inexact:
            raise LazyaxTypeError(
                f"{optimizer}: parameter {path or 'params'} is {leaf.aval}; parameters that are "
                "stepped by gradients are floating or complex: use astype"
            )
    return arrays


def at_step(step_size: float | Array | Schedule, i: Step) -> Any:
    """The step size of step ``i``."""
    return step_size(i) if callable(step_size) else step_size


def step_along(params: Params, directions: Params, step_size: Any) -> Params:
    """``params - step_size * directions``, leaf by leaf, each in its own dtype."""
    return tree.map(lambda x, d: (x - step_size * d).astype(x.dtype), params, directions)

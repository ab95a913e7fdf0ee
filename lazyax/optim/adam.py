"""Adam."""

from __future__ import annotations

import attrs

import lazyax.numpy as np
from lazyax import tree
from lazyax.array import Array
from lazyax.optim.optimizer import (
    Optimizer,
    Params,
    Schedule,
    Step,
    as_params,
    at_step,
    step_along,
)


@attrs.frozen(eq=False)
class AdamState:
    """The parameters, and running means of their gradients and of the squares of these."""

    params: Params
    mean: Params
    square: Params


def adam(
    step_size: float | Array | Schedule,
    b1: float = 0.9,
    b2: float = 0.999,
    eps: float = 1e-8,
) -> Optimizer:
    """Steps along the mean gradient over the root of its mean square. Kingma and Ba 2015.

    Args:
        step_size: a number, or a function of the number of the step.
        b1: how much of the mean gradient is left after a step.
        b2: how much of the mean square is left after a step.
        eps: added to the root, so that it is not zero.

    >>> import lazyax.numpy as np
    >>> from lazyax import optim
    >>> init, update = optim.adam(0.1)
    >>> state = update(0, np.array(5.0), init(np.zeros(())))
    >>> print(f"{optim.get_params(state):.3f}")
    -0.100
    """

    def init(params: Params) -> AdamState:
        params = as_params("adam", params)
        return AdamState(params, tree.map(np.zeros_like, params), tree.map(_zero_squares, params))

    def update(i: Step, gradients: Params, state: AdamState) -> AdamState:
        mean = tree.map(lambda m, g: _running_mean(m, g, b1), state.mean, gradients)
        square = tree.map(
            lambda s, g: _running_mean(s, np.square(np.abs(g)), b2), state.square, gradients
        )
        # the means start from zero: Kingma and Ba, section 3
        grown1, grown2 = 1 - b1 ** (i + 1), 1 - b2 ** (i + 1)
        direction = tree.map(lambda m, s: (m / grown1) / (np.sqrt(s / grown2) + eps), mean, square)
        params = step_along(state.params, direction, at_step(step_size, i))
        return AdamState(params, mean, square)

    return init, update


def _zero_squares(x: Array) -> Array:
    return np.zeros_like(np.abs(x))


def _running_mean(mean: Array, new: Array, left: float) -> Array:
    return (left * mean + (1 - left) * new).astype(mean.dtype)

"""Stochastic gradient descent."""

from __future__ import annotations

import attrs

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
class SgdState:
    """The parameters alone."""

    params: Params


def sgd(step_size: float | Array | Schedule) -> Optimizer:
    """x <- x - step_size * gradient.

    Args:
        step_size: a number, or a function of the number of the step.

    >>> import lazyax.numpy as np
    >>> from lazyax import optim
    >>> init, update = optim.sgd(lambda i: 1.0 / (1 + i))
    >>> state = update(1, np.array([2.0, 4.0]), init(np.ones(2)))
    >>> print(optim.get_params(state))
    [ 0. -1.]
    """

    def init(params: Params) -> SgdState:
        return SgdState(as_params("sgd", params))

    def update(i: Step, gradients: Params, state: SgdState) -> SgdState:
        return SgdState(step_along(state.params, gradients, at_step(step_size, i)))

    return init, update

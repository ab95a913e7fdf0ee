"""Gradient descent with momentum."""

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
class MomentumState:
    """The parameters, and the velocity of each."""

    params: Params
    velocity: Params


def momentum(step_size: float | Array | Schedule, mass: float | Array = 0.9) -> Optimizer:
    """v <- mass * v + gradient; x <- x - step_size * v. Polyak 1964's heavy ball.

    Args:
        step_size: a number, or a function of the number of the step.
        mass: how much of the velocity is left after a step, from 0 to 1.

    >>> import lazyax.numpy as np
    >>> from lazyax import optim
    >>> init, update = optim.momentum(step_size=0.1, mass=0.5)
    >>> state = init(np.zeros(()))
    >>> for i in range(2):
    ...     state = update(i, np.ones(()), state)
    >>> print(optim.get_params(state))
    -0.25
    """

    def init(params: Params) -> MomentumState:
        params = as_params("momentum", params)
        return MomentumState(params, tree.map(np.zeros_like, params))

    def update(i: Step, gradients: Params, state: MomentumState) -> MomentumState:
        velocity = tree.map(lambda v, g: (mass * v + g).astype(v.dtype), state.velocity, gradients)
        return MomentumState(step_along(state.params, velocity, at_step(step_size, i)), velocity)

    return init, update

"""The method of Broyden, Fletcher, Goldfarb and Shanno.

J. Nocedal and S. J. Wright, Numerical Optimization (2006), algorithm 6.1.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import lazyax.numpy as np
from lazyax.api.differentiate import value_and_grad
from lazyax.array import Array
from lazyax.lax.looping import while_loop
from lazyax.scipy.optimize.line_search import Point, line_search


class OptimizeResults(NamedTuple):
    """What `minimize` found.

    Attributes:
        x: the point.
        success: whether the gradient is small there.
        status: 0 for success, 1 for too many iterations, 2 where no step improves on the point.
        fun: the value there.
        jac: the gradient there.
        hess_inv: the inverse of the Hessian matrix, as far as it was learned.
        nfev, njev: how often the function, and its gradient, were evaluated.
        nit: how many iterations there were.
    """

    x: Array
    success: Array
    status: Array
    fun: Array
    jac: Array
    hess_inv: Array
    nfev: Array
    njev: Array
    nit: Array


class State(NamedTuple):
    """Of the iteration; ``stuck`` where the last line search found nothing."""

    x: Array
    value: Array
    gradient: Array
    inverse: Array
    evaluations: Array
    iterations: Array
    stuck: Array


def bfgs(
    fun: Callable[[Array], Any], x0: Array, gtol: float, norm: float, most: int, most_trials: int
) -> OptimizeResults:
    """A minimum of ``fun``: see `minimize`."""
    with_gradient = value_and_grad(fun)

    def is_small(gradient: Array) -> Array:
        return np.linalg.norm(gradient, ord=norm) < gtol

    def goes_on(s: State) -> Array:
        return ~(is_small(s.gradient) | s.stuck) & (s.iterations < most)

    def improve(s: State) -> State:
        direction = -np.dot(s.inverse, s.gradient)

        def at(step: Array) -> Point:
            value, gradient = with_gradient(s.x + step * direction)
            return Point(step, value, gradient, np.dot(gradient, direction))

        here = Point(s.value * 0, s.value, s.gradient, np.dot(s.gradient, direction))
        search = line_search(at, here, most_trials)
        found = search.low
        moved, change = found.step * direction, found.gradient - s.gradient
        return State(
            s.x + moved,
            found.value,
            found.gradient,
            updated(s.inverse, moved, change),
            s.evaluations + search.trials,
            s.iterations + 1,
            np.equal(found.step, 0),
        )

    value, gradient = with_gradient(x0)
    zero = np.zeros((), "int32")
    start = State(x0, value, gradient, np.eye(x0.size, dtype=x0.dtype), zero + 1, zero, zero > 0)
    s = while_loop(goes_on, improve, start)
    success = is_small(s.gradient)
    status = np.where(success, 0, np.where(s.stuck, 2, 1))
    counts = (s.evaluations, s.evaluations, s.iterations)
    return OptimizeResults(s.x, success, status, s.value, s.gradient, s.inverse, *counts)


def updated(inverse: Array, moved: Array, change: Array) -> Array:
    """The inverse of the Hessian after a step (6.17), unless the step saw no positive curvature."""
    curvature = np.dot(change, moved)
    seen = curvature > 0
    rho = 1 / np.where(seen, curvature, 1.0)
    left = np.eye(moved.size, dtype=moved.dtype) - rho * np.outer(moved, change)
    after = left @ inverse @ left.T + rho * np.outer(moved, moved)
    return np.where(seen, after, inverse)

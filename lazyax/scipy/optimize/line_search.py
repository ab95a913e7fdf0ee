"""A step along a line that fulfils the strong Wolfe conditions.

J. Nocedal and S. J. Wright, Numerical Optimization (2006), algorithms 3.5 and 3.6. They differ
in the next trial alone: while no interval is bracketed it is twice the last, and then within the
interval. So both are one loop over the conditions of algorithm 3.6.

Near a minimum values differ by rounding alone, long before slopes do. There slopes decide, by the
approximate conditions of W. W. Hager and H. Zhang (SIAM Journal on Optimization 16, 2005, 4.1).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import lazyax.numpy as np
from lazyax.array import Array
from lazyax.lax.looping import while_loop

DECREASE, CURVATURE = 1e-4, 0.9
"""c1 and c2 of the conditions (3.7), as the book has them for quasi-Newton methods."""


FLAT = 8.0
"""Values are one and the same that differ by no more than so many units in their last place."""


class Point(NamedTuple):
    """A step, and the function there: its value, gradient, and slope along the line."""

    step: Array
    value: Array
    gradient: Array
    slope: Array


class Search(NamedTuple):
    """The state: the best point, the other end of the interval if it is bracketed."""

    low: Point
    high: Point
    bracketed: Array
    trial: Array
    done: Array
    trials: Array


def line_search(at: Callable[[Array], Point], start: Point, most: int) -> Search:
    """The search from ``start``, of step 0, of so many trials; ``low`` is what was found.

    Args:
        at: the point of a step.
        start: whose slope is negative.
        most: trials.
    """

    rounding = FLAT * np.finfo(start.value.dtype).eps

    def try_next(s: Search) -> Search:
        point = at(s.trial)
        bound = start.value + DECREASE * point.step * start.slope
        flat = abs(point.value - start.value) <= rounding * abs(start.value)
        falls = flat & (point.slope <= (2 * DECREASE - 1) * start.slope)
        flatter = flat & (abs(point.slope) < abs(s.low.slope))
        # of NaN too: the function has none so far away
        bad = ~(((point.value <= bound) & (point.value < s.low.value)) | (falls & flatter))
        done = ~bad & (abs(point.slope) <= -CURVATURE * start.slope)
        turns = ~bad & (point.slope * (s.high.step - s.low.step) >= 0)
        high = chosen(bad, point, chosen(turns, s.low, s.high))
        low = chosen(bad, s.low, point)
        bracketed = s.bracketed | bad | turns
        trial = np.where(bracketed, between(low, high), 2 * point.step)
        return Search(low, high, bracketed, trial, done, s.trials + 1)

    one = start.step + 1
    beyond = start._replace(step=one)  # the direction that an open interval has
    none = start.step > 1
    first = Search(start, beyond, none, one, none, np.zeros((), "int32"))
    return while_loop(lambda s: ~s.done & (s.trials < most), try_next, first)


def chosen(which: Array, x: Point, y: Point) -> Point:
    """One of two points."""
    return Point(*[np.where(which, a, b) for a, b in zip(x, y, strict=True)])


def between(low: Point, high: Point) -> Array:
    """The minimum of the cubic through both (3.59); the middle, where that is near an end."""
    width = low.step - high.step
    safe = np.where(width == 0, 1.0, width)
    d1 = high.slope + low.slope - 3 * (high.value - low.value) / -safe
    square = d1 * d1 - low.slope * high.slope
    d2 = np.sign(safe) * np.sqrt(np.where(square > 0, square, 0.0))
    bottom = low.slope - high.slope + 2 * d2
    ratio = (low.slope + d2 - d1) / np.where(bottom == 0, 1.0, bottom)
    fits = (square > 0) & (bottom != 0) & (ratio > 0.1) & (ratio < 0.9)
    return low.step - width * np.where(fits, ratio, 0.5)

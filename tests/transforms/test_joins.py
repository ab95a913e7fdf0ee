"""Derivatives at points where a function is put together from several formulas.

At a tie, at 0, or where one series takes over from another, each piece may be right and the slope
at the join not be: half of it, or one of the other side. A derivative that is nearly the same on
both sides of a point must be that at the point.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy
import pytest

import lazyax as lx
import lazyax.numpy as np
from lazyax import nn
from lazyax.config import config
from lazyax.scipy import special, stats

JOINS = numpy.array([-20, -10, -8, -2, -1, -0.5, 0, 0.25, 0.5, 1, 2, 3, 4, 5, 8, 10, 12, 20])
TIES = numpy.array([0.4, 1.0, 3.0, 20.0, -0.4])
STEP = 1e-5
NOT_SMOOTH = {"numpy.spacing"}  # it is made of steps


@pytest.fixture(autouse=True)
def run_by_numpy():
    """Each function is seen once."""
    before = config.cold_runs, config.default_dtype_bits
    config.update(cold_runs=3, default_dtype_bits=64)
    yield
    config.update(cold_runs=before[0], default_dtype_bits=before[1])


def maps(function: Callable, *arguments: float) -> bool:
    """Whether a function gives a number for numbers, element by element."""
    one, two = ([np.array(x) for x in each] for each in (arguments, [[x, 0.5] for x in arguments]))
    try:
        results = function(*one), function(*two)
    except Exception:
        return False
    if not all(isinstance(x, lx.Array) and x.dtype == float for x in results):
        return False
    return [x.shape for x in results] == [(), (2,)] and bool(results[0] == results[1][0])


def takes_one(function: Callable) -> bool:
    try:
        function(np.array(0.7))
    except Exception:
        return False
    return True


def public(count: int) -> Iterator[tuple[str, Callable]]:
    """Functions of so many arrays; a second argument of others may be where they write."""
    for module in (np, nn, special):
        for name in getattr(module, "__all__", dir(module)):
            full, found = f"{module.__name__[7:]}.{name}", getattr(module, name)
            if not callable(found) or isinstance(found, type) or full in NOT_SMOOTH:
                continue
            if takes_one(found) == (count == 1) and maps(found, *[0.7, 0.6][:count]):
                yield full, found


def distributions() -> Iterator[tuple[str, Callable]]:
    for name in dir(stats):
        for method in ("logpdf", "pdf", "cdf", "sf", "logcdf", "logsf", "ppf", "isf"):
            found = getattr(getattr(stats, name), method, None)
            if found is not None and maps(found, 0.7):
                yield f"stats.{name}.{method}", found


def breaks(function: Callable, points: numpy.ndarray) -> list[str]:
    """Where a first or second derivative is another than on both sides."""

    def along(x: lx.Array) -> tuple[lx.Array, lx.Array, lx.Array]:
        def slope(x: lx.Array) -> lx.Array:
            return lx.jvp(function, (x,), (np.ones_like(x),))[1]

        bend = lx.jvp(slope, (x,), (np.ones_like(x),))[1]
        return function(x), slope(x), bend

    around = [along(np.array(x)) for x in (points - STEP, points, points + STEP)]
    heights, slopes, bends = zip(*lx.materialize(around), strict=True)
    found = []
    smooth = numpy.isfinite(numpy.asarray(heights[1]))
    for order, values in enumerate((slopes, bends), 1):
        left, at, right = map(numpy.asarray, values)
        near = 10 * STEP * (1 + numpy.maximum(abs(left), abs(right)))
        smooth &= numpy.isfinite(left) & (abs(left - right) < near) & (near < 0.01)
        wrong = smooth & ~(abs(at - (left + right) / 2) < 10 * near)
        found += [
            f"derivative {order} at {x} is {a}, beside it {b} and {c}"
            for x, a, b, c in zip(points[wrong], at[wrong], left[wrong], right[wrong], strict=True)
        ]
    return found


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("table", [lambda: public(1), distributions], ids=["functions", "stats"])
def test_derivatives_at_a_point_are_those_beside_it(table):
    rows = dict(table())
    assert len(rows) > 40
    wrong = {name: found for name, f in rows.items() if (found := breaks(f, JOINS))}
    assert wrong == {}


@pytest.mark.filterwarnings("ignore")
def test_derivatives_at_a_tie_are_those_beside_it():
    rows = dict(public(2))
    assert len(rows) > 20
    a, wrong = np.array(TIES), {}
    for name, f in rows.items():
        across = {
            "both": lambda s, f=f: f(a + s, a - s),
            "first": lambda s, f=f: f(a + s, a),
            "second": lambda s, f=f: f(a, a + s),
        }
        for moves, function in across.items():
            if found := breaks(function, numpy.zeros_like(TIES)):
                wrong[name, moves] = found
    assert wrong == {}


INF, LOG_2 = numpy.inf, numpy.log(2.0)
SLOPES = {
    "cbrt": (np.cbrt, (0.0,), [INF]),
    "relu": (nn.relu, (0.0,), [0.0]),
    "floor_divide": (np.floor_divide, (1.0, 0.0), [0.0, 0.0]),
    "xlogy": (special.xlogy, (0.0, 2.0), [LOG_2, 0.0]),
    "xlogy of zeros": (special.xlogy, (0.0, 0.0), [0.0, 0.0]),
    "xlog1py": (special.xlog1py, (0.0, 1.0), [LOG_2, 0.0]),
    "boxcox": (special.boxcox, (2.0, 0.0), [0.5, LOG_2**2 / 2]),
    "slope of power": (lambda x, y: lx.grad(np.power)(x, y), (2.0, 0.0), [0.0, 0.5]),
    "slope of norm.logcdf": (lx.grad(stats.norm.logcdf), (0.0,), [-2 / numpy.pi]),
    "slope of hypot": (lx.grad(np.hypot), (1.0, 1.0), [2**-1.5, -(2**-1.5)]),
    "slope of log_expit": (lx.grad(special.log_expit), (0.0,), [-0.25]),
}


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", SLOPES)
def test_derivatives_at_a_point_are_the_limits_or_documented(name):
    function, point, expected = SLOPES[name]
    point = [numpy.float64(x) for x in point]
    slopes = lx.grad(function, argnums=tuple(range(len(point))))(*point)
    numpy.testing.assert_allclose(slopes, expected, rtol=1e-12, atol=1e-12)

"""Incomplete gamma and beta functions, exponential integrals and zeta, over wide ranges."""

from __future__ import annotations

import numpy
import pytest
import scipy.special

import lazyax as lx
import lazyax.numpy as np
from lazyax.scipy import special

COUNT = 1500


def powers(rng, low: float, high: float) -> numpy.ndarray:
    """Positive numbers of all sizes between powers of ten."""
    return 10 ** rng.uniform(low, high, COUNT)


def about(rng, mean: numpy.ndarray, deviation: numpy.ndarray) -> numpy.ndarray:
    """Half of the numbers within a few deviations of the mean, half far away."""
    near = numpy.abs(mean + 2 * rng.normal(size=COUNT) * deviation)
    return numpy.where(numpy.arange(COUNT) % 2, near, mean * powers(rng, -1, 1))


def arguments(rng) -> dict[str, list[numpy.ndarray]]:
    a, b, n = powers(rng, -3, 5), powers(rng, -2, 3.5), numpy.round(powers(rng, 0, 3))
    of_beta = powers(rng, -2, 3.5)
    mean = of_beta / (of_beta + b)
    x = about(rng, mean, numpy.sqrt(mean * (1 - mean) / (of_beta + b + 1)))
    signs = numpy.where(numpy.arange(COUNT) % 2, 1, -1)
    return {
        "gammainc": [a, about(rng, a, numpy.sqrt(a))],
        "gammaincc": [a, about(rng, a, numpy.sqrt(a))],
        "betainc": [of_beta, b, numpy.clip(x, 1e-3, 1 - 1e-3)],
        "zeta": [1 + powers(rng, -3, 1), powers(rng, -2, 3)],
        "expn": [n, powers(rng, -4, 2)],
        "exp1": [powers(rng, -4, 2)],
        "expi": [signs * powers(rng, -4, 1.9)],
    }


ORDERS = {"expn": 0}
"""Arguments that SciPy takes as integers."""


@pytest.mark.parametrize(
    ("dtype", "rtol", "tiny"), [("float32", 1e-4, 1e-36), ("float64", 1e-11, 1e-290)]
)
def test_functions_are_scipys_over_wide_ranges(dtype, rtol, tiny, rng):
    results = {}
    for name, given in arguments(rng).items():
        given = [x.astype(dtype) for x in given]
        whole = [
            x.astype("int64" if ORDERS.get(name) == place else "float64")
            for place, x in enumerate(given)
        ]
        results[name] = getattr(special, name)(*given), getattr(scipy.special, name)(*whole)
    lx.materialize([got for got, _ in results.values()])
    for name, (got, want) in results.items():
        seen = numpy.abs(want) > tiny  # the smallest numbers are flushed to zero
        got = numpy.asarray(got)
        assert got.dtype == dtype
        allowed = 1e-3 if (name, dtype) == ("betainc", "float32") else rtol
        numpy.testing.assert_allclose(got[seen], want[seen], rtol=allowed, err_msg=name)
        assert numpy.isfinite(got).all()


EDGES = numpy.array([numpy.nan, numpy.inf, 0.0, 1.0, 0.5, 3.0, -1.0])


def test_functions_are_scipys_at_the_edges():
    x, y = (grid.ravel() for grid in numpy.meshgrid(EDGES, EDGES))
    n = numpy.round(numpy.where(numpy.isfinite(x), x, 2))
    results = [
        (special.expn(n, y), scipy.special.expn(n.astype(int), y)),
        (special.exp1(EDGES[:-1]), scipy.special.exp1(EDGES[:-1])),
        (special.expi(EDGES), scipy.special.expi(EDGES)),
        (special.zeta(x, EDGES[3]), scipy.special.zeta(x, 1.0)),
    ]
    lx.materialize([got for got, _ in results])
    for got, want in results:
        numpy.testing.assert_allclose(numpy.asarray(got), want, rtol=1e-12)


def total(name: str):
    return lambda *given: np.sum(getattr(special, name)(*given))


def test_derivatives_at_whole_parameters_where_a_fraction_ends():
    found = [
        lx.grad(special.gammaincc)(2.0, 9.0),
        lx.grad(special.betainc, argnums=1)(0.7, 2.0, 0.3),
    ]
    lx.materialize(found)
    h = 1e-6
    wanted = [
        (scipy.special.gammaincc(2 + h, 9) - scipy.special.gammaincc(2 - h, 9)) / (2 * h),
        (scipy.special.betainc(0.7, 2 + h, 0.3) - scipy.special.betainc(0.7, 2 - h, 0.3)) / (2 * h),
    ]
    numpy.testing.assert_allclose([float(x) for x in found], wanted, rtol=1e-5)


def test_derivatives_by_every_argument_are_differences():
    a = numpy.array([0.05, 0.7, 3.0, 11.9, 12.1, 60.0, 900.0, 5.0])
    b = numpy.array([0.3, 2.0, 0.5, 40.0, 12.0, 8.0, 700.0, 90.0])
    x = numpy.array([0.2, 1.3, 0.1, 14.0, 11.0, 70.0, 890.0, 30.0])
    u = numpy.array([0.1, 0.3, 0.9, 0.2, 0.5, 0.9, 0.56, 0.02])
    cases = [
        ("gammainc", (a, x), 0), ("gammainc", (a, x), 1),
        ("gammaincc", (a, x), 0), ("betainc", (a, b, u), 0),
        ("betainc", (a, b, u), 1), ("betainc", (a, b, u), 2),
        ("zeta", (1.1 + a / 50, b), 0), ("zeta", (1.1 + a / 50, b), 1),
        ("exp1", (x,), 0), ("expi", (u,), 0),
    ]  # fmt: skip
    found, wanted = [], []
    for name, given, place in cases:
        step = 1e-5 * given[place]
        moves = [
            tuple(g + sign * step * (i == place) for i, g in enumerate(given)) for sign in (-1, 1)
        ]
        low, high = [getattr(scipy.special, name)(*move) for move in moves]
        wanted.append((high - low) / (2 * step))
        found.append(lx.grad(total(name), argnums=place)(*given))
    lx.materialize(found)
    for (name, _, place), got, want in zip(cases, found, wanted, strict=True):
        numpy.testing.assert_allclose(
            numpy.asarray(got), want, rtol=2e-6, atol=1e-11, err_msg=f"{name} by {place}"
        )


def test_an_element_that_never_settles_is_nan_and_leaves_the_others_alone():
    found = numpy.asarray(special.betainc([1e14, 2.0], [1e14, 3.0], [0.5, 0.5]))
    assert numpy.isnan(found[0])
    assert found[1] == pytest.approx(0.6875, rel=1e-5)

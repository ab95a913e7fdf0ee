"""Complex functions of infinities, NaN and signed zeros are those of NumPy, that is, of C."""

from __future__ import annotations

import itertools

import numpy
import pytest

import lazyax as lx
import lazyax.numpy as np

INF, NAN = numpy.inf, numpy.nan
PARTS = (-INF, -1.5, 0.0, 1.5, INF, NAN)
PAIRS = numpy.array([complex(x, y) for x, y in itertools.product(PARTS, PARTS)], "complex64")

FUNCTIONS = [
    "exp",
    "expm1",
    "log",
    "log1p",
    "sqrt",
    "sinh",
    "cosh",
    "tanh",
    "arcsinh",
    "arccosh",
    "arctanh",
]

OTHERWISE = {"expm1": lambda z: numpy.exp(z) - 1}
"""Instead of functions of which NumPy's own formulas give NaN where the limit is known."""


def kind_of(z: numpy.ndarray) -> numpy.ndarray:
    """Which parts are infinite, NaN or neither; a complex number is infinite if a part is."""
    parts = numpy.stack([z.real, z.imag])
    kinds = numpy.where(numpy.isnan(parts), 2, numpy.isinf(parts))
    return kinds


@pytest.fixture(scope="module", params=[0, 2], ids=["xla", "numpy"])
def results(request):
    """By XLA, and by NumPy, which computes what runs for the first time."""
    before = lx.config.cold_runs
    lx.config.update(cold_runs=request.param)
    with numpy.errstate(all="ignore"):
        values = lx.materialize({name: getattr(np, name)(PAIRS) for name in FUNCTIONS})
    lx.config.update(cold_runs=before)
    return values


@pytest.mark.parametrize("name", FUNCTIONS)
@numpy.errstate(all="ignore")
def test_complex_extremes_are_numpys(results, name):
    got = numpy.asarray(results[name])
    want = OTHERWISE.get(name, getattr(numpy, name))(PAIRS)
    finite = numpy.isfinite(want)
    same = (kind_of(got) == kind_of(want)).all(axis=0)
    same[finite] &= abs(got - want)[finite] < 1e-5 * (1 + abs(want[finite]))
    wrong = [(z, g, w) for z, g, w, ok in zip(PAIRS, got, want, same, strict=True) if not ok]
    assert wrong == []


def test_their_gradients_are_not_changed_where_they_are_finite():
    z = np.asarray(numpy.array([0.3 + 0.4j, 1.5 - 0.2j], "complex64"))
    for name in ("exp", "sqrt", "tanh"):
        f = getattr(np, name)
        _, tangent = lx.jvp(f, (z,), (np.ones(2, "complex64"),))
        step = 1e-3
        slope = (
            getattr(numpy, name)(numpy.asarray(z) + step)
            - getattr(numpy, name)(numpy.asarray(z) - step)
        ) / (2 * step)
        numpy.testing.assert_allclose(numpy.asarray(tangent), slope, rtol=2e-3, err_msg=name)


def test_the_slope_of_expm1_at_zero_is_one():
    zeros = numpy.array([0, complex(-0.0, 0.0)], "complex64")
    value, tangent = lx.jvp(np.expm1, (np.asarray(zeros),), (np.ones(2, "complex64"),))
    assert tangent.tolist() == [1, 1]
    assert not numpy.signbit(numpy.asarray(value).real).any()


def test_zero_remainders_have_the_sign_of_the_divisor_and_keep_their_slope():
    x, y = np.array([0.0, -0.0, 0.0, -0.0]), np.array([2.0, 2.0, -2.0, -2.0])
    lx.materialize(results := [x % y, x // y, lx.grad(lambda x: np.sum(x % y))(x)])
    remainder, quotient, slope = (numpy.asarray(result) for result in results)
    host = numpy.asarray(x), numpy.asarray(y)
    assert numpy.signbit(remainder).tolist() == numpy.signbit(numpy.mod(*host)).tolist()
    assert numpy.signbit(quotient).tolist() == numpy.signbit(numpy.floor_divide(*host)).tolist()
    assert slope.tolist() == [1, 1, 1, 1]

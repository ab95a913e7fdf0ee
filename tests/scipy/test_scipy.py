"""`lazyax.scipy` beside SciPy: values, extremes and derivatives."""

from __future__ import annotations

import numpy
import pytest
import scipy.special

import lazyax as lx
import lazyax.numpy as np
from lazyax.errors import LazyaxTypeError
from lazyax.scipy import misc, special, stats

REALS = numpy.float32([-30, -5.5, -2, -0.5, 0, 0.25, 1, 3.5, 40])
POSITIVE = numpy.float32([0.01, 0.3, 1, 2.5, 10, 50])
BESSEL = numpy.float32([-numpy.inf, -1e6, -8, -0.1, 0, 3, 8, 8.01, 30, 1e6, numpy.nan])
UNIT = numpy.float32([0.001, 0.1, 0.5, 0.7, 0.999])

ARGUMENTS = {
    "erf": (REALS,),
    "erfc": (REALS[1:-1],),
    "erfinv": (UNIT,),
    "erfcinv": (numpy.float32([0, 1e-37, 1e-9, 0.4, 1, 1.9, 2]),),
    "erfcx": (numpy.float32([-numpy.inf, -9, -1, 0, 1e-3, 2, 9, 1e5, numpy.inf, numpy.nan]),),
    "dawsn": (numpy.float32([-1e10, -5, -0.3, 0, 1e-3, 1, 9, 1e5, numpy.inf, numpy.nan]),),
    "gammaln": (numpy.float32([-2.5, *POSITIVE]),),
    "gamma": (numpy.float32([-2.5, -1.5, -1, 0.0, 0.5, 3, 7]),),
    "digamma": (POSITIVE,),
    "polygamma": (numpy.float32([[1], [2]]), POSITIVE),
    "beta": (POSITIVE, POSITIVE[::-1]),
    "betaln": (
        numpy.float32([*POSITIVE, 2, 1e-6, 1e8]),
        numpy.float32([*POSITIVE[::-1], 1e8, 1e6, 1e8]),
    ),
    "expit": (REALS,),
    "log_expit": (REALS,),
    "logit": (UNIT,),
    "xlogy": (numpy.float32([0, 0, 2, numpy.nan]), numpy.float32([0, numpy.nan, 3, 1])),
    "xlog1py": (numpy.float32([0, 0, 2, 1]), numpy.float32([-1, numpy.nan, 3, 0])),
    "entr": (numpy.float32([-1, 0, 0.5, 2]),),
    "rel_entr": (numpy.float32([0, 0, 1, 2, -1]), numpy.float32([0, 1, 0, 3, 1])),
    "kl_div": (numpy.float32([0, 0, 1, 2, -1]), numpy.float32([0, 1, 0, 3, 1])),
    "ndtr": (REALS[1:],),
    "log_ndtr": (numpy.float32([-60, -20, -6, -4.9, -1, 0, 2, 6]),),
    "ndtri": (numpy.float32([0, 1e-37, 1e-20, 1e-9, *UNIT, 1, 2, numpy.nan]),),
    "factorial": (numpy.float32([-1, 0, 1, 5, 10]),),
    "i0": (REALS,),
    "i0e": (BESSEL,),
    "i1": (REALS,),
    "i1e": (BESSEL,),
    "poch": (numpy.float32([*POSITIVE[:4], 1e6, 5]), numpy.float32([2, 2, 2, 2, 3, -2.5])),
    "boxcox": (numpy.float32([0, 0, 0.5, 3, 3]), numpy.float32([0, 2, 0, 0.7, -1.5])),
    "boxcox1p": (numpy.float32([-1, 0, 0.5, 1e-5]), numpy.float32([2, 2, 0, 0.7])),
    "comb": (numpy.float32([5, 10, 3.5, 4, -1, 7]), numpy.float32([2, 3, 1.5, 5, 0, 0])),
    "gammasgn": (numpy.float32([-2.5, -1.5, 0, 3, numpy.inf, numpy.nan]),),
    "spence": (numpy.float32([0, 0.1, 0.5, 1, 1.7, 2.5, 40, numpy.nan]),),
}


@pytest.mark.parametrize("name", ARGUMENTS)
def test_a_special_function_is_scipys(name):
    got = getattr(special, name)(*ARGUMENTS[name])
    want = getattr(scipy.special, name)(*[x.astype("float64") for x in ARGUMENTS[name]])
    assert got.dtype == "float32"
    numpy.testing.assert_allclose(numpy.asarray(got), want, rtol=2e-4, atol=1e-6)


def test_special_functions_of_doubles_are_exact_to_more_digits():
    names = ("erf", "gammaln", "digamma", "expit", "ndtr", "log_ndtr", "erfinv")
    names += ("i0", "i0e", "i1", "i1e", "spence", "boxcox", "comb")
    names += ("erfcinv", "erfcx", "dawsn", "betaln", "ndtri", "poch")
    results = {}
    for name in names:
        arguments = [x.astype("float64") for x in ARGUMENTS[name]]
        results[name] = getattr(special, name)(*arguments), getattr(scipy.special, name)(*arguments)
    lx.materialize([got for got, _ in results.values()])
    for name, (got, want) in results.items():
        assert got.dtype == "float64"
        numpy.testing.assert_allclose(numpy.asarray(got), want, rtol=1e-9, err_msg=name)


def test_numbers_of_bernoulli_and_choices_with_repetition():
    numpy.testing.assert_allclose(special.bernoulli(12), scipy.special.bernoulli(12), rtol=1e-6)
    assert float(special.comb(5, 2, repetition=True)) == pytest.approx(15, rel=1e-5)


def test_slopes_of_large_betas_and_small_chances_are_exact():
    slopes = lx.grad(special.betaln, argnums=(0, 1))(numpy.float64(2), numpy.float64(1e8))
    whole = scipy.special.digamma(1e8 + 2)
    wanted = [scipy.special.digamma(2) - whole, -2e-8]
    numpy.testing.assert_allclose([float(slope) for slope in slopes], wanted, rtol=1e-6)
    slope = lx.grad(special.ndtri)(numpy.float64(1e-20))
    pdf = numpy.exp(-(scipy.special.ndtri(1e-20) ** 2) / 2) / numpy.sqrt(2 * numpy.pi)
    assert float(slope) == pytest.approx(1 / pdf, rel=1e-9)
    assert float(lx.grad(special.dawsn)(0.0)) == 1
    assert float(lx.grad(special.erfcx)(1e3)) == pytest.approx(-5.6419e-7, rel=1e-3)


def test_bessel_functions_have_the_slopes_of_each_other():
    x = numpy.float64([-20, -8, -1, 0, 0.5, 7.9, 8, 8.1, 100])
    ones = numpy.ones_like(x)
    _, slope_0 = lx.jvp(special.i0, (x,), (ones,))
    _, slope_1 = lx.jvp(special.i1, (x,), (ones,))
    numpy.testing.assert_allclose(slope_0, scipy.special.i1(x), rtol=1e-11, atol=1e-13)
    numpy.testing.assert_allclose(slope_1, scipy.special.ivp(1, x), rtol=1e-11)


MATRIX = numpy.float32([[1, -200, 3], [1000, 1001, -numpy.inf]])


@pytest.mark.parametrize("keepdims", [False, True])
@pytest.mark.parametrize("axis", [None, 0, 1, (0, 1)])
def test_logsumexp_is_scipys(axis, keepdims):
    got = special.logsumexp(MATRIX, axis=axis, keepdims=keepdims)
    want = scipy.special.logsumexp(MATRIX, axis=axis, keepdims=keepdims)
    assert got.shape == want.shape
    numpy.testing.assert_allclose(numpy.asarray(got), want, rtol=1e-5)


def test_logsumexp_takes_factors_and_gives_the_sign():
    x, b = numpy.float32([1, 5, 700]), numpy.float32([2, -3, 0])
    got, sign = special.logsumexp(x, b=b, return_sign=True)
    want, want_sign = scipy.special.logsumexp(x, b=b, return_sign=True)
    assert (float(got), float(sign)) == (pytest.approx(want, rel=1e-5), want_sign)
    assert numpy.isnan(special.logsumexp(x, b=b))
    assert numpy.isneginf(special.logsumexp(numpy.float32([-numpy.inf, -numpy.inf])))
    assert numpy.isneginf(special.logsumexp(np.zeros(0)))
    assert misc.logsumexp is special.logsumexp


def test_the_slope_of_logsumexp_is_softmax():
    x = numpy.float32([1, 2, 900])
    slope = lx.grad(special.logsumexp)(x)
    numpy.testing.assert_allclose(numpy.asarray(slope), scipy.special.softmax(x), atol=1e-6)


@pytest.mark.parametrize("name", ["softmax", "log_softmax"])
def test_softmax_is_scipys(name):
    x = numpy.float32([[1, 2, 3], [1000, 1001, 999]])
    for axis in (None, 0, -1):
        got = getattr(special, name)(x, axis=axis)
        want = getattr(scipy.special, name)(x, axis=axis)
        numpy.testing.assert_allclose(numpy.asarray(got), want, rtol=1e-4, atol=1e-6)


def test_slopes_at_the_edges_are_finite():
    assert float(lx.grad(lambda y: special.xlogy(0.0, y))(0.0)) == 0
    assert float(lx.grad(special.log_expit)(-500.0)) == 1
    assert float(lx.grad(special.expit)(0.0)) == 0.25
    slope = lx.grad(special.log_ndtr)(-30.0)
    assert float(slope) == pytest.approx(30.033, rel=1e-3)


def test_multigammaln_is_scipys():
    got = [special.multigammaln(numpy.float32([3, 4.5]), d) for d in (1, 2, 4)]
    lx.materialize(got)
    for d, result in zip((1, 2, 4), got, strict=True):
        want = scipy.special.multigammaln(numpy.float32([3, 4.5]), d)
        numpy.testing.assert_allclose(numpy.asarray(result), want, rtol=1e-5)


def test_integers_and_lists_are_arguments():
    assert special.expit([0, 0]).dtype == "float32"
    assert stats.norm.pdf(0).dtype == "float32"
    assert stats.norm.cdf([[0, 1]], loc=[0, 0]).shape == (1, 2)


def test_what_does_not_fit_is_an_error():
    with pytest.raises(LazyaxTypeError) as error:
        special.logsumexp(np.ones((2, 3)), axis=2)
    assert str(error.value) == (
        "logsumexp: axis 2 is out of range for f32[2,3]; give one of -2 to 1"
    )
    with pytest.raises(LazyaxTypeError, match="expit: out= is pointed at the result"):
        special.expit(1.0, out=numpy.ones(()))
    with pytest.raises(LazyaxTypeError, match="factorial: exact=True needs integers of any size"):
        special.factorial(5, exact=True)
    with pytest.raises(LazyaxTypeError, match="comb: exact=True needs integers of any size"):
        special.comb(5, 2, exact=True)
    with pytest.raises(LazyaxTypeError, match="bernoulli: n must be 0 or more, got -1"):
        special.bernoulli(-1)

"""Distributions beside SciPy's: one row each, and every function of each over its support."""

from __future__ import annotations

import numpy
import pytest
import scipy.stats

import lazyax as lx
import lazyax.numpy as np
from lazyax.errors import LazyaxTypeError
from lazyax.scipy import stats

SHAPES = {
    "bernoulli": (0.3,), "beta": (1.0, 2.5), "betabinom": (7.0, 1.5, 2.0), "binom": (7.0, 0.3),
    "cauchy": (), "chi2": (2.0,), "expon": (), "f": (2.0, 7.0), "gamma": (2.5,),
    "gennorm": (1.5,), "geom": (0.3,), "gumbel_l": (), "gumbel_r": (), "halfnorm": (),
    "invgamma": (2.5,), "laplace": (), "logistic": (), "lognorm": (0.8,), "nbinom": (2.5, 0.4),
    "norm": (), "pareto": (2.5,), "poisson": (3.5,), "rayleigh": (), "t": (4.5,),
    "truncnorm": (-0.5, 3.0), "uniform": (), "vonmises": (1.5,), "weibull_min": (1.7,),
    "wrapcauchy": (0.4,),
}  # fmt: skip
"""A row for each distribution: values of its shape parameters."""

POINTS = numpy.array([-30.0, -3.0, -0.2, 0.0, 0.2, 0.9, 1.0, 2.0, 2.5, 6.0, 7.0, 30.0])
ENDS = numpy.array([-numpy.inf, numpy.inf, numpy.nan])
CHANCES = numpy.array([-0.1, 0.0, 1e-3, 0.3, 0.5, 0.72, 0.999, 1.0, 1.1, numpy.nan])
CUMULATIVE = ("cdf", "sf", "logcdf", "logsf")


def functions(name: str) -> list[str]:
    """Those of a distribution that have formulas."""
    distribution = getattr(stats, name)
    density = ["logpdf", "pdf"] if isinstance(distribution, stats.Continuous) else ["logpmf", "pmf"]
    has_cdf = distribution.formulas()["cdf"][0] is not None
    return density + list(CUMULATIVE) * has_cdf + ["ppf"] * (distribution.quantile is not None)


def points(name: str) -> numpy.ndarray:
    """Where functions of a distribution are compared; SciPy's own vonmises fails at infinity."""
    return POINTS if name == "vonmises" else numpy.array([*POINTS, *ENDS])


def calls(name: str) -> list[tuple[tuple, dict]]:
    """Parameters by position and by name."""
    shapes = SHAPES[name]
    named = dict(zip(getattr(stats, name).shapes, shapes, strict=True))
    if isinstance(getattr(stats, name), stats.Continuous):
        return [(shapes, {}), ((*shapes, 0.5, 2.0), {}), ((), {"scale": 1.5, **named})]
    return [(shapes, {}), ((), {"loc": 1, **named})]


def test_each_distribution_has_a_row():
    kinds = (stats.Continuous, stats.Discrete)
    assert {n for n in stats.__all__ if isinstance(getattr(stats, n), kinds)} == {*SHAPES}


@pytest.fixture
def in_numpy():
    """Programs are run by each op's `evaluate`: the formulas are the point, not their ops."""
    lx.config.update(cold_runs=2)
    yield
    lx.config.update(cold_runs=0)


@pytest.mark.parametrize("name", SHAPES)
def test_a_distribution_is_scipys(name, in_numpy):
    results = {}
    for which in functions(name):
        x = CHANCES if which == "ppf" else points(name)
        for given, named in calls(name):
            got = getattr(getattr(stats, name), which)(x, *given, **named)
            with numpy.errstate(all="ignore"):
                want = getattr(getattr(scipy.stats, name), which)(x, *given, **named)
            results[f"{which}{given}{named}"] = got, want
    lx.materialize([got for got, _ in results.values()])
    for call, (got, want) in results.items():
        assert got.dtype == "float64"
        if (
            "pdf" in call or "pmf" in call
        ):  # SciPy has NaN at some infinities, where there is a limit
            limit = -numpy.inf if "log" in call else 0.0
            want = numpy.where(numpy.isnan(want) & numpy.isinf(points(name)), limit, want)
        numpy.testing.assert_allclose(numpy.asarray(got), want, rtol=1e-9, atol=1e-15, err_msg=call)


def test_float32_in_one_program():
    found, wanted = [], []
    for name, shapes in SHAPES.items():
        which = functions(name)[0]
        x = numpy.float32([0.0, 0.9, 1.0, 6.0])
        with numpy.errstate(all="ignore"):
            wanted.append(getattr(getattr(scipy.stats, name), which)(x.astype("f8"), *shapes))
        found.append(getattr(getattr(stats, name), which)(x, *shapes))
    lx.materialize(found)
    for name, got, want in zip(SHAPES, found, wanted, strict=True):
        assert got.dtype == "float32"
        numpy.testing.assert_allclose(numpy.asarray(got), want, rtol=1e-5, atol=1e-5, err_msg=name)


LARGE = {
    "poisson": (1e5, (1e5,)), "binom": (3e5, (1e6, 0.3)), "gamma": (1e5, (1e5,)),
    "t": (1.5, (1e6,)), "beta": (0.3, (3e5, 7e5)), "nbinom": (1e5, (1e5, 0.5)),
}  # fmt: skip


def test_large_parameters_cancel_nothing_in_float32():
    found, wanted = [], []
    for name, (x, shapes) in LARGE.items():
        which = functions(name)[0]
        arguments = [numpy.float32(number) for number in (x, *shapes)]
        found.append(getattr(getattr(stats, name), which)(*arguments))
        wide = [float(number) for number in arguments]
        wanted.append(float(getattr(getattr(scipy.stats, name), which)(*wide)))
    lx.materialize(found)
    numpy.testing.assert_allclose([float(x) for x in found], wanted, rtol=1e-4)


@pytest.mark.parametrize("name", SHAPES)
def test_derivatives_are_differences(name, in_numpy):
    distribution = getattr(stats, name)
    x = numpy.array([0.1, 0.6, 0.95]) if name in ("beta", "uniform") else [1.4, 1.7, 2.4]
    x = numpy.asarray(x if isinstance(distribution, stats.Continuous) else [1.0, 1.0, 1.0])
    named = dict(zip(distribution.shapes, SHAPES[name], strict=True))
    named |= {"scale": 1.3} if isinstance(distribution, stats.Continuous) else {}
    moved = [key for key in named if not (name in ("binom", "betabinom") and key == "n")]
    found, wanted = {}, {}
    for which in functions(name)[:3:2] if len(functions(name)) > 2 else functions(name)[:1]:

        def total(named, which=which):
            return np.sum(getattr(distribution, which)(x, **named))

        found[which] = lx.grad(total)(named)
        for key in moved:
            step = 1e-5
            low, high = [
                getattr(getattr(scipy.stats, name), which)(x, **{**named, key: named[key] + s})
                for s in (-step, step)
            ]
            wanted[which, key] = (high - low).sum() / (2 * step)
    lx.materialize(found)
    for (which, key), want in wanted.items():
        got = float(found[which][key])
        assert got == pytest.approx(want, rel=2e-4, abs=1e-4), (which, key)


def test_slopes_at_and_outside_of_ends_are_finite():
    slopes = [
        lx.grad(lambda x: np.sum(stats.gamma.pdf(x, 3.0)))(np.array([-1.0, 1.0])),
        lx.grad(lambda x: np.sum(stats.t.cdf(x, 3.0)))(np.array([0.0, 1.0])),
        lx.grad(lambda x: np.sum(stats.beta.cdf(x, 2.0, 3.0)))(np.array([0.0, 0.5, 1.0])),
    ]
    lx.materialize(slopes)
    wanted = [
        [0.0, 0.5 * numpy.exp(-1)],
        scipy.stats.t.pdf([0.0, 1.0], 3.0),
        [0.0, 1.5, 0.0],
    ]
    for got, want in zip(slopes, wanted, strict=True):
        numpy.testing.assert_allclose(numpy.asarray(got), want, rtol=1e-4, atol=1e-6)


def test_there_is_no_distribution_of_such_parameters(in_numpy):
    found = [
        stats.norm.pdf(0.0, 0.0, -1.0),
        stats.gamma.cdf(1.0, -2.0),
        stats.binom.pmf(1, 5, 1.5),
        stats.geom.cdf(1, 0.0),
        stats.truncnorm.pdf(0.0, 1.0, 0.0),
        stats.poisson.pmf(2, -1.0),
    ]
    lx.materialize(found)
    assert all(numpy.isnan(x) for x in found)


def test_what_does_not_fit_is_an_error():
    with pytest.raises(TypeError) as error:
        stats.gamma.pdf(1.0)
    assert str(error.value) == "gamma.pdf: takes (x, a, loc=0, scale=1), got (x, )"
    with pytest.raises(TypeError) as error:
        stats.norm.pdf(1.0, 0.0, 1.0, 2.0)
    assert str(error.value) == "norm.pdf: takes (x, loc=0, scale=1), got (x, ..., ..., ...)"
    with pytest.raises(TypeError, match=r"poisson.pmf: takes \(x, mu, loc=0\), got"):
        stats.poisson.pmf(1.0, 2.0, mu=2.0)
    with pytest.raises(LazyaxTypeError) as error:
        stats.vonmises.cdf(1.0, 2.0)
    assert str(error.value) == "vonmises.cdf: has no closed formula; integrate vonmises.pdf"
    with pytest.raises(LazyaxTypeError) as error:
        stats.gamma.ppf(0.5, 2.0)
    assert str(error.value) == (
        "gamma.ppf: has no closed formula; find the root of gamma.cdf(x) - q"
    )

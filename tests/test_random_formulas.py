"""Samplers by a formula: jax's numbers in both layouts, and distributions that a test accepts.

Bits and uniform numbers are jax's bit for bit (tests/test_random.py); XLA fuses the formulas
above them differently in the two programs, so they agree to a few units in the last place.
"""

import jax
import numpy
import pytest
from scipy import stats

from lazyax import random
from tests.random_samplers import FORMULAS, PAGE, SAMPLERS, assert_refused, assert_same, drawn

ARRAY = numpy.float32([0.5, 1.0, 3.0])

# name: the distribution of scipy.stats for the arguments in FORMULAS
LAWS = {
    "logistic": stats.logistic(),
    "cauchy": stats.cauchy(),
    "pareto": stats.pareto(3.0),
    "weibull_min": stats.weibull_min(1.5, scale=2.0),
    "rayleigh": stats.rayleigh(scale=2.0),
    "triangular": stats.triang(0.5, -1.0, 3.0),
    "lognormal": stats.lognorm(0.7),
    "maxwell": stats.maxwell(),
    "wald": stats.invgauss(1.5),
}


@pytest.mark.parametrize("layout", ["original", "partitionable"])
def test_numbers_are_those_of_jax_to_8_units_in_the_last_place(layout):
    for name, (ours, theirs) in drawn(FORMULAS, layout).items():
        assert_same(name, ours, theirs)


@pytest.mark.parametrize("name", LAWS)
def test_numbers_have_the_distribution(name):
    """By Kolmogorov and Smirnov; a right sampler fails for one seed of 1,000, and this is fixed."""
    (*arguments, _), _ = FORMULAS[name]
    numbers = getattr(random, name)(random.PRNGKey(17), *arguments, (20_000,))
    assert stats.kstest(numpy.asarray(numbers, "float64"), LAWS[name].cdf).pvalue > 1e-3


def test_trials_up_to_a_success_have_the_distribution():
    """The chi-square test, with the same rate of errors."""
    drawn = numpy.asarray(random.geometric(random.PRNGKey(17), 0.3, (20_000,)))
    counts = numpy.bincount(numpy.minimum(drawn, 12), minlength=13)[1:]
    law = stats.geom(0.3)
    expected = 20_000 * numpy.append(law.pmf(numpy.arange(1, 12)), law.sf(11))
    assert stats.chisquare(counts, expected).pvalue > 1e-3


def test_parameters_broadcast_and_give_the_shape():
    key = random.PRNGKey(0)
    for name in ("pareto", "rayleigh", "wald", "lognormal", "geometric"):
        draw = getattr(random, name)
        assert draw(random.clone(key), ARRAY / 4).shape == (3,)
        assert draw(random.clone(key), ARRAY / 4, (2, 3)).shape == (2, 3)
    assert random.weibull_min(key, ARRAY, ARRAY[:, None]).shape == (3, 3)


REFUSED = {
    "a scale of nothing": (
        lambda key: random.rayleigh(key, 0.0, (2,)),
        "rayleigh: scale needs to be positive, got 0.0",
    ),
    "a chance that is none": (
        lambda key: random.geometric(key, 1.5, (2,)),
        "geometric: p needs to be more than 0 and at most 1, got 1.5",
    ),
    "more than certain": (
        lambda key: random.bernoulli(key, 1.5, (2,)),
        "bernoulli: p needs to be between 0 and 1, got 1.5",
    ),
    "a mode outside": (
        lambda key: random.triangular(key, 0.0, numpy.float32([1, 3]), 2.0),
        "triangular: mode needs to be at most right, got 3.0 at [1] and 2.0 at [1]",
    ),
    "no triangle": (
        lambda key: random.triangular(key, 2.0, 2.0, 2.0),
        "triangular: left needs to be less than right, got 2.0 and 2.0",
    ),
    "one scale of several": (
        lambda key: random.weibull_min(key, [1.0, 0.0], 2.0),
        "weibull_min: scale needs to be positive, got 0.0 at [1]",
    ),
    "a negative mean": (
        lambda key: random.poisson(key, [1.0, -1.0]),
        "poisson: lam needs to be 0 or more, got -1.0 at [1]",
    ),
    "a floating shape": (
        lambda key: random.logistic(key, (2.0,)),
        "logistic: a length must be an int, got 2.0",
    ),
    "a negative shape": (
        lambda key: random.maxwell(key, (-2,)),
        "maxwell: lengths must not be negative, got (-2,)",
    ),
    "whole numbers": (
        lambda key: random.cauchy(key, (2,), int),
        "cauchy: needs a real floating dtype, got i32",
    ),
    "a parameter too long": (
        lambda key: random.pareto(key, ARRAY, (2,)),
        "pareto: b f32[3] does not broadcast to the shape (2,) asked for",
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_refuses_with_a_message_that_says_why(case):
    assert_refused(*REFUSED[case])


def test_poisson_is_that_of_jax_and_has_the_distribution():
    """Whole numbers agree where logarithms do; by chi-square, one right seed of 1,000 fails."""
    mean = numpy.float32([0.0, 0.5, 3.0, 9.9, 10.1, 250.0])
    ours = random.poisson(random.PRNGKey(17), mean, (4_000, 6))
    with jax.threefry_partitionable(False):
        theirs = jax.random.poisson(jax.random.PRNGKey(17), mean, (4_000, 6))
    ours, theirs = numpy.asarray(ours), numpy.asarray(theirs)
    assert ours.dtype == theirs.dtype
    assert (ours == theirs).mean() > 0.999
    counts = numpy.bincount(numpy.minimum(ours[:, 2], 9), minlength=10)
    law = stats.poisson(3.0)
    expected = 4_000 * numpy.append(law.pmf(numpy.arange(9)), law.sf(8))
    assert stats.chisquare(counts, expected).pvalue > 1e-3
    assert not ours[:, 0].any()
    large = (ours[:, 5].mean() - 250) / (250 / 4_000) ** 0.5
    assert abs(large) < 3.3


def test_the_page_says_of_each_sampler_how_its_numbers_agree_with_jax():
    text = PAGE.read_text()
    rows = [line.split("`")[1] for line in text.splitlines() if line.startswith("| `")]
    assert rows == list(SAMPLERS)
    others = {"clone", "key", "key_data", "key_impl", "PRNGKey", "wrap_key_data"}
    others |= {"seed", "stream", "unused_keys"}
    assert [name for name in random.__all__ if name not in others and f"`{name}`" not in text] == []

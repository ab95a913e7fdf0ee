"""Counts of successes: jax's numbers, and distributions that a test accepts."""

import jax
import numpy
import pytest
from scipy import stats

import lazyax as lx
from lazyax import random
from tests.random_samplers import COUNTS, assert_refused, assert_same, drawn

TRIALS = numpy.float32([0, 7, 30, 30, 100, 1000, 12])[:, None]
CHANCES = numpy.float32([0.3, 0.5, 0.2, 0.9, 0.4, 0.75, 1.0])[:, None]
CLASSES = numpy.float32([[0.5, 0.0, 0.2, 0.3], [0.05, 0.05, 0.45, 0.45]])
DRAWS = 4_000


def fits(drawn, law, least, most):
    """The chi-square test, ends put together; a right sampler fails for one seed of 1,000."""
    inside = numpy.clip(drawn, least, most).astype(int) - least
    middle = law.pmf(numpy.arange(least + 1, most))
    expected = drawn.size * numpy.array([law.cdf(least), *middle, law.sf(most - 1)])
    counts = numpy.bincount(inside, minlength=most - least + 1)
    return stats.chisquare(counts, expected).pvalue > 1e-3


def test_binomial_is_that_of_jax_and_has_the_distribution():
    """Whole numbers agree where logarithms do. Means on both sides of 10, chances of 1/2."""
    ours = random.binomial(random.PRNGKey(17), TRIALS, CHANCES, (7, DRAWS))
    with jax.threefry_partitionable(False):
        theirs = jax.random.binomial(jax.random.PRNGKey(17), TRIALS, CHANCES, (7, DRAWS))
    ours, theirs = numpy.asarray(ours), numpy.asarray(theirs)
    assert ours.dtype == theirs.dtype
    assert (ours == theirs).mean() > 0.999
    assert not ours[0].any()
    assert (ours[6] == 12).all()
    for row, (least, most) in {1: (1, 6), 2: (2, 11), 3: (23, 30), 4: (30, 50)}.items():
        law = stats.binom(TRIALS[row, 0], float(CHANCES[row, 0]))
        assert fits(ours[row], law, least, most), row
    assert fits(ours[5], stats.binom(1000, 0.75), 720, 780)


def test_multinomial_is_that_of_jax_and_each_class_is_binomial():
    """jax is given all probabilities: its releases differ in what the shape is that of."""
    n, every = numpy.float32([9, 60]), numpy.broadcast_to(CLASSES, (DRAWS, *CLASSES.shape))
    ours = random.multinomial(random.PRNGKey(3), n, CLASSES, shape=(DRAWS, 2))
    with jax.threefry_partitionable(False):
        theirs = jax.random.multinomial(jax.random.PRNGKey(3), n, every)
    ours, theirs = numpy.asarray(ours), numpy.asarray(theirs)
    assert ours.dtype == theirs.dtype
    assert (ours == theirs).mean() > 0.999
    assert (ours.sum(-1) == [9, 60]).all()
    assert not ours[:, 0, 1].any()
    assert fits(ours[:, 0, 3], stats.binom(9, 0.3), 0, 6)
    assert fits(ours[:, 1, 2], stats.binom(60, 0.45), 18, 36)


@pytest.mark.parametrize(
    ("dtype", "layout"), [("float64", "original"), ("float32", "partitionable")]
)
def test_counts_are_those_of_jax_bit_for_bit(dtype, layout):
    for name, (ours, theirs) in drawn(COUNTS, layout, dtype).items():
        assert_same(name, ours, theirs, units=0)


def test_what_is_no_number_of_trials_or_no_chance_gives_nan_in_lazy_arrays():
    n = lx.numpy.asarray([numpy.nan, -1, 5, 5, 5, numpy.inf, numpy.inf, 5.7])
    p = lx.numpy.asarray([0.5, 0.5, numpy.nan, -0.1, 1.1, 0.5, 0.0, 1.0])
    drawn = random.binomial(random.PRNGKey(0), n, p)
    wanted = [numpy.nan] * 5 + [numpy.inf] * 2 + [5]
    numpy.testing.assert_array_equal(numpy.asarray(drawn), numpy.float32(wanted))


REFUSED = {
    "fewer trials than none": (
        lambda key: random.binomial(key, -1, 0.5),
        "binomial: n needs to be 0 or more, got -1",
    ),
    "more than certain": (
        lambda key: random.binomial(key, 3, 1.5),
        "binomial: p needs to be between 0 and 1, got 1.5",
    ),
    "a negative class": (
        lambda key: random.multinomial(key, 3, [[0.5, 0.5], [1.5, -0.5]]),
        "multinomial: p needs to be 0 or more, got -0.5 at [1, 1]",
    ),
    "whole numbers": (
        lambda key: random.binomial(key, 3, 0.5, dtype=int),
        "binomial: needs a real floating dtype, got i32",
    ),
    "no classes": (
        lambda key: random.multinomial(key, 3, 0.5),
        "multinomial: p needs an axis of classes, got f32[]",
    ),
    "trials for classes": (
        lambda key: random.multinomial(key, numpy.float32([1, 2]), CLASSES[0]),
        "multinomial: n f32[2] does not broadcast to the shape () asked for",
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_refuses_with_a_message_that_says_why(case):
    assert_refused(*REFUSED[case])


def test_small_dtypes_are_drawn_as_large_ones():
    drawn = random.binomial(random.PRNGKey(0), 60_000, 0.5, (64,), "float16")
    wide = random.binomial(random.PRNGKey(0), 60_000, 0.5, (64,))
    assert drawn.dtype == "float16"
    assert lx.materialize(drawn == wide.astype("float16")).all()

"""Gamma numbers, what is made of them, random vectors: jax's numbers, and laws of distributions."""

import numpy
import pytest
from scipy import stats

import lazyax as lx
from lazyax import random
from tests.random_samplers import (
    COVARIANCE,
    GAMMAS,
    MEAN,
    POWERS,
    assert_refused,
    assert_same,
    drawn,
)

WIDTHS = {
    ("float32", "original"): GAMMAS,
    ("float32", "partitionable"): ["gamma", "orthogonal"],
    ("float64", "original"): ["gamma", "beta"],
}
"""What is drawn in each width and layout: each sampler is a loop to compile, in jax too."""


@pytest.mark.parametrize(("dtype", "layout"), WIDTHS)
def test_numbers_are_those_of_jax_to_8_units_in_the_last_place(dtype, layout):
    for name, (ours, theirs) in drawn(WIDTHS[dtype, layout], layout, dtype).items():
        assert_same(name, ours, theirs)


LAWS = {
    "gamma": ((0.4,), stats.gamma(0.4)),
    "f": ((3.0, 5.0), stats.f(3.0, 5.0)),
}


@pytest.mark.parametrize("name", LAWS)
def test_numbers_have_the_distribution(name):
    """By Kolmogorov and Smirnov; a right sampler fails for one seed of 1,000, and this is fixed."""
    arguments, law = LAWS[name]
    drawn = getattr(random, name)(random.PRNGKey(17), *arguments, (5_000,))
    assert stats.kstest(numpy.asarray(drawn, "float64"), law.cdf).pvalue > 1e-3


def test_a_method_of_factoring_changes_the_numbers_and_not_their_covariance():
    for method in ("eigh", "svd"):
        drawn = random.multivariate_normal(
            random.PRNGKey(3), MEAN, COVARIANCE, (20_000,), method=method
        )
        found = numpy.cov(numpy.asarray(drawn).T)
        numpy.testing.assert_allclose(found, COVARIANCE, atol=0.06)


def test_jit_and_vmap_draw_the_same():
    keys, a = random.split(random.PRNGKey(5), 3), numpy.float32([0.3, 1.0, 4.0])

    def draw(key, a):
        return random.gamma(key, a, (2,))

    together = lx.jit(lx.vmap(draw))(keys, a)
    for i in range(3):
        alone = draw(random.clone(keys[i]), a[i])
        numpy.testing.assert_allclose(together[i], alone, rtol=1e-6)


REFUSED = {
    "a parameter that is not positive": (
        lambda key: random.beta(key, 1.0, -2.0, (2,)),
        "beta: b needs to be positive, got -2.0",
    ),
    "one parameter of dirichlet": (
        lambda key: random.dirichlet(key, 1.0),
        "dirichlet: alpha needs an axis of parameters, got f32[]",
    ),
    "an exponent that is an array": (
        lambda key: random.ball(key, 3, POWERS),
        "ball: p needs to be a number, got ndarray",
    ),
    "another method": (
        lambda key: random.multivariate_normal(key, MEAN, COVARIANCE, method="lu"),
        "multivariate_normal: method is one of ['cholesky', 'eigh', 'svd'], got 'lu'",
    ),
    "a covariance of another size": (
        lambda key: random.multivariate_normal(key, POWERS, COVARIANCE),
        "multivariate_normal: needs a mean f32[...,n] and a covariance f32[...,n,n], got f32[3] "
        "and f32[2,2]",
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_refuses_with_a_message_that_says_why(case):
    assert_refused(*REFUSED[case])

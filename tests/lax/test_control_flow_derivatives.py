"""Branches and loops under every transform, and nested in each other."""

from __future__ import annotations

import numpy
import pytest

import lazyax as lx
import lazyax.numpy as np
from tests.laws.loops import FUNCTIONS
from tests.test_composition import assert_near, compositions, derivatives, in_numpy

each_function = pytest.mark.parametrize("function", FUNCTIONS, ids=lambda f: f.__name__)


@each_function
def test_compositions_that_mean_the_same_agree(function, rng):
    given = [rng.uniform(-1, 1, 6) for _ in range(2)]
    expected = in_numpy(lambda *given: derivatives(lx, np, function, *given), *given)
    found = in_numpy(lambda *given: compositions(function, *given), *given)
    assert_near(found, {key: expected[key[0]] for key in found}, 1e-11)


@pytest.mark.parametrize("function", FUNCTIONS[4::8], ids=lambda f: f.__name__)
def test_compositions_on_xla_are_those_in_numpy(function, rng):
    given = [rng.uniform(-1, 1, 6) for _ in range(2)]
    found = lx.materialize(compositions(function, *map(np.asarray, given)))
    assert_near(found, in_numpy(lambda *given: compositions(function, *given), *given), 1e-11)


def test_a_graph_with_loops_is_numpys(rng):
    x = rng.uniform(-1, 1, 6)
    for function in FUNCTIONS:
        found = in_numpy(lambda x, function=function: function(np, x), x)
        numpy.testing.assert_allclose(found, function(np, np.asarray(x)), rtol=1e-12)

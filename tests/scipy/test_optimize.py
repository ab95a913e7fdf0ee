"""`minimize` beside SciPy's, un-jitted, jitted and batched."""

from __future__ import annotations

import numpy
import pytest
import scipy.optimize

import lazyax as lx
import lazyax.numpy as np
from lazyax.errors import LazyaxTypeError
from lazyax.scipy.optimize import minimize


def rosenbrock(x, np=np):
    return np.sum(100.0 * (x[1:] - x[:-1] ** 2) ** 2 + (1 - x[:-1]) ** 2)


def himmelblau(x, np=np):
    return (x[0] ** 2 + x[1] - 11) ** 2 + (x[0] + x[1] ** 2 - 7) ** 2


def matyas(x, np=np):
    return 0.26 * (x[0] ** 2 + x[1] ** 2) - 0.48 * x[0] * x[1]


def quadratic(x, np=np):
    matrix = numpy.float64([[3, 1, 0], [1, 2, 0.5], [0, 0.5, 1]])
    return 0.5 * np.dot(x, np.dot(matrix, x)) - np.sum(x)


CASES = {
    "rosenbrock": (rosenbrock, [-1.2, 1.0, 0.5]),
    "himmelblau": (himmelblau, [1.0, 1.0]),
    "matyas": (matyas, [1.0, 2.0]),
    "quadratic": (quadratic, [5.0, -3.0, 2.0]),
}


@pytest.mark.parametrize("name", CASES)
def test_a_minimum_is_scipys(name):
    function, start = CASES[name]
    found = minimize(function, numpy.array(start), method="BFGS", options={"gtol": 1e-7})
    lx.materialize(found)
    want = scipy.optimize.minimize(lambda x: function(x, numpy), start, tol=1e-9)
    assert (bool(found.success), int(found.status)) == (True, 0)
    # SciPy takes differences for the gradient
    numpy.testing.assert_allclose(numpy.asarray(found.x), want.x, atol=1e-4)
    assert float(found.fun) == pytest.approx(want.fun, abs=1e-10)
    assert numpy.abs(numpy.asarray(found.jac)).max() < 1e-7
    assert int(found.nit) <= 2 * want.nit + 5
    assert int(found.nfev) == int(found.njev) >= int(found.nit)


def test_the_inverse_of_the_hessian_is_learned():
    found = minimize(quadratic, numpy.array([5.0, -3.0, 2.0]), method="BFGS", tol=1e-10)
    want = numpy.linalg.inv(numpy.asarray(lx.hessian(quadratic)(found.x)))
    numpy.testing.assert_allclose(numpy.asarray(found.hess_inv), want, atol=1e-3)


def test_it_is_the_same_in_jit_and_for_each_of_a_batch(compiles):
    def solve(start):
        return minimize(himmelblau, start, method="bfgs")

    starts = np.array([[1.0, 1.0], [-2.0, 2.0], [-3.0, -3.0]])
    many = lx.jit(lx.vmap(solve))(starts)
    lx.materialize(many)
    assert compiles.count == 1
    roots = [[3, 2], [-2.805118, 3.131312], [-3.779310, -3.283186]]
    numpy.testing.assert_allclose(numpy.asarray(many.x), roots, atol=1e-3)
    one = lx.jit(solve)(starts[1])
    numpy.testing.assert_allclose(numpy.asarray(one.x), roots[1], atol=1e-3)
    assert len(set(many.nit.tolist())) > 1  # each lane stops on its own


def test_slopes_decide_where_values_differ_by_rounding_alone():
    def high(x):
        return np.sum((x - 1) ** 4) + 1e3 * np.sum(x**2) + 1e4

    found = minimize(high, np.full(5, 4.0), method="BFGS")
    assert (found.x.dtype, int(found.status)) == ("float32", 0)  # steps of 1e4 are of 1e-3
    slope = 4 * (numpy.asarray(found.x, "f8") - 1) ** 3 + 2e3 * numpy.asarray(found.x, "f8")
    assert abs(slope).max() < 1e-4


def test_what_does_not_converge_says_so():
    few = minimize(rosenbrock, np.array([-1.2, 1.0]), method="BFGS", options={"maxiter": 3})
    endless = minimize(lambda x: np.sum(np.abs(x - 1)), np.array([0.3, 4.0]), method="BFGS")
    lx.materialize((few, endless))
    assert (bool(few.success), int(few.status), int(few.nit)) == (False, 1, 3)
    assert (bool(endless.success), int(endless.status)) == (False, 2)


def test_the_function_may_be_undefined_far_away():
    found = minimize(lambda x, c: np.sum(x - c * np.log(x)), np.ones(2), (0.25,), method="BFGS")
    assert bool(found.success)
    numpy.testing.assert_allclose(numpy.asarray(found.x), 0.25, rtol=1e-3)


def test_what_does_not_fit_is_an_error():
    with pytest.raises(LazyaxTypeError) as error:
        minimize(matyas, np.ones((1, 2)), method="BFGS")
    assert str(error.value) == (
        "minimize: x0 needs to be a real vector, got f32[1,2]; use reshape, and flatten what is a "
        "pytree"
    )
    with pytest.raises(LazyaxTypeError) as error:
        minimize(matyas, np.ones(2), method="powell")
    assert str(error.value) == "minimize: method is 'BFGS', the only one there is, got 'powell'"
    with pytest.raises(LazyaxTypeError) as error:
        minimize(matyas, np.ones(2), method="BFGS", options={"disp": True})
    assert str(error.value) == (
        "minimize: options are gtol, norm, maxiter, line_search_maxiter, got disp"
    )

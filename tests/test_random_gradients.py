"""Derivatives of gamma numbers, and of what is made of them, by their parameters."""

import jax
import numpy
import pytest
from scipy import special

import lazyax as lx
import lazyax.numpy as np
from lazyax import random
from lazyax.array import Array
from lazyax.ops import primitives as p

POWERS = [0.05, 0.4, 1.0, 3.0, 11.0, 13.0, 80.0, 5e3]

# name: parameters
SAMPLERS = {
    "gamma": (POWERS,),
    "loggamma": (POWERS,),
    "beta": (POWERS, POWERS[::-1]),
    "dirichlet": ([0.3, 2.0, 20.0],),
    "t": (POWERS,),
    "f": (POWERS, POWERS[::-1]),
}


def slopes(library, numbers, new_key):
    """Tangents of numbers where all parameters are made larger in proportion."""
    found = {}
    for name, given in SAMPLERS.items():
        draw, values = getattr(library.random, name), [numpy.float64(x) for x in given]

        def scaled(s, draw=draw, values=values):
            return draw(new_key(), *[numbers.multiply(s, x) for x in values], dtype="float64")

        one = numbers.ones((), "float64")
        found[name] = library.jvp(scaled, (one,), (one,))
    return found


def test_slopes_by_parameters_are_those_of_jax():
    ours = slopes(lx, np, lambda: random.PRNGKey(3))
    lx.materialize(ours)
    with jax.threefry_partitionable(False), jax.enable_x64(True):
        theirs = jax.jit(lambda: slopes(jax, jax.numpy, lambda: jax.random.PRNGKey(3)))()
        for name in SAMPLERS:
            for got, wanted in zip(ours[name], theirs[name], strict=True):
                numpy.testing.assert_allclose(got, wanted, 1e-9, 1e-30, err_msg=name)


@pytest.mark.parametrize(("dtype", "rtol"), [("float32", 1e-5), ("float64", 1e-10)])
def test_slopes_are_accurate_over_wide_ranges(dtype, rtol):
    """Of logarithms, in both tails and on both sides of where another formula takes over."""
    a = numpy.array([[1e-3, 0.05, 0.9, 1.0, 2.5, 11.9, 12.0, 30.0, 1e3, 1e5]], dtype).T
    logs = numpy.log(special.gammaincinv(a, [1e-6, 0.1, 0.4, 0.9, 0.999999]).clip(1e-30))
    a, logs = (x.ravel() for x in numpy.broadcast_arrays(a, logs.astype(dtype)))
    slope = Array(p.GammaDrift()(np.asarray(a)._node, np.asarray(logs)._node))
    x = numpy.exp(numpy.float64(logs))
    with jax.enable_x64(True):
        wanted = jax.lax.random_gamma_grad(numpy.float64(a), x) / x
    numpy.testing.assert_allclose(slope, wanted, rtol)


def test_a_number_moves_as_the_inverse_of_the_distribution_function():
    """Slopes of the first order and the second, forward over reverse, of both in one program."""
    a, key = numpy.repeat([0.3, 0.95, 1.5, 9.0, 12.5, 60.0, 1e3], 3), random.PRNGKey(5)

    def slope(a):
        return lx.grad(lambda a: np.sum(random.gamma(random.clone(key), a, dtype="float64")))(a)

    first, second = lx.jvp(slope, (a,), (np.ones_like(a),))
    x = random.gamma(key, a, dtype="float64")
    lx.materialize(x, first, second)
    x, h = numpy.asarray(x), 1e-3 * a
    part, rest = special.gammainc(a, x), special.gammaincc(a, x)

    def moved(a):
        low, high = special.gammaincinv(a, part), special.gammainccinv(a, rest)
        return numpy.where(part < 0.5, low, high)

    below, above = moved(a - h), moved(a + h)
    numpy.testing.assert_allclose(first, (above - below) / (2 * h), 1e-5)
    numpy.testing.assert_allclose(second, (above - 2 * x + below) / (h * h), 1e-4, 1e-8)


def test_jit_and_vmap_of_slopes_are_the_slopes():
    a, keys = numpy.float32([0.3, 1.0, 20.0]), random.split(random.PRNGKey(5), 3)
    slope = lx.grad(lambda a, key: random.loggamma(key, a))
    together = lx.vmap(slope)(a, keys)
    alone = lx.jit(slope)
    one_by_one = [alone(a[i], random.clone(keys[i])) for i in range(3)]
    numpy.testing.assert_allclose(together, one_by_one, rtol=1e-5)


def test_where_a_number_underflows_its_slope_is_not_nan():
    key, a = random.PRNGKey(0), numpy.full(8, 1e-3, "float32")
    slope = lx.jacfwd(lambda s: random.gamma(random.clone(key), s * a))(np.float32(1))
    of_log = lx.jacfwd(lambda s: random.loggamma(key, s * a))(np.float32(1))
    lx.materialize(slope, of_log)
    assert not np.isnan(slope).any()
    assert (of_log > 0).all()
    assert np.isfinite(of_log).all()

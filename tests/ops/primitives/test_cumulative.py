"""Cumulative ops and ReduceProd: zeros, ties, directions, derivatives of every order."""

import jax
import jax.numpy as jnp
import ml_dtypes
import numpy
import pytest

from lazyax.array import array_node
from lazyax.errors import LazyaxTypeError
from lazyax.ops.primitives import CumMax, CumMin, CumProd, CumSum, ReduceProd
from lazyax.transforms.jvp import jvp

OPS = {
    "sum": (CumSum, numpy.add, jax.lax.cumsum),
    "prod": (CumProd, numpy.multiply, jax.lax.cumprod),
    "max": (CumMax, numpy.maximum, jax.lax.cummax),
    "min": (CumMin, numpy.minimum, jax.lax.cummin),
}


@pytest.mark.parametrize("which", OPS)
@pytest.mark.parametrize("dtype", ["i1", "u1", "i4", "u8", "f4", "f8"])
@pytest.mark.parametrize("axis", [0, 1, 2])
@pytest.mark.parametrize("reverse", [False, True])
def test_values_are_numpys_accumulate(which, dtype, axis, reverse, check, rng):
    op, ufunc, _ = OPS[which]
    x = rng.integers(1, 5, (3, 7, 2)).astype(dtype)
    value = check.value(op(axis, reverse), x)
    turn = [slice(None)] * 3
    turn[axis] = slice(None, None, -1 if reverse else 1)
    turn = tuple(turn)
    numpy.testing.assert_array_equal(value, ufunc.accumulate(x[turn], axis, dtype)[turn])


@pytest.mark.parametrize("which", ["sum", "prod"])
def test_values_of_complex_numbers(which, check, rng):
    op, ufunc, _ = OPS[which]
    x = rng.normal(size=9) + 1j * rng.normal(size=9)
    numpy.testing.assert_allclose(check.value(op(0), x), ufunc.accumulate(x), rtol=1e-12)


@pytest.mark.parametrize("length", [1, 2, 3, 15, 16, 17, 33, 1000])
def test_long_axes_are_summed_in_full(length, check):
    value = check.value(CumSum(0), numpy.arange(length, dtype="i4"))
    assert value.tolist() == numpy.arange(length).cumsum().tolist()


@pytest.mark.parametrize("dtype", [numpy.float16, ml_dtypes.bfloat16])
def test_sixteen_bit_sums_that_are_representable_are_exact(dtype, check):
    value = check.value(CumSum(0), numpy.full(64, 0.125, dtype))
    assert value.astype("f4").tolist() == (0.125 * numpy.arange(1, 65)).tolist()


@pytest.mark.parametrize("which", ["max", "min"])
def test_extremes_of_bools_and_nan(which, check):
    op, ufunc, _ = OPS[which]
    for x in ([False, True, False], [1.0, numpy.nan, 2.0], [numpy.inf, -numpy.inf, 0.0]):
        x = numpy.array(x)
        numpy.testing.assert_array_equal(check.value(op(0), x), ufunc.accumulate(x))


@pytest.mark.parametrize("which", OPS)
@pytest.mark.parametrize("shape", [(0,), (2, 0), (0, 2), (1,)])
def test_little_or_nothing_accumulates(which, shape, check):
    op, _, _ = OPS[which]
    x = numpy.ones(shape)
    check.value(op(len(shape) - 1), x)
    leaf = array_node(x)
    tangents = [t for t in jvp([op(0)(leaf)], [leaf], [leaf]) if t is not None]
    assert all(value.tolist() == x.tolist() for value in check.run(*tangents))


@pytest.mark.parametrize("which", OPS)
@pytest.mark.parametrize("reverse", [False, True])
@pytest.mark.parametrize(("shape", "axis"), [((6,), 0), ((7, 2), 0), ((2, 5), 1), ((2,), 0)])
def test_derivatives(which, reverse, shape, axis, check, rng):
    check.derivatives(OPS[which][0](axis, reverse), rng.normal(size=shape))


@pytest.mark.parametrize("zeros", [[2], [0, 4], [1, 2, 3], [0, 1, 2, 3, 4]])
def test_products_have_exact_slopes_of_all_orders_at_zeros(zeros, check, rng):
    x = rng.normal(size=5)
    x[zeros] = 0
    check.derivatives(CumProd(0), x, order=3)
    check.derivatives(ReduceProd((0,)), x, order=3)


@pytest.mark.parametrize("which", ["max", "min"])
@pytest.mark.parametrize("reverse", [False, True])
def test_ties_share_the_slope_as_in_jax(which, reverse, check, rng):
    op, _, of_jax = OPS[which]
    x = rng.integers(0, 3, 13).astype("f4")
    dx = rng.normal(size=13).astype("f4")
    leaf = array_node(x)
    (tangent,) = jvp([op(0, reverse)(leaf)], [leaf], [array_node(dx)])
    _, expected = jax.jvp(lambda x: of_jax(x, reverse=reverse), (x,), (dx,))
    numpy.testing.assert_allclose(check.run(tangent)[0], expected, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("which", OPS)
def test_batch_is_a_loop(which, check, rng):
    op = OPS[which][0]
    check.batches(op(0), rng.normal(size=(3, 4, 2)))
    check.batches(op(1, reverse=True), rng.normal(size=(3, 4, 2)))


@pytest.mark.parametrize("axes", [(), (0,), (1,), (0, 2), (0, 1, 2)])
@pytest.mark.parametrize("dtype", ["i4", "u1", "f4", "f8", "c16"])
def test_the_product_of_all_is_numpys(axes, dtype, check, rng):
    x = rng.integers(1, 4, (2, 3, 4)).astype(dtype)
    value = check.value(ReduceProd(axes), x)
    numpy.testing.assert_allclose(value, numpy.prod(x, axes, dtype), rtol=1e-6)


@pytest.mark.parametrize("axes", [(), (1,), (0, 2), (0, 1, 2)])
def test_derivatives_of_the_product_of_all(axes, check, rng):
    check.derivatives(ReduceProd(axes), rng.normal(size=(2, 3, 2)))


def test_derivatives_of_complex_products(check, rng):
    x = rng.normal(size=4) + 1j * rng.normal(size=4)
    x[1] = 0
    check.derivatives(ReduceProd((0,)), x)
    check.derivatives(CumProd(0), x)


def test_the_product_of_nothing_is_one_and_flat(check):
    x = array_node(numpy.zeros((2, 0)))
    assert check.run(ReduceProd((1,))(x))[0].tolist() == [1, 1]
    assert jvp([ReduceProd((1,))(x)], [x], [x]) == [None]


def test_batch_of_the_product_of_all_is_a_loop(check, rng):
    check.batches(ReduceProd((0, 2)), rng.normal(size=(3, 2, 3, 2)))


def test_second_derivatives_of_a_product_are_jaxs(check, rng):
    x = numpy.array([0.0, 2.0, 0.0, 3.0], "f4")
    expected = jax.hessian(jnp.prod)(x)
    leaf = array_node(x)
    basis = [array_node(row) for row in numpy.eye(4, dtype="f4")]
    slopes = [jvp([ReduceProd((0,))(leaf)], [leaf], [e])[0] for e in basis]
    found = check.run(*[jvp([s], [leaf], [e])[0] for s in slopes for e in basis])
    numpy.testing.assert_allclose(numpy.reshape(found, (4, 4)), expected, rtol=1e-6)


@pytest.mark.parametrize(
    ("op", "dtype", "message"),
    [
        (CumSum(1), "f4", "CumSum: 1 is not an axis of f32[3]"),
        (CumSum(0), "?", "CumSum: needs a numeric dtype, got bool[3]; use astype"),
        (CumMax(0), "c8", "CumMax: needs a real dtype, got c64[3]; use astype"),
        (ReduceProd((0,)), "?", "ReduceProd: does not reduce bool[3]; use astype"),
    ],
    ids=str,
)
def test_what_does_not_accumulate_is_refused(op, dtype, message):
    with pytest.raises(LazyaxTypeError) as error:
        op(array_node(numpy.zeros(3, dtype)))
    assert str(error.value) == message

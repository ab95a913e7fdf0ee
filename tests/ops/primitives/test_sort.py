"""Sort: the order of NaNs, zeros and complex numbers, several keys, stability."""

import jax
import ml_dtypes
import numpy
import pytest

from lazyax.array import array_node
from lazyax.errors import LazyaxTypeError
from lazyax.ops.primitives import Iota, Project, Sort
from lazyax.transforms.jvp import jvp

SPECIAL = [numpy.nan, 0.0, -0.0, numpy.inf, -1.0, -numpy.nan, -numpy.inf, 2.0, 0.0, -0.0]


@pytest.mark.parametrize("dtype", ["?", "i1", "u1", "i4", "u8", "f2", "f4", "f8", "bf16"])
@pytest.mark.parametrize("axis", [0, 1, 2])
def test_values_are_numpys(dtype, axis, check, rng):
    dtype = ml_dtypes.bfloat16 if dtype == "bf16" else dtype
    x = (rng.normal(size=(3, 5, 4)) * 100).astype("i4").astype(dtype)
    value = check.value(Sort(axis), x)
    numpy.testing.assert_array_equal(value, numpy.sort(x, axis))


@pytest.mark.parametrize("dtype", ["f4", "f8"])
def test_nan_is_last_and_both_zeros_are_one(dtype, check):
    x = numpy.array(SPECIAL, dtype)
    value, order = check.value(Sort(0), x, numpy.arange(10, dtype="i4"))
    assert order.tolist() == numpy.argsort(x, kind="stable").tolist()
    numpy.testing.assert_array_equal(value, numpy.sort(x))
    expected = jax.lax.sort((x, numpy.arange(10, dtype="i4")), num_keys=1)[1]
    assert order.tolist() == expected.tolist()


def test_complex_numbers_are_ordered_by_real_then_imag(check, rng):
    parts = numpy.array([numpy.nan, 0.0, -0.0, 1.0, -numpy.inf])
    x = (parts[:, None] + 0j).repeat(5, 1)
    x.imag = parts[None, :]
    x = rng.permutation(x.ravel())
    value, order = check.value(Sort(0), x, numpy.arange(25, dtype="i4"))
    expected = jax.lax.sort((x.astype("c8"), numpy.arange(25, dtype="i4")), num_keys=1)[1]
    assert order.tolist() == expected.tolist()
    numpy.testing.assert_array_equal(value, x[order])


def test_several_keys_are_ordered_lexicographically(check, rng):
    first, second, payload = rng.integers(0, 3, 30), rng.normal(size=30), numpy.arange(30)
    second[::4] = numpy.nan
    *_, order = check.value(Sort(0, num_keys=2), first, second, payload)
    assert order.tolist() == numpy.lexsort((second, first)).tolist()


def test_equal_keys_keep_their_order(check, rng):
    keys, payload = rng.integers(0, 4, 200), numpy.arange(200)
    _, order = check.value(Sort(0), keys, payload)
    assert order.tolist() == numpy.argsort(keys, kind="stable").tolist()


def test_an_unstable_sort_sorts(check, rng):
    x = rng.permutation(50.0 * numpy.arange(50))
    numpy.testing.assert_array_equal(check.value(Sort(0, stable=False), x), numpy.sort(x))


@pytest.mark.parametrize("shape", [(0,), (1,), (2, 0), (0, 3)])
def test_little_or_nothing_is_sorted(shape, check):
    check.value(Sort(len(shape) - 1), numpy.ones(shape), numpy.ones(shape, "i4"))


@pytest.mark.parametrize(("shape", "axis"), [((6,), 0), ((3, 4), 0), ((3, 4), 1), ((2, 3, 2), 1)])
def test_derivatives_follow_the_permutation(shape, axis, check, rng):
    x, y = rng.normal(size=shape), rng.normal(size=shape)
    check.derivatives(Sort(axis), x)
    check.derivatives(Sort(axis), x, y)
    check.derivatives(Sort(axis), x, y, of=[1])
    check.derivatives(Sort(axis, num_keys=2), numpy.round(x), y, of=[1], order=1)


def test_derivatives_of_complex_numbers(check, rng):
    x = rng.normal(size=5) + 1j * rng.normal(size=5)
    check.derivatives(Sort(0), x, order=1)


def test_tangents_of_ties_keep_their_order_as_in_jax(check):
    x, dx = numpy.array([2, 1, 2, 1], "f4"), numpy.array([1, 2, 3, 4], "f4")
    leaf = array_node(x)
    (tangent,) = jvp([Project(0)(Sort(0)(leaf))], [leaf], [array_node(dx)])
    _, expected = jax.jvp(jax.numpy.sort, (x,), (dx,))
    assert check.run(tangent)[0].tolist() == expected.tolist() == [2, 4, 1, 3]


def test_an_argsort_is_not_sorted_again_for_its_derivative(rng):
    leaf = array_node(rng.normal(size=5))
    out = Sort(0)(leaf, Iota(numpy.dtype("i4"), (5,))())
    (tangent, _) = out.op.jvp(out, out.operands, [leaf.like(1), None])
    names, stack = set(), [tangent]
    while stack:
        node = stack.pop()
        names |= {node} if node.op.name == "Sort" else set()
        stack += node.operands
    assert names == {out}


def test_batch_is_a_loop(check, rng):
    keys, payload = rng.integers(0, 4, (3, 5, 2)), rng.normal(size=(3, 5, 2))
    check.batches(Sort(0), keys, payload)
    check.batches(Sort(1), keys, payload)


def test_operands_that_do_not_fit_are_refused():
    x, y = array_node(numpy.zeros((2, 3))), array_node(numpy.zeros(3))
    with pytest.raises(LazyaxTypeError) as error:
        Sort(0)(x, y)
    assert str(error.value) == (
        "Sort: needs arrays of one shape that has axis 0, got f64[2,3], f64[3]"
    )
    with pytest.raises(LazyaxTypeError) as error:
        Sort(0, num_keys=2)(x)
    assert str(error.value) == "Sort: needs from 1 to 1 keys among 1 arrays, got 2"

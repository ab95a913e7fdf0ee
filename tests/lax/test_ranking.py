"""lax.top_k is jax's."""

import jax
import numpy
import pytest

import lazyax as lx
from lazyax import lax
from lazyax.errors import LazyaxTypeError

CASES = {
    "ties": numpy.float32([[3, 1, 3, 2], [0, 0, 0, 0]]),
    "nan and infinities": numpy.float32([1, numpy.nan, 3, 3, -numpy.inf, 0, -0.0]),
    "integers": numpy.int8([[-128, 127], [0, -1], [5, 5]]),
    "bools": numpy.array([False, True, True]),
}


@pytest.mark.parametrize("case", CASES)
def test_the_largest_are_those_of_jax(case):
    x = CASES[case]
    for k in (0, 2, x.shape[-1]):
        for ours, theirs in zip(lax.top_k(x, k), jax.lax.top_k(x, k), strict=True):
            assert (ours.shape, ours.dtype) == (theirs.shape, theirs.dtype)
            numpy.testing.assert_array_equal(ours, theirs)


def test_the_largest_have_gradients_and_batches():
    x = numpy.random.default_rng(0).normal(size=(3, 5)).astype("float32")

    def program(library):
        def f(x):
            return (library.lax.top_k(x, 2)[0] * numpy.float32([1, 3])).sum()

        return library.vmap(library.grad(f))(x)

    numpy.testing.assert_array_equal(program(lx), program(jax))


def test_there_must_be_so_many():
    message = r"top_k: needs k from 0 to the length of the last axis, got 4 and f32\[2,3\]"
    with pytest.raises(LazyaxTypeError, match=message):
        lax.top_k(numpy.zeros((2, 3), "float32"), 4)


def test_how_many_must_be_known():
    message = (
        r"top_k: k must be an int, got ~i32\[\]; under jit make the argument static "
        r"\(static_argnums\)"
    )
    with pytest.raises(LazyaxTypeError, match=message):
        lx.jit(lambda k: lax.top_k(numpy.zeros(3), k))(2)

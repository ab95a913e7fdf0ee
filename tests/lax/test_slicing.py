"""lax.dynamic_*: jax's blocks, never compiled for a position; and stop_gradient."""

import jax
import numpy
import pytest

import lazyax as lx
from lazyax import lax
from lazyax.errors import LazyaxTypeError

X = numpy.arange(24, dtype="float32").reshape(4, 6)
BLOCK = -numpy.ones((2, 3), "float32")
ROW = -numpy.arange(6, dtype="float32")

CALLS = {
    "slice": lambda lax: lax.dynamic_slice(X, (1, 2), (2, 3)),
    "slice at an array": lambda lax: lax.dynamic_slice(X, numpy.int32([1, 2]), (2, 3)),
    "slice at the end": lambda lax: lax.dynamic_slice(X, (-1, -2), (1, 2)),
    "slice beyond the end": lambda lax: lax.dynamic_slice(X, (3, 99), (2, 3)),
    "slice before the start": lambda lax: lax.dynamic_slice(X, (-9, 0), (2, 3)),
    "update": lambda lax: lax.dynamic_update_slice(X, BLOCK, (1, 2)),
    "update beyond the end": lambda lax: lax.dynamic_update_slice(X, BLOCK, (3, 5)),
    "slice along": lambda lax: lax.dynamic_slice_in_dim(X, 2, 3, axis=1),
    "slice along the last": lambda lax: lax.dynamic_slice_in_dim(X, -3, 2, axis=-1),
    "update along": lambda lax: lax.dynamic_update_slice_in_dim(X, BLOCK[:, :1] * ROW, 1, 0),
    "index": lambda lax: lax.dynamic_index_in_dim(X, 2),
    "index without the axis": lambda lax: lax.dynamic_index_in_dim(X, 2, 1, keepdims=False),
    "update index": lambda lax: lax.dynamic_update_index_in_dim(X, ROW, 2, 0),
    "update index with the axis": lambda lax: lax.dynamic_update_index_in_dim(X, ROW[None], 2, 0),
}


@pytest.mark.parametrize("case", CALLS)
def test_blocks_are_those_of_jax(case):
    ours, theirs = CALLS[case](lax), CALLS[case](jax.lax)
    assert ours.dtype == theirs.dtype
    numpy.testing.assert_array_equal(ours, theirs)


def test_starts_may_have_several_dtypes():
    block = lax.dynamic_slice(X, (numpy.int8(1), numpy.uint64(2)), (2, 3))
    numpy.testing.assert_array_equal(block, X[1:3, 2:5])


def test_another_position_is_the_same_program(compiles):
    numpy.asarray(lax.dynamic_slice_in_dim(X, 0, 3))
    compiles.reset()
    for start in range(1, 4):
        numpy.asarray(lax.dynamic_slice_in_dim(X, start, 3))
    assert compiles.count == 0


def test_a_position_may_be_an_argument():
    rows = lx.jit(lambda i: lax.dynamic_index_in_dim(X, i, keepdims=False))
    numpy.testing.assert_array_equal(rows(lx.numpy.int32(2)), X[2])
    many = lx.vmap(lambda i: lax.dynamic_slice_in_dim(X, i, 2, axis=1))(numpy.arange(3))
    numpy.testing.assert_array_equal(many, numpy.stack([X[:, i : i + 2] for i in range(3)]))


def test_blocks_differentiate():
    def loss(x, block):
        return (lax.dynamic_update_slice(x, block, (1, 2)) * X).sum()

    by_x, by_block = lx.grad(loss, argnums=(0, 1))(X, BLOCK)
    hole = X.copy()
    hole[1:3, 2:5] = 0
    numpy.testing.assert_array_equal(by_x, hole)
    numpy.testing.assert_array_equal(by_block, X[1:3, 2:5])


def test_an_update_is_converted_to_the_arrays_dtype():
    written = lax.dynamic_update_slice(numpy.zeros(3, "int32"), [1.5], (1,))
    assert written.tolist() == [0, 1, 0]
    assert written.dtype == "int32"


def test_stop_gradient_stops_in_every_leaf():
    def loss(tree):
        stopped = lax.stop_gradient(tree)
        return stopped["a"] * tree["a"] + stopped["b"][0] * 7.0

    slopes = lx.grad(loss)({"a": 3.0, "b": [2.0]})
    assert float(slopes["a"]) == 3.0
    assert float(slopes["b"][0]) == 0.0
    assert lax.stop_gradient({"name": "x"}) == {"name": "x"}


REFUSED = {
    "too few starts": (
        lambda: lax.dynamic_slice(X, (1,), (2, 3)),
        "dynamic_slice: f32[4,6] needs 2 start indices, got 1",
    ),
    "a start that is no integer": (
        lambda: lax.dynamic_slice(X, (1, 2.0), (2, 3)),
        "dynamic_slice: a start index needs to be an integer, got ~f32[]",
    ),
    "starts of two axes": (
        lambda: lax.dynamic_slice(X, numpy.zeros((2, 1), "int32"), (2, 3)),
        "dynamic_slice: start_indices are integers or a vector of them, got i32[2,1]",
    ),
    "a block too large": (
        lambda: lax.dynamic_slice(X, (0, 0), (5, 3)),
        "dynamic_slice: slice_sizes (5, 3) do not fit f32[4,6]",
    ),
    "a negative size": (
        lambda: lax.dynamic_slice(X, (0, 0), (-1, 3)),
        "dynamic_slice: lengths must not be negative, got (-1, 3)",
    ),
    "an update of another rank": (
        lambda: lax.dynamic_update_slice(X, ROW, (0, 0)),
        "dynamic_update_slice: update (6,) do not fit f32[4,6]",
    ),
    "an axis that is not there": (
        lambda: lax.dynamic_slice_in_dim(X, 0, 1, axis=2),
        "dynamic_slice_in_dim: axis 2 is out of range for f32[4,6]; give one of -2 to 1",
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_refuses_with_a_message_that_says_why(case):
    call, message = REFUSED[case]
    with pytest.raises(LazyaxTypeError) as raised:
        call()
    assert str(raised.value) == message

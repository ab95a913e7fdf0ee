"""Blocks at run-time positions: clamping, and lanes that each have their own position."""

import jax
import numpy
import pytest

from lazyax.array import array_node
from lazyax.errors import LazyaxTypeError
from lazyax.ops.primitives import DynamicSlice, DynamicUpdateSlice

SHAPES = {
    "one axis": ((7,), (3,)),
    "all axes move": ((5, 6), (2, 3)),
    "the last axis moves": ((4, 6), (4, 2)),
    "the middle axis moves": ((2, 5, 3), (2, 1, 3)),
    "no axis moves": ((3, 2), (3, 2)),
    "an empty block": ((5, 2), (0, 2)),
    "an empty array": ((0, 2), (0, 1)),
    "0-d": ((), ()),
}


def case(name, rng, dtype="f8"):
    """x, a block, and starts of which some are out of bounds."""
    shape, lengths = SHAPES[name]
    starts = list(rng.integers(-3, 8, len(shape)).astype("i4"))
    x, block = rng.normal(size=shape), rng.normal(size=lengths)
    return numpy.asarray(x, dtype), numpy.asarray(block, dtype), starts


@pytest.mark.parametrize("name", SHAPES)
def test_blocks_are_moved_so_that_they_fit_as_in_jax(name, check, rng):
    x, block, starts = case(name, rng, "f4")
    from_zero = [max(start, 0) for start in starts]  # jax counts negative ones from the end
    value = check.value(DynamicSlice(block.shape), x, *starts)
    numpy.testing.assert_array_equal(value, jax.lax.dynamic_slice(x, from_zero, block.shape))
    value = check.value(DynamicUpdateSlice(), x, block, *starts)
    numpy.testing.assert_array_equal(value, jax.lax.dynamic_update_slice(x, block, from_zero))


@pytest.mark.parametrize("dtype", ["i1", "u1", "i2", "u2", "u4", "i8", "u8"])
def test_starts_of_narrow_and_unsigned_dtypes_do_not_wrap_around(dtype, check, rng):
    x, block, limits = rng.normal(size=300), rng.normal(size=3), numpy.iinfo(dtype)
    for start in (limits.min, 100, limits.max):
        start = numpy.array(start, dtype)
        value = check.value(DynamicSlice((3,)), x, start)
        first = min(max(int(start), 0), 297)
        numpy.testing.assert_array_equal(value, x[first : first + 3])
        check.value(DynamicUpdateSlice(), x, block, start)
    starts = numpy.array([limits.min, 100, limits.max], dtype)
    check.batches(DynamicSlice((3,)), numpy.stack([x] * 3), starts)


@pytest.mark.parametrize("name", SHAPES)
def test_derivatives(name, check, rng):
    x, block, starts = case(name, rng)
    check.derivatives(DynamicSlice(block.shape), x, *starts)
    for of in ([0], [1], [0, 1]):
        check.derivatives(DynamicUpdateSlice(), x, block, *starts, of=of)


@pytest.mark.parametrize("name", SHAPES)
def test_batch_is_a_loop(name, check, rng):
    xs, blocks, starts = zip(*[case(name, rng) for _ in range(3)], strict=True)
    starts = [numpy.stack(lanes) for lanes in zip(*starts, strict=True)]
    check.batches(DynamicSlice(blocks[0].shape), numpy.stack(xs), *starts)
    check.batches(DynamicUpdateSlice(), numpy.stack(xs), numpy.stack(blocks), *starts)


def test_lanes_index_only_the_axes_that_their_blocks_do_not_fill(rng):
    x, starts = rng.normal(size=(4, 50, 8)), rng.integers(0, 50, 4).astype("i4")
    operands = [array_node(v) for v in (x, starts, numpy.array(0, "i4"))]
    node = DynamicSlice((1, 8)).batch(operands, [True, True, False], 4)
    assert node.op.name == "Gather"
    assert node.operands[1].aval.shape == (4, 1, 1)


def test_bool_and_integer_blocks_are_written(check):
    for dtype in ("?", "i4", "c8"):
        x, block = numpy.zeros(5, dtype), numpy.ones(2, dtype)
        check.value(DynamicUpdateSlice(), x, block, numpy.array(9, "i4"))


def test_blocks_that_do_not_fit_are_refused():
    x, start = array_node(numpy.zeros(3)), array_node(numpy.array(0, "i4"))
    with pytest.raises(LazyaxTypeError) as error:
        DynamicSlice((4,))(x, start)
    assert str(error.value) == "DynamicSlice: a block of (4,) at 1 starts does not fit f64[3]"
    with pytest.raises(LazyaxTypeError) as error:
        DynamicSlice((2,))(x, x)
    assert str(error.value) == (
        "DynamicSlice: starts need to be 0-d integers of one dtype, got f64[3]"
    )
    with pytest.raises(LazyaxTypeError) as error:
        DynamicUpdateSlice()(x, array_node(numpy.zeros(2, "f4")), start)
    assert str(error.value) == "DynamicUpdateSlice: needs one dtype, got f64[3] and f32[2]"

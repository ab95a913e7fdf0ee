"""Blocks at run-time positions."""

from __future__ import annotations

from collections.abc import Sequence

import numpy

from lazyax.graph.aval import aval_of
from lazyax.graph.node import Node
from lazyax.graph.op import primitive
from lazyax.ops.primitives.gather import Gather, ScatterSet, with_signed_indices
from lazyax.ops.primitives.kinds import Linear, with_batch_axis
from lazyax.ops.primitives.leaves import Full, Iota
from lazyax.ops.primitives.select import Clamp, Convert
from lazyax.ops.primitives.shape import Broadcast, Concatenate, permute


@primitive
class DynamicSlice(Linear):
    """A block of static ``lengths`` at run-time starts, of (x, start of axis 0, ...).

    f32[10], i32[] -> f32[3] for lengths (3,). Starts are clamped so that the block fits.
    Lowers to `stablehlo.dynamic_slice`.
    """

    partial = True

    lengths: tuple[int, ...]

    def infer(self, x, *starts):
        require_starts(self, x, self.lengths, starts)
        return x.with_shape(self.lengths)

    def lower(self, emit, node, x, *starts):
        starts = [with_signed_indices(emit, start) for start in starts]
        operands, types = emit.operands(x, *starts)
        return emit(
            f"stablehlo.dynamic_slice {operands}, sizes = {list(self.lengths)} : "
            f"({types}) -> {emit.type(node.aval)}",
            node.aval,
        )

    def evaluate(self, x, *starts):
        return x[clamped_block(x.shape, self.lengths, starts)]

    def transpose(self, cotangent, x, *starts):
        zeros = Full(0, x.aval.shape, x.aval.dtype)()
        return (DynamicUpdateSlice()(zeros, cotangent, *starts), *[None] * len(starts))

    def batch(self, operands, batched, size):
        x, *starts = operands
        if not any(batched[1:]):
            return DynamicSlice((size, *self.lengths))(x, lane_start(starts), *starts)
        lanes, starts = int(batched[0]), with_batch_axis(starts, batched[1:], size)
        front, back, moving = moving_first(x.aval.shape[lanes:], self.lengths)
        indices = block_indices(x.aval.shape[lanes:], self.lengths, starts, moving)
        blocks = Gather(lanes)(permute(x, behind_lanes(front, lanes)), indices)
        return permute(blocks, behind_lanes(back, 1))


@primitive
class DynamicUpdateSlice(Linear):
    """A block overwritten at run-time starts, of (x, block, start of axis 0, ...).

    f32[10], f32[3], i32[] -> f32[10]. Starts are clamped so that the block fits.
    Lowers to `stablehlo.dynamic_update_slice`.
    """

    overwrites = slice(1)

    def infer(self, x, block, *starts):
        require_starts(self, x, block.shape, starts)
        self.require(x.dtype == block.dtype, f"needs one dtype, got {x} and {block}")
        return aval_of(x.shape, x.dtype, x.weak_type and block.weak_type)

    def lower(self, emit, node, x, block, *starts):
        starts = [with_signed_indices(emit, start) for start in starts]
        names, types = emit.operands(x, block, *starts)
        return emit(
            f"stablehlo.dynamic_update_slice {names} : ({types}) -> {emit.type(node.aval)}",
            node.aval,
        )

    def evaluate(self, x, block, *starts):
        result = numpy.array(x)
        result[clamped_block(x.shape, block.shape, starts)] = block
        return result

    def transpose(self, cotangent, x, block, *starts):
        hole = self(cotangent, block.like(0), *starts)
        return (hole, DynamicSlice(block.aval.shape)(cotangent, *starts), *[None] * len(starts))

    def batch(self, operands, batched, size):
        x, block, *starts = operands
        x, block = with_batch_axis((x, block), batched[:2], size)
        if not any(batched[2:]):
            return self(x, block, lane_start(starts), *starts)
        starts = with_batch_axis(starts, batched[2:], size)
        shape, lengths = x.aval.shape[1:], block.aval.shape[1:]
        front, back, moving = moving_first(shape, lengths)
        indices = block_indices(shape, lengths, starts, moving)
        front, back = behind_lanes(front, 1), behind_lanes(back, 1)
        return permute(ScatterSet(1)(permute(x, front), indices, permute(block, front)), back)


def require_starts(op, x, lengths, starts) -> None:
    """Raise unless ``starts`` are one 0-d integer for each axis of ``x``, and the block fits it."""
    op.require(
        len(lengths) == x.ndim == len(starts)
        and all(0 <= length <= n for length, n in zip(lengths, x.shape, strict=True)),
        f"a block of {tuple(lengths)} at {len(starts)} starts does not fit {x}",
    )
    op.require(
        all(start.shape == () and start.dtype.kind in "iu" for start in starts)
        and len({start.dtype for start in starts}) <= 1,
        f"starts need to be 0-d integers of one dtype, got {', '.join(map(str, starts))}",
    )


def clamped_block(shape, lengths, starts) -> tuple[slice, ...]:
    """The block as NumPy slices, moved so that it fits."""
    first = [
        min(max(int(start), 0), n - length)
        for start, length, n in zip(starts, lengths, shape, strict=True)
    ]
    return tuple(slice(a, a + length) for a, length in zip(first, lengths, strict=True))


def lane_start(starts: Sequence[Node]) -> Node:
    """The start along a batch axis of which the block takes all."""
    return starts[0].like(0) if starts else Full(0, (), numpy.dtype("i4"))()


def moving_first(shape, lengths) -> tuple[list[int], list[int], list[int]]:
    """Axes ordered so that those which a block does not fill come first; and the way back.

    Returns:
        The order, its inverse, and the axes that the block does not fill.
    """
    moving = [axis for axis, n in enumerate(shape) if lengths[axis] < n]
    front = moving + [axis for axis in range(len(shape)) if axis not in moving]
    return front, [front.index(axis) for axis in range(len(shape))], moving


def behind_lanes(order: list[int], lanes: int) -> list[int]:
    """The same order of axes where as many axes of lanes, one or none, come first."""
    return [*range(lanes), *[axis + lanes for axis in order]]


def block_indices(shape, lengths, starts: Sequence[Node], moving: Sequence[int]) -> Node:
    """Index vectors of each lane's block along the ``moving`` axes.

    Returns:
        Integers (lanes, \\*lengths of the moving axes, number of these), of starts (lanes).
    """
    dtype = numpy.dtype("i4" if max(shape, default=0) < 2**31 else "i8")
    full = (*starts[0].aval.shape, *[lengths[axis] for axis in moving], 1)
    columns = [Full(0, (*full[:-1], 0), dtype)()]
    for position, axis in enumerate(moving, start=1):
        start = starts[axis]
        last = min(shape[axis] - lengths[axis], numpy.iinfo(start.aval.dtype).max)
        fitting = Convert(dtype)(Clamp()(start.like(0), start, start.like(last)))
        columns.append(Broadcast(full, (0,))(fitting) + Iota(dtype, full, position)())
    return Concatenate(len(full) - 1)(*columns)

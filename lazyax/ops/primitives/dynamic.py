"""Blocks at run-time positions."""

from __future__ import annotations

import numpy

from lazyax.graph.aval import aval_of
from lazyax.graph.node import Node
from lazyax.graph.op import primitive
from lazyax.ops.primitives.gather import Gather, ScatterSet
from lazyax.ops.primitives.kinds import Linear, with_batch_axis
from lazyax.ops.primitives.leaves import Full, Iota
from lazyax.ops.primitives.select import Clamp
from lazyax.ops.primitives.shape import Broadcast, Concatenate, Reshape


@primitive
class DynamicSlice(Linear):
    """A block of static ``lengths`` at run-time starts, of (x, start of axis 0, ...).

    f32[10], i32[] -> f32[3] for lengths (3,). Starts are clamped so that the block fits.
    Lowers to `stablehlo.dynamic_slice`.
    """

    lengths: tuple[int, ...]

    def infer(self, x, *starts):
        require_starts(self, x, self.lengths, starts)
        return x.with_shape(self.lengths)

    def lower(self, emit, node, x, *starts):
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

    def jvp(self, out, operands, tangents):
        return self(tangents[0], *operands[1:])

    def batch(self, operands, batched, size):
        x, *starts = operands
        if not any(batched[1:]):
            zero = starts[0].like(0) if starts else Full(0, (), numpy.dtype("i4"))()
            return DynamicSlice((size, *self.lengths))(x, zero, *starts)
        x, *starts = with_batch_axis(operands, batched, size)
        return Gather(1)(x, block_indices(x.aval.shape[1:], self.lengths, starts))


@primitive
class DynamicUpdateSlice(Linear):
    """A block overwritten at run-time starts, of (x, block, start of axis 0, ...).

    f32[10], f32[3], i32[] -> f32[10]. Starts are clamped so that the block fits.
    Lowers to `stablehlo.dynamic_update_slice`.
    """

    def infer(self, x, block, *starts):
        require_starts(self, x, block.shape, starts)
        self.require(x.dtype == block.dtype, f"needs one dtype, got {x} and {block}")
        return aval_of(x.shape, x.dtype, x.weak_type and block.weak_type)

    def lower(self, emit, node, *operands):
        names, types = emit.operands(*operands)
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
        if not any(batched[2:]):
            x, block = with_batch_axis((x, block), batched[:2], size)
            zero = starts[0].like(0) if starts else Full(0, (), numpy.dtype("i4"))()
            return self(x, block, zero, *starts)
        x, block, *starts = with_batch_axis(operands, batched, size)
        indices = block_indices(x.aval.shape[1:], block.aval.shape[1:], starts)
        return ScatterSet(1)(x, indices, block)


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


def block_indices(shape, lengths, starts: list[Node]) -> Node:
    """Index vectors of each lane's block: i32[lanes, *lengths, ndim] from starts i32[lanes]."""
    lanes = starts[0].aval.shape
    full = (*lanes, *lengths)
    columns = []
    for axis, (start, length, n) in enumerate(zip(starts, lengths, shape, strict=True)):
        fitting = Clamp()(start.like(0), start, start.like(n - length))
        offset = Iota(start.aval.dtype, full, len(lanes) + axis)()
        column = Broadcast(full, tuple(range(len(lanes))))(fitting) + offset
        columns.append(Reshape((*full, 1))(column))
    return Concatenate(len(full))(*columns)

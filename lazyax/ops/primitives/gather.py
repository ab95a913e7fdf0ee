"""Reading and writing at run-time indices.

All ops here share one layout. ``x`` is (\\*batch, \\*indexed, \\*rest), ``indices`` are integers
(\\*batch, \\*loop, k) whose last axis holds one index for each of the k indexed axes, and what is
read or written is (\\*batch, \\*loop, \\*rest): one block of shape ``rest`` for each index vector.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import ClassVar

import numpy

from lazyax.graph.aval import Aval, aval_of
from lazyax.graph.node import Node
from lazyax.graph.op import Op, primitive
from lazyax.ops.primitives.bitwise import And
from lazyax.ops.primitives.compare import Equal, GreaterEqual, LessEqual
from lazyax.ops.primitives.kinds import Linear, with_batch_axis
from lazyax.ops.primitives.leaves import Full, Iota, Literal
from lazyax.ops.primitives.reduce import ReduceAnd
from lazyax.ops.primitives.select import Clamp, Convert, Select
from lazyax.ops.primitives.shape import Broadcast, moveaxis, reshape


@primitive
class Gather(Linear):
    """Blocks of x at index vectors, of (x, indices): ``x[b, indices[b, loop, 0], ...]``.

    f32[5,7,3], i32[4,2] -> f32[4,3] for batch_dims 0: four rows of three. f32[2,5], i32[2,4,1] ->
    f32[2,4] for batch_dims 1: four elements of each row. Indices out of bounds are clamped;
    negative ones do not count from the end. Lowers to `stablehlo.gather`.
    """

    partial = True

    batch_dims: int

    expensive = True
    interpreted = True

    def infer(self, x, indices):
        shape = blocks_shape(self, x, indices)
        lengths = indexed_lengths(self, x, indices)
        self.require(
            math.prod(shape) == 0 or 0 not in lengths,
            f"{x} has an empty axis, of which {indices} can not take an element",
        )
        return x.with_shape(shape)

    def lower(self, emit, node, x, indices):
        if node.aval.size == 0:
            return emit.constant(0, node.aval)
        indices = with_signed_indices(emit, indices)
        layout, indexed_end = layout_of(self, x.aval, indices.aval)
        rest = x.aval.shape[indexed_end:]
        sizes = ", ".join(map(str, [*[1] * indexed_end, *rest]))
        return emit(
            f'"stablehlo.gather"({x}, {indices}) <{{dimension_numbers = #stablehlo.gather<'
            f"offset_dims = {layout['rest']}, collapsed_slice_dims = {layout['indexed']}, "
            f"operand_batching_dims = {layout['batch']}, "
            f"start_indices_batching_dims = {layout['batch']}, "
            f"start_index_map = {layout['indexed']}, index_vector_dim = {layout['vector']}>, "
            f"slice_sizes = array<i64: {sizes}>, indices_are_sorted = false}}> : "
            f"({x.type}, {indices.type}) -> {emit.type(node.aval)}".replace("i64: >", "i64>"),
            node.aval,
        )

    def evaluate(self, x, indices):
        shape = blocks_shape(self, aval_of(x.shape, x.dtype), aval_of(indices.shape, indices.dtype))
        if math.prod(shape) == 0:
            return numpy.zeros(shape, x.dtype)
        if not self.batch_dims and indices.shape[-1] == 1 and indices.dtype.kind == "i":
            return numpy.take(x, indices[..., 0], 0, mode="clip")
        clamped = [
            numpy.clip(indices[..., i], 0, x.shape[self.batch_dims + i] - 1)
            for i in range(indices.shape[-1])
        ]
        lanes = numpy.indices(indices.shape[:-1])[: self.batch_dims]
        return numpy.broadcast_to(x[(*lanes, *clamped)], shape)

    def transpose(self, cotangent, x, indices):
        # A gather clamps and a scatter drops: what was read at the edge goes back to the edge.
        inside = clamp_indices(indices, indexed_lengths(self, x.aval, indices.aval))
        return (ScatterAdd(self.batch_dims)(x.like(0), inside, cotangent), None)

    def batch(self, operands, batched, size):
        (x, indices), first = operands, self.batch_dims
        if all(batched):
            return Gather(first + 1)(x, indices)
        if batched[1]:
            return moveaxis(self(x, moveaxis(indices, 0, first)), first, 0)
        behind = moveaxis(x, 0, first + indices.aval.shape[-1])
        return moveaxis(self(behind, indices), indices.aval.ndim - 1, 0)


class Scatter(Op):
    """Abstract: x with blocks combined into it at index vectors, of (x, indices, updates).

    States ``hlo``, ``numpy`` and a derivative. Updates are laid out as `Gather`'s result.
    Those whose index vector is out of bounds are dropped.
    """

    __slots__ = ()

    expensive = True
    interpreted = True
    overwrites = slice(1)

    hlo: ClassVar[str | None]
    """What combines an element with its update; None where the update replaces it."""

    numpy: ClassVar[Callable]
    """(array, positions, updates) -> None: the same in place, as `numpy.add.at` does it."""

    def infer(self, x, indices, updates):
        shape = blocks_shape(self, x, indices)
        self.require(
            updates.shape == shape and updates.dtype == x.dtype,
            f"updates of {x} at {indices} need to be {x.with_shape(shape)}, got {updates}",
        )
        return aval_of(x.shape, x.dtype, x.weak_type and updates.weak_type)

    def lower(self, emit, node, x, indices, updates):
        if x.aval.size == 0 or updates.aval.size == 0:
            return x
        if indices.aval.shape[-1]:
            return self._scatter(emit, x, indices, updates)
        # XLA mistakes updates of a whole x for one: index a first axis of length one instead.
        first, shape = self.batch_dims, x.aval.shape
        x = reshaped(emit, x, x.aval.with_shape((*shape[:first], 1, *shape[first:])))
        loop = indices.aval.shape[:-1]
        indices = emit.constant(0, aval_of((*loop, 1), numpy.dtype("i4")))
        return reshaped(emit, self._scatter(emit, x, indices, updates), node.aval)

    def _scatter(self, emit, x, indices, updates):
        indices = with_signed_indices(emit, indices)
        layout, _ = layout_of(self, x.aval, indices.aval)
        operands, types = emit.operands(x, indices, updates)
        element = x.aval.with_shape(())
        region = emit.region([element, element], self._combine)
        return emit(
            f'"stablehlo.scatter"({operands}) <{{scatter_dimension_numbers = #stablehlo.scatter<'
            f"update_window_dims = {layout['rest']}, inserted_window_dims = {layout['indexed']}, "
            f"input_batching_dims = {layout['batch']}, "
            f"scatter_indices_batching_dims = {layout['batch']}, "
            f"scatter_dims_to_operand_dims = {layout['indexed']}, "
            f"index_vector_dim = {layout['vector']}>, "
            f"indices_are_sorted = false, unique_indices = false}}> {region} : "
            f"({types}) -> {x.type}",
            x.aval,
        )

    def _combine(self, emit, values):
        element, update = values
        return [emit.elementwise(self.hlo, element.aval, *values) if self.hlo else update]

    def evaluate(self, x, indices, updates):
        result = numpy.array(x)
        inside = numpy.ones(indices.shape[:-1], bool)
        for i in range(indices.shape[-1]):
            index = indices[..., i]
            inside &= (index >= 0) & (index < x.shape[self.batch_dims + i])
        lanes = numpy.indices(inside.shape)[: self.batch_dims]
        vectors = [*lanes, *numpy.moveaxis(indices, -1, 0)]
        # A first axis of one: with nothing batched and nothing indexed there still is a position.
        positions = [numpy.zeros(inside.shape, int), *vectors]
        if not inside.all():
            positions, updates = [i[inside] for i in positions], updates[inside]
        type(self).numpy(result[None], tuple(positions), updates)
        return result

    def batch(self, operands, batched, size):
        first = self.batch_dims
        if batched[1]:
            return type(self)(first + 1)(*with_batch_axis(operands, batched, size))
        indices = operands[1]
        x, updates = with_batch_axis(operands[::2], batched[::2], size)
        behind, loop_end = first + indices.aval.shape[-1], indices.aval.ndim - 1
        result = self(moveaxis(x, 0, behind), indices, moveaxis(updates, 0, loop_end))
        return moveaxis(result, behind, 0)


@primitive
class ScatterSet(Linear, Scatter):
    """x with blocks replaced at index vectors, of (x, indices, updates).

    f32[5,3], i32[4,1], f32[4,3] -> f32[5,3] for batch_dims 0. Of several updates of one element
    the last in row-major order wins on CPU; elsewhere the order is XLA's. Updates out of bounds
    are dropped. Lowers to `stablehlo.scatter`.
    """

    batch_dims: int

    hlo = None
    numpy = numpy.ndarray.__setitem__

    def transpose(self, cotangent, x, indices, updates):
        if not x.aval.size:
            return (cotangent, None, updates.like(0))
        overwritten = self(cotangent, indices, updates.like(0))
        read = Gather(self.batch_dims)(cotangent, indices)
        won = along_rest(self._winners(x.aval, indices), read)
        return (overwritten, None, Select()(won, read, read.like(0)))

    def _winners(self, x: Aval, indices: Node) -> Node:
        """Which index vectors are in bounds and the last of their kind: bool (*batch, *loop)."""
        loop = indices.aval.shape[:-1]
        count = math.prod(loop)
        dtype = numpy.dtype("i4" if count < 2**31 else "i8")
        numbers = reshape(Iota(dtype, (count,))(), loop)
        places = x.shape[: self.batch_dims + indices.aval.shape[-1]]
        last = ScatterMax(self.batch_dims)(Full(-1, places, dtype)(), indices, numbers)
        return Equal()(Gather(self.batch_dims)(last, indices), numbers)


@primitive
class ScatterAdd(Linear, Scatter):
    """x with blocks added at index vectors, of (x, indices, updates).

    f32[5,3], i32[4,1], f32[4,3] -> f32[5,3] for batch_dims 0. All updates of one element are
    added. Updates out of bounds are dropped. Lowers to `stablehlo.scatter` with `stablehlo.add`.
    """

    batch_dims: int

    hlo = "add"
    numpy = numpy.add.at

    def transpose(self, cotangent, x, indices, updates):
        if not x.aval.size:
            return (cotangent, None, updates.like(0))
        read = Gather(self.batch_dims)(cotangent, indices)
        lengths = indexed_lengths(self, x.aval, indices.aval)
        inside = along_rest(in_bounds(indices, lengths), read)
        return (cotangent, None, Select()(inside, read, read.like(0)))


class ScatterExtreme(Scatter):
    """Abstract: the slope is shared equally among x and the updates that reach the extreme."""

    __slots__ = ()

    def jvp(self, out, operands, tangents):
        (x, indices, updates), (dx, _, du) = operands, tangents
        if not x.aval.size:
            return None
        dtype, add = out.aval.dtype, ScatterAdd(self.batch_dims)
        kept = Convert(dtype)(Equal()(x, out))
        hit = Convert(dtype)(Equal()(updates, Gather(self.batch_dims)(out, indices)))
        of_x = x.like(0) if dx is None else kept * dx
        of_updates = updates.like(0) if du is None else hit * du
        return add(of_x, indices, of_updates) / add(kept, indices, hit)


@primitive
class ScatterMax(ScatterExtreme):
    """The larger of x and the updates at index vectors, of (x, indices, updates); NaN wins.

    f32[5,3], i32[4,1], f32[4,3] -> f32[5,3] for batch_dims 0. Ties share the slope. Updates out
    of bounds are dropped. Lowers to `stablehlo.scatter` with `stablehlo.maximum`.
    """

    batch_dims: int

    hlo = "maximum"
    numpy = numpy.maximum.at


@primitive
class ScatterMin(ScatterExtreme):
    """The smaller of x and the updates at index vectors, of (x, indices, updates); NaN wins.

    f32[5,3], i32[4,1], f32[4,3] -> f32[5,3] for batch_dims 0. Ties share the slope. Updates out
    of bounds are dropped. Lowers to `stablehlo.scatter` with `stablehlo.minimum`.
    """

    batch_dims: int

    hlo = "minimum"
    numpy = numpy.minimum.at


def blocks_shape(op, x: Aval, indices: Aval) -> tuple[int, ...]:
    """(\\*batch, \\*loop, \\*rest): the shape of what is read or written; raise unless all fits."""
    first = op.batch_dims
    fits = (
        indices.dtype.kind in "iu"
        and indices.ndim > first
        and x.ndim >= first + indices.shape[-1]
        and x.shape[:first] == indices.shape[:first]
    )
    op.require(
        fits,
        f"needs x (*batch, *indexed, *rest) and integer indices (*batch, *loop, number of indexed "
        f"axes) with {first} batch axes, got {x} and {indices}",
    )
    return indices.shape[:-1] + x.shape[first + indices.shape[-1] :]


def indexed_lengths(op, x: Aval, indices: Aval) -> tuple[int, ...]:
    """Lengths of the axes that an index vector indexes."""
    return x.shape[op.batch_dims : op.batch_dims + indices.shape[-1]]


def layout_of(op, x: Aval, indices: Aval) -> tuple[dict, int]:
    """Axes by role, as StableHLO's dimension numbers want them, and where x's rest begins."""
    first, loop_end = op.batch_dims, indices.ndim - 1
    indexed_end = first + indices.shape[-1]
    layout = {
        "batch": list(range(first)),
        "indexed": list(range(first, indexed_end)),
        "rest": list(range(loop_end, loop_end + x.ndim - indexed_end)),
        "vector": loop_end,
    }
    return layout, indexed_end


def with_signed_indices(emit, indices):
    """Indices of a dtype in which XLA's arithmetic on them does not wrap around."""
    dtype = indices.aval.dtype
    if dtype.kind == "i" and dtype.itemsize >= 4:
        return indices
    if dtype == numpy.uint64:
        most = emit.constant(numpy.iinfo("i8").max, indices.aval)
        indices = emit.elementwise("minimum", indices.aval, indices, most)
    wide = indices.aval.with_dtype(numpy.dtype("i4" if dtype.itemsize < 4 else "i8"))
    return emit.elementwise("convert", wide, indices)


def reshaped(emit, value, aval: Aval):
    """The value as one of ``aval``'s shape."""
    return emit(f"stablehlo.reshape {value} : ({value.type}) -> {emit.type(aval)}", aval)


def limits_of(indices: Node, lengths: tuple[int, ...]) -> Node:
    """The greatest index of each indexed axis, in the shape of ``indices``."""
    shape, dtype = indices.aval.shape, indices.aval.dtype
    most = [min(length - 1, numpy.iinfo(dtype).max) for length in lengths]
    return Broadcast(shape, (len(shape) - 1,))(Literal.of(numpy.asarray(most, dtype)))


def clamp_indices(indices: Node, lengths: tuple[int, ...]) -> Node:
    """Index vectors moved to the nearest that is in bounds."""
    if 0 in lengths or not indices.aval.size:
        return indices
    return Clamp()(indices.like(0), indices, limits_of(indices, lengths))


def in_bounds(indices: Node, lengths: tuple[int, ...]) -> Node:
    """Which index vectors are in bounds: bool (\\*batch, \\*loop)."""
    if 0 in lengths:
        return Full(False, indices.aval.shape[:-1], numpy.dtype(bool))()
    low = GreaterEqual()(indices, indices.like(0))
    high = LessEqual()(indices, limits_of(indices, lengths))
    return ReduceAnd((indices.aval.ndim - 1,))(And()(low, high))


def along_rest(flags: Node, blocks: Node) -> Node:
    """One flag an index vector, repeated over the block that belongs to it."""
    return Broadcast(blocks.aval.shape, tuple(range(flags.aval.ndim)))(flags)

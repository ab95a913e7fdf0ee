"""``x[index]``, iteration and ``in``: reading parts of an array.

Basic indexing is a slice (at static or run-time offsets), a reversal and a reshape; index arrays
are one gather. What an index means is in `lazyax.ops.numpy.selection`.
"""

from __future__ import annotations

import functools
import sys
from collections.abc import Iterator
from typing import Any

import numpy

from lazyax.array import Array, array_node
from lazyax.errors import LazyaxTypeError
from lazyax.graph.node import Node
from lazyax.graph.op import Op
from lazyax.ops import primitives as p
from lazyax.ops.numpy.bounds import INT32, INT64, index_dtype
from lazyax.ops.numpy.call_sites import at_call_site, with_run_time_starts
from lazyax.ops.numpy.promotion import broadcast_to, convert, operands
from lazyax.ops.numpy.selection import LOOP, Pattern, Selection, select
from lazyax.ops.primitives.shape import permute, reshape

STATIC_ROWS = 16
"""Arrays of at most this many rows are iterated by static slices, so that ``a, b = x`` fuses with
what follows; longer ones by run-time offsets, so that a loop over them compiles once."""


def getitem(self: Array, index: Any) -> Array:
    """``x[index]``, by NumPy's rules; a new array, never a view.

    ints and slices are checked now and become static slices, until the same line comes back with
    another start: then the start is a run-time offset, and loops do not compile again. Lazy
    integers and index arrays are run-time indices; negative ones count from the end, and those
    out of bounds are clamped. ``x[i : i + 4]`` of a lazy i is a block of 4 that is moved to fit.
    A boolean mask is computed now, since it decides the shape.

    Raises:
        LazyaxIndexError: for what is out of bounds, does not fit the shape, or indexes nothing;
            for a mask that is being traced.
    """
    node = self._node
    frame = sys._getframe(1)
    selection = select(index, node.aval)
    return Array(read(node, at_call_site(selection, (frame.f_code, frame.f_lasti))))


def read(x: Node, selection: Selection) -> Node:
    """The part of ``x`` that is selected."""
    block, pattern = read_block(x, selection), selection.pattern
    if pattern.loop is None:
        return block if pattern.counts == pattern.shape else _reshape_op(pattern.shape)(block)
    front = permute(block, indexed_first(selection))
    return placed(p.Gather(0)(front, index_vectors(selection)), pattern)


_reshape_op = functools.lru_cache(maxsize=4096)(p.Reshape)


def placed(blocks: Node, pattern: Pattern) -> Node:
    """What a gather gives, (*loop, *rest), in the layout of the result."""
    return reshape(permute(blocks, loop_in_place(pattern)), pattern.shape)


def read_block(x: Node, selection: Selection) -> Node:
    """The elements in the spans of all axes; no axis disappears."""
    pattern, lows = selection.pattern, selection.lows
    if any(type(low) is not int for low in lows):
        block, ops = _dynamic_ops(pattern)
        x = block(x, *starts_of(lows))
    else:
        ops = _static_ops(pattern, lows)
    for op in ops:
        x = op(x)
    return x


@functools.lru_cache(maxsize=4096)
def _static_ops(pattern: Pattern, lows: tuple[int, ...]) -> tuple[Op, ...]:
    """The slice and the reversal that take static spans, where they change anything."""
    return _span_ops(pattern, lows, pattern.aval.shape)


@functools.lru_cache(maxsize=4096)
def _dynamic_ops(pattern: Pattern) -> tuple[Op, tuple[Op, ...]]:
    """The slice at run-time offsets of the blocks, and what then takes the spans."""
    lengths = tuple(span.block for span in pattern.spans)
    return p.DynamicSlice(lengths), _span_ops(pattern, (0,) * len(lengths), lengths)


def _span_ops(pattern: Pattern, lows: tuple[int, ...], lengths: tuple[int, ...]) -> tuple[Op, ...]:
    ops, spans = [], pattern.spans
    if pattern.counts != lengths:
        highs = tuple(low + span.block for low, span in zip(lows, spans, strict=True))
        ops.append(p.Slice(lows, highs, tuple(span.stride for span in spans)))
    backwards = tuple(axis for axis, span in enumerate(spans) if span.backwards)
    if backwards:
        ops.append(p.Reverse(backwards))
    return tuple(ops)


def starts_of(lows: tuple[int | Node, ...]) -> list[Node]:
    """Where the blocks of all axes begin, as 0-d integers of one dtype."""
    wide = any(type(low) is not int and low.aval.dtype == INT64 for low in lows)
    dtype = INT64 if wide else INT32
    return [
        _constant_start(low, dtype) if type(low) is int else convert(low, dtype) for low in lows
    ]


@functools.lru_cache(maxsize=1024)
def _constant_start(low: int, dtype: numpy.dtype) -> Node:
    return p.Full(low, (), dtype)()


def indexed_first(selection: Selection) -> tuple[int, ...]:
    """The permutation that brings the indexed axes to the front."""
    return (*[axis for axis, _ in selection.arrays], *selection.pattern.rest)


def index_vectors(selection: Selection) -> Node:
    """The index arrays, broadcast to the loop and stacked along a new last axis.

    Arrays that are all concrete travel as one.
    """
    loop, count = selection.pattern.loop, len(selection.arrays)
    lengths = [selection.pattern.aval.shape[axis] for axis, _ in selection.arrays]
    arrays = [array for _, array in selection.arrays]
    dtypes = [array.aval.dtype for array in arrays if isinstance(array, Node)]
    wide = INT64 in dtypes or index_dtype(max(lengths, default=0)) == INT64
    dtype = INT64 if wide else INT32
    if not dtypes:
        vectors = numpy.empty((*loop, count), dtype)
        for number, array in enumerate(arrays):
            vectors[..., number] = array
        return array_node(vectors)
    columns = []
    for array in arrays:
        node = convert(array, dtype) if isinstance(array, Node) else array_node(array.astype(dtype))
        columns.append(reshape(broadcast_to(node, loop), (*loop, 1)))
    return columns[0] if count == 1 else p.Concatenate(len(loop))(*columns)


def loop_in_place(pattern: Pattern) -> tuple[int, ...]:
    """The permutation from (*loop, *rest) to the order of the layout."""
    loop = tuple(range(len(pattern.loop)))
    rest = tuple(range(len(loop), len(loop) + len(pattern.rest)))
    ahead = pattern.layout[: pattern.layout.index(LOOP)]
    before = len(ahead) - ahead.count(None)
    return rest[:before] + loop + rest[before:]


def iterate(self: Array) -> Iterator[Array]:
    """Rows along the first axis, each a lazy slice.

    Raises:
        LazyaxTypeError: for a 0-d array.
    """
    if not self.ndim:
        raise LazyaxTypeError(
            f"iteration over a 0-d array: {self.aval} has no axis to iterate along; "
            "reshape it to (1,) first"
        )
    return _rows(self._node)


def _rows(x: Node) -> Iterator[Array]:
    count = x.aval.shape[0]
    for row in range(count):
        selection = select(row, x.aval)
        if count > STATIC_ROWS:
            selection = with_run_time_starts(selection)
        yield Array(read(x, selection))


def contains(self: Array, element: Any) -> bool:
    """Whether any element equals ``element``; computes it now."""
    found = p.Equal()(*operands("in", self, element))
    return bool(Array(p.ReduceOr(tuple(range(found.aval.ndim)))(found)))


def install() -> None:
    """Give `Array` its ways to read parts."""
    Array.__getitem__ = getitem
    Array.__iter__ = iterate
    Array.__contains__ = contains

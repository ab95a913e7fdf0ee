"""``x[index] = value``: a handle is pointed at a new node, in which part of the array differs.

Blocks are dynamic_update_slice, index arrays are one scatter, and what a mask chooses for a
single value is a select. All of it is differentiable.
"""

from __future__ import annotations

import functools
import sys
from collections.abc import Callable, Sequence
from typing import Any

from lazyax.array import Array
from lazyax.errors import LazyaxTypeError
from lazyax.graph.aval import Aval
from lazyax.graph.node import Node
from lazyax.graph.op import Op
from lazyax.ops import primitives as p
from lazyax.ops.numpy.bounds import INT32
from lazyax.ops.numpy.call_sites import at_call_site
from lazyax.ops.numpy.dropped import DROPPED
from lazyax.ops.numpy.indexing import (
    index_vectors,
    indexed_first,
    loop_in_place,
    read_block,
    starts_of,
)
from lazyax.ops.numpy.promotion import broadcast_to, convert, operand
from lazyax.ops.numpy.selection import (
    Pattern,
    Selection,
    Span,
    mask_alone,
    select,
    static_selection,
)
from lazyax.ops.primitives.shape import permute, reshape


def setitem(self: Array, index: Any, value: Any) -> None:
    """``x[index] = value``: every holder of the handle sees the change; slices are copies.

    The value is broadcast to what is selected and converted to the array's dtype. Of several
    values for one element the last wins. Run-time integers that are out of bounds write nothing.
    ``x[mask] = value`` stays lazy if the value is one for all elements of the mask; for others
    the mask is computed now.

    Raises:
        LazyaxIndexError: as for reading.
        LazyaxTypeError: for a value that does not broadcast, a complex one for a real array, and
            an array that nobody holds.
    """
    if sys.getrefcount(self) <= DROPPED:
        raise LazyaxTypeError(
            f"setitem: {self.aval} is written to and then dropped: in x[a][b] = v, x.T[b] = v and "
            "their like that is a copy of x, which does not change; write x[a, b] = v, or keep the "
            "part, write to it, and then x[a] = part"
        )
    assign(self, index, value, 2)


def assign(self: Array, index: Any, value: Any, depth: int = 1) -> None:
    """`setitem` of an array that the caller, so many frames above, holds."""
    x = self._node
    given = as_update(operand(value, "setitem"), x.aval)
    selection = static_selection(index, x.aval)
    if selection is None:
        choice = masked(x, index, given)
        if choice is not None:
            self._node = p.Select()(*choice, x)
            return
        selection = select(index, x.aval)
    frame = sys._getframe(depth)
    selection = at_call_site(selection, (frame.f_code, frame.f_lasti))
    self._node = write(x, selection, fitted(given, selection.pattern.shape, x.aval))


def as_update(value: Node | complex, x: Aval, function: str = "setitem") -> Node:
    """A value in the dtype of the array that it goes into.

    Raises:
        LazyaxTypeError: for a complex value and a real array.
    """
    kind = value.aval.dtype.kind if isinstance(value, Node) else ""
    if x.dtype.kind != "c" and (kind == "c" or type(value) is complex):
        got = value.aval if isinstance(value, Node) else value
        raise LazyaxTypeError(
            f"{function}: {got} is complex and does not fit {x}; take its .real, or convert the "
            "array with astype"
        )
    return convert(value, x.dtype, x.weak_type)


def fitted(value: Node, wanted: tuple[int, ...], target: Aval, function: str = "setitem") -> Node:
    """A value broadcast to the shape ``wanted`` that is selected of ``target``.

    Leading axes of length 1 may be too many.

    Raises:
        LazyaxTypeError: if it does not broadcast.
    """
    shape = value.aval.shape
    if shape == wanted:
        return value
    while len(shape) > len(wanted) and shape[0] == 1:
        shape = shape[1:]
    pairs = zip(reversed(shape), reversed(wanted), strict=False)
    if len(shape) > len(wanted) or any(have not in (1, need) for have, need in pairs):
        raise LazyaxTypeError(
            f"{function}: could not broadcast {value.aval} into shape {wanted}, which the index "
            f"selects of {target}"
        )
    return broadcast_to(reshape(value, shape), wanted)


def write(
    x: Node,
    selection: Selection,
    value: Node,
    scatter: type[Op] = p.ScatterSet,
    combine: Callable[[Node, Node], Node] | None = None,
) -> Node:
    """``x`` with ``value``, of the selected shape, combined into what is selected.

    Args:
        x: the array.
        selection: of its elements.
        value: of the selection's shape and the array's dtype.
        scatter: the primitive that combines at index vectors.
        combine: the same of two nodes of one shape; None replaces.
    """
    pattern = selection.pattern
    if pattern.loop is None:
        block = reshape(value, pattern.counts)
        if combine is not None:
            block = combine(read_block(x, selection), block)
        return write_block(x, selection, block)
    front, in_place = indexed_first(selection), loop_in_place(pattern)
    updates = permute(reshape(value, pattern.old_shape), _inverse(in_place))
    block = permute(read_block(x, selection), front)
    block = scatter(0)(block, index_vectors(selection), updates)
    return write_block(x, selection, permute(block, _inverse(front)))


def _inverse(axes: Sequence[int]) -> tuple[int, ...]:
    return tuple([axes.index(axis) for axis in range(len(axes))])


def _unsure(selection: Selection) -> list[int]:
    """Axes with a run-time int, which may be out of bounds."""
    return [
        axis
        for axis, low in enumerate(selection.lows)
        if axis not in selection.pattern.rest
        and isinstance(low, Node)
        and not isinstance(low.op, p.Scalar)
    ]


def write_block(x: Node, selection: Selection, block: Node) -> Node:
    """``x`` with ``block``, an element for each position of the spans, written there.

    Run-time ints that are out of bounds write nothing.
    """
    if all(type(low) is int for low in selection.lows):
        plain = _plain_starts(selection.pattern, selection.lows)
        if plain is not None:
            return p.DynamicUpdateSlice()(x, block, *plain)
    spans, unsure = selection.pattern.spans, _unsure(selection)
    backwards = tuple(axis for axis, span in enumerate(spans) if span.backwards)
    if backwards:
        block = p.Reverse(backwards)(block)
    lengths = tuple(span.block for span in spans)
    if block.aval.shape == x.aval.shape and not unsure:
        return block
    if not block.aval.size:
        return x
    starts = starts_of(selection.lows)
    strided = [axis for axis, span in enumerate(spans) if span.stride > 1]
    if strided or unsure:
        there = p.DynamicSlice(lengths)(x, *starts)
        if strided:
            block = _between(there, block, spans, strided)
        for axis in unsure:
            start, last = starts[axis], x.aval.shape[axis] - 1
            low = p.GreaterEqual()(start, start.like(0))
            inside = p.And()(low, p.LessEqual()(start, start.like(last)))
            block = p.Select()(broadcast_to(inside, lengths), block, there)
    return p.DynamicUpdateSlice()(x, block, *starts)


@functools.lru_cache(maxsize=4096)
def _plain_starts(pattern: Pattern, lows: tuple[int, ...]) -> tuple[Node, ...] | None:
    """Starts of a block that is written as it is; None where it is not, or is all of the array."""
    lengths = tuple(span.block for span in pattern.spans)
    if any(span.backwards or span.stride > 1 for span in pattern.spans):
        return None
    return None if 0 in lengths or lengths == pattern.aval.shape else tuple(starts_of(lows))


def _between(there: Node, block: Node, spans: Sequence[Span], strided: Sequence[int]) -> Node:
    """``there`` with the elements of ``block`` at every stride-th place."""
    shape, none = there.aval.shape, (0,) * there.aval.ndim
    zero = p.Full(0, (), block.aval.dtype)()
    spread = p.Pad(none, none, tuple([span.stride - 1 for span in spans]))(block, zero)
    hit = None
    for axis in strided:
        count = p.Iota(INT32, shape, axis)()
        here = p.Equal()(p.Remainder()(count, count.like(spans[axis].stride)), count.like(0))
        hit = here if hit is None else p.And()(hit, here)
    return p.Select()(hit, spread, there)


def masked(x: Node, index: Any, value: Node) -> tuple[Node, Node] | None:
    """Which elements a mask, the whole index, chooses, and the value for each; both of x's shape.

    None where the index is another, or the value has one element for each True.
    """
    found = mask_alone(index, x.aval)
    if found is None:
        return None
    mask, first = found
    covered = len(mask.shape)
    behind = x.aval.ndim - first - covered
    shape = value.aval.shape
    if len(shape) > behind:
        lead = shape[: len(shape) - behind - 1]
        if shape[len(lead)] != 1 or len(lead) > first:
            return None
        value = reshape(value, (*lead, *[1] * covered, *shape[len(lead) + 1 :]))
    which = p.Broadcast(x.aval.shape, tuple(range(first, first + covered)))(mask.node())
    return which, fitted(value, x.aval.shape, x.aval)


def install() -> None:
    """Give `Array` assignment to parts."""
    Array.__setitem__ = setitem

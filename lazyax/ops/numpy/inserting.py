"""Elements left out, and put in between."""

from __future__ import annotations

from typing import Any

import numpy

from lazyax.array import Array
from lazyax.errors import AbstractValueError, LazyaxIndexError
from lazyax.graph.node import Node
from lazyax.ops import primitives as p
from lazyax.ops.numpy.bounds import INT32, deciding_value, known_value, position
from lazyax.ops.numpy.conventions import as_operand
from lazyax.ops.numpy.promotion import broadcast, broadcast_to, convert
from lazyax.ops.numpy.rearranging import at_positions, flat_or_axis
from lazyax.ops.primitives.shape import moveaxis, reshape

Places = numpy.ndarray | Node
"""Integers that are known, or those of a traced function."""


def delete(
    arr: Any, obj: Any, axis: int | None = None, *, assume_unique_indices: bool = False
) -> Array:
    """Without the elements at ``obj``: an int, a slice, or a list of ints or bools.

    ``obj`` decides the length, so it is read now; except a single traced integer, and traced
    integers that ``assume_unique_indices`` says are all different. All elements, flattened, if
    ``axis`` is None.

    >>> import lazyax.numpy as np
    >>> print(np.delete([1, 2, 3, 4], [0, 2]))
    [2 4]

    Raises:
        LazyaxTypeError: for an axis out of range.
        LazyaxIndexError: for an index out of range, unless it is traced.
        AbstractValueError: for traced integers that may be equal, and a traced mask.
    """
    x, axis = flat_or_axis("delete", arr, axis)
    length = x.aval.shape[axis]
    obj = _places("delete", obj)
    if isinstance(obj, Node):
        if obj.aval.ndim and not (assume_unique_indices and obj.aval.dtype.kind in "iu"):
            deciding_value(
                "delete", obj, "give assume_unique_indices=True if they are integers and different"
            )
        gone = reshape(position(obj, length), (obj.aval.size,))
        return Array(_along(x, axis, _left_over(gone, length)))
    try:
        kept = numpy.delete(numpy.arange(length), obj)
    except (IndexError, ValueError) as error:
        raise LazyaxIndexError(f"delete: {error}; {x.aval} along axis {axis}") from None
    return Array(at_positions(x, axis, kept))


def insert(arr: Any, obj: Any, values: Any, axis: int | None = None) -> Array:
    """With ``values`` before the elements at ``obj``: an int, a slice, or a list of ints.

    ``obj`` is read now, unless it is traced; ``values`` broadcast to what is inserted.

    >>> import lazyax.numpy as np
    >>> print(np.insert([1, 2, 3], 1, 9))
    [1 9 2 3]

    Raises:
        LazyaxTypeError: for an axis out of range, or values that do not broadcast.
        LazyaxIndexError: for an index out of range, unless it is traced.
    """
    x, axis = flat_or_axis("insert", arr, axis)
    length = x.aval.shape[axis]
    where = numpy.arange(length)[obj] if isinstance(obj, slice) else _places("insert", obj)
    traced = isinstance(where, Node)
    where = where if traced else numpy.asarray(where)
    shape = where.aval.shape if traced else where.shape
    new = convert(as_operand("insert", values), x.aval.dtype)
    new = reshape(new, (1,) * (x.aval.ndim - new.aval.ndim) + new.aval.shape)
    if not shape:
        new = moveaxis(new, 0, axis)
    size = numpy.prod(shape, dtype=int)
    count = new.aval.shape[axis] if size == 1 else int(size)
    shape = (*x.aval.shape[:axis], count, *x.aval.shape[axis + 1 :])
    inserted = broadcast("insert", [new, p.Full(0, shape, x.aval.dtype)()])[0]
    both = p.Concatenate(axis)(x, inserted)
    if traced:
        line = broadcast_to(reshape(position(where, length), (where.aval.size,)), (count,))
        return Array(_along(both, axis, _merged(line, length)))
    try:
        order = numpy.insert(numpy.arange(length), where, length + numpy.arange(count))
    except (IndexError, ValueError) as error:
        raise LazyaxIndexError(f"insert: {error}; {x.aval} along axis {axis}") from None
    return Array(at_positions(both, axis, order))


def _places(function: str, obj: Any) -> Any:
    """Positions as they are given, or a NumPy array; a node if they are traced."""
    if isinstance(obj, (int, slice, list, tuple)) and not _has_lazy_parts(obj):
        return obj
    node = as_operand(function, obj)
    try:
        return known_value(node, function)
    except AbstractValueError:
        return node


def _has_lazy_parts(obj: Any) -> bool:
    return isinstance(obj, (list, tuple)) and any(isinstance(one, Array) for one in obj)


def _along(x: Node, axis: int, positions: Node) -> Node:
    """The elements at run-time positions along an axis."""
    index = reshape(positions, (positions.aval.size, 1))
    return moveaxis(p.Gather(0)(moveaxis(x, axis, 0), index), 0, axis)


def _left_over(gone: Node, length: int) -> Node:
    """The positions that are not in ``gone``, in order; all in there are different.

    What is left at k was before at k plus the number of those that are gone up to there: the
    sorted gone ones less their rank are where such a one comes in between.
    """
    count = gone.aval.size
    ahead = gone - _rank(gone)
    kept = p.Iota(gone.aval.dtype, (length - count,), 0)()
    return kept + _how_many(p.LessEqual(), ahead, kept)


def _merged(places: Node, length: int) -> Node:
    """Where each element of the result is in the array followed by what is inserted."""
    count = places.aval.size
    end = places + _rank(places)
    here = p.Iota(places.aval.dtype, (length + count,), 0)()
    old = here - _how_many(p.Less(), end, here)
    shape = (length + count, count)
    hit = p.Equal()(p.Broadcast(shape, (1,))(end), p.Broadcast(shape, (0,))(here))
    number = p.Iota(places.aval.dtype, shape, 1)() + length
    new = p.ReduceMax((1,))(p.Select()(hit, number, number.like(-1)))
    return p.Select()(p.Less()(new, new.like(0)), old, new)


def _rank(places: Node) -> Node:
    """How many come before each: those that are smaller, and equal ones that are listed first."""
    count = places.aval.size
    shape = (count, count)
    own, other = p.Broadcast(shape, (0,))(places), p.Broadcast(shape, (1,))(places)
    number, rival = p.Iota(INT32, shape, 0)(), p.Iota(INT32, shape, 1)()
    tied = p.And()(p.Equal()(other, own), p.Less()(rival, number))
    before = p.Or()(p.Less()(other, own), tied)
    return p.ReduceSum((1,))(convert(before, places.aval.dtype))


def _how_many(compare: Any, places: Node, here: Node) -> Node:
    """For each of ``here``, of how many places the comparison with it holds."""
    shape = (here.aval.size, places.aval.size)
    holds = compare(p.Broadcast(shape, (1,))(places), p.Broadcast(shape, (0,))(here))
    return p.ReduceSum((1,))(convert(holds, here.aval.dtype))

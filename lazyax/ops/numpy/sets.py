"""Arrays as sets: their different elements, and what two of them have in common.

How many elements come out depends on values: what decides that is computed now, unless ``size=``
is given.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy

from lazyax.array import Array, array_node
from lazyax.config import default_dtype
from lazyax.errors import LazyaxTypeError
from lazyax.graph.node import Node
from lazyax.ops import primitives as p
from lazyax.ops.numpy.assignment import as_update, fitted
from lazyax.ops.numpy.bounds import deciding_value, index_dtype
from lazyax.ops.numpy.comparisons import isin
from lazyax.ops.numpy.conventions import as_axis, as_operand, static_int
from lazyax.ops.numpy.joining import concatenate
from lazyax.ops.numpy.promotion import convert, operand, promote
from lazyax.ops.numpy.search import GIVE_SIZE, first_true
from lazyax.ops.numpy.sorting import argsort, order_by, sorted_node, sorted_with_order
from lazyax.ops.numpy.taking import extract
from lazyax.ops.primitives.shape import moveaxis, reshape


def unique(
    ar: Any, return_index: bool = False, return_inverse: bool = False,
    return_counts: bool = False, axis: int | None = None, *, equal_nan: bool = True,
    sorted: bool = True, size: int | None = None, fill_value: Any = None,
) -> Any:  # fmt: skip
    """The different elements, ascending; or the different slices along ``axis``.

    Args:
        ar: the array; sorted and compared now, unless ``size`` is given.
        return_index: also where each is first.
        return_inverse: also, for each element of ``ar``, which of the different ones it is.
        return_counts: also how often each is there.
        axis: None for the elements of the flattened array.
        equal_nan: whether all NaN are one element; slices of several that have NaN always differ.
        sorted: always so.
        size: how many elements to return, whatever the values are.
        fill_value: what stands for missing ones; the smallest element.

    Raises:
        LazyaxTypeError: for an axis out of range.
        AbstractValueError: while a function is traced, without ``size``.

    >>> import lazyax.numpy as np
    >>> print(np.unique([3, 1, 3]))
    [1 3]
    """
    x = as_operand("unique", ar)
    if axis is None:
        rows = reshape(x, (x.aval.size,))
    else:
        rows = moveaxis(x, as_axis("unique", axis, x.aval), 0)
    ordered, order, starts = _ordered(rows, rows.aval.ndim == 1 and equal_nan)
    positions, counts, there = _positions(starts, size)
    values = _filled(p.Gather(0)(ordered, positions), there, fill_value)
    result = [values if axis is None else moveaxis(values, 0, axis % x.aval.ndim)]
    dtype = default_dtype(int)
    if return_index:
        result.append(convert(p.Gather(0)(order, positions), dtype))
    if return_inverse:
        inverse = _inverse(order, starts)
        result.append(convert(reshape(inverse, x.aval.shape) if axis is None else inverse, dtype))
    if return_counts:
        result.append(convert(counts, dtype))
    arrays = tuple(Array(node) for node in result)
    return arrays if len(arrays) > 1 else arrays[0]


def _filled(values: Node, there: Node | None, fill_value: Any) -> Node:
    """The values with ``fill_value`` in place of those that are not there."""
    if there is None or fill_value is None:
        return values
    given = as_update(operand(fill_value, "unique"), values.aval, "unique")
    outside = fitted(given, values.aval.shape, values.aval, "unique")
    return p.Select()(p.Broadcast(values.aval.shape, (0,))(there), values, outside)


def _ordered(rows: Node, equal_nan: bool) -> tuple[Node, Node, Node]:
    """Rows in order, where they come from, and where others than before begin."""
    length, shape = rows.aval.shape[0], rows.aval.shape
    width = rows.aval.size // max(length, 1)
    if len(shape) == 1:
        ordered, order = sorted_with_order(rows, 0)
    else:
        table = reshape(rows, (length, width))
        columns = [
            reshape(p.Slice((0, j), (length, j + 1), (1, 1))(table), (length,))
            for j in range(width)
        ]
        order = order_by(columns, 0) if width else p.Iota(index_dtype(length), (length,), 0)()
        ordered = p.Gather(0)(rows, reshape(order, (length, 1)))
    first = p.Full(True, (min(length, 1),), numpy.dtype(bool))()
    return ordered, order, p.Concatenate(0)(first, _differ(ordered, equal_nan))


def _differ(ordered: Node, equal_nan: bool) -> Node:
    """Whether each row but the first differs from the one before it."""
    length, shape = ordered.aval.shape[0], ordered.aval.shape
    rest, one = shape[1:], (1,) * len(shape)
    before = p.Slice((0,) * len(shape), (max(length - 1, 0), *rest), one)(ordered)
    after = p.Slice((min(length, 1), *[0] * len(rest)), shape, one)(ordered)
    different = p.NotEqual()(before, after)
    if equal_nan and ordered.aval.is_inexact:
        numbers = p.Or()(p.Equal()(before, before), p.Equal()(after, after))
        different = p.And()(different, numbers)
    return p.ReduceOr(tuple(range(1, len(shape))))(different) if rest else different


def _positions(starts: Node, size: int | None) -> tuple[Node, Node, Node | None]:
    """Index vectors of the first of each group, the groups' lengths, and which groups exist.

    The last is None where all of them do.
    """
    length = starts.aval.size
    if size is None:
        found = numpy.flatnonzero(deciding_value("unique", starts, GIVE_SIZE))
        dtype = index_dtype(length)
        counts = numpy.diff(numpy.append(found, length)).astype(dtype)
        return array_node(found[:, None].astype(dtype)), array_node(counts), None
    size = static_int("unique", size, "size")
    found, exists = first_true(starts, size + 1)
    ends = p.Select()(exists, found, found.like(length))
    head = p.Slice((0,), (size,), (1,))
    counts = p.Slice((1,), (size + 1,), (1,))(ends) - head(ends)
    return reshape(head(found), (size, 1)), counts, head(exists)


def _inverse(order: Node, starts: Node) -> Node:
    """For each row the number of its group."""
    length = starts.aval.size
    group = p.CumSum(0)(p.Convert(order.aval.dtype)(starts)) - 1
    return p.ScatterSet(0)(group.like(0), reshape(order, (length, 1)), group)


class UniqueAll(NamedTuple):
    """Result of `unique_all`."""

    values: Array
    indices: Array
    inverse_indices: Array
    counts: Array


class UniqueCounts(NamedTuple):
    """Result of `unique_counts`."""

    values: Array
    counts: Array


class UniqueInverse(NamedTuple):
    """Result of `unique_inverse`."""

    values: Array
    inverse_indices: Array


def unique_all(x: Any, /, *, size: int | None = None, fill_value: Any = None) -> UniqueAll:
    """The different elements with first positions, inverse and counts; each NaN is one.

    >>> import lazyax.numpy as np
    >>> print(np.unique_all([3, 1, 3]).counts)
    [1 2]
    """
    return UniqueAll(
        *unique(x, True, True, True, equal_nan=False, size=size, fill_value=fill_value)
    )


def unique_counts(x: Any, /, *, size: int | None = None, fill_value: Any = None) -> UniqueCounts:
    """The different elements and how often each is there; each NaN is one.

    >>> import lazyax.numpy as np
    >>> print(np.unique_counts([3, 1, 3]).counts)
    [1 2]
    """
    found = unique(x, return_counts=True, equal_nan=False, size=size, fill_value=fill_value)
    return UniqueCounts(*found)


def unique_inverse(x: Any, /, *, size: int | None = None, fill_value: Any = None) -> UniqueInverse:
    """The different elements, and for each element which of them it is; each NaN is one.

    >>> import lazyax.numpy as np
    >>> print(np.unique_inverse([3, 1, 3]).inverse_indices)
    [1 0 1]
    """
    found = unique(x, return_inverse=True, equal_nan=False, size=size, fill_value=fill_value)
    return UniqueInverse(*found)


def unique_values(x: Any, /, *, size: int | None = None, fill_value: Any = None) -> Array:
    """The different elements, ascending; each NaN is one.

    >>> import lazyax.numpy as np
    >>> print(np.unique_values([3, 1, 3]))
    [1 3]
    """
    return unique(x, equal_nan=False, size=size, fill_value=fill_value)


def _two(function: str, ar1: Any, ar2: Any) -> list[Node]:
    """Two operands of one dtype, flattened."""
    return _flat(promote([operand(ar1, function), operand(ar2, function)]))


def _flat(nodes: list[Node]) -> list[Node]:
    return [reshape(node, (node.aval.size,)) for node in nodes]


def _different(nodes: list[Node], assume_unique: bool) -> list[Array]:
    return [Array(node) if assume_unique else unique(Array(node)) for node in nodes]


def union1d(ar1: Any, ar2: Any, *, size: int | None = None, fill_value: Any = None) -> Array:
    """The different elements of either array, ascending. See `unique`.

    >>> import lazyax.numpy as np
    >>> print(np.union1d([3, 1], [1, 2]))
    [1 2 3]
    """
    both = p.Concatenate(0)(*_two("union1d", ar1, ar2))
    return unique(Array(both), size=size, fill_value=fill_value)


def _next_is_equal(ordered: Node) -> Node:
    """Whether each element but the last equals the one behind it."""
    return p.Not()(_differ(ordered, equal_nan=False))


def intersect1d(
    ar1: Any, ar2: Any, assume_unique: bool = False, return_indices: bool = False,
    *, size: int | None = None, fill_value: Any = 0,
) -> Any:  # fmt: skip
    """The different elements that both arrays have, ascending.

    Args:
        ar1: an array, flattened.
        ar2: another one.
        assume_unique: whether neither has an element twice.
        return_indices: also where they are first in each array; not with ``size``.
        size: how many elements to return, whatever the values are.
        fill_value: what stands for missing ones.

    Raises:
        LazyaxTypeError: for ``return_indices`` with ``size``.

    >>> import lazyax.numpy as np
    >>> print(np.intersect1d([3, 1, 2], [2, 3]))
    [2 3]
    """
    nodes = _two("intersect1d", ar1, ar2)
    if size is not None:
        if return_indices:
            raise LazyaxTypeError("intersect1d: give size= or return_indices=, not both")
        return extract(*_first_ones(*nodes, invert=False), size=size, fill_value=fill_value)
    if not return_indices:
        both = p.Concatenate(0)(*[array._node for array in _different(nodes, assume_unique)])
        ordered = sorted_node(both, 0)
        return Array(ordered)[:-1][Array(_next_is_equal(ordered))]
    found = [unique(Array(node), return_index=True) for node in nodes]
    both = p.Concatenate(0)(*[values._node for values, _ in found])
    ordered, order = sorted_with_order(both, 0)
    pairs = numpy.flatnonzero(deciding_value("intersect1d", _next_is_equal(ordered), "use isin"))
    (_, first), (values, second) = found
    left = Array(order)[pairs]
    right = Array(order)[pairs + 1] - (both.aval.size - values.size)
    return Array(ordered)[pairs], first[left], second[right]


def setdiff1d(
    ar1: Any, ar2: Any, assume_unique: bool = False, *, size: int | None = None,
    fill_value: Any = 0,
) -> Array:  # fmt: skip
    """The different elements of ``ar1`` that ``ar2`` does not have. See `unique` for ``size``.

    >>> import lazyax.numpy as np
    >>> print(np.setdiff1d([3, 1, 2], [2]))
    [1 3]
    """
    nodes = _flat([as_operand("setdiff1d", one) for one in (ar1, ar2)])
    if size is not None:
        return extract(*_first_ones(*nodes, invert=True), size=size, fill_value=fill_value)
    left, right = _different(nodes, assume_unique)
    return left[isin(left, right, invert=True)]


def _first_ones(node: Node, other: Node, invert: bool) -> tuple[Array, Array]:
    """Which elements, sorted, are the first of their value and (not) in ``other``; and they."""
    ordered, _, starts = _ordered(node, True)
    return isin(Array(ordered), Array(other), invert=invert) & Array(starts), Array(ordered)


def setxor1d(
    ar1: Any, ar2: Any, assume_unique: bool = False, *, size: int | None = None,
    fill_value: Any = 0,
) -> Array:  # fmt: skip
    """The different elements that one array has and the other has not, ascending.

    See `unique` for ``size``.

    >>> import lazyax.numpy as np
    >>> print(np.setxor1d([3, 1], [1, 2]))
    [2 3]
    """
    nodes = _two("setxor1d", ar1, ar2)
    if size is not None:
        parts = [_first_ones(*pair, invert=True) for pair in (nodes, nodes[::-1])]
        alone, values = (concatenate(both) for both in zip(*parts, strict=True))
        order = argsort(values)
        return extract(alone[order], values[order], size=size, fill_value=fill_value)
    both = p.Concatenate(0)(*[array._node for array in _different(nodes, assume_unique)])
    ordered = sorted_node(both, 0)
    if not both.aval.size:
        return Array(ordered)
    end = p.Full(True, (1,), numpy.dtype(bool))()
    edges = p.Concatenate(0)(end, _differ(ordered, equal_nan=False), end)
    alone = Array(edges)[1:] & Array(edges)[:-1]
    return Array(ordered)[alone]

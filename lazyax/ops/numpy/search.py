"""Where elements are: nonzero, the extremes, and places in a sorted array.

What decides a shape is computed now; with ``size=`` nothing is, so that it works under ``jit``.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy

from lazyax.array import Array, array_node
from lazyax.config import default_dtype
from lazyax.errors import LazyaxTypeError
from lazyax.graph.node import Node
from lazyax.graph.op import Op
from lazyax.ops import primitives as p
from lazyax.ops.numpy.bounds import INT32, deciding_value, index_dtype
from lazyax.ops.numpy.conventions import as_axes, as_operand, delivered, keep_axes, static_int
from lazyax.ops.numpy.promotion import broadcast_to, convert, operand, promote
from lazyax.ops.numpy.reductions import truth
from lazyax.ops.numpy.sorting import flat_unless, nan_group
from lazyax.ops.primitives.shape import reshape

UNROLLED = 32
"""Sorted arrays of at most this many elements are compared whole, in one fusion; in longer ones
each step of the binary search is a gather."""


GIVE_SIZE = "give size=, how many elements to return: a longer result is cut, a shorter one filled"


def nonzero(a: Any, *, size: int | None = None, fill_value: Any = None) -> tuple[Array, ...]:
    """For each axis the indices of the elements that are not zero, in row-major order.

    Args:
        a: an array with at least one axis; computed now, unless ``size`` is given.
        size: how many indices to return, whatever the values are.
        fill_value: for indices beyond those that there are: an int, or one for each axis; 0.

    Raises:
        LazyaxTypeError: for a 0-d array.
        AbstractValueError: while a function is traced, without ``size``.

    >>> import lazyax.numpy as np
    >>> print(np.nonzero([0, 3, 0, 5])[0])
    [1 3]
    """
    x = as_operand("nonzero", a)
    if not x.aval.ndim:
        raise LazyaxTypeError("nonzero: a 0-d array has no axis to index; use np.atleast_1d")
    return tuple(Array(index) for index in _nonzero("nonzero", truth(x), size, fill_value))


def _nonzero(function: str, which: Node, size: int | None, fill_value: Any) -> list[Node]:
    """For each axis the indices of what is True."""
    dtype = default_dtype(int)
    if size is None:
        found = numpy.nonzero(deciding_value(function, which, GIVE_SIZE))
        return [array_node(index.astype(dtype)) for index in found]
    size = static_int(function, size, "size")
    fills = fill_value if isinstance(fill_value, tuple) else (fill_value,) * which.aval.ndim
    places, there = first_true(reshape(which, (which.aval.size,)), size)
    result, step = [], which.aval.size
    for length, fill in zip(which.aval.shape, fills, strict=True):
        step //= max(length, 1)
        part = p.Divide()(places, places.like(max(step, 1)))
        index = convert(p.Remainder()(part, places.like(max(length, 1))), dtype)
        outside = broadcast_to(convert(0 if fill is None else fill, dtype), (size,))
        result.append(p.Select()(there, index, outside))
    return result


def first_true(which: Node, size: int) -> tuple[Node, Node]:
    """The positions of the first ``size`` True of a 1-d array, and whether each of them exists.

    Each True writes its position at the place that its rank among them is; later ones are dropped.
    """
    length = which.aval.size
    dtype = index_dtype(max(length, size))
    count = p.Convert(dtype)(which)
    rank = p.CumSum(0)(count) - 1
    place = p.Select()(which, rank, rank.like(size))
    empty = p.Full(0, (size,), dtype)()
    numbers = p.Iota(dtype, (length,), 0)()
    positions = p.ScatterSet(0)(empty, reshape(place, (length, 1)), numbers)
    total = broadcast_to(p.ReduceSum((0,))(count), (size,))
    return positions, p.Less()(p.Iota(dtype, (size,), 0)(), total)


def flatnonzero(a: Any, *, size: int | None = None, fill_value: Any = None) -> Array:
    """The positions in row-major order of the elements that are not zero. See `nonzero`.

    >>> import lazyax.numpy as np
    >>> print(np.flatnonzero([[0, 3], [0, 5]]))
    [1 3]
    """
    x = as_operand("flatnonzero", a)
    flat = reshape(truth(x), (x.aval.size,))
    return Array(_nonzero("flatnonzero", flat, size, fill_value)[0])


def argwhere(a: Any, *, size: int | None = None, fill_value: Any = None) -> Array:
    """The index vectors of the elements that are not zero, one a row. See `nonzero`.

    f32[2,3] -> i32[n,2] of n elements.

    >>> import lazyax.numpy as np
    >>> print(np.argwhere([[0, 3], [4, 0]]))
    [[0 1]
     [1 0]]
    """
    x = as_operand("argwhere", a)
    if not x.aval.ndim:
        rows = flatnonzero(a, size=size).shape[0]
        return Array(p.Full(0, (rows, 0), default_dtype(int))())
    columns = _nonzero("argwhere", truth(x), size, fill_value)
    return Array(p.Concatenate(1)(*[reshape(c, (c.aval.size, 1)) for c in columns]))


def argmax(a: Any, axis: int | None = None, out: Any = None, *, keepdims: bool = False) -> Array:
    """The position of the first maximum along ``axis``, or in the flattened array; NaN wins.

    f32[2,5] -> i32[2] for axis 1. Complex numbers go by real part, then by imaginary part.

    >>> import lazyax.numpy as np
    >>> print(np.argmax([1, 5, 2]))
    1

    Raises:
        LazyaxTypeError: for an empty axis, one out of range, and an unfit ``out``.
    """
    return _arg_extreme("argmax", p.ArgMax, p.ReduceMax, -math.inf, a, axis, out, keepdims)


def argmin(a: Any, axis: int | None = None, out: Any = None, *, keepdims: bool = False) -> Array:
    """The position of the first minimum along ``axis``, or in the flattened array; NaN wins.

    f32[2,5] -> i32[2] for axis 1. Complex numbers go by real part, then by imaginary part.

    >>> import lazyax.numpy as np
    >>> print(np.argmin([3, 1, 2]))
    1

    Raises:
        LazyaxTypeError: for an empty axis, one out of range, and an unfit ``out``.
    """
    return _arg_extreme("argmin", p.ArgMin, p.ReduceMin, math.inf, a, axis, out, keepdims)


def _arg_extreme(function, arg, reduce, last, a, axis, out, keepdims) -> Array:
    given = as_operand(function, a)
    x, along = flat_unless(function, Array(given), axis)
    if not x.aval.shape[along]:
        raise LazyaxTypeError(f"{function}: {given.aval} has no elements along axis {axis}")
    if x.aval.dtype.kind == "c":
        x, arg = _extreme_of_complex(x, along, reduce, last), p.ArgMax
    found = arg(along, default_dtype(int))(x)
    axes = tuple(range(given.aval.ndim)) if axis is None else (along,)
    return delivered(function, keep_axes(found, given.aval, axes, keepdims), out)


def _extreme_of_complex(x: Node, axis: int, reduce: Callable[..., Op], last: float) -> Node:
    """Which complex numbers are extreme along an axis: real part first; NaN before all."""
    is_nan = p.NotEqual()(x, x)
    best = p.Full(True, x.aval.shape, numpy.dtype(bool))()
    for part in (p.Real()(x), p.Imag()(x)):
        part = p.Select()(is_nan, part.like(-last), part)
        among = p.Select()(best, part, part.like(last))
        fold = reduce((axis,))
        best = p.And()(best, p.Equal()(part, fold.spread(fold(among), x.aval.shape)))
    return best


def nanargmax(a: Any, axis: int | None = None, out: Any = None, *, keepdims: bool = False) -> Array:
    """The position of the first maximum of the numbers; -1 where all are NaN. See `argmax`.

    >>> import lazyax.numpy as np
    >>> print(np.nanargmax([1, np.nan, 2]))
    2
    """
    return _without_nan("nanargmax", argmax, -math.inf, a, axis, out, keepdims)


def nanargmin(a: Any, axis: int | None = None, out: Any = None, *, keepdims: bool = False) -> Array:
    """The position of the first minimum of the numbers; -1 where all are NaN. See `argmin`.

    >>> import lazyax.numpy as np
    >>> print(np.nanargmin([1, np.nan, 2]))
    0
    """
    return _without_nan("nanargmin", argmin, math.inf, a, axis, out, keepdims)


def _without_nan(function, search, last, a, axis, out, keepdims) -> Array:
    given = as_operand(function, a)
    if not given.aval.is_inexact:
        return search(Array(given), axis, out, keepdims=keepdims)
    is_nan = p.NotEqual()(given, given)
    numbers = p.Select()(is_nan, given.like(last), given)
    found = search(Array(numbers), axis, keepdims=keepdims)._node
    axes = tuple(range(given.aval.ndim)) if axis is None else as_axes(function, axis, given.aval)
    nothing = keep_axes(p.ReduceAnd(axes)(is_nan), given.aval, axes, keepdims)
    return delivered(function, p.Select()(nothing, found.like(-1), found), out)


def searchsorted(a: Any, v: Any, side: str = "left", sorter: Any = None) -> Array:
    """Where to insert each of ``v`` in the sorted 1-d array ``a``, so that it stays sorted.

    f32[5], f32[2,3] -> i32[2,3]. ``left`` is before equal elements and ``right`` behind them.
    NaN is last, complex numbers go by real part and then by imaginary part. A binary search in
    about log2(n) gathers; short arrays are compared whole.

    >>> import lazyax.numpy as np
    >>> print(np.searchsorted([1, 2, 4], [0, 2, 3, 9]))
    [0 1 2 3]

    Raises:
        LazyaxTypeError: for an ``a`` that is not 1-d, and an unknown ``side``.
    """
    if side not in ("left", "right"):
        raise LazyaxTypeError(f"searchsorted: side is 'left' or 'right', got {side!r}")
    x, wanted = promote([operand(value, "searchsorted") for value in (a, v)])
    if x.aval.ndim != 1:
        raise LazyaxTypeError(f"searchsorted: needs a 1-d sorted array, got {x.aval}")
    if sorter is not None:
        x = Array(x)[Array(as_operand("searchsorted", sorter))]._node

    def is_left(element: Node) -> Node:
        """Whether an element of ``a`` stays left of the one wanted."""
        other = broadcast_to(wanted, element.aval.shape)
        if side == "left":
            return goes_before(element, other)
        return p.Not()(goes_before(other, element))

    search = _compared_whole if x.aval.size <= UNROLLED else _binary_search
    return Array(convert(search(x, wanted.aval.shape, is_left), default_dtype(int)))


def _compared_whole(x: Node, shape: tuple[int, ...], is_left: Callable[[Node], Node]) -> Node:
    """How many elements of x are left of each wanted one, by comparing all pairs."""
    full = (x.aval.size, *shape)
    return p.ReduceSum((0,))(p.Convert(INT32)(is_left(p.Broadcast(full, (0,))(x))))


def _binary_search(x: Node, shape: tuple[int, ...], is_left: Callable[[Node], Node]) -> Node:
    """The same in halving steps, as x is sorted: the count's bits, from the highest."""
    length, dtype = x.aval.size, index_dtype(x.aval.size)
    count = p.Full(0, shape, dtype)()
    for bit in reversed(range(length.bit_length())):
        more = count + (1 << bit)
        element = p.Gather(0)(x, reshape(more - 1, (*shape, 1)))
        fits = p.And()(p.LessEqual()(more, more.like(length)), is_left(element))
        count = p.Select()(fits, more, count)
    return count


def goes_before(x: Node, y: Node) -> Node:
    """Whether x sorts before y: NaN last, complex numbers by real part, then by imaginary."""
    if x.aval.dtype.kind == "c":
        pairs = [(keys(x), keys(y)) for keys in (p.Imag(), p.Real(), nan_group)]
        before = goes_before(*pairs[0])
        for left, right in pairs[1:]:
            first = goes_before(left, right)
            differ = p.Or()(first, goes_before(right, left))
            before = p.Select()(differ, first, before)
        return before
    if not x.aval.is_inexact:
        return p.Less()(x, y)
    to_nan = p.And()(p.NotEqual()(y, y), p.Equal()(x, x))
    return p.Or()(p.Less()(x, y), to_nan)


def digitize(x: Any, bins: Any, right: bool = False) -> Array:
    """The bin of each element: i where ``bins[i-1] <= x < bins[i]``, or with ``right`` < and <=.

    Where ``bins`` descend, i where ``bins[i-1] > x >= bins[i]``, or with ``right`` >= and >.

    >>> import lazyax.numpy as np
    >>> print(np.digitize([0.5, 1.0, 9.0], [1, 2, 3]))
    [0 1 3]

    Raises:
        LazyaxTypeError: for bins that are not 1-d.
    """
    edges = as_operand("digitize", bins)
    if edges.aval.ndim != 1:
        raise LazyaxTypeError(f"digitize: needs 1-d bins, got {edges.aval}")
    wanted = as_operand("digitize", x)
    side = "left" if right else "right"
    up = searchsorted(Array(edges), x, side)
    if edges.aval.size < 2:
        return up
    turned = Array(p.Reverse((0,))(edges))
    down = edges.aval.size - searchsorted(turned, x, side)
    ends = Array(edges)
    descending = broadcast_to((ends[0] > ends[-1])._node, wanted.aval.shape)
    return Array(p.Select()(descending, down._node, up._node))

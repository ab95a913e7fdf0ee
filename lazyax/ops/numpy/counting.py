"""How often values occur: counts and histograms."""

from __future__ import annotations

import builtins
import math
from typing import Any

import numpy

from lazyax.array import Array, array_node
from lazyax.config import default_dtype
from lazyax.errors import LazyaxTypeError
from lazyax.graph.node import Node
from lazyax.ops import primitives as p
from lazyax.ops.numpy.bounds import deciding_value, index_dtype
from lazyax.ops.numpy.compositions import false, is_negative
from lazyax.ops.numpy.conventions import as_operand, static_int
from lazyax.ops.numpy.differences import x_differences
from lazyax.ops.numpy.grids import linspace
from lazyax.ops.numpy.joining import stack
from lazyax.ops.numpy.promotion import broadcast_to, convert, operand, promote
from lazyax.ops.numpy.rearranging import cut
from lazyax.ops.numpy.reductions import MAX, MIN, SUM, fold
from lazyax.ops.numpy.reshaping import atleast_2d
from lazyax.ops.numpy.search import searchsorted
from lazyax.ops.primitives.shape import reshape


def bincount(
    x: Any, weights: Any = None, minlength: int = 0, *, length: int | None = None
) -> Array:
    """How often each of 0, 1, 2, ... occurs, or the sum of its weights. i32[9] -> i32[length].

    The largest element decides the length, so it is read now, unless ``length`` says it: then
    larger elements are left out.

    >>> import lazyax.numpy as np
    >>> print(np.bincount([0, 1, 1, 3]))
    [1 2 0 1]

    Raises:
        LazyaxTypeError: unless ``x`` is 1-d, of integers, not negative, and as long as the weights.
        AbstractValueError: while a function is traced, without ``length``.
    """
    values = as_operand("bincount", x)
    if values.aval.ndim != 1 or values.aval.dtype.kind not in "iub":
        raise LazyaxTypeError(f"bincount: needs 1-d integers, got {values.aval}")
    values = convert(values, index_dtype(1, values.aval.dtype))
    if length is None:
        length = max(_needed_length(values), static_int("bincount", minlength, "minlength"))
    ones = p.Full(1, values.aval.shape, default_dtype(int))()
    amounts = ones if weights is None else as_operand("bincount", weights, "inexact")
    if amounts.aval.shape != values.aval.shape:
        raise LazyaxTypeError(f"bincount: weights {amounts.aval} do not fit {values.aval}")
    return Array(_tally(values, amounts, length))


def _needed_length(values: Node) -> int:
    if not values.aval.size:
        return 0
    found = deciding_value(
        "bincount", values, "give length=, the number of bins: what lies beyond is left out"
    )
    if found.min() < 0:
        raise LazyaxTypeError(f"bincount: elements must not be negative, got {found.min()}")
    return int(found.max()) + 1


def _tally(places: Node, amounts: Node, length: int) -> Node:
    """Sums of amounts at their places; what lies outside is left out."""
    zeros = p.Full(0, (length,), amounts.aval.dtype)()
    return p.ScatterAdd(0)(zeros, reshape(places, (places.aval.size, 1)), amounts)


def histogram_bin_edges(
    a: Any, bins: Any = 10, range: tuple[Any, Any] | None = None, weights: Any = None
) -> Array:
    """The edges that `histogram` counts between. f32[100] -> f32[bins + 1].

    ``bins`` is a number, the edges themselves, or the name of a rule of NumPy's, which reads the
    values now.

    >>> import lazyax.numpy as np
    >>> print(np.histogram_bin_edges([0, 1, 4], bins=4))
    [0. 1. 2. 3. 4.]

    Raises:
        LazyaxTypeError: for no bins; for edges and ranges that are not ascending or not finite, as
            far as they are known; and for weights beside a rule.
    """
    _require_range(range)
    if isinstance(bins, str):
        if weights is not None:
            raise LazyaxTypeError(f"histogram: the rule {bins!r} does not weigh; give a number")
        read = numpy.asarray(Array(as_operand("histogram", a)))
        edges = numpy.histogram_bin_edges(read, bins, range)
        return Array(array_node(edges.astype(default_dtype(float))))
    if numpy.ndim(bins):
        return Array(_given_edges(bins))
    count = static_int("histogram", bins, "bins")
    if count < 1:
        raise LazyaxTypeError(f"histogram: needs one bin or more, got {count}")
    return linspace(*_ends(as_operand("histogram", a, "inexact"), range), count + 1)


def _require_range(range: Any) -> None:
    """Raise unless a range is two ends, finite and ascending where they are known."""
    if range is None:
        return
    ends = tuple(range)
    known = not any(isinstance(end, Array) for end in ends)
    if len(ends) != 2 or (known and not -math.inf < ends[0] <= ends[1] < math.inf):
        raise LazyaxTypeError(
            f"histogram: range= needs two finite ends, the lower one first, got {ends}"
        )


def _given_edges(bins: Any) -> Node:
    """The edges that a user gives.

    Raises:
        LazyaxTypeError: unless they are 1-d, and ascending where they are known.
    """
    edges = as_operand("histogram", bins)
    if edges.aval.ndim != 1:
        raise LazyaxTypeError(f"histogram: edges need one axis, got {edges.aval}")
    numbers = [bins] if isinstance(bins, Array) else bins
    if not any(isinstance(number, Array) for number in numbers):
        known = numpy.asarray(bins)
        if (known[:-1] > known[1:]).any():
            raise LazyaxTypeError(f"histogram: edges need to ascend, got {known.tolist()}")
    return edges


def _ends(x: Node, range: tuple[Any, Any] | None) -> list[Array]:
    """The least and the largest element, apart by 1 if they are equal."""
    if range is not None:
        _, low, high = promote([x, *[operand(end, "histogram") for end in range]])
    elif x.aval.size:
        low, high = fold(MIN, x, None), fold(MAX, x, None)
    else:
        low, high = p.Full(0, (), x.aval.dtype)(), p.Full(1, (), x.aval.dtype)()
    equal = p.Equal()(low, high)
    low = p.Select()(equal, low - 0.5, low)
    return [Array(low), Array(p.Select()(equal, high + 0.5, high))]


def histogram(
    a: Any, bins: Any = 10, range: tuple[Any, Any] | None = None, density: bool | None = None,
    weights: Any = None,
) -> tuple[Array, Array]:  # fmt: skip
    """How many elements lie between each two edges, and the edges; the last bin has both ends.

    f32[100] -> i32[bins], f32[bins + 1]. With ``weights`` their sums; with ``density`` per unit of
    length, so that the integral is 1.

    >>> import lazyax.numpy as np
    >>> print(*np.histogram([0, 1, 1, 4], bins=2))
    [3 1] [0. 2. 4.]

    Raises:
        LazyaxTypeError: as `histogram_bin_edges`, and for weights that do not fit.
    """
    edges = histogram_bin_edges(a, bins, range, weights)._node
    x = as_operand("histogram", a)
    place = _place(reshape(x, (x.aval.size,)), edges, not numpy.ndim(bins))
    counts = _tally(place, _amounts(x, weights), edges.aval.size - 1)
    if density:
        widths = convert(x_differences(edges, 0), default_dtype(float))
        share = convert(counts, widths.aval.dtype)
        counts = share / (widths * broadcast_to(fold(SUM, share, None), widths.aval.shape))
    return Array(counts), Array(edges)


MOST_EVEN = 2**16
"""Bins up to which their place is computed: rounded in float32, it is wrong by one at most."""


def _place(x: Node, edges: Node, is_even: bool) -> Node:
    """The number of the bin that each element is in; of those in none, one that is out of range."""
    x, edges = promote([x, edges])
    last = edges.aval.size - 1
    if is_even and last <= MOST_EVEN and x.aval.dtype.kind == "f":
        return _even_place(x, edges, last)
    above = searchsorted(Array(edges), Array(x), "right")._node
    end = broadcast_to(reshape(cut(edges, 0, last, last + 1), ()), x.aval.shape)
    return p.Select()(p.Equal()(x, end), above.like(last), above) - 1


def _even_place(x: Node, edges: Node, last: int) -> Node:
    """The same between edges that are equally far apart: computed, and corrected by the edges."""
    low, high = (
        broadcast_to(reshape(cut(edges, 0, place, place + 1), ()), x.aval.shape)
        for place in (0, last)
    )
    inside = p.And()(p.GreaterEqual()(x, low), p.LessEqual()(x, high))
    share = (p.Select()(inside, x, low) - low) / (high - low)
    place = p.Convert(default_dtype(int))(share * last)
    place = p.Minimum()(place, place.like(last - 1))

    def edge(further: int) -> Node:
        return p.Gather(0)(edges, reshape(place + further, (*place.aval.shape, 1)))

    place = place - convert(p.Less()(x, edge(0)), place.aval.dtype)
    is_beyond = p.And()(p.GreaterEqual()(x, edge(1)), p.Less()(place, place.like(last - 1)))
    return p.Select()(inside, place + convert(is_beyond, place.aval.dtype), place.like(-1))


def _amounts(x: Node, weights: Any) -> Node:
    """What each element counts."""
    if weights is None:
        return p.Full(1, (x.aval.size,), default_dtype(int))()
    given = as_operand("histogram", weights)
    if given.aval.shape != x.aval.shape:
        raise LazyaxTypeError(f"histogram: weights {given.aval} do not fit {x.aval}")
    return reshape(given, (x.aval.size,))


def histogramdd(
    sample: Any, bins: Any = 10, range: Any = None, density: bool | None = None,
    weights: Any = None,
) -> tuple[Array, list[Array]]:  # fmt: skip
    """How many points lie in each box of a grid, and its edges along each axis.

    f32[100,3] -> f32[bins,bins,bins] and three of f32[bins + 1]. A list is of the coordinates, as
    of a transposed array. ``bins`` is a number for all axes, or one or edges for each; ``range`` is
    a list with one for each.

    >>> import lazyax.numpy as np
    >>> print(np.histogramdd(np.array([[0, 0], [1, 1], [1, 0]]), bins=2)[0])
    [[1. 0.]
     [1. 1.]]

    Raises:
        LazyaxTypeError: unless the sample is a matrix, for coordinates of several lengths, and as
            `histogram`.
    """
    points = as_operand("histogramdd", sample)
    if not hasattr(sample, "shape") or points.aval.ndim == 1:
        points = atleast_2d(Array(points)).T._node
    if points.aval.ndim != 2:
        raise LazyaxTypeError(f"histogramdd: needs points as rows, got {points.aval}")
    count = points.aval.shape[1]
    columns = [reshape(column, (points.aval.shape[0],)) for column in _columns(points)]
    bins = list(bins) if numpy.iterable(bins) else [bins] * count
    ranges = [None] * count if range is None else list(range)
    if len(bins) != count or len(ranges) != count:
        raise LazyaxTypeError(f"histogramdd: {points.aval} needs bins and ranges for {count} axes")
    edges = [
        histogram_bin_edges(Array(column), one, ends)._node
        for column, one, ends in zip(columns, bins, ranges, strict=True)
    ]
    are_even = [not numpy.ndim(one) for one in bins]
    boxes = _boxes(columns, edges, are_even, _amounts(columns[0], weights))
    counts = convert(boxes, default_dtype(float))
    if density:
        total = fold(SUM, counts, None)
        for axis, one in enumerate(edges):
            widths = convert(x_differences(one, 0), counts.aval.dtype)
            counts = counts / p.Broadcast(counts.aval.shape, (axis,))(widths)
        counts = counts / broadcast_to(total, counts.aval.shape)
    return Array(counts), [Array(one) for one in edges]


def _columns(points: Node) -> list[Node]:
    return [cut(points, 1, column, column + 1) for column in builtins.range(points.aval.shape[1])]


def _boxes(columns: list[Node], edges: list[Node], are_even: list[bool], amounts: Node) -> Node:
    """Sums of amounts in each box of the grid."""
    shape = tuple([one.aval.size - 1 for one in edges])
    places = [
        _place(column, one, even)
        for column, one, even in zip(columns, edges, are_even, strict=True)
    ]
    flat, nowhere = places[0].like(0), false(places[0])
    for place, length in zip(places, shape, strict=True):
        flat = flat * length + place
        beyond = p.GreaterEqual()(place, place.like(length))
        nowhere = p.Or()(nowhere, p.Or()(is_negative(place), beyond))
    flat = p.Select()(nowhere, flat.like(-1), flat)
    return reshape(_tally(flat, amounts, math.prod(shape)), shape)


def histogram2d(
    x: Any, y: Any, bins: Any = 10, range: Any = None, density: bool | None = None,
    weights: Any = None,
) -> tuple[Array, Array, Array]:  # fmt: skip
    """`histogramdd` of two coordinates, and the edges of both; one array of edges is for both.

    >>> import lazyax.numpy as np
    >>> print(np.histogram2d([0, 1, 1], [0, 1, 0], bins=2)[0])
    [[1. 0.]
     [1. 1.]]

    Raises:
        LazyaxTypeError: as `histogramdd`.
    """
    if numpy.iterable(bins) and len(bins) > 2:
        bins = [bins, bins]
    counts, edges = histogramdd(stack([x, y], 1), bins, range, density, weights)
    return counts, edges[0], edges[1]

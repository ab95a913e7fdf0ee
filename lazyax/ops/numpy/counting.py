"""How often values occur: counts and histograms."""

from __future__ import annotations

from typing import Any

import numpy

from lazyax.array import Array, array_node
from lazyax.config import default_dtype
from lazyax.errors import LazyaxTypeError
from lazyax.graph.node import Node
from lazyax.ops import primitives as p
from lazyax.ops.numpy.bounds import index_dtype, known_value
from lazyax.ops.numpy.conventions import as_operand, static_int
from lazyax.ops.numpy.differences import x_differences
from lazyax.ops.numpy.grids import linspace
from lazyax.ops.numpy.promotion import broadcast_to, convert, promote
from lazyax.ops.numpy.reductions import MAX, MIN, SUM, fold
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
    found = known_value(values, "bincount")
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
        LazyaxTypeError: for no bins, or a range that is not a pair.
    """
    if isinstance(bins, str):
        read = numpy.asarray(Array(as_operand("histogram", a)))
        edges = numpy.histogram_bin_edges(read, bins, range)
        return Array(array_node(edges.astype(default_dtype(float))))
    if numpy.ndim(bins):
        return Array(as_operand("histogram", bins))
    count = static_int("histogram", bins, "bins")
    if count < 1 or (range is not None and len(range) != 2):
        raise LazyaxTypeError(
            f"histogram: needs one bin or more and a range of two ends, got {bins} and {range}"
        )
    return linspace(*_ends(as_operand("histogram", a, "inexact"), range), count + 1)


def _ends(x: Node, range: tuple[Any, Any] | None) -> list[Array]:
    """The least and the largest element, apart by 1 if they are equal."""
    if range is not None:
        low, high = (convert(as_operand("histogram", end), x.aval.dtype) for end in range)
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
    edges = histogram_bin_edges(a, bins, range)._node
    x, edges = promote([as_operand("histogram", a), edges])
    flat = reshape(x, (x.aval.size,))
    last = edges.aval.size - 1
    place = searchsorted(Array(edges), Array(flat), "right")._node
    end = broadcast_to(reshape(p.Slice((last,), (last + 1,), (1,))(edges), ()), flat.aval.shape)
    place = p.Select()(p.Equal()(flat, end), place.like(last), place)
    counts = _tally(place - 1, _amounts(x, weights), last)
    if density:
        widths = convert(x_differences(edges, 0), default_dtype(float))
        share = convert(counts, widths.aval.dtype)
        counts = share / (widths * broadcast_to(fold(SUM, share, None), widths.aval.shape))
    return Array(counts), Array(edges)


def _amounts(x: Node, weights: Any) -> Node:
    """What each element counts."""
    if weights is None:
        return p.Full(1, (x.aval.size,), default_dtype(int))()
    given = as_operand("histogram", weights)
    if given.aval.shape != x.aval.shape:
        raise LazyaxTypeError(f"histogram: weights {given.aval} do not fit {x.aval}")
    return reshape(given, (x.aval.size,))

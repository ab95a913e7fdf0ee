"""Medians and quantiles: elements at a place in the sorted order, and means of two such."""

from __future__ import annotations

import math
from typing import Any

import numpy

from lazyax.array import PYTHON_NUMBERS, Array
from lazyax.errors import LazyaxTypeError
from lazyax.graph.node import Node
from lazyax.ops import primitives as p
from lazyax.ops.numpy.compositions import is_nan, is_zero
from lazyax.ops.numpy.conventions import Axis, as_axes, as_operand, delivered, kept_shape
from lazyax.ops.numpy.promotion import broadcast_to, convert, operand
from lazyax.ops.numpy.quantile_methods import METHODS, between
from lazyax.ops.numpy.rearranging import cut
from lazyax.ops.numpy.reductions import SUM, fold
from lazyax.ops.numpy.sorting import sorted_with_order
from lazyax.ops.numpy.statistics import carried, inexact
from lazyax.ops.primitives.leaves import Project
from lazyax.ops.primitives.shape import permute, reshape

INDEX = numpy.dtype("i4")


def _lanes(function: str, a: Any, axis: Axis) -> tuple[Node, Node, tuple[int, ...]]:
    """The node; its elements sorted along a last axis made of ``axis``; and those axes.

    Raises:
        LazyaxTypeError: for an axis out of range, complex numbers, and nothing to sort.
    """
    x = inexact(function, a)
    axes = as_axes(function, axis, x.aval)
    if x.aval.dtype.kind == "c":
        raise LazyaxTypeError(f"{function}: complex numbers are in no order, got {x.aval}")
    if not math.prod([x.aval.shape[place] for place in axes]):
        raise LazyaxTypeError(f"{function}: {x.aval} has no elements along axis {axis}")
    line = carried(_lane(x, axes))
    return x, Project(0)(p.Sort(line.aval.ndim - 1)(line)), axes


def _lane(x: Node, axes: tuple[int, ...]) -> Node:
    """``axes`` as one, and last."""
    rest = [place for place in range(x.aval.ndim) if place not in axes]
    length = math.prod([x.aval.shape[place] for place in axes])
    shape = [x.aval.shape[place] for place in rest]
    return reshape(permute(x, (*rest, *sorted(axes))), (*shape, length))


def _last(sorted_: Node, place: int) -> Node:
    """The element at ``place`` of the last axis, which disappears."""
    axis = sorted_.aval.ndim - 1
    return reshape(cut(sorted_, axis, place, place + 1), sorted_.aval.shape[:-1])


def _nan_where_any(result: Node, sorted_: Node) -> Node:
    """NaN where a lane holds one: it is sorted last."""
    last = _last(sorted_, sorted_.aval.shape[-1] - 1)
    spoilt = broadcast_to(p.NotEqual()(last, last), result.aval.shape)
    return p.Select()(spoilt, result.like(math.nan), result)


def median(
    a: Any, axis: Axis = None, out: Any = None, overwrite_input: bool = False,
    keepdims: bool = False,
) -> Array:  # fmt: skip
    """The middle of the sorted elements along ``axis``, or the mean of the two middle ones.

    f32[2,3] -> f32[2] for axis 1; NaN where there is one.

    >>> import lazyax.numpy as np
    >>> print(np.median([3, 1, 2, 10]))
    2.5

    Raises:
        LazyaxTypeError: for an axis out of range, no elements, complex numbers, unfit ``out``.
    """
    x, sorted_, axes = _lanes("median", a, axis)
    length = sorted_.aval.shape[-1]
    low, high = (_last(sorted_, place) for place in ((length - 1) // 2, length // 2))
    result = _nan_where_any(low if length % 2 else between(low, high, low.like(0.5)), sorted_)
    shape = kept_shape(x.aval, axes) if keepdims else result.aval.shape
    return delivered("median", convert(reshape(result, shape), x.aval.dtype), out)


def _quantile(
    function: str, a: Any, q: Any, axis: Axis, method: str, keepdims: bool, skip_nan: bool,
    weights: Any, scale: float = 1.0,
) -> Array:  # fmt: skip
    """Quantiles ``q / scale``; lanes are counted one by one if NaN is skipped.

    Raises:
        LazyaxTypeError: as `quantile`.
    """
    if weights is not None:
        return _weighted(function, a, q, axis, method, keepdims, skip_nan, weights, scale)
    x, sorted_, axes = _lanes(function, a, axis)
    if method not in METHODS:
        raise LazyaxTypeError(f"{function}: method is one of {', '.join(METHODS)}, got {method!r}")
    order = _shares(function, q, scale, sorted_)
    rest = sorted_.aval.shape[:-1]
    full = (*order.aval.shape, *rest)
    count = broadcast_to(p.Full(0, (), sorted_.aval.dtype)() + sorted_.aval.shape[-1], rest)
    if skip_nan:
        numbers = convert(p.Equal()(sorted_, sorted_), sorted_.aval.dtype)
        count = fold(SUM, numbers, -1)
    spread = p.Broadcast(full, tuple(range(order.aval.ndim)))(order)
    count = broadcast_to(count, full)
    place_of, choose = METHODS[method]
    place = place_of(count, spread)
    below = p.Floor()(place)
    low, high = (_at(sorted_, p.Clamp()(i.like(0), i, count - 1)) for i in (below, below + 1))
    result = choose(low, high, place - below, below)
    if not skip_nan:
        result = _nan_where_any(result, sorted_)
    shape = (*order.aval.shape, *kept_shape(x.aval, axes)) if keepdims else full
    return Array(convert(reshape(result, shape), x.aval.dtype))


def _weighted(
    function: str, a: Any, q: Any, axis: Axis, method: str, keepdims: bool, skip_nan: bool,
    weights: Any, scale: float,
) -> Array:  # fmt: skip
    """The first element up to which the weights of the smaller ones make a share ``q / scale``.

    Raises:
        LazyaxTypeError: for a method other than "inverted_cdf", and weights that do not fit.
    """
    if method != "inverted_cdf":
        raise LazyaxTypeError(f"{function}: weights need method 'inverted_cdf', got {method!r}")
    x, sorted_, axes = _lanes(function, a, axis)
    amounts = convert(as_operand(function, weights), sorted_.aval.dtype)
    if amounts.aval.ndim == 1 and len(axes) == 1:
        amounts = p.Broadcast(x.aval.shape, axes)(amounts)
    if amounts.aval.shape != x.aval.shape:
        raise LazyaxTypeError(
            f"{function}: weights {amounts.aval} do not fit {x.aval}; give one for each element, "
            "or one for each along a single axis"
        )
    line, amounts = _lane(x, axes), _lane(amounts, axes)
    last = line.aval.ndim - 1
    if skip_nan:
        amounts = p.Select()(is_nan(line), amounts.like(0), amounts)
    order = sorted_with_order(carried(line), last)[1]
    running = p.CumSum(last)(_in_order(amounts, order))
    share = running / broadcast_to(_kept(_last(running, line.aval.shape[-1] - 1)), line.aval.shape)
    share = p.Select()(is_zero(share), share.like(-1), share)
    wanted = _shares(function, q, scale, sorted_)
    kinds = wanted.aval.shape
    full = (*kinds, *share.aval.shape)
    before = p.Less()(
        p.Broadcast(full, tuple(range(len(kinds), len(full))))(share),
        p.Broadcast(full, tuple(range(len(kinds))))(wanted),
    )
    index = p.ReduceSum((len(full) - 1,))(convert(before, INDEX))
    result = _at(sorted_, p.Minimum()(index, index.like(line.aval.shape[-1] - 1)))
    if not skip_nan:
        result = _nan_where_any(result, sorted_)
    shape = (*kinds, *kept_shape(x.aval, axes)) if keepdims else result.aval.shape
    return Array(convert(reshape(result, shape), x.aval.dtype))


def _kept(x: Node) -> Node:
    """With a last axis of length 1."""
    return reshape(x, (*x.aval.shape, 1))


def _in_order(x: Node, order: Node) -> Node:
    """Along the last axis, the elements at the positions ``order``."""
    *rest, length = x.aval.shape
    lanes = (math.prod(rest), length)
    found = p.Gather(1)(reshape(x, lanes), reshape(order, (*lanes, 1)))
    return reshape(found, x.aval.shape)


def _shares(function: str, q: Any, scale: float, sorted_: Node) -> Node:
    """The quantiles wanted, as shares of 1 in the dtype of the elements."""
    _require_within(function, q, scale)
    if isinstance(q, (list, tuple)) and all(type(one) in PYTHON_NUMBERS for one in q):
        q = numpy.array(q, sorted_.aval.dtype)  # a list of numbers alone would be of 32 bits
    order = convert(operand(q, function), sorted_.aval.dtype)
    return order if scale == 1.0 else order / scale


def _require_within(function: str, q: Any, scale: float) -> None:
    known = q if isinstance(q, (list, tuple)) else [q]
    if any(type(one) in PYTHON_NUMBERS and not 0 <= one <= scale for one in known):
        raise LazyaxTypeError(f"{function}: q must be from 0 to {scale:g}, got {q}")


def _at(sorted_: Node, places: Node) -> Node:
    """Of each lane the elements at its places: f32[*rest,n], f32[*q,*rest] -> f32[*q,*rest]."""
    *rest, length = sorted_.aval.shape
    lanes = math.prod(rest)
    leading = places.aval.ndim - len(rest)
    kinds = places.aval.shape[:leading]
    order = (*range(leading, places.aval.ndim), *range(leading))
    count = math.prod(kinds)
    index = reshape(permute(convert(places, INDEX), order), (lanes, count, 1))
    found = p.Gather(1)(reshape(sorted_, (lanes, length)), index)
    back = (*range(len(rest), places.aval.ndim), *range(len(rest)))
    return permute(reshape(found, (*rest, *kinds)), back)


def quantile(
    a: Any, q: Any, axis: Axis = None, out: Any = None, overwrite_input: bool = False,
    method: str = "linear", keepdims: bool = False, *, weights: Any = None,
) -> Array:  # fmt: skip
    """What a share ``q`` of the elements along ``axis`` does not exceed; NaN where there is one.

    f32[2,3], q f32[5] -> f32[5,2] for axis 1. Between two elements, ``method`` decides: "linear",
    "lower", "higher", "midpoint", "nearest", or one of the nine of Hyndman and Fan (1996).
    ``weights`` count elements more often than once; they need method "inverted_cdf".

    >>> import lazyax.numpy as np
    >>> print(np.quantile([1, 2, 3, 5], [0, 0.5, 1]))
    [1.  2.5 5. ]

    Raises:
        LazyaxTypeError: for an axis out of range, a share beyond 0 to 1, another method, no
            elements, complex numbers, and an unfit ``out``.
    """
    return delivered(
        "quantile", _quantile("quantile", a, q, axis, method, keepdims, False, weights)._node, out
    )


def percentile(
    a: Any, q: Any, axis: Axis = None, out: Any = None, overwrite_input: bool = False,
    method: str = "linear", keepdims: bool = False, *, weights: Any = None,
) -> Array:  # fmt: skip
    """`quantile` of ``q / 100``.

    >>> import lazyax.numpy as np
    >>> print(np.percentile([1, 2, 3, 5], 50))
    2.5

    Raises:
        LazyaxTypeError: as `quantile`.
    """
    return delivered(
        "percentile",
        _quantile("percentile", a, q, axis, method, keepdims, False, weights, 100.0)._node,
        out,
    )


def nanquantile(
    a: Any, q: Any, axis: Axis = None, out: Any = None, overwrite_input: bool = False,
    method: str = "linear", keepdims: bool = False, *, weights: Any = None,
) -> Array:  # fmt: skip
    """`quantile` of what is no NaN.

    >>> import lazyax.numpy as np
    >>> print(np.nanquantile([1, 2, np.nan, 3], 0.5))
    2.0

    Raises:
        LazyaxTypeError: as `quantile`.
    """
    return delivered(
        "nanquantile",
        _quantile("nanquantile", a, q, axis, method, keepdims, True, weights)._node,
        out,
    )


def nanpercentile(
    a: Any, q: Any, axis: Axis = None, out: Any = None, overwrite_input: bool = False,
    method: str = "linear", keepdims: bool = False, *, weights: Any = None,
) -> Array:  # fmt: skip
    """`percentile` of what is no NaN.

    >>> import lazyax.numpy as np
    >>> print(np.nanpercentile([1, 2, np.nan, 3], 50))
    2.0

    Raises:
        LazyaxTypeError: as `quantile`.
    """
    return delivered(
        "nanpercentile",
        _quantile("nanpercentile", a, q, axis, method, keepdims, True, weights, 100.0)._node,
        out,
    )


def nanmedian(
    a: Any, axis: Axis = None, out: Any = None, overwrite_input: bool = False,
    keepdims: bool = False,
) -> Array:  # fmt: skip
    """`median` of what is no NaN; NaN where there is nothing else.

    >>> import lazyax.numpy as np
    >>> print(np.nanmedian([1, 2, np.nan, 3]))
    2.0

    Raises:
        LazyaxTypeError: as `median`.
    """
    return delivered(
        "nanmedian", _quantile("nanmedian", a, 0.5, axis, "linear", keepdims, True, None)._node, out
    )

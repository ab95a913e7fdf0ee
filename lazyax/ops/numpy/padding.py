"""Arrays grown at their ends."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import numpy

from lazyax.array import Array
from lazyax.errors import LazyaxTypeError
from lazyax.graph.aval import Aval
from lazyax.graph.node import Node
from lazyax.ops import primitives as p
from lazyax.ops.numpy.conventions import as_axis, as_operand
from lazyax.ops.numpy.grids import linspace
from lazyax.ops.numpy.order_statistics import median
from lazyax.ops.numpy.promotion import broadcast_to, convert
from lazyax.ops.numpy.rearranging import at_positions, cut, runs
from lazyax.ops.numpy.reductions import max as largest
from lazyax.ops.numpy.reductions import min as smallest
from lazyax.ops.numpy.statistics import mean
from lazyax.ops.primitives.shape import reshape


def pad(array: Any, pad_width: Any, mode: str | Callable = "constant", **kwargs: Any) -> Array:
    """``array`` grown by ``pad_width`` elements at the ends of each axis.

    f32[2] -> f32[5] for pad_width (1, 2). The modes are "constant" (``constant_values``), "edge",
    "reflect" and "symmetric" (``reflect_type`` "even" or "odd"), "wrap", "linear_ramp"
    (``end_values``), "empty", and "maximum", "minimum", "mean", "median" (``stat_length``).
    ``pad_width`` is an int, a pair, or a pair for each axis; or a dict from axes to pairs.

    >>> import lazyax.numpy as np
    >>> print(np.pad([1, 2, 3], (1, 2), mode="edge"))
    [1 1 2 3 3 3]

    Raises:
        LazyaxTypeError: for an unknown mode, negative widths, and what would be made of nothing.
    """
    x = as_operand("pad", array)
    widths = _widths(pad_width, x)
    if mode not in MODES:
        raise LazyaxTypeError(f"pad: mode is one of {', '.join(MODES)}, got {mode!r}")
    extend, allowed = MODES[mode]
    unknown = set(kwargs) - set(allowed)
    if unknown:
        raise LazyaxTypeError(f"pad: mode {mode!r} takes {list(allowed)}, got {sorted(unknown)}")
    if mode not in ("constant", "empty"):
        _require_elements(x, widths)
        if not x.aval.size:
            lengths = [sum(width) + n for width, n in zip(widths, x.aval.shape, strict=True)]
            return Array(p.Full(0, tuple(lengths), x.aval.dtype)())
    return Array(extend(x, widths, **kwargs))


Widths = list[tuple[int, int]]


def _require_elements(x: Node, widths: Widths) -> None:
    """Raise if an axis grows that has nothing to be made of."""
    for axis, width in enumerate(widths):
        if any(width) and not x.aval.shape[axis]:
            raise LazyaxTypeError(f"pad: axis {axis} of {x.aval} is empty; use 'constant'")


def _widths(pad_width: Any, x: Node) -> Widths:
    """How many elements before and after each axis.

    Raises:
        LazyaxTypeError: for what is no such thing.
    """
    if isinstance(pad_width, dict):
        pairs = numpy.zeros((x.aval.ndim, 2), int)
        for axis, width in pad_width.items():
            pairs[as_axis("pad", axis, x.aval)] = width
        pad_width = pairs
    widths = numpy.asarray(pad_width)
    if widths.dtype.kind not in "iu" or (widths < 0).any():
        raise LazyaxTypeError(f"pad: pad_width needs ints that are not negative, got {pad_width}")
    return [(before, after) for before, after in _pairs("pad_width", widths, x.aval)]


def _pairs(what: str, value: Any, aval: Aval) -> list:
    """``value`` for the start and the end of each axis.

    Raises:
        LazyaxTypeError: if it does not broadcast to that.
    """
    if isinstance(value, Array) and not value.ndim:
        return [(value, value)] * aval.ndim
    try:
        return numpy.broadcast_to(numpy.asarray(value), (aval.ndim, 2)).tolist()
    except ValueError:
        raise LazyaxTypeError(
            f"pad: {what} must be one number, a pair, or a pair for each axis of {aval}, "
            f"got {value}"
        ) from None


def _constant(x: Node, widths: Widths, constant_values: Any = 0) -> Node:
    values = _pairs("constant_values", constant_values, x.aval)
    if numpy.ndim(constant_values) == 0:
        before, after = ([width[side] for width in widths] for side in (0, 1))
        value = convert(as_operand("pad", constant_values), x.aval.dtype)
        return p.Pad(tuple(before), tuple(after), (0,) * x.aval.ndim)(x, value)
    for axis, (width, value) in enumerate(zip(widths, values, strict=True)):
        ends = [
            _filled(x, axis, count, convert(as_operand("pad", one), x.aval.dtype))
            for count, one in zip(width, value, strict=True)
        ]
        x = p.Concatenate(axis)(ends[0], x, ends[1])
    return x


def _filled(x: Node, axis: int, count: int, value: Node) -> Node:
    """``value`` over ``count`` elements of an axis."""
    shape = list(x.aval.shape)
    shape[axis] = count
    return broadcast_to(value, tuple(shape))


def _by_position(mode: str) -> Callable:
    """Modes in which each new element is one of the old: which one, NumPy says."""

    def extend(x: Node, widths: Widths, reflect_type: str = "even") -> Node:
        if reflect_type not in ("even", "odd"):
            raise LazyaxTypeError(f"pad: reflect_type is 'even' or 'odd', got {reflect_type!r}")
        for axis, width in enumerate(widths):
            length = x.aval.shape[axis]
            if not any(width):
                continue
            if reflect_type == "odd" and (length > 1 or mode == "symmetric"):
                x = _turned(x, axis, width, mode)
            else:
                x = at_positions(x, axis, *_sources(length, width, mode))
        return x

    return extend


def _turned(x: Node, axis: int, width: tuple[int, int], mode: str) -> Node:
    """Beyond each end twice the end less the mirror image, as often as it takes.

    "reflect" does not repeat the end itself.
    """
    skipped = int(mode == "reflect")
    for missing, at_start in zip(width, (True, False), strict=True):
        while missing:
            length = x.aval.shape[axis]
            count = min(missing, length - skipped)
            first = skipped if at_start else length - skipped - count
            image = p.Reverse((axis,))(cut(x, axis, first, first + count))
            edge = cut(x, axis, 0, 1) if at_start else cut(x, axis, length - 1, length)
            edge = broadcast_to(edge, image.aval.shape)
            beyond = edge + (edge - image)
            x = p.Concatenate(axis)(beyond, x) if at_start else p.Concatenate(axis)(x, beyond)
            missing -= count
    return x


@functools.lru_cache(maxsize=256)
def _sources(length: int, width: tuple[int, int], mode: str) -> tuple[numpy.ndarray, list[int]]:
    """Which old element each one is, and the runs of these positions."""
    positions = numpy.pad(numpy.arange(length), width, mode)
    return positions, runs(positions)


def _linear_ramp(x: Node, widths: Widths, end_values: Any = 0) -> Node:
    values = _pairs("end_values", end_values, x.aval)
    for axis, (width, end) in enumerate(zip(widths, values, strict=True)):
        ends = [
            _ramp(x, axis, count, value, at_start)
            for count, value, at_start in zip(width, end, (True, False), strict=True)
        ]
        x = p.Concatenate(axis)(ends[0], x, ends[1])
    return x


def _ramp(x: Node, axis: int, count: int, value: Any, at_start: bool) -> Node:
    """From ``value`` at the new end up to, and without, the old end."""
    last = x.aval.shape[axis] - 1
    edge = cut(x, axis, 0, 1) if at_start else cut(x, axis, last, last + 1)
    edge = Array(reshape(edge, x.aval.shape[:axis] + x.aval.shape[axis + 1 :]))
    line = linspace(value, edge, count, endpoint=False, dtype=x.aval.dtype, axis=axis)._node
    return line if at_start else p.Reverse((axis,))(line)


def _by_statistic(statistic: Callable[..., Array]) -> Callable:
    """Modes in which the new elements are one statistic of the old along the axis."""

    def extend(x: Node, widths: Widths, stat_length: Any = None) -> Node:
        longest = max(x.aval.shape, default=1)
        lengths = _pairs("stat_length", longest if stat_length is None else stat_length, x.aval)
        for axis, (width, length) in enumerate(zip(widths, lengths, strict=True)):
            size = x.aval.shape[axis]
            counts = [min(int(one), size) for one in length]
            if min(counts) < 1:
                raise LazyaxTypeError(f"pad: stat_length needs one element or more, got {length}")
            parts = cut(x, axis, 0, counts[0]), cut(x, axis, size - counts[1], size)
            ends = [
                _filled(x, axis, count, _one_statistic(statistic, part, axis))
                for count, part in zip(width, parts, strict=True)
            ]
            x = p.Concatenate(axis)(ends[0], x, ends[1])
        return x

    return extend


def _one_statistic(statistic: Callable[..., Array], part: Node, axis: int) -> Node:
    value = statistic(Array(part), axis=axis, keepdims=True)._node
    if part.aval.dtype.kind in "iu" and value.aval.is_inexact:
        value = p.Round()(value)
    return convert(value, part.aval.dtype)


MODES: dict[str, tuple[Callable[..., Node], tuple[str, ...]]] = {
    "constant": (_constant, ("constant_values",)),
    "empty": (_constant, ()),
    "edge": (_by_position("edge"), ()),
    "wrap": (_by_position("wrap"), ()),
    "reflect": (_by_position("reflect"), ("reflect_type",)),
    "symmetric": (_by_position("symmetric"), ("reflect_type",)),
    "linear_ramp": (_linear_ramp, ("end_values",)),
    "maximum": (_by_statistic(largest), ("stat_length",)),
    "minimum": (_by_statistic(smallest), ("stat_length",)),
    "mean": (_by_statistic(mean), ("stat_length",)),
    "median": (_by_statistic(median), ("stat_length",)),
}
"""By mode: what extends the array, and the keywords that it takes."""

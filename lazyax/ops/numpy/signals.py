"""Sequences of samples: convolved, interpolated, unwrapped."""

from __future__ import annotations

import math
from typing import Any

from lazyax.array import Array
from lazyax.config import default_dtype
from lazyax.errors import LazyaxTypeError
from lazyax.graph.node import Node
from lazyax.ops import primitives as p
from lazyax.ops.numpy.bounds import index_dtype
from lazyax.ops.numpy.compositions import remainder
from lazyax.ops.numpy.contraction import Precision, as_precision, pair
from lazyax.ops.numpy.conventions import as_axis, as_operand
from lazyax.ops.numpy.cumulative import accumulate
from lazyax.ops.numpy.differences import x_differences
from lazyax.ops.numpy.promotion import broadcast_to, convert, operand, promote
from lazyax.ops.numpy.rearranging import cut
from lazyax.ops.numpy.search import searchsorted
from lazyax.ops.primitives.cumulative import CumSum
from lazyax.ops.primitives.shape import Concatenate, reshape

MODES = ("full", "same", "valid")


def convolve(a: Any, v: Any, mode: str = "full", *, precision: Precision = None) -> Array:
    """The convolution of two 1-d arrays. f32[5], f32[3] -> f32[7], f32[5] or f32[3] by mode.

    ``full`` is every overlap, ``same`` the middle of that, as long as the longer, and ``valid``
    where both overlap fully. Lowers to `stablehlo.convolution`.

    >>> import lazyax.numpy as np
    >>> print(np.convolve([1, 2, 3], [0, 1, 0.5]))
    [0.  1.  2.5 4.  1.5]

    Raises:
        LazyaxTypeError: unless both are 1-d and not empty, and for an unknown mode.
    """
    x, kernel = _sequences("convolve", a, v, mode)
    if kernel.aval.size > x.aval.size:
        x, kernel = kernel, x
    return Array(_windows(x, p.Reverse((0,))(kernel), mode, as_precision(precision)))


def correlate(a: Any, v: Any, mode: str = "valid", *, precision: Precision = None) -> Array:
    """The cross-correlation of two 1-d arrays: sums of ``a[n + k] * conj(v[n])``.

    f32[5], f32[3] -> f32[7], f32[5] or f32[3] for mode "full", "same" or "valid", as of `convolve`.

    >>> import lazyax.numpy as np
    >>> print(np.correlate([1, 2, 3], [0, 1, 0.5]))
    [3.5]

    Raises:
        LazyaxTypeError: unless both are 1-d and not empty, and for an unknown mode.
    """
    x, kernel = _sequences("correlate", a, v, mode)
    if kernel.aval.dtype.kind == "c":
        kernel = p.Conjugate()(kernel)
    precision = as_precision(precision)
    if kernel.aval.size <= x.aval.size:
        return Array(_windows(x, kernel, mode, precision))
    return Array(p.Reverse((0,))(_windows(kernel, x, mode, precision)))


def _sequences(function: str, a: Any, v: Any, mode: str) -> list[Node]:
    if mode not in MODES:
        raise LazyaxTypeError(f"{function}: mode is one of {', '.join(MODES)}, got {mode!r}")
    nodes = pair(function, a, v)
    for node in nodes:
        if node.aval.ndim > 1 or not node.aval.size:
            raise LazyaxTypeError(
                f"{function}: needs 1-d arrays that are not empty, got {node.aval}"
            )
    if nodes[0].aval.dtype.kind == "b":
        nodes = [convert(node, default_dtype(int)) for node in nodes]
    return [reshape(node, (node.aval.size,)) for node in nodes]


def _windows(x: Node, kernel: Node, mode: str, precision: str) -> Node:
    """Sums of products of ``kernel`` with windows of ``x``, which is no shorter."""
    reach = kernel.aval.size - 1
    padding = {"full": (reach, reach), "same": (reach - reach // 2, reach // 2), "valid": (0, 0)}
    layout = ((0, 1, 2),) * 3
    windows = p.Convolution((1,), (padding[mode],), (1,), (1,), layout, 1, 1, precision)
    result = windows(*[reshape(node, (1, 1, node.aval.size)) for node in (x, kernel)])
    return reshape(result, (result.aval.size,))


def interp(
    x: Any, xp: Any, fp: Any, left: Any = None, right: Any = None, period: Any = None
) -> Array:
    """Values at ``x`` on straight lines between the points (xp, fp), of which xp ascends.

    f32[5], f32[3], f32[3] -> f32[5]. Beyond the points ``left`` and ``right``, which are the first
    and last value unless given; or, with ``period``, the points repeat.

    >>> import lazyax.numpy as np
    >>> print(np.interp([0.5, 9.0], [0, 1, 2], [0, 10, 20]))
    [ 5. 20.]

    Raises:
        LazyaxTypeError: unless xp and fp are 1-d and of one length, which is not 0.
    """
    points, places = promote([as_operand("interp", x), as_operand("interp", xp)], "inexact")
    values = as_operand("interp", fp, "inexact")
    if places.aval.ndim != 1 or values.aval.shape != places.aval.shape or not places.aval.size:
        raise LazyaxTypeError(
            f"interp: needs xp and fp 1-d and of one length, got {places.aval} and {values.aval}"
        )
    if period is not None:
        points, places, values = _repeated(points, places, values, period)
        left = right = None
    result = _on_lines(points, places, values)
    ends = cut(values, 0, 0, 1), cut(values, 0, values.aval.size - 1, values.aval.size)
    first, last = (cut(places, 0, i, i + 1) for i in (0, places.aval.size - 1))
    for beyond, edge, end, given in (
        (p.Less(), first, ends[0], left),
        (p.Greater(), last, ends[1], right),
    ):
        outside = beyond(points, _spread(edge, points))
        value = end if given is None else convert(as_operand("interp", given), end.aval.dtype)
        result = p.Select()(outside, _spread(value, points), result)
    return Array(result)


def _spread(one: Node, like: Node) -> Node:
    """One element over the shape of another node."""
    return broadcast_to(reshape(one, ()), like.aval.shape)


def _on_lines(points: Node, places: Node, values: Node) -> Node:
    """On the line through the points before and after; the value where these coincide."""
    last = max(places.aval.size - 1, 0)
    above = searchsorted(Array(places), Array(points), "right")._node
    above = p.Clamp()(above.like(min(1, last)), above, above.like(last))
    below = p.Maximum()(above - 1, above.like(0))
    x0, x1 = _at(places, below), _at(places, above)
    y0, y1 = _at(values, below), _at(values, above)
    width = x1 - x0
    flat = p.Equal()(width, width.like(0))
    share = (points - x0) / p.Select()(flat, width.like(1), width)
    return p.Select()(flat, y1, y0 + convert(share, y0.aval.dtype) * (y1 - y0))


def _at(x: Node, index: Node) -> Node:
    return p.Gather(0)(x, reshape(index, (*index.aval.shape, 1)))


def _repeated(points: Node, places: Node, values: Node, period: Any) -> tuple[Node, Node, Node]:
    """The points within one period, in order, with a neighbour from the next at both ends."""
    length = p.Absolute()(convert(as_operand("interp", period), places.aval.dtype))
    points = remainder(points, _spread(length, points))
    places = remainder(places, _spread(length, places))
    order = p.Sort(0)(places, p.Iota(index_dtype(places.aval.size), places.aval.shape)())
    places, index = p.Project(0)(order), p.Project(1)(order)
    values = _at(values, index)
    last = places.aval.size - 1
    step = reshape(length, (1,))
    before, after = cut(places, 0, last, last + 1) - step, cut(places, 0, 0, 1) + step
    places = p.Concatenate(0)(before, places, after)
    ends = cut(values, 0, last, last + 1), cut(values, 0, 0, 1)
    return points, places, p.Concatenate(0)(ends[0], values, ends[1])


def unwrap(p: Any, discont: Any = None, axis: int = -1, *, period: Any = 2 * math.pi) -> Array:
    """Angles without their jumps: of neighbours more than half a period apart, the nearer turn.

    >>> import lazyax.numpy as np
    >>> print(np.unwrap([0, 3, 6, 1, 4], period=8))
    [ 0.  3.  6.  9. 12.]

    Raises:
        LazyaxTypeError: for an axis out of range.
    """
    angles = as_operand("unwrap", p, "inexact")
    axis = as_axis("unwrap", axis, angles.aval)
    turn = convert(operand(period, "unwrap"), angles.aval.dtype)
    least = turn * 0.5
    if discont is not None:
        least = convert(operand(discont, "unwrap"), angles.aval.dtype)
    length = angles.aval.shape[axis]
    if length < 2:
        return Array(angles)
    correction = _turns(x_differences(angles, axis), turn, least)
    rest = cut(angles, axis, 1, length) + accumulate("unwrap", CumSum, correction, axis)
    return Array(Concatenate(axis)(cut(angles, axis, 0, 1), rest))


def _turns(step: Node, turn: Node, least: Node) -> Node:
    """What brings each step within half a turn, for steps of ``least`` or more."""
    turn, least = (broadcast_to(one, step.aval.shape) for one in (turn, least))
    half = turn * 0.5
    within = remainder(step + half, turn) - half
    upward = p.And()(p.Equal()(within, -half), p.Greater()(step, step.like(0)))
    within = p.Select()(upward, half, within)
    small = p.Less()(p.Absolute()(step), least)
    return p.Select()(small, step.like(0), within - step)

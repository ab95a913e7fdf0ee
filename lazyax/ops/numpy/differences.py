"""Differences between neighbours, and sums of areas between them."""

from __future__ import annotations

from typing import Any

from lazyax.array import Array
from lazyax.errors import LazyaxTypeError
from lazyax.graph.node import Node
from lazyax.ops import primitives as p
from lazyax.ops.numpy.conventions import (
    KIND_ORDER,
    Axis,
    as_axes,
    as_axis,
    as_operand,
    static_int,
)
from lazyax.ops.numpy.joining import concatenate
from lazyax.ops.numpy.promotion import broadcast, convert, promote
from lazyax.ops.numpy.rearranging import cut
from lazyax.ops.numpy.reductions import SUM, fold
from lazyax.ops.primitives.shape import reshape


def _neighbours(x: Node, axis: int, step: int = 1) -> tuple[Node, Node]:
    """The elements with one ``step`` before them along ``axis``, and those with one after."""
    length = max(x.aval.shape[axis] - step, 0)
    start = min(step, x.aval.shape[axis])
    return cut(x, axis, start, start + length), cut(x, axis, 0, length)


def diff(a: Any, n: int = 1, axis: int = -1, prepend: Any = None, append: Any = None) -> Array:
    """The ``n``-th differences of neighbours along ``axis``. f32[5] -> f32[4] for n 1.

    ``prepend`` and ``append`` are put at the ends first. Of bools, whether they differ.

    >>> import lazyax.numpy as np
    >>> print(np.diff([1, 4, 9, 16]))
    [3 5 7]

    Raises:
        LazyaxTypeError: for a 0-d array, an axis out of range, or a negative ``n``.
    """
    x = as_operand("diff", a)
    axis = as_axis("diff", axis, x.aval)
    count = static_int("diff", n, "n")
    if count < 0:
        raise LazyaxTypeError(f"diff: n must not be negative, got {count}")
    if not count:
        return Array(x)
    ends = [_end(x, axis, prepend), [x], _end(x, axis, append)]
    parts = [part for end in ends for part in end]
    x = concatenate([Array(part) for part in parts], axis)._node if len(parts) > 1 else x
    for _ in range(count):
        later, earlier = _neighbours(x, axis)
        x = p.NotEqual()(later, earlier) if x.aval.dtype.kind == "b" else later - earlier
    return Array(x)


def _end(x: Node, axis: int, value: Any) -> list[Node]:
    """What is put at an end: a number becomes one element along ``axis``."""
    if value is None:
        return []
    node = as_operand("diff", value)
    if not node.aval.ndim:
        shape = tuple([1 if place == axis else n for place, n in enumerate(x.aval.shape)])
        node = p.Broadcast(shape, ())(node)
    return [node]


def ediff1d(ary: Any, to_end: Any = None, to_begin: Any = None) -> Array:
    """Differences of neighbours of all elements, with others put at the ends.

    >>> import lazyax.numpy as np
    >>> print(np.ediff1d([1, 4, 9], to_begin=0))
    [0 3 5]

    Raises:
        LazyaxTypeError: for ends of a wider kind than the array, as floats are to integers.
    """
    x = as_operand("ediff1d", ary)
    later, earlier = _neighbours(reshape(x, (x.aval.size,)), 0)
    ends = [[] if end is None else [as_operand("ediff1d", end)] for end in (to_begin, to_end)]
    for end in (*ends[0], *ends[1]):
        if KIND_ORDER[end.aval.dtype.kind] > KIND_ORDER[x.aval.dtype.kind]:
            raise LazyaxTypeError(
                f"ediff1d: an end {end.aval} does not convert safely to the dtype of {x.aval}; use "
                "astype"
            )
    parts = [*ends[0], later - earlier, *ends[1]]
    flat = [convert(reshape(part, (part.aval.size,)), x.aval.dtype) for part in parts]
    return Array(p.Concatenate(0)(*flat) if len(flat) > 1 else flat[0])


def gradient(f: Any, *varargs: Any, axis: Axis = None, edge_order: int = 1) -> Any:
    """The slope along each axis: central differences inside, one-sided at the ends.

    ``varargs`` are the distances between samples: none for 1, one for all axes, or one for each,
    which is a number or the coordinates. One array for one axis, else a tuple.

    >>> import lazyax.numpy as np
    >>> print(np.gradient([1.0, 2.0, 4.0, 7.0]))
    [1.  1.5 2.5 3. ]

    Raises:
        LazyaxTypeError: for fewer than two samples (three for ``edge_order`` 2), an axis out of
            range, or distances that do not fit.
    """
    x = as_operand("gradient", f, "inexact")
    axes = as_axes("gradient", axis, x.aval)
    if edge_order not in (1, 2):
        raise LazyaxTypeError(f"gradient: edge_order is 1 or 2, got {edge_order}")
    distances = list(varargs) * len(axes) if len(varargs) == 1 else list(varargs)
    distances = distances or [1.0] * len(axes)
    if len(distances) != len(axes):
        raise LazyaxTypeError(
            f"gradient: {len(axes)} axes need as many distances or one, got {len(varargs)}"
        )
    slopes = tuple(
        [Array(_slope(x, a, d, edge_order)) for a, d in zip(axes, distances, strict=True)]
    )
    return slopes[0] if len(slopes) == 1 else slopes


def _slope(x: Node, axis: int, distance: Any, edge_order: int) -> Node:
    length = x.aval.shape[axis]
    if length <= edge_order:
        raise LazyaxTypeError(
            f"gradient: axis {axis} of {x.aval} needs {edge_order + 1} samples or more"
        )
    steps = _steps(x, axis, distance)
    after, before = cut(steps, axis, 1, length - 1), cut(steps, axis, 0, length - 2)
    rise = x_differences(x, axis)
    rise_after, rise_before = cut(rise, axis, 1, length - 1), cut(rise, axis, 0, length - 2)
    after, before = (broadcast("gradient", [one, rise_after])[0] for one in (after, before))
    inside = (before * (rise_after / after) + after * (rise_before / before)) / (after + before)
    ends = [_end_slope(rise, steps, axis, place, edge_order) for place in (0, length - 2)]
    return p.Concatenate(axis)(ends[0], inside, ends[1])


def x_differences(x: Node, axis: int) -> Node:
    """Each element less the one before it."""
    later, earlier = _neighbours(x, axis)
    return later - earlier


def _steps(x: Node, axis: int, distance: Any) -> Node:
    """Distances between neighbours, along ``axis`` and of length 1 along the others."""
    node = convert(as_operand("gradient", distance), x.aval.dtype)
    length = x.aval.shape[axis]
    line = tuple([-1 if place == axis else 1 for place in range(x.aval.ndim)])
    if not node.aval.ndim:
        return p.Broadcast(tuple([length - 1 if n < 0 else 1 for n in line]), ())(node)
    if node.aval.shape != (length,):
        raise LazyaxTypeError(
            f"gradient: axis {axis} of {x.aval} needs {length} coordinates, got {node.aval}"
        )
    steps = x_differences(node, 0)
    return reshape(steps, tuple([length - 1 if n < 0 else 1 for n in line]))


def _end_slope(rise: Node, steps: Node, axis: int, place: int, edge_order: int) -> Node:
    """One-sided, of the parabola through three samples if ``edge_order`` is 2."""
    slopes = rise / broadcast("gradient", [steps, rise])[0]
    end = cut(slopes, axis, place, place + 1)
    if edge_order == 1:
        return end
    inward = place - 1 if place else 1
    next_slope = cut(slopes, axis, inward, inward + 1)
    step, next_step = (
        broadcast("gradient", [cut(steps, axis, i, i + 1), end])[0] for i in (place, inward)
    )
    return end + (end - next_slope) * (step / (step + next_step))


def trapezoid(y: Any, x: Any = None, dx: Any = 1.0, axis: int = -1) -> Array:
    """The integral along ``axis``, by straight lines between samples. f32[2,5] -> f32[2].

    >>> import lazyax.numpy as np
    >>> print(np.trapezoid([1.0, 2.0, 3.0], dx=2.0))
    8.0

    Raises:
        LazyaxTypeError: for an axis out of range, or coordinates that do not fit.
    """
    values = as_operand("trapezoid", y, "inexact")
    if x is None:
        axis = as_axis("trapezoid", axis, values.aval)
        values, step = promote([values, as_operand("trapezoid", dx)])
    else:
        values, places = promote([values, as_operand("trapezoid", x)])
        axis = as_axis("trapezoid", axis, values.aval)
        if places.aval.ndim == 1:
            line = [-1 if place == axis else 1 for place in range(values.aval.ndim)]
            places = reshape(places, tuple([places.aval.size if n < 0 else 1 for n in line]))
        step = x_differences(places, axis)
    later, earlier = _neighbours(values, axis)
    heights, step = broadcast("trapezoid", [0.5 * (later + earlier), step])
    return Array(fold(SUM, heights * step, axis))


trapz = trapezoid

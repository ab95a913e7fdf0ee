"""The same elements under other axes."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, overload

import numpy

from lazyax.array import Array
from lazyax.errors import LazyaxTypeError
from lazyax.graph.aval import Aval
from lazyax.graph.node import Node
from lazyax.ops import primitives as p
from lazyax.ops.numpy.conventions import (
    as_axes,
    as_axis,
    as_operand,
    as_shape,
    static_int,
)
from lazyax.ops.numpy.promotion import broadcast
from lazyax.ops.numpy.promotion import broadcast_shapes as shape_of_all
from lazyax.ops.numpy.promotion import broadcast_to as broadcast_node
from lazyax.ops.primitives.shape import permute
from lazyax.ops.primitives.shape import reshape as reshape_node

Axes = int | Sequence[int] | None


def reshape(
    a: Any, shape: Any = None, order: str = "C", *, newshape: Any = None, copy: bool | None = None
) -> Array:
    """The elements of ``a`` in another shape; one length may be -1, which is then worked out.

    f32[2,3] -> f32[6] for shape -1. ``order`` "F" counts the first axis fastest.

    >>> import lazyax.numpy as np
    >>> np.reshape(np.zeros((2, 3)), (3, -1)).shape
    (3, 2)

    Raises:
        LazyaxTypeError: if the sizes differ.
    """
    x = as_operand("reshape", a)
    lengths = _resolve_shape(x.aval, newshape if shape is None else shape)
    return Array(_in_order(x, lengths, order))


def _resolve_shape(aval: Aval, shape: Any) -> tuple[int, ...]:
    """``shape`` with its -1 worked out.

    Raises:
        LazyaxTypeError: if ``aval`` does not reshape to it.
    """
    shape = shape if isinstance(shape, (tuple, list)) else (shape,)
    lengths = [static_int("reshape", length, "a length") for length in shape]
    known = math.prod([length for length in lengths if length != -1])
    fits = lengths.count(-1) <= 1 and min(lengths, default=0) >= -1
    if fits and -1 in lengths and known and aval.size % known == 0:
        lengths[lengths.index(-1)] = aval.size // known
    if not fits or -1 in lengths or math.prod(lengths) != aval.size:
        raise LazyaxTypeError(
            f"reshape: {aval} has {aval.size} elements, which do not fit shape {tuple(shape)}; "
            "the lengths must multiply to the size, and at most one may be -1"
        )
    return tuple(lengths)


def _in_order(x: Node, shape: tuple[int, ...], order: str) -> Node:
    if order in ("C", "A", "K"):
        return reshape_node(x, shape)
    if order != "F":
        raise LazyaxTypeError(f"reshape: order is 'C' or 'F', got {order!r}")
    return _backwards(reshape_node(_backwards(x), shape[::-1]))


def _backwards(x: Node) -> Node:
    return permute(x, tuple(reversed(range(x.aval.ndim))))


def ravel(a: Any, order: str = "C") -> Array:
    """All elements along one axis. f32[2,3] -> f32[6].

    >>> import lazyax.numpy as np
    >>> print(np.ravel([[1, 2], [3, 4]]))
    [1 2 3 4]
    """
    return reshape(a, -1, order) if as_operand("ravel", a).aval.size else reshape(a, 0)


def transpose(a: Any, axes: Axes = None) -> Array:
    """Axes in another order; reversed unless ``axes`` says which. f32[2,3] -> f32[3,2].

    >>> import lazyax.numpy as np
    >>> np.transpose(np.zeros((2, 3, 4)), (1, 0, 2)).shape
    (3, 2, 4)

    Raises:
        LazyaxTypeError: if ``axes`` is not a permutation of the axes.
    """
    x = as_operand("transpose", a)
    if axes is None:
        return Array(_backwards(x))
    order = as_axes("transpose", tuple(axes), x.aval)
    if len(order) != x.aval.ndim:
        raise LazyaxTypeError(
            f"transpose: {tuple(axes)} is not a permutation of the {x.aval.ndim} axes of {x.aval}"
        )
    return Array(permute(x, order))


permute_dims = transpose


def matrix_transpose(x: Any, /) -> Array:
    """The last two axes swapped. f32[5,2,3] -> f32[5,3,2].

    >>> import lazyax.numpy as np
    >>> np.matrix_transpose(np.zeros((5, 2, 3))).shape
    (5, 3, 2)

    Raises:
        LazyaxTypeError: with fewer than two axes.
    """
    node = as_operand("matrix_transpose", x)
    if node.aval.ndim < 2:
        raise LazyaxTypeError(f"matrix_transpose: needs two axes or more, got {node.aval}")
    return swapaxes(x, -1, -2)


def swapaxes(a: Any, axis1: int, axis2: int) -> Array:
    """Two axes swapped. f32[2,3,4] -> f32[4,3,2] for axes 0 and 2.

    >>> import lazyax.numpy as np
    >>> np.swapaxes(np.zeros((2, 3, 4)), 0, 2).shape
    (4, 3, 2)

    Raises:
        LazyaxTypeError: for an axis out of range.
    """
    x = as_operand("swapaxes", a)
    first, second = (as_axis("swapaxes", axis, x.aval) for axis in (axis1, axis2))
    axes = list(range(x.aval.ndim))
    axes[first], axes[second] = second, first
    return Array(permute(x, axes))


def moveaxis(a: Any, source: Axes, destination: Axes) -> Array:
    """Axes moved to other positions, the others left in their order.

    f32[2,3,4] -> f32[3,4,2] for source 0, destination -1.

    >>> import lazyax.numpy as np
    >>> np.moveaxis(np.zeros((2, 3, 4)), 0, -1).shape
    (3, 4, 2)

    Raises:
        LazyaxTypeError: for an axis out of range or named twice, or unequal numbers of them.
    """
    x = as_operand("moveaxis", a)
    sources = as_axes("moveaxis", source, x.aval)
    destinations = as_axes("moveaxis", destination, x.aval)
    if len(sources) != len(destinations):
        raise LazyaxTypeError(
            f"moveaxis: {len(sources)} axes do not move to {len(destinations)} places"
        )
    axes = [axis for axis in range(x.aval.ndim) if axis not in sources]
    for place, axis in sorted(zip(destinations, sources, strict=True)):
        axes.insert(place, axis)
    return Array(permute(x, axes))


def rollaxis(a: Any, axis: int, start: int = 0) -> Array:
    """One axis moved to before position ``start``. f32[2,3,4] -> f32[4,2,3] for axis 2.

    >>> import lazyax.numpy as np
    >>> np.rollaxis(np.zeros((2, 3, 4)), 2).shape
    (4, 2, 3)

    Raises:
        LazyaxTypeError: for an axis out of range.
    """
    x = as_operand("rollaxis", a)
    axis = as_axis("rollaxis", axis, x.aval)
    before = static_int("rollaxis", start, "start")
    if not -x.aval.ndim <= before <= x.aval.ndim:
        raise LazyaxTypeError(f"rollaxis: start {before} is out of range for {x.aval}")
    place = before + x.aval.ndim if before < 0 else before
    return moveaxis(a, axis, place - 1 if place > axis else place)


def expand_dims(a: Any, axis: Axes) -> Array:
    """New axes of length 1, at positions of the result. f32[3] -> f32[1,3] for axis 0.

    >>> import lazyax.numpy as np
    >>> np.expand_dims(np.zeros(3), (0, 2)).shape
    (1, 3, 1)

    Raises:
        LazyaxTypeError: for an axis out of range or named twice.
    """
    x = as_operand("expand_dims", a)
    count = len(axis) if isinstance(axis, (tuple, list)) else 1
    new = as_axes("expand_dims", axis, x.aval, x.aval.ndim + count)
    old = iter(x.aval.shape)
    shape = [1 if place in new else next(old) for place in range(x.aval.ndim + count)]
    return Array(reshape_node(x, tuple(shape)))


def squeeze(a: Any, axis: Axes = None) -> Array:
    """Without axes of length 1: all of them, or those named. f32[1,3,1] -> f32[3].

    >>> import lazyax.numpy as np
    >>> np.squeeze(np.zeros((1, 3, 1)), axis=0).shape
    (3, 1)

    Raises:
        LazyaxTypeError: for an axis out of range, or of another length.
    """
    x = as_operand("squeeze", a)
    aval = x.aval
    gone = as_axes("squeeze", axis, aval)
    if axis is None:
        gone = tuple([place for place in gone if aval.shape[place] == 1])
    for place in gone:
        if aval.shape[place] != 1:
            raise LazyaxTypeError(
                f"squeeze: axis {place} of {aval} has length {aval.shape[place]}; only axes of "
                "length 1 can be squeezed out"
            )
    shape = [length for place, length in enumerate(aval.shape) if place not in gone]
    return Array(reshape_node(x, tuple(shape)))


def broadcast_to(array: Any, shape: Any) -> Array:
    """``array`` repeated to ``shape`` by NumPy's broadcasting. f32[3] -> f32[2,3].

    >>> import lazyax.numpy as np
    >>> print(np.broadcast_to([1, 2], (2, 2)))
    [[1 2]
     [1 2]]

    Raises:
        LazyaxTypeError: if it does not broadcast to that shape.
    """
    x = as_operand("broadcast_to", array)
    shape = as_shape("broadcast_to", shape)
    target = p.Full(0, shape, x.aval.dtype)()
    if shape_of_all("broadcast_to", [x, target]) != shape:
        raise LazyaxTypeError(f"broadcast_to: {x.aval} does not broadcast to shape {shape}")
    return Array(broadcast_node(x, shape))


def broadcast_shapes(*args: Any) -> tuple[int, ...]:
    """The shape that arrays of these shapes broadcast to.

    >>> import lazyax.numpy as np
    >>> np.broadcast_shapes((2, 1), (3,))
    (2, 3)

    Raises:
        LazyaxTypeError: if there is none.
    """
    shapes = [as_shape("broadcast_shapes", shape) for shape in args]
    try:
        return numpy.broadcast_shapes(*shapes)
    except ValueError:
        raise LazyaxTypeError(
            f"broadcast_shapes: {' and '.join(map(str, shapes))} do not broadcast: counted from "
            "the last axis, lengths must be equal or 1"
        ) from None


def broadcast_arrays(*args: Any) -> list[Array]:
    """Arrays of the one shape that they broadcast to. f32[3], f32[2,1] -> f32[2,3] twice.

    >>> import lazyax.numpy as np
    >>> [x.shape for x in np.broadcast_arrays(np.zeros(3), np.zeros((2, 1)))]
    [(2, 3), (2, 3)]

    Raises:
        LazyaxTypeError: if there is none.
    """
    if not args:
        return []
    nodes = [as_operand("broadcast_arrays", array) for array in args]
    return [Array(node) for node in broadcast("broadcast_arrays", nodes)]


def _at_least(function: str, arrays: Sequence[Any], pad: Any) -> Array | list[Array]:
    nodes = [as_operand(function, array) for array in arrays]
    results = [Array(reshape_node(node, pad(node.aval.shape))) for node in nodes]
    return results[0] if len(results) == 1 else results


@overload
def atleast_1d(ary: Any, /) -> Array: ...


@overload
def atleast_1d(*arys: Any) -> list[Array]: ...


def atleast_1d(*arys: Any) -> Array | list[Array]:
    """Arrays of one axis or more. f32[] -> f32[1].

    >>> import lazyax.numpy as np
    >>> np.atleast_1d(3.0).shape
    (1,)
    """
    return _at_least("atleast_1d", arys, lambda shape: shape or (1,))


@overload
def atleast_2d(ary: Any, /) -> Array: ...


@overload
def atleast_2d(*arys: Any) -> list[Array]: ...


def atleast_2d(*arys: Any) -> Array | list[Array]:
    """Arrays of two axes or more. f32[3] -> f32[1,3].

    >>> import lazyax.numpy as np
    >>> np.atleast_2d([1, 2, 3]).shape
    (1, 3)
    """
    return _at_least("atleast_2d", arys, lambda shape: (1,) * (2 - len(shape)) + shape)


@overload
def atleast_3d(ary: Any, /) -> Array: ...


@overload
def atleast_3d(*arys: Any) -> list[Array]: ...


def atleast_3d(*arys: Any) -> Array | list[Array]:
    """Arrays of three axes or more. f32[3] -> f32[1,3,1]; f32[2,3] -> f32[2,3,1].

    >>> import lazyax.numpy as np
    >>> np.atleast_3d([1, 2, 3]).shape
    (1, 3, 1)
    """
    shapes = {0: lambda s: (1, 1, 1), 1: lambda s: (1, *s, 1), 2: lambda s: (*s, 1)}
    return _at_least("atleast_3d", arys, lambda s: shapes.get(len(s), lambda s: s)(s))

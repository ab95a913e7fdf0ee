"""Means, variances and what else describes many numbers by a few."""

from __future__ import annotations

from typing import Any

import numpy

from lazyax.array import Array
from lazyax.errors import LazyaxTypeError
from lazyax.graph.node import Node
from lazyax.ops import primitives as p
from lazyax.ops.numpy.conventions import (
    Axis,
    as_axes,
    as_axis,
    as_dtype,
    as_operand,
    delivered,
)
from lazyax.ops.numpy.promotion import broadcast, convert, operand, promote
from lazyax.ops.numpy.reductions import SUM, count_along, fold, truth
from lazyax.ops.primitives.kinds import real_dtype


def inexact(function: str, a: Any, dtype: Any = None) -> Node:
    """``a`` as floating or complex numbers.

    Raises:
        LazyaxTypeError: for what is not array-like, and an unknown dtype.
    """
    if dtype is not None:
        return convert(as_operand(function, a), as_dtype(function, dtype))
    return as_operand(function, a, "inexact")


def counted(function: str, x: Node, axis: Axis, keepdims: bool, where: Any) -> Node | float:
    """How many elements each result is made of: a number, or a node where a mask decides."""
    axes = as_axes(function, axis, x.aval)
    if where is None or where is True:
        return float(count_along(x, axes))
    mask, _ = broadcast(function, [truth(as_operand(function, where)), x])
    return fold(SUM, convert(mask, x.aval.dtype), axes, keepdims)


def mean_node(x: Node, axis: Axis, keepdims: bool = False, where: Any = None) -> Node:
    """The mean along ``axis`` of an inexact node."""
    count = counted("mean", x, axis, keepdims, where)
    return fold(SUM, x, axis, keepdims, None, where) / count


def carried(x: Node) -> Node:
    """``x`` in the dtype that statistics are worked out in: float32 for 16 bits and fewer."""
    return convert(x, numpy.dtype("f4")) if x.aval.dtype.itemsize < 4 else x


def mean(
    a: Any, axis: Axis = None, dtype: Any = None, out: Any = None, keepdims: bool = False,
    *, where: Any = None,
) -> Array:  # fmt: skip
    """Arithmetic mean along ``axis``. f32[2,3] -> f32[3] for axis 0; integers give floats.

    >>> import lazyax.numpy as np
    >>> print(np.mean([[1, 2], [3, 4]], axis=0))
    [2. 3.]

    Raises:
        LazyaxTypeError: for an axis out of range, an unknown dtype, and an unfit ``out``.
    """
    x = inexact("mean", a, dtype)
    return delivered(
        "mean", convert(mean_node(carried(x), axis, keepdims, where), x.aval.dtype), out
    )


def variance_node(
    function: str, x: Node, axis: Axis, ddof: float, keepdims: bool, where: Any, mean: Any
) -> Node:
    """Mean square distance from the mean, in two passes: no digits cancel."""
    axes = as_axes(function, axis, x.aval)
    centre = mean_node(x, axes, True, where) if mean is None else as_operand(function, mean)
    distance = p.Subtract()(*broadcast(function, [x, convert(centre, x.aval.dtype)]))
    squares = magnitude_squared(distance)
    total = fold(SUM, squares, axes, keepdims, None, where)
    count = counted(function, squares, axes, keepdims, where)
    return total / (count - ddof)


def freedom(function: str, ddof: float, correction: float | None) -> float:
    """What is taken from the number of elements; ``correction`` is another name for ``ddof``.

    Raises:
        LazyaxTypeError: if both are given.
    """
    if correction is None:
        return ddof
    if ddof:
        raise LazyaxTypeError(
            f"{function}: ddof= and correction= are one thing, got {ddof} and {correction}; give "
            "one of them"
        )
    return correction


def magnitude_squared(x: Node) -> Node:
    """``|x|**2``, real."""
    if x.aval.dtype.kind != "c":
        return x * x
    real, imag = p.Real()(x), p.Imag()(x)
    return real * real + imag * imag


def var(
    a: Any, axis: Axis = None, dtype: Any = None, out: Any = None, ddof: float = 0,
    keepdims: bool = False, *, where: Any = None, mean: Any = None, correction: float | None = None,
) -> Array:  # fmt: skip
    """Variance along ``axis``: the sum of squared distances from the mean, over ``n - ddof``.

    f32[2,3] -> f32[3] for axis 0. ``correction`` is another name for ``ddof``; ``mean``, if it is
    known already, must have its axes kept.

    >>> import lazyax.numpy as np
    >>> print(np.var([1.0, 2.0, 3.0], ddof=1))
    1.0

    Raises:
        LazyaxTypeError: for an axis out of range, an unknown dtype, and an unfit ``out``.
    """
    ddof = freedom("var", ddof, correction)
    return delivered("var", _variance("var", a, axis, dtype, ddof, keepdims, where, mean), out)


def _variance(function, a, axis, dtype, ddof, keepdims, where, mean) -> Node:
    x = inexact(function, a, dtype)
    result = variance_node(function, carried(x), axis, ddof, keepdims, where, mean)
    return convert(result, real_dtype(x.aval.dtype))


def std(
    a: Any, axis: Axis = None, dtype: Any = None, out: Any = None, ddof: float = 0,
    keepdims: bool = False, *, where: Any = None, mean: Any = None, correction: float | None = None,
) -> Array:  # fmt: skip
    """Standard deviation along ``axis``: the root of `var`. f32[2,3] -> f32[3] for axis 0.

    >>> import lazyax.numpy as np
    >>> print(np.std([1.0, 2.0, 3.0], ddof=1))
    1.0

    Raises:
        LazyaxTypeError: for an axis out of range, an unknown dtype, and an unfit ``out``.
    """
    ddof = freedom("std", ddof, correction)
    variance = _variance("std", a, axis, dtype, ddof, keepdims, where, mean)
    return delivered("std", p.Sqrt()(variance), out)


def average(
    a: Any, axis: Axis = None, weights: Any = None, returned: bool = False, *,
    keepdims: bool = False,
) -> Any:  # fmt: skip
    """Mean along ``axis``, weighted; with ``returned`` the sum of the weights as well.

    The weights have the shape of ``a``, or are 1-d along ``axis``.

    >>> import lazyax.numpy as np
    >>> print(np.average([1, 2, 3], weights=[0, 1, 1]))
    2.5

    Raises:
        LazyaxTypeError: for an axis out of range, or weights that do not fit.
    """
    if weights is None:
        x = inexact("average", a)
        result = convert(mean_node(carried(x), axis, keepdims), x.aval.dtype)
        count = float(count_along(x, as_axes("average", axis, x.aval)))
        return (Array(result), Array(result.like(count))) if returned else Array(result)
    x, w = promote([operand(one, "average") for one in (a, weights)], "inexact")
    if w.aval.shape != x.aval.shape:
        w = _weights_along("average", x, w, axis)
    total = fold(SUM, w, axis, keepdims)
    result = fold(SUM, x * w, axis, keepdims) / total
    return (Array(result), Array(total)) if returned else Array(result)


def _weights_along(function: str, x: Node, w: Node, axis: Axis) -> Node:
    """1-d weights along one axis, as an array of the shape of ``x``."""
    if axis is None or w.aval.ndim != 1:
        raise LazyaxTypeError(
            f"{function}: weights {w.aval} need the shape of {x.aval}, or one axis and axis="
        )
    place = as_axis(function, axis, x.aval)
    if w.aval.size != x.aval.shape[place]:
        raise LazyaxTypeError(
            f"{function}: weights {w.aval} do not fit axis {place} of {x.aval}; give one for each "
            "element of it"
        )
    return p.Broadcast(x.aval.shape, (place,))(w)

"""Reductions of every prefix along an axis."""

from __future__ import annotations

from typing import Any

import numpy

from lazyax.array import Array
from lazyax.errors import LazyaxTypeError
from lazyax.graph.node import Node
from lazyax.graph.op import Op
from lazyax.ops import primitives as p
from lazyax.ops.numpy.conventions import as_axis, as_operand, delivered
from lazyax.ops.numpy.promotion import convert
from lazyax.ops.numpy.reductions import accumulator
from lazyax.ops.numpy.ufuncs import isnan
from lazyax.ops.primitives.shape import reshape


def accumulate(function: str, op: type[Op], x: Node, axis: int | None) -> Node:
    """Every prefix of ``x`` reduced along ``axis``, or of its elements in row-major order.

    Raises:
        LazyaxTypeError: for an axis out of range.
    """
    if axis is None:
        x, axis = reshape(x, (x.aval.size,)), 0
    axis = as_axis(function, axis, x.aval)
    narrow = x.aval.is_inexact and x.aval.dtype.itemsize < 4
    wide = convert(x, numpy.dtype("f4")) if narrow else x
    return convert(op(axis)(wide), x.aval.dtype)


def cumsum(a: Any, axis: int | None = None, dtype: Any = None, out: Any = None) -> Array:
    """Sum of every prefix along ``axis``, or of the flattened array. f32[2,3] -> f32[2,3].

    >>> import lazyax.numpy as np
    >>> print(np.cumsum([1, 2, 3]))
    [1 3 6]

    Raises:
        LazyaxTypeError: for an axis out of range, an unknown dtype, and an unfit ``out``.
    """
    x = accumulator(as_operand("cumsum", a), dtype, "cumsum")
    return delivered("cumsum", accumulate("cumsum", p.CumSum, x, axis), out)


def cumprod(a: Any, axis: int | None = None, dtype: Any = None, out: Any = None) -> Array:
    """Product of every prefix along ``axis``, or of the flattened array. f32[2,3] -> f32[2,3].

    >>> import lazyax.numpy as np
    >>> print(np.cumprod([1, 2, 3]))
    [1 2 6]

    Raises:
        LazyaxTypeError: for an axis out of range, an unknown dtype, and an unfit ``out``.
    """
    x = accumulator(as_operand("cumprod", a), dtype, "cumprod")
    return delivered("cumprod", accumulate("cumprod", p.CumProd, x, axis), out)


cumproduct = cumprod  # what early NumPy and JAX called it


def _replaced_nan(function: str, a: Any, value: float) -> Node:
    x = as_operand(function, a)
    if not x.aval.is_inexact:
        return x
    return p.Select()(isnan(Array(x))._node, x.like(value), x)


def nancumsum(a: Any, axis: int | None = None, dtype: Any = None, out: Any = None) -> Array:
    """`cumsum`, of which NaN counts as zero.

    >>> import lazyax.numpy as np
    >>> print(np.nancumsum([1.0, np.nan, 3.0]))
    [1. 1. 4.]

    Raises:
        LazyaxTypeError: for an axis out of range, an unknown dtype, and an unfit ``out``.
    """
    return cumsum(Array(_replaced_nan("nancumsum", a, 0)), axis, dtype, out)


def nancumprod(a: Any, axis: int | None = None, dtype: Any = None, out: Any = None) -> Array:
    """`cumprod`, of which NaN counts as one.

    >>> import lazyax.numpy as np
    >>> print(np.nancumprod([2.0, np.nan, 3.0]))
    [2. 2. 6.]

    Raises:
        LazyaxTypeError: for an axis out of range, an unknown dtype, and an unfit ``out``.
    """
    return cumprod(Array(_replaced_nan("nancumprod", a, 1)), axis, dtype, out)


def _array_api(function: str, op: type[Op], x: Any, axis, dtype, include_initial: bool, first):
    node = accumulator(as_operand(function, x), dtype, function)
    if axis is None:
        if node.aval.ndim != 1:
            raise LazyaxTypeError(f"{function}: needs axis= for {node.aval}")
        axis = 0
    axis = as_axis(function, axis, node.aval)
    result = accumulate(function, op, node, axis)
    if not include_initial:
        return Array(result)
    shape = tuple([1 if place == axis else n for place, n in enumerate(node.aval.shape)])
    start = p.Full(first, shape, result.aval.dtype)()
    return Array(p.Concatenate(axis)(start, result))


def cumulative_sum(
    x: Any, /, *, axis: int | None = None, dtype: Any = None, out: Any = None,
    include_initial: bool = False,
) -> Array:  # fmt: skip
    """`cumsum` by the array API's name; ``include_initial`` puts the empty sum first.

    >>> import lazyax.numpy as np
    >>> print(np.cumulative_sum([1, 2, 3], include_initial=True))
    [0 1 3 6]

    Raises:
        LazyaxTypeError: for an axis out of range or missing, an unknown dtype, or unfit ``out``.
    """
    return delivered(
        "cumulative_sum",
        _array_api("cumulative_sum", p.CumSum, x, axis, dtype, include_initial, 0)._node,
        out,
    )


def cumulative_prod(
    x: Any, /, *, axis: int | None = None, dtype: Any = None, out: Any = None,
    include_initial: bool = False,
) -> Array:  # fmt: skip
    """`cumprod` by the array API's name; ``include_initial`` puts the empty product first.

    >>> import lazyax.numpy as np
    >>> print(np.cumulative_prod([1, 2, 3], include_initial=True))
    [1 1 2 6]

    Raises:
        LazyaxTypeError: for an axis out of range or missing, an unknown dtype, or unfit ``out``.
    """
    return delivered(
        "cumulative_prod",
        _array_api("cumulative_prod", p.CumProd, x, axis, dtype, include_initial, 1)._node,
        out,
    )

"""Reductions that leave NaN out."""

from __future__ import annotations

from typing import Any

from lazyax.array import Array
from lazyax.errors import LazyaxTypeError
from lazyax.graph.node import Node
from lazyax.ops import primitives as p
from lazyax.ops.numpy.conventions import Axis, as_axes, as_operand, delivered
from lazyax.ops.numpy.promotion import broadcast, convert
from lazyax.ops.numpy.reductions import (
    ALL,
    MAX,
    MIN,
    PROD,
    SUM,
    Fold,
    accumulator,
    fold,
    truth,
)
from lazyax.ops.numpy.statistics import carried, freedom, inexact, magnitude_squared
from lazyax.ops.primitives.kinds import real_dtype


def _is_number(x: Node) -> Node:
    return p.Equal()(x, x)


def _kept(x: Node, where: Any) -> Node:
    """Which elements count: those that are no NaN, and where the mask holds."""
    if where is None or where is True:
        return _is_number(x)
    mask, numbers = broadcast("where", [truth(as_operand("where", where)), _is_number(x)])
    return p.And()(mask, numbers)


def _without_nan(how: Fold, x: Node, axis: Axis, keepdims: bool, initial: Any, where: Any) -> Node:
    if not x.aval.is_inexact:
        return fold(how, x, axis, keepdims, initial, where)
    return fold(how, x, axis, keepdims, initial, Array(_kept(x, where)))


def nansum(
    a: Any, axis: Axis = None, dtype: Any = None, out: Any = None, keepdims: bool = False,
    initial: Any = None, where: Any = None,
) -> Array:  # fmt: skip
    """`sum`, of which NaN counts as zero.

    >>> import lazyax.numpy as np
    >>> print(np.nansum([1.0, np.nan, 3.0]))
    4.0

    Raises:
        LazyaxTypeError: for an axis out of range, an unknown dtype, and an unfit ``out``.
    """
    x = accumulator(as_operand("nansum", a), dtype, "nansum")
    return delivered("nansum", _without_nan(SUM, x, axis, keepdims, initial, where), out)


def nanprod(
    a: Any, axis: Axis = None, dtype: Any = None, out: Any = None, keepdims: bool = False,
    initial: Any = None, where: Any = None,
) -> Array:  # fmt: skip
    """`prod`, of which NaN counts as one.

    >>> import lazyax.numpy as np
    >>> print(np.nanprod([2.0, np.nan, 3.0]))
    6.0

    Raises:
        LazyaxTypeError: for an axis out of range, an unknown dtype, and an unfit ``out``.
    """
    x = accumulator(as_operand("nanprod", a), dtype, "nanprod")
    return delivered("nanprod", _without_nan(PROD, x, axis, keepdims, initial, where), out)


def _extreme(how: Fold, x: Node, axis: Axis, keepdims: bool, initial: Any, where: Any) -> Node:
    """Where all are NaN, so is the result."""
    if not x.aval.is_inexact:
        return fold(how, x, axis, keepdims, initial, where)
    lowest = how.identity(x.aval.dtype)
    numbers = _is_number(x)
    result = fold(how, p.Select()(numbers, x, x.like(lowest)), axis, keepdims, initial, where)
    none = fold(ALL, p.Not()(numbers), axis, keepdims)
    return p.Select()(none, result.like(float("nan")), result)


def nanmax(
    a: Any, axis: Axis = None, out: Any = None, keepdims: bool = False, initial: Any = None,
    where: Any = None,
) -> Array:  # fmt: skip
    """Largest element that is no NaN along ``axis``; NaN where there is none.

    >>> import lazyax.numpy as np
    >>> print(np.nanmax([1.0, np.nan, 3.0]))
    3.0

    Raises:
        LazyaxTypeError: for an axis out of range, no elements, and an unfit ``out``.
    """
    return delivered(
        "nanmax", _extreme(MAX, as_operand("nanmax", a), axis, keepdims, initial, where), out
    )


def nanmin(
    a: Any, axis: Axis = None, out: Any = None, keepdims: bool = False, initial: Any = None,
    where: Any = None,
) -> Array:  # fmt: skip
    """Smallest element that is no NaN along ``axis``; NaN where there is none.

    >>> import lazyax.numpy as np
    >>> print(np.nanmin([1.0, np.nan, 3.0]))
    1.0

    Raises:
        LazyaxTypeError: for an axis out of range, no elements, and an unfit ``out``.
    """
    return delivered(
        "nanmin", _extreme(MIN, as_operand("nanmin", a), axis, keepdims, initial, where), out
    )


def _counts(x: Node, axis: Axis, keepdims: bool, where: Any) -> Node:
    dtype = real_dtype(x.aval.dtype)
    return fold(SUM, convert(_kept(x, where), dtype), axis, keepdims)


def _floating(function: str, a: Any, dtype: Any) -> Node:
    """``a`` in the dtype that is asked for, else as floating or complex numbers.

    Raises:
        LazyaxTypeError: for a dtype of integers where ``a`` may have NaN.
    """
    x = inexact(function, a, dtype)
    if not x.aval.is_inexact and as_operand(function, a).aval.is_inexact:
        raise LazyaxTypeError(
            f"{function}: an inexact array needs an inexact dtype, got {x.aval.dtype}; use astype"
        )
    return x


def _mean(x: Node, axis: Axis, keepdims: bool, where: Any) -> Node:
    total = _without_nan(SUM, x, axis, keepdims, None, where)
    return total / convert(_counts(x, axis, keepdims, where), x.aval.dtype)


def nanmean(
    a: Any, axis: Axis = None, dtype: Any = None, out: Any = None, keepdims: bool = False,
    *, where: Any = None,
) -> Array:  # fmt: skip
    """`mean` of what is no NaN; NaN where there is none.

    >>> import lazyax.numpy as np
    >>> print(np.nanmean([1.0, np.nan, 3.0]))
    2.0

    Raises:
        LazyaxTypeError: for an axis out of range, an unknown dtype, and an unfit ``out``.
    """
    x = _floating("nanmean", a, dtype)
    return delivered(
        "nanmean", convert(_mean(carried(x), axis, keepdims, where), x.aval.dtype), out
    )


def _variance(function: str, a: Any, axis, dtype, ddof, keepdims, where, mean) -> Node:
    x = _floating(function, a, dtype)
    wide = carried(x)
    axes = as_axes(function, axis, wide.aval)
    centre = _mean(wide, axes, True, where) if mean is None else as_operand(function, mean)
    distance = p.Subtract()(*broadcast(function, [wide, convert(centre, wide.aval.dtype)]))
    total = _without_nan(SUM, magnitude_squared(distance), axes, keepdims, None, where)
    left = _counts(wide, axes, keepdims, where) - ddof
    some = p.Greater()(left, left.like(0))
    result = p.Select()(some, total / left, total.like(float("nan")))
    return convert(result, real_dtype(x.aval.dtype))


def nanvar(
    a: Any, axis: Axis = None, dtype: Any = None, out: Any = None, ddof: float = 0,
    keepdims: bool = False, *, where: Any = None, mean: Any = None, correction: float | None = None,
) -> Array:  # fmt: skip
    """`var` of what is no NaN; NaN where too little is left.

    >>> import lazyax.numpy as np
    >>> print(np.nanvar([1.0, np.nan, 3.0]))
    1.0

    Raises:
        LazyaxTypeError: for an axis out of range, an unknown dtype, and an unfit ``out``.
    """
    ddof = freedom("nanvar", ddof, correction)
    return delivered(
        "nanvar", _variance("nanvar", a, axis, dtype, ddof, keepdims, where, mean), out
    )


def nanstd(
    a: Any, axis: Axis = None, dtype: Any = None, out: Any = None, ddof: float = 0,
    keepdims: bool = False, *, where: Any = None, mean: Any = None, correction: float | None = None,
) -> Array:  # fmt: skip
    """`std` of what is no NaN; NaN where too little is left.

    >>> import lazyax.numpy as np
    >>> print(np.nanstd([1.0, np.nan, 3.0]))
    1.0

    Raises:
        LazyaxTypeError: for an axis out of range, an unknown dtype, and an unfit ``out``.
    """
    ddof = freedom("nanstd", ddof, correction)
    return delivered(
        "nanstd",
        p.Sqrt()(_variance("nanstd", a, axis, dtype, ddof, keepdims, where, mean)),
        out,
    )

"""Reductions: a monoid folded along axes, with NumPy's ``axis``, ``keepdims`` and ``where``."""

from __future__ import annotations

import functools
import math
from collections.abc import Callable
from typing import Any

import attrs
import numpy

from lazyax.array import Array
from lazyax.config import default_dtype
from lazyax.errors import LazyaxTypeError
from lazyax.graph.aval import Aval
from lazyax.graph.node import Node
from lazyax.graph.op import Op
from lazyax.ops import primitives as p
from lazyax.ops.numpy import compositions as c
from lazyax.ops.numpy.compositions import truth
from lazyax.ops.numpy.conventions import (
    Axis,
    as_axes,
    as_dtype,
    as_operand,
    delivered,
    keep_axes,
)
from lazyax.ops.numpy.promotion import broadcast, broadcast_to, convert
from lazyax.ops.primitives.reduce import highest, lowest


@attrs.frozen(eq=False)
class Fold:
    """How one function reduces.

    Attributes:
        name: the function's, for messages.
        op: makes the primitive of sorted axes.
        combine: of two values, for ``initial``.
        identity: by dtype: what ``where=False`` elements count as.
        has_identity: whether an empty axis, or ``where``, has a result without ``initial``.
    """

    name: str
    op: Callable[[tuple[int, ...]], Op]
    combine: Callable[[Node, Node], Node]
    identity: Callable[[numpy.dtype], complex]
    has_identity: bool = True


SUM = Fold("sum", p.ReduceSum, p.Add(), lambda dtype: 0)
PROD = Fold("prod", p.ReduceProd, p.Multiply(), lambda dtype: 1)
MAX = Fold("max", p.ReduceMax, c.maximum, lowest, has_identity=False)
MIN = Fold("min", p.ReduceMin, c.minimum, highest, has_identity=False)
ALL = Fold("all", p.ReduceAnd, p.And(), lambda dtype: True)
ANY = Fold("any", p.ReduceOr, p.Or(), lambda dtype: False)


def fold(
    how: Fold, x: Node, axis: Axis, keepdims: bool = False, initial: Any = None, where: Any = None
) -> Node:
    """``x`` reduced along ``axis``: the one place that all reductions go through.

    Raises:
        LazyaxTypeError: for a bad axis, and for a maximum of nothing.
    """
    x = masked(how, x, where, initial)
    aval = x.aval
    axes, op, empty = _plan(how, tuple(axis) if isinstance(axis, list) else axis, aval)
    if empty and not how.has_identity and initial is None:
        raise LazyaxTypeError(
            f"{how.name}: {aval} has no elements along axis {axis}, and {how.name} of nothing "
            "has no value; give initial="
        )
    if op is not None:
        x = _in_accumulator(op, x)
    if initial is not None:
        start = convert(as_operand(how.name, initial), x.aval.dtype)
        x = how.combine(x, broadcast_to(start, x.aval.shape))
    return keep_axes(x, aval, axes, keepdims)


@functools.lru_cache(maxsize=4096)
def _plan(how: Fold, axis: Axis, aval: Aval) -> tuple[tuple[int, ...], Op | None, bool]:
    """The axes, the op that folds them, and whether one of them is empty."""
    axes = tuple(sorted(as_axes(how.name, axis, aval)))
    empty = 0 in [aval.shape[one] for one in axes]
    return axes, how.op(axes) if axes else None, empty


def _in_accumulator(op: Op, x: Node) -> Node:
    """``op`` of ``x``; sums and products of 16 bits and fewer are carried in float32."""
    narrow = x.aval.dtype.itemsize < 4 and x.aval.is_inexact
    if narrow and isinstance(op, (p.ReduceSum, p.ReduceProd)):
        return p.Convert(x.aval.dtype)(op(p.Convert(numpy.dtype("f4"))(x)))
    if x.aval.kind == "c" and isinstance(op, (p.ReduceMax, p.ReduceMin)):
        return _extreme_of_complex(op, x)
    return op(x)


def _extreme_of_complex(op: Op, x: Node) -> Node:
    """By real part, and of those equal in it by imaginary part, as NumPy's; NaN wins."""
    real, imag = p.Real()(x), p.Imag()(x)
    first = op(real)
    among = p.Equal()(real, op.spread(first, x.aval.shape))
    second = op(p.Select()(among, imag, imag.like(op.identity(imag.aval.dtype))))
    spoilt = p.ReduceOr(op.axes)(c.is_nan(x))
    chosen = p.Complex()(first, second)
    return p.Select()(spoilt, chosen.like(complex(math.nan, math.nan)), chosen)


def masked(how: Fold, x: Node, where: Any, initial: Any = None) -> Node:
    """``x`` with what ``where`` leaves out replaced by the identity.

    Raises:
        LazyaxTypeError: where there is none and no ``initial`` either, or shapes do not fit.
    """
    if where is None or where is True:
        return x
    if not how.has_identity and initial is None:
        raise LazyaxTypeError(f"{how.name}: where= needs initial=, the value of a max of nothing")
    mask, x = broadcast(how.name, [truth(as_operand(how.name, where)), x])
    return p.Select()(mask, x, x.like(how.identity(x.aval.dtype)))


def accumulator(x: Node, dtype: Any, function: str) -> Node:
    """``x`` in the dtype that sums and products use: small integers are widened, as NumPy's.

    bool and integers narrower than the default become the default integer; others stay.
    """
    if dtype is not None:
        return convert(x, as_dtype(function, dtype))
    kind, size = x.aval.dtype.kind, x.aval.dtype.itemsize
    wide = default_dtype(int)
    if kind == "b" or (kind == "i" and size < wide.itemsize):
        return convert(x, wide)
    if kind == "u" and size < wide.itemsize:
        return convert(x, numpy.dtype(f"u{wide.itemsize}"))
    return x


def sum(
    a: Any, axis: Axis = None, dtype: Any = None, out: Any = None, keepdims: bool = False,
    initial: Any = None, where: Any = None,
) -> Array:  # fmt: skip
    """Sum of the elements along ``axis``.

    f32[2,3] -> f32[3] for axis 0, f32[1,3] with keepdims. bools and narrow integers are summed
    in the default integer.

    >>> import lazyax.numpy as np
    >>> print(np.sum([[1, 2], [3, 4]], axis=0))
    [4 6]

    Raises:
        LazyaxTypeError: for an axis out of range, an unknown dtype, and an unfit ``out``.
    """
    x = accumulator(as_operand("sum", a), dtype, "sum")
    return delivered("sum", fold(SUM, x, axis, keepdims, initial, where), out)


def prod(
    a: Any, axis: Axis = None, dtype: Any = None, out: Any = None, keepdims: bool = False,
    initial: Any = None, where: Any = None,
) -> Array:  # fmt: skip
    """Product of the elements along ``axis``.

    f32[2,3] -> f32[3] for axis 0, f32[1,3] with keepdims.

    >>> import lazyax.numpy as np
    >>> print(np.prod([[1, 2], [3, 4]], axis=0))
    [3 8]

    Raises:
        LazyaxTypeError: for an axis out of range, an unknown dtype, and an unfit ``out``.
    """
    x = accumulator(as_operand("prod", a), dtype, "prod")
    return delivered("prod", fold(PROD, x, axis, keepdims, initial, where), out)


def max(
    a: Any, axis: Axis = None, out: Any = None, keepdims: bool = False,
    initial: Any = None, where: Any = None,
) -> Array:  # fmt: skip
    """Largest element along ``axis``; NaN wins.

    f32[2,3] -> f32[3] for axis 0, f32[1,3] with keepdims.

    >>> import lazyax.numpy as np
    >>> print(np.max([[1, 4], [3, 2]], axis=0))
    [3 4]

    Raises:
        LazyaxTypeError: for an axis out of range, no elements without ``initial``, unfit ``out``.
    """
    return delivered("max", fold(MAX, as_operand("max", a), axis, keepdims, initial, where), out)


def min(
    a: Any, axis: Axis = None, out: Any = None, keepdims: bool = False,
    initial: Any = None, where: Any = None,
) -> Array:  # fmt: skip
    """Smallest element along ``axis``; NaN wins.

    f32[2,3] -> f32[3] for axis 0, f32[1,3] with keepdims.

    >>> import lazyax.numpy as np
    >>> print(np.min([[1, 4], [3, 2]], axis=0))
    [1 2]

    Raises:
        LazyaxTypeError: for an axis out of range, no elements without ``initial``, unfit ``out``.
    """
    return delivered("min", fold(MIN, as_operand("min", a), axis, keepdims, initial, where), out)


amax, amin = max, min


def all(
    a: Any, axis: Axis = None, out: Any = None, keepdims: bool = False, *, where: Any = None
) -> Array:
    """Whether all elements along ``axis`` are true. f32[2,3] -> bool[3] for axis 0.

    >>> import lazyax.numpy as np
    >>> print(np.all([[1, 0], [1, 1]], axis=0))
    [ True False]

    Raises:
        LazyaxTypeError: for an axis out of range, and an unfit ``out``.
    """
    return delivered(
        "all", fold(ALL, truth(as_operand("all", a)), axis, keepdims, None, where), out
    )


def any(
    a: Any, axis: Axis = None, out: Any = None, keepdims: bool = False, *, where: Any = None
) -> Array:
    """Whether some element along ``axis`` is true. f32[2,3] -> bool[3] for axis 0.

    >>> import lazyax.numpy as np
    >>> print(np.any([[0, 0], [1, 0]], axis=0))
    [ True False]

    Raises:
        LazyaxTypeError: for an axis out of range, and an unfit ``out``.
    """
    return delivered(
        "any", fold(ANY, truth(as_operand("any", a)), axis, keepdims, None, where), out
    )


alltrue, sometrue, product = all, any, prod  # what early NumPy and JAX called them


def count_nonzero(a: Any, axis: Axis = None, *, keepdims: bool = False) -> Array:
    """Number of elements along ``axis`` that are not zero. f32[2,3] -> i32[3] for axis 0.

    >>> import lazyax.numpy as np
    >>> print(np.count_nonzero([0, 3, 0, 5]))
    2

    Raises:
        LazyaxTypeError: for an axis out of range.
    """
    nonzero = truth(as_operand("count_nonzero", a))
    return Array(fold(SUM, convert(nonzero, default_dtype(int)), axis, keepdims))


def ptp(a: Any, axis: Axis = None, out: Any = None, keepdims: bool = False) -> Array:
    """Largest minus smallest element along ``axis``. f32[2,3] -> f32[3] for axis 0.

    >>> import lazyax.numpy as np
    >>> print(np.ptp([3, 9, 5]))
    6

    Raises:
        LazyaxTypeError: for an axis out of range, no elements, and an unfit ``out``.
    """
    x = as_operand("ptp", a)
    return delivered("ptp", fold(MAX, x, axis, keepdims) - fold(MIN, x, axis, keepdims), out)


def count_along(x: Node, axes: tuple[int, ...]) -> int:
    """How many elements each result of a reduction along ``axes`` is made of."""
    return math.prod([x.aval.shape[axis] for axis in axes])

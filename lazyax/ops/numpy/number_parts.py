"""Numbers taken apart: quotients and remainders, mantissas and exponents, bits."""

from __future__ import annotations

from typing import Any

import ml_dtypes
import numpy

from lazyax.array import Array
from lazyax.errors import LazyaxTypeError
from lazyax.graph.node import Node
from lazyax.ops import primitives as p
from lazyax.ops.numpy.compositions import (
    integers_only,
    is_zero,
    one_for_zero,
    only,
    truth,
)
from lazyax.ops.numpy.conventions import as_axis, as_dtype, as_operand, static_int
from lazyax.ops.numpy.elementwise import binary, unary, where_given
from lazyax.ops.numpy.promotion import broadcast, convert
from lazyax.ops.numpy.ufuncs import floor_divide, remainder, trunc
from lazyax.ops.primitives.shape import reshape


def divmod(
    x1: Any, x2: Any, out: Any = None, *, where: Any = True, dtype: Any = None
) -> tuple[Array, Array]:
    """Quotient rounded down, and remainder, which has the sign of ``x2``.

    >>> import lazyax.numpy as np
    >>> print(*np.divmod([7, -7], 3))
    [ 2 -3] [1 2]

    Raises:
        LazyaxTypeError: if the shapes do not broadcast, and for an unfit ``out``.
    """
    quotient, rest = floor_divide(x1, x2, dtype=dtype), remainder(x1, x2, dtype=dtype)
    return _both("divmod", quotient._node, rest._node, out, where)


def _floats(function: str, x: Any, dtype: Any) -> Node:
    node = as_operand(function, x, "inexact")
    return node if dtype is None else convert(node, as_dtype(function, dtype))


def modf(x: Any, out: Any = None, *, where: Any = True, dtype: Any = None) -> tuple[Array, Array]:
    """Fraction and whole part, both with the sign of ``x``.

    >>> import lazyax.numpy as np
    >>> print(*np.modf([1.25, -1.25]))
    [ 0.25 -0.25] [ 1. -1.]

    Raises:
        LazyaxTypeError: for an unfit ``out``.
    """
    node = _floats("modf", x, dtype)
    whole = trunc(Array(node))._node
    size = p.Absolute()(node)
    infinite = p.Equal()(size, size.like(numpy.inf))
    fraction = p.Select()(infinite, node.like(0), node - whole)
    return _both("modf", fraction, whole, out, where)


def _both(function: str, one: Node, other: Node, out: Any, where: Any) -> tuple[Array, Array]:
    """Two results, of which ``out`` may have an array for each, or for the first."""
    outs = out if isinstance(out, tuple) else (out,)
    first, second = (*outs, None)[:2]
    return where_given(function, one, first, where), where_given(function, other, second, where)


def _wide(x: Node) -> Node:
    """16 bits and fewer as float32, which has their values and more exponents."""
    return convert(x, numpy.dtype("f4")) if x.aval.dtype.itemsize < 4 else x


def _layout(x: Node) -> tuple[numpy.dtype, int, int]:
    """Integers of the width of a float, its mantissa's bits, and its exponent's bias."""
    mantissa = ml_dtypes.finfo(x.aval.dtype).nmant
    return numpy.dtype(f"i{x.aval.dtype.itemsize}"), mantissa, 127 if mantissa == 23 else 1023


def _power_of_two(exponent: Node, dtype: numpy.dtype) -> Node:
    """2**exponent exactly, for exponents of normal numbers."""
    _, mantissa, bias = _layout(p.Full(0, (), dtype)())
    bits = p.ShiftLeft()(exponent + bias, exponent.like(mantissa))
    return p.BitcastConvert(dtype)(bits)


def frexp(x: Any, out: Any = None, *, where: Any = True, dtype: Any = None) -> tuple[Array, Array]:
    """Mantissa, of size 0.5 to 1, and exponent: ``x == mantissa * 2**exponent``.

    f32[3] -> f32[3], i32[3].

    >>> import lazyax.numpy as np
    >>> print(*np.frexp([8.0, 0.75]))
    [0.5  0.75] [4 0]

    Raises:
        LazyaxTypeError: for complex numbers, and an unfit ``out``.
    """
    narrow = _floats("frexp", x, dtype)
    if narrow.aval.dtype.kind == "c":
        raise LazyaxTypeError(f"frexp: needs real numbers, got {narrow.aval}")
    node = _wide(narrow)
    integers, mantissa_bits, bias = _layout(node)
    tiny = p.Less()(p.Absolute()(node), node.like(float(ml_dtypes.finfo(node.aval.dtype).tiny)))
    lifted = p.Select()(tiny, node * 2.0**mantissa_bits, node)  # out of the denormal numbers
    bits = p.BitcastConvert(integers)(lifted)
    places = p.ShiftRightLogical()(bits, bits.like(mantissa_bits))
    exponent = p.And()(places, bits.like(2 * bias + 1)) - (bias - 1)
    mantissa = lifted * _power_of_two(-_within(exponent, 1 - bias, bias - 1), node.aval.dtype)
    exponent = p.Select()(tiny, exponent - mantissa_bits, exponent)
    special = p.Or()(p.Not()(p.IsFinite()(node)), p.Equal()(node, node.like(0)))
    mantissa = p.Select()(special, node, mantissa)
    exponent = p.Select()(special, exponent.like(0), exponent)
    exponent = convert(exponent, numpy.dtype("i4"))
    return _both("frexp", convert(mantissa, narrow.aval.dtype), exponent, out, where)


def _within(x: Node, low: int, high: int) -> Node:
    return p.Clamp()(x.like(low), x, x.like(high))


def ldexp(x1: Any, x2: Any, out: Any = None, *, where: Any = True, dtype: Any = None) -> Array:
    """``x1 * 2**x2``, exact unless it overflows or underflows. f32[3], i32[3] -> f32[3].

    >>> import lazyax.numpy as np
    >>> print(np.ldexp([0.5, 3.0], [4, -1]))
    [8.  1.5]

    Raises:
        LazyaxTypeError: unless ``x2`` are integers, if shapes do not broadcast, for unfit ``out``.
    """
    narrow, power = _floats("ldexp", x1, dtype), as_operand("ldexp", x2)
    if power.aval.dtype.kind not in "iu":
        raise LazyaxTypeError(f"ldexp: the exponents must be integers, got {power.aval}")
    node, power = broadcast("ldexp", [_wide(narrow), power])
    integers, _, bias = _layout(node)
    left = _within(convert(power, integers), -4 * bias, 4 * bias)
    for _ in range(4):
        step = _within(left, 1 - bias, bias)
        node = node * _power_of_two(step, node.aval.dtype)
        left = left - step
    return where_given("ldexp", convert(node, narrow.aval.dtype), out, where)


def _spacing(x: Node) -> Node:
    """To the next number away from zero, with the sign of ``x``."""
    outward = p.Select()(p.Less()(x, x.like(0)), x.like(-numpy.inf), x.like(numpy.inf))
    return p.NextAfter()(x, outward) - x


def _bitwise_count(x: Node) -> Node:
    magnitude = p.Absolute()(x) if x.aval.dtype.kind == "i" else x
    if x.aval.dtype.kind == "b":
        return convert(x, numpy.dtype("u1"))
    return convert(p.PopulationCount()(magnitude), numpy.dtype("u1"))


def _gcd(x: Node, y: Node) -> Node:
    """Euclid's algorithm, in as many steps as neighbours in Fibonacci's sequence of this width."""
    for _ in range(int(x.aval.dtype.itemsize * 8 * 1.4405) + 1):
        done = is_zero(y)
        rest = p.Remainder()(x, one_for_zero(y))
        x, y = p.Select()(done, x, y), p.Select()(done, y, rest)
    return _size(x)


def _size(x: Node) -> Node:
    return p.Absolute()(x) if x.aval.dtype.kind == "i" else x


def _lcm(x: Node, y: Node) -> Node:
    return p.Divide()(_size(x), one_for_zero(_gcd(x, y))) * _size(y)


gcd = binary("gcd", only("signed unsigned", "gcd", _gcd, "it needs integers"))
lcm = binary("lcm", only("signed unsigned", "lcm", _lcm, "it needs integers"))
spacing = unary("spacing", _spacing, "inexact")
bitwise_count = unary("bitwise_count", integers_only("bitwise_count", _bitwise_count))


def packbits(a: Any, axis: int | None = None, bitorder: str = "big") -> Array:
    """Eight elements along ``axis`` as the bits of one byte, zeros at the end. bool[9] -> u8[2].

    >>> import lazyax.numpy as np
    >>> print(np.packbits([1, 0, 0, 0, 0, 0, 0, 1]))
    [129]

    Raises:
        LazyaxTypeError: unless the elements are integers or bools, and for an axis out of range.
    """
    x, axis = _bits_along("packbits", a, axis, bitorder)
    missing = -x.aval.shape[axis] % 8
    ends = tuple([missing if place == axis else 0 for place in range(x.aval.ndim)])
    zeros = (0,) * x.aval.ndim
    x = p.Pad(zeros, ends, zeros)(truth(x), p.Full(False, (), numpy.dtype(bool))())
    shape = x.aval.shape
    groups = reshape(x, (*shape[:axis], shape[axis] // 8, 8, *shape[axis + 1 :]))
    weights = p.Broadcast(groups.aval.shape, (axis + 1,))(_powers(bitorder))
    return Array(p.ReduceSum((axis + 1,))(p.Convert(BYTE)(groups) * weights))


BYTE = numpy.dtype("u1")


def _powers(bitorder: str) -> Node:
    """1, 2, ..., 128 in the order of the bits."""
    number = p.Iota(BYTE, (8,))()
    return p.ShiftLeft()(number.like(1), 7 - number if bitorder == "big" else number)


def _bits_along(function: str, a: Any, axis: int | None, bitorder: str) -> tuple[Node, int]:
    x = as_operand(function, a)
    if x.aval.dtype.kind not in "iub" or bitorder not in ("big", "little"):
        raise LazyaxTypeError(
            f"{function}: needs integers and a bitorder of 'big' or 'little', got {x.aval} and "
            f"{bitorder!r}"
        )
    if axis is None:
        return reshape(x, (x.aval.size,)), 0
    return x, as_axis(function, axis, x.aval)


def unpackbits(
    a: Any, axis: int | None = None, count: int | None = None, bitorder: str = "big"
) -> Array:
    """The bits of each byte along ``axis``, ``count`` of them or all. u8[2] -> u8[16].

    >>> import lazyax.numpy as np
    >>> print(np.unpackbits(np.array([129], "uint8")))
    [1 0 0 0 0 0 0 1]

    Raises:
        LazyaxTypeError: unless the elements are uint8, and for an axis out of range.
    """
    if as_operand("unpackbits", a).aval.dtype != BYTE:
        raise LazyaxTypeError(f"unpackbits: needs uint8, got {as_operand('unpackbits', a).aval}")
    x, axis = _bits_along("unpackbits", a, axis, bitorder)
    shape = x.aval.shape
    full = (*shape[: axis + 1], 8, *shape[axis + 1 :])
    places = tuple([place for place in range(len(full)) if place != axis + 1])
    bits = p.And()(p.Broadcast(full, places)(x), p.Broadcast(full, (axis + 1,))(_powers(bitorder)))
    flat = (*shape[:axis], shape[axis] * 8, *shape[axis + 1 :])
    result = reshape(p.Convert(BYTE)(truth(bits)), flat)
    if count is None:
        return Array(result)
    keep = static_int("unpackbits", count, "count")
    keep = flat[axis] + keep if keep < 0 else keep
    more = tuple([keep - flat[axis] if place == axis else 0 for place in range(len(flat))])
    zeros = (0,) * len(flat)
    return Array(p.Pad(zeros, more, zeros)(result, p.Full(0, (), BYTE)()))

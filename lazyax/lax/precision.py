"""Floats as a format of fewer bits would hold them."""

from __future__ import annotations

from typing import Any

from lazyax.array import Array
from lazyax.ops.numpy.conventions import as_operand, static_int
from lazyax.ops.primitives.precision import ReducePrecision


def reduce_precision(operand: Any, exponent_bits: int, mantissa_bits: int) -> Array:
    """``operand`` rounded to a format of fewer bits, in the dtype that it has.

    Tangents and cotangents are rounded as well. Lowers to `stablehlo.reduce_precision`.

    Args:
        operand: of a real inexact dtype.
        exponent_bits: at least 1.
        mantissa_bits: at least 0.

    Raises:
        LazyaxTypeError: for another dtype, and for too few bits.

    >>> from lazyax import lax
    >>> print(lax.reduce_precision([3.14159, 1e6], exponent_bits=5, mantissa_bits=2))
    [ 3. inf]
    """
    name = "reduce_precision"
    x = as_operand(name, operand)
    bits = [
        static_int(name, given, what)
        for given, what in ((exponent_bits, "exponent_bits"), (mantissa_bits, "mantissa_bits"))
    ]
    return Array(ReducePrecision(*bits)(x))

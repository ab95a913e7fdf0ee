"""Floats rounded to formats of fewer bits."""

from __future__ import annotations

import numpy

from lazyax.graph.aval import aval_of
from lazyax.graph.op import primitive
from lazyax.ops.primitives.kinds import Linear

LAYOUTS = {"bfloat16": (8, 7), "float16": (5, 10), "float32": (8, 23), "float64": (11, 52)}
"""How many bits of exponent and of mantissa dtypes have."""


@primitive
class ReducePrecision(Linear):
    """Values rounded to a format of fewer bits, to even at ties, without subnormal numbers.

    What is too large becomes infinite, and what is too small 0. A tangent is rounded as its value
    is, by decree. Lowers to `stablehlo.reduce_precision`.
    """

    exponent_bits: int
    mantissa_bits: int

    def infer(self, x):
        self.require(x.dtype.name in LAYOUTS, f"needs a real inexact dtype, got {x}")
        self.require(
            self.exponent_bits >= 1 and self.mantissa_bits >= 0,
            f"a format has at least 1 bit of exponent and 0 of mantissa, got {self.exponent_bits} "
            f"and {self.mantissa_bits}",
        )
        return aval_of(x.shape, x.dtype, x.weak_type)

    def lower(self, emit, node, x):
        layout = f"e{self.exponent_bits}m{self.mantissa_bits}"
        return emit(f"stablehlo.reduce_precision {x}, format = {layout} : {x.type}", node.aval)

    def evaluate(self, x):
        exponent, mantissa = LAYOUTS[x.dtype.name]
        bits = x.view(f"u{x.dtype.itemsize}").astype("u8")
        sign = bits & numpy.uint64(1 << (exponent + mantissa))
        size = bits ^ sign
        if self.mantissa_bits < mantissa:
            dropped = mantissa - self.mantissa_bits
            odd = size >> numpy.uint64(dropped) & numpy.uint64(1)
            size = size + odd + numpy.uint64((1 << (dropped - 1)) - 1)
            size &= ~numpy.uint64((1 << dropped) - 1)
        infinite = numpy.uint64(((1 << exponent) - 1) << mantissa)
        if self.exponent_bits < exponent:
            zero, reach = (1 << (exponent - 1)) - 1, (1 << (self.exponent_bits - 1)) - 1
            found = size >> numpy.uint64(mantissa)
            size = numpy.where(found > zero + reach, infinite, size)
            size = numpy.where(found <= zero - reach, numpy.uint64(0), size)
        rounded = (sign | size).astype(f"u{x.dtype.itemsize}").view(x.dtype)
        return numpy.where(numpy.isnan(x), x, rounded).astype(x.dtype)

    def transpose(self, cotangent, x):
        return (self(cotangent),)

    def batch(self, operands, batched, size):
        return self(*operands)

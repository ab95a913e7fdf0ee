"""Logic on bools and on the bits of integers."""

from __future__ import annotations

import numpy

from lazyax.graph.op import primitive
from lazyax.ops.primitives.kinds import Elementwise, Flat


@primitive
class And(Flat, Elementwise):
    """Logical and bitwise conjunction. Lowers to `stablehlo.and`."""

    hlo = "and"
    accepts = "integer or bool"
    numpy = numpy.bitwise_and


@primitive
class Or(Flat, Elementwise):
    """Logical and bitwise disjunction. Lowers to `stablehlo.or`."""

    hlo = "or"
    accepts = "integer or bool"
    numpy = numpy.bitwise_or


@primitive
class Xor(Flat, Elementwise):
    """Logical and bitwise exclusive or. Lowers to `stablehlo.xor`."""

    hlo = "xor"
    accepts = "integer or bool"
    numpy = numpy.bitwise_xor


@primitive
class Not(Flat, Elementwise):
    """Logical and bitwise negation. Lowers to `stablehlo.not`."""

    hlo = "not"
    accepts = "integer or bool"
    numpy = numpy.invert


@primitive
class ShiftLeft(Flat, Elementwise):
    """Bits moved up; past the width, 0. Lowers to `stablehlo.shift_left`."""

    hlo = "shift_left"
    accepts = "integer"
    numpy = numpy.left_shift


@primitive
class ShiftRightArithmetic(Flat, Elementwise):
    """Bits moved down, the sign bit repeated. Lowers to `stablehlo.shift_right_arithmetic`."""

    hlo = "shift_right_arithmetic"
    accepts = "integer"

    def numpy(x, y):
        signed = x.view(f"i{x.dtype.itemsize}")
        return (signed >> y.view(signed.dtype)).view(x.dtype)


@primitive
class ShiftRightLogical(Flat, Elementwise):
    """Bits moved down, zeros moved in. Lowers to `stablehlo.shift_right_logical`."""

    hlo = "shift_right_logical"
    accepts = "integer"

    def numpy(x, y):
        unsigned = x.view(f"u{x.dtype.itemsize}")
        return (unsigned >> y.view(unsigned.dtype)).view(x.dtype)


@primitive
class PopulationCount(Flat, Elementwise):
    """Number of one bits. Lowers to `stablehlo.popcnt`."""

    hlo = "popcnt"
    accepts = "integer"

    def numpy(x):
        unsigned = x.view(f"u{x.dtype.itemsize}")
        return numpy.bitwise_count(unsigned).astype(x.dtype)


@primitive
class CountLeadingZeros(Flat, Elementwise):
    """Number of zero bits above the highest one. Lowers to `stablehlo.count_leading_zeros`."""

    hlo = "count_leading_zeros"
    accepts = "integer"

    def numpy(x):
        width = x.dtype.itemsize * 8
        lengths = [width - int(v).bit_length() for v in x.view(f"u{x.dtype.itemsize}").ravel()]
        return numpy.array(lengths, x.dtype).reshape(x.shape)

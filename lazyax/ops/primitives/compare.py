"""Comparisons: bool out, flat."""

from __future__ import annotations

import numpy

from lazyax.graph.op import primitive
from lazyax.ops.primitives.kinds import Elementwise, Flat


@primitive
class Equal(Flat, Elementwise):
    """x == y, element by element. Lowers to `stablehlo.compare`."""

    accepts = "any"
    result = "bool"
    numpy = numpy.equal

    def lower(self, emit, node, x, y):
        return emit.compare("EQ", x, y)


@primitive
class NotEqual(Flat, Elementwise):
    """x != y, element by element. Lowers to `stablehlo.compare`."""

    accepts = "any"
    result = "bool"
    numpy = numpy.not_equal

    def lower(self, emit, node, x, y):
        return emit.compare("NE", x, y)


@primitive
class Less(Flat, Elementwise):
    """x < y, element by element. Lowers to `stablehlo.compare`."""

    accepts = "real"
    result = "bool"
    numpy = numpy.less

    def lower(self, emit, node, x, y):
        return emit.compare("LT", x, y)


@primitive
class LessEqual(Flat, Elementwise):
    """x <= y, element by element. Lowers to `stablehlo.compare`."""

    accepts = "real"
    result = "bool"
    numpy = numpy.less_equal

    def lower(self, emit, node, x, y):
        return emit.compare("LE", x, y)


@primitive
class Greater(Flat, Elementwise):
    """x > y, element by element. Lowers to `stablehlo.compare`."""

    accepts = "real"
    result = "bool"
    numpy = numpy.greater

    def lower(self, emit, node, x, y):
        return emit.compare("GT", x, y)


@primitive
class GreaterEqual(Flat, Elementwise):
    """x >= y, element by element. Lowers to `stablehlo.compare`."""

    accepts = "real"
    result = "bool"
    numpy = numpy.greater_equal

    def lower(self, emit, node, x, y):
        return emit.compare("GE", x, y)


@primitive
class IsFinite(Flat, Elementwise):
    """Whether neither infinite nor NaN. Lowers to `stablehlo.is_finite`."""

    hlo = "is_finite"
    accepts = "real inexact"
    result = "bool"
    numpy = numpy.isfinite

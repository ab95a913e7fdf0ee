"""Powers and cube roots of float32 as arithmetic, for XLA:CPU, which calls functions for them.

In float64, as exp(y log(x)). The logarithm is that of a number between 1/sqrt(2) and sqrt(2), as
2 atanh((m - 1) / (m + 1)), whose polynomial interpolates at Chebyshev nodes, and of a power of two.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy

from lazyax.graph.node import Node
from lazyax.ops.primitives.bitwise import And, Not, Or, ShiftRightLogical
from lazyax.ops.primitives.compare import Equal, Greater, Less
from lazyax.ops.primitives.composed import polynomial
from lazyax.ops.primitives.elementwise import Absolute, Floor
from lazyax.ops.primitives.inverse_circular import IN_ITS_LOOP, is_negative, with_sign
from lazyax.ops.primitives.select import BitcastConvert, Convert, Select

WIDE, BITS = numpy.dtype("f8"), numpy.dtype("i4")

MANTISSA, ONE = (1 << 23) - 1, 127 << 23
"""The bits of a float32's mantissa, and those of 1."""

LOGARITHM = (
    1.9999999999999474,
    0.6666666667958301,
    0.3999999488804548,
    0.285721666826147,
    0.221742236294731,
    0.19608517690008506,
)
"""Of log(m) / f in powers of f * f, with f = (m - 1) / (m + 1): relative error 3e-14."""


def logarithm(x: Node) -> Node:
    """log(x) of float32 numbers from 0 to infinity, as float64."""
    bits = BitcastConvert(BITS)(x)
    exponent = ShiftRightLogical()(bits, bits.like(23))
    mantissa = Or()(And()(bits, bits.like(MANTISSA)), bits.like(ONE))
    m = Convert(WIDE)(BitcastConvert(x.aval.dtype)(mantissa))
    is_large = Greater()(m, m.like(math.sqrt(2)))
    m = Select()(is_large, 0.5 * m, m)
    whole = Convert(WIDE)(exponent) - Select()(is_large, m.like(126), m.like(127))
    f = IN_ITS_LOOP((m - 1) / (m + 1))
    found = math.log(2) * whole + f * polynomial(f * f, LOGARITHM)
    found = Select()(Less()(x, x.like(math.inf)), found, Convert(WIDE)(x))  # infinity and NaN
    return Select()(Equal()(x, x.like(0)), found.like(-math.inf), found)


def power(x: Node, y: Node, exponential: Callable[[Node], Node]) -> Node:
    """x ** y by C's rules: f32[...], f32[...] -> f32[...].

    Args:
        x: the base.
        y: the exponent.
        exponential: the op that raises e to float64 powers.
    """
    size, one, infinite = Absolute()(x), x.like(1), x.like(math.inf)
    found = Convert(x.aval.dtype)(exponential(Convert(WIDE)(y) * logarithm(size)))
    half = 0.5 * y
    is_whole = Equal()(y, Floor()(y))
    is_odd = And()(is_whole, Not()(Equal()(half, Floor()(half))))
    found = Select()(And()(is_negative(x), is_odd), -found, found)
    has_none = And()(And()(Less()(x, x.like(0)), Less()(size, infinite)), Not()(is_whole))
    found = Select()(has_none, x.like(math.nan), found)
    is_unit = And()(Equal()(size, one), Equal()(Absolute()(y), infinite))
    is_one = Or()(Or()(Equal()(x, one), Equal()(y, y.like(0))), is_unit)
    return Select()(is_one, one, found)


def cube_root(x: Node, exponential: Callable[[Node], Node]) -> Node:
    """The real cube root: f32[...] -> f32[...]. ``exponential`` as for `power`."""
    return with_sign(exponential(logarithm(Absolute()(x)) / 3), x)

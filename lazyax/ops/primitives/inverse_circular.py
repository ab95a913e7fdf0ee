"""Angles of float32 points as arithmetic, for XLA:CPU, which calls a function for each element.

In float64, so that results are within 0.51 units in the last place: the angle of a point in the
first octant is pi/4 or 0 and the arc tangent of what is left, at most tan(pi/8), whose polynomial
interpolates at Chebyshev nodes. Octants and signs are put back by selection.
"""

from __future__ import annotations

import math

import numpy

from lazyax.graph.node import Node
from lazyax.ops.primitives.bitwise import And, Or
from lazyax.ops.primitives.compare import Equal, Greater, Less
from lazyax.ops.primitives.composed import polynomial
from lazyax.ops.primitives.elementwise import Absolute, Maximum, Minimum
from lazyax.ops.primitives.precision import ReducePrecision
from lazyax.ops.primitives.select import BitcastConvert, Convert, Select

WIDE, BITS = numpy.dtype("f8"), numpy.dtype("u4")

SIGN = 1 << 31
"""The bit of a float32's sign."""

IN_ITS_LOOP = ReducePrecision(11, 52)
"""To the precision that float64 has: a quotient that is used twice is stored otherwise
(docs/adr/0030)."""

ARC = (
    0.9999999999783847,
    -0.333333320969287,
    0.19999883804017493,
    -0.1428158731049125,
    0.11040471038681261,
    -0.08456089566774407,
    0.04707129745149418,
)
"""Of atan(q) / q in powers of q * q, for q in [0, tan(pi/8)]: relative error 3e-11."""


def _first_quadrant(y: Node, x: Node) -> Node:
    """Angle of (x, y) for float64 numbers from 0 to infinity; of (0, 0) it is 0."""
    low, high = Minimum()(x, y), Maximum()(x, y)
    zero = low.like(0)
    is_even = Equal()(low, high)  # infinite ones, too
    turns = Or()(Greater()(low, (math.sqrt(2) - 1) * high), is_even)
    turns = And()(turns, Greater()(high, zero))
    over = Select()(is_even, zero, Select()(turns, low - high, low))
    under = Select()(is_even, zero.like(1), Select()(turns, low + high, high))
    q = IN_ITS_LOOP(over / under)
    octant = Select()(turns, q.like(math.pi / 4), zero) + q * polynomial(q * q, ARC)
    return Select()(Less()(x, y), math.pi / 2 - octant, octant)


def _sign(x: Node) -> Node:
    """The bit of the sign of float32 numbers, zero and NaN included."""
    bits = BitcastConvert(BITS)(x)
    return And()(bits, bits.like(SIGN))


def _wide(x: Node) -> Node:
    return Convert(WIDE)(x)


def with_sign(size: Node, x: Node) -> Node:
    """A positive number as float32, with the sign of x."""
    bits = BitcastConvert(BITS)(Convert(x.aval.dtype)(size))
    return BitcastConvert(x.aval.dtype)(Or()(bits, _sign(x)))


def is_negative(x: Node) -> Node:
    """Whether float32 numbers have a sign, -0.0 included."""
    sign = _sign(x)
    return Greater()(sign, sign.like(0))


def _mirrored(angle: Node, x: Node) -> Node:
    """Where x is negative, the angle on the other side of the axis."""
    return Select()(is_negative(x), math.pi - angle, angle)


def square_of_leg(x: Node) -> Node:
    """1 - x**2 as float64, of whose root and x the angle is the inverse sine or cosine."""
    wide = _wide(x)
    return (1 - wide) * (1 + wide)


def angle(y: Node, x: Node) -> Node:
    """atan2(y, x): f32[...], f32[...] -> f32[...]."""
    found = _first_quadrant(_wide(Absolute()(y)), _wide(Absolute()(x)))
    return with_sign(_mirrored(found, x), y)


def arc_sine(x: Node, leg: Node) -> Node:
    """asin(x): f32[...], f64[...] -> f32[...]."""
    return with_sign(_first_quadrant(_wide(Absolute()(x)), leg), x)


def arc_cosine(x: Node, leg: Node) -> Node:
    """acos(x): f32[...], f64[...] -> f32[...]."""
    found = _mirrored(_first_quadrant(leg, _wide(Absolute()(x))), x)
    return Convert(x.aval.dtype)(found)

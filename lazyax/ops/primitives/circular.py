"""Sine, cosine and tangent of float32 as arithmetic, for XLA:CPU, whose own are not vectorized.

One path for all arguments. The reduction is Payne and Hanek's ("Radian reduction for
trigonometric functions", 1983) in float64: of 2/pi only those bits are used that can change
x * 2/pi modulo 4, in pieces so short that their products with the 24 bits of x are exact.
The polynomials interpolate at Chebyshev nodes. Results are within 0.51 units in the last place,
the tangent within 0.52 (tests/ops/primitives/test_on_cpu.py).
"""

from __future__ import annotations

import math

import numpy

from lazyax.graph.node import Node
from lazyax.ops.primitives.compare import Equal, Less
from lazyax.ops.primitives.composed import polynomial
from lazyax.ops.primitives.elementwise import Absolute, Round
from lazyax.ops.primitives.select import Convert, Select

TWO_OVER_PI = 0xA2F9836E4E441529FC2757D1F534DDC0DB6295993C439041FE5163ABDEBBC561
"""The first 256 bits behind the point of 2/pi."""

BITS = 256

STEP = 26
"""Of powers of two from which on an argument needs other bits of 2/pi."""

PIECES = (29, 29, 53)
"""Bits of each piece: 24 more fit a float64; of the last product, rounding does not matter."""

SINE = (
    1.5707963267880862,
    -0.6459640961446242,
    0.07969258267354865,
    -0.004681265867998632,
    0.00015820541533963082,
)
"""Of sin(pi/2 r) / r in powers of r * r, for r in [-0.5, 0.5]: relative error 5e-12."""

COSINE = (
    0.9999999999523945,
    -1.2337005406179924,
    0.25366920329122505,
    -0.02086006678438,
    0.0009036218609251056,
)
"""Of cos(pi/2 r): relative error 7e-11."""


def pieces(reach: int) -> list[float]:
    """2/pi modulo 2**(25 - reach), to 111 bits, in three pieces.

    What is left out makes multiples of 4 with any float32 of at least 2**reach.
    """
    weight = 25 - reach  # of the first bit that is kept
    bits = TWO_OVER_PI & ((1 << min(BITS + weight, BITS)) - 1)
    found = []
    for length in PIECES:
        weight -= length
        shift = BITS + weight
        found.append(math.ldexp(bits >> shift, weight))
        bits &= (1 << shift) - 1
    return found


RANGES = [pieces(reach) for reach in range(0, 128, STEP)]


def _chosen(x: Node, piece: int) -> Node:
    """The piece of 2/pi that fits the magnitude of each x."""
    size = Absolute()(x)
    found = x.like(RANGES[0][piece])
    for number, parts in enumerate(RANGES[1:], 1):
        above = Less()(size, x.like(2.0 ** (STEP * number)))
        found = Select()(above, found, x.like(parts[piece]))
    return found


def _quadrant(x: Node) -> tuple[Node, Node]:
    """k and r with x = (k + r) pi/2 modulo 2 pi; k is -2, -1, 0, 1 or 2 and r in [-0.5, 0.5]."""
    high, middle, low = [x * _chosen(x, piece) for piece in range(len(PIECES))]
    high = high - 4 * Round()(0.25 * high)
    whole = Round()(high + middle)
    r = ((middle - whole) + high) + low
    return whole - 4 * Round()(0.25 * whole), r


def _sine_and_cosine(x: Node) -> tuple[Node, Node, Node]:
    """Quadrant, and sine and cosine of what is left."""
    quadrant, r = _quadrant(Convert(numpy.dtype(numpy.float64))(x))
    square = r * r
    return quadrant, r * polynomial(square, SINE), polynomial(square, COSINE)


def _is_odd(quadrant: Node) -> Node:
    return Equal()(Absolute()(quadrant), quadrant.like(1))


def _narrow(x: Node, result: Node) -> Node:
    """``result`` as x's dtype; x itself where it is zero, whose sign the reduction loses."""
    return Select()(Equal()(x, x.like(0)), x, Convert(x.aval.dtype)(result))


def sine(x: Node) -> Node:
    """sin(x): f32[...] -> f32[...]."""
    quadrant, of_sine, of_cosine = _sine_and_cosine(x)
    found = Select()(_is_odd(quadrant), of_cosine, of_sine)
    keeps = Less()(Absolute()(quadrant - 0.5), quadrant.like(1))  # 0 and 1
    return _narrow(x, Select()(keeps, found, -found))


def cosine(x: Node) -> Node:
    """cos(x): f32[...] -> f32[...]."""
    quadrant, of_sine, of_cosine = _sine_and_cosine(x)
    found = Select()(_is_odd(quadrant), of_sine, of_cosine)
    keeps = Less()(Absolute()(quadrant + 0.5), quadrant.like(1))  # -1 and 0
    return Convert(x.aval.dtype)(Select()(keeps, found, -found))


def tangent(x: Node) -> Node:
    """tan(x): f32[...] -> f32[...]."""
    quadrant, of_sine, of_cosine = _sine_and_cosine(x)
    odd = _is_odd(quadrant)
    above, below = Select()(odd, -of_cosine, of_sine), Select()(odd, of_sine, of_cosine)
    return _narrow(x, above / below)

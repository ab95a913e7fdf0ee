"""Hurwitz' zeta function, by Euler and Maclaurin's formula.

NIST's Digital Library of Mathematical Functions 25.11.28, of so many terms that it is exact to
float64: the first powers one by one, the others as an integral and its corrections.
"""

from __future__ import annotations

import math

from lazyax.graph.node import Node
from lazyax.graph.op import primitive
from lazyax.ops.primitives.bitwise import And, Not, Or
from lazyax.ops.primitives.compare import Equal, Greater, Less, LessEqual
from lazyax.ops.primitives.composed import Composed, Slope
from lazyax.ops.primitives.elementwise import Floor
from lazyax.ops.primitives.gamma_terms import choose
from lazyax.ops.primitives.select import Select
from lazyax.ops.primitives.transcendental import Power, scipy_special

FIRST = 10
"""How many powers are summed."""

BERNOULLI = (
    1 / 6, -1 / 30, 1 / 42, -1 / 30, 5 / 66, -691 / 2730, 7 / 6, -3617 / 510, 43867 / 798,
    -174611 / 330, 854513 / 138, -236364091 / 2730,
)  # fmt: skip
"""The numbers B(2), B(4), ..."""


def inner(s: Node, q: Node) -> Node:
    """The sum of 1 / (q + k)**s for s > 1 and q > 0."""
    power, far = Power(), q + FIRST
    total = power(q, -s)
    for k in range(1, FIRST):
        total = total + power(q + k, -s)
    last, inverse = power(far, -s), 1 / far
    factor, rest = s * inverse, far / (s - 1) + 0.5
    for j, b in enumerate(BERNOULLI, 1):
        rest = rest + factor * (b / math.factorial(2 * j))
        factor = factor * ((s + (2 * j - 1)) * inverse) * ((s + 2 * j) * inverse)
    none = Equal()(last, s.like(0))
    return total + Select()(none, last, last * choose(Not()(none), rest, 0))


@primitive
class Zeta(Composed):
    """Sum of 1 / (q + k)**s over k = 0, 1, ..., of (s, q), for s > 1. Lowers to `func.call`."""

    by_series = (0,)
    numpy = scipy_special("zeta")

    def compose(self, s, q, further=1.0):
        one, zero, infinity = s.like(1), s.like(0), s.like(math.inf)
        inside = And()(Greater()(s, one), And()(Greater()(q, zero), Less()(q, infinity)))
        value = inner(choose(inside, s, 2), choose(inside, q, 1))
        pole = And()(LessEqual()(q, zero), Equal()(q, Floor()(q)))
        infinite = Or()(Equal()(s, one), And()(Greater()(s, one), pole))
        nothing = And()(Greater()(s, one), Equal()(q, infinity))
        edge = Select()(infinite, infinity, choose(nothing, s.like(0), math.nan))
        return Select()(inside, value, edge)

    def partials(self, out, s, q):
        return (Slope(self, (1, 0))(s, q), -s * self(s + 1, q))

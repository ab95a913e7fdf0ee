"""The incomplete beta function, as a ratio, by its continued fraction.

NIST's Digital Library of Mathematical Functions 8.17.22, where x is below the mean, else by
I(x; a, b) = 1 - I(1 - x; b, a).
"""

from __future__ import annotations

import math

from lazyax.graph.node import Node
from lazyax.graph.op import primitive
from lazyax.ops.primitives.bitwise import And, Or
from lazyax.ops.primitives.compare import Equal, Greater, GreaterEqual, Less, LessEqual, NotEqual
from lazyax.ops.primitives.composed import Composed, Slope, fraction
from lazyax.ops.primitives.gamma_terms import LogBeta, choose, log_binomial
from lazyax.ops.primitives.select import Select
from lazyax.ops.primitives.transcendental import Exp, scipy_special


def advance(n, given, now):
    """Two terms of 1 / (1 + d(1) / (1 + d(2) / ...))."""
    (a, b, x), (c, d) = given, now
    even, factor = a + 2 * n, x.like(1)
    for numerator in (
        n * (b - n) * x / ((even - 1) * even),
        -((a + n) * (a + b + n)) * x / (even * (even + 1)),
    ):
        d = 1 / (1 + numerator * d)
        c = 1 + numerator / c
        factor = factor * (c * d)
    return factor, c, d


def begin(a, b, x):
    """The first values of that."""
    first = 1 / (1 - (a + b) * x / (a + 1))
    return first, x.like(1), first


def below_mean(a: Node, b: Node, x: Node, y: Node, further: float) -> Node:
    """The ratio for y = 1 - x where the fraction is short."""
    term = Exp()(log_binomial(a, b, x, y))
    return term * (b / (a + b)) * fraction(advance, begin, (a, b, x), 1, further)


def ratio(a: Node, b: Node, x: Node, further: float) -> Node:
    """The ratio for any arguments."""
    zero, one, infinity = x.like(0), x.like(1), x.like(math.inf)
    powers = And()(Greater()(a, zero), Greater()(b, zero))
    finite = And()(Less()(a, infinity), Less()(b, infinity))
    within = And()(Greater()(x, zero), Less()(x, one))
    inside = And()(And()(powers, finite), within)
    a_, b_, x_ = choose(inside, a, 1), choose(inside, b, 1), choose(inside, x, 0.5)
    swaps, y_ = Greater()(x_, (a_ + 1) / (a_ + b_ + 2)), 1 - x_
    found = below_mean(
        Select()(swaps, b_, a_),
        Select()(swaps, a_, b_),
        Select()(swaps, y_, x_),
        Select()(swaps, x_, y_),
        further,
    )
    value = Select()(swaps, 1 - found, found)
    to_left = Or()(Equal()(a, zero), Equal()(b, infinity))
    edge = Select()(And()(within, to_left), one, Select()(Equal()(x, one), one, zero))
    at_ends = And()(GreaterEqual()(x, zero), LessEqual()(x, one))
    real = And()(And()(GreaterEqual()(a, zero), GreaterEqual()(b, zero)), at_ends)
    defined = And()(real, Or()(NotEqual()(a, b), And()(powers, finite)))
    return Select()(inside, value, Select()(defined, edge, x.like(math.nan)))


@primitive
class BetaRatio(Composed):
    """The incomplete beta function over beta(a, b), of (a, b, x). Lowers to `func.call`."""

    by_series = (0, 1)
    numpy = scipy_special("betainc")

    def compose(self, a, b, x, further=1.0):
        return ratio(a, b, x, further)

    def partials(self, out, a, b, x):
        by_a, by_b = Slope(self, (1, 0, 0)), Slope(self, (0, 1, 0))
        return (by_a(a, b, x), by_b(a, b, x), Exp()(LogBeta()(a, b, x)))

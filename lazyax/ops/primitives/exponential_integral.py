"""Exponential integrals.

M. Abramowitz and I. A. Stegun, Handbook of Mathematical Functions (1964), chapter 5: power
series near 0, a continued fraction or an asymptotic series beyond.
"""

from __future__ import annotations

import math

import numpy

from lazyax.graph.node import Node
from lazyax.graph.op import primitive
from lazyax.ops.primitives.bitwise import And
from lazyax.ops.primitives.compare import Equal, Greater, GreaterEqual, Less, LessEqual
from lazyax.ops.primitives.composed import Composed, polynomial, rounding, until_settled
from lazyax.ops.primitives.elementwise import Floor, Maximum
from lazyax.ops.primitives.gamma_terms import choose
from lazyax.ops.primitives.incomplete_gamma import upper_fraction
from lazyax.ops.primitives.select import Select
from lazyax.ops.primitives.transcendental import Digamma, Exp, Lgamma, Log, scipy_special

ASYMPTOTIC = 40.0
"""From here on the terms k! / x**k fall below rounding before they grow."""


def near_zero(n: Node, x: Node) -> Node:
    """E_n for 0 < x <= 1 and whole n >= 1 (5.1.12)."""
    terms = 11 if x.aval.dtype.itemsize == 4 else 20
    sums = []
    for m in range(terms):
        difference = n - (m + 1)
        own = Equal()(difference, n.like(0))
        term = (1 / math.factorial(m)) / Select()(own, n.like(1), difference)
        sums.append(Select()(own, n.like(0), term))
    log = Digamma()(n) - Log()(x)
    power = Exp()((n - 1) * Log()(x) - Lgamma()(n))
    odd = Equal()(n, 2 * Floor()(n * 0.5) + 1)
    return Select()(odd, power, -power) * log + polynomial(-x, sums)


def expn(n: Node, x: Node) -> Node:
    """E_n for whole n >= 0."""
    zero, one = x.like(0), x.like(1)
    positive = And()(Greater()(x, zero), Less()(x, x.like(math.inf)))
    some = GreaterEqual()(n, one)
    far = And()(positive, Greater()(x, one))
    close = near_zero(choose(some, n, 1), choose(And()(positive, LessEqual()(x, one)), x, 1))
    decay = Exp()(-x)
    away = decay * upper_fraction(1 - choose(far, n, 1), choose(far, x, 2), 1.0)
    value = Select()(some, Select()(far, away, close), decay / x)
    at_zero = Select()(Greater()(n, one), 1 / choose(Greater()(n, one), n - 1, 1), x.like(math.inf))
    edge = Select()(Equal()(x, zero), at_zero, Select()(Greater()(x, zero), zero, x.like(math.nan)))
    return Select()(GreaterEqual()(n, zero), Select()(positive, value, edge), x.like(math.nan))


def power_series(x: Node) -> Node:
    """x + x**2 / 2 2! + x**3 / 3 3! + ... (5.1.10)."""

    def step(n, given, now):
        (x,), (total, term) = given, now
        term = term * (x / n)
        total = total + term / n
        return (total, term), Greater()(term, total * rounding(total))

    return until_settled(step, (x,), (x.like(0), x.like(1)))


def asymptotic_series(x: Node) -> Node:
    """1 + 1! / x + 2! / x**2 + ... (5.1.51)."""
    total = x.like(1)
    for k in range(12 if x.aval.dtype.itemsize == 4 else 40, 0, -1):
        total = total * (k / x) + 1
    return total


def expi(x: Node) -> Node:
    """Ei for any x."""
    zero, border = x.like(0), x.like(ASYMPTOTIC)
    above, far = Greater()(x, zero), Greater()(x, border)
    low = choose(And()(above, LessEqual()(x, border)), x, 1)
    high = choose(And()(far, Less()(x, x.like(math.inf))), x, 2 * ASYMPTOTIC)
    close = numpy.euler_gamma + Log()(low) + power_series(low)
    away = Exp()(high) / high * asymptotic_series(high)
    value = Select()(far, away, close)
    value = Select()(Equal()(x, x.like(math.inf)), x, value)
    return Select()(above, value, -expn(x.like(1), -x))


@primitive
class ExpN(Composed):
    """Integral of e**(-x t) / t**n from 1 on, of (n, x); flat in whole n. Lowers to `func.call`."""

    compose = staticmethod(expn)

    def numpy(n, x):
        return scipy_special("expn")(n, x)

    def partials(self, out, n, x):
        two = n.like(2)
        by_recurrence = -(Exp()(-x) - (n - 1) * out) / x  # of n < 2, where nothing cancels
        other = -self(Maximum()(n, two) - 1, x)
        return (None, Select()(GreaterEqual()(n, two), other, by_recurrence))


@primitive
class Expi(Composed):
    """Integral of e**t / t up to x, the principal value. Lowers to `func.call`."""

    compose = staticmethod(expi)
    numpy = scipy_special("expi")

    def partials(self, out, x):
        return (Exp()(x) / x,)

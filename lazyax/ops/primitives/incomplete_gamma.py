"""The incomplete gamma functions, as ratios.

Near a large a Temme's uniform expansion, in the form of A. Gil, J. Segura and N. M. Temme,
"Efficient and accurate algorithms for the computation and inversion of the incomplete gamma
function ratios" (2012), section 2.4; else the power series (NIST's Digital Library of
Mathematical Functions 8.7.1, 8.7.3) or the continued fraction (8.9.2), whichever is short.
"""

from __future__ import annotations

import functools
import math
from fractions import Fraction
from typing import ClassVar

import attrs
import numpy

from lazyax.graph.node import Node
from lazyax.graph.op import primitive
from lazyax.ops.primitives.bitwise import And, Not, Or
from lazyax.ops.primitives.compare import (
    Equal,
    Greater,
    GreaterEqual,
    Less,
    LessEqual,
    NotEqual,
)
from lazyax.ops.primitives.composed import (
    Composed,
    Slope,
    fraction,
    polynomial,
    rounding,
    until_settled,
)
from lazyax.ops.primitives.elementwise import Maximum
from lazyax.ops.primitives.gamma_terms import (
    LARGE,
    LogPoisson,
    choose,
    deviance,
    log_poisson,
)
from lazyax.ops.primitives.select import Select
from lazyax.ops.primitives.transcendental import (
    Erfc,
    Exp,
    Expm1,
    Lgamma,
    Log,
    Log1p,
    Sqrt,
    scipy_special,
)

HUGE = 1e30
"""In the place of infinity where a fraction begins."""

ZETA_LESS_ONE = (
    0.6449340668482264, 0.2020569031595943, 0.08232323371113819, 0.03692775514336993,
    0.01734306198444914, 0.008349277381922827, 0.00407735619794434, 0.0020083928260822143,
    0.0009945751278180853, 0.0004941886041194645, 0.0002460865533080483, 0.00012271334757848915,
    6.124813505870483e-05, 3.058823630702049e-05, 1.528225940865187e-05, 7.637197637899763e-06,
    3.81729326499984e-06,
)  # fmt: skip
"""zeta(k) - 1 for k = 2, 3, ..."""


@functools.cache
def temme_coefficients(count: int) -> tuple[float, ...]:
    """The expansion of eta / m in powers of eta, for eta**2 / 2 = m - log(1 + m).

    From eta (1 + m) = m dm/deta, coefficient by coefficient.
    """
    m = [Fraction(0), Fraction(1)]
    for n in range(2, count + 1):
        inner = sum(m[k] * (n + 1 - k) * m[n + 1 - k] for k in range(2, n))
        m.append((m[n - 1] - inner) / (n + 1))
    d = [Fraction(1)]
    for n in range(1, count):
        d.append(-sum(m[k + 1] * d[n - k] for k in range(1, n + 1)))
    return tuple(map(float, d))


@attrs.frozen
class Uniform:
    """Temme's expansion near a large a.

    Attributes:
        a: where it holds, else another number.
        eta: half its square is x / a - 1 - log(x / a).
        sum: what is left of the ratio without the error function, over x**a e**-x / gamma(a + 1).
        holds: whether x is within half of a large a.
    """

    a: Node
    eta: Node
    sum: Node
    holds: Node


def uniform(a: Node, x: Node) -> Uniform:
    """The parts of the expansion."""
    large = GreaterEqual()(a, a.like(LARGE))
    far = choose(large, a, LARGE)
    mean = Select()(large, x, far)
    _, near, eta = deviance((mean - far) / far, mean / far)
    d = uniform_coefficients(a)
    inverse, betas = 1 / far, [a.like(d[-2]), a.like(d[-1])]
    for m in range(len(d) - 3, 0, -1):
        betas.insert(0, betas[1] * ((m + 1) * inverse) + d[m])
    return Uniform(far, eta, polynomial(eta, betas), And()(large, near))


def uniform_coefficients(a: Node) -> tuple[float, ...]:
    """As many as the dtype needs."""
    return temme_coefficients(13 if a.aval.dtype.itemsize == 4 else 25)


def temme(a: Node, x: Node, term: Node) -> tuple[Node, Node, Node]:
    """Both ratios where x is within half of a large a, and where that is."""
    of = uniform(a, x)
    rest, root = term * of.sum, of.eta * Sqrt()(of.a * 0.5)
    return 0.5 * Erfc()(-root) - rest, 0.5 * Erfc()(root) + rest, of.holds


def series(a: Node, x: Node, further: float) -> Node:
    """1 + x / (a + 1) + x**2 / (a + 1) (a + 2) + ... (8.7.1)."""

    def step(n, given, now):
        (a, x), (total, term) = given, now
        term = term * (x / (a + n))
        total = total + term
        return (total, term), Greater()(term, total * rounding(total))

    return until_settled(step, (a, x), (x.like(1), x.like(1)), further)


def advance(n, given, now):
    """Of 1 / (x + 1 - a - 1 (1 - a) / (x + 3 - a - 2 (2 - a) / ...)) (8.9.2)."""
    (a, x), (c, d) = given, now
    numerator, denominator = n * (a - n), x - a + (2 * n + 1)
    d = 1 / (numerator * d + denominator)
    c = numerator / c + denominator
    return c * d, c, d


def begin(a, x):
    """The first values of that."""
    first = 1 / (x - a + 1)
    return first, x.like(HUGE), first


def upper_fraction(a: Node, x: Node, further: float) -> Node:
    """The upper function over x**a e**-x, for x > a and x > 1."""
    return fraction(advance, begin, (a, x), 0, further)


def log_gamma_above_one(a: Node) -> Node:
    """log(gamma(1 + a)) for 0 < a <= 1, to as many digits near 0 (Abramowitz and Stegun 6.1.33)."""
    small = LessEqual()(a, a.like(0.25))
    b = choose(small, a, 0.25)
    series = [(-1) ** k * zeta / k for k, zeta in enumerate(ZETA_LESS_ONE, 2)]
    near = b * (1 - numpy.euler_gamma + b * polynomial(b, series)) - Log1p()(b)
    return Select()(small, near, Lgamma()(a + 1))


def upper_near_zero(a: Node, x: Node) -> Node:
    """The upper ratio for a and x of at most 1, where 1 - lower would cancel (8.7.3)."""
    terms = range(1, 11 if x.aval.dtype.itemsize == 4 else 20)
    sums = [x.like(0), *[(1 / math.factorial(n)) / (a + n) for n in terms]]
    power = a * Log()(x) - log_gamma_above_one(a)
    return -Expm1()(power) - Exp()(power) * a * polynomial(-x, sums)


def inner_ratios(a: Node, x: Node, further: float) -> tuple[Node, Node]:
    """Lower and upper, for positive and finite arguments."""
    term = Exp()(log_poisson(a, x))
    lower, upper, near = temme(a, x, term)
    by_fraction = And()(Not()(near), Greater()(x, Maximum()(a, x.like(1))))
    by_series = Not()(Or()(near, by_fraction))
    sums = series(choose(by_series, a, 1), choose(by_series, x, 0), further)
    quotients = upper_fraction(choose(by_fraction, a, 1), choose(by_fraction, x, 2), further)
    low, high = term * sums, term * a * quotients
    one = x.like(1)
    small = And()(by_series, And()(LessEqual()(a, one), LessEqual()(x, one)))
    near_zero = upper_near_zero(choose(small, a, 1), choose(small, x, 1))
    lower = Select()(near, lower, Select()(by_fraction, 1 - high, low))
    rest = Select()(small, near_zero, 1 - low)
    return lower, Select()(near, upper, Select()(by_fraction, high, rest))


def ratio(a: Node, x: Node, further: float, upper: bool) -> Node:
    """One of the ratios, for any arguments."""
    zero, infinity = x.like(0), x.like(math.inf)
    above = And()(Greater()(a, zero), Greater()(x, zero))
    inside = And()(above, And()(Less()(a, infinity), Less()(x, infinity)))
    value = inner_ratios(choose(inside, a, 1), choose(inside, x, 1), further)[upper]
    nothing = Or()(Equal()(x, zero), Equal()(a, infinity))
    edge = Select()(nothing, x.like(float(upper)), x.like(float(not upper)))
    real = And()(GreaterEqual()(a, zero), GreaterEqual()(x, zero))
    defined = And()(real, Or()(NotEqual()(a, x), And()(above, Less()(a, infinity))))
    return Select()(inside, value, Select()(defined, edge, x.like(math.nan)))


class GammaRatio(Composed):
    """Abstract: one of the incomplete gamma functions over gamma(a), of (a, x)."""

    __slots__ = ()

    by_series = (0,)

    upper: ClassVar[bool]
    """Which of the two."""

    def compose(self, a, x, further=1.0):
        return ratio(a, x, further, upper=self.upper)

    def partials(self, out, a, x):
        density = Exp()(LogPoisson()(a - 1, x))
        return (Slope(self, (1, 0))(a, x), -density if self.upper else density)


@primitive
class LowerGamma(GammaRatio):
    """The lower incomplete gamma function over gamma(a), of (a, x). Lowers to `func.call`."""

    upper = False
    numpy = scipy_special("gammainc")


@primitive
class UpperGamma(GammaRatio):
    """1 - `LowerGamma`, exact where that is near 1, of (a, x). Lowers to `func.call`."""

    upper = True
    numpy = scipy_special("gammaincc")

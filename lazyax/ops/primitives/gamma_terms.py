"""Powers over factorials without cancellation: Poisson's and the binomial terms, as logarithms.

C. Loader, "Fast and accurate computation of binomial probabilities" (2000): the terms are split
into a deviance and the errors of Stirling's formula, all of which are small where terms are large.
"""

from __future__ import annotations

import math

from lazyax.graph.node import Node
from lazyax.graph.op import primitive
from lazyax.ops.primitives.bitwise import Or
from lazyax.ops.primitives.compare import Equal, GreaterEqual, LessEqual
from lazyax.ops.primitives.composed import Composed, polynomial
from lazyax.ops.primitives.elementwise import Absolute
from lazyax.ops.primitives.select import Select
from lazyax.ops.primitives.transcendental import Digamma, Lgamma, Log, Log1p, Sqrt, scipy_special

STIRLING = (
    1 / 12, -1 / 360, 1 / 1260, -1 / 1680, 1 / 1188, -691 / 360360, 1 / 156, -3617 / 122400,
)  # fmt: skip
"""B(2 k) / (2 k (2 k - 1)): Stirling's series (Abramowitz and Stegun 6.1.40)."""

LARGE = 12.0
"""From here on Stirling's series is exact."""

HALF_LOG_TWO_PI = 0.5 * math.log(2 * math.pi)


def choose(which: Node, x: Node, other: float) -> Node:
    """``x`` where the formula that follows is meant for it, else a number where it is finite."""
    return Select()(which, x, x.like(other))


def stirling_series(z: Node) -> Node:
    """log(gamma(z + 1)) less Stirling's log(sqrt(2 pi z) (z / e)**z), for large z."""
    inverse = 1 / z
    return inverse * polynomial(inverse * inverse, STIRLING)


def stirling_error(z: Node) -> Node:
    """The same for any z > 0."""
    large = GreaterEqual()(z, z.like(LARGE))
    small = Select()(large, z.like(1), z)
    direct = Lgamma()(small + 1) - (small + 0.5) * Log()(small) + small - HALF_LOG_TWO_PI
    return Select()(large, stirling_series(choose(large, z, LARGE)), direct)


def deviance(excess: Node, ratio: Node) -> tuple[Node, Node, Node]:
    """ratio - 1 - log(ratio), for ``excess`` = ratio - 1: exact near 0.

    Also whether |excess| is at most 1/2, and there the root of twice the value, with the sign
    of the excess. By 2 atanh(r) = log(ratio) for r = excess / (2 + excess).
    """
    near = LessEqual()(Absolute()(excess), excess.like(0.5))
    e = choose(near, excess, 0)
    r = e / (2 + e)
    terms = 8 if excess.aval.dtype.itemsize == 4 else 17  # r * r is at most 1/9
    tail = polynomial(r * r, [1 / (2 * k + 3) for k in range(terms)])
    part = 1 / (2 + e) - 2 * r * tail / ((2 + e) * (2 + e))
    return Select()(near, e * e * part, excess - Log()(ratio)), near, e * Sqrt()(2 * part)


def log_poisson(k: Node, x: Node) -> Node:
    """k log(x) - x - log(gamma(k + 1)), for k > -1."""
    large = GreaterEqual()(k, k.like(LARGE))
    far = choose(large, k, LARGE)
    mean = Select()(large, x, far)
    phi, _, _ = deviance((mean - far) / far, mean / far)
    stirling = -far * phi - 0.5 * Log()(far) - HALF_LOG_TWO_PI - stirling_series(far)
    near = Select()(large, k.like(1), k)
    direct = times_log(near, x) - x - Lgamma()(near + 1)
    return Select()(large, stirling, direct)


def log_binomial(k: Node, m: Node, x: Node, y: Node) -> Node:
    """log of x**k y**m times k + m over k, for y = 1 - x, and k and m positive."""
    n, excess = k + m, m * x - k * y
    phi_k, _, _ = deviance(excess / k, x * (n / k))
    phi_m, _, _ = deviance(-excess / m, y * (n / m))
    errors = stirling_error(n) - stirling_error(k) - stirling_error(m)
    root = 0.5 * (Log()(n) - Log()(k) - Log()(m)) - HALF_LOG_TWO_PI
    return root + errors - k * phi_k - m * phi_m


def times_log(k: Node, x: Node) -> Node:
    """log(x**k), which is 0 for the power 0, of zero too."""
    none = Equal()(k, k.like(0))
    return Select()(none, k, k * Log()(Select()(none, x.like(1), x)))


def quotient(k: Node, x: Node) -> Node:
    """k / x, which is 0 for k = 0, over zero too."""
    none = Equal()(k, k.like(0))
    return Select()(none, k, k / Select()(none, x.like(1), x))


@primitive
class LogPoisson(Composed):
    """log(x**k e**-x / gamma(k + 1)), of (k, x), for k > -1. Lowers to `func.call`.

    The logarithm of Poisson's probability of k where x are expected. Loader 2000.
    """

    compose = staticmethod(log_poisson)

    def numpy(k, x):
        return scipy_special("xlogy")(k, x) - x - scipy_special("gammaln")(k + 1)

    def partials(self, out, k, x):
        return (Log()(x) - Digamma()(k + 1), quotient(k, x) - 1)


@primitive
class LogBeta(Composed):
    """log(x**(a - 1) (1 - x)**(b - 1) / B(a, b)), of (a, b, x). Lowers to `func.call`.

    The logarithm of the density of the beta distribution, and n + 1 times the probability of
    a - 1 successes and b - 1 failures in n = a + b - 2 trials. Loader 2000.
    """

    def compose(self, a, b, x):
        y, half, one = 1 - x, x.like(0.5), x.like(1)
        at_edge = Or()(Equal()(x, x.like(0)), Equal()(x, one))
        p, q = Select()(at_edge, half, x), Select()(at_edge, half, y)
        scale = Log()(a) + Log()(b) - Log()(a + b)
        value = log_binomial(a, b, p, q) + scale - Log()(p) - Log1p()(-p)
        edge = times_log(a - 1, x) + times_log(b - 1, y) + Log()(a + b - 1)
        return Select()(at_edge, edge, value)

    def numpy(a, b, x):
        log = scipy_special("xlogy")(a - 1, x) + scipy_special("xlog1py")(b - 1, -x)
        return log - scipy_special("betaln")(a, b)

    def partials(self, out, a, b, x):
        digamma = Digamma()
        whole = digamma(a + b)
        by_a = Log()(x) + whole - digamma(a)
        by_b = Log1p()(-x) + whole - digamma(b)
        return (by_a, by_b, quotient(a - 1, x) - quotient(b - 1, 1 - x))

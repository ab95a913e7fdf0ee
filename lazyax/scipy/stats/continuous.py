"""Continuous distributions with shape parameters, by SciPy's names and parametrizations."""

from __future__ import annotations

import math

from lazyax.graph.node import Node
from lazyax.ops import primitives as p
from lazyax.scipy.stats.families import Continuous

log, lgamma, log1p, exp = p.Log(), p.Lgamma(), p.Log1p(), p.Exp()


def positive(z: Node, *shapes: Node) -> Node:
    """The support from 0 up."""
    return p.GreaterEqual()(z, z.like(0))


def above_zero(z: Node, *shapes: Node) -> Node:
    """The support above 0."""
    return p.Greater()(z, z.like(0))


def everywhere(z: Node, *shapes: Node) -> Node:
    """All numbers, and NaN."""
    return p.Equal()(z.like(0), z.like(0))


def unit_interval(z: Node, *shapes: Node) -> Node:
    """The support from 0 to 1."""
    return p.And()(positive(z), p.LessEqual()(z, z.like(1)))


def _times_log(power: Node, z: Node) -> Node:
    """log(z**power): 0 for the power 0, of zero too."""
    nothing = p.Equal()(power, power.like(0))
    return p.Select()(nothing, z.like(0), power * log(p.Select()(nothing, z.like(1), z)))


def _log_beta(a: Node, b: Node) -> Node:
    return lgamma(a) + lgamma(b) - lgamma(a + b)


def _gamma(z: Node, a: Node) -> Node:
    return _times_log(a - 1, z) - z - lgamma(a)


def _chi2(z: Node, k: Node) -> Node:
    return _times_log(k / 2 - 1, z) - z / 2 - lgamma(k / 2) - k * (math.log(2) / 2)


def _beta(z: Node, a: Node, b: Node) -> Node:
    return _times_log(a - 1, z) + _times_log(b - 1, 1 - z) - _log_beta(a, b)


def _t(z: Node, k: Node) -> Node:
    scale = lgamma((k + 1) / 2) - lgamma(k / 2) - 0.5 * log(k * math.pi)
    return scale - (k + 1) / 2 * log1p(z * z / k)


def _f(z: Node, m: Node, n: Node) -> Node:
    power = m / 2 * log(m / n) + _times_log(m / 2 - 1, z)
    return power - (m + n) / 2 * log1p(m * z / n) - _log_beta(m / 2, n / 2)


def _lognorm(z: Node, s: Node) -> Node:
    return -0.5 * (log(z) / s) * (log(z) / s) - log(z * s) - 0.5 * math.log(2 * math.pi)


def _weibull(z: Node, c: Node) -> Node:
    return log(c) + _times_log(c - 1, z) - exp(c * log(z))


def _invgamma(z: Node, a: Node) -> Node:
    return -(a + 1) * log(z) - 1 / z - lgamma(a)


def _pareto(z: Node, b: Node) -> Node:
    return log(b) - (b + 1) * log(z)


def _gumbel(z: Node) -> Node:
    return -z - exp(-z)


def _rayleigh(z: Node) -> Node:
    return log(z) - 0.5 * (z * z)


def _halfnorm(z: Node) -> Node:
    return 0.5 * math.log(2 / math.pi) - 0.5 * (z * z)


beta = Continuous("beta", _beta, unit_interval, 2)
chi2 = Continuous("chi2", _chi2, positive, 1)
f = Continuous("f", _f, positive, 2)
gamma = Continuous("gamma", _gamma, positive, 1)
gumbel_r = Continuous("gumbel_r", _gumbel, everywhere, 0)
halfnorm = Continuous("halfnorm", _halfnorm, positive, 0)
invgamma = Continuous("invgamma", _invgamma, above_zero, 1)
lognorm = Continuous("lognorm", _lognorm, above_zero, 1)
pareto = Continuous("pareto", _pareto, lambda z, b: p.GreaterEqual()(z, z.like(1)), 1)
rayleigh = Continuous("rayleigh", _rayleigh, positive, 0)
t = Continuous("t", _t, everywhere, 1)
weibull_min = Continuous("weibull_min", _weibull, positive, 1)

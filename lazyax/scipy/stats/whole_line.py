"""Distributions of all real numbers."""

from __future__ import annotations

import math

from lazyax.graph.node import Node
from lazyax.ops import primitives as p
from lazyax.scipy.bessel import i0e_node
from lazyax.scipy.sigmoids import log_expit_node, log_ndtr_node, ndtr_node
from lazyax.scipy.stats.families import Continuous

log, log1p, exp, expm1 = p.Log(), p.Log1p(), p.Exp(), p.Expm1()


def _split(z: Node, below: Node, above: Node) -> Node:
    return p.Select()(p.Greater()(z, z.like(0)), above, below)


def _size(z: Node) -> Node:
    """|z|, or 1 at 0, where tails are known and their slopes need another formula."""
    zero = p.Equal()(z, z.like(0))
    return p.Select()(zero, z.like(1), p.Absolute()(z))


def _by_tails(z: Node, tail: Node, slope: Node) -> Node:
    """The probability of at most ``z`` of a symmetric distribution, by that of less than -|z|.

    ``slope`` is the density at 0.
    """
    value = _split(z, tail, 1 - tail)
    return p.Select()(p.Equal()(z, z.like(0)), 0.5 + z * slope, value)


def _log_beta_of_half(b: Node) -> Node:
    """log(beta(1/2, b)) by the density of beta at its mean, where nothing cancels."""
    a = b.like(0.5)
    mean = a / (a + b)
    powers = (a - 1) * log(mean) + (b - 1) * log1p(-mean)
    return powers - p.LogBeta()(a, b, mean)


def _t(z: Node, k: Node) -> Node:
    return -_log_beta_of_half(k / 2) - 0.5 * log(k) - (k + 1) / 2 * log1p(z * z / k)


def _t_cdf(z: Node, k: Node) -> Node:
    """By the part of the beta function that is small."""
    size = _size(z)
    near = p.Less()(size * size, k)
    half, freedom = k.like(0.5), k / 2
    part = p.BetaRatio()(
        p.Select()(near, half, freedom),
        p.Select()(near, freedom, half),
        p.Select()(near, size * size, k) / (k + size * size),
    )
    tail = 0.5 * p.Select()(near, 1 - part, part)
    return _by_tails(z, tail, exp(_t(z.like(0), k)))


def _gennorm(z: Node, b: Node) -> Node:
    return log(b / 2) - p.Lgamma()(1 / b) - p.Power()(p.Absolute()(z), b)


def _gennorm_cdf(z: Node, b: Node) -> Node:
    tail = 0.5 * p.UpperGamma()(1 / b, p.Power()(_size(z), b))
    return _by_tails(z, tail, exp(_gennorm(z.like(0), b)))


def _laplace_cdf(z: Node) -> Node:
    tail = 0.5 * exp(_split(z, z, -z))
    return _split(z, tail, 1 - tail)


def _laplace_quantile(q: Node) -> Node:
    z = log(2 * _split(q - 0.5, q, 1 - q))
    return _split(q - 0.5, z, -z)


def _von_mises(z: Node, kappa: Node) -> Node:
    return kappa * (p.Cos()(z) - 1) - log(i0e_node(kappa)) - math.log(2 * math.pi)


def not_negative(z: Node, shape: Node) -> Node:
    """Whether the shape parameter may be 0 too."""
    return p.GreaterEqual()(shape, shape.like(0))


cauchy = Continuous(
    name="cauchy",
    density=lambda z: -log1p(z * z) - math.log(math.pi),
    cdf_formula=lambda z: p.Atan2()(z.like(1), -z) / math.pi,
    sf_formula=lambda z: p.Atan2()(z.like(1), z) / math.pi,
    quantile=lambda q: p.Tan()(math.pi * (q - 0.5)),
)
gennorm = Continuous(
    name="gennorm",
    shapes=("beta",),
    density=_gennorm,
    cdf_formula=_gennorm_cdf,
    sf_formula=lambda z, b: _gennorm_cdf(-z, b),
)
gumbel_l = Continuous(
    name="gumbel_l",
    density=lambda z: z - exp(z),
    log_sf=lambda z: -exp(z),
    quantile=lambda q: log(-log1p(-q)),
)
gumbel_r = Continuous(
    name="gumbel_r",
    density=lambda z: -z - exp(-z),
    log_cdf=lambda z: -exp(-z),
    quantile=lambda q: -log(-log(q)),
)
laplace = Continuous(
    name="laplace",
    density=lambda z: -p.Absolute()(z) - math.log(2),
    cdf_formula=_laplace_cdf,
    sf_formula=lambda z: _laplace_cdf(-z),
    quantile=_laplace_quantile,
)
logistic = Continuous(
    name="logistic",
    density=lambda z: log_expit_node(z) + log_expit_node(-z),
    cdf_formula=p.Logistic(),
    sf_formula=lambda z: p.Logistic()(-z),
    log_cdf=log_expit_node,
    log_sf=lambda z: log_expit_node(-z),
    quantile=lambda q: log(q) - log1p(-q),
)
norm = Continuous(
    name="norm",
    density=lambda z: -0.5 * (z * z + math.log(2 * math.pi)),
    cdf_formula=ndtr_node,
    sf_formula=lambda z: ndtr_node(-z),
    log_cdf=log_ndtr_node,
    log_sf=lambda z: log_ndtr_node(-z),
    quantile=p.NormalQuantile(),
)
t = Continuous(
    name="t",
    shapes=("df",),
    density=_t,
    cdf_formula=_t_cdf,
    sf_formula=lambda z, k: _t_cdf(-z, k),
)
vonmises = Continuous(name="vonmises", shapes=("kappa",), density=_von_mises, fits=not_negative)

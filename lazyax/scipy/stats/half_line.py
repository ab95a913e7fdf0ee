"""Distributions of positive numbers."""

from __future__ import annotations

import math

from lazyax.graph.node import Node
from lazyax.ops import primitives as p
from lazyax.ops.primitives.gamma_terms import times_log
from lazyax.scipy.sigmoids import log_ndtr_node, ndtr_node
from lazyax.scipy.stats.families import Continuous

log, log1p, exp, expm1 = p.Log(), p.Log1p(), p.Exp(), p.Expm1()


def _f(z: Node, m: Node, n: Node) -> Node:
    """By the density of beta at m z / (m z + n), or at 1 less that, which is the smaller one."""
    whole = m * z + n
    low = p.LessEqual()(m * z, n)
    a, b = m / 2, n / 2
    beta = p.LogBeta()(
        p.Select()(low, a, b), p.Select()(low, b, a), p.Select()(low, m * z, n) / whole
    )
    return beta + log(m) + log(n) - 2 * log(whole)


expon = Continuous(
    name="expon",
    low=0.0,
    density=lambda z: -z,
    log_sf=lambda z: -z,
    cdf_formula=lambda z: -expm1(-z),
    quantile=lambda q: -log1p(-q),
)
chi2 = Continuous(
    name="chi2",
    shapes=("df",),
    low=0.0,
    density=lambda z, k: p.LogPoisson()(k / 2 - 1, z / 2) - math.log(2),
    cdf_formula=lambda z, k: p.LowerGamma()(k / 2, z / 2),
    sf_formula=lambda z, k: p.UpperGamma()(k / 2, z / 2),
)
f = Continuous(
    name="f",
    shapes=("dfn", "dfd"),
    low=0.0,
    density=_f,
    cdf_formula=lambda z, m, n: p.BetaRatio()(m / 2, n / 2, m * z / (m * z + n)),
    sf_formula=lambda z, m, n: p.BetaRatio()(n / 2, m / 2, n / (m * z + n)),
)
gamma = Continuous(
    name="gamma",
    shapes=("a",),
    low=0.0,
    density=lambda z, a: p.LogPoisson()(a - 1, z),
    cdf_formula=lambda z, a: p.LowerGamma()(a, z),
    sf_formula=lambda z, a: p.UpperGamma()(a, z),
)
halfnorm = Continuous(
    name="halfnorm",
    low=0.0,
    density=lambda z: 0.5 * math.log(2 / math.pi) - 0.5 * (z * z),
    cdf_formula=lambda z: p.Erf()(z * math.sqrt(0.5)),
    sf_formula=lambda z: p.Erfc()(z * math.sqrt(0.5)),
    quantile=lambda q: math.sqrt(2) * p.ErfInv()(q),
)
invgamma = Continuous(
    name="invgamma",
    shapes=("a",),
    low=0.0,
    ends_inside=False,
    density=lambda z, a: p.LogPoisson()(a - 1, 1 / z) - 2 * log(z),
    cdf_formula=lambda z, a: p.UpperGamma()(a, 1 / z),
    sf_formula=lambda z, a: p.LowerGamma()(a, 1 / z),
)
lognorm = Continuous(
    name="lognorm",
    shapes=("s",),
    low=0.0,
    ends_inside=False,
    density=lambda z, s: (
        -0.5 * (log(z) / s) * (log(z) / s) - log(z * s) - 0.5 * math.log(2 * math.pi)
    ),
    cdf_formula=lambda z, s: ndtr_node(log(z) / s),
    sf_formula=lambda z, s: ndtr_node(-log(z) / s),
    log_cdf=lambda z, s: log_ndtr_node(log(z) / s),
    log_sf=lambda z, s: log_ndtr_node(-log(z) / s),
    quantile=lambda q, s: exp(s * p.NormalQuantile()(q)),
)
pareto = Continuous(
    name="pareto",
    shapes=("b",),
    low=1.0,
    density=lambda z, b: log(b) - (b + 1) * log(z),
    log_sf=lambda z, b: -b * log(z),
    quantile=lambda q, b: exp(-log1p(-q) / b),
)
rayleigh = Continuous(
    name="rayleigh",
    low=0.0,
    density=lambda z: log(z) - 0.5 * (z * z),
    log_sf=lambda z: -0.5 * (z * z),
    quantile=lambda q: p.Sqrt()(-2 * log1p(-q)),
)
weibull_min = Continuous(
    name="weibull_min",
    shapes=("c",),
    low=0.0,
    density=lambda z, c: log(c) + times_log(c - 1, z) - p.Power()(z, c),
    log_sf=lambda z, c: -p.Power()(z, c),
    quantile=lambda q, c: p.Power()(-log1p(-q), 1 / c),
)

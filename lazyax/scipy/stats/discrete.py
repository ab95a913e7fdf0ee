"""Distributions of whole numbers."""

from __future__ import annotations

from lazyax.graph.node import Node
from lazyax.ops import primitives as p
from lazyax.ops.primitives.gamma_terms import times_log
from lazyax.scipy.stats.families import Discrete

log, log1p, exp, expm1 = p.Log(), p.Log1p(), p.Exp(), p.Expm1()


def _probability(x: Node) -> Node:
    return p.And()(p.GreaterEqual()(x, x.like(0)), p.LessEqual()(x, x.like(1)))


def _not_none(x: Node) -> Node:
    return p.And()(p.Greater()(x, x.like(0)), p.LessEqual()(x, x.like(1)))


def _bernoulli(k: Node, q: Node) -> Node:
    return times_log(k, q) + times_log(1 - k, 1 - q)


def _geom(k: Node, q: Node) -> Node:
    first = p.Equal()(k, k.like(1))
    rest = (k - 1) * log1p(-p.Select()(first, q.like(0), q))
    return log(q) + rest


def _nbinom(k: Node, n: Node, q: Node) -> Node:
    return p.LogBeta()(n, k + 1, q) + log(q) - log(n + k)


def _beta_binom(k: Node, n: Node, a: Node, b: Node) -> Node:
    lgamma = p.Lgamma()
    ways = lgamma(n + 1) - lgamma(k + 1) - lgamma(n - k + 1)
    drawn = lgamma(k + a) + lgamma(n - k + b) - lgamma(n + a + b)
    return ways + drawn - (lgamma(a) + lgamma(b) - lgamma(a + b))


bernoulli = Discrete(
    name="bernoulli",
    shapes=("p",),
    low=0.0,
    high=1.0,
    fits=lambda k, q: _probability(q),
    density=_bernoulli,
    cdf_formula=lambda k, q: 1 - q,
    sf_formula=lambda k, q: q,
    quantile=lambda q, chance: p.Select()(p.LessEqual()(q, 1 - chance), q.like(0), q.like(1)),
)
betabinom = Discrete(
    name="betabinom",
    shapes=("n", "a", "b"),
    low=0.0,
    high=lambda n, a, b: n,
    fits=lambda k, n, a, b: p.And()(
        p.GreaterEqual()(n, n.like(0)),
        p.And()(p.Greater()(a, a.like(0)), p.Greater()(b, b.like(0))),
    ),
    density=_beta_binom,
)
binom = Discrete(
    name="binom",
    shapes=("n", "p"),
    low=0.0,
    high=lambda n, q: n,
    fits=lambda k, n, q: p.And()(p.GreaterEqual()(n, n.like(0)), _probability(q)),
    density=lambda k, n, q: p.LogBeta()(k + 1, n - k + 1, q) - log(n + 1),
    cdf_formula=lambda k, n, q: p.BetaRatio()(n - k, k + 1, 1 - q),
    sf_formula=lambda k, n, q: p.BetaRatio()(k + 1, n - k, q),
)
geom = Discrete(
    name="geom",
    shapes=("p",),
    low=1.0,
    fits=lambda k, q: _not_none(q),
    density=_geom,
    log_sf=lambda k, q: k * log1p(-q),
    quantile=lambda q, chance: p.Ceil()(log1p(-q) / log1p(-chance)),
)
nbinom = Discrete(
    name="nbinom",
    shapes=("n", "p"),
    low=0.0,
    fits=lambda k, n, q: p.And()(p.Greater()(n, n.like(0)), _not_none(q)),
    density=_nbinom,
    cdf_formula=lambda k, n, q: p.BetaRatio()(n, k + 1, q),
    sf_formula=lambda k, n, q: p.BetaRatio()(k + 1, n, 1 - q),
)
poisson = Discrete(
    name="poisson",
    shapes=("mu",),
    low=0.0,
    fits=lambda k, mu: p.GreaterEqual()(mu, mu.like(0)),
    density=lambda k, mu: p.LogPoisson()(k, mu),
    cdf_formula=lambda k, mu: p.UpperGamma()(k + 1, mu),
    sf_formula=lambda k, mu: p.LowerGamma()(k + 1, mu),
)

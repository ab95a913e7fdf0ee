"""Distributions of numbers between two ends."""

from __future__ import annotations

import math

from lazyax.graph.node import Node
from lazyax.ops import primitives as p
from lazyax.scipy.sigmoids import log_ndtr_node
from lazyax.scipy.stats.families import Continuous

log, log1p, exp = p.Log(), p.Log1p(), p.Exp()


def _log_normal_mass(low: Node, high: Node) -> Node:
    """log of the normal probability between two numbers, on the side where that is small."""
    flips = p.Greater()(low + high, low.like(0))
    first = log_ndtr_node(p.Select()(flips, -high, low))
    last = log_ndtr_node(p.Select()(flips, -low, high))
    return last + log1p(-exp(first - last))


def _truncnorm(z: Node, a: Node, b: Node) -> Node:
    return -0.5 * (z * z + math.log(2 * math.pi)) - _log_normal_mass(a, b)


def _wrapcauchy(z: Node, c: Node) -> Node:
    distance = 1 + c * c - 2 * c * p.Cos()(z)
    return log((1 - c * c) / distance) - math.log(2 * math.pi)


def _wrapcauchy_cdf(z: Node, c: Node) -> Node:
    """The angle of z / 2 on a circle that is stretched; atan2 goes on over pi / 2."""
    half = z / 2
    return p.Atan2()((1 + c) * p.Sin()(half), (1 - c) * p.Cos()(half)) / math.pi


beta = Continuous(
    name="beta",
    shapes=("a", "b"),
    low=0.0,
    high=1.0,
    density=lambda z, a, b: p.LogBeta()(a, b, z),
    cdf_formula=lambda z, a, b: p.BetaRatio()(a, b, z),
    sf_formula=lambda z, a, b: p.BetaRatio()(b, a, 1 - z),
)
truncnorm = Continuous(
    name="truncnorm",
    shapes=("a", "b"),
    low=lambda a, b: a,
    high=lambda a, b: b,
    fits=lambda z, a, b: p.Less()(a, b),
    density=_truncnorm,
    log_cdf=lambda z, a, b: _log_normal_mass(a, z) - _log_normal_mass(a, b),
    log_sf=lambda z, a, b: _log_normal_mass(z, b) - _log_normal_mass(a, b),
)
uniform = Continuous(
    name="uniform",
    low=0.0,
    high=1.0,
    density=lambda z: z.like(0),
    cdf_formula=lambda z: z,
    sf_formula=lambda z: 1 - z,
    quantile=lambda q: q,
)
wrapcauchy = Continuous(
    name="wrapcauchy",
    shapes=("c",),
    low=0.0,
    high=2 * math.pi,
    fits=lambda z, c: p.And()(p.Greater()(c, c.like(0)), p.Less()(c, c.like(1))),
    density=_wrapcauchy,
    cdf_formula=_wrapcauchy_cdf,
)

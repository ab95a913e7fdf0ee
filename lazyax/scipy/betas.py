"""Quotients of gamma functions that cancel nothing where arguments are large."""

from __future__ import annotations

import math

from lazyax.graph.node import Node
from lazyax.ops import primitives as p
from lazyax.ops.primitives.composed import in_order
from lazyax.ops.primitives.gamma_terms import HALF_LOG_TWO_PI, LARGE, choose, stirling_error


def betaln_node(x: Node, y: Node) -> Node:
    """log(gamma(x) gamma(y) / gamma(x + y)).

    By Stirling's formula and its errors where the larger of two positive numbers is large (as A. R.
    DiDonato and A. H. Morris do, ACM Transactions on Mathematical Software 18, 1992), and else by
    the three logarithms.
    """
    lgamma = p.Lgamma()
    low, high = in_order(x, y)
    large = p.And()(p.GreaterEqual()(high, high.like(LARGE)), p.Greater()(low, low.like(0)))
    a, b = choose(large, low, 1.0), choose(large, high, LARGE)
    total = a + b
    errors = stirling_error(a) + (stirling_error(b) - stirling_error(total))
    powers = (a - 0.5) * p.Log()(a / total) + (b - 0.5) * p.Log1p()(-a / total)
    value = errors + powers - 0.5 * p.Log()(total) + HALF_LOG_TWO_PI
    return p.Select()(large, value, lgamma(x) + lgamma(y) - lgamma(x + y))


def gammasgn_node(x: Node) -> Node:
    """1, or -1 between negative numbers where the floor is odd; NaN at the poles."""
    pole = p.And()(p.Less()(x, x.like(0)), p.Equal()(x, p.Floor()(x)))
    return p.Select()(p.Or()(pole, p.NotEqual()(x, x)), x.like(math.nan), _sign(x))


def _sign(x: Node) -> Node:
    """The same, but 1 at the poles."""
    floor, zero = p.Floor()(x), x.like(0)
    odd = p.NotEqual()(floor, 2 * p.Floor()(floor * 0.5))
    between = p.And()(p.Less()(x, zero), p.NotEqual()(x, floor))
    sign = p.Select()(p.And()(between, odd), x.like(-1), x.like(1))
    return p.StopGradient()(p.Select()(p.Equal()(x, zero), p.Sign()(1 / x), sign))


def beta_node(x: Node, y: Node) -> Node:
    """By logarithms, whose gammas do not overflow where beta is small."""
    return _sign(x) * _sign(y) * _sign(x + y) * p.Exp()(betaln_node(x, y))


def poch_node(x: Node, m: Node) -> Node:
    """gamma(x + m) / gamma(x): gamma(m) / beta(x, m) for positive m."""
    lgamma = p.Lgamma()
    rises = p.Greater()(m, m.like(0))
    step = choose(rises, m, 1.0)
    grown = lgamma(step) - betaln_node(x, step)
    size = p.Exp()(p.Select()(rises, grown, lgamma(x + m) - lgamma(x)))
    return _sign(x + m) * _sign(x) * size

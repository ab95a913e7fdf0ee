"""Quotients of gamma functions that cancel nothing where arguments are large."""

from __future__ import annotations

from lazyax.graph.node import Node
from lazyax.ops import primitives as p
from lazyax.ops.primitives.gamma_terms import HALF_LOG_TWO_PI, LARGE, choose, stirling_error


def betaln_node(x: Node, y: Node) -> Node:
    """log(gamma(x) gamma(y) / gamma(x + y)).

    By Stirling's formula and its errors where the larger of two positive numbers is large (as A. R.
    DiDonato and A. H. Morris do, ACM Transactions on Mathematical Software 18, 1992), and else by
    the three logarithms.
    """
    lgamma = p.Lgamma()
    low, high = p.Minimum()(x, y), p.Maximum()(x, y)
    large = p.And()(p.GreaterEqual()(high, high.like(LARGE)), p.Greater()(low, low.like(0)))
    a, b = choose(large, low, 1.0), choose(large, high, LARGE)
    total = a + b
    errors = stirling_error(a) + (stirling_error(b) - stirling_error(total))
    powers = (a - 0.5) * p.Log()(a / total) + (b - 0.5) * p.Log1p()(-a / total)
    value = errors + powers - 0.5 * p.Log()(total) + HALF_LOG_TWO_PI
    return p.Select()(large, value, lgamma(x) + lgamma(y) - lgamma(x + y))


def poch_node(x: Node, m: Node) -> Node:
    """gamma(x + m) / gamma(x): gamma(m) / beta(x, m) for positive m."""
    lgamma = p.Lgamma()
    rises = p.Greater()(m, m.like(0))
    step = choose(rises, m, 1.0)
    grown = lgamma(step) - betaln_node(x, step)
    return p.Exp()(p.Select()(rises, grown, lgamma(x + m) - lgamma(x)))

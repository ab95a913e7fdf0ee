"""The normal and the logistic distribution function and their logarithms, of nodes."""

from __future__ import annotations

import math

from lazyax.graph.node import Node
from lazyax.ops import primitives as p
from lazyax.ops.primitives.composed import in_order


def ndtr_node(x: Node) -> Node:
    """By erfc on the side where nothing cancels."""
    scaled = x * math.sqrt(0.5)
    far = p.Greater()(p.Absolute()(scaled), scaled.like(math.sqrt(0.5)))
    tail = 0.5 * p.Erfc()(p.Absolute()(scaled))
    positive = p.Greater()(scaled, scaled.like(0))
    return p.Select()(far, p.Select()(positive, 1 - tail, tail), 0.5 + 0.5 * p.Erf()(scaled))


def log_ndtr_node(x: Node) -> Node:
    """log(ndtr) down to where ndtr is small; below, its asymptotic series (A. & S. 26.2.12)."""
    low = x.like(-10.0 if x.aval.dtype.itemsize <= 4 else -20.0)
    above = p.Greater()(x, low)
    near, far = p.Select()(above, x, low), p.Select()(above, low, x)
    inverse, series = 1 / (far * far), x.like(1)
    for odd in range(15, 0, -2):
        series = 1 - odd * inverse * series
    asymptotic = -0.5 * (far * far) - p.Log()(-far) - 0.5 * math.log(2 * math.pi)
    upper, zero = p.Greater()(near, near.like(0)), near.like(0)
    direct = p.Log()(ndtr_node(p.Select()(upper, zero, near)))
    complement = p.Log1p()(-ndtr_node(-p.Select()(upper, near, zero)))
    value = p.Select()(upper, complement, direct)
    return p.Select()(above, value, asymptotic + p.Log()(series))


def log_expit_node(x: Node) -> Node:
    """-log(1 + exp(-x)), which neither overflows nor cancels."""
    smaller, larger = in_order(x, x.like(0))
    return smaller - p.Log1p()(p.Exp()(smaller - larger))

"""The thirteen ways to take a quantile that falls between two elements.

R. J. Hyndman and Y. Fan, Sample quantiles in statistical packages (1996), define the first nine.
"""

from __future__ import annotations

from collections.abc import Callable

from lazyax.graph.node import Node
from lazyax.ops import primitives as p
from lazyax.ops.numpy.compositions import is_zero, truth


def between(low: Node, high: Node, weight: Node) -> Node:
    """From ``low`` to ``high`` by ``weight``; equal infinities stay."""
    value = low * (1 - weight) + high * weight
    exact = p.Or()(p.Equal()(low, high), p.Equal()(weight, weight.like(0)))
    return p.Select()(exact, low, value)


Choice = Callable[[Node, Node, Node, Node], Node]
"""Elements below and above a place, how far it is from the lower, and the lower's index."""


def _rounded_up(low: Node, high: Node, weight: Node, below: Node) -> Node:
    return p.Select()(is_zero(weight), low, high)


def _halfway(low: Node, high: Node, weight: Node, below: Node) -> Node:
    return p.Select()(is_zero(weight), low, between(low, high, low.like(0.5)))


def _averaged(low: Node, high: Node, weight: Node, below: Node) -> Node:
    return p.Select()(is_zero(weight), between(low, high, low.like(0.5)), high)


def _nearest(low: Node, high: Node, weight: Node, below: Node) -> Node:
    """Of two as near, the one of even index."""
    half = p.And()(p.Equal()(weight, weight.like(0.5)), is_zero(_parity(below)))
    return p.Select()(p.Or()(half, p.Less()(weight, weight.like(0.5))), low, high)


def _nearest_observation(low: Node, high: Node, weight: Node, below: Node) -> Node:
    """The lower where the place is one of odd index, counted from 0; else the next."""
    return p.Select()(p.And()(is_zero(weight), truth(_parity(below))), low, high)


def _parity(index: Node) -> Node:
    return index - 2 * p.Floor()(index * 0.5)


def _plotting(alpha: float, beta: float) -> Callable[[Node, Node], Node]:
    """The place of a share among n, counted from 0, by two plotting positions."""
    return lambda n, share: n * share + (alpha + share * (1 - alpha - beta)) - 1


def _span(n: Node, share: Node) -> Node:
    """From the first of n to the last."""
    return share * (n - 1)


def _linear(low: Node, high: Node, weight: Node, below: Node) -> Node:
    return between(low, high, weight)


METHODS: dict[str, tuple[Callable[[Node, Node], Node], Choice]] = {
    "inverted_cdf": (_plotting(0, 1), _rounded_up),
    "averaged_inverted_cdf": (_plotting(0, 1), _averaged),
    "closest_observation": (lambda n, share: n * share - 1.5, _nearest_observation),
    "interpolated_inverted_cdf": (_plotting(0, 1), _linear),
    "hazen": (_plotting(0.5, 0.5), _linear),
    "weibull": (_plotting(0, 0), _linear),
    "linear": (_span, _linear),
    "median_unbiased": (_plotting(1 / 3, 1 / 3), _linear),
    "normal_unbiased": (_plotting(3 / 8, 3 / 8), _linear),
    "lower": (_span, lambda low, high, weight, below: low),
    "higher": (_span, _rounded_up),
    "midpoint": (_span, _halfway),
    "nearest": (_span, _nearest),
}
"""By method: the place of a share among n elements, and what it gives of those around it."""

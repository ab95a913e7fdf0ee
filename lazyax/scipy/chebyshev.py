"""Chebyshev expansions, of nodes."""

from __future__ import annotations

from collections.abc import Sequence

from lazyax.graph.node import Node


def chebyshev(coefficients: Sequence[float], x: Node) -> Node:
    """The expansion at ``x`` in [-1, 1], by Clenshaw's recurrence."""
    last = before = x.like(0)
    for c in reversed(coefficients[1:]):
        last, before = 2 * x * last - before + c, last
    return x * last - before + coefficients[0]

"""What the distributions have in common: arguments in units of their scale."""

from __future__ import annotations

from typing import Any

from lazyax.graph.node import Node
from lazyax.ops.numpy.promotion import operands


def standardized(function: str, x: Any, loc: Any, scale: Any) -> tuple[Node, Node]:
    """``(x - loc) / scale``, and ``scale``, of one floating dtype and shape.

    Raises:
        LazyaxTypeError: if the shapes do not broadcast.
    """
    value, centre, unit = operands(function, x, loc, scale, domain="inexact")
    return (value - centre) / unit, unit

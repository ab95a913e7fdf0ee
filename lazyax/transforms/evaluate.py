"""The graph in NumPy, node by node: the simple oracle that XLA and rewriting are compared with."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy

from lazyax.graph.node import Node
from lazyax.graph.traversal import toposort
from lazyax.xla.interpret import conform
from lazyax.xla.plan import raise_abstract


def evaluate(
    roots: Sequence[Node],
    read: Callable[[Node], numpy.ndarray],
    given: Mapping[Node, numpy.ndarray] | None = None,
) -> list[Any]:
    """Values of ``roots``, each op computed by its ``evaluate``.

    Args:
        roots: what to compute.
        read: the value of a leaf that has one, as a NumPy array.
        given: values for abstract inputs.

    Raises:
        AbstractValueError: for an abstract input that is not given.
    """
    values: dict[Node, Any] = dict(given or {})
    for node in toposort(roots, stop=values):
        if node in values:
            continue
        if node.value is not None:
            values[node] = read(node)
            continue
        if node.op.abstract:
            raise_abstract(node, roots)
        with numpy.errstate(all="ignore"):
            result = node.op.evaluate(*[values[operand] for operand in node.operands])
        values[node] = conform(result, node.aval)
    return [values[root] for root in roots]

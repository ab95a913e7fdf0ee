"""Vectorisation: what depends on a mapped input gets a batch axis 0, in one pass."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from lazyax.graph.node import Node, settling
from lazyax.graph.origin import inherited
from lazyax.graph.traversal import dependents, toposort
from lazyax.ops.primitives.kinds import broadcast_leading


def batch(
    roots: Sequence[Node], mapped: Mapping[Node, Node], size: int
) -> tuple[list[Node], list[bool]]:
    """``roots`` computed for a whole batch, and which of them carry its axis, as axis 0.

    Args:
        roots: results for one element.
        mapped: for each abstract input of one element, the batched node that takes its place.
        size: length of the batch axis.
    """
    new: dict[Node, Node] = dict(mapped)
    before = inherited.origin
    with settling:
        order = toposort(roots, stop=new)
        active = dependents(order, new)
    try:
        for node in order:
            if node not in active or node in new:
                continue
            which = [operand in active for operand in node.operands]
            operands = [new.get(operand, operand) for operand in node.operands]
            inherited.origin = node.origin
            new[node] = node.op.batch(operands, which, size)
    finally:
        inherited.origin = before
    return [new.get(root, root) for root in roots], [root in active for root in roots]


def batched(root: Node, is_batched: bool, size: int) -> Node:
    """A result with its batch axis: one that does not depend on the mapped inputs is repeated."""
    return root if is_batched else broadcast_leading(root, size)

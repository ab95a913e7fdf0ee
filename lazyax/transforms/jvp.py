"""Forward mode: tangents of nodes, in one pass, operands first."""

from __future__ import annotations

from collections.abc import Sequence

from lazyax.graph.node import Node, settling
from lazyax.graph.origin import inherited
from lazyax.graph.traversal import dependents, toposort


def jvp(
    roots: Sequence[Node],
    primals: Sequence[Node],
    tangents: Sequence[Node | None],
    reverse: bool = False,
) -> list[Node | None]:
    """Tangents of ``roots`` when ``primals`` move along ``tangents``.

    Each node on the way is asked for its tangent once, given its operands' (op.jvp). A known
    zero is None, all through. What does not depend on the primals is not visited.

    Args:
        roots: the results to differentiate.
        primals: nodes to differentiate by.
        tangents: a node of the same aval for each primal, or None.
        reverse: the result will be transposed, and never computed (op.linearize).
    """
    tangent_of: dict[Node, Node | None] = dict(zip(primals, tangents, strict=True))
    before = inherited.origin
    with settling:
        order = toposort(roots, stop=tangent_of)
        active = dependents(order, tangent_of)
    try:
        for node in order:
            if node not in active or node in tangent_of:
                continue
            operand_tangents = [tangent_of.get(operand) for operand in node.operands]
            if all(tangent is None for tangent in operand_tangents):
                continue
            inherited.origin = node.origin
            rule = node.op.linearize if reverse else node.op.jvp
            tangent_of[node] = rule(node, node.operands, operand_tangents)
    finally:
        inherited.origin = before
    return [tangent_of.get(root) for root in roots]

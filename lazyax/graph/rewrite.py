"""The one rewrite driver: rebuild a graph bottom-up, each node once."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence

from lazyax.graph.node import Node
from lazyax.graph.origin import inherited
from lazyax.graph.traversal import toposort

Rule = Callable[[Node, Sequence[Node]], Node]


def rebuild(node: Node, operands: Sequence[Node]) -> Node:
    """The same op on new operands: what a rule does where it has nothing to say."""
    if all(new is old for new, old in zip(operands, node.operands, strict=True)):
        return node
    return node.op(*operands)


def rewrite(
    roots: Iterable[Node],
    rule: Rule = rebuild,
    replaced: Mapping[Node, Node] | None = None,
) -> list[Node]:
    """``roots`` with ``rule`` applied to every node, operands first.

    With the default rule, nodes whose operands did not change stay themselves, so sharing with
    the rest of the graph is kept. Memoised by node: a diamond with ``2**40`` paths takes 40
    steps. New nodes carry the origin of the node they stand for.

    Args:
        roots: nodes to rewrite.
        rule: called as ``rule(node, new_operands)``; returns the node that takes its place.
        replaced: nodes whose replacement is already known, such as a graph's inputs.
    """
    roots = list(roots)
    new: dict[Node, Node] = dict(replaced or {})
    before = inherited.origin
    try:
        for node in toposort(roots, stop=new):
            if node in new:
                continue
            operands = [new[operand] for operand in node.operands]
            inherited.origin = node.origin
            new[node] = rule(node, operands)
    finally:
        inherited.origin = before
    return [new[root] for root in roots]

"""Vectorisation: what depends on a mapped input gets a batch axis 0, in one pass."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from lazyax.graph.aval import aval_of
from lazyax.graph.node import Node, settling
from lazyax.graph.origin import inherited
from lazyax.graph.rewrite import rebuild
from lazyax.graph.traversal import toposort
from lazyax.ops.primitives.collective import holds_mapped, is_mapped
from lazyax.ops.primitives.kinds import Unmapped, broadcast_leading
from lazyax.ops.primitives.leaves import Trace, input_leaf


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
    active = set(mapped)
    before = inherited.origin
    with settling:
        order = toposort(roots, stop=new)
    try:
        for node in order:
            if node in new:
                continue
            which = [operand in active for operand in node.operands]
            operands = [new.get(operand, operand) for operand in node.operands]
            inherited.origin = node.origin
            row: Node | Unmapped
            if is_mapped(node.op):
                row = node.op.over(operands, which, size)
            elif any(which) or holds_mapped(node):
                row = node.op.batch(operands, which, size)
            else:
                row = Unmapped(rebuild(node, operands))
            if isinstance(row, Unmapped):
                new[node] = row.node
            else:
                new[node] = row
                active.add(node)
    finally:
        inherited.origin = before
    return [new.get(root, root) for root in roots], [root in active for root in roots]


def batched(root: Node, is_batched: bool, size: int) -> Node:
    """A result with its batch axis: one that does not depend on the mapped inputs is repeated."""
    return root if is_batched else broadcast_leading(root, size)


def elements_of(
    nodes: Sequence[Node], which: Sequence[bool], trace: Trace
) -> tuple[list[Node], dict[Node, Node]]:
    """What stands for one element of each batched node, and back; others stand for themselves."""
    elements, into = [], {}
    for node, is_batched in zip(nodes, which, strict=True):
        if not is_batched:
            elements.append(node)
            continue
        aval = node.aval
        one = aval_of(aval.shape[1:], aval.dtype, aval.weak_type)
        element = input_leaf(one, "element", trace, node.origin)
        into[element] = node
        elements.append(element)
    return elements, into


def in_lanes(
    function: Callable[[list[Node]], Sequence[Node | None]],
    name: str,
    nodes: Sequence[Node],
    which: Sequence[bool],
    size: int,
) -> tuple[list[Node | None], list[bool]]:
    """Results of a function of nodes for a whole batch, and which carry its axis, as axis 0.

    Args:
        function: of the nodes of one element; None among its results is a known zero.
        name: of the function, for messages.
        nodes: what it is given.
        which: those of them that carry a batch axis 0.
        size: length of the batch axis.
    """
    trace = Trace("vmap", name)
    elements, into = elements_of(nodes, which, trace)
    try:
        roots = list(function(elements))
    finally:
        trace.running = False
    rows, flags = batch([root for root in roots if root is not None], into, size)
    row, flag = iter(rows), iter(flags)
    return (
        [None if root is None else next(row) for root in roots],
        [root is not None and next(flag) for root in roots],
    )

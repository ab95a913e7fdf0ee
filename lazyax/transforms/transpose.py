"""Reverse mode's second half: the transpose of a linear graph, in one pass, users first."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from lazyax.graph.node import Node, settling
from lazyax.graph.origin import inherited
from lazyax.graph.traversal import dependents, toposort


def transpose(
    roots: Sequence[Node | None],
    inputs: Sequence[Node],
    cotangents: Sequence[Node | None],
    constants: Sequence[Node] = (),
) -> list[Node | None]:
    """Cotangents of ``inputs``, given those of ``roots``, which depend on them linearly.

    A known zero is None. Together with `lazyax.transforms.jvp` this is reverse mode: the
    tangent graph is linear in its tangent inputs, and an explicit graph knows which part
    depends on them.

    Args:
        roots: nodes linear in ``inputs``.
        inputs: nodes to find cotangents for.
        cotangents: a node of its aval for each root, or None.
        constants: nodes known not to depend on ``inputs``, below which nothing is looked at: the
            past of a function's arguments, in a loop that has not looked at them, is long.

    Raises:
        LazyaxTypeError: where an op on the way is not linear.
    """
    live = [root for root in roots if root is not None]
    with settling:
        order = toposort(live, stop={*inputs, *constants})
        linear = dependents(order, set(inputs))
    cotangent_of: dict[Node, Any] = {}
    for root, cotangent in zip(roots, cotangents, strict=True):
        if root is not None and cotangent is not None:
            cotangent_of[root] = accumulate(cotangent_of.get(root), cotangent)
    before, stop = inherited.origin, set(inputs)
    try:
        for node in reversed(order):
            if node not in linear or node in stop:
                continue
            cotangent = cotangent_of.pop(node, None)
            if cotangent is None:
                continue
            inherited.origin = node.origin
            which = [operand in linear for operand in node.operands]
            parts = node.op.pullback(cotangent, node.operands, which)
            for operand, part, is_linear in zip(node.operands, parts, which, strict=True):
                if is_linear and part is not None:
                    cotangent_of[operand] = accumulate(cotangent_of.get(operand), part)
    finally:
        inherited.origin = before
    return [cotangent_of.get(node) for node in inputs]


def accumulate(total: Any, part: Any) -> Any:
    """The sum of two cotangents; of an op with several results, of each result's."""
    if total is None:
        return part
    if isinstance(part, tuple):
        return tuple(
            b if a is None else a if b is None else a + b for a, b in zip(total, part, strict=True)
        )
    return total + part

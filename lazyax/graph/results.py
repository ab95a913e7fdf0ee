"""The results of ops that have several: which of them someone still refers to.

A node does not know who uses it. Of ops with several results that is found out here, so that one
run gives all results that are wanted, whichever of them is looked at first. Loops and branches that
may share work are found too: a loss, and the forward half of its derivative.
"""

from __future__ import annotations

from weakref import WeakKeyDictionary, ref

from lazyax.graph.node import Node

_results: WeakKeyDictionary[Node, list[ref[Node]]] = WeakKeyDictionary()

_sharing: WeakKeyDictionary[Node, WeakKeyDictionary[Node, None]] = WeakKeyDictionary()
"""By operand, those that may be merged with others that have it (`Op.merge`)."""


def note_result(node: Node) -> None:
    """Remember the node of one result of its operand, as long as both live."""
    (several,) = node.operands
    known = _results.get(several)
    if known is None:
        known = _results[several] = []
        if several.op.merge is not None:
            for operand in several.operands:
                _sharing.setdefault(operand, WeakKeyDictionary())[several] = None
    known.append(ref(node))


def pending_results(node: Node) -> list[Node]:
    """The nodes of single results of ``node`` that are alive and have no value, in order."""
    alive = [result() for result in list(_results.get(node, ()))]
    pending = [result for result in alive if result is not None and result.value is None]
    return sorted(pending, key=lambda result: result.op.index)  # type: ignore[attr-defined]


def alike(node: Node) -> list[Node]:
    """Other nodes, of the same kind of op that may be merged, that share an operand with it."""
    found: dict[Node, None] = {}
    if node.op.merge is not None:
        for operand in node.operands:
            known = _sharing.get(operand)
            if known is not None:
                # listed in one step: an iterator would meet what other threads add
                alive = [reference() for reference in known.keyrefs()]
                found.update(dict.fromkeys([other for other in alive if other is not None]))
    return [other for other in found if other is not node and type(other.op) is type(node.op)]

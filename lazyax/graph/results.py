"""The results of ops that have several: which of them someone still refers to.

A node does not know who uses it. Of an op with several results that is found out here, so that one
run gives all of those that are wanted, whichever of them is looked at first.
"""

from __future__ import annotations

from weakref import WeakKeyDictionary, ref

from lazyax.graph.node import Node

_results: WeakKeyDictionary[Node, list[ref[Node]]] = WeakKeyDictionary()


def note_result(node: Node) -> None:
    """Remember the node of one result of its operand, as long as both live."""
    _results.setdefault(node.operands[0], []).append(ref(node))


def pending_results(node: Node) -> list[Node]:
    """The nodes of single results of ``node`` that are alive and have no value, in order."""
    alive = [result() for result in list(_results.get(node, ()))]
    pending = [result for result in alive if result is not None and result.value is None]
    return sorted(pending, key=lambda result: result.op.index)  # type: ignore[attr-defined]

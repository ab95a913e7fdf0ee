"""The structure of a closed graph: what makes two graphs the same function."""

from __future__ import annotations

import threading
import weakref
from collections.abc import Sequence

import attrs

from lazyax.graph.aval import Aval
from lazyax.graph.node import Node
from lazyax.graph.traversal import toposort


@attrs.frozen(eq=False, repr=False)
class Structure:
    """A graph in numbers: its inputs come first, then each distinct node after its operands.

    Structures are interned: equal ones are one object, so that ops which hold graphs are hashed
    and compared by identity. Neither names nor lines nor node identities are in it.

    Attributes:
        inputs: avals of the inputs.
        entries: ops with the numbers of their operands.
        outputs: numbers of the outputs.
    """

    inputs: tuple[Aval, ...]
    entries: tuple[tuple, ...]
    outputs: tuple[int, ...]


_interned: weakref.WeakValueDictionary[tuple, Structure] = weakref.WeakValueDictionary()
_interning = threading.Lock()


def number_graph(
    inputs: Sequence[Node], outputs: Sequence[Node]
) -> tuple[Structure, tuple[Node, ...]]:
    """The structure of a closed graph, and for each of its entries a node that it stands for.

    Raises:
        AssertionError: if a node has a value or is abstract and no input: it is not closed.
    """
    number = {node: position for position, node in enumerate(inputs)}
    entries: dict[tuple, int] = {}
    nodes: list[Node] = []
    for node in toposort(outputs, stop=number):
        if node in number:
            continue
        assert node.value is None, f"{node!r} in a closed graph"
        assert not node.op.abstract or node.operands, f"{node!r} in a closed graph"
        entry = (node.op, *[number[operand] for operand in node.operands])
        known = entries.get(entry)
        if known is None:
            known = entries[entry] = len(inputs) + len(nodes)
            nodes.append(node)
        number[node] = known
    key = (
        tuple([node.aval for node in inputs]),
        tuple(entries),
        tuple([number[node] for node in outputs]),
    )
    with _interning:
        structure = _interned.get(key)
        if structure is None:
            structure = _interned[key] = Structure(*key)
    return structure, tuple(nodes)

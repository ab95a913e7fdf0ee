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


def number_nodes(
    inputs: Sequence[Node], outputs: Sequence[Node]
) -> tuple[dict[Node, int], dict[tuple, Node]]:
    """A number for each node of a closed graph, and a node for each distinct entry, in order.

    Nodes that compute the same have one number.

    Raises:
        AssertionError: if a node has a value or is abstract and no input: it is not closed.
    """
    number = {node: position for position, node in enumerate(inputs)}
    numbers: dict[tuple, int] = {}
    entries: dict[tuple, Node] = {}
    for node in toposort(outputs, stop=number):
        if node in number:
            continue
        assert node.value is None, f"{node!r} in a closed graph"
        assert not node.op.abstract or node.operands, f"{node!r} in a closed graph"
        entry = (node.op, *[number[operand] for operand in node.operands])
        known = numbers.get(entry)
        if known is None:
            known = numbers[entry] = len(inputs) + len(entries)
            entries[entry] = node
        number[node] = known
    return number, entries


def number_graph(
    inputs: Sequence[Node], outputs: Sequence[Node]
) -> tuple[Structure, tuple[Node, ...]]:
    """The structure of a closed graph, and for each of its entries a node that it stands for."""
    number, entries = number_nodes(inputs, outputs)
    key = (
        tuple([node.aval for node in inputs]),
        tuple(entries),
        tuple([number[node] for node in outputs]),
    )
    with _interning:
        structure = _interned.get(key)
        if structure is None:
            structure = _interned[key] = Structure(*key)
    return structure, tuple(entries.values())

"""The closed function: a graph with inputs and outputs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import attrs

from lazyax.graph.node import Node
from lazyax.graph.traversal import toposort


@attrs.frozen(eq=False, repr=False)
class Graph:
    """A function from ``inputs`` to ``outputs``, written as nodes.

    What the outputs depend on beside the inputs is captured: leaves with values, shared with
    the rest of the program. A graph is data: it can be listed, drawn, saved, transformed,
    called and compiled (`lazyax.api` adds those methods).

    Attributes:
        inputs: abstract nodes, in the order of the flattened arguments.
        outputs: nodes, in the order of the flattened result.
        in_tree: pytree structure of the arguments, or None for a flat tuple.
        out_tree: pytree structure of the result, or None for a flat tuple.
        names: a name for each input.
    """

    inputs: tuple[Node, ...]
    outputs: tuple[Node, ...]
    in_tree: Any = None
    out_tree: Any = None
    names: tuple[str, ...] = ()

    @property
    def nodes(self) -> list[Node]:
        """All nodes, operands before users; unused inputs too."""
        order = toposort(self.outputs, stop=set(self.inputs))
        present = set(order)
        return [node for node in self.inputs if node not in present] + order

    @property
    def captured(self) -> list[Node]:
        """Leaves with values that the outputs depend on."""
        return [node for node in self.nodes if node.value is not None]

    def __len__(self) -> int:
        return len(self.nodes)


def same_inputs(graph: Graph, operands: Sequence[Node]) -> dict[Node, Node]:
    """Which operand stands for each input of a graph that is called."""
    return dict(zip(graph.inputs, operands, strict=True))

"""What a drawing of a graph shows: boxes and edges, before anything is placed.

Numbers that fill an operand are written into their user ("Add + 0.5"), and a chain of nodes in
which each is the only operand of the next is one box with a row for each.
"""

from __future__ import annotations

import pathlib
from collections.abc import Mapping, Sequence

import attrs

from lazyax.graph.graph import Graph
from lazyax.graph.listing import name_nodes, op_text
from lazyax.graph.node import Node, aval_text
from lazyax.graph.origin import Lines

SIGNS = {"+": "+", "-": "−", "*": "×", "/": "÷"}  # noqa: RUF001 - signs as they are printed
SHOWN_IN_AVAL = ("shape", "dtype", "weak_type")
NUMBERS = (bool, int, float, complex)


@attrs.frozen
class Row:
    """A node in a picture: what it does, its aval, and ``file:line``."""

    text: str
    aval: str
    line: str


@attrs.frozen
class Box:
    """One box.

    Attributes:
        kind: ``input``, ``data``, ``op`` or ``output``.
        rows: its nodes, operands first.
        title: the nodes in full.
    """

    kind: str
    rows: tuple[Row, ...]
    title: str


@attrs.frozen
class Picture:
    """Boxes, operands before users, and edges as numbers of boxes, by operand position.

    A node that is several operands of another has one edge to it.
    """

    boxes: list[Box]
    edges: list[tuple[int, int]]


def picture(graph: Graph, graphs: Mapping[Graph, str]) -> Picture:
    """The boxes and edges of a graph.

    Args:
        graph: to draw.
        graphs: names of the graphs that its ops hold.
    """
    order = graph.nodes
    results = _results(graph)
    numbers = _numbers(order, results)
    shown, seen_as = _without_transparent(order, numbers, results)
    inputs = {
        node: list(dict.fromkeys(seen_as.get(o, o) for o in node.operands if o not in numbers))
        for node in shown
    }
    chains = _chains(shown, inputs, results)
    box_of = {node: i for i, chain in enumerate(chains) for node in chain}
    write = _Writer(order, graph, numbers, graphs)
    boxes = [write.box(chain, results.get(chain[-1], [])) for chain in chains]
    edges = [(box_of[o], i) for i, chain in enumerate(chains) for o in inputs[chain[0]]]
    return Picture(boxes, edges)


def _results(graph: Graph) -> dict[Node, list[int]]:
    """For each output its positions among the outputs."""
    results: dict[Node, list[int]] = {}
    for position, node in enumerate(graph.outputs):
        results.setdefault(node, []).append(position)
    return results


def _numbers(order: Sequence[Node], results: Mapping[Node, list[int]]) -> dict[Node, str]:
    """Texts of the nodes that are one number all through: constants, scalars, their broadcasts."""
    texts: dict[Node, str] = {}
    for node in order:
        if node in results:
            continue
        if not node.operands and type(node.value) in NUMBERS:
            texts[node] = f"{node.value:g}" if type(node.value) is float else str(node.value)
        elif node.op.symbol == "full":
            value = node.op.parameters["value"]
            texts[node] = f"{value:g}" if type(value) is float else str(value)
        elif node.op.symbol == "broadcast" and node.operands[0] in texts:
            texts[node] = texts[node.operands[0]]
    return texts


def _without_transparent(
    order: Sequence[Node], numbers: Mapping[Node, str], results: Mapping[Node, list[int]]
) -> tuple[list[Node], dict[Node, Node]]:
    """The nodes to show, and for marks such as Variable, which compute nothing, what they mark."""
    seen_as: dict[Node, Node] = {}
    shown = []
    for node in order:
        if node in numbers:
            continue
        if node.op.transparent and node not in results and node.operands[0] not in numbers:
            seen_as[node] = seen_as.get(node.operands[0], node.operands[0])
        else:
            shown.append(node)
    return shown, seen_as


def _chains(
    shown: Sequence[Node], inputs: Mapping[Node, list[Node]], results: Mapping[Node, list[int]]
) -> list[list[Node]]:
    """``shown`` in runs, in which each node is the only operand of the next, its only user."""
    uses: dict[Node, int] = {}
    for node in shown:
        for operand in inputs[node]:
            uses[operand] = uses.get(operand, 0) + 1
    chains: list[list[Node]] = []
    chain_of: dict[Node, list[Node]] = {}
    for node in shown:
        before = inputs[node][0] if len(inputs[node]) == 1 else None
        if before is not None and uses[before] == 1 and before.operands and before not in results:
            chain = chain_of[before]
        else:
            chain = []
            chains.append(chain)
        chain.append(node)
        chain_of[node] = chain
    return chains


class _Writer:
    """Texts of nodes."""

    def __init__(self, order, graph, numbers, graphs):
        self.names = name_nodes(order, graph)
        self.inputs = set(graph.inputs)
        self.single = len(graph.outputs) == 1
        self.numbers = numbers
        self.graphs = graphs
        self.lines = Lines()
        self.places: dict[str, str] = {}

    def box(self, chain: Sequence[Node], results: Sequence[int]) -> Box:
        """The box of a chain of nodes."""
        rows = [self.row(node) for node in chain]
        title = "\n".join(
            f"{op_text(node.op, self.graphs)} : {aval_text(node.aval)}  {self.lines[node.origin]}"
            for node in chain
        )
        if results:
            which = "" if self.single else " " + ", ".join(map(str, results))
            rows.append(Row(f"→ output{which}", "", ""))
        return Box("output" if results else self.kind(chain[-1]), tuple(rows), title)

    def kind(self, node: Node) -> str:
        """The kind of box that a node is in."""
        if node.op.abstract:
            return "input"
        return "data" if node.value is not None else "op"

    def row(self, node: Node) -> Row:
        """What a row says of a node."""
        text = self.names[node][1:] if node.op.abstract else self.text(node)
        return Row(text, aval_text(node.aval), self.place(self.lines[node.origin]))

    def place(self, line: str) -> str:
        """``file:line`` without the folders; nothing where it is unknown."""
        place = self.places.get(line)
        if place is None:
            path, colon, number = line.rpartition(":")
            place = f"{pathlib.PurePath(path).name}:{number}" if colon else ""
            self.places[line] = place
        return place

    def text(self, node: Node) -> str:
        """The op, with the numbers among its operands written into it."""
        constants = [self.numbers.get(operand) for operand in node.operands]
        name = node.op.name
        if all(text is None for text in constants):
            text = op_text(node.op, self.graphs, SHOWN_IN_AVAL)
            return f"{text}(·, ·)" if len(node.operands) > len(set(node.operands)) else text
        symbol = node.op.symbol
        sign = SIGNS.get(symbol) if symbol else None
        if sign is None:
            return f"{name}({', '.join(text or '·' for text in constants)})"
        left, right = constants
        if left is None or (right is None and symbol in ("+", "*")):
            return f"{name} {sign} {left or right}"
        return f"{name} {left} {sign} {right or '·'}"

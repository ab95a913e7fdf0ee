"""Graphs as text, one node a line: complete, and linear in the number of nodes.

    graph(x: f32[8,3], w: f32[3,4]) -> (f32[8,4])
      %x = Input                                      : f32[8,3]   model.py:20
      %w = Input                                      : f32[3,4]   model.py:20
      %0 = DotGeneral(contract=((1,), (0,)))(%x, %w)  : f32[8,4]   model.py:21
      %1 = Tanh(%0)                                   : f32[8,4]   model.py:21
      return %1

A node that several others use is one line, named by each of them. Graphs that ops hold, such as
the body of a loop, follow below under the name that the op's parameter has.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

import attrs

from lazyax.graph.graph import Graph, nested_graphs
from lazyax.graph.node import Node, aval_text, settling
from lazyax.graph.op import Op, fields
from lazyax.graph.origin import Lines

WIDEST = 72
"""Columns up to which the avals are aligned; what is longer pushes them to the right."""
WIDEST_AVAL = 20
"""Columns of avals up to which the lines are aligned."""


def listing(roots: Iterable[Node]) -> str:
    """What ``roots`` depend on, one node a line."""
    return list_graph(Graph((), tuple(roots)))


def list_graph(graph: Graph) -> str:
    """A graph as text, and below it the graphs that its ops hold."""
    lines = Lines()
    with settling:
        inner = nested_graphs(graph.nodes)[::-1]
        names = {held: f"@graph{i}" for i, held in enumerate(inner)}
        parts = [_list_one("graph", graph, names, lines)]
        parts += [_list_one(names[held], held, names, lines) for held in inner]
    return "\n\n".join(parts)


def _list_one(title: str, graph: Graph, graphs: Mapping[Graph, str], lines: Lines) -> str:
    order = graph.nodes
    names = name_nodes(order, graph)
    texts = {op: op_text(op, graphs) for op in dict.fromkeys(node.op for node in order)}
    left = [f"  {names[node]} = {right_hand_side(node, names, texts)}" for node in order]
    avals = [aval_text(node.aval) for node in order]
    width = min(max(map(len, left), default=0), WIDEST)
    aval_width = min(max(map(len, avals), default=0), WIDEST_AVAL)
    rows = [
        f"{text:<{width}}  : {aval:<{aval_width}}   {lines[node.origin]}"
        for text, aval, node in zip(left, avals, order, strict=True)
    ]
    arguments = ", ".join(f"{names[node][1:]}: {node.aval}" for node in graph.inputs)
    results = ", ".join(aval_text(node.aval) for node in graph.outputs)
    last = "  return " + ", ".join(names[node] for node in graph.outputs)
    return "\n".join([f"{title}({arguments}) -> ({results})", *rows, last])


def name_nodes(order: Sequence[Node], graph: Graph | None = None) -> dict[Node, str]:
    """A name for each node: of inputs that of the argument, of others a number; all distinct."""
    labels: dict[Node, str] = {}
    if graph is not None and graph.names:
        labels.update(zip(graph.inputs, graph.names, strict=True))
    names: dict[Node, str] = {}
    taken: dict[str, int] = {}
    number = 0
    for node in order:
        label = labels.get(node) or getattr(node.op, "label", None)
        if label is None:
            names[node] = f"%{number}"
            number += 1
            continue
        count = taken[label] = taken.get(label, 0) + 1
        names[node] = f"%{label}" if count == 1 else f"%{label}#{count}"
    return names


def right_hand_side(node: Node, names: Mapping[Node, str], texts: Mapping[Op, str]) -> str:
    """``Op(parameters)(operands)``; of a leaf with a number, the number."""
    if not node.operands:
        number = type(node.value) in (bool, int, float, complex)
        text = node.op.name if node.op.abstract else texts[node.op]
        return f"{text} {node.value!r}" if number else text
    operands = ", ".join(names[operand] for operand in node.operands)
    value = "" if node.value is None else " [materialized]"
    return f"{texts[node.op]}({operands}){value}"


def op_text(op: Op, graphs: Mapping[Graph, str], without: Collection[str] = ()) -> str:
    """An op and those of its parameters that are not at their defaults, nor in ``without``."""
    if type(op).__str__ is not Op.__str__:
        return str(op)
    said = [
        f"{field.name}={parameter_text(value, graphs)}"
        for field in meaning(type(op))
        if field.eq
        and field.name not in without
        and (value := getattr(op, field.name)) != field.default
    ]
    return f"{op.name}({', '.join(said)})" if said else op.name


def meaning(cls: Any) -> list[attrs.Attribute]:
    """Fields of an op's class that say what it does; what is not compared does not."""
    return [field for field in fields(cls) if field.eq]


def parameter_text(value: Any, graphs: Mapping[Graph, str]) -> str:
    """A parameter, with graphs by their names."""
    if isinstance(value, Graph):
        return graphs.get(value, repr(value))
    if isinstance(value, tuple):
        parts = [parameter_text(part, graphs) for part in value]
        return f"({', '.join(parts)}{',' * (len(parts) == 1)})"
    return str(value)

"""Graphs in Graphviz's language, for tools that read it."""

from __future__ import annotations

from lazyax.graph.graph import Graph, nested_graphs
from lazyax.graph.picture import picture

COLORS = {
    "input": ("#dbeafe", "#3b82f6"),
    "data": ("#dcfce7", "#16a34a"),
    "op": ("#f8fafc", "#94a3b8"),
    "output": ("#ffedd5", "#ea580c"),
}
"""Fill and outline of a box by its kind."""


def dot(graph: Graph) -> str:
    """A graph as DOT: a box for each run of nodes, a cluster for each graph that an op holds."""
    inner = nested_graphs(graph.nodes)[::-1]
    names = {held: f"@graph{i}" for i, held in enumerate(inner)}
    lines = [
        "digraph {",
        '  node [shape=box, style="rounded,filled", fontname=monospace, fontsize=10]',
        "  edge [color=gray40]",
        *_statements(graph, names, "n"),
    ]
    for index, held in enumerate(inner):
        lines += [f"  subgraph cluster_{index} {{", f"  label={quoted(names[held])}"]
        lines += [*_statements(held, names, f"g{index}_"), "  }"]
    return "\n".join([*lines, "}", ""])


def _statements(graph: Graph, names: dict[Graph, str], prefix: str) -> list[str]:
    shown = picture(graph, names)
    lines = []
    for number, box in enumerate(shown.boxes):
        fill, outline = COLORS[box.kind]
        rows = [" ".join(filter(None, (row.text, row.aval, row.line))) for row in box.rows]
        label = "".join(f"{escaped(row)}\\l" for row in rows)
        lines.append(
            f'  {prefix}{number} [label="{label}", tooltip={quoted(box.title)}, '
            f'fillcolor="{fill}", color="{outline}"]'
        )
    lines += [f"  {prefix}{start} -> {prefix}{end}" for start, end in shown.edges]
    return lines


def escaped(text: str) -> str:
    """Text for the inside of a quoted string of DOT."""
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")


def quoted(text: str) -> str:
    """Text as a quoted string of DOT."""
    return f'"{escaped(text)}"'

"""Graphs as pictures, without a tool to install: SVG, which browsers and notebooks show."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from lazyax.graph.dot import COLORS
from lazyax.graph.graph import Graph, nested_graphs
from lazyax.graph.layout import Layout, layout
from lazyax.graph.picture import Box, Picture, Row, picture

CHARACTER = 7.0
"""Width of a character of the main text; that of the lines of code is `SMALL`."""
SMALL = 5.6
LINE = 18
PADDING = 9
SPACE = 10
"""Between the columns of a row."""
MARGIN = 20
LONGEST_TEXT = 48

STYLE = """
text { font: 11.5px ui-monospace, Menlo, Consolas, "DejaVu Sans Mono", monospace; fill: #0f172a }
.aval { fill: #475569 } .line { font-size: 9.3px; fill: #94a3b8 } .op { font-weight: 600 }
.result { fill: #c2410c; font-weight: 600 } .title { font-size: 13px; font-weight: 700 }
rect { stroke-width: 1.2 } path { fill: none; stroke: #64748b; stroke-width: 1.1 }
"""


def svg(graph: Graph) -> str:
    """A graph as an SVG picture; below it, those that its ops hold."""
    inner = nested_graphs(graph.nodes)[::-1]
    names = {held: f"@graph{i}" for i, held in enumerate(inner)}
    parts, y, width = [], float(MARGIN), 0.0
    for title, each in [("", graph), *((names[held], held) for held in inner)]:
        if title:
            y += MARGIN
            parts.append(f'<text class="title" x="{MARGIN}" y="{y:.0f}">{title}</text>')
            y += MARGIN / 2
        drawing, places = _draw(picture(each, names))
        parts.append(f'<g transform="translate({MARGIN},{y:.0f})">\n{drawing}\n</g>')
        y += places.height + MARGIN
        width = max(width, places.width)
    body = "\n".join(parts)
    size = f'width="{width + 2 * MARGIN:.0f}" height="{y:.0f}"'
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" {size} '
        f'viewBox="0 0 {width + 2 * MARGIN:.0f} {y:.0f}">\n'
        f"<style>{STYLE}</style>\n"
        '<defs><marker id="arrow" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="6" '
        'markerHeight="6" orient="auto"><path d="M0,0.5 L8,4 L0,7.5 z" '
        'style="fill:#64748b;stroke:none"/></marker></defs>\n'
        f'<rect width="100%" height="100%" fill="white"/>\n{body}\n</svg>\n'
    )


def _draw(shown: Picture) -> tuple[str, Layout]:
    columns = [_columns(box) for box in shown.boxes]
    sizes = [
        (sum(widths) + 2 * PADDING, len(box.rows) * LINE + PADDING)
        for box, widths in zip(shown.boxes, columns, strict=True)
    ]
    places = layout(sizes, shown.edges)
    edges = _edges(shown.edges, sizes, places)
    boxes = [
        _box(box, places.left[i], places.top[i], sizes[i], columns[i])
        for i, box in enumerate(shown.boxes)
    ]
    return "\n".join(edges + boxes), places


def _short(text: str) -> str:
    return text if len(text) <= LONGEST_TEXT else text[: LONGEST_TEXT - 1] + "…"


def _columns(box: Box) -> tuple[float, float, float]:
    """Widths of a box's columns: op, aval, line."""

    def widest(texts: Sequence[str], character: float, space: float) -> float:
        longest = max(len(_short(text)) for text in texts)
        return longest * character + space if longest else 0.0

    return (
        widest([row.text for row in box.rows], CHARACTER, 0),
        widest([row.aval for row in box.rows], CHARACTER, SPACE),
        widest([row.line for row in box.rows], SMALL, SPACE),
    )


def _box(box: Box, x: float, y: float, size, columns) -> str:
    fill, outline = COLORS[box.kind]
    rows = [
        _row(row, y + PADDING / 2 + (i + 0.72) * LINE, x + PADDING, columns)
        for i, row in enumerate(box.rows)
    ]
    return (
        f"<g><title>{escape(box.title)}</title>"
        f'<rect x="{x:.1f}" y="{y:.1f}" width="{size[0]:.1f}" height="{size[1]:.1f}" rx="6" '
        f'fill="{fill}" stroke="{outline}"/>{"".join(rows)}</g>'
    )


def _row(row: Row, y: float, x: float, columns) -> str:
    cells = [("op" if row.aval else "result", x, row.text)]
    if row.aval:
        cells.append(("aval", x + columns[0] + SPACE, row.aval))
    if row.line:
        cells.append(("line", x + columns[0] + columns[1] + SPACE, row.line))
    return "".join(
        f'<text class="{kind}" x="{at:.1f}" y="{y:.1f}">{escape(_short(text))}</text>'
        for kind, at, text in cells
    )


def _edges(edges: Sequence[tuple[int, int]], sizes, places: Layout) -> list[str]:
    """Curves from the lower side of an operand to the upper side of its user."""
    drawn = []
    for number, (start, end) in enumerate(edges):
        x = places.left[start] + sizes[start][0] / 2
        y = places.top[start] + sizes[start][1]
        lower = places.bounds[places.ranks[start]][1]
        path = [f"M{x:.1f},{y:.1f} V{lower:.1f}"]
        y = lower
        rank = places.ranks[start]
        for via in places.paths[number]:
            rank += 1
            upper, lower = places.bounds[rank]
            path += [_curve(x, y, via, upper), f"V{lower:.1f}"]
            x, y = via, lower
        path.append(_curve(x, y, places.ends[number], places.top[end]))
        drawn.append(f'<path d="{" ".join(path)}" marker-end="url(#arrow)"/>')
    return drawn


def _curve(x: float, y: float, to_x: float, to_y: float) -> str:
    middle = (y + to_y) / 2
    return f"C{x:.1f},{middle:.1f} {to_x:.1f},{middle:.1f} {to_x:.1f},{to_y:.1f}"

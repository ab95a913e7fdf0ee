"""Pictures: what they show, and that what is shown can be read."""

# ruff: noqa: RUF001 - signs as they are printed

from __future__ import annotations

import re
from xml.etree import ElementTree

import pytest

import lazyax as lx
import lazyax.numpy as np
from lazyax.errors import LazyaxTypeError
from lazyax.graph.dot import dot
from lazyax.graph.layout import LONGEST, layout
from lazyax.graph.picture import picture
from lazyax.graph.svg import svg
from tests.graph.graphs import loss, mlp_params, predict
from tests.graph.test_listing import Apply

SVG = "{http://www.w3.org/2000/svg}"


def shown(graph):
    """Rows of each box without the lines, and the edges."""
    found = picture(graph, {})
    boxes = [[f"{row.text} {row.aval}".strip() for row in box.rows] for box in found.boxes]
    return boxes, found.edges


def test_numbers_are_written_into_their_users_and_chains_are_one_box():
    graph = lx.trace(lambda x: np.tanh(2 * x + 0.5) - x)(np.ones(3))
    assert shown(graph) == (
        [
            ["x f32[3]"],
            ["Multiply × 2 f32[3]", "Add + 0.5 f32[3]", "Tanh f32[3]"],
            ["Subtract f32[3]", "→ output"],
        ],
        [(0, 1), (1, 2), (0, 2)],
    )


TEXTS = {
    "Subtract 1 − ·": lambda x: 1.0 - x,
    "Subtract − 1": lambda x: x - 1.0,
    "Divide ÷ 3": lambda x: x / 3.0,
    "Divide 3 ÷ ·": lambda x: 3.0 / x,
    "Maximum(·, 0.1)": lambda x: np.maximum(x, 0.1),
    "Multiply(·, ·)": lambda x: x * x,
    "Broadcast(axes=(1,))": lambda x: np.broadcast_to(x, (2, 3)),
    "Reshape": lambda x: np.reshape(x, (3, 1)),
    "ReduceSum(axes=(0,))": np.sum,
}


@pytest.mark.parametrize("text", TEXTS)
def test_a_row_says_what_a_node_does(text):
    boxes, edges = shown(lx.trace(TEXTS[text])(np.ones(3)))
    assert boxes[-1][-2].startswith(f"{text} f32[")
    assert edges == [(0, 1)]


def test_variables_of_transforms_are_not_shown():
    boxes, _ = shown(lx.trace(lx.grad(lambda x: x**2))(1.0))
    assert "Variable" not in str(boxes)


def test_outputs_are_numbered_and_kinds_are_told_apart():
    w = np.array([1.0, 2.0])
    graph = lx.trace(lambda x: (x * w, x, x * w + 1))(np.ones(2))
    kinds = {box.kind: box.rows[-1].text for box in picture(graph, {}).boxes}
    assert kinds == {"output": "→ output 2", "data": "Data"}


def test_every_node_is_shown_or_written_into_one(graph):
    found = picture(graph, {})
    rows = sum(row.aval != "" for box in found.boxes for row in box.rows)
    assert len(graph.outputs) <= rows + len(graph.outputs) <= len(graph) + len(graph.outputs)
    assert all(0 <= start < end < len(found.boxes) for start, end in found.edges)


def test_svg_is_well_formed_and_its_boxes_do_not_overlap(graph):
    root = ElementTree.fromstring(svg(graph))
    boxes = [
        [float(rect.get(name)) for name in ("x", "y", "width", "height")]
        for rect in root.iter(f"{SVG}rect")
        if rect.get("x")
    ]
    assert len(boxes) == len(picture(graph, {}).boxes)
    for i, (x, y, width, height) in enumerate(boxes):
        assert 0 <= x <= x + width <= float(root.get("width"))
        assert 0 <= y <= y + height <= float(root.get("height"))
        for other_x, other_y, other_width, other_height in boxes[:i]:
            apart = x >= other_x + other_width or other_x >= x + width
            assert apart or y >= other_y + other_height or other_y >= y + height


def test_rows_fit_into_their_boxes():
    root = ElementTree.fromstring(svg(lx.trace(loss)(mlp_params(), np.ones((4, 3)), 1.0)))
    for group in root.iter(f"{SVG}g"):
        rect = group.find(f"{SVG}rect")
        if rect is None:
            continue
        left, width = float(rect.get("x")), float(rect.get("width"))
        for text in group.iter(f"{SVG}text"):
            character = 5.6 if text.get("class") == "line" else 7.0
            assert left < float(text.get("x"))
            assert float(text.get("x")) + character * len(text.text) <= left + width


def test_operands_are_above_their_users_and_edges_run_between_them():
    found = picture(lx.trace(lx.grad(loss))(mlp_params(), np.ones((4, 3)), 1.0), {})
    sizes = [(120.0, 20.0 * len(box.rows)) for box in found.boxes]
    places = layout(sizes, found.edges)
    for (start, end), via, x in zip(found.edges, places.paths, places.ends, strict=True):
        assert places.top[start] + sizes[start][1] < places.top[end]
        assert len(via) == places.ranks[end] - places.ranks[start] - 1
        assert places.left[end] < x < places.left[end] + sizes[end][0]
        for rank, place in enumerate(via, places.ranks[start] + 1):
            passed = [i for i, other in enumerate(places.ranks) if other == rank]
            assert not any(places.left[i] <= place <= places.left[i] + 120 for i in passed)


def test_a_bias_is_drawn_beside_where_it_is_used():
    found = picture(lx.trace(predict)(mlp_params(), np.ones((4, 3))), {})
    places = layout([(100.0, 20.0)] * len(found.boxes), found.edges)
    spans = {places.ranks[end] - places.ranks[start] for start, end in found.edges}
    assert spans == {1}


def test_long_edges_take_no_places():
    count = LONGEST + 10
    edges = [(i, i + 1) for i in range(count)] + [(0, count)]
    places = layout([(10.0, 10.0)] * (count + 1), edges)
    assert places.paths[-1] == []
    assert places.ranks == list(range(count + 1))


def test_nothing_is_drawn_of_nothing():
    empty = lx.Graph([], [])
    assert ElementTree.fromstring(svg(empty)).get("height")
    assert dot(empty).startswith("digraph {")


def test_dot_names_every_box_and_edge(graph):
    text = dot(graph)
    found = picture(graph, {})
    assert len(re.findall(r"^  n\d+ \[label=", text, re.MULTILINE)) == len(found.boxes)
    drawn = re.findall(r"^  n(\d+) -> n(\d+)$", text, re.MULTILINE)
    assert [(int(a), int(b)) for a, b in drawn] == found.edges
    assert all(line.count('"') % 2 == 0 for line in text.replace('\\"', "").splitlines())


def test_graphs_that_ops_hold_are_drawn_below():
    inner = lx.trace(lambda x: x + x)(np.ones(2))
    outer = lx.trace(lambda x: lx.Array(Apply(inner)(x._node)))(np.ones(2))
    assert 'subgraph cluster_0 {\n  label="@graph0"' in dot(outer)
    texts = [text.text for text in ElementTree.fromstring(svg(outer)).iter(f"{SVG}text")]
    assert "@graph0" in texts
    assert "Apply(body=@graph0)" in texts


def test_draw_writes_svg_and_dot(tmp_path):
    x = np.ones(3)
    y = np.tanh(x)
    graph = lx.Graph([x], y)
    assert graph.draw(tmp_path / "g.svg").read_text("utf-8") == svg(graph)
    assert graph.draw(str(tmp_path / "g.dot")).read_text("utf-8") == dot(graph)
    assert "Tanh" in y.draw(tmp_path / "y.svg").read_text("utf-8")
    with pytest.raises(LazyaxTypeError) as caught:
        y.draw(tmp_path / "y.png")
    assert str(caught.value) == (
        "draw: writes .svg and .dot files, got 'y.png'; browsers print .svg as others"
    )

"""Graphs as text: one node a line, complete, with names that show what is shared."""

from __future__ import annotations

import re
from pathlib import Path

import attrs
import pytest

import lazyax as lx
import lazyax.numpy as np
from lazyax.errors import LazyaxTypeError
from lazyax.graph.op import Op
from lazyax.ops import primitives as p
from lazyax.ops.primitives.leaves import projections

HERE = "tests/graph/test_listing.py"


@pytest.fixture(autouse=True)
def _at_the_root(monkeypatch):
    monkeypatch.chdir(Path(__file__).parents[2])


def layer(x, w):
    h = x @ w
    return np.tanh(h) * h * 0.5, h


def test_a_listing_says_all_there_is():
    graph = lx.trace(layer)(np.ones((2, 3)), np.ones((3, 4)))
    call = test_a_listing_says_all_there_is.__code__.co_firstlineno + 1
    first = layer.__code__.co_firstlineno + 1
    assert str(graph) == graph.listing() == lx.listing(graph)
    assert graph.listing() == (
        "graph(x: f32[2,3], w: f32[3,4]) -> (f32[2,4], f32[2,4])\n"
        f"  %x = Input                                      : f32[2,3]    {HERE}:{call}\n"
        f"  %w = Input                                      : f32[3,4]    {HERE}:{call}\n"
        f"  %0 = DotGeneral(contract=((1,), (0,)))(%x, %w)  : f32[2,4]    {HERE}:{first}\n"
        f"  %1 = Tanh(%0)                                   : f32[2,4]    {HERE}:{first + 1}\n"
        f"  %2 = Multiply(%1, %0)                           : f32[2,4]    {HERE}:{first + 1}\n"
        "  %3 = Scalar 0.5                                 : ~f32[2,4]   <unknown>\n"
        f"  %4 = Multiply(%2, %3)                           : f32[2,4]    {HERE}:{first + 1}\n"
        "  return %4, %0"
    )


def test_an_array_is_listed_with_what_is_materialized():
    x = np.array([1.0, 2.0])
    with lx.keep_history():
        y = np.exp(x).materialize()
    lines = lx.listing({"y": y, "z": np.log(y)}).splitlines()
    assert lines[0] == "graph() -> (f32[2], f32[2])"
    assert [line.split(" : ")[0].strip() for line in lines[1:]] == [
        "%0 = Data",
        "%1 = Exp(%0) [materialized]",
        "%2 = Log(%1)",
        "return %1, %2",
    ]
    end = np.tanh(x).materialize()
    assert "%0 = Data(computed=True)" in lx.listing(end)


def test_every_node_is_one_line(graph):
    lines = graph.listing().splitlines()
    assert len(lines) == len(graph) + 2
    names = [re.match(r"  (%.*?) = ", line)[1] for line in lines[1:-1]]
    assert len(set(names)) == len(names)
    for node, line in zip(graph.nodes, lines[1:-1], strict=True):
        assert node.op.name in line
        assert f" : {node.aval}" in line or isinstance(node.aval, tuple)


def test_inputs_have_the_names_of_arguments():
    graph = lx.trace(lambda params, x: params["w"][0] * x)({"w": [1.0]}, 2.0)
    assert graph.listing().startswith("graph(params['w'][0]: ~f32[], x: ~f32[]) -> (~f32[])\n")


def test_names_that_are_there_twice_are_told_apart():
    x, y = np.ones(2), np.zeros(2)
    graph = lx.Graph([x, y], x - y, names=("a", "a"))
    assert "Subtract(%a, %a#2)" in graph.listing()


@attrs.frozen
class Apply(Op):
    """Holds a graph, and a tuple of graphs, as ops of control flow do."""

    body: lx.Graph
    branches: tuple = ()

    def infer(self, x):
        return x


def test_graphs_that_ops_hold_are_listed_below():
    inner = lx.trace(lambda x: x + x)(np.ones(2))
    outer = lx.trace(lambda x: lx.Array(Apply(inner)(x._node)))(np.ones(2))
    both = lx.trace(lambda x: lx.Array(Apply(outer, (1, inner))(x._node)))(np.ones(2))
    parts = [
        [line.split("  : ")[0].rstrip() for line in part.splitlines()]
        for part in both.listing().split("\n\n")
    ]
    assert parts == [
        [
            "graph(x: f32[2]) -> (f32[2])",
            "  %x = Input",
            "  %0 = Apply(body=@graph0, branches=(1, @graph1))(%x)",
            "  return %0",
        ],
        [
            "@graph0(x: f32[2]) -> (f32[2])",
            "  %x = Input",
            "  %0 = Apply(body=@graph1)(%x)",
            "  return %0",
        ],
        ["@graph1(x: f32[2]) -> (f32[2])", "  %x = Input", "  %0 = Add(%x, %x)", "  return %0"],
    ]


def test_what_is_no_array_is_refused():
    with pytest.raises(LazyaxTypeError) as caught:
        lx.listing("x")
    assert str(caught.value) == (
        "listing: a result of an expression is of type str, which is not an array, a number or a "
        "pytree of them"
    )


def test_several_results_are_listed_as_a_tuple():
    node = p.Sort(0)(np.ones(2).node, np.zeros(2).node)
    assert " : (f32[2], f32[2])" in lx.listing([lx.Array(n) for n in projections(node)])

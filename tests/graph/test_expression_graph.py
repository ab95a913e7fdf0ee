"""The nodes as networkx sees them: its algorithms work, and nothing can be changed."""

from __future__ import annotations

import copy
import io
import json
import subprocess
import sys

import networkx
import pytest

import lazyax.numpy as np
from lazyax.graph.expression_graph import ExpressionGraph
from lazyax.graph.traversal import toposort
from tests.graph.graphs import several_results


def test_edges_go_from_operand_to_user_and_their_key_is_the_position():
    x, y = np.ones(3), np.zeros(3)
    difference = x - y
    edges = [edge for edge in difference.graph.edges(keys=True) if edge[1] is difference.node]
    assert set(edges) == {(x.node, difference.node, 0), (y.node, difference.node, 1)}


def test_an_array_used_twice_has_two_edges():
    x = np.ones(3)
    square = x * x
    graph = square.graph
    assert sorted(graph[x.node][square.node]) == [0, 1]
    assert graph.in_degree(square.node) == graph.number_of_edges(x.node, square.node) == 2


def test_attributes_are_read_from_the_node():
    x = np.ones((2, 3))
    total = x.sum(axis=1)
    attributes = total.graph.nodes[total.node]
    assert dict(attributes) == {
        "op": total.node.op,
        "name": "ReduceSum",
        "label": "ReduceSum(axes=(1,)) : f32[2]",
        "aval": total.aval,
        "shape": (2,),
        "dtype": "float32",
        "parameters": {"axes": (1,)},
        "line": attributes["line"],
        "materialized": False,
    }
    assert attributes["line"].split(":")[0].endswith("test_expression_graph.py")
    total.materialize()
    assert attributes["materialized"]


def test_a_node_with_several_results_has_several_shapes():
    graph = several_results().networkx
    (sort,) = [attributes for _, attributes in graph.nodes.items() if attributes["name"] == "Sort"]
    assert sort["shape"] == ((4, 3), (4, 3))
    assert sort["dtype"] == ("float32", "int32")
    assert sort["label"] == f"{sort['op']} : (f32[4,3], i32[4,3])"


def test_nodes_are_the_expressions_own_operands_first(graph):
    found = graph.networkx
    assert list(found) == toposort([*graph.outputs, *graph.inputs])
    assert set(found.edges(keys=True)) == {
        (operand, node, i) for node in graph.nodes for i, operand in enumerate(node.operands)
    }


def ordinary(graph):
    """The same graph, built by networkx's own methods."""
    built = networkx.MultiDiGraph()
    for node in toposort([*graph.outputs, *graph.inputs]):
        built.add_node(node)
        for position, operand in enumerate(node.operands):
            built.add_edge(operand, node, key=position)
    return built


ALGORITHMS = {
    "is a DAG": networkx.is_directed_acyclic_graph,
    "longest path": networkx.dag_longest_path_length,
    "ancestors": lambda g: {node: networkx.ancestors(g, node) for node in g},
    "descendants": lambda g: {node: networkx.descendants(g, node) for node in g},
    "degrees": lambda g: (dict(g.in_degree), dict(g.out_degree), g.size(), g.order()),
    "components": lambda g: sorted(map(len, networkx.weakly_connected_components(g))),
    "strong components": lambda g: set(map(frozenset, networkx.strongly_connected_components(g))),
    "generations": lambda g: [set(nodes) for nodes in networkx.topological_generations(g)],
    "order": lambda g: set(networkx.topological_sort(g)),
    "adjacency": lambda g: {n: {m: set(keys) for m, keys in to.items()} for n, to in g.adj.items()},
    "predecessors": lambda g: {n: set(g.predecessors(n)) for n in g},
    "reversed": lambda g: set(g.reverse().edges(keys=True)),
    "reversed view": lambda g: set(g.reverse(copy=False).edges(keys=True)),
    "undirected": lambda g: {frozenset(edge[:2]) for edge in g.to_undirected().edges},
    "simple digraph": lambda g: set(networkx.DiGraph(g).edges),
    "closure": lambda g: set(networkx.transitive_closure(g).edges),
    "core": lambda g: networkx.core_number(networkx.Graph(g)),
    "page rank": lambda g: networkx.pagerank(networkx.DiGraph(g)) if len(g) else {},
    "first half": lambda g: set(g.subgraph(list(g)[: len(g) // 2]).edges(keys=True)),
    "first half, copied": lambda g: set(g.subgraph(list(g)[: len(g) // 2]).copy().nodes),
    "edges of half": lambda g: set(g.edge_subgraph(list(g.edges(keys=True))[::2]).nodes),
    "weights": lambda g: g.size(weight="weight"),
}  # fmt: skip


@pytest.mark.parametrize("name", ALGORITHMS)
def test_algorithms_find_the_same_as_on_an_ordinary_graph(name, graph):
    assert ALGORITHMS[name](graph.networkx) == ALGORITHMS[name](ordinary(graph))


def test_a_topological_sort_puts_operands_before_users(graph):
    place = {node: i for i, node in enumerate(networkx.topological_sort(graph.networkx))}
    assert len(place) == len(graph)
    assert all(place[o] < place[node] for node in place for o in node.operands)


def same_op(one, other):
    return one["op"] == other["op"]


def test_the_same_structure_built_again_is_isomorphic():
    def build(last):
        x = np.ones(3)
        return last(np.exp(x) * x - x).graph

    assert networkx.is_isomorphic(build(np.tanh), build(np.tanh), node_match=same_op)
    assert networkx.is_isomorphic(build(np.tanh), build(np.sin))
    assert not networkx.is_isomorphic(build(np.tanh), build(np.sin), node_match=same_op)


def test_a_graph_keeps_the_history_of_what_is_materialized_later():
    x = np.ones(3)
    y = np.tanh(x) * x
    graph = y.graph
    before = sorted(graph.nodes[node]["name"] for node in graph), set(graph.edges)
    y.materialize()
    assert (sorted(graph.nodes[node]["name"] for node in graph), set(graph.edges)) == before
    assert [y.graph.nodes[node]["name"] for node in y.graph] == ["Data"]


REFUSED = {
    "add_node": lambda g, x: g.add_node(x),
    "add_nodes_from": lambda g, x: g.add_nodes_from([x]),
    "remove_node": lambda g, x: g.remove_node(x),
    "remove_nodes_from": lambda g, x: g.remove_nodes_from([x]),
    "add_edge": lambda g, x: g.add_edge(x, x),
    "add_edges_from": lambda g, x: g.add_edges_from([(x, x)]),
    "add_weighted_edges_from": lambda g, x: g.add_weighted_edges_from([(x, x, 1)]),
    "remove_edge": lambda g, x: g.remove_edge(x, x),
    "remove_edges_from": lambda g, x: g.remove_edges_from([(x, x)]),
    "update": lambda g, x: g.update(edges=[(x, x)]),
    "clear": lambda g, x: g.clear(),
    "clear_edges": lambda g, x: g.clear_edges(),
    "setting an attribute": lambda g, x: networkx.set_node_attributes(g, 1, "color"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_changes_are_refused_with_a_remedy(name):
    y = np.tanh(np.ones(3))
    graph = y.graph
    with pytest.raises(networkx.NetworkXError) as caught:
        REFUSED[name](graph, y.node)
    assert str(caught.value) == (
        f"{name}: an expression graph is read-only, its nodes are those of the arrays; change "
        "graph.copy(), which is an ordinary networkx.MultiDiGraph"
    )
    assert len(graph) == 2
    assert graph.size() == 1
    assert networkx.is_frozen(graph)


def test_copies_are_ordinary_and_can_be_changed(graph):
    for copied in (graph.networkx.copy(), graph.networkx.to_networkx()):
        assert type(copied) is networkx.MultiDiGraph
        assert all(type(attributes) is dict for _, attributes in copied.nodes(data=True))
        copied.add_edge("a", "b", color=1)
        assert len(copied) == len(graph) + 2
    found = graph.networkx
    assert copy.deepcopy(found) is found


def write_and_read_graphml(graph):
    file = io.BytesIO()
    networkx.write_graphml(graph, file)
    file.seek(0)
    return networkx.read_graphml(file, node_type=int, force_multigraph=True)


def write_and_read_gml(graph):
    file = io.BytesIO()
    networkx.write_gml(graph, file)
    file.seek(0)
    return networkx.read_gml(file, destringizer=int)


def write_and_read_json(graph):
    text = json.dumps(networkx.node_link_data(graph, edges="edges"))
    return networkx.node_link_graph(json.loads(text), edges="edges")


EXPORTERS = {
    "GraphML": write_and_read_graphml,
    "GML": write_and_read_gml,
    "JSON": write_and_read_json,
}


@pytest.mark.parametrize("exporter", EXPORTERS)
def test_plain_graphs_go_through_exporters(exporter, graph):
    plain = graph.networkx.to_networkx(plain=True)
    assert list(plain) == list(range(len(graph)))
    again = EXPORTERS[exporter](plain)
    assert sorted(again.edges()) == sorted(plain.edges())
    for name in ("name", "aval", "materialized", "root"):
        kept = networkx.get_node_attributes(again, name)
        assert kept == networkx.get_node_attributes(plain, name)


def test_a_plain_graph_says_what_a_node_does():
    x = np.ones((2, 3))
    plain = (x.sum(axis=1)).graph.to_networkx(plain=True)
    line = plain.nodes[1].pop("line")
    assert line.split(":")[0].endswith("test_expression_graph.py")
    assert dict(plain.nodes[1]) == {
        "name": "ReduceSum",
        "label": "ReduceSum(axes=(1,)) : f32[2]",
        "parameters": "axes=(1,)",
        "aval": "f32[2]",
        "materialized": 0,
        "root": 1,
    }
    assert list(plain.edges(keys=True, data=True)) == [(0, 1, 0, {"operand": 0})]


def test_networkx_is_imported_by_those_who_ask_for_the_graph():
    ran = subprocess.run(
        [
            sys.executable,
            "-c",
            "import sys, lazyax as lx; x = lx.numpy.ones(3) * 2; str(x); lx.trace(lambda x: x)(x)\n"
            "assert 'networkx' not in sys.modules\n"
            "x.graph\n"
            "assert 'networkx' in sys.modules",
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr


def test_without_roots_it_is_the_ordinary_graph_that_networkx_fills():
    assert type(ExpressionGraph()) is networkx.MultiDiGraph
    assert len(ExpressionGraph([])) == 0

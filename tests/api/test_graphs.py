"""Graphs in the user's hands: made of arrays or functions, called, transformed and compiled."""

from __future__ import annotations

from collections import namedtuple

import attrs
import numpy
import pytest

import lazyax as lx
import lazyax.numpy as np
from lazyax.errors import HistoryGoneError, LazyaxTypeError
from lazyax.graph.graph import Graph
from lazyax.graph.node import Node
from lazyax.graph.verify import verify_graph
from lazyax.ops.primitives.leaves import input_leaf
from tests.graph.graphs import BUILDERS, call, loss, mlp_params, same_bits, sample

X = numpy.array([[0.5, -1.0, 2.0], [1.5, 0.25, -0.75]], "f4")
W = numpy.array([1.0, 2.0, 3.0], "f4")


def close(found, expected):
    for a, b in zip(lx.tree.leaves(found), lx.tree.leaves(expected), strict=True):
        numpy.testing.assert_allclose(numpy.asarray(a), numpy.asarray(b), rtol=2e-6, atol=1e-6)


# made of arrays


def test_a_graph_of_arrays_is_a_function_of_them():
    x, w = np.array(X), np.array(W)
    y = np.tanh(x * w).sum(axis=1)
    graph = lx.Graph([x, w], y)
    verify_graph(graph)
    assert graph.names == ("x0", "x1")
    close(graph(x, w), y)
    close(graph(X + 1, W * 2), numpy.tanh((X + 1) * W * 2).sum(1))


def test_outputs_and_inputs_are_pytrees():
    params = {"w": np.array(W), "b": np.ones(())}
    x = np.array(X)
    graph = lx.Graph([x, params], {"y": x @ params["w"] + params["b"], "x": (x, None)}, names="xp")
    assert graph.names == ("x", "p['b']", "p['w']")
    found = graph(X, {"w": W * 2, "b": 1.0})
    close(found["y"], X @ W * 2 + 1)
    close(found["x"][0], X)
    assert found["x"][1] is None


def test_an_input_may_be_in_the_middle_of_the_expression():
    x = np.array(W)
    h = np.tanh(x)
    graph = lx.Graph([h, x], h * x + np.tanh(x))
    close(graph(W, W), W * W + numpy.tanh(W))


def test_what_is_not_an_input_is_captured():
    x, w = np.array(W), np.array(W)
    graph = lx.Graph([x], x * w)
    assert [node is w.node for node in graph.captured] == [True]
    w += 1  # the handle points at another node then
    close(graph(x), W * W)


def test_a_graph_of_nodes_is_taken_as_it_is():
    x = input_leaf(np.ones(3).aval, "x")
    graph = Graph([x], [(x * x)])
    close(graph(W), (W * W,))
    close(graph.compile()(W), (W * W,))
    close(graph.vmap(axis_size=2)(X), (X * X,))


def test_history_that_is_kept_can_be_cut_anywhere():
    with lx.keep_history():
        x = np.array(W)
        y = np.exp(x).materialize()
        total = (y * y).sum().materialize()
    assert y.node.operands
    close(lx.Graph([x], total)(W * 0), 3.0)
    close(lx.Graph([y], total)(W), (W * W).sum())


MISTAKES = {
    "an array alone": (
        lambda x: lx.Graph(x, x * 2),
        "Graph: needs a list of inputs, one for each argument, got Array; write Graph([x], y)",
    ),
    "a number": (
        lambda x: lx.Graph([x, 1.0], x * 2),
        "Graph: input x1 is of type float; inputs are lazyax arrays that occur in the outputs",
    ),
    "twice": (
        lambda x: lx.Graph([{"a": x, "b": x}], x * 2),
        "Graph: inputs x0['a'] and x0['b'] are one array f32[3]; give it once",
    ),
    "too few names": (
        lambda x: lx.Graph([x], x * 2, names=("x", "y")),
        "Graph: needs a name for each of 1 inputs, got ['x', 'y']",
    ),
    "an output that is no array": (
        lambda x: lx.Graph([x], "y"),
        "Graph: a result of the outputs is of type str, which is not an array, a number or a "
        "pytree of them",
    ),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_in_the_inputs_is_named(mistake):
    make, message = MISTAKES[mistake]
    with pytest.raises(LazyaxTypeError) as caught:
        make(np.array(W))
    assert str(caught.value) == message


def place(line: int) -> str:
    return f"test_graphs.py:{line}"


def test_an_input_that_does_not_occur_is_an_error():
    x, y = np.array(W), np.ones(3)
    line = test_an_input_that_does_not_occur_is_an_error.__code__.co_firstlineno + 1
    with pytest.raises(LazyaxTypeError) as caught:
        lx.Graph([x, y], x * 2)
    message = str(caught.value)
    assert message.startswith("Graph: x1, f32[3] made at ")
    assert message.endswith(
        f"{place(line)}, is not reached from the outputs. An array that was changed in place "
        "(x += 1, x[i] = v) is another node since; a function's arguments may be unused: "
        "lx.trace makes its graph"
    )


def test_an_input_beyond_what_was_materialized_is_an_error_that_says_so():
    x = np.array(W)
    y = np.tanh(x)
    line = test_an_input_beyond_what_was_materialized_is_an_error_that_says_so.__code__
    y.materialize()
    with pytest.raises(HistoryGoneError) as caught:
        lx.Graph([x], y * 2)
    message = str(caught.value)
    assert (
        f"{place(line.co_firstlineno + 2)}. Call Graph before materializing, or inside" in message
    )


# called


def test_arguments_are_checked():
    graph = lx.trace(lambda x, y: x + y)(np.ones(3), np.ones(3))
    with pytest.raises(LazyaxTypeError) as caught:
        graph(np.ones(3))
    assert str(caught.value) == (
        "Graph: <Graph (x: f32[3], y: f32[3]) -> (f32[3]), 3 nodes> needs arguments of the "
        "structure PyTreeDef(((*, *), {})), got PyTreeDef(((*,), {}))"
    )
    for wrong in (np.ones(4), np.ones(3, int), np.ones(3, "f8")):
        with pytest.raises(LazyaxTypeError) as caught:
            graph(np.ones(3), wrong)
        assert str(caught.value) == (
            f"Graph: argument y needs to be f32[3], got {wrong.aval}; convert it, or trace the "
            "function again for other shapes"
        )
    with pytest.raises(LazyaxTypeError, match=r"^Graph: argument\[0\]\[1\] is of type str"):
        graph(np.ones(3), "y")


def test_python_numbers_take_the_dtype_of_the_argument():
    graph = lx.trace(lambda x, n: (x * 2, n + 1))(np.ones((), "f8"), np.ones((), "i8"))
    x, n = graph(3, 4)
    assert (x.dtype, n.dtype, float(x), int(n)) == ("float64", "int64", 6.0, 5)


def test_calling_is_lazy_and_is_what_was_traced(rng):
    for name, build in BUILDERS.items():
        graph = build()
        arrays = sample(graph, rng)
        arguments, kwargs = lx.tree.unflatten(graph.in_tree, arrays)
        results = lx.tree.leaves(graph(*arguments, **kwargs))
        assert [r.aval.shape for r in results] == [n.aval.shape for n in graph.outputs], name
        assert not any(r.node.operands and r.is_materialized for r in results), name


def test_compiled_graphs_give_what_calling_gives(rng):
    for name, build in BUILDERS.items():
        graph = build()
        arrays = sample(graph, rng)
        arguments, kwargs = lx.tree.unflatten(graph.in_tree, arrays)
        found = lx.tree.leaves(graph.compile()(*arguments, **kwargs))
        for a, b in zip(found, call(graph, arrays), strict=True):
            (
                numpy.testing.assert_allclose(
                    numpy.asarray(a).astype(complex), b.astype(complex), rtol=1e-5, atol=1e-5
                ),
                name,
            )


def test_a_graph_can_be_called_while_another_is_traced():
    graph = lx.trace(np.tanh)(np.ones(3))
    outer = lx.trace(lambda x: graph(x) + graph(x * 2))(np.ones(3))
    verify_graph(outer)
    close(outer(W), numpy.tanh(W) + numpy.tanh(2 * W))
    assert float(lx.grad(lambda x: graph(x * np.ones(3)).sum())(0.0)) == 3.0
    close(lx.vmap(graph)(X), numpy.tanh(X))
    close(lx.jit(graph)(W), numpy.tanh(W))


# transformed: as the functions are


def of_two(x, w):
    return {"y": np.tanh(x * w) ** 2, "z": np.sum(x, axis=1)}


def traced():
    return lx.trace(of_two)(X, W)


def test_jvp_is_the_functions():
    graph = traced().jvp()
    verify_graph(graph)
    tangents = (X * 0.5, W + 1)
    close(graph((X, W), tangents), lx.jvp(of_two, (np.array(X), np.array(W)), tangents))


def test_vjp_is_the_functions():
    graph = traced().vjp()
    verify_graph(graph)
    cotangents = {"y": X + 2, "z": W[:2]}
    value, pull = lx.vjp(of_two, np.array(X), np.array(W))
    close(graph((X, W), cotangents), (value, pull(cotangents)))


@pytest.mark.parametrize("argnums", [0, 1, (0, 1)])
def test_grad_is_the_functions(argnums):
    params, y = mlp_params(), np.ones((2, 2))
    graph = lx.trace(lambda x, params: loss(params, x, y))(X, params)
    for of_graph, of_function in (
        (graph.grad(argnums), lx.grad(lambda x, p: loss(p, x, y), argnums)),
        (graph.value_and_grad(argnums), lx.value_and_grad(lambda x, p: loss(p, x, y), argnums)),
    ):
        verify_graph(of_graph)
        assert of_graph.names == graph.names
        close(of_graph(X, params), of_function(np.array(X), params))


def test_grad_of_what_is_no_scalar_is_an_error():
    with pytest.raises(LazyaxTypeError, match=r"^grad: graph must return a scalar, got f32\[2,3\]"):
        traced().grad()


def test_vmap_with_a_size_is_a_graph_and_without_is_a_function():
    graph = lx.trace(lambda x, w: {"y": np.tanh(x @ w), "w": w})(X[0], W)
    batched = graph.vmap(in_axes=(1, None), out_axes={"y": 0, "w": None}, axis_size=4)
    verify_graph(batched)
    assert [str(node.aval) for node in batched.inputs] == ["f32[3,4]", "f32[3]"]
    rows = numpy.linspace(-1, 1, 12, dtype="f4").reshape(3, 4)
    close(batched(rows, W), {"y": numpy.tanh(rows.T @ W), "w": W})
    found = graph.vmap(in_axes=(0, None), out_axes={"y": 0, "w": None})(X, W)
    close(found, {"y": numpy.tanh(X @ W), "w": W})


def test_keyword_arguments_go_through_transforms():
    graph = lx.trace(lambda x, *, scale: np.sum(x * scale))(W, scale=2.0)
    assert graph.names == ("x", "scale")
    close(graph(W, scale=3.0), W.sum() * 3)
    close(graph.grad()(W, scale=3.0), W * 0 + 3)
    close(graph.jvp()((W,), (W,), scale=2.0), (2 * W.sum(), 2 * W.sum()))
    close(graph.vjp()((W,), 1.0, scale=2.0), (2 * W.sum(), (W * 0 + 2,)))
    mapped = graph.vmap(axis_size=2)
    close(mapped(X, scale=numpy.array([1.0, 2.0], "f4")), X.sum(1) * [1, 2])


def test_transforms_compose(rng):
    params = mlp_params()
    graph = lx.trace(lambda x: loss(params, x, np.ones((2, 2))))(X)
    slopes = graph.grad().vmap(axis_size=3).simplify()
    verify_graph(slopes)
    xs = rng.normal(size=(3, 2, 3)).astype("f4")
    expected = lx.vmap(lx.grad(lambda x: loss(params, x, np.ones((2, 2)))))(np.array(xs))
    close(slopes(xs), expected)
    close(slopes.compile()(xs), expected)
    direction = rng.normal(size=(2, 3)).astype("f4")
    hessian_product = graph.grad().jvp()
    _, found = hessian_product((X,), (direction,))
    _, expected = lx.jvp(
        lx.grad(lambda x: loss(params, x, np.ones((2, 2)))), (np.array(X),), (direction,)
    )
    close(found, expected)


def test_a_graph_of_flat_nodes_has_transforms_too():
    x = input_leaf(np.ones(3).aval)
    graph = Graph([x], [(x * x)])
    close(graph.jvp()((W,), (W,)), ((W * W,), (2 * W * W,)))


# classes by name


Pair = namedtuple("Pair", "a b")


@attrs.frozen
class Params:
    w: object
    b: object


def test_classes_of_one_name_and_fields_are_one_structure():
    graph = lx.trace(lambda p, q: p.a * q.w + q.b)(Pair(W, 1.0), Params(W, 0.0))
    same_pair = namedtuple("Pair", "a b")
    same_params = attrs.make_class("Params", ["w", "b"])
    for run in (graph, graph.compile()):
        close(run(same_pair(W, 1.0), same_params(W, 1.0)), W * W + 1)
    other = namedtuple("Other", "a b")
    with pytest.raises(LazyaxTypeError, match="needs arguments of the structure"):
        graph(other(W, 1.0), Params(W, 1.0))


# what they say


def test_repr_and_len():
    graph = lx.trace(lambda x, w: (x @ w, w))(X, W)
    assert repr(graph) == "<Graph (x: f32[2,3], w: f32[3]) -> (f32[2], f32[3]), 3 nodes>"
    assert len(graph) == 3
    assert graph.names == ("x", "w")


def test_arrays_have_a_node_a_graph_and_a_picture(tmp_path):
    x = np.array(W)
    y = np.exp(x)
    assert type(y.node) is Node
    assert list(y.graph) == [x.node, y.node]
    assert y.draw(tmp_path / "y.svg").exists()


def test_simplified_graphs_have_the_same_bits(rng):
    for name, build in BUILDERS.items():
        graph = build()
        simpler = graph.simplify()
        verify_graph(simpler)
        assert len(simpler) <= len(graph), name
        assert simpler.names == graph.names, name
        arrays = sample(graph, rng)
        assert same_bits(call(simpler, arrays), call(graph, arrays)), name


def test_a_transformed_graph_is_listed_drawn_saved_and_transformed_again(tmp_path):
    graph = lx.trace(lambda w, x: np.sum(np.tanh(x @ w) ** 2))(np.ones(3), np.ones((2, 3)))
    for made in (graph.grad(), graph.jvp(), graph.vjp(), graph.vmap((0, None), axis_size=4)):
        assert made.listing().startswith("graph(")
        assert made.draw(tmp_path / "graph.svg").stat().st_size > 0
        again = lx.load(made.save(tmp_path / "graph.lazyax"))
        assert again.listing().splitlines()[0] == made.listing().splitlines()[0]
    hessian_row = again.vmap((0, None), axis_size=2)
    assert [node.aval.shape for node in hessian_row.inputs] == [(2, 4, 3), (2, 3)]
    slope = lx.load(graph.grad().save(tmp_path / "slope"))
    twice = lx.Graph.grad(lx.trace(lambda w, x: np.sum(slope(w, x)))(np.ones(3), np.ones((2, 3))))
    expected = lx.grad(lambda w: np.sum(lx.grad(graph)(w, np.ones((2, 3)))))(np.ones(3) * 0.1)
    found = twice(np.ones(3) * 0.1, np.ones((2, 3)))
    lx.materialize(found, expected)
    numpy.testing.assert_allclose(numpy.asarray(found), numpy.asarray(expected), rtol=1e-5)

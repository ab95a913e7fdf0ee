"""Simplified graphs: fewer nodes, the same bits."""

from __future__ import annotations

import numpy
import pytest

import lazyax as lx
import lazyax.numpy as np
from lazyax.array import value_of
from lazyax.graph.aval import aval_of
from lazyax.graph.graph import Graph, nested_graphs
from lazyax.graph.verify import verify_graph
from lazyax.ops import primitives as p
from lazyax.ops.primitives.leaves import input_leaf, scalar_leaf
from lazyax.transforms.evaluate import evaluate
from lazyax.transforms.simplify import simplify
from tests.laws.cases import CASES

f32, i32, boolean = numpy.dtype("f4"), numpy.dtype("i4"), numpy.dtype(bool)


def full(value, x):
    return p.Full(value, x.aval.shape, x.aval.dtype)()


def scalar(x):
    return p.Broadcast(x.aval.shape, ())(scalar_leaf(0.0, f32))


# what a node of f32[2,3] becomes: the ops of the simplified graph, operands first
RULES = {
    "x + (-0.0)": (lambda x: p.Add()(x, full(-0.0, x)), []),
    "-0.0 + x": (lambda x: p.Add()(full(-0.0, x), x), []),
    "x + 0.0": (lambda x: p.Add()(x, full(0.0, x)), ["Full", "Add"]),
    "x + the number 0.0": (lambda x: p.Add()(x, scalar(x)), ["Scalar", "Broadcast", "Add"]),
    "x - 0.0": (lambda x: p.Subtract()(x, full(0, x)), []),
    "x - (-0.0)": (lambda x: p.Subtract()(x, full(-0.0, x)), ["Full", "Subtract"]),
    "0.0 - x": (lambda x: p.Subtract()(full(0, x), x), ["Full", "Subtract"]),
    "x * 1": (lambda x: p.Multiply()(x, full(1, x)), []),
    "1.0 * x": (lambda x: p.Multiply()(full(1.0, x), x), []),
    "x * 0": (lambda x: p.Multiply()(x, full(0, x)), ["Full", "Multiply"]),
    "x * broadcast 1": (
        lambda x: p.Multiply()(x, p.Broadcast((2, 3), ())(p.Full(1, (), f32)())),
        [],
    ),
    "x / 1": (lambda x: p.Divide()(x, full(1, x)), []),
    "1 / x": (lambda x: p.Divide()(full(1, x), x), ["Full", "Divide"]),
    "-(-x)": (lambda x: p.Negate()(-x), []),
    "-(-(-x))": (lambda x: p.Negate()(p.Negate()(-x)), ["Negate"]),
    "reverse twice": (lambda x: p.Reverse((0,))(p.Reverse((0,))(x)), []),
    "reverse two axes": (lambda x: p.Reverse((0,))(p.Reverse((1,))(x)), ["Reverse", "Reverse"]),
    "permute back": (lambda x: p.Permute((1, 0))(p.Permute((1, 0))(x)), []),
    "permute to itself": (lambda x: p.Permute((0, 1))(x), []),
    "permute thrice": (
        lambda x: p.Permute((2, 0, 1))(p.Permute((1, 2, 0))(p.Permute((0, 2, 1))(cube(x)))),
        ["Reshape", "Permute"],
    ),
    "reshape back": (lambda x: p.Reshape((2, 3))(p.Reshape((6,))(x)), []),
    "reshape twice": (lambda x: p.Reshape((3, 2))(p.Reshape((6,))(x)), ["Reshape"]),
    "reshape to itself": (lambda x: p.Reshape((2, 3))(x), []),
    "broadcast to itself": (lambda x: p.Broadcast((2, 3), (0, 1))(x), []),
    "broadcast twice": (
        lambda x: p.Broadcast((5, 2, 4, 3), (1, 2, 3))(p.Broadcast((2, 4, 3), (0, 2))(x)),
        ["Broadcast"],
    ),
    "grown twice": (
        lambda x: p.Broadcast((7, 2, 3, 4), (0, 1, 2, 3))(
            p.Broadcast((1, 2, 3, 4), (1, 2, 3))(p.Broadcast((2, 3, 4), (0, 1))(x))
        ),
        ["Broadcast"],
    ),
    "broadcast constant": (lambda x: p.Broadcast((2, 3), (0,))(p.Full(2, (2,), f32)()), ["Full"]),
    "convert to itself": (lambda x: p.Convert(f32)(x), []),
    "convert to weak": (lambda x: p.Convert(f32, True)(x), ["Convert"]),
    "convert there and back": (
        lambda x: p.Convert(f32)(p.Convert(numpy.dtype("f2"))(x)),
        ["Convert", "Convert"],
    ),
    "select true": (lambda x: p.Select()(p.Full(True, (2, 3), boolean)(), x, -x), []),
    "select false": (lambda x: p.Select()(p.Full(False, (2, 3), boolean)(), x, -x), ["Negate"]),
    "select the same": (lambda x: p.Select()(p.Less()(x, -x), x, x), []),
    "slice all": (lambda x: p.Slice((0, 0), (2, 3), (1, 1))(x), []),
    "slice some": (lambda x: p.Slice((0, 1), (2, 3), (1, 1))(x), ["Slice"]),
    "a variable of a transform that ended": (lambda x: p.Variable()(x), []),
    "a stopped gradient": (lambda x: p.StopGradient()(x), ["StopGradient"]),
    "not not": (
        lambda x: p.Not()(p.Not()(p.Less()(x, full(1, x)))),
        ["Full", "Less"],
    ),
}  # fmt: skip


def cube(x):
    return p.Reshape((1, 2, 3))(x)


SPECIAL = numpy.array([[-0.0, 0.0, numpy.nan], [numpy.inf, -1.5, 1e-38]], "f4")


@pytest.mark.parametrize("rule", RULES)
def test_a_rule_gives_fewer_ops_and_the_same_bits(rule):
    build, ops = RULES[rule]
    x = input_leaf(aval_of((2, 3), f32))
    graph = Graph([x], [build(x)])
    simpler = graph.simplify()
    verify_graph(simpler)
    assert [node.op.name for node in simpler.nodes[1:]] == ops
    assert simpler.outputs[0].aval is graph.outputs[0].aval
    found, expected = (
        evaluate(g.outputs, value_of_node, {x: SPECIAL})[0].tobytes() for g in (simpler, graph)
    )
    assert found == expected
    computed = [numpy.asarray(g(SPECIAL)[0]).tobytes() for g in (simpler, graph)]
    assert computed[0] == computed[1]


def value_of_node(node):
    return value_of(lx.Array(node), "test")


def test_integers_and_complex_numbers():
    n = input_leaf(aval_of((3,), i32))
    assert simplify([p.Add()(n, full(0, n)), p.Multiply()(full(1, n), n)]) == [n, n]
    z = input_leaf(aval_of((3,), "c8"))
    kept = p.Multiply()(z, full(1, z))
    assert simplify([p.Conjugate()(p.Conjugate()(z)), kept]) == [z, kept]


def test_a_variable_of_a_running_transform_stays():
    def f(x):
        y = lx.Array(simplify([(x * 1.0).node])[0])
        return y * y

    assert float(lx.grad(f)(3.0)) == 6.0


def test_what_is_shared_stays_shared_and_what_has_a_value_stays():
    x = np.array(numpy.ones(3, "f4"))
    with lx.keep_history():
        y = np.negative(x).materialize()
    double = -y + -y
    (simpler,) = simplify([double.node])
    assert simpler is double.node
    shared = p.Negate()(p.Permute((0,))(x.node))
    left, right = simplify([p.Tanh()(shared), p.Sin()(shared)])
    assert left.operands[0] is right.operands[0]


@pytest.mark.parametrize("case", CASES, ids=str)
def test_every_op_simplifies_to_the_same_bits(case, rng):
    inputs = case.inputs()
    graph = Graph(inputs, case.results(inputs))
    simpler = graph.simplify()
    verify_graph(simpler)
    assert len(simpler) <= len(graph)
    given = dict(zip(inputs, case.sample(rng), strict=True))
    found, expected = (evaluate(g.outputs, value_of_node, given) for g in (simpler, graph))
    assert [a.tobytes() for a in found] == [b.tobytes() for b in expected]


def test_bodies_of_loops_and_branches_are_simplified():
    def f(x):
        def step(h, u):
            return lx.lax.cond(u > 0, lambda: np.negative(-(h * u)), lambda: (h.T).T * 1.0), None

        return lx.lax.scan(step, x, np.arange(3.0) - 1)[0]

    graph = lx.trace(f)(np.ones((2, 2)))
    simple = graph.simplify()
    inside = [len(inner) for inner in nested_graphs(graph.nodes)]
    assert sum(inside) - sum(len(inner) for inner in nested_graphs(simple.nodes)) >= 3
    x = np.arange(4.0).reshape(2, 2)
    assert simple(x).tolist() == graph(x).tolist() == f(x).tolist()
    assert simple.simplify().listing() == simple.listing()

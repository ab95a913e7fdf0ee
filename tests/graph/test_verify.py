"""The verifier names the node that breaks a rule."""

from __future__ import annotations

import attrs
import numpy
import pytest

import lazyax as lx
import lazyax.numpy as np
from lazyax.errors import InvalidGraphError
from lazyax.graph.aval import Aval, aval_of
from lazyax.graph.graph import Graph
from lazyax.graph.node import Node
from lazyax.graph.op import Op
from lazyax.graph.verify import verify, verify_graph
from lazyax.ops import primitives as p
from lazyax.ops.primitives.leaves import DATA, data_leaf, input_leaf, scalar_leaf
from lazyax.xla import buffers
from tests.laws.cases import CASES

F32 = aval_of((3,), "f4")
BUFFER = buffers.put(numpy.zeros(3, "f4"))


def leaf():
    return data_leaf(F32, BUFFER)


def twin(aval):
    """An aval that is equal and not the same."""
    return Aval(*[getattr(aval, field.name) for field in attrs.fields(Aval)])


def cyclic():
    node = p.Negate()(leaf())
    above = p.Tanh()(node)
    node.operands = (above,)
    return above


def missing_result():
    sort = p.Sort(0)(leaf(), leaf())
    return Node(p.Project(2), (sort,), F32)


@attrs.frozen
class Holds(Op):
    """Holds a graph."""

    body: Graph

    def infer(self, x):
        return x


def open_body():
    x = input_leaf(F32)
    return Holds(Graph([], [p.Tanh()(x)]))(leaf())


BROKEN = {
    "operands that are a list": (
        lambda: Node(p.Tanh(), [leaf()], F32),
        r"verify: the operands of a Tanh are \[<Data\(.*\)\(\) : f32\[3\] at <unknown>>\], "
        r"not a tuple of nodes",
    ),
    "an operand that is no node": (
        lambda: Node(p.Tanh(), (1.0,), F32),
        r"verify: 1\.0 stands where a node should",
    ),
    "an op that is none": (
        lambda: Node("Tanh", (leaf(),), F32),
        r"verify: a node has the op 'Tanh', which is not an Op",
    ),
    "a cycle": (cyclic, r"verify: <Negate\(Tanh\) : f32\[3\] at .*> depends on itself"),
    "another shape": (
        lambda: Node(p.Tanh(), (leaf(),), aval_of((4,), "f4")),
        r"verify: <Tanh\(Data\) : f32\[4\] at <unknown>> has another aval than f32\[3\], inferred",
    ),
    "another weakness": (
        lambda: Node(p.Tanh(), (leaf(),), aval_of((3,), "f4", True)),
        r"verify: <Tanh\(Data\) : ~f32\[3\] at <unknown>> has another aval than f32\[3\], inferred",
    ),
    "an aval that is not interned": (
        lambda: Node(p.Tanh(), (leaf(),), twin(F32)),
        r"verify: <Tanh\(Data\) : f32\[3\] at <unknown>> has an aval that was not made by aval_of",
    ),
    "operands that do not fit": (
        lambda: Node(p.Add(), (leaf(), scalar_leaf(1.0, numpy.dtype("f4"))), F32),
        r"verify: <Add\(Data, Scalar\) : f32\[3\] at <unknown>> does not fit its operands: Add: "
        r"operands need one shape and dtype, got f32\[3\] and ~f32\[\]; broadcast and convert "
        r"them first",
    ),
    "too few operands": (
        lambda: Node(p.Select(), (leaf(),), F32),
        r"verify: <Select\(Data\) : f32\[3\] at <unknown>> does not fit its operands: .* missing 2 "
        r"required positional arguments: .*",
    ),
    "a result that is not there": (
        missing_result,
        r"verify: <Project\(index=2\)\(Sort\) : f32\[3\] at <unknown>> does not fit its operands: "
        r"Project: needs an op with more than 2 results, got .*",
    ),
    "a leaf without a value": (
        lambda: Node(DATA, (), F32),
        r"verify: <Data\(.*\)\(\) : f32\[3\] at <unknown>> does not fit its operands: a Data node "
        r"is made with its aval, by `data_leaf`",
    ),
    "a buffer of another shape": (
        lambda: data_leaf(aval_of((4,), "f4"), BUFFER),
        r"verify: <Data\(.*\)\(\) : f32\[4\] at <unknown>> has a value of f32\[3\]",
    ),
    "a buffer of another dtype": (
        lambda: data_leaf(aval_of((3,), "i4"), BUFFER),
        r"verify: <Data\(.*\)\(\) : i32\[3\] at <unknown>> has a value of f32\[3\]",
    ),
    "a number that is not of its dtype": (
        lambda: scalar_leaf(1.5, numpy.dtype("i4")),
        r"verify: <Scalar\(\) : ~i32\[\] at <unknown>> has the value 1\.5, which is not of "
        r"its aval",
    ),
    "an abstract node with a value": (
        lambda: Node(p.Input("x"), (), F32, None, BUFFER),
        r"verify: <Input\(x\)\(\) : f32\[3\] at <unknown>> is abstract and has a value",
    ),
    "several results and one value": (
        lambda: Node(DATA, (), (F32, F32), None, BUFFER),
        r"verify: <Data\(.*\)\(\) : \(f32\[3\], f32\[3\]\) at <unknown>> has several results "
        r"and one value",
    ),
    "a body that is not closed": (
        open_body,
        r"verify: <Input\(x\)\(\) : f32\[3\] at <unknown>> is abstract and not an input",
    ),
}  # fmt: skip


@pytest.mark.parametrize("what", BROKEN)
def test_a_broken_rule_is_named(what):
    build, message = BROKEN[what]
    with pytest.raises(InvalidGraphError, match=f"^{message}$"):
        verify([p.Negate()(leaf()), build()])


@pytest.mark.parametrize("case", CASES, ids=str)
def test_every_op_makes_valid_nodes(case):
    inputs = case.inputs()
    verify_graph(Graph(inputs, case.results(inputs)))


def test_a_graph_needs_distinct_abstract_inputs():
    x = input_leaf(F32)
    with pytest.raises(InvalidGraphError, match=r"^verify: a node is two inputs of a graph$"):
        verify_graph(Graph([x, x], [x]))
    data = leaf()
    with pytest.raises(InvalidGraphError, match=r"is an input and not abstract$"):
        verify_graph(Graph([data], [data]))
    with pytest.raises(InvalidGraphError, match=r"is abstract and not an input$"):
        verify_graph(Graph([], [x]))


def test_a_history_that_was_kept_is_valid():
    with lx.keep_history():
        x = np.ones(3)
        y = np.tanh(x).materialize()
    verify([(y * x).node])
    assert y.node.operands

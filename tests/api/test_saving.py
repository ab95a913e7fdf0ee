"""Graphs in files: they come back the same, and damaged files are refused with the reason."""

from __future__ import annotations

import json
import subprocess
import sys
from collections import OrderedDict, defaultdict, namedtuple
from pathlib import Path

import attrs
import ml_dtypes
import numpy
import pytest

import lazyax as lx
import lazyax.numpy as np
from lazyax.api.graph_format import decode_graph, encode_graph
from lazyax.errors import LazyaxTypeError
from lazyax.graph.graph import Graph
from lazyax.graph.node import Node
from lazyax.graph.op import REGISTRY, Op
from lazyax.graph.verify import verify_graph
from lazyax.ops import primitives as p
from lazyax.ops.primitives.leaves import input_leaf
from lazyax.xla.lowering import lower
from lazyax.xla.plan import plan
from tests.graph.graphs import BUILDERS, call, loss, mlp_params, same_bits, sample
from tests.laws.cases import CASES

ROOT = Path(__file__).parents[2]


def key(graph):
    """What decides whether two graphs are one program."""
    return plan(graph.outputs, graph.inputs).key


@pytest.fixture
def path(tmp_path):
    """Where to save a graph."""
    return tmp_path / "graph.lazyax"


@pytest.fixture
def again(path):
    """A function that saves a graph and loads it."""

    def save_and_load(graph):
        assert graph.save(path) == path
        loaded = lx.load(path)
        verify_graph(loaded)
        return loaded

    return save_and_load


# what comes back


@pytest.mark.parametrize("name", BUILDERS)
def test_a_graph_comes_back_the_same(name, again, rng):
    graph = BUILDERS[name]()
    loaded = again(graph)
    assert key(loaded) == key(graph)
    assert len(loaded) == len(graph)
    assert loaded.names == graph.names
    assert (loaded.in_tree, loaded.out_tree) == (graph.in_tree, graph.out_tree)
    assert [node.aval for node in loaded.inputs] == [node.aval for node in graph.inputs]
    assert loaded.listing() == graph.listing().replace("Data(computed=True)", "Data")
    arrays = sample(graph, rng)
    assert same_bits(call(loaded, arrays), call(graph, arrays))


@pytest.mark.parametrize("case", CASES, ids=str)
def test_every_op_comes_back_the_same(case):
    inputs = case.inputs()
    graph = Graph(inputs, case.results(inputs))
    document, arrays = encode_graph(graph)
    loaded = decode_graph(json.loads(json.dumps(document, allow_nan=False)), arrays)
    verify_graph(loaded)
    assert key(loaded) == key(graph)
    assert [node.op for node in loaded.nodes] == [node.op for node in graph.nodes]


def test_captured_arrays_come_back_bit_for_bit(again):
    graph = BUILDERS["captured"]()
    loaded = again(graph)
    for one, other in zip(graph.captured, loaded.captured, strict=True):
        assert one.aval is other.aval
        found, expected = (numpy.asarray(lx.Array(node)) for node in (other, one))
        assert found.tobytes() == expected.tobytes()


def test_numbers_stay_parameters_and_keep_every_bit(again):
    numbers = [0.1, -0.0, float("inf"), float("nan"), 1e-310, 2**31 - 1, 1 - 0.0j, True]
    graph = lx.trace(lambda x: [x * n for n in numbers])(np.ones((), "c16"))
    values = [n.value for n in again(graph).captured]
    assert [(type(v), repr(v)) for v in values] == [
        (type(n.value), repr(n.value)) for n in graph.captured
    ]


def test_what_is_pending_stays_pending(again):
    pending = np.tanh(np.arange(3.0))
    loaded = again(lx.trace(lambda x: x + pending)(1.0))
    assert [node.op.name for node in loaded.nodes].count("Tanh") == 1


def test_the_history_of_what_is_materialized_stays_behind(again):
    with lx.keep_history():
        done = np.tanh(np.array([1.0, 2.0])).materialize()
    loaded = again(lx.trace(lambda x: x + done)(np.ones(2)))
    assert [node.op.name for node in loaded.nodes] == ["Input", "Data", "Add"]


def test_a_loaded_graph_is_a_graph_like_any_other(again, rng):
    params, y = mlp_params(), np.ones((4, 2))
    graph = lx.trace(lambda x: loss(params, x, y))(np.ones((4, 3)))
    loaded = again(again(graph))
    x = rng.normal(size=(4, 3)).astype("f4")
    xs = rng.normal(size=(2, 4, 3)).astype("f4")
    for transform in (
        lambda g: g(x),
        lambda g: g.compile()(x),
        lambda g: lx.grad(g)(np.array(x)),
        lambda g: g.grad()(x),
        lambda g: g.value_and_grad().compile()(x),
        lambda g: lx.vmap(g)(xs),
        lambda g: g.vmap(axis_size=2).compile()(xs),
        lambda g: g.jvp()((x,), (x,)),
        lambda g: g.vjp()((x,), 1.0),
        lambda g: lx.jit(lx.vmap(lx.grad(g)))(xs),
        lambda g: g.simplify()(x),
    ):
        found, expected = lx.tree.leaves(transform(loaded)), lx.tree.leaves(transform(graph))
        assert same_bits([*map(numpy.asarray, found)], [*map(numpy.asarray, expected)])


def test_a_loaded_graph_needs_no_new_program(again, compiles):
    graph = lx.trace(lambda x: np.tanh(x) * 0.25)(np.ones(7))
    graph.compile()
    compiles.reset()
    again(graph).compile()
    assert compiles.count == 0


IN_A_FRESH_PROCESS = """
import sys, numpy, lazyax as lx
lx.config.update(cold_runs=0, quick_runs=0)
graph = lx.load(sys.argv[1])
x = numpy.linspace(-1, 1, 12, dtype="f4").reshape(4, 3)
print([numpy.asarray(part).tobytes().hex() for part in
       (graph(x), lx.grad(graph)(lx.numpy.array(x)), lx.vmap(graph)(x[None]))])
print(graph.listing())
assert not [name for name in sys.modules if name.startswith(("tests", "networkx", "pickle_"))]
"""


def test_a_fresh_process_gets_the_same_numbers(path):
    params, y = mlp_params(), np.ones((4, 2))
    graph = lx.trace(lambda x: loss(params, x, y))(np.ones((4, 3)))
    x = numpy.linspace(-1, 1, 12, dtype="f4").reshape(4, 3)
    here = (graph(x), lx.grad(graph)(np.array(x)), lx.vmap(graph)(x[None]))
    expected = [numpy.asarray(part).tobytes().hex() for part in here]
    ran = subprocess.run(
        [sys.executable, "-c", IN_A_FRESH_PROCESS, str(graph.save(path))],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    assert ran.stdout == f"{expected}\n{graph.listing()}\n"


def test_lines_go_into_programs(again):
    graph = lx.trace(lambda x: np.tanh(x))(np.ones(3))
    loaded = again(graph)
    line = test_lines_go_into_programs.__code__.co_firstlineno + 1
    assert f'test_saving.py":{line}:0)' in lower(plan(loaded.outputs, loaded.inputs))


# trees


Pair = namedtuple("Pair", "first second")


@attrs.frozen
class Layer:
    w: object
    _b: object = None


TREES = {
    "tuple": (1.0, (2.0,), ()),
    "list": [1.0, [2.0, []]],
    "dict": {"b": 1.0, "a": {"c": 2.0}, "": {}},
    "dict of ints": {3: 1.0, 1: 2.0},
    "ordered dict": OrderedDict(b=1.0, a=2.0),
    "none": [None, 1.0, (None,)],
    "named tuple": Pair(1.0, Pair(2.0, None)),
    "attrs": [Layer(1.0, {"x": Layer(2.0)})],
    "number": 1.0,
    "nothing": (),
}


@pytest.mark.parametrize("name", TREES)
def test_pytrees_come_back(name, again):
    tree = TREES[name]
    graph = lx.trace(lambda tree: lx.tree.map(lambda x: x * 2, tree))(tree)
    loaded = again(graph)
    for run in (loaded, loaded.compile()):
        result = run(tree)
        assert [float(leaf) for leaf in lx.tree.leaves(result)] == [
            2 * leaf for leaf in lx.tree.leaves(tree)
        ]
        assert [path for path, _ in lx.tree.flatten_with_path(result)] == [
            path for path, _ in lx.tree.flatten_with_path(tree)
        ]
        assert type(result).__name__ == ("Array" if type(tree) is float else type(tree).__name__)


def test_classes_come_back_by_name_and_fields_and_are_not_the_callers(again):
    loaded = again(lx.trace(lambda p: Pair(p.second, p.first))(Pair(1.0, 2.0)))
    result = loaded(Pair(1.0, 2.0))
    assert type(result) is not Pair
    assert (type(result).__name__, result._fields) == ("Pair", ("first", "second"))
    assert [float(x) for x in result] == [2.0, 1.0]


class Registered:
    """Registered as a pytree, with data that a file can not describe."""

    def __init__(self, child):
        self.child = child


lx.tree.register(
    Registered, lambda r: ((r.child,), None), lambda _, children: Registered(*children)
)

REFUSED_TREES = {
    "a registered class": (
        lambda: Registered(1.0),
        "save: the class Registered in the arguments or results has no description in a file; "
        "use tuples, lists, dicts, named tuples or attrs classes of arrays there",
    ),
    "a defaultdict": (
        lambda: defaultdict(list, a=1.0),
        "save: the class defaultdict in the arguments or results has no description in a file; "
        "use tuples, lists, dicts, named tuples or attrs classes of arrays there",
    ),
    "a key of another type": (
        lambda: {(1, 2): 1.0},
        "save: a dict has the key (1, 2); keys in a file are str or int",
    ),
}


@pytest.mark.parametrize("name", REFUSED_TREES)
def test_trees_that_a_file_can_not_describe_are_refused(name, path):
    make, message = REFUSED_TREES[name]
    graph = lx.trace(lambda tree: lx.tree.leaves(tree))(make())
    with pytest.raises(LazyaxTypeError) as caught:
        graph.save(path)
    assert str(caught.value) == message
    assert not path.parent.exists() or list(path.parent.iterdir()) == []


# ops with parameters of all kinds


@attrs.frozen
class Holds(Op):
    """An op with one parameter of any kind; the field without a part in equality is left out."""

    value: object
    note: object = attrs.field(default=None, eq=False)

    def infer(self, x):
        return x


@pytest.fixture
def holds(monkeypatch):
    """Makes the op known for one test."""
    monkeypatch.setitem(REGISTRY, "Holds", Holds)


PARAMETERS = [
    None, True, 0, -(2**70), 0.1, -0.0, float("inf"), 1 - 0.0j, "ij,jk->ik", b"\x00\xff",
    numpy.dtype("i2"), numpy.dtype(ml_dtypes.bfloat16), numpy.float32(0.1), numpy.int8(-3),
    ml_dtypes.bfloat16(1.5), (), (1, (2.5, ("a", None)), (numpy.dtype("f8"),)), p.Permute((1, 0)),
    (p.Add(), p.Full(0.5, (2,), numpy.dtype("f4"))), np.ones((2, 3)).aval,
]  # fmt: skip


@pytest.mark.usefixtures("holds")
@pytest.mark.parametrize("value", PARAMETERS, ids=repr)
def test_parameters_come_back_with_their_types(value, again):
    graph = lx.trace(lambda x: lx.Array(Holds(value, note=object())(x.node)))(np.ones(2))
    op = again(graph).outputs[0].op
    assert (type(op.value), repr(op.value)) == (type(value), repr(value))
    assert op.note is None


@pytest.mark.usefixtures("holds")
def test_graphs_that_ops_hold_come_back(again):
    weights = np.array([1.0, 2.0])
    inner = lx.trace(lambda x: x * weights)(np.ones(2))
    outer = lx.trace(lambda x: lx.Array(Holds((inner, inner))(x.node)) + weights)(np.ones(2))
    both = lx.trace(lambda x: lx.Array(Holds((outer, inner))(x.node)))(np.ones(2))
    loaded = again(both)
    assert loaded.listing() == both.listing()
    held_outer, held_inner = loaded.outputs[0].op.value
    assert held_outer.outputs[0].operands[0].op.value == (held_inner, held_inner)
    assert held_inner.captured[0] in held_outer.captured


REFUSED_PARAMETERS = [
    (len, "is of type builtin_function_or_method"),
    (frozenset([1]), "is of type frozenset"),
    ((1, numpy.float64), "is of type type"),
    ('say "x"', "is the text 'say \"x\"'"),
]


@pytest.mark.usefixtures("holds")
@pytest.mark.parametrize(("value", "what"), REFUSED_PARAMETERS, ids=lambda value: str(value)[:20])
def test_parameters_that_a_file_can_not_hold_are_refused(value, what, path):
    node = input_leaf(np.ones(2).aval)
    with pytest.raises(LazyaxTypeError) as caught:
        Graph([node], [Node(Holds(value), (node,), node.aval)]).save(path)
    assert str(caught.value) == (
        f"save: Holds.value, of the node made at <unknown>, {what}, which a file can not hold; "
        "build the graph without it"
    )


def test_abstract_values_from_outside_are_refused(path):
    x, stray = input_leaf(np.ones(2).aval), input_leaf(np.ones(2).aval)
    with pytest.raises(LazyaxTypeError) as caught:
        Graph([x], [p.Add()(x, stray)]).save(path)
    assert str(caught.value) == (
        "save: the graph depends on an abstract value f32[2] made at <unknown> that is not among "
        "its inputs"
    )

"""Nodes without operands, and the marks that transforms put on a function's arguments."""

from __future__ import annotations

import contextlib
import math
import threading
from collections.abc import Iterator
from typing import Any

import attrs
import numpy

from lazyax.graph.aval import Aval, aval_of
from lazyax.graph.growth import ABSTRACT
from lazyax.graph.node import Node
from lazyax.graph.op import Op, primitive
from lazyax.graph.results import note_result
from lazyax.ops.primitives.kinds import Constant, Mark


@primitive
class Data(Constant):
    """An array that exists: the node's value is its buffer. Lowers to an argument of the program.

    ``computed`` tells a result, whose history ended here, from an array that was given.
    """

    computed: bool = False

    def infer(self):
        raise AssertionError("a Data node is made with its aval, by `data_leaf`")

    def lower(self, emit, node):
        raise AssertionError("arguments are not lowered")

    def evaluate(self):
        raise AssertionError("a Data node has its value")


@primitive
class Scalar(Constant):
    """A Python number used as a value: a parameter of the program, never a constant in it.

    The node's value is the number, f32[], or beside an array that number all through, f32[2,3].
    All scalars of one dtype travel as one packed argument, a number each. Lowers to an argument of
    the program, and where it has a shape to `stablehlo.broadcast_in_dim` of it.
    """

    def infer(self):
        raise AssertionError("a Scalar node is made with its aval, by `scalar_leaf`")

    def lower(self, emit, node):
        raise AssertionError("arguments are not lowered")

    def evaluate(self):
        raise AssertionError("a Scalar node has its value")


@attrs.define(eq=False, repr=False)
class Trace:
    """One run of a user's function on abstract inputs, and whether it is still going on.

    Attributes:
        transform: the name of what traces, such as ``jit``, for messages.
        function: the name of the user's function.
        running: whether the user's function has not returned yet.
        origin: the user's line that began it.
        captured: keys that were made outside and that it used (`lazyax.transforms.key_linearity`).
    """

    transform: str
    function: str
    running: bool = True
    origin: Any = None
    captured: list[Any] = attrs.field(factory=list)

    def __str__(self) -> str:
        return f"{self.transform} of {self.function}"

    __repr__ = __str__


PROBE = "probe"
"""The transform of traces that only ask what a function depends on."""


class _Running(threading.local):
    """The functions that this thread runs on abstract inputs, the innermost last."""

    traces: tuple[Trace, ...] = ()


running = _Running()


@contextlib.contextmanager
def tracing(trace: Trace) -> Iterator[Trace]:
    """While the user's function runs on abstract inputs."""
    before = running.traces
    running.traces = (*before, trace)
    try:
        yield trace
    finally:
        running.traces = before
        trace.running = False


@primitive
class Input(Constant):
    """An argument of a traced function: it has an aval, and a value only when the graph is called.

    Lowers to an argument of the program.
    """

    label: str = "x"
    trace: Trace | None = attrs.field(default=None, eq=False)

    abstract = True

    def infer(self):
        raise AssertionError("an Input node is made with its aval, by `input_leaf`")

    def lower(self, emit, node):
        raise AssertionError("arguments are not lowered")

    def evaluate(self):
        raise AssertionError("an Input node has no value")

    def __str__(self) -> str:
        return f"Input({self.label})"

    __repr__ = __str__


@primitive
class MissingKey(Constant):
    """The key of a draw that was written without one: `lazyax.transforms.split_keys` gives it.

    u32[2]; of draws inside ``vmap``, a key for each lane: u32[4,2] for lanes (4,). Lowers to
    nothing: a graph is seeded first.
    """

    lanes: tuple[int, ...] = ()
    traces: tuple[Trace, ...] = attrs.field(default=(), eq=False)

    abstract = True
    trace = None
    absence = (
        "it depends on a draw without a key, and keys are given when the whole graph is known; "
        "give the draw a key, return the value from the function that random.seed runs, or draw "
        "inside `with random.stream(key):`"
    )

    def infer(self):
        return aval_of((*self.lanes, 2), numpy.uint32)

    def lower(self, emit, node):
        raise AssertionError("a draw without a key is not lowered")

    def evaluate(self):
        raise AssertionError("a draw without a key has no value")

    def __str__(self) -> str:
        return f"MissingKey(lanes={self.lanes})" if self.lanes else "MissingKey"

    __repr__ = __str__


DATA = Data()
COMPUTED = Data(computed=True)
SCALAR = Scalar()


def data_leaf(aval: Aval, buffer: Any, origin=None) -> Node:
    """The leaf that holds a buffer."""
    return Node(DATA, (), aval, origin, buffer)


def scalar_leaf(value: Any, dtype: numpy.dtype, weak_type: bool = True, origin=None) -> Node:
    """The 0-d leaf that holds a Python number."""
    return Node(SCALAR, (), aval_of((), dtype, weak_type), origin, value)


def narrowed(node: Node) -> Node:
    """The number that a `Scalar` is all through; any other node itself."""
    if type(node.op) is not Scalar or not node.aval.shape:
        return node
    return Node(SCALAR, (), node.aval.with_shape(()), node.origin, node.value)


def input_leaf(aval: Aval, name: str = "x", trace: Trace | None = None, origin=None) -> Node:
    """A fresh abstract input."""
    return Node(Input(name, trace), (), aval, origin, born=ABSTRACT)


@primitive
class Variable(Mark):
    """The identity, made fresh for an argument of ``grad`` so that perturbations never mix.

    Lowers to nothing: programs leave it out.
    """

    trace: Trace | None = attrs.field(default=None, eq=False)

    @property
    def keeps_history(self):
        return self.trace is not None and self.trace.running


LARGE = 2**12
"""Elements from which on showing one number everywhere is quicker than writing it."""


@primitive
class Full(Constant):
    """An array filled with one number that is part of the program.

    f32[2,3] for shape (2, 3). For numbers that never change, such as the 1 in a derivative
    rule; a user's numbers are `Scalar` leaves. Lowers to `stablehlo.constant`.
    """

    value: complex = attrs.field(eq=repr)  # 0.0 == -0.0 and nan != nan, as constants they are not
    shape: tuple[int, ...]
    dtype: numpy.dtype
    weak_type: bool = False

    symbol = "full"

    @classmethod
    def like(cls, node: Node, value: complex) -> Node:
        """A node of ``node``'s shape and dtype, filled with ``value``."""
        return cls(value, node.aval.shape, node.aval.dtype)()

    def infer(self):
        return aval_of(self.shape, self.dtype, self.weak_type)

    def lower(self, emit, node):
        return emit.constant(self.value, node.aval)

    def on_block(self, shape):
        return attrs.evolve(self, shape=shape)

    def evaluate(self):
        if math.prod(self.shape) < LARGE:
            return numpy.full(self.shape, self.value, self.dtype)
        return numpy.broadcast_to(numpy.asarray(self.value, self.dtype), self.shape)


@primitive
class Literal(Constant):
    """A small array that is part of the program, such as a table in a rule.

    Never made of a user's array: those are `Data` leaves. Lowers to `stablehlo.constant`.
    """

    elements: bytes
    shape: tuple[int, ...]
    dtype: numpy.dtype

    @classmethod
    def of(cls, array: numpy.ndarray) -> Node:
        """The constant node of a NumPy array."""
        return cls(numpy.ascontiguousarray(array).tobytes(), array.shape, array.dtype)()

    def infer(self):
        return aval_of(self.shape, self.dtype)

    def lower(self, emit, node):
        return emit.literal(self.evaluate(), node.aval)

    def evaluate(self):
        return numpy.frombuffer(self.elements, self.dtype).reshape(self.shape)

    def __str__(self) -> str:
        return f"Literal({self.infer()})"

    __repr__ = __str__


@primitive
class Iota(Constant):
    """0, 1, 2, ... along ``axis``.

    i32[2,3] counting along axis 1: [[0,1,2],[0,1,2]]. Lowers to `stablehlo.iota`.
    """

    dtype: numpy.dtype
    shape: tuple[int, ...]
    axis: int = 0

    def infer(self):
        self.require(
            self.dtype.kind != "b" and 0 <= self.axis < len(self.shape),
            f"needs a numeric dtype and an axis of {self.shape}, "
            f"got {self.dtype}, axis {self.axis}",
        )
        return aval_of(self.shape, self.dtype)

    def lower(self, emit, node):
        return emit(f"stablehlo.iota dim = {self.axis} : {emit.type(node.aval)}", node.aval)

    def evaluate(self):
        column = [-1 if axis == self.axis else 1 for axis in range(len(self.shape))]
        count = numpy.arange(self.shape[self.axis]).astype(self.dtype).reshape(column)
        return numpy.broadcast_to(count, self.shape)


@primitive
class Project(Op):
    """Result number ``index`` of an op with several results. Lowers to nothing."""

    index: int

    expensive = True  # as what it projects is, and that node has no single value to store
    interpreted = True  # if what it projects is

    def __call__(self, *operands):
        node = super().__call__(*operands)
        note_result(node)
        return node

    def infer(self, avals):
        self.require(
            isinstance(avals, tuple) and self.index < len(avals),
            f"needs an op with more than {self.index} results, got {avals}",
        )
        return avals[self.index]

    def lower(self, emit, node, values):
        return values[self.index]

    def passes(self, numbers):
        return numbers[0][self.index] if type(numbers[0]) is tuple else None

    def evaluate(self, arrays):
        return arrays[self.index]

    def jvp(self, out, operands, tangents):
        (tangents_of_all,) = tangents
        return tangents_of_all[self.index]

    def pullback(self, cotangent, operands, linear):
        cotangents = [None] * len(operands[0].aval)
        cotangents[self.index] = cotangent
        return (tuple(cotangents),)

    def batch(self, operands, batched, size):
        (results,) = operands  # of an op that holds graphs, a node for each result
        return results[self.index] if isinstance(results, tuple) else self(results)


def projections(node: Node) -> tuple[Node, ...]:
    """The results of a node with several, each as a node."""
    return tuple(Project(index)(node) for index in range(len(node.aval)))

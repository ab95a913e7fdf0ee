"""The closed function: a graph with inputs and outputs."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar

import attrs

from lazyax.graph.node import Node, aval_text
from lazyax.graph.op import Op
from lazyax.graph.structure import Structure, number_graph
from lazyax.graph.traversal import toposort

if TYPE_CHECKING:
    import os
    import pathlib

    from lazyax.graph.expression_graph import ExpressionGraph


@attrs.frozen(eq=False, repr=False, init=False)
class Graph:
    """A function from ``inputs`` to ``outputs``, as data.

    ``Graph([x, w], y)`` closes an expression that was already built over arrays that occur in
    it; `lazyax.trace` makes the graph of a function. What the outputs depend on beside the
    inputs is captured: leaves with values, shared with the rest of the program. A graph can be
    listed, drawn, saved, transformed, called and compiled (`lazyax.api.graphs`).

    >>> import lazyax as lx
    >>> x = lx.numpy.ones(3)
    >>> graph = lx.Graph([x], x * x)
    >>> print(graph(lx.numpy.arange(3.0)))
    [0. 1. 4.]

    Args:
        inputs: arrays (or pytrees of arrays) to make arguments of; or abstract nodes.
        outputs: an array or pytree of arrays; or nodes.
        in_tree: pytree structure of ``(arguments, keyword arguments)``; found for arrays.
        out_tree: pytree structure of the result; found for arrays.
        names: a name for each argument, or for each abstract node.

    Attributes:
        inputs: abstract nodes, in the order of the flattened arguments.
        outputs: nodes, in the order of the flattened result.
        in_tree: pytree structure of the arguments, or None for a flat tuple.
        out_tree: pytree structure of the result, or None for a flat tuple.
        names: a name for each input.

    Raises:
        LazyaxTypeError: for an input that is not an array, or does not occur in the outputs.
        HistoryGoneError: if it does not occur because what lay between was materialized.
    """

    inputs: tuple[Node, ...]
    outputs: tuple[Node, ...]
    in_tree: Any
    out_tree: Any
    names: tuple[str, ...]

    close: ClassVar[Callable[..., Graph] | None] = None
    """How arrays become the nodes of a graph: `lazyax.api.graphs.close`, from a layer above."""

    def __init__(
        self,
        inputs: Sequence[Any],
        outputs: Any,
        in_tree: Any = None,
        out_tree: Any = None,
        names: Iterable[str] = (),
    ):
        if self.close is not None and not (_are_nodes(inputs) and _are_nodes(outputs)):
            closed = self.close(inputs, outputs, tuple(names))
            inputs, outputs, names = closed.inputs, closed.outputs, closed.names
            in_tree, out_tree = closed.in_tree, closed.out_tree
        self.__attrs_init__(tuple(inputs), tuple(outputs), in_tree, out_tree, tuple(names))

    @property
    def nodes(self) -> list[Node]:
        """All nodes, operands before users: first the inputs, unused ones too."""
        inputs = set(self.inputs)
        order = toposort(self.outputs, stop=inputs)
        return [*self.inputs, *[node for node in order if node not in inputs]]

    @property
    def captured(self) -> list[Node]:
        """Leaves with values that the outputs depend on."""
        return [node for node in self.nodes if node.value is not None]

    @cached_property
    def numbered(self) -> tuple[Structure, tuple[Node, ...]]:
        """The structure of a closed graph, and a node for each of its entries."""
        return number_graph(self.inputs, self.outputs)

    def __len__(self) -> int:
        return len(self.nodes)

    def __format__(self, spec: str) -> str:
        return format(repr(self), spec)  # in a line of text, such as the parameters of an op

    def __reduce__(self):
        structure, _ = self.numbered
        inputs = tuple([(node.op, node.aval) for node in self.inputs])
        return _from_entries, (inputs, structure.entries, structure.outputs)

    def __repr__(self) -> str:
        names = self.names or [f"arg{i}" for i in range(len(self.inputs))]
        arguments = ", ".join(
            f"{name}: {node.aval}" for name, node in zip(names, self.inputs, strict=True)
        )
        results = ", ".join(aval_text(node.aval) for node in self.outputs)
        return f"<Graph ({arguments}) -> ({results}), {len(self)} nodes>"

    if TYPE_CHECKING:  # lazyax.api.graphs and lazyax.api.saving add these

        def __call__(self, *arguments: Any, **kwargs: Any) -> Any:
            """The outputs for other arguments."""

        def compile(self) -> Any:
            """The graph as a program."""

        def draw(self, path: str | os.PathLike) -> pathlib.Path:
            """Write a picture, ``.svg`` or ``.dot``."""

        def grad(self, argnums: int | Sequence[int] = 0) -> Graph:
            """The graph of the gradient."""

        def jvp(self) -> Graph:
            """The graph of (primals, tangents) -> (outputs, output tangents)."""

        def listing(self) -> str:
            """The graph as text."""

        @property
        def networkx(self) -> ExpressionGraph:
            """The graph for networkx."""

        def save(self, path: str | os.PathLike) -> pathlib.Path:
            """Write the graph to a file."""

        def simplify(self) -> Graph:
            """The graph without needless steps."""

        def value_and_grad(self, argnums: int | Sequence[int] = 0) -> Graph:
            """The graph of the value and the gradient."""

        def vjp(self) -> Graph:
            """The graph of (primals, cotangents) -> (outputs, input cotangents)."""

        def vmap(self, in_axes: Any = 0, out_axes: Any = 0, axis_size: int | None = None) -> Any:
            """The graph along an axis of its arguments."""


def _from_entries(inputs: Sequence[tuple], entries: Sequence[tuple], outputs: Sequence[int]):
    """The closed graph that `Graph.__reduce__` described."""
    nodes = [Node(op, (), aval) for op, aval in inputs]
    given = tuple(nodes)
    for op, *numbers in entries:
        nodes.append(op(*[nodes[number] for number in numbers]))
    return Graph(given, tuple([nodes[number] for number in outputs]))


def same_graph(graph: Graph) -> Structure:
    """What makes ops that hold graphs equal; as ``eq`` of their fields."""
    return graph.numbered[0]


def same_graphs(graphs: Sequence[Graph]) -> tuple[Structure, ...]:
    """`same_graph` of several."""
    return tuple([graph.numbered[0] for graph in graphs])


def _are_nodes(values: Any) -> bool:
    return isinstance(values, (tuple, list)) and all(isinstance(value, Node) for value in values)


def graphs_in(op: Op) -> list[Graph]:
    """The graphs among an op's parameters: the branches of a Cond, the body of a While."""
    found, pending = [], list(op.parameters.values())[::-1]
    while pending:
        value = pending.pop()
        if isinstance(value, Graph):
            found.append(value)
        elif isinstance(value, tuple):
            pending.extend(reversed(value))
    return found


def nested_graphs(nodes: Iterable[Node]) -> list[Graph]:
    """All graphs that ops of ``nodes`` hold, at any depth, each after those that it holds.

    Backwards, siblings are in the order in which their op has them.
    """
    order: list[Graph] = []
    seen: set[Graph] = set()
    stack = [(graph, False) for graph in _held(nodes)]
    while stack:
        graph, inner_done = stack.pop()
        if inner_done:
            order.append(graph)
        elif graph not in seen:
            seen.add(graph)
            stack.append((graph, True))
            stack.extend((held, False) for held in _held(graph.nodes))
    return order


def _held(nodes: Iterable[Node]) -> list[Graph]:
    """The graphs that ops of ``nodes`` hold themselves."""
    ops = dict.fromkeys(node.op for node in nodes)
    return [graph for op in ops for graph in graphs_in(op)]

"""Graphs in the user's hands: made of arrays, called, transformed, compiled and shown."""

from __future__ import annotations

import os
import pathlib
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import attrs

from lazyax import tree
from lazyax.api.compile import Compiled, inline, trace
from lazyax.api.differentiate import grad, jvp, value_and_grad, vjp
from lazyax.api.functions import flatten_arguments, flatten_result, unflatten_arrays
from lazyax.api.history import require_reached
from lazyax.api.tree_format import same_structure
from lazyax.api.vectorize import Axes, prefix_leaves, vmap
from lazyax.array import Array
from lazyax.errors import LazyaxTypeError
from lazyax.graph.aval import Aval, aval_of
from lazyax.graph.graph import Graph
from lazyax.graph.listing import list_graph
from lazyax.graph.node import Node
from lazyax.graph.rewrite import rewrite
from lazyax.later import Later
from lazyax.ops.primitives.leaves import input_leaf
from lazyax.ops.primitives.select import Convert
from lazyax.transforms.key_linearity import consume_again, uses_of
from lazyax.transforms.simplify import simplify

svg, dot = Later("lazyax.graph.svg"), Later("lazyax.graph.dot")

if TYPE_CHECKING:
    from lazyax.graph.expression_graph import ExpressionGraph


def close(inputs: Sequence[Any], outputs: Any, names: Sequence[str] = ()) -> Graph:
    """The graph that ``Graph(inputs, outputs)`` makes of arrays.

    Raises:
        LazyaxTypeError: for an input that is not an array, is there twice, or does not occur.
        HistoryGoneError: if it does not occur because what lay between was materialized.
    """
    if not isinstance(inputs, (list, tuple)):
        raise LazyaxTypeError(
            f"Graph: needs a list of inputs, one for each argument, got {type(inputs).__name__}; "
            "write Graph([x], y)"
        )
    labels = list(names) or [f"x{i}" for i in range(len(inputs))]
    if len(labels) != len(inputs):
        raise LazyaxTypeError(f"Graph: needs a name for each of {len(inputs)} inputs, got {labels}")
    nodes, paths = _nodes_of_arrays(inputs, labels)
    roots, out_tree = flatten_result("Graph", "the outputs", outputs)
    require_reached("Graph", roots, nodes, paths)
    fresh = [
        input_leaf(node.aval, path, None, node.origin)
        for node, path in zip(nodes, paths, strict=True)
    ]
    closed = rewrite(roots, replaced=dict(zip(nodes, fresh, strict=True)))
    in_tree = tree.structure((tuple(inputs), {}))
    return Graph(tuple(fresh), tuple(closed), in_tree, out_tree, tuple(paths))


def _nodes_of_arrays(inputs: Sequence[Any], labels: Sequence[str]) -> tuple[list[Node], list[str]]:
    """Nodes of the arrays in ``inputs``, and the path of each below its label."""
    nodes: list[Node] = []
    paths: list[str] = []
    for label, argument in zip(labels, inputs, strict=True):
        for path, leaf in tree.flatten_with_path(argument):
            if not isinstance(leaf, Array):
                raise LazyaxTypeError(
                    f"Graph: input {label}{path} is of type {type(leaf).__name__}; inputs are "
                    "lazyax arrays that occur in the outputs"
                )
            if leaf._node in nodes:
                raise LazyaxTypeError(
                    f"Graph: inputs {paths[nodes.index(leaf._node)]} and {label}{path} are one "
                    f"array {leaf.aval}; give it once"
                )
            nodes.append(leaf._node)
            paths.append(f"{label}{path}")
    return nodes, paths


def bind(graph: Graph, arguments: tuple, kwargs: dict[str, Any]) -> list[Node]:
    """A node for each input of a graph, from the arguments of a call.

    Raises:
        LazyaxTypeError: if the arguments differ from the graph's in structure, shape or dtype.
    """
    nodes, structure = flatten_arguments("Graph", (arguments, kwargs))
    wanted = _in_tree(graph)
    if not same_structure(structure, wanted):
        raise LazyaxTypeError(
            f"Graph: {graph!r} needs arguments of the structure {wanted}, got {structure}"
        )
    names = graph.names or [f"x{i}" for i in range(len(nodes))]
    return [
        _fit(node, given.aval, name)
        for node, given, name in zip(nodes, graph.inputs, names, strict=True)
    ]


def _fit(node: Node, wanted: Aval, name: str) -> Node:
    aval = node.aval
    weak = aval.weak_type and aval.shape == wanted.shape
    if not weak and (aval.shape, aval.dtype) != (wanted.shape, wanted.dtype):
        raise LazyaxTypeError(
            f"Graph: argument {name} needs to be {wanted}, got {aval}; convert it, or trace the "
            "function again for other shapes"
        )
    return node if aval is wanted else Convert(wanted.dtype, wanted.weak_type)(node)


def _in_tree(graph: Graph) -> Any:
    if graph.in_tree is not None:
        return graph.in_tree
    return tree.structure((tuple(range(len(graph.inputs))), {}))


def _out_tree(graph: Graph) -> Any:
    return graph.out_tree or tree.structure(tuple(range(len(graph.outputs))))


def call(self: Graph, *arguments: Any, **kwargs: Any) -> Any:
    """The outputs for other arguments. Nothing runs: the graph's nodes are built on them.

    Keys among the arguments are used up by that, if the graph was traced in this process.

    Raises:
        LazyaxTypeError: if the arguments differ from the graph's in structure, shape or dtype.

    >>> import lazyax as lx
    >>> graph = lx.trace(lambda x: 2 * x)(lx.numpy.ones(3))
    >>> print(graph(lx.numpy.arange(3.0)))
    [0. 2. 4.]
    """
    nodes = bind(self, arguments, kwargs)
    consume_again(uses_of(self.inputs), nodes, "Graph")
    return unflatten_arrays(_out_tree(self), inline(self, nodes))


def _arguments(graph: Graph) -> tuple[tuple, dict[str, Any]]:
    """Stand-ins for a graph's inputs, as positional and keyword arguments."""
    return unflatten_arrays(_in_tree(graph), graph.inputs)


def jvp_graph(self: Graph) -> Graph:
    """The graph of ``(primals, tangents) -> (outputs, output tangents)``.

    Primals and tangents are tuples of the positional arguments.

    >>> import lazyax as lx
    >>> moved = lx.trace(lambda x: x * x)(1.0).jvp()
    >>> value, tangent = moved((3.0,), (1.0,))
    >>> print(value, tangent)
    9.0 6.0
    """

    def forward(primals: tuple, tangents: tuple, **kwargs: Any) -> tuple[Any, ...]:
        return jvp(lambda *arguments: self(*arguments, **kwargs), primals, tangents)

    arguments, kwargs = _arguments(self)
    return trace(forward, "Graph.jvp")(arguments, arguments, **kwargs)


def vjp_graph(self: Graph) -> Graph:
    """The graph of ``(primals, cotangents) -> (outputs, input cotangents)``.

    Primals and input cotangents are tuples of the positional arguments; cotangents have the
    structure of the outputs.

    >>> import lazyax as lx
    >>> pulled = lx.trace(lambda x, y: x * y)(1.0, 1.0).vjp()
    >>> value, (of_x, of_y) = pulled((2.0, 3.0), 1.0)
    >>> print(value, of_x, of_y)
    6.0 3.0 2.0
    """

    def backward(primals: tuple, cotangents: Any, **kwargs: Any) -> tuple[Any, ...]:
        value, pull = vjp(lambda *arguments: self(*arguments, **kwargs), *primals)
        return value, pull(cotangents)

    arguments, kwargs = _arguments(self)
    outputs = unflatten_arrays(_out_tree(self), self.outputs)
    return trace(backward, "Graph.vjp")(arguments, outputs, **kwargs)


def _function_of(called: Graph) -> Callable[..., Any]:
    """A graph as a function, which has a name for the messages of transforms."""

    def graph(*arguments: Any, **kwargs: Any) -> Any:
        return called(*arguments, **kwargs)

    return graph


def _same_arguments(graph: Graph, function: Any, transform: str) -> Graph:
    """The graph of a function of the same arguments."""
    arguments, kwargs = _arguments(graph)
    return attrs.evolve(trace(function, transform)(*arguments, **kwargs), names=graph.names)


def grad_graph(self: Graph, argnums: int | Sequence[int] = 0) -> Graph:
    """The graph of the gradient by the arguments at ``argnums``. See `lazyax.grad`.

    Raises:
        LazyaxTypeError: if the output is not a scalar, or an argument is not inexact.

    >>> import lazyax as lx
    >>> slope = lx.trace(lambda x: x**3)(1.0).grad()
    >>> print(slope(2.0), slope.grad()(2.0))
    12.0 12.0
    """
    return _same_arguments(self, grad(_function_of(self), argnums), "Graph.grad")


def value_and_grad_graph(self: Graph, argnums: int | Sequence[int] = 0) -> Graph:
    """The graph of the value and the gradient. See `lazyax.value_and_grad`.

    Raises:
        LazyaxTypeError: if the output is not a scalar, or an argument is not inexact.
    """
    return _same_arguments(
        self, value_and_grad(_function_of(self), argnums), "Graph.value_and_grad"
    )


def vmap_graph(
    self: Graph, in_axes: Axes = 0, out_axes: Axes = 0, axis_size: int | None = None
) -> Any:
    """The graph applied along an axis of its arguments. See `lazyax.vmap`.

    A graph has fixed shapes. With ``axis_size`` the result is the graph for batches of that
    size; without, a function of batches of any size.

    >>> import lazyax as lx
    >>> double = lx.trace(lambda x: 2 * x)(1.0)
    >>> print(double.vmap()(lx.numpy.arange(3.0)))
    [0. 2. 4.]
    >>> double.vmap(axis_size=5).inputs[0].aval
    ~f32[5]
    """
    mapped = vmap(_function_of(self), in_axes, out_axes, axis_size=axis_size)
    if axis_size is None:
        return mapped
    arguments, kwargs = _arguments(self)
    axes = prefix_leaves(in_axes, arguments, "in_axes")
    axes += [0] * (len(self.inputs) - len(axes))  # keyword arguments, as lazyax.vmap maps them
    stacked = [
        node if axis is None else input_leaf(_with_axis(node.aval, axis, axis_size))
        for node, axis in zip(self.inputs, axes, strict=True)
    ]
    arguments, kwargs = unflatten_arrays(_in_tree(self), stacked)
    return attrs.evolve(trace(mapped, "Graph.vmap")(*arguments, **kwargs), names=self.names)


def _with_axis(aval: Aval, axis: int, size: int) -> Aval:
    """The aval of a batch: a new axis of length ``size`` at ``axis``."""
    shape = list(aval.shape)
    shape.insert(axis % (len(shape) + 1), size)
    return aval_of(tuple(shape), aval.dtype, aval.weak_type)


def simplify_graph(self: Graph) -> Graph:
    """The graph without needless steps; its results are the same bit for bit.

    >>> import lazyax as lx
    >>> graph = lx.trace(lambda x: -(-x))(1.0)
    >>> len(graph), len(graph.simplify())
    (3, 1)
    """
    return attrs.evolve(self, outputs=tuple(simplify(self.outputs)))


def compile_graph(self: Graph) -> Compiled:
    """The graph as a program that can be called.

    >>> import lazyax as lx
    >>> print(lx.trace(lambda x: 2 * x)(1.0).compile()(3.0))
    6.0
    """
    trees = {"in_tree": _in_tree(self), "out_tree": _out_tree(self)}
    names = self.names or tuple(f"x{i}" for i in range(len(self.inputs)))
    return Compiled(attrs.evolve(self, names=names, **trees))


def draw_graph(self: Graph, path: str | os.PathLike) -> pathlib.Path:
    """Write a picture to ``path``: ``.svg`` to look at, ``.dot`` for other tools.

    Raises:
        LazyaxTypeError: for another suffix.
    """
    return draw_to(path, self)


def draw_to(path: str | os.PathLike, graph: Graph) -> pathlib.Path:
    """Write the picture of a graph.

    Raises:
        LazyaxTypeError: for a suffix other than ``.svg`` and ``.dot``.
    """
    path = pathlib.Path(path)
    writer = {".svg": lambda: svg.svg(graph), ".dot": lambda: dot.dot(graph)}.get(path.suffix)
    if writer is None:
        raise LazyaxTypeError(
            f"draw: writes .svg and .dot files, got {path.name!r}; browsers print .svg as others"
        )
    path.write_text(writer(), encoding="utf-8")
    return path


def listing(of: Any) -> str:
    """An expression as text, one node a line: op, operands, aval and the line that made it.

    Args:
        of: an array, a pytree of arrays, or a graph.

    >>> import lazyax as lx
    >>> graph = lx.trace(lambda x: x * x)(lx.numpy.ones(3))
    >>> print(lx.listing(graph))
    graph(x: f32[3]) -> (f32[3])
      %x = Input              : f32[3]   ...
      %0 = Multiply(%x, %x)   : f32[3]   ...
      return %0
    """
    if isinstance(of, Graph):
        return list_graph(of)
    roots, _ = flatten_result("listing", "an expression", of)
    return list_graph(Graph((), tuple(roots)))


def expression_graph(roots: Sequence[Node]) -> ExpressionGraph:
    """What ``roots`` depend on, as networkx sees it."""
    # networkx takes 0.1 s to import: only who asks for the graph pays for it
    from lazyax.graph.expression_graph import ExpressionGraph

    return ExpressionGraph(roots)


def draw_array(self: Array, path: str | os.PathLike) -> pathlib.Path:
    """Write a picture of the array's expression to ``path``: ``.svg`` or ``.dot``.

    Raises:
        LazyaxTypeError: for another suffix.
    """
    return draw_to(path, Graph((), (self._node,)))


def _of_graph(self: Graph) -> ExpressionGraph:
    """The graph as a read-only `networkx.MultiDiGraph`."""
    return expression_graph([*self.outputs, *self.inputs])


def _of_array(self: Array) -> ExpressionGraph:
    """The array's expression as a read-only `networkx.MultiDiGraph`."""
    return expression_graph([self._node])


def _node_of_array(self: Array) -> Node:
    """The node of the expression that this array is now."""
    return self._node


METHODS: dict[type, dict[str, Any]] = {
    Graph: {
        "__call__": call,
        "__str__": list_graph,
        "close": staticmethod(close),
        "compile": compile_graph,
        "draw": draw_graph,
        "grad": grad_graph,
        "jvp": jvp_graph,
        "listing": list_graph,
        "networkx": property(_of_graph),
        "simplify": simplify_graph,
        "value_and_grad": value_and_grad_graph,
        "vjp": vjp_graph,
        "vmap": vmap_graph,
    },
    Array: {
        "draw": draw_array,
        "graph": property(_of_array),
        "node": property(_node_of_array),
    },
}


def install() -> None:
    """Give `Graph` and `Array` the methods that need what lies above them."""
    for cls, methods in METHODS.items():
        for name, method in methods.items():
            setattr(cls, name, method)


install()

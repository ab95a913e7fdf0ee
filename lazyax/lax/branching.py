"""Choices: `cond` and `switch`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy

from lazyax import tree
from lazyax.api.compile import trace_nodes
from lazyax.api.functions import name_of, node_of, unflatten_arrays
from lazyax.errors import LazyaxTypeError
from lazyax.graph.aval import Aval, aval_of
from lazyax.graph.graph import Graph
from lazyax.graph.node import Node
from lazyax.graph.origin import current_origin, describe
from lazyax.graph.rewrite import rewrite
from lazyax.lax.bodies import as_aval, difference, nodes_of
from lazyax.ops.numpy.promotion import convert, join_dtypes
from lazyax.ops.primitives.compare import NotEqual
from lazyax.ops.primitives.cond import choose
from lazyax.ops.primitives.select import Clamp, Convert
from lazyax.ops.primitives.subgraphs import held_elsewhere
from lazyax.transforms.key_linearity import consume_again, uses_of
from lazyax.transforms.split_keys import with_new_keys

INDEX = numpy.dtype("i4")


NOT_GIVEN: Any = object()


def cond(
    pred: Any,
    true_fun: Callable[..., Any],
    false_fun: Callable[..., Any],
    *operands: Any,
    operand: Any = NOT_GIVEN,
) -> Any:
    """``true_fun(*operands)`` if ``pred`` holds, else ``false_fun(*operands)``; only one runs.

    Under `vmap` with a ``pred`` for each lane both run, and each lane takes its own.

    Args:
        pred: a scalar: bool, or a number that is compared with 0.
        true_fun: called if it holds.
        false_fun: called if not; returns the structure, shapes and dtypes of ``true_fun``.
        operands: pytrees.
        operand: the only one of them, by name.

    Raises:
        LazyaxTypeError: if ``pred`` is not a scalar, or the branches disagree.

    >>> from lazyax import lax
    >>> print(lax.cond(3.0 > 2.0, lambda x: x + 1, lambda x: x * 0, 5.0))
    6.0
    """
    if operand is not NOT_GIVEN:
        operands = (*operands, operand)
    if not callable(true_fun) and callable(false_fun) and len(operands) == 2:
        (other, otherwise), given = operands, true_fun  # the form of jax's first release
        return cond(pred, lambda: false_fun(given), lambda: otherwise(other))
    node = node_of(pred, "cond: the predicate")
    if node.aval.shape:
        raise LazyaxTypeError(
            f"cond: the predicate needs to be a scalar, got {node.aval} made at "
            f"{describe(node.origin)}; use .any() or .all(), numpy.where, or vmap"
        )
    if node.aval.dtype.kind != "b":
        node = NotEqual()(node, node.like(0))
    return _choose("cond", Convert(INDEX)(node), [false_fun, true_fun], operands)


def switch(index: Any, branches: Sequence[Callable[..., Any]], *operands: Any) -> Any:
    """``branches[index](*operands)``; the index is held in range, and one branch runs.

    Under `vmap` with an ``index`` for each lane all run, and each lane takes its own.

    Args:
        index: an integer scalar.
        branches: functions that return one structure, and one shape and dtype in each place.
        operands: pytrees.

    Raises:
        LazyaxTypeError: if ``index`` is not an integer scalar, or the branches disagree.

    >>> from lazyax import lax
    >>> print(lax.switch(1, [lambda x: x, lambda x: 10 * x, lambda x: -x], 3.0))
    30.0
    """
    node = node_of(index, "switch: the index")
    if node.aval.shape or node.aval.dtype.kind not in "iu":
        raise LazyaxTypeError(
            f"switch: the index needs to be an integer scalar, got {node.aval} made at "
            f"{describe(node.origin)}; use astype, or vmap for several"
        )
    if not (isinstance(branches, Sequence) and branches):
        got = "none" if isinstance(branches, Sequence) else type(branches).__name__
        raise LazyaxTypeError(f"switch: needs a list of at least one branch, got {got}")
    if len(branches) == 1:
        return branches[0](*operands)
    inside = Clamp()(node.like(0), node, node.like(len(branches) - 1))
    return _choose("switch", convert(inside, INDEX), branches, operands)


def _choose(
    name: str, index: Node, functions: Sequence[Callable[..., Any]], operands: tuple
) -> Any:
    nodes, _ = nodes_of(name, "operand", operands)
    inputs, outputs, out_tree = _trace_branches(name, functions, nodes, operands)
    # what the branches made themselves stays inside: it runs only where it is wanted
    held = [held_elsewhere(i, o) for i, o in zip(inputs, outputs, strict=True)]
    return unflatten_arrays(out_tree, choose(index, inputs, nodes, outputs, held))


def _trace_branches(
    name: str, functions: Sequence[Callable[..., Any]], nodes, operands
) -> tuple[Any, ...]:
    """Inputs and outputs of each branch, and the structure that all return."""
    structure = tree.structure((operands, {}))
    avals = [node.aval for node in nodes]
    graphs = [trace_nodes(function, name, avals, structure) for function in functions]
    # one branch runs, so a key that several of them use is used once
    uses = {use for graph in graphs for use in uses_of(graph.inputs)}
    consume_again({use[:-1]: use for use in uses}.values(), nodes, name)
    labels = [name_of(function) for function in functions]
    for label, graph in zip(labels[1:], graphs[1:], strict=True):
        _require_same_structure(name, labels[0], graphs[0], label, graph)
    columns = [
        _agreeing(name, labels, graphs, place, row)
        for place, row in enumerate(zip(*[graph.outputs for graph in graphs], strict=True))
    ]
    rows = [rewrite(row, with_new_keys) for row in zip(*columns, strict=True)]
    rows = rows or [[] for _ in graphs]
    return [graph.inputs for graph in graphs], rows, graphs[0].out_tree


def _require_same_structure(name: str, first: str, one: Graph, label: str, other: Graph) -> None:
    """Raise unless two branches return one structure.

    Raises:
        LazyaxTypeError: naming the first path that only one of them has.
    """
    if one.out_tree == other.out_tree:
        return
    where = " and ".join(
        f"{who} at {describe(graph.outputs[0].origin if graph.outputs else current_origin())}"
        for who, graph in ((first, one), (label, other))
    )
    raise LazyaxTypeError(
        f"{name}: branches need to return one structure; {first} returns {one.out_tree} and "
        f"{label} returns {other.out_tree}: {difference(one.out_tree, other.out_tree, 'result')}; "
        f"returned by {where}"
    )


def _agreeing(
    name: str, labels: Sequence[str], graphs: Sequence[Graph], place: int, row: Sequence[Node]
) -> list[Node]:
    """One result of all branches in their common aval.

    Raises:
        LazyaxTypeError: if there is none: shapes agree, and dtypes but for Python numbers.
    """
    avals = [node.aval for node in row]
    aval = _common(avals)
    if aval is not None:
        return [as_aval(node, aval) for node in row]
    paths = tree.flatten_with_path(graphs[0].out_tree.unflatten(range(len(graphs[0].outputs))))
    listed = " and ".join(
        f"{label} returns {node.aval} made at {describe(node.origin)}"
        for label, node in zip(labels, row, strict=True)
    )
    shapes = len({a.shape for a in avals}) > 1
    remedy = "reshape or broadcast them to one shape" if shapes else "use astype for one dtype"
    raise LazyaxTypeError(
        f"{name}: branches need one shape and dtype for result{paths[place][0]}: {listed}; {remedy}"
    )


def _common(avals: Sequence[Aval]) -> Aval | None:
    """The aval that results of all branches can have; Python numbers take the others' dtype."""
    strong = {aval.dtype for aval in avals if not aval.weak_type}
    if len({aval.shape for aval in avals}) > 1 or len(strong) > 1:
        return None
    dtype, weak = join_dtypes(avals)
    return aval_of(avals[0].shape, dtype, weak) if strong <= {dtype} else None

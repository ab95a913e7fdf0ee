"""Checks that every graph keeps the rules of nodes: run by the tests, and on what is loaded."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from lazyax.errors import InvalidGraphError, LazyaxError
from lazyax.graph.aval import Aval, aval_of
from lazyax.graph.graph import Graph, nested_graphs
from lazyax.graph.node import Node, aval_text, settling
from lazyax.graph.op import Op
from lazyax.graph.traversal import toposort

NUMBERS = (bool, int, float, complex)
KINDS = {bool: "biufc", int: "iufc", float: "fc", complex: "c"}
"""Kinds of dtype that a leaf of a Python number may have; extended floats count as ``f``."""


def verify(roots: Iterable[Node]) -> None:
    """Check every node that ``roots`` depend on, and those of graphs that ops hold.

    Operands are a tuple of nodes, made before their users; the aval is the one that the op
    infers; a node has operands, or a value, or neither if it is abstract or a constant; a value
    has the shape and dtype of the aval.

    Raises:
        InvalidGraphError: naming the first node that breaks a rule.
    """
    with settling:
        roots = list(roots)
        _verify_order(roots)
        for graph in nested_graphs(toposort(roots)):
            _verify_order([*graph.outputs, *graph.inputs])
            _verify_closed(graph)


def verify_graph(graph: Graph) -> None:
    """`verify`, and that inputs are distinct, abstract, and all that is abstract.

    Raises:
        InvalidGraphError: naming the first node that breaks a rule.
    """
    verify([*graph.outputs, *graph.inputs])
    _verify_closed(graph)


def _verify_closed(graph: Graph) -> None:
    inputs = set(graph.inputs)
    if len(inputs) != len(graph.inputs):
        raise InvalidGraphError("verify: a node is two inputs of a graph")
    for node in graph.inputs:
        _require(node, node.op.abstract, "is an input and not abstract")
    for node in graph.nodes:
        _require(node, node in inputs or not node.op.abstract, "is abstract and not an input")


def _verify_order(roots: list[Node]) -> None:
    before: set[Node] = set()
    inferred: dict[tuple, Any] = {}
    for node in toposort(_nodes_only(roots)):
        if not isinstance(node.op, Op):
            raise InvalidGraphError(f"verify: a node has the op {node.op!r}, which is not an Op")
        _require(node, all(operand in before for operand in node.operands), "depends on itself")
        _verify_aval(node, inferred)
        _verify_value(node)
        before.add(node)


def _nodes_only(roots: list[Node]) -> list[Node]:
    """``roots``, once it is sure that the operands below them are tuples of nodes."""
    seen, pending = set(roots), list(roots)
    while pending:
        node = pending.pop()
        if type(node) is not Node:
            raise InvalidGraphError(f"verify: {node!r} stands where a node should")
        if type(node.operands) is not tuple:
            raise InvalidGraphError(
                f"verify: the operands of a {type(node.op).__name__} are {node.operands!r}, "
                "not a tuple of nodes"
            )
        for operand in node.operands:
            if operand not in seen:
                seen.add(operand)
                pending.append(operand)
    return roots


def _require(node: Node, condition: bool, message: str) -> None:
    if not condition:
        raise InvalidGraphError(f"verify: {node!r} {message}")


def _verify_aval(node: Node, inferred: dict[tuple, Any]) -> None:
    """The aval is interned, and what the op infers; leaves with a value state it themselves."""
    parts = node.aval if isinstance(node.aval, tuple) else (node.aval,)
    for part in parts:
        known = isinstance(part, Aval) and part is aval_of(part.shape, part.dtype, part.weak_type)
        _require(node, known, "has an aval that was not made by aval_of")
    if not node.operands and (node.op.abstract or node.value is not None):
        return
    key = (node.op, *[operand.aval for operand in node.operands])
    if key not in inferred:
        try:
            inferred[key] = node.op.infer(*key[1:])
        except (LazyaxError, AssertionError, TypeError, IndexError) as error:
            raise InvalidGraphError(
                f"verify: {node!r} does not fit its operands: {error}"
            ) from error
    if inferred[key] != node.aval:
        raise InvalidGraphError(
            f"verify: {node!r} has another aval than {aval_text(inferred[key])}, inferred"
        )


def _verify_value(node: Node) -> None:
    value, aval = node.value, node.aval
    if value is None:
        return
    _require(node, not node.op.abstract, "is abstract and has a value")
    _require(node, not isinstance(aval, tuple), "has several results and one value")
    if type(value) in NUMBERS:
        kinds = KINDS[type(value)] + "V" * (type(value) is not complex)
        fits = aval.dtype.kind in kinds
        _require(node, fits, f"has the value {value!r}, which is not of its aval")
        return
    of = value.aval
    fits = of.shape == aval.shape and of.dtype == aval.dtype
    _require(node, fits, f"has a value of {of}")

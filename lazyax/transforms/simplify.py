"""Fewer steps to the same bits: local rewrites, each of which takes a node away.

A rule answers with a node that exists already, or with one new node in the place of one, so the
graph never grows. Numbers that are values (`Scalar` leaves) are left alone: programs do not know
them. Neither is x + 0 rewritten, which is not x for x = -0.0; x - 0 is, and x + (-0.0).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from lazyax.graph.graph import Graph, graphs_in
from lazyax.graph.node import Node
from lazyax.graph.op import Op
from lazyax.graph.rewrite import rebuild, rewrite
from lazyax.ops import primitives as p

Rule = Callable[[Any, Sequence[Node]], Node | None]
"""From an op and its simplified operands to what takes their place; None where nothing does."""


def simplify(roots: Sequence[Node]) -> list[Node]:
    """``roots`` with needless nodes taken out. Values are the same, bit for bit.

    Variables of transforms that have ended go too. Nodes that have a value stay as they are.
    """
    return rewrite(roots, _simplify_node)


def _simplify_node(node: Node, operands: Sequence[Node]) -> Node:
    if node.value is not None:
        return node
    rule = RULES.get(type(node.op))
    found = rule(node.op, operands) if rule is not None else None
    if found is not None and found.aval is node.aval:
        return found
    op = _with_simple_graphs(node.op) if graphs_in(node.op) else node.op
    return rebuild(node, operands) if op is node.op else op(*operands)


def _with_simple_graphs(op: Op) -> Op:
    """An op that holds graphs, such as a loop, with those simplified; itself where they are."""
    changes: dict[str, Any] = {}
    for name, value in op.parameters.items():
        if isinstance(value, Graph):
            (changes[name],) = _simple_graphs((value,))
        elif isinstance(value, tuple) and any(isinstance(part, Graph) for part in value):
            changes[name] = _simple_graphs(value)
    simple = type(op)(**{**op.parameters, **changes})
    return op if simple == op else simple


def _simple_graphs(graphs: Sequence[Graph]) -> tuple[Graph, ...]:
    return tuple([Graph(graph.inputs, simplify(graph.outputs)) for graph in graphs])


def _fills(node: Node, value: float) -> bool:
    """Whether a real node is a constant filled with ``value``; 0.0 and -0.0 are two values."""
    if type(node.op) is not p.Full or node.aval.dtype.kind == "c":
        return False
    if node.aval.is_inexact:
        return repr(complex(node.op.value)) == repr(complex(value))
    return node.op.value == value


def _add(op: Op, operands: Sequence[Node]) -> Node | None:
    x, y = operands
    return x if _fills(y, -0.0) else y if _fills(x, -0.0) else None


def _subtract(op: Op, operands: Sequence[Node]) -> Node | None:
    x, y = operands
    return x if _fills(y, 0.0) else None


def _multiply(op: Op, operands: Sequence[Node]) -> Node | None:
    x, y = operands
    return x if _fills(y, 1) else y if _fills(x, 1) else None


def _divide(op: Op, operands: Sequence[Node]) -> Node | None:
    x, y = operands
    return x if _fills(y, 1) else None


def _undone(op: Op, operands: Sequence[Node]) -> Node | None:
    """An op that undoes itself, applied twice."""
    (x,) = operands
    return x.operands[0] if x.op == op and x.value is None else None


def _inside(node: Node, op: Op) -> Node:
    """What ``node`` rearranges, if it is pending and its op is of the kind of ``op``."""
    return node.operands[0] if type(node.op) is type(op) and node.value is None else node


def _broadcast(op: p.Broadcast, operands: Sequence[Node]) -> Node | None:
    (x,) = operands
    if x.aval.shape == op.shape:
        return x
    if type(x.op) is p.Full:
        return p.Full(x.op.value, op.shape, x.aval.dtype, x.aval.weak_type)()
    inner = _inside(x, op)
    if inner is x:
        return None
    return p.Broadcast(op.shape, tuple(op.axes[axis] for axis in x.op.parameters["axes"]))(inner)


def _reshape(op: p.Reshape, operands: Sequence[Node]) -> Node | None:
    inner = _inside(operands[0], op)
    if inner.aval.shape == op.shape:
        return inner
    return None if inner is operands[0] else op(inner)


def _permute(op: p.Permute, operands: Sequence[Node]) -> Node | None:
    (x,) = operands
    inner = _inside(x, op)
    axes = op.axes if inner is x else tuple(x.op.parameters["axes"][axis] for axis in op.axes)
    if axes == tuple(range(len(axes))):
        return inner
    return None if inner is x else p.Permute(axes)(inner)


def _slice(op: p.Slice, operands: Sequence[Node]) -> Node | None:
    (x,) = operands
    whole = all(step == 1 for step in op.step) and op.stop == x.aval.shape and not any(op.start)
    return x if whole else None


def _select(op: Op, operands: Sequence[Node]) -> Node | None:
    which, on_true, on_false = operands
    if on_true is on_false or _fills(which, True):
        return on_true
    return on_false if _fills(which, False) else None


def _variable(op: p.Variable, operands: Sequence[Node]) -> Node | None:
    return None if op.keeps_history else operands[0]


def _itself(op: Op, operands: Sequence[Node]) -> Node | None:
    """An op that may change nothing: its operand, if the avals are one."""
    return operands[0]


RULES: dict[type[Op], Rule] = {
    p.Add: _add,
    p.Broadcast: _broadcast,
    p.Conjugate: _undone,
    p.Convert: _itself,
    p.Divide: _divide,
    p.Multiply: _multiply,
    p.Negate: _undone,
    p.Not: _undone,
    p.Permute: _permute,
    p.Reshape: _reshape,
    p.Reverse: _undone,
    p.Select: _select,
    p.Slice: _slice,
    p.Subtract: _subtract,
    p.Variable: _variable,
}

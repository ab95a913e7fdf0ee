"""Rows of ops that hold graphs: branches, scans and while loops."""

from __future__ import annotations

from collections.abc import Callable

from lazyax.graph.aval import aval_of
from lazyax.graph.graph import Graph
from lazyax.graph.node import Node
from lazyax.ops import primitives as p
from lazyax.ops.primitives.leaves import input_leaf
from tests.laws.case import DTYPES, Case, Operand, array, integers, row


def graph(function: Callable, *operands: Operand, dtype: str) -> Graph:
    """The graph of a function of nodes."""
    inputs = [
        input_leaf(aval_of(operand.shape, DTYPES[operand.dtype or dtype])) for operand in operands
    ]
    outputs = function(*inputs)
    return Graph(inputs, outputs if isinstance(outputs, tuple) else (outputs,))


def rows(make: Callable, *operands: Operand, dtypes: str = "f32 f64") -> list[Case]:
    """Cases of an op that is made for each dtype, since its graphs have one."""
    return [case for dtype in dtypes.split() for case in row(make(dtype), *operands, dtypes=dtype)]


def total(x: Node) -> Node:
    return p.ReduceSum(tuple(range(x.aval.ndim)))(x)


def spread(x: Node, like: Node) -> Node:
    return p.Broadcast(like.aval.shape, ())(x)


vector, number, count = array(3), array(), integers(high=2)

BRANCHES = [
    lambda x, s: (p.Sin()(x) * spread(s, x), s * s),
    lambda x, s: (x.like(2), p.Tanh()(s) * total(x)),
    lambda x, s: (x * x, s.like(1)),
]


def cond(dtype: str) -> p.Cond:
    return p.Cond(tuple([graph(f, vector, number, dtype=dtype) for f in BRANCHES]))


def recurrent(w: Node, c: Node, k: Node, x: Node) -> tuple:
    """A step with a constant, two carries, one of integers, and slices."""
    c = p.Tanh()(w * c + x)
    slow = p.Convert(c.aval.dtype)(k)
    return c, k + 1, total(c) * slow, x * x


def scan(reverse: bool, unroll: int, length: int = 4) -> Callable:
    def make(dtype: str) -> p.Scan:
        body = graph(recurrent, vector, vector, count, vector, dtype=dtype)
        return p.Scan(body, length, 1, 2, reverse, unroll)

    return make


def halving(dtype: str) -> p.While:
    """Steps until the number is small: how many depends on the operands."""
    condition = graph(
        lambda least, x, s: p.Less()(least, total(x * x)), number, vector, number, dtype=dtype
    )
    body = graph(
        lambda w, x, s: (p.Sin()(x * w), s + p.Cos()(total(x))),
        vector, vector, number, dtype=dtype,
    )  # fmt: skip
    return p.While(condition, body, 1, 1)


def counting(dtype: str) -> p.While:
    """Steps that the integers alone decide, so that lanes stay together."""
    condition = graph(lambda n, k, x: p.Less()(k, n), count, count, vector, dtype=dtype)
    body = graph(lambda k, x: (k + 1, p.Sin()(x) + x * x), count, vector, dtype=dtype)
    return p.While(condition, body, 1, 0)


def tripling(dtype: str) -> p.While:
    condition = graph(lambda most, k: p.Less()(k, most), number, number, dtype=dtype)
    body = graph(lambda by, k: k * by, number, number, dtype=dtype)
    return p.While(condition, body, 1, 1)


ROWS = [
    rows(cond, integers(low=-1, high=3), vector, number),
    rows(scan(False, 1), vector, vector, count, array(4, 3)),
    rows(scan(True, 3), vector, vector, count, array(4, 3)),
    rows(scan(False, 1, 0), vector, vector, count, array(0, 3)),
    rows(halving, number.within(0.1, 0.3), vector.within(0.2, 0.9), vector, number),
    rows(counting, count, integers(high=1), vector),
    rows(tripling, number.within(5, 50), number.within(2, 4), number.within(1, 3), dtypes="i32"),
]

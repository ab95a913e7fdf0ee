"""The QR decomposition as the reflections that it is made of, column by column."""

from __future__ import annotations

import numpy

from lazyax.graph.aval import aval_of
from lazyax.graph.graph import Graph
from lazyax.graph.node import Node
from lazyax.ops import primitives as p
from lazyax.ops.primitives.leaves import input_leaf, projections
from lazyax.ops.primitives.matrix_algebra import (
    adjoint,
    along_columns,
    conjugate,
    like_dtype,
    matmul,
    places,
    real,
)
from lazyax.ops.primitives.shape import Broadcast, moveaxis, reshape

INDEX = numpy.dtype("i4")


def reflections(x: Node) -> tuple[Node, Node]:
    """R with the vectors of the reflections below its diagonal, and their scales, as LAPACK's.

    f32[5,4,3] -> (f32[5,4,3], f32[5,3]). Q is the product of I - tau v v^H. A loop of as many
    steps as there are columns, so slower than LAPACK's geqrf, but differentiable (Golub and Van
    Loan 2013, algorithm 5.2.1; the signs are those of LAPACK's larfg).
    """
    count = min(x.aval.shape[-2:])
    if not count:
        return x, p.Full(0, (*x.aval.shape[:-2], 0), x.aval.dtype)()
    matrix, step = input_leaf(x.aval), input_leaf(aval_of((), INDEX))
    body = Graph([matrix, step], list(_reflected(matrix, step)))
    scan = p.Scan(body, count, 0, 1)(x, p.Iota(INDEX, (count,))())
    packed, scales = projections(scan)
    return packed, moveaxis(scales, 0, scales.aval.ndim - 1)


def _reflected(x: Node, step: Node) -> tuple[Node, Node]:
    """The matrix after the reflection that empties one column, and the reflection's scale."""
    row, column = places(x)
    here = Broadcast(x.aval.shape, ())(step)
    in_column, below = p.Equal()(column, here), p.Greater()(row, here)
    alpha = _only(x, p.And()(in_column, p.Equal()(row, here)))
    tail = p.Select()(p.And()(in_column, below), x, x.like(0))
    v = p.ReduceSum((x.aval.ndim - 1,))(tail)
    tau, beta, scale = _scales(alpha, v)
    first = like_dtype(p.Convert(real(x).aval.dtype)(p.Equal()(row, here)), x)
    unit = p.ReduceSum((x.aval.ndim - 1,))(p.Select()(in_column, first, x.like(0)))
    v = v * _each(scale, v) + unit
    matrix = reshape(v, (*v.aval.shape, 1))
    image = matmul(matrix, matmul(adjoint(matrix), x)) * _each(conjugate(tau), x)
    moved = p.Select()(p.Greater()(column, here), x - image, x)
    stored = p.Select()(below, along_columns(v, x.aval.shape), moved)
    on = p.Equal()(row, here)
    stored = p.Select()(on, _each(like_dtype(beta, x), x), stored)
    return p.Select()(in_column, stored, moved), tau


def _scales(alpha: Node, tail: Node) -> tuple[Node, Node, Node]:
    """tau and beta of a column's reflection, and what its tail is multiplied by to be v."""
    size = p.Absolute()(tail)
    rest = p.ReduceSum((tail.aval.ndim - 1,))(size * size)
    head = real(alpha)
    whole = rest + head * head
    empty = p.Equal()(rest, rest.like(0))
    if alpha.aval.dtype.kind == "c":
        turn = p.Imag()(alpha)
        whole = whole + turn * turn
        empty = p.And()(empty, p.Equal()(turn, turn.like(0)))
    length = p.Sqrt()(p.Select()(empty, whole.like(1), whole))
    signed = p.Select()(p.Less()(head, head.like(0)), length, -length)
    beta = p.Select()(empty, head, signed)
    wide, none = like_dtype(signed, alpha), alpha.like(0)
    apart = p.Select()(empty, alpha.like(1), alpha - wide)
    tau = p.Select()(empty, none, (wide - alpha) / wide)
    return tau, beta, p.Select()(empty, none, 1.0 / apart)


def _only(x: Node, chosen: Node) -> Node:
    """The one element of each matrix that is chosen."""
    return p.ReduceSum((x.aval.ndim - 2, x.aval.ndim - 1))(p.Select()(chosen, x, x.like(0)))


def _each(number: Node, x: Node) -> Node:
    """A number for each matrix, or vector, in the shape of ``x``."""
    return Broadcast(x.aval.shape, tuple(range(number.aval.ndim)))(number)

"""Algebra of nodes that are matrices in their last two axes, for the rules of decompositions."""

from __future__ import annotations

import numpy

from lazyax.graph.node import Node
from lazyax.ops.primitives.compare import Equal, GreaterEqual
from lazyax.ops.primitives.contract import DotGeneral
from lazyax.ops.primitives.elementwise import Complex, Conjugate, Real
from lazyax.ops.primitives.leaves import Full, Iota
from lazyax.ops.primitives.reduce import ReduceSum
from lazyax.ops.primitives.select import Select
from lazyax.ops.primitives.shape import Broadcast, Slice, permute

INDEX = numpy.dtype("i4")


def matmul(x: Node, y: Node) -> Node:
    """Matrix products, over equal leading axes. In full precision: derivatives are sums of them."""
    lead = tuple(range(x.aval.ndim - 2))
    last = x.aval.ndim - 1
    return DotGeneral(((last,), (last - 1,)), (lead, lead), "HIGHEST")(x, y)


def transposed(x: Node) -> Node:
    """The last two axes, exchanged."""
    *lead, row, column = range(x.aval.ndim)
    return permute(x, (*lead, column, row))


def conjugate(x: Node) -> Node:
    """The complex conjugate; a real array is its own."""
    return Conjugate()(x) if x.aval.dtype.kind == "c" else x


def adjoint(x: Node) -> Node:
    """The conjugate transpose."""
    return conjugate(transposed(x))


def real(x: Node) -> Node:
    """The real part; a real array is its own."""
    return Real()(x) if x.aval.dtype.kind == "c" else x


def like_dtype(x: Node, of: Node) -> Node:
    """A real array in the dtype of ``of``, which may be the complex one."""
    return Complex()(x, x.like(0)) if of.aval.dtype.kind == "c" else x


def real_part(x: Node) -> Node:
    """The real part in the dtype of ``x``."""
    return like_dtype(real(x), x)


def places(x: Node) -> tuple[Node, Node]:
    """Row and column of each element of ``x``, in its shape."""
    shape = x.aval.shape
    return Iota(INDEX, shape, len(shape) - 2)(), Iota(INDEX, shape, len(shape) - 1)()


def lower_triangle(x: Node, below: int = 0) -> Node:
    """Zero above the diagonal that is ``below`` the main one."""
    row, column = places(x)
    return Select()(GreaterEqual()(row, column + below), x, x.like(0))


def upper_triangle(x: Node, above: int = 0) -> Node:
    """Zero below the diagonal that is ``above`` the main one."""
    row, column = places(x)
    return Select()(GreaterEqual()(column, row + above), x, x.like(0))


def on_diagonal(x: Node) -> Node:
    """Whether each element of ``x`` is on the main diagonal."""
    return Equal()(*places(x))


def hermitian(x: Node) -> Node:
    """The Hermitian matrix whose lower triangle is that of ``x``, with a real diagonal."""
    strict = lower_triangle(x, below=1)
    return strict + adjoint(strict) + Select()(on_diagonal(x), real_part(x), x.like(0))


def diagonal(x: Node) -> Node:
    """The main diagonal as a vector. f32[3,4] -> f32[3]."""
    chosen = Select()(on_diagonal(x), x, x.like(0))
    rows, columns = x.aval.shape[-2:]
    return ReduceSum((x.aval.ndim - (1 if rows <= columns else 2),))(chosen)


def identity_like(x: Node) -> Node:
    """Ones on the main diagonal of zeros, in the shape and dtype of ``x``."""
    return Select()(on_diagonal(x), x.like(1), x.like(0))


def along_rows(v: Node, shape: tuple[int, ...]) -> Node:
    """A vector as each row of a matrix: what a column is scaled by. f32[3] -> f32[2,3]."""
    *lead, last = range(len(shape))
    return Broadcast(shape, (*lead[:-1], last))(v)


def along_columns(v: Node, shape: tuple[int, ...]) -> Node:
    """A vector as each column of a matrix: what a row is scaled by. f32[2] -> f32[2,3]."""
    return Broadcast(shape, tuple(range(len(shape) - 1)))(v)


def with_diagonal(v: Node, like: Node) -> Node:
    """Matrices of the shape of ``like`` with the vector ``v`` on the diagonal of zeros."""
    return Select()(on_diagonal(like), along_rows(v, like.aval.shape), like.like(0))


def gaps(w: Node) -> Node:
    """1 / (w_j - w_i), and 0 on the diagonal. f32[3] -> f32[3,3]."""
    shape = (*w.aval.shape, w.aval.shape[-1])
    apart = along_rows(w, shape) - along_columns(w, shape)
    on = on_diagonal(apart)
    return Select()(on, apart.like(0), 1.0 / Select()(on, apart.like(1), apart))


def columns(x: Node, start: int, stop: int) -> Node:
    """Columns from ``start`` to ``stop``."""
    *lead, rows, _ = x.aval.shape
    steps = (1,) * x.aval.ndim
    return Slice((*[0] * len(lead), 0, start), (*lead, rows, stop), steps)(x)


def rows(x: Node, start: int, stop: int) -> Node:
    """Rows from ``start`` to ``stop``."""
    *lead, _, width = x.aval.shape
    steps = (1,) * x.aval.ndim
    return Slice((*[0] * len(lead), start, 0), (*lead, stop, width), steps)(x)


def zeros(x: Node, shape: tuple[int, ...]) -> Node:
    """Zeros of a shape in the dtype of ``x``."""
    return Full(0, shape, x.aval.dtype)()

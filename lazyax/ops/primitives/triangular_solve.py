"""Equations with triangular matrices."""

from __future__ import annotations

import numpy

from lazyax.graph.node import Node
from lazyax.graph.op import primitive
from lazyax.ops.primitives.decomposition import Decomposition, lapack
from lazyax.ops.primitives.kinds import with_batch_axis
from lazyax.ops.primitives.matrix_algebra import (
    lower_triangle,
    matmul,
    transposed,
    upper_triangle,
)
from lazyax.ops.primitives.shape import moveaxis, reshape


@primitive
class TriangularSolve(Decomposition):
    """X of a X = b, or of a^T X = b if ``transpose``, for the triangle of a that ``lower`` names.

    f32[5,3,3], f32[5,3,2] -> f32[5,3,2]. Reads that triangle alone, without its diagonal, which
    is ones, if ``unit``. A zero on the diagonal gives infinities and NaN. Lowers to
    `stablehlo.custom_call` of BLAS' trsm, elsewhere to the native op. Linear in b.
    """

    lower_half: bool
    transpose: bool = False
    unit: bool = False

    def infer(self, a, b):
        self.require_matrices(a, square=True)
        self.require(
            b.shape[:-1] == a.shape[:-1] and b.ndim == a.ndim and b.dtype == a.dtype,
            f"needs right-hand sides of a dtype and number of rows with the matrix, "
            f"got {a} and {b}",
        )
        return b

    def lower(self, emit, node, a, b):
        if not node.aval.size:
            return emit.constant(0, node.aval)
        return super().lower(emit, node, a, b)

    def lower_cpu(self, emit, avals, a, b):
        attributes = {
            "side": "L",
            "uplo": "L" if self.lower_half else "U",
            "trans_x": "T" if self.transpose else "N",
            "diag": "U" if self.unit else "N",
        }
        return emit.kernel(lapack("trsm", a.aval.dtype), [a, b], avals, attributes, in_place=1)

    def lower_xla(self, emit, avals, a, b):
        how = "TRANSPOSE" if self.transpose else "NO_TRANSPOSE"
        flags = [("left_side", True), ("lower", self.lower_half), ("unit_diagonal", self.unit)]
        text = ", ".join(f"{name} = {str(flag).lower()}" for name, flag in flags)
        return [
            emit(
                f'"stablehlo.triangular_solve"({a}, {b}) <{{{text}, '
                f"transpose_a = #stablehlo<transpose {how}>}}> : ({a.type}, {b.type}) -> {b.type}",
                b.aval,
            )
        ]

    def evaluate(self, a, b):
        triangle = numpy.tril(a) if self.lower_half else numpy.triu(a)
        if self.unit:
            one = numpy.eye(a.shape[-1], dtype=a.dtype)
            triangle = triangle * (1 - one) + one
        if self.transpose:
            triangle = numpy.swapaxes(triangle, -1, -2)
        return substitute(triangle, b, self.lower_half != self.transpose)

    def jvp(self, out, operands, tangents):
        (a, _), (da, db) = operands, tangents
        if da is None:
            return self(a, db)
        inside = int(self.unit)
        triangle = (lower_triangle if self.lower_half else upper_triangle)(da, inside)
        moved = matmul(transposed(triangle) if self.transpose else triangle, out)
        return self(a, -moved if db is None else db - moved)

    def pullback(self, cotangent, operands, linear):
        self.require(not linear[0], "linear in its second operand only")
        backward = TriangularSolve(self.lower_half, not self.transpose, self.unit)
        return (None, backward(operands[0], cotangent))

    def batch(self, operands, batched, size):
        a, b = operands
        if batched[0]:
            return self(*with_batch_axis(operands, batched, size))
        return batch_right(lambda columns: self(a, columns), b)


def batch_right(solve, b: Node) -> Node:
    """Right-hand sides of a batch as so many columns of one problem."""
    size, *lead, rows, width = b.aval.shape
    beside = moveaxis(b, 0, b.aval.ndim - 2)
    solved = solve(reshape(beside, (*lead, rows, size * width)))
    return moveaxis(reshape(solved, (*lead, rows, size, width)), b.aval.ndim - 2, 0)


def substitute(triangle: numpy.ndarray, b: numpy.ndarray, lower: bool) -> numpy.ndarray:
    """Forward or backward substitution, row by row."""
    x = numpy.zeros_like(b)
    count = triangle.shape[-1]
    for row in range(count) if lower else reversed(range(count)):
        known = numpy.einsum("...k,...kj->...j", triangle[..., row, :], x)
        x[..., row, :] = (b[..., row, :] - known) / triangle[..., row, row, None]
    return x


def solve_triangular(
    a: Node, b: Node, *, lower: bool, transpose: bool = False, unit: bool = False
) -> Node:
    """X of a X = b."""
    return TriangularSolve(lower, transpose, unit)(a, b)


def solve_right(a: Node, b: Node, *, unit: bool = False) -> Node:
    """X of X a = b, for an upper triangular ``a``."""
    return transposed(solve_triangular(a, transposed(b), lower=False, transpose=True, unit=unit))

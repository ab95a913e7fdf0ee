"""Equations and determinants of square matrices whose LU factors are at hand.

Each op means something of the matrix alone. The other operands say how to get it cheaply; they are
not differentiated, so that derivatives use the factors again, and never those of the factors.
"""

from __future__ import annotations

import attrs
import numpy

from lazyax.graph.node import Node
from lazyax.graph.op import primitive
from lazyax.ops.primitives.decomposition import Decomposition
from lazyax.ops.primitives.kinds import Known, add_tangents, with_batch_axis
from lazyax.ops.primitives.leaves import projections
from lazyax.ops.primitives.lu import LU, PermutationOfPivots, take_rows
from lazyax.ops.primitives.matrix_algebra import diagonal, matmul, real, transposed
from lazyax.ops.primitives.reduce import ReduceSum
from lazyax.ops.primitives.triangular_solve import TriangularSolve, batch_right


@attrs.frozen(eq=False)
class Factors:
    """The LU decomposition of square matrices.

    Attributes:
        rows: the matrices, with their rows in the order of the factors.
        lu: both factors in one array.
        pivots: the row that each row was exchanged with.
        order: which row of the matrix each row is.
    """

    rows: Node
    lu: Node
    pivots: Node
    order: Node

    @classmethod
    def of(cls, a: Node) -> Factors:
        """The factors of ``a``."""
        lu, pivots = projections(LU()(a))
        order = PermutationOfPivots(a.aval.shape[-1])(pivots)
        return cls(take_rows(a, order), lu, pivots, order)


def solve(a: Node, b: Node) -> Node:
    """X of a X = b, over equal leading axes."""
    factors = Factors.of(a)
    return FactoredSolve()(factors.rows, factors.lu, take_rows(b, factors.order))


@primitive
class FactoredSolve(Decomposition):
    """X of a X = b, or of a^T X = b if ``transpose``, given the factors of a = L U in one array.

    f32[5,3,3], f32[5,3,3], f32[5,3,2] -> f32[5,3,2]. Lowers to `stablehlo.custom_call` of BLAS'
    trsm, twice; elsewhere to the native op. Linear in b.
    """

    transpose: bool = False

    def infer(self, a, lu, b):
        self.require_matrices(a, square=True)
        self.require(
            lu.shape == a.shape
            and b.shape[:-1] == a.shape[:-1]
            and b.ndim == a.ndim
            and lu.dtype == b.dtype == a.dtype,
            "needs a matrix, its factors and right-hand sides of one dtype and number of rows, "
            f"got {a}, {lu} and {b}",
        )
        return b

    def lower(self, emit, node, a, lu, b):
        for step in self._steps():
            b = step.lower(emit, node, lu, b)
        return b

    def _steps(self) -> tuple[TriangularSolve, TriangularSolve]:
        lower = TriangularSolve(lower_half=True, transpose=self.transpose, unit=True)
        upper = TriangularSolve(lower_half=False, transpose=self.transpose)
        return (upper, lower) if self.transpose else (lower, upper)

    def evaluate(self, a, lu, b):
        return numpy.linalg.solve(numpy.swapaxes(a, -1, -2) if self.transpose else a, b)

    def jvp(self, out, operands, tangents):
        (a, lu, _), (da, _, db) = operands, tangents
        change = db
        if da is not None:
            moved = -matmul(transposed(da) if self.transpose else da, out)
            change = add_tangents([db, moved])
        return None if change is None else self(a, lu, change)

    def pullback(self, cotangent, operands, linear):
        self.require(not any(linear[:2]), "linear in its last operand only")
        a, lu, _ = operands
        return (None, None, FactoredSolve(not self.transpose)(a, lu, cotangent))

    def batch(self, operands, batched, size):
        a, lu, b = operands
        if any(batched[:2]):
            return self(*with_batch_axis(operands, batched, size))
        return batch_right(lambda columns: self(a, lu, columns), b)


class OfFactors(Known):
    """Abstract: a number of a matrix a = L U, of (the number, a, its factors in one array)."""

    __slots__ = ()

    def infer(self, known, a, lu):
        self.require(
            lu.shape == a.shape and a.shape[:-2] == known.shape,
            f"needs a number for each of some matrices, and factors, got {known}, {a} and {lu}",
        )
        return known

    def log_tangent(self, operands, tangents) -> Node | None:
        """Tangent of log det a: the trace of a^-1 da (Giles 2008, section 2.2.4)."""
        (_, a, lu), (_, da, _) = operands, tangents
        if da is None:
            return None
        elements = diagonal(FactoredSolve()(a, lu, da))
        return ReduceSum((elements.aval.ndim - 1,))(elements)


@primitive
class Determinant(OfFactors):
    """The determinant. f32[5], f32[5,3,3], f32[5,3,3] -> f32[5]. Lowers to nothing.

    The tangent is NaN for a singular matrix.
    """

    def evaluate(self, known, a, lu):
        return numpy.linalg.det(a).astype(a.dtype)

    def jvp(self, out, operands, tangents):
        change = self.log_tangent(operands, tangents)
        return None if change is None else out * change


@primitive
class LogDeterminant(OfFactors):
    """Logarithm of the determinant's modulus. f32[5], f32[5,3,3], f32[5,3,3] -> f32[5].

    Lowers to nothing.
    """

    def evaluate(self, known, a, lu):
        return numpy.linalg.slogdet(a)[1]

    def jvp(self, out, operands, tangents):
        change = self.log_tangent(operands, tangents)
        return None if change is None else real(change)

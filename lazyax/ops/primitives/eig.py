"""Eigenvalues and eigenvectors of general matrices."""

from __future__ import annotations

import numpy

from lazyax.graph.aval import aval_of
from lazyax.graph.node import Node
from lazyax.graph.op import primitive
from lazyax.ops.primitives.compare import Equal
from lazyax.ops.primitives.decomposition import (
    Decomposition,
    info_aval,
    lapack,
    nan_where_failed,
)
from lazyax.ops.primitives.elementwise import Absolute, Complex, Conjugate, Imag, Real
from lazyax.ops.primitives.kinds import RESULTS
from lazyax.ops.primitives.leaves import Project
from lazyax.ops.primitives.linear_solve import solve
from lazyax.ops.primitives.matrix_algebra import along_rows, diagonal, gaps, matmul
from lazyax.ops.primitives.reduce import ReduceMax, ReduceSum
from lazyax.ops.primitives.select import Select


@primitive
class Eig(Decomposition):
    """Eigenvalues, and eigenvectors as columns, of square matrices; complex. On CPU alone.

    f32[5,3,3] -> (c64[5,3], c64[5,3,3]); without ``vectors``, -> c64[5,3]. Vectors have norm 1 and
    a real largest element. Lowers to `stablehlo.custom_call` of LAPACK's geev.

    Tangent: with S = V^-1 dx V, the eigenvalues move by its diagonal, and V by V (F * S) where
    F_ij = 1 / (w_j - w_i) (Giles 2008, section 3.1), less what would change a vector's norm or
    the phase of its largest element. That of V is not finite where eigenvalues are equal, and
    nothing is where there are too few eigenvectors.
    """

    vectors: bool = True

    def infer(self, x):
        self.require_matrices(x, square=True)
        dtype = x.dtype if x.dtype.kind == "c" else RESULTS["complex"](x.dtype)
        values = aval_of(x.shape[:-1], dtype, x.weak_type)
        return (values, values.with_shape(x.shape)) if self.vectors else values

    def lower_cpu(self, emit, avals, x):
        values = avals[0]
        vectors = values.with_shape(x.aval.shape)
        parts = [values] if x.aval.dtype.kind == "c" else [x.aval.with_shape(values.shape)] * 2
        attributes = {"compute_left": "N", "compute_right": "V" if self.vectors else "N"}
        results = [*parts, vectors, vectors, info_aval(x.aval)]
        target = lapack("geev", x.aval.dtype)
        *w, _, v, info = emit.kernel(target, [x], results, attributes, in_place=None)
        w = w[0] if len(w) == 1 else emit.elementwise("complex", values, *w)
        return nan_where_failed(emit, info, [w, v][: len(avals)])

    def evaluate(self, x):
        dtype = x.dtype if x.dtype.kind == "c" else RESULTS["complex"](x.dtype)
        if not self.vectors:
            return numpy.linalg.eigvals(x).astype(dtype)
        return tuple(part.astype(dtype) for part in numpy.linalg.eig(x))

    def jvp(self, out, operands, tangents):
        (x,), (dx,) = operands, tangents
        basis = Project(1)(out if self.vectors else Eig()(x))
        if dx.aval.dtype.kind != "c":
            dx = Complex()(dx, dx.like(0))
        within = solve(basis, matmul(dx, basis))
        moved = diagonal(within)
        if not self.vectors:
            return moved
        change = matmul(basis, gaps(Project(0)(out)) * within)
        return (moved, normalized(change, basis))


def normalized(change: Node, basis: Node) -> Node:
    """The part of a change of columns that keeps their norms, and their largest elements real."""
    down = (basis.aval.ndim - 2,)
    size = Absolute()(basis)
    largest = along_rows(ReduceMax(down)(size), size.aval.shape)
    chosen = Select()(Equal()(size, largest), size.like(1), size.like(0))
    count = ReduceSum(down)(chosen)
    growth = ReduceSum(down)(Real()(Conjugate()(basis) * change))
    turn = ReduceSum(down)(chosen * Imag()(change) / largest)
    along = Complex()(growth, turn / count)
    return change - basis * along_rows(along, basis.aval.shape)

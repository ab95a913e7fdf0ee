"""Eigenvalues and eigenvectors of Hermitian matrices."""

from __future__ import annotations

import numpy

from lazyax.graph.aval import aval_of
from lazyax.graph.op import primitive
from lazyax.ops.primitives.decomposition import (
    Decomposition,
    cusolver,
    info_aval,
    lapack,
    nan_where_failed,
)
from lazyax.ops.primitives.kinds import real_dtype
from lazyax.ops.primitives.leaves import Project
from lazyax.ops.primitives.matrix_algebra import (
    adjoint,
    diagonal,
    gaps,
    hermitian,
    like_dtype,
    matmul,
    real,
)


@primitive
class Eigh(Decomposition):
    """Ascending eigenvalues, and orthonormal eigenvectors as columns, of Hermitian matrices.

    c64[5,3,3] -> (f32[5,3], c64[5,3,3]); without ``vectors``, -> f32[5,3]. Reads the lower
    triangle. Lowers to `stablehlo.custom_call` of LAPACK's syevd or heevd, or cuSOLVER's syevd.

    Tangent: with S = V^H dx V, the eigenvalues move by its diagonal, and V by V (F * S) where
    F_ij = 1 / (w_j - w_i) (Giles 2008, section 3.1). Where eigenvalues are equal, their tangents
    are those in the basis V, and that of V is not finite.
    """

    vectors: bool = True

    def infer(self, x):
        self.require_matrices(x, square=True)
        values = aval_of(x.shape[:-1], real_dtype(x.dtype), x.weak_type)
        return (values, x) if self.vectors else values

    def lower_cpu(self, emit, avals, x):
        routine = "heevd" if x.aval.dtype.kind == "c" else "syevd"
        attributes = {"mode": "V" if self.vectors else "N", "uplo": "L"}
        return self._kernel(emit, avals, x, lapack(routine, x.aval.dtype), attributes)

    def lower_cuda(self, emit, avals, x):
        attributes = {"lower": True, "algorithm": numpy.uint8(0)}
        return self._kernel(emit, avals, x, cusolver("syevd"), attributes)

    def _kernel(self, emit, avals, x, target, attributes):
        results = [x.aval, avals[0], info_aval(x.aval)]
        vectors, values, info = emit.kernel(target, [x], results, attributes)
        return nan_where_failed(emit, info, [values, vectors][: len(avals)])

    def evaluate(self, x):
        return tuple(numpy.linalg.eigh(x)) if self.vectors else numpy.linalg.eigvalsh(x)

    def jvp(self, out, operands, tangents):
        (x,), (dx,) = operands, tangents
        basis = Project(1)(out if self.vectors else Eigh()(x))
        within = matmul(adjoint(basis), matmul(hermitian(dx), basis))
        moved = real(diagonal(within))
        if not self.vectors:
            return moved
        apart = like_dtype(gaps(Project(0)(out)), basis)
        return (moved, matmul(basis, apart * within))

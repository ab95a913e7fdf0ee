"""The Cholesky decomposition."""

from __future__ import annotations

import numpy

from lazyax.graph.op import primitive
from lazyax.ops.primitives.decomposition import (
    Decomposition,
    cusolver,
    info_aval,
    lanes,
    lapack,
    nan_where_failed,
    triangle,
)
from lazyax.ops.primitives.matrix_algebra import (
    adjoint,
    hermitian,
    lower_triangle,
    matmul,
    on_diagonal,
)
from lazyax.ops.primitives.select import Select
from lazyax.ops.primitives.triangular_solve import solve_right, solve_triangular


@primitive
class Cholesky(Decomposition):
    """L of L L^H = x, lower triangular, of Hermitian matrices. Reads their lower triangle.

    f32[5,3,3] -> f32[5,3,3]. NaN where a matrix is not positive definite. Lowers to
    `stablehlo.custom_call` of LAPACK's potrf or cuSOLVER's, elsewhere to the native op. On CPU
    a 500 by 500 matrix takes LAPACK a tenth of the native op's time.

    Tangent: L Phi(L^-1 dx L^-H), where Phi is the lower triangle with half of the diagonal
    (Murray 2016, "Differentiation of the Cholesky decomposition", equation 10).
    """

    def infer(self, x):
        self.require_matrices(x, square=True)
        return x

    def lower_cpu(self, emit, avals, x):
        return self._kernel(emit, avals, x, lapack("potrf", x.aval.dtype), {"uplo": "L"})

    def lower_cuda(self, emit, avals, x):
        return self._kernel(emit, avals, x, cusolver("potrf"), {"lower": True})

    def _kernel(self, emit, avals, x, target, attributes):
        factor, info = emit.kernel(target, [x], [*avals, info_aval(x.aval)], attributes)
        return [triangle(emit, one, "GE") for one in nan_where_failed(emit, info, [factor])]

    def lower_xla(self, emit, avals, x):
        return [
            triangle(emit, emit(f"stablehlo.cholesky {x}, lower = true : {x.type}", x.aval), "GE")
        ]

    def evaluate(self, x):
        factors = [_cholesky_or_nan(lane) for lane in lanes(x)]
        return numpy.reshape(factors, x.shape).astype(x.dtype)

    def jvp(self, out, operands, tangents):
        (dx,) = tangents
        within = solve_right(adjoint(out), solve_triangular(out, hermitian(dx), lower=True))
        half = Select()(on_diagonal(within), within * 0.5, within)
        return matmul(out, lower_triangle(half))


def _cholesky_or_nan(x: numpy.ndarray) -> numpy.ndarray:
    try:
        return numpy.linalg.cholesky(x)
    except numpy.linalg.LinAlgError:
        return numpy.tril(numpy.full_like(x, numpy.nan))

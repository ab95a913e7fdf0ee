"""The QR decomposition."""

from __future__ import annotations

import numpy

from lazyax.graph.aval import aval_of
from lazyax.graph.op import primitive
from lazyax.ops.primitives.decomposition import (
    Decomposition,
    corner,
    cusolver,
    lapack,
    triangle,
)
from lazyax.ops.primitives.leaves import Project
from lazyax.ops.primitives.matrix_algebra import (
    adjoint,
    columns,
    lower_triangle,
    matmul,
    on_diagonal,
    real_part,
    rows,
    upper_triangle,
    zeros,
)
from lazyax.ops.primitives.select import Select
from lazyax.ops.primitives.shape import Concatenate
from lazyax.ops.primitives.triangular_solve import solve_right


@primitive
class QR(Decomposition):
    """Q with orthonormal columns and an upper triangular R, of x = Q R.

    f32[5,4,3] -> (f32[5,4,3], f32[5,3,3]), or (f32[5,4,4], f32[5,4,3]) if ``complete``. The
    diagonal of R is real, of either sign. Lowers to `stablehlo.custom_call` of LAPACK's geqrf
    and orgqr, or cuSOLVER's.

    Tangent, for the first columns linearly independent: Walter and Lehmann 2010, "Algorithmic
    differentiation of linear algebra functions", section 3.1. Columns that complete Q could move
    among themselves; theirs is the tangent that does not.
    """

    complete: bool = False

    def infer(self, x):
        self.require_matrices(x)
        *lead, height, width = x.shape
        inner = height if self.complete else min(height, width)
        return x.with_shape((*lead, height, inner)), x.with_shape((*lead, inner, width))

    def lower_cpu(self, emit, avals, x):
        product = "ungqr" if x.aval.dtype.kind == "c" else "orgqr"
        return self._kernels(
            emit, avals, x, lapack("geqrf", x.aval.dtype), lapack(product, x.aval.dtype)
        )

    def lower_cuda(self, emit, avals, x):
        return self._kernels(emit, avals, x, cusolver("geqrf"), cusolver("orgqr"))

    def _kernels(self, emit, avals, x, factor, product):
        q, r = avals
        *lead, height, width = x.aval.shape
        scales = aval_of((*lead, min(height, width)), x.aval.dtype)
        packed, tau = emit.kernel(factor, [x], [x.aval, scales], {})
        reflectors = corner(emit, packed, *q.shape[-2:])
        (orthonormal,) = emit.kernel(product, [reflectors, tau], [q], {})
        return [orthonormal, triangle(emit, corner(emit, packed, *r.shape[-2:]), "LE")]

    def evaluate(self, x):
        return tuple(numpy.linalg.qr(x, "complete" if self.complete else "reduced"))

    def jvp(self, out, operands, tangents):
        q, r = (Project(index)(out) for index in range(2))
        (dx,) = tangents
        count = min(dx.aval.shape[-2:])
        thin = columns(q, 0, count)
        along = solve_right(columns(rows(r, 0, count), 0, count), columns(dx, 0, count))
        inside = matmul(adjoint(thin), along)
        below = lower_triangle(inside, below=1)
        turn = below - adjoint(below)
        if inside.aval.dtype.kind == "c":  # the diagonal of R stays real
            imaginary = inside - real_part(inside)
            turn = turn + Select()(on_diagonal(inside), imaginary, inside.like(0))
        dq = along + matmul(thin, turn - inside)
        dr = matmul(adjoint(thin), dx) - matmul(turn, rows(r, 0, count))
        if thin.aval.shape == q.aval.shape:
            return (dq, upper_triangle(dr))
        rest = columns(q, count, q.aval.shape[-1])
        d_rest = -matmul(thin, matmul(adjoint(dq), rest))
        last = q.aval.ndim - 1
        none = zeros(r, rows(r, count, r.aval.shape[-2]).aval.shape)
        return (
            Concatenate(last)(dq, d_rest),
            Concatenate(last - 1)(upper_triangle(dr), none),
        )

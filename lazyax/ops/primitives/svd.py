"""The singular value decomposition."""

from __future__ import annotations

import numpy

from lazyax.graph.aval import aval_of
from lazyax.graph.node import Node
from lazyax.graph.op import primitive
from lazyax.ops.primitives.decomposition import (
    Decomposition,
    cusolver,
    info_aval,
    lapack,
    nan_where_failed,
)
from lazyax.ops.primitives.elementwise import Complex, Imag
from lazyax.ops.primitives.kinds import Known, real_dtype
from lazyax.ops.primitives.leaves import Project
from lazyax.ops.primitives.matrix_algebra import (
    adjoint,
    along_columns,
    along_rows,
    columns,
    diagonal,
    gaps,
    identity_like,
    like_dtype,
    matmul,
    real,
    with_diagonal,
)
from lazyax.ops.primitives.shape import Concatenate


@primitive
class SVD(Decomposition):
    """U, s and V^H of x = U diag(s) V^H, with orthonormal columns and descending s >= 0.

    c64[5,4,3] -> (c64[5,4,3], f32[5,3], c64[5,3,3]); U and V are square if ``full``; without
    ``vectors``, -> f32[5,3]. Lowers to `stablehlo.custom_call` of LAPACK's gesdd, or cuSOLVER's
    gesvd.

    Tangent: Townsend 2016, "Differentiating the singular value decomposition", with the phases
    of complex vectors moving in U alone. That of U and V is not finite where singular values are
    equal, or zero in a matrix that is not square. Columns that complete U and V could move among
    themselves; theirs is the tangent that does not.
    """

    full: bool = False
    vectors: bool = True

    def infer(self, x):
        self.require_matrices(x)
        *lead, height, width = x.shape
        count = min(height, width)
        values = aval_of((*lead, count), real_dtype(x.dtype), x.weak_type)
        if not self.vectors:
            return values
        left = x.with_shape((*lead, height, height if self.full else count))
        return left, values, x.with_shape((*lead, width if self.full else count, width))

    def lower_cpu(self, emit, avals, x):
        mode = ("A" if self.full else "S") if self.vectors else "N"
        left, values, right = SVD(self.full).infer(x.aval)
        results = [x.aval, values, left, right, info_aval(x.aval)]
        target = lapack("gesdd", x.aval.dtype)
        _, s, u, vh, info = emit.kernel(target, [x], results, {"mode": mode})
        return nan_where_failed(emit, info, [u, s, vh] if self.vectors else [s])

    def lower_cuda(self, emit, avals, x):
        """cuSOLVER decomposes tall matrices alone; of the transpose, U and V^H change places."""
        wide = x.aval.shape[-2] < x.aval.shape[-1]
        none = x.aval.with_shape(())
        left, values, right = avals if self.vectors else (none, avals[0], none)
        vectors = [right, left] if wide else [left, right]
        attributes = {"full_matrices": self.full, "compute_uv": self.vectors, "transposed": wide}
        results = [x.aval, values, *vectors, info_aval(x.aval)]
        _, s, *found, info = emit.kernel(
            cusolver("gesvd"), [x], results, attributes, by_column=not wide
        )
        u, vh = reversed(found) if wide else found
        return nan_where_failed(emit, info, [u, s, vh] if self.vectors else [s])

    def evaluate(self, x):
        found = numpy.linalg.svd(x, self.full, self.vectors)
        return tuple(found) if self.vectors else found

    def jvp(self, out, operands, tangents):
        (x,), (dx,) = operands, tangents
        count = min(x.aval.shape[-2:])
        u, s, vh = (Project(i)(out if self.vectors else SVD()(x)) for i in range(3))
        left, right = columns(u, 0, count), columns(adjoint(vh), 0, count)
        within = matmul(adjoint(left), matmul(dx, right))
        moved = real(diagonal(within))
        if not self.vectors:
            return moved
        d_left, d_right = self._turns(within, s)
        d_left, d_right = matmul(left, d_left), matmul(right, d_right)
        d_left = _leaving(d_left, left, matmul(dx, right), s)
        d_right = _leaving(d_right, right, matmul(adjoint(dx), left), s)
        return (
            _completed(d_left, left, u),
            moved,
            adjoint(_completed(d_right, right, adjoint(vh))),
        )

    def _turns(self, within: Node, s: Node) -> tuple[Node, Node]:
        """How U and V turn within the spaces that they span."""
        shape = within.aval.shape
        by_column, by_row = (like_dtype(f(s, shape), within) for f in (along_rows, along_columns))
        apart = like_dtype(gaps(s * s), within)
        left = apart * (within * by_column + by_row * adjoint(within))
        right = apart * (by_row * within + adjoint(within) * by_column)
        if within.aval.dtype.kind == "c":
            phase = Imag()(diagonal(within)) / s
            left = left + with_diagonal(Complex()(phase.like(0), phase), within)
        return left, right


def _leaving(turned: Node, basis: Node, image: Node, s: Node) -> Node:
    """Add what leaves the space that the columns of a tall ``basis`` span."""
    if basis.aval.shape[-1] == basis.aval.shape[-2]:
        return turned
    outside = image - matmul(basis, matmul(adjoint(basis), image))
    return turned + outside / like_dtype(along_rows(s, outside.aval.shape), outside)


def _completed(change: Node, basis: Node, full: Node) -> Node:
    """The tangent of a square matrix of which ``basis`` is the first columns."""
    count = basis.aval.shape[-1]
    if full.aval.shape == basis.aval.shape:
        return change
    rest = columns(full, count, full.aval.shape[-1])
    along = -matmul(basis, matmul(adjoint(change), rest))
    return Concatenate(full.aval.ndim - 1)(change, along)


@primitive
class PseudoInverse(Known):
    """The pseudo-inverse of a matrix, of (it, as it was computed, and the matrix).

    f32[5,3,4], f32[5,4,3] -> f32[5,3,4]. Lowers to nothing.

    Tangent, for a constant rank: Golub and Pereyra 1973, "The differentiation of pseudo-inverses
    and nonlinear least squares problems", equation 4.12.
    """

    def infer(self, known, a):
        *lead, height, width = a.shape
        self.require(
            known.shape == (*lead, width, height) and known.dtype == a.dtype,
            f"needs matrices of the transposed shape of others, got {known} and {a}",
        )
        return known

    def evaluate(self, known, a):
        return known

    def jvp(self, out, operands, tangents):
        (_, a), (_, da) = operands, tangents
        if da is None:
            return None
        change = -matmul(out, matmul(da, out))
        left, right = matmul(a, out), matmul(out, a)
        beside = matmul(adjoint(da), identity_like(left) - left)
        below = matmul(identity_like(right) - right, adjoint(da))
        change = change + matmul(matmul(out, adjoint(out)), beside)
        return change + matmul(below, matmul(adjoint(out), out))

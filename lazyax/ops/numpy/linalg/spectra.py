"""Eigenvalues and singular values, and what is made of them."""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy

from lazyax.array import Array
from lazyax.config import default_dtype
from lazyax.errors import LazyaxTypeError, LinAlgError
from lazyax.graph.node import Node
from lazyax.ops import primitives as p
from lazyax.ops.numpy.conventions import as_operand
from lazyax.ops.numpy.linalg.arguments import as_matrices, as_pair, require_matrices
from lazyax.ops.numpy.linalg.decompositions import hermitian_part
from lazyax.ops.numpy.promotion import broadcast_to, convert
from lazyax.ops.primitives.kinds import real_dtype
from lazyax.ops.primitives.leaves import projections
from lazyax.ops.primitives.matrix_algebra import (
    adjoint,
    along_columns,
    like_dtype,
    matmul,
)
from lazyax.ops.primitives.shape import Reverse, reshape


class EighResult(NamedTuple):
    """What `eigh` returns."""

    eigenvalues: Array
    eigenvectors: Array


class EigResult(NamedTuple):
    """What `eig` returns."""

    eigenvalues: Array
    eigenvectors: Array


class SVDResult(NamedTuple):
    """What `svd` returns."""

    U: Array
    S: Array
    Vh: Array


def _hermitian(function: str, a: Any, uplo: str, symmetrize_input: bool) -> Node:
    if uplo not in ("L", "U", "l", "u"):
        raise LazyaxTypeError(f"{function}: UPLO is 'L' or 'U', got {uplo!r}")
    x = as_matrices(function, a, square=True)
    if symmetrize_input:
        return hermitian_part(x)
    return x if uplo in "Ll" else adjoint(x)


def eigh(a: Any, UPLO: str = "L", symmetrize_input: bool = True) -> EighResult:  # noqa: N803
    """Ascending eigenvalues and orthonormal eigenvectors of Hermitian matrices.

    c64[5,3,3] -> (f32[5,3], c64[5,3,3]), the vectors as columns. Lowers to LAPACK's syevd or
    heevd; for the derivative see `lazyax.ops.primitives.Eigh`. Where eigenvalues are equal, that
    of the vectors is NaN.

    Args:
        a: Hermitian matrices.
        UPLO: which triangle to read, if not ``symmetrize_input``.
        symmetrize_input: of a matrix that is not Hermitian, take the part that is, as jax does;
            else read one triangle, as NumPy does. Then the derivative is by that triangle alone.

    >>> import lazyax.numpy as np
    >>> values, vectors = np.linalg.eigh([[2.0, 0.0], [0.0, 1.0]])
    >>> print(values)
    [1. 2.]

    Raises:
        LinAlgError: unless the matrices are square.
        LazyaxTypeError: for another UPLO.
    """
    values, vectors = projections(p.Eigh()(_hermitian("eigh", a, UPLO, symmetrize_input)))
    return EighResult(Array(values), Array(vectors))


def eigvalsh(a: Any, UPLO: str = "L", *, symmetrize_input: bool = True) -> Array:  # noqa: N803
    """Ascending eigenvalues of Hermitian matrices, without vectors. c64[5,3,3] -> f32[5,3].

    Arguments and errors are those of `eigh`. Where eigenvalues are equal, their derivatives are
    those in LAPACK's basis: the sum over them is right, each alone is one of many choices.

    >>> import lazyax.numpy as np
    >>> print(np.linalg.eigvalsh([[2.0, 0.0], [0.0, 1.0]]))
    [1. 2.]

    Raises:
        LinAlgError: unless the matrices are square.
    """
    x = _hermitian("eigvalsh", a, UPLO, symmetrize_input)
    return Array(p.Eigh(vectors=False)(x))


def eig(a: Any) -> EigResult:
    """Eigenvalues and eigenvectors of square matrices, always complex. On CPU alone.

    f32[5,3,3] -> (c64[5,3], c64[5,3,3]), the vectors as columns of norm 1 whose largest element is
    real. Lowers to LAPACK's geev; for the derivative see `lazyax.ops.primitives.Eig`.

    >>> import lazyax.numpy as np
    >>> print(np.linalg.eig([[0.0, 1.0], [-1.0, 0.0]]).eigenvalues)
    [0.+1.j 0.-1.j]

    Raises:
        LinAlgError: unless the matrices are square.
    """
    values, vectors = projections(p.Eig()(as_matrices("eig", a, square=True)))
    return EigResult(Array(values), Array(vectors))


def eigvals(a: Any) -> Array:
    """Eigenvalues of square matrices, always complex. On CPU alone. f32[5,3,3] -> c64[5,3].

    >>> import lazyax.numpy as np
    >>> print(np.linalg.eigvals([[1.0, 0.0], [0.0, 2.0]]))
    [1.+0.j 2.+0.j]

    Raises:
        LinAlgError: unless the matrices are square.
    """
    return Array(p.Eig(vectors=False)(as_matrices("eigvals", a, square=True)))


def svd(
    a: Any, full_matrices: bool = True, compute_uv: bool = True, hermitian: bool = False
) -> Any:
    """U, s and V^H of a = U diag(s) V^H: orthonormal columns and descending s >= 0.

    f32[5,4,3] -> (f32[5,4,4], f32[5,3], f32[5,3,3]). Lowers to LAPACK's gesdd, or `eigh`; for the
    derivative see `lazyax.ops.primitives.SVD`. Where singular values are equal, that of the
    vectors is NaN.

    Args:
        a: matrices, of any shape.
        full_matrices: whether U and V are square.
        compute_uv: False gives s alone.
        hermitian: the matrices are; this is faster.

    >>> import lazyax.numpy as np
    >>> print(np.linalg.svd([[0.0, 2.0], [1.0, 0.0]]).S)
    [2. 1.]

    Raises:
        LinAlgError: for fewer than two axes; unless square, if ``hermitian``.
    """
    if not compute_uv:
        return Array(singular_values(as_matrices("svd", a, hermitian), hermitian))
    x = as_matrices("svd", a, square=hermitian)
    if hermitian:
        return SVDResult(*map(Array, _hermitian_svd(x)))
    return SVDResult(*map(Array, projections(p.SVD(full_matrices)(x))))


def singular_values(x: Node, hermitian: bool = False) -> Node:
    """Descending singular values."""
    if not hermitian:
        return p.SVD(vectors=False)(x)
    size = p.Absolute()(p.Eigh(vectors=False)(hermitian_part(x)))
    last = size.aval.ndim - 1
    ascending = p.Sort(last)(size)
    return Reverse((last,))(projections(ascending)[0])


def _hermitian_svd(x: Node) -> tuple[Node, Node, Node]:
    """The singular value decomposition by eigenvalues, ordered by their size."""
    values, vectors = projections(p.Eigh()(hermitian_part(x)))
    last = values.aval.ndim - 1
    place = p.Iota(numpy.dtype("i4"), values.aval.shape, last)()
    order = projections(p.Sort(last)(-p.Absolute()(values), place))[1]
    picked = reshape(order, (*order.aval.shape, 1))
    values = p.Gather(last)(values, picked)
    vh = p.Gather(last)(adjoint(vectors), picked)
    signs = p.Sign()(values) + p.Select()(
        p.Equal()(values, values.like(0)), values.like(1), values.like(0)
    )
    signed = vh * like_dtype(along_columns(signs, vh.aval.shape), vh)
    return adjoint(signed), p.Absolute()(values), vh


def svdvals(x: Any, /) -> Array:
    """Descending singular values. f32[5,4,3] -> f32[5,3]. Lowers to LAPACK's gesdd.

    >>> import lazyax.numpy as np
    >>> print(np.linalg.svdvals([[0.0, 2.0], [1.0, 0.0]]))
    [2. 1.]

    Raises:
        LinAlgError: for fewer than two axes.
    """
    return Array(singular_values(as_matrices("svdvals", x)))


def default_rcond(x: Node) -> float:
    """What NumPy takes singular values for zero below, relative to the largest."""
    return max(x.aval.shape[-2:]) * float(numpy.finfo(x.aval.dtype).eps)


def _above(function: str, s: Node, limit: Any) -> Node:
    """Whether each singular value is above a limit, one for each matrix or for all."""
    number = convert(as_operand(function, limit), s.aval.dtype)
    return p.Greater()(s, _for_each(number, s))


def _above_relative(function: str, s: Node, rcond: Any) -> Node:
    """Whether each singular value is above ``rcond`` times the largest."""
    if not s.aval.size:
        return p.Greater()(s, s)
    number = convert(as_operand(function, rcond), s.aval.dtype)
    largest = p.ReduceMax((s.aval.ndim - 1,))(s)
    return p.Greater()(s, _for_each(number, s) * _for_each(largest, s))


def _for_each(number: Node, s: Node) -> Node:
    return broadcast_to(reshape(number, (*number.aval.shape, 1)), s.aval.shape)


def _count(kept: Node) -> Node:
    """How many are true of the last axis."""
    number = p.Convert(default_dtype(int))(kept)
    return p.ReduceSum((kept.aval.ndim - 1,))(number)


def pinv(a: Any, rcond: Any = None, hermitian: bool = False, *, rtol: Any = None) -> Array:
    """The pseudo-inverses of matrices, by Moore and Penrose. f32[5,4,3] -> f32[5,3,4].

    Lowers to `svd`. The derivative is that for a constant rank (Golub and Pereyra 1973).

    Args:
        a: matrices, of any shape.
        rcond, rtol: singular values up to this times the largest count as zero; for each matrix,
            or for all. Without it, the larger side of a times the dtype's epsilon.
        hermitian: the matrices are; this is faster.

    >>> import lazyax.numpy as np
    >>> print(np.linalg.pinv([[2.0, 0.0], [0.0, 0.0]]))
    [[0.5 0. ]
     [0.  0. ]]

    Raises:
        LinAlgError: for fewer than two axes; unless square, if ``hermitian``.
        LazyaxTypeError: for both ``rcond`` and ``rtol``.
    """
    if rcond is not None and rtol is not None:
        raise LazyaxTypeError("pinv: rcond and rtol are two names of one argument; give one")
    x = as_matrices("pinv", a, square=hermitian)
    limit = rtol if rcond is None else rcond
    u, s, vh = _hermitian_svd(x) if hermitian else projections(p.SVD()(x))
    kept = _above_relative("pinv", s, default_rcond(x) if limit is None else limit)
    return Array(_pseudo_inverse(x, u, s, vh, kept))


def _pseudo_inverse(x: Node, u: Node, s: Node, vh: Node, kept: Node) -> Node:
    """By singular values, of which those not ``kept`` count as zero."""
    inverse = p.Select()(kept, 1.0 / p.Select()(kept, s, s.like(1)), s.like(0))
    uh = adjoint(u)
    scaled = like_dtype(along_columns(inverse, uh.aval.shape), uh) * uh
    return p.PseudoInverse()(matmul(adjoint(vh), scaled), x)


def matrix_rank(
    A: Any, tol: Any = None, hermitian: bool = False, *, rtol: Any = None  # noqa: N803
) -> Array:  # fmt: skip
    """The number of singular values that are not negligible. f32[5,4,3] -> i32[5].

    Args:
        A: matrices; an array of fewer axes has rank 1, or 0 if it is zero.
        tol: singular values up to this count as zero, for each matrix or for all.
        hermitian: the matrices are; this is faster.
        rtol: the same relative to the largest; the larger side times the dtype's epsilon.

    >>> import lazyax.numpy as np
    >>> print(np.linalg.matrix_rank([[1.0, 2.0], [2.0, 4.0]]))
    1

    Raises:
        LinAlgError: unless square, if ``hermitian``.
        LazyaxTypeError: for both ``tol`` and ``rtol``.
    """
    if tol is not None and rtol is not None:
        raise LazyaxTypeError("matrix_rank: tol is absolute and rtol relative; give one")
    x = as_operand("matrix_rank", A, "inexact")
    if x.aval.ndim < 2:
        nonzero = p.NotEqual()(x, x.like(0))
        found = p.ReduceOr(tuple(range(x.aval.ndim)))(nonzero)
        return Array(p.Convert(default_dtype(int))(found))
    require_matrices("matrix_rank", x, hermitian)
    s = singular_values(x, hermitian)
    if tol is not None:
        return Array(_count(_above("matrix_rank", s, tol)))
    return Array(
        _count(_above_relative("matrix_rank", s, default_rcond(x) if rtol is None else rtol))
    )


class LstsqResult(NamedTuple):
    """What `lstsq` returns."""

    x: Array
    residuals: Array
    rank: Array
    s: Array


def lstsq(a: Any, b: Any, rcond: Any = None) -> LstsqResult:
    """The x of least norm among those for which the norm of b - a x is least.

    f32[5,3], f32[5,2] -> f32[3,2]; f32[5,3], f32[5] -> f32[3]. Lowers to `svd`; the derivative is
    that of `pinv`.

    Args:
        a: one matrix.
        b: right-hand sides, as columns.
        rcond: singular values up to this times the largest count as zero.

    Returns:
        x, the sums of squares of b - a x (f32[0] unless there are more rows than columns), the
        rank, and the singular values.

    >>> import lazyax.numpy as np
    >>> x, *_ = np.linalg.lstsq([[1.0], [1.0]], [1.0, 3.0])
    >>> print(np.round(x, 3))
    [2.]

    Raises:
        LinAlgError: unless ``a`` is one matrix that has as many rows as ``b``.
    """
    x, y = as_pair("lstsq", a, b)
    if x.aval.ndim != 2 or y.aval.ndim not in (1, 2) or x.aval.shape[0] != y.aval.shape[0]:
        raise LinAlgError(
            f"lstsq: needs one matrix and one or more columns with as many rows, got {x.aval} and "
            f"{y.aval}"
        )
    height, width = x.aval.shape
    columns = reshape(y, (height, math.prod(y.aval.shape[1:])))
    u, s, vh = projections(p.SVD()(x))
    kept = _above_relative("lstsq", s, default_rcond(x) if rcond in (None, -1) else rcond)
    solution = matmul(_pseudo_inverse(x, u, s, vh, kept), columns)
    left = p.Absolute()(columns - matmul(x, solution))
    residuals = p.ReduceSum((0,))(left * left)
    if height <= width:
        residuals = p.Full(0, (0,), real_dtype(x.aval.dtype))()
    solved = reshape(solution, (width, *y.aval.shape[1:]))
    return LstsqResult(Array(solved), Array(residuals), Array(_count(kept)), Array(s))

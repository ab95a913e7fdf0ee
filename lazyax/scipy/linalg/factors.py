"""Decompositions with SciPy's arguments."""

from __future__ import annotations

from typing import Any

import numpy

from lazyax.array import Array
from lazyax.errors import LazyaxTypeError
from lazyax.graph.node import Node
from lazyax.ops import primitives as p
from lazyax.ops.numpy.linalg import decompositions, spectra
from lazyax.ops.numpy.linalg.arguments import as_matrices, as_pair, require_matrices
from lazyax.ops.numpy.linalg.decompositions import hermitian_part
from lazyax.ops.primitives.leaves import projections
from lazyax.ops.primitives.lu import take_rows, unit_lower
from lazyax.ops.primitives.matrix_algebra import (
    adjoint,
    along_rows,
    columns,
    conjugate,
    like_dtype,
    matmul,
    rows,
    upper_triangle,
)
from lazyax.ops.primitives.triangular_solve import solve_triangular


def cholesky(a: Any, lower: bool = False) -> Array:
    """U of a = U^H U, or L of a = L L^H if ``lower``. f32[5,3,3] -> f32[5,3,3].

    NaN where a matrix is not positive definite. See `lazyax.numpy.linalg.cholesky`.

    >>> from lazyax.scipy import linalg
    >>> print(linalg.cholesky([[4.0, 2.0], [2.0, 5.0]]))
    [[2. 1.]
     [0. 2.]]

    Raises:
        LinAlgError: unless the matrices are square.
    """
    return decompositions.cholesky(a, upper=not lower)


def cho_factor(a: Any, lower: bool = False) -> tuple[Array, bool]:
    """What `cho_solve` needs: a factor, whose other triangle is zero here, and which one it is.

    >>> from lazyax.scipy import linalg
    >>> factor, lower = linalg.cho_factor([[4.0, 2.0], [2.0, 5.0]])
    >>> print(linalg.cho_solve((factor, lower), [2.0, 5.0]))
    [0. 1.]

    Raises:
        LinAlgError: unless the matrices are square.
    """
    return cholesky(a, lower), lower


def lu_factor(a: Any) -> tuple[Array, Array]:
    """L and U in one array, and the row that each row was exchanged with.

    f32[5,4,3] -> (f32[5,4,3], i32[5,3]). Lowers to LAPACK's getrf.

    >>> from lazyax.scipy import linalg
    >>> factors, pivots = linalg.lu_factor([[0.0, 2.0], [1.0, 3.0]])
    >>> print(pivots)
    [1 1]

    Raises:
        LinAlgError: for fewer than two axes.
    """
    factors, pivots = projections(p.LU()(as_matrices("lu_factor", a)))
    return Array(factors), Array(pivots)


def lu(
    a: Any, permute_l: bool = False, *, p_indices: bool = False
) -> tuple[Array, Array] | tuple[Array, Array, Array]:
    """P, L and U of a = P L U, for a permutation P. f32[4,3] -> f32[4,4], f32[4,3], f32[3,3].

    Args:
        a: matrices, of any shape.
        permute_l: give P L and U alone.
        p_indices: give the permutation as the row of L that each row of a is.

    >>> from lazyax.scipy import linalg
    >>> permutation, lower, upper = linalg.lu([[0.0, 2.0], [1.0, 3.0]])
    >>> print(permutation @ lower @ upper)
    [[0. 2.]
     [1. 3.]]

    Raises:
        LinAlgError: for fewer than two axes.
    """
    x = as_matrices("lu", a)
    height, width = x.aval.shape[-2:]
    count = min(height, width)
    factors, pivots = projections(p.LU()(x))
    order = p.PermutationOfPivots(height)(pivots)
    lower = columns(unit_lower(factors), 0, count)
    upper = upper_triangle(rows(factors, 0, count))
    back = inverse_order(order)
    if permute_l:
        return Array(take_rows(lower, back)), Array(upper)
    if p_indices:
        return Array(back), Array(lower), Array(upper)
    return Array(_permutation(order, x)), Array(lower), Array(upper)


def inverse_order(order: Node) -> Node:
    """The permutation that undoes one."""
    last = order.aval.ndim - 1
    place = p.Iota(order.aval.dtype, order.aval.shape, last)()
    return projections(p.Sort(last)(order, place))[1]


def _permutation(order: Node, x: Node) -> Node:
    """The matrix with a one in row order[j] of column j, in the dtype of x, or of its parts."""
    shape = (*order.aval.shape, order.aval.shape[-1])
    row = p.Iota(order.aval.dtype, shape, len(shape) - 2)()
    here = p.Equal()(row, along_rows(order, shape))
    return p.Convert(numpy.finfo(x.aval.dtype).dtype)(here)


def qr(a: Any, mode: str = "full") -> Any:
    """Q and R of a = Q R: see `lazyax.numpy.linalg.qr`.

    Args:
        a: matrices, of any shape.
        mode: ``full`` for a square Q, ``economic``, or ``r`` for R alone, in a tuple of one.

    >>> from lazyax.scipy import linalg
    >>> [part.shape for part in linalg.qr([[1.0], [2.0]], mode="economic")]
    [(2, 1), (1, 1)]

    Raises:
        LinAlgError: for fewer than two axes.
        LazyaxTypeError: for another mode.
    """
    if mode not in ("full", "economic", "r"):
        raise LazyaxTypeError(f"qr: mode is one of ('full', 'economic', 'r'), got {mode!r}")
    q, r = projections(p.QR(complete=mode != "economic")(as_matrices("qr", a)))
    return (Array(r),) if mode == "r" else (Array(q), Array(r))


def svd(a: Any, full_matrices: bool = True, compute_uv: bool = True) -> Any:
    """U, s and V^H of a = U diag(s) V^H: see `lazyax.numpy.linalg.svd`.

    >>> from lazyax.scipy import linalg
    >>> print(linalg.svd([[0.0, 2.0], [1.0, 0.0]])[1])
    [2. 1.]

    Raises:
        LinAlgError: for fewer than two axes.
    """
    return spectra.svd(a, full_matrices, compute_uv)


def eigh(
    a: Any, b: Any = None, *, lower: bool = True, eigvals_only: bool = False
) -> tuple[Array, Array] | Array:
    """Ascending eigenvalues w and eigenvectors v of a v = w v, or of a v = w b v.

    c64[5,3,3] -> (f32[5,3], c64[5,3,3]). The second is made to be the first by the Cholesky factor
    of b. See `lazyax.numpy.linalg.eigh`.

    Args:
        a: Hermitian matrices.
        b: Hermitian, positive definite matrices of the same shape.
        lower: has no effect: of a matrix that is not Hermitian, the part that is is taken.
        eigvals_only: whether to give w alone, which is faster.

    >>> from lazyax.scipy import linalg
    >>> print(linalg.eigh([[2.0, 0.0], [0.0, 1.0]], eigvals_only=True))
    [1. 2.]

    Raises:
        LinAlgError: unless the matrices are square.
        LazyaxTypeError: unless a and b have one shape.
    """
    if b is None:
        return spectra.eigvalsh(a) if eigvals_only else spectra.eigh(a)
    x, y = as_pair("eigh", a, b)
    require_matrices("eigh", x, square=True)
    if x.aval.shape != y.aval.shape:
        raise LazyaxTypeError(f"eigh: needs two matrices of one shape, got {x.aval} and {y.aval}")
    factor = p.Cholesky()(hermitian_part(y))
    left = solve_triangular(factor, hermitian_part(x), lower=True)
    within = hermitian_part(adjoint(solve_triangular(factor, adjoint(left), lower=True)))
    if eigvals_only:
        return Array(p.Eigh(vectors=False)(within))
    values, vectors = projections(p.Eigh()(within))
    back = solve_triangular(conjugate(factor), vectors, lower=True, transpose=True)
    return Array(values), Array(back)


def eigvalsh(a: Any, b: Any = None, *, lower: bool = True) -> Array:
    """The eigenvalues that `eigh` gives, without vectors. c64[5,3,3] -> f32[5,3].

    >>> from lazyax.scipy import linalg
    >>> print(linalg.eigvalsh([[2.0, 0.0], [0.0, 1.0]]))
    [1. 2.]
    """
    values = eigh(a, b, lower=lower, eigvals_only=True)
    assert isinstance(values, Array)
    return values


def polar(a: Any, side: str = "right") -> tuple[Array, Array]:
    """U and P of a = U P, or of a = P U for side ``left``; U^H U = 1 and P is Hermitian.

    f32[4,3] -> f32[4,3], f32[3,3]. Lowers to `svd`.

    >>> from lazyax.scipy import linalg
    >>> print(linalg.polar([[0.0, -2.0], [2.0, 0.0]])[1])
    [[2. 0.]
     [0. 2.]]

    Raises:
        LinAlgError: for fewer than two axes.
        LazyaxTypeError: for another side.
    """
    if side not in ("left", "right"):
        raise LazyaxTypeError(f"polar: side is 'left' or 'right', got {side!r}")
    u, s, vh = projections(p.SVD()(as_matrices("polar", a)))
    basis = adjoint(vh) if side == "right" else u
    stretched = basis * like_dtype(along_rows(s, basis.aval.shape), basis)
    return Array(matmul(u, vh)), Array(matmul(stretched, adjoint(basis)))

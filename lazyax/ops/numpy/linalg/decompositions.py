"""Decompositions of matrices, by LAPACK on CPU."""

from __future__ import annotations

from typing import Any, NamedTuple

from lazyax.array import Array
from lazyax.errors import LazyaxTypeError
from lazyax.graph.node import Node
from lazyax.ops import primitives as p
from lazyax.ops.numpy.linalg.arguments import as_matrices
from lazyax.ops.numpy.linalg.reflections import reflections
from lazyax.ops.primitives.leaves import projections
from lazyax.ops.primitives.matrix_algebra import adjoint, transposed


def hermitian_part(x: Node) -> Node:
    """(x + x^H) / 2: x itself where it is Hermitian, and then derivatives are Hermitian too."""
    return (x + adjoint(x)) * 0.5


def cholesky(a: Any, /, *, upper: bool = False, symmetrize_input: bool = True) -> Array:
    """L of a = L L^H, lower triangular, or U of a = U^H U if ``upper``. f32[5,3,3] -> f32[5,3,3].

    NaN where a matrix is not positive definite. Lowers to LAPACK's potrf; for the derivative see
    `lazyax.ops.primitives.Cholesky`.

    Args:
        a: Hermitian, positive definite matrices.
        upper: which factor.
        symmetrize_input: of a matrix that is not Hermitian, take the part that is, as jax does;
            else read its lower triangle, or the upper one for ``upper``, as NumPy does. Then the
            derivative is by that triangle alone.

    >>> import lazyax.numpy as np
    >>> print(np.linalg.cholesky([[4.0, 2.0], [2.0, 5.0]]))
    [[2. 0.]
     [1. 2.]]

    Raises:
        LinAlgError: unless the matrices are square.
    """
    x = as_matrices("cholesky", a, square=True)
    if symmetrize_input:
        x = hermitian_part(x)
    elif upper:
        x = adjoint(x)
    factor = p.Cholesky()(x)
    return Array(adjoint(factor) if upper else factor)


class QRResult(NamedTuple):
    """What `qr` returns."""

    Q: Array
    R: Array


def qr(a: Any, mode: str = "reduced") -> Any:
    """Q with orthonormal columns and an upper triangular R, of a = Q R.

    f32[5,4,3] -> (f32[5,4,3], f32[5,3,3]), or (f32[5,4,4], f32[5,4,3]) for ``complete``.
    Lowers to LAPACK's geqrf and orgqr; for the derivative see `lazyax.ops.primitives.QR`.

    Args:
        a: matrices, of any shape.
        mode: ``reduced``; ``complete`` for a square Q; ``r`` for R alone; ``raw`` for R and the
            reflections that make up Q in one array, transposed, and their scales: see
            `lazyax.ops.numpy.linalg.reflections`.

    >>> import lazyax.numpy as np
    >>> q, r = np.linalg.qr([[3.0, 5.2], [4.0, 10.3]])
    >>> print(np.abs(r).astype(int))
    [[ 5 11]
     [ 0  2]]

    Raises:
        LinAlgError: for fewer than two axes.
        LazyaxTypeError: for another mode.
    """
    modes = ("reduced", "complete", "r", "raw")
    if mode not in modes:
        raise LazyaxTypeError(f"qr: mode is one of {modes}, got {mode!r}")
    x = as_matrices("qr", a)
    if mode == "raw":
        packed, scales = reflections(x)
        return Array(transposed(packed)), Array(scales)
    q, r = projections(p.QR(mode == "complete")(x))
    return Array(r) if mode == "r" else QRResult(Array(q), Array(r))

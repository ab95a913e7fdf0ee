"""What follows from other functions: derivatives, and matrices that are given by diagonals."""

from __future__ import annotations

from typing import Any

import lazyax.numpy as np
from lazyax.api.differentiate import jvp
from lazyax.array import Array
from lazyax.errors import LazyaxTypeError
from lazyax.scipy.linalg.exponential import expm


def expm_frechet(
    A: Any,  # noqa: N803
    E: Any,  # noqa: N803
    *,
    method: str | None = None,
    compute_expm: bool = True,
) -> tuple[Array, Array] | Array:
    """The exponential of a matrix, and its derivative in the direction ``E``: `jvp` of `expm`.

    f32[3,3], f32[3,3] -> f32[3,3], f32[3,3]; the derivative alone without ``compute_expm``.
    ``method`` makes no difference.

    >>> from lazyax.scipy import linalg
    >>> value, slope = linalg.expm_frechet([[0.0]], [[1.0]])
    >>> print(value, slope)
    [[1.]] [[1.]]

    Raises:
        LinAlgError: unless the matrices are square.
        LazyaxTypeError: unless they have one shape.
    """
    matrix, direction = np.asarray(A) * 1.0, np.asarray(E) * 1.0
    value, slope = jvp(expm, (matrix,), (direction,))
    return (value, slope) if compute_expm else slope


def eigh_tridiagonal(
    d: Any, e: Any, eigvals_only: bool = False, select: str = "a"
) -> Array | tuple[Array, Array]:
    """Eigenvalues, ascending, and vectors of a symmetric matrix of three diagonals.

    f32[5], f32[4] -> f32[5], f32[5,5]. By `eigh` of the whole matrix: XLA has no kernel for three
    diagonals.

    >>> from lazyax.scipy import linalg
    >>> print(linalg.eigh_tridiagonal([2.0, 2.0], [1.0], eigvals_only=True).round())
    [1. 3.]

    Raises:
        LazyaxTypeError: unless ``e`` is one shorter than ``d``, and for ``select`` of a part.
    """
    main, beside = np.asarray(d), np.asarray(e)
    if main.ndim != 1 or beside.shape != (main.size - 1,):
        raise LazyaxTypeError(
            f"eigh_tridiagonal: needs vectors, e one shorter than d, got {main.aval} and "
            f"{beside.aval}"
        )
    if select != "a":
        raise LazyaxTypeError(
            f"eigh_tridiagonal: select is 'a', all eigenvalues, got {select!r}; slice the result"
        )
    matrix = np.diag(main) + np.diag(beside, -1) + np.diag(beside.conj(), 1)
    if eigvals_only:
        return np.linalg.eigvalsh(matrix)
    found = np.linalg.eigh(matrix)
    return found.eigenvalues, found.eigenvectors

"""Random vectors and matrices."""

from __future__ import annotations

from typing import Any

import lazyax.numpy as np
from lazyax.array import Array
from lazyax.errors import LazyaxTypeError
from lazyax.graph.node import Node
from lazyax.ops.numpy.conventions import as_operand, as_shape, static_int
from lazyax.random.continuous import normal_node
from lazyax.random.draws import uses_key
from lazyax.random.keys import Shape
from lazyax.random.parameters import real_dtype, require_broadcasts

FACTORS = {
    "cholesky": lambda cov: np.linalg.cholesky(cov),
    "eigh": lambda cov: _scaled(*np.linalg.eigh(cov)),
    "svd": lambda cov: _scaled(*reversed(np.linalg.svd(cov)[:2])),
}
"""By method, a matrix whose product with its transpose is the covariance."""


def _scaled(sizes: Array, vectors: Array) -> Array:
    return vectors * np.sqrt(sizes)[..., None, :]


@uses_key
def multivariate_normal(
    key: Node,
    mean: Any,
    cov: Any,
    shape: Shape | None = None,
    dtype: Any = float,
    method: str = "cholesky",
) -> Node:
    """Normal vectors of a mean, f32[...,n], and a covariance, f32[...,n,n] -> f32[*shape,n].

    Args:
        key: is used up.
        mean: of the vectors.
        cov: symmetric and positive definite (``eigh`` and ``svd``: semidefinite).
        shape: of vectors; by default the one that mean and covariance broadcast to.
        dtype: of the result.
        method: how the covariance is factored: ``cholesky``, ``eigh`` or ``svd``.

    >>> import lazyax.numpy as np
    >>> from lazyax import random
    >>> random.multivariate_normal(random.PRNGKey(0), np.zeros(2), np.eye(2), (5,)).shape
    (5, 2)

    Raises:
        LazyaxTypeError: for what is not a key, a shape or a real floating dtype, for another
            method, and for mean and covariance that do not fit.
    """
    name, found = "multivariate_normal", real_dtype("multivariate_normal", dtype)
    if method not in FACTORS:
        raise LazyaxTypeError(f"{name}: method is one of {list(FACTORS)}, got {method!r}")
    center = Array(as_operand(name, mean, "inexact")).astype(found)
    spread = Array(as_operand(name, cov, "inexact")).astype(found)
    length = center.shape[-1] if center.ndim else 0
    if not center.ndim or spread.shape[-2:] != (length, length):
        raise LazyaxTypeError(
            f"{name}: needs a mean f32[...,n] and a covariance f32[...,n,n], got {center.aval} "
            f"and {spread.aval}"
        )
    if shape is None:
        lengths = np.broadcast_shapes(center.shape[:-1], spread.shape[:-2])
    else:
        lengths = as_shape(name, shape)
        require_broadcasts(name, f"mean {center.aval}", center.shape[:-1], lengths)
        require_broadcasts(name, f"cov {spread.aval}", spread.shape[:-2], lengths)
    drawn = Array(normal_node(key, (*lengths, length), found))
    return (center + np.einsum("...ij,...j->...i", FACTORS[method](spread), drawn))._node


@uses_key
def orthogonal(
    key: Node, n: int, shape: Shape = (), dtype: Any = float, m: int | None = None
) -> Node:
    """Orthogonal matrices, f32[*shape,n,m], of which none is more likely than another.

    With ``m`` other than n, the shorter of rows and columns are orthonormal. By the factor Q of
    a normal matrix with the signs of R's diagonal: Mezzadri, "How to generate random matrices
    from the classical compact groups" (2007).

    >>> from lazyax import random
    >>> random.orthogonal(random.PRNGKey(0), 3, (2,)).shape
    (2, 3, 3)

    Raises:
        LazyaxTypeError: for what is not a key, a shape or a real floating dtype, and for lengths
            that are not ints.
    """
    found, lengths = real_dtype("orthogonal", dtype), as_shape("orthogonal", shape)
    rows = static_int("orthogonal", n, "n")
    columns = rows if m is None else static_int("orthogonal", m, "m")
    longer, shorter = max(rows, columns), min(rows, columns)
    q, r = np.linalg.qr(Array(normal_node(key, (*lengths, longer, shorter), found)))
    x = q * np.sign(np.linalg.diagonal(r))[..., None, :]
    return (np.matrix_transpose(x) if rows < columns else x)._node

"""Vector quantization."""

from __future__ import annotations

from typing import Any

import lazyax.numpy as np
from lazyax.array import Array
from lazyax.errors import LazyaxTypeError
from lazyax.ops.numpy.promotion import operands

__all__ = ["vq"]


def vq(obs: Any, code_book: Any, check_finite: bool = True) -> tuple[Array, Array]:
    """Which vector of the code book is nearest to each observation, and how far it is.

    f32[100,3], f32[8,3] -> i32[100], f32[100]. Vectors of one number may be left out of the last
    axis. ``check_finite`` makes no difference.

    >>> from lazyax.scipy.cluster.vq import vq
    >>> print(*vq([[1.0, 1.0], [4.0, 5.0]], [[0.0, 1.0], [4.0, 4.0]]))
    [0 1] [1. 1.]

    Raises:
        LazyaxTypeError: unless both are matrices with rows of one length, or vectors.
    """
    x, codes = [Array(operands("vq", one, domain="inexact")[0]) for one in (obs, code_book)]
    if x.ndim != codes.ndim or x.ndim not in (1, 2) or x.shape[1:] != codes.shape[1:]:
        raise LazyaxTypeError(
            f"vq: needs matrices with rows of one length, or vectors, got {x.aval} and {codes.aval}"
        )
    if x.ndim == 1:
        x, codes = x[:, None], codes[:, None]
    distances = np.linalg.norm(x[:, None] - codes, axis=-1)
    return np.argmin(distances, 1), np.min(distances, 1)

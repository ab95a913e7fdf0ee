"""What functions of matrices have in common: their arguments, checked and promoted."""

from __future__ import annotations

from typing import Any

from lazyax.errors import LinAlgError
from lazyax.graph.node import Node
from lazyax.ops.numpy.conventions import as_operand
from lazyax.ops.numpy.promotion import operand, promote
from lazyax.ops.primitives.decomposition import LAPACK_LETTER


def as_matrices(function: str, a: Any, square: bool = False) -> Node:
    """Matrices in the last two axes, of a floating or complex dtype that LAPACK has.

    Raises:
        LinAlgError: for fewer than two axes, other dtypes, and, if ``square``, other shapes.
    """
    x = as_operand(function, a, "inexact")
    require_matrices(function, x, square)
    return x


def as_pair(function: str, a: Any, b: Any) -> list[Node]:
    """Two arrays of one floating or complex dtype that LAPACK has, not of one shape.

    Raises:
        LinAlgError: for other dtypes.
    """
    pair = promote([operand(a, function), operand(b, function)], "inexact")
    for x in pair:
        require_dtype(function, x)
    return pair


def require_matrices(function: str, x: Node, square: bool = False) -> None:
    """Raise unless ``x`` has a dtype of LAPACK's, two axes or more, and is square if need be."""
    if x.aval.ndim < 2:
        raise LinAlgError(f"{function}: needs matrices, so two axes or more, got {x.aval}")
    if square and x.aval.shape[-1] != x.aval.shape[-2]:
        raise LinAlgError(
            f"{function}: needs square matrices, got {x.aval}; its last two axes differ"
        )
    require_dtype(function, x)


def require_dtype(function: str, x: Node) -> None:
    """Raise unless LAPACK has the dtype of ``x``."""
    if x.aval.dtype.name not in LAPACK_LETTER:
        raise LinAlgError(
            f"{function}: LAPACK has float32, float64, complex64 and complex128, got {x.aval}; "
            "use astype('float32')"
        )

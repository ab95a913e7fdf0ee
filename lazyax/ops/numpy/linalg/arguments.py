"""What functions of matrices have in common: their arguments, checked and promoted."""

from __future__ import annotations

from typing import Any

import attrs

from lazyax.array import Array
from lazyax.errors import LinAlgError
from lazyax.graph.node import Node
from lazyax.ops.numpy.contraction import broadcast_lengths
from lazyax.ops.numpy.conventions import as_operand
from lazyax.ops.numpy.promotion import broadcast_to, operand, promote
from lazyax.ops.primitives.decomposition import LAPACK_LETTER
from lazyax.ops.primitives.shape import reshape


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


@attrs.frozen
class Equation:
    """Square matrices and right-hand sides, which are columns, over leading axes that broadcast.

    Attributes:
        a: the matrices; their leading axes are those that were given.
        b: the right-hand sides, with the leading axes that both broadcast to.
        is_vector: whether each was given as a vector.
    """

    a: Node
    b: Node
    is_vector: bool

    @classmethod
    def of(cls, function: str, a: Any, b: Any) -> Equation:
        """The equation of two arguments.

        Raises:
            LinAlgError: unless the matrices are square and have as many rows as ``b``.
        """
        x, y = as_pair(function, a, b)
        require_matrices(function, x, square=True)
        if not y.aval.ndim:
            raise LinAlgError(
                f"{function}: needs right-hand sides of one axis or more, got a 0-d array"
            )
        is_vector = y.aval.ndim == 1
        if is_vector:
            y = reshape(y, (y.aval.size, 1))
        if y.aval.shape[-2] != x.aval.shape[-1]:
            raise LinAlgError(
                f"{function}: {x.aval} needs right-hand sides with {x.aval.shape[-1]} rows, got "
                f"{y.aval}"
            )
        lead = broadcast_lengths(function, x, y, x.aval.shape[:-2], y.aval.shape[:-2])
        return cls(x, broadcast_to(y, (*lead, *y.aval.shape[-2:])), is_vector)

    @property
    def wide(self) -> Node:
        """The matrices, one for each of the right-hand sides."""
        return broadcast_to(self.a, (*self.b.aval.shape[:-2], *self.a.aval.shape[-2:]))

    def result(self, x: Node) -> Array:
        """A solution in the form that the right-hand sides were given in."""
        return Array(reshape(x, x.aval.shape[:-1]) if self.is_vector else x)

"""Linear equations with SciPy's arguments."""

from __future__ import annotations

from typing import Any

from lazyax.array import Array
from lazyax.errors import LazyaxTypeError
from lazyax.graph.node import Node
from lazyax.ops import primitives as p
from lazyax.ops.numpy.conventions import as_operand
from lazyax.ops.numpy.linalg.arguments import Equation
from lazyax.ops.numpy.linalg.decompositions import hermitian_part
from lazyax.ops.numpy.linalg.equations import solve_by
from lazyax.ops.numpy.promotion import broadcast_to, convert
from lazyax.ops.primitives.linear_solve import Factors
from lazyax.ops.primitives.lu import PIVOT, take_rows
from lazyax.ops.primitives.matrix_algebra import conjugate
from lazyax.ops.primitives.matrix_algebra import transposed as swapped
from lazyax.ops.primitives.triangular_solve import solve_triangular as solve_node
from lazyax.scipy.linalg.factors import inverse_order

TRANSPOSES = {0: 0, "N": 0, 1: 1, "T": 1, 2: 2, "C": 2}
"""By SciPy's names: as it is, transposed, conjugated too."""

POSITIVE = ("pos", "positive definite")
GENERAL = (None, "gen", "general", "sym", "symmetric", "her", "hermitian", "diagonal",
           "tridiagonal", "banded")  # fmt: skip
TRIANGULAR = {"upper triangular": False, "lower triangular": True}


def solve_triangular(
    a: Any, b: Any, trans: int | str = 0, lower: bool = False, unit_diagonal: bool = False
) -> Array:
    """The x of a x = b for triangular matrices. f32[5,3,3], f32[5,3,2] -> f32[5,3,2].

    Reads one triangle alone. A zero on the diagonal gives infinities or NaN. Lowers to BLAS' trsm.

    Args:
        a: square matrices.
        b: right-hand sides: a vector, or columns.
        trans: 1 or "T" solves a^T x = b, and 2 or "C" a^H x = b.
        lower: whether a is lower triangular.
        unit_diagonal: take the diagonal for ones.

    >>> from lazyax.scipy import linalg
    >>> print(linalg.solve_triangular([[2.0, 0.0], [1.0, 1.0]], [2.0, 3.0], lower=True))
    [1. 2.]

    Raises:
        LinAlgError: unless the matrices are square and have as many rows as ``b``.
        LazyaxTypeError: for another ``trans``.
    """
    how = _transposed("solve_triangular", trans)
    equation = Equation.of("solve_triangular", a, b)
    matrix = conjugate(equation.wide) if how == 2 else equation.wide
    x = solve_node(matrix, equation.b, lower=lower, transpose=how > 0, unit=unit_diagonal)
    return equation.result(x)


def _transposed(function: str, trans: Any) -> int:
    if trans not in TRANSPOSES:
        raise LazyaxTypeError(f"{function}: trans is one of {tuple(TRANSPOSES)}, got {trans!r}")
    return TRANSPOSES[trans]


def solve(
    a: Any, b: Any, lower: bool = False, assume_a: str | None = None, transposed: bool = False
) -> Array:
    """The x of a x = b. f32[5,3,3], f32[5,3,2] -> f32[5,3,2]; see `lazyax.numpy.linalg.solve`.

    Args:
        a: square matrices.
        b: right-hand sides: a vector, or columns.
        lower: has no effect: matrices are given in full.
        assume_a: ``pos`` solves by the Cholesky decomposition, which takes half the time;
            ``upper triangular`` and ``lower triangular`` by substitution; others by LU.
        transposed: solve a^T x = b.

    >>> from lazyax.scipy import linalg
    >>> print(linalg.solve([[4.0, 2.0], [2.0, 5.0]], [2.0, 5.0], assume_a="pos"))
    [0. 1.]

    Raises:
        LinAlgError: unless the matrices are square and have as many rows as ``b``.
        LazyaxTypeError: for another ``assume_a``.
    """
    equation = Equation.of("solve", a, b)
    if assume_a in TRIANGULAR:
        lower_half = TRIANGULAR[assume_a]
        x = solve_node(equation.wide, equation.b, lower=lower_half, transpose=transposed)
    elif assume_a in POSITIVE:
        matrix = hermitian_part(equation.a)
        factor = p.Cholesky()(conjugate(matrix) if transposed else matrix)
        x = _by_cholesky(_wide(factor, equation.b), equation.b, lower=True)
    elif assume_a in GENERAL:
        matrix = swapped(equation.a) if transposed else equation.a
        x = solve_by(Factors.of(matrix), equation.b)
    else:
        known = [*POSITIVE, *TRIANGULAR, *GENERAL[1:]]
        raise LazyaxTypeError(f"solve: assume_a is one of {known}, got {assume_a!r}")
    return equation.result(x)


def _wide(x: Node, b: Node) -> Node:
    return Equation(x, b, False).wide


def _by_cholesky(factor: Node, b: Node, lower: bool) -> Node:
    """By L L^H, or U^H U."""
    if lower:
        half = solve_node(factor, b, lower=True)
        return solve_node(conjugate(factor), half, lower=True, transpose=True)
    half = solve_node(conjugate(factor), b, lower=False, transpose=True)
    return solve_node(factor, half, lower=False)


def cho_solve(c_and_lower: tuple[Any, bool], b: Any) -> Array:
    """The x of a x = b, given `cho_factor` of a. Lowers to two triangular solves.

    >>> from lazyax.scipy import linalg
    >>> print(linalg.cho_solve(([[2.0, 0.0], [0.0, 1.0]], True), [4.0, 3.0]))
    [1. 3.]

    Raises:
        LinAlgError: unless the factor is square and has as many rows as ``b``.
    """
    factor, lower = c_and_lower
    equation = Equation.of("cho_solve", factor, b)
    return equation.result(_by_cholesky(equation.wide, equation.b, bool(lower)))


def lu_solve(lu_and_piv: tuple[Any, Any], b: Any, trans: int | str = 0) -> Array:
    """The x of a x = b, given `lu_factor` of a. Lowers to two triangular solves.

    Args:
        lu_and_piv: what `lu_factor` gave, of square matrices.
        b: right-hand sides: a vector, or columns.
        trans: 1 or "T" solves a^T x = b, and 2 or "C" a^H x = b.

    >>> from lazyax.scipy import linalg
    >>> print(linalg.lu_solve(linalg.lu_factor([[0.0, 2.0], [1.0, 3.0]]), [2.0, 4.0]))
    [1. 1.]

    Raises:
        LinAlgError: unless the factors are square and have as many rows as ``b``.
        LazyaxTypeError: for another ``trans``.
    """
    factors, pivots = lu_and_piv
    how = _transposed("lu_solve", trans)
    equation = Equation.of("lu_solve", factors, b)
    matrix, x = equation.wide, equation.b
    order = _order(pivots, matrix)
    if how == 0:
        x = solve_node(matrix, take_rows(x, order), lower=True, unit=True)
        return equation.result(solve_node(matrix, x, lower=False))
    matrix = conjugate(matrix) if how == 2 else matrix
    x = solve_node(matrix, x, lower=False, transpose=True)
    x = solve_node(matrix, x, lower=True, transpose=True, unit=True)
    return equation.result(take_rows(x, inverse_order(order)))


def _order(pivots: Any, matrix: Node) -> Node:
    """The order of the rows of the factors, one for each matrix."""
    exchanges = convert(as_operand("lu_solve", pivots), PIVOT)
    order = p.PermutationOfPivots(matrix.aval.shape[-1])(exchanges)
    return broadcast_to(order, matrix.aval.shape[:-1])

"""What needs linear algebra of polynomials: their roots, and those that fit points."""

from __future__ import annotations

from typing import Any

import numpy

from lazyax.array import Array
from lazyax.errors import LazyaxTypeError
from lazyax.ops.numpy.bounds import deciding_value
from lazyax.ops.numpy.conventions import as_operand, static_int
from lazyax.ops.numpy.creation import ones, zeros
from lazyax.ops.numpy.joining import concatenate
from lazyax.ops.numpy.linalg.equations import inv
from lazyax.ops.numpy.linalg.spectra import eigvals, lstsq
from lazyax.ops.numpy.matrices import diag, vander
from lazyax.ops.numpy.promotion import operand, promote
from lazyax.ops.numpy.statistics import inexact


def roots(p: Any) -> Array:
    """The roots of a polynomial, the highest power's coefficient first; complex numbers.

    Zeros in front decide the degree, so the coefficients are computed now. The roots are the
    eigenvalues of the companion matrix.

    >>> import lazyax.numpy as np
    >>> print(np.sort(np.roots([1, -3, 2]).real))
    [1. 2.]

    Raises:
        LazyaxTypeError: unless ``p`` is 1-d.
    """
    x = Array(inexact("roots", p))
    if x.ndim != 1:
        raise LazyaxTypeError(f"roots: needs 1-d coefficients, got {x.aval}")
    found = numpy.flatnonzero(
        deciding_value(
            "roots", x._node, "call it outside, or take np.linalg.eigvals of a companion matrix"
        )
    )
    if not len(found):
        return zeros(0, x.dtype)
    first, last = int(found[0]), int(found[-1])
    line, degree = x[first : last + 1], last - first
    at_zero = zeros(x.size - 1 - last, numpy.result_type(x.dtype, "c8"))
    if not degree:
        return at_zero
    companion = diag(ones(degree - 1, x.dtype), -1)
    companion[0] = -line[1:] / line[0]
    return concatenate([eigvals(companion), at_zero])


def polyfit(
    x: Any, y: Any, deg: int, rcond: float | None = None, full: bool = False, w: Any = None,
    cov: bool | str = False,
) -> Any:  # fmt: skip
    """The polynomial of degree ``deg`` nearest to points, by least squares.

    f32[9], f32[9] -> f32[deg+1], the highest power first; of f32[9,k] f32[deg+1,k].

    Args:
        x: where the points are.
        y: their values, or several columns of them.
        deg: the degree.
        rcond: singular values below this share of the largest count as zero.
        full: also residuals, rank, singular values and ``rcond``.
        w: weights of the residuals, before they are squared.
        cov: also the covariance of the coefficients; "unscaled" takes ``w`` for 1 over the errors.

    >>> import lazyax.numpy as np
    >>> print(np.round(np.polyfit([0.0, 1.0, 2.0], [1.0, 2.0, 5.0], 2), 3) + 0.0)
    [1. 0. 1.]

    Raises:
        LazyaxTypeError: for a negative degree, and shapes that do not fit.
    """
    points, values = (Array(n) for n in promote([operand(a, "polyfit") for a in (x, y)], "inexact"))
    order = static_int("polyfit", deg, "deg") + 1
    if points.ndim != 1 or values.ndim not in (1, 2) or len(values) != len(points) or order < 1:
        raise LazyaxTypeError(
            f"polyfit: needs 1-d points, as many values and a degree of at least 0, got "
            f"{points.aval}, {values.aval} and {deg}"
        )
    if rcond is None:
        rcond = len(points) * float(numpy.finfo(points.dtype).eps)
    left, right = vander(points, order), values
    if w is not None:
        weights = Array(as_operand("polyfit", w, "inexact"))
        left = left * weights[:, None]
        right = right * (weights[:, None] if values.ndim == 2 else weights)
    scale = (left * left).sum(0) ** 0.5
    solution, residuals, rank, singular = lstsq(left / scale, right, rcond)
    solution = (solution.T / scale).T
    if full:
        return solution, residuals, rank, singular, rcond
    if not cov:
        return solution
    return solution, _covariance(left, scale, residuals, len(points) - order, cov, values.ndim)


def _covariance(left: Array, scale: Array, residuals: Array, free: int, cov: Any, ndim: int):
    """Covariance of the coefficients: by the residuals, unless the errors are known."""
    base = inv((left / scale).T @ (left / scale)) / (scale[:, None] * scale)
    if cov == "unscaled":
        return base
    if free <= 0:
        raise LazyaxTypeError("polyfit: covariances need more points than the degree plus 1")
    spread = residuals / free
    return base * spread if ndim == 1 else base[:, :, None] * spread

"""Distributions of vectors."""

from __future__ import annotations

import math
from typing import Any

import attrs

import lazyax.numpy as np
from lazyax.array import Array
from lazyax.errors import LazyaxTypeError
from lazyax.ops.numpy.conventions import as_operand
from lazyax.scipy.linalg import solve_triangular
from lazyax.scipy.special import gammaln, xlogy

ROUNDING = 1e-6
"""How far shares may be from adding up to one."""


def _floating(function: str, *values: Any) -> list[Array]:
    return [Array(as_operand(function, value, "inexact")) for value in values]


@attrs.frozen(eq=False)
class MultivariateNormal:
    """The normal distribution of vectors, with SciPy's arguments: x, mean and cov.

    >>> from lazyax.scipy.stats import multivariate_normal
    >>> f"{multivariate_normal.logpdf([1.0, 2.0], [1.0, 2.0], [[1.0, 0.5], [0.5, 2.0]]):.3f}"
    '-2.118'
    """

    name = "multivariate_normal"

    def logpdf(self, x: Any, mean: Any = None, cov: Any = 1) -> Array:
        """Logarithm of the density at ``x``; NaN where ``cov`` is not positive definite.

        f32[5,3], f32[3], f32[3,3] -> f32[5]. By Cholesky's factors of ``cov``.

        Args:
            x: vectors along the last axis.
            mean: the centre; 0 by default.
            cov: the covariance matrix, or a vector of variances, or one for all.

        Raises:
            LazyaxTypeError: for shapes that do not fit.

        >>> from lazyax.scipy.stats import multivariate_normal
        >>> f"{multivariate_normal.logpdf([0.0, 0.0], cov=[1.0, 4.0]):.3f}"
        '-2.531'
        """
        x, cov = _floating("multivariate_normal.logpdf", x, cov)
        away = x if mean is None else x - np.asarray(mean)
        size = max(away.shape[-1:] or (1,), cov.shape[-1:] or (1,))[0]
        if cov.ndim < 2:
            cov = np.diag(np.broadcast_to(cov, (size,)))
        if cov.shape[-2:] != (size, size):
            raise LazyaxTypeError(
                f"multivariate_normal.logpdf: x and mean have {size} elements along the last axis, "
                f"so cov needs {size} rows and columns, got {cov.aval}"
            )
        factor = np.linalg.cholesky(cov)
        lead = np.broadcast_shapes(away.shape[:-1], cov.shape[:-2])
        away = np.broadcast_to(away, (*lead, size))
        factors = np.broadcast_to(factor, (*lead, size, size))
        if cov.ndim == 2:  # one factor: all vectors are its right-hand sides
            columns = away.reshape(-1, size).T
            scaled = solve_triangular(factor, columns, lower=True).T.reshape(*lead, size)
        else:
            scaled = solve_triangular(factors, away[..., None], lower=True)[..., 0]
        spread = np.log(np.diagonal(factors, axis1=-2, axis2=-1).real).sum(-1)
        constant = 0.5 * size * math.log(2 * math.pi)
        return -0.5 * (scaled * scaled).sum(-1) - spread - constant

    def pdf(self, x: Any, mean: Any = None, cov: Any = 1) -> Array:
        """The density at ``x``."""
        return np.exp(self.logpdf(x, mean, cov))


@attrs.frozen(eq=False)
class Dirichlet:
    """Dirichlet's distribution of shares, with SciPy's arguments: x and alpha.

    >>> from lazyax.scipy.stats import dirichlet
    >>> f"{dirichlet.pdf([0.2, 0.8], [1.0, 1.0]):.3f}"
    '1.000'
    """

    name = "dirichlet"

    def logpdf(self, x: Any, alpha: Any) -> Array:
        """Logarithm of the density of the shares ``x``, along the first axis; -inf elsewhere.

        f32[3,5], f32[3] -> f32[5]. The last share may be left out.

        Raises:
            LazyaxTypeError: for another number of shares.

        >>> from lazyax.scipy.stats import dirichlet
        >>> print(dirichlet.logpdf([[0.5, 0.5], [0.5, 0.6]], [1.0, 2.0]).round(3) + 0.0)
        [  0. -inf]
        """
        x, alpha = _floating("dirichlet.logpdf", x, alpha)
        if alpha.ndim != 1 or not x.ndim or not 0 <= alpha.size - x.shape[0] <= 1:
            raise LazyaxTypeError(
                f"dirichlet.logpdf: needs a vector alpha and as many shares along the first axis, "
                f"got {alpha.aval} and {x.aval}"
            )
        if x.shape[0] < alpha.size:
            x = np.concatenate([x, 1 - x.sum(0, keepdims=True)])
        inside = (x >= 0).all(0) & (abs(x.sum(0) - 1) < ROUNDING)
        norm = gammaln(alpha).sum() - gammaln(alpha.sum())
        safe = np.where(inside, x, 1 / alpha.size)
        powers = xlogy(alpha.reshape(-1, *[1] * (x.ndim - 1)) - 1, safe).sum(0)
        value = np.where(inside, powers - norm, -math.inf)
        return np.where((alpha > 0).all(), value, math.nan)

    def pdf(self, x: Any, alpha: Any) -> Array:
        """The density of the shares ``x``."""
        return np.exp(self.logpdf(x, alpha))


@attrs.frozen(eq=False)
class Multinomial:
    """Counts of outcomes of independent trials, with SciPy's arguments: x, n and p.

    >>> from lazyax.scipy.stats import multinomial
    >>> f"{multinomial.pmf([1, 1], 2, [0.5, 0.5]):.3f}"
    '0.500'
    """

    name = "multinomial"

    def logpmf(self, x: Any, n: Any, p: Any) -> Array:
        """Logarithm of the probability of the counts ``x``; -inf unless they add up to ``n``.

        f32[5,3], f32[], f32[3] -> f32[5]. NaN where chances are below 0 or do not add up to 1.

        >>> from lazyax.scipy.stats import multinomial
        >>> print(multinomial.logpmf([[2, 1], [1, 1]], 3, [0.25, 0.75]).round(1))
        [ -2. -inf]
        """
        x, n, p = _floating("multinomial.logpmf", x, n, p)
        possible = (x.sum(-1) == n) & ((x >= 0) & (np.floor(x) == x)).all(-1)
        counts = np.where(possible[..., None], x, 0.0)
        terms = xlogy(counts, p) - gammaln(counts + 1)
        value = np.where(possible, gammaln(n + 1) + terms.sum(-1), -math.inf)
        known = (p >= 0).all(-1) & (abs(p.sum(-1) - 1) < ROUNDING)
        return np.where(known, value, math.nan)

    def pmf(self, x: Any, n: Any, p: Any) -> Array:
        """The probability of the counts ``x``."""
        return np.exp(self.logpmf(x, n, p))


dirichlet = Dirichlet()
multinomial = Multinomial()
multivariate_normal = MultivariateNormal()

"""The normal distribution, of mean ``loc`` and standard deviation ``scale``."""

from __future__ import annotations

import math
from typing import Any

from lazyax.array import Array
from lazyax.ops import primitives as p
from lazyax.ops.numpy.promotion import operands
from lazyax.scipy.special import log_ndtr, ndtr, ndtri
from lazyax.scipy.stats.standardize import standardized


def logpdf(x: Any, loc: Any = 0, scale: Any = 1) -> Array:
    """Logarithm of the density at ``x``; all three broadcast.

    >>> from lazyax.scipy.stats import norm
    >>> print(f"{norm.logpdf(0.0):.4f}")
    -0.9189

    Raises:
        LazyaxTypeError: if the shapes do not broadcast.
    """
    z, unit = standardized("norm.logpdf", x, loc, scale)
    return Array(-0.5 * (z * z + math.log(2 * math.pi)) - p.Log()(unit))


def pdf(x: Any, loc: Any = 0, scale: Any = 1) -> Array:
    """The density at ``x``.

    >>> from lazyax.scipy.stats import norm
    >>> print(f"{norm.pdf(0.0):.4f}")
    0.3989
    """
    return Array(p.Exp()(logpdf(x, loc, scale)._node))


def cdf(x: Any, loc: Any = 0, scale: Any = 1) -> Array:
    """The probability of at most ``x``.

    >>> from lazyax.scipy.stats import norm
    >>> print(norm.cdf(0.0))
    0.5
    """
    return ndtr(Array(standardized("norm.cdf", x, loc, scale)[0]))


def sf(x: Any, loc: Any = 0, scale: Any = 1) -> Array:
    """The probability of more than ``x``.

    >>> from lazyax.scipy.stats import norm
    >>> print(norm.sf(0.0))
    0.5
    """
    return ndtr(Array(-standardized("norm.sf", x, loc, scale)[0]))


def logcdf(x: Any, loc: Any = 0, scale: Any = 1) -> Array:
    """Logarithm of the probability of at most ``x``, exact far below the mean.

    >>> from lazyax.scipy.stats import norm
    >>> print(f"{norm.logcdf(-20.0):.4f}")
    -203.9172
    """
    return log_ndtr(Array(standardized("norm.logcdf", x, loc, scale)[0]))


def logsf(x: Any, loc: Any = 0, scale: Any = 1) -> Array:
    """Logarithm of the probability of more than ``x``, exact far above the mean.

    >>> from lazyax.scipy.stats import norm
    >>> print(f"{norm.logsf(20.0):.4f}")
    -203.9172
    """
    return log_ndtr(Array(-standardized("norm.logsf", x, loc, scale)[0]))


def ppf(q: Any, loc: Any = 0, scale: Any = 1) -> Array:
    """The value that is not exceeded with probability ``q``.

    >>> from lazyax.scipy.stats import norm
    >>> print(norm.ppf(0.5, loc=3.0))
    3.0
    """
    probability, centre, unit = operands("norm.ppf", q, loc, scale, domain="inexact")
    return Array(ndtri(Array(probability))._node * unit + centre)

"""Laplace's distribution around ``loc``: exponential on both sides."""

from __future__ import annotations

import math
from typing import Any

from lazyax.array import Array
from lazyax.ops import primitives as p
from lazyax.scipy.stats.standardize import standardized


def logpdf(x: Any, loc: Any = 0, scale: Any = 1) -> Array:
    """Logarithm of the density at ``x``.

    >>> from lazyax.scipy.stats import laplace
    >>> print(laplace.logpdf(0.0, scale=0.5))
    0.0

    Raises:
        LazyaxTypeError: if the shapes do not broadcast.
    """
    z, unit = standardized("laplace.logpdf", x, loc, scale)
    return Array(-p.Absolute()(z) - p.Log()(unit) - math.log(2))


def pdf(x: Any, loc: Any = 0, scale: Any = 1) -> Array:
    """The density at ``x``.

    >>> from lazyax.scipy.stats import laplace
    >>> print(laplace.pdf(0.0))
    0.5
    """
    return Array(p.Exp()(logpdf(x, loc, scale)._node))


def cdf(x: Any, loc: Any = 0, scale: Any = 1) -> Array:
    """The probability of at most ``x``.

    >>> from lazyax.scipy.stats import laplace
    >>> print(laplace.cdf(0.0))
    0.5
    """
    z, _ = standardized("laplace.cdf", x, loc, scale)
    tail = 0.5 * p.Exp()(-p.Absolute()(z))
    return Array(p.Select()(p.Greater()(z, z.like(0)), 1 - tail, tail))

"""The exponential distribution above ``loc``, of mean ``loc + scale``."""

from __future__ import annotations

import math
from typing import Any

from lazyax.array import Array
from lazyax.ops import primitives as p
from lazyax.scipy.stats.standardize import standardized


def logpdf(x: Any, loc: Any = 0, scale: Any = 1) -> Array:
    """Logarithm of the density at ``x``: -inf below ``loc``.

    >>> from lazyax.scipy.stats import expon
    >>> print(expon.logpdf([-1.0, 2.0]))
    [-inf  -2.]

    Raises:
        LazyaxTypeError: if the shapes do not broadcast.
    """
    z, unit = standardized("expon.logpdf", x, loc, scale)
    return Array(p.Select()(p.Less()(z, z.like(0)), z.like(-math.inf), -z - p.Log()(unit)))


def pdf(x: Any, loc: Any = 0, scale: Any = 1) -> Array:
    """The density at ``x``: 0 below ``loc``.

    >>> from lazyax.scipy.stats import expon
    >>> print(expon.pdf([-1.0, 0.0]))
    [0. 1.]
    """
    return Array(p.Exp()(logpdf(x, loc, scale)._node))


def cdf(x: Any, loc: Any = 0, scale: Any = 1) -> Array:
    """The probability of at most ``x``.

    >>> from lazyax.scipy.stats import expon
    >>> print(expon.cdf([-1.0, 0.0]))
    [0. 0.]
    """
    z, _ = standardized("expon.cdf", x, loc, scale)
    return Array(-p.Expm1()(-p.Maximum()(z, z.like(0))))

"""The logistic distribution around ``loc``."""

from __future__ import annotations

from typing import Any

from lazyax.array import Array
from lazyax.ops import primitives as p
from lazyax.scipy.special import log_expit
from lazyax.scipy.stats.standardize import standardized


def logpdf(x: Any, loc: Any = 0, scale: Any = 1) -> Array:
    """Logarithm of the density at ``x``.

    >>> from lazyax.scipy.stats import logistic
    >>> print(f"{logistic.logpdf(0.0):.4f}")
    -1.3863

    Raises:
        LazyaxTypeError: if the shapes do not broadcast.
    """
    z, unit = standardized("logistic.logpdf", x, loc, scale)
    both = log_expit(Array(z))._node + log_expit(Array(-z))._node
    return Array(both - p.Log()(unit))


def pdf(x: Any, loc: Any = 0, scale: Any = 1) -> Array:
    """The density at ``x``.

    >>> from lazyax.scipy.stats import logistic
    >>> print(logistic.pdf(0.0))
    0.25
    """
    return Array(p.Exp()(logpdf(x, loc, scale)._node))


def cdf(x: Any, loc: Any = 0, scale: Any = 1) -> Array:
    """The probability of at most ``x``.

    >>> from lazyax.scipy.stats import logistic
    >>> print(logistic.cdf(0.0))
    0.5
    """
    return Array(p.Logistic()(standardized("logistic.cdf", x, loc, scale)[0]))

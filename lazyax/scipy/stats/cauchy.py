"""Cauchy's distribution around ``loc``, of half width ``scale`` at half maximum."""

from __future__ import annotations

import math
from typing import Any

from lazyax.array import Array
from lazyax.ops import primitives as p
from lazyax.scipy.stats.standardize import standardized


def logpdf(x: Any, loc: Any = 0, scale: Any = 1) -> Array:
    """Logarithm of the density at ``x``.

    >>> from lazyax.scipy.stats import cauchy
    >>> print(f"{cauchy.logpdf(0.0):.4f}")
    -1.1447

    Raises:
        LazyaxTypeError: if the shapes do not broadcast.
    """
    z, unit = standardized("cauchy.logpdf", x, loc, scale)
    return Array(-p.Log1p()(z * z) - p.Log()(unit) - math.log(math.pi))


def pdf(x: Any, loc: Any = 0, scale: Any = 1) -> Array:
    """The density at ``x``.

    >>> from lazyax.scipy.stats import cauchy
    >>> print(f"{cauchy.pdf(0.0):.4f}")
    0.3183
    """
    return Array(p.Exp()(logpdf(x, loc, scale)._node))


def cdf(x: Any, loc: Any = 0, scale: Any = 1) -> Array:
    """The probability of at most ``x``.

    >>> from lazyax.scipy.stats import cauchy
    >>> print(cauchy.cdf(0.0))
    0.5
    """
    z, _ = standardized("cauchy.cdf", x, loc, scale)
    return Array(0.5 + p.Atan2()(z, z.like(1)) / math.pi)

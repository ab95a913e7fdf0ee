"""The uniform distribution on ``loc`` to ``loc + scale``."""

from __future__ import annotations

import math
from typing import Any

from lazyax.array import Array
from lazyax.ops import primitives as p
from lazyax.scipy.stats.standardize import standardized


def logpdf(x: Any, loc: Any = 0, scale: Any = 1) -> Array:
    """Logarithm of the density at ``x``: -inf outside.

    >>> from lazyax.scipy.stats import uniform
    >>> print(uniform.logpdf([0.5, 1.5]))
    [  0. -inf]

    Raises:
        LazyaxTypeError: if the shapes do not broadcast.
    """
    z, unit = standardized("uniform.logpdf", x, loc, scale)
    inside = p.And()(p.GreaterEqual()(z, z.like(0)), p.LessEqual()(z, z.like(1)))
    return Array(p.Select()(inside, 0 - p.Log()(unit), z.like(-math.inf)))


def pdf(x: Any, loc: Any = 0, scale: Any = 1) -> Array:
    """The density at ``x``: 0 outside.

    >>> from lazyax.scipy.stats import uniform
    >>> print(uniform.pdf([0.5, 1.5]))
    [1. 0.]
    """
    return Array(p.Exp()(logpdf(x, loc, scale)._node))


def cdf(x: Any, loc: Any = 0, scale: Any = 1) -> Array:
    """The probability of at most ``x``.

    >>> from lazyax.scipy.stats import uniform
    >>> print(uniform.cdf([-1.0, 0.25, 2.0]))
    [0.   0.25 1.  ]
    """
    z, _ = standardized("uniform.cdf", x, loc, scale)
    return Array(p.Clamp()(z.like(0), z, z.like(1)))

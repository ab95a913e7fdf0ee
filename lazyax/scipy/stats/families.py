"""Distributions given by one formula each: the logarithm of the density at a standardized value."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import attrs

from lazyax.array import Array
from lazyax.graph.node import Node
from lazyax.ops import primitives as p
from lazyax.ops.numpy.promotion import operands

Formula = Callable[..., Node]


@attrs.frozen(eq=False)
class Continuous:
    """A distribution of real numbers, with SciPy's order of arguments: x, shapes, loc, scale.

    Attributes:
        name: SciPy's.
        log_density: of the standardized value and the shapes, inside the support.
        inside: whether the standardized value is in the support, by it and the shapes.
        shapes: how many shape parameters there are.
    """

    name: str
    log_density: Formula
    inside: Formula
    shapes: int

    def logpdf(self, x: Any, *parameters: Any, loc: Any = 0, scale: Any = 1) -> Array:
        """Logarithm of the density at ``x``: -inf outside the support; all arguments broadcast.

        >>> from lazyax.scipy.stats import gamma
        >>> print(gamma.logpdf([-1.0, 2.0], 1.0))
        [-inf  -2.]

        Raises:
            TypeError: for another number of shape parameters.
            LazyaxTypeError: if the shapes do not broadcast.
        """
        shapes, (loc, scale) = self._split(parameters, loc, scale)
        value, centre, unit, *nodes = operands(
            f"{self.name}.logpdf", x, loc, scale, *shapes, domain="inexact"
        )
        z = (value - centre) / unit
        inside = self.inside(z, *nodes)
        safe = p.Select()(inside, z, z.like(0.5))  # where every formula is finite
        density = self.log_density(safe, *nodes) - p.Log()(unit)
        return Array(p.Select()(inside, density, z.like(-math.inf)))

    def pdf(self, x: Any, *parameters: Any, loc: Any = 0, scale: Any = 1) -> Array:
        """The density at ``x``: 0 outside the support."""
        return Array(p.Exp()(self.logpdf(x, *parameters, loc=loc, scale=scale)._node))

    def _split(self, parameters: tuple, loc: Any, scale: Any) -> tuple[tuple, tuple]:
        """Shape parameters, and loc and scale, which may follow them by position."""
        behind = parameters[self.shapes :]
        if len(parameters) < self.shapes or len(behind) > 2:
            raise TypeError(
                f"{self.name}: takes x, {self.shapes} shape parameters, loc and scale, got "
                f"{len(parameters)} arguments after x"
            )
        return parameters[: self.shapes], (*behind, *(loc, scale)[len(behind) :])

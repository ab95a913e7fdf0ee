"""What distributions have in common: arguments, supports, and what follows from a few formulas.

A distribution states formulas of nodes for values inside its support. Standardizing by loc and
scale, what is outside, NaN, and the functions that follow from others are handled here, once.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, ClassVar

import attrs

from lazyax.array import Array
from lazyax.errors import LazyaxTypeError
from lazyax.graph.node import Node
from lazyax.graph.op import Op
from lazyax.ops import primitives as p
from lazyax.ops.numpy.promotion import operands

Formula = Callable[..., Node]
End = float | Callable[..., Node]


def all_positive(x: Node, *shapes: Node) -> Node:
    """Whether all shape parameters are, so that there is a distribution."""
    fits = p.Equal()(x.like(0), x.like(0))
    for shape in shapes:
        fits = p.And()(fits, p.Greater()(shape, shape.like(0)))
    return fits


@attrs.frozen(eq=False, kw_only=True)
class Distribution:
    """Abstract base: what a distribution states, and how arguments become nodes.

    Formulas take a standardized value and the shape parameters, and hold inside the support.

    Attributes:
        name: SciPy's.
        density: the logarithm of the density, or of the probability.
        shapes: names of the shape parameters.
        low, high: the ends of the support; numbers, or functions of the shape parameters.
        ends_inside: whether the support has its ends; what lies beyond has density 0.
        fits: of a value and the shape parameters, whether there is such a distribution.
        cdf_formula, sf_formula: the probability of at most, and of more; each exact where it is
            small. One of them may be missing, and follows from the other.
        log_cdf, log_sf: their logarithms, where there is a better formula than the logarithm.
        quantile: the value that is not exceeded with a probability, where that is closed.
    """

    name: str
    density: Formula
    shapes: tuple[str, ...] = ()
    low: End = -math.inf
    high: End = math.inf
    ends_inside: bool = True
    fits: Formula = all_positive
    cdf_formula: Formula | None = None
    sf_formula: Formula | None = None
    log_cdf: Formula | None = None
    log_sf: Formula | None = None
    quantile: Formula | None = None

    places: ClassVar[dict[str, float]]
    """Parameters that follow the shapes, and their defaults."""

    step: ClassVar[float]
    """How far below the support the value lies that is not exceeded with probability 0."""

    has_nothing: ClassVar[Op]
    """Whether the probability of at most a value is 0, by it and the low end."""

    def arguments(self, function: str, x: Any, given: tuple, named: dict) -> list[Node]:
        """The value and all parameters, as nodes of one floating dtype and shape.

        Raises:
            TypeError: for parameters that are missing, or that there are not.
            LazyaxTypeError: if the shapes do not broadcast.
        """
        names = [*self.shapes, *self.places]
        found = {**self.places, **dict(zip(names, given, strict=False)), **named}
        twice = set(names[: len(given)]) & set(named)
        if len(given) > len(names) or twice or found.keys() != set(names):
            wanted = ", ".join([*self.shapes, *[f"{n}={v}" for n, v in self.places.items()]])
            got = ", ".join([*["..."] * len(given), *[f"{name}=..." for name in named]])
            raise TypeError(f"{self.name}.{function}: takes (x, {wanted}), got (x, {got})")
        ordered = [found[name] for name in names]
        return operands(f"{self.name}.{function}", x, *ordered, domain="inexact")

    def ends(self, x: Node, shapes: list[Node]) -> tuple[Node, Node, Node]:
        """The ends of the support, and a value inside."""
        low, high = [
            end(*shapes) if callable(end) else x.like(end) for end in (self.low, self.high)
        ]
        if callable(self.low) or callable(self.high):
            return low, high, low
        finite = [end for end in (self.low, self.high) if math.isfinite(end)]
        middle = sum(finite) / 2 if len(finite) == 2 else sum(finite) + 0.5 * len(finite)
        return low, high, x.like(middle)

    def masked(self, value: Node, x: Node, fits: Node) -> Node:
        """NaN where the value is, and where there is no distribution."""
        known = p.And()(p.Equal()(x, x), fits)
        return p.Select()(known, value, x.like(math.nan))

    def log_density(self, x: Node, shapes: list[Node]) -> Node:
        """Of a standardized value; -inf outside the support."""
        low, high, middle = self.ends(x, shapes)
        above, below = (
            (p.GreaterEqual(), p.LessEqual()) if self.ends_inside else (p.Greater(), p.Less())
        )
        inside = p.And()(p.And()(above(x, low), below(x, high)), p.IsFinite()(x))
        value = self.density(p.Select()(inside, x, middle), *shapes)
        return p.Select()(inside, value, x.like(-math.inf))

    def cumulative(self, which: str, x: Node, shapes: list[Node]) -> Node:
        """``cdf``, ``sf`` or one of their logarithms, of a standardized value.

        Raises:
            LazyaxTypeError: if the distribution has none.
        """
        formula, at_low, at_high = self.formulas()[which]
        if formula is None:
            raise LazyaxTypeError(
                f"{self.name}.{which}: has no closed formula; integrate {self.name}.pdf"
            )
        low, high, middle = self.ends(x, shapes)
        under, over = self.has_nothing(x, low), p.GreaterEqual()(x, high)
        inside = p.And()(p.Not()(p.Or()(under, over)), p.IsFinite()(x))
        value = formula(p.Select()(inside, x, middle), *shapes)
        outside = p.Select()(over, x.like(at_high), x.like(at_low))
        return p.Select()(inside, value, outside)

    def formulas(self) -> dict[str, tuple[Formula | None, float, float]]:
        """What is known of each cumulative function: a formula, and its ends."""
        cdf, sf = self.cdf_formula, self.sf_formula
        log_cdf, log_sf = self.log_cdf, self.log_sf
        cdf = cdf or _after(log_cdf, p.Exp()) or _after(sf, _complement)
        cdf = cdf or _after(log_sf, lambda x: -p.Expm1()(x))
        sf = sf or _after(log_sf, p.Exp())
        sf = sf or _after(log_cdf, lambda x: -p.Expm1()(x)) or _after(cdf, _complement)
        return {
            "cdf": (cdf, 0.0, 1.0),
            "sf": (sf, 1.0, 0.0),
            "logcdf": (log_cdf or _after(cdf, p.Log()), -math.inf, 0.0),
            "logsf": (log_sf or _after(sf, p.Log()), 0.0, -math.inf),
        }

    def value_at(self, q: Node, shapes: list[Node]) -> Node:
        """The standardized value that is not exceeded with probability ``q``.

        Raises:
            LazyaxTypeError: if there is no closed formula.
        """
        if self.quantile is None:
            raise LazyaxTypeError(
                f"{self.name}.ppf: has no closed formula; find the root of {self.name}.cdf(x) - q"
            )
        low, high, _ = self.ends(q, shapes)
        low = low - self.step
        zero, one = q.like(0), q.like(1)
        inside = p.And()(p.Greater()(q, zero), p.Less()(q, one))
        value = self.quantile(p.Select()(inside, q, q.like(0.5)), *shapes)
        end = p.Select()(p.Equal()(q, one), high, q.like(math.nan))
        return p.Select()(inside, value, p.Select()(p.Equal()(q, zero), low, end))


def _after(formula: Formula | None, then: Callable[[Node], Node]) -> Formula | None:
    """A formula of another's result."""
    if formula is None:
        return None
    return lambda *nodes: then(formula(*nodes))


def _complement(x: Node) -> Node:
    return 1 - x


@attrs.frozen(eq=False, kw_only=True)
class Continuous(Distribution):
    """A distribution of real numbers, with SciPy's order of arguments: x, shapes, loc, scale.

    All arguments broadcast. Results are NaN where a scale or a shape parameter has no meaning.

    >>> from lazyax.scipy.stats import gamma
    >>> print(gamma.cdf([-1.0, 2.0], 1.0, scale=2.0).round(4))
    [0.     0.6321]

    Each method raises TypeError for parameters that the distribution does not have, and
    LazyaxTypeError where shapes do not broadcast.
    """

    places = {"loc": 0, "scale": 1}  # noqa: RUF012 - never changed
    step = 0.0
    has_nothing = p.LessEqual()

    def _standard(self, function: str, x: Any, given: tuple, named: dict):
        """The standardized value, the shapes, loc, scale, and where there is a distribution."""
        value, *shapes, centre, unit = self.arguments(function, x, given, named)
        fits = p.And()(self.fits(value, *shapes), p.Greater()(unit, unit.like(0)))
        return (value - centre) / unit, shapes, centre, unit, fits

    def _cumulative(self, which: str, x: Any, given: tuple, named: dict) -> Array:
        z, shapes, _, _, fits = self._standard(which, x, given, named)
        return Array(self.masked(self.cumulative(which, z, shapes), z, fits))

    def logpdf(self, x: Any, *parameters: Any, **named: Any) -> Array:
        """Logarithm of the density at ``x``: -inf outside the support.

        >>> from lazyax.scipy.stats import gamma
        >>> print(gamma.logpdf([-1.0, 2.0], 1.0))
        [-inf  -2.]
        """
        return Array(self._log("logpdf", x, parameters, named))

    def _log(self, function: str, x: Any, given: tuple, named: dict) -> Node:
        z, shapes, _, unit, fits = self._standard(function, x, given, named)
        return self.masked(self.log_density(z, shapes) - p.Log()(unit), z, fits)

    def pdf(self, x: Any, *parameters: Any, **named: Any) -> Array:
        """The density at ``x``: 0 outside the support.

        >>> from lazyax.scipy.stats import laplace
        >>> print(laplace.pdf(0.0))
        0.5
        """
        return Array(p.Exp()(self._log("pdf", x, parameters, named)))

    def cdf(self, x: Any, *parameters: Any, **named: Any) -> Array:
        """The probability of at most ``x``.

        >>> from lazyax.scipy.stats import norm
        >>> print(norm.cdf(0.0))
        0.5
        """
        return self._cumulative("cdf", x, parameters, named)

    def sf(self, x: Any, *parameters: Any, **named: Any) -> Array:
        """The probability of more than ``x``, exact where that is small.

        >>> from lazyax.scipy.stats import expon
        >>> print(f"{expon.sf(50.0):.4e}")
        1.9287e-22
        """
        return self._cumulative("sf", x, parameters, named)

    def logcdf(self, x: Any, *parameters: Any, **named: Any) -> Array:
        """Logarithm of the probability of at most ``x``.

        >>> from lazyax.scipy.stats import norm
        >>> print(f"{norm.logcdf(-20.0):.4f}")
        -203.9172
        """
        return self._cumulative("logcdf", x, parameters, named)

    def logsf(self, x: Any, *parameters: Any, **named: Any) -> Array:
        """Logarithm of the probability of more than ``x``.

        >>> from lazyax.scipy.stats import pareto
        >>> print(pareto.logsf(1.0, 2.0))
        0.0
        """
        return self._cumulative("logsf", x, parameters, named)

    def ppf(self, q: Any, *parameters: Any, **named: Any) -> Array:
        """The value that is not exceeded with probability ``q``, where that has a formula.

        >>> from lazyax.scipy.stats import norm
        >>> print(norm.ppf(0.5, loc=3.0))
        3.0

        Raises:
            LazyaxTypeError: for distributions without one.
        """
        probability, *shapes, centre, unit = self.arguments("ppf", q, parameters, named)
        fits = p.And()(self.fits(probability, *shapes), p.Greater()(unit, unit.like(0)))
        value = self.value_at(probability, shapes) * unit + centre
        return Array(self.masked(value, probability, fits))

    def isf(self, q: Any, *parameters: Any, **named: Any) -> Array:
        """The value that is exceeded with probability ``q``: `ppf` of 1 - q."""
        return self.ppf(1 - Array(operands(f"{self.name}.isf", q, domain="inexact")[0]),
                        *parameters, **named)  # fmt: skip


@attrs.frozen(eq=False, kw_only=True)
class Discrete(Distribution):
    """A distribution of whole numbers, with SciPy's order of arguments: k, shapes, loc.

    >>> from lazyax.scipy.stats import binom
    >>> print(binom.pmf([0, 1, 1.5], 2, 0.5).round(4))
    [0.25 0.5  0.  ]
    """

    places = {"loc": 0}  # noqa: RUF012 - never changed
    step = 1.0
    has_nothing = p.Less()

    def _standard(self, function: str, k: Any, given: tuple, named: dict):
        value, *shapes, centre = self.arguments(function, k, given, named)
        return value - centre, shapes, self.fits(value, *shapes)

    def _cumulative(self, which: str, k: Any, given: tuple, named: dict) -> Array:
        z, shapes, fits = self._standard(which, k, given, named)
        return Array(self.masked(self.cumulative(which, p.Floor()(z), shapes), z, fits))

    def logpmf(self, k: Any, *parameters: Any, **named: Any) -> Array:
        """Logarithm of the probability of ``k``: -inf outside the support.

        >>> from lazyax.scipy.stats import poisson
        >>> print(poisson.logpmf([-1, 0], 2.0))
        [-inf  -2.]
        """
        return Array(self._log("logpmf", k, parameters, named))

    def _log(self, function: str, k: Any, given: tuple, named: dict) -> Node:
        z, shapes, fits = self._standard(function, k, given, named)
        whole = p.Floor()(z)
        value = self.log_density(whole, shapes)
        value = p.Select()(p.Equal()(z, whole), value, z.like(-math.inf))
        return self.masked(value, z, fits)

    def pmf(self, k: Any, *parameters: Any, **named: Any) -> Array:
        """The probability of ``k``.

        >>> from lazyax.scipy.stats import bernoulli
        >>> print(bernoulli.pmf([0, 1, 2], 0.25))
        [0.75 0.25 0.  ]
        """
        return Array(p.Exp()(self._log("pmf", k, parameters, named)))

    def cdf(self, k: Any, *parameters: Any, **named: Any) -> Array:
        """The probability of at most ``k``.

        >>> from lazyax.scipy.stats import geom
        >>> print(geom.cdf([0, 1, 2], 0.5))
        [0.   0.5  0.75]
        """
        return self._cumulative("cdf", k, parameters, named)

    def sf(self, k: Any, *parameters: Any, **named: Any) -> Array:
        """The probability of more than ``k``, exact where that is small."""
        return self._cumulative("sf", k, parameters, named)

    def logcdf(self, k: Any, *parameters: Any, **named: Any) -> Array:
        """Logarithm of the probability of at most ``k``."""
        return self._cumulative("logcdf", k, parameters, named)

    def logsf(self, k: Any, *parameters: Any, **named: Any) -> Array:
        """Logarithm of the probability of more than ``k``."""
        return self._cumulative("logsf", k, parameters, named)

    def ppf(self, q: Any, *parameters: Any, **named: Any) -> Array:
        """The least number that is exceeded with a probability of at most 1 - ``q``.

        Raises:
            LazyaxTypeError: for distributions without a formula.
        """
        probability, *shapes, centre = self.arguments("ppf", q, parameters, named)
        value = self.value_at(probability, shapes) + centre
        return Array(self.masked(value, probability, self.fits(probability, *shapes)))

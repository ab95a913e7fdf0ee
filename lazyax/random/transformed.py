"""Continuous distributions by a formula of uniform, exponential or normal numbers."""

from __future__ import annotations

import math
from typing import Any

import ml_dtypes
import numpy

from lazyax.graph.node import Node
from lazyax.ops import primitives as p
from lazyax.ops.numpy.conventions import as_dtype, as_shape
from lazyax.ops.numpy.promotion import broadcast_shapes, convert
from lazyax.random.continuous import exponential_node, normal_node, uniform_from, unit_node
from lazyax.random.discrete import rademacher_node
from lazyax.random.draws import uses_key
from lazyax.random.keys import Shape, split_pair, wrong_dtype
from lazyax.random.parameters import (
    fit,
    fitted,
    parameter,
    real_dtype,
    require_order,
    require_positive,
)


@uses_key
def logistic(key: Node, shape: Shape = (), dtype: Any = float) -> Node:
    """Logistic, of location 0 and scale 1: log(u / (1 - u)).

    >>> from lazyax import random
    >>> random.logistic(random.PRNGKey(0), (3,)).shape
    (3,)

    Raises:
        LazyaxTypeError: for what is not a key, a shape or a real floating dtype.
    """
    found, lengths = real_dtype("logistic", dtype), as_shape("logistic", shape)
    u = uniform_from(float(ml_dtypes.finfo(found).tiny), unit_node(key, lengths, found))
    return p.Log()(u) - p.Log1p()(-u)


@uses_key
def cauchy(key: Node, shape: Shape = (), dtype: Any = float) -> Node:
    """Cauchy, of location 0 and scale 1: tan(pi (u - 1/2)).

    >>> from lazyax import random
    >>> random.cauchy(random.PRNGKey(0), (3,)).shape
    (3,)

    Raises:
        LazyaxTypeError: for what is not a key, a shape or a real floating dtype.
    """
    found, lengths = real_dtype("cauchy", dtype), as_shape("cauchy", shape)
    u = uniform_from(float(ml_dtypes.finfo(found).eps), unit_node(key, lengths, found))
    return p.Tan()((u - 0.5) * math.pi)


@uses_key
def pareto(key: Node, b: Any, shape: Shape | None = None, dtype: Any = float) -> Node:
    """Pareto, at least 1, of the exponent ``b``, which broadcasts to ``shape``: (1 - u)^(-1/b).

    >>> from lazyax import random
    >>> random.pareto(random.PRNGKey(0), 3.0, (3,)).shape
    (3,)

    Raises:
        LazyaxTypeError: for what is not a key, a shape or a real floating dtype, and for ``b``
            that does not broadcast, or is known and not positive.
    """
    (exponent,), lengths, found = fitted("pareto", shape, dtype, b=b)
    return p.Exp()(exponential_node(key, lengths, found) / exponent)


@uses_key
def weibull_min(
    key: Node, scale: Any, concentration: Any, shape: Shape | None = None, dtype: Any = float
) -> Node:
    """Weibull, of the least of many: scale (-log(1 - u))^(1/concentration).

    >>> from lazyax import random
    >>> random.weibull_min(random.PRNGKey(0), 2.0, 1.5, (3,)).shape
    (3,)

    Raises:
        LazyaxTypeError: for what is not a key, a shape or a real floating dtype, and for
            parameters that do not broadcast, or are known and not positive.
    """
    (size, power), lengths, found = fitted(
        "weibull_min", shape, dtype, scale=scale, concentration=concentration
    )
    return p.Power()(exponential_node(key, lengths, found), 1 / power) * size


@uses_key
def rayleigh(key: Node, scale: Any, shape: Shape | None = None, dtype: Any = float) -> Node:
    """Rayleigh, the length of a normal vector of two: scale sqrt(-2 log u).

    >>> from lazyax import random
    >>> random.rayleigh(random.PRNGKey(0), 2.0, (3,)).shape
    (3,)

    Raises:
        LazyaxTypeError: for what is not a key, a shape or a real floating dtype, and for a scale
            that does not broadcast, or is known and not positive.
    """
    (size,), lengths, found = fitted("rayleigh", shape, dtype, scale=scale)
    return size * p.Sqrt()(p.Log()(unit_node(key, lengths, found)) * -2)


@uses_key
def triangular(
    key: Node, left: Any, mode: Any, right: Any, shape: Shape | None = None, dtype: Any = float
) -> Node:
    """Of a density that rises from ``left`` to ``mode`` and falls to ``right``, in straight lines.

    >>> from lazyax import random
    >>> random.triangular(random.PRNGKey(0), 0.0, 1.0, 4.0, (3,)).shape
    (3,)

    Raises:
        LazyaxTypeError: for what is not a key, a shape or a real floating dtype, and for
            parameters that do not broadcast, or are known and in no order.
    """
    bounds = {"left": left, "mode": mode, "right": right}
    require_order("triangular", **bounds)
    require_order("triangular", strictly=True, left=left, right=right)
    (low, top, high), lengths, found = fitted("triangular", shape, dtype, (), **bounds)
    u = unit_node(key, lengths, found)
    rising = low + p.Sqrt()(u * (high - low) * (top - low))
    falling = high - p.Sqrt()((1 - u) * (high - low) * (high - top))
    return p.Select()(p.Less()(u, (top - low) / (high - low)), rising, falling)


@uses_key
def lognormal(key: Node, sigma: Any = 1.0, shape: Shape | None = None, dtype: Any = float) -> Node:
    """The exponential of a normal number of mean 0 and standard deviation ``sigma``.

    >>> from lazyax import random
    >>> random.lognormal(random.PRNGKey(0), 0.5, (3,)).shape
    (3,)

    Raises:
        LazyaxTypeError: for what is not a key, a shape or a real floating dtype, and for
            ``sigma`` that does not broadcast.
    """
    (deviation,), lengths, found = fitted("lognormal", shape, dtype, (), sigma=sigma)
    return p.Exp()(normal_node(key, lengths, found) * deviation)


@uses_key
def maxwell(key: Node, shape: Shape = (), dtype: Any = float) -> Node:
    """Maxwell: the length of a normal vector of three.

    >>> from lazyax import random
    >>> random.maxwell(random.PRNGKey(0), (3,)).shape
    (3,)

    Raises:
        LazyaxTypeError: for what is not a key, a shape or a real floating dtype.
    """
    return maxwell_node(key, as_shape("maxwell", shape), real_dtype("maxwell", dtype))


@uses_key
def double_sided_maxwell(
    key: Node, loc: Any, scale: Any, shape: Shape = (), dtype: Any = float
) -> Node:
    """A Maxwell number of random sign, times ``scale``, plus ``loc``.

    As in jax the shape is followed by the one that the parameters broadcast to, which is also
    taken for an empty one.

    >>> from lazyax import random
    >>> random.double_sided_maxwell(random.PRNGKey(0), 0.0, 2.0, (3,)).shape
    (3,)

    Raises:
        LazyaxTypeError: for what is not a key, a shape or a real floating dtype, and for
            parameters that do not broadcast, or a scale that is known and not positive.
    """
    name = "double_sided_maxwell"
    found = real_dtype(name, dtype)
    require_positive(name, "scale", scale)
    given = [parameter(name, "loc", loc, found), parameter(name, "scale", scale, found)]
    own = broadcast_shapes(name, given)
    lengths = (*(as_shape(name, shape) or own), *own)
    place, size = (fit(name, "parameter", node, lengths) for node in given)
    first, second = split_pair(key)
    sign = rademacher_node(second, lengths, found)
    return sign * maxwell_node(first, lengths, found) * size + place


@uses_key
def wald(key: Node, mean: Any, shape: Shape | None = None, dtype: Any = float) -> Node:
    """Wald (inverse Gaussian), of the mean given and the scale 1.

    By Michael, Schucany and Haas, "Generating random variates using transformations with
    multiple roots" (1976).

    >>> from lazyax import random
    >>> random.wald(random.PRNGKey(0), 2.0, (3,)).shape
    (3,)

    Raises:
        LazyaxTypeError: for what is not a key, a shape or a real floating dtype, and for a mean
            that does not broadcast, or is known and not positive.
    """
    (mu,), lengths, found = fitted("wald", shape, dtype, mean=mean)
    first, second = split_pair(key)
    v, z = normal_node(first, lengths, found), unit_node(second, lengths, found)
    y, squared = v * v, mu * mu
    root = p.Sqrt()(mu * 4 * y + squared * (y * y))
    x = mu + squared * y / 2 - mu / 2 * root
    return p.Select()(p.LessEqual()(z, mu / (mu + x)), x, squared / x)


@uses_key
def geometric(key: Node, p: Any, shape: Shape | None = None, dtype: Any = int) -> Node:
    """How many trials there are up to the first success, of probability ``p`` each.

    >>> from lazyax import random
    >>> random.geometric(random.PRNGKey(0), 0.25, (3,)).shape
    (3,)

    Raises:
        LazyaxTypeError: for what is not a key, a shape or an integer dtype, and for ``p`` that
            does not broadcast, or is known and outside of (0, 1].
    """
    found = as_dtype("geometric", dtype)
    if found.kind not in "iu":
        raise wrong_dtype("geometric", "an integer", found)
    require_positive("geometric", "p", p, most=1)
    (chance,), lengths, real = fitted("geometric", shape, float, (), p=p)
    return convert(_trials(unit_node(key, lengths, real), chance), found)


def _trials(u: Node, chance: Node) -> Node:
    some = p.Select()(p.Equal()(u, u.like(0)), u.like(1), u)
    return p.Floor()(p.Log()(some) / p.Log1p()(-chance)) + 1


def maxwell_node(key: Node, shape: tuple[int, ...], dtype: numpy.dtype) -> Node:
    """See `maxwell`."""
    parts = normal_node(key, (*shape, 3), dtype)
    return p.Sqrt()(p.ReduceSum((len(shape),))(parts * parts))

"""Real and complex numbers from continuous distributions."""

from __future__ import annotations

import math
from typing import Any

import ml_dtypes
import numpy

from lazyax.graph.node import Node
from lazyax.ops import primitives as p
from lazyax.ops.numpy.conventions import as_dtype, as_shape
from lazyax.ops.numpy.promotion import broadcast_shapes, convert
from lazyax.random.draws import uses_key
from lazyax.random.keys import Shape, bits_node, split_pair
from lazyax.random.parameters import fit, parameter, real_dtype, require_order


@uses_key
def uniform(
    key: Node, shape: Shape = (), dtype: Any = float, minval: Any = 0.0, maxval: Any = 1.0
) -> Node:
    """Uniform in [minval, maxval), which broadcast to ``shape``.

    >>> from lazyax import random
    >>> print(random.uniform(random.PRNGKey(0), (3,)))
    [0.9653214  0.31468165 0.63302994]

    Raises:
        LazyaxTypeError: for what is not a key, a shape or a real floating dtype, and bounds that
            do not broadcast, or are known and in no order.
    """
    found, lengths = real_dtype("uniform", dtype), as_shape("uniform", shape)
    unit = unit_node(key, lengths, found)
    if type(minval) in (int, float) and type(maxval) in (int, float) and (minval, maxval) == (0, 1):
        return unit
    require_order("uniform", minval=minval, maxval=maxval)
    low = fit("uniform", "minval", parameter("uniform", "minval", minval, found), lengths)
    high = fit("uniform", "maxval", parameter("uniform", "maxval", maxval, found), lengths)
    return _between(unit, low, high)


@uses_key
def normal(key: Node, shape: Shape = (), dtype: Any = float) -> Node:
    """Normal, of mean 0 and variance 1; of a complex dtype, both parts share the variance.

    >>> from lazyax import random
    >>> print(random.normal(random.PRNGKey(0), (3,)))
    [ 1.8160863  -0.48262316  0.33988908]

    Raises:
        LazyaxTypeError: for what is not a key, a shape or an inexact dtype.
    """
    found, lengths = as_dtype("normal", dtype), as_shape("normal", shape)
    if found.kind != "c":
        return normal_node(key, lengths, real_dtype("normal", found))
    real = numpy.dtype(f"f{found.itemsize // 2}")
    parts = [normal_node(part, lengths, real) for part in split_pair(key)]
    return p.Complex()(*parts) / math.sqrt(2)


@uses_key
def truncated_normal(
    key: Node, lower: Any, upper: Any, shape: Shape | None = None, dtype: Any = float
) -> Node:
    """Normal, of mean 0 and variance 1, in the open interval (lower, upper) alone.

    The shape is by default the one that the bounds broadcast to.

    >>> from lazyax import random
    >>> print(random.truncated_normal(random.PRNGKey(0), -2.0, 2.0, (2,)))
    [-0.7414709   0.80741537]

    Raises:
        LazyaxTypeError: for what is not a key, a shape or a real floating dtype, and bounds that
            do not broadcast, or are known and in no order.
    """
    name = "truncated_normal"
    found = real_dtype(name, dtype)
    require_order(name, strictly=True, lower=lower, upper=upper)
    low = parameter(name, "lower", lower, found)
    high = parameter(name, "upper", upper, found)
    lengths = broadcast_shapes(name, [low, high]) if shape is None else as_shape(name, shape)
    of_low, of_high = (p.Erf()(bound / math.sqrt(2)) for bound in (low, high))
    unit = unit_node(key, lengths, found)
    inside = _between(
        unit, fit(name, "lower", of_low, lengths), fit(name, "upper", of_high, lengths)
    )
    first = p.NextAfter()(p.StopGradient()(low), low.like(math.inf))
    last = p.NextAfter()(p.StopGradient()(high), high.like(-math.inf))
    return p.Clamp()(
        fit(name, "lower", first, lengths),
        p.ErfInv()(inside) * math.sqrt(2),
        fit(name, "upper", last, lengths),
    )


@uses_key
def exponential(key: Node, shape: Shape = (), dtype: Any = float) -> Node:
    """Exponential, of mean 1: -log(1 - u).

    >>> from lazyax import random
    >>> print(random.exponential(random.PRNGKey(0), (3,)))
    [3.361633  0.3778718 1.002475 ]

    Raises:
        LazyaxTypeError: for what is not a key, a shape or a real floating dtype.
    """
    found, lengths = real_dtype("exponential", dtype), as_shape("exponential", shape)
    return exponential_node(key, lengths, found)


@uses_key
def gumbel(key: Node, shape: Shape = (), dtype: Any = float) -> Node:
    """Gumbel, of location 0 and scale 1: -log(-log(u)).

    >>> from lazyax import random
    >>> print(random.gumbel(random.PRNGKey(0), (3,)))
    [ 3.344038   -0.14513335  0.78255224]

    Raises:
        LazyaxTypeError: for what is not a key, a shape or a real floating dtype.
    """
    found, lengths = real_dtype("gumbel", dtype), as_shape("gumbel", shape)
    return gumbel_node(key, lengths, found)


@uses_key
def laplace(key: Node, shape: Shape = (), dtype: Any = float) -> Node:
    """Laplace, of mean 0 and scale 1.

    >>> from lazyax import random
    >>> print(random.laplace(random.PRNGKey(0), (3,)))
    [-2.6684868  0.4630465 -0.3093279]

    Raises:
        LazyaxTypeError: for what is not a key, a shape or a real floating dtype.
    """
    found, lengths = real_dtype("laplace", dtype), as_shape("laplace", shape)
    low = float(ml_dtypes.finfo(found).epsneg) - 1
    u = uniform_from(low, unit_node(key, lengths, found))
    return p.Sign()(u) * p.Log1p()(-p.Absolute()(u))


def unit_node(key: Node, shape: tuple[int, ...], dtype: numpy.dtype) -> Node:
    """Uniform in [0, 1): a random mantissa under the exponent of 1, minus 1."""
    info = ml_dtypes.finfo(dtype)
    width = 8 if info.nmant < 8 else info.bits
    unsigned = numpy.dtype(f"u{dtype.itemsize}")
    drawn = convert(bits_node(key, shape, width), unsigned)
    mantissa = p.ShiftRightLogical()(drawn, drawn.like(width - info.nmant))
    one = int(numpy.ones((), dtype).view(unsigned))
    return p.BitcastConvert(dtype)(p.Or()(mantissa, mantissa.like(one))) - 1


def exponential_node(key: Node, shape: tuple[int, ...], dtype: numpy.dtype) -> Node:
    """See `exponential`."""
    return -p.Log1p()(-unit_node(key, shape, dtype))


def gumbel_node(key: Node, shape: tuple[int, ...], dtype: numpy.dtype) -> Node:
    """See `gumbel`."""
    positive = uniform_from(float(ml_dtypes.finfo(dtype).tiny), unit_node(key, shape, dtype))
    return -p.Log()(-p.Log()(positive))


def normal_node(key: Node, shape: tuple[int, ...], dtype: numpy.dtype) -> Node:
    """By the inverse of the distribution function."""
    low = numpy.nextafter(dtype.type(-1), dtype.type(0), dtype=dtype)
    return p.ErfInv()(uniform_from(float(low), unit_node(key, shape, dtype))) * math.sqrt(2)


def uniform_from(low: float, unit: Node) -> Node:
    """Uniform in [low, 1), of uniform in [0, 1)."""
    return _between(unit, unit.like(low), unit.like(1))


def _between(unit: Node, low: Node, high: Node) -> Node:
    """Uniform in [low, high), of uniform in [0, 1)."""
    return p.Maximum()(low, unit * (high - low) + low)

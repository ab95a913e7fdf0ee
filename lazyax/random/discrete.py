"""Integers and truth values."""

from __future__ import annotations

from typing import Any

import numpy

from lazyax.config import default_dtype
from lazyax.errors import LazyaxTypeError
from lazyax.graph.aval import is_inexact, short_name
from lazyax.graph.node import Node
from lazyax.ops import primitives as primitive
from lazyax.ops.numpy.conventions import as_dtype, as_shape
from lazyax.ops.numpy.promotion import aval_of_value, broadcast, broadcast_to, convert, operand
from lazyax.random.continuous import unit_node
from lazyax.random.draws import uses_key
from lazyax.random.keys import Shape, bits_node, split_pair, wrong_dtype
from lazyax.random.parameters import fit, require_chance, require_order

SAMPLED = numpy.dtype(numpy.int32)
"""Integers of fewer bits are drawn as these, so that the remainder's bias stays small."""


@uses_key
def bernoulli(key: Node, p: Any = 0.5, shape: Shape | None = None) -> Node:
    """True with probability ``p``, which broadcasts to ``shape``: by default its own.

    >>> from lazyax import random
    >>> print(random.bernoulli(random.PRNGKey(0), 0.5, (4,)))
    [False  True False  True]

    Raises:
        LazyaxTypeError: for what is not a key or a shape, and a ``p`` that is not real floating
            or does not broadcast, or is known and no probability.
    """
    given = operand(p, "bernoulli")
    aval = aval_of_value(given)
    if not is_inexact(aval.dtype) or aval.dtype.kind == "c":
        raise LazyaxTypeError(f"bernoulli: p needs a real floating dtype, got {aval}")
    require_chance("bernoulli", "p", p)
    mean = convert(given, aval.dtype)
    lengths = aval.shape if shape is None else as_shape("bernoulli", shape)
    return _bernoulli(key, fit("bernoulli", "p", mean, lengths))


def _bernoulli(key: Node, mean: Node) -> Node:
    return primitive.Less()(unit_node(key, mean.aval.shape, mean.aval.dtype), mean)


@uses_key
def rademacher(key: Node, shape: Shape = (), dtype: Any = int) -> Node:
    """-1 or 1, equally likely.

    >>> from lazyax import random
    >>> print(random.rademacher(random.PRNGKey(0), (4,)))
    [-1  1 -1  1]

    Raises:
        LazyaxTypeError: for what is not a key or a shape, and a dtype without -1.
    """
    found, lengths = as_dtype("rademacher", dtype), as_shape("rademacher", shape)
    if found.kind in "bu":
        raise wrong_dtype("rademacher", "a signed", found)
    return rademacher_node(key, lengths, found)


def rademacher_node(key: Node, shape: tuple[int, ...], dtype: numpy.dtype) -> Node:
    """See `rademacher`."""
    half = primitive.Full(0.5, shape, default_dtype(float))()
    return 2 * convert(_bernoulli(key, half), dtype) - 1


@uses_key
def randint(key: Node, shape: Shape, minval: Any, maxval: Any, dtype: Any = int) -> Node:
    """Integers in [minval, maxval), which broadcast to ``shape``; ``minval`` if there are none.

    Drawn as the remainder of twice the dtype's bits (of 64 at least), whose bias is negligible
    but for spans near the dtype's own range.

    >>> from lazyax import random
    >>> print(random.randint(random.PRNGKey(0), (8,), 0, 10))
    [8 6 8 4 6 0 3 8]

    Raises:
        LazyaxTypeError: for what is not a key, a shape or an integer dtype, and bounds that are
            not integers, do not broadcast, do not fit the dtype, or are known and in no order.
    """
    found, lengths = as_dtype("randint", dtype), as_shape("randint", shape)
    if found.kind not in "iu":
        raise wrong_dtype("randint", "an integer", found)
    require_order("randint", minval=minval, maxval=maxval)
    return randint_node(key, lengths, minval, maxval, found)


def randint_node(
    key: Node, lengths: tuple[int, ...], minval: Any, maxval: Any, found: numpy.dtype
) -> Node:
    """See `randint`."""
    low, _ = _bound("minval", minval, found, 0)
    high, past = _bound("maxval", maxval, found, 1)
    for name, bound in (("minval", low), ("maxval", high)):
        fit("randint", name, bound, lengths)
    low, high, *rest = broadcast("randint", [low, high] + ([] if past is None else [past]))
    offset = _remainder_of_bits(key, _span(low, high, *rest), lengths)
    sample = broadcast_to(low, lengths) + convert(offset, low.aval.dtype)
    return convert(sample, found)


def _bound(name: str, value: Any, dtype: numpy.dtype, beyond: int) -> tuple[Node, Node | None]:
    """A bound in the dtype that is sampled, and where it was more than that has.

    Args:
        name: of the argument.
        value: of the argument.
        dtype: of the result.
        beyond: 1 for the upper bound, which may be one more than the dtype holds.

    Raises:
        LazyaxTypeError: for what is not integers, or a number that does not fit.
    """
    given, info = operand(value, "randint"), numpy.iinfo(dtype)
    sampled = dtype if dtype.itemsize >= 4 else SAMPLED
    largest = int(numpy.iinfo(sampled).max)
    aval = aval_of_value(given)
    if aval.dtype.kind not in "iu":
        raise LazyaxTypeError(f"randint: {name} needs to be of integers, got {aval}")
    if not isinstance(given, Node):
        number = int(given.real)
        if not info.min <= number <= info.max + beyond:
            raise LazyaxTypeError(
                f"randint: {name} {number} does not fit {short_name(dtype)}, where it is from "
                f"{info.min} to {info.max + beyond}"
            )
        past = primitive.Full(True, (), numpy.dtype(bool))() if number > largest else None
        return convert(min(number, largest), sampled), past
    own = numpy.iinfo(aval.dtype)
    past = primitive.Greater()(given, given.like(largest)) if own.max > largest else None
    low = max(int(info.min), int(own.min))
    high = min(int(info.max) + beyond, largest, int(own.max))
    inside = primitive.Clamp()(given.like(low), given, given.like(high))
    return convert(inside, sampled), past


def _span(low: Node, high: Node, past: Node | None = None) -> Node:
    """How many integers there are, unsigned; 1 for none, and 0 for all of the dtype."""
    unsigned = numpy.dtype(f"u{low.aval.dtype.itemsize}")
    count = convert(high - low, unsigned)
    some = primitive.Greater()(high, low)
    span = primitive.Select()(some, count, count.like(1))
    if past is None:
        return span
    return primitive.Select()(primitive.And()(past, some), span + 1, span)


def _remainder_of_bits(key: Node, span: Node, shape: tuple[int, ...]) -> Node:
    """Twice as many random bits as ``span`` has, modulo ``span``."""
    width = span.aval.dtype.itemsize * 8
    modulo = primitive.Remainder()
    half = modulo(span.like(2 ** (width // 2)), span)
    scale = broadcast_to(modulo(half * half, span), shape)
    span = broadcast_to(span, shape)
    high, low = (bits_node(part, shape, width) for part in split_pair(key))
    return modulo(modulo(high, span) * scale + modulo(low, span), span)

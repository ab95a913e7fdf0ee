"""Elements in random order, and random elements."""

from __future__ import annotations

import math
from typing import Any

import numpy

from lazyax.array import Array
from lazyax.config import default_dtype
from lazyax.errors import LazyaxTypeError
from lazyax.graph.node import Node
from lazyax.ops import primitives as primitive
from lazyax.ops.numpy.conventions import as_axis, as_operand, as_shape
from lazyax.ops.numpy.cumulative import cumsum
from lazyax.ops.numpy.promotion import broadcast_to
from lazyax.ops.numpy.search import argmax, searchsorted
from lazyax.ops.primitives.shape import moveaxis, permute, reshape
from lazyax.random.continuous import gumbel_node, unit_node
from lazyax.random.discrete import randint_node
from lazyax.random.draws import uses_key
from lazyax.random.keys import Shape, bits_node, split_pair
from lazyax.random.parameters import require_broadcasts, require_not_negative

ROUNDS_EXPONENT = 3
"""Sorting repeats until equal sort keys in every round have odds below size ** (1 - this)."""


@uses_key
def permutation(key: Node, x: Any, axis: int = 0, independent: bool = False) -> Node:
    """The slices of ``x`` along ``axis`` in random order; of an int, ``arange(x)`` in one.

    With ``independent`` each vector along the axis has an order of its own. Lowers to one or a
    few sorts by random keys.

    >>> from lazyax import random
    >>> print(random.permutation(random.PRNGKey(0), 8))
    [4 1 6 0 2 5 3 7]

    Raises:
        LazyaxTypeError: for what is not a key, an axis that ``x`` lacks, and a number that is not
            a length.
    """
    array = _population("permutation", x)
    axis = as_axis("permutation", axis, array.aval)
    if independent or array.aval.ndim == 1:
        return _shuffle(key, array, axis)
    return _take(array, _shuffle(key, _count(array.aval.shape[axis]), 0), axis)


@uses_key
def choice(
    key: Node, a: Any, shape: Shape = (), replace: bool = True, p: Any = None, axis: int = 0
) -> Node:
    """Random slices of ``a`` along ``axis``; of an int, numbers below it.

    The axes of ``shape`` take the place of the axis. Slices are equally likely, or have the
    probabilities ``p``. With ``replace`` a slice may be drawn again.

    >>> from lazyax import random
    >>> print(random.choice(random.PRNGKey(0), 10, (8,)))
    [8 6 8 4 6 0 3 8]

    Raises:
        LazyaxTypeError: for what is not a key, a shape or an axis, for ``p`` that is not one
            probability for each slice, and for more draws than slices.
    """
    lengths = as_shape("choice", shape)
    array = _population("choice", a)
    axis = as_axis("choice", axis, array.aval)
    count, draws = array.aval.shape[axis], math.prod(lengths)
    if draws and (not count if replace else draws > count):
        raise LazyaxTypeError(
            f"choice: {draws} draws {'with' if replace else 'without'} replacement are more than "
            f"the {count} slices of {array.aval} along axis {axis} allow"
        )
    if p is not None:
        index = _weighted(key, _probabilities(p, count), lengths, replace)
    elif replace:
        index = randint_node(key, lengths, 0, max(count, 1), default_dtype(int))
    else:
        index = _first(_shuffle(key, _count(count), 0), lengths)
    return _take(array, index, axis)


@uses_key
def categorical(key: Node, logits: Any, axis: int = -1, shape: Shape | None = None) -> Node:
    """Categories, numbered along ``axis``, whose log-probabilities are ``logits`` plus a constant.

    The result has the shape of ``logits`` without the axis, or ``shape``, to which that has to
    broadcast. Lowers to an argmax of the logits plus Gumbel noise.

    >>> from lazyax import random
    >>> print(random.categorical(random.PRNGKey(0), [0.0, 0.0, 5.0], shape=(4,)))
    [2 2 2 2]

    Raises:
        LazyaxTypeError: for what is not a key, an axis or a shape, and logits that do not
            broadcast.
    """
    array = as_operand("categorical", logits, "inexact")
    axis = as_axis("categorical", axis, array.aval)
    own = array.aval.shape
    rest = (*own[:axis], *own[axis + 1 :])
    lengths = rest if shape is None else as_shape("categorical", shape)
    require_broadcasts("categorical", f"logits {array.aval} without axis {axis}", rest, lengths)
    place = axis + len(lengths) - len(rest)
    noise = gumbel_node(key, (*lengths[:place], own[axis], *lengths[place:]), array.aval.dtype)
    return argmax(Array(noise + broadcast_to(array, noise.aval.shape)), axis=place)._node


def _population(function: str, x: Any) -> Node:
    """What is drawn from: an array, or the numbers below an int.

    Raises:
        LazyaxTypeError: for a number that is not a length.
    """
    if isinstance(x, (int, numpy.integer)) and not isinstance(x, bool) and x >= 0:
        return _count(int(x))
    array = as_operand(function, x)
    if not array.aval.ndim:
        raise LazyaxTypeError(
            f"{function}: needs an array with an axis, or an int that is not negative, got "
            f"{array.aval if isinstance(x, (Array, numpy.ndarray)) else repr(x)}"
        )
    return array


def _count(length: int) -> Node:
    return primitive.Iota(default_dtype(int), (length,))()


def _shuffle(key: Node, x: Node, axis: int) -> Node:
    """Sorted along ``axis`` by random keys, in as many rounds as make collisions harmless."""
    odds = ROUNDS_EXPONENT * math.log(max(1, x.aval.size)) / math.log(2**32 - 1)
    for _ in range(math.ceil(odds)):
        key, subkey = split_pair(key)
        x = primitive.Project(1)(primitive.Sort(axis)(bits_node(subkey, x.aval.shape, 32), x))
    return x


def _probabilities(p: Any, count: int) -> Node:
    """One probability for each slice.

    Raises:
        LazyaxTypeError: if they are not as many, or are known and negative.
    """
    require_not_negative("choice", "p", p)
    node = as_operand("choice", p, "inexact")
    if node.aval.shape != (count,) or node.aval.dtype.kind == "c":
        raise LazyaxTypeError(
            f"choice: p needs a real probability for each of {count} slices, got {node.aval}"
        )
    return node


def _weighted(key: Node, p: Node, shape: tuple[int, ...], replace: bool) -> Node:
    """Positions by their probabilities."""
    if not replace:  # the largest of log p plus Gumbel noise: Vieira 2014, Kool et al. 2019
        scores = gumbel_node(key, p.aval.shape, p.aval.dtype) + primitive.Log()(p)
        order = primitive.Sort(0)(-scores, _count(p.aval.size))
        return _first(primitive.Project(1)(order), shape)
    ends = cumsum(Array(p))
    last = broadcast_to(primitive.Reshape(())(_last(ends._node)), shape)
    below = last * (1 - unit_node(key, shape, p.aval.dtype))
    return searchsorted(ends, Array(below))._node


def _last(x: Node) -> Node:
    """The last element of a vector."""
    return primitive.Slice((x.aval.size - 1,), (x.aval.size,), (1,))(x)


def _first(x: Node, shape: tuple[int, ...]) -> Node:
    """As many elements of a vector as ``shape`` holds, in it."""
    return reshape(primitive.Slice((0,), (math.prod(shape),), (1,))(x), shape)


def _take(x: Node, index: Node, axis: int) -> Node:
    """Slices of ``x`` at an index array, whose axes stand where ``axis`` was."""
    count = index.aval.ndim
    rows = primitive.Gather(0)(moveaxis(x, axis, 0), reshape(index, (*index.aval.shape, 1)))
    before, behind = range(count, count + axis), range(count + axis, rows.aval.ndim)
    return permute(rows, (*before, *range(count), *behind))

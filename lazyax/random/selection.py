"""Elements in random order, and random elements."""

from __future__ import annotations

import math
from typing import Any

import numpy

from lazyax.array import Array
from lazyax.config import default_dtype
from lazyax.errors import LazyaxTypeError
from lazyax.graph.node import Node
from lazyax.ops import primitives as p
from lazyax.ops.numpy.conventions import as_axis, as_operand
from lazyax.ops.primitives.shape import moveaxis, permute
from lazyax.random.keys import bits_node, key_node, split_pair

ROUNDS_EXPONENT = 3
"""Sorting repeats until equal sort keys in every round have odds below size ** (1 - this)."""


def permutation(key: Any, x: Any, axis: int = 0, independent: bool = False) -> Array:
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
    node = key_node("permutation", key)
    array = _population("permutation", x)
    axis = as_axis("permutation", axis, array.aval)
    if independent or array.aval.ndim == 1:
        return Array(_shuffle(node, array, axis))
    return Array(_take(array, _shuffle(node, _count(array.aval.shape[axis]), 0), axis))


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
    return p.Iota(default_dtype(int), (length,))()


def _shuffle(key: Node, x: Node, axis: int) -> Node:
    """Sorted along ``axis`` by random keys, in as many rounds as make collisions harmless."""
    odds = ROUNDS_EXPONENT * math.log(max(1, x.aval.size)) / math.log(2**32 - 1)
    for _ in range(math.ceil(odds)):
        key, subkey = split_pair(key)
        x = p.Project(1)(p.Sort(axis)(bits_node(subkey, x.aval.shape, 32), x))
    return x


def _take(x: Node, index: Node, axis: int) -> Node:
    """Slices of ``x`` at an index array, whose axes stand where ``axis`` was."""
    count = index.aval.ndim
    rows = p.Gather(0)(moveaxis(x, axis, 0), p.Reshape((*index.aval.shape, 1))(index))
    before, behind = range(count, count + axis), range(count + axis, rows.aval.ndim)
    return permute(rows, (*before, *range(count), *behind))

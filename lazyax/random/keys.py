"""Keys, and the bits that they stand for."""

from __future__ import annotations

from typing import Any

import numpy

from lazyax.array import Array, array_node
from lazyax.config import config
from lazyax.errors import LazyaxTypeError
from lazyax.graph.aval import short_name
from lazyax.graph.node import Node
from lazyax.ops import primitives as p
from lazyax.ops.numpy.conventions import as_dtype, as_shape
from lazyax.ops.numpy.promotion import aval_of_value, convert, operand
from lazyax.ops.primitives.random_bits import WORD
from lazyax.random.draws import key_node, uses_key
from lazyax.transforms.key_linearity import fold
from lazyax.transforms.key_places import place_of, renew
from lazyax.transforms.key_splits import watch

LOW_WORD = 0xFFFFFFFF
IMPLEMENTATION = "threefry2x32"

Shape = int | tuple[int, ...] | list[int]


def PRNGKey(seed: Any) -> Array:  # noqa: N802 - the field's name
    """A key, u32[2], of an integer: the high and the low 32 bits of it.

    A Python or NumPy integer keeps 64 bits (as two's complement); of an array, which may be
    abstract, those bits count that its dtype has.

    >>> from lazyax import random
    >>> print(random.PRNGKey(2**40 + 5))
    [256   5]

    Raises:
        LazyaxTypeError: for a seed that is not one integer of at most 64 bits.
    """
    if isinstance(seed, (int, numpy.integer)) and not isinstance(seed, bool):
        seed = int(seed)
        if not -(2**63) <= seed < 2**64:
            raise LazyaxTypeError(f"PRNGKey: the seed {seed} does not fit 64 bits")
        return _new_key(array_node(numpy.array([seed >> 32 & LOW_WORD, seed & LOW_WORD], WORD)))
    node = operand(seed, "PRNGKey")
    aval = aval_of_value(node)
    if not isinstance(node, Node) or aval.ndim or aval.dtype.kind not in "iu":
        raise LazyaxTypeError(f"PRNGKey: needs one integer as the seed, got {aval}")
    wide = convert(node, numpy.dtype(f"u{aval.dtype.itemsize}"))
    return _new_key(_stack_words(wide))


def _new_key(node: Node) -> Array:
    """A key that is known from here on: what uses it may be a trace of less than all of it."""
    if config.key_reuse != "off":
        renew(node)
    return Array(node)


key = PRNGKey


@uses_key
def split(key: Node, num: Shape = 2) -> Node:
    """New keys of a key, which is then not to be used again: u32[num,2], or u32[*num,2].

    >>> from lazyax import random
    >>> key, subkey = random.split(random.PRNGKey(0))
    >>> print(subkey)
    [2718843009 1272950319]

    Raises:
        LazyaxTypeError: for what is not a key, or a negative ``num``.
    """
    keys = split_node(key, as_shape("split", num))
    if config.key_reuse != "off":
        watch(renew(keys), keys.aval.size // 2, place_of(key).source.origin)
    return keys


def fold_in(key: Any, data: Any) -> Array:
    """A new key of a key and an integer, such as the number of a step.

    The key is not used up by that: other integers can be folded in.

    >>> from lazyax import random
    >>> print(random.fold_in(random.PRNGKey(0), 1))
    [ 928981903 3453687069]

    Raises:
        LazyaxTypeError: for what is not a key, and an integer of at most 32 bits.
    """
    number = operand(data, "fold_in")
    aval = aval_of_value(number)
    if aval.ndim or aval.dtype.kind not in "iu":
        raise LazyaxTypeError(f"fold_in: needs one integer as data, got {aval}")
    if not isinstance(number, Node):
        number = int(number.real)
        if not -(2**31) <= number < 2**32:
            raise LazyaxTypeError(f"fold_in: {number} does not fit 32 bits")
        number &= LOW_WORD
    node = key_node("fold_in", key)
    folded = fold_node(node, convert(number, WORD))
    fold(node, None if isinstance(number, Node) else number, folded)
    return Array(folded)


def clone(key: Any) -> Array:
    """The same key as one that was not used yet: for drawing the same numbers on purpose.

    >>> from lazyax import random
    >>> key = random.PRNGKey(0)
    >>> print(random.uniform(key), random.uniform(random.clone(key)))
    0.41845703 0.41845703

    Raises:
        LazyaxTypeError: for what is not a key.
    """
    node = p.Variable()(key_node("clone", key))
    renew(node)
    return Array(node)


def key_data(keys: Any) -> Array:
    """The words of keys, which are those keys: u32[...,2] -> u32[...,2].

    Raises:
        LazyaxTypeError: for what are not keys.
    """
    return _keys("key_data", keys)


def wrap_key_data(key_bits_array: Any, *, impl: str | None = None) -> Array:
    """Keys of their words, which they are: u32[...,2] -> u32[...,2].

    Raises:
        LazyaxTypeError: for what are not two words each, and another ``impl`` than threefry2x32.
    """
    if impl not in (None, IMPLEMENTATION):
        raise LazyaxTypeError(f"wrap_key_data: impl is {IMPLEMENTATION!r}, got {impl!r}")
    return _keys("wrap_key_data", key_bits_array)


def key_impl(keys: Any) -> str:
    """The name of the generator of keys.

    >>> from lazyax import random
    >>> random.key_impl(random.PRNGKey(0))
    'threefry2x32'

    Raises:
        LazyaxTypeError: for what are not keys.
    """
    _keys("key_impl", keys)
    return IMPLEMENTATION


def _keys(function: str, keys: Any) -> Array:
    node = operand(keys, function)
    aval = aval_of_value(node)
    if not isinstance(node, Node) or aval.dtype != WORD or aval.shape[-1:] != (2,):
        raise LazyaxTypeError(f"{function}: needs keys u32[...,2], got {aval}")
    return Array(node)


@uses_key
def bits(key: Node, shape: Shape = (), dtype: Any = numpy.uint32) -> Node:
    """Random unsigned integers, each as likely as any other.

    >>> from lazyax import random
    >>> print(random.bits(random.PRNGKey(0), (3,)))
    [4146024105 1351547692 2718843009]

    Raises:
        LazyaxTypeError: for what is not a key, a shape, or an unsigned integer dtype.
    """
    found = as_dtype("bits", dtype)
    if found.kind != "u":
        raise wrong_dtype("bits", "an unsigned integer", found)
    return bits_node(key, as_shape("bits", shape), found.itemsize * 8)


def bits_node(key: Node, shape: tuple[int, ...], width: int) -> Node:
    """Random bits in the layout that the configuration asks for now."""
    return p.RandomBits(shape, width, config.threefry_layout)(key)


def split_node(key: Node, shape: tuple[int, ...]) -> Node:
    """Keys along a new last axis of length 2."""
    if config.threefry_layout == "original":
        return bits_node(key, (*shape, 2), 32)
    return _stack_words(bits_node(key, shape, 64))


def fold_node(key: Node, number: Node) -> Node:
    """The key of a key and a number u32[]."""
    return p.FoldIn()(key, number)


def split_pair(key: Node) -> tuple[Node, Node]:
    """Two keys of a key."""
    pair = split_node(key, (2,))
    first = p.Slice((0, 0), (1, 2), (1, 1))(pair)
    second = p.Slice((1, 0), (2, 2), (1, 1))(pair)
    return p.Reshape((2,))(first), p.Reshape((2,))(second)


def _stack_words(x: Node) -> Node:
    """An unsigned integer's high and low 32 bits, along a new last axis."""
    shape = (*x.aval.shape, 1)
    high = convert(p.ShiftRightLogical()(x, x.like(32)), WORD)
    return p.Concatenate(len(shape) - 1)(p.Reshape(shape)(high), p.Reshape(shape)(convert(x, WORD)))


def wrong_dtype(function: str, needed: str, dtype: numpy.dtype) -> LazyaxTypeError:
    """The error of a dtype that a function does not draw."""
    return LazyaxTypeError(f"{function}: needs {needed} dtype, got {short_name(dtype)}")

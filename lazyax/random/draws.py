"""What every public function that takes a key has in common."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

from lazyax.array import Array
from lazyax.errors import LazyaxTypeError
from lazyax.graph.aval import aval_of
from lazyax.graph.node import Node
from lazyax.ops.numpy.promotion import aval_of_value, operand
from lazyax.ops.primitives.leaves import running
from lazyax.ops.primitives.random_bits import WORD
from lazyax.transforms.key_linearity import consume
from lazyax.transforms.split_keys import missing_key, streams

KEY = aval_of((2,), WORD)

KEYLESS = ("seed", "trace")
"""Transforms of functions in which draws may be written without a key."""


def uses_key(draw: Callable[..., Node]) -> Callable[..., Array]:
    """A public function of a function from the node of a key, and more, to a node.

    It checks the key, or finds one where none is given, and notes that the key is used up once
    the rest has been found to be right.
    """
    name = draw.__name__

    @functools.wraps(draw)
    def drawn(key: Any = None, *arguments: Any, **keywords: Any) -> Array:
        if key is None:
            return Array(draw(_found_key(name), *arguments, **keywords))
        node = key_node(name, key)
        result = draw(node, *arguments, **keywords)
        consume(node, name)
        return Array(result)

    drawn.__annotations__ = {**draw.__annotations__, "key": "Any", "return": "Array"}
    return drawn


def key_node(function: str, key: Any) -> Node:
    """The node of a key.

    Raises:
        LazyaxTypeError: if it is not one.
    """
    node = operand(key, function)
    if isinstance(node, Node) and node.aval is KEY:
        return node
    raise LazyaxTypeError(
        f"{function}: needs a key {KEY}, as PRNGKey, split and fold_in make them, got "
        f"{aval_of_value(node)}; map over several keys with lazyax.vmap"
    )


def _found_key(function: str) -> Node:
    """A key for a draw that was written without one.

    Raises:
        LazyaxTypeError: where nothing will give it one.
    """
    if streams.innermost is None and all(t.transform not in KEYLESS for t in running.traces):
        raise LazyaxTypeError(
            f"{function}: got no key; give one, {function}(key, ...), or draw without one in a "
            "function that random.seed runs, or inside `with random.stream(key):`"
        )
    return missing_key()

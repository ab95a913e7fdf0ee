"""Draws without keys: which are given to them by their place in the graph, or one after another."""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Callable, Iterator
from typing import Any

from lazyax import tree
from lazyax.array import Array, as_node
from lazyax.errors import LazyaxTypeError
from lazyax.graph.node import Node
from lazyax.ops.primitives.leaves import Trace, scalar_leaf, tracing
from lazyax.ops.primitives.random_bits import WORD
from lazyax.random.draws import key_node
from lazyax.random.keys import fold_node, split_node
from lazyax.transforms.key_linearity import consume
from lazyax.transforms.split_keys import GiveKey, Stream, split_keys, streams


def seed(function: Callable) -> Callable:
    """A function of a key, and of the arguments of ``function``, whose draws need no keys.

    Each draw in it that is written without a key gets ``key`` folded with its place in the graph
    of the results: the same graph gives the same numbers, in whatever order Python ran. Inside
    ``vmap``, each lane draws its own. A `lazyax.Graph` can be seeded too.

    >>> import lazyax as lx
    >>> from lazyax import random
    >>> def noisy(x):
    ...     return x + random.normal(shape=(2,)), random.uniform()
    >>> x, y = random.seed(noisy)(random.PRNGKey(0), lx.numpy.zeros(2))
    >>> x.shape, y.shape
    ((2,), ())

    Raises:
        LazyaxTypeError: from the function returned, for what is not a key.
        AbstractValueError: if the value of a draw is asked for before the function returned.
    """
    name = getattr(function, "__name__", None) or type(function).__name__

    @functools.wraps(function, updated=())
    def seeded(key: Any, *arguments: Any, **keywords: Any) -> Any:
        root = key_node("seed", key)
        consume(root, "seed")
        with tracing(Trace("seed", name)):
            leaves, structure = tree.flatten(function(*arguments, **keywords))
        found = [(leaf, as_node(leaf)) for leaf in leaves]
        kinds = sorted({type(leaf).__name__ for leaf, node in found if node is None})
        if kinds:
            raise LazyaxTypeError(
                f"seed: a result of {name} is of type {', '.join(kinds)}, which is not an array, "
                "a number or a pytree of them"
            )
        nodes = [node for _, node in found if node is not None]
        seeded_nodes = split_keys(nodes, keys_of(root))
        return tree.unflatten(structure, [Array(node) for node in seeded_nodes])

    return seeded


@contextlib.contextmanager
def stream(key: Any) -> Iterator[None]:
    """Inside the block draws need no keys: the nth of them gets ``key`` folded with n.

    So they depend on the order of the calls; values can be looked at as they come. The block
    counts for the thread that entered it. See `seed` for draws that do not depend on the order.

    >>> from lazyax import random
    >>> with random.stream(random.PRNGKey(0)):
    ...     x, y = random.uniform(), random.uniform()
    >>> print(x == y)
    False

    Raises:
        LazyaxTypeError: for what is not a key.
    """
    root = key_node("stream", key)
    consume(root, "stream")
    before = streams.innermost
    streams.innermost = Stream(keys_of(root))
    try:
        yield
    finally:
        streams.innermost = before


def keys_of(root: Node) -> GiveKey:
    """A key, or keys of lanes, by number."""

    def give(number: int, lanes: tuple[int, ...]) -> Node:
        key = fold_node(root, scalar_leaf(number, WORD, False))
        return split_node(key, lanes) if lanes else key

    return give

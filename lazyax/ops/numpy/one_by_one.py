"""Functions of elements that look at values: called once for each, as NumPy calls them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from lazyax.array import Array, materialize
from lazyax.errors import AbstractValueError, LazyaxIndexError
from lazyax.graph.node import Node
from lazyax.ops.numpy.promotion import operand, promote
from lazyax.ops.primitives.shape import Concatenate, reshape

LOOKS_AT_VALUES = (AbstractValueError, LazyaxIndexError)
"""What a function raises that is called once for all elements, and asks one for its value."""


def one_by_one(
    name: str, function: Callable[..., Any], rows: Sequence[Node], which: Sequence[bool], count: int
) -> list[Node]:
    """The results of a function of each of ``count`` elements, stacked.

    Args:
        name: of the caller, for messages.
        function: from Arrays to an array-like, or a tuple of them.
        rows: its arguments.
        which: those that have an element for each call, along axis 0.
        count: how many calls there are.

    Raises:
        AbstractValueError: while a function is traced: then nothing has a value.
    """
    arrays = [Array(row) for row in rows]
    materialize(arrays)
    results = []
    for place in range(count):
        own = [x[place] if varies else x for x, varies in zip(arrays, which, strict=True)]
        results.append(function(*own))
    several = isinstance(results[0], tuple)
    columns = zip(*results, strict=True) if several else [results]
    return [_stacked(name, column) for column in columns]


def _stacked(name: str, column: Sequence[Any]) -> Node:
    parts = promote([operand(one, name) for one in column])
    return Concatenate(0)(*[reshape(part, (1, *part.aval.shape)) for part in parts])

"""Parameters of distributions: their dtypes, and how they fit the shape that is asked for."""

from __future__ import annotations

import math
from typing import Any

import numpy

from lazyax.errors import LazyaxTypeError
from lazyax.graph.aval import is_inexact
from lazyax.graph.node import Node
from lazyax.ops.numpy.conventions import as_dtype, as_shape
from lazyax.ops.numpy.promotion import (
    aval_of_value,
    broadcast_shapes,
    broadcast_to,
    convert,
    operand,
)
from lazyax.random.keys import wrong_dtype


def real_dtype(function: str, dtype: Any) -> numpy.dtype:
    """A real floating dtype.

    Raises:
        LazyaxTypeError: for any other.
    """
    found = as_dtype(function, dtype)
    if not is_inexact(found) or found.kind == "c":
        raise wrong_dtype(function, "a real floating", found)
    return found


def require_positive(function: str, name: str, value: Any, most: float = math.inf) -> None:
    """Raise if a parameter that is a number is not positive, or is more than ``most``.

    Raises:
        LazyaxTypeError: naming it. Arrays are not looked at.
    """
    if isinstance(value, (int, float, numpy.number)) and not 0 < value <= most:
        limit = "positive" if most == math.inf else f"more than 0 and at most {most}"
        raise LazyaxTypeError(f"{function}: {name} needs to be {limit}, got {value}")


def parameter(function: str, name: str, value: Any, dtype: numpy.dtype) -> Node:
    """A real parameter as a node of ``dtype``, in its own shape.

    Raises:
        LazyaxTypeError: if it is complex.
    """
    given = operand(value, function)
    if aval_of_value(given).dtype.kind == "c":
        raise LazyaxTypeError(f"{function}: {name} needs to be real, got {aval_of_value(given)}")
    return convert(given, dtype)


def fit(function: str, name: str, node: Node, shape: tuple[int, ...]) -> Node:
    """A parameter broadcast to the shape of the result.

    Raises:
        LazyaxTypeError: if it does not broadcast to it.
    """
    require_broadcasts(function, f"{name} {node.aval}", node.aval.shape, shape)
    return broadcast_to(node, shape)


def require_broadcasts(
    function: str, what: str, own: tuple[int, ...], shape: tuple[int, ...]
) -> None:
    """Raise unless ``what``, of shape ``own``, broadcasts to ``shape``.

    Raises:
        LazyaxTypeError: naming both.
    """
    aligned = zip(reversed(own), reversed(shape), strict=False)
    if len(own) > len(shape) or any(length not in (1, wanted) for length, wanted in aligned):
        raise LazyaxTypeError(
            f"{function}: {what} does not broadcast to the shape {shape} asked for"
        )


def fitted(
    function: str, shape: Any, dtype: Any, positive: Any = None, **values: Any
) -> tuple[list[Node], tuple[int, ...], numpy.dtype]:
    """Parameters broadcast to the shape, that shape, and the dtype.

    Args:
        function: for messages.
        shape: that was asked for; None takes the one that the parameters broadcast to.
        dtype: of the result.
        positive: names of those that need to be; None for all.
        values: by name.
    """
    found = real_dtype(function, dtype)
    for name, value in values.items():
        if positive is None or name in positive:
            require_positive(function, name, value)
    given = {name: parameter(function, name, value, found) for name, value in values.items()}
    own = list(given.values())
    lengths = broadcast_shapes(function, own) if shape is None else as_shape(function, shape)
    return [fit(function, name, node, lengths) for name, node in given.items()], lengths, found

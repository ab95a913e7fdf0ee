"""Parameters of distributions: their dtypes, and how they fit the shape that is asked for."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable
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


def known(value: Any) -> numpy.ndarray | None:
    """The numbers of an argument, where that takes no look: Python's, NumPy's, and lists of them.

    None for lazy arrays, whether or not their values are there, and for what is not real numbers.
    """
    left = [value]
    while left:
        part = left.pop()
        if isinstance(part, (list, tuple)):
            left.extend(part)
        elif not isinstance(part, (int, float, numpy.number, numpy.ndarray)):
            return None
    try:
        found = numpy.asarray(value)
    except ValueError:  # ragged: refused as an array, in its own words
        return None
    return found if found.dtype.kind in "biuf" else None


def require_all(
    function: str, name: str, value: Any, holds: Callable[[numpy.ndarray], Any], needs: str
) -> None:
    """Raise unless all numbers of a parameter, if they are known, are in its range.

    Args:
        function: for the message.
        name: of the parameter.
        value: of it.
        holds: whether numbers are right, each for itself.
        needs: what it takes, for the message.

    Raises:
        LazyaxTypeError: naming the first number that is wrong. Lazy arrays are not looked at.
    """
    numbers = known(value)
    if numbers is None:
        return
    right = numpy.asarray(holds(numbers))
    if not right.all():
        place = numpy.unravel_index(int(numpy.argmin(right)), right.shape)
        raise LazyaxTypeError(f"{function}: {name} needs to be {needs}, got {_at(numbers, place)}")


def require_positive(function: str, name: str, value: Any, most: float = math.inf) -> None:
    """`require_all`, of more than 0 and at most ``most``."""
    limit = "positive" if most == math.inf else f"more than 0 and at most {most}"
    require_all(function, name, value, lambda x: (x > 0) & (x <= most), limit)


def require_chance(function: str, name: str, value: Any) -> None:
    """`require_all`, of probabilities."""
    require_all(function, name, value, lambda x: (x >= 0) & (x <= 1), "between 0 and 1")


def require_not_negative(function: str, name: str, value: Any) -> None:
    """`require_all`, of 0 and more. NaN passes."""
    require_all(function, name, value, lambda x: ~(x < 0), "0 or more")


def require_order(function: str, strictly: bool = False, **bounds: Any) -> None:
    """Raise unless bounds, of which two neighbours are known, are in the order that they come in.

    Raises:
        LazyaxTypeError: naming the first two numbers that are not. Lazy arrays are not looked at.
    """
    given = [(name, known(value)) for name, value in bounds.items()]
    for (lower, low), (upper, high) in itertools.pairwise(given):
        if low is None or high is None:
            continue
        try:
            low, high = numpy.broadcast_arrays(low, high)
        except ValueError:  # refused as shapes that do not broadcast
            continue
        wrong = low >= high if strictly else low > high
        if wrong.any():
            place = numpy.unravel_index(int(numpy.argmax(wrong)), wrong.shape)
            needs = f"less than {upper}" if strictly else f"at most {upper}"
            raise LazyaxTypeError(
                f"{function}: {lower} needs to be {needs}, got {_at(low, place)} and "
                f"{_at(high, place)}"
            )


def _at(numbers: numpy.ndarray, place: tuple) -> str:
    """One of some numbers, and where it is."""
    where = f" at {list(map(int, place))}" if place else ""
    return f"{numbers[place].item()}{where}"


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

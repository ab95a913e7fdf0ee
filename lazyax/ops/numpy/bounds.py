"""Indices that are only known at run time."""

from __future__ import annotations

import math
from typing import Any

import numpy

from lazyax.array import Array, value_of
from lazyax.errors import AbstractValueError, LazyaxIndexError, LazyaxTypeError
from lazyax.graph.node import Node
from lazyax.ops import primitives as p
from lazyax.ops.numpy.promotion import convert

INT32, INT64 = numpy.dtype("i4"), numpy.dtype("i8")


def index_dtype(length: int, dtype: numpy.dtype = INT32) -> numpy.dtype:
    """The dtype to count positions of an axis in: int32, unless it or the given dtype is longer."""
    narrow = length < 2**31 and (dtype.itemsize < 4 or dtype == INT32)
    return INT32 if narrow else INT64


def position(index: Node, length: int) -> Node:
    """Indices counted from the first element: negative ones count from the end."""
    kind = index.aval.dtype.kind
    index = convert(index, index_dtype(length, index.aval.dtype))
    if kind == "u":
        return index
    return p.Select()(p.Less()(index, index.like(0)), index + length, index)


def known_value(node: Node, asked: str) -> numpy.ndarray:
    """The value of a node that decides a shape, computed now.

    Raises:
        AbstractValueError: if it depends on an argument that is being traced.
    """
    return value_of(Array(node), asked)


def deciding_value(function: str, node: Node, remedy: str) -> numpy.ndarray:
    """`known_value`, with an error that says what to do while a function is traced.

    Raises:
        AbstractValueError: if a function is being traced.
    """
    try:
        return known_value(node, function)
    except AbstractValueError as error:
        raise AbstractValueError(
            f"{function}: the shape of the result depends on values of {node.aval}, which do not "
            f"exist while a function is traced; {remedy}"
        ) from error


def lazy_span_bounds(start: Any, stop: Any, step: Any, length: int) -> tuple[Any, Any, Any]:
    """``(low, count, step)`` with a node ``low``, or else ``(start, stop, step)`` as integers.

    The first where start and stop are one expression plus constants, so that the number of
    elements is static: ``x[i : i + 4]``. Such a block is moved to fit the axis, as
    ``lax.dynamic_slice`` does. Other bounds are computed now.

    Raises:
        LazyaxIndexError: for other bounds while a function is traced.
    """
    step = _integer(step)
    span = _symbolic_span(start, stop, 1 if step is None else step, length)
    return span or (_integer(start), _integer(stop), step)


def _symbolic_span(start: Any, stop: Any, step: int, length: int) -> tuple | None:
    if not (isinstance(start, Array) and isinstance(stop, Array) and step):
        return None
    for bound in (start, stop):
        _require_index(bound)
    base, start_offset = _as_sum(start._node)
    other, stop_offset = _as_sum(stop._node)
    count = max(math.ceil((stop_offset - start_offset) / step), 0)
    if base is not other or not 0 < (count - 1) * abs(step) + 1 <= length:
        return None
    low = position(start._node, length)
    return low + (count - 1) * step if step < 0 else low, count, step


def _require_index(bound: Array) -> None:
    if bound.ndim or bound.dtype.kind not in "iu":
        raise LazyaxTypeError(f"index: a bound of a slice is a 0-d integer, got {bound.aval}")


def _integer(bound: Any) -> Any:
    """A bound of a slice, computed now if it is lazy."""
    if not isinstance(bound, Array):
        return bound
    _require_index(bound)
    try:
        return int(known_value(bound._node, "a bound of a slice"))
    except AbstractValueError as error:
        raise LazyaxIndexError(
            "index: the bounds of a slice decide its length, and these are not known while a "
            "function is traced; write x[i : i + length] with an int length, or use "
            "lax.dynamic_slice"
        ) from error


def _as_sum(node: Node) -> tuple[Node, int]:
    """A 0-d integer node as another node plus a constant."""
    constant = 0
    while True:
        op = node.op
        if isinstance(op, (p.Add, p.Subtract)):
            number = _constant(node.operands[1])
            if number is not None:
                constant += number if isinstance(op, p.Add) else -number
                node = node.operands[0]
                continue
            number = _constant(node.operands[0]) if isinstance(op, p.Add) else None
            if number is None:
                return node, constant
            constant += number
            node = node.operands[1]
        elif op.transparent or (isinstance(op, p.Convert) and _is_integer(node.operands[0])):
            node = node.operands[0]
        else:
            return node, constant


def _is_integer(node: Node) -> bool:
    return node.aval.dtype.kind in "iu"


def _constant(node: Node) -> int | None:
    """The number that a node is, if it is a Python number in the user's program."""
    if isinstance(node.op, p.Convert):
        (node,) = node.operands
    if isinstance(node.op, p.Scalar) and _is_integer(node):
        return int(node.value)
    if isinstance(node.op, p.Full) and _is_integer(node):
        return int(node.op.value)
    return None

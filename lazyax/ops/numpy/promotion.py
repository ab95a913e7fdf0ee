"""Dtypes and shapes that meet: the one place that promotes and broadcasts.

The dtypes of two arrays meet in the least upper bound of jax's published lattice
(https://docs.jax.dev/en/latest/type_promotion.html): int32 and float32 give float32, which
keeps accelerators out of float64. Python numbers are weak: they take the dtype of the array.
"""

from __future__ import annotations

import array
import functools
import itertools
from collections.abc import Sequence
from typing import Any

import ml_dtypes
import numpy

from lazyax.array import PYTHON_NUMBERS, Array, array_node, as_node, fitting
from lazyax.config import config, default_dtype
from lazyax.errors import LazyaxTypeError
from lazyax.graph.aval import EXTENDED, Aval, aval_of, is_inexact, short_name
from lazyax.graph.node import Node
from lazyax.graph.origin import describe
from lazyax.ops.primitives.leaves import SCALAR, scalar_leaf
from lazyax.ops.primitives.select import Convert
from lazyax.ops.primitives.shape import Broadcast, Concatenate, Reshape

FLOAT8 = tuple(dtype.name for dtype in EXTENDED if dtype.itemsize == 1)

# Each dtype yields to those on the right. int, float and complex are the weak Python numbers.
LATTICE: dict[Any, tuple] = {
    "bool": (int,),
    int: ("uint8", "int8"),
    "uint8": ("int16", "uint16"),
    "uint16": ("int32", "uint32"),
    "uint32": ("int64", "uint64"),
    "uint64": (float,),
    "int8": ("int16",),
    "int16": ("int32",),
    "int32": ("int64",),
    "int64": (float,),
    float: (*FLOAT8, "bfloat16", "float16", complex),
    **dict.fromkeys(FLOAT8, ()),
    "bfloat16": ("float32",),
    "float16": ("float32",),
    "float32": ("float64", "complex64"),
    "float64": ("complex128",),
    complex: ("complex64",),
    "complex64": ("complex128",),
    "complex128": (),
}


def _reachable() -> dict[Any, set]:
    above: dict[Any, set] = {}
    for name in reversed(list(LATTICE)):
        above[name] = {name}
    changed = True
    while changed:
        changed = False
        for name, next_names in LATTICE.items():
            wider = above[name].union(*[above[n] for n in next_names])
            changed = changed or wider != above[name]
            above[name] = wider
    return above


ABOVE = _reachable()


def _place(dtype: numpy.dtype, weak: bool) -> Any:
    """Where in the lattice a dtype is."""
    if not weak or dtype.kind == "b":
        return dtype.name
    return {"i": int, "u": int, "c": complex}.get(dtype.kind, float)


@functools.lru_cache(maxsize=4096)
def _join(places: frozenset) -> Any:
    """The least upper bound."""
    common = set.intersection(*[ABOVE[place] for place in places])
    least = [place for place in common if all(other in ABOVE[place] for other in common)]
    return least[0] if least else None


def join_dtypes(avals: Sequence[Aval]) -> tuple[numpy.dtype, bool]:
    """The dtype that arrays meet in, and whether it is weak.

    Raises:
        LazyaxTypeError: for float8 kinds and others that have no common dtype.
    """
    place = _join(frozenset(_place(aval.dtype, aval.weak_type) for aval in avals))
    if place is None:
        raise LazyaxTypeError(
            f"no common dtype for {' and '.join(short_name(aval.dtype) for aval in avals)}; "
            "use astype"
        )
    if isinstance(place, str):
        dtype = numpy.dtype(getattr(ml_dtypes, place, place))
        return dtype, all(aval.weak_type for aval in avals)
    weak = [aval.dtype for aval in avals if _place(aval.dtype, aval.weak_type) is place]
    return (weak[0] if weak else default_dtype(place)), True


@functools.lru_cache(maxsize=4096)
def _weak_aval(kind: type, bits: int) -> Aval:
    return aval_of((), default_dtype(kind), kind is not bool)


def aval_of_value(value: Any) -> Aval:
    """The aval of a node, or the weak one of a Python number."""
    if isinstance(value, Node):
        return value.aval
    return _weak_aval(type(value), config.default_dtype_bits)


@functools.lru_cache(maxsize=16384)
def _meeting(avals: tuple[Aval, ...], domain: str, bits: int) -> tuple[numpy.dtype, bool]:
    dtype, weak = join_dtypes(avals)
    if domain == "inexact" and not is_inexact(dtype):
        return default_dtype(float), weak
    if domain == "numeric" and dtype.kind == "b":
        return default_dtype(int), weak
    return dtype, weak


def operand(value: Any, function: str) -> Node | complex:
    """A node, or a Python number left as it is, from anything that NumPy takes as an array.

    Raises:
        LazyaxTypeError: for what is not array-like.
    """
    if type(value) is Array:
        return value._node
    if type(value) in PYTHON_NUMBERS:
        return value
    node = as_node(value)
    if node is not None:
        return node
    if isinstance(value, (list, tuple)):
        return sequence_node(value, function)
    if isinstance(value, (memoryview, bytearray, array.array)):
        return array_node(numpy.asarray(value))
    if isinstance(value, Sequence) and not isinstance(value, (str, bytes)):
        return sequence_node(list(value), function)
    raise LazyaxTypeError(
        f"{function}: needs an array, a number or a nested list of them, got {type(value).__name__}"
    )


def sequence_node(value: list | tuple, function: str) -> Node:
    """The node of a nested list: one leaf where all elements are Python numbers, else a stack.

    Raises:
        LazyaxTypeError: for ragged lists and elements that are not array-like.
    """
    numbers = _plain_numbers(value)
    if numbers is not None:
        kind = {"b": bool, "i": int, "u": int, "f": float, "c": complex}.get(numbers.dtype.kind)
        if kind is not None:
            dtype = default_dtype(kind)
            if kind is int and numbers.size:
                fitting(int(numbers.min()), dtype)
                fitting(int(numbers.max()), dtype)
            return array_node(numbers.astype(dtype))
    parts = promote([operand(part, function) for part in value])
    shapes = {part.aval.shape for part in parts}
    if len(shapes) > 1:
        raise LazyaxTypeError(
            f"{function}: the elements of a nested list need one shape, got "
            f"{', '.join(str(part.aval) for part in parts)}"
        )
    shape = parts[0].aval.shape
    return Concatenate(0)(*[Reshape((1, *shape))(part) for part in parts])


def _plain_numbers(value: list | tuple) -> numpy.ndarray | None:
    """A nested list of Python numbers alone as a NumPy array; None for any other list."""
    pending = [value]
    while pending:
        element = pending.pop()
        if type(element) in (list, tuple):
            pending.extend(element)
        elif type(element) not in PYTHON_NUMBERS:
            return None
    try:
        return numpy.asarray(value)
    except ValueError:
        return None


UNCHANGED = {"any": "biufcV", "numeric": "iufcV", "inexact": "fcV"}
"""By domain: kinds of dtype that `promote` leaves alone; "V" is bfloat16 and float8."""


def promote(values: Sequence[Node | complex], domain: str = "any") -> list[Node]:
    """Nodes of the one dtype in which ``values`` meet.

    Args:
        values: nodes and Python numbers.
        domain: ``any``; ``numeric`` makes bools integers; ``inexact`` makes integers floating.
    """
    avals = tuple([aval_of_value(value) for value in values])
    dtype, weak = _meeting(avals, domain, config.default_dtype_bits)
    return [convert(value, dtype, weak) for value in values]


def convert(value: Node | complex, dtype: numpy.dtype, weak: bool = False) -> Node:
    """``value`` as a node of a dtype; a node of that dtype is left alone."""
    if not isinstance(value, Node):
        return scalar_leaf(fitting(value, dtype), dtype, weak)
    aval = value.aval
    if aval.dtype is dtype or aval.dtype == dtype:
        if aval.weak_type and not weak:
            return Convert(dtype, False)(value)
        return value
    return Convert(dtype, weak)(value)


def broadcast_shapes(function: str, nodes: Sequence[Node]) -> tuple[int, ...]:
    """The shape that arrays broadcast to, by NumPy's rule.

    Raises:
        LazyaxTypeError: naming the arrays and the lines that made them.
    """
    try:
        return _broadcast_shapes(tuple([node.aval.shape for node in nodes]))
    except ValueError:
        made = "; ".join(
            f"{node.aval} made at {describe(node.origin)}" for node in nodes if node.aval.ndim
        )
        raise LazyaxTypeError(
            f"{function}: shapes {' and '.join(str(node.aval.shape) for node in nodes)} do not "
            f"broadcast: counted from the last axis, lengths must be equal or 1. {made}"
        ) from None


@functools.lru_cache(maxsize=16384)
def _broadcast_shapes(shapes: tuple[tuple[int, ...], ...]) -> tuple[int, ...]:
    result = []
    for lengths in itertools.zip_longest(*[reversed(shape) for shape in shapes], fillvalue=1):
        wide = {length for length in lengths if length != 1}
        if len(wide) > 1:
            raise ValueError
        result.append(wide.pop() if wide else 1)
    return tuple(reversed(result))


@functools.lru_cache(maxsize=16384)
def _broadcast_op(ndim: int, shape: tuple[int, ...]) -> Broadcast:
    return Broadcast(shape, tuple(range(len(shape) - ndim, len(shape))))


def broadcast_to(node: Node, shape: tuple[int, ...]) -> Node:
    """``node`` broadcast to ``shape``, its axes aligned to the last; itself if it has it."""
    if node.aval.shape == shape:
        return node
    return _broadcast_op(node.aval.ndim, shape)(node)


@functools.lru_cache(maxsize=4096)
def _beside(aval: Aval) -> Aval:
    """The aval of a Python number beside an array."""
    return aval_of(aval.shape, aval.dtype, True)


def number_beside(number: float, aval: Aval) -> Node:
    """A Python number as a run-time parameter of an array's shape and dtype."""
    return Node(SCALAR, (), _beside(aval), None, number)


@functools.lru_cache(maxsize=16384)
def spreading(x: Aval, y: Aval) -> tuple[Broadcast | None, Broadcast | None] | None:
    """What broadcasts each of two arrays to their shape, None for one that has it.

    None for arrays of several dtypes, weak ones, and those that do not broadcast.
    """
    if x.dtype is not y.dtype or x.weak_type or y.weak_type:
        return None
    try:
        shape = _broadcast_shapes((x.shape, y.shape))
    except ValueError:
        return None
    ops = [None if aval.shape == shape else _broadcast_op(aval.ndim, shape) for aval in (x, y)]
    return (ops[0], ops[1])


def broadcast(function: str, nodes: Sequence[Node]) -> list[Node]:
    """Nodes of the one shape that they broadcast to.

    Raises:
        LazyaxTypeError: if there is none.
    """
    first = nodes[0].aval.shape
    if all(node.aval.shape == first for node in nodes):
        return list(nodes)
    shape = broadcast_shapes(function, nodes)
    return [broadcast_to(node, shape) for node in nodes]


def operands(function: str, *values: Any, domain: str = "any") -> list[Node]:
    """What every elementwise function does first: promote and broadcast its arguments.

    Raises:
        LazyaxTypeError: for what is not array-like, or does not fit together.
    """
    return broadcast(function, promote([operand(value, function) for value in values], domain))

"""Methods of elementwise functions: ``np.add.at``, ``np.maximum.accumulate`` and their like.

Where a function of NumPy's does the same, that is the method; the others are made here of the
function itself: halves are combined where the order does not matter, else one after another.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from typing import Any

import numpy

from lazyax import tree
from lazyax.array import Array, value_of
from lazyax.errors import LazyaxTypeError
from lazyax.graph.node import Node
from lazyax.ops import primitives as p
from lazyax.ops.numpy.bounds import deciding_value
from lazyax.ops.numpy.conventions import as_axes, as_axis, as_operand, delivered, keep_axes
from lazyax.ops.numpy.cumulative import accumulate
from lazyax.ops.numpy.joining import concatenate
from lazyax.ops.numpy.promotion import broadcast, broadcast_to, convert
from lazyax.ops.numpy.rearranging import cut
from lazyax.ops.numpy.reductions import truth
from lazyax.ops.primitives.shape import reshape

REDUCE = {
    "add": "sum",
    "multiply": "prod",
    "maximum": "max",
    "minimum": "min",
    "logical_and": "all",
    "logical_or": "any",
}
"""What ``<function>.reduce`` is."""

ACCUMULATE = {"add": "cumsum", "multiply": "cumprod"}
"""What ``<function>.accumulate`` is."""

RUNNING = {"maximum": p.CumMax, "minimum": p.CumMin}
"""The primitive that accumulates, where no function of NumPy's does."""

AT = {
    "add": "add",
    "subtract": "subtract",
    "multiply": "multiply",
    "divide": "divide",
    "power": "power",
    "maximum": "max",
    "minimum": "min",
}
"""The method of ``x.at[index]`` that ``<function>.at`` is."""

IN_ANY_ORDER = frozenset(
    [
        *("add", "multiply", "maximum", "minimum", "fmax", "fmin", "gcd", "lcm", "hypot"),
        *("logical_and", "logical_or", "logical_xor", "bitwise_and", "bitwise_or", "bitwise_xor"),
        *("logaddexp", "logaddexp2"),
    ]
)
"""Functions of which halves can be combined."""


def outer(function: Callable, x: Any, y: Any, **kwargs: Any) -> Any:
    """An elementwise function of all pairs of elements. f32[2], f32[3,4] -> f32[2,3,4]."""
    first, second = as_operand("outer", x), as_operand("outer", y)
    spread = reshape(first, first.aval.shape + (1,) * second.aval.ndim)
    return function(Array(spread), Array(second), **kwargs)


def _along_first(reduction: Callable) -> Callable:
    """A reduction as a method of a ufunc: along axis 0 unless another is given."""

    def method(array: Any, axis: Any = 0, **kwargs: Any) -> Any:
        return reduction(array, axis=axis, **kwargs)

    return method


def _operand(name: str, array: Any, dtype: Any) -> Node:
    x = as_operand(name, array)
    return x if dtype is None else Array(x).astype(dtype)._node


def _reduce(
    function: Callable, array: Any, axis: Any = 0, dtype: Any = None, out: Any = None,
    keepdims: bool = False, initial: Any = None, where: Any = True,
) -> Array:  # fmt: skip
    """The elements along ``axis``, combined by the function; along several one after another.

    Raises:
        LazyaxTypeError: for a bad axis, and for nothing to combine without ``initial``.
    """
    name = f"{function.__name__}.reduce"
    x = _operand(name, array, dtype)
    aval, axes = x.aval, as_axes(name, axis, x.aval)
    start = getattr(numpy, function.__name__).identity if initial is None else initial
    if where is not True:
        _require_start(name, x, start, "where= leaves elements out")
        mask, x = broadcast(name, [truth(as_operand(name, where)), x])
        filling = convert(as_operand(name, start), x.aval.dtype)
        x = p.Select()(mask, x, broadcast_to(filling, x.aval.shape))
    for one in sorted(axes, reverse=True):
        if not x.aval.shape[one]:
            _require_start(name, x, start, f"there is nothing along axis {one}")
        x = _folded(function, x, one, start)
    if initial is not None:
        x = function(initial, Array(x))._node
    return delivered(name, keep_axes(x, aval, axes, keepdims), out)


def _require_start(name: str, x: Node, start: Any, why: str) -> None:
    if start is None:
        raise LazyaxTypeError(f"{name}: {why} of {x.aval}, and it has no identity; give initial=")


def _folded(function: Callable, x: Node, axis: int, start: Any) -> Node:
    """``x`` without ``axis``."""
    length = x.aval.shape[axis]
    shape = x.aval.shape[:axis] + x.aval.shape[axis + 1 :]
    if not length:
        empty = function(Array(x), Array(x)).dtype
        return broadcast_to(convert(as_operand("reduce", start), empty), shape)
    if function.__name__ not in IN_ANY_ORDER:
        return _prefixes(function, x, axis)[-1]
    if length == 1:
        return _of_one(function, _part(x, axis, 0))
    while length > 1:
        half = length // 2
        low, high = (Array(cut(x, axis, at, at + half)) for at in (0, half))
        combined = function(low, high)
        rest = cut(x, axis, 2 * half, length)
        x = concatenate([combined, Array(rest)], axis)._node if length % 2 else combined._node
        length = x.aval.shape[axis]
    return _part(x, axis, 0)


def _part(x: Node, axis: int, place: int) -> Node:
    return reshape(cut(x, axis, place, place + 1), x.aval.shape[:axis] + x.aval.shape[axis + 1 :])


def _of_one(function: Callable, x: Node) -> Node:
    """What a single element is reduced to: combined with the identity, where there is one."""
    start = getattr(numpy, function.__name__).identity
    if start is not None:
        return function(start, Array(x))._node
    return convert(x, function(Array(x), Array(x)).dtype)


def _prefixes(function: Callable, x: Node, axis: int) -> list[Node]:
    """Of the first element, the first two, and so on, combined from the left."""
    found = [_of_one(function, _part(x, axis, 0))]
    for place in range(1, x.aval.shape[axis]):
        found.append(function(Array(found[-1]), Array(_part(x, axis, place)))._node)
    return found


def _accumulate(
    function: Callable, array: Any, axis: int = 0, dtype: Any = None, out: Any = None
) -> Array:
    """Every prefix along ``axis``, combined by the function."""
    name = f"{function.__name__}.accumulate"
    x = _operand(name, array, dtype)
    axis = as_axis(name, axis, x.aval)
    length = x.aval.shape[axis]
    if function.__name__ in IN_ANY_ORDER:
        reach = 1
        while reach < length:
            combined = function(
                Array(cut(x, axis, 0, length - reach)), Array(cut(x, axis, reach, length))
            )
            first = convert(cut(x, axis, 0, reach), combined.dtype)
            x, reach = concatenate([Array(first), combined], axis)._node, 2 * reach
    elif length:
        shape = (*x.aval.shape[:axis], 1, *x.aval.shape[axis + 1 :])
        parts = [Array(reshape(part, shape)) for part in _prefixes(function, x, axis)]
        x = concatenate(parts, axis)._node
    return delivered(name, x, out)


def _running(name: str, op: type, array: Any, axis: int = 0, dtype: Any = None, out: Any = None):
    """Every prefix along ``axis``, reduced."""
    x = _operand(f"{name}.accumulate", array, dtype)
    return delivered(f"{name}.accumulate", accumulate(f"{name}.accumulate", op, x, axis), out)


def _require_array(name: str, a: Any) -> None:
    """Raise unless ``a`` is a lazy array, whose handle can be pointed at the result."""
    if not isinstance(a, Array):
        raise LazyaxTypeError(
            f"{name}.at: changes its first argument, so that must be a lazyax array, got "
            f"{type(a).__name__}"
        )


def _at(name: str, method: str, a: Array, indices: Any, b: Any) -> None:
    """The function of ``a`` and ``b`` at ``indices``, one after another, written to ``a``."""
    _require_array(name, a)
    a._node = getattr(a.at[indices], method)(b)._node


def _at_in_rounds(function: Callable, a: Array, indices: Any, *b: Any) -> None:
    """The same by the function itself; an element that is named twice has its turn twice.

    The indices are read now.
    """
    name = function.__name__
    _require_array(name, a)
    known = tree.map(lambda i: value_of(i, f"{name}.at") if isinstance(i, Array) else i, indices)
    places = numpy.arange(a.size).reshape(a.shape)[known]
    flat = places.reshape(-1)
    others = [Array(broadcast_to(as_operand(name, one), places.shape)).reshape(-1) for one in b]
    turns = _turns(flat)
    line = a.reshape(-1)
    for turn in range(int(turns.max(initial=-1)) + 1):
        now = numpy.flatnonzero(turns == turn)
        line[flat[now]] = function(line[flat[now]], *[other[now] for other in others])
    a._node = reshape(line._node, a.shape)


def _turns(places: numpy.ndarray) -> numpy.ndarray:
    """For each place, how often it was there before."""
    order = numpy.argsort(places, kind="stable")
    ordered = places[order]
    firsts = numpy.searchsorted(ordered, ordered)
    turns = numpy.empty_like(order)
    turns[order] = numpy.arange(len(places)) - firsts
    return turns


def _reduceat(
    name: str, reduction: Callable, array: Any, indices: Any, axis: int = 0, dtype: Any = None,
    out: Any = None,
) -> Array:  # fmt: skip
    """Reductions of slices: the i-th from ``indices[i]`` to ``indices[i+1]``, which is read now.

    Raises:
        LazyaxTypeError: for an index or axis out of range.
    """
    x = _operand(name, array, dtype)
    axis = as_axis(f"{name}.reduceat", axis, x.aval)
    length = x.aval.shape[axis]
    starts = deciding_value(
        f"{name}.reduceat",
        as_operand(name, indices),
        "give the indices as a list, or sum by np.bincount or x.at[...].add",
    ).tolist()
    if any(not 0 <= start < length for start in starts):
        raise LazyaxTypeError(
            f"{name}.reduceat: the indices must be from 0 to {length - 1}, got {starts}"
        )
    parts = []
    for start, following in zip(starts, [*starts[1:], length], strict=True):
        stop = following if following > start else start + 1
        parts.append(reduction(Array(cut(x, axis, start, stop)), axis=axis, keepdims=True))
    return delivered(f"{name}.reduceat", concatenate(parts, axis)._node, out)


def install(functions: Mapping[str, Any]) -> None:
    """Give the functions in ``functions`` the methods and attributes that NumPy's ufuncs have."""
    for function in functions.values():
        theirs = getattr(numpy, getattr(function, "__name__", ""), None)
        if not isinstance(theirs, numpy.ufunc) or theirs.signature is not None:
            continue
        for attribute in ("nin", "nout", "nargs", "identity"):
            setattr(function, attribute, getattr(theirs, attribute))
        if theirs.nin == 2:
            function.outer = functools.partial(outer, function)
        if theirs.nout > 1:
            continue
        function.at = functools.partial(_at_in_rounds, function)
        if theirs.nin == 2:
            function.accumulate = functools.partial(_accumulate, function)
            function.reduce = functools.partial(_reduce, function)
            function.reduceat = functools.partial(
                _reduceat, function.__name__, functools.partial(_reduce, function)
            )
    for name, reduction in REDUCE.items():
        functions[name].reduce = _along_first(functions[reduction])
        functions[name].reduceat = functools.partial(_reduceat, name, functions[reduction])
    for name, running in ACCUMULATE.items():
        functions[name].accumulate = _along_first(functions[running])
    for name, op in RUNNING.items():
        functions[name].accumulate = functools.partial(_running, name, op)
    for name, method in AT.items():
        functions[name].at = functools.partial(_at, name, method)

"""Methods of elementwise functions: ``np.add.at``, ``np.maximum.accumulate`` and their like."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from typing import Any

import numpy

from lazyax.array import Array
from lazyax.errors import LazyaxTypeError
from lazyax.ops import primitives as p
from lazyax.ops.numpy.bounds import deciding_value
from lazyax.ops.numpy.conventions import as_axis, as_operand, refuse_out
from lazyax.ops.numpy.cumulative import accumulate
from lazyax.ops.numpy.joining import concatenate
from lazyax.ops.numpy.rearranging import cut
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


def _running(name: str, op: type, array: Any, axis: int = 0, dtype: Any = None, out: Any = None):
    """Every prefix along ``axis``, reduced."""
    refuse_out(f"{name}.accumulate", out)
    x = as_operand(name, array)
    x = x if dtype is None else Array(x).astype(dtype)._node
    return Array(accumulate(f"{name}.accumulate", op, x, axis))


def _at(name: str, method: str, a: Array, indices: Any, b: Any) -> None:
    """The function of ``a`` and ``b`` at ``indices``, one after another, written to ``a``.

    Raises:
        LazyaxTypeError: unless ``a`` is a lazy array, whose handle can be pointed at the result.
    """
    if not isinstance(a, Array):
        raise LazyaxTypeError(
            f"{name}.at: changes its first argument, so that must be a lazyax array, got "
            f"{type(a).__name__}"
        )
    a._node = getattr(a.at[indices], method)(b)._node


def _reduceat(
    name: str, reduction: Callable, array: Any, indices: Any, axis: int = 0, dtype: Any = None,
    out: Any = None,
) -> Array:  # fmt: skip
    """Reductions of slices: the i-th from ``indices[i]`` to ``indices[i+1]``, which is read now.

    Raises:
        LazyaxTypeError: for an index or axis out of range.
    """
    refuse_out(f"{name}.reduceat", out)
    x = as_operand(name, array)
    x = x if dtype is None else Array(x).astype(dtype)._node
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
    return concatenate(parts, axis)


def install(functions: Mapping[str, Any]) -> None:
    """Give the functions in ``functions`` the methods that NumPy's ufuncs have."""
    for name, reduction in REDUCE.items():
        function = functions[name]
        function.reduce = _along_first(functions[reduction])
        function.reduceat = functools.partial(_reduceat, name, functions[reduction])
    for name, running in ACCUMULATE.items():
        functions[name].accumulate = _along_first(functions[running])
    for name, op in RUNNING.items():
        functions[name].accumulate = functools.partial(_running, name, op)
    for name, method in AT.items():
        functions[name].at = functools.partial(_at, name, method)
    for name, function in functions.items():
        if getattr(getattr(numpy, name, None), "nin", 0) == 2:
            function.outer = functools.partial(outer, function)

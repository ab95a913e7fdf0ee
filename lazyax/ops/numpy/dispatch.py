"""NumPy's own functions called on lazy arrays: ``numpy.sin(x)`` stays lazy."""

from __future__ import annotations

import functools
import types
from collections.abc import Callable, Mapping
from typing import Any

import numpy

from lazyax import tree
from lazyax.array import Array
from lazyax.errors import LazyaxTypeError
from lazyax.ops.numpy.conventions import as_operand
from lazyax.ops.primitives.shape import reshape

REDUCE = {
    "add": "sum",
    "multiply": "prod",
    "maximum": "max",
    "minimum": "min",
    "logical_and": "all",
    "logical_or": "any",
}
"""What ``numpy.<ufunc>.reduce`` is."""

ACCUMULATE = {"add": "cumsum", "multiply": "cumprod"}
"""What ``numpy.<ufunc>.accumulate`` is."""

SAVING = ("save", "savetxt", "savez", "savez_compressed")
READING = frozenset(["array2string", "array_repr", "array_str", "copyto", *SAVING])
"""Functions of NumPy's that look at values: they get them, computed now."""


class Functions:
    """The functions that there are: names of `lazyax.numpy`, and modules within it."""

    found: Mapping[str, Any] = types.MappingProxyType({})


def find(module: str, name: str) -> Callable | None:
    """lazyax's function for NumPy's, or None."""
    scope = Functions.found
    for part in module.split(".")[1:]:
        if not part.startswith("_"):
            scope = vars(scope[part]) if part in scope else {}
    return scope.get(name)


def require(module: str, name: str) -> Callable:
    """lazyax's function for NumPy's.

    Raises:
        LazyaxTypeError: if there is none.
    """
    function = find(module, name)
    if function is None:
        raise LazyaxTypeError(
            f"{module}.{name}: lazyax has no such function; to compute it by NumPy, read the value "
            f"first: {module}.{name}(numpy.asarray(x))"
        )
    return function


def array_ufunc(self: Array, ufunc: numpy.ufunc, method: str, *inputs: Any, **kwargs: Any) -> Any:
    """NumPy's ufuncs, and what its arrays' operators do with a lazy array on the right."""
    name = ufunc.__name__
    if kwargs.get("out") is not None:
        raise LazyaxTypeError(
            f"{name}: a lazy result can not be written to out=, nor in place to a NumPy array: "
            f"nothing is computed until a value is needed. Use the result, as in x = x + y, or "
            f"read the value first: numpy.asarray(y)"
        )
    kwargs.pop("out", None)
    if method == "__call__":
        return require("numpy", name)(*inputs, **kwargs)
    if method == "outer":
        return outer(require("numpy", name), *inputs, **kwargs)
    table = {"reduce": REDUCE, "accumulate": ACCUMULATE}.get(method, {})
    if name not in table:
        raise LazyaxTypeError(
            f"numpy.{name}.{method}: lazyax has no such function; to compute it by NumPy, read the "
            f"value first: numpy.{name}.{method}(numpy.asarray(x))"
        )
    return require("numpy", table[name])(*inputs, **{"axis": 0, **kwargs})


def outer(function: Callable, x: Any, y: Any, **kwargs: Any) -> Any:
    """An elementwise function of all pairs of elements. f32[2], f32[3,4] -> f32[2,3,4]."""
    first, second = as_operand("outer", x), as_operand("outer", y)
    spread = reshape(first, first.aval.shape + (1,) * second.aval.ndim)
    return function(Array(spread), Array(second), **kwargs)


def array_function(self: Array, function: Callable, types: Any, args: tuple, kwargs: dict) -> Any:
    """NumPy's other functions."""
    name = function.__name__
    if name in READING and not (name == "copyto" and isinstance(args[0], Array)):
        args, kwargs = tree.map(_read, (list(args), kwargs))
        return function(*args, **kwargs)
    return require(function.__module__, name)(*args, **kwargs)


def _read(leaf: Any) -> Any:
    return numpy.asarray(leaf) if isinstance(leaf, Array) else leaf


def install(functions: Mapping[str, Any]) -> None:
    """Let NumPy's functions, called on an `Array`, be those of their names in ``functions``."""
    Functions.found = functions
    for name, function in PROTOCOLS.items():
        setattr(Array, name, function)
    for method, table in (("reduce", REDUCE), ("accumulate", ACCUMULATE)):
        for name, reduction in table.items():
            setattr(functions[name], method, _along_first(functions[reduction]))
    for name, function in functions.items():
        if getattr(getattr(numpy, name, None), "nin", 0) == 2:
            function.outer = functools.partial(outer, function)


def _along_first(reduction: Callable) -> Callable:
    """A reduction as a method of a ufunc: along axis 0 unless another is given."""

    def method(array: Any, axis: Any = 0, **kwargs: Any) -> Any:
        return reduction(array, axis=axis, **kwargs)

    return method


PROTOCOLS = {"__array_ufunc__": array_ufunc, "__array_function__": array_function}

"""NumPy's own functions called on lazy arrays: ``numpy.sin(x)`` stays lazy, SciPy's ufuncs too."""

from __future__ import annotations

import types
from collections.abc import Callable, Mapping
from typing import Any

import numpy

from lazyax import tree
from lazyax.array import Array
from lazyax.errors import LazyaxTypeError
from lazyax.later import Later
from lazyax.ops.numpy import ufunc_methods


class Functions:
    """The functions that there are: the module `lazyax.numpy`, and the public names in it."""

    module: types.ModuleType
    found: Mapping[str, Any] = types.MappingProxyType({})


def find(module: str, name: str) -> Callable | None:
    """lazyax's function for NumPy's, or None."""
    scope = Functions.found
    for part in module.split(".")[1:]:
        if not part.startswith("_"):
            scope = vars(scope[part]) if part in scope else {}
    return scope.get(name)


SPECIAL = Later("lazyax.scipy.special")
"""Where SciPy's ufuncs are, which do not tell their module."""


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
    outs = kwargs.pop("out", (None,))
    if any(isinstance(out, numpy.ndarray) for out in outs):
        raise LazyaxTypeError(
            f"{name}: a lazy result can not be written to out=, nor in place to a NumPy array: "
            f"nothing is computed until a value is needed. Use the result, as in x = x + y, or "
            f"read the value first: numpy.asarray(y)"
        )
    if any(out is not None for out in outs):
        kwargs["out"] = outs if len(outs) > 1 else outs[0]
    if method == "__call__":
        function = find("numpy", name) or getattr(SPECIAL, name, None) or require("numpy", name)
        return function(*inputs, **kwargs)
    return getattr(require("numpy", name), method)(*inputs, **kwargs)


def array_function(self: Array, function: Callable, types: Any, args: tuple, kwargs: dict) -> Any:
    """NumPy's other functions."""
    name = function.__name__
    into_numpys_memory = name == "copyto" and not isinstance(args[0], Array)
    beside_objects = name == "broadcast_arrays" and any(map(_is_foreign, args))
    if into_numpys_memory or beside_objects or name in ABOUT_MEMORY:
        args, kwargs = tree.map(_read, (list(args), kwargs))
        return function(*args, **kwargs)
    return require(function.__module__, name)(*args, **kwargs)


ABOUT_MEMORY = frozenset(["may_share_memory", "shares_memory"])


def _is_foreign(argument: Any) -> bool:
    """Whether it makes an array of objects or texts: matplotlib broadcasts them beside arrays."""
    return not isinstance(argument, Array) and numpy.asarray(argument).dtype.kind in "OUS"


def _read(leaf: Any) -> Any:
    return numpy.asarray(leaf) if isinstance(leaf, Array) else leaf


def install(module: types.ModuleType) -> None:
    """Let NumPy's functions, called on an `Array`, be the public ones of ``module``."""
    functions = {name: getattr(module, name) for name in module.__all__}
    Functions.module, Functions.found = module, functions
    for name, function in PROTOCOLS.items():
        setattr(Array, name, function)
    ufunc_methods.install(functions)


PROTOCOLS = {"__array_ufunc__": array_ufunc, "__array_function__": array_function}

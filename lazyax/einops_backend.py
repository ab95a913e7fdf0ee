"""Makes einops' own functions accept lazyax arrays.

``einops.array_api`` needs nothing, since lazyax arrays follow the array API standard. einops'
other functions know only the backends that they find as subclasses of ``AbstractBackend``.
"""

from __future__ import annotations

import functools
from typing import Any

import numpy

import lazyax.numpy as np
from lazyax.array import Array


@functools.cache  # einops finds a subclass only as long as someone holds it
def register() -> type:
    """Let ``einops.rearrange`` and the others take lazyax arrays, lazily, from now on.

    Returns:
        einops' new backend.

    Raises:
        ImportError: where einops is not installed.
    """
    from einops._backends import AbstractBackend

    return type("LazyaxBackend", (AbstractBackend,), dict(METHODS, framework_name="lazyax"))


def _is_appropriate_type(self: Any, tensor: Any) -> bool:
    return isinstance(tensor, Array)


def _from_numpy(self: Any, x: numpy.ndarray) -> Array:
    return np.asarray(x)


def _to_numpy(self: Any, x: Array) -> numpy.ndarray:
    return numpy.asarray(x)


def _arange(self: Any, start: int, stop: int) -> Array:
    return np.arange(start, stop)


def _stack_on_zeroth_dimension(self: Any, tensors: list[Array]) -> Array:
    return np.stack(tensors)


def _add_axis(self: Any, x: Array, new_position: int) -> Array:
    return np.expand_dims(x, new_position)


def _tile(self: Any, x: Array, repeats: tuple[int, ...]) -> Array:
    return np.tile(x, repeats)


def _concat(self: Any, tensors: list[Array], axis: int) -> Array:
    return np.concatenate(tensors, axis=axis)


def _is_float_type(self: Any, x: Array) -> bool:
    return np.issubdtype(x.dtype, np.inexact)


def _einsum(self: Any, pattern: str, *x: Array) -> Array:
    return np.einsum(pattern, *x)


METHODS = {
    "is_appropriate_type": _is_appropriate_type,
    "from_numpy": _from_numpy,
    "to_numpy": _to_numpy,
    "arange": _arange,
    "stack_on_zeroth_dimension": _stack_on_zeroth_dimension,
    "add_axis": _add_axis,
    "tile": _tile,
    "concat": _concat,
    "is_float_type": _is_float_type,
    "einsum": _einsum,
}
"""What einops asks of a backend, beside what it does by methods of the arrays."""

"""Blocks at positions that are known at run time only, and never compiled for."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy

from lazyax.array import Array
from lazyax.errors import LazyaxTypeError
from lazyax.graph.aval import Aval
from lazyax.graph.node import Node
from lazyax.ops import primitives as p
from lazyax.ops.numpy.bounds import index_dtype, position
from lazyax.ops.numpy.conventions import as_axis, as_operand, as_shape, static_int
from lazyax.ops.numpy.promotion import aval_of_value, convert
from lazyax.ops.numpy.promotion import operand as node_or_number
from lazyax.ops.primitives.shape import reshape


def dynamic_slice(operand: Any, start_indices: Any, slice_sizes: Sequence[int]) -> Array:
    """A block of ``slice_sizes`` at ``start_indices``, one integer for each axis.

    Negative starts count from the end. A block that would reach beyond an end is moved so that
    it fits.

    >>> from lazyax import lax
    >>> import lazyax.numpy as np
    >>> print(lax.dynamic_slice(np.arange(8), (2,), (3,)))
    [2 3 4]

    Raises:
        LazyaxTypeError: for what does not fit.
    """
    name = "dynamic_slice"
    x = as_operand(name, operand)
    return Array(_block(name, x, _starts(name, x.aval, start_indices), as_shape(name, slice_sizes)))


def dynamic_update_slice(operand: Any, update: Any, start_indices: Any) -> Array:
    """``operand`` with the block ``update`` written at ``start_indices``.

    Starts are those of `dynamic_slice`. The block is converted to the operand's dtype.

    >>> from lazyax import lax
    >>> import lazyax.numpy as np
    >>> print(lax.dynamic_update_slice(np.zeros(5), np.ones(2), (1,)))
    [0. 1. 1. 0. 0.]

    Raises:
        LazyaxTypeError: for what does not fit.
    """
    name = "dynamic_update_slice"
    x, block = as_operand(name, operand), as_operand(name, update)
    return Array(_written(name, x, block, _starts(name, x.aval, start_indices)))


def dynamic_slice_in_dim(operand: Any, start_index: Any, slice_size: int, axis: int = 0) -> Array:
    """`dynamic_slice` along one axis, of which ``slice_size`` elements are taken.

    >>> from lazyax import lax
    >>> import lazyax.numpy as np
    >>> print(lax.dynamic_slice_in_dim(np.arange(8), -3, 2))
    [5 6]
    """
    return Array(_slice_along("dynamic_slice_in_dim", operand, start_index, slice_size, axis))


def dynamic_update_slice_in_dim(operand: Any, update: Any, start_index: Any, axis: int) -> Array:
    """`dynamic_update_slice` along one axis.

    >>> from lazyax import lax
    >>> import lazyax.numpy as np
    >>> print(lax.dynamic_update_slice_in_dim(np.zeros(5), np.ones(2), 3, axis=0))
    [0. 0. 0. 1. 1.]
    """
    return _update_along("dynamic_update_slice_in_dim", operand, update, start_index, axis)


def dynamic_index_in_dim(operand: Any, index: Any, axis: int = 0, keepdims: bool = True) -> Array:
    """One slice along an axis, which stays with length 1 if ``keepdims``.

    >>> from lazyax import lax
    >>> import lazyax.numpy as np
    >>> print(lax.dynamic_index_in_dim(np.arange(8), 3, keepdims=False))
    3
    """
    name = "dynamic_index_in_dim"
    row = _slice_along(name, operand, index, 1, axis)
    shape = list(row.aval.shape)
    if not keepdims:
        del shape[as_axis(name, axis, row.aval)]
    return Array(reshape(row, shape))


def dynamic_update_index_in_dim(operand: Any, update: Any, index: Any, axis: int) -> Array:
    """``operand`` with one slice along an axis overwritten; the update may lack that axis.

    >>> from lazyax import lax
    >>> import lazyax.numpy as np
    >>> print(lax.dynamic_update_index_in_dim(np.zeros(3), 5.0, 1, axis=0))
    [0. 5. 0.]
    """
    name = "dynamic_update_index_in_dim"
    x, row = as_operand(name, operand), as_operand(name, update)
    place = as_axis(name, axis, x.aval)
    if row.aval.ndim == x.aval.ndim - 1:
        shape = row.aval.shape
        row = reshape(row, (*shape[:place], 1, *shape[place:]))
    return _update_along(name, Array(x), Array(row), index, place)


def _slice_along(name: str, operand: Any, start: Any, length: Any, axis: int) -> Node:
    x = as_operand(name, operand)
    place = as_axis(name, axis, x.aval)
    lengths = list(x.aval.shape)
    lengths[place] = static_int(name, length, "slice_size")
    return _block(name, x, _starts_along(name, x.aval, start, place), tuple(lengths))


def _update_along(name: str, operand: Any, update: Any, start: Any, axis: int) -> Array:
    x, block = as_operand(name, operand), as_operand(name, update)
    place = as_axis(name, axis, x.aval)
    return Array(_written(name, x, block, _starts_along(name, x.aval, start, place)))


def _starts(name: str, aval: Aval, given: Any) -> list[Node]:
    """Starts of all axes, from a sequence of integers or an integer vector."""
    if isinstance(given, (Array, numpy.ndarray)):
        vector = as_operand(name, given)
        if vector.aval.ndim != 1:
            raise LazyaxTypeError(
                f"{name}: start_indices are integers or a vector of them, got {vector.aval}"
            )
        parts = [p.Slice((i,), (i + 1,), (1,))(vector) for i in range(vector.aval.size)]
        given = [Array(p.Reshape(())(part)) for part in parts]
    given = list(given)
    if len(given) != aval.ndim:
        raise LazyaxTypeError(f"{name}: {aval} needs {aval.ndim} start indices, got {len(given)}")
    return _same_dtype([_start(name, start, n) for start, n in zip(given, aval.shape, strict=True)])


def _starts_along(name: str, aval: Aval, start: Any, axis: int) -> list[Node]:
    """Starts of all axes, of which all but one are at the beginning."""
    own = _start(name, start, aval.shape[axis])
    return [own if place == axis else own.like(0) for place in range(aval.ndim)]


def _start(name: str, start: Any, length: int) -> Node:
    """A start counted from the first element, as a value that programs are not compiled for."""
    given = node_or_number(start, name)
    aval = aval_of_value(given)
    if aval.ndim or aval.dtype.kind not in "iu":
        raise LazyaxTypeError(f"{name}: a start index needs to be an integer, got {aval}")
    if not isinstance(given, Node):
        given = convert(given, index_dtype(length))
    return position(given, length)


def _same_dtype(starts: list[Node]) -> list[Node]:
    """Starts in the widest of their dtypes, as XLA wants them."""
    if len({start.aval.dtype for start in starts}) <= 1:
        return starts
    return [convert(start, numpy.dtype("i8")) for start in starts]


def _block(name: str, x: Node, starts: list[Node], lengths: tuple[int, ...]) -> Node:
    _require_fits(name, x.aval, lengths, "slice_sizes")
    return p.DynamicSlice(lengths)(x, *starts)


def _written(name: str, x: Node, block: Node, starts: list[Node]) -> Node:
    _require_fits(name, x.aval, block.aval.shape, "update")
    return p.DynamicUpdateSlice()(x, convert(block, x.aval.dtype), *starts)


def _require_fits(name: str, aval: Aval, lengths: tuple[int, ...], what: str) -> None:
    aligned = zip(lengths, aval.shape, strict=False)
    if len(lengths) != aval.ndim or any(length > n for length, n in aligned):
        raise LazyaxTypeError(f"{name}: {what} {lengths} do not fit {aval}")

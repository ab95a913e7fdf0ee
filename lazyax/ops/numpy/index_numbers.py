"""Positions in an array as one number, or as one for each axis."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy

from lazyax.array import Array
from lazyax.config import default_dtype
from lazyax.errors import LazyaxTypeError
from lazyax.graph.node import Node
from lazyax.ops import primitives as p
from lazyax.ops.numpy.bounds import index_dtype
from lazyax.ops.numpy.compositions import floor_divide_integers, remainder
from lazyax.ops.numpy.conventions import as_operand, as_shape
from lazyax.ops.numpy.creation import ones
from lazyax.ops.numpy.promotion import broadcast, convert
from lazyax.ops.numpy.search import nonzero
from lazyax.ops.numpy.taking import index_operand


def _strides(shape: tuple[int, ...], order: str) -> list[int]:
    """How many positions apart neighbours along each axis are."""
    if order == "F":
        return _strides(shape[::-1], "C")[::-1]
    return [math.prod(shape[axis + 1 :]) for axis in range(len(shape))]


def _integers(function: str, indices: Any, length: int | None, shape: tuple[int, ...]) -> Node:
    """Indices below ``length``, if that is given, as integers that count the positions of a shape.

    Raises:
        LazyaxTypeError: for others than integers, any of an empty shape, and those that are known
            and out of range; and for shapes that no integer counts.
    """
    node = as_operand(function, indices)
    if node.aval.dtype.kind not in "iu":
        raise LazyaxTypeError(f"{function}: needs integers, got {node.aval}")
    if node.aval.size and not math.prod(shape):
        raise LazyaxTypeError(f"{function}: {shape} has no positions, got indices {node.aval}")
    known = index_operand(function, indices)
    is_known = isinstance(known, numpy.ndarray) and known.size
    if is_known and length is not None and not 0 <= known.min() <= known.max() < length:
        raise LazyaxTypeError(
            f"{function}: indices {known.tolist()} are out of range for {shape}; give 0 to "
            f"{length - 1}"
        )
    if math.prod(shape) > numpy.iinfo(numpy.int64).max:
        raise LazyaxTypeError(f"{function}: {shape} has more positions than int64 counts")
    return convert(node, index_dtype(math.prod(shape), default_dtype(int)))


def unravel_index(indices: Any, shape: Any, order: str = "C") -> tuple[Array, ...]:
    """For positions counted in row-major order, the index along each axis of ``shape``.

    i32[5] -> as many i32[5] as there are axes. Computed positions out of range are held at the
    ends.

    >>> import lazyax.numpy as np
    >>> [str(index) for index in np.unravel_index([0, 5], (2, 3))]
    ['[0 1]', '[0 2]']

    Raises:
        LazyaxTypeError: unless the positions are integers, and in range where they are known.
    """
    shape = as_shape("unravel_index", shape)
    place = _integers("unravel_index", indices, math.prod(shape), shape)
    place = p.Clamp()(place.like(0), place, place.like(max(math.prod(shape) - 1, 0)))
    return tuple(
        [
            Array(remainder(floor_divide_integers(place, place.like(step)), place.like(length)))
            for length, step in zip(shape, _strides(shape, order), strict=True)
        ]
    )


MODES: dict[str, Callable[[Node, int], Node]] = {
    "raise": lambda index, length: p.Clamp()(index.like(0), index, index.like(length - 1)),
    "clip": lambda index, length: p.Clamp()(index.like(0), index, index.like(length - 1)),
    "wrap": lambda index, length: remainder(index, index.like(length)),
}


def ravel_multi_index(
    multi_index: Sequence[Any], dims: Any, mode: str | tuple[str, ...] = "raise", order: str = "C"
) -> Array:
    """For an index along each axis of ``dims``, the position in row-major order.

    What is out of range wraps with ``mode`` "wrap" and is held at the ends with "clip"; with
    "raise" too where it is computed, since a lazy program can not raise. ``mode`` may be one for
    each axis.

    >>> import lazyax.numpy as np
    >>> print(np.ravel_multi_index(([0, 1], [0, 2]), (2, 3)))
    [0 5]

    Raises:
        LazyaxTypeError: for as many indices as there are axes not, others than integers, known ones
            out of range, and another mode.
    """
    shape = as_shape("ravel_multi_index", dims)
    modes = (mode,) * len(shape) if isinstance(mode, str) else tuple(mode)
    fits = len(multi_index) == len(shape) == len(modes) and all(one in MODES for one in modes)
    if not fits:
        raise LazyaxTypeError(
            f"ravel_multi_index: {len(multi_index)} indices and mode {mode!r} do not fit {shape}; "
            f"modes are {', '.join(MODES)}"
        )
    nodes = [
        _integers("ravel_multi_index", index, length if one == "raise" else None, shape)
        for index, length, one in zip(multi_index, shape, modes, strict=True)
    ]
    nodes = broadcast("ravel_multi_index", nodes)
    total = nodes[0].like(0)
    for node, length, one, step in zip(nodes, shape, modes, _strides(shape, order), strict=True):
        total = total + step * MODES[one](node, length)
    return Array(total)


def mask_indices(n: int, mask_func: Callable, k: int = 0) -> tuple[Array, ...]:
    """Rows and columns of the elements that ``mask_func`` keeps of an n by n matrix; read now.

    >>> import lazyax.numpy as np
    >>> [str(index) for index in np.mask_indices(2, np.triu)]
    ['[0 0 1]', '[0 1 1]']
    """
    return nonzero(mask_func(ones((n, n)), k))

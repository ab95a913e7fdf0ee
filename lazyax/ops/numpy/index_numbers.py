"""Positions in an array as one number, or as one for each axis."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

from lazyax.array import Array
from lazyax.config import default_dtype
from lazyax.errors import LazyaxTypeError
from lazyax.graph.node import Node
from lazyax.ops import primitives as p
from lazyax.ops.numpy.compositions import floor_divide_integers, remainder
from lazyax.ops.numpy.conventions import as_operand, as_shape
from lazyax.ops.numpy.creation import ones
from lazyax.ops.numpy.promotion import broadcast, convert
from lazyax.ops.numpy.search import nonzero


def _strides(shape: tuple[int, ...], order: str) -> list[int]:
    """How many positions apart neighbours along each axis are."""
    if order == "F":
        return _strides(shape[::-1], "C")[::-1]
    return [math.prod(shape[axis + 1 :]) for axis in range(len(shape))]


def _integers(function: str, indices: Any) -> Node:
    node = as_operand(function, indices)
    if node.aval.dtype.kind not in "iu":
        raise LazyaxTypeError(f"{function}: needs integers, got {node.aval}")
    return convert(node, default_dtype(int))


def unravel_index(indices: Any, shape: Any, order: str = "C") -> tuple[Array, ...]:
    """For positions counted in row-major order, the index along each axis of ``shape``.

    i32[5] -> as many i32[5] as there are axes. Positions out of range are held at the ends.

    >>> import lazyax.numpy as np
    >>> [str(index) for index in np.unravel_index([0, 5], (2, 3))]
    ['[0 1]', '[0 2]']

    Raises:
        LazyaxTypeError: unless the positions are integers.
    """
    shape = as_shape("unravel_index", shape)
    place = _integers("unravel_index", indices)
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
    multi_index: Sequence[Any], dims: Any, mode: str = "raise", order: str = "C"
) -> Array:
    """For an index along each axis of ``dims``, the position in row-major order.

    What is out of range wraps with ``mode`` "wrap" and is held at the ends with "clip", and with
    "raise" too, since a lazy program can not raise.

    >>> import lazyax.numpy as np
    >>> print(np.ravel_multi_index(([0, 1], [0, 2]), (2, 3)))
    [0 5]

    Raises:
        LazyaxTypeError: for as many indices as there are axes not, others than integers, and
            another mode.
    """
    shape = as_shape("ravel_multi_index", dims)
    nodes = [_integers("ravel_multi_index", index) for index in multi_index]
    if len(nodes) != len(shape) or mode not in MODES:
        raise LazyaxTypeError(
            f"ravel_multi_index: {len(nodes)} indices and mode {mode!r} do not fit {shape}; modes "
            f"are {', '.join(MODES)}"
        )
    nodes = broadcast("ravel_multi_index", nodes)
    total = nodes[0].like(0)
    for node, length, step in zip(nodes, shape, _strides(shape, order), strict=True):
        total = total + step * MODES[mode](node, length)
    return Array(total)


def mask_indices(n: int, mask_func: Callable, k: int = 0) -> tuple[Array, ...]:
    """Rows and columns of the elements that ``mask_func`` keeps of an n by n matrix; read now.

    >>> import lazyax.numpy as np
    >>> [str(index) for index in np.mask_indices(2, np.triu)]
    ['[0 0 1]', '[0 1 1]']
    """
    return nonzero(mask_func(ones((n, n)), k))

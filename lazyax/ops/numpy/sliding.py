"""All windows of an array."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy

from lazyax.array import Array
from lazyax.errors import LazyaxTypeError
from lazyax.ops.numpy.conventions import as_axes, as_operand, as_shape
from lazyax.ops.numpy.reshaping import moveaxis
from lazyax.ops.numpy.taking import take


def sliding_window_view(
    x: Any, window_shape: int | Sequence[int], axis: int | Sequence[int] | None = None, *,
    subok: bool = False, writeable: bool = False,
) -> Array:  # fmt: skip
    """All windows of ``window_shape``: their positions first, and then their elements.

    f32[5,8] -> f32[3,8,3] for windows of 3 along axis 0. A copy, which what is computed of it is
    mostly fused with. Lowers to a gather for each axis.

    >>> import lazyax.numpy as np
    >>> print(np.lib.stride_tricks.sliding_window_view(np.arange(4), 2))
    [[0 1]
     [1 2]
     [2 3]]

    Args:
        x: an array.
        window_shape: a length for each axis that windows slide along.
        axis: which these are; all by default, and then there must be a length for each.
        subok, writeable: make no difference.

    Raises:
        LazyaxTypeError: for another number of lengths than of axes, and for windows that are
            longer than their axis.
    """
    function = "sliding_window_view"
    node = as_operand(function, x)
    lengths, axes = as_shape(function, window_shape), _axes(function, axis, node.aval)
    if len(lengths) != len(axes):
        raise LazyaxTypeError(
            f"{function}: needs a length for each of the axes {axes} of {node.aval}, got {lengths}"
        )
    result = Array(node)
    for place, length in zip(axes, lengths, strict=True):
        count = result.shape[place] - length + 1
        if count < 1:
            raise LazyaxTypeError(
                f"{function}: a window of {length} does not fit axis {place} of {node.aval}"
            )
        positions = numpy.arange(count)[:, None] + numpy.arange(length)
        result = moveaxis(take(result, positions, place), place + 1, -1)
    return result


def _axes(function: str, axis: Any, aval: Any) -> tuple[int, ...]:
    """Axes in the order given; one may be named twice, as NumPy's."""
    if axis is None:
        return tuple(range(aval.ndim))
    named = axis if isinstance(axis, (tuple, list)) else (axis,)
    return tuple([as_axes(function, one, aval)[0] for one in named])

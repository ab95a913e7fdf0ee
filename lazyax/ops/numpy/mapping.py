"""Functions of rows, applied to all rows at once."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

from lazyax.array import Array
from lazyax.graph.aval import aval_of
from lazyax.ops.numpy.conventions import as_axes, as_axis, as_operand
from lazyax.ops.numpy.reshaping import expand_dims
from lazyax.ops.primitives.leaves import Trace, input_leaf
from lazyax.ops.primitives.shape import moveaxis, permute, reshape
from lazyax.transforms.vmap import batch, batched


def apply_along_axis(func1d: Callable, axis: int, arr: Any, *args: Any, **kwargs: Any) -> Array:
    """A function of 1-d arrays, of each line along ``axis``: called once, for all of them.

    f32[2,3,4] -> f32[2,4] of a function to 0-d for axis 1; the axes of its result take that place.

    >>> import lazyax.numpy as np
    >>> print(np.apply_along_axis(lambda row: row[::-1] * 2, 1, [[1, 2], [3, 4]]))
    [[4 2]
     [8 6]]

    Raises:
        LazyaxTypeError: for an axis out of range, and a result that is no array.
    """
    x = as_operand("apply_along_axis", arr)
    axis = as_axis("apply_along_axis", axis, x.aval)
    lines = moveaxis(x, axis, x.aval.ndim - 1)
    *rest, length = lines.aval.shape
    count = math.prod(rest)
    trace = Trace("apply_along_axis", getattr(func1d, "__name__", "a function"))
    line = input_leaf(aval_of((length,), x.aval.dtype, x.aval.weak_type), "line", trace, x.origin)
    try:
        result = as_operand("apply_along_axis", func1d(Array(line), *args, **kwargs))
    finally:
        trace.running = False
    roots, which = batch([result], {line: reshape(lines, (count, length))}, count)
    made = batched(roots[0], which[0], count)
    made = reshape(made, (*rest, *result.aval.shape))
    new = range(len(rest), made.aval.ndim)
    order = [*range(axis), *new, *range(axis, len(rest))]
    return Array(permute(made, order))


def apply_over_axes(func: Callable, a: Any, axes: int | Sequence[int]) -> Array:
    """``func(a, axis)`` for one axis after another; what a result lacks is kept with length 1.

    >>> import lazyax.numpy as np
    >>> np.apply_over_axes(np.sum, np.ones((2, 3, 4)), (0, 2)).shape
    (1, 3, 1)

    Raises:
        LazyaxTypeError: for an axis out of range.
    """
    x = as_operand("apply_over_axes", a)
    result = Array(x)
    for axis in as_axes("apply_over_axes", axes, x.aval):
        reduced = func(result, axis)
        result = reduced if reduced.ndim == result.ndim else expand_dims(reduced, axis)
    return result

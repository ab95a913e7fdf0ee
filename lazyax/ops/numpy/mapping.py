"""Functions of rows, applied to all rows at once, or one by one where they look at values."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

from lazyax.array import Array
from lazyax.errors import LazyaxTypeError
from lazyax.graph.aval import aval_of
from lazyax.graph.node import Node
from lazyax.ops.numpy.conventions import as_axes, as_axis, as_operand
from lazyax.ops.numpy.one_by_one import LOOKS_AT_VALUES, one_by_one
from lazyax.ops.numpy.promotion import broadcast
from lazyax.ops.numpy.reshaping import expand_dims
from lazyax.ops.primitives.leaves import Trace, input_leaf
from lazyax.ops.primitives.shape import moveaxis, permute, reshape
from lazyax.transforms.vmap import batch, batched


def apply_along_axis(func1d: Callable, axis: int, arr: Any, *args: Any, **kwargs: Any) -> Array:
    """A function of 1-d arrays, of each line along ``axis``.

    It is called once, for all lines; or, if it looks at values, once for each.

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
    rows = reshape(lines, (math.prod(rest), length))

    def of_row(row: Array) -> Array:
        return Array(as_operand("apply_along_axis", func1d(row, *args, **kwargs)))

    (made,) = _of_rows("apply_along_axis", of_row, [rows])
    made = reshape(made, (*rest, *made.aval.shape[1:]))
    new = range(len(rest), made.aval.ndim)
    order = [*range(axis), *new, *range(axis, len(rest))]
    return Array(permute(made, order))


def _of_rows(name: str, function: Callable, arrays: Sequence[Node]) -> list[Node]:
    """The results of a function of rows: of all at once, or one by one if it looks at values."""
    try:
        return _of_all_rows(name, function, arrays)
    except LOOKS_AT_VALUES:
        if not arrays[0].aval.shape[0]:
            raise
        every = [True] * len(arrays)
        return one_by_one(name, function, arrays, every, arrays[0].aval.shape[0])


def _of_all_rows(name: str, function: Callable, arrays: Sequence[Node]) -> list[Node]:
    trace = Trace(name, getattr(function, "__name__", "a function"))
    inputs = {}
    for x in arrays:
        aval = aval_of(x.aval.shape[1:], x.aval.dtype, x.aval.weak_type)
        inputs[input_leaf(aval, "row", trace, x.origin)] = x
    try:
        results = function(*[Array(row) for row in inputs])
        several = isinstance(results, tuple)
        nodes = [as_operand(name, one) for one in (results if several else (results,))]
    finally:
        trace.running = False
    count = arrays[0].aval.shape[0]
    roots, which = batch(nodes, inputs, count)
    return [batched(root, is_batched, count) for root, is_batched in zip(roots, which, strict=True)]


def frompyfunc(func: Callable, nin: int, nout: int, *, identity: Any = None) -> Callable[..., Any]:
    """A function of numbers as one of arrays that broadcast.

    It is called once, for all elements; or, if it looks at values, once for each. The results
    have dtypes as other functions', where NumPy's have Python objects.

    >>> import lazyax.numpy as np
    >>> hill = np.frompyfunc(lambda x, y: x * x + y, 2, 1)
    >>> print(hill(np.arange(3), [[0], [10]]))
    [[ 0  1  4]
     [10 11 14]]

    Raises:
        LazyaxTypeError: by the result, for another number of arrays or of results.
    """
    name = getattr(func, "__name__", "frompyfunc")

    def function(*arrays: Any) -> Array | tuple[Array, ...]:
        if len(arrays) != nin:
            raise LazyaxTypeError(f"{name}: takes {nin} arrays, got {len(arrays)}")
        nodes = broadcast(name, [as_operand(name, array) for array in arrays])
        shape = nodes[0].aval.shape
        made = _of_rows(name, func, [reshape(node, (math.prod(shape),)) for node in nodes])
        if len(made) != nout or any(one.aval.ndim != 1 for one in made):
            got = ", ".join(str(one.aval.with_shape(one.aval.shape[1:])) for one in made)
            raise LazyaxTypeError(f"{name}: must return {nout} numbers, got {got}")
        results = tuple(Array(reshape(one, shape)) for one in made)
        return results if nout > 1 else results[0]

    function.__name__ = function.__qualname__ = name
    function.__doc__ = func.__doc__
    return function


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

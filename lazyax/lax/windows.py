"""Reductions over windows."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy

from lazyax.array import PYTHON_NUMBERS, Array
from lazyax.errors import LazyaxTypeError
from lazyax.lax.padding import Lengths, Padding, count_windows, lengths_of, pairs_of
from lazyax.ops import primitives as p
from lazyax.ops.numpy import ufuncs
from lazyax.ops.numpy.conventions import as_operand
from lazyax.ops.primitives.window import dilated

REDUCTIONS: dict[Callable[..., Any], type] = {
    ufuncs.add: p.ReduceWindowSum,
    ufuncs.maximum: p.ReduceWindowMax,
    ufuncs.minimum: p.ReduceWindowMin,
    numpy.add: p.ReduceWindowSum,
    numpy.maximum: p.ReduceWindowMax,
    numpy.minimum: p.ReduceWindowMin,
}


def reduce_window(
    operand: Any,
    init_value: Any,
    computation: Callable[..., Any],
    window_dimensions: Sequence[int],
    window_strides: Sequence[int],
    padding: Padding,
    base_dilation: Sequence[int] | None = None,
    window_dilation: Sequence[int] | None = None,
) -> Array:
    """The sum, maximum or minimum of each window.

    Args:
        operand: an array.
        init_value: what changes nothing, and stands in the padding: 0 for a sum, -inf (of
            integers, the least) for a maximum, inf (the greatest) for a minimum.
        computation: `lax.add`, `lax.max` or `lax.min`.
        window_dimensions: the window's lengths, one for each axis.
        window_strides: steps from window to window, one for each axis.
        padding: ``VALID``, ``SAME``, ``SAME_LOWER`` or (before, after) for each axis.
        base_dilation: distances between elements of the array; ones by default.
        window_dilation: distances between elements of the window; ones by default.

    Raises:
        LazyaxTypeError: for what does not fit.

    >>> from lazyax import lax
    >>> import lazyax.numpy as np
    >>> print(lax.reduce_window(np.arange(6.0), -np.inf, lax.max, (2,), (2,), "VALID"))
    [1. 3. 5.]
    """
    name = "reduce_window"
    node = as_operand(name, operand)
    window, strides, base, between = _steps(
        name,
        node.aval.ndim,
        window_dimensions=window_dimensions,
        window_strides=window_strides,
        base_dilation=base_dilation,
        window_dilation=window_dilation,
    )
    spread = tuple(map(dilated, node.aval.shape, base))
    pairs = pairs_of(name, padding, spread, tuple(map(dilated, window, between)), strides)
    reduction = _reduction(name, computation)(window, strides, pairs, base, between)
    identity = reduction.identity(node.aval.dtype)
    number = init_value.item() if isinstance(init_value, numpy.generic) else init_value
    if type(number) not in PYTHON_NUMBERS or number != identity:
        raise LazyaxTypeError(
            f"{name}: init_value needs to be {identity}, which changes nothing in a "
            f"{reduction.hlo} of {node.aval}, got {init_value!r}"
        )
    return Array(reduction(node))


def _reduction(function: str, computation: Callable[..., Any]) -> type:
    """The primitive that reduces windows by a function of two.

    Raises:
        LazyaxTypeError: for any other than those known.
    """
    try:
        return REDUCTIONS[computation]
    except (KeyError, TypeError):
        raise LazyaxTypeError(
            f"{function}: computation is lax.add, lax.max or lax.min, got {computation!r}"
        ) from None


def _steps(function: str, count: int, **given: Sequence[int] | None) -> list[Lengths]:
    return [lengths_of(function, name, steps, count) for name, steps in given.items()]


def reduce_window_shape_tuple(
    operand_shape: Sequence[int],
    window_dimensions: Sequence[int],
    window_strides: Sequence[int],
    padding: Padding = "VALID",
    base_dilation: Sequence[int] | None = None,
    window_dilation: Sequence[int] | None = None,
) -> Lengths:
    """The shape of `reduce_window`'s result. An axis of length -1 is not fixed, and stays -1.

    Raises:
        LazyaxTypeError: for what does not fit.

    >>> from lazyax import lax
    >>> lax.reduce_window_shape_tuple((-1, 28, 28, 8), (1, 2, 2, 1), (1, 2, 2, 1), "VALID")
    (-1, 14, 14, 8)
    """
    name = "reduce_window_shape_tuple"
    window, strides, base, between = _steps(
        name,
        len(operand_shape),
        window_dimensions=window_dimensions,
        window_strides=window_strides,
        base_dilation=base_dilation,
        window_dilation=window_dilation,
    )
    return count_windows(name, padding, tuple(operand_shape), window, strides, base, between)

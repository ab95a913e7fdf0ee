"""The largest elements."""

from __future__ import annotations

from typing import Any

from lazyax.array import Array
from lazyax.errors import LazyaxTypeError
from lazyax.ops.numpy.conventions import as_operand, static_int
from lazyax.ops.numpy.sorting import argsort
from lazyax.ops.numpy.taking import take_along_axis


def top_k(operand: Any, k: int) -> tuple[Array, Array]:
    """The ``k`` largest elements along the last axis, the largest first, and their positions.

    f32[2,5], 3 -> f32[2,3], i32[2,3]. Of equal elements the first comes first; NaN is the largest.
    Lowers to `stablehlo.sort`, and a gather.

    Raises:
        LazyaxTypeError: if there are not so many elements, or ``k`` is not an int.

    >>> from lazyax import lax
    >>> values, places = lax.top_k([3.0, 1.0, 4.0, 1.0, 5.0], 2)
    >>> print(values, places)
    [5. 4.] [4 2]
    """
    x = as_operand("top_k", operand)
    k = static_int("top_k", k, "k")
    if not x.aval.shape or not 0 <= k <= x.aval.shape[-1]:
        raise LazyaxTypeError(
            f"top_k: needs k from 0 to the length of the last axis, got {k} and {x.aval}"
        )
    array = Array(x)
    places = argsort(array, descending=True)[..., :k]
    return take_along_axis(array, places, -1), places

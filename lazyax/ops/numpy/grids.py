"""Numbers at regular distances, and the grids made of them. Nothing is allocated for them."""

from __future__ import annotations

import math
from typing import Any

import numpy

from lazyax.array import PYTHON_NUMBERS, Array
from lazyax.config import default_dtype
from lazyax.errors import LazyaxTypeError
from lazyax.graph.node import Node
from lazyax.ops import primitives as p
from lazyax.ops.numpy.conventions import as_dtype
from lazyax.ops.numpy.promotion import broadcast_to, convert


def arange(start: Any, stop: Any = None, step: Any = None, dtype: Any = None) -> Array:
    """``start``, ``start + step``, ... up to but not ``stop``. ``arange(n)`` is 0 to n - 1.

    The ends are Python numbers, or arrays that have values: they decide the length. Ints give the
    default integer, floats the default float. Lowers to `stablehlo.iota`.

    >>> import lazyax.numpy as np
    >>> print(np.arange(3), np.arange(1.0, 2.0, 0.25))
    [0 1 2] [1.   1.25 1.5  1.75]

    Raises:
        LazyaxTypeError: for a step of zero, or ends that are no numbers.
    """
    if stop is None:
        start, stop = 0, start
    start, stop, step = (_number(end) for end in (start, stop, 1 if step is None else step))
    if step == 0:
        raise LazyaxTypeError("arange: step must not be zero")
    length = max(math.ceil((stop - start) / step), 0)
    kinds = [type(end) for end in (start, stop, step)]
    natural = float if float in kinds else int
    chosen = default_dtype(natural) if dtype is None else as_dtype("arange", dtype)
    return Array(_steps(start, step, length, chosen))


def _number(end: Any) -> int | float:
    """An end of a range as a Python number.

    Raises:
        LazyaxTypeError: if it is not a real number.
    """
    if type(end) not in PYTHON_NUMBERS:
        end = end.item() if isinstance(end, (Array, numpy.ndarray, numpy.generic)) else end
    if type(end) not in (bool, int, float):
        raise LazyaxTypeError(f"arange: needs real numbers, got {end!r}")
    return int(end) if type(end) is bool else end


def _steps(start: float, step: float, length: int, dtype: numpy.dtype) -> Node:
    """``start + i * step``; the numbers are run-time values, so others do not compile anew."""
    if dtype.kind == "b":
        return convert(_steps(start, step, length, default_dtype(int)), dtype)
    count = p.Iota(dtype, (length,))()
    if step != 1:
        count = count * broadcast_to(convert(step, dtype), (length,))
    if start != 0:
        count = broadcast_to(convert(start, dtype), (length,)) + count
    return count

"""Which frequency is where in a transform, and the order that has zero in the middle."""

from __future__ import annotations

from typing import Any

import numpy

from lazyax.array import Array
from lazyax.config import default_dtype
from lazyax.errors import LazyaxTypeError
from lazyax.ops import primitives as p
from lazyax.ops.numpy.conventions import Axis, as_axes, as_dtype, as_operand, static_int
from lazyax.ops.numpy.rearranging import roll
from lazyax.ops.numpy.ufuncs import divide, multiply


def _frequencies(function: str, count: int, n: Any, d: Any, dtype: Any, negative: int) -> Array:
    """0, 1, 2, ..., of which those from ``negative`` on are less by n; over n d."""
    float_dtype = default_dtype(float) if dtype is None else as_dtype(function, dtype)
    if float_dtype.kind != "f":
        raise LazyaxTypeError(f"{function}: dtype must be floating, got {float_dtype}")
    place = p.Iota(numpy.dtype("i4"), (count,))()
    below = p.Less()(place, place.like(negative))
    signed = p.Select()(below, place, place - n)
    return divide(Array(p.Convert(float_dtype)(signed)), multiply(d, n))


def _length(function: str, n: Any) -> int:
    length = static_int(function, n, "n")
    if length < 1:
        raise LazyaxTypeError(f"{function}: n must be 1 or more, got {length}")
    return length


def fftfreq(n: int, d: Any = 1.0, device: Any = None, dtype: Any = None) -> Array:
    """The frequencies of `fft` of n samples that are ``d`` apart. f32[n].

    >>> import lazyax.numpy as np
    >>> print(np.fft.fftfreq(4))
    [ 0.    0.25 -0.5  -0.25]

    Args:
        n: how many samples; 1 or more.
        d: the time between two.
        device: has no effect: there is one.
        dtype: a floating dtype; the default one.

    Raises:
        LazyaxTypeError: for other lengths and dtypes.
    """
    length = _length("fftfreq", n)
    return _frequencies("fftfreq", length, length, d, dtype, (length - 1) // 2 + 1)


def rfftfreq(n: int, d: Any = 1.0, device: Any = None, dtype: Any = None) -> Array:
    """The frequencies of `rfft` of n samples that are ``d`` apart. f32[n // 2 + 1].

    Arguments and errors are those of `fftfreq`.

    >>> import lazyax.numpy as np
    >>> print(np.fft.rfftfreq(4))
    [0.   0.25 0.5 ]
    """
    length = _length("rfftfreq", n)
    count = length // 2 + 1
    return _frequencies("rfftfreq", count, length, d, dtype, count)


def fftshift(x: Any, axes: Axis = None) -> Array:
    """Along the axes, or all, the order in which zero frequency is in the middle.

    >>> import lazyax.numpy as np
    >>> print(np.fft.fftshift(np.fft.fftfreq(4)))
    [-0.5  -0.25  0.    0.25]

    Raises:
        LazyaxTypeError: for axes that are not there.
    """
    node = as_operand("fftshift", x)
    found = as_axes("fftshift", axes, node.aval)
    return roll(Array(node), tuple([node.aval.shape[axis] // 2 for axis in found]), found)


def ifftshift(x: Any, axes: Axis = None) -> Array:
    """The inverse of `fftshift`.

    >>> import lazyax.numpy as np
    >>> print(np.fft.ifftshift([-2, -1, 0, 1]))
    [ 0  1 -2 -1]

    Raises:
        LazyaxTypeError: for axes that are not there.
    """
    node = as_operand("ifftshift", x)
    found = as_axes("ifftshift", axes, node.aval)
    return roll(Array(node), tuple([-(node.aval.shape[axis] // 2) for axis in found]), found)

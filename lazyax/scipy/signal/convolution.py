"""Convolutions and correlations over all axes, directly or by Fourier transforms."""

from __future__ import annotations

import math
from typing import Any

from lazyax.array import Array
from lazyax.errors import LazyaxTypeError
from lazyax.graph.node import Node
from lazyax.ops import primitives as p
from lazyax.ops.numpy.contraction import pair
from lazyax.ops.numpy.conventions import as_axes, as_operand
from lazyax.ops.numpy.fft.transforms import fftn, ifftn, irfftn, rfftn
from lazyax.ops.numpy.rearranging import cut
from lazyax.ops.primitives.matrix_algebra import conjugate
from lazyax.ops.primitives.shape import reshape

MODES = ("full", "same", "valid")
METHODS = ("auto", "direct", "fft")

DIRECT = {1: 50}
DIRECT_OVER_MORE_AXES = 4
"""Elements of the smaller array up to which "auto" convolves directly, by number of axes.

Measured on 2 cores, float32, against transforms: 10**5 elements with 20 take 2.2 ms (2.2), with 60
2.8 (2.4), with 600 22 (2.3); 512 by 512 with 5 by 5 take 42 ms (3.1), with 31 by 31 460 (3.5).
"""


def convolve(in1: Any, in2: Any, mode: str = "full", method: str = "auto") -> Array:
    """The convolution of two arrays over all of their axes. f32[9,9], f32[3,3] -> f32[11,11].

    Lowers to `stablehlo.convolution`, or to `fftconvolve`.

    Args:
        in1, in2: arrays with as many axes.
        mode: ``full`` is every overlap, ``same`` the middle of that in the shape of in1, and
            ``valid`` where one of them fits into the other.
        method: ``direct``, ``fft``, or ``auto`` for what is likely faster; integers are exact.

    >>> from lazyax.scipy import signal
    >>> print(signal.convolve([1, 2, 3], [0, 1, 2], mode="same"))
    [1 4 7]

    Raises:
        LazyaxTypeError: for other modes and methods, and arrays that do not fit.
    """
    x, kernel = _operands("convolve", in1, in2, mode)
    if method not in METHODS:
        raise LazyaxTypeError(f"convolve: method is one of {METHODS}, got {method!r}")
    if not x.aval.ndim:
        return Array(x * kernel)
    if method == "fft" or (method == "auto" and _is_long(x, kernel)):
        found = _by_transforms(x, kernel, mode, tuple(range(x.aval.ndim)))
        return Array(found if x.aval.is_inexact else p.Convert(x.aval.dtype)(p.Round()(found)))
    return Array(_directly(x, kernel, mode))


def correlate(in1: Any, in2: Any, mode: str = "full", method: str = "auto") -> Array:
    """The cross-correlation of two arrays: `convolve` with the second reversed and conjugated.

    f32[9,9], f32[3,3] -> f32[11,11]. Arguments and errors are those of `convolve`.

    >>> from lazyax.scipy import signal
    >>> print(signal.correlate([1, 2, 3], [0, 1, 2]))
    [2 5 8 3 0]
    """
    kernel = conjugate(as_operand("correlate", in2))
    axes = tuple(range(kernel.aval.ndim))
    return convolve(in1, Array(p.Reverse(axes)(kernel) if axes else kernel), mode, method)


def fftconvolve(in1: Any, in2: Any, mode: str = "full", axes: Any = None) -> Array:
    """`convolve` by Fourier transforms, over some axes; others broadcast.

    f32[5,900], f32[1,300] -> f32[5,1199] for axes 1. Always floating.

    Args:
        in1, in2: arrays with as many axes.
        mode: see `convolve`.
        axes: which to convolve over; None for all.

    >>> from lazyax.scipy import signal
    >>> print(signal.fftconvolve([1.0, 2.0, 3.0], [0.0, 1.0, 2.0]).round().astype(int))
    [0 1 4 7 6]

    Raises:
        LazyaxTypeError: for other modes, and arrays that do not fit.
    """
    x, kernel = _operands("fftconvolve", in1, in2, mode, axes)
    return Array(_by_transforms(x, kernel, mode, as_axes("fftconvolve", axes, x.aval)))


def _operands(function: str, in1: Any, in2: Any, mode: str, axes: Any = None) -> list[Node]:
    """Arrays of one dtype and number of axes, of which for "valid" the first is the larger."""
    if mode not in MODES:
        raise LazyaxTypeError(f"{function}: mode is one of {MODES}, got {mode!r}")
    x, kernel = pair(function, in1, in2)
    if x.aval.ndim != kernel.aval.ndim or not x.aval.size or not kernel.aval.size:
        raise LazyaxTypeError(
            f"{function}: needs two arrays with as many axes that are not empty, got {x.aval} and "
            f"{kernel.aval}"
        )
    chosen = as_axes(function, axes, x.aval)
    for axis, (a, b) in enumerate(zip(x.aval.shape, kernel.aval.shape, strict=True)):
        if axis not in chosen and a != b and 1 not in (a, b):
            raise LazyaxTypeError(
                f"{function}: axis {axis} of {x.aval} and {kernel.aval} is not convolved over, so "
                "its lengths must be equal or 1"
            )
    if mode != "valid":
        return [x, kernel]
    longer = [x.aval.shape[axis] - kernel.aval.shape[axis] for axis in chosen]
    if min(longer, default=0) < 0 < max(longer, default=0):
        raise LazyaxTypeError(
            f"{function}: for mode 'valid' one array must be at least as long along every axis, "
            f"got {x.aval} and {kernel.aval}"
        )
    return [kernel, x] if min(longer, default=0) < 0 else [x, kernel]


def _is_long(x: Node, kernel: Node) -> bool:
    """Whether transforms are likely faster; integers are exact only without them."""
    most = DIRECT.get(x.aval.ndim, DIRECT_OVER_MORE_AXES)
    return x.aval.is_inexact and min(x.aval.size, kernel.aval.size) > most


def _directly(x: Node, kernel: Node, mode: str) -> Node:
    """By sliding the reversed kernel: `stablehlo.convolution` of one feature."""
    count = x.aval.ndim
    axes, ones = tuple(range(count + 2)), (1,) * count
    padding = tuple([_padding(length, mode) for length in kernel.aval.shape])
    windows = p.Convolution(ones, padding, ones, ones, (axes, axes, axes), precision="HIGHEST")
    flipped = p.Reverse(tuple(range(count)))(kernel)
    found = windows(*[reshape(part, (1, 1, *part.aval.shape)) for part in (x, flipped)])
    return reshape(found, found.aval.shape[2:])


def _padding(length: int, mode: str) -> tuple[int, int]:
    """Zeros before and after, for a kernel of this length."""
    if mode == "valid":
        return 0, 0
    whole, start = length - 1, (length - 1) // 2
    return (whole, whole) if mode == "full" else (whole - start, start)


def _by_transforms(x: Node, kernel: Node, mode: str, axes: tuple[int, ...]) -> Node:
    if not axes:
        return x * kernel
    whole = [x.aval.shape[axis] + kernel.aval.shape[axis] - 1 for axis in axes]
    lengths = [smooth_length(length) for length in whole]
    is_complex = x.aval.dtype.kind == "c"
    forward, backward = (fftn, ifftn) if is_complex else (rfftn, irfftn)
    product = forward(Array(x), lengths, axes) * forward(Array(kernel), lengths, axes)
    found = backward(product, lengths, axes)._node
    for axis, length in zip(axes, whole, strict=True):
        start, count = 0, length
        if mode == "same":
            count = x.aval.shape[axis]
            start = (length - count) // 2
        if mode == "valid":
            start = kernel.aval.shape[axis] - 1
            count = length - 2 * start
        found = cut(found, axis, start, start + count)
    return found


def smooth_length(length: int) -> int:
    """The least length not below this without prime factors above 5: transforms are fast there."""
    best = 2 ** max(length - 1, 0).bit_length()
    for five in range(best.bit_length()):
        for three in range(best.bit_length()):
            odd = 5**five * 3**three
            if odd >= best:
                break
            needed = -(-length // odd)
            best = min(best, odd * 2 ** math.ceil(math.log2(needed)))
    return best

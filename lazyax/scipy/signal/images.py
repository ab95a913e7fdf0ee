"""Convolutions of images, with what lies beyond their edges."""

from __future__ import annotations

import itertools
from typing import Any

import lazyax.numpy as np
from lazyax.array import Array
from lazyax.errors import LazyaxTypeError
from lazyax.ops.numpy.conventions import as_operand
from lazyax.scipy.signal.convolution import MODES, convolve

BOUNDARIES = {"fill": "constant", "wrap": "wrap", "symm": "symmetric"}
"""What lies beyond the edges: by SciPy's name, what `numpy.pad` calls it."""


def convolve2d(
    in1: Any, in2: Any, mode: str = "full", boundary: str = "fill", fillvalue: complex = 0
) -> Array:
    """The convolution of two matrices. f32[9,9], f32[3,3] -> f32[11,11].

    Args:
        in1, in2: matrices.
        mode: see `convolve`.
        boundary: beyond the edges of in1 is ``fillvalue`` for "fill", its other side for "wrap",
            and its mirror image for "symm".
        fillvalue: see ``boundary``.

    >>> from lazyax.scipy import signal
    >>> print(signal.convolve2d([[1, 2]], [[1, 1]], boundary="wrap"))
    [[3 3 3]]

    Raises:
        LazyaxTypeError: for what is not a matrix, and another mode or boundary.
    """
    x, kernel = [Array(as_operand("convolve2d", one)) for one in (in1, in2)]
    if x.ndim != 2 or kernel.ndim != 2 or mode not in MODES or boundary not in BOUNDARIES:
        raise LazyaxTypeError(
            f"convolve2d: needs two matrices, a mode of {MODES} and a boundary of "
            f"{tuple(BOUNDARIES)}, got {x.aval}, {kernel.aval}, {mode!r} and {boundary!r}"
        )
    if mode == "valid" or (boundary == "fill" and fillvalue == 0):
        return convolve(x, kernel, mode)
    beyond = [(length - 1, length - 1) for length in kernel.shape]
    filling = {"constant_values": fillvalue} if boundary == "fill" else {}
    found = convolve(np.pad(x, beyond, BOUNDARIES[boundary], **filling), kernel, "valid")
    if mode == "same":
        for axis, length in enumerate(x.shape):
            start = (kernel.shape[axis] - 1) // 2
            found = np.take(found, np.arange(start, start + length), axis)
    return found


def correlate2d(
    in1: Any, in2: Any, mode: str = "full", boundary: str = "fill", fillvalue: complex = 0
) -> Array:
    """The cross-correlation of two matrices: `convolve2d` with the first reversed, reversed.

    >>> from lazyax.scipy import signal
    >>> print(signal.correlate2d([[1, 2, 3]], [[0, 1]], mode="valid"))
    [[2 3]]
    """
    turned = np.flip(Array(as_operand("correlate2d", in1)))
    return np.flip(convolve2d(turned, np.conj(in2), mode, boundary, fillvalue))


def detrend(data: Any, axis: int = -1, type: str = "linear", bp: Any = 0) -> Array:
    """Without its mean, or the line that fits it best, along ``axis``. f32[5,9] -> f32[5,9].

    Args:
        data: an array; integers become floating.
        axis: which axis.
        type: "linear", or "constant" for the mean.
        bp: where pieces begin that have lines of their own.

    >>> from lazyax.scipy import signal
    >>> print(signal.detrend([1.0, 2.0, 3.0, 5.0]).round(1))
    [ 0.2 -0.1 -0.4  0.3]

    Raises:
        LazyaxTypeError: for another type.
    """
    x = np.moveaxis(Array(as_operand("detrend", data, "inexact")), axis, -1)
    if type == "constant":
        return np.moveaxis(x - x.mean(-1, keepdims=True), -1, axis)
    if type != "linear":
        raise LazyaxTypeError(f"detrend: type is 'linear' or 'constant', got {type!r}")
    ends = sorted({0, *np.atleast_1d(bp).tolist(), x.shape[-1]})
    pieces = [x[..., a:b] for a, b in itertools.pairwise(ends)]
    return np.moveaxis(np.concatenate([_without_line(piece) for piece in pieces], -1), -1, axis)


def _without_line(x: Array) -> Array:
    """Less its mean, and its component along the centred positions."""
    place = np.arange(x.shape[-1]) - 0.5 * (x.shape[-1] - 1)
    place = place.astype(x.real.dtype)
    away = x - x.mean(-1, keepdims=True)
    norm = np.maximum((place * place).sum(), 1e-30)  # of one element there is no slope
    return away - (away @ place / norm)[..., None] * place

"""Fourier transforms along any axes, with NumPy's lengths and norms."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy

from lazyax.array import Array
from lazyax.errors import LazyaxTypeError
from lazyax.graph.node import Node
from lazyax.ops import primitives as p
from lazyax.ops.numpy.conventions import as_axes, as_operand, refuse_out, static_int
from lazyax.ops.numpy.promotion import convert
from lazyax.ops.numpy.rearranging import cut
from lazyax.ops.primitives.matrix_algebra import conjugate
from lazyax.ops.primitives.shape import permute

Axes = tuple[int, ...]
Lengths = tuple[int, ...]

SCALES = {
    None: (0.0, 0.0),
    "backward": (0.0, 0.0),
    "ortho": (-0.5, 0.5),
    "forward": (-1.0, 1.0),
}
"""By norm: the power of the number of elements that a transform, and its inverse, are scaled by."""

SWAPPED = {None: "forward", "backward": "forward", "ortho": "ortho", "forward": "backward"}
"""The norm of the inverse, for the transforms of Hermitian signals."""

MOST_AXES = 3
"""Of one `stablehlo.fft`."""


def _transform(
    function: str, a: Any, s: Any, axes: Any, norm: Any, kind: str, out: Any = None
) -> Array:
    """Any of NumPy's: over ``axes``, cut or filled up with zeros to lengths ``s``."""
    refuse_out(function, out)
    if norm not in SCALES:
        raise LazyaxTypeError(
            f"{function}: norm is None, 'backward', 'ortho' or 'forward', got {norm!r}"
        )
    x = _operand(function, a, kind)
    chosen = _axes(function, x, s, axes)
    if not chosen:
        return Array(x)
    lengths = _lengths(function, x, s, chosen, kind)
    for axis, length in zip(chosen, lengths, strict=True):
        held = length // 2 + 1 if kind == "IRFFT" and axis == chosen[-1] else length
        x = of_length(x, axis, held)
    order = [axis for axis in range(x.aval.ndim) if axis not in chosen] + list(chosen)
    found = permute(_over_last(permute(x, order), lengths, kind), numpy.argsort(order).tolist())
    power = SCALES[norm][kind in ("IFFT", "IRFFT")]
    return Array(found * math.prod(lengths) ** power if power else found)


def _operand(function: str, a: Any, kind: str) -> Node:
    x = as_operand(function, a, "inexact")
    if x.aval.dtype.kind != "c" and x.aval.dtype.itemsize < 4:
        x = convert(x, numpy.dtype("f4"))
    if kind == "RFFT":
        if x.aval.dtype.kind == "c":
            raise LazyaxTypeError(f"{function}: needs a real array, got {x.aval}; use fft")
        return x
    if x.aval.dtype.kind == "c":
        return x
    return p.Complex()(x, x.like(0))


def _axes(function: str, x: Node, s: Any, axes: Any) -> Axes:
    if axes is None and s is not None:
        axes = tuple(range(-len(s), 0))
    return as_axes(function, axes, x.aval)


def _lengths(function: str, x: Node, s: Any, axes: Axes, kind: str) -> Lengths:
    """How long the transform is along each axis; of an inverse of a half, what it gives."""
    given: list[Any] = [None] * len(axes) if s is None else list(s)
    if len(given) != len(axes):
        raise LazyaxTypeError(f"{function}: needs a length for each of the axes {axes}, got {s}")
    lengths = []
    for axis, length in zip(axes, given, strict=True):
        found = x.aval.shape[axis]
        if kind == "IRFFT" and axis == axes[-1]:
            found = 2 * (found - 1)
        if length is not None and length != -1:
            found = static_int(function, length, "a length")
        if found < 1:
            raise LazyaxTypeError(
                f"{function}: a transform of {x.aval} along axis {axis} has {found} elements; it "
                "needs 1 or more"
            )
        lengths.append(found)
    return tuple(lengths)


def of_length(x: Node, axis: int, length: int) -> Node:
    """The first elements along an axis, filled up with zeros."""
    missing = length - x.aval.shape[axis]
    if missing <= 0:
        return cut(x, axis, 0, length)
    none = (0,) * x.aval.ndim
    high = tuple([missing * (one == axis) for one in range(x.aval.ndim)])
    return p.Pad(none, high, none)(x, p.Full(0, (), x.aval.dtype)())


def _over_last(x: Node, lengths: Lengths, kind: str) -> Node:
    """The transform over as many last axes, up to three of them at once."""
    first, last = lengths[:-MOST_AXES], lengths[-MOST_AXES:]
    if kind == "IRFFT":
        return p.Fft(kind, last)(_over_earlier(x, first, "IFFT"))
    x = p.Fft(kind, last)(x)
    return _over_earlier(x, first, "IFFT" if kind == "IFFT" else "FFT")


def _over_earlier(x: Node, lengths: Lengths, kind: str) -> Node:
    """The transform over axes that are followed by `MOST_AXES` others, one after another."""
    end = x.aval.ndim - MOST_AXES
    for axis, length in zip(range(end - len(lengths), end), lengths, strict=True):
        order = [one for one in range(x.aval.ndim) if one != axis] + [axis]
        moved = p.Fft(kind, (length,))(permute(x, order))
        x = permute(moved, numpy.argsort(order).tolist())
    return x


def fft(
    a: Any, n: int | None = None, axis: int = -1, norm: str | None = None, out: Any = None
) -> Array:
    """The discrete Fourier transform along an axis. f32[5,8] -> c64[5,8].

    Lowers to `stablehlo.fft`.

    >>> import lazyax.numpy as np
    >>> print(np.fft.fft([1.0, 0.0, 0.0, 0.0]))
    [1.+0.j 1.+0.j 1.+0.j 1.+0.j]

    Args:
        a: an array; integers become floating.
        n: how many elements to take: cut, or filled up with zeros.
        axis: which axis.
        norm: ``backward`` divides the inverse by n, ``forward`` this, ``ortho`` both by its root.
        out: must be None.

    Raises:
        LazyaxTypeError: for a length below 1, an unknown norm, and ``out``.
    """
    return _transform("fft", a, None if n is None else (n,), (axis,), norm, "FFT", out)


def ifft(
    a: Any, n: int | None = None, axis: int = -1, norm: str | None = None, out: Any = None
) -> Array:
    """The inverse of `fft`, with its arguments and errors. c64[5,8] -> c64[5,8].

    >>> import lazyax.numpy as np
    >>> print(np.fft.ifft([4.0, 0.0, 0.0, 0.0]))
    [1.+0.j 1.+0.j 1.+0.j 1.+0.j]
    """
    return _transform("ifft", a, None if n is None else (n,), (axis,), norm, "IFFT", out)


def rfft(
    a: Any, n: int | None = None, axis: int = -1, norm: str | None = None, out: Any = None
) -> Array:
    """The half of `fft` of a real array that the other half follows from. f32[5,8] -> c64[5,5].

    >>> import lazyax.numpy as np
    >>> print(np.fft.rfft([1.0, 0.0, 0.0, 0.0]))
    [1.+0.j 1.+0.j 1.+0.j]

    Raises:
        LazyaxTypeError: for a complex array, and as `fft`.
    """
    return _transform("rfft", a, None if n is None else (n,), (axis,), norm, "RFFT", out)


def irfft(
    a: Any, n: int | None = None, axis: int = -1, norm: str | None = None, out: Any = None
) -> Array:
    """The inverse of `rfft`: a real array of length n, by default even. c64[5,5] -> f32[5,8].

    >>> import lazyax.numpy as np
    >>> print(np.fft.irfft([1.0, 1.0, 1.0]))
    [1. 0. 0. 0.]

    Raises:
        LazyaxTypeError: as `fft`.
    """
    return _transform("irfft", a, None if n is None else (n,), (axis,), norm, "IRFFT", out)


def hfft(
    a: Any, n: int | None = None, axis: int = -1, norm: str | None = None, out: Any = None
) -> Array:
    """`fft` of a signal whose other half is conjugate, which is real. c64[5,5] -> f32[5,8].

    >>> import lazyax.numpy as np
    >>> print(np.fft.hfft([1.0, 0.0, 0.0]))
    [1. 1. 1. 1.]

    Raises:
        LazyaxTypeError: as `fft`.
    """
    whole = Array(conjugate(_operand("hfft", a, "IRFFT")))
    lengths = None if n is None else (n,)
    return _transform("hfft", whole, lengths, (axis,), SWAPPED.get(norm, norm), "IRFFT", out)


def ihfft(
    a: Any, n: int | None = None, axis: int = -1, norm: str | None = None, out: Any = None
) -> Array:
    """The inverse of `hfft`. f32[5,8] -> c64[5,5].

    >>> import lazyax.numpy as np
    >>> print(np.fft.ihfft([1.0, 1.0, 1.0, 1.0]))
    [1.-0.j 0.-0.j 0.-0.j]

    Raises:
        LazyaxTypeError: for a complex array, and as `fft`.
    """
    lengths = None if n is None else (n,)
    half = _transform("ihfft", a, lengths, (axis,), SWAPPED.get(norm, norm), "RFFT", out)
    return Array(conjugate(half._node))


def fftn(
    a: Any,
    s: Sequence[int] | None = None,
    axes: Any = None,
    norm: str | None = None,
    out: Any = None,
) -> Array:
    """`fft` over several axes, or all. f32[5,8,8] -> c64[5,8,8] for axes (1, 2).

    >>> import lazyax.numpy as np
    >>> print(np.fft.fftn([[1.0, 0.0], [0.0, 0.0]]))
    [[1.+0.j 1.+0.j]
     [1.+0.j 1.+0.j]]

    Args:
        a: an array; integers become floating.
        s: how many elements to take along each of the axes.
        axes: which; the last ones if there are lengths, else all.
        norm: see `fft`; n is the number of elements.
        out: must be None.

    Raises:
        LazyaxTypeError: as `fft`, and for another number of lengths than of axes.
    """
    return _transform("fftn", a, s, axes, norm, "FFT", out)


def ifftn(
    a: Any,
    s: Sequence[int] | None = None,
    axes: Any = None,
    norm: str | None = None,
    out: Any = None,
) -> Array:
    """The inverse of `fftn`, with its arguments and errors. c64[8,8] -> c64[8,8].

    >>> import lazyax.numpy as np
    >>> np.fft.ifftn(np.ones((2, 2))).shape
    (2, 2)
    """
    return _transform("ifftn", a, s, axes, norm, "IFFT", out)


def rfftn(
    a: Any,
    s: Sequence[int] | None = None,
    axes: Any = None,
    norm: str | None = None,
    out: Any = None,
) -> Array:
    """`rfft` over the last of the axes and `fft` over the others. f32[8,8] -> c64[8,5].

    >>> import lazyax.numpy as np
    >>> np.fft.rfftn(np.ones((4, 4))).shape
    (4, 3)

    Raises:
        LazyaxTypeError: for a complex array, and as `fftn`.
    """
    return _transform("rfftn", a, s, axes, norm, "RFFT", out)


def irfftn(
    a: Any,
    s: Sequence[int] | None = None,
    axes: Any = None,
    norm: str | None = None,
    out: Any = None,
) -> Array:
    """The inverse of `rfftn`: real, by default even along the last axis. c64[8,5] -> f32[8,8].

    >>> import lazyax.numpy as np
    >>> np.fft.irfftn(np.ones((4, 3))).shape
    (4, 4)

    Raises:
        LazyaxTypeError: as `fftn`.
    """
    return _transform("irfftn", a, s, axes, norm, "IRFFT", out)


def fft2(
    a: Any,
    s: Sequence[int] | None = None,
    axes: Any = (-2, -1),
    norm: str | None = None,
    out: Any = None,
) -> Array:
    """`fftn` over the last two axes. f32[5,8,8] -> c64[5,8,8].

    >>> import lazyax.numpy as np
    >>> np.fft.fft2(np.ones((5, 4, 4))).shape
    (5, 4, 4)
    """
    return _transform("fft2", a, s, axes, norm, "FFT", out)


def ifft2(
    a: Any,
    s: Sequence[int] | None = None,
    axes: Any = (-2, -1),
    norm: str | None = None,
    out: Any = None,
) -> Array:
    """`ifftn` over the last two axes. c64[5,8,8] -> c64[5,8,8].

    >>> import lazyax.numpy as np
    >>> np.fft.ifft2(np.ones((5, 4, 4))).shape
    (5, 4, 4)
    """
    return _transform("ifft2", a, s, axes, norm, "IFFT", out)


def rfft2(
    a: Any,
    s: Sequence[int] | None = None,
    axes: Any = (-2, -1),
    norm: str | None = None,
    out: Any = None,
) -> Array:
    """`rfftn` over the last two axes. f32[5,8,8] -> c64[5,8,5].

    >>> import lazyax.numpy as np
    >>> np.fft.rfft2(np.ones((5, 4, 4))).shape
    (5, 4, 3)
    """
    return _transform("rfft2", a, s, axes, norm, "RFFT", out)


def irfft2(
    a: Any,
    s: Sequence[int] | None = None,
    axes: Any = (-2, -1),
    norm: str | None = None,
    out: Any = None,
) -> Array:
    """`irfftn` over the last two axes. c64[5,8,5] -> f32[5,8,8].

    >>> import lazyax.numpy as np
    >>> np.fft.irfft2(np.ones((5, 4, 3))).shape
    (5, 4, 4)
    """
    return _transform("irfft2", a, s, axes, norm, "IRFFT", out)

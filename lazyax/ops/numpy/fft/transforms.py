"""Fourier transforms along any axes, with NumPy's lengths and norms."""

from __future__ import annotations

import inspect
import math
from collections.abc import Sequence
from typing import Any, Protocol

import numpy

from lazyax.array import Array
from lazyax.errors import LazyaxTypeError
from lazyax.graph.node import Node
from lazyax.ops import primitives as p
from lazyax.ops.numpy.conventions import as_axes, as_operand, delivered, static_int
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


def transformed(
    function: str, a: Any, s: Any, axes: Any, norm: Any, kind: str, hermitian: bool, out: Any
) -> Array:
    """Any of NumPy's: over ``axes``, cut or filled up with zeros to lengths ``s``."""
    require_norm(function, norm)
    x = _operand(function, a, kind)
    if hermitian:
        norm = SWAPPED[norm]
        x = conjugate(x) if kind == "IRFFT" else x
    chosen = chosen_axes(function, x, s, axes)
    if not chosen:
        return delivered(function, x, out)
    lengths = _lengths(function, x, s, chosen, kind)
    for axis, length in zip(chosen, lengths, strict=True):
        held = length // 2 + 1 if kind == "IRFFT" and axis == chosen[-1] else length
        x = of_length(x, axis, held)
    order = [axis for axis in range(x.aval.ndim) if axis not in chosen] + list(chosen)
    found = permute(_over_last(permute(x, order), lengths, kind), numpy.argsort(order).tolist())
    power = SCALES[norm][kind in ("IFFT", "IRFFT")]
    found = found * math.prod(lengths) ** power if power else found
    return delivered(function, conjugate(found) if hermitian and kind == "RFFT" else found, out)


def require_norm(function: str, norm: Any) -> None:
    """Raise for an unknown norm.

    Raises:
        LazyaxTypeError: naming those there are.
    """
    if norm not in SCALES:
        raise LazyaxTypeError(
            f"{function}: norm is None, 'backward', 'ortho' or 'forward', got {norm!r}"
        )


def floats(function: str, a: Any) -> Node:
    """An argument in float32 or more, or complex."""
    x = as_operand(function, a, "inexact")
    narrow = x.aval.dtype.kind != "c" and x.aval.dtype.itemsize < 4
    return convert(x, numpy.dtype("f4")) if narrow else x


def _operand(function: str, a: Any, kind: str) -> Node:
    x = floats(function, a)
    if kind == "RFFT":
        if x.aval.dtype.kind == "c":
            raise LazyaxTypeError(f"{function}: needs a real array, got {x.aval}; use fft")
        return x
    return x if x.aval.dtype.kind == "c" else p.Complex()(x, x.like(0))


def chosen_axes(function: str, x: Node, s: Any, axes: Any) -> Axes:
    """The axes that are named; the last ones if there are lengths, else all."""
    if axes is None and s is not None:
        axes = tuple(range(-len(s), 0))
    return as_axes(function, axes, x.aval)


def _lengths(function: str, x: Node, s: Any, axes: Axes, kind: str) -> Lengths:
    """How long the transform is along each axis; of an inverse of a half, what it gives."""
    half = axes[-1] if kind == "IRFFT" else None
    own = [2 * (n - 1) if axis == half else n for axis, n in enumerate(x.aval.shape)]
    return lengths_along(function, x, s, axes, own)


def lengths_along(function: str, x: Node, s: Any, axes: Axes, own: Sequence[int]) -> Lengths:
    """The lengths ``s`` of a transform along ``axes``; its own, by axis, where none is given.

    Raises:
        LazyaxTypeError: for another number of lengths than of axes, and for lengths below 1.
    """
    given: list[Any] = [None] * len(axes) if s is None else list(s)
    if len(given) != len(axes):
        raise LazyaxTypeError(f"{function}: needs a length for each of the axes {axes}, got {s}")
    lengths = []
    for axis, length in zip(axes, given, strict=True):
        asked = length is not None and length != -1
        found = static_int(function, length, "a length") if asked else own[axis]
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


class AlongAxis(Protocol):
    """A transform along one axis."""

    def __call__(
        self, a: Any, n: int | None = None, axis: int = -1, norm: str | None = None, out: Any = None
    ) -> Array:
        """Of arrays and what NumPy takes for them."""
        ...


class OverAxes(Protocol):
    """A transform over several axes."""

    def __call__(
        self, a: Any, s: Sequence[int] | None = None, axes: Any = None, norm: str | None = None,
        out: Any = None,
    ) -> Array:  # fmt: skip
        """Of arrays and what NumPy takes for them."""
        ...


def along_axis(name: str, kind: str, doc: str, hermitian: bool = False) -> AlongAxis:
    """A transform along one axis, with NumPy's signature.

    Args:
        name: of the function.
        kind: of `lazyax.ops.primitives.Fft`.
        doc: its docstring.
        hermitian: whether it is of a signal whose other half is conjugate.
    """

    def function(
        a: Any, n: int | None = None, axis: int = -1, norm: str | None = None, out: Any = None
    ) -> Array:
        lengths = None if n is None else (n,)
        return transformed(name, a, lengths, (axis,), norm, kind, hermitian, out)

    return named(function, name, doc)


def over_axes(name: str, kind: str, doc: str, default: Axes | None = None) -> OverAxes:
    """A transform over several axes, with NumPy's signature; ``default`` are those of none."""

    def function(
        a: Any, s: Sequence[int] | None = None, axes: Any = default, norm: str | None = None,
        out: Any = None,
    ) -> Array:  # fmt: skip
        return transformed(name, a, s, axes, norm, kind, False, out)

    return named(function, name, doc)


def named(function: Any, name: str, doc: str) -> Any:
    """The function with its name and docstring."""
    function.__name__ = function.__qualname__ = name
    function.__doc__ = inspect.cleandoc(doc)
    return function


fft = along_axis(
    "fft",
    "FFT",
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
        out: an array to be pointed at the result.

    Raises:
        LazyaxTypeError: for a length below 1, an unknown norm, and an unfit ``out``.
    """,
)

ifft = along_axis(
    "ifft",
    "IFFT",
    """The inverse of `fft`, with its arguments and errors. c64[5,8] -> c64[5,8].

    >>> import lazyax.numpy as np
    >>> print(np.fft.ifft([4.0, 0.0, 0.0, 0.0]))
    [1.+0.j 1.+0.j 1.+0.j 1.+0.j]
    """,
)

rfft = along_axis(
    "rfft",
    "RFFT",
    """The half of `fft` of a real array that the other half follows from. f32[5,8] -> c64[5,5].

    >>> import lazyax.numpy as np
    >>> print(np.fft.rfft([1.0, 0.0, 0.0, 0.0]))
    [1.+0.j 1.+0.j 1.+0.j]

    Raises:
        LazyaxTypeError: for a complex array, and as `fft`.
    """,
)

irfft = along_axis(
    "irfft",
    "IRFFT",
    """The inverse of `rfft`: a real array of length n, by default even. c64[5,5] -> f32[5,8].

    >>> import lazyax.numpy as np
    >>> print(np.fft.irfft([1.0, 1.0, 1.0]))
    [1. 0. 0. 0.]

    Raises:
        LazyaxTypeError: as `fft`.
    """,
)

hfft = along_axis(
    "hfft",
    "IRFFT",
    """`fft` of a signal whose other half is conjugate, which is real. c64[5,5] -> f32[5,8].

    >>> import lazyax.numpy as np
    >>> print(np.fft.hfft([1.0, 0.0, 0.0]))
    [1. 1. 1. 1.]

    Raises:
        LazyaxTypeError: as `fft`.
    """,
    hermitian=True,
)

ihfft = along_axis(
    "ihfft",
    "RFFT",
    """The inverse of `hfft`. f32[5,8] -> c64[5,5].

    >>> import lazyax.numpy as np
    >>> print(np.fft.ihfft([1.0, 1.0, 1.0, 1.0]))
    [1.-0.j 0.-0.j 0.-0.j]

    Raises:
        LazyaxTypeError: for a complex array, and as `fft`.
    """,
    hermitian=True,
)

fftn = over_axes(
    "fftn",
    "FFT",
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
        out: an array to be pointed at the result.

    Raises:
        LazyaxTypeError: as `fft`, and for another number of lengths than of axes.
    """,
)

ifftn = over_axes(
    "ifftn",
    "IFFT",
    """The inverse of `fftn`, with its arguments and errors. c64[8,8] -> c64[8,8].

    >>> import lazyax.numpy as np
    >>> np.fft.ifftn(np.ones((2, 2))).shape
    (2, 2)
    """,
)

rfftn = over_axes(
    "rfftn",
    "RFFT",
    """`rfft` over the last of the axes and `fft` over the others. f32[8,8] -> c64[8,5].

    >>> import lazyax.numpy as np
    >>> np.fft.rfftn(np.ones((4, 4))).shape
    (4, 3)

    Raises:
        LazyaxTypeError: for a complex array, and as `fftn`.
    """,
)

irfftn = over_axes(
    "irfftn",
    "IRFFT",
    """The inverse of `rfftn`: real, by default even along the last axis. c64[8,5] -> f32[8,8].

    >>> import lazyax.numpy as np
    >>> np.fft.irfftn(np.ones((4, 3))).shape
    (4, 4)

    Raises:
        LazyaxTypeError: as `fftn`.
    """,
)

fft2 = over_axes(
    "fft2",
    "FFT",
    """`fftn` over the last two axes. f32[5,8,8] -> c64[5,8,8].

    >>> import lazyax.numpy as np
    >>> np.fft.fft2(np.ones((5, 4, 4))).shape
    (5, 4, 4)
    """,
    default=(-2, -1),
)

ifft2 = over_axes(
    "ifft2",
    "IFFT",
    """`ifftn` over the last two axes. c64[5,8,8] -> c64[5,8,8].

    >>> import lazyax.numpy as np
    >>> np.fft.ifft2(np.ones((5, 4, 4))).shape
    (5, 4, 4)
    """,
    default=(-2, -1),
)

rfft2 = over_axes(
    "rfft2",
    "RFFT",
    """`rfftn` over the last two axes. f32[5,8,8] -> c64[5,8,5].

    >>> import lazyax.numpy as np
    >>> np.fft.rfft2(np.ones((5, 4, 4))).shape
    (5, 4, 3)
    """,
    default=(-2, -1),
)

irfft2 = over_axes(
    "irfft2",
    "IRFFT",
    """`irfftn` over the last two axes. c64[5,8,5] -> f32[5,8,8].

    >>> import lazyax.numpy as np
    >>> np.fft.irfft2(np.ones((5, 4, 3))).shape
    (5, 4, 4)
    """,
    default=(-2, -1),
)

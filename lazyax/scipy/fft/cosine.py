"""The discrete cosine transform, made of that of Fourier."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Protocol

import numpy

from lazyax.array import Array
from lazyax.errors import LazyaxTypeError
from lazyax.graph.node import Node
from lazyax.ops import primitives as p
from lazyax.ops.numpy.fft.transforms import (
    chosen_axes,
    floats,
    lengths_along,
    named,
    of_length,
    require_norm,
)
from lazyax.ops.primitives.leaves import Literal
from lazyax.ops.primitives.shape import Broadcast, Concatenate, moveaxis, reshape


class Cosine(Protocol):
    """A cosine transform along one axis."""

    def __call__(
        self, x: Any, type: int = 2, n: int | None = None, axis: int = -1, norm: str | None = None
    ) -> Array:
        """Of arrays and what NumPy takes for them."""
        ...


class CosineOverAxes(Protocol):
    """A cosine transform along several axes."""

    def __call__(
        self, x: Any, type: int = 2, s: Sequence[int] | None = None, axes: Any = None,
        norm: str | None = None,
    ) -> Array:  # fmt: skip
        """Of arrays and what NumPy takes for them."""
        ...


def _transform(
    function: str, x: Any, type: int, s: Any, axes: Any, norm: Any, along: Callable
) -> Array:
    """``along`` the last axis, for each of the axes."""
    if type != 2:
        raise LazyaxTypeError(f"{function}: the transform of type 2 is there, got type {type!r}")
    require_norm(function, norm)
    node = floats(function, x)
    if node.aval.dtype.kind == "c":
        raise LazyaxTypeError(f"{function}: needs a real array, got {node.aval}")
    last = node.aval.ndim - 1
    chosen = chosen_axes(function, node, s, axes)
    lengths = lengths_along(function, node, s, chosen, node.aval.shape)
    for axis, length in zip(chosen, lengths, strict=True):
        node = moveaxis(of_length(node, axis, length), axis, last)
        node = moveaxis(along(node, _scales(length, norm)), last, axis)
    return Array(node)


def _along_axis(name: str, along: Callable, doc: str) -> Cosine:
    def function(
        x: Any, type: int = 2, n: int | None = None, axis: int = -1, norm: str | None = None
    ) -> Array:
        return _transform(name, x, type, None if n is None else (n,), (axis,), norm, along)

    return named(function, name, doc)


def _over_axes(name: str, along: Callable, doc: str) -> CosineOverAxes:
    def function(
        x: Any, type: int = 2, s: Sequence[int] | None = None, axes: Any = None,
        norm: str | None = None,
    ) -> Array:  # fmt: skip
        return _transform(name, x, type, s, axes, norm, along)

    return named(function, name, doc)


def _scales(length: int, norm: str | None) -> numpy.ndarray:
    """What the elements of a transform are multiplied by."""
    if norm == "ortho":
        scales = numpy.full(length, (2 * length) ** -0.5)
        scales[0] = (4 * length) ** -0.5
        return scales
    return numpy.full(length, 1 / (2 * length) if norm == "forward" else 1.0)


def _turns(length: int) -> numpy.ndarray:
    """exp(-i pi k / 2 n) for each k."""
    return numpy.exp(-0.5j * numpy.pi * numpy.arange(length) / length)


def _folded(length: int) -> numpy.ndarray:
    """Even places, and then odd ones backwards."""
    places = numpy.arange(length)
    return numpy.concatenate([places[::2], places[1::2][::-1]])


def _dct(x: Node, scales: numpy.ndarray) -> Node:
    length = len(scales)
    folded = _take(x, _folded(length))
    found = p.Fft("FFT", (length,))(p.Complex()(folded, folded.like(0)))
    return p.Real()(_times(found, 2 * scales * _turns(length)))


def _idct(y: Node, scales: numpy.ndarray) -> Node:
    length = len(scales)
    plain = _times(y, 1 / scales)
    first = plain.aval.with_shape((*plain.aval.shape[:-1], 1))
    zero = p.Full(0, first.shape, first.dtype)()
    reflected = p.Reverse((plain.aval.ndim - 1,))(_from_second(plain))
    turned = p.Complex()(plain, -Concatenate(plain.aval.ndim - 1)(zero, reflected))
    found = p.Fft("IFFT", (length,))(_times(turned, 0.5 / _turns(length)))
    return _take(p.Real()(found), numpy.argsort(_folded(length)))


def _from_second(x: Node) -> Node:
    """Without the first element along the last axis."""
    lead = x.aval.ndim - 1
    return p.Slice((*[0] * lead, 1), x.aval.shape, (1,) * (lead + 1))(x)


def _times(x: Node, numbers: numpy.ndarray) -> Node:
    """Each element along the last axis times a number."""
    constant = Literal.of(numbers.astype(x.aval.dtype))
    return x * Broadcast(x.aval.shape, (x.aval.ndim - 1,))(constant)


def _take(x: Node, order: numpy.ndarray) -> Node:
    """Elements along the last axis in another order."""
    places = Literal.of(order.astype("i4"))
    last = x.aval.ndim - 1
    found = p.Gather(0)(moveaxis(x, last, 0), reshape(places, (len(order), 1)))
    return moveaxis(found, 0, last)


dct = _along_axis(
    "dct",
    _dct,
    """The cosine transform of type 2 along an axis. f32[5,8] -> f32[5,8].

    y_k = 2 sum_j x_j cos(pi k (2 j + 1) / 2 n), by one Fourier transform of length n (Makhoul
    1980, "A fast cosine transform in one and two dimensions").

    Args:
        x: a real array; integers become floating.
        type: 2, the only one there is.
        n: how many elements to take: cut, or filled up with zeros.
        axis: which axis.
        norm: ``backward`` divides the inverse by 2 n, ``forward`` this, and ``ortho`` makes both
            orthogonal.

    >>> from lazyax.scipy import fft
    >>> print(fft.dct([1.0, 1.0]).round())
    [4. 0.]

    Raises:
        LazyaxTypeError: for other types and norms, complex arrays, and lengths below 1.
    """,
)
idct = _along_axis(
    "idct",
    _idct,
    """The inverse of `dct`, with its arguments and errors. f32[5,8] -> f32[5,8].

    >>> from lazyax.scipy import fft
    >>> print(fft.idct([4.0, 0.0]).round())
    [1. 1.]
    """,
)
dctn = _over_axes(
    "dctn",
    _dct,
    """`dct` along several axes, or all. f32[8,8] -> f32[8,8].

    >>> from lazyax.scipy import fft
    >>> print(fft.dctn([[1.0, 1.0], [1.0, 1.0]]).round())
    [[16.  0.]
     [ 0.  0.]]
    """,
)
idctn = _over_axes(
    "idctn",
    _idct,
    """The inverse of `dctn`. f32[8,8] -> f32[8,8].

    >>> from lazyax.scipy import fft
    >>> print(fft.idctn([[16.0, 0.0], [0.0, 0.0]]).round())
    [[1. 1.]
     [1. 1.]]
    """,
)

"""Layers that summarise windows of images."""

from __future__ import annotations

from collections.abc import Callable

import lazyax.numpy as np
from lazyax import lax
from lazyax.array import Array
from lazyax.nn.conv import Padding, require_images
from lazyax.nn.layer import Layer, Shape, stateless


def MaxPool(
    window: tuple[int, int], strides: tuple[int, int] = (1, 1), padding: Padding = "VALID"
) -> Layer:
    """The largest element of each window: (n, y, x, c) -> (n, y', x', c).

    Args:
        window: its height and width.
        strides: steps of the window; give ``window`` again for windows side by side.
        padding: as of `lazyax.nn.Conv`.

    Raises:
        LazyaxTypeError: from init, for a shape that is not of images with fixed channels.

    >>> from lazyax import random
    >>> MaxPool((2, 2), (2, 2))[0](random.PRNGKey(0), (-1, 28, 28, 3))
    ((-1, 14, 14, 3), ())
    """

    def largest(inputs: Array) -> Array:
        return _reduce(inputs, -np.inf, lax.max, window, strides, padding)

    return stateless(largest, _shape_of_pool("MaxPool", window, strides, padding))


def AvgPool(
    window: tuple[int, int], strides: tuple[int, int] = (1, 1), padding: Padding = "VALID"
) -> Layer:
    """The mean of each window, in which padding does not count. Arguments as of `MaxPool`.

    >>> from lazyax import random
    >>> AvgPool((2, 2))[0](random.PRNGKey(0), (-1, 28, 28, 3))
    ((-1, 27, 27, 3), ())
    """

    def mean(inputs: Array) -> Array:
        ones = np.ones((1, *inputs.shape[1:3], 1), inputs.dtype)
        counts = _reduce(ones, 0.0, lax.add, window, strides, padding)
        return _reduce(inputs, 0.0, lax.add, window, strides, padding) / counts

    return stateless(mean, _shape_of_pool("AvgPool", window, strides, padding))


def _reduce(
    inputs: Array, initial: float, function: Callable, window, strides, padding: Padding
) -> Array:
    return lax.reduce_window(
        inputs, initial, function, _nhwc(window), _nhwc(strides), _padding(padding)
    )


def _nhwc(lengths: tuple[int, int]) -> tuple[int, int, int, int]:
    return (1, *lengths, 1)


def _padding(padding: Padding) -> Padding:
    return padding if isinstance(padding, str) else [(0, 0), *padding, (0, 0)]


def _shape_of_pool(layer: str, window, strides, padding: Padding) -> Callable[[Shape], Shape]:
    def shape(in_shape: Shape) -> Shape:
        require_images(layer, in_shape)
        return lax.reduce_window_shape_tuple(
            in_shape, _nhwc(window), _nhwc(strides), _padding(padding)
        )

    return shape

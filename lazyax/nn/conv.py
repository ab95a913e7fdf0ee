"""Convolutional layers."""

from __future__ import annotations

from collections.abc import Sequence

from lazyax import lax, random
from lazyax.array import Array
from lazyax.errors import LazyaxTypeError
from lazyax.nn.dense import GLOROT
from lazyax.nn.initialize import Initializer, zeros
from lazyax.nn.layer import Layer, Params, Shape

LAYOUT = ("NHWC", "HWIO", "NHWC")
"""Of the images, the windows' weights, and the result."""

Padding = str | Sequence[tuple[int, int]]
"""``VALID``, ``SAME``, or how much before and after along each axis of the window."""


def Conv(
    features: int,
    window: tuple[int, int],
    strides: tuple[int, int] = (1, 1),
    padding: Padding = "VALID",
    weights: Initializer = GLOROT,
    biases: Initializer = zeros,
) -> Layer:
    """Weighted sums of windows: (n, y, x, c) -> (n, y', x', features), with parameters (w, b).

    Args:
        features: how many outputs at each place.
        window: its height and width.
        strides: steps of the window.
        padding: of the image: ``VALID`` for none, ``SAME`` for y' = y / stride rounded up, or
            pairs of numbers.
        weights: initialiser of w, of shape (height, width, c, features).
        biases: initialiser of b, of shape (features,).

    Raises:
        LazyaxTypeError: from init, for a shape that is not of images with fixed channels.

    >>> from lazyax import random
    >>> init, apply = Conv(8, (3, 3), padding="SAME")
    >>> out_shape, (w, b) = init(random.PRNGKey(0), (-1, 28, 28, 1))
    >>> out_shape, w.shape
    ((-1, 28, 28, 8), (3, 3, 1, 8))
    """

    def init(key: Array, in_shape: Shape) -> tuple[Shape, Params]:
        require_images("Conv", in_shape)
        weights_shape = (*window, in_shape[-1], features)
        out_shape = lax.conv_general_shape_tuple(in_shape, weights_shape, strides, padding, LAYOUT)
        weights_key, biases_key = random.split(key)
        return out_shape, (weights(weights_key, weights_shape), biases(biases_key, (features,)))

    def apply(params: Params, inputs: Array) -> Array:
        w, b = params
        return lax.conv_general_dilated(inputs, w, strides, padding, dimension_numbers=LAYOUT) + b

    return init, apply


def require_images(layer: str, in_shape: Shape) -> None:
    """Raise unless the shape is (batch, height, width, channels), of which the last is fixed.

    Raises:
        LazyaxTypeError: naming the layer.
    """
    if len(in_shape) != 4 or in_shape[-1] < 0:
        raise LazyaxTypeError(
            f"{layer}: needs the shape of NHWC images, with fixed channels, got {in_shape}; "
            "reshape them, or use Dense"
        )

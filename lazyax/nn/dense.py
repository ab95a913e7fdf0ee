"""Fully connected layers."""

from __future__ import annotations

import math

import lazyax.numpy as np
from lazyax import random
from lazyax.array import Array
from lazyax.errors import LazyaxTypeError
from lazyax.nn.initialize import Initializer, glorot, zeros
from lazyax.nn.layer import Layer, Params, Shape, stateless

GLOROT = glorot()


def Dense(features: int, weights: Initializer = GLOROT, biases: Initializer = zeros) -> Layer:
    """``inputs @ w + b``: (..., n) -> (..., features), with parameters (w, b).

    Args:
        features: how many outputs.
        weights: initialiser of w, of shape (n, features).
        biases: initialiser of b, of shape (features,).

    Raises:
        LazyaxTypeError: from init, if the last length of the shape is not fixed.

    >>> from lazyax import random
    >>> init, apply = Dense(3)
    >>> out_shape, (w, b) = init(random.PRNGKey(0), (-1, 5))
    >>> out_shape, w.shape, b.shape
    ((-1, 3), (5, 3), (3,))
    """

    def init(key: Array, in_shape: Shape) -> tuple[Shape, Params]:
        if not in_shape or in_shape[-1] < 0:
            raise LazyaxTypeError(
                f"Dense: the last length of the inputs' shape must be fixed, got {in_shape}; "
                "only batch axes may be -1"
            )
        weights_key, biases_key = random.split(key)
        w = weights(weights_key, (in_shape[-1], features))
        return (*in_shape[:-1], features), (w, biases(biases_key, (features,)))

    def apply(params: Params, inputs: Array) -> Array:
        w, b = params
        return np.dot(inputs, w) + b

    return init, apply


def _flat(shape: Shape) -> Shape:
    if any(length < 0 for length in shape[1:]):
        raise LazyaxTypeError(
            f"Flatten: only the first length of the inputs' shape may be -1, got {shape}"
        )
    return shape[0], math.prod(shape[1:])


Flatten = stateless(lambda inputs: np.reshape(inputs, (inputs.shape[0], -1)), _flat)

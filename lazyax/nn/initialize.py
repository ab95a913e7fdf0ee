"""Initialisers of parameters: functions of a random key and a shape."""

from __future__ import annotations

import math
from collections.abc import Callable

import lazyax.numpy as np
from lazyax import random
from lazyax.array import Array
from lazyax.errors import LazyaxTypeError

Initializer = Callable[[Array, tuple[int, ...]], Array]


def glorot() -> Initializer:
    """Normal numbers of variance 2 / (fan in + fan out), which keeps the scale of activations.

    The last axis counts outputs, the one before it inputs, and all others the positions of a
    convolution's window. Glorot and Bengio 2010, equation 12.

    Raises:
        LazyaxTypeError: from the initialiser, for a shape of fewer than two axes.

    >>> from lazyax import random
    >>> glorot()(random.PRNGKey(0), (3, 3, 16, 32)).shape
    (3, 3, 16, 32)
    """

    def initialize(key: Array, shape: tuple[int, ...]) -> Array:
        if len(shape) < 2:
            raise LazyaxTypeError(
                f"glorot: needs a shape with an axis of inputs and one of outputs, got {shape}; "
                "use normal or zeros"
            )
        *window, inputs, outputs = shape
        fans = (inputs + outputs) * math.prod(window)
        return random.normal(key, shape) * math.sqrt(2 / fans)

    return initialize


def normal(scale: float = 1e-2) -> Initializer:
    """Normal numbers of mean 0 and standard deviation ``scale``.

    >>> from lazyax import random
    >>> normal(0.1)(random.PRNGKey(0), (2,)).shape
    (2,)
    """

    def initialize(key: Array, shape: tuple[int, ...]) -> Array:
        return random.normal(key, shape) * scale

    return initialize


def zeros(key: Array, shape: tuple[int, ...]) -> Array:
    """Zeros; the key is not used.

    >>> from lazyax import random
    >>> print(zeros(random.PRNGKey(0), (2,)))
    [0. 0.]
    """
    return np.zeros(shape)

"""Activation functions, and the layers that apply them: `relu` is a function, `Relu` a layer."""

from __future__ import annotations

import lazyax.numpy as np
from lazyax import lax
from lazyax.array import Array
from lazyax.nn.layer import elementwise


def relu(x: Array) -> Array:
    """max(x, 0). Its derivative at 0 is 0, where that of ``maximum`` is 1/2.

    >>> import lazyax.numpy as np
    >>> print(relu(np.array([-1.0, 2.0])))
    [0. 2.]
    """
    return np.where(x <= 0.0, 0.0, x)  # NaN stays NaN


def sigmoid(x: Array) -> Array:
    """1 / (1 + exp(-x)), without overflow for large negative x.

    >>> print(sigmoid(0.0))
    0.5
    """
    return 0.5 * (np.tanh(0.5 * x) + 1.0)


def softplus(x: Array) -> Array:
    """log(1 + exp(x)), without overflow.

    >>> print(softplus(1000.0))
    1000.0
    """
    return np.logaddexp(x, 0.0)


def log_softmax(x: Array, axis: int = -1) -> Array:
    """x - log(sum(exp(x))) along an axis: logarithms of probabilities that sum to 1.

    >>> import lazyax.numpy as np
    >>> print(log_softmax(np.zeros(2)))
    [-0.6931472 -0.6931472]
    """
    shifted = x - lax.stop_gradient(np.max(x, axis=axis, keepdims=True))
    return shifted - np.log(np.sum(np.exp(shifted), axis=axis, keepdims=True))


def softmax(x: Array, axis: int = -1) -> Array:
    """exp(x) / sum(exp(x)) along an axis: probabilities.

    >>> import lazyax.numpy as np
    >>> print(softmax(np.zeros(4)))
    [0.25 0.25 0.25 0.25]
    """
    return np.exp(log_softmax(x, axis))


Relu = elementwise(relu)
Tanh = elementwise(np.tanh)
Sigmoid = elementwise(sigmoid)
Softplus = elementwise(softplus)
LogSoftmax = elementwise(log_softmax)
Softmax = elementwise(softmax)

"""Neural networks as pairs of functions, and nothing else: no classes, no hidden state.

A layer is a pair ``(init, apply)``:

- ``init(key, in_shape)`` returns ``(out_shape, params)``. A length of -1 in a shape means that it
  is not fixed yet, as a batch size, and passes through.
- ``apply(params, inputs)`` returns the outputs.

`serial` and `parallel` make layers of layers. Images are NHWC.

>>> import lazyax.numpy as np
>>> from lazyax import nn, random
>>> init, apply = nn.serial(nn.Dense(16), nn.Relu, nn.Dense(3), nn.LogSoftmax)
>>> out_shape, params = init(random.PRNGKey(0), (-1, 4))
>>> out_shape
(-1, 3)
>>> apply(params, np.ones((5, 4))).shape
(5, 3)
"""

from lazyax.nn.activations import (
    LogSoftmax,
    Relu,
    Sigmoid,
    Softmax,
    Softplus,
    Tanh,
    log_softmax,
    relu,
    sigmoid,
    softmax,
    softplus,
)
from lazyax.nn.combine import FanInConcat, FanInSum, FanOut, Identity, parallel, serial
from lazyax.nn.conv import Conv
from lazyax.nn.dense import Dense, Flatten
from lazyax.nn.initialize import glorot, normal, zeros
from lazyax.nn.layer import Layer, Params, Shape
from lazyax.nn.pool import AvgPool, MaxPool

__all__ = [
    "AvgPool", "Conv", "Dense", "FanInConcat", "FanInSum", "FanOut", "Flatten", "Identity",
    "Layer", "LogSoftmax", "MaxPool", "Params", "Relu", "Shape", "Sigmoid", "Softmax", "Softplus",
    "Tanh", "glorot", "log_softmax", "normal", "parallel", "relu", "serial", "sigmoid", "softmax",
    "softplus", "zeros",
]  # fmt: skip

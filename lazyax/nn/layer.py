"""What a layer is: the types, and the layers that have no parameters."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from lazyax.array import Array

Shape = Any
"""Lengths, of which -1 is not fixed yet; for layers of several inputs, a tuple of shapes."""

Params = Any
"""A pytree of arrays; ``()`` for a layer that has none."""

Init = Callable[[Array, Shape], tuple[Shape, Params]]
"""A function of a random key and the inputs' shape."""

Apply = Callable[[Params, Any], Any]
"""A function of parameters and inputs."""

Layer = tuple[Init, Apply]


def stateless(apply: Callable[[Any], Any], shape: Callable[[Shape], Shape]) -> Layer:
    """The layer of a function without parameters.

    Args:
        apply: inputs -> outputs.
        shape: shape of the inputs -> shape of the outputs.
    """

    def init(key: Array, in_shape: Shape) -> tuple[Shape, Params]:
        return shape(in_shape), ()

    def apply_without_params(params: Params, inputs: Any) -> Any:
        return apply(inputs)

    return init, apply_without_params


def elementwise(function: Callable[[Array], Array]) -> Layer:
    """The layer of a function that keeps the shape.

    >>> import lazyax.numpy as np
    >>> init, apply = elementwise(np.sin)
    >>> print(apply((), np.zeros(2)))
    [0. 0.]
    """
    return stateless(function, lambda shape: shape)

"""Layers made of layers: one after another, side by side, and the forks and joins between."""

from __future__ import annotations

import functools
import operator
from typing import Any

import lazyax.numpy as np
from lazyax import random
from lazyax.array import Array
from lazyax.errors import LazyaxTypeError
from lazyax.nn.layer import Layer, Params, Shape, elementwise, stateless


def serial(*layers: Layer) -> Layer:
    """Layers one after another. The parameters are a list with an entry for each.

    >>> import lazyax.numpy as np
    >>> from lazyax import nn, random
    >>> init, apply = serial(nn.Dense(8), nn.Tanh, nn.Dense(2))
    >>> out_shape, params = init(random.PRNGKey(0), (-1, 4))
    >>> out_shape, len(params), params[1]
    ((-1, 2), 3, ())
    """

    def init(key: Array, in_shape: Shape) -> tuple[Shape, Params]:
        shape, params = in_shape, []
        for (init_layer, _), layer_key in zip(layers, _keys(key, layers), strict=True):
            shape, layer_params = init_layer(layer_key, shape)
            params.append(layer_params)
        return shape, params

    def apply(params: Params, inputs: Any) -> Any:
        for (_, apply_layer), layer_params in zip(layers, params, strict=True):
            inputs = apply_layer(layer_params, inputs)
        return inputs

    return init, apply


def parallel(*layers: Layer) -> Layer:
    """Layers side by side, each with its own input: a tuple in, a tuple out.

    >>> from lazyax import nn, random
    >>> branches = parallel(nn.Dense(8), nn.Identity)
    >>> init, apply = serial(nn.FanOut(2), branches, nn.FanInConcat())
    >>> init(random.PRNGKey(0), (-1, 4))[0]
    (-1, 12)
    """

    def init(key: Array, in_shape: Shape) -> tuple[Shape, Params]:
        _require_one_each("shapes", in_shape, layers)
        made = [
            init_layer(layer_key, shape)
            for (init_layer, _), layer_key, shape in zip(
                layers, _keys(key, layers), in_shape, strict=True
            )
        ]
        return tuple(shape for shape, _ in made), [params for _, params in made]

    def apply(params: Params, inputs: Any) -> Any:
        _require_one_each("inputs", inputs, layers)
        return tuple(
            apply_layer(layer_params, x)
            for (_, apply_layer), layer_params, x in zip(layers, params, inputs, strict=True)
        )

    return init, apply


def _keys(key: Array, layers: tuple[Layer, ...]) -> list[Array]:
    return list(random.split(key, len(layers))) if layers else []


def _require_one_each(what: str, given: Any, layers: tuple[Layer, ...]) -> None:
    if not isinstance(given, (tuple, list)) or len(given) != len(layers):
        got = f"{len(given)}" if isinstance(given, (tuple, list)) else type(given).__name__
        raise LazyaxTypeError(
            f"parallel: needs a tuple of {len(layers)} {what}, one for each layer, got {got}; "
            f"FanOut({len(layers)}) makes one of a single input"
        )


def FanOut(count: int) -> Layer:
    """One input as a tuple of ``count`` equal ones.

    >>> from lazyax import random
    >>> FanOut(2)[0](random.PRNGKey(0), (-1, 4))
    (((-1, 4), (-1, 4)), ())
    """
    return stateless(lambda x: (x,) * count, lambda shape: (shape,) * count)


def FanInConcat(axis: int = -1) -> Layer:
    """A tuple of inputs joined along ``axis``.

    Raises:
        LazyaxTypeError: from init, if the inputs differ along another axis.

    >>> from lazyax import random
    >>> FanInConcat()[0](random.PRNGKey(0), ((-1, 4), (-1, 3)))
    ((-1, 7), ())
    """

    def joined(shapes: Shape) -> Shape:
        place = axis % len(shapes[0])
        rest = {(*shape[:place], *shape[place + 1 :]) for shape in shapes}
        lengths = [shape[place] for shape in shapes]
        if len(rest) > 1 or min(lengths) < 0:
            raise LazyaxTypeError(
                f"FanInConcat: shapes must have fixed lengths along axis {axis} and be equal "
                f"along the others, got {shapes}"
            )
        return (*shapes[0][:place], sum(lengths), *shapes[0][place + 1 :])

    return stateless(lambda inputs: np.concatenate(inputs, axis), joined)


def _equal_shape(shapes: Shape) -> Shape:
    if len(set(shapes)) != 1:
        raise LazyaxTypeError(f"FanInSum: the inputs need one shape, got {shapes}")
    return shapes[0]


Identity = elementwise(lambda x: x)
FanInSum = stateless(lambda inputs: functools.reduce(operator.add, inputs), _equal_shape)

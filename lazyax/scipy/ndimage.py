"""SciPy's images of any number of axes, lazily: ``from lazyax.scipy import ndimage``."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from typing import Any

import lazyax.numpy as np
from lazyax.array import Array
from lazyax.errors import LazyaxTypeError
from lazyax.ops.numpy.conventions import as_operand
from lazyax.ops.numpy.promotion import operands

__all__ = ["map_coordinates"]


def _mirrored(index: Array, length: int) -> Array:
    """Back and forth, the edges once."""
    period = max(2 * length - 2, 1)
    place = index % period
    return np.where(place < length, place, period - place)


def _reflected(index: Array, length: int) -> Array:
    """Back and forth, the edges twice."""
    place = index % (2 * length)
    return np.where(place < length, place, 2 * length - 1 - place)


MODES: dict[str, Callable[[Array, int], Array]] = {
    "constant": lambda index, length: index,
    "nearest": lambda index, length: np.clip(index, 0, length - 1),
    "wrap": lambda index, length: index % length,
    "mirror": _mirrored,
    "reflect": _reflected,
}
"""Where in an axis of some length an index beyond it is read."""


def map_coordinates(
    input: Any, coordinates: Sequence[Any], order: int, mode: str = "constant", cval: Any = 0.0
) -> Array:
    """The values of an image at places between its elements. f32[9,9], 2 x f32[5] -> f32[5].

    Differentiable by image and places. Lowers to gathers, one for each corner.

    Args:
        input: the image.
        coordinates: for each of its axes the places; they broadcast.
        order: 0 for the nearest element, 1 for linear interpolation.
        mode: what lies beyond: "constant", "nearest", "wrap" (of jax: `grid-wrap` of SciPy),
            "mirror" or "reflect".
        cval: for mode "constant".

    >>> from lazyax.scipy import ndimage
    >>> print(ndimage.map_coordinates([[0.0, 1.0], [2.0, 3.0]], [[0.5], [0.5]], order=1))
    [1.5]

    Raises:
        LazyaxTypeError: for another order or mode, and another number of places than of axes.
    """
    x = Array(as_operand("map_coordinates", input))
    if order not in (0, 1) or mode not in MODES or len(coordinates) != x.ndim:
        raise LazyaxTypeError(
            f"map_coordinates: needs order 0 or 1, a mode of {tuple(MODES)}, and places for each "
            f"axis of {x.aval}, got {order!r}, {mode!r} and {len(coordinates)}"
        )
    places = [Array(node) for node in operands("map_coordinates", *coordinates, domain="inexact")]
    ends = [_neighbours(place, order) for place in places]
    total: Any = 0
    for corner in itertools.product(*ends):
        inside: Any = True
        index: list[Array] = []
        weight: Any = 1.0
        for (position, share), length in zip(corner, x.shape, strict=True):
            read = MODES[mode](position, length)
            inside = inside & (read >= 0) & (read < length)
            index.append(np.clip(read, 0, length - 1))
            weight = weight * share
        value = x[tuple(index)]
        total = total + weight * (np.where(inside, value, cval) if mode == "constant" else value)
    if x.dtype.kind in "iub":
        total = np.round(total)
    return np.asarray(total).astype(x.dtype)


def _neighbours(place: Array, order: int) -> list[tuple[Array, Any]]:
    """Positions of elements, and the share that each has."""
    if order == 0:
        return [(np.floor(place + 0.5).astype("int32"), 1.0)]
    low = np.floor(place)
    share = place - low
    return [(low.astype("int32"), 1 - share), (low.astype("int32") + 1, share)]

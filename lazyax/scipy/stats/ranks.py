"""Ranks and what is most frequent."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import lazyax.numpy as np
from lazyax.array import Array
from lazyax.errors import LazyaxTypeError
from lazyax.ops.numpy.conventions import as_operand

METHODS = ("average", "min", "max", "dense", "ordinal")


class ModeResult(NamedTuple):
    """What `mode` finds."""

    mode: Array
    count: Array  # type: ignore[assignment]  # SciPy's name, over the method of tuples


def _along(function: str, x: Any, axis: int | None, of_line: Callable[[Array], Any]) -> Any:
    """A function of lines along an axis, or of all elements in a row."""
    x = Array(as_operand(function, x))
    if axis is None:
        return of_line(x.ravel())
    return np.apply_along_axis(of_line, axis, x)


def rankdata(a: Any, method: str = "average", *, axis: int | None = None) -> Array:
    """The rank of each element, from 1 on. f32[2,5] -> f32[2,5] for axis 1.

    Args:
        a: an array; of all its elements in a row for axis None.
        method: what equal elements get: the ``average`` of their ranks, the ``min`` or ``max`` of
            them, ``dense`` ranks without gaps, or ``ordinal`` ones, in the order they stand in.
        axis: along which to rank.

    Raises:
        LazyaxTypeError: for another method, and an axis out of range.

    >>> from lazyax.scipy.stats import rankdata
    >>> print(rankdata([0, 2, 3, 2]))
    [1.  2.5 4.  2.5]
    """
    if method not in METHODS:
        raise LazyaxTypeError(f"rankdata: method is one of {METHODS}, got {method!r}")

    def ranks(line: Array) -> Array:
        if method == "ordinal":
            return np.argsort(np.argsort(line)) + 1
        ordered = np.sort(line)
        if method == "dense":
            is_new = np.concatenate([np.ones(1, bool), ordered[1:] != ordered[:-1]])[: line.size]
            return np.cumsum(is_new)[np.searchsorted(ordered, line)]
        low = np.searchsorted(ordered, line) + 1
        high = np.searchsorted(ordered, line, side="right")
        return {"min": low, "max": high, "average": (low + high) / 2}[method]

    return _along("rankdata", a, axis, ranks)


def mode(a: Any, axis: int | None = 0, *, keepdims: bool = False) -> ModeResult:
    """The most frequent element along ``axis``, the smallest of several, and how often it is there.

    f32[5,3] -> f32[3], i32[3].

    Raises:
        LazyaxTypeError: for an axis out of range, and an empty one.

    >>> from lazyax.scipy.stats import mode
    >>> print(*mode([3, 1, 3, 2]))
    3 2
    """
    x = Array(as_operand("mode", a))
    length = x.size if axis is None else x.shape[axis]
    if not length:
        raise LazyaxTypeError(f"mode: {x.aval} has no elements along axis {axis}")

    def found(line: Array) -> Array:
        ordered = np.sort(line)
        ends = np.searchsorted(ordered, ordered, side="right")
        return np.argmax(ends - np.searchsorted(ordered, ordered))

    along = 0 if axis is None else axis
    x = x.ravel() if axis is None else x
    place = np.expand_dims(_along("mode", x, along, found), along)
    most = np.take_along_axis(np.sort(x, axis=along), place, along)
    count = (x == most).sum(along, keepdims=True)
    if axis is None and keepdims:
        shape = (1,) * np.ndim(a)
        return ModeResult(most.reshape(shape), count.reshape(shape))
    if keepdims:
        return ModeResult(most, count)
    return ModeResult(most.squeeze(along), count.squeeze(along))


def sem(a: Any, axis: int | None = 0, ddof: int = 1, *, keepdims: bool = False) -> Array:
    """The standard error of the mean along ``axis``. f32[5,3] -> f32[3].

    >>> from lazyax.scipy.stats import sem
    >>> f"{sem([1.0, 2.0, 3.0, 4.0]):.4f}"
    '0.6455'

    Raises:
        LazyaxTypeError: for an axis out of range.
    """
    x = Array(as_operand("sem", a, "inexact"))
    count = x.size if axis is None else x.shape[axis]
    return np.std(x, axis=axis, ddof=ddof, keepdims=keepdims) / count**0.5

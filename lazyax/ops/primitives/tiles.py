"""Windows that lie side by side, as axes of their own: extremes of them are plain reductions.

XLA:CPU runs `reduce_window` element by element; a reduction over a split axis is vectorized.
"""

from __future__ import annotations

import math

import numpy

from lazyax.graph.aval import Aval
from lazyax.graph.node import Node
from lazyax.ops.primitives.compare import Equal
from lazyax.ops.primitives.leaves import Iota
from lazyax.ops.primitives.reduce import ReduceMin, ReduceSum
from lazyax.ops.primitives.select import Select
from lazyax.ops.primitives.shape import Broadcast, Slice, reshape

Lengths = tuple[int, ...]


def split(x: Node, window: Lengths) -> tuple[Node, Lengths]:
    """``x`` with each axis of more than one element a window as two, and the inner ones' numbers.

    f32[2,7] -> f32[2,3,2] and (2,) for window (1, 2). What fills no window is left out.
    """
    counts = [n // length for n, length in zip(x.aval.shape, window, strict=True)]
    stop = tuple([count * length for count, length in zip(counts, window, strict=True)])
    if stop != x.aval.shape:
        x = Slice((0,) * len(stop), stop, (1,) * len(stop))(x)
    shape: list[int] = []
    inner = []
    for count, length in zip(counts, window, strict=True):
        shape.append(count)
        if length > 1:
            inner.append(len(shape))
            shape.append(length)
    return reshape(x, tuple(shape)), tuple(inner)


def along_windows(x: Node, full: Aval, inner: Lengths) -> Node:
    """A number for each window, at each of its elements."""
    outer = tuple([axis for axis in range(full.ndim) if axis not in inner])
    return Broadcast(full.shape, outer)(x)


def first_of_equals(elements: Node, extreme: Node, inner: Lengths) -> Node:
    """Where each window first has its extreme, in row-major order."""
    full, places = elements.aval, math.prod([elements.aval.shape[axis] for axis in inner])
    is_extreme = Equal()(elements, along_windows(extreme, full, inner))
    shape = tuple([full.shape[axis] for axis in inner])
    count = reshape(Iota(numpy.dtype(numpy.int32), (places,))(), shape)
    place = Broadcast(full.shape, inner)(count)
    found = Select()(is_extreme, place, place.like(places))
    return Equal()(place, along_windows(ReduceMin(inner)(found), full, inner))


def tangent_of_extreme(x: Node, dx: Node, extreme: Node, window: Lengths) -> Node:
    """The tangent of the first element of each window that is its extreme."""
    elements, inner = split(x, window)
    changes, _ = split(dx, window)
    chosen = first_of_equals(elements, extreme, inner)
    return ReduceSum(inner)(Select()(chosen, changes, changes.like(0)))

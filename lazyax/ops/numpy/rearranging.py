"""Elements in another order, repeated, or left out."""

from __future__ import annotations

import functools
import itertools
import math
from collections.abc import Sequence
from typing import Any

import numpy

from lazyax.array import Array, array_node
from lazyax.errors import LazyaxTypeError
from lazyax.graph.node import Node
from lazyax.graph.op import Op
from lazyax.ops import primitives as p
from lazyax.ops.numpy.bounds import deciding_value
from lazyax.ops.numpy.conventions import (
    Axis,
    as_axes,
    as_axis,
    as_operand,
    as_shape,
    static_int,
)
from lazyax.ops.numpy.cumulative import cumsum
from lazyax.ops.numpy.promotion import broadcast_to
from lazyax.ops.numpy.search import searchsorted
from lazyax.ops.numpy.taking import take
from lazyax.ops.primitives.shape import moveaxis, permute, reshape


def cut(x: Node, axis: int, start: int, stop: int) -> Node:
    """Elements ``start:stop`` along one axis."""
    return _cutting(x.aval.shape, axis, start, stop)(x)


def _cutting(shape: tuple[int, ...], axis: int, start: int, stop: int) -> p.Slice:
    starts, stops = [0] * len(shape), list(shape)
    starts[axis], stops[axis] = start, stop
    return p.Slice(tuple(starts), tuple(stops), (1,) * len(shape))


def flip(m: Any, axis: Axis = None) -> Array:
    """Backwards along ``axis``, or along all. Lowers to `stablehlo.reverse`.

    >>> import lazyax.numpy as np
    >>> print(np.flip([1, 2, 3]))
    [3 2 1]

    Raises:
        LazyaxTypeError: for an axis out of range.
    """
    x = as_operand("flip", m)
    return Array(p.Reverse(tuple(sorted(as_axes("flip", axis, x.aval))))(x))


def fliplr(m: Any) -> Array:
    """Backwards along axis 1.

    >>> import lazyax.numpy as np
    >>> print(np.fliplr([[1, 2], [3, 4]]))
    [[2 1]
     [4 3]]

    Raises:
        LazyaxTypeError: with fewer than two axes.
    """
    return flip(m, 1)


def flipud(m: Any) -> Array:
    """Backwards along axis 0.

    >>> import lazyax.numpy as np
    >>> print(np.flipud([[1, 2], [3, 4]]))
    [[3 4]
     [1 2]]

    Raises:
        LazyaxTypeError: for a 0-d array.
    """
    return flip(m, 0)


def rot90(m: Any, k: int = 1, axes: tuple[int, int] = (0, 1)) -> Array:
    """Turned by ``k`` quarter turns in the plane of two axes. f32[2,3] -> f32[3,2].

    >>> import lazyax.numpy as np
    >>> print(np.rot90([[1, 2], [3, 4]]))
    [[2 4]
     [1 3]]

    Raises:
        LazyaxTypeError: for axes out of range, or fewer or more than two.
    """
    x = as_operand("rot90", m)
    plane = as_axes("rot90", tuple(axes), x.aval)
    if len(plane) != 2:
        raise LazyaxTypeError(f"rot90: needs two axes, got {axes}")
    turns = static_int("rot90", k, "k") % 4
    if turns in (1, 2):
        x = p.Reverse((plane[1],))(x)
    if turns in (2, 3):
        x = p.Reverse((plane[0],))(x)
    if turns % 2:
        order = list(range(x.aval.ndim))
        order[plane[0]], order[plane[1]] = plane[1], plane[0]
        x = permute(x, order)
    return Array(x)


def roll(a: Any, shift: Any, axis: Axis = None) -> Array:
    """Moved on by ``shift`` places along ``axis``; what leaves at the end comes in at the start.

    All elements in row-major order if ``axis`` is None. A shift that is an array is a run-time
    value.

    >>> import lazyax.numpy as np
    >>> print(np.roll(np.arange(5), 2))
    [3 4 0 1 2]

    Raises:
        LazyaxTypeError: for an axis out of range, or unequal numbers of shifts and axes.
    """
    x = as_operand("roll", a)
    if axis is None:
        flat = reshape(x, (x.aval.size,))
        return Array(reshape(_rolled(flat, shift, 0), x.aval.shape))
    axes = axis if isinstance(axis, (tuple, list)) else (axis,)
    shifts = shift if isinstance(shift, (tuple, list)) else (shift,)
    if 1 not in (len(axes), len(shifts)) and len(axes) != len(shifts):
        raise LazyaxTypeError(f"roll: {len(shifts)} shifts do not fit {len(axes)} axes")
    count = max(len(axes), len(shifts))
    pairs = zip(shifts * (count // len(shifts)), axes * (count // len(axes)), strict=True)
    for one_shift, one_axis in pairs:
        x = _rolled(x, one_shift, as_axis("roll", one_axis, x.aval))
    return Array(x)


def _rolled(x: Node, shift: Any, axis: int) -> Node:
    length = x.aval.shape[axis]
    if not length:
        return x
    if isinstance(shift, Array):
        return _rolled_at_run_time(x, shift, axis)
    places = static_int("roll", shift, "shift") % length
    if not places:
        return x
    end, start, both = _rolling_ops(x.aval.shape, axis, places)
    return both(end(x), start(x))


@functools.lru_cache(maxsize=1024)
def _rolling_ops(shape: tuple[int, ...], axis: int, places: int) -> tuple[Op, Op, Op]:
    """What cuts off the end, what the start, and what joins them."""
    border = shape[axis] - places
    return (
        _cutting(shape, axis, border, shape[axis]),
        _cutting(shape, axis, 0, border),
        p.Concatenate(axis),
    )


def _rolled_at_run_time(x: Node, shift: Array, axis: int) -> Node:
    """A block of two copies side by side."""
    places = as_operand("roll", shift)
    if places.aval.ndim or places.aval.dtype.kind not in "iu":
        raise LazyaxTypeError(f"roll: shift must be a 0-d integer, got {places.aval}")
    length = x.aval.shape[axis]
    index = p.Convert(numpy.dtype("i4"))(p.Remainder()(places, places.like(length)))
    start = p.Remainder()(length - index, index.like(length))
    starts = [start if place == axis else start.like(0) for place in range(x.aval.ndim)]
    return p.DynamicSlice(x.aval.shape)(p.Concatenate(axis)(x, x), *starts)


def tile(A: Any, reps: Any) -> Array:  # noqa: N803 - NumPy's name
    """``A`` repeated along each axis. f32[2,3] -> f32[4,9] for reps (2, 3).

    >>> import lazyax.numpy as np
    >>> print(np.tile([1, 2], 2))
    [1 2 1 2]

    Raises:
        LazyaxTypeError: for repetitions that are negative or not ints.
    """
    x = as_operand("tile", A)
    counts = as_shape("tile", reps)
    ndim = max(len(counts), x.aval.ndim)
    counts = (1,) * (ndim - len(counts)) + counts
    shape = (1,) * (ndim - x.aval.ndim) + x.aval.shape
    pairs = list(zip(counts, shape, strict=True))
    spread = reshape(x, tuple(itertools.chain(*[(1, length) for length in shape])))
    spread = broadcast_to(spread, tuple(itertools.chain(*pairs)))
    return Array(reshape(spread, tuple([count * length for count, length in pairs])))


def resize(a: Any, new_shape: Any) -> Array:
    """The elements in row-major order, again and again until they fill ``new_shape``.

    >>> import lazyax.numpy as np
    >>> print(np.resize([1, 2, 3], (2, 2)))
    [[1 2]
     [3 1]]

    Raises:
        LazyaxTypeError: for a bad shape.
    """
    x = as_operand("resize", a)
    shape = as_shape("resize", new_shape)
    size = math.prod(shape)
    if not x.aval.size:
        return Array(p.Full(0, shape, x.aval.dtype)())
    flat = reshape(x, (x.aval.size,))
    copies = -(-size // x.aval.size)
    repeated = p.Concatenate(0)(*[flat] * copies) if copies > 1 else flat
    return Array(reshape(cut(repeated, 0, 0, size), shape))


MOST_RUNS = 16
"""How many regular pieces are cut one by one; more are gathered."""


def at_positions(
    x: Node, axis: int, positions: numpy.ndarray, ends: Sequence[int] | None = None
) -> Node:
    """The elements at static ``positions`` along ``axis``, in regular runs where there are few.

    Args:
        x: the array.
        axis: of it.
        positions: along the axis.
        ends: their `runs`, if these are known.
    """
    ends = runs(positions) if ends is None else ends
    if len(ends) - 1 > MOST_RUNS:
        return _gathered(x, axis, positions)
    pieces = [_run(x, axis, positions[a:b]) for a, b in itertools.pairwise(ends)]
    if not pieces:
        return cut(x, axis, 0, 0)
    return p.Concatenate(axis)(*pieces) if len(pieces) > 1 else pieces[0]


def _gathered(x: Node, axis: int, positions: numpy.ndarray) -> Node:
    index = array_node(positions.astype("i4")[:, None])
    return moveaxis(p.Gather(0)(moveaxis(x, axis, 0), index), 0, axis)


def runs(positions: numpy.ndarray) -> list[int]:
    """Where runs of positions that count up, down, or stay begin; and the end of the last."""
    ends, step = [0], None
    for place in range(1, len(positions)):
        change = int(positions[place] - positions[place - 1])
        if step is None and change in (1, 0, -1):
            step = change
        elif change != step:
            ends.append(place)
            step = None
    return [*ends, len(positions)] if len(positions) else [0]


def _run(x: Node, axis: int, positions: numpy.ndarray) -> Node:
    first, last = int(positions[0]), int(positions[-1])
    block = cut(x, axis, min(first, last), max(first, last) + 1)
    if first > last:
        return p.Reverse((axis,))(block)
    if first == last and len(positions) > 1:
        shape = list(x.aval.shape)
        shape[axis] = len(positions)
        return broadcast_to(block, tuple(shape))
    return block


def flat_or_axis(function: str, a: Any, axis: int | None) -> tuple[Node, int]:
    """The array and the axis; the flattened array for None."""
    x = as_operand(function, a)
    if axis is None:
        return reshape(x, (x.aval.size,)), 0
    return x, as_axis(function, axis, x.aval)


def repeat(
    a: Any, repeats: Any, axis: int | None = None, *, total_repeat_length: int | None = None
) -> Array:
    """Each element ``repeats`` times, along ``axis`` or of the flattened array.

    Counts of each element decide the length: they are read now, unless ``total_repeat_length``
    says it; then what is too long is cut, and the last element fills what is too short. Lazy
    counts stay lazy then.

    >>> import lazyax.numpy as np
    >>> print(np.repeat([1, 2], 2), np.repeat([1, 2], [3, 1]))
    [1 1 2 2] [1 1 1 2]

    Raises:
        LazyaxTypeError: for an axis out of range, and counts that do not fit.
        AbstractValueError: for counts that are traced, without ``total_repeat_length``.
    """
    x, axis = flat_or_axis("repeat", a, axis)
    length = x.aval.shape[axis]
    is_lazy = isinstance(repeats, Array) and total_repeat_length is not None
    if is_lazy and length and repeats.shape == (length,) and repeats.dtype.kind in "iu":
        return _repeated_lazily(Array(x), axis, repeats, total_repeat_length)
    counts = _counts_to_repeat(repeats)
    if counts.dtype.kind not in "iub" or counts.size not in (1, length) or (counts < 0).any():
        raise LazyaxTypeError(
            f"repeat: needs one count that is not negative, or one for each of the {length} "
            f"elements of {x.aval} along axis {axis}, got {repeats}"
        )
    if counts.size == 1 and total_repeat_length is None:
        return Array(_each_repeated(x, axis, int(counts.reshape(()))))
    positions = numpy.repeat(numpy.arange(length), counts)
    if total_repeat_length is not None:
        missing = max(total_repeat_length - len(positions), 0)
        positions = numpy.pad(positions, (0, missing), "edge")[:total_repeat_length]
    return Array(at_positions(x, axis, positions))


def _counts_to_repeat(repeats: Any) -> numpy.ndarray:
    if not isinstance(repeats, Array):
        return numpy.asarray(repeats)
    return deciding_value(
        "repeat", repeats._node, "give total_repeat_length=, which cuts or fills with the last"
    )


def _repeated_lazily(x: Array, axis: int, counts: Array, total: int) -> Array:
    """Element i fills the places from where those before it end."""
    ends = cumsum(counts)
    places = searchsorted(ends, numpy.arange(total), "right")
    return take(x, places, axis, mode="clip")


def _each_repeated(x: Node, axis: int, count: int) -> Node:
    *before, length = x.aval.shape[: axis + 1]
    after = x.aval.shape[axis + 1 :]
    spread = reshape(x, (*before, length, 1, *after))
    spread = broadcast_to(spread, (*before, length, count, *after))
    return reshape(spread, (*before, length * count, *after))


def trim_zeros(filt: Any, trim: str = "fb", axis: Axis = None) -> Array:
    """Without what is zero all across at the front ("f") and back ("b") of ``axis``, or of all.

    The array is read now.

    >>> import lazyax.numpy as np
    >>> print(np.trim_zeros([0, 0, 1, 0, 2, 0]))
    [1 0 2]

    Raises:
        LazyaxTypeError: for an axis out of range, and an unknown ``trim``.
        AbstractValueError: while a function is traced.
    """
    x = as_operand("trim_zeros", filt)
    ends = set(trim.lower())
    if not ends or not ends <= set("fb"):
        raise LazyaxTypeError(f"trim_zeros: trim is 'f', 'b' or 'fb', got {trim!r}")
    axes = as_axes("trim_zeros", axis, x.aval)
    found = numpy.nonzero(
        deciding_value("trim_zeros", x, "use np.where to put other values in the place of zeros")
    )
    for one in axes:
        places = found[one]
        first = int(places.min()) if "f" in ends and places.size else 0
        last = int(places.max()) + 1 if "b" in ends and places.size else x.aval.shape[one]
        x = cut(x, one, first, last if places.size else 0)
    return Array(x)

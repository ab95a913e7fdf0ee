"""Numbers at regular distances, and the grids made of them. Nothing is allocated for them."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy

from lazyax.array import PYTHON_NUMBERS, Array, fitting
from lazyax.config import default_dtype
from lazyax.errors import LazyaxTypeError
from lazyax.graph.node import Node
from lazyax.ops import primitives as p
from lazyax.ops.numpy.conventions import (
    as_axis,
    as_device,
    as_dtype,
    as_operand,
    as_shape,
    static_int,
)
from lazyax.ops.numpy.creation import astype
from lazyax.ops.numpy.joining import column_stack, hstack, stack
from lazyax.ops.numpy.promotion import (
    broadcast,
    broadcast_shapes,
    broadcast_to,
    convert,
    operand,
    operands,
    promote,
)
from lazyax.ops.numpy.search import flatnonzero
from lazyax.ops.numpy.ufuncs import power
from lazyax.ops.primitives.shape import moveaxis, reshape


def arange(
    start: Any, stop: Any = None, step: Any = None, dtype: Any = None, *, device: Any = None
) -> Array:
    """``start``, ``start + step``, ... up to but not ``stop``. ``arange(n)`` is 0 to n - 1.

    The ends are Python numbers, or arrays that have values: they decide the length. Ints give the
    default integer, floats the default float. Lowers to `stablehlo.iota`.

    >>> import lazyax.numpy as np
    >>> print(np.arange(3), np.arange(1.0, 2.0, 0.25))
    [0 1 2] [1.   1.25 1.5  1.75]

    Raises:
        LazyaxTypeError: for a step of zero, ends that are no numbers, and integers that do not fit
            the dtype.
    """
    as_device("arange", device)
    if stop is None:
        start, stop = 0, start
    start, stop, step = (_number(end) for end in (start, stop, 1 if step is None else step))
    if step == 0:
        raise LazyaxTypeError("arange: step must not be zero")
    length = max(math.ceil((stop - start) / step), 0)
    kinds = [type(end) for end in (start, stop, step)]
    natural = float if float in kinds else int
    chosen = default_dtype(natural) if dtype is None else as_dtype("arange", dtype)
    return Array(_steps(start, step, length, chosen))


def _number(end: Any) -> int | float:
    """An end of a range as a Python number.

    Raises:
        LazyaxTypeError: if it is not a real number.
    """
    if type(end) not in PYTHON_NUMBERS:
        end = end.item() if isinstance(end, (Array, numpy.ndarray, numpy.generic)) else end
    if type(end) not in (bool, int, float):
        raise LazyaxTypeError(f"arange: needs real numbers, got {end!r}")
    return int(end) if type(end) is bool else end


def _steps(start: float, step: float, length: int, dtype: numpy.dtype) -> Node:
    """``start + i * step``; the numbers are run-time values, so others do not compile anew.

    Floats are worked out in 64 bits, as NumPy's, and rounded once.
    """
    if dtype.kind in "iu" and length:
        fitting(start + step * (length - 1), dtype)
    if dtype.kind == "b":
        return convert(_steps(start, step, length, default_dtype(int)), dtype)
    if start == 0 and step == 1:
        return p.Iota(dtype, (length,))()
    wide = dtype if dtype.kind in "iuc" else numpy.dtype("f8")
    count = p.Iota(wide, (length,))()
    if step != 1:
        count = count * broadcast_to(convert(step, wide), (length,))
    if start != 0:
        count = broadcast_to(convert(start, wide), (length,)) + count
    return convert(count, dtype)


def linspace(
    start: Any, stop: Any, num: int = 50, endpoint: bool = True, retstep: bool = False,
    dtype: Any = None, axis: int = 0, *, device: Any = None,
) -> Any:  # fmt: skip
    """``num`` numbers at regular distances from ``start`` to ``stop``, both exact.

    Arrays of starts and stops give a new axis: f32[3], f32[3] -> f32[num,3] for axis 0. Without
    ``endpoint``, ``stop`` is left out. ``retstep`` adds the distance, NaN if there is no step.

    >>> import lazyax.numpy as np
    >>> print(np.linspace(0, 1, 5))
    [0.   0.25 0.5  0.75 1.  ]

    Raises:
        LazyaxTypeError: for a negative ``num``, or ends that do not broadcast.
    """
    as_device("linspace", device)
    ends = [operand(end, "linspace") for end in (start, stop)]
    first, last = broadcast("linspace", promote(ends, "inexact"))
    chosen = first.aval.dtype if dtype is None else as_dtype("linspace", dtype)
    count = _count("linspace", num)
    wide = numpy.dtype("c16" if first.aval.dtype.kind == "c" else "f8")
    exact = [broadcast_to(convert(end, wide), first.aval.shape) for end in ends]
    numbers = _regular(*exact, count, endpoint)
    if chosen.kind in "iu":
        numbers = p.Floor()(numbers)
    numbers = moveaxis(convert(numbers, chosen), 0, as_axis("linspace", axis, numbers.aval))
    if not retstep:
        return Array(numbers)
    steps = count - 1 if endpoint else count
    return Array(numbers), Array((last - first) / (steps if steps > 0 else math.nan))


def _count(function: str, num: Any) -> int:
    count = static_int(function, num, "num")
    if count < 0:
        raise LazyaxTypeError(f"{function}: num must not be negative, got {count}")
    return count


def _regular(first: Node, last: Node, count: int, endpoint: bool) -> Node:
    """From ``first`` to ``last``, which have 64 bits, along a new axis 0; both ends are exact.

    XLA contracts products and sums, so that 5 * 0.2 - 1 is not 0; what it makes of weighted ends
    is 0 where they cancel, and rounded to 32 bits it is as exact as can be.
    """
    steps = max(count - 1 if endpoint else count, 1)
    shape = (count, *first.aval.shape)
    index = convert(p.Iota(numpy.dtype("f8"), shape)(), first.aval.dtype)
    low, high = (broadcast_to(end, shape) for end in (first, last))
    numbers = (low * (steps - index) + high * index) / steps
    if not count:
        return numbers
    numbers = _exact_at(0, first, numbers)
    return _exact_at(count - 1, last, numbers) if endpoint and count > 1 else numbers


def _exact_at(position: int, end: Node, numbers: Node) -> Node:
    """``numbers`` with ``end`` at a position along axis 0."""
    shape = numbers.aval.shape
    index = p.Iota(numpy.dtype("i4"), shape)()
    here = p.Equal()(index, index.like(position))
    return p.Select()(here, broadcast_to(end, shape), numbers)


def logspace(
    start: Any, stop: Any, num: int = 50, endpoint: bool = True, base: Any = 10.0,
    dtype: Any = None, axis: int = 0,
) -> Array:  # fmt: skip
    """``base`` to the powers of `linspace`; an array of bases broadcasts with the ends.

    >>> import lazyax.numpy as np
    >>> print(np.logspace(0, 2, 3))
    [  1.  10. 100.]

    Raises:
        LazyaxTypeError: for a negative ``num``, or ends that do not broadcast.
    """
    if numpy.ndim(base):
        ends = [as_operand("logspace", end) for end in (start, stop, base)]
        shape = broadcast_shapes("logspace", ends)
        start, stop, base = [Array(broadcast_to(end, shape)) for end in ends]
        place = as_axis("logspace", axis, base.aval, base.ndim + 1)
        base = Array(reshape(base._node, (*shape[:place], 1, *shape[place:])))
    powers = power(base, linspace(start, stop, num, endpoint, axis=axis))
    return powers if dtype is None else astype(powers, dtype)


def geomspace(
    start: Any, stop: Any, num: int = 50, endpoint: bool = True, dtype: Any = None, axis: int = 0
) -> Array:
    """``num`` numbers from ``start`` to ``stop`` at regular ratios, both exact.

    The ends are both positive or both negative, else what is between is NaN; or they are complex.

    >>> import lazyax.numpy as np
    >>> print(np.geomspace(1, 8, 4).round(4))
    [1. 2. 4. 8.]

    Raises:
        LazyaxTypeError: for a negative ``num``, ends that do not broadcast, and those that are
            known to be zero.
    """
    for end in (start, stop):
        if not isinstance(end, Array) and not numpy.all(end):
            raise LazyaxTypeError(f"geomspace: no ratio leads from or to zero, got the end {end}")
    chosen = None if dtype is None else as_dtype("geomspace", dtype)
    first, last = operands("geomspace", start, stop, domain="inexact")
    wanted = first.aval.dtype
    if chosen is not None and chosen.kind == "c" and wanted.kind != "c":
        wanted = chosen
    first, last = (convert(end, wanted) for end in (first, last))
    count = _count("geomspace", num)
    if first.aval.dtype.kind == "c":
        growth = p.Log()(last / first)
    else:
        one_sign = p.Log()(p.Sign()(first) * p.Sign()(last))
        growth = p.Log()(p.Absolute()(last)) - p.Log()(p.Absolute()(first)) + one_sign
    wide = convert(growth, numpy.dtype("c16" if growth.aval.dtype.kind == "c" else "f8"))
    exponents = convert(_regular(wide.like(0), wide, count, endpoint), growth.aval.dtype)
    numbers = broadcast_to(first, exponents.aval.shape) * p.Exp()(exponents)
    if endpoint and count > 1:
        numbers = _exact_at(count - 1, last, numbers)
    numbers = moveaxis(numbers, 0, as_axis("geomspace", axis, numbers.aval))
    return Array(numbers if chosen is None else convert(numbers, chosen))


def meshgrid(
    *xi: Any, copy: bool = True, sparse: bool = False, indexing: str = "xy"
) -> list[Array]:
    """Coordinates as arrays over the grid that they span; "xy" swaps the first two axes.

    f32[3], f32[2] -> f32[2,3] twice; f32[1,3] and f32[2,1] if ``sparse``.

    >>> import lazyax.numpy as np
    >>> x, y = np.meshgrid([1, 2, 3], [4, 5])
    >>> print(x + y)
    [[5 6 7]
     [6 7 8]]

    Raises:
        LazyaxTypeError: for coordinates of two axes or more, or another ``indexing``.
    """
    if indexing not in ("xy", "ij"):
        raise LazyaxTypeError(f"meshgrid: indexing is 'xy' or 'ij', got {indexing!r}")
    nodes = [as_operand("meshgrid", x) for x in xi]
    for node in nodes:
        if node.aval.ndim > 1:
            raise LazyaxTypeError(f"meshgrid: needs 1-d coordinates, got {node.aval}")
    places = list(range(len(nodes)))
    if indexing == "xy" and len(nodes) > 1:
        places[:2] = 1, 0
    open_grid = [_along(node, place, len(nodes)) for node, place in zip(nodes, places, strict=True)]
    if not sparse and open_grid:
        open_grid = broadcast("meshgrid", open_grid)
    return [Array(node) for node in open_grid]


def _along(x: Node, axis: int, ndim: int) -> Node:
    """A 1-d (or 0-d) node along one of ``ndim`` axes."""
    return reshape(x, (1,) * axis + (x.aval.size,) + (1,) * (ndim - axis - 1))


def indices(dimensions: Any, dtype: Any = int, sparse: bool = False) -> Any:
    """The index along each axis of a grid: i32[2,3] -> i32[2,2,3]; a tuple if ``sparse``.

    >>> import lazyax.numpy as np
    >>> print(np.indices((2, 2))[0])
    [[0 0]
     [1 1]]

    Raises:
        LazyaxTypeError: for a bad shape or dtype.
    """
    shape = as_shape("indices", tuple(dimensions))
    chosen = as_dtype("indices", dtype)
    ndim = len(shape)
    if sparse:
        lines = [p.Iota(chosen, (length,))() for length in shape]
        return tuple([Array(_along(line, axis, ndim)) for axis, line in enumerate(lines)])
    if not shape:
        return Array(p.Full(0, (0,), chosen)())
    grids = [reshape(p.Iota(chosen, shape, axis)(), (1, *shape)) for axis in range(ndim)]
    return Array(p.Concatenate(0)(*grids))


def fromfunction(function: Callable, shape: Any, *, dtype: Any = float, **kwargs: Any) -> Any:
    """``function`` of the index along each axis of a grid.

    >>> import lazyax.numpy as np
    >>> print(np.fromfunction(lambda i, j: i + j, (2, 3), dtype=int))
    [[0 1 2]
     [1 2 3]]

    Raises:
        LazyaxTypeError: for a bad shape or dtype.
    """
    shape = as_shape("fromfunction", shape)
    chosen = as_dtype("fromfunction", dtype)
    grids = [Array(p.Iota(chosen, shape, axis)()) for axis in range(len(shape))]
    return function(*grids, **kwargs)


def ix_(*args: Any) -> tuple[Array, ...]:
    """1-d indices that together select a sub-grid: ``x[np.ix_([0, 2], [1])]`` is 2 by 1.

    Masks stand for the places where they are true, which is computed now.

    >>> import lazyax.numpy as np
    >>> [index.shape for index in np.ix_([0, 2], [1, 3, 4])]
    [(2, 1), (1, 3)]

    Raises:
        LazyaxTypeError: for indices that are not 1-d.
    """
    nodes = [as_operand("ix_", index) for index in args]
    for node in nodes:
        if node.aval.ndim != 1:
            raise LazyaxTypeError(f"ix_: needs 1-d indices, got {node.aval}")
    nodes = [
        flatnonzero(Array(node))._node if node.aval.dtype.kind == "b" else node for node in nodes
    ]
    # an empty list has the dtype of floats
    nodes = [node if node.aval.size else convert(node, default_dtype(int)) for node in nodes]
    grid = [_along(node, axis, len(nodes)) for axis, node in enumerate(nodes)]
    return tuple([Array(node) for node in grid])


class Grid:
    """What ``np.mgrid`` and ``np.ogrid`` are: a grid by slices, as in ``np.mgrid[0:5, 0:1:3j]``.

    A step that is a complex number is a count, and then both ends are in.
    """

    def __init__(self, sparse: bool):
        self._sparse = sparse

    def __getitem__(self, key: Any) -> Any:
        if isinstance(key, slice):
            return _slice_range(key)
        lines = [_slice_range(one) for one in key]
        grids = meshgrid(*lines, sparse=self._sparse, indexing="ij")
        return grids if self._sparse else stack(grids)


def _slice_range(key: slice) -> Array:
    start = 0 if key.start is None else key.start
    if isinstance(key.step, (complex, numpy.complexfloating)):
        return linspace(start, key.stop, int(abs(key.step)))
    return arange(start, key.stop, key.step)


mgrid = Grid(sparse=False)
ogrid = Grid(sparse=True)


class Joiner:
    """What ``np.r_`` and ``np.c_`` are: slices as ranges, joined to arrays and numbers.

    ``np.r_[0:3, 7, x]`` is one row; ``np.c_[x, y]`` has them as columns.
    """

    def __init__(self, columns: bool):
        self._columns = columns

    def __getitem__(self, key: Any) -> Array:
        parts = key if isinstance(key, tuple) else (key,)
        if any(isinstance(part, str) for part in parts):
            raise LazyaxTypeError("r_: directives in strings are not supported; use concatenate")
        arrays = [_slice_range(part) if isinstance(part, slice) else part for part in parts]
        return column_stack(arrays) if self._columns else hstack(arrays)


r_ = Joiner(columns=False)
c_ = Joiner(columns=True)

"""Elements at given positions: NumPy's functions for what indexing does, and their opposites."""

from __future__ import annotations

from typing import Any

import numpy

from lazyax.array import Array, array_node
from lazyax.errors import LazyaxIndexError, LazyaxTypeError
from lazyax.graph.node import Node
from lazyax.ops import primitives as p
from lazyax.ops.numpy.assignment import as_update, assign, fitted
from lazyax.ops.numpy.at import At
from lazyax.ops.numpy.bounds import index_dtype, position
from lazyax.ops.numpy.call_sites import with_run_time_starts
from lazyax.ops.numpy.conventions import as_operand, delivered
from lazyax.ops.numpy.indexing import read
from lazyax.ops.numpy.promotion import broadcast_to, operand
from lazyax.ops.numpy.reductions import truth
from lazyax.ops.numpy.search import flatnonzero
from lazyax.ops.numpy.selection import select
from lazyax.ops.numpy.sorting import flat_unless
from lazyax.ops.primitives.shape import moveaxis, reshape

MODES = (None, "raise", "wrap", "clip", "fill")


def require_array(function: str, a: Any) -> Array:
    """A lazy array, which can be written to.

    Raises:
        LazyaxTypeError: for anything else.
    """
    if not isinstance(a, Array):
        raise LazyaxTypeError(
            f"{function}: writes to its first argument, which must be a lazyax array, got "
            f"{type(a).__name__}; make one with np.array"
        )
    return a


def index_operand(function: str, indices: Any) -> numpy.ndarray | Node:
    """Integer indices: a NumPy array where they are known, else a node.

    Raises:
        LazyaxTypeError: for what is not integers.
    """
    if isinstance(indices, Array):
        found, dtype = indices._node, indices.dtype
    else:
        given = operand(indices, function) if _has_lazy_parts(indices) else numpy.asarray(indices)
        empty = isinstance(given, numpy.ndarray) and not given.size
        found = given.astype(numpy.intp) if empty else given
        dtype = found.aval.dtype if isinstance(found, Node) else found.dtype
    if dtype.kind not in "iu":
        raise LazyaxTypeError(f"{function}: indices need an integer dtype, got {dtype}")
    return found


def _has_lazy_parts(value: Any) -> bool:
    pending = [value]
    while pending:
        part = pending.pop()
        if isinstance(part, Array):
            return True
        if isinstance(part, (list, tuple)):
            pending.extend(part)
    return False


def take(
    a: Any, indices: Any, axis: int | None = None, out: Any = None, mode: str | None = None,
    *, fill_value: Any = None,
) -> Array:  # fmt: skip
    """Elements at ``indices`` along ``axis``, or of the flattened array.

    f32[2,5], i32[3] -> f32[2,3] for axis 1.

    Args:
        a: the array.
        indices: integers of any shape.
        axis: None for the flattened array.
        out: an array to be pointed at the result.
        mode: for indices out of bounds. ``raise`` (and None) raises where they are known now,
            and reads at the edge where they are not; ``wrap`` counts on from the other end;
            ``clip`` reads at the edge, for negative ones at the first; ``fill`` gives
            ``fill_value``.
        fill_value: see `lazyax.ops.numpy.at.Update.get`.

    Raises:
        LazyaxIndexError: for an index that is out of bounds.
        LazyaxTypeError: for an axis out of range, an unknown mode, and an unfit ``out``.

    >>> import lazyax.numpy as np
    >>> print(np.take([4, 5, 6], [2, 0]))
    [6 4]
    """
    if mode not in MODES:
        raise LazyaxTypeError(f"take: mode is one of {MODES}, got {mode!r}")
    x, along = flat_unless("take", a, axis)
    index = index_operand("take", indices)
    if mode in ("wrap", "clip"):
        index = _into_bounds(index, x.aval.shape[along], mode)
    place = (slice(None),) * along + (Array(index) if isinstance(index, Node) else index,)
    if mode == "fill":
        return delivered(
            "take", At(Array(x))[place].get(mode="fill", fill_value=fill_value)._node, out
        )
    return delivered("take", read(x, with_run_time_starts(select(place, x.aval))), out)


def _into_bounds(index: numpy.ndarray | Node, length: int, mode: str) -> numpy.ndarray | Node:
    """Indices counted on from the other end, or moved to the edge.

    Raises:
        LazyaxIndexError: for an axis without elements.
    """
    if not length:
        raise LazyaxIndexError("take: there is nothing to take of an axis without elements")
    if isinstance(index, numpy.ndarray):
        return index % length if mode == "wrap" else index.clip(0, length - 1)
    whole = Array(index)
    return (whole % length if mode == "wrap" else whole.clip(0, length - 1))._node


def _vectors_along(function: str, indices: Any, length: int) -> Node:
    """Index vectors of one index for `Gather`: counted from the first element, and one axis more.

    Raises:
        LazyaxIndexError: for an index that is known now and out of bounds.
    """
    index = index_operand(function, indices)
    if isinstance(index, numpy.ndarray):
        if index.size and not (-length <= index.min() and index.max() < length):
            worst = index.min() if index.min() < -length else index.max()
            raise LazyaxIndexError(
                f"{function}: index {worst} is out of bounds for an axis of length {length}"
            )
        counted = numpy.where(index < 0, index + length, index)
        return array_node(counted.astype(index_dtype(length)))
    return position(index, length)


def _aligned(function: str, arr: Any, indices: Any, axis: int | None):
    """The array and its index vectors with ``axis`` last and the other axes broadcast together.

    Returns:
        The array, the index vectors, and the axis.

    Raises:
        LazyaxTypeError: if the numbers of axes differ, or the other axes do not broadcast.
    """
    x, along = flat_unless(function, arr, axis)
    index = _vectors_along(function, indices, x.aval.shape[along])
    if index.aval.ndim != x.aval.ndim:
        raise LazyaxTypeError(
            f"{function}: indices need as many axes as the array, got {index.aval} for {x.aval}"
        )
    last = x.aval.ndim - 1
    x, index = moveaxis(x, along, last), moveaxis(index, along, last)
    shapes = x.aval.shape, index.aval.shape
    try:
        lanes = numpy.broadcast_shapes(*[shape[:-1] for shape in shapes])
    except ValueError:
        raise LazyaxTypeError(
            f"{function}: shapes {shapes[0]} and {shapes[1]} (axis {along} last) do not broadcast "
            "but for the last axis"
        ) from None
    x, index = (broadcast_to(node, (*lanes, node.aval.shape[last])) for node in (x, index))
    return x, reshape(index, (*index.aval.shape, 1)), along


def take_along_axis(arr: Any, indices: Any, axis: int | None = -1) -> Array:
    """Elements of each line along ``axis``, at the indices that ``indices`` has for that line.

    f32[2,5], i32[2,3] -> f32[2,3] for axis 1. The other axes broadcast. What `argsort` gives
    sorts the array.

    Raises:
        LazyaxIndexError: for an index that is known now and out of bounds.
        LazyaxTypeError: if the shapes do not fit.

    >>> import lazyax.numpy as np
    >>> print(np.take_along_axis(np.array([[3, 1, 2]]), np.array([[1, 0]]), axis=1))
    [[1 3]]
    """
    x, vectors, along = _aligned("take_along_axis", arr, indices, axis)
    last = x.aval.ndim - 1
    return Array(moveaxis(p.Gather(last)(x, vectors), last, along))


def put_along_axis(arr: Array, indices: Any, values: Any, axis: int | None) -> None:
    """Write ``values`` into ``arr`` where `take_along_axis` reads.

    Raises:
        LazyaxIndexError: for an index that is known now and out of bounds.
        LazyaxTypeError: if the shapes do not fit, or ``arr`` is no lazy array.

    >>> import lazyax.numpy as np
    >>> x = np.zeros((1, 3))
    >>> np.put_along_axis(x, np.array([[2, 0]]), 7.0, axis=1)
    >>> print(x)
    [[7. 0. 7.]]
    """
    target = require_array("put_along_axis", arr)
    x, vectors, along = _aligned("put_along_axis", target, indices, axis)
    last, shape = x.aval.ndim - 1, list(vectors.aval.shape[:-1])
    if x.aval.size != target.size:
        raise LazyaxTypeError(
            f"put_along_axis: indices {vectors.aval} would repeat {target.aval}; they need length "
            "1, or the array's, along the other axes"
        )
    shape.insert(along, shape.pop())
    given = as_update(operand(values, "put_along_axis"), target.aval, "put_along_axis")
    updates = fitted(given, tuple(shape), target.aval, "put_along_axis")
    result = p.ScatterSet(last)(x, vectors, moveaxis(updates, along, last))
    target._node = reshape(moveaxis(result, last, along), target.shape)


def extract(condition: Any, arr: Any, *, size: int | None = None, fill_value: Any = 0) -> Array:
    """The elements where the condition holds, in row-major order.

    Args:
        condition: of the array's size; computed now, unless ``size`` is given.
        arr: the array.
        size: how many elements to return; missing ones are ``fill_value``.
        fill_value: see ``size``.

    Raises:
        AbstractValueError: while a function is traced, without ``size``.

    >>> import lazyax.numpy as np
    >>> print(np.extract([True, False, True], [4, 5, 6]))
    [4 6]
    """
    return compress(Array(_flat("extract", condition)), arr, size=size, fill_value=fill_value)


def _flat(function: str, value: Any) -> Node:
    x = as_operand(function, value)
    return reshape(x, (x.aval.size,))


def compress(
    condition: Any, a: Any, axis: int | None = None, out: Any = None,
    *, size: int | None = None, fill_value: Any = 0,
) -> Array:  # fmt: skip
    """The slices along ``axis`` (the elements, for None) for which the condition holds.

    Args:
        condition: 1-d, at most as long as the axis; computed now, unless ``size`` is given.
        a: the array.
        axis: None for the flattened array.
        out: an array to be pointed at the result.
        size: how many slices to return; missing ones are ``fill_value``.
        fill_value: see ``size``.

    Raises:
        LazyaxTypeError: for a condition that is not 1-d, or too long.
        AbstractValueError: while a function is traced, without ``size``.

    >>> import lazyax.numpy as np
    >>> print(np.compress([True, False, True], [[1, 2, 3]], axis=1))
    [[1 3]]
    """
    which = truth(as_operand("compress", condition))
    x, along = flat_unless("compress", a, axis)
    length = x.aval.shape[along]
    if which.aval.ndim != 1 or which.aval.size > length:
        raise LazyaxTypeError(
            f"compress: needs a 1-d condition of at most {length} elements, got {which.aval}"
        )
    positions = flatnonzero(Array(which), size=size, fill_value=length)
    if size is None:
        return delivered("compress", take(Array(x), positions, along)._node, out)
    return delivered(
        "compress", take(Array(x), positions, along, mode="fill", fill_value=fill_value)._node, out
    )


def put(a: Array, ind: Any, v: Any, mode: str = "raise") -> None:
    """Write ``v`` into the flattened array at ``ind``; a short ``v`` is repeated, none is nothing.

    >>> import lazyax.numpy as np
    >>> x = np.zeros(3)
    >>> np.put(x, [0, 2], [1.0, 2.0])
    >>> print(x)
    [1. 0. 2.]

    Raises:
        LazyaxIndexError: for an index that is known now and out of bounds.
        LazyaxTypeError: for an unknown mode, or if ``a`` is no lazy array.
    """
    target, index = require_array("put", a), index_operand("put", ind)
    if mode not in ("raise", "wrap", "clip"):
        raise LazyaxTypeError(f"put: mode is 'raise', 'wrap' or 'clip', got {mode!r}")
    if mode != "raise":
        index = _into_bounds(index, target.size, mode)
    flat = Array(reshape(target._node, (target.size,)))
    index = Array(_flat("put", Array(index) if isinstance(index, Node) else index))
    values = _flat("put", v)
    if not values.aval.size:
        return
    assign(flat, index, _repeated(values, index.size))
    target._node = reshape(flat._node, target.shape)


def _repeated(values: Node, size: int) -> Array:
    """A 1-d array repeated, or cut, to ``size`` elements."""
    return Array(values)[numpy.arange(size) % max(values.aval.size, 1)]


def place(arr: Array, mask: Any, vals: Any) -> None:
    """Write ``vals`` one after another, repeated as needed, where the mask is True.

    The rank of each True decides its value, so nothing is computed now.

    >>> import lazyax.numpy as np
    >>> x = np.arange(4)
    >>> np.place(x, x > 1, [7, 8])
    >>> print(x)
    [0 1 7 8]

    Raises:
        LazyaxTypeError: if the mask has another size, there are no values, or ``arr`` is no lazy
            array.
    """
    target, values = require_array("place", arr), _flat("place", vals)
    which = truth(_flat("place", mask))
    if which.aval.size != target.size or (target.size and not values.aval.size):
        raise LazyaxTypeError(
            f"place: needs a mask of the array's size and at least one value, got {which.aval} and "
            f"{values.aval} for {target.aval}"
        )
    rank = p.CumSum(0)(p.Convert(index_dtype(target.size))(which)) - 1
    chosen = as_update(take(Array(values), Array(rank), mode="wrap")._node, target.aval, "place")
    flat = reshape(target._node, (target.size,))
    target._node = reshape(p.Select()(which, chosen, flat), target.shape)


def putmask(a: Array, mask: Any, values: Any) -> None:
    """Write ``values``, repeated to the array's size, where the mask is True.

    >>> import lazyax.numpy as np
    >>> x = np.arange(4)
    >>> np.putmask(x, x > 1, 9)
    >>> print(x)
    [0 1 9 9]

    Raises:
        LazyaxTypeError: if the mask has another shape, or ``a`` is no lazy array.
    """
    target = require_array("putmask", a)
    everywhere = _repeated(_flat("putmask", values), target.size)
    copyto(target, Array(reshape(everywhere._node, target.shape)), where=mask)


def copyto(dst: Array, src: Any, casting: str = "same_kind", where: Any = True) -> None:
    """Write ``src``, broadcast, into all of ``dst``, or where a condition holds.

    >>> import lazyax.numpy as np
    >>> x = np.zeros(3)
    >>> np.copyto(x, 5.0, where=np.array([True, False, True]))
    >>> print(x)
    [5. 0. 5.]

    Raises:
        LazyaxTypeError: if shapes do not broadcast, dtypes do not convert as ``casting`` says, or
            ``dst`` is no lazy array.
    """
    target = require_array("copyto", dst)
    given = operand(src, "copyto")
    if isinstance(given, Node) and not numpy.can_cast(given.aval.dtype, target.dtype, casting):
        raise LazyaxTypeError(
            f"copyto: {given.aval} does not convert to {target.aval} by casting={casting!r}; use "
            "astype, or casting='unsafe'"
        )
    x = target._node
    update = fitted(as_update(given, x.aval, "copyto"), x.aval.shape, x.aval, "copyto")
    which = fitted(truth(as_operand("copyto", where)), x.aval.shape, x.aval, "copyto")
    target._node = update if where is True else p.Select()(which, update, x)


def fill_diagonal(a: Array, val: Any, wrap: bool = False) -> None:
    """Write ``val`` on the main diagonal; a short ``val`` is repeated.

    Args:
        a: an array of at least two axes; of more, all of one length.
        val: a number, or an array that is flattened.
        wrap: go on after n rows and one free row, in a matrix of more rows than columns.

    >>> import lazyax.numpy as np
    >>> x = np.zeros((2, 2))
    >>> np.fill_diagonal(x, 3.0)
    >>> print(x)
    [[3. 0.]
     [0. 3.]]

    Raises:
        LazyaxTypeError: for other shapes, or if ``a`` is no lazy array.
    """
    target = require_array("fill_diagonal", a)
    shape = target.shape
    if len(shape) < 2 or (len(shape) > 2 and len(set(shape)) > 1):
        raise LazyaxTypeError(
            f"fill_diagonal: needs a matrix, or more axes of one length, got {target.aval}"
        )
    if len(shape) == 2:
        end = None if wrap else shape[1] * shape[1]
        step = shape[1] + 1
    else:
        end, step = None, 1 + sum(numpy.cumprod(shape[:-1]).tolist())
    count = len(range(target.size)[:end:step])
    flat = Array(reshape(target._node, (target.size,)))
    assign(flat, slice(None, end, step), _repeated(_flat("fill_diagonal", val), count))
    target._node = reshape(flat._node, shape)


def compressed(self: Array, condition: Any, axis: int | None = None, out: Any = None) -> Array:
    """`compress` of this array."""
    return compress(condition, self, axis, out)


def fill(self: Array, value: Any) -> None:
    """Write one value into all elements."""
    self[...] = value

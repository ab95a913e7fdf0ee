"""Matrices by their structure: identity, triangles, diagonals."""

from __future__ import annotations

from typing import Any

import numpy

from lazyax.array import Array, array_node
from lazyax.config import default_dtype
from lazyax.errors import LazyaxTypeError
from lazyax.graph.aval import aval_of
from lazyax.graph.node import Node
from lazyax.ops import primitives as p
from lazyax.ops.numpy.conventions import (
    as_axes,
    as_device,
    as_dtype,
    as_operand,
    delivered,
    static_int,
)
from lazyax.ops.numpy.promotion import broadcast_to, convert, join_dtypes
from lazyax.ops.numpy.reductions import sum
from lazyax.ops.primitives.shape import moveaxis, reshape

INDEX = numpy.dtype("i4")

FAR = 2**30
"""More than a matrix has rows or columns, so that 32 bits hold an index and this."""


def eye(
    N: int, M: int | None = None, k: int = 0, dtype: Any = float, order: str | None = None,  # noqa: N803
    *, device: Any = None,
) -> Array:  # fmt: skip
    """Ones on diagonal ``k`` of an N by M matrix of zeros. Lowers to two iotas and a comparison.

    >>> import lazyax.numpy as np
    >>> print(np.eye(2, 3, 1))
    [[0. 1. 0.]
     [0. 0. 1.]]

    Raises:
        LazyaxTypeError: for lengths that are not ints, and unknown dtypes.
    """
    as_device("eye", device)
    rows, columns = _positions("eye", (N, M))
    on = p.Equal()(rows + _offset("eye", k), columns)
    return Array(convert(on, as_dtype("eye", float if dtype is None else dtype)))


def _positions(function: str, lengths: tuple[Any, Any]) -> tuple[Node, Node]:
    """The row and the column of each element of a matrix."""
    rows, columns = lengths[0], lengths[0] if lengths[1] is None else lengths[1]
    shape = (
        static_int(function, rows, "a length"),
        static_int(function, columns, "a length"),
    )
    if min(shape) < 0:
        raise LazyaxTypeError(f"{function}: lengths must not be negative, got {shape}")
    return p.Iota(INDEX, shape, 0)(), p.Iota(INDEX, shape, 1)()


def identity(n: int, dtype: Any = None) -> Array:
    """The identity matrix. f32[n,n].

    >>> import lazyax.numpy as np
    >>> print(np.identity(2))
    [[1. 0.]
     [0. 1.]]
    """
    return eye(n, dtype=dtype)


def _offset(function: str, k: Any) -> int:
    """Which diagonal, or one that is just as far outside of the matrix."""
    return min(max(static_int(function, k, "k"), -FAR), FAR)


def _below(function: str, lengths: tuple[Any, Any], k: Any) -> Node:
    """Whether each element of a matrix is on or below diagonal ``k``."""
    rows, columns = _positions(function, lengths)
    return p.LessEqual()(columns, rows + _offset(function, k))


def tri(N: int, M: int | None = None, k: int = 0, dtype: Any = float) -> Array:  # noqa: N803
    """Ones on and below diagonal ``k`` of an N by M matrix of zeros.

    >>> import lazyax.numpy as np
    >>> print(np.tri(2, 3))
    [[1. 0. 0.]
     [1. 1. 0.]]

    Raises:
        LazyaxTypeError: for lengths that are not ints, and unknown dtypes.
    """
    return Array(convert(_below("tri", (N, M), k), as_dtype("tri", dtype)))


def _triangle(function: str, m: Any, k: int, lower: bool) -> Array:
    x = as_operand(function, m)
    if not x.aval.ndim:
        raise LazyaxTypeError(f"{function}: needs one axis or more, got {x.aval}")
    if x.aval.ndim == 1:
        x = broadcast_to(x, x.aval.shape * 2)
    below = _below(function, x.aval.shape[-2:], k if lower else k - 1)
    inside = below if lower else p.Not()(below)
    return Array(p.Select()(broadcast_to(inside, x.aval.shape), x, x.like(0)))


def tril(m: Any, k: int = 0) -> Array:
    """Zero above diagonal ``k`` of the last two axes. f32[5,3,3] -> f32[5,3,3].

    >>> import lazyax.numpy as np
    >>> print(np.tril(np.ones((2, 3))))
    [[1. 0. 0.]
     [1. 1. 0.]]

    Raises:
        LazyaxTypeError: for a 0-d array.
    """
    return _triangle("tril", m, k, lower=True)


def triu(m: Any, k: int = 0) -> Array:
    """Zero below diagonal ``k`` of the last two axes. f32[5,3,3] -> f32[5,3,3].

    >>> import lazyax.numpy as np
    >>> print(np.triu(np.ones((2, 3))))
    [[1. 1. 1.]
     [0. 1. 1.]]

    Raises:
        LazyaxTypeError: for a 0-d array.
    """
    return _triangle("triu", m, k, lower=False)


def diagonal(a: Any, offset: int = 0, axis1: int = 0, axis2: int = 1) -> Array:
    """Elements on diagonal ``offset`` of two axes, as the last axis. f32[3,4,5] -> f32[5,3].

    >>> import lazyax.numpy as np
    >>> print(np.diagonal([[1, 2], [3, 4]]))
    [1 4]

    Raises:
        LazyaxTypeError: with fewer than two axes, or for an axis out of range.
    """
    return Array(diagonal_node("diagonal", as_operand("diagonal", a), offset, axis1, axis2))


def diagonal_node(function: str, x: Node, offset: int, axis1: int, axis2: int) -> Node:
    """A regular slice of the elements in row-major order."""
    if x.aval.ndim < 2:
        raise LazyaxTypeError(f"{function}: needs two axes or more, got {x.aval}")
    first, second = as_axes(function, (axis1, axis2), x.aval)
    offset = static_int(function, offset, "offset")
    last = x.aval.ndim - 1
    x = moveaxis(moveaxis(x, first, last), second - (second > first), last)
    *lead, rows, columns = x.aval.shape
    count = max(0, min(rows + min(offset, 0), columns - max(offset, 0)))
    start = max(offset, 0) + max(-offset, 0) * columns
    stop = start + (count - 1) * (columns + 1) + 1
    if not count:
        start = stop = 0
    flat = reshape(x, (*lead, rows * columns))
    zeros, ones = (0,) * len(lead), (1,) * len(lead)
    return p.Slice((*zeros, start), (*lead, stop), (*ones, columns + 1))(flat)


def trace(
    a: Any, offset: int = 0, axis1: int = 0, axis2: int = 1, dtype: Any = None, out: Any = None
) -> Array:
    """Sum of diagonal ``offset`` of two axes. f32[3,3] -> f32[].

    >>> import lazyax.numpy as np
    >>> print(np.trace([[1, 2], [3, 4]]))
    5

    Raises:
        LazyaxTypeError: with fewer than two axes, for an axis out of range, or unfit ``out``.
    """
    elements = diagonal_node("trace", as_operand("trace", a), offset, axis1, axis2)
    return delivered("trace", sum(Array(elements), -1, dtype)._node, out)


def diag(v: Any, k: int = 0) -> Array:
    """The diagonal ``k`` of a matrix, or the matrix of a diagonal. f32[3] -> f32[3,3].

    >>> import lazyax.numpy as np
    >>> print(np.diag([1, 2]))
    [[1 0]
     [0 2]]

    Raises:
        LazyaxTypeError: unless there are one or two axes.
    """
    x = as_operand("diag", v)
    if x.aval.ndim == 1:
        return Array(_with_diagonal(x, static_int("diag", k, "k")))
    if x.aval.ndim == 2:
        return Array(diagonal_node("diag", x, k, 0, 1))
    raise LazyaxTypeError(f"diag: needs one axis or two, got {x.aval}")


def _with_diagonal(x: Node, k: int) -> Node:
    """The square matrix with ``x`` on diagonal ``k``: its elements in row-major order, padded."""
    length = x.aval.size
    side = length + abs(k)
    if not length:
        return p.Full(0, (side, side), x.aval.dtype)()
    start = max(k, 0) + max(-k, 0) * side
    rest = side * side - start - ((length - 1) * (side + 1) + 1)
    zero = p.Full(0, (), x.aval.dtype)()
    return reshape(p.Pad((start,), (rest,), (side,))(x, zero), (side, side))


def diagflat(v: Any, k: int = 0) -> Array:
    """The matrix with all elements of ``v`` on diagonal ``k``. f32[2,2] -> f32[4,4].

    >>> import lazyax.numpy as np
    >>> np.diagflat(np.ones((2, 2))).shape
    (4, 4)
    """
    x = as_operand("diagflat", v)
    return Array(_with_diagonal(reshape(x, (x.aval.size,)), static_int("diagflat", k, "k")))


def vander(x: Any, N: int | None = None, increasing: bool = False) -> Array:  # noqa: N803
    """Powers of the elements as columns, the highest first. f32[3] -> f32[3,N].

    Of short integers they are of the default integer.

    >>> import lazyax.numpy as np
    >>> print(np.vander([1, 2, 3], 3))
    [[1 1 1]
     [4 2 1]
     [9 3 1]]

    Raises:
        LazyaxTypeError: unless ``x`` is 1-d.
    """
    base = as_operand("vander", x, "numeric")
    base = convert(base, join_dtypes([base.aval, aval_of((), default_dtype(int))])[0])
    if base.aval.ndim != 1:
        raise LazyaxTypeError(f"vander: needs a 1-d array, got {base.aval}")
    count = base.aval.size if N is None else static_int("vander", N, "N")
    powers = range(count) if increasing else range(count - 1, -1, -1)
    columns = [reshape(p.IntegerPower(power)(base), (base.aval.size, 1)) for power in powers]
    if not columns:
        return Array(p.Full(0, (base.aval.size, 0), base.aval.dtype)())
    return Array(p.Concatenate(1)(*columns))


def _index_arrays(found: Any) -> tuple[Array, ...]:
    dtype = default_dtype(int)
    return tuple([Array(array_node(index.astype(dtype))) for index in found])


def tril_indices(n: int, k: int = 0, m: int | None = None) -> tuple[Array, Array]:
    """Rows and columns of the elements on and below diagonal ``k`` of an n by m matrix.

    >>> import lazyax.numpy as np
    >>> [str(index) for index in np.tril_indices(2)]
    ['[0 1 1]', '[0 0 1]']
    """
    return _index_arrays(numpy.tril_indices(n, k, m))


def triu_indices(n: int, k: int = 0, m: int | None = None) -> tuple[Array, Array]:
    """Rows and columns of the elements on and above diagonal ``k`` of an n by m matrix.

    >>> import lazyax.numpy as np
    >>> [str(index) for index in np.triu_indices(2)]
    ['[0 0 1]', '[0 1 1]']
    """
    return _index_arrays(numpy.triu_indices(n, k, m))


def _matrix_shape(function: str, arr: Any) -> tuple[int, int]:
    aval = as_operand(function, arr).aval
    if aval.ndim != 2:
        raise LazyaxTypeError(f"{function}: needs a matrix, got {aval}")
    return aval.shape


def tril_indices_from(arr: Any, k: int = 0) -> tuple[Array, Array]:
    """`tril_indices` of a matrix of the shape of ``arr``.

    >>> import lazyax.numpy as np
    >>> [str(index) for index in np.tril_indices_from(np.ones((2, 2)))]
    ['[0 1 1]', '[0 0 1]']

    Raises:
        LazyaxTypeError: unless ``arr`` is a matrix.
    """
    rows, columns = _matrix_shape("tril_indices_from", arr)
    return tril_indices(rows, k, columns)


def triu_indices_from(arr: Any, k: int = 0) -> tuple[Array, Array]:
    """`triu_indices` of a matrix of the shape of ``arr``.

    >>> import lazyax.numpy as np
    >>> [str(index) for index in np.triu_indices_from(np.ones((2, 2)))]
    ['[0 0 1]', '[0 1 1]']

    Raises:
        LazyaxTypeError: unless ``arr`` is a matrix.
    """
    rows, columns = _matrix_shape("triu_indices_from", arr)
    return triu_indices(rows, k, columns)


def diag_indices(n: int, ndim: int = 2) -> tuple[Array, ...]:
    """Indices of the main diagonal of an array with ``ndim`` axes of length ``n``.

    >>> import lazyax.numpy as np
    >>> [str(index) for index in np.diag_indices(3)]
    ['[0 1 2]', '[0 1 2]']
    """
    line = p.Iota(default_dtype(int), (static_int("diag_indices", n, "n"),))()
    return (Array(line),) * ndim


def diag_indices_from(arr: Any) -> tuple[Array, ...]:
    """`diag_indices` of an array whose axes all have one length.

    >>> import lazyax.numpy as np
    >>> [str(index) for index in np.diag_indices_from(np.ones((2, 2)))]
    ['[0 1]', '[0 1]']

    Raises:
        LazyaxTypeError: unless there are two axes or more, of one length.
    """
    aval = as_operand("diag_indices_from", arr).aval
    if aval.ndim < 2 or len(set(aval.shape)) > 1:
        raise LazyaxTypeError(
            f"diag_indices_from: needs two axes or more of one length, got {aval}"
        )
    return diag_indices(aval.shape[0], aval.ndim)

"""Matrices made of a few numbers, or of blocks."""

from __future__ import annotations

from typing import Any

import numpy

from lazyax.array import Array
from lazyax.errors import LazyaxTypeError
from lazyax.graph.node import Node
from lazyax.ops import primitives as p
from lazyax.ops.numpy.conventions import as_operand, static_int
from lazyax.ops.numpy.creation import asarray
from lazyax.ops.numpy.promotion import operand, promote
from lazyax.ops.primitives.matrix_algebra import conjugate
from lazyax.ops.primitives.shape import reshape


def block_diag(*arrs: Any) -> Array:
    """The arrays as blocks along the diagonal of zeros. f32[2,2], f32[1,3] -> f32[3,5].

    Vectors are rows, and numbers blocks of one element. Lowers to pads and a concatenation.

    >>> from lazyax.scipy import linalg
    >>> print(linalg.block_diag([[1, 2]], 3))
    [[1 2 0]
     [0 0 3]]

    Raises:
        LazyaxTypeError: for an array with more than two axes.
    """
    if not arrs:
        return asarray(numpy.zeros((1, 0)))
    blocks = promote([operand(block, "block_diag") for block in arrs])
    for block in blocks:
        if block.aval.ndim > 2:
            raise LazyaxTypeError(f"block_diag: a block has two axes at most, got {block.aval}")
    blocks = [reshape(block, (1,) * (2 - block.aval.ndim) + block.aval.shape) for block in blocks]
    width = sum(block.aval.shape[1] for block in blocks)
    zero = p.Full(0, (), blocks[0].aval.dtype)()
    rows, left = [], 0
    for block in blocks:
        right = width - left - block.aval.shape[1]
        rows.append(p.Pad((0, left), (0, right), (0, 0))(block, zero))
        left += block.aval.shape[1]
    return Array(p.Concatenate(0)(*rows))


def _vector(function: str, value: Any) -> Node:
    x = as_operand(function, value)
    if x.aval.ndim > 1:
        raise LazyaxTypeError(f"{function}: needs a vector, got {x.aval}")
    return reshape(x, (x.aval.size,))


def toeplitz(c: Any, r: Any = None) -> Array:
    """The matrix that is constant along diagonals. f32[3], f32[4] -> f32[3,4].

    Args:
        c: its first column.
        r: its first row, of which the first element is not used; the conjugate of c.

    Lowers to one gather.

    >>> from lazyax.scipy import linalg
    >>> print(linalg.toeplitz([1, 2, 3], [1, 4]))
    [[1 4]
     [2 1]
     [3 2]]

    Raises:
        LazyaxTypeError: for what is not a vector.
    """
    column = _vector("toeplitz", c)
    row = conjugate(column) if r is None else _vector("toeplitz", r)
    column, row = promote([column, row])
    height, width = column.aval.size, row.aval.size
    if not height or not width:
        return Array(p.Full(0, (height, width), column.aval.dtype)())
    later = p.Slice((1,), (width,), (1,))(row)
    around = p.Concatenate(0)(p.Reverse((0,))(column), later)
    shape = (height, width)
    index = numpy.dtype("i4")
    place = p.Iota(index, shape, 1)() - p.Iota(index, shape, 0)() + (height - 1)
    return Array(p.Gather(0)(around, reshape(place, (*shape, 1))))


def circulant(c: Any) -> Array:
    """The square matrix whose columns are c, each turned by one more. f32[3] -> f32[3,3].

    >>> from lazyax.scipy import linalg
    >>> print(linalg.circulant([1, 2, 3]))
    [[1 3 2]
     [2 1 3]
     [3 2 1]]

    Raises:
        LazyaxTypeError: for what is not a vector.
    """
    column = _vector("circulant", c)
    if not column.aval.size:
        return toeplitz(Array(column))
    backwards = p.Reverse((0,))(column)
    first = p.Slice((0,), (1,), (1,))(column)
    others = p.Slice((0,), (column.aval.size - 1,), (1,))(backwards)
    return toeplitz(Array(column), Array(p.Concatenate(0)(first, others)))


def hilbert(n: int) -> Array:
    """The matrix of 1 / (i + j + 1). f32[n,n].

    >>> from lazyax.scipy import linalg
    >>> print(linalg.hilbert(2) * 6)
    [[6. 3.]
     [3. 2.]]

    Raises:
        LazyaxTypeError: for what is not an int.
    """
    side = static_int("hilbert", n, "n")
    shape, index = (side, side), numpy.dtype("i4")
    total = p.Iota(index, shape, 0)() + p.Iota(index, shape, 1)() + 1
    return 1 / Array(total)

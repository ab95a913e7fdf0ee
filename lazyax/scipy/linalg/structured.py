"""Matrices made of a few numbers, or of blocks."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy

from lazyax.array import Array
from lazyax.errors import LazyaxTypeError
from lazyax.graph.node import Node
from lazyax.ops import primitives as p
from lazyax.ops.numpy.conventions import as_operand, static_int
from lazyax.ops.numpy.creation import array, asarray
from lazyax.ops.numpy.joining import concatenate
from lazyax.ops.numpy.matrices import diag, eye
from lazyax.ops.numpy.padding import pad
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
    return _of_edges(column, row, backwards=True)


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
    return 1 / Array(_sums((side, side)) + 1)


def hankel(c: Any, r: Any = None) -> Array:
    """The matrix that is constant along counterdiagonals. f32[3], f32[4] -> f32[3,4].

    Args:
        c: its first column.
        r: its last row, of which the first element is not used; zeros by default.

    >>> from lazyax.scipy import linalg
    >>> print(linalg.hankel([1, 2, 3]))
    [[1 2 3]
     [2 3 0]
     [3 0 0]]

    Raises:
        LazyaxTypeError: for what is not a vector.
    """
    column = _vector("hankel", c)
    row = column.like(0) if r is None else _vector("hankel", r)
    return _of_edges(column, row, backwards=False)


def _of_edges(column: Node, row: Node, backwards: bool) -> Array:
    """The matrix of a column followed by a row without its first element, read row by row.

    Each row begins one further along that line; with ``backwards``, which turns the column, one
    before.
    """
    column, row = promote([column, row])
    height, width = shape = (column.aval.size, row.aval.size)
    if not height or not width:
        return Array(p.Full(0, shape, column.aval.dtype)())
    later = p.Slice((1,), (width,), (1,))(row)
    if backwards:
        index = numpy.dtype("i4")
        place = p.Iota(index, shape, 1)() - p.Iota(index, shape, 0)() + (height - 1)
        return Array(_read_at(p.Concatenate(0)(p.Reverse((0,))(column), later), place))
    return Array(_read_at(p.Concatenate(0)(column, later), _sums(shape)))


def _sums(shape: tuple[int, int]) -> Node:
    """Row plus column, of each place."""
    index = numpy.dtype("i4")
    return p.Iota(index, shape, 0)() + p.Iota(index, shape, 1)()


def _read_at(line: Node, places: Node) -> Node:
    return p.Gather(0)(line, reshape(places, (*places.aval.shape, 1)))


def companion(a: Any) -> Array:
    """The matrix whose eigenvalues are the roots of a polynomial. f32[4] -> f32[3,3].

    >>> from lazyax.scipy import linalg
    >>> print(linalg.companion([1.0, -10.0, 31.0, -30.0]))
    [[ 10. -31.  30.]
     [  1.   0.   0.]
     [  0.   1.   0.]]

    Raises:
        LazyaxTypeError: for fewer than two coefficients.
    """
    line = as_operand("companion", a, "inexact")
    if line.aval.ndim != 1 or line.aval.size < 2:
        raise LazyaxTypeError(f"companion: needs a vector of two or more, got {line.aval}")
    degree = line.aval.size - 1
    first = Array(p.Slice((0,), (1,), (1,))(line))
    top = -Array(p.Slice((1,), (degree + 1,), (1,))(line)) / first
    return concatenate([top[None], eye(degree - 1, degree, dtype=line.aval.dtype)])


def leslie(f: Any, s: Any) -> Array:
    """Leslie's matrix of fecundities and survivals. f32[4], f32[3] -> f32[4,4].

    >>> from lazyax.scipy import linalg
    >>> print(linalg.leslie([0.5, 2.0], [0.25]))
    [[0.5  2.  ]
     [0.25 0.  ]]

    Raises:
        LazyaxTypeError: unless there is one survival less than fecundities.
    """
    top, below = promote([_vector("leslie", f), _vector("leslie", s)])
    if top.aval.size != below.aval.size + 1:
        raise LazyaxTypeError(
            f"leslie: needs one survival less than fecundities, got {top.aval} and {below.aval}"
        )
    rows = pad(diag(Array(below)), ((0, 0), (0, 1)))
    return concatenate([Array(reshape(top, (1, top.aval.size))), rows])


def fiedler(a: Any) -> Array:
    """The matrix of distances between numbers. f32[3] -> f32[3,3].

    >>> from lazyax.scipy import linalg
    >>> print(linalg.fiedler([1, 4, 6]))
    [[0 3 5]
     [3 0 2]
     [5 2 0]]
    """
    line = Array(_vector("fiedler", a))
    return abs(line[:, None] - line)


def convolution_matrix(a: Any, n: int, mode: str = "full") -> Array:
    """The matrix that convolves ``a`` with a vector of length ``n``. f32[3] -> f32[n+2,n].

    >>> from lazyax.scipy import linalg
    >>> print(linalg.convolution_matrix([1, 2], 2))
    [[1 0]
     [2 1]
     [0 2]]

    Raises:
        LazyaxTypeError: for an empty vector or mode other than full, same and valid.
    """
    line, count = Array(_vector("convolution_matrix", a)), static_int("convolution_matrix", n, "n")
    if mode not in ("full", "same", "valid") or not line.size or count < 1:
        raise LazyaxTypeError(
            f"convolution_matrix: needs elements, n of 1 or more and a mode of 'full', 'same' or "
            f"'valid', got {line.aval}, {count} and {mode!r}"
        )
    whole = toeplitz(pad(line, (0, count - 1)), pad(line[:1], (0, count - 1)))
    if mode == "full":
        return whole
    short, long = sorted((line.size, count))
    start = (short - 1) // 2 if mode == "same" else short - 1
    return whole[start : start + (long if mode == "same" else long - short + 1)]


def _constant(name: str, doc: str) -> Callable[..., Array]:
    """A matrix of nothing but its size, that SciPy makes: in the default dtype of its kind."""

    def function(n: int, *arguments: Any, **keywords: Any) -> Array:
        from scipy import linalg  # which takes long to import

        side = static_int(name, n, "n")
        return array(getattr(linalg, name)(side, *arguments, **keywords).tolist())

    function.__name__ = function.__qualname__ = name
    function.__doc__ = f"{doc}, as `scipy.linalg.{name}` makes it: a constant of the program."
    return function


dft = _constant("dft", "The matrix of the discrete Fourier transform")
hadamard = _constant("hadamard", "Hadamard's matrix, of n a power of 2")
helmert = _constant("helmert", "Helmert's matrix")
invhilbert = _constant("invhilbert", "The inverse of `hilbert`")
invpascal = _constant("invpascal", "The inverse of `pascal`")
pascal = _constant("pascal", "Pascal's matrix of binomial coefficients")

"""Products of matrices and vectors, and equations of tensors."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from lazyax.array import Array
from lazyax.errors import LinAlgError
from lazyax.ops.numpy import contraction, matrices
from lazyax.ops.numpy.conventions import as_operand, static_int
from lazyax.ops.numpy.einsum import einsum
from lazyax.ops.numpy.linalg.equations import inv, solve
from lazyax.ops.primitives.matrix_algebra import identity_like
from lazyax.ops.primitives.shape import permute, reshape


def matrix_power(a: Any, n: int) -> Array:
    """Square matrices to an integer power, by repeated squaring. f32[5,3,3] -> f32[5,3,3].

    >>> import lazyax.numpy as np
    >>> print(np.linalg.matrix_power([[1, 1], [0, 1]], 5))
    [[1 5]
     [0 1]]

    Args:
        a: matrices; integers stay integers for n >= 0.
        n: 0 gives the identity; a negative power is that of the inverse.

    Raises:
        LinAlgError: unless the matrices are square.
        LazyaxTypeError: for a power that is not an int.
    """
    x = as_operand("matrix_power", a, "numeric")
    power = static_int("matrix_power", n, "the power")
    if x.aval.ndim < 2 or x.aval.shape[-1] != x.aval.shape[-2]:
        raise LinAlgError(f"matrix_power: needs square matrices, got {x.aval}")
    if power == 0:
        return Array(identity_like(x))
    square = inv(Array(x)) if power < 0 else Array(x)
    left, result = abs(power), None
    while left:
        if left & 1:
            result = square if result is None else contraction.matmul(result, square)
        left >>= 1
        if left:
            square = contraction.matmul(square, square)
    assert result is not None
    return result


def multi_dot(arrays: Sequence[Any], *, out: Any = None) -> Array:
    """The product of a chain of matrices, in the order that takes the fewest operations.

    f32[2,9], f32[9,3], f32[3] -> f32[2]. The first and the last may be vectors. opt_einsum finds
    the order.

    >>> import lazyax.numpy as np
    >>> print(np.linalg.multi_dot([[1, 2], [[1, 0], [0, 2]], [1, 1]]))
    5

    Raises:
        LinAlgError: for fewer than two arrays, or others with other than two axes.
        LazyaxTypeError: if lengths differ, and for an unfit ``out``.
    """
    nodes = [as_operand("multi_dot", array) for array in arrays]
    inner = nodes[1:-1]
    if len(nodes) < 2 or any(node.aval.ndim != 2 for node in inner):
        raise LinAlgError(
            "multi_dot: needs two arrays or more, all but the first and last of them matrices, got "
            f"{', '.join(str(node.aval) for node in nodes)}"
        )
    if nodes[0].aval.ndim not in (1, 2) or nodes[-1].aval.ndim not in (1, 2):
        raise LinAlgError(
            "multi_dot: the first and the last array are vectors or matrices, got "
            f"{nodes[0].aval} and {nodes[-1].aval}"
        )
    terms: list[Any] = []
    for place, node in enumerate(nodes):
        letters = [place, place + 1]
        if node.aval.ndim == 1:
            letters = letters[1:] if place == 0 else letters[:1]
        terms += [Array(node), letters]
    ends = [0] * (nodes[0].aval.ndim == 2) + [len(nodes)] * (nodes[-1].aval.ndim == 2)
    return einsum(*terms, ends, out=out, optimize="dp")


def tensorinv(a: Any, ind: int = 2) -> Array:
    """The inverse of ``tensordot(a, x, ind)``. f32[6,2,3] -> f32[2,3,6] for ind 1.

    >>> import lazyax.numpy as np
    >>> np.linalg.tensorinv(np.eye(6).reshape(6, 2, 3), ind=1).shape
    (2, 3, 6)

    Args:
        a: whose first axes have as many elements as the others.
        ind: how many axes are first; 1 or more.

    Raises:
        LinAlgError: for other axes.
    """
    x = as_operand("tensorinv", a, "inexact")
    first = static_int("tensorinv", ind, "ind")
    shape = x.aval.shape
    if first < 1 or math.prod(shape[:first]) != math.prod(shape[first:]):
        raise LinAlgError(
            f"tensorinv: needs as many elements in the first ind axes as in the others, and ind "
            f">= 1, got {x.aval} and ind {first}"
        )
    side = math.prod(shape[first:])
    inverse = inv(Array(reshape(x, (side, side))))._node
    return Array(reshape(inverse, (*shape[first:], *shape[:first])))


def tensorsolve(a: Any, b: Any, axes: Sequence[int] | None = None) -> Array:
    """The x of ``tensordot(a, x, x.ndim) = b``. f32[2,3,6], f32[2,3] -> f32[6].

    >>> import lazyax.numpy as np
    >>> np.linalg.tensorsolve(np.eye(6).reshape(2, 3, 6), np.ones((2, 3))).shape
    (6,)

    Args:
        a: whose first axes are those of b, and whose others have as many elements.
        b: the right-hand side.
        axes: of a, to move to its end first.

    Raises:
        LinAlgError: for other axes.
    """
    x, y = (as_operand("tensorsolve", value, "inexact") for value in (a, b))
    if axes is not None:
        last = [static_int("tensorsolve", axis, "an axis") % x.aval.ndim for axis in axes]
        x = permute(x, [axis for axis in range(x.aval.ndim) if axis not in last] + last)
    shape = x.aval.shape[y.aval.ndim :]
    size = math.prod(shape)
    if x.aval.size != size**2 or y.aval.size != size:
        raise LinAlgError(
            f"tensorsolve: needs as many elements in the axes of b as in the others of a, got "
            f"{x.aval} and {y.aval}"
        )
    solved = solve(Array(reshape(x, (size, size))), Array(reshape(y, (size,))))._node
    return Array(reshape(solved, shape))


def outer(x1: Any, x2: Any, /) -> Array:
    """Products of all pairs of elements of two vectors. f32[2], f32[3] -> f32[2,3].

    >>> import lazyax.numpy as np
    >>> print(np.linalg.outer([1, 2], [1, 3]))
    [[1 3]
     [2 6]]

    Raises:
        LinAlgError: unless both are vectors.
    """
    x, y = as_operand("outer", x1), as_operand("outer", x2)
    if x.aval.ndim != 1 or y.aval.ndim != 1:
        raise LinAlgError(f"outer: needs two vectors, got {x.aval} and {y.aval}")
    return contraction.outer(Array(x), Array(y))


def cross(x1: Any, x2: Any, /, *, axis: int = -1) -> Array:
    """Cross products of vectors of 3. f32[5,3], f32[3] -> f32[5,3].

    >>> import lazyax.numpy as np
    >>> print(np.linalg.cross([1, 0, 0], [0, 1, 0]))
    [0 0 1]

    Raises:
        LinAlgError: for vectors of another length.
    """
    x, y = as_operand("cross", x1), as_operand("cross", x2)
    for node in (x, y):
        if not node.aval.ndim or node.aval.shape[axis] != 3:
            raise LinAlgError(f"cross: needs vectors of 3 along axis {axis}, got {node.aval}")
    return contraction.cross(Array(x), Array(y), axis=axis)


def matmul(x1: Any, x2: Any, /) -> Array:
    """`lazyax.numpy.matmul`. f32[5,2,3], f32[3,4] -> f32[5,2,4].

    >>> import lazyax.numpy as np
    >>> print(np.linalg.matmul([[1, 2]], [[1], [1]]))
    [[3]]
    """
    return contraction.matmul(x1, x2)


def tensordot(x1: Any, x2: Any, /, *, axes: Any = 2) -> Array:
    """`lazyax.numpy.tensordot`. f32[2,3,4], f32[3,4,5] -> f32[2,5].

    >>> import lazyax.numpy as np
    >>> print(np.linalg.tensordot([[1, 2]], [[1, 1]]))
    3
    """
    return contraction.tensordot(x1, x2, axes)


def vecdot(x1: Any, x2: Any, /, *, axis: int = -1) -> Array:
    """`lazyax.numpy.vecdot`. f32[5,3], f32[3] -> f32[5].

    >>> import lazyax.numpy as np
    >>> print(np.linalg.vecdot([1, 2], [1, 1]))
    3
    """
    return contraction.vecdot(x1, x2, axis=axis)


def diagonal(x: Any, /, *, offset: int = 0) -> Array:
    """Diagonals of the last two axes. f32[5,3,4] -> f32[5,3].

    >>> import lazyax.numpy as np
    >>> print(np.linalg.diagonal([[1, 2], [3, 4]]))
    [1 4]

    Raises:
        LazyaxTypeError: with fewer than two axes.
    """
    return matrices.diagonal(x, offset, -2, -1)


def trace(x: Any, /, *, offset: int = 0, dtype: Any = None) -> Array:
    """Sums of the diagonals of the last two axes. f32[5,3,3] -> f32[5].

    >>> import lazyax.numpy as np
    >>> print(np.linalg.trace([[1, 2], [3, 4]]))
    5

    Raises:
        LazyaxTypeError: with fewer than two axes.
    """
    return matrices.trace(x, offset, -2, -1, dtype)

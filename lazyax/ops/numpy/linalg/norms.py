"""Norms of vectors and matrices, and condition numbers."""

from __future__ import annotations

import math
from typing import Any

from lazyax.array import Array
from lazyax.errors import LazyaxTypeError, LinAlgError
from lazyax.graph.node import Node
from lazyax.ops import primitives as p
from lazyax.ops.numpy.conventions import Axis, as_axes, as_operand, keep_axes
from lazyax.ops.numpy.linalg.arguments import as_matrices, require_dtype
from lazyax.ops.numpy.linalg.equations import inv
from lazyax.ops.numpy.linalg.spectra import singular_values
from lazyax.ops.numpy.reductions import max as maximum
from lazyax.ops.numpy.reductions import min as minimum
from lazyax.ops.primitives.shape import permute, reshape

Axes = tuple[int, ...]


def norm(x: Any, ord: Any = None, axis: Axis = None, keepdims: bool = False) -> Array:
    """The norm of vectors, or of matrices. f32[5,3] -> f32[]; for axis 1, -> f32[5].

    Args:
        x: an array; integers become floating.
        ord: of vectors, inf, -inf, 0 (how many are not zero) or any p; of matrices, ``fro``,
            ``nuc``, inf, -inf, 1, -1 (largest and smallest sum of a row or column), 2 or -2
            (singular values). Without it, the root of the sum of squares of all elements.
        axis: one axis for vectors, two for matrices; None for all of x.
        keepdims: whether the axes stay, with length 1.

    The derivative of the root of a sum of squares is NaN at zero, as jax's is.

    >>> import lazyax.numpy as np
    >>> print(np.linalg.norm([3.0, 4.0]), np.linalg.norm([[3.0, 4.0]], 1))
    5.0 4.0

    Raises:
        LazyaxTypeError: for an ord that is not known, or not one or two axes with an ord.
    """
    node = as_operand("norm", x, "inexact")
    axes = as_axes("norm", axis, node.aval)
    if ord is None and (axis is None or len(axes) in (1, 2)):
        return Array(keep_axes(_root_of_squares(node, axes), node.aval, axes, keepdims))
    if len(axes) == 1:
        found = _vector_norm("norm", node, ord, axes)
    elif len(axes) == 2:
        found = _matrix_norm("norm", node, "fro" if ord is None else ord, axes)
    else:
        raise LazyaxTypeError(
            f"norm: with ord {ord!r} needs vectors or matrices, so one axis or two, got axes "
            f"{axes} of {node.aval}; give axis="
        )
    return Array(keep_axes(found, node.aval, axes, keepdims))


def vector_norm(x: Any, /, *, axis: Axis = None, keepdims: bool = False, ord: Any = 2) -> Array:
    """The norm of all elements along some axes, as of one vector. f32[5,3] -> f32[].

    Args:
        x: an array; integers become floating.
        axis: an axis, axes, or None for all.
        keepdims: whether the axes stay, with length 1.
        ord: inf, -inf, 0 (how many are not zero) or any p.

    >>> import lazyax.numpy as np
    >>> print(np.linalg.vector_norm([[3.0, 4.0]]))
    5.0

    Raises:
        LazyaxTypeError: for an ord that is not a number.
    """
    node = as_operand("vector_norm", x, "inexact")
    axes = as_axes("vector_norm", axis, node.aval)
    found = _vector_norm("vector_norm", node, ord, axes)
    return Array(keep_axes(found, node.aval, axes, keepdims))


def matrix_norm(x: Any, /, *, keepdims: bool = False, ord: Any = "fro") -> Array:
    """The norm of the matrices in the last two axes. f32[5,3,3] -> f32[5].

    Args:
        x: matrices; integers become floating.
        keepdims: whether the axes stay, with length 1.
        ord: as of `norm`.

    >>> import lazyax.numpy as np
    >>> print(np.linalg.matrix_norm([[3.0, 4.0]]))
    5.0

    Raises:
        LinAlgError: for fewer than two axes.
        LazyaxTypeError: for an ord that is not known.
    """
    node = as_matrices("matrix_norm", x)
    axes = (node.aval.ndim - 2, node.aval.ndim - 1)
    found = _matrix_norm("matrix_norm", node, ord, axes)
    return Array(keep_axes(found, node.aval, axes, keepdims))


def _absolute(x: Node) -> Node:
    return p.Absolute()(x)


def _sum(x: Node, axes: Axes) -> Node:
    return p.ReduceSum(tuple(sorted(axes)))(x)


def _extreme(order: float, x: Node, axes: Axes) -> Node:
    """The largest of sizes, which is 0 of none; or for a negative order the smallest."""
    if order < 0:
        return minimum(Array(x), axis=axes)._node
    return maximum(Array(x), axis=axes, initial=None if x.aval.size else 0)._node


def _root_of_squares(x: Node, axes: Axes) -> Node:
    if x.aval.dtype.kind == "c":
        real, imag = p.Real()(x), p.Imag()(x)
        squares = real * real + imag * imag
    else:
        squares = x * x
    return p.Sqrt()(_sum(squares, axes))


def _vector_norm(function: str, x: Node, order: Any, axes: Axes) -> Node:
    if order in (None, 2):
        return _root_of_squares(x, axes)
    if isinstance(order, str) or not isinstance(order, (int, float)):
        raise LazyaxTypeError(
            f"{function}: the order of a vector's norm is a number, inf or -inf, got {order!r}"
        )
    size = _absolute(x)
    if math.isinf(order):
        return _extreme(order, size, axes)
    if order == 0:
        return _sum(p.Convert(size.aval.dtype)(p.NotEqual()(x, x.like(0))), axes)
    if order == 1:
        return _sum(size, axes)
    total = _sum(p.Power()(size, size.like(order)), axes)
    return p.Power()(total, total.like(1 / order))


def _matrix_norm(function: str, x: Node, order: Any, axes: Axes) -> Node:
    if order == "fro":
        return _root_of_squares(x, axes)
    row, column = axes
    if order in (1, -1, math.inf, -math.inf):
        summed, kept = (row, column) if abs(order) == 1 else (column, row)
        totals = _sum(_absolute(x), (summed,))
        return _extreme(order, totals, (kept - (kept > summed),))
    if order not in ("nuc", 2, -2):
        raise LazyaxTypeError(
            f"{function}: the order of a matrix's norm is one of 'fro', 'nuc', 1, -1, 2, -2, inf "
            f"and -inf, got {order!r}"
        )
    require_dtype(function, x)
    lead = [axis for axis in range(x.aval.ndim) if axis not in axes]
    s = singular_values(permute(x, (*lead, row, column)))
    last = (s.aval.ndim - 1,)
    if order == "nuc":
        return _sum(s, last)
    return _extreme(order, s, last)


def cond(x: Any, p: Any = None) -> Array:
    """The condition numbers of matrices: the norm times that of the inverse. f32[5,3,3] -> f32[5].

    Args:
        x: matrices; square unless ``p`` is None, 2 or -2.
        p: the order of the norm; None is 2, the largest singular value over the smallest, and -2
            the other way round.

    inf for a singular matrix.

    >>> import lazyax.numpy as np
    >>> print(np.linalg.cond([[4.0, 0.0], [0.0, 2.0]]))
    2.0

    Raises:
        LinAlgError: unless the matrices are square, where they need to be, and not empty.
        LazyaxTypeError: for an order that is not known.
    """
    node = as_matrices("cond", x, square=p not in (None, 2, -2))
    if 0 in node.aval.shape[-2:]:
        raise LinAlgError(f"cond: needs matrices with elements, got {node.aval}")
    if p in (None, 2, -2):
        return Array(_infinite_unless_nan(_singular_ratio(node, p == -2), node))
    whole = Array(node)
    product = matrix_norm(whole, ord=p) * matrix_norm(inv(whole), ord=p)
    return Array(_infinite_unless_nan(product._node, node))


def _singular_ratio(x: Node, inverted: bool) -> Node:
    s = singular_values(x)
    last = s.aval.ndim - 1
    largest, smallest = (
        reshape(
            p.Slice((*[0] * last, at), (*s.aval.shape[:-1], at + 1), (1,) * (last + 1))(s),
            s.aval.shape[:-1],
        )
        for at in (0, s.aval.shape[-1] - 1)
    )
    return smallest / largest if inverted else largest / smallest


def _infinite_unless_nan(value: Node, x: Node) -> Node:
    """inf in place of the NaN that a singular matrix without NaN gives."""
    axes = (x.aval.ndim - 2, x.aval.ndim - 1)
    given = p.ReduceOr(axes)(p.NotEqual()(x, x))
    made = p.And()(p.NotEqual()(value, value), p.Not()(given))
    return p.Select()(made, value.like(math.inf), value)

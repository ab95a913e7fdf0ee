"""The exponential of a matrix."""

from __future__ import annotations

import math
from typing import Any

import numpy

from lazyax.array import Array
from lazyax.graph.graph import Graph
from lazyax.graph.node import Node
from lazyax.ops import primitives as p
from lazyax.ops.numpy.linalg.arguments import as_matrices
from lazyax.ops.primitives.kinds import real_dtype
from lazyax.ops.primitives.leaves import input_leaf, projections
from lazyax.ops.primitives.linear_solve import solve
from lazyax.ops.primitives.matrix_algebra import identity_like, like_dtype, matmul
from lazyax.ops.primitives.shape import Broadcast

DEGREES = {"float32": (7, 3.925724783138660), "float64": (13, 5.371920351148152)}
"""By real dtype: degree of the Pade approximant, and the 1-norm up to which it is exact to
rounding (Higham 2005, tables 2.3 and 2.4)."""


def pade_coefficients(degree: int) -> list[float]:
    """Of the numerator of the diagonal approximant to exp, the last being 1."""
    f = math.factorial
    return [float(f(2 * degree - k) // (f(k) * f(degree - k))) for k in range(degree + 1)]


def expm(A: Any, *, max_squarings: int = 16) -> Array:  # noqa: N803
    """The exponential of square matrices. f32[5,3,3] -> f32[5,3,3].

    Scaling and squaring with the Pade approximant of degree 13, or 7 in single precision
    (Higham 2005, "The scaling and squaring method for the matrix exponential revisited").

    Args:
        A: the matrices.
        max_squarings: how often at most a matrix is halved; one with a 1-norm above about
            5 * 2**max_squarings gives NaN.

    >>> from lazyax.scipy import linalg
    >>> print(linalg.expm([[0.0, 1.0], [0.0, 0.0]]))
    [[1. 1.]
     [0. 1.]]

    Raises:
        LinAlgError: unless the matrices are square.
    """
    x = as_matrices("expm", A, square=True)
    if not x.aval.size:
        return Array(x)
    degree, largest = DEGREES[real_dtype(x.aval.dtype).name]
    squarings = _squarings(x, largest)
    factor = p.Power()(squarings.like(0.5), squarings)
    result = _pade(x * _of_each(like_dtype(factor, x), x), degree)
    result = _squared(result, squarings, max_squarings)
    beyond = p.Greater()(squarings, squarings.like(max_squarings))
    return Array(p.Select()(_of_each(beyond, result), result.like(numpy.nan), result))


def _squarings(x: Node, largest: float) -> Node:
    """How often to halve each matrix: a whole number, of which the result does not depend."""
    last = x.aval.ndim - 1
    size = p.ReduceMax((last - 1,))(p.ReduceSum((last - 1,))(p.Absolute()(x)))
    ratio = p.StopGradient()(size) / largest
    above = p.Maximum()(ratio, ratio.like(1))
    return p.Ceil()(p.Log()(above) / math.log(2))


def _squared(x: Node, times: Node, most: int) -> Node:
    """Each matrix squared so many times: a loop as long as the most of them, or as ``most``."""
    left, matrix = input_leaf(times.aval), input_leaf(x.aval)
    pending = p.Greater()(left, left.like(0))
    going_on = _of_each(pending, matrix)
    # what is done is not squared: it could overflow, and spoil the derivative
    base = p.Select()(going_on, matrix, identity_like(matrix))
    body = Graph([left, matrix], [left - 1, p.Select()(going_on, matmul(base, base), matrix)])
    condition = Graph([left, matrix], [p.ReduceOr(tuple(range(left.aval.ndim)))(pending)])
    loop = p.While(condition, body, 0, 0, most)(p.Minimum()(times, times.like(most)), x)
    return projections(loop)[1]


def _of_each(number: Node, x: Node) -> Node:
    """A number for each matrix, as matrices."""
    return Broadcast(x.aval.shape, tuple(range(x.aval.ndim - 2)))(number)


def _pade(x: Node, degree: int) -> Node:
    """(v - u)^-1 (v + u), of the odd and the even part of the numerator."""
    coefficients = pade_coefficients(degree)
    square = matmul(x, x)
    power = identity_like(x)
    odd, even = x.like(0), x.like(0)
    for k in range(0, degree + 1, 2):
        even = even + power * coefficients[k]
        odd = odd + power * coefficients[k + 1]
        if k + 2 <= degree:
            power = matmul(power, square)
    u = matmul(x, odd)
    return solve(even - u, even + u)

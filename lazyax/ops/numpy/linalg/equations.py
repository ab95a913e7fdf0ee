"""Linear equations, inverses and determinants, by the LU decomposition."""

from __future__ import annotations

import math
from typing import Any, NamedTuple

from lazyax.array import Array
from lazyax.graph.node import Node
from lazyax.ops import primitives as p
from lazyax.ops.numpy.linalg.arguments import Equation, as_matrices
from lazyax.ops.numpy.promotion import broadcast_to
from lazyax.ops.primitives.kinds import real_dtype
from lazyax.ops.primitives.linear_solve import Factors
from lazyax.ops.primitives.lu import take_rows
from lazyax.ops.primitives.matrix_algebra import diagonal, identity_like, like_dtype
from lazyax.ops.primitives.shape import reshape
from lazyax.ops.primitives.triangular_solve import batch_right


def solve_by(factors: Factors, b: Node) -> Node:
    """X of a X = b, for all ``b`` if there is one matrix, else for each matrix its own."""
    if factors.lu.aval.ndim == 2 < b.aval.ndim:
        lanes = reshape(b, (math.prod(b.aval.shape[:-2]), *b.aval.shape[-2:]))
        return reshape(batch_right(lambda wide: solve_by(factors, wide), lanes), b.aval.shape)
    lead = b.aval.shape[:-2]
    rows, lu = [broadcast_to(x, (*lead, *x.aval.shape[-2:])) for x in (factors.rows, factors.lu)]
    order = broadcast_to(factors.order, (*lead, factors.order.aval.shape[-1]))
    return p.FactoredSolve()(rows, lu, take_rows(b, order))


def parity(factors: Factors) -> Node:
    """1, or -1 for matrices whose rows were exchanged an odd number of times."""
    pivots = factors.pivots.aval
    place = p.Iota(pivots.dtype, pivots.shape, pivots.ndim - 1)()
    moved = p.NotEqual()(factors.pivots, place)
    dtype = real_dtype(factors.lu.aval.dtype)
    signs = p.Select()(moved, *[p.Full(one, pivots.shape, dtype)() for one in (-1, 1)])
    return like_dtype(p.ReduceProd((pivots.ndim - 1,))(signs), factors.lu)


def solve(a: Any, b: Any) -> Array:
    """The x of a @ x = b. f32[5,3,3], f32[5,3,2] -> f32[5,3,2]; f32[5,3,3], f32[3] -> f32[5,3].

    Leading axes broadcast. A singular matrix gives infinities or NaN. Lowers to LAPACK's getrf
    and trsm; the derivative, a^-1 (db - da x), uses the same factors (Giles 2008, section 2.3.1).

    >>> import lazyax.numpy as np
    >>> print(np.linalg.solve([[3.0, 1.0], [1.0, 2.0]], [9.0, 8.0]))
    [2. 3.]

    Raises:
        LinAlgError: unless the matrices are square and have as many rows as ``b``.
    """
    equation = Equation.of("solve", a, b)
    return equation.result(solve_by(Factors.of(equation.a), equation.b))


def inv(a: Any) -> Array:
    """The inverses of square matrices. f32[5,3,3] -> f32[5,3,3].

    A singular matrix gives infinities or NaN. Lowers to `solve` of the identity.

    >>> import lazyax.numpy as np
    >>> print(np.linalg.inv([[2.0, 0.0], [0.0, 4.0]]))
    [[0.5  0.  ]
     [0.   0.25]]

    Raises:
        LinAlgError: unless the matrices are square.
    """
    x = as_matrices("inv", a, square=True)
    return Array(solve_by(Factors.of(x), identity_like(x)))


def det(a: Any) -> Array:
    """The determinants of square matrices. f32[5,3,3] -> f32[5].

    Lowers to LAPACK's getrf and a product. The derivative is det(a) times that of `slogdet`, so
    NaN for a singular matrix.

    >>> import lazyax.numpy as np
    >>> print(np.linalg.det([[2.0, 1.0], [0.0, 3.0]]))
    6.0

    Raises:
        LinAlgError: unless the matrices are square.
    """
    factors = Factors.of(as_matrices("det", a, square=True))
    elements = diagonal(factors.lu)
    product = p.ReduceProd((elements.aval.ndim - 1,))(elements)
    return Array(parity(factors) * p.Determinant()(product, factors.rows, factors.lu))


class SlogdetResult(NamedTuple):
    """What `slogdet` returns."""

    sign: Array
    logabsdet: Array


def slogdet(a: Any) -> SlogdetResult:
    """Sign and logarithm of the modulus of determinants. f32[5,3,3] -> (f32[5], f32[5]).

    A singular matrix has sign 0 and logarithm -inf. The sign of a complex determinant has
    modulus 1. The derivative of the logarithm is the trace of a^-1 da (Giles 2008, section 2.2.4).

    >>> import lazyax.numpy as np
    >>> sign, logarithm = np.linalg.slogdet([[0.0, 1.0], [1.0, 0.0]])
    >>> print(sign, logarithm)
    -1.0 0.0

    Raises:
        LinAlgError: unless the matrices are square.
    """
    factors = Factors.of(as_matrices("slogdet", a, square=True))
    elements = diagonal(factors.lu)
    last = (elements.aval.ndim - 1,)
    sign = parity(factors) * p.ReduceProd(last)(p.Sign()(elements))
    total = p.ReduceSum(last)(p.Log()(p.Absolute()(elements)))
    logarithm = p.LogDeterminant()(total, factors.rows, factors.lu)
    return SlogdetResult(Array(sign), Array(logarithm))

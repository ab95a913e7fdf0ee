"""How variables vary together."""

from __future__ import annotations

from typing import Any

from lazyax.array import Array
from lazyax.errors import LazyaxTypeError
from lazyax.graph.node import Node
from lazyax.ops import primitives as p
from lazyax.ops.numpy.conventions import as_operand
from lazyax.ops.numpy.joining import concatenate
from lazyax.ops.numpy.matrices import diagonal_node
from lazyax.ops.numpy.promotion import broadcast_to, convert
from lazyax.ops.numpy.reductions import SUM, fold
from lazyax.ops.numpy.statistics import inexact
from lazyax.ops.primitives.kinds import real_dtype
from lazyax.ops.primitives.shape import permute, reshape


def cov(
    m: Any, y: Any = None, rowvar: bool = True, bias: bool = False, ddof: int | None = None,
    fweights: Any = None, aweights: Any = None, *, dtype: Any = None,
) -> Array:  # fmt: skip
    """Covariances of variables: rows of ``m`` (columns unless ``rowvar``), and of ``y``.

    f32[3,100] -> f32[3,3]. Over n - 1 observations, or n - ``ddof``, or n with ``bias``;
    ``fweights`` say how often each was seen, ``aweights`` how much it counts.

    >>> import lazyax.numpy as np
    >>> print(np.cov([[1.0, 2.0, 3.0], [3.0, 2.0, 1.0]]))
    [[ 1. -1.]
     [-1.  1.]]

    Raises:
        LazyaxTypeError: for more than two axes, or weights that do not fit.
    """
    x = _rows(m, rowvar, dtype)
    if y is not None:
        x = concatenate([Array(x), Array(_rows(y, rowvar, dtype))])._node
    weights, divisor = _weights(x, fweights, aweights, (0 if bias else 1) if ddof is None else ddof)
    across = p.Broadcast(x.aval.shape, (1,))(convert(weights, x.aval.dtype))
    mean = fold(SUM, x * across, 1, True) / fold(SUM, across, 1, True)
    centred = x - broadcast_to(mean, x.aval.shape)
    other = centred * across
    other = p.Conjugate()(other) if x.aval.dtype.kind == "c" else other
    products = p.DotGeneral(((1,), (1,)))(centred, other)
    result = products / broadcast_to(convert(divisor, x.aval.dtype), products.aval.shape)
    return Array(reshape(result, ()) if result.aval.size == 1 else result)


def _rows(m: Any, rowvar: bool, dtype: Any) -> Node:
    """Variables as rows, observations as columns."""
    x = inexact("cov", m, dtype)
    if x.aval.ndim > 2:
        raise LazyaxTypeError(f"cov: needs two axes or fewer, got {x.aval}")
    if x.aval.ndim < 2:
        return reshape(x, (1, x.aval.size))
    return x if rowvar or x.aval.shape[0] == 1 else permute(x, (1, 0))


def _weights(x: Node, fweights: Any, aweights: Any, ddof: float) -> tuple[Node, Node]:
    """The weight of each observation, and what sums of weighted products are divided by."""
    count, dtype = x.aval.shape[1], real_dtype(x.aval.dtype)
    ones = p.Full(1, (count,), dtype)()
    given = [
        ones if one is None else convert(as_operand("cov", one), dtype)
        for one in (fweights, aweights)
    ]
    for one in given:
        if one.aval.shape != (count,):
            raise LazyaxTypeError(f"cov: weights {one.aval} need the shape ({count},)")
    weights = given[0] * given[1]
    total = fold(SUM, weights, 0)
    lost = fold(SUM, weights * given[1], 0) / total if aweights is not None else total.like(1)
    left = total - ddof * lost
    return weights, p.Maximum()(left, left.like(0))


def corrcoef(x: Any, y: Any = None, rowvar: bool = True, *, dtype: Any = None) -> Array:
    """Correlations of variables: covariances in units of both standard deviations.

    f32[3,100] -> f32[3,3].

    >>> import lazyax.numpy as np
    >>> print(np.corrcoef([1.0, 2.0, 3.0], [2.0, 4.0, 6.0]).round(4))
    [[1. 1.]
     [1. 1.]]

    Raises:
        LazyaxTypeError: for more than two axes.
    """
    covariance = cov(x, y, rowvar, dtype=dtype)._node
    if not covariance.aval.ndim:
        return Array(covariance / covariance)
    variance = diagonal_node("corrcoef", covariance, 0, 0, 1)
    deviation = p.Sqrt()(variance)
    shape = covariance.aval.shape
    by_row = covariance / p.Broadcast(shape, (0,))(deviation)
    result = by_row / p.Broadcast(shape, (1,))(deviation)
    return Array(_within_one(result))


def _within_one(x: Node) -> Node:
    """Rounding takes correlations beyond 1: both parts are held within."""
    if x.aval.dtype.kind == "c":
        return p.Complex()(_within_one(p.Real()(x)), _within_one(p.Imag()(x)))
    return p.Clamp()(x.like(-1), x, x.like(1))

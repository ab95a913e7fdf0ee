"""Whether arrays are equal, close, or hold one another's elements."""

from __future__ import annotations

from typing import Any

import numpy

from lazyax.array import Array
from lazyax.errors import LazyaxTypeError
from lazyax.graph.node import Node
from lazyax.ops import primitives as p
from lazyax.ops.numpy.conventions import as_operand
from lazyax.ops.numpy.promotion import (
    aval_of_value,
    broadcast_to,
    convert,
    operands,
    promote,
)
from lazyax.ops.numpy.promotion import operand as operand_of
from lazyax.ops.numpy.reductions import ALL, ANY, fold
from lazyax.ops.numpy.ufuncs import isfinite, isnan
from lazyax.ops.primitives.kinds import real_dtype
from lazyax.ops.primitives.shape import reshape

BOOL = numpy.dtype(bool)


def isclose(a: Any, b: Any, rtol: Any = 1e-5, atol: Any = 1e-8, equal_nan: bool = False) -> Array:
    """Whether ``|a - b| <= atol + rtol * |b|``, element by element; infinities equal themselves.

    >>> import lazyax.numpy as np
    >>> print(np.isclose([1.0, 2.0], [1.0 + 1e-7, 2.1]))
    [ True False]

    Raises:
        LazyaxTypeError: if the shapes do not broadcast.
    """
    x, y = operands("isclose", a, b, domain="inexact")
    size = p.Absolute()(y)
    relative, absolute = (
        broadcast_to(convert(as_operand("isclose", one), real_dtype(x.aval.dtype)), size.aval.shape)
        for one in (rtol, atol)
    )
    near = p.LessEqual()(p.Absolute()(x - y), absolute + relative * size)
    near = p.And()(near, isfinite(Array(y))._node)
    close = p.Or()(near, p.Equal()(x, y))
    if equal_nan:
        close = p.Or()(close, p.And()(isnan(Array(x))._node, isnan(Array(y))._node))
    return Array(close)


def allclose(a: Any, b: Any, rtol: Any = 1e-5, atol: Any = 1e-8, equal_nan: bool = False) -> Array:
    """Whether all elements are close, as `isclose` says. f32[3], f32[3] -> bool[].

    >>> import lazyax.numpy as np
    >>> print(np.allclose([1.0, 2.0], [1.0, 2.0 + 1e-7]))
    True

    Raises:
        LazyaxTypeError: if the shapes do not broadcast.
    """
    return Array(fold(ALL, isclose(a, b, rtol, atol, equal_nan)._node, None))


def array_equal(a1: Any, a2: Any, equal_nan: bool = False) -> Array:
    """Whether two arrays have one shape and equal elements. f32[3], f32[3] -> bool[].

    >>> import lazyax.numpy as np
    >>> print(np.array_equal([1, 2], [1, 2]), np.array_equal([1, 2], [1, 2, 3]))
    True False
    """
    x, y = promote([operand_of(one, "array_equal") for one in (a1, a2)])
    if x.aval.shape != y.aval.shape:
        return Array(p.Full(False, (), BOOL)())
    return Array(fold(ALL, _equal(x, y, equal_nan), None))


def _equal(x: Node, y: Node, equal_nan: bool) -> Node:
    equal = p.Equal()(x, y)
    if not equal_nan:
        return equal
    return p.Or()(equal, p.And()(isnan(Array(x))._node, isnan(Array(y))._node))


def array_equiv(a1: Any, a2: Any) -> Array:
    """Whether two arrays broadcast to one another with equal elements. -> bool[].

    >>> import lazyax.numpy as np
    >>> print(np.array_equiv([1, 2], [[1, 2], [1, 2]]))
    True
    """
    try:
        x, y = operands("array_equiv", a1, a2)
    except ValueError:
        return Array(p.Full(False, (), BOOL)())
    return Array(fold(ALL, p.Equal()(x, y), None))


def iscomplex(x: Any) -> Array:
    """Whether the imaginary part is not zero, element by element.

    >>> import lazyax.numpy as np
    >>> print(np.iscomplex([1 + 1j, 2 + 0j]))
    [ True False]
    """
    node = as_operand("iscomplex", x)
    if node.aval.dtype.kind != "c":
        return Array(p.Full(False, node.aval.shape, BOOL)())
    imag = p.Imag()(node)
    return Array(p.NotEqual()(imag, imag.like(0)))


def isreal(x: Any) -> Array:
    """Whether the imaginary part is zero, element by element.

    >>> import lazyax.numpy as np
    >>> print(np.isreal([1 + 1j, 2 + 0j]))
    [False  True]
    """
    return Array(p.Not()(iscomplex(x)._node))


def isin(
    element: Any, test_elements: Any, assume_unique: bool = False, invert: bool = False,
    *, kind: str | None = None,
) -> Array:  # fmt: skip
    """Whether each element is one of ``test_elements``. All pairs are compared, in one fusion.

    ``assume_unique`` and ``kind``, which is "sort", "table" or None, make no difference.

    >>> import lazyax.numpy as np
    >>> print(np.isin([1, 2, 3], [3, 1]))
    [ True False  True]

    Raises:
        LazyaxTypeError: for another ``kind``, and for a "table" of what is not integers.
    """
    given = [operand_of(one, "isin") for one in (element, test_elements)]
    if kind not in (None, "sort", "table"):
        raise LazyaxTypeError(f"isin: kind is 'sort', 'table' or None, got {kind!r}")
    for one in given:
        aval = aval_of_value(one)
        if kind == "table" and aval.dtype.kind not in "biu":
            raise LazyaxTypeError(f"isin: kind 'table' needs integers, got {aval}; leave it out")
    x, tests = promote(given)
    shape = (*x.aval.shape, tests.aval.size)
    each = p.Broadcast(shape, tuple(range(x.aval.ndim)))(x)
    every = broadcast_to(reshape(tests, (tests.aval.size,)), shape)
    found = fold(ANY, p.Equal()(each, every), -1)
    return Array(p.Not()(found) if invert else found)


def in1d(ar1: Any, ar2: Any, assume_unique: bool = False, invert: bool = False) -> Array:
    """`isin` of a flattened array.

    >>> import lazyax.numpy as np
    >>> print(np.in1d([[1], [2]], [1]))
    [ True False]
    """
    x = as_operand("in1d", ar1)
    return isin(Array(reshape(x, (x.aval.size,))), ar2, invert=invert)

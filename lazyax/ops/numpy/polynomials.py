"""Polynomials as arrays of coefficients, the highest power first."""

from __future__ import annotations

from typing import Any

from lazyax.array import Array
from lazyax.errors import LazyaxTypeError
from lazyax.graph.node import Node
from lazyax.ops import primitives as p
from lazyax.ops.numpy.conventions import static_int
from lazyax.ops.numpy.promotion import broadcast_to, convert, operand, promote
from lazyax.ops.numpy.rearranging import cut
from lazyax.ops.numpy.signals import convolve
from lazyax.ops.primitives.shape import reshape


def _coefficients(function: str, *polynomials: Any, domain: str = "any") -> list[Node]:
    nodes = promote([operand(one, function) for one in polynomials], domain)
    for node in nodes:
        if node.aval.ndim > 1:
            raise LazyaxTypeError(f"{function}: needs 1-d coefficients, got {node.aval}")
    return [reshape(node, (node.aval.size,)) for node in nodes]


def polyval(p: Any, x: Any) -> Array:
    """The polynomial at each element of ``x``, by Horner's rule. f32[3], f32[5] -> f32[5].

    >>> import lazyax.numpy as np
    >>> print(np.polyval([1, 2, 3], [0, 1, 2]))
    [ 3  6 11]

    Raises:
        LazyaxTypeError: unless the coefficients are 1-d.
    """
    coefficients, points = promote([operand(one, "polyval") for one in (p, x)], "numeric")
    (coefficients,) = _coefficients("polyval", Array(coefficients))
    value = points.like(0)
    for place in range(coefficients.aval.size):
        one = reshape(cut(coefficients, 0, place, place + 1), ())
        value = value * points + broadcast_to(one, points.aval.shape)
    return Array(value)


def _padded(function: str, a1: Any, a2: Any) -> list[Node]:
    """Coefficients of one length: zeros go in front."""
    nodes = _coefficients(function, a1, a2, domain="numeric")
    length = max(node.aval.size for node in nodes)
    return [
        p.Pad((length - node.aval.size,), (0,), (0,))(node, p.Full(0, (), node.aval.dtype)())
        for node in nodes
    ]


def polyadd(a1: Any, a2: Any) -> Array:
    """Sum of two polynomials. f32[3], f32[2] -> f32[3].

    >>> import lazyax.numpy as np
    >>> print(np.polyadd([1, 2, 3], [10, 20]))
    [ 1 12 23]

    Raises:
        LazyaxTypeError: unless both are 1-d.
    """
    x, y = _padded("polyadd", a1, a2)
    return Array(x + y)


def polysub(a1: Any, a2: Any) -> Array:
    """Difference of two polynomials. f32[3], f32[2] -> f32[3].

    >>> import lazyax.numpy as np
    >>> print(np.polysub([1, 2, 3], [10, 20]))
    [  1  -8 -17]

    Raises:
        LazyaxTypeError: unless both are 1-d.
    """
    x, y = _padded("polysub", a1, a2)
    return Array(x - y)


def polymul(a1: Any, a2: Any) -> Array:
    """Product of two polynomials: the convolution of their coefficients. f32[3], f32[2] -> f32[4].

    >>> import lazyax.numpy as np
    >>> print(np.polymul([1, 2], [1, -2]))
    [ 1  0 -4]

    Raises:
        LazyaxTypeError: unless both are 1-d and not empty.
    """
    return convolve(a1, a2)


def polyder(p: Any, m: int = 1) -> Array:
    """The ``m``-th derivative. f32[4] -> f32[3] for m 1.

    >>> import lazyax.numpy as np
    >>> print(np.polyder([1, 2, 3]))
    [2 2]

    Raises:
        LazyaxTypeError: unless the coefficients are 1-d, and for a negative ``m``.
    """
    (x,) = _coefficients("polyder", p, domain="numeric")
    for _ in range(_times("polyder", m)):
        count = max(x.aval.size - 1, 0)
        x = cut(x, 0, 0, count) * _descending(count, x)
    return Array(x)


def _times(function: str, m: Any) -> int:
    times = static_int(function, m, "m")
    if times < 0:
        raise LazyaxTypeError(f"{function}: m must not be negative, got {times}")
    return times


def _descending(count: int, x: Node) -> Node:
    """count, ..., 2, 1 in the dtype of ``x``."""
    up = p.Iota(x.aval.dtype, (count,))()
    return count - up


def polyint(p: Any, m: int = 1, k: Any = None) -> Array:
    """The ``m``-th integral, of constants ``k``, which are zero unless given.

    >>> import lazyax.numpy as np
    >>> print(np.polyint([2, 2], k=3))
    [1. 2. 3.]

    Raises:
        LazyaxTypeError: unless the coefficients are 1-d, and for a negative ``m``.
    """
    times = _times("polyint", m)
    x, constants = _coefficients("polyint", p, 0 if k is None else k, domain="inexact")
    if constants.aval.size not in (1, times):
        raise LazyaxTypeError(f"polyint: k needs 1 or {times} constants, got {constants.aval}")
    constants = broadcast_to(constants, (times,)) if times else constants
    for number in range(times):
        divided = x / _descending(x.aval.size, x)
        x = _joined(divided, cut(constants, 0, number, number + 1))
    return Array(x)


def _joined(x: Node, y: Node) -> Node:
    return p.Concatenate(0)(x, convert(y, x.aval.dtype))


def poly(seq_of_zeros: Any) -> Array:
    """The coefficients of the polynomial with these roots. f32[3] -> f32[4].

    >>> import lazyax.numpy as np
    >>> print(np.poly([1, 2]))
    [ 1. -3.  2.]

    Raises:
        LazyaxTypeError: unless the roots are 1-d: those of a matrix need its eigenvalues.
    """
    (roots,) = _coefficients("poly", seq_of_zeros, domain="inexact")
    result = p.Full(1, (1,), roots.aval.dtype)()
    one = p.Full(1, (1,), roots.aval.dtype)()
    for place in range(roots.aval.size):
        factor = p.Concatenate(0)(one, -cut(roots, 0, place, place + 1))
        result = convolve(Array(result), Array(factor))._node
    return Array(result)


def polydiv(u: Any, v: Any) -> tuple[Array, Array]:
    """Quotient and remainder of two polynomials, by long division.

    f32[4], f32[2] -> f32[3], f32[1]. The remainder keeps its leading zeros: it is one shorter than
    ``v``.

    >>> import lazyax.numpy as np
    >>> print(*np.polydiv([1, -3, 5], [1, -1]))
    [ 1. -2.] [3.]

    Raises:
        LazyaxTypeError: unless both are 1-d.
    """
    rest, divisor = _coefficients("polydiv", u, v, domain="inexact")
    steps = rest.aval.size - divisor.aval.size + 1
    if steps < 1:
        return Array(p.Full(0, (1,), rest.aval.dtype)()), Array(rest)
    lead = cut(divisor, 0, 0, 1)
    quotient = []
    for place in range(steps):
        share = cut(rest, 0, place, place + 1) / lead
        quotient.append(share)
        taken = divisor * broadcast_to(share, divisor.aval.shape)
        after = rest.aval.size - divisor.aval.size - place
        zero = p.Full(0, (), rest.aval.dtype)()
        rest = rest - p.Pad((place,), (after,), (0,))(taken, zero)
    rest = cut(rest, 0, steps, rest.aval.size)
    return Array(p.Concatenate(0)(*quotient) if steps > 1 else quotient[0]), Array(rest)

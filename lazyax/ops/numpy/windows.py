"""Windows: weights that fall off towards both ends of a sequence."""

from __future__ import annotations

import math
from typing import Any

from lazyax.array import Array
from lazyax.config import default_dtype
from lazyax.errors import LazyaxTypeError
from lazyax.graph.node import Node
from lazyax.ops import primitives as p
from lazyax.ops.numpy.conventions import as_operand, static_int
from lazyax.ops.numpy.elementwise import unary
from lazyax.ops.numpy.promotion import broadcast_to, convert


def _phase(function: str, M: Any) -> Node:  # noqa: N803 - NumPy's name
    """From -1 to 1 over M points; 0 for a single one."""
    count = static_int(function, M, "M")
    dtype = default_dtype(float)
    if count < 2:
        return p.Full(0, (max(count, 0),), dtype)()
    return p.Iota(dtype, (count,))() * (2 / (count - 1)) - 1


def _of_cosines(*weights: float) -> Any:
    def window(x: Node) -> Node:
        """The sum of weights times cosines of multiples of pi x."""
        total = x.like(weights[0])
        for multiple, weight in enumerate(weights[1:], 1):
            total = total + weight * p.Cos()(x * (multiple * math.pi))
        return total

    return window


def hanning(M: int) -> Array:  # noqa: N803
    """Hann's window of M points: ``0.5 + 0.5 cos``. -> f32[M].

    >>> import lazyax.numpy as np
    >>> print(np.hanning(3))
    [0. 1. 0.]

    Raises:
        LazyaxTypeError: unless M is an int.
    """
    return Array(_of_cosines(0.5, 0.5)(_phase("hanning", M)))


def hamming(M: int) -> Array:  # noqa: N803
    """Hamming's window of M points: ``0.54 + 0.46 cos``. -> f32[M].

    >>> import lazyax.numpy as np
    >>> print(np.hamming(1))
    [1.]

    Raises:
        LazyaxTypeError: unless M is an int.
    """
    return Array(_of_cosines(0.54, 0.46)(_phase("hamming", M)))


def blackman(M: int) -> Array:  # noqa: N803
    """Blackman's window of M points: ``0.42 + 0.5 cos + 0.08 cos`` of twice. -> f32[M].

    >>> import lazyax.numpy as np
    >>> np.blackman(5).shape
    (5,)

    Raises:
        LazyaxTypeError: unless M is an int.
    """
    return Array(_of_cosines(0.42, 0.5, 0.08)(_phase("blackman", M)))


def bartlett(M: int) -> Array:  # noqa: N803
    """Bartlett's window of M points: a triangle. -> f32[M].

    >>> import lazyax.numpy as np
    >>> print(np.bartlett(5))
    [0.  0.5 1.  0.5 0. ]

    Raises:
        LazyaxTypeError: unless M is an int.
    """
    return Array(1 - p.Absolute()(_phase("bartlett", M)))


def kaiser(M: int, beta: Any) -> Array:  # noqa: N803
    """Kaiser's window of M points, the narrower the larger ``beta``. -> f32[M].

    >>> import lazyax.numpy as np
    >>> print(np.kaiser(3, 0.0))
    [1. 1. 1.]

    Raises:
        LazyaxTypeError: unless M is an int and ``beta`` a number.
    """
    x = _phase("kaiser", M)
    width = convert(as_operand("kaiser", beta), x.aval.dtype)
    if width.aval.ndim:
        raise LazyaxTypeError(f"kaiser: beta must be a number, got {width.aval}")
    width = broadcast_to(width, x.aval.shape)
    inside = p.Maximum()(1 - x * x, x.like(0))
    return Array(_bessel(width * p.Sqrt()(inside)) / _bessel(width))


NEAR = (
    -4.415341646479339e-18, 3.3307945188222384e-17, -2.431279846547955e-16, 1.715391285555133e-15,
    -1.1685332877993451e-14, 7.676185498604936e-14, -4.856446783111929e-13, 2.95505266312964e-12,
    -1.726826291441556e-11, 9.675809035373237e-11, -5.189795601635263e-10, 2.6598237246823866e-09,
    -1.300025009986248e-08, 6.046995022541919e-08, -2.670793853940612e-07, 1.1173875391201037e-06,
    -4.4167383584587505e-06, 1.6448448070728896e-05, -5.754195010082104e-05,
    1.8850288509584165e-04, -5.763755745385824e-04, 1.6394756169413357e-03, -4.324309995050576e-03,
    1.0546460394594998e-02, -2.373741480589947e-02, 4.930528423967071e-02, -9.490109704804764e-02,
    1.7162090152220877e-01, -3.046826723431984e-01, 6.767952744094761e-01,
)  # fmt: skip
FAR = (
    -7.233180487874754e-18, -4.830504485944182e-18, 4.46562142029676e-17, 3.461222867697461e-17,
    -2.8276239805165836e-16, -3.425485619677219e-16, 1.7725601330565263e-15,
    3.8116806693526224e-15, -9.554846698828307e-15, -4.150569347287222e-14, 1.54008621752141e-14,
    3.8527783827421426e-13, 7.180124451383666e-13, -1.7941785315068062e-12,
    -1.3215811840447713e-11, -3.1499165279632416e-11, 1.1889147107846439e-11, 4.94060238822497e-10,
    3.3962320257083865e-09, 2.266668990498178e-08, 2.0489185894690638e-07, 2.8913705208347567e-06,
    6.889758346916825e-05, 3.3691164782556943e-03, 8.044904110141088e-01,
)  # fmt: skip
"""Chebyshev coefficients of I0(x) exp(-x) up to 8, and of that times sqrt(x) beyond: Clenshaw
(1962), "Chebyshev series for mathematical functions", as in the Cephes library."""


def _chebyshev(x: Node, coefficients: tuple[float, ...]) -> Node:
    """The series at ``x``, by Clenshaw's recurrence."""
    now, before, two_ago = x.like(coefficients[0]), x.like(0), x.like(0)
    for coefficient in coefficients[1:]:
        two_ago, before = before, now
        now = x * before - two_ago + coefficient
    return 0.5 * (now - two_ago)


def _bessel(x: Node) -> Node:
    size = p.Absolute()(x)
    near = _chebyshev(size * 0.5 - 2, NEAR)
    safe = p.Maximum()(size, size.like(8))
    far = _chebyshev(32 / safe - 2, FAR) * p.Rsqrt()(safe)
    return p.Exp()(size) * p.Select()(p.LessEqual()(size, size.like(8)), near, far)


i0 = unary("i0", _bessel, "inexact")

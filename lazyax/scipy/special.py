"""Special functions, by SciPy's names: ``from lazyax.scipy.special import expit``.

Each takes arrays, numbers and nested lists that broadcast, and returns floating arrays.

>>> from lazyax.scipy.special import expit
>>> print(expit([0.0, 100.0]))
[0.5 1. ]
"""

from __future__ import annotations

import math
from collections.abc import Callable
from fractions import Fraction
from typing import Any

import numpy

from lazyax.array import Array
from lazyax.config import default_dtype
from lazyax.errors import LazyaxTypeError
from lazyax.graph.node import Node
from lazyax.graph.op import Op
from lazyax.ops import primitives as p
from lazyax.ops.numpy.conventions import Axis, as_axes, as_operand, keep_axes, static_int
from lazyax.ops.numpy.elementwise import binary, unary
from lazyax.ops.numpy.promotion import broadcast_to, operands
from lazyax.ops.numpy.reductions import MAX, SUM, fold
from lazyax.ops.numpy.ufuncs import isfinite, sinc
from lazyax.ops.primitives.composed import polynomial
from lazyax.ops.primitives.leaves import Literal
from lazyax.ops.primitives.zeta import BERNOULLI
from lazyax.scipy.bessel import i0, i0e, i1, i1e
from lazyax.scipy.betas import beta_node, betaln_node, gammasgn_node, poch_node
from lazyax.scipy.error_functions import dawsn_node, erfcinv_node, erfcx_node
from lazyax.scipy.sigmoids import log_expit_node, log_ndtr_node, ndtr_node

__all__ = [
    "bernoulli", "beta", "betainc", "betaln", "boxcox", "boxcox1p", "comb", "dawsn", "digamma",
    "entr", "erf", "erfc", "erfcinv", "erfcx", "erfinv", "exp1", "expi", "expit", "expn",
    "factorial", "gamma", "gammainc", "gammaincc", "gammaln", "gammasgn", "i0", "i0e", "i1", "i1e",
    "kl_div", "log_expit", "log_ndtr", "log_softmax", "loggamma", "logit", "logsumexp",
    "multigammaln", "ndtr", "ndtri", "poch", "polygamma", "psi", "rel_entr", "sinc", "softmax",
    "spence", "xlog1py", "xlogy", "zeta",
]  # fmt: skip


def _times_log(log: Op, pole: float) -> Callable[[Node, Node], Node]:
    """x log(y), and 0 where x is 0, also where the logarithm is not finite, as at ``pole``."""

    def compose(x: Node, y: Node) -> Node:
        zero, finite = p.Equal()(x, x.like(0)), p.NotEqual()(y, y.like(pole))
        if y.aval.dtype.kind != "c":
            finite = p.And()(p.Greater()(y, y.like(pole)), p.Less()(y, y.like(math.inf)))
        product = x * log(p.Select()(p.And()(zero, p.Not()(finite)), y.like(1), y))
        unsigned = p.StopGradient()(p.Absolute()(product)) + product  # 0 and not -0
        value = p.Select()(zero, p.Select()(finite, unsigned, x.like(0)), product)
        return _where_nan(y, value)

    return compose


def _where_nan(y: Node, value: Node) -> Node:
    return p.Select()(p.NotEqual()(y, y), y, value)


_xlogy = _times_log(p.Log(), 0)


def _entr(x: Node) -> Node:
    value = -_xlogy(x, x)
    return p.Select()(p.Less()(x, x.like(0)), x.like(-math.inf), value)


def _rel_entr(x: Node, y: Node) -> Node:
    both = p.And()(p.Greater()(x, x.like(0)), p.Greater()(y, y.like(0)))
    one = x.like(1)
    ratio = p.Select()(both, x, one) / p.Select()(both, y, one)
    zero = p.And()(p.Equal()(x, x.like(0)), p.GreaterEqual()(y, y.like(0)))
    outside = p.Select()(zero, x.like(0), x.like(math.inf))
    value = p.Select()(both, x * p.Log()(ratio), outside)
    return _where_nan(x, _where_nan(y, value))


def _kl_div(x: Node, y: Node) -> Node:
    value = _rel_entr(x, y)
    infinite = p.Equal()(value, x.like(math.inf))
    return p.Select()(infinite, value, value - x + y)


def _gamma(x: Node) -> Node:
    """exp(lgamma), with its sign."""
    value = gammasgn_node(x) * p.Exp()(p.Lgamma()(x))
    return p.Select()(p.Equal()(x, x.like(0)), 1 / x, value)


def _boxcox(logarithm: Op) -> Callable[[Node, Node], Node]:
    """(y**power - 1) / power for the y of a logarithm, which it is for the power 0."""

    def function(x: Node, power: Node) -> Node:
        log, none = logarithm(x), p.Equal()(power, power.like(0))
        product = power * log
        small = p.Less()(p.Absolute()(product), product.like(0.5))
        part = p.Select()(small, product, product.like(0))
        series = log * polynomial(part, [1 / math.factorial(k + 1) for k in range(14)])
        safe = p.Select()(none, power.like(1), power)
        return p.Select()(p.Or()(none, small), series, p.Expm1()(safe * log) / safe)

    return function


def _spence(x: Node) -> Node:
    """The dilogarithm of 1 - x, by powers of log(x) near 1 and by reflection elsewhere.

    L. Lewin, Polylogarithms and Associated Functions (1981), 1.7, 1.11 and 1.12.
    """
    high = p.Greater()(x, x.like(2))
    z = p.Select()(high, 1 / x, x)
    low = p.Less()(z, z.like(0.5))
    u = -p.Log()(p.Select()(low, 1 - z, z))
    powers = [b / math.factorial(2 * k + 1) for k, b in enumerate(BERNOULLI, 1)]
    near = u - u * u * 0.25 + u * u * u * polynomial(u * u, powers)
    part = p.Select()(low, z, z.like(0.5))
    reflected = math.pi**2 / 6 - _xlogy(p.Log()(1 - part), part) - near
    value = p.Select()(low, reflected, near)
    log = p.Log()(p.Select()(high, x, x.like(2)))
    return p.Select()(high, -0.5 * (log * log) - value, value)


erf = unary("erf", p.Erf(), "inexact")
erfc = unary("erfc", p.Erfc(), "inexact")
erfinv = unary("erfinv", p.ErfInv(), "inexact")
erfcinv = unary("erfcinv", erfcinv_node, "inexact")
erfcx = unary("erfcx", erfcx_node, "inexact")
dawsn = unary("dawsn", dawsn_node, "inexact")
gammaln = loggamma = unary("gammaln", p.Lgamma(), "inexact")
gamma = unary("gamma", _gamma, "inexact")
digamma = psi = unary("digamma", p.Digamma(), "inexact")
polygamma = binary("polygamma", p.Polygamma(), "inexact")
beta = binary("beta", beta_node, "inexact")
betaln = binary("betaln", betaln_node, "inexact")
expit = unary("expit", p.Logistic(), "inexact")
log_expit = unary("log_expit", log_expit_node, "inexact")
logit = unary("logit", lambda x: p.Log()(x / (1 - x)), "inexact")
xlogy = binary("xlogy", _xlogy, "inexact")
xlog1py = binary("xlog1py", _times_log(p.Log1p(), -1), "inexact")
boxcox = binary("boxcox", _boxcox(p.Log()), "inexact")
boxcox1p = binary("boxcox1p", _boxcox(p.Log1p()), "inexact")
gammainc = binary("gammainc", p.LowerGamma(), "inexact")
gammaincc = binary("gammaincc", p.UpperGamma(), "inexact")
gammasgn = unary("gammasgn", gammasgn_node, "inexact")
exp1 = unary("exp1", lambda x: p.ExpN()(x.like(1), x), "inexact")
expi = unary("expi", p.Expi(), "inexact")
expn = binary("expn", p.ExpN(), "inexact")
spence = unary("spence", _spence, "inexact")
entr = unary("entr", _entr, "inexact")
rel_entr = binary("rel_entr", _rel_entr, "inexact")
kl_div = binary("kl_div", _kl_div, "inexact")
ndtr = unary("ndtr", ndtr_node, "inexact")
log_ndtr = unary("log_ndtr", log_ndtr_node, "inexact")
ndtri = unary("ndtri", p.NormalQuantile(), "inexact")


def betainc(a: Any, b: Any, x: Any) -> Array:
    """The incomplete beta function up to ``x``, as a part of the whole; all three broadcast.

    Differentiable by all three. NaN where a or b is so large, and x so near a / (a + b), that
    the continued fraction needs more than 16,384 steps: from about 1e7 on.

    >>> from lazyax.scipy.special import betainc
    >>> print(f"{betainc(2.0, 3.0, 0.5):.4f}")
    0.6875

    Raises:
        LazyaxTypeError: if the shapes do not broadcast.
    """
    return Array(p.BetaRatio()(*operands("betainc", a, b, x, domain="inexact")))


def zeta(x: Any, q: Any = 1) -> Array:
    """The sum of 1 / (q + k)**x over k = 0, 1, ...: Riemann's function for q = 1.

    For x > 1 and q > 0; NaN elsewhere but at the poles. Differentiable by both.

    >>> from lazyax.scipy.special import zeta
    >>> print(f"{zeta(2.0):.4f}")
    1.6449

    Raises:
        LazyaxTypeError: if the shapes do not broadcast.
    """
    return Array(p.Zeta()(*operands("zeta", x, q, domain="inexact")))


def bernoulli(n: int) -> Array:
    """The Bernoulli numbers B(0) to B(n), of the default floating dtype. f32[4] for n = 3.

    >>> from lazyax.scipy.special import bernoulli
    >>> print(bernoulli(4).round(3))
    [ 1.    -0.5    0.167  0.    -0.033]

    Raises:
        LazyaxTypeError: unless ``n`` is an int of 0 or more.
    """
    count = static_int("bernoulli", n, "n")
    if count < 0:
        raise LazyaxTypeError(f"bernoulli: n must be 0 or more, got {count}")
    found = [Fraction(1)]
    for m in range(1, count + 1):
        inner = sum((math.comb(m + 1, k) * b for k, b in enumerate(found)), Fraction(0))
        found.append(-inner / (m + 1))
    return Array(Literal.of(numpy.array(found, default_dtype(float))))


def comb(N: Any, k: Any, *, exact: bool = False, repetition: bool = False) -> Array:  # noqa: N803
    """How many ways there are to choose ``k`` of ``N``, as a floating number; 0 outside.

    >>> from lazyax.scipy.special import comb
    >>> print(f"{comb(5, 2):.3f}")
    10.000

    Args:
        N, k: arrays that broadcast.
        exact: must be False.
        repetition: whether the same one can be chosen again.

    Raises:
        LazyaxTypeError: for ``exact``, which needs integers of any size.
    """
    if exact:
        raise LazyaxTypeError("comb: exact=True needs integers of any size; use math.comb")
    n, m = operands("comb", N, k, domain="inexact")
    if repetition:
        n = n + m - 1
    zero = n.like(0)
    some = p.And()(p.GreaterEqual()(m, zero), p.LessEqual()(m, n))
    a, b = p.Select()(some, n, zero), p.Select()(some, m, zero)
    value = p.Exp()(-betaln_node(b + 1, a - b + 1)) / (a + 1)
    return Array(p.Select()(some, value, zero))


def factorial(n: Any, exact: bool = False) -> Array:
    """n! as a floating number; 0 for negative n.

    >>> from lazyax.scipy.special import factorial
    >>> print(f"{factorial(3.0):.3f}")
    6.000

    Raises:
        LazyaxTypeError: for ``exact``, which needs integers of any size.
    """
    if exact:
        raise LazyaxTypeError(
            "factorial: exact=True needs integers of any size; use math.factorial"
        )
    x = as_operand("factorial", n, "inexact")
    return Array(p.Select()(p.Less()(x, x.like(0)), x.like(0), _gamma(x + 1)))


def poch(z: Any, m: Any) -> Array:
    """Pochhammer's symbol gamma(z + m) / gamma(z); NaN where both have poles.

    >>> from lazyax.scipy.special import poch
    >>> print(f"{poch(3.0, 2.0):.3f}")
    12.000
    """
    return Array(poch_node(*operands("poch", z, m, domain="inexact")))


def multigammaln(a: Any, d: int) -> Array:
    """Logarithm of the multivariate gamma function of dimension ``d``.

    >>> from lazyax.scipy.special import multigammaln
    >>> print(f"{multigammaln(3.0, 1):.4f}")
    0.6931

    Raises:
        LazyaxTypeError: unless ``d`` is an int.
    """
    x = as_operand("multigammaln", a, "inexact")
    count = static_int("multigammaln", d, "d")
    total = x.like(0.25 * count * (count - 1) * math.log(math.pi))
    for i in range(count):
        total = total + p.Lgamma()(x - 0.5 * i)
    return Array(total)


def _shift(x: Node, axes: tuple[int, ...], mask: Node | None = None) -> Node:
    """The maximum along ``axes``, kept, that exponents are taken relative to; 0 if not finite."""
    if mask is not None:
        x = p.Select()(mask, x, x.like(-math.inf))
    top = fold(MAX, p.StopGradient()(x), axes, True, initial=-math.inf)
    return p.Select()(isfinite(Array(top))._node, top, top.like(0))


def logsumexp(
    a: Any, axis: Axis = None, b: Any = None, keepdims: bool = False, return_sign: bool = False
) -> Any:
    """Logarithm of the sum of exponentials along ``axis``, which does not overflow.

    f32[2,3] -> f32[2] for axis 1. ``b`` are factors of the exponentials; with ``return_sign``
    the logarithm of the size of the sum, and its sign.

    >>> from lazyax.scipy.special import logsumexp
    >>> print(f"{logsumexp([1000.0, 1000.0]):.3f}")
    1000.693

    Raises:
        LazyaxTypeError: for an axis out of range, factors that do not broadcast, and complex
            numbers.
    """
    x, factors = operands("logsumexp", a, 1.0 if b is None else b, domain="inexact")
    if x.aval.dtype.kind == "c":
        raise LazyaxTypeError(f"logsumexp: needs real numbers, got {x.aval}")
    axes = as_axes("logsumexp", axis, x.aval)
    counts = p.NotEqual()(factors, factors.like(0)) if b is not None else None
    top = _shift(x, axes, counts)
    terms = p.Exp()(x - broadcast_to(top, x.aval.shape))
    if counts is not None:
        terms = p.Select()(counts, factors * terms, x.like(0))
    total = fold(SUM, terms, axes, True)
    sign, size = p.Sign()(total), p.Absolute()(total)
    if not return_sign and b is not None:
        size = p.Select()(p.Less()(total, total.like(0)), total.like(math.nan), size)
    result = p.Log()(size) + top
    shape = keep_axes(fold(SUM, terms, axes), x.aval, axes, keepdims).aval.shape
    log = Array(p.Reshape(shape)(result))
    return (log, Array(p.Reshape(shape)(sign))) if return_sign else log


def softmax(x: Any, axis: Axis = None) -> Array:
    """Exponentials along ``axis``, scaled to sum to 1. f32[2,3] -> f32[2,3].

    >>> from lazyax.scipy.special import softmax
    >>> print(softmax([0.0, 0.0]))
    [0.5 0.5]

    Raises:
        LazyaxTypeError: for an axis out of range.
    """
    node = as_operand("softmax", x, "inexact")
    axes = as_axes("softmax", axis, node.aval)
    terms = p.Exp()(node - broadcast_to(_shift(node, axes), node.aval.shape))
    return Array(terms / broadcast_to(fold(SUM, terms, axes, True), node.aval.shape))


def log_softmax(x: Any, axis: Axis = None) -> Array:
    """Logarithm of `softmax`, without its rounding. f32[2,3] -> f32[2,3].

    >>> from lazyax.scipy.special import log_softmax
    >>> print(log_softmax([0.0, 1000.0]))
    [-1000.     0.]

    Raises:
        LazyaxTypeError: for an axis out of range.
    """
    node = as_operand("log_softmax", x, "inexact")
    axes = as_axes("log_softmax", axis, node.aval)
    shifted = node - broadcast_to(_shift(node, axes), node.aval.shape)
    total = p.Log()(fold(SUM, p.Exp()(shifted), axes, True))
    return Array(shifted - broadcast_to(total, node.aval.shape))

"""Elementwise functions: promote and broadcast, then one primitive or a few."""

from __future__ import annotations

import functools
import math
from collections.abc import Callable
from typing import Any, overload

import numpy

from lazyax.array import Array
from lazyax.errors import LazyaxTypeError
from lazyax.graph.node import Node
from lazyax.graph.op import Op
from lazyax.ops import primitives as p
from lazyax.ops.numpy import complex_extremes as extremes
from lazyax.ops.numpy import compositions as c
from lazyax.ops.numpy.compositions import Compose
from lazyax.ops.numpy.conventions import as_dtype, refuse_out
from lazyax.ops.numpy.promotion import (
    UNCHANGED,
    broadcast,
    broadcast_to,
    convert,
    number_beside,
    operands,
)


def ufunc(name: str, compose: Compose | Op, domain: str = "any", arity: int = 0) -> Callable:
    """An elementwise function of arrays, with NumPy's name and signature.

    Args:
        name: of the function.
        compose: a primitive, or a function from nodes to a node.
        domain: see `lazyax.ops.numpy.promotion.promote`.
        arity: number of arrays, if NumPy has no ufunc of that name.
    """
    arity = arity or getattr(numpy, name).nin
    function = _unary(name, compose, domain) if arity == 1 else _binary(name, compose, domain)
    function.__name__ = function.__qualname__ = name
    takes = "two arrays that broadcast" if arity > 1 else "an array"
    function.__doc__ = f"`numpy.{name}` of each element of {takes}, lazily."
    return function


def _unary(name: str, compose: Compose | Op, domain: str) -> Callable[..., Array]:
    fast = UNCHANGED[domain]

    def function(x: Any, /, out: Any = None, *, where: Any = True, dtype: Any = None) -> Array:
        if type(x) is Array and out is None and where is True and dtype is None:
            node = x._node
            if node.aval.kind in fast:
                return Array(compose(node))
        refuse_out(name, out)
        return _general(name, compose, operands(name, x, domain=domain), where, dtype)

    return function


def _binary(name: str, compose: Compose | Op, domain: str) -> Callable[..., Array]:
    fast = UNCHANGED[domain]

    def function(
        x1: Any, x2: Any, /, out: Any = None, *, where: Any = True, dtype: Any = None
    ) -> Array:
        if type(x1) is Array and out is None and where is True and dtype is None:
            node = x1._node
            aval = node.aval
            if type(x2) is Array:
                if x2._node.aval is aval and aval.kind in fast:
                    return Array(compose(node, x2._node))
            elif type(x2) is float and aval.kind == "f" and not aval.weak_type:
                return Array(compose(node, number_beside(x2, aval)))
        refuse_out(name, out)
        return _general(name, compose, operands(name, x1, x2, domain=domain), where, dtype)

    return function


def _general(name: str, compose: Compose | Op, nodes: list[Node], where: Any, dtype: Any) -> Array:
    if dtype is not None:
        nodes = [convert(node, as_dtype(name, dtype)) for node in nodes]
    return Array(where_given(name, compose(*nodes), where))


def where_given(name: str, result: Node, where: Any) -> Node:
    """What a ufunc gives: zeros in the places that ``where`` leaves out."""
    if where is True:
        return result
    mask = broadcast_to(operands(name, where)[0], result.aval.shape)
    return p.Select()(mask, result, result.like(0))


def rounding(name: str, compose: Compose | Op) -> Callable:
    """A ufunc that leaves integers as they are."""
    floats = c.reals_only(name, compose)
    kinds = c.by_kind(boolean=c.same, signed=c.same, unsigned=c.same, otherwise=floats)
    return ufunc(name, kinds, arity=1)


add = ufunc("add", c.add)
subtract = ufunc(
    "subtract",
    c.only("signed unsigned floating complex", "subtract", p.Subtract(), "use logical_xor or ^"),
)
multiply = ufunc("multiply", c.multiply)
divide = ufunc("divide", p.Divide(), "inexact")
true_divide = divide
floor_divide = ufunc(
    "floor_divide",
    c.by_kind(
        signed=c.floor_divide_integers,
        unsigned=c.floor_divide_unsigned,
        otherwise=c.reals_only("floor_divide", c.floor_divide_floats),
    ),
    "numeric",
)
remainder = ufunc("remainder", c.reals_only("remainder", c.remainder), "numeric")
mod = remainder
fmod = ufunc("fmod", c.reals_only("fmod", c.fmod), "numeric")
negative = ufunc(
    "negative",
    c.only("signed unsigned floating complex", "negative", p.Negate(), "use logical_not or ~"),
)
positive = ufunc("positive", c.no_bools("positive", c.same, "it is positive as it is"))
absolute = ufunc("absolute", c.by_kind(boolean=c.same, unsigned=c.same, otherwise=p.Absolute()))
abs = absolute
fabs = ufunc("fabs", c.reals_only("fabs", p.Absolute()), "inexact")
sign = ufunc(
    "sign",
    c.no_bools(
        "sign",
        c.by_kind(unsigned=c.sign_of_unsigned, otherwise=p.Sign()),
        "it is its own sign",
    ),
)
floor = rounding("floor", p.Floor())
ceil = rounding("ceil", p.Ceil())
trunc = rounding("trunc", c.round_toward_zero)
fix = rounding("fix", c.round_toward_zero)
rint = ufunc("rint", c.by_kind(complex=c.parts(p.Round()), otherwise=p.Round()), "inexact")
exp = ufunc("exp", extremes.at_extremes(p.Exp(), extremes.EXP), "inexact")
exp2 = ufunc("exp2", c.exp2, "inexact")
expm1 = ufunc("expm1", extremes.at_extremes(p.Expm1(), extremes.EXPM1), "inexact")
log = ufunc("log", extremes.at_extremes(p.Log(), extremes.LOG), "inexact")
log2 = ufunc("log2", c.scaled_log(2), "inexact")
log10 = ufunc("log10", c.scaled_log(10), "inexact")
log1p = ufunc("log1p", extremes.at_extremes(p.Log1p(), extremes.LOG), "inexact")
sqrt = ufunc("sqrt", extremes.at_extremes(p.Sqrt(), extremes.SQRT), "inexact")
cbrt = ufunc("cbrt", p.Cbrt(), "inexact")
square = ufunc("square", lambda x: p.Multiply()(x, x), "numeric")
reciprocal = ufunc("reciprocal", c.reciprocal, "numeric")
sin = ufunc("sin", p.Sin(), "inexact")
cos = ufunc("cos", p.Cos(), "inexact")
tan = ufunc("tan", p.Tan(), "inexact")
arcsin = asin = ufunc("arcsin", p.Asin(), "inexact")
arccos = acos = ufunc("arccos", p.Acos(), "inexact")
arctan = atan = ufunc("arctan", p.Atan(), "inexact")
sinh = ufunc("sinh", extremes.at_extremes(p.Sinh(), extremes.SINH), "inexact")
cosh = ufunc("cosh", extremes.at_extremes(p.Cosh(), extremes.COSH), "inexact")
tanh = ufunc("tanh", extremes.at_extremes(p.Tanh(), extremes.TANH), "inexact")
arcsinh = asinh = ufunc("arcsinh", extremes.at_extremes(p.Asinh(), extremes.ASINH), "inexact")
arccosh = acosh = ufunc("arccosh", extremes.at_extremes(p.Acosh(), extremes.ACOSH), "inexact")
arctanh = atanh = ufunc("arctanh", extremes.at_extremes(p.Atanh(), extremes.ATANH), "inexact")
arctan2 = atan2 = ufunc("arctan2", c.reals_only("arctan2", p.Atan2()), "inexact")
hypot = ufunc("hypot", c.reals_only("hypot", c.hypot), "inexact")
sinc = ufunc("sinc", c.sinc, "inexact", arity=1)
deg2rad = radians = ufunc(
    "deg2rad", c.reals_only("deg2rad", lambda x: x * (math.pi / 180)), "inexact"
)
rad2deg = degrees = ufunc(
    "rad2deg", c.reals_only("rad2deg", lambda x: x * (180 / math.pi)), "inexact"
)
logaddexp = ufunc(
    "logaddexp", c.reals_only("logaddexp", c.log_of_sum(p.Exp(), p.Log1p())), "inexact"
)
logaddexp2 = ufunc(
    "logaddexp2",
    c.reals_only("logaddexp2", c.log_of_sum(c.exp2, lambda t: p.Log1p()(t) * (1 / math.log(2)))),
    "inexact",
)
maximum = ufunc("maximum", c.maximum)
minimum = ufunc("minimum", c.minimum)
fmax = ufunc("fmax", c.ignoring_nan(c.maximum))
fmin = ufunc("fmin", c.ignoring_nan(c.minimum))
heaviside = ufunc("heaviside", c.reals_only("heaviside", c.heaviside), "inexact")
copysign = ufunc("copysign", c.reals_only("copysign", c.copysign), "inexact")
signbit = ufunc("signbit", c.reals_only("signbit", c.signbit))
float_power = ufunc(
    "float_power", c.by_kind(complex=c.power_of_complex, otherwise=p.Power()), "inexact"
)
equal = ufunc("equal", p.Equal())
not_equal = ufunc("not_equal", p.NotEqual())
less = ufunc("less", c.ordered(p.Less()))
less_equal = ufunc("less_equal", c.ordered(p.LessEqual()))
greater = ufunc("greater", c.ordered(p.Greater()))
greater_equal = ufunc("greater_equal", c.ordered(p.GreaterEqual()))
logical_and = ufunc("logical_and", lambda x, y: p.And()(c.truth(x), c.truth(y)))
logical_or = ufunc("logical_or", lambda x, y: p.Or()(c.truth(x), c.truth(y)))
logical_xor = ufunc("logical_xor", lambda x, y: p.Xor()(c.truth(x), c.truth(y)))
logical_not = ufunc("logical_not", lambda x: p.Not()(c.truth(x)))
bitwise_and = ufunc("bitwise_and", c.integers_only("bitwise_and", p.And()))
bitwise_or = ufunc("bitwise_or", c.integers_only("bitwise_or", p.Or()))
bitwise_xor = ufunc("bitwise_xor", c.integers_only("bitwise_xor", p.Xor()))
bitwise_not = invert = bitwise_invert = ufunc("invert", c.integers_only("invert", p.Not()))
left_shift = bitwise_left_shift = ufunc(
    "left_shift",
    c.integers_only("left_shift", c.shift_past_width(p.ShiftLeft(), lambda x: x.like(0))),
    "numeric",
)
right_shift = bitwise_right_shift = ufunc(
    "right_shift", c.integers_only("right_shift", c.right_shift), "numeric"
)
isnan = ufunc("isnan", c.is_nan)
isinf = ufunc("isinf", c.by_kind(floating=c.is_infinite, complex=c.is_infinite, otherwise=c.false))
isfinite = ufunc("isfinite", c.by_kind(floating=c.is_finite, complex=c.is_finite, otherwise=c.true))
isposinf = ufunc(
    "isposinf",
    c.reals_only("isposinf", lambda x: p.Equal()(x, x.like(math.inf))),
    "inexact",
    arity=1,
)
isneginf = ufunc(
    "isneginf",
    c.reals_only("isneginf", lambda x: p.Equal()(x, x.like(-math.inf))),
    "inexact",
    arity=1,
)
real = ufunc("real", c.by_kind(complex=p.Real(), otherwise=c.same), arity=1)
imag = ufunc("imag", c.imaginary, arity=1)
conjugate = conj = ufunc("conjugate", c.by_kind(complex=p.Conjugate(), otherwise=c.same))
nextafter = ufunc("nextafter", p.NextAfter(), "inexact")
power_values = c.by_kind(
    signed=c.power_of_integers,
    unsigned=c.power_of_unsigned,
    complex=c.power_of_complex,
    otherwise=p.Power(),
)


def angle(z: Any, deg: bool = False) -> Array:
    """The argument of complex numbers, in radians unless ``deg``; of real ones, 0 or pi.

    >>> import lazyax.numpy as np
    >>> print(np.angle([1j, -1.0], deg=True))
    [ 90. 180.]
    """
    radians = Array(c.angle(operands("angle", z, domain="inexact")[0]))
    return rad2deg(radians) if deg else radians


_integer_power = functools.lru_cache(p.IntegerPower)


def power(x: Any, y: Any, /, out: Any = None, *, where: Any = True, dtype: Any = None) -> Array:
    """x to the power y, element by element. A static Python int power is repeated squaring.

    >>> import lazyax.numpy as np
    >>> print(np.power(np.arange(4.0), 3))
    [ 0.  1.  8. 27.]

    Raises:
        LazyaxTypeError: for an integer array to a negative static power.
    """
    if type(y) is int and type(x) is Array and x._node.aval.kind in "fc" and out is None:
        return Array(_integer_power(y)(x._node))
    refuse_out("power", out)
    if where is not True or dtype is not None:
        nodes = operands("power", x, y, domain="numeric")
        return _general("power", power_values, nodes, where, dtype)
    if type(y) is int and not isinstance(x, (bool, int, float, complex)):
        node = operands("power", x, domain="numeric")[0]
        if node.aval.dtype.kind in "iu" and y < 0:
            raise LazyaxTypeError(
                f"power: integers to a negative integer power, got {node.aval} ** {y}; "
                "convert the base to floating first"
            )
        return Array(_integer_power(y)(node))
    return Array(power_values(*operands("power", x, y, domain="numeric")))


pow = power


def clip(
    a: Any, min: Any = None, max: Any = None, out: Any = None, *, a_min: Any = None,
    a_max: Any = None,
) -> Array:  # fmt: skip
    """``a`` held between ``min`` and ``max``, either of which may be missing.

    f32[3], f32[2,1], f32[] -> f32[2,3]. Where min is more than max, max.

    >>> import lazyax.numpy as np
    >>> print(np.clip(np.arange(5), 1, 3))
    [1 1 2 3 3]

    Raises:
        LazyaxTypeError: if the shapes do not broadcast, and for ``out``.
    """
    refuse_out("clip", out)
    low, high = (a_min if min is None else min), (a_max if max is None else max)
    result = Array(operands("clip", a)[0])
    if low is not None:
        result = maximum(result, low)
    return result if high is None else minimum(result, high)


@overload
def where(condition: Any, x: Any, y: Any, /) -> Array: ...


@overload
def where(
    condition: Any, /, *, size: int | None = None, fill_value: Any = None
) -> tuple[Array, ...]: ...


def where(
    condition: Any, x: Any = None, y: Any = None, /, *, size: int | None = None,
    fill_value: Any = None,
) -> Array | tuple[Array, ...]:  # fmt: skip
    """``x`` where the condition holds, else ``y``; with the condition alone, `nonzero`.

    ``size`` and ``fill_value`` are those of `nonzero`.

    The gradient flows to the chosen branch only. A NaN or infinite derivative of the other
    branch still gives NaN (0 times infinity): guard its argument with a second ``where``.

    >>> import lazyax.numpy as np
    >>> print(np.where(np.arange(4) < 2, 1.0, 0.0))
    [1. 1. 0. 0.]
    """
    if x is None and y is None:
        from lazyax.ops.numpy.search import nonzero  # which is made of the functions above

        return nonzero(condition, size=size, fill_value=fill_value)
    if x is None or y is None:
        raise LazyaxTypeError("where: give both x and y, or neither")
    choices = operands("where", x, y)
    which = c.truth(operands("where", condition)[0])
    return Array(p.Select()(*broadcast("where", [which, *choices])))

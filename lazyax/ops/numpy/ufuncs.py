"""Elementwise functions: promote and broadcast, then one primitive or a few."""

from __future__ import annotations

import functools
import math
from typing import Any, overload

from lazyax.array import Array
from lazyax.errors import LazyaxTypeError
from lazyax.graph.op import Op
from lazyax.ops import primitives as p
from lazyax.ops.numpy import complex_extremes as extremes
from lazyax.ops.numpy import compositions as c
from lazyax.ops.numpy.compositions import Compose
from lazyax.ops.numpy.conventions import delivered
from lazyax.ops.numpy.elementwise import Unary, binary, elementwise, unary
from lazyax.ops.numpy.promotion import broadcast, operands


def rounding(name: str, compose: Compose | Op) -> Unary:
    """A ufunc that leaves integers as they are."""
    floats = c.reals_only(name, compose)
    kinds = c.by_kind(boolean=c.same, signed=c.same, unsigned=c.same, otherwise=floats)
    return unary(name, kinds)


add = binary("add", c.add)
subtract = binary(
    "subtract",
    c.only("signed unsigned floating complex", "subtract", p.Subtract(), "use logical_xor or ^"),
)
multiply = binary("multiply", c.multiply)
divide = binary("divide", p.Divide(), "inexact")
true_divide = divide
floor_divide = binary(
    "floor_divide",
    c.by_kind(
        signed=c.floor_divide_integers,
        unsigned=c.floor_divide_unsigned,
        otherwise=c.reals_only("floor_divide", c.floor_divide_floats),
    ),
    "numeric",
)
remainder = binary("remainder", c.reals_only("remainder", c.remainder), "numeric")
mod = remainder
fmod = binary("fmod", c.reals_only("fmod", c.fmod), "numeric")
negative = unary(
    "negative",
    c.only("signed unsigned floating complex", "negative", p.Negate(), "use logical_not or ~"),
)
positive = unary("positive", c.no_bools("positive", c.same, "it is positive as it is"))
absolute = unary("absolute", c.by_kind(boolean=c.same, unsigned=c.same, otherwise=p.Absolute()))
abs = absolute
fabs = unary("fabs", c.reals_only("fabs", p.Absolute()), "inexact")
sign = unary(
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
rint = unary("rint", c.by_kind(complex=c.parts(p.Round()), otherwise=p.Round()), "inexact")
exp = unary("exp", extremes.at_extremes(p.Exp(), extremes.EXP), "inexact")
exp2 = unary("exp2", c.exp2, "inexact")
expm1 = unary("expm1", extremes.at_extremes(p.Expm1(), extremes.EXPM1), "inexact")
log = unary("log", extremes.at_extremes(p.Log(), extremes.LOG), "inexact")
log2 = unary("log2", c.scaled_log(2), "inexact")
log10 = unary("log10", c.scaled_log(10), "inexact")
log1p = unary("log1p", extremes.at_extremes(p.Log1p(), extremes.LOG), "inexact")
sqrt = unary("sqrt", extremes.at_extremes(p.Sqrt(), extremes.SQRT), "inexact")
cbrt = unary("cbrt", p.Cbrt(), "inexact")
square = unary("square", lambda x: p.Multiply()(x, x), "numeric")
reciprocal = unary("reciprocal", c.reciprocal, "numeric")
sin = unary("sin", p.Sin(), "inexact")
cos = unary("cos", p.Cos(), "inexact")
tan = unary("tan", p.Tan(), "inexact")
arcsin = asin = unary("arcsin", p.Asin(), "inexact")
arccos = acos = unary("arccos", p.Acos(), "inexact")
arctan = atan = unary("arctan", p.Atan(), "inexact")
sinh = unary("sinh", extremes.at_extremes(p.Sinh(), extremes.SINH), "inexact")
cosh = unary("cosh", extremes.at_extremes(p.Cosh(), extremes.COSH), "inexact")
tanh = unary("tanh", extremes.at_extremes(p.Tanh(), extremes.TANH), "inexact")
arcsinh = asinh = unary("arcsinh", extremes.at_extremes(p.Asinh(), extremes.ASINH), "inexact")
arccosh = acosh = unary("arccosh", extremes.at_extremes(p.Acosh(), extremes.ACOSH), "inexact")
arctanh = atanh = unary("arctanh", extremes.at_extremes(p.Atanh(), extremes.ATANH), "inexact")
arctan2 = atan2 = binary("arctan2", c.reals_only("arctan2", p.Atan2()), "inexact")
hypot = binary("hypot", c.reals_only("hypot", c.hypot), "inexact")
sinc = unary("sinc", c.sinc, "inexact")
deg2rad = radians = unary(
    "deg2rad", c.reals_only("deg2rad", lambda x: x * (math.pi / 180)), "inexact"
)
rad2deg = degrees = unary(
    "rad2deg", c.reals_only("rad2deg", lambda x: x * (180 / math.pi)), "inexact"
)
logaddexp = binary(
    "logaddexp", c.reals_only("logaddexp", c.log_of_sum(p.Exp(), p.Log1p())), "inexact"
)
logaddexp2 = binary(
    "logaddexp2",
    c.reals_only("logaddexp2", c.log_of_sum(c.exp2, lambda t: p.Log1p()(t) * (1 / math.log(2)))),
    "inexact",
)
maximum = binary("maximum", c.maximum)
minimum = binary("minimum", c.minimum)
fmax = binary("fmax", c.ignoring_nan(c.maximum))
fmin = binary("fmin", c.ignoring_nan(c.minimum))
heaviside = binary("heaviside", c.reals_only("heaviside", c.heaviside), "inexact")
copysign = binary("copysign", c.reals_only("copysign", c.copysign), "inexact")
signbit = unary("signbit", c.reals_only("signbit", c.signbit))
float_power = binary(
    "float_power", c.by_kind(complex=c.power_of_complex, otherwise=p.Power()), "inexact"
)
equal = binary("equal", p.Equal())
not_equal = binary("not_equal", p.NotEqual())
less = binary("less", c.ordered(p.Less()))
less_equal = binary("less_equal", c.ordered(p.LessEqual()))
greater = binary("greater", c.ordered(p.Greater()))
greater_equal = binary("greater_equal", c.ordered(p.GreaterEqual()))
logical_and = binary("logical_and", lambda x, y: p.And()(c.truth(x), c.truth(y)))
logical_or = binary("logical_or", lambda x, y: p.Or()(c.truth(x), c.truth(y)))
logical_xor = binary("logical_xor", lambda x, y: p.Xor()(c.truth(x), c.truth(y)))
logical_not = unary("logical_not", lambda x: p.Not()(c.truth(x)))
bitwise_and = binary("bitwise_and", c.integers_only("bitwise_and", p.And()))
bitwise_or = binary("bitwise_or", c.integers_only("bitwise_or", p.Or()))
bitwise_xor = binary("bitwise_xor", c.integers_only("bitwise_xor", p.Xor()))
bitwise_not = invert = bitwise_invert = unary("invert", c.integers_only("invert", p.Not()))
left_shift = bitwise_left_shift = binary(
    "left_shift",
    c.integers_only("left_shift", c.shift_past_width(p.ShiftLeft(), lambda x: x.like(0))),
    "numeric",
)
right_shift = bitwise_right_shift = binary(
    "right_shift", c.integers_only("right_shift", c.right_shift), "numeric"
)
isnan = unary("isnan", c.is_nan)
isinf = unary("isinf", c.by_kind(floating=c.is_infinite, complex=c.is_infinite, otherwise=c.false))
isfinite = unary("isfinite", c.by_kind(floating=c.is_finite, complex=c.is_finite, otherwise=c.true))
isposinf = unary(
    "isposinf",
    c.reals_only("isposinf", lambda x: p.Equal()(x, x.like(math.inf))),
    "inexact",
)
isneginf = unary(
    "isneginf",
    c.reals_only("isneginf", lambda x: p.Equal()(x, x.like(-math.inf))),
    "inexact",
)
real = unary("real", c.by_kind(complex=p.Real(), otherwise=c.same))
imag = unary("imag", c.imaginary)
conjugate = conj = unary("conjugate", c.by_kind(complex=p.Conjugate(), otherwise=c.same))
nextafter = binary("nextafter", p.NextAfter(), "inexact")
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


def power(
    x: Any, y: Any, /, out: Any = None, *, where: Any = True, casting: str = "same_kind",
    order: str = "K", dtype: Any = None, subok: bool = True,
) -> Array:  # fmt: skip
    """x to the power y, element by element. A static Python int power is repeated squaring.

    >>> import lazyax.numpy as np
    >>> print(np.power(np.arange(4.0), 3))
    [ 0.  1.  8. 27.]

    Raises:
        LazyaxTypeError: for an integer array to a negative static power.
    """
    if where is not True or dtype is not None or out is not None:
        nodes = operands("power", x, y, domain="numeric")
        return elementwise("power", power_values, nodes, out, where, dtype, casting)
    if type(y) is int and type(x) is Array and x._node.aval.kind in "fc":
        return Array(_integer_power(y)(x._node))
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
        LazyaxTypeError: if the shapes do not broadcast, and for an unfit ``out``.
    """
    low, high = (a_min if min is None else min), (a_max if max is None else max)
    result = Array(operands("clip", a)[0])
    if low is not None:
        result = maximum(result, low)
    result = result if high is None else minimum(result, high)
    return delivered("clip", result._node, out)


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

"""Elementwise functions: promote and broadcast, then one primitive or a few."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy

from lazyax.array import Array
from lazyax.errors import LazyaxTypeError
from lazyax.graph.node import Node
from lazyax.graph.op import Op
from lazyax.ops import primitives as p
from lazyax.ops.numpy.conventions import as_dtype, refuse_out
from lazyax.ops.numpy.promotion import broadcast, broadcast_to, convert, operands

Compose = Callable[..., Node]


def ufunc(name: str, compose: Compose | Op, domain: str = "any", arity: int = 0) -> Callable:
    """An elementwise function of arrays, with NumPy's name and signature.

    Args:
        name: of the function.
        compose: a primitive, or a function from nodes to a node.
        domain: see `lazyax.ops.numpy.promotion.promote`.
        arity: number of arrays, if NumPy has no ufunc of that name.
    """
    arity = arity or getattr(numpy, name).nin

    def function(*arrays: Any, out: Any = None, where: Any = True, dtype: Any = None) -> Array:
        refuse_out(name, out)
        if len(arrays) != arity:
            raise LazyaxTypeError(f"{name}: takes {arity} arrays, got {len(arrays)}")
        nodes = operands(name, *arrays, domain=domain)
        if dtype is not None:
            nodes = [convert(node, as_dtype(name, dtype)) for node in nodes]
        result = compose(*nodes)
        if where is not True:
            mask = broadcast_to(operands(name, where)[0], result.aval.shape)
            result = p.Select()(mask, result, result.like(0))
        return Array(result)

    function.__name__ = function.__qualname__ = name
    function.__doc__ = f"Element by element `numpy.{name}`, lazily: {arity} arrays that broadcast."
    return function


def _by_dtype(
    boolean: Compose | None = None, integer: Compose | None = None, **others: Compose
) -> Compose:
    """A composition that depends on the kind of dtype; ``inexact`` serves where none is given."""

    def compose(*nodes: Node) -> Node:
        kind = nodes[0].aval.dtype.kind
        chosen = {"b": boolean, "i": integer, "u": others.get("unsigned") or integer}.get(kind)
        if kind == "c":
            chosen = others.get("complex_")
        return (chosen or others["inexact"])(*nodes)

    return compose


def _same(x: Node) -> Node:
    return x


def _false(x: Node) -> Node:
    return p.Full(False, x.aval.shape, numpy.dtype(bool))()


def _true(x: Node) -> Node:
    return p.Full(True, x.aval.shape, numpy.dtype(bool))()


def _truth(x: Node) -> Node:
    return x if x.aval.dtype.kind == "b" else p.NotEqual()(x, x.like(0))


def _floor_divide_integers(x: Node, y: Node) -> Node:
    """Towards minus infinity; by zero gives zero, as NumPy."""
    safe = p.Select()(p.Equal()(y, y.like(0)), y.like(1), y)
    quotient = p.Divide()(x, safe)
    remainder = p.Remainder()(x, safe)
    different = p.NotEqual()(p.Less()(x, x.like(0)), p.Less()(y, y.like(0)))
    inexact = p.NotEqual()(remainder, remainder.like(0))
    down = p.Select()(p.And()(different, inexact), quotient - 1, quotient)
    return p.Select()(p.Equal()(y, y.like(0)), y.like(0), down)


def _floor_divide_unsigned(x: Node, y: Node) -> Node:
    zero = p.Equal()(y, y.like(0))
    return p.Select()(zero, y.like(0), p.Divide()(x, p.Select()(zero, y.like(1), y)))


def _remainder(x: Node, y: Node) -> Node:
    """With the sign of the divisor; by integer zero gives zero, as NumPy."""
    zero = y.like(0)
    if y.aval.dtype.kind in "iu":
        y = p.Select()(p.Equal()(y, zero), y.like(1), y)
    rest = p.Remainder()(x, y)
    other_sign = p.NotEqual()(p.Less()(rest, zero), p.Less()(y, zero))
    return p.Select()(p.And()(other_sign, p.NotEqual()(rest, zero)), rest + y, rest)


def _fmod(x: Node, y: Node) -> Node:
    if y.aval.dtype.kind in "iu":
        zero = p.Equal()(y, y.like(0))
        rest = p.Remainder()(x, p.Select()(zero, y.like(1), y))
        return p.Select()(zero, y.like(0), rest)
    return p.Remainder()(x, y)


def _floor_divide(x: Node, y: Node) -> Node:
    exact = (x - _remainder(x, y)) / y
    rounded = p.Round()(exact)
    by_zero = p.Equal()(y, y.like(0))
    return p.Select()(by_zero, p.Divide()(x, y), rounded)


def _shift_past_width(shift: Op, past: Compose) -> Compose:
    def compose(x: Node, y: Node) -> Node:
        width = x.aval.dtype.itemsize * 8
        unsigned = y.aval.dtype.kind == "u"
        inside = p.Less()(y, y.like(width))
        if not unsigned:
            inside = p.And()(inside, p.GreaterEqual()(y, y.like(0)))
        return p.Select()(inside, shift(x, y), past(x))

    return compose


def _right_shift(x: Node, y: Node) -> Node:
    if x.aval.dtype.kind == "u":
        return _shift_past_width(p.ShiftRightLogical(), lambda x: x.like(0))(x, y)
    sign = p.ShiftRightArithmetic()
    past = _shift_past_width(sign, lambda x: sign(x, x.like(x.aval.dtype.itemsize * 8 - 1)))
    return past(x, y)


def _logaddexp(x: Node, y: Node, exp: Compose, log1p: Compose) -> Node:
    """max + log1p(exp(min - max)), which neither overflows nor loses infinities."""
    larger, difference = p.Maximum()(x, y), x - y
    is_nan = p.NotEqual()(difference, difference)  # inf - inf
    tail = larger + log1p(exp(-p.Absolute()(difference)))
    return p.Select()(is_nan, x + y, tail)


def _copysign(x: Node, y: Node) -> Node:
    magnitude = p.Absolute()(x)
    return p.Select()(_signbit(y), -magnitude, magnitude)


def _signbit(x: Node) -> Node:
    if x.aval.dtype.kind in "ub":
        return _false(x)
    if x.aval.dtype.kind == "i":
        return p.Less()(x, x.like(0))
    bits = p.BitcastConvert(numpy.dtype(f"i{x.aval.dtype.itemsize}"))(x)
    return p.Less()(bits, bits.like(0))


def _is_nan(x: Node) -> Node:
    return p.NotEqual()(x, x)


def _is_infinite(x: Node) -> Node:
    if x.aval.dtype.kind == "c":
        return p.Or()(_is_infinite(p.Real()(x)), _is_infinite(p.Imag()(x)))
    return p.Equal()(p.Absolute()(x), x.like(math.inf))


def _is_finite(x: Node) -> Node:
    if x.aval.dtype.kind == "c":
        return p.And()(p.IsFinite()(p.Real()(x)), p.IsFinite()(p.Imag()(x)))
    return p.IsFinite()(x)


def _sign(x: Node) -> Node:
    if x.aval.dtype.kind in "bu":
        return x if x.aval.dtype.kind == "b" else p.Minimum()(x, x.like(1))
    return p.Sign()(x)


def _fmax(x: Node, y: Node) -> Node:
    return p.Select()(_is_nan(y), x, p.Select()(_is_nan(x), y, p.Maximum()(x, y)))


def _fmin(x: Node, y: Node) -> Node:
    return p.Select()(_is_nan(y), x, p.Select()(_is_nan(x), y, p.Minimum()(x, y)))


def _heaviside(x: Node, at_zero: Node) -> Node:
    step = p.Select()(p.Less()(x, x.like(0)), x.like(0), x.like(1))
    at_nan = p.Select()(_is_nan(x), x, step)
    return p.Select()(p.Equal()(x, x.like(0)), at_zero, at_nan)


def _hypot(x: Node, y: Node) -> Node:
    """Scaled by the larger, so that squares do not overflow."""
    a, b = p.Absolute()(x), p.Absolute()(y)
    larger, smaller = p.Maximum()(a, b), p.Minimum()(a, b)
    safe = p.Select()(p.Equal()(larger, larger.like(0)), larger.like(1), larger)
    ratio = smaller / safe
    length = larger * p.Sqrt()(1 + ratio * ratio)
    infinite = p.Or()(_is_infinite(a), _is_infinite(b))
    return p.Select()(infinite, a.like(math.inf), length)


def _complex_part(part: Op, real: Compose) -> Compose:
    return lambda x: part(x) if x.aval.dtype.kind == "c" else real(x)


def _log_base(base: float) -> Compose:
    return lambda x: p.Log()(x) * (1 / math.log(base))


def _exp2(x: Node) -> Node:
    return p.Exp()(x * math.log(2))


def _sinc(x: Node) -> Node:
    scaled = x * math.pi
    zero = p.Equal()(scaled, scaled.like(0))
    safe = p.Select()(zero, scaled.like(1), scaled)
    series = 1 - scaled * scaled * (1 / 6)  # so that derivatives at 0 are those of sinc
    return p.Select()(zero, series, p.Sin()(safe) / safe)


def _angle(z: Node) -> Node:
    if z.aval.dtype.kind == "c":
        return p.Atan2()(p.Imag()(z), p.Real()(z))
    return p.Atan2()(z.like(0), z)


def _round_toward_zero(x: Node) -> Node:
    return p.Select()(p.Less()(x, x.like(0)), p.Ceil()(x), p.Floor()(x))


def _multiply(x: Node, y: Node) -> Node:
    return p.And()(x, y) if x.aval.dtype.kind == "b" else p.Multiply()(x, y)


def _add(x: Node, y: Node) -> Node:
    return p.Or()(x, y) if x.aval.dtype.kind == "b" else p.Add()(x, y)


def _subtract(x: Node, y: Node) -> Node:
    if x.aval.dtype.kind == "b":
        raise LazyaxTypeError("subtract: bools do not subtract; use logical_xor or ^")
    return p.Subtract()(x, y)


def _negative(x: Node) -> Node:
    if x.aval.dtype.kind == "b":
        raise LazyaxTypeError("negative: bools have no negative; use logical_not or ~")
    return p.Negate()(x)


def _ordered(real: Op) -> Compose:
    """A comparison; complex numbers compare by real part, then by imaginary part, as NumPy's."""

    def compose(x: Node, y: Node) -> Node:
        if x.aval.dtype.kind != "c":
            return real(x, y)
        same = p.Equal()(p.Real()(x), p.Real()(y))
        by_imag = real(p.Imag()(x), p.Imag()(y))
        return p.Select()(same, by_imag, real(p.Real()(x), p.Real()(y)))

    return compose


def _extreme(op: Op, before: Op) -> Compose:
    def compose(x: Node, y: Node) -> Node:
        if x.aval.dtype.kind != "c":
            return op(x, y)
        chosen = p.Select()(_ordered(before)(x, y), x, y)
        return p.Select()(_is_nan(x), x, p.Select()(_is_nan(y), y, chosen))

    return compose


def _integers_only(op: Op, name: str) -> Compose:
    def compose(*nodes: Node) -> Node:
        if nodes[0].aval.dtype.kind not in "iub":
            raise LazyaxTypeError(f"{name}: needs integers or bools, got {nodes[0].aval}")
        return op(*nodes)

    return compose


def _float_power(x: Node, y: Node) -> Node:
    return p.Power()(x, y)


def _power_values(x: Node, y: Node) -> Node:
    if x.aval.dtype.kind == "b":
        return p.Or()(x, p.Not()(y))
    return p.Power()(x, y)


add = ufunc("add", _add)
subtract = ufunc("subtract", _subtract)
multiply = ufunc("multiply", _multiply)
divide = ufunc("divide", p.Divide(), "inexact")
true_divide = divide
floor_divide = ufunc(
    "floor_divide",
    _by_dtype(
        integer=_floor_divide_integers, unsigned=_floor_divide_unsigned, inexact=_floor_divide
    ),
    "numeric",
)
remainder = ufunc("remainder", _remainder, "numeric")
mod = remainder
fmod = ufunc("fmod", _fmod, "numeric")
negative = ufunc("negative", _negative)
positive = ufunc("positive", _same)
absolute = ufunc(
    "absolute",
    _by_dtype(
        boolean=_same,
        inexact=p.Absolute(),
        complex_=p.Absolute(),
        integer=p.Absolute(),
        unsigned=_same,
    ),
)
abs = absolute
fabs = ufunc("fabs", p.Absolute(), "inexact")
sign = ufunc("sign", _sign)
floor = ufunc("floor", _by_dtype(boolean=_same, integer=_same, inexact=p.Floor()))
ceil = ufunc("ceil", _by_dtype(boolean=_same, integer=_same, inexact=p.Ceil()))
trunc = ufunc("trunc", _by_dtype(boolean=_same, integer=_same, inexact=_round_toward_zero))
fix = ufunc("fix", _by_dtype(boolean=_same, integer=_same, inexact=_round_toward_zero), arity=1)
rint = ufunc("rint", p.Round(), "inexact")
exp = ufunc("exp", p.Exp(), "inexact")
exp2 = ufunc("exp2", _exp2, "inexact")
expm1 = ufunc("expm1", p.Expm1(), "inexact")
log = ufunc("log", p.Log(), "inexact")
log2 = ufunc("log2", _log_base(2), "inexact")
log10 = ufunc("log10", _log_base(10), "inexact")
log1p = ufunc("log1p", p.Log1p(), "inexact")
sqrt = ufunc("sqrt", p.Sqrt(), "inexact")
cbrt = ufunc("cbrt", p.Cbrt(), "inexact")
square = ufunc("square", lambda x: _multiply(x, x))
reciprocal = ufunc("reciprocal", lambda x: p.Divide()(x.like(1), x))
sin = ufunc("sin", p.Sin(), "inexact")
cos = ufunc("cos", p.Cos(), "inexact")
tan = ufunc("tan", p.Tan(), "inexact")
arcsin = asin = ufunc("arcsin", p.Asin(), "inexact")
arccos = acos = ufunc("arccos", p.Acos(), "inexact")
arctan = atan = ufunc("arctan", p.Atan(), "inexact")
sinh = ufunc("sinh", p.Sinh(), "inexact")
cosh = ufunc("cosh", p.Cosh(), "inexact")
tanh = ufunc("tanh", p.Tanh(), "inexact")
arcsinh = asinh = ufunc("arcsinh", p.Asinh(), "inexact")
arccosh = acosh = ufunc("arccosh", p.Acosh(), "inexact")
arctanh = atanh = ufunc("arctanh", p.Atanh(), "inexact")
arctan2 = atan2 = ufunc("arctan2", p.Atan2(), "inexact")
hypot = ufunc("hypot", _hypot, "inexact")
sinc = ufunc("sinc", _sinc, "inexact", arity=1)
deg2rad = radians = ufunc("deg2rad", lambda x: x * (math.pi / 180), "inexact")
rad2deg = degrees = ufunc("rad2deg", lambda x: x * (180 / math.pi), "inexact")
logaddexp = ufunc("logaddexp", lambda x, y: _logaddexp(x, y, p.Exp(), p.Log1p()), "inexact")
logaddexp2 = ufunc(
    "logaddexp2",
    lambda x, y: _logaddexp(x, y, _exp2, lambda t: p.Log1p()(t) * (1 / math.log(2))),
    "inexact",
)
maximum = ufunc("maximum", _extreme(p.Maximum(), p.Greater()))
minimum = ufunc("minimum", _extreme(p.Minimum(), p.Less()))
fmax = ufunc("fmax", _fmax)
fmin = ufunc("fmin", _fmin)
heaviside = ufunc("heaviside", _heaviside, "inexact")
copysign = ufunc("copysign", _copysign, "inexact")
signbit = ufunc("signbit", _signbit)
float_power = ufunc("float_power", _float_power, "inexact")
equal = ufunc("equal", p.Equal())
not_equal = ufunc("not_equal", p.NotEqual())
less = ufunc("less", _ordered(p.Less()))
less_equal = ufunc("less_equal", _ordered(p.LessEqual()))
greater = ufunc("greater", _ordered(p.Greater()))
greater_equal = ufunc("greater_equal", _ordered(p.GreaterEqual()))
logical_and = ufunc("logical_and", lambda x, y: p.And()(_truth(x), _truth(y)))
logical_or = ufunc("logical_or", lambda x, y: p.Or()(_truth(x), _truth(y)))
logical_xor = ufunc("logical_xor", lambda x, y: p.Xor()(_truth(x), _truth(y)))
logical_not = ufunc("logical_not", lambda x: p.Not()(_truth(x)))
bitwise_and = ufunc("bitwise_and", _integers_only(p.And(), "bitwise_and"))
bitwise_or = ufunc("bitwise_or", _integers_only(p.Or(), "bitwise_or"))
bitwise_xor = ufunc("bitwise_xor", _integers_only(p.Xor(), "bitwise_xor"))
bitwise_not = invert = bitwise_invert = ufunc("invert", _integers_only(p.Not(), "invert"))
left_shift = bitwise_left_shift = ufunc(
    "left_shift", _shift_past_width(p.ShiftLeft(), lambda x: x.like(0)), "numeric"
)
right_shift = bitwise_right_shift = ufunc("right_shift", _right_shift, "numeric")
isnan = ufunc("isnan", _is_nan)
isinf = ufunc("isinf", _by_dtype(_false, _false, inexact=_is_infinite, complex_=_is_infinite))
isfinite = ufunc("isfinite", _by_dtype(_true, _true, inexact=_is_finite, complex_=_is_finite))
isposinf = ufunc("isposinf", lambda x: p.Equal()(x, x.like(math.inf)), "inexact", arity=1)
isneginf = ufunc("isneginf", lambda x: p.Equal()(x, x.like(-math.inf)), "inexact", arity=1)
real = ufunc("real", _complex_part(p.Real(), _same), arity=1)
imag = ufunc("imag", _complex_part(p.Imag(), lambda x: x.like(0)), arity=1)
conjugate = conj = ufunc("conjugate", _complex_part(p.Conjugate(), _same))
angle = ufunc("angle", _angle, "inexact", arity=1)
nextafter = ufunc("nextafter", p.NextAfter(), "inexact")


def power(x: Any, y: Any, out: Any = None) -> Array:
    """x to the power y, element by element. A static Python int power is repeated squaring.

    >>> import lazyax.numpy as np
    >>> print(np.power(np.arange(4.0), 3))
    [ 0.  1.  8. 27.]

    Raises:
        LazyaxTypeError: for an integer array to a negative static power.
    """
    refuse_out("power", out)
    if type(y) is int and not isinstance(x, (bool, int, float, complex)):
        node = operands("power", x, domain="numeric")[0]
        if node.aval.dtype.kind in "iu" and y < 0:
            raise LazyaxTypeError(
                f"power: integers to a negative integer power, got {node.aval} ** {y}; "
                "convert the base to floating first"
            )
        return Array(p.IntegerPower(y)(node))
    return Array(_power_values(*operands("power", x, y)))


pow = power


def clip(x: Any, min: Any = None, max: Any = None, out: Any = None) -> Array:
    """``x`` held between ``min`` and ``max``, either of which may be missing.

    >>> import lazyax.numpy as np
    >>> print(np.clip(np.arange(5), 1, 3))
    [1 1 2 3 3]
    """
    refuse_out("clip", out)
    result = Array(operands("clip", x)[0])
    if min is not None:
        result = maximum(result, min)
    if max is not None:
        result = minimum(result, max)
    return result


def where(condition: Any, x: Any = None, y: Any = None) -> Array | tuple[Array, ...]:
    """``x`` where the condition holds, else ``y``; with the condition alone, `nonzero`.

    The gradient flows to the chosen branch only. A NaN or infinite derivative of the other
    branch still gives NaN (0 times infinity): guard its argument with a second ``where``.

    >>> import lazyax.numpy as np
    >>> print(np.where(np.arange(4) < 2, 1.0, 0.0))
    [1. 1. 0. 0.]
    """
    if x is None and y is None:
        from lazyax.ops.numpy.search import nonzero

        return nonzero(condition)
    if x is None or y is None:
        raise LazyaxTypeError("where: give both x and y, or neither")
    choices = operands("where", x, y)
    which = _truth(operands("where", condition)[0])
    return Array(p.Select()(*broadcast("where", [which, *choices])))

"""What elementwise functions are made of: compositions of primitives, from nodes to a node.

The operands have one shape and dtype already. `lazyax.ops.numpy.ufuncs` names the functions.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy

from lazyax.errors import LazyaxTypeError
from lazyax.graph.node import Node
from lazyax.graph.op import Op
from lazyax.ops import primitives as p
from lazyax.ops.primitives.composed import in_order, polynomial
from lazyax.ops.primitives.kinds import real_dtype

Compose = Callable[..., Node]


def by_kind(**choices: Compose) -> Compose:
    """A composition that depends on the kind of dtype.

    Args:
        choices: by ``boolean``, ``signed``, ``unsigned``, ``floating`` and ``complex``;
            ``otherwise`` serves those that are not given.
    """

    def compose(*nodes: Node) -> Node:
        return choices.get(KINDS.get(nodes[0].aval.kind, "floating"), choices["otherwise"])(*nodes)

    return compose


KINDS = {"b": "boolean", "i": "signed", "u": "unsigned", "f": "floating", "c": "complex"}
"""By NumPy's letter; bfloat16 and its like are "V", and floating."""


def only(kinds: str, name: str, compose: Compose | Op, instead: str) -> Compose:
    """``compose`` of dtypes of these kinds.

    Raises:
        LazyaxTypeError: of others, saying what would do ``instead``.
    """

    taken = kinds.split()

    def checked(*nodes: Node) -> Node:
        if KINDS.get(nodes[0].aval.kind, "floating") not in taken:
            raise LazyaxTypeError(f"{name}: does not take {nodes[0].aval}; {instead}")
        return compose(*nodes)

    return checked


def integers_only(name: str, compose: Compose | Op) -> Compose:
    """``compose`` of integers and bools."""
    return only("boolean signed unsigned", name, compose, "it needs integers or bools")


def no_bools(name: str, compose: Compose | Op, instead: str) -> Compose:
    """``compose`` of what is not a bool."""
    return only("signed unsigned floating complex", name, compose, instead)


def reals_only(name: str, compose: Compose | Op) -> Compose:
    """``compose`` of what is not complex."""
    return only(
        "boolean signed unsigned floating", name, compose, "apply it to the real and imaginary part"
    )


def same(x: Node) -> Node:
    """The operand itself."""
    return x


def false(x: Node) -> Node:
    """False for each element."""
    return p.Full(False, x.aval.shape, numpy.dtype(bool))()


def true(x: Node) -> Node:
    """True for each element."""
    return p.Full(True, x.aval.shape, numpy.dtype(bool))()


def truth(x: Node) -> Node:
    """Whether each element is not zero."""
    return x if x.aval.dtype.kind == "b" else p.NotEqual()(x, x.like(0))


def is_zero(x: Node) -> Node:
    """Whether each element is zero."""
    return p.Equal()(x, x.like(0))


def is_negative(x: Node) -> Node:
    """Whether each element is less than zero."""
    return p.Less()(x, x.like(0))


def parts(compose: Compose | Op) -> Compose:
    """``compose`` of the real and of the imaginary part of complex numbers."""
    return lambda x: p.Complex()(compose(p.Real()(x)), compose(p.Imag()(x)))


def one_for_zero(y: Node) -> Node:
    """``y``, and 1 in place of 0, so that integers divide by it."""
    return p.Select()(is_zero(y), y.like(1), y)


def floor_divide_integers(x: Node, y: Node) -> Node:
    """Towards minus infinity; by zero gives zero, as NumPy."""
    divisor = one_for_zero(y)
    quotient, rest = p.Divide()(x, divisor), p.Remainder()(x, divisor)
    down = p.And()(p.NotEqual()(is_negative(x), is_negative(y)), truth(rest))
    return p.Select()(is_zero(y), y.like(0), p.Select()(down, quotient - 1, quotient))


def floor_divide_unsigned(x: Node, y: Node) -> Node:
    """Rounded down; by zero gives zero, as NumPy."""
    return p.Select()(is_zero(y), y.like(0), p.Divide()(x, one_for_zero(y)))


def floor_divide_floats(x: Node, y: Node) -> Node:
    """Rounded down exactly, as Python's ``//``: by way of the remainder, not of the quotient.

    Zero has the sign of the quotient. The derivatives are zero.
    """
    x, y = p.StopGradient()(x), p.StopGradient()(y)
    rest = p.Remainder()(x, y)
    down = p.And()(p.NotEqual()(is_negative(rest), is_negative(y)), truth(rest))
    quotient = (x - rest) / y
    rounded = p.Round()(p.Select()(down, quotient - 1, quotient))
    signed = p.Select()(is_zero(rounded), (x / y) * 0, rounded)
    return p.Select()(is_zero(y), x / y, signed)


def remainder(x: Node, y: Node) -> Node:
    """With the sign of the divisor; by integer zero gives zero, as NumPy."""
    if y.aval.dtype.kind in "iu":
        y = one_for_zero(y)
    rest = p.Remainder()(x, y)
    other_sign = p.NotEqual()(is_negative(rest), is_negative(y))
    result = p.Select()(p.And()(other_sign, truth(rest)), rest + y, rest)
    if y.aval.dtype.kind in "iu":
        return result
    return p.Select()(is_zero(rest), _zero_signed_as(y, rest), result)


def _zero_signed_as(y: Node, zero: Node) -> Node:
    """0.0 or -0.0, with the derivative of ``zero``: beside |zero|, which is 0.0 and has none."""
    positive = p.StopGradient()(p.Absolute()(zero))
    return p.Select()(is_negative(y), -(positive - zero), positive + zero)


def fmod(x: Node, y: Node) -> Node:
    """With the sign of the dividend; by integer zero gives zero, as NumPy."""
    if y.aval.dtype.kind not in "iu":
        return p.Remainder()(x, y)
    return p.Select()(is_zero(y), y.like(0), p.Remainder()(x, one_for_zero(y)))


def shift_past_width(shift: Op, past: Compose) -> Compose:
    """``shift`` by counts less than the width, ``past`` by others: XLA leaves those undefined."""

    def compose(x: Node, y: Node) -> Node:
        inside = p.Less()(y, y.like(x.aval.dtype.itemsize * 8))
        if y.aval.dtype.kind != "u":
            inside = p.And()(inside, p.GreaterEqual()(y, y.like(0)))
        return p.Select()(inside, shift(x, y), past(x))

    return compose


def right_shift(x: Node, y: Node) -> Node:
    """Signed numbers keep their sign."""
    if x.aval.dtype.kind == "u":
        return shift_past_width(p.ShiftRightLogical(), lambda x: x.like(0))(x, y)
    shift = p.ShiftRightArithmetic()
    return shift_past_width(shift, lambda x: shift(x, x.like(x.aval.dtype.itemsize * 8 - 1)))(x, y)


def log_of_sum(exp: Compose | Op, log1p: Compose | Op) -> Compose:
    """max + log1p(exp(min - max)), which neither overflows nor loses infinities."""

    def compose(x: Node, y: Node) -> Node:
        low, high = in_order(x, y)
        difference = low - high
        total = high + log1p(exp(difference))
        return p.Select()(is_nan(difference), x + y, total)  # inf - inf

    return compose


def sign_of_unsigned(x: Node) -> Node:
    """0 or 1."""
    return p.Minimum()(x, x.like(1))


def copysign(x: Node, y: Node) -> Node:
    """The size of ``x`` with the sign of ``y``, of -0.0 too."""
    magnitude = p.Absolute()(x)
    return p.Select()(signbit(y), -magnitude, magnitude)


def signbit(x: Node) -> Node:
    """Whether the sign is minus, of -0.0 too."""
    if x.aval.dtype.kind in "ub":
        return false(x)
    if x.aval.dtype.kind == "i":
        return is_negative(x)
    return is_negative(p.BitcastConvert(numpy.dtype(f"i{x.aval.dtype.itemsize}"))(x))


def is_nan(x: Node) -> Node:
    """Whether each element is not a number."""
    return p.NotEqual()(x, x)


def is_infinite(x: Node) -> Node:
    """Whether each element, or a part of it, is infinite."""
    if x.aval.dtype.kind == "c":
        return p.Or()(is_infinite(p.Real()(x)), is_infinite(p.Imag()(x)))
    return p.Equal()(p.Absolute()(x), x.like(math.inf))


def is_finite(x: Node) -> Node:
    """Whether each element, and both parts of it, are neither infinite nor NaN."""
    if x.aval.dtype.kind == "c":
        return p.And()(p.IsFinite()(p.Real()(x)), p.IsFinite()(p.Imag()(x)))
    return p.IsFinite()(x)


def ignoring_nan(extreme: Compose) -> Compose:
    """The extreme of two; of a NaN and another, the other. Ties are the second's, as in jax."""

    def compose(x: Node, y: Node) -> Node:
        chosen = p.Select()(p.NotEqual()(extreme(x, y), y), x, y)
        return p.Select()(is_nan(y), x, p.Select()(is_nan(x), y, chosen))

    return compose


def heaviside(x: Node, at_zero: Node) -> Node:
    """0 below zero, 1 above, and what is given at it."""
    step = p.Select()(is_negative(x), x.like(0), x.like(1))
    return p.Select()(is_zero(x), at_zero, p.Select()(is_nan(x), x, step))


def hypot(x: Node, y: Node) -> Node:
    """Scaled by the larger, so that squares do not overflow."""
    a, b = p.Absolute()(x), p.Absolute()(y)
    smaller, larger = in_order(a, b)
    larger = p.Select()(is_zero(larger), p.Maximum()(a, b), larger)  # slopes of a half at 0, 0
    ratio = smaller / one_for_zero(larger)
    length = larger * p.Sqrt()(1 + ratio * ratio)
    infinite = p.Or()(is_infinite(x), is_infinite(y))
    return p.Select()(infinite, x.like(math.inf), length)


def scaled_log(base: float) -> Compose:
    """The logarithm to another base."""
    return lambda x: p.Log()(x) * (1 / math.log(base))


def exp2(x: Node) -> Node:
    """A power of 2, which is exact for whole numbers, as exp(x log 2) is not."""
    return p.Power()(x.like(2), x)


def sinc(x: Node) -> Node:
    """sin(pi x) / (pi x); near 0 its series, since there the quotient's derivatives cancel."""
    scaled = x * math.pi
    size = p.Absolute()(scaled)
    near = p.Less()(size, size.like(1))
    away = p.Select()(near, scaled.like(1), scaled)
    square = p.Select()(near, scaled * scaled, scaled.like(0))
    series = polynomial(square, [(-1) ** k / math.factorial(2 * k + 1) for k in range(10)])
    return p.Select()(near, series, p.Sin()(away) / away)


def angle(z: Node) -> Node:
    """The argument of complex numbers; of real ones, 0 or pi."""
    if z.aval.dtype.kind == "c":
        return p.Atan2()(p.Imag()(z), p.Real()(z))
    return p.StopGradient()(p.Atan2()(z.like(0), z))


def round_toward_zero(x: Node) -> Node:
    """Without the fraction."""
    return p.Select()(is_negative(x), p.Ceil()(x), p.Floor()(x))


def multiply(x: Node, y: Node) -> Node:
    """The product; of bools, whether both."""
    return p.And()(x, y) if x.aval.dtype.kind == "b" else p.Multiply()(x, y)


def add(x: Node, y: Node) -> Node:
    """The sum; of bools, whether one or both."""
    return p.Or()(x, y) if x.aval.dtype.kind == "b" else p.Add()(x, y)


def ordered(real: Op) -> Compose:
    """A comparison; complex numbers compare by real part, then by imaginary part, as NumPy's."""

    def compose(x: Node, y: Node) -> Node:
        if x.aval.dtype.kind != "c":
            return real(x, y)
        equal = p.Equal()(p.Real()(x), p.Real()(y))
        by_imag = real(p.Imag()(x), p.Imag()(y))
        return p.Select()(equal, by_imag, real(p.Real()(x), p.Real()(y)))

    return compose


def extreme(op: Op, before: Op) -> Compose:
    """The larger or the smaller; NaN wins, and complex numbers are `ordered` by ``before``."""

    def compose(x: Node, y: Node) -> Node:
        if x.aval.kind != "c":
            return op(x, y)
        chosen = p.Select()(ordered(before)(x, y), x, y)
        return p.Select()(is_nan(x), x, p.Select()(is_nan(y), y, chosen))

    return compose


maximum = extreme(p.Maximum(), p.Greater())
minimum = extreme(p.Minimum(), p.Less())


def power_of_integers(x: Node, y: Node) -> Node:
    """XLA's power looks at six bits of the exponent: of even numbers 0 is right beyond them."""
    past = p.GreaterEqual()(y, y.like(64))
    even = is_zero(p.And()(x, x.like(1)))
    return p.Select()(p.And()(past, even), x.like(0), p.Power()(x, y))


def power_of_unsigned(x: Node, y: Node) -> Node:
    """By half the exponent, since XLA takes large unsigned exponents for negative ones."""
    half = power_of_integers(x, p.ShiftRightLogical()(y, y.like(1)))
    odd = truth(p.And()(y, y.like(1)))
    return half * half * p.Select()(odd, x, x.like(1))


def power_of_complex(x: Node, y: Node) -> Node:
    """0 to a power of positive real part is 0, where XLA gives NaN."""
    real = p.Real()(y)
    zero = p.And()(is_zero(x), p.Greater()(real, real.like(0)))
    return p.Select()(zero, x.like(0), p.Power()(p.Select()(zero, x.like(1), x), y))


def reciprocal(x: Node) -> Node:
    """1 / x; integers are cut to whole numbers, and of zero give zero."""
    if x.aval.is_inexact:
        return 1 / x
    return p.Select()(is_zero(x), x, p.Divide()(x.like(1), one_for_zero(x)))


def imaginary(x: Node) -> Node:
    """The imaginary part: zero of real numbers."""
    return p.Imag()(x) if real_dtype(x.aval.dtype) != x.aval.dtype else x.like(0)

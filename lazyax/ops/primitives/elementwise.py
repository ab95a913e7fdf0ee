"""Arithmetic, element by element: each class states its HLO, NumPy twin and partials."""

from __future__ import annotations

import numpy

from lazyax.graph.node import Node
from lazyax.graph.op import primitive
from lazyax.ops.primitives.compare import Equal, GreaterEqual, Less
from lazyax.ops.primitives.kinds import Bilinear, Elementwise, Flat, Linear, real_dtype
from lazyax.ops.primitives.select import Select


@primitive
class Add(Linear, Elementwise):
    """Sum of two arrays. Lowers to `stablehlo.add`."""

    symbol = "+"
    hlo = "add"
    numpy = numpy.add

    def jvp(self, out, operands, tangents):
        dx, dy = tangents
        if dx is None or dy is None:
            return dy if dx is None else dx
        return self(dx, dy)

    def transpose(self, cotangent, x, y):
        return (cotangent, cotangent)


@primitive
class Subtract(Linear, Elementwise):
    """Difference of two arrays. Lowers to `stablehlo.subtract`."""

    symbol = "-"
    hlo = "subtract"
    numpy = numpy.subtract

    def jvp(self, out, operands, tangents):
        dx, dy = tangents
        if dy is None:
            return dx
        return -dy if dx is None else self(dx, dy)

    def transpose(self, cotangent, x, y):
        return (cotangent, -cotangent)


@primitive
class Multiply(Bilinear, Elementwise):
    """Product of two arrays. Lowers to `stablehlo.multiply`."""

    symbol = "*"
    hlo = "multiply"
    numpy = numpy.multiply

    def transpose(self, cotangent, x, y, wanted):
        return cotangent * (x, y)[1 - wanted]


@primitive
class Divide(Elementwise):
    """Quotient of two arrays; of integers, truncated towards zero. Lowers to `stablehlo.divide`."""

    symbol = "/"
    hlo = "divide"
    is_stored_on_cpu = True

    def numpy(x, y):
        if x.dtype.kind not in "iu":
            return numpy.divide(x, y)
        one = numpy.ones((), x.dtype)
        safe = numpy.where(y == 0, one, y)
        all_ones = numpy.invert(numpy.zeros((), x.dtype))  # what XLA divides by zero to
        return numpy.where(y == 0, all_ones, (x - numpy.fmod(x, safe)) // safe)

    def jvp(self, out, operands, tangents):
        (_, y), (dx, dy) = operands, tangents
        if dy is None:
            return dx / y
        change = -(out / y) * dy
        return change if dx is None else dx / y + change

    def pullback(self, cotangent, operands, linear):
        self.require(not linear[1], "linear in its first operand only")
        return (cotangent / operands[1], None)


@primitive
class Remainder(Elementwise):
    """Remainder with the sign of the dividend, as C's fmod. Lowers to `stablehlo.remainder`."""

    hlo = "remainder"
    is_stored_on_cpu = True
    accepts = "real"

    def numpy(x, y):
        return (
            numpy.where(y == 0, x, numpy.fmod(x, y)) if x.dtype.kind in "iu" else numpy.fmod(x, y)
        )

    def partials(self, out, x, y):
        quotient = x / y
        negative = Less()(quotient, quotient.like(0))
        truncated = Select()(negative, Ceil()(quotient), Floor()(quotient))
        return (x.like(1), -truncated)


@primitive
class Negate(Linear, Elementwise):
    """The negative. Lowers to `stablehlo.negate`."""

    symbol = "neg"
    hlo = "negate"
    numpy = numpy.negative

    def transpose(self, cotangent, x):
        return (-cotangent,)


@primitive
class Absolute(Elementwise):
    """Absolute value; of complex numbers, their modulus. At 0 the slope is 1, of the modulus 0.

    Lowers to `stablehlo.abs`.
    """

    hlo = "abs"
    accepts = "signed"
    result = "real"
    numpy = numpy.abs

    def jvp(self, out, operands, tangents):
        (x,), (dx,) = operands, tangents
        if x.aval.dtype.kind != "c":
            return Select()(GreaterEqual()(x, x.like(0)), dx, -dx)
        safe = Select()(Equal()(out, out.like(0)), out.like(1), out)
        return (Real()(x) * Real()(dx) + Imag()(x) * Imag()(dx)) / safe


@primitive
class Sign(Elementwise):
    """-1, 0 or 1; NaN for NaN; of complex numbers, x / |x|. Lowers to `stablehlo.sign`.

    Flat for real numbers. A complex sign turns with x, around the unit circle.
    """

    hlo = "sign"
    accepts = "signed"
    numpy = numpy.sign

    def jvp(self, out, operands, tangents):
        (x,), (dx,) = operands, tangents
        if x.aval.dtype.kind != "c":
            return None
        modulus, zero = Absolute()(x), Equal()(out, out.like(0))
        outward = Real()(Conjugate()(out) * dx)
        around = dx - out * Complex()(outward, outward.like(0))
        safe = Select()(zero, out.like(1), Complex()(modulus, modulus.like(0)))
        return Select()(zero, out.like(0), around / safe)


@primitive
class Floor(Flat, Elementwise):
    """Largest integer not above. Lowers to `stablehlo.floor`."""

    hlo = "floor"
    accepts = "real inexact"
    numpy = numpy.floor


@primitive
class Ceil(Flat, Elementwise):
    """Smallest integer not below. Lowers to `stablehlo.ceil`."""

    hlo = "ceil"
    accepts = "real inexact"
    numpy = numpy.ceil


@primitive
class Round(Flat, Elementwise):
    """Nearest integer, halves to even. Lowers to `stablehlo.round_nearest_even`."""

    hlo = "round_nearest_even"
    accepts = "real inexact"
    numpy = numpy.round


@primitive
class Maximum(Elementwise):
    """The larger; NaN wins. Ties share the slope. Lowers to `stablehlo.maximum`."""

    hlo = "maximum"
    loses_nan = True
    accepts = "any"
    numpy = numpy.maximum

    def partials(self, out, x, y):
        return (_share(x, y, out), _share(y, x, out))


@primitive
class Minimum(Elementwise):
    """The smaller; NaN wins. Ties share the slope. Lowers to `stablehlo.minimum`."""

    hlo = "minimum"
    loses_nan = True
    accepts = "any"
    numpy = numpy.minimum

    def partials(self, out, x, y):
        return (_share(x, y, out), _share(y, x, out))


def _share(x: Node, other: Node, out: Node) -> Node:
    """1 where the extreme ``out`` is ``x``'s alone, 1/2 where ``other`` is equal, else 0."""
    alone_or_half = Select()(Equal()(x, other), x.like(0.5), x.like(1))
    return Select()(Equal()(x, out), alone_or_half, x.like(0))


@primitive
class IntegerPower(Elementwise):
    """x to a static integer power, by repeated squaring. Lowers to `stablehlo.multiply`."""

    exponent: int

    def lower(self, emit, node, x):
        return emit.integer_power(x, self.exponent)

    def evaluate(self, x):
        if self.exponent < 0 and x.dtype.kind in "fc":
            return (1 / x ** (-self.exponent)).astype(x.dtype)
        return x**self.exponent

    def partials(self, out, x):
        n = self.exponent
        return (None if n == 0 else x.like(1) if n == 1 else n * IntegerPower(n - 1)(x),)


@primitive
class Real(Linear, Elementwise):
    """Real part. Lowers to `stablehlo.real`."""

    hlo = "real"
    accepts = "complex"
    result = "real"
    numpy = numpy.real

    def transpose(self, cotangent, x):
        return (Complex()(cotangent, cotangent.like(0)),)


@primitive
class Imag(Linear, Elementwise):
    """Imaginary part. Lowers to `stablehlo.imag`."""

    hlo = "imag"
    accepts = "complex"
    result = "real"
    numpy = numpy.imag

    def transpose(self, cotangent, x):
        return (Complex()(cotangent.like(0), -cotangent),)


@primitive
class Complex(Linear, Elementwise):
    """x + iy of two real arrays. Lowers to `stablehlo.complex`."""

    hlo = "complex"
    accepts = "real inexact"
    result = "complex"

    def numpy(x, y):
        z = numpy.empty(numpy.broadcast(x, y).shape, "c16" if x.dtype == "f8" else "c8")
        z.real, z.imag = x, y  # x + 1j * y is NaN where y is infinite
        return z

    def transpose(self, cotangent, x, y):
        return (Real()(cotangent), -Imag()(cotangent))


@primitive
class Conjugate(Linear, Elementwise):
    """Complex conjugate. Lowers to `stablehlo.complex` of the real and negated imaginary part."""

    accepts = "complex"
    numpy = numpy.conj

    def lower(self, emit, node, x):
        real = x.aval.with_dtype(real_dtype(x.aval.dtype))
        imag = emit.elementwise("imag", real, x)
        parts = emit.elementwise("real", real, x), emit.elementwise("negate", real, imag)
        return emit.elementwise("complex", node.aval, *parts)

    def transpose(self, cotangent, x):
        return (self(cotangent),)

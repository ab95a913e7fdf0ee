"""Exponentials, logarithms, roots, trigonometric, hyperbolic, error and gamma functions."""

from __future__ import annotations

import importlib
import math
from collections.abc import Callable

import numpy

from lazyax.graph.op import primitive
from lazyax.ops.primitives import circular, inverse_circular, powers
from lazyax.ops.primitives.bitwise import And, Or
from lazyax.ops.primitives.compare import Equal
from lazyax.ops.primitives.kinds import LARGE, Elementwise, Flat
from lazyax.ops.primitives.select import Select

TWO_OVER_ROOT_PI = 2 / math.sqrt(math.pi)


def scipy_special(name: str) -> Callable:
    """A function of `scipy.special`, imported when it is called: the import takes 0.1 s."""

    def call(*arrays):
        function = getattr(importlib.import_module("scipy.special"), name)
        return function(*arrays).astype(arrays[0].dtype)

    return call


@primitive
class Exp(Elementwise):
    """e to the power x. Lowers to `stablehlo.exponential`."""

    hlo = "exponential"
    accepts = "inexact"
    numpy = numpy.exp

    def partials(self, out, x):
        return (out,)


@primitive
class Expm1(Elementwise):
    """e**x - 1, exact near 0. Lowers to `stablehlo.exponential_minus_one`."""

    hlo = "exponential_minus_one"
    accepts = "inexact"
    numpy = numpy.expm1

    def partials(self, out, x):
        return (out + 1,)


@primitive
class Log(Elementwise):
    """Natural logarithm. Lowers to `stablehlo.log`."""

    hlo = "log"
    accepts = "inexact"
    numpy = numpy.log

    def partials(self, out, x):
        return (1 / x,)


@primitive
class Log1p(Elementwise):
    """log(1 + x), exact near 0. Lowers to `stablehlo.log_plus_one`."""

    hlo = "log_plus_one"
    accepts = "inexact"
    numpy = numpy.log1p

    def partials(self, out, x):
        return (1 / (x + 1),)


@primitive
class Sqrt(Elementwise):
    """Square root. Lowers to `stablehlo.sqrt`."""

    hlo = "sqrt"
    accepts = "inexact"
    numpy = numpy.sqrt

    def partials(self, out, x):
        return (0.5 / out,)


@primitive
class Rsqrt(Elementwise):
    """1 / sqrt(x). Lowers to `stablehlo.rsqrt`."""

    hlo = "rsqrt"
    is_stored_on_cpu = True
    accepts = "inexact"

    def on_cpu(x):
        # not as 1 / sqrt(x), which XLA would make the operation that this is to replace
        ends = Or()(Equal()(x, x.like(0)), Equal()(x, x.like(math.inf)))
        return Select()(ends, x.like(1), Sqrt()(x)) / x

    def numpy(x):
        return (1 / numpy.sqrt(x)).astype(x.dtype)

    def partials(self, out, x):
        return (-0.5 * (out / x),)


@primitive
class Cbrt(Elementwise):
    """Cube root. Lowers to `stablehlo.cbrt`."""

    hlo = "cbrt"
    accepts = "real inexact"
    numpy = numpy.cbrt

    def on_cpu(x):
        return powers.cube_root(x, Exp())

    def partials(self, out, x):
        return (1 / (3 * out * out),)


@primitive
class Logistic(Elementwise):
    """1 / (1 + exp(-x)). Lowers to `stablehlo.logistic`."""

    hlo = "logistic"
    accepts = "inexact"

    def numpy(x):
        return (1 / (1 + numpy.exp(-x))).astype(x.dtype)

    def partials(self, out, x):
        return (out * (1 - out),)


@primitive
class Sin(Elementwise):
    """Sine, of radians. Lowers to `stablehlo.sine`."""

    hlo = "sine"
    on_cpu = circular.sine
    accepts = "inexact"
    numpy = numpy.sin

    def partials(self, out, x):
        return (Cos()(x),)


@primitive
class Cos(Elementwise):
    """Cosine, of radians. Lowers to `stablehlo.cosine`."""

    hlo = "cosine"
    on_cpu = circular.cosine
    accepts = "inexact"
    numpy = numpy.cos

    def partials(self, out, x):
        return (-Sin()(x),)


@primitive
class Tan(Elementwise):
    """Tangent, of radians. Lowers to `stablehlo.tan`."""

    hlo = "tan"
    on_cpu = circular.tangent
    accepts = "inexact"
    numpy = numpy.tan

    def partials(self, out, x):
        return (1 + out * out,)


@primitive
class Asin(Elementwise):
    """Inverse sine, in radians. Lowers to `chlo.asin`."""

    hlo = "chlo.asin"
    accepts = "inexact"
    numpy = numpy.arcsin

    def on_cpu(x):
        leg = Sqrt()(inverse_circular.square_of_leg(x))
        return inverse_circular.arc_sine(x, leg)

    def partials(self, out, x):
        return (Rsqrt()(1 - x * x),)


@primitive
class Acos(Elementwise):
    """Inverse cosine, in radians. Lowers to `chlo.acos`."""

    hlo = "chlo.acos"
    accepts = "inexact"
    numpy = numpy.arccos

    def on_cpu(x):
        leg = Sqrt()(inverse_circular.square_of_leg(x))
        return inverse_circular.arc_cosine(x, leg)

    def partials(self, out, x):
        return (-Rsqrt()(1 - x * x),)


@primitive
class Atan(Elementwise):
    """Inverse tangent, in radians. Lowers to `chlo.atan`."""

    hlo = "chlo.atan"
    accepts = "inexact"
    numpy = numpy.arctan

    def partials(self, out, x):
        return (1 / (1 + x * x),)


@primitive
class Sinh(Elementwise):
    """Hyperbolic sine. Lowers to `chlo.sinh`."""

    hlo = "chlo.sinh"
    accepts = "inexact"
    numpy = numpy.sinh

    def partials(self, out, x):
        return (Cosh()(x),)


@primitive
class Cosh(Elementwise):
    """Hyperbolic cosine. Lowers to `chlo.cosh`."""

    hlo = "chlo.cosh"
    accepts = "inexact"
    numpy = numpy.cosh

    def partials(self, out, x):
        return (Sinh()(x),)


@primitive
class Tanh(Elementwise):
    """Hyperbolic tangent. Lowers to `stablehlo.tanh`."""

    hlo = "tanh"
    accepts = "inexact"
    numpy = numpy.tanh

    def partials(self, out, x):
        return (1 - out * out,)


@primitive
class Asinh(Elementwise):
    """Inverse hyperbolic sine. Lowers to `chlo.asinh`."""

    hlo = "chlo.asinh"
    accepts = "inexact"
    numpy = numpy.arcsinh

    def partials(self, out, x):
        return (Rsqrt()(x * x + 1),)


@primitive
class Acosh(Elementwise):
    """Inverse hyperbolic cosine. Lowers to `chlo.acosh`."""

    hlo = "chlo.acosh"
    accepts = "inexact"
    numpy = numpy.arccosh

    def partials(self, out, x):
        return (Rsqrt()((x - 1) * (x + 1)),)


@primitive
class Atanh(Elementwise):
    """Inverse hyperbolic tangent. Lowers to `chlo.atanh`."""

    hlo = "chlo.atanh"
    accepts = "inexact"
    numpy = numpy.arctanh

    def partials(self, out, x):
        return (1 / (1 - x * x),)


@primitive
class Erf(Elementwise):
    """Error function. Lowers to `chlo.erf`."""

    hlo = "chlo.erf"
    accepts = "real inexact"
    numpy = scipy_special("erf")

    def partials(self, out, x):
        return (TWO_OVER_ROOT_PI * Exp()(-(x * x)),)


@primitive
class Erfc(Elementwise):
    """1 - erf(x), exact where erf is near 1. Lowers to `chlo.erfc`."""

    hlo = "chlo.erfc"
    accepts = "real inexact"
    numpy = scipy_special("erfc")

    def partials(self, out, x):
        return (-TWO_OVER_ROOT_PI * Exp()(-(x * x)),)


@primitive
class ErfInv(Elementwise):
    """Inverse of the error function. Lowers to `chlo.erf_inv`."""

    hlo = "chlo.erf_inv"
    accepts = "real inexact"
    numpy = scipy_special("erfinv")

    def lower(self, emit, node, x):
        if emit.platform == "cpu" and node.aval.size >= LARGE:
            x = emit.barrier(x)  # random bits and this in one loop run out of registers
        return super().lower(emit, node, x)

    def partials(self, out, x):
        return (Exp()(out * out) / TWO_OVER_ROOT_PI,)


@primitive
class Lgamma(Elementwise):
    """Logarithm of the absolute value of the gamma function. Lowers to `chlo.lgamma`."""

    hlo = "chlo.lgamma"
    accepts = "real inexact"
    numpy = scipy_special("gammaln")

    def partials(self, out, x):
        return (Digamma()(x),)


@primitive
class Digamma(Elementwise):
    """Derivative of lgamma. Lowers to `chlo.digamma`."""

    hlo = "chlo.digamma"
    accepts = "real inexact"
    numpy = scipy_special("digamma")

    def partials(self, out, x):
        return (Polygamma()(x.like(1), x),)


@primitive
class Polygamma(Elementwise):
    """Derivative number n of digamma, of (n, x); flat in n. Lowers to `chlo.polygamma`."""

    hlo = "chlo.polygamma"
    accepts = "real inexact"
    numpy = scipy_special("polygamma")

    def partials(self, out, n, x):
        return (None, self(n + 1, x))


@primitive
class Atan2(Elementwise):
    """Angle of the point (x, y), from (y, x), in radians. Lowers to `stablehlo.atan2`."""

    hlo = "atan2"
    is_stored_on_cpu = True
    accepts = "real inexact"
    on_cpu = inverse_circular.angle
    numpy = numpy.arctan2

    def partials(self, out, y, x):
        squared = x * x + y * y
        return (x / squared, -y / squared)


@primitive
class Power(Elementwise):
    """x to the power y. Lowers to `stablehlo.power`.

    The partials are finite where x or y is 0, as in jax.
    """

    hlo = "power"
    is_stored_on_cpu = True
    numpy = numpy.power

    def on_cpu(x, y):
        return powers.power(x, y, Exp())

    def partials(self, out, x, y):
        zero, one = x.like(0), x.like(1)
        exponent = Select()(And()(Equal()(x, zero), Equal()(y, zero)), one, y - 1)
        base = Select()(Equal()(x, zero), one, x)
        log = Select()(Equal()(x, zero), zero, Log()(base))
        return (y * self(x, exponent), out * log)


@primitive
class NextAfter(Flat, Elementwise):
    """The next representable number from x towards y. Lowers to `chlo.next_after`."""

    hlo = "chlo.next_after"
    accepts = "real inexact"
    numpy = numpy.nextafter

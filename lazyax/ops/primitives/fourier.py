"""Discrete Fourier transforms."""

from __future__ import annotations

import math

import numpy

from lazyax.graph.op import primitive
from lazyax.ops.primitives.elementwise import Conjugate, Real
from lazyax.ops.primitives.kinds import RESULTS, Linear, real_dtype
from lazyax.ops.primitives.leaves import Full, Literal
from lazyax.ops.primitives.shape import Broadcast, Pad

FUNCTIONS = {
    "FFT": numpy.fft.fftn,
    "IFFT": numpy.fft.ifftn,
    "RFFT": numpy.fft.rfftn,
    "IRFFT": numpy.fft.irfftn,
}
"""What each kind is in NumPy."""


@primitive
class Fft(Linear):
    """The discrete Fourier transform over the last one, two or three axes, of ``lengths``.

    c64[5,8] -> c64[5,8] for kind FFT, and for its inverse IFFT; f32[5,8] -> c64[5,5] for RFFT,
    which leaves out the half that is the other's conjugate; c64[5,5] -> f32[5,8] for its inverse,
    IRFFT, which does not read what is zero in the transform of real numbers. Inverses divide by
    the number of elements. Lowers to `stablehlo.fft`.
    """

    kind: str
    lengths: tuple[int, ...]

    expensive = True
    interpreted = True

    def infer(self, x):
        count = len(self.lengths)
        self.require(
            self.kind in FUNCTIONS and 1 <= count <= 3 and min(self.lengths) >= 1,
            f"kind is one of {', '.join(FUNCTIONS)} and lengths are one to three, of 1 or more, "
            f"got {self.kind} and {self.lengths}",
        )
        takes = ("float32", "float64") if self.kind == "RFFT" else ("complex64", "complex128")
        half = (*self.lengths[:-1], self.lengths[-1] // 2 + 1)
        given, made = self.lengths, self.lengths
        if self.kind == "RFFT":
            made = half
        if self.kind == "IRFFT":
            given = half
        self.require(
            x.dtype.name in takes and x.shape[-count:] == given,
            f"{self.kind} of lengths {self.lengths} needs {' or '.join(takes)} with last axes "
            f"{given}, got {x}",
        )
        dtype = {"RFFT": RESULTS["complex"], "IRFFT": real_dtype}.get(self.kind, numpy.dtype)
        return x.with_shape((*x.shape[:-count], *made)).with_dtype(dtype(x.dtype), x.weak_type)

    def lower(self, emit, node, x):
        if not node.aval.size:
            return emit.constant(0, node.aval)
        return emit(
            f"stablehlo.fft {x}, type = {self.kind}, length = {list(self.lengths)} : "
            f"({x.type}) -> {emit.type(node.aval)}",
            node.aval,
        )

    def evaluate(self, x):
        axes = tuple(range(-len(self.lengths), 0))
        return FUNCTIONS[self.kind](x, self.lengths, axes)

    def transpose(self, cotangent, x):
        if self.kind == "RFFT":
            return (Real()(Fft("FFT", self.lengths)(self._with_other_half(cotangent))),)
        if self.kind == "IRFFT":
            back = Conjugate()(Fft("RFFT", self.lengths)(cotangent))
            return (back * self._weights(back),)
        return (self(cotangent),)  # the matrix of a transform is symmetric

    def _with_other_half(self, x):
        """Zeros for the half that RFFT leaves out."""
        missing = (*[0] * (x.aval.ndim - 1), self.lengths[-1] - x.aval.shape[-1])
        none = (0,) * x.aval.ndim
        return Pad(none, missing, none)(x, Full(0, (), x.aval.dtype)())

    def _weights(self, x):
        """How often IRFFT counts each element, by how many it divides."""
        length = self.lengths[-1]
        counts = numpy.full(x.aval.shape[-1], 2.0)
        counts[0] = 1
        if length % 2 == 0:
            counts[-1] = 1
        weights = Literal.of((counts / math.prod(self.lengths)).astype(x.aval.dtype))
        return Broadcast(x.aval.shape, (x.aval.ndim - 1,))(weights)

    def batch(self, operands, batched, size):
        return self(*operands)

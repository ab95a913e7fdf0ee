"""Choice between arrays, and conversion between dtypes."""

from __future__ import annotations

import numpy

from lazyax.graph.aval import aval_of
from lazyax.graph.op import primitive
from lazyax.ops.primitives.compare import GreaterEqual, LessEqual
from lazyax.ops.primitives.kinds import (
    Elementwise,
    Flat,
    Linear,
    Mark,
    real_dtype,
    with_batch_axis,
)


@primitive
class Select(Linear):
    """``on_true`` where the bool ``which`` holds, else ``on_false``.

    bool[3], f32[3], f32[3] -> f32[3]. Lowers to `stablehlo.select`.
    """

    overwrites = slice(1, None)

    def infer(self, which, on_true, on_false):
        self.require(
            which.dtype.kind == "b"
            and which.shape == on_true.shape == on_false.shape
            and on_true.dtype == on_false.dtype,
            f"needs a bool array and two of its shape and one dtype, got {which}, {on_true} "
            f"and {on_false}",
        )
        weak = on_true.weak_type and on_false.weak_type
        return aval_of(on_true.shape, on_true.dtype, weak)

    def lower(self, emit, node, which, x, y):
        return emit(f"stablehlo.select {which}, {x}, {y} : {which.type}, {x.type}", node.aval)

    def evaluate(self, which, x, y):
        return numpy.where(which, x, y)

    def on_block(self, shape):
        return self

    def transpose(self, cotangent, which, x, y):
        zero = cotangent.like(0)
        return (None, self(which, cotangent, zero), self(which, zero, cotangent))

    def batch(self, operands, batched, size):
        return self(*with_batch_axis(operands, batched, size))


@primitive
class Clamp(Elementwise):
    """x held between ``low`` and ``high``, of (low, x, high); slope 0 outside.

    Lowers to `stablehlo.clamp`.
    """

    accepts = "real"
    loses_nan = True

    def numpy(low, x, high):
        return numpy.minimum(numpy.maximum(low, x), high)

    def lower(self, emit, node, low, x, high):
        result = emit(
            f"stablehlo.clamp {low}, {x}, {high} : ({low.type}, {x.type}, {high.type}) -> {x.type}",
            node.aval,
        )
        return self.or_nan(emit, result, (low, high, x))

    def partials(self, out, low, x, high):
        one, zero, select = x.like(1), x.like(0), Select()
        below, above = LessEqual()(x, low), GreaterEqual()(x, high)
        at_low = select(below, select(LessEqual()(high, low), zero, one), zero)
        inside = select(below, zero, select(above, zero, one))
        return (at_low, inside, select(above, one, zero))


@primitive
class Convert(Linear):
    """The same values in another dtype. Complex to real keeps the real part.

    i32[3] -> f32[3] for dtype float32. Lowers to `stablehlo.convert`.
    """

    dtype: numpy.dtype
    weak_type: bool = False

    def infer(self, x):
        return aval_of(x.shape, self.dtype, self.weak_type)

    def on_block(self, shape):
        return self

    def lower(self, emit, node, x):
        if x.aval.dtype.kind == "c" and node.aval.dtype.kind != "c":
            x = emit.elementwise("real", x.aval.with_dtype(real_dtype(x.aval.dtype)), x)
        if node.aval.dtype.kind == "b":
            return emit.compare("NE", x, emit.constant(0, x.aval))
        return emit(f"stablehlo.convert {x} : ({x.type}) -> {emit.type(node.aval)}", node.aval)

    def evaluate(self, x):
        return (x.real if self.dtype.kind != "c" else x).astype(self.dtype)

    def jvp(self, out, operands, tangents):
        return self(*tangents) if out.aval.is_inexact else None

    def transpose(self, cotangent, x):
        return (Convert(x.aval.dtype)(cotangent),)

    def batch(self, operands, batched, size):
        return self(*operands)


@primitive
class BitcastConvert(Flat):
    """The same bits as another dtype of the same width. Lowers to `stablehlo.bitcast_convert`."""

    dtype: numpy.dtype

    def infer(self, x):
        self.require(
            x.dtype.itemsize == self.dtype.itemsize,
            f"needs dtypes of one width, got {x} and {self.dtype}",
        )
        return aval_of(x.shape, self.dtype)

    def lower(self, emit, node, x):
        return emit(
            f"stablehlo.bitcast_convert {x} : ({x.type}) -> {emit.type(node.aval)}", node.aval
        )

    def evaluate(self, x):
        return x.view(self.dtype)

    def batch(self, operands, batched, size):
        return self(*operands)


@primitive
class StopGradient(Flat, Mark):
    """The identity, with tangent zero. Lowers to nothing: programs leave it out."""

"""Reductions: axes disappear."""

from __future__ import annotations

import math
from typing import ClassVar

import numpy

from lazyax.graph.aval import Aval
from lazyax.graph.node import operators
from lazyax.graph.op import Op, primitive
from lazyax.ops.primitives.compare import Equal
from lazyax.ops.primitives.kinds import LARGE, LIBRARY, Flat, Linear
from lazyax.ops.primitives.select import Convert

MOST_PIECES = 32
"""Of an axis, that are folded onto each other at once: XLA makes a tree of more, and stores it."""


class Reduction(Op):
    """Abstract: a monoid folded along ``axes``. States ``hlo``, ``identity`` and ``numpy``."""

    __slots__ = ()

    expensive = True
    interpreted = True
    hlo: ClassVar[str]
    accepts_bool: ClassVar[bool] = False
    narrowest: ClassVar[int] = 64
    """Elements of the pieces that an axis is folded in on CPU."""

    def infer(self, x):
        self.require(
            all(0 <= axis < x.ndim for axis in self.axes)
            and all(a < b for a, b in zip(self.axes, self.axes[1:], strict=False)),
            f"{self.axes} are not distinct, sorted axes of {x}",
        )
        self.require(
            (x.dtype.kind == "b") == self.accepts_bool or x.dtype.kind in self.also_accepts(),
            f"does not reduce {x}; use astype",
        )
        kept = tuple(length for axis, length in enumerate(x.shape) if axis not in self.axes)
        return x.with_shape(kept)

    def also_accepts(self) -> str:
        """Further dtype kinds that this reduction takes."""
        return ""

    def identity(self, dtype: numpy.dtype) -> complex:
        """The value that changes nothing."""
        raise NotImplementedError

    def lower(self, emit, node, x):
        if emit.platform == "cpu" and self._is_one_by_one(x.aval):
            kept = node.aval.shape
            rows = emit.reshape(x, (*kept, math.prod(x.aval.shape[len(kept) :])))
            return self._in_pieces(emit, rows, node.aval)
        result = self._folded(emit, x, self.axes, node.aval)
        may_lose = self.loses_nan and x.aval.is_inexact and x.aval.size >= LIBRARY
        return self._or_nan(emit, x, result) if may_lose and emit.platform == "cpu" else result

    def _or_nan(self, emit, x, result):
        """The result, and NaN where there is one among what was reduced.

        XLA:CPU's library for large reductions passes over NaN in maxima and minima. It adds squares
        as fast, whose sum is NaN only then. That becomes -0.0 or NaN, which the library does too.
        """
        aval = result.aval
        squares = emit.elementwise("multiply", x.aval, x, x)
        total = ReduceSum(self.axes)._folded(emit, squares, self.axes, aval)
        bounded = emit.elementwise("exponential", aval, emit.elementwise("negate", aval, total))
        zero = emit.elementwise("multiply", aval, bounded, emit.constant(-0.0, aval))
        return emit.elementwise("add", aval, result, zero)

    def _is_one_by_one(self, x: Aval) -> bool:
        """Whether XLA:CPU takes one element after another, though the order does not matter.

        It does so with integers along the last axes. Along others it uses vectors (docs/adr/0039).
        """
        first = x.ndim - len(self.axes)
        return (
            x.dtype.kind in "biu"
            and x.size >= LARGE
            and self.axes == tuple(range(first, x.ndim))
            and math.prod(x.shape[first:]) >= 4 * self.narrowest
        )

    def _in_pieces(self, emit, rows, aval: Aval):
        """The last axis folded: pieces of it onto each other, until one is short."""
        last, rests = (aval.ndim,), []
        length = rows.aval.shape[-1]
        while length >= 4 * self.narrowest:
            most = min(MOST_PIECES, length // self.narrowest)
            pieces = next((n for n in range(most, 1, -1) if length % n == 0), most)
            width = length // pieces
            if width * pieces < length:
                rests.append(self._folded(emit, _part(emit, rows, width * pieces), last, aval))
                rows = _part(emit, rows, 0, width * pieces)
            table = emit.reshape(rows, (*aval.shape, pieces, width))
            folded = self._folded(emit, table, last, aval.with_shape((*aval.shape, width)))
            rows, length = emit.barrier(folded), width
        result = self._folded(emit, rows, last, aval)
        for rest in rests:
            result = emit.elementwise(self.hlo, aval, result, rest)
        return result

    def _folded(self, emit, x, axes: tuple[int, ...], aval: Aval):
        """``x``, folded along ``axes``."""
        start = emit.constant(self.identity(x.aval.dtype), x.aval.with_shape(()))
        return emit(
            f"stablehlo.reduce({x} init: {start}) applies stablehlo.{self.hlo} across dimensions "
            f"= {list(axes)} : ({x.type}, {start.type}) -> {emit.type(aval)}",
            aval,
        )

    def evaluate(self, x):
        start = numpy.asarray(self.identity(x.dtype), x.dtype)
        return type(self).numpy(x, axis=self.axes, initial=start, dtype=x.dtype)

    def batch(self, operands, batched, size):
        return type(self)(tuple(axis + 1 for axis in self.axes))(*operands)

    def spread(self, reduced, shape):
        """A result of this reduction, broadcast back to the operand's shape."""
        kept = tuple(axis for axis in range(len(shape)) if axis not in self.axes)
        return operators["broadcast"](shape, kept)(reduced)


def _part(emit, rows, start: int, stop: int | None = None):
    """Some of the last axis."""
    *kept, length = rows.aval.shape
    stop = length if stop is None else stop
    aval = rows.aval.with_shape((*kept, stop - start))
    ranges = ", ".join([*[f"0:{other}" for other in kept], f"{start}:{stop}"])
    return emit(f"stablehlo.slice {rows} [{ranges}] : ({rows.type}) -> {emit.type(aval)}", aval)


@primitive
class ReduceSum(Linear, Reduction):
    """Sum over ``axes``, which disappear.

    f32[2,3,4] -> f32[3] for axes (0, 2). Lowers to `stablehlo.reduce` with `stablehlo.add`.
    """

    axes: tuple[int, ...]

    hlo = "add"
    numpy = numpy.add.reduce

    def identity(self, dtype):
        return 0

    def transpose(self, cotangent, x):
        return (self.spread(cotangent, x.aval.shape),)


class Extreme(Reduction):
    """Abstract: the maximum or minimum; the slope is shared among the ties."""

    __slots__ = ()

    loses_nan = True
    narrowest = 16

    def also_accepts(self):
        return "b"

    def evaluate(self, x):
        start = numpy.asarray(self.identity(x.dtype), x.dtype)
        return type(self).numpy(x, axis=self.axes, initial=start)

    def jvp(self, out, operands, tangents):
        (x,), (dx,) = operands, tangents
        if not x.aval.size:
            return None
        ties = Convert(dx.aval.dtype)(Equal()(x, self.spread(out, x.aval.shape)))
        total = ReduceSum(self.axes)
        return total(ties * dx) / total(ties)


def lowest(dtype: numpy.dtype) -> float | int | bool:
    """Least value of a dtype: the identity of maximum."""
    if dtype.kind == "b":
        return False
    return int(numpy.iinfo(dtype).min) if dtype.kind in "iu" else -numpy.inf


def highest(dtype: numpy.dtype) -> float | int | bool:
    """Greatest value of a dtype: the identity of minimum."""
    if dtype.kind == "b":
        return True
    return int(numpy.iinfo(dtype).max) if dtype.kind in "iu" else numpy.inf


@primitive
class ReduceMax(Extreme):
    """Maximum over ``axes``, which disappear; NaN wins. Ties share the slope.

    f32[2,3,4] -> f32[3] for axes (0, 2). Lowers to `stablehlo.reduce` with `stablehlo.maximum`.
    """

    axes: tuple[int, ...]

    hlo = "maximum"
    numpy = numpy.maximum.reduce

    def identity(self, dtype):
        return lowest(dtype)


@primitive
class ReduceMin(Extreme):
    """Minimum over ``axes``, which disappear; NaN wins. Ties share the slope.

    f32[2,3,4] -> f32[3] for axes (0, 2). Lowers to `stablehlo.reduce` with `stablehlo.minimum`.
    """

    axes: tuple[int, ...]

    hlo = "minimum"
    numpy = numpy.minimum.reduce

    def identity(self, dtype):
        return highest(dtype)


@primitive
class ReduceAnd(Flat, Reduction):
    """Conjunction over ``axes``, which disappear.

    Lowers to `stablehlo.reduce` with `stablehlo.and`.
    """

    axes: tuple[int, ...]

    hlo = "and"
    accepts_bool = True
    numpy = numpy.bitwise_and.reduce

    def identity(self, dtype):
        return True


@primitive
class ReduceOr(Flat, Reduction):
    """Disjunction over ``axes``, which disappear.

    Lowers to `stablehlo.reduce` with `stablehlo.or`.
    """

    axes: tuple[int, ...]

    hlo = "or"
    accepts_bool = True
    numpy = numpy.bitwise_or.reduce

    def identity(self, dtype):
        return False

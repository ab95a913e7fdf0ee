"""Reductions: axes disappear."""

from __future__ import annotations

from typing import ClassVar

import numpy

from lazyax.graph.node import operators
from lazyax.graph.op import Op, primitive
from lazyax.ops.primitives.compare import Equal
from lazyax.ops.primitives.kinds import Flat, Linear
from lazyax.ops.primitives.select import Convert


class Reduction(Op):
    """Abstract: a monoid folded along ``axes``. States ``hlo``, ``identity`` and ``numpy``."""

    __slots__ = ()

    expensive = True
    interpreted = True
    hlo: ClassVar[str]
    accepts_bool: ClassVar[bool] = False

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
        start = emit.constant(self.identity(x.aval.dtype), x.aval.with_shape(()))
        return emit(
            f"stablehlo.reduce({x} init: {start}) applies stablehlo.{self.hlo} across dimensions "
            f"= {list(self.axes)} : ({x.type}, {start.type}) -> {emit.type(node.aval)}",
            node.aval,
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

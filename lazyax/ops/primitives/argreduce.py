"""Where the extreme of an axis is."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar

import numpy

from lazyax.graph.aval import aval_of
from lazyax.graph.node import Node
from lazyax.graph.op import primitive
from lazyax.ops.primitives.bitwise import Or
from lazyax.ops.primitives.compare import Equal, NotEqual
from lazyax.ops.primitives.kinds import LARGE, Flat
from lazyax.ops.primitives.leaves import Iota
from lazyax.ops.primitives.reduce import Extreme, ReduceMax, ReduceMin, highest, lowest
from lazyax.ops.primitives.select import Select


class ArgReduction(Flat):
    """Abstract: the first position of the extreme along ``axis``; NaN wins.

    States ``direction``, ``identity``, ``extreme`` and ``numpy``.
    """

    __slots__ = ()

    expensive = True
    interpreted = True

    direction: ClassVar[str]
    """How a winner compares to the others: GT or LT."""

    identity: ClassVar[Callable]
    """dtype -> the value that never wins."""

    extreme: ClassVar[type[Extreme]]
    """What finds the value."""

    numpy: ClassVar[Callable]
    """The NumPy function that means the same."""

    def infer(self, x):
        self.require(0 <= self.axis < x.ndim, f"{self.axis} is not an axis of {x}")
        self.require(x.dtype.kind != "c", f"complex numbers have no order, got {x}; sort them")
        self.require(x.shape[self.axis] > 0, f"axis {self.axis} of {x} is empty")
        last = x.shape[self.axis] - 1
        self.require(
            self.dtype.kind in "iu" and last <= numpy.iinfo(self.dtype).max,
            f"positions up to {last} need a wider integer dtype than {self.dtype}",
        )
        return aval_of(x.shape[: self.axis] + x.shape[self.axis + 1 :], self.dtype)

    def lower(self, emit, node, x):
        is_last = self.axis == x.aval.ndim - 1
        if is_last and x.aval.size >= LARGE and emit.platform == "cpu" and not emit.is_inside:
            # both passes have to read the same bits
            x = emit.barrier(x)
            return emit.composed(f"{self.name}_{self.dtype}", self._in_passes, node.aval, x)
        return self._at_once(emit, node, x)

    def _in_passes(self, x: Node) -> Node:
        """The first place that has the extreme: XLA:CPU folds pairs one after another, at 25 ns an
        element, where it has libraries or vectors for each of two passes (docs/adr/0040)."""
        best = type(self).extreme((self.axis,))
        is_best = Equal()(x, best.spread(best(x), x.aval.shape))
        if x.aval.is_inexact:
            is_best = Or()(is_best, NotEqual()(x, x))
        places = Iota(self.dtype, x.aval.shape, self.axis)()
        nowhere = places.like(int(numpy.iinfo(self.dtype).max))
        return ReduceMin((self.axis,))(Select()(is_best, places, nowhere))

    def _at_once(self, emit, node, x):
        """A reduction of pairs of a value and its place."""
        value, position = x.aval.with_shape(()), node.aval.with_shape(())
        indices = x.aval.with_dtype(self.dtype)
        numbers = emit(f"stablehlo.iota dim = {self.axis} : {emit.type(indices)}", indices)
        identity = type(self).identity(x.aval.dtype)
        start = emit.constant(identity, value)
        nowhere = emit.constant(numpy.iinfo(self.dtype).max, position)
        operands, types = emit.operands(x, numbers, start, nowhere)
        best = x.aval.with_shape(node.aval.shape)
        _, found = emit.several(
            f'"stablehlo.reduce"({operands}) <{{dimensions = array<i64: {self.axis}>}}> '
            f"{emit.region([value, position] * 2, self._winner)} : "
            f"({types}) -> ({emit.type(best)}, {emit.type(node.aval)})",
            [best, node.aval],
        )
        return found

    def _winner(self, emit, values):
        """The better of two (value, position), and of ties the first."""
        x, at_x, y, at_y = values
        flag = aval_of((), numpy.dtype(bool))
        better = emit.compare(self.direction, x, y)
        tied = emit.compare("EQ", x, y)
        if x.aval.is_inexact:
            x_is_nan, y_is_nan = emit.compare("NE", x, x), emit.compare("NE", y, y)
            y_is_number = emit.elementwise("not", flag, y_is_nan)
            alone = emit.elementwise("and", flag, x_is_nan, y_is_number)
            both = emit.elementwise("and", flag, x_is_nan, y_is_nan)
            better = emit.elementwise("or", flag, better, alone)
            tied = emit.elementwise("or", flag, tied, both)
        first = emit.elementwise("and", flag, tied, emit.compare("LT", at_x, at_y))
        wins = emit.elementwise("or", flag, better, first)
        pairs = ((x, y), (at_x, at_y))
        return [
            emit(f"stablehlo.select {wins}, {a}, {b} : {wins.type}, {a.type}", a.aval)
            for a, b in pairs
        ]

    def evaluate(self, x):
        return type(self).numpy(x, self.axis)

    def batch(self, operands, batched, size):
        return type(self)(self.axis + 1, self.dtype)(*operands)


@primitive
class ArgMax(ArgReduction):
    """Position of the first maximum along ``axis``, which disappears; NaN wins.

    f32[2,5] -> i32[2] for axis 1, dtype int32. Lowers to `stablehlo.reduce` of values and
    positions.
    """

    axis: int
    dtype: numpy.dtype

    direction = "GT"
    identity = lowest
    extreme = ReduceMax
    numpy = numpy.argmax


@primitive
class ArgMin(ArgReduction):
    """Position of the first minimum along ``axis``, which disappears; NaN wins.

    f32[2,5] -> i32[2] for axis 1, dtype int32. Lowers to `stablehlo.reduce` of values and
    positions.
    """

    axis: int
    dtype: numpy.dtype

    direction = "LT"
    identity = highest
    extreme = ReduceMin
    numpy = numpy.argmin

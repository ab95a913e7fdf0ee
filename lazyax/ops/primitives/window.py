"""Reductions over windows that slide along the axes, as pooling and running sums are.

All ops here share their parameters, each with an entry for every axis: ``window`` lengths,
``strides`` between windows, ``padding`` (before, after) with what changes nothing, and the
distances ``base_dilation`` between elements of the array and ``window_dilation`` between those of
a window. A negative padding cuts.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Iterator
from typing import ClassVar

import attrs
import numpy

from lazyax.graph.aval import Aval, aval_of
from lazyax.graph.node import Node
from lazyax.graph.op import Op, primitive
from lazyax.ops.primitives import tiles
from lazyax.ops.primitives.compare import Less
from lazyax.ops.primitives.gather import Gather
from lazyax.ops.primitives.kinds import Flat, Linear
from lazyax.ops.primitives.reduce import ReduceMax, ReduceMin, ReduceSum, highest, lowest
from lazyax.ops.primitives.select import Select
from lazyax.ops.primitives.shape import Pad, reshape

Lengths = tuple[int, ...]


@attrs.frozen(repr=False, eq=False)
class Windowed(Op):
    """Abstract: one result for each window. See the module for the parameters."""

    window: Lengths
    strides: Lengths
    padding: tuple[tuple[int, int], ...]
    base_dilation: Lengths
    window_dilation: Lengths

    expensive = True

    def result_shape(self, x: Aval) -> Lengths:
        """How many windows there are along each axis.

        Raises:
            LazyaxTypeError: if the parameters do not fit the array.
        """
        steps = (self.window, self.strides, self.base_dilation, self.window_dilation)
        fits = all(len(lengths) == x.ndim for lengths in (*steps, self.padding))
        self.require(fits, f"needs window, strides, padding and dilations for each axis of {x}")
        for lengths, what in zip(
            steps, ("window", "strides", "dilations", "dilations"), strict=True
        ):
            self.require(min(lengths, default=1) > 0, f"{what} need to be positive, got {lengths}")
        return window_count(x.shape, *steps[:2], self.padding, *steps[2:])

    @property
    def side_by_side(self) -> bool:
        """Whether windows lie side by side, without padding or dilation."""
        once = (1,) * len(self.window)
        return (
            self.strides == self.window
            and self.base_dilation == self.window_dilation == once
            and all(pair == (0, 0) for pair in self.padding)
        )

    def numbers(self, shape: Lengths) -> Iterator[tuple[slice, ...]]:
        """For each place in a window, where all windows of a result of ``shape`` have it."""
        for place in numpy.ndindex(*self.window):
            starts = [i * step for i, step in zip(place, self.window_dilation, strict=True)]
            yield tuple(
                slice(start, start + (count - 1) * stride + 1, stride) if count else slice(0)
                for start, count, stride in zip(starts, shape, self.strides, strict=True)
            )

    def padded(self, x: numpy.ndarray, fill: complex) -> numpy.ndarray:
        """The array in NumPy, dilated and padded."""
        low, high = zip(*self.padding, strict=True) if self.padding else ((), ())
        interior = tuple(step - 1 for step in self.base_dilation)
        return Pad(low, high, interior).evaluate(x, numpy.asarray(fill, x.dtype))

    def attributes(self) -> str:
        """The window as attributes of a StableHLO operation."""
        names = ("window_dimensions", "window_strides", "base_dilations", "window_dilations")
        steps = (self.window, self.strides, self.base_dilation, self.window_dilation)
        fields = [
            f"{name} = array<i64: {', '.join(map(str, lengths))}>"
            for name, lengths in zip(names, steps, strict=True)
        ]
        pairs = [list(pair) for pair in self.padding]
        fields.append(f"padding = dense<{pairs}> : tensor<{len(pairs)}x2xi64>")
        return f"<{{{', '.join(fields)}}}>"

    def with_lanes(self) -> Windowed:
        """The same windows in each lane of a new first axis."""
        return attrs.evolve(
            self,
            window=(1, *self.window),
            strides=(1, *self.strides),
            padding=((0, 0), *self.padding),
            base_dilation=(1, *self.base_dilation),
            window_dilation=(1, *self.window_dilation),
        )

    def batch(self, operands, batched, size):
        return self.with_lanes()(*operands)


def window_count(
    shape: Lengths,
    window: Lengths,
    strides: Lengths,
    padding: tuple[tuple[int, int], ...],
    base_dilation: Lengths,
    window_dilation: Lengths,
) -> Lengths:
    """How many windows fit along each axis."""
    counts = []
    for n, length, stride, (low, high), base, between in zip(
        shape, window, strides, padding, base_dilation, window_dilation, strict=True
    ):
        room = low + dilated(n, base) + high - dilated(length, between)
        counts.append(room // stride + 1 if room >= 0 else 0)
    return tuple(counts)


def dilated(length: int, step: int) -> int:
    """Extent of ``length`` elements ``step`` apart."""
    return (length - 1) * step + 1 if length else 0


class ReduceWindow(Windowed):
    """Abstract: a monoid folded over each window. States ``hlo``, ``numpy`` and ``identity``."""

    __slots__ = ()

    hlo: ClassVar[str]

    def infer(self, x):
        self.require(x.dtype.kind != "b", f"does not reduce {x}; use astype")
        self.require(x.dtype.kind != "c" or self.hlo == "add", f"does not order {x}")
        return x.with_shape(self.result_shape(x))

    def identity(self, dtype: numpy.dtype) -> complex:
        """The value that changes nothing."""
        raise NotImplementedError

    reduction: ClassVar[type[Op]]
    """The op that reduces whole axes."""

    def lower(self, emit, node, x):
        if not x.aval.ndim:
            return x
        if not (x.aval.size and node.aval.size):
            return emit.constant(self.identity(x.aval.dtype), node.aval)
        if emit.platform == "cpu" and self.side_by_side:
            window = "x".join(map(str, self.window))
            return emit.composed(f"{self.name}_{window}", self.of_tiles, node.aval, x)
        start = emit.constant(self.identity(x.aval.dtype), x.aval.with_shape(()))
        return emit(
            f'"stablehlo.reduce_window"({x}, {start}) {self.attributes()} '
            f"{emit.reducer(self.hlo, x.aval.dtype)} : "
            f"({x.type}, {start.type}) -> {emit.type(node.aval)}",
            node.aval,
        )

    def of_tiles(self, x: Node) -> Node:
        """The result where windows lie side by side, as a reduction over axes of their own."""
        elements, inner = tiles.split(x, self.window)
        return self.reduction(inner)(elements)

    def evaluate(self, x):
        identity = self.identity(x.dtype)
        shape = self.result_shape(aval_of(x.shape, x.dtype))
        padded, start = self.padded(x, identity), numpy.full(shape, identity, x.dtype)
        terms = [padded[where] for where in self.numbers(shape)]
        return functools.reduce(type(self).numpy, terms, start)


@primitive
class ReduceWindowSum(Linear, ReduceWindow):
    """Sum over each window.

    f32[6] -> f32[3] for window (2,), strides (2,), padding ((0, 0),), no dilations. Lowers to
    `stablehlo.reduce_window` with `stablehlo.add`.
    """

    hlo = "add"
    numpy = numpy.add
    reduction = ReduceSum

    def identity(self, dtype):
        return 0

    def transpose(self, cotangent, x):
        # An element is in the windows that end, on their way from left to right, beyond it.
        padding = []
        for n, count, length, stride, (low, _), base, between in zip(
            x.aval.shape,
            cotangent.aval.shape,
            self.window,
            self.strides,
            self.padding,
            self.base_dilation,
            self.window_dilation,
            strict=True,
        ):
            extent = dilated(length, between)
            before = extent - 1 - low
            padding.append(
                (before, dilated(n, base) + extent - 1 - before - dilated(count, stride))
            )
        adjoint = attrs.evolve(
            self, strides=self.base_dilation, padding=tuple(padding), base_dilation=self.strides
        )
        return (adjoint(cotangent),)


class ReduceWindowExtreme(ReduceWindow):
    """Abstract: the largest or smallest of each window; the slope is that of the first such."""

    __slots__ = ()

    direction: ClassVar[str]

    def jvp(self, out, operands, tangents):
        (x,), (dx,) = operands, tangents
        size = x.aval.size
        if not size:
            return out.like(0)
        if self.side_by_side:
            return tiles.tangent_of_extreme(x, dx, out, self.window)
        index = WindowIndex(*self.parameters.values(), self.direction)(x)
        found = Gather(0)(reshape(dx, (size,)), reshape(index, (index.aval.size, 1)))
        of_element = Less()(index, index.like(size))
        return Select()(of_element, reshape(found, out.aval.shape), out.like(0))


@primitive
class ReduceWindowMax(ReduceWindowExtreme):
    """Maximum over each window; NaN wins. The slope is that of the first of equals.

    f32[6] -> f32[3] for window (2,), strides (2,), padding ((0, 0),), no dilations. Lowers to
    `stablehlo.reduce_window` with `stablehlo.maximum`.
    """

    hlo = "maximum"
    direction = "GT"
    numpy = numpy.maximum
    reduction = ReduceMax

    def identity(self, dtype):
        return lowest(dtype)


@primitive
class ReduceWindowMin(ReduceWindowExtreme):
    """Minimum over each window; NaN wins. The slope is that of the first of equals.

    f32[6] -> f32[3] for window (2,), strides (2,), padding ((0, 0),), no dilations. Lowers to
    `stablehlo.reduce_window` with `stablehlo.minimum`.
    """

    hlo = "minimum"
    direction = "LT"
    numpy = numpy.minimum
    reduction = ReduceMin

    def identity(self, dtype):
        return highest(dtype)


@primitive
class WindowIndex(Flat, Windowed):
    """Row-major position of the first largest (``GT``) or smallest (``LT``) element of a window.

    f32[6] -> i32[3] for window (2,), strides (2,); 6, the size, for a window of padding alone.
    The first ``lanes`` axes do not count in positions. Lowers to `stablehlo.reduce_window` of
    pairs of an element and its position.
    """

    direction: str
    lanes: int = 0

    def infer(self, x):
        self.require(x.dtype.kind not in "bc", f"does not order {x}")
        self.require(
            self.direction in ("GT", "LT") and 0 <= self.lanes <= x.ndim,
            f"needs direction GT or LT and lanes among the axes of {x}, got {self.direction} and "
            f"{self.lanes}",
        )
        wide = self.size(x.shape) >= 2**31
        return aval_of(self.result_shape(x), numpy.dtype("i8" if wide else "i4"))

    def size(self, shape: Lengths) -> int:
        """How many positions there are."""
        return math.prod(shape[self.lanes :])

    def identity(self, dtype: numpy.dtype) -> complex:
        """The value to which any other is preferred."""
        return lowest(dtype) if self.direction == "GT" else highest(dtype)

    def lower(self, emit, node, x):
        if not (x.aval.ndim and x.aval.size and node.aval.size):
            return emit.constant(self.size(x.aval.shape) if x.aval.ndim else 0, node.aval)
        positions = self._positions(emit, x.aval, node.aval.dtype)
        value = emit.constant(self.identity(x.aval.dtype), x.aval.with_shape(()))
        nowhere = emit.constant(self.size(x.aval.shape), positions.aval.with_shape(()))
        names, types = emit.operands(x, positions, value, nowhere)
        best = node.aval.with_dtype(x.aval.dtype)
        return emit.several(
            f'"stablehlo.reduce_window"({names}) {self.attributes()} '
            f"{self._preference(emit, value, nowhere)} : "
            f"({types}) -> ({emit.type(best)}, {emit.type(node.aval)})",
            [best, node.aval],
        )[1]

    def _positions(self, emit, x: Aval, dtype: numpy.dtype):
        """The row-major position of each element in its lane."""
        flat = aval_of((self.size(x.shape),), dtype)
        lane, full = flat.with_shape(x.shape[self.lanes :]), flat.with_shape(x.shape)
        count = emit(f"stablehlo.iota dim = 0 : {emit.type(flat)}", flat)
        count = emit(f"stablehlo.reshape {count} : ({count.type}) -> {emit.type(lane)}", lane)
        return emit(
            f"stablehlo.broadcast_in_dim {count}, dims = {list(range(self.lanes, x.ndim))} : "
            f"({count.type}) -> {emit.type(full)}",
            full,
        )

    def _preference(self, emit, value, position) -> str:
        """The region that gives the better of two pairs, of equals the one that is first.

        Comparing positions too makes the result independent of the order in which XLA combines
        the pairs of a window.
        """
        v, i, b = value.type, position.type, emit.type(aval_of((), numpy.dtype(bool)))
        kind = {"i": "SIGNED", "u": "UNSIGNED"}.get(value.aval.dtype.kind, "FLOAT")
        return f"""({{
^bb0(%rx: {v}, %ri: {i}, %ry: {v}, %rj: {i}):
%r0 = stablehlo.compare {self.direction}, %rx, %ry, {kind} : ({v}, {v}) -> {b}
%r1 = stablehlo.compare EQ, %rx, %ry, {kind} : ({v}, {v}) -> {b}
%r2 = stablehlo.compare LT, %ri, %rj, SIGNED : ({i}, {i}) -> {b}
%r3 = stablehlo.and %r1, %r2 : {b}
%r4 = stablehlo.or %r0, %r3 : {b}
%r5 = stablehlo.select %r4, %rx, %ry : {b}, {v}
%r6 = stablehlo.select %r4, %ri, %rj : {b}, {i}
stablehlo.return %r5, %r6 : {v}, {i}
}})"""

    def evaluate(self, x):
        shape = self.result_shape(aval_of(x.shape, x.dtype))
        size, fill = self.size(x.shape), self.identity(x.dtype)
        positions = numpy.arange(size).reshape(x.shape[self.lanes :])
        positions = self.padded(numpy.broadcast_to(positions, x.shape), size)
        padded = self.padded(x, fill)
        better = numpy.greater if self.direction == "GT" else numpy.less
        best, index = numpy.full(shape, fill, x.dtype), numpy.full(shape, size)
        for where in self.numbers(shape):
            value, position = padded[where], positions[where]
            taken = better(value, best) | (value == best) & (position < index)
            best, index = numpy.where(taken, value, best), numpy.where(taken, position, index)
        return index

    def with_lanes(self):
        return attrs.evolve(super().with_lanes(), lanes=self.lanes + 1)

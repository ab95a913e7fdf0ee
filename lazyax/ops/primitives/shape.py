"""The same elements in another arrangement."""

from __future__ import annotations

import math

import numpy

from lazyax.graph.aval import aval_of
from lazyax.graph.op import primitive
from lazyax.ops.primitives.kinds import Linear, with_batch_axis
from lazyax.ops.primitives.leaves import Full
from lazyax.ops.primitives.reduce import ReduceSum
from lazyax.ops.primitives.select import Select


@primitive
class Broadcast(Linear):
    """Repeated along new axes: axis i of the operand becomes axis ``axes[i]`` of ``shape``.

    f32[3] -> f32[2,3] for shape (2, 3), axes (1,). An axis keeps its length, or grows from 1.
    Lowers to `stablehlo.broadcast_in_dim`.
    """

    shape: tuple[int, ...]
    axes: tuple[int, ...]

    symbol = "broadcast"

    def infer(self, x):
        self.require(
            len(self.axes) == x.ndim
            and all(a < b for a, b in zip(self.axes, self.axes[1:], strict=False))
            and all(
                axis < len(self.shape) and length in (1, self.shape[axis])
                for axis, length in zip(self.axes, x.shape, strict=True)
            ),
            f"{x} does not broadcast to {self.shape} along axes {self.axes}",
        )
        return x.with_shape(self.shape)

    def lower(self, emit, node, x):
        return emit(
            f"stablehlo.broadcast_in_dim {x}, dims = {list(self.axes)} : "
            f"({x.type}) -> {emit.type(node.aval)}",
            node.aval,
        )

    def evaluate(self, x):
        if not x.ndim:  # as each number beside an array is: 0.3 us instead of 2.4
            return numpy.ndarray(self.shape, x.dtype, x, 0, (0,) * len(self.shape))
        aligned = [1] * len(self.shape)
        for axis, length in zip(self.axes, x.shape, strict=True):
            aligned[axis] = length
        return numpy.broadcast_to(x.reshape(aligned), self.shape)

    def on_block(self, shape):
        return None if self.axes else Broadcast(shape, ())

    def transpose(self, cotangent, x):
        new = tuple(axis for axis in range(len(self.shape)) if axis not in self.axes)
        grown = tuple(
            axis
            for axis, length in zip(self.axes, x.aval.shape, strict=True)
            if length == 1 and self.shape[axis] != 1
        )
        total = ReduceSum(tuple(sorted(new + grown)))(cotangent) if new or grown else cotangent
        return (reshape(total, x.aval.shape),)

    def batch(self, operands, batched, size):
        (x,) = operands
        return Broadcast((size, *self.shape), (0, *[axis + 1 for axis in self.axes]))(x)


@primitive
class Reshape(Linear):
    """The same elements, in row-major order, in another shape.

    f32[2,3] -> f32[6] for shape (6,). Lowers to `stablehlo.reshape`.
    """

    shape: tuple[int, ...]

    def infer(self, x):
        self.require(
            math.prod(self.shape) == x.size,
            f"{x} has {x.size} elements, and {self.shape} needs {math.prod(self.shape)}",
        )
        return x.with_shape(self.shape)

    def lower(self, emit, node, x):
        return emit(f"stablehlo.reshape {x} : ({x.type}) -> {emit.type(node.aval)}", node.aval)

    def evaluate(self, x):
        return x.reshape(self.shape)

    def transpose(self, cotangent, x):
        return (Reshape(x.aval.shape)(cotangent),)

    def batch(self, operands, batched, size):
        return Reshape((size, *self.shape))(*operands)


def reshape(x, shape):
    """``x`` in ``shape``; ``x`` itself where it has that shape."""
    return x if x.aval.shape == tuple(shape) else Reshape(tuple(shape))(x)


@primitive
class Permute(Linear):
    """Axes in another order: axis i of the result is axis ``axes[i]`` of the operand.

    f32[2,3,4] -> f32[4,2,3] for axes (2, 0, 1). Lowers to `stablehlo.transpose`.
    """

    axes: tuple[int, ...]

    def infer(self, x):
        self.require(
            sorted(self.axes) == list(range(x.ndim)),
            f"{self.axes} is not a permutation of the {x.ndim} axes of {x}",
        )
        return x.with_shape(tuple(x.shape[axis] for axis in self.axes))

    def lower(self, emit, node, x):
        return emit(
            f"stablehlo.transpose {x}, dims = {list(self.axes)} : "
            f"({x.type}) -> {emit.type(node.aval)}",
            node.aval,
        )

    def evaluate(self, x):
        return x.transpose(self.axes)

    def transpose(self, cotangent, x):
        return (Permute(tuple(int(axis) for axis in numpy.argsort(self.axes)))(cotangent),)

    def batch(self, operands, batched, size):
        return Permute((0, *[axis + 1 for axis in self.axes]))(*operands)


def permute(x, axes):
    """``x`` with its axes in that order; ``x`` itself where they are."""
    return x if tuple(axes) == tuple(range(x.aval.ndim)) else Permute(tuple(axes))(x)


def moveaxis(x, source: int, destination: int):
    """``x`` with one axis moved and the others in their order."""
    axes = [axis for axis in range(x.aval.ndim) if axis != source]
    axes.insert(destination, source)
    return permute(x, axes)


@primitive
class Reverse(Linear):
    """Backwards along ``axes``. Lowers to `stablehlo.reverse`."""

    axes: tuple[int, ...]

    def infer(self, x):
        self.require(
            all(0 <= axis < x.ndim for axis in self.axes) and len(set(self.axes)) == len(self.axes),
            f"{self.axes} are not distinct axes of {x}",
        )
        return x

    def lower(self, emit, node, x):
        return emit(f"stablehlo.reverse {x}, dims = {list(self.axes)} : {x.type}", node.aval)

    def evaluate(self, x):
        return numpy.flip(x, self.axes)

    def transpose(self, cotangent, x):
        return (self(cotangent),)

    def batch(self, operands, batched, size):
        return Reverse(tuple(axis + 1 for axis in self.axes))(*operands)


@primitive
class Slice(Linear):
    """Elements ``start:stop:step`` of each axis; steps are positive.

    f32[10] -> f32[3] for start (2,), stop (8,), step (2,). Lowers to `stablehlo.slice`.
    """

    partial = True

    start: tuple[int, ...]
    stop: tuple[int, ...]
    step: tuple[int, ...]

    def infer(self, x):
        self.require(
            len(self.start) == len(self.stop) == len(self.step) == x.ndim
            and all(
                0 <= start <= stop <= length and step > 0
                for start, stop, step, length in zip(
                    self.start, self.stop, self.step, x.shape, strict=True
                )
            ),
            f"{self.start}:{self.stop}:{self.step} does not fit {x}",
        )
        lengths = zip(self.start, self.stop, self.step, strict=True)
        return x.with_shape(tuple(-(-(stop - start) // step) for start, stop, step in lengths))

    def lower(self, emit, node, x):
        ranges = ", ".join(
            f"{start}:{stop}:{step}"
            for start, stop, step in zip(self.start, self.stop, self.step, strict=True)
        )
        return emit(
            f"stablehlo.slice {x} [{ranges}] : ({x.type}) -> {emit.type(node.aval)}", node.aval
        )

    def evaluate(self, x):
        return x[tuple(map(slice, self.start, self.stop, self.step))]

    def transpose(self, cotangent, x):
        shape, kept = x.aval.shape, cotangent.aval.shape
        high = tuple(
            length - start - max((count - 1) * step + 1, 0) if count else length - start
            for length, start, step, count in zip(shape, self.start, self.step, kept, strict=True)
        )
        interior = tuple(step - 1 for step in self.step)
        zero = Full(0, (), cotangent.aval.dtype)()
        return (Pad(self.start, high, interior)(cotangent, zero),)

    def batch(self, operands, batched, size):
        return Slice((0, *self.start), (size, *self.stop), (1, *self.step))(*operands)


@primitive
class Pad(Linear):
    """Padded with a 0-d value: ``low`` before, ``high`` after, ``interior`` between elements.

    f32[3], f32[] -> f32[7] for low (1,), high (1,), interior (1,). Negative ``low`` and ``high``
    cut. Lowers to `stablehlo.pad`.
    """

    low: tuple[int, ...]
    high: tuple[int, ...]
    interior: tuple[int, ...]

    def infer(self, x, value):
        self.require(
            value.shape == () and value.dtype == x.dtype,
            f"the padding of {x} needs a 0-d value of its dtype, got {value}",
        )
        self.require(
            len(self.low) == len(self.high) == len(self.interior) == x.ndim
            and all(between >= 0 for between in self.interior),
            f"needs low, high and interior >= 0 for each axis of {x}, "
            f"got {self.low}, {self.high}, {self.interior}",
        )
        shape = tuple(
            low + high + length + between * max(length - 1, 0)
            for low, high, between, length in zip(
                self.low, self.high, self.interior, x.shape, strict=True
            )
        )
        self.require(min(shape, default=0) >= 0, f"cuts more than there is of {x}: {shape}")
        return x.with_shape(shape)

    def lower(self, emit, node, x, value):
        return emit(
            f"stablehlo.pad {x}, {value}, low = {list(self.low)}, high = {list(self.high)}, "
            f"interior = {list(self.interior)} : "
            f"({x.type}, {value.type}) -> {emit.type(node.aval)}",
            node.aval,
        )

    def evaluate(self, x, value):
        spread = numpy.full(
            [n + i * max(n - 1, 0) for n, i in zip(x.shape, self.interior, strict=True)],
            value,
            x.dtype,
        )
        spread[tuple(slice(None, None, i + 1) for i in self.interior)] = x
        grow = [(max(a, 0), max(b, 0)) for a, b in zip(self.low, self.high, strict=True)]
        padded = numpy.pad(spread, grow, constant_values=value) if x.ndim else spread
        cut = [
            slice(max(-a, 0), n - max(-b, 0))
            for a, b, n in zip(self.low, self.high, padded.shape, strict=True)
        ]
        return padded[tuple(cut)]

    def transpose(self, cotangent, x, value):
        inner = self._unpad(cotangent)
        everything = ReduceSum(tuple(range(cotangent.aval.ndim)))
        outside = everything(cotangent) - everything(inner)
        return (inner, outside)

    def _unpad(self, cotangent):
        """The cotangent of the padded array: cut or grow the ends, then skip the interior."""
        zero = Full(0, (), cotangent.aval.dtype)()
        no_interior = (0,) * cotangent.aval.ndim
        ends = tuple(-low for low in self.low), tuple(-high for high in self.high)
        full = cotangent
        if any(self.low) or any(self.high):
            full = Pad(*ends, no_interior)(cotangent, zero)
        if not any(self.interior):
            return full
        shape = full.aval.shape
        step = tuple(between + 1 for between in self.interior)
        return Slice(no_interior, shape, step)(full)

    def batch(self, operands, batched, size):
        (x, value), (_, value_batched) = operands, batched
        outer = Pad((0, *self.low), (0, *self.high), (0, *self.interior))
        if not value_batched:
            return outer(x, value)
        # Each lane has its own padding: pad with zeros, and select the lane's value outside.
        x, _ = with_batch_axis(operands, batched, size)
        from_one = Full(True, x.aval.shape, numpy.dtype(bool))()
        inside = outer(from_one, Full(False, (), numpy.dtype(bool))())
        padded = outer(x, Full(0, (), x.aval.dtype)())
        lanes = Broadcast(padded.aval.shape, (0,))(value)
        return Select()(inside, padded, lanes)


@primitive
class Concatenate(Linear):
    """Arrays one after another along ``axis``.

    f32[2,3], f32[2,4] -> f32[2,7] for axis 1. Lowers to `stablehlo.concatenate`.
    """

    axis: int

    def infer(self, *avals):
        first = avals[0]
        others = {aval.shape[: self.axis] + aval.shape[self.axis + 1 :] for aval in avals}
        self.require(
            0 <= self.axis < first.ndim
            and len(others) == 1
            and len({aval.ndim for aval in avals}) == 1
            and len({aval.dtype for aval in avals}) == 1,
            f"needs arrays of one dtype that differ along axis {self.axis} alone, "
            f"got {', '.join(map(str, avals))}",
        )
        total = sum(aval.shape[self.axis] for aval in avals)
        shape = (*first.shape[: self.axis], total, *first.shape[self.axis + 1 :])
        return aval_of(shape, first.dtype, all(aval.weak_type for aval in avals))

    def lower(self, emit, node, *parts):
        names = ", ".join(map(str, parts))
        types = ", ".join(part.type for part in parts)
        return emit(
            f"stablehlo.concatenate {names}, dim = {self.axis} : "
            f"({types}) -> {emit.type(node.aval)}",
            node.aval,
        )

    def evaluate(self, *arrays):
        return numpy.concatenate(arrays, self.axis)

    def transpose(self, cotangent, *operands):
        shape = cotangent.aval.shape
        step = (1,) * len(shape)
        position, parts = 0, []
        for operand in operands:
            length = operand.aval.shape[self.axis]
            start = tuple(position if axis == self.axis else 0 for axis in range(len(shape)))
            stop = tuple(
                position + length if axis == self.axis else n for axis, n in enumerate(shape)
            )
            parts.append(Slice(start, stop, step)(cotangent))
            position += length
        return parts

    def batch(self, operands, batched, size):
        return Concatenate(self.axis + 1)(*with_batch_axis(operands, batched, size))

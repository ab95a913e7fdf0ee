"""Contractions: sums of products along shared axes."""

from __future__ import annotations

import numpy

from lazyax.graph.aval import EXTENDED, aval_of
from lazyax.graph.op import primitive
from lazyax.ops.primitives.kinds import Bilinear
from lazyax.ops.primitives.shape import moveaxis, permute

Axes = tuple[int, ...]


@primitive
class DotGeneral(Bilinear):
    """Sum of products over ``contract``, for each index of ``batch``.

    f32[5,2,3], f32[5,3,4] -> f32[5,2,4] for contract ((2,), (1,)), batch ((0,), (0,)). Axes of
    the result: batch, then what is left of the left operand, then of the right. Lowers to
    `stablehlo.dot_general`.
    """

    contract: tuple[Axes, Axes]
    batch_axes: tuple[Axes, Axes] = ((), ())
    precision: str = "DEFAULT"

    expensive = True
    interpreted = True

    def infer(self, x, y):
        self.require(
            x.dtype == y.dtype and x.dtype.kind != "b",
            f"needs two numeric arrays of one dtype, got {x} and {y}",
        )
        for (left, right), what in ((self.contract, "contracted"), (self.batch_axes, "batch")):
            lengths = [x.shape[axis] for axis in left], [y.shape[axis] for axis in right]
            self.require(
                lengths[0] == lengths[1],
                f"{what} axes {left} of {x} and {right} of {y} have different lengths",
            )
        shape = [x.shape[axis] for axis in self.batch_axes[0]]
        shape += [x.shape[axis] for axis in self.free(x, 0)]
        shape += [y.shape[axis] for axis in self.free(y, 1)]
        return aval_of(tuple(shape), x.dtype, x.weak_type and y.weak_type)

    def free(self, aval, side: int) -> list[int]:
        """Axes of one operand that are neither contracted nor batch."""
        used = self.contract[side] + self.batch_axes[side]
        return [axis for axis in range(aval.ndim) if axis not in used]

    def lower(self, emit, node, x, y):
        (left, right), (left_batch, right_batch) = self.contract, self.batch_axes
        batching = ""
        if left_batch:
            batching = f"batching_dims = {list(left_batch)} x {list(right_batch)}, "
        return emit(
            f"stablehlo.dot_general {x}, {y}, {batching}"
            f"contracting_dims = {list(left)} x {list(right)}, "
            f"precision = [{self.precision}, {self.precision}] : "
            f"({x.type}, {y.type}) -> {emit.type(node.aval)}",
            node.aval,
        )

    def evaluate(self, x, y):
        (left, right), (left_batch, right_batch) = self.contract, self.batch_axes
        names = iter(range(x.ndim + y.ndim))
        x_names, y_names = [next(names) for _ in range(x.ndim)], [None] * y.ndim
        for a, b in zip(left + left_batch, right + right_batch, strict=True):
            y_names[b] = x_names[a]
        y_names = [next(names) if name is None else name for name in y_names]
        out = [x_names[axis] for axis in left_batch]
        out += [x_names[axis] for axis in self.free(x, 0)]
        out += [y_names[axis] for axis in self.free(y, 1)]
        dtype = x.dtype
        if dtype in EXTENDED:  # which einsum does not know
            x, y = x.astype(numpy.float32), y.astype(numpy.float32)
        return numpy.einsum(x, x_names, y, y_names, out).astype(dtype)

    def transpose(self, cotangent, x, y, wanted):
        other, mine = (y, x) if wanted == 0 else (x, y)
        own_contract, own_batch = self.contract[wanted], self.batch_axes[wanted]
        other_contract, other_batch = self.contract[1 - wanted], self.batch_axes[1 - wanted]
        own_free, other_free = self.free(mine.aval, wanted), self.free(other.aval, 1 - wanted)
        count = len(own_batch)
        batch = tuple(range(count))
        first = count if wanted == 1 else count + len(own_free)
        from_other = tuple(range(first, first + len(other_free)))
        # The result's axes: batch, the own free axes, then the contracted in the other's order.
        product = DotGeneral(
            (from_other, tuple(other_free)), (batch, tuple(other_batch)), self.precision
        )(cotangent, other)
        in_order = sorted(range(len(other_contract)), key=lambda i: other_contract[i])
        axes = [*own_batch, *own_free, *[own_contract[i] for i in in_order]]
        return permute(product, tuple(int(axis) for axis in numpy.argsort(axes)))

    def batch(self, operands, batched, size):
        x, y = operands
        x_shift, y_shift = map(int, batched)
        contract = tuple(
            tuple(axis + shift for axis in axes)
            for axes, shift in zip(self.contract, (x_shift, y_shift), strict=True)
        )
        batch = tuple(
            tuple(axis + shift for axis in axes)
            for axes, shift in zip(self.batch_axes, (x_shift, y_shift), strict=True)
        )
        if all(batched):
            batch = ((0, *batch[0]), (0, *batch[1]))
            return DotGeneral(contract, batch, self.precision)(x, y)
        product = DotGeneral(contract, batch, self.precision)(x, y)
        position = len(batch[0])
        if batched[1]:
            position += len(self.free(x.aval, 0))
        return moveaxis(product, position, 0)

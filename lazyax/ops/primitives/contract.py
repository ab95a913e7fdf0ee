"""Contractions: sums of products along shared axes."""

from __future__ import annotations

from collections.abc import Sequence

import numpy

from lazyax.graph.aval import EXTENDED, Aval, aval_of
from lazyax.graph.node import Node
from lazyax.graph.op import primitive
from lazyax.ops.primitives.kinds import LARGE, Bilinear
from lazyax.ops.primitives.shape import Broadcast, moveaxis, permute, reshape

Axes = tuple[int, ...]

SHORT_ROW = 256
"""Elements up to which what a row has beyond whole vectors of 512 bits takes a part of its time."""


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
        if emit.platform == "cpu" and all(x.aval.shape[axis] == 1 for axis in left):
            axes = "_".join(map(str, (left, right, left_batch, right_batch)))
            return emit.composed(f"outer_product_{axes}", self.outer_product, node.aval, x, y)
        if emit.platform == "cpu" and self._has_short_rows(x.aval, y.aval):
            emit.demand_narrow_vectors(max(x.aval.size, y.aval.size))
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

    def _has_short_rows(self, x: Aval, y: Aval) -> bool:
        """Whether a vector is multiplied by each of many short rows of a matrix."""
        return any(
            self.contract[side] == (1,)
            and matrix.ndim == 2
            and matrix.size >= LARGE
            and matrix.shape[1] == vector.size <= SHORT_ROW
            for side, (matrix, vector) in enumerate(((x, y), (y, x)))
        )

    def outer_product(self, x: Node, y: Node) -> Node:
        """The result where the contracted axes have one element each, and nothing is summed.

        XLA:CPU runs a batch of such as so many matrix products: 49 ms instead of 1.8 for the
        per-example gradients of a layer of 100 x 1,000 (batch of 128).
        """
        count, x_free, y_free = len(self.batch_axes[0]), self.free(x.aval, 0), self.free(y.aval, 1)
        batch = [x.aval.shape[axis] for axis in self.batch_axes[0]]
        of_x, of_y = (
            [x.aval.shape[axis] for axis in x_free],
            [y.aval.shape[axis] for axis in y_free],
        )
        shape = (*batch, *of_x, *of_y)
        places = range(len(shape))
        between = count + len(of_x)
        left = _in_order(x, [*self.batch_axes[0], *x_free], self.contract[0])
        right = _in_order(y, [*self.batch_axes[1], *y_free], self.contract[1])
        return Broadcast(shape, tuple(places[:between]))(left) * Broadcast(
            shape, (*places[:count], *places[between:])
        )(right)

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
        of_other = (from_other, tuple(other_free)), (batch, tuple(other_batch))
        in_order = sorted(range(len(other_contract)), key=lambda i: other_contract[i])
        contracted = [own_contract[i] for i in in_order]
        # Axes of the product: batch, then those of the left, then those of the right operand.
        if own_free and [*own_batch, *contracted, *own_free] == list(range(mine.aval.ndim)):
            swapped = [(right, left) for left, right in of_other]
            return DotGeneral(*swapped, self.precision)(other, cotangent)
        product = DotGeneral(*of_other, self.precision)(cotangent, other)
        axes = [*own_batch, *own_free, *contracted]
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


def _in_order(x: Node, axes: Sequence[int], without: Axes) -> Node:
    """``x`` with its axes in an order, and without some of one element each."""
    moved = permute(x, (*axes, *without))
    return reshape(moved, moved.aval.shape[: len(axes)])

"""Convolutions: sums of products of windows of one array with another, the kernel."""

from __future__ import annotations

import math
from typing import Any

import attrs
import numpy

from lazyax.graph.aval import EXTENDED, Aval, aval_of
from lazyax.graph.node import Node
from lazyax.graph.op import primitive
from lazyax.ops.primitives.kinds import Bilinear, real_dtype
from lazyax.ops.primitives.shape import Pad, Reverse, moveaxis, reshape
from lazyax.ops.primitives.window import dilated, window_count

Lengths = tuple[int, ...]


@primitive
class Convolution(Bilinear):
    """Windows of x times a kernel, summed over features and places, of (x, kernel).

    ``dimension_numbers`` say for x where its (batch, features, \\*spatial) axes are, for the kernel
    (features out, features in, \\*spatial), for the result (batch, features, \\*spatial):
    f32[8,28,28,3], f32[5,5,3,16] -> f32[8,24,24,16] for ((0,3,1,2), (3,2,0,1), (0,3,1,2)).
    The kernel is not flipped. ``padding`` is (before, after) for each spatial axis, negative to
    cut; dilations are the distances between elements.

    With ``feature_group_count`` features are split in as many groups, each with its own part of the
    kernel; with ``batch_group_count`` the batch is. Lowers to `stablehlo.convolution`.
    """

    strides: Lengths
    padding: tuple[tuple[int, int], ...]
    lhs_dilation: Lengths
    rhs_dilation: Lengths
    dimension_numbers: tuple[Lengths, Lengths, Lengths]
    feature_group_count: int = 1
    batch_group_count: int = 1
    precision: str = "DEFAULT"

    expensive = True

    def infer(self, x, kernel):
        self.require(
            x.dtype == kernel.dtype and x.dtype.kind != "b",
            f"needs two numeric arrays of one dtype, got {x} and {kernel}",
        )
        self._require_axes(x, kernel)
        self._require_groups(x, kernel)
        batch, _, *spatial = ordered(x.shape, self.dimension_numbers[0])
        features, _, *window = ordered(kernel.shape, self.dimension_numbers[1])
        lengths = window_count(
            tuple(spatial),
            tuple(window),
            self.strides,
            self.padding,
            self.lhs_dilation,
            self.rhs_dilation,
        )
        shape = placed(
            (batch // self.batch_group_count, features, *lengths), self.dimension_numbers[2]
        )
        return aval_of(shape, x.dtype, x.weak_type and kernel.weak_type)

    def _require_axes(self, x: Aval, kernel: Aval) -> None:
        everything = list(range(x.ndim))
        self.require(
            x.ndim == kernel.ndim >= 2
            and all(sorted(axes) == everything for axes in self.dimension_numbers),
            f"{self.dimension_numbers} are not all axes of {x}, {kernel} and of the result",
        )
        steps = (self.strides, self.lhs_dilation, self.rhs_dilation)
        self.require(
            all(len(lengths) == x.ndim - 2 for lengths in (*steps, self.padding)),
            f"needs strides, padding and dilations for each of the {x.ndim - 2} spatial axes of "
            f"{x}, got {self.strides}, {self.padding}, {self.lhs_dilation} and {self.rhs_dilation}",
        )
        self.require(
            min(min(lengths, default=1) for lengths in steps) > 0,
            f"strides and dilations need to be positive, got {self.strides}, "
            f"{self.lhs_dilation} and {self.rhs_dilation}",
        )

    def _require_groups(self, x: Aval, kernel: Aval) -> None:
        of_features, of_batch = self.feature_group_count, self.batch_group_count
        self.require(
            min(of_features, of_batch) == 1,
            f"groups either features or the batch, got {of_features} and {of_batch} groups",
        )
        batch, features = (x.shape[axis] for axis in self.dimension_numbers[0][:2])
        made, taken = (kernel.shape[axis] for axis in self.dimension_numbers[1][:2])
        self.require(
            features == taken * of_features,
            f"the kernel {kernel} takes {taken} features in each of {of_features} groups, and "
            f"{x} has {features}",
        )
        self.require(
            made % (of_features * of_batch) == 0 and batch % of_batch == 0,
            f"{made} features of {kernel} and a batch of {batch} do not split into "
            f"{of_features * of_batch} groups",
        )

    def lower(self, emit, node, x, kernel):
        if 0 in (x.aval.size, kernel.aval.size, node.aval.size):
            return emit.constant(0, node.aval)
        if node.aval.dtype.kind != "c":
            return self._emit(emit, node.aval, x, kernel)
        # XLA has no complex convolutions on CPU and GPU
        real = node.aval.with_dtype(real_dtype(node.aval.dtype))
        (a, b), (c, d) = (
            [emit.elementwise(part, v.aval.with_dtype(real.dtype), v) for part in ("real", "imag")]
            for v in (x, kernel)
        )
        ac, bd, ad, bc = (
            self._emit(emit, real, *pair) for pair in ((a, c), (b, d), (a, d), (b, c))
        )
        parts = emit.elementwise("subtract", real, ac, bd), emit.elementwise("add", real, ad, bc)
        return emit.elementwise("complex", node.aval, *parts)

    def _emit(self, emit, aval, x, kernel):
        names = ["b", "f"], ["o", "i"], ["b", "f"]
        x_axes, kernel_axes, out_axes = (
            ", ".join(placed((*roles, *map(str, range(len(axes) - 2))), axes))
            for roles, axes in zip(names, self.dimension_numbers, strict=True)
        )
        reverse = str([False] * len(self.strides)).lower()
        precision = f"#stablehlo<precision {self.precision}>"
        return emit(
            f"stablehlo.convolution({x}, {kernel}) "
            f"dim_numbers = [{x_axes}]x[{kernel_axes}]->[{out_axes}], "
            f"window = {{stride = {list(self.strides)}, pad = {[list(p) for p in self.padding]}, "
            f"lhs_dilate = {list(self.lhs_dilation)}, rhs_dilate = {list(self.rhs_dilation)}, "
            f"reverse = {reverse}}} {{batch_group_count = {self.batch_group_count} : i64, "
            f"feature_group_count = {self.feature_group_count} : i64, "
            f"precision_config = [{precision}, {precision}]}} : "
            f"({x.type}, {kernel.type}) -> {emit.type(aval)}",
            aval,
        )

    def evaluate(self, x, kernel):
        avals = (aval_of(array.shape, array.dtype) for array in (x, kernel))
        batch, features, *lengths = ordered(self.infer(*avals).shape, self.dimension_numbers[2])
        computed = numpy.dtype("f4") if x.dtype in EXTENDED else x.dtype
        groups = self.feature_group_count * self.batch_group_count
        split = self._grouped(self._padded(x.transpose(self.dimension_numbers[0])).astype(computed))
        kernel = kernel.transpose(self.dimension_numbers[1]).astype(computed)
        kernel = kernel.reshape(groups, features // groups, *kernel.shape[1:])
        total = numpy.zeros((batch, groups, features // groups, math.prod(lengths)), computed)
        for place in numpy.ndindex(*kernel.shape[3:]):
            reached = tuple(
                slice(i * step, i * step + (n - 1) * stride + 1 if n else 0, stride)
                for i, step, n, stride in zip(
                    place, self.rhs_dilation, lengths, self.strides, strict=True
                )
            )
            seen = split[(slice(None),) * 3 + reached].reshape(*split.shape[:3], math.prod(lengths))
            total += numpy.einsum("gbcs,goc->bgos", seen, kernel[(slice(None),) * 3 + place])
        result = total.reshape(batch, features, *lengths)
        return result.transpose(numpy.argsort(self.dimension_numbers[2]))

    def _padded(self, x: numpy.ndarray) -> numpy.ndarray:
        low, high = zip((0, 0), (0, 0), *self.padding, strict=True)
        interior = (0, 0, *[step - 1 for step in self.lhs_dilation])
        return Pad(low, high, interior).evaluate(x, numpy.zeros((), x.dtype))

    def _grouped(self, x: numpy.ndarray) -> numpy.ndarray:
        """x in NumPy as (groups, batch, features, \\*spatial)."""
        batch, features, *spatial = x.shape
        if self.batch_group_count > 1:
            return x.reshape(
                self.batch_group_count, batch // self.batch_group_count, features, *spatial
            )
        split = x.reshape(
            batch, self.feature_group_count, features // self.feature_group_count, *spatial
        )
        return numpy.moveaxis(split, 1, 0)

    def transpose(self, cotangent, x, kernel, wanted):
        if 0 in (cotangent.aval.size, x.aval.size, kernel.aval.size):
            return (x, kernel)[wanted].like(0)
        if wanted == 0:
            return self._transpose_x(cotangent, x.aval, kernel)
        return self._transpose_kernel(cotangent, x, kernel.aval)

    def _transpose_x(self, cotangent: Node, x: Aval, kernel: Node) -> Node:
        """The cotangent, its elements ``strides`` apart, convolved with the flipped kernel."""
        x_axes, (out, into, *places), out_axes = self.dimension_numbers
        groups = self.feature_group_count * self.batch_group_count
        padding = []
        for n, length, count, (low, _), *steps in self._spatial(x, kernel.aval, cotangent.aval):
            stride, base, between = steps
            before = dilated(length, between) - 1 - low
            room = dilated(n, base) + dilated(length, between) - 1 - dilated(count, stride)
            padding.append((before, room - before))
        adjoint = attrs.evolve(
            self,
            strides=self.lhs_dilation,
            padding=tuple(padding),
            lhs_dilation=self.strides,
            dimension_numbers=(out_axes, (into, out, *places), x_axes),
            feature_group_count=groups,
            batch_group_count=1,
        )
        flipped = Reverse(tuple(places))(kernel) if places else kernel
        # What a group takes becomes what it makes, and the other way round.
        result = adjoint(cotangent, regroup(flipped, out, into, groups))
        batch, features = x_axes[:2]
        return regroup(result, features, batch, self.batch_group_count)

    def _transpose_kernel(self, cotangent: Node, x: Node, kernel: Aval) -> Node:
        """Convolution of x with the cotangent: batch and features change places."""
        padding = []
        for n, length, count, (low, _), *steps in self._spatial(x.aval, kernel, cotangent.aval):
            stride, base, between = steps
            room = dilated(count, stride) + dilated(length, between) - 1 - dilated(n, base)
            padding.append((low, room - low))
        (batch, features, *rest), (out, into, *places), (out_batch, made, *out_rest) = (
            self.dimension_numbers
        )
        adjoint = attrs.evolve(
            self,
            strides=self.rhs_dilation,
            padding=tuple(padding),
            rhs_dilation=self.strides,
            dimension_numbers=(
                (features, batch, *rest),
                (made, out_batch, *out_rest),
                (into, out, *places),
            ),
            feature_group_count=self.batch_group_count,
            batch_group_count=self.feature_group_count,
        )
        return adjoint(x, cotangent)

    def _spatial(self, x: Aval, kernel: Aval, out: Aval):
        """For each spatial axis: lengths of x, kernel and result, padding, and the steps."""
        avals = zip((x, kernel, out), self.dimension_numbers, strict=True)
        lengths = [ordered(aval.shape, axes)[2:] for aval, axes in avals]
        steps = self.strides, self.lhs_dilation, self.rhs_dilation
        return zip(*lengths, self.padding, *steps, strict=True)

    def batch(self, operands, batched, size):
        (x, kernel), (x_axes, kernel_axes, out_axes) = operands, self.dimension_numbers
        if all(batched):
            return self._batch_as_groups(x, kernel, size)
        if batched[0]:  # lanes join the batch, inside of its groups
            groups, axis, out_axis = self.batch_group_count, x_axes[0], out_axes[0]
            out = self(lanes_into(x, axis, groups), kernel)
            return lanes_out_of(out, out_axis, size)
        groups = self.feature_group_count * self.batch_group_count
        out = self(x, lanes_into(kernel, kernel_axes[0], groups))
        return lanes_out_of(out, out_axes[1], size, groups)

    def _batch_as_groups(self, x: Node, kernel: Node, size: int) -> Node:
        """Each lane's x meets its own kernel alone: lanes are groups, outside of others."""
        by_batch = self.batch_group_count > 1
        x_axis = self.dimension_numbers[0][0 if by_batch else 1]
        grouped = attrs.evolve(
            self,
            batch_group_count=self.batch_group_count * (size if by_batch else 1),
            feature_group_count=self.feature_group_count * (1 if by_batch else size),
        )
        out = grouped(lanes_into(x, x_axis), lanes_into(kernel, self.dimension_numbers[1][0]))
        return lanes_out_of(out, self.dimension_numbers[2][1], size)


def ordered(shape: Lengths, axes: Lengths) -> Lengths:
    """Lengths in the order in which ``axes`` names their axes."""
    return tuple(shape[axis] for axis in axes)


def placed(entries: tuple, axes: Lengths) -> tuple[Any, ...]:
    """Entries at the axes that ``axes`` names, one after another: undoes `ordered`."""
    return tuple(entries[axes.index(axis)] for axis in range(len(axes)))


def regroup(x: Node, source: int, target: int, groups: int) -> Node:
    """Groups of one axis made groups of another, outermost in both."""
    if groups == 1:
        return x
    shape = list(x.aval.shape)
    shape[source] //= groups
    outside = moveaxis(reshape(x, (*shape[:source], groups, *shape[source:])), source, target)
    shape[target] *= groups
    return reshape(outside, shape)


def lanes_into(x: Node, axis: int, groups: int = 1) -> Node:
    """The first axis merged into one of the others, counted without it, inside of its groups."""
    shape = x.aval.shape[1:]
    split = (*shape[:axis], groups, shape[axis] // groups, *shape[axis + 1 :])
    lanes = x.aval.shape[0]
    inside = moveaxis(reshape(x, (lanes, *split)), 0, axis + 1)
    return reshape(inside, (*shape[:axis], lanes * shape[axis], *shape[axis + 1 :]))


def lanes_out_of(x: Node, axis: int, lanes: int, groups: int = 1) -> Node:
    """A new first axis, split from where `lanes_into` merged it."""
    shape = x.aval.shape
    own = shape[axis] // lanes
    split = (*shape[:axis], groups, lanes, own // groups, *shape[axis + 1 :])
    first = moveaxis(reshape(x, split), axis + 1, 0)
    return reshape(first, (lanes, *shape[:axis], own, *shape[axis + 1 :]))

"""Products at run-time indices; not with the other scatters, as its slope needs sorts and scans."""

from __future__ import annotations

import math

import numpy

from lazyax.graph.node import Node
from lazyax.graph.op import primitive
from lazyax.ops.primitives.compare import Equal
from lazyax.ops.primitives.cumulative import Elements, associative_scan, shifted
from lazyax.ops.primitives.gather import (
    Gather,
    Scatter,
    ScatterAdd,
    along_rest,
    clamp_indices,
    in_bounds,
    indexed_lengths,
)
from lazyax.ops.primitives.leaves import Iota, Literal, projections
from lazyax.ops.primitives.reduce import ReduceSum
from lazyax.ops.primitives.select import Convert, Select
from lazyax.ops.primitives.shape import Broadcast, Reverse, reshape
from lazyax.ops.primitives.sort import Sort


@primitive
class ScatterMultiply(Scatter):
    """x with blocks multiplied in at index vectors, of (x, indices, updates).

    f32[5,3], i32[4,1], f32[4,3] -> f32[5,3] for batch_dims 0. Updates out of bounds are dropped.
    The slope is exact for several updates of one element, and at zeros. Lowers to
    `stablehlo.scatter` with `stablehlo.multiply`.
    """

    batch_dims: int

    hlo = "multiply"
    numpy = numpy.multiply.at

    def jvp(self, out, operands, tangents):
        (x, indices, updates), (dx, _, du) = operands, tangents
        by_x = None if dx is None else self(dx, indices, updates)
        if du is None or not updates.aval.size or not x.aval.size:
            return by_x
        inside = clamp_indices(indices, indexed_lengths(self, x.aval, indices.aval))
        others = Gather(self.batch_dims)(x, inside) * self._other_updates(x, indices, updates)
        start = out.like(0) if by_x is None else by_x
        return ScatterAdd(self.batch_dims)(start, indices, others * du)

    def pullback(self, cotangent, operands, linear):
        self.require(not linear[2], "linear in x only, given the updates")
        return (self(cotangent, *operands[1:]), None, None)

    def _other_updates(self, x: Node, indices: Node, updates: Node) -> Node:
        """For each update, the product of the other updates of the same element.

        Updates of one element are made neighbours by a sort, and what is before and after each
        is multiplied by scans: without a division, so that zeros do not matter.
        """
        first, shape = self.batch_dims, updates.aval.shape
        loop_end = indices.aval.ndim - 1
        lanes, rest = shape[:first], shape[loop_end:]
        count = math.prod(shape[first:loop_end])
        lengths = indexed_lengths(self, x.aval, indices.aval)
        inside = along_rest(in_bounds(indices, lengths), updates)
        values = reshape(Select()(inside, updates, updates.like(1)), (*lanes, count, *rest))
        places = reshape(place_numbers(indices, lengths), (*lanes, count))
        numbers = Iota(numpy.dtype("i4" if count < 2**31 else "i8"), places.aval.shape, first)()
        places, order = projections(Sort(first)(places, numbers))
        order = reshape(order, (*order.aval.shape, 1))
        values = Gather(first)(values, order)
        back = Reverse((first,))
        before = products_before(places, values, first)
        after = back(products_before(back(places), back(values), first))
        others = ScatterAdd(first)(values.like(0), order, before * after)
        return reshape(others, shape)


def place_numbers(indices: Node, lengths: tuple[int, ...]) -> Node:
    """The row-major number of the block that each index vector points at."""
    dtype = numpy.dtype("i4" if math.prod(lengths) < 2**31 else "i8")
    vectors = Convert(dtype)(clamp_indices(indices, lengths))
    strides = [math.prod(lengths[axis + 1 :]) for axis in range(len(lengths))]
    last, shape = indices.aval.ndim - 1, indices.aval.shape
    weights = Broadcast(shape, (last,))(Literal.of(numpy.asarray(strides, dtype)))
    return ReduceSum((last,))(vectors * weights)


def products_before(places: Node, values: Node, axis: int) -> Node:
    """For each value, the product of those before it, along ``axis``, that have its place."""
    _, products = associative_scan((places, values), multiply_in_place, axis)
    same = along_rest(Equal()(places, shifted(places, axis, 1, -1)), values)
    return Select()(same, shifted(products, axis, 1, 1), values.like(1))


def multiply_in_place(left: Elements, right: Elements) -> Elements:
    """Two runs of (place, product of the run's end that has this place), as one."""
    (place, product), (next_place, next_product) = left, right
    same = along_rest(Equal()(place, next_place), product)
    return next_place, Select()(same, product * next_product, next_product)

"""The LU decomposition with row exchanges."""

from __future__ import annotations

from collections.abc import Sequence

import numpy

from lazyax.graph.aval import aval_of
from lazyax.graph.node import Node
from lazyax.graph.op import Op, primitive
from lazyax.ops.primitives.decomposition import (
    Decomposition,
    cusolver,
    info_aval,
    lanes,
    lapack,
    nan_where_failed,
)
from lazyax.ops.primitives.gather import Gather
from lazyax.ops.primitives.kinds import Flat
from lazyax.ops.primitives.leaves import Project
from lazyax.ops.primitives.matrix_algebra import (
    columns,
    identity_like,
    lower_triangle,
    matmul,
    rows,
    upper_triangle,
    zeros,
)
from lazyax.ops.primitives.shape import Concatenate, reshape
from lazyax.ops.primitives.triangular_solve import solve_right, solve_triangular

PIVOT = numpy.dtype("i4")


@primitive
class LU(Decomposition):
    """L and U of x, with rows exchanged, in one array; and the row exchanged with each row.

    f32[5,4,3] -> (f32[5,4,3], i32[5,3]). The unit diagonal of L is not stored; pivots count from
    0. An exactly singular matrix has a zero on the diagonal of U. Lowers to
    `stablehlo.custom_call` of LAPACK's getrf, or cuSOLVER's.

    Tangent: with P dx = dL U + L dU and F = L^-1 (P dx) U^-1, dL is L times the strictly lower
    triangle of F and dU the rest times U (de Hoog, Anderssen and Lukas 2011). Rectangular
    factors are filled up by identities.
    """

    def infer(self, x):
        self.require_matrices(x)
        pivots = aval_of((*x.shape[:-2], min(x.shape[-2:])), PIVOT)
        return (x, pivots)

    def lower_cpu(self, emit, avals, x):
        return self._kernel(emit, avals, x, lapack("getrf", x.aval.dtype))

    def lower_cuda(self, emit, avals, x):
        return self._kernel(emit, avals, x, cusolver("getrf"))

    def _kernel(self, emit, avals, x, target):
        lu, pivots, info = emit.kernel(target, [x], [*avals, info_aval(x.aval)], {})
        first = emit.constant(1, pivots.aval)
        (lu,) = nan_where_failed(emit, info, [lu], "GE")
        return [lu, emit.elementwise("subtract", pivots.aval, pivots, first)]

    def evaluate(self, x):
        done = [_eliminate(lane.copy()) for lane in lanes(x)]
        lu = numpy.reshape([lane for lane, _ in done], x.shape).astype(x.dtype)
        count = min(x.shape[-2:])
        pivots = numpy.reshape([exchanges for _, exchanges in done], (*x.shape[:-2], count))
        return lu, pivots.astype(PIVOT)

    def jvp(self, out, operands, tangents):
        lu, pivots = (Project(index)(out) for index in range(2))
        (dx,) = tangents
        permutation = PermutationOfPivots(dx.aval.shape[-2])(pivots)
        lower, upper = unit_lower(lu), square_upper(lu)
        left = solve_triangular(lower, take_rows(dx, permutation), lower=True, unit=True)
        inside = solve_right(upper, left)
        change = matmul(lower, lower_triangle(inside, below=1))
        return (change + matmul(upper_triangle(inside), upper), None)


def _eliminate(x: numpy.ndarray) -> tuple[numpy.ndarray, list[int]]:
    """Gaussian elimination of one matrix in place, and its pivots."""
    pivots = []
    for step in range(min(x.shape)):
        size = numpy.abs(x[step:, step].real) + numpy.abs(x[step:, step].imag)
        pivot = step + int(numpy.argmax(size))
        pivots.append(pivot)
        x[[step, pivot]] = x[[pivot, step]]
        if x[step, step] != 0:
            x[step + 1 :, step] /= x[step, step]
        x[step + 1 :, step + 1 :] -= numpy.outer(x[step + 1 :, step], x[step, step + 1 :])
    return x, pivots


def unit_lower(lu: Node) -> Node:
    """L as a square matrix; columns that it lacks are those of the identity."""
    *lead, height, width = lu.aval.shape
    count = min(height, width)
    factor = lower_triangle(columns(lu, 0, count), below=1)
    if height > count:
        factor = Concatenate(factor.aval.ndim - 1)(
            factor, zeros(lu, (*lead, height, height - count))
        )
    return factor + identity_like(factor)


def square_upper(lu: Node) -> Node:
    """U as a square matrix; rows that it lacks are those of the identity."""
    *lead, height, width = lu.aval.shape
    count = min(height, width)
    factor = upper_triangle(rows(lu, 0, count))
    if width == count:
        return factor
    below = zeros(lu, (*lead, width - count, width))
    one = identity_like(zeros(lu, (*lead, width, width)))
    bottom = below + rows(one, count, width)
    return Concatenate(factor.aval.ndim - 2)(factor, bottom)


def take_rows(x: Node, order: Node) -> Node:
    """Rows of matrices in another order. f32[5,3,2], i32[5,3] -> f32[5,3,2]."""
    return Gather(x.aval.ndim - 2)(x, reshape(order, (*order.aval.shape, 1)))


@primitive
class PermutationOfPivots(Flat, Op):
    """The order that rows are in after a sequence of exchanges: row i with row pivots[i].

    i32[5,3] -> i32[5,4] for size 4. Lowers to `stablehlo.while`, on a GPU to the kernel that
    jaxlib has for it.
    """

    size: int

    expensive = True
    interpreted = True

    def infer(self, pivots):
        self.require(
            pivots.ndim >= 1 and pivots.dtype == PIVOT and pivots.shape[-1] <= self.size,
            f"needs at most {self.size} pivots of dtype int32, got {pivots}",
        )
        return aval_of((*pivots.shape[:-1], self.size), PIVOT)

    def lower(self, emit, node, pivots):
        aval = node.aval
        count = pivots.aval.shape[-1]
        if not pivots.aval.size:
            return _iota(emit, aval, aval.ndim - 1)
        if emit.platform == "cuda":
            target = "cu_lu_pivots_to_permutation"
            return emit.kernel(target, [pivots], [aval], {}, in_place=None, by_column=False)[0]
        index = emit.constant(0, aval_of((), PIVOT))
        start = [index, _iota(emit, aval, aval.ndim - 1), pivots]
        avals = [value.aval for value in start]
        names, types = emit.operands(*start)
        going_on = emit.region(
            avals,
            lambda inner, now: [inner.compare("LT", now[0], inner.constant(count, now[0].aval))],
        )
        step = emit.region(avals, _exchange)
        regions = f"({going_on[1:-1]}, {step[1:-1]})"
        text = f'"stablehlo.while"({names}) {regions} : ({types}) -> ({types})'
        return emit.several(text, avals)[1]

    def evaluate(self, pivots):
        lead, found = pivots.shape[:-1], []
        for lane in numpy.ndindex(lead):
            order = list(range(self.size))
            for step, other in enumerate(pivots[lane].tolist()):
                order[step], order[other] = order[other], order[step]
            found.append(order)
        return numpy.array(found, PIVOT).reshape(*lead, self.size)

    def batch(self, operands, batched, size):
        return self(*operands)


def _iota(emit, aval, axis: int):
    return emit(f"stablehlo.iota dim = {axis} : {emit.type(aval)}", aval)


def _exchange(emit, state: Sequence) -> list:
    """One exchange in every lane: found by comparison, which needs no gather of one element."""
    step, order, pivots = state
    place = _iota(emit, order.aval, order.aval.ndim - 1)
    other = _spread(emit, _element(emit, pivots, step), order.aval)
    here = _spread(emit, step, order.aval)
    mine = _spread(emit, _element(emit, order, step), order.aval)
    at_other = emit.compare("EQ", place, other)
    zero = emit.constant(0, order.aval)
    start = emit.constant(0, order.aval.with_shape(()))
    alone = emit(
        f"stablehlo.select {at_other}, {order}, {zero} : {at_other.type}, {order.type}", order.aval
    )
    lane = order.aval.with_shape(order.aval.shape[:-1])
    theirs = emit(
        f"stablehlo.reduce({alone} init: {start}) applies stablehlo.add across dimensions = "
        f"[{order.aval.ndim - 1}] : ({alone.type}, {start.type}) -> {emit.type(lane)}",
        lane,
    )
    theirs = _spread(emit, theirs, order.aval)
    at_here = emit.compare("EQ", place, here)
    order = emit(
        f"stablehlo.select {at_other}, {mine}, {order} : {at_other.type}, {order.type}", order.aval
    )
    order = emit(
        f"stablehlo.select {at_here}, {theirs}, {order} : {at_here.type}, {order.type}", order.aval
    )
    return [emit.elementwise("add", step.aval, step, emit.constant(1, step.aval)), order, pivots]


def _element(emit, x, position):
    """Element number ``position`` of each vector."""
    lead = x.aval.shape[:-1]
    zero = emit.constant(0, position.aval)
    starts = [*[zero] * len(lead), position]
    names, types = emit.operands(x, *starts)
    one = x.aval.with_shape((*lead, 1))
    sizes = ", ".join(map(str, one.shape))
    part = emit(
        f'"stablehlo.dynamic_slice"({names}) <{{slice_sizes = array<i64: {sizes}>}}> : '
        f"({types}) -> {emit.type(one)}",
        one,
    )
    flat = x.aval.with_shape(lead)
    return emit(f"stablehlo.reshape {part} : ({part.type}) -> {emit.type(flat)}", flat)


def _spread(emit, x, aval):
    """One number for each vector, or for all, as vectors."""
    dims = list(range(x.aval.ndim))
    return emit(
        f"stablehlo.broadcast_in_dim {x}, dims = {dims} : ({x.type}) -> {emit.type(aval)}", aval
    )

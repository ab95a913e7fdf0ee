"""Ops along a named axis that `vmap` maps: they see all lanes of the batch at once.

`lazyax.transforms.vmap` asks ``over`` for the batched op when it maps the op's own axis; along
any other axis the op is batched as others are. So a program never holds one of them.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import ClassVar

import attrs
import numpy

from lazyax.errors import UnboundAxisError
from lazyax.graph.aval import aval_of
from lazyax.graph.graph import graphs_in, nested_graphs
from lazyax.graph.node import Node
from lazyax.graph.op import Op, primitive
from lazyax.ops.primitives.compare import Equal
from lazyax.ops.primitives.kinds import Constant, Linear, Unmapped, broadcast_leading
from lazyax.ops.primitives.leaves import Full, Iota, Trace
from lazyax.ops.primitives.reduce import ReduceSum
from lazyax.ops.primitives.select import Select
from lazyax.ops.primitives.shape import Broadcast, moveaxis

INDEX = numpy.dtype("i4")


@attrs.frozen(eq=False)
class Axis:
    """An axis that one call of ``vmap`` maps, under a name.

    Attributes:
        name: as the user calls it.
        size: its length.
        trace: the run of the user's function in which the name is bound.
    """

    name: str
    size: int
    trace: Trace


class _Bound(threading.local):
    def __init__(self):
        self.axes: tuple[Axis, ...] = ()
        self.mapped: Axis | None = None


_bound = _Bound()


@contextmanager
def bound(axis: Axis | None) -> Iterator[None]:
    """Inside the block the axis can be named."""
    before = _bound.axes
    if axis is not None:
        _bound.axes = (*before, axis)
    try:
        yield
    finally:
        _bound.axes = before


@contextmanager
def mapping(axis: Axis | None) -> Iterator[None]:
    """Inside the block batches are those of the axis, in graphs that ops hold too."""
    before = _bound.mapped
    _bound.mapped = axis
    try:
        yield
    finally:
        _bound.mapped = before


def is_mapped(op: Op) -> bool:
    """Whether an op is along the axis that is being mapped."""
    return op.lanes is not None and op.lanes is _bound.mapped


def holds_mapped(node: Node) -> bool:
    """Whether an op along the axis that is being mapped is in a graph that a node's op holds."""
    if _bound.mapped is None or not graphs_in(node.op):
        return False
    return any(is_mapped(inner.op) for graph in nested_graphs([node]) for inner in graph.nodes)


def axis_named(function: str, name: str) -> Axis:
    """The innermost axis that is bound to a name.

    Raises:
        UnboundAxisError: if there is none.
    """
    for axis in reversed(_bound.axes):
        if axis.name == name:
            return axis
    names = ", ".join(repr(axis.name) for axis in _bound.axes) or "none"
    raise UnboundAxisError(
        f"{function}: no axis is named {name!r} here, of the names that are bound: {names}; call "
        f"the function under vmap(..., axis_name={name!r})"
    )


class Collective(Op):
    """Abstract base: it has a value only once its axis is mapped."""

    __slots__ = ()

    abstract: ClassVar[bool] = True

    @property
    def trace(self) -> Trace:
        """The run of the function in which the axis is bound."""
        return self.lanes.trace

    @property
    def label(self) -> str:
        """What the value depends on, for messages."""
        return f"{self.name} over {self.lanes.name}"

    def lower(self, emit, node, *operands):
        raise AssertionError("an op over a named axis is gone once the axis is mapped")

    def evaluate(self, *arrays):
        raise AssertionError("an op over a named axis is gone once the axis is mapped")

    def __str__(self) -> str:
        return f"{self.name}({self.lanes.name})"

    __repr__ = __str__


@primitive
class AxisIndex(Constant, Collective):
    """The number of the lane along a named axis: i32[]. Lowers to nothing: `vmap` takes it out."""

    lanes: Axis

    def infer(self):
        return aval_of((), INDEX)

    def over(self, operands, batched, size):
        return Iota(INDEX, (size,), 0)()


@primitive
class SumOverLanes(Linear, Collective):
    """The sum over all lanes, the same in each: f32[3] -> f32[3].

    Lowers to nothing: `vmap` takes it out.
    """

    lanes: Axis

    def infer(self, x):
        return aval_of(x.shape, x.dtype)

    def over(self, operands, batched, size):
        (x,) = operands
        return Unmapped(ReduceSum((0,))(x) if batched[0] else x * size)

    def transpose(self, cotangent, x):
        return (self(cotangent),)

    def batch(self, operands, batched, size):
        return self(*operands)


@primitive
class Gathered(Linear, Collective):
    """The values of all lanes as a new axis 0, the same in each: f32[3] -> f32[5,3] of 5 lanes.

    Lowers to nothing: `vmap` takes it out.
    """

    lanes: Axis

    def infer(self, x):
        return x.with_shape((self.lanes.size, *x.shape))

    def over(self, operands, batched, size):
        (x,) = operands
        return Unmapped(x if batched[0] else broadcast_leading(x, size))

    def transpose(self, cotangent, x):
        return (OwnLane(self.lanes)(SumOverLanes(self.lanes)(cotangent)),)

    def batch(self, operands, batched, size):
        return moveaxis(self(*operands), 1, 0)


@primitive
class OwnLane(Linear, Collective):
    """Of an axis 0 of as many as there are lanes, the lane's own: f32[5,3] -> f32[3] of 5 lanes.

    Lowers to nothing: `vmap` takes it out.
    """

    lanes: Axis

    def infer(self, x):
        self.require(
            x.shape[:1] == (self.lanes.size,),
            f"needs an axis 0 of length {self.lanes.size}, got {x}",
        )
        return x.with_shape(x.shape[1:])

    def over(self, operands, batched, size):
        (x,) = operands
        if not batched[0]:
            return x
        lane, place = (Iota(INDEX, x.aval.shape, axis)() for axis in (0, 1))
        return ReduceSum((1,))(Select()(Equal()(lane, place), x, x.like(0)))

    def transpose(self, cotangent, x):
        shape = x.aval.shape
        lane = Broadcast(shape, ())(AxisIndex(self.lanes)())
        rows = Broadcast(shape, tuple(range(1, len(shape))))(cotangent)
        zero = Full(0, shape, x.aval.dtype)()
        return (Select()(Equal()(lane, Iota(INDEX, shape, 0)()), rows, zero),)

    def batch(self, operands, batched, size):
        return self(moveaxis(operands[0], 1, 0))

"""Elementwise ops that are lowered as functions of others: series, fractions and expansions."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import ClassVar

import attrs
import numpy

from lazyax.graph.aval import aval_of
from lazyax.graph.graph import Graph
from lazyax.graph.node import Node
from lazyax.graph.op import Op, primitive
from lazyax.graph.transforms import transforms
from lazyax.ops.primitives.bitwise import Or
from lazyax.ops.primitives.compare import Greater, Less
from lazyax.ops.primitives.elementwise import Absolute, Minimum
from lazyax.ops.primitives.kinds import Elementwise
from lazyax.ops.primitives.leaves import Full, input_leaf
from lazyax.ops.primitives.reduce import ReduceOr
from lazyax.ops.primitives.select import Convert, Select, StopGradient
from lazyax.ops.primitives.shape import Broadcast
from lazyax.ops.primitives.subgraphs import inline, run
from lazyax.ops.primitives.while_loop import WhileLoop

MOST_STEPS = 2**14
"""Of a recurrence; elements that move after them are NaN."""

FURTHER = 1.5
"""Steps that a derivative is given for each that the value needs: terms of order n r**n."""

BESIDE = 0.375
"""How far the parameter of another fraction is from a whole one."""

WIDE = numpy.dtype(numpy.float32)


def in_order(x: Node, y: Node) -> tuple[Node, Node]:
    """The smaller and the larger, each one of the two also where they are equal.

    `Minimum` and `Maximum` have the mean of both slopes there: the first derivative of what is
    smooth in x and y is right with them, the second is not.
    """
    swap = Less()(y, x)
    return Select()(swap, y, x), Select()(swap, x, y)


class Composed(Elementwise):
    """Elementwise, of real numbers, by a function of nodes that it states, ``compose``.

    Transforms meet one op with the derivatives that its ``partials`` state, and no loop. Narrower
    floats than float32 are composed in float32.
    """

    __slots__ = ()

    accepts = "real inexact"

    by_series: ClassVar[tuple[int, ...]] = ()
    """Operands that ``partials`` has no formula for, so that it states the `Slope` by them.

    For these ops ``compose`` takes ``further``: how many steps to go for each that is needed.
    """

    def lower(self, emit, node, *operands):
        return emit.composed(str(self), self.widely, node.aval, *operands)

    def widely(self, *operands: Node) -> Node:
        """What the operands are composed to, in float32 or more."""
        dtype = operands[0].aval.dtype
        if dtype.itemsize >= WIDE.itemsize:
            return self.compose(*operands)
        return Convert(dtype)(self.compose(*[Convert(WIDE)(x) for x in operands]))

    def compose(self, *operands: Node) -> Node:
        """The result as nodes."""
        raise NotImplementedError


@primitive
class Slope(Composed):
    """A derivative of a composed op by operands that it has no formula for.

    Its series are differentiated term by term: ``orders`` times by each operand. f32[2], f32[2]
    -> f32[2] of two operands. Lowers to `func.call`.
    """

    of: Op
    orders: tuple[int, ...]

    def compose(self, *operands):
        result = self.of.compose(*operands, further=FURTHER)
        return derivative(result, operands, self.orders)

    def evaluate(self, *arrays):
        arrays = numpy.broadcast_arrays(*arrays)
        inputs = [input_leaf(aval_of(array.shape, array.dtype)) for array in arrays]
        return run(Graph(inputs, [self.widely(*inputs)]), arrays)[0]

    def partials(self, out, *operands):
        formulas = self.of.partials(self.of(*operands), *operands)
        return [
            attrs.evolve(self, orders=one_more(self.orders, place))(*operands)
            if place in self.of.by_series
            else self._of_formula(place, operands)
            for place in range(len(formulas))
        ]

    def _of_formula(self, place: int, operands: Sequence[Node]) -> Node | None:
        """The derivative of the formula that the op has for its derivative by an operand."""
        inputs = [input_leaf(operand.aval) for operand in operands]
        formula = self.of.partials(self.of(*inputs), *inputs)[place]
        if formula is None:
            return None
        found = derivative(formula, inputs, self.orders)
        return inline([found], dict(zip(inputs, operands, strict=True)))[0]


def one_more(orders: tuple[int, ...], place: int) -> tuple[int, ...]:
    """Orders of a derivative that is taken once more, by one operand."""
    return tuple([order + (index == place) for index, order in enumerate(orders)])


def derivative(node: Node, operands: Sequence[Node], orders: Sequence[int]) -> Node:
    """The derivative of an elementwise composition, so many times by each operand."""
    for operand, order in zip(operands, orders, strict=True):
        for _ in range(order):
            (moved,) = transforms["jvp"]([node], [operand], [operand.like(1)], False)
            node = operand.like(0) if moved is None else moved
    return node


def polynomial(x: Node, coefficients: Sequence[float | Node]) -> Node:
    """c[0] + c[1] x + ..., by Horner's rule."""
    *rest, last = coefficients
    total = x.like(last)
    for c in reversed(rest):
        total = total * x + c
    return total


def until_settled(
    step: Callable[..., tuple[Sequence[Node], Node]],
    given: Sequence[Node],
    starts: Sequence[Node],
    further: float = 1.0,
) -> Node:
    """The first value of a recurrence once no element moves; NaN where one moves after all steps.

    Args:
        step: from the number of the step, 1, 2, ..., and from what is ``given`` and the values,
            to the next values, and which elements moved by more than rounding.
        given: what the step needs, of the shape of the values.
        starts: the first values.
        further: how many steps to go for each that is needed.
    """
    like = starts[0]
    scalar, axes = aval_of((), like.aval.dtype), tuple(range(like.aval.ndim))
    number, limit = input_leaf(scalar, "number"), input_leaf(scalar, "limit")
    constants = [input_leaf(node.aval, "given") for node in given]
    now = [input_leaf(node.aval, "value") for node in starts]
    moving = input_leaf(aval_of(like.aval.shape, numpy.dtype(bool)), "moving")
    count = number + 1
    ends, moved = step(Broadcast(like.aval.shape, ())(count), constants, now)
    some = ReduceOr(axes)(moved)
    reach = Minimum()(count * further + 1, number.like(MOST_STEPS))
    loop = WhileLoop(Less()(number, limit), MOST_STEPS)
    loop.constants = list(zip(constants, given, strict=True))
    loop.carries = [
        (number, count, number.like(0)),
        (limit, Select()(some, reach, limit), number.like(1)),
        (moving, moved, Full(False, like.aval.shape, moving.aval.dtype)()),
        *zip(now, ends, starts, strict=True),
    ]
    still, found = loop.build([2, 3])
    return Select()(still, found.like(numpy.nan), found)


def fraction(
    advance: Callable[..., Sequence[Node]],
    begin: Callable[..., Sequence[Node]],
    given: Sequence[Node],
    whole: int,
    further: float,
) -> Node:
    """The value of a continued fraction, by Lentz (Applied Optics 15, 1976).

    It ends early where a parameter is a whole number, and its derivatives do not: for them the
    loop goes on while the fraction of a parameter beside does.

    Args:
        advance: from the number of the step, what is given, and Lentz' c and d, to the factor of
            the step, and the next c and d.
        begin: the first value, c and d, of what is given.
        given: what the steps need.
        whole: which of it is that parameter.
        further: as in `until_settled`; 1 for the value alone.
    """
    beside = [StopGradient()(node) for node in given]
    beside[whole] = beside[whole] + BESIDE
    count = len(given)

    def step(n: Node, given: Sequence[Node], now: Sequence[Node]):
        factor, *ends = advance(n, given[:count], now[1:3])
        moved = is_moved(factor)
        if len(now) > 3:
            other, *others = advance(n, given[count:], now[3:])
            moved, ends = Or()(moved, is_moved(other)), [*ends, *others]
        counted = Select()(moved, factor, factor.like(1))  # later rounding would add up
        return [now[0] * counted, *ends], moved

    if further == 1:
        return until_settled(step, given, begin(*given))
    starts = [*begin(*given), *begin(*beside)[1:]]
    return until_settled(step, [*given, *beside], starts, further)


def is_moved(factor: Node) -> Node:
    """Whether a factor is other than 1, beyond rounding."""
    return Greater()(Absolute()(factor - 1), factor.like(8 * rounding(factor)))


def rounding(x: Node) -> float:
    """What neighbouring numbers of size 1 differ by."""
    return 2.0**-23 if x.aval.dtype.itemsize == 4 else 2.0**-52

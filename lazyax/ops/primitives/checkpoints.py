"""Reverse mode of while loops, by checkpoints: any number of steps in a fixed memory.

States are stored in a stack of slots, and those between them are computed again: recursive
checkpointing, with the binomial schedule of A. Griewank, "Achieving logarithmic growth of
temporal and spatial complexity in reverse automatic differentiation" (1992). With c slots, n
steps are taken forward at most r times each, where r is the least with C(c + r, c) >= n.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import attrs
import numpy

from lazyax.graph.node import Node
from lazyax.ops.primitives.bitwise import And
from lazyax.ops.primitives.compare import Equal, Less
from lazyax.ops.primitives.dynamic import DynamicSlice, DynamicUpdateSlice
from lazyax.ops.primitives.elementwise import Maximum, Minimum
from lazyax.ops.primitives.leaves import Full, input_leaf
from lazyax.ops.primitives.select import Convert
from lazyax.ops.primitives.shape import reshape
from lazyax.ops.primitives.subgraphs import (
    Backward,
    close,
    inline,
    invariants,
    needed_inputs,
    or_zeros,
    zeros,
)

COUNT = numpy.dtype("i4")
REAL = numpy.dtype("f4")
MOST_REPEATS = 64
"""Where the schedule stops looking for the number of repeats: it is near its limit by then."""


@attrs.frozen(eq=False)
class State:
    """The part of a while loop's state that its backward steps need.

    Attributes:
        now: inputs of the body.
        ends: what they become in a step.
        starts: their initial values.
    """

    now: list[Node]
    ends: list[Node]
    starts: list[Node]

    @property
    def nbytes(self) -> int:
        """Bytes of one state."""
        return sum(node.aval.nbytes for node in self.now)


def state_of(carries: Sequence[tuple[Node, Node, Node]], wanted: Sequence[Node]) -> State:
    """Those ``carries`` of a loop that ``wanted`` nodes of its body depend on, in any step."""
    needed = needed_inputs({i for i, *_ in carries}, carries, wanted)
    kept = [triple for triple in carries if triple[0] in needed]
    return State(*[[triple[place] for triple in kept] for place in range(3)])


@attrs.frozen(eq=False)
class Checkpoints:
    """The loops that go backwards.

    Attributes:
        new_loop: makes a while loop of a predicate (`while_loop.WhileLoop`, which is above).
        state: what is stored.
        slots: how many states are stored.
    """

    new_loop: Callable
    state: State
    slots: int

    def pull_back(
        self,
        step: Backward,
        carries: Sequence[tuple[Node, Node | None, Node | None]],
        constants: Sequence[Node],
        steps: Node,
    ) -> tuple[list[Node], list[Node]]:
        """Cotangents of the initial carries and of the constants.

        Args:
            step: one step backwards.
            carries: inputs that the body is linear in, inputs for cotangents of what they
                become, and cotangents of the final values; None is a known zero.
            constants: inputs that it is linear in and that are not carried.
            steps: how many steps the loop took.
        """
        left, top = _counter("left"), _counter("top")
        where = input_leaf(Full(0, (self.slots,), COUNT)().aval, "where")
        store = [input_leaf(s.aval.with_shape((self.slots, *s.aval.shape))) for s in self.state.now]
        arriving = [a or input_leaf(i.aval, "cotangent") for i, a, _ in carries]
        totals = [input_leaf(i.aval, "total") for i in constants]
        high, places, *stack = self._fill(left, top, where, store)
        at = _row(places, high)
        here = self._advance([_row(s, high) for s in stack], left - 1 - at)
        moved = self._step_back(step, [*[i for i, *_ in carries], *constants], here)
        count, first = len(carries), zeros(top.aval)
        is_used = Convert(COUNT)(Equal()(at, left - 1))
        ends = [
            left - 1,
            Maximum()(high - is_used, top.like(0)),
            places,
            *stack,
            *[or_zeros(m, a.aval) for m, a in zip(moved[:count], arriving, strict=True)],
            *[t if m is None else t + m for t, m in zip(totals, moved[count:], strict=True)],
        ]
        filled = [
            _with_row(zeros(s.aval), first, start)
            for s, start in zip(store, self.state.starts, strict=True)
        ]
        cotangents = [or_zeros(c, i.aval) for i, _, c in carries]
        starts = [steps, first, zeros(where.aval), *filled, *cotangents]
        starts += [zeros(i.aval) for i in constants]
        loop = self.new_loop(Less()(left.like(0), left))
        inputs = [left, top, where, *store, *arriving, *totals]
        results = self._run(loop, inputs, ends, starts)[3 + len(store) :]
        return results[:count], results[count:]

    def _step_back(
        self, step: Backward, of: Sequence[Node], here: Sequence[Node]
    ) -> list[Node | None]:
        """Cotangents of inputs of the body, where its state is ``here``."""
        pulled = [step.pulled[i] for i in of]
        undo = dict(zip(step.stand_ins, step.residuals, strict=True))
        values = dict(zip(self.state.now, here, strict=True))
        found = iter(inline(inline([p for p in pulled if p is not None], undo), values))
        return [None if p is None else next(found) for p in pulled]

    def _run(self, loop, inputs, ends, starts) -> list[Node]:
        """The results of a loop, whose invariant parts are computed once outside."""
        closed = close(inputs, ends, chosen=invariants(inputs, ends))
        loop.constants = list(zip(closed.stand_ins, closed.lifted, strict=True))
        loop.carries = list(zip(inputs, closed.outputs, starts, strict=True))
        return loop.build(range(len(inputs)))

    def _advance(self, rows: Sequence[Node], steps: Node) -> list[Node]:
        """The state some steps later."""
        done = _counter("done")
        loop = self.new_loop(Less()(done, steps))
        inputs, ends = [done, *self.state.now], [done + 1, *self.state.ends]
        return self._run(loop, inputs, ends, [zeros(done.aval), *rows])[1:]

    def _fill(self, left: Node, top: Node, where: Node, store: Sequence[Node]) -> list[Node]:
        """Store states on the way to the last step that is left, as long as there are slots."""
        inputs = [input_leaf(n.aval) for n in (top, where, *store)]
        high, places, *stack = inputs
        at = _row(places, high)
        goes_on = And()(Less()(at, left - 1), Less()(high, high.like(self.slots - 1)))
        jump = self._jump(left - at, self.slots - high)
        rows = self._advance([_row(s, high) for s in stack], jump)
        ends = [
            high + 1,
            _with_row(places, high + 1, at + jump),
            *[_with_row(s, high + 1, row) for s, row in zip(stack, rows, strict=True)],
        ]
        return self._run(self.new_loop(goes_on), inputs, ends, [top, where, *store])

    def _jump(self, steps: Node, slots: Node) -> Node:
        """How far from a slot the next one is filled, when so many steps are to be reversed."""
        goal, free = Convert(REAL)(steps), Convert(REAL)(slots)
        repeats, reach = (input_leaf(goal.aval, name) for name in ("repeats", "reach"))
        short = Less()(reach, goal)
        loop = self.new_loop(And()(short, Less()(repeats, repeats.like(MOST_REPEATS))))
        more = repeats + 1
        ends = [more, reach * (free + more) / more]
        found, _ = self._run(loop, [repeats, reach], ends, [goal.like(0), goal.like(1)])
        wanted = Convert(COUNT)(goal * found / (free + found))
        return Maximum()(Minimum()(wanted, steps - 1), steps.like(1))


def _counter(name: str) -> Node:
    return input_leaf(Full(0, (), COUNT)().aval, name)


def _row(x: Node, index: Node) -> Node:
    """The slice of x at a position along axis 0, without that axis."""
    lengths = (1, *x.aval.shape[1:])
    starts = [index, *[index.like(0)] * (x.aval.ndim - 1)]
    return reshape(DynamicSlice(lengths)(x, *starts), x.aval.shape[1:])


def _with_row(x: Node, index: Node, row: Node) -> Node:
    """x with the slice at a position along axis 0 overwritten."""
    starts = [index, *[index.like(0)] * (x.aval.ndim - 1)]
    return DynamicUpdateSlice()(x, reshape(row, (1, *row.aval.shape)), *starts)

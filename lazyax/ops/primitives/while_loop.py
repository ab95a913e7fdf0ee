"""The loop that goes on while a condition holds."""

from __future__ import annotations

from collections.abc import Sequence

import attrs
import numpy

from lazyax.config import config
from lazyax.graph.aval import aval_of
from lazyax.graph.graph import Graph, same_graph
from lazyax.graph.node import Node
from lazyax.graph.op import Op, primitive
from lazyax.graph.transforms import transforms
from lazyax.graph.traversal import dependents, toposort
from lazyax.ops.primitives.bitwise import And
from lazyax.ops.primitives.checkpoints import Checkpoints, state_of
from lazyax.ops.primitives.leaves import input_leaf, projections
from lazyax.ops.primitives.merge import merge_whiles
from lazyax.ops.primitives.reduce import ReduceOr
from lazyax.ops.primitives.select import Select
from lazyax.ops.primitives.shape import Broadcast
from lazyax.ops.primitives.subgraphs import (
    Backward,
    backward_step,
    carried_lanes,
    carried_tangents,
    close,
    inline,
    needed_inputs,
    or_zeros,
    require_fits,
    run,
    same_avals,
    with_lanes,
    zeros,
)
from lazyax.ops.primitives.tape import pull_back_by_tape


@primitive
class While(Op):
    """A body run as long as a condition holds, of (\\*constants of both, \\*initial carries).

    The condition takes its constants and the carries and returns bool[]; the body takes its own
    and the carries, and returns the carries. i32[], f32[3] -> (i32[], f32[3]) for two carries.
    ``max_steps`` promises that there are no more steps. Lowers to `stablehlo.while`.
    """

    condition: Graph = attrs.field(eq=same_graph)
    body: Graph = attrs.field(eq=same_graph)
    condition_constants: int
    body_constants: int
    max_steps: int | None = None

    expensive = True
    repeatable = False  # reverse mode asks for a number of steps, and for the configuration
    merge = merge_whiles

    def split(self, items: Sequence) -> tuple[list, list, list]:
        """Of something for each operand: of the condition, of the body, and of the carries."""
        first = self.condition_constants
        last = first + self.body_constants
        return list(items[:first]), list(items[first:last]), list(items[last:])

    def infer(self, *avals):
        asks, constants, carries = self.split(avals)
        require_fits(self, "the condition", self.condition, [*asks, *carries])
        require_fits(self, "the body", self.body, [*constants, *carries])
        asked = [node.aval for node in self.condition.outputs]
        self.require(same_avals(asked, [FLAG]), f"the condition returns bool[], got {asked}")
        results = [node.aval for node in self.body.outputs]
        self.require(
            same_avals(results, carries), f"the carries {carries} leave the body as {results}"
        )
        weak = [a.weak_type and b.weak_type for a, b in zip(carries, results, strict=True)]
        return tuple(aval_of(a.shape, a.dtype, w) for a, w in zip(carries, weak, strict=True))

    def evaluate(self, *arrays):
        asks, constants, carries = self.split(arrays)
        while run(self.condition, [*asks, *carries])[0]:
            carries = run(self.body, [*constants, *carries])
        return tuple(carries)

    def lower(self, emit, node, *operands):
        asks, constants, carries = self.split(operands)
        return emit.loop(
            carries,
            lambda inner, now: inner.graph(self.condition, [*asks, *now])[0],
            lambda inner, now: inner.graph(self.body, [*constants, *now]),
        )

    @property
    def carried(self) -> range:
        """Positions of the carries among the body's inputs."""
        return range(self.body_constants, len(self.body.inputs))

    def jvp(self, out, operands, tangents):
        return self._move(operands, tangents, reverse=False)

    def linearize(self, out, operands, tangents):
        return self._move(operands, tangents, reverse=True)

    def _move(self, operands, tangents, reverse: bool):
        """Tangents of the results; ``reverse`` as in `lazyax.transforms.jvp`."""
        _, *given = self.split(tangents)
        moving = [t is not None for part in given for t in part]
        moved = carried_tangents(self.body, moving, self.carried, reverse)
        tangent_of = dict(zip(moved.inputs, moved.others, strict=True))
        loop = WhileLoop.like(self, operands)
        for i, t in zip(self.body.inputs, given[0], strict=False):
            if t is not None:
                loop.constants.append((tangent_of[i], t))
        wanted: dict[Node, int] = {}
        carries = [self.body.inputs[place] for place in self.carried]
        for i, t, end in zip(carries, given[1], moved.results, strict=True):
            if i in tangent_of:
                wanted[i] = len(loop.carries)
                loop.carries.append((tangent_of[i], or_zeros(end, i.aval), or_zeros(t, i.aval)))
        found = dict(zip(wanted, loop.build(list(wanted.values())), strict=True))
        return tuple(found.get(i) for i in carries)

    def pullback(self, cotangent, operands, linear):
        step = backward_step(self.body, linear[self.condition_constants :], self.carried, cotangent)
        most = self._most_steps(operands)
        changing = dependents(
            toposort(step.residuals), {self.body.inputs[place] for place in self.carried}
        )
        stored = sum(node.aval.nbytes for node in step.residuals if node in changing)
        if most is None or most * stored > config.loop_tape_bytes:
            return self._pull_back_by_checkpoints(step, cotangent, operands, most)
        given = [
            input_leaf(o.aval, "tangent") if is_linear else o
            for o, is_linear in zip(operands, linear, strict=True)
        ]
        inputs = [node for node, is_linear in zip(given, linear, strict=True) if is_linear]
        loop = WhileLoop.like(self, given)
        found = iter(pull_back_by_tape(loop, inputs, step.pulled, cotangent, most))
        return [next(found) if is_linear else None for is_linear in linear]

    def _most_steps(self, operands) -> int | None:
        """A number of steps that is not exceeded; None where values are abstract.

        Known numbers are rounded up to a power of two, so that programs are few.
        """
        if self.max_steps is not None:
            return self.max_steps
        steps = transforms["known_int"](self._count(operands))
        return None if steps is None else 1 << max(steps - 1, 0).bit_length()

    def _count(self, operands) -> Node:
        """How many steps the loop takes."""
        loop = WhileLoop.like(self, operands)
        count = input_leaf(COUNT, "count")
        loop.carries.append((count, count + 1, zeros(COUNT)))
        return loop.build([len(loop.carries) - 1])[0]

    def _pull_back_by_checkpoints(self, step: Backward, cotangent, operands, most: int | None):
        """Cotangents of the operands, by storing some states and computing others again."""
        asks, constants, starts = self.split(operands)
        inputs, carries = self.body.inputs, [self.body.inputs[place] for place in self.carried]
        given = dict(zip(inputs, constants, strict=False))
        step = attrs.evolve(step, residuals=inline(step.residuals, given))
        ends = inline(self.body.outputs, given)
        state = state_of(
            [t for t in zip(carries, ends, starts, strict=True) if t[0] not in step.pulled],
            step.residuals,
        )
        back = Checkpoints(WhileLoop, state, self._slots(state.nbytes, most))
        pulled, totals = back.pull_back(
            step,
            [
                (i, arrives, given)
                for i, arrives, given in zip(carries, step.arriving, cotangent, strict=True)
                if i in step.pulled
            ],
            [i for i in inputs[: self.body_constants] if step.pulled.get(i) is not None],
            self._count(operands),
        )
        found, of_constants = iter(pulled), iter(totals)
        return [
            *[None for _ in asks],
            *[
                next(of_constants) if step.pulled.get(i) is not None else None
                for i in inputs[: self.body_constants]
            ],
            *[next(found) if i in step.pulled else None for i in carries],
        ]

    def _slots(self, nbytes: int, most: int | None) -> int:
        """How many states of so many bytes are stored."""
        if not nbytes:
            return 1
        slots = min(max(config.loop_tape_bytes // nbytes, FEWEST_SLOTS), MOST_SLOTS)
        return slots if most is None else min(slots, max(most, 1))

    def batch(self, operands, batched, size):
        asks, constants, carries = self.split(operands)
        which = self.split(batched)
        lanes = carried_lanes(self.body, [*which[1], *which[2]], self.carried, size)
        some = [lanes.which[place] for place in self.carried]
        predicate, is_apart, ask_inputs = self._batched_condition([*which[0], *some], size)
        if is_apart:  # each lane stops on its own: all carries have lanes
            some = [True] * len(carries)
            lanes = carried_lanes(self.body, [*which[1], *some], self.carried, size)
            predicate, _, ask_inputs = self._batched_condition([*which[0], *some], size)
        other = dict(zip(lanes.inputs, lanes.others, strict=True))
        inputs = [other.get(i, i) for i in self.body.inputs]
        starts = [
            with_lanes(c, has, size) if wants else c
            for c, has, wants in zip(carries, which[2], some, strict=True)
        ]
        ends = [
            with_lanes(row, has, size) if wants else row
            for (row, has), wants in zip(lanes.results, some, strict=True)
        ]
        loop = WhileLoop(predicate, self.max_steps)
        loop.asks = list(zip(ask_inputs, asks, strict=False))
        loop.constants = list(zip(inputs, constants, strict=False))
        loop.carries = list(zip(inputs[self.body_constants :], ends, starts, strict=True))
        asked = ask_inputs[self.condition_constants :]
        if is_apart:
            return loop.build_apart(asked, size)
        now = [i for i, *_ in loop.carries]
        loop.predicate = inline([predicate], dict(zip(asked, now, strict=True)))[0]
        found = loop.build(range(len(carries)))
        return tuple(with_lanes(f, has, size) for f, has in zip(found, some, strict=True))

    def _batched_condition(self, which: Sequence[bool], size: int):
        """The condition for a batch, whether it has lanes, and its inputs."""
        mapped = {
            i: input_leaf(i.aval.with_shape((size, *i.aval.shape)), "lanes")
            for i, has in zip(self.condition.inputs, which, strict=True)
            if has
        }
        (predicate,), (has_lanes,) = transforms["batch"](self.condition.outputs, mapped, size)
        return predicate, has_lanes, [mapped.get(i, i) for i in self.condition.inputs]


FLAG = aval_of((), numpy.dtype(bool))
COUNT = aval_of((), numpy.dtype("i4"))

FEWEST_SLOTS, MOST_SLOTS = 8, 1024
"""Of checkpoints: 8 for 1,000 steps take each step 4 times, and 1024 for a million twice."""


@attrs.define(eq=False)
class WhileLoop:
    """A while loop that is being put together from nodes of other graphs.

    Attributes:
        predicate: whether it goes on, from ``asks`` and the carries' inputs.
        max_steps: as in `While`.
        asks: inputs that the condition alone needs, and operands for them.
        constants: inputs of the body, and operands.
        carries: inputs, what they become in a step, and operands.
    """

    predicate: Node
    max_steps: int | None = None
    asks: list[tuple[Node, Node]] = attrs.Factory(list)
    constants: list[tuple[Node, Node]] = attrs.Factory(list)
    carries: list[tuple[Node, Node, Node]] = attrs.Factory(list)

    @classmethod
    def like(cls, op: While, operands: Sequence[Node]) -> WhileLoop:
        """The loop of an op on its operands."""
        asks, constants, carries = op.split(operands)
        inputs = op.body.inputs
        now = inputs[op.body_constants :]
        first = op.condition_constants
        own = op.condition.inputs[:first]
        again = dict(zip(op.condition.inputs[first:], now, strict=True))
        return cls(
            inline(op.condition.outputs, again | {i: i for i in own})[0],
            op.max_steps,
            list(zip(own, asks, strict=True)),
            list(zip(inputs, constants, strict=False)),
            list(zip(now, op.body.outputs, carries, strict=True)),
        )

    def build_apart(self, asked: Sequence[Node], size: int) -> tuple[Node, ...]:
        """The final values of all carries of a batch, each lane of which stops on its own.

        The loop goes on until all are done; a lane that is done keeps its values.

        Args:
            asked: inputs that the predicate, of all lanes, has for the carries.
            size: of the batch.
        """
        going = input_leaf(aval_of((size,), FLAG.dtype), "going")
        now, ends, starts = zip(*self.carries, strict=True)
        ends = [
            Select()(Broadcast(n.aval.shape, (0,))(going), end, n)
            for end, n in zip(ends, now, strict=True)
        ]
        after = inline([self.predicate], dict(zip(asked, ends, strict=True)))[0]
        begin = dict(self.asks) | dict(zip(asked, starts, strict=True))
        before = inline([self.predicate], begin)[0]
        self.constants += self.asks
        self.asks = []
        self.predicate = ReduceOr((0,))(going)
        first = (going, And()(going, after), before)
        self.carries = [first, *zip(now, ends, starts, strict=True)]
        return tuple(self.build(range(1, len(self.carries))))

    def build(self, wanted: Sequence[int]) -> list[Node]:
        """The final values of the ``wanted`` carries, as nodes.

        What neither these nor the condition need is left out.
        """
        if not wanted:
            return []
        inputs = {i for i, *_ in (*self.asks, *self.constants, *self.carries)}
        ends = [end for place in wanted for end in self.carries[place][:2]]
        needed = needed_inputs(inputs, self.carries, [self.predicate, *ends])
        carries = [triple for triple in self.carries if triple[0] in needed]
        now = [i for i, *_ in carries]
        asks, condition = _graph(inputs, (*self.asks, *self.constants), now, [self.predicate])
        ends = [end for _, end, _ in carries]
        constants, body = _graph(inputs, self.constants, now, ends)
        op = While(condition, body, len(asks), len(constants), self.max_steps)
        results = projections(op(*asks, *constants, *[start for *_, start in carries]))
        place_of = {i: place for place, i in enumerate(now)}
        return [results[place_of[self.carries[place][0]]] for place in wanted]


def _graph(
    inputs: set[Node], pairs: Sequence[tuple[Node, Node]], now: Sequence[Node], outputs
) -> tuple[list[Node], Graph]:
    """A closed graph of the constants that it needs and of the carries, and those constants."""
    reached = set(toposort(outputs, stop=inputs))
    used = [pair for pair in pairs if pair[0] in reached]
    closed = close(inputs, outputs)
    fresh = {i: input_leaf(i.aval, "x", None, i.origin) for i in now}
    own = {i: input_leaf(i.aval, "constant", None, i.origin) for i, _ in used}
    keep = {i: i for i in closed.stand_ins}
    outs = inline(closed.outputs, {**fresh, **own, **keep})
    takes = [*closed.stand_ins, *own.values(), *fresh.values()]
    return [*closed.lifted, *[operand for _, operand in used]], Graph(takes, outs)

"""The loop over slices of arrays, whose length is known."""

from __future__ import annotations

from collections.abc import Sequence

import attrs
import numpy

from lazyax.graph.aval import aval_of
from lazyax.graph.graph import Graph, same_graph
from lazyax.graph.node import Node
from lazyax.graph.op import Op, primitive
from lazyax.graph.traversal import dependents, toposort
from lazyax.ops.primitives.leaves import input_leaf, projections
from lazyax.ops.primitives.merge import merge_scans
from lazyax.ops.primitives.shape import moveaxis
from lazyax.ops.primitives.subgraphs import (
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

INDEX = aval_of((), numpy.dtype("i4"))


@primitive
class Scan(Op):
    """A body run ``length`` times, of (\\*constants, \\*initial carries, \\*arrays to scan).

    The body takes (\\*constants, \\*carries, \\*slices) and returns (\\*carries, \\*slices of the
    results). f32[], f32[5] -> (f32[], f32[5,2]) for a body f32[], f32[] -> f32[], f32[2], one
    carry and length 5. ``reverse`` begins with the last slice; ``unroll`` steps are written out
    in each round of the loop. Lowers to `stablehlo.while`.
    """

    body: Graph = attrs.field(eq=same_graph)
    length: int
    constants: int
    carries: int
    reverse: bool = False
    unroll: int = 1

    expensive = True
    merge = merge_scans

    @property
    def carried(self) -> range:
        """Positions of the carries among the operands, and among the body's inputs."""
        return range(self.constants, self.constants + self.carries)

    def split(self, items: Sequence) -> tuple[list, list, list]:
        """Constants, carries and scanned ones of something that there is for each operand."""
        first, last = self.carried.start, self.carried.stop
        return list(items[:first]), list(items[first:last]), list(items[last:])

    def infer(self, *avals):
        constants, carries, xs = self.split(avals)
        for x in xs:
            self.require(
                x.shape[:1] == (self.length,),
                f"scans {self.length} slices along axis 0, got {x}",
            )
        slices = [x.with_shape(x.shape[1:]) for x in xs]
        require_fits(self, "the body", self.body, [*constants, *carries, *slices])
        outs = [node.aval for node in self.body.outputs]
        results, ys = outs[: self.carries], outs[self.carries :]
        self.require(
            same_avals(results, carries), f"the carries {carries} leave the body as {results}"
        )
        weak = [a.weak_type and b.weak_type for a, b in zip(carries, results, strict=True)]
        kept = [aval_of(a.shape, a.dtype, w) for a, w in zip(carries, weak, strict=True)]
        return (*kept, *[y.with_shape((self.length, *y.shape)) for y in ys])

    def evaluate(self, *arrays):
        constants, carries, xs = self.split(arrays)
        rows = []
        for step in range(self.length):
            at = self.length - 1 - step if self.reverse else step
            outs = run(self.body, [*constants, *carries, *[x[at] for x in xs]])
            carries = outs[: self.carries]
            rows.append(outs[self.carries :])
        if self.reverse:
            rows.reverse()
        avals = [node.aval for node in self.body.outputs[self.carries :]]
        ys = [
            numpy.array([row[i] for row in rows], aval.dtype).reshape((self.length, *aval.shape))
            for i, aval in enumerate(avals)
        ]
        return (*carries, *ys)

    def lower(self, emit, node, *operands):
        constants, carries, xs = self.split(operands)
        ys = [emit.constant(0, aval) for aval in node.aval[self.carries :]]
        rounds, rest = divmod(self.length, self.unroll)

        def steps(inner, count, index, state):
            for _ in range(count):
                state = self.emit_step(inner, constants, xs, index, state)
                index = inner.elementwise("add", INDEX, index, inner.constant(1, INDEX))
            return [index, *state]

        state = [emit.constant(0, INDEX), *carries, *ys]
        if rounds > 1:
            end = rounds * self.unroll
            state = emit.loop(
                state,
                lambda inner, now: inner.compare("LT", now[0], inner.constant(end, INDEX)),
                lambda inner, now: steps(inner, self.unroll, now[0], now[1:]),
            )
        else:
            rest = self.length
        return steps(emit, rest, state[0], state[1:])[1:]

    def emit_step(self, emit, constants, xs, index, state):
        """One step, at a run-time position: carries and results after it."""
        carries, ys = state[: self.carries], state[self.carries :]
        if self.reverse:
            last = emit.constant(self.length - 1, INDEX)
            index = emit.elementwise("subtract", INDEX, last, index)
        slices = [emit.row(x, index) for x in xs]
        outs = emit.graph(self.body, [*constants, *carries, *slices])
        rows = outs[self.carries :]
        ys = [emit.with_row(y, row, index) for y, row in zip(ys, rows, strict=True)]
        return [*outs[: self.carries], *ys]

    def jvp(self, out, operands, tangents):
        return self._move(operands, tangents, reverse=False)

    def linearize(self, out, operands, tangents):
        return self._move(operands, tangents, reverse=True)

    def _move(self, operands, tangents, reverse: bool):
        """Tangents of the results; ``reverse`` as in `lazyax.transforms.jvp`."""
        moving = [t is not None for t in tangents]
        moved = carried_tangents(self.body, moving, self.carried, reverse)
        tangent_of = dict(zip(moved.inputs, moved.others, strict=True))
        inputs, given = self.split(self.body.inputs), self.split(tangents)
        loop = Loop.like(self)
        loop.add_inputs(self, operands)
        for into, part in ((loop.constants, 0), (loop.xs, 2)):
            for i, t in zip(inputs[part], given[part], strict=True):
                if t is not None:
                    into.append((tangent_of[i], t))
        wanted: dict[Node, int] = {}
        for i, t, end in zip(inputs[1], given[1], moved.results, strict=False):
            if i in tangent_of:
                wanted[i] = len(loop.carries)
                loop.carries.append((tangent_of[i], or_zeros(end, i.aval), or_zeros(t, i.aval)))
        rows = moved.results[self.carries :]
        found, ys = loop.build(list(wanted.values()), [row for row in rows if row is not None])
        end_of, stacked = dict(zip(wanted, found, strict=True)), iter(ys)
        return (
            *[end_of.get(i) for i in inputs[1]],
            *[None if row is None else next(stacked) for row in rows],
        )

    def batch(self, operands, batched, size):
        constants, carries, xs = self.split(operands)
        lanes = carried_lanes(self.body, batched, self.carried, size)
        other = dict(zip(lanes.inputs, lanes.others, strict=True))
        inputs = [other.get(node, node) for node in self.body.inputs]
        loop = Loop.like(self)
        first, middle, last = self.split(inputs)
        which = self.split(lanes.which)
        given = self.split(batched)
        loop.constants += zip(first, constants, strict=True)
        for i, (row, has_lanes), init, wants, has in zip(
            middle, lanes.results, carries, which[1], given[1], strict=False
        ):
            end = with_lanes(row, has_lanes, size) if wants else row
            start = with_lanes(init, has, size) if wants else init
            loop.carries.append((i, end, start))
        for i, x, has in zip(last, xs, given[2], strict=True):
            loop.xs.append((i, moveaxis(x, 1, 0) if has else x))
        rows = lanes.results[self.carries :]
        found, ys = loop.build(range(self.carries), [row for row, _ in rows])
        return (
            *[with_lanes(r, has, size) for r, has in zip(found, which[1], strict=True)],
            *[
                moveaxis(y, 0, 1) if has else with_lanes(y, False, size)
                for y, (_, has) in zip(ys, rows, strict=True)
            ],
        )

    def pullback(self, cotangent, operands, linear):
        step = backward_step(self.body, linear, self.carried, cotangent)
        operand_of = dict(zip(self.body.inputs, operands, strict=True))
        loop = Loop(self.length, not self.reverse, self.unroll)
        for stand_in, (node, is_stacked) in zip(
            step.stand_ins, self._residuals(step.residuals, operand_of, step.which), strict=True
        ):
            (loop.xs if is_stacked else loop.constants).append((stand_in, node))
        return self._pull_back(loop, cotangent, step.pulled, step.arriving)

    def _residuals(self, nodes: Sequence[Node], operand_of, linear) -> list[tuple[Node, bool]]:
        """What the backward loop needs of the forward one, and whether it is stacked by step.

        What does not change from step to step is computed once, outside of the loops.
        """
        constants, carries, xs = [
            [i for i, is_linear in zip(part, flags, strict=True) if not is_linear]
            for part, flags in zip(self.split(self.body.inputs), self.split(linear), strict=True)
        ]
        changing = dependents(toposort(nodes, stop=set(operand_of)), {*carries, *xs})
        still = iter(inline([n for n in nodes if n not in changing], operand_of))
        end_of = dict(zip(self.split(self.body.inputs)[1], self.body.outputs, strict=False))
        loop = Loop.like(self)
        loop.constants += [(i, operand_of[i]) for i in constants]
        loop.carries += [(i, end_of[i], operand_of[i]) for i in carries]
        loop.xs += [(i, operand_of[i]) for i in xs]
        scanned = set(xs)
        stacked = iter(loop.build([], [n for n in nodes if n in changing and n not in scanned])[1])
        return [
            (next(still), False)
            if n not in changing
            else (operand_of[n] if n in scanned else next(stacked), True)
            for n in nodes
        ]

    def _pull_back(self, loop, cotangent, back, arriving):
        """The backward loop: cotangents of the operands."""
        constants, carries, xs = self.split(self.body.inputs)
        places: dict[Node, int] = {}
        for i in constants:
            if back.get(i) is not None:
                total = input_leaf(i.aval, "total")
                places[i] = len(loop.carries)
                loop.carries.append((total, total + back[i], zeros(i.aval)))
        for i, arrives, given in zip(carries, arriving, cotangent, strict=False):
            if i in back:
                places[i] = len(loop.carries)
                unused = input_leaf(i.aval, "cotangent") if arrives is None else arrives
                end = or_zeros(back[i], i.aval)
                loop.carries.append((unused, end, or_zeros(given, i.aval)))
        for arrives, given in zip(arriving[self.carries :], cotangent[self.carries :], strict=True):
            if arrives is not None:
                loop.xs.append((arrives, given))
        scanned = [i for i in xs if back.get(i) is not None]
        found, rows = loop.build(range(len(loop.carries)), [back[i] for i in scanned])
        row_of = dict(zip(scanned, rows, strict=True))
        return [
            found[places[i]] if i in places else row_of.get(i) for i in (*constants, *carries, *xs)
        ]


@attrs.define(eq=False)
class Loop:
    """A scan that is being put together from nodes of another body.

    Attributes:
        length, reverse, unroll: as in `Scan`.
        constants: inputs of the body, and operands for them.
        carries: inputs, what they become in a step, and operands.
        xs: inputs for slices, and the operands that are scanned.
    """

    length: int
    reverse: bool
    unroll: int
    constants: list[tuple[Node, Node]] = attrs.Factory(list)
    carries: list[tuple[Node, Node, Node]] = attrs.Factory(list)
    xs: list[tuple[Node, Node]] = attrs.Factory(list)

    @classmethod
    def like(cls, op: Scan) -> Loop:
        """An empty loop of the length and direction of an op."""
        return cls(op.length, op.reverse, op.unroll)

    def add_inputs(self, op: Scan, operands: Sequence[Node]) -> None:
        """Begin with the inputs and operands of an op."""
        inputs, given = op.split(op.body.inputs), op.split(operands)
        self.constants += zip(inputs[0], given[0], strict=True)
        self.carries += zip(inputs[1], op.body.outputs[: op.carries], given[1], strict=True)
        self.xs += zip(inputs[2], given[2], strict=True)

    def build(self, wanted: Sequence[int], ys: Sequence[Node]) -> tuple[list[Node], list[Node]]:
        """The final values of the ``wanted`` carries, and ``ys`` of all steps, as nodes.

        Carries, constants and slices that neither needs are left out.
        """
        inputs = {i for i, *_ in (*self.constants, *self.carries, *self.xs)}
        ends = [end for place in wanted for end in self.carries[place][:2]]
        needed = needed_inputs(inputs, self.carries, [*ys, *ends])
        constants = [pair for pair in self.constants if pair[0] in needed]
        carries = [triple for triple in self.carries if triple[0] in needed]
        xs = [pair for pair in self.xs if pair[0] in needed]
        closed = close(inputs, [*[end for _, end, _ in carries], *ys])
        constants += zip(closed.stand_ins, closed.lifted, strict=True)
        takes = [i for i, *_ in (*constants, *carries, *xs)]
        op = Scan(
            Graph(takes, closed.outputs),
            self.length,
            len(constants),
            len(carries),
            self.reverse,
            self.unroll,
        )
        if not closed.outputs:
            return [], []
        results = projections(op(*[given for *_, given in (*constants, *carries, *xs)]))
        place_of = {i: place for place, (i, *_) in enumerate(carries)}
        kept = [results[place_of[self.carries[place][0]]] for place in wanted]
        return kept, list(results[len(carries) :])

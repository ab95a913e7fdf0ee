"""From a plan to the text of a StableHLO module."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection
from typing import Any

import attrs
import numpy

from lazyax.graph.aval import aval_of
from lazyax.xla.blocks import Blocks, blocks_of
from lazyax.xla.emit import Emitter, Value, tensor_type
from lazyax.xla.merge import steps_of
from lazyax.xla.plan import Plan
from lazyax.xla.processor import NARROW
from lazyax.xla.roll import Roll, roll_up, scalar_places


def scalar_dtypes(plan: Plan) -> list[numpy.dtype]:
    """Dtypes of the plan's scalars, in the order of their packed arguments."""
    return list(dict.fromkeys(node.aval.dtype for node in plan.scalars))


Donations = tuple[tuple[int, int], ...]
"""Pairs of an argument and a result that takes over its memory, by position."""


@attrs.frozen(eq=False)
class Module:
    """A lowered program, before it is written out.

    Attributes:
        functions: private functions that the body calls.
        parameters: of the main function, each as ``%name: type``.
        results: types of the results.
        body: of the main function, with its return.
        options: XLA's debug options that it needs.
        is_exact: whether results have the same bits in every program, so that it is compiled in
            one way only.
        blocks: the same as a loop over blocks, where that is faster unless results are written
            over arguments, of which the last block is read twice.
    """

    functions: str
    parameters: tuple[str, ...]
    results: tuple[str, ...]
    body: str
    options: dict[str, object] = attrs.field(factory=dict)
    is_exact: bool = False
    blocks: Module | None = None

    def text(self, donated: Donations = (), recycled: Collection[int] = ()) -> str:
        """The StableHLO module.

        Args:
            donated: arguments whose memory a result takes over.
            recycled: results that take over the memory of a further, unused argument each.
        """
        if self.blocks is not None and not donated:
            return self.blocks.text(donated, recycled)
        alias = " {{tf.aliasing_output = {} : i32}}".format
        marks = {argument: alias(result) for argument, result in donated}
        given = [part + marks.get(place, "") for place, part in enumerate(self.parameters)]
        scratch = [f"%r{number}: {self.results[number]}{alias(number)}" for number in recycled]
        parameters = ", ".join([*given, *scratch])
        results = ", ".join(self.results)
        return (
            f"module @lazyax {{\n{self.functions}\n"
            f"func.func public @main({parameters}) -> ({results}) {{\n{self.body}\n}}\n}}\n"
        )


def lower(plan: Plan, platform: str = "cpu") -> str:
    """The text of the module that computes a plan: see `lower_module`."""
    return lower_module(plan, platform).text()


def lower_module(plan: Plan, platform: str = "cpu") -> Module:
    """The module that computes a plan.

    Arguments are the plan's buffers in order, then one packed vector for each dtype of scalars.
    Each line carries the user's line as its location.

    Args:
        plan: what to compute.
        platform: where it will run, for ops that lower differently.
    """
    rolled = plan.rolled or roll_up(plan)
    main = _Main(rolled.plan, platform)
    done = 0
    for roll in rolled.rolls:
        main.lower(done, roll.start)
        main.loop(roll)
        done = roll.stop
    main.lower(done, len(rolled.plan.nodes))
    module = main.module()
    blocks = None if rolled.rolls or platform != "cpu" else blocks_of(plan)
    if blocks is None:
        return module
    main = _Main(plan, platform)
    main.in_blocks(blocks)
    return attrs.evolve(module, blocks=main.module(), options=KEEP_LOOPS)


KEEP_BARRIERS: dict[str, object] = {"xla_disable_hlo_passes": "cse_barrier_expander"}
"""XLA takes barriers away from programs for CPUs before it merges what is equal."""


KEEP_LOOPS: dict[str, object] = {
    "xla_disable_hlo_passes": "cse_barrier_expander,small-while-loop-hoisting"
}
"""And makes one kernel of a loop over little data, which can not hold a barrier."""


def _packs(plan: Plan) -> dict[numpy.dtype, Value]:
    """The packed arguments that hold the plan's scalars, by dtype."""
    counts = Counter(node.aval.dtype for node in plan.scalars)
    return {
        dtype: Value(f"%s{place}", aval_of((counts[dtype],), dtype))
        for place, dtype in enumerate(scalar_dtypes(plan))
    }


class _Main:
    """The main function while it is written.

    Attributes:
        plan: what to compute.
        emit: what its lines go to.
        values: for each number of the plan, the value that was emitted for it.
        arguments: values of the nodes that are arguments.
        packs: packed scalars by dtype.
        place: of each scalar's number, its place in its pack.
        stacks: loops that were emitted, and what they stacked, by position in a piece.
    """

    def __init__(self, plan: Plan, platform: str):
        self.plan, self.emit = plan, Emitter(platform)
        self.values: list = [None] * len(plan.nodes)
        self.arguments = {
            node: Value(f"%a{place}", node.aval) for place, node in enumerate(plan.arguments)
        }
        self.packs = _packs(plan)
        self.place = scalar_places(plan)
        self.stacks: list[tuple[Roll, dict[int, Value]]] = []

    def module(self) -> Module:
        """What was emitted, with the plan's outputs for results."""
        emit, results = self.emit, [self.values[number] for number in self.plan.outputs]
        functions, body = "\n".join(emit.functions.values()), emit.body(results)
        has_barrier = "stablehlo.optimization_barrier" in body + functions
        parameters = [*self.arguments.values(), *self.packs.values()]
        return Module(
            functions,
            tuple([f"{value.name}: {value.type}" for value in parameters]),
            tuple([value.type for value in results]),
            body,
            {
                **(KEEP_BARRIERS if has_barrier and emit.platform == "cpu" else {}),
                **(NARROW if self._is_narrow() else {}),
            },
            "same bits" in emit.demands,
        )

    def _is_narrow(self) -> bool:
        """Whether narrow vectors are asked for, and what they are asked for is most of it."""
        most = self.emit.demands.get("narrow")
        if most is None:
            return False
        pairs = zip(self.plan.entries, self.plan.nodes, strict=True)
        avals = [node.aval for entry, node in pairs if type(entry) is tuple]
        return all(type(aval) is tuple or aval.size <= most for aval in avals)

    def in_blocks(self, blocks: Blocks) -> None:
        """Emit all of the plan as a loop over blocks."""
        self._lower_leaves(0, len(self.plan.nodes))
        vectors = blocks.lower(self.emit, self.values)
        for number, vector in zip(blocks.outputs, vectors, strict=True):
            self.values[number] = self.emit.reshape(vector, self.plan.nodes[number].aval.shape)

    def lower(self, first: int, last: int) -> None:
        """Emit a range of the plan."""
        self._lower_leaves(first, last)
        steps = steps_of(self.plan.entries[first:last], self.plan.nodes, first)
        self.emit.steps(steps, self.values)

    def _lower_leaves(self, first: int, last: int) -> None:
        for index in range(first, last):
            entry, node = self.plan.entries[index], self.plan.nodes[index]
            if type(entry) is str:
                self.values[index] = self.arguments[node]
            elif type(entry) is not tuple:
                pack, place = self.packs[entry], self.place[index]
                self.values[index] = _element(self.emit, pack, place, node.aval.with_shape(()))

    def _lower_op(self, emit: Emitter, index: int, operands: list) -> Any:
        node = self.plan.nodes[index]
        emit.location = emit.locations.text(node)
        return self.plan.entries[index][0].lower(emit, node, *operands)

    def loop(self, roll: Roll) -> None:
        """Emit the pieces of a roll as one loop.

        Its state are the values that a piece takes from the one before, which are those of the last
        piece in the end, and a stack for each value of which later loops read all rounds.
        """
        emit = self.emit
        before, last = roll.start - roll.size, roll.stop - roll.size
        counter = aval_of((), numpy.dtype("i4"))
        rows, sources = self._rows(roll), self._sources(roll)
        avals = [self.plan.nodes[roll.start + place].aval for place in roll.stacked]
        stacks = [emit.constant(0, a.with_shape((roll.rounds, *a.shape))) for a in avals]

        def step(inner: Emitter, now: list[Value]) -> list[Value]:
            index, carries = now[0], dict(zip(roll.carried, now[1:], strict=False))
            here = {number: inner.row(row, index) for number, row in rows.items()}
            read = {key: _read_row(inner, source, index) for key, source in sources.items()}
            values = self._piece(inner, roll, carries, here, read)
            following = inner.elementwise("add", counter, index, inner.constant(1, counter))
            stacked = [
                inner.with_row(stack, values[place], index)
                for place, stack in zip(roll.stacked, now[1 + len(carries) :], strict=True)
            ]
            return [following, *[values[place] for place in roll.carried], *stacked]

        ended = emit.loop(
            [emit.constant(0, counter), *[self.values[before + p] for p in roll.carried], *stacks],
            lambda inner, now: inner.compare("LT", now[0], inner.constant(roll.rounds, counter)),
            step,
        )
        for place, value in zip(roll.carried, ended[1:], strict=False):
            self.values[last + place] = value
        self._keep(roll, dict(zip(roll.stacked, ended[1 + len(roll.carried) :], strict=True)))

    def _keep(self, roll: Roll, stacks: dict[int, Value]) -> None:
        """Have the stacks of a loop at hand, and what is used of them one by one."""
        self.stacks.append((roll, stacks))
        for number in roll.kept:
            row, place = divmod(number - roll.start, roll.size)
            here = self.emit.constant(row, aval_of((), numpy.dtype("i4")))
            self.values[number] = self.emit.row(stacks[place], here)

    def _sources(self, roll: Roll) -> dict[tuple[int, int], tuple[Value, int, int]]:
        """For each read of a roll, the stack, its row for the first piece, and rows from to."""
        found = {}
        for key, (operand, further) in roll.reads.items():
            for source, stacks in self.stacks:
                if source.start <= operand < source.stop:
                    row, place = divmod(operand - source.start, source.size)
                    found[key] = (stacks[place], row, further // source.size)
        return found

    def _piece(
        self, emit: Emitter, roll: Roll, carries: dict[int, Value], scalars, read
    ) -> list[Any]:
        """Emit one piece, given what the piece before left, its scalars and what it reads."""
        entries, values = self.plan.entries, []
        for index in range(roll.start, roll.start + roll.size):
            entry = entries[index]
            if type(entry) is not tuple:
                values.append(scalars[index])
                continue
            operands = []
            pairs = zip(entry[1:], entries[index + roll.size][1:], strict=True)
            for place, (number, later) in enumerate(pairs):
                row = read.get((index - roll.start, place))
                if row is not None:
                    operands.append(row)
                elif number == later:
                    operands.append(self.values[number])
                elif number < roll.start:
                    operands.append(carries[number - roll.start + roll.size])
                else:
                    operands.append(values[number - roll.start])
            values.append(self._lower_op(emit, index, operands))
        return values

    def _rows(self, roll: Roll) -> dict[int, Value]:
        """For each scalar of the first piece, the vector of those that take its place in others."""
        rows = {}
        for number in range(roll.start, roll.start + roll.size):
            if number in self.place:
                first = self.place[number]
                step = self.place[number + roll.size] - first
                pack = self.packs[self.plan.entries[number]]
                aval = self.plan.nodes[number].aval.with_shape((roll.rounds,))
                rows[number] = _part(self.emit, pack, first, aval, step)
        return rows


def _read_row(emit: Emitter, source: tuple[Value, int, int], index: Value) -> Value:
    """The row that a piece reads of a stack: the first, and further by so many a round."""
    stack, first, further = source
    aval = index.aval
    away = emit.elementwise("multiply", aval, index, emit.constant(further, aval))
    return emit.row(stack, emit.elementwise("add", aval, away, emit.constant(first, aval)))


def _part(emit: Emitter, pack: Value, first: int, aval: Any, step: int = 1) -> Value:
    """Some elements of a vector, at even distances."""
    last = first + step * (aval.size - 1)
    return emit(
        f"stablehlo.slice {pack} [{first}:{last + 1}:{step}] : "
        f"({pack.type}) -> {tensor_type(aval)}",
        aval,
    )


def _element(emit: Emitter, pack: Value, place: int, aval: Any) -> Value:
    """One element of a vector, as a scalar."""
    part = _part(emit, pack, place, aval.with_shape((1,)))
    return emit.reshape(part, aval.shape)

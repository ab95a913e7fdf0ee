"""Large elementwise programs with several results are run block by block.

XLA:CPU makes a loop of each result, and stores what two of them share, or computes it again. Where
arrays are large, all of that goes through memory, most of it fresh. Where every result is made
element by element, one loop over blocks does the same in the cache (docs/adr/0035).
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import attrs
import numpy

from lazyax.graph.aval import Aval, aval_of
from lazyax.graph.node import Node
from lazyax.xla import kernels, processor
from lazyax.xla.emit import Emitter, Value, tensor_type
from lazyax.xla.kernels import UNWRITTEN
from lazyax.xla.merge import Step, steps_of
from lazyax.xla.plan import Plan

SMALLEST = 2**23
"""Elements from which on results do not fit the cache: 32 MiB of float32."""

LARGEST = 2**31 - 2**26
"""Elements up to which an int32 counts them, a block more included."""

BLOCK = 2**17
"""Elements of a block for each processor: some 0.5 MiB an array."""

COUNTER = aval_of((), numpy.dtype("i4"))


@attrs.frozen(eq=False)
class Blocks:
    """A plan as a loop over blocks.

    Attributes:
        size: of the arrays, in elements.
        length: of a block.
        before: ops of 0-d values.
        inside: ops of blocks.
        arrays: numbers of the arguments that blocks are read of.
        outputs: numbers of the results.
        whole: their avals, as vectors.
    """

    size: int
    length: int
    before: Sequence[Step]
    inside: Sequence[Step]
    arrays: Sequence[int]
    outputs: Sequence[int]
    whole: Sequence[Aval]

    def lower(self, emit: Emitter, values: list) -> list[Value]:
        """Emit the loop, and return the results as vectors.

        The last block is as long as the others. It overlaps the one before, and what it computes
        again is the same.

        Args:
            emit: of the main function.
            values: for each number the value, which arguments and numbers have already.
        """
        emit.steps(self.before, values)
        flat = {number: emit.reshape(values[number], (self.size,)) for number in self.arrays}
        start = [_unwritten(emit, aval, place) for place, aval in enumerate(self.whole)]
        read = {number for step in self.inside for number in step.numbers}

        def step(inner: Emitter, now: list[Value]) -> list[Value]:
            place, *written = now
            local = list(values)
            for number, array in flat.items():
                local[number] = _read(inner, array, place, self.length)
            inner.is_main, inner.is_inside = True, False  # it is never made one kernel
            inner.steps(self.inside, local, read.intersection(self.outputs))
            further = inner.constant(self.length, COUNTER)
            following = inner.elementwise("add", COUNTER, place, further)
            pairs = zip(self.outputs, written, strict=True)
            return [following, *[_write(inner, to, local[n], place) for n, to in pairs]]

        ended = emit.loop(
            [emit.constant(0, COUNTER), *start],
            lambda inner, now: inner.compare("LT", now[0], inner.constant(self.size, COUNTER)),
            step,
        )
        return ended[1:]


def blocks_of(plan: Plan) -> Blocks | None:
    """How to run a plan block by block; None where that is impossible, or gains nothing.

    All results must have one shape, and be made element by element of arrays of that shape and of
    0-d values. Something is gained where two of them share what is stored on the way.
    """
    shapes = {plan.nodes[number].aval.shape for number in plan.outputs}
    if len(plan.outputs) < 2 or len(shapes) > 1:
        return None
    (shape,) = shapes
    size, length = math.prod(shape), BLOCK * processor.count()
    if not max(SMALLEST, 2 * length) <= size <= LARGEST:
        return None
    before, inside = [], []
    for step in steps_of(plan.entries, plan.nodes):
        found = _in_block(step, plan, shape, length)
        if found is None:
            return None
        (inside if found.node.aval.ndim else before).append(found)
    numbers = [n for n, entry in enumerate(plan.entries) if type(entry) is str]
    arrays = [number for number in numbers if plan.nodes[number].aval.shape == shape]
    if not (_is_shared(plan.outputs, inside) and kernels.is_there(UNWRITTEN)):
        return None
    whole = [plan.nodes[number].aval.with_shape((size,)) for number in plan.outputs]
    return Blocks(size, length, before, inside, arrays, plan.outputs, whole)


def _in_block(step: Step, plan: Plan, shape: tuple[int, ...], length: int) -> Step | None:
    """A step as it is where results are 0-d, or on a block; None where it is on neither."""
    avals = [step.node.aval, *[plan.nodes[number].aval for number in step.numbers]]
    if any(type(aval) is tuple or aval.shape not in ((), shape) for aval in avals):
        return None
    if all(aval.shape == () for aval in avals):
        return step
    op = step.op.on_block((length,))
    if op is None or avals[0].shape == ():
        return None
    node = Node(op, (), avals[0].with_shape((length,)), step.node.origin)
    return Step(op, step.numbers, node, step.targets)


def _is_shared(outputs: Sequence[int], inside: Sequence[Step]) -> bool:
    """Whether two results are made of one value that is computed and no result itself."""
    ends: dict[int, set[int]] = {}
    for step in reversed(inside):
        number = step.targets[0][0]
        here = {number} if number in outputs else ends.get(number, set())
        if len(here) > 1 and step.numbers:
            return True
        for operand in step.numbers:
            ends.setdefault(operand, set()).update(here)
    return False


def _unwritten(emit: Emitter, aval: Aval, number: int) -> Value:
    """Memory for a result. By their numbers XLA knows them apart, else it copies one."""
    known = emit.constant(number, COUNTER)
    return emit.kernel(UNWRITTEN, [known], [aval], {}, in_place=None)[0]


def _read(emit: Emitter, x: Value, start: Value, length: int) -> Value:
    aval = x.aval.with_shape((length,))
    return emit(
        f"stablehlo.dynamic_slice {x}, {start}, sizes = [{length}] : "
        f"({x.type}, {start.type}) -> {tensor_type(aval)}",
        aval,
    )


def _write(emit: Emitter, x: Value, block: Value, start: Value) -> Value:
    return emit(
        f"stablehlo.dynamic_update_slice {x}, {block}, {start} : "
        f"({x.type}, {block.type}, {start.type}) -> {x.type}",
        x.aval,
    )

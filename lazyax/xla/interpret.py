"""Plans run by NumPy, each op by its ``evaluate``: those that `lazyax.xla.cold` chooses.

Factorizations run as programs of their own (`lazyax.xla.alone`).
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import attrs
import numpy

from lazyax.graph.garbage import uncollected
from lazyax.ops.primitives.shape import Broadcast
from lazyax.xla.alone import run_alone
from lazyax.xla.buffers import Buffer, put, view
from lazyax.xla.plan import Plan

Step = tuple[int, Callable[..., Any], tuple[int, ...], Any, list[int]]


@attrs.frozen(eq=False)
class Routine:
    """What NumPy does for a program's structure, found out once.

    Attributes:
        arguments: numbers and avals of the arguments.
        scalars: numbers and dtypes of the packed scalars.
        steps: for each op its number, its ``evaluate``, the operands' numbers, the result's aval,
            and the numbers of values that nothing behind it needs: their memory is used again.
    """

    arguments: list[tuple[int, Any]]
    scalars: list[tuple[int, numpy.dtype]]
    steps: list[Step]


def interpret(planned: Plan, buffers: Sequence[Buffer], scalars: Sequence[complex]) -> list[Buffer]:
    """The outputs of a plan, each op by its ``evaluate``. A hot path: 0.4 us an op beside NumPy's.

    What the next plan of this structure needs as well is kept with its key.
    """
    routine = planned.key.routine
    if routine is None:
        routine = planned.key.routine = _routine_of(planned)
    values: list[Any] = [None] * len(planned.nodes)
    for (number, aval), buffer in zip(routine.arguments, buffers, strict=True):
        values[number] = view(buffer, aval)
    for (number, dtype), scalar in zip(routine.scalars, scalars, strict=True):
        values[number] = numpy.asarray(scalar, dtype)
    with numpy.errstate(all="ignore"):
        for number, evaluate, operands, aval, dead in routine.steps:
            value = evaluate(*[values[operand] for operand in operands])
            if type(value) is not numpy.ndarray or value.dtype is not aval.dtype:
                value = conform(value, aval)
            values[number] = value
            for one in dead:
                values[one] = None
    return [put(values[number]) for number in planned.outputs]


@uncollected
def _routine_of(planned: Plan) -> Routine:
    """What to do, users first: so is known what nothing needs any more."""
    entries, nodes = planned.entries, planned.nodes
    arguments, scalars, steps = [], [], []
    single = _broadcast_elements(entries)
    needed = set(planned.outputs)
    for number in range(len(entries) - 1, -1, -1):
        entry, aval = entries[number], nodes[number].aval
        if type(entry) is str:
            arguments.append((number, aval))
        elif type(entry) is not tuple:
            scalars.append((number, entry))
        elif number in needed or number not in single:
            op, operands = entry[0], entry[1:]
            if not single.keys().isdisjoint(operands) and op.on_block(aval.shape) is op:
                operands = _single_where_one_is_whole(operands, single)
            evaluate = functools.partial(run_alone, op) if op.alone else op.evaluate
            dead = [operand for operand in operands if operand not in needed]
            needed.update(operands)
            steps.append((number, evaluate, operands, aval, dead))
    return Routine(arguments[::-1], scalars[::-1], steps[::-1])


def _broadcast_elements(entries: Sequence[Any]) -> dict[int, int]:
    """By the number of a broadcast of a single element, that of the element."""
    return {
        number: entry[1]
        for number, entry in enumerate(entries)
        if type(entry) is tuple and type(entry[0]) is Broadcast and not entry[0].axes
    }


def _single_where_one_is_whole(
    operands: tuple[int, ...], single: Mapping[int, int]
) -> tuple[int, ...]:
    """Operands of an elementwise op: NumPy broadcasts elements itself beside an array."""
    if single.keys() >= set(operands):
        return operands
    return tuple([single.get(operand, operand) for operand in operands])


def conform(result: Any, aval: Any) -> Any:
    """NumPy's result as an array of the inferred dtype; its shape must already be right."""
    if isinstance(aval, tuple):
        return tuple(conform(part, of) for part, of in zip(result, aval, strict=True))
    array = numpy.asarray(result).astype(aval.dtype, copy=False)
    if array.shape != aval.shape:
        raise AssertionError(f"evaluate gave {array.shape} where {aval} was inferred")
    return array

"""Plans run by NumPy, each op by its ``evaluate``: those that `lazyax.xla.cold` chooses.

Factorizations run as programs of their own (`lazyax.xla.alone`).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy

from lazyax.xla.alone import run_alone
from lazyax.xla.buffers import SMALLEST_RECYCLED, Buffer, put, view
from lazyax.xla.plan import Plan


def interpret(planned: Plan, buffers: Sequence[Buffer], scalars: Sequence[complex]) -> list[Buffer]:
    """The outputs of a plan, each op by its ``evaluate``. A hot path: 1 us an op beside NumPy's."""
    values: list[Any] = [None] * len(planned.nodes)
    arrays, numbers = zip(planned.arguments, buffers, strict=True), iter(scalars)
    last = _last_uses(planned)
    with numpy.errstate(all="ignore"):
        for index, entry in enumerate(planned.entries):
            aval = planned.nodes[index].aval
            if type(entry) is tuple:
                op, *operands = entry
                given = [values[operand] for operand in operands]
                value = run_alone(op, given) if op.alone else op.evaluate(*given)
                if type(value) is not numpy.ndarray or value.dtype is not aval.dtype:
                    value = conform(value, aval)
                values[index] = value
                for dead in last.get(index, ()):
                    values[dead] = None
            elif type(entry) is str:
                node, buffer = next(arrays)
                values[index] = view(buffer, node.aval)
            else:
                values[index] = numpy.asarray(next(numbers), entry)
    return [put(values[number]) for number in planned.outputs]


def _last_uses(planned: Plan) -> dict[int, list[int]]:
    """By number, the large operands that nothing behind it needs; their memory is used again."""
    found: dict[int, list[int]] = {}
    seen = set(planned.outputs)
    for index in range(len(planned.entries) - 1, -1, -1):
        entry = planned.entries[index]
        if type(entry) is tuple:
            for operand in entry[1:]:
                if operand not in seen:
                    seen.add(operand)
                    aval = planned.nodes[operand].aval
                    if type(aval) is tuple or aval.nbytes >= SMALLEST_RECYCLED // 16:
                        found.setdefault(index, []).append(operand)
    return found


def conform(result: Any, aval: Any) -> Any:
    """NumPy's result as an array of the inferred dtype; its shape must already be right."""
    if isinstance(aval, tuple):
        return tuple(conform(part, of) for part, of in zip(result, aval, strict=True))
    array = numpy.asarray(result).astype(aval.dtype, copy=False)
    if array.shape != aval.shape:
        raise AssertionError(f"evaluate gave {array.shape} where {aval} was inferred")
    return array

"""Small programs that are new run in NumPy: compiling one costs more than running it many times.

XLA takes 25 ms to compile one op and some 3 ms for each further one. NumPy takes 1-2 us for an op
on a small array. So what is seen once, as in a notebook, a test suite or a check of gradients, is
never compiled; what comes back is (docs/adr/0010).
"""

from __future__ import annotations

import math
import threading
from collections.abc import Sequence
from typing import Any

import numpy

from lazyax.config import config
from lazyax.xla import client
from lazyax.xla.buffers import Buffer, put, to_numpy
from lazyax.xla.plan import Key, Plan

LARGEST = 2**14
"""Elements of the largest array in a program that NumPy runs."""

WORK_PER_OP = 2**16
"""Elements that a program may compute for each of its ops: some 0.3 ms, against 3 of compiling."""

NODES_PER_RUN = 100
"""Nodes for each of which a program is interpreted `config.cold_runs` times more."""

MOST_NODES = 2_000
"""Nodes beyond which most are steps of a loop that is rolled up."""

MOST_STEPS = 20_000
"""Nodes beyond which NumPy takes longer than XLA to compile such a loop."""

KEYS_REMEMBERED = 100_000


class Cold:
    """Which programs are still cold: how often each was interpreted.

    Only hashes of keys are kept. Should two be equal, one program is compiled a little early.

    Attributes:
        runs: programs that were interpreted, counting each time.
    """

    def __init__(self):
        self.runs = 0
        self._seen: dict[int, int] = {}
        self._lock = threading.Lock()

    def takes(self, key: Key, planned: Plan) -> bool:
        """Whether to interpret a program that is not compiled; counts it if so."""
        if not config.cold_runs or client.backend().platform != "cpu":
            return False
        with self._lock:
            seen = self._seen.get(key.hash, 0)
            if seen >= runs_when_cold(planned) or not is_small(planned):
                return False
            if len(self._seen) >= KEYS_REMEMBERED:
                self._seen.clear()
            self._seen[key.hash] = seen + 1
            self.runs += 1
        return True

    def clear(self) -> None:
        """Forget which programs were seen."""
        with self._lock:
            self._seen.clear()


cold = Cold()
"""Of the process."""


def runs_when_cold(planned: Plan) -> int:
    """How often to interpret a plan: compiling takes longer, the more nodes it has."""
    nodes = len(planned.nodes)
    if nodes > MOST_NODES:
        return config.cold_runs if nodes <= MOST_STEPS else 0
    return config.cold_runs * max(1, nodes // NODES_PER_RUN)


def is_small(planned: Plan) -> bool:
    """Whether NumPy runs a plan in far less time than XLA compiles it, and to nearly the same bits.

    Not where an op says that it may differ by more, and not in floats of less than 32 bits, which
    XLA rounds once for each fused group of ops and NumPy after each op.
    """
    work = 0
    for entry, node in zip(planned.entries, planned.nodes, strict=True):
        avals = node.aval if type(node.aval) is tuple else (node.aval,)
        for aval in avals:
            if aval.size > LARGEST or (aval.is_inexact and aval.dtype.itemsize < 4):
                return False
            work += aval.size
        if type(entry) is not tuple or entry[0].is_plain:
            continue
        if not entry[0].interpreted:
            return False
        # of a dot, exactly the multiplications: sqrt(mk * kn * mn)
        sizes = [planned.nodes[operand].aval.size for operand in entry[1:]]
        work += math.isqrt(math.prod(sizes) * avals[0].size)
    return work <= WORK_PER_OP * len(planned.nodes)


def interpret(planned: Plan, buffers: Sequence[Buffer], scalars: Sequence[complex]) -> list[Buffer]:
    """The outputs of a plan, each op by its ``evaluate``. A hot path: 1 us an op beside NumPy's."""
    values: list[Any] = [None] * len(planned.nodes)
    arrays, numbers = zip(planned.arguments, buffers, strict=True), iter(scalars)
    with numpy.errstate(all="ignore"):
        for index, entry in enumerate(planned.entries):
            aval = planned.nodes[index].aval
            if type(entry) is tuple:
                op, *operands = entry
                value = op.evaluate(*[values[operand] for operand in operands])
                if type(value) is not numpy.ndarray or value.dtype is not aval.dtype:
                    value = conform(value, aval)
                values[index] = value
            elif type(entry) is str:
                node, buffer = next(arrays)
                values[index] = to_numpy(buffer, node.aval)
            else:
                values[index] = numpy.asarray(next(numbers), entry)
    return [put(values[number]) for number in planned.outputs]


def conform(result: Any, aval: Any) -> Any:
    """NumPy's result as an array of the inferred dtype; its shape must already be right."""
    if isinstance(aval, tuple):
        return tuple(conform(part, of) for part, of in zip(result, aval, strict=True))
    array = numpy.asarray(result).astype(aval.dtype, copy=False)
    if array.shape != aval.shape:
        raise AssertionError(f"evaluate gave {array.shape} where {aval} was inferred")
    return array

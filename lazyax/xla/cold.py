"""Which programs NumPy runs: those that are new, and those that are being compiled meanwhile.

XLA takes some 25 ms to compile a program, and 2 ms for each op of it; in that time NumPy computes
millions of elements. What is seen once, as in a notebook, a test suite or a check of gradients, is
never compiled. What NumPy has spent as much on as compiling would have taken is compiled: nobody
waits for more than twice what would have been best. Where a processor is free, it is compiled far
earlier, in the background, and until that is done it runs as fast as NumPy does
(docs/adr/0010, 0029, 0042).
"""

from __future__ import annotations

import math
import threading
from collections import Counter
from collections.abc import Sequence

import attrs

from lazyax.config import config
from lazyax.graph.node import Node
from lazyax.xla import client, processor, tiers
from lazyax.xla.plan import Plan
from lazyax.xla.program import program_of

LARGEST = 2**22
"""Elements of the largest array in a program that NumPy runs: beyond, intermediates that XLA never
stores cost too much memory."""

NUMPY_OP, NUMPY_ELEMENT = 1e-6, 0.5e-9
"""Seconds that NumPy takes for an op, and for each element of it."""

EXPENSIVE, PRODUCTS = 4, 16
"""Elements as which one of an expensive op counts, and multiplications of a dot that count as one:
sums, gathers and sorts take longer, and BLAS takes less."""

XLA_PROGRAM, XLA_OP, XLA_ALONE, XLA_STEP = 25e-3, 2.2e-3, 0.1, 3e-6
"""Seconds that XLA takes to compile a program, for each op, for each that calls LAPACK, and for
each in a loop that is rolled up."""

MOST_NODES, BODY = 2_000, 128
"""Nodes beyond which most are steps of a loop that is rolled up; as many are compiled, about."""

BESIDE = 0.1
"""Of the seconds of compiling, those that NumPy has spent when it begins on a free processor."""

KEYS_REMEMBERED = 100_000


@attrs.frozen
class Cost:
    """Estimated seconds, the same on any machine: a script compiles the same programs each time.

    Attributes:
        numpy: of a run by NumPy; infinite where it is left to XLA.
        xla: to compile it in full.
    """

    numpy: float
    xla: float


class Cold:
    """Which programs are still cold: how often each was interpreted.

    Only hashes of keys are kept. Should two be equal, one program is compiled a little early.

    Attributes:
        runs: programs that were interpreted, counting each time.
    """

    def __init__(self):
        self.runs = 0
        self._seen: dict[int, int] = {}
        self._compiling: set[int] = set()
        self._lock = threading.Lock()

    def takes(self, planned: Plan) -> bool:
        """Whether to interpret a program, which is not compiled; counts it if so.

        Not if that would take NumPy longer, all runs counted, than compiling takes. Before that it
        is compiled in the background where it may be, and interpreted until that is done.
        """
        if not config.cold_runs or client.backend().platform != "cpu":
            return False
        cost, key = cost_of(planned), planned.key.hash
        with self._lock:
            seen = self._seen.get(key, 0)
            if (seen + 1) * cost.numpy > cost.xla:
                return False
            is_hot = seen >= config.cold_runs and (seen + 1) * cost.numpy >= cost.xla * BESIDE
            if is_hot and _may_wait(planned):
                self._ask(planned)
            if len(self._seen) >= KEYS_REMEMBERED:
                self._seen.clear()
            self._seen[key] = seen + 1
            self.runs += 1
        return True

    def knows(self, planned: Plan) -> bool:
        """Whether a program was interpreted before."""
        return planned.key.hash in self._seen

    def _ask(self, planned: Plan) -> None:
        """Have a program compiled in the background, unless it is under way."""
        key = planned.key.hash
        if key in self._compiling:
            return
        alone = without_operands(planned)

        def work() -> None:
            try:
                program_of(alone)
            finally:
                self._compiling.discard(key)

        self._compiling.add(key)  # before it is asked for, since it may be done at once
        if not tiers.background.ask(work):
            self._compiling.discard(key)

    def clear(self) -> None:
        """Forget which programs were seen."""
        with self._lock:
            self._seen.clear()


cold = Cold()
"""Of the process."""


def _may_wait(planned: Plan) -> bool:
    """Whether a program may be compiled in the background: on a processor that is free."""
    is_small = len(planned.nodes) <= MOST_NODES
    return bool(config.quick_runs) and is_small and processor.count() > 1


def cost_of(planned: Plan) -> Cost:
    """What a program costs, which is kept with its key."""
    found = planned.key.cost
    if found is None:
        nodes = len(planned.nodes)
        if nodes <= MOST_NODES:
            alone = [entry for entry in planned.entries if type(entry) is tuple and entry[0].alone]
            xla = XLA_PROGRAM + XLA_OP * nodes + XLA_ALONE * len(alone)
        else:
            xla = XLA_PROGRAM + XLA_OP * BODY + XLA_STEP * nodes
        numpy = NUMPY_OP * nodes + NUMPY_ELEMENT * work_of(planned)
        found = planned.key.cost = Cost(numpy, xla)
    return found


def work_of(planned: Plan) -> float:
    """Elements that NumPy would compute for a plan; infinite where it is left to XLA.

    That is where an op says that NumPy may differ by more than the last bits, or takes long; where
    an array is large; and in floats of less than 32 bits, which XLA rounds once for each fused
    group of ops and NumPy after each op.
    """
    work = 0
    for found, count in Counter([node.aval for node in planned.nodes]).items():
        for aval in found if type(found) is tuple else (found,):
            if aval.size > LARGEST or (aval.is_inexact and aval.dtype.itemsize < 4):
                return math.inf
            work += count * aval.size
    for number, entry in enumerate(planned.entries):
        if type(entry) is not tuple or entry[0].is_plain or entry[0].alone:
            continue
        if not entry[0].interpreted:
            return math.inf
        work += _work_of_expensive(planned, number, entry[1:])
    return work


def _work_of_expensive(planned: Plan, number: int, operands: Sequence[int]) -> int:
    avals = [planned.nodes[index].aval for index in operands]
    result = planned.nodes[number].aval
    if tuple in map(type, avals):
        return 0
    sizes = [aval.size for aval in avals]
    work = EXPENSIVE * max(sizes)
    if len(sizes) == 2 and type(result) is not tuple:
        # of a dot, exactly the multiplications: sqrt(mk * kn * mn)
        work += math.isqrt(math.prod(sizes) * result.size) // PRODUCTS
    return work


def without_operands(planned: Plan) -> Plan:
    """A plan that can wait: its nodes are others, which keep nothing alive and want nothing."""
    alone = {
        node: Node(node.op, (), node.aval, node.origin)
        for node in (*planned.arguments, *planned.scalars, *planned.nodes)
    }
    return Plan(
        planned.key,
        [alone[node] for node in planned.nodes],
        [alone[node] for node in planned.arguments],
        [alone[node] for node in planned.scalars],
        [],
    )

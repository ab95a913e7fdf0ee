"""Which programs NumPy runs: those that are new, and those that are being compiled meanwhile.

XLA takes 25 ms to compile one op and some 5 ms for each further one; in that time NumPy computes
millions of elements. What is seen once, as in a notebook, a test suite or a check of gradients, is
never compiled. What comes back is, in the background, and until that is done it runs as fast as
NumPy does (docs/adr/0010, 0029).
"""

from __future__ import annotations

import math
import threading

from lazyax.config import config
from lazyax.graph.node import Node
from lazyax.xla import client, tiers
from lazyax.xla.plan import Plan
from lazyax.xla.program import program_of

LARGEST = 2**22
"""Elements of the largest array in a program that NumPy runs: beyond, intermediates that XLA never
stores cost too much memory."""

PATIENCE_PER_OP = 2**16
"""Elements, counted each time, that NumPy computes for each op before a program is compiled: some
0.1 ms, against 5 of compiling."""

WORK_PER_OP = 2**22
"""The same, before nothing but XLA will do: about what compiling takes."""

NODES_PER_RUN = 100
"""Nodes for each of which a program is interpreted `config.cold_runs` times more."""

MOST_NODES = 2_000
"""Nodes beyond which most are steps of a loop that is rolled up: not compiled in the background."""

MOST_STEPS = 20_000
"""Nodes beyond which NumPy takes longer than XLA to compile such a loop."""

PRODUCTS = 16
"""Multiplications of a dot that take as long as an element of another op."""

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
        self._compiling: set[int] = set()
        self._lock = threading.Lock()

    def takes(self, planned: Plan) -> bool:
        """Whether to interpret a program, which is not compiled; counts it if so.

        What was interpreted often enough is compiled from now on: in the background where it may
        be, which `config.quick_runs` says, and interpreted until that is done.
        """
        if not config.cold_runs or client.backend().platform != "cpu":
            return False
        nodes, work = len(planned.nodes), work_of(planned)
        if work is None or nodes > MOST_STEPS:
            return False
        key = planned.key.hash
        with self._lock:
            seen = self._seen.get(key, 0)
            if (seen + 1) * work > WORK_PER_OP * nodes:
                return False
            if seen >= _patience(nodes) or seen * work > PATIENCE_PER_OP * nodes:
                if not config.quick_runs or nodes > MOST_NODES:
                    return False
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

        if tiers.background.ask(work):
            self._compiling.add(key)

    def clear(self) -> None:
        """Forget which programs were seen."""
        with self._lock:
            self._seen.clear()


cold = Cold()
"""Of the process."""


def _patience(nodes: int) -> int:
    """How often to interpret a small program: compiling takes longer, the more nodes it has."""
    if nodes > MOST_NODES:
        return config.cold_runs
    return config.cold_runs * max(1, nodes // NODES_PER_RUN)


def work_of(planned: Plan) -> int | None:
    """Elements that NumPy would compute for a plan; None where it is left to XLA.

    That is where an op says that NumPy may differ by more than the last bits, or takes long; where
    an array is large; and in floats of less than 32 bits, which XLA rounds once for each fused
    group of ops and NumPy after each op.
    """
    work = 0
    for entry, node in zip(planned.entries, planned.nodes, strict=True):
        avals = node.aval if type(node.aval) is tuple else (node.aval,)
        for aval in avals:
            if aval.size > LARGEST or (aval.is_inexact and aval.dtype.itemsize < 4):
                return None
            work += aval.size
        if type(entry) is not tuple or entry[0].is_plain:
            continue
        if entry[0].alone:
            continue
        if not entry[0].interpreted:
            return None
        operands = [planned.nodes[operand].aval for operand in entry[1:]]
        if tuple not in map(type, operands):
            # of a dot, exactly the multiplications: sqrt(mk * kn * mn)
            sizes = [operand.size for operand in operands]
            work += math.isqrt(math.prod(sizes) * avals[0].size) // PRODUCTS
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

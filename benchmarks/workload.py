"""What is measured: named workloads, written once in NumPy's words for every peer."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

Setup = Callable[[Any, str], Callable[[], Any]]
"""From a peer and its mode to what is timed, which returns its result."""


@dataclass(frozen=True)
class Target:
    """At most ``ratio`` times the time of ``peer``: a mode, or several of which the fastest counts.

    Attributes:
        mode: of lazyax, that is compared.
        why: what stands in the way where it is missed.
    """

    ratio: float
    peer: str
    mode: str = "lazyax"
    why: str = ""


@dataclass(frozen=True)
class Workload:
    """One row of a table.

    Attributes:
        name: what is measured.
        setup: makes what is timed, in the peer's own process.
        modes: the peers' modes that take part, in the order of the columns.
        targets: what lazyax should reach.
        unit: of the printed times: ``us`` or ``ms``.
        per: what a time is divided by, such as the number of ops.
        calls: how often it is called in one round.
        bytes: read and written at least, for the physical limit.
        flops: of its dots, for the physical limit.
        check: relative tolerance within which results agree; None where they need not.
    """

    name: str
    setup: Setup
    modes: Sequence[str]
    targets: Sequence[Target] = ()
    unit: str = "ms"
    per: int = 1
    calls: int = 1
    bytes: float = 0
    flops: float = 0
    check: float | None = 2e-3


@dataclass
class Group:
    """Workloads that belong together: one file, one table."""

    title: str
    workloads: dict[str, Workload] = field(default_factory=dict)

    def add(self, workload: Workload) -> None:
        """Enlist a workload."""
        self.workloads[workload.name] = workload


def of_arrays(function: Callable, data: Callable[[], Sequence]) -> Setup:
    """The setup of ``function(np, *arrays)``, compiled where the mode says so."""

    def setup(peer: Any, mode: str) -> Callable[[], Any]:
        arrays = [peer.array(host) for host in data()]
        called = peer.compiled(mode, lambda *given: function(peer.np, *given), arrays)
        return lambda: peer.wait(called(*arrays))

    return setup

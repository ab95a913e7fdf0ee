"""Interleaved timing: every peer of a case runs once a round, in random order; medians are kept."""

from __future__ import annotations

import gc
import random
import statistics
import time
from collections.abc import Callable, Mapping

import attrs

Peers = Mapping[str, Callable[[], object]]


@attrs.frozen
class Case:
    """One row of a table.

    Attributes:
        name: what is measured.
        peers: for each peer a function to time; ``lazyax`` is one of them.
        per: what a time is divided by, such as the number of ops.
        unit: of the printed times: ``us`` or ``ms``.
        calls: how often a peer is called in one round.
        budget: the ratio that DESIGN.md section 11 asks for, and the peer it is against.
    """

    name: str
    peers: Peers
    per: int = 1
    unit: str = "us"
    calls: int = 1
    budget: tuple[float, str] | None = None


@attrs.frozen
class Row:
    """A measured case: median seconds of each peer, for one unit of work."""

    case: Case
    seconds: dict[str, float]

    def ratio(self, peer: str) -> float:
        """lazyax's time over a peer's."""
        return self.seconds["lazyax"] / self.seconds[peer]


def measure(case: Case, rounds: int = 9) -> Row:
    """Time all peers of a case, in turn, and keep each one's median."""
    for run in case.peers.values():
        run()
    times: dict[str, list[float]] = {peer: [] for peer in case.peers}
    order = list(case.peers)
    for _ in range(rounds):
        random.shuffle(order)
        for peer in order:
            run = case.peers[peer]
            gc.collect()
            start = time.perf_counter()
            for _ in range(case.calls):
                run()
            times[peer].append((time.perf_counter() - start) / case.calls / case.per)
    return Row(case, {peer: statistics.median(found) for peer, found in times.items()})


SCALE = {"us": 1e6, "ms": 1e3}


def table(title: str, rows: list[Row]) -> str:
    """Rows as a Markdown table: median times, lazyax's ratio to each peer, and the budget."""
    peers = list(dict.fromkeys(peer for row in rows for peer in row.seconds))
    lines = [f"### {title}", "", f"| case | unit | {' | '.join(peers)} | budget | met |"]
    lines.append("| --- " * (len(peers) + 4) + "|")
    for row in rows:
        cells = []
        for peer in peers:
            if peer not in row.seconds:
                cells.append("-")
                continue
            time_ = f"{row.seconds[peer] * SCALE[row.case.unit]:.3g}"
            cells.append(time_ if peer == "lazyax" else f"{time_} ({row.ratio(peer):.2f}x)")
        budget, met = "-", "-"
        if row.case.budget is not None:
            limit, peer = row.case.budget
            budget = f"<= {limit:g} {row.case.unit}" if peer == "" else f"<= {limit:g}x {peer}"
            got = row.seconds["lazyax"] * SCALE[row.case.unit] if peer == "" else row.ratio(peer)
            met = "yes" if got <= limit else f"no: {got:.2f}"
        lines.append(
            f"| {row.case.name} | {row.case.unit} | {' | '.join(cells)} | {budget} | {met} |"
        )
    return "\n".join([*lines, ""])

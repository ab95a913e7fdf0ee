"""Cases that are timed once, in processes of their own, and their table."""

from __future__ import annotations

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
        why: what stands in the way where that is missed.
    """

    name: str
    peers: Peers
    per: int = 1
    unit: str = "us"
    calls: int = 1
    budget: tuple[float, str] | None = None
    why: str = "not found out"


@attrs.frozen
class Row:
    """A measured case: median seconds of each peer, for one unit of work."""

    case: Case
    seconds: dict[str, float]

    def ratio(self, peer: str) -> float:
        """lazyax's time over a peer's."""
        return self.seconds["lazyax"] / self.seconds[peer]


SCALE = {"us": 1e6, "ms": 1e3}


def table(title: str, rows: list[Row]) -> str:
    """Rows as a Markdown table: median times, lazyax's ratio to each peer, and the budget."""
    peers = list(dict.fromkeys(peer for row in rows for peer in row.seconds))
    lines = [f"### {title}", "", f"| case | unit | {' | '.join(peers)} | budget | met |"]
    lines.append("| --- " * (len(peers) + 4) + "|")
    reasons = []
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
            reasons += [f"- Missed: {row.case.name}: {row.case.why}."] if got > limit else []
        lines.append(
            f"| {row.case.name} | {row.case.unit} | {' | '.join(cells)} | {budget} | {met} |"
        )
    return "\n".join([*lines, *(["", *reasons] if reasons else []), ""])

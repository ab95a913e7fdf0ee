"""Rows as Markdown, with each target marked met or missed."""

from __future__ import annotations

import datetime
import os
import platform
from collections.abc import Sequence
from importlib.metadata import version

from benchmarks.footprint import Fact
from benchmarks.measure import Row
from benchmarks.peers import MODULES
from benchmarks.workload import Target

SCALE = {"us": 1e6, "ms": 1e3}


def _number(value: float) -> str:
    return f"{value:.3g}" if value < 1000 else f"{value:.0f}"


def _cell(row: Row, mode: str) -> str:
    seconds = row.seconds(mode)
    if seconds is None:
        return "-" if mode in row.missing else ""
    return _number(seconds * SCALE[row.workload.unit])


def fastest(row: Row) -> str | None:
    """The mode of another library that took least."""
    ours = MODULES["lazyax"]
    others = {mode: row.seconds(mode) for mode in row.rounds if mode not in ours}
    return min(others, key=others.__getitem__) if others else None


def reached(row: Row, target: Target) -> float | None:
    """What a target is about: the ratio to a peer, or microseconds."""
    if target.peer == "us":
        ours = row.seconds(target.mode)
        return ours and ours * 1e6
    peer = fastest(row) if target.peer == "best peer" else target.peer
    return row.ratio(target.mode, peer)


def verdict(row: Row, target: Target) -> str:
    """Whether a target is met, and what was reached."""
    got = reached(row, target)
    name = f"best peer ({fastest(row)})" if target.peer == "best peer" else target.peer
    wanted = f"<= {target.ratio:.3g}{' us' if name == 'us' else f'x {name}'}"
    mode = "" if target.mode == "lazyax" else f"{target.mode}: "
    if got is None:
        return f"{mode}{wanted}: not measured"
    met = f"met, {got:.3g}" if got <= target.ratio else f"**missed, {got:.3g}**"
    return f"{mode}{wanted}: {met}"


def limit_of(row: Row, bandwidth: float, rate: float) -> str:
    """What the machine's memory or arithmetic would allow."""
    work = row.workload
    seconds = max(work.bytes / bandwidth, work.flops / rate)
    return _number(seconds * SCALE[work.unit]) if seconds else ""


def table(title: str, rows: Sequence[Row], bandwidth: float, rate: float) -> str:
    """One group."""
    modes = list(dict.fromkeys(mode for row in rows for mode in row.workload.modes))
    head = ["workload", "unit", *modes, "limit", "targets"]
    lines = [f"## {title}", "", f"| {' | '.join(head)} |", "| --- " * len(head) + "|"]
    for row in rows:
        cells = [_cell(row, mode) for mode in modes]
        targets = "; ".join(verdict(row, target) for target in row.workload.targets)
        cells = [*cells, limit_of(row, bandwidth, rate), targets]
        lines.append(f"| {row.workload.name} | {row.workload.unit} | {' | '.join(cells)} |")
    lines += [*_reasons(rows), *_absences(rows)]
    return "\n".join([*lines, ""])


def _reasons(rows: Sequence[Row]) -> list[str]:
    """What stands in the way of targets that were missed, each reason once."""
    found: dict[str, list[str]] = {}
    for row in rows:
        for target in row.workload.targets:
            if (reached(row, target) or 0) > target.ratio:
                names = found.setdefault(target.why or "not found out", [])
                names += [row.workload.name] * (row.workload.name not in names)
    lines = [f"- Missed: {'; '.join(names)}: {why}." for why, names in found.items()]
    return ["", *lines] if lines else []


def _absences(rows: Sequence[Row]) -> list[str]:
    """Why modes were not measured, each reason once."""
    found: dict[tuple[str, str], list[str]] = {}
    for row in rows:
        for mode, why in row.missing.items():
            if not why.startswith(("no environment", "not asked")):
                found.setdefault((mode, why), []).append(row.workload.name)
    reasons = [f"{mode}: {why} ({'; '.join(names)})" for (mode, why), names in found.items()]
    return ["", "Not measured. " + ". ".join(reasons) + "."] if reasons else []


def facts_table(facts: Sequence[Fact]) -> str:
    """What is paid once."""
    lines = ["## Imports and memory", "", "| what | unit | lazyax | peers | target |",
             "| --- | --- | --- | --- | --- |"]  # fmt: skip
    for fact in facts:
        peers = ", ".join(f"{name} {_number(value)}" for name, value in fact.peers.items())
        relative = fact.against in fact.peers
        got = fact.ours / fact.peers[fact.against] if relative else fact.ours
        wanted = f"<= {fact.limit:g}{'x' if relative else ''} {fact.against}"
        done = f"met, {got:.2g}" if got <= fact.limit else f"**missed, {got:.2g}**"
        if fact.why and got > fact.limit:
            done += f" ({fact.why})"
        row = [fact.name, fact.unit, _number(fact.ours), peers, f"{wanted}: {done}"]
        lines.append(f"| {' | '.join(row)} |")
    return "\n".join([*lines, ""])


def header(bandwidth: float, rate: float, missing: dict[str, str]) -> str:
    """What the tables are of."""
    versions = ", ".join(f"{name} {version(name)}" for name in ("jaxlib", "jax", "numpy"))
    absent = "; ".join(f"{peer}: {why}" for peer, why in missing.items()) or "none"
    return (
        "# Benchmarks\n\nMade by `python -m benchmarks --table` on "
        f"{datetime.date.today()}: {os.cpu_count()} cores, Python {platform.python_version()}, "
        f"{versions}.\n\n"
        "Each mode of each peer has a process of its own, on one CPU and one thread, where lazyax "
        "runs programs in the caller's thread ([ADR 38]"
        "(adr/0038-one-processor-runs-programs-in-the-callers-thread.md)). In each round every "
        "mode runs once, in random order; a cell is the median, and a ratio that of the "
        "rounds' ratios. Before that the results of all modes are compared. lazyax is un-jitted "
        "unless the column says so. A dash: not measured. *limit* is what the machine allows: "
        "bytes that must be read and written at "
        f"{bandwidth / 1e9:.0f} GB/s (a copy into memory that is mapped already), or arithmetic at "
        f"{rate / 1e9:.0f} GFLOP/s (the fastest matrix product of any peer here). "
        f"Peers without an environment: {absent}. Where the un-jitted Adam loop spends its time: "
        "[adam-loop.svg](adam-loop.svg), by `py-spy record -f flamegraph`.\n"
    )

"""Print the tables, and write them.

``python -m benchmarks`` measures lazyax beside NumPy and jax in about two minutes.
``python -m benchmarks --peers DIR`` makes the other peers' environments, once.
``python -m benchmarks --table --peers DIR`` measures everything and writes docs/benchmarks.md.
"""

from __future__ import annotations

import argparse
import importlib
import pathlib
import sys
import time

import numpy

from benchmarks import compile_time, control_flow, environments, numpy_programs, report
from benchmarks.footprint import facts
from benchmarks.measure import ROOT, Measurement, Row

GROUPS = ("overhead", "elementwise", "dot", "autodiff", "randoms", "linalg")

TABLE = ROOT / "docs" / "benchmarks.md"

ENVIRONMENTS = pathlib.Path.home() / ".cache" / "lazyax-benchmarks"


def main() -> None:
    """Measure what is asked for."""
    options = argparse.ArgumentParser(
        prog="python -m benchmarks",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    options.add_argument("--table", action="store_true", help=f"all peers, into {TABLE.name}")
    options.add_argument("--peers", type=pathlib.Path, help="where their environments are")
    options.add_argument("--group", action="append", choices=GROUPS, help="only this one")
    options.add_argument("--rounds", type=int, help="of each workload (7, or 5 if quick)")
    chosen = options.parse_args()
    folder = chosen.peers or ENVIRONMENTS
    if chosen.peers and not chosen.table and not chosen.group:
        environments.make(folder)
        return
    everything = chosen.table or chosen.peers
    measurement = Measurement(folder, *([] if everything else [("lazyax", "numpy", "jax")]))
    rounds = chosen.rounds or (7 if everything else 5)
    names = chosen.group or GROUPS
    groups = {name: importlib.import_module(f"benchmarks.{name}").GROUP for name in names}
    text = ""
    for text in _texts(groups, measurement, rounds, chosen.group is None, quick=not everything):
        if chosen.table:  # after each part, so that what takes long can be broken off
            TABLE.write_text(text, encoding="utf-8")
    print(text)


def _measured(measurement: Measurement, name: str, group, rounds: int):
    for workload in group.workloads.values():
        start = time.perf_counter()
        yield measurement.measure(name, workload, rounds)
        print(f"{workload.name}: {time.perf_counter() - start:.0f} s", file=sys.stderr, flush=True)


def _texts(groups, measurement: Measurement, rounds: int, with_facts: bool, quick: bool):
    """The report as it grows, part by part."""
    bandwidth, rows, parts = copy_bandwidth(), {}, []
    for name, group in groups.items():
        rows[name] = list(_measured(measurement, name, group, rounds))
        rate = matmul_rate(rows.get("dot", []))
        missing = {} if quick else measurement.missing
        parts = [report.header(bandwidth, rate, missing)]
        parts += [report.table(groups[n].title, rows[n], bandwidth, rate) for n in rows]
        yield "\n".join(parts)
    others = [lambda: report.facts_table(facts(quick))] if with_facts else []
    if with_facts and not quick:
        others += [compile_time.tables, control_flow.tables, numpy_programs.tables]
    for other in others:
        parts.append(other())
        yield "\n".join(parts)


def copy_bandwidth() -> float:
    """Bytes a second that one thread reads and writes, in pages that are mapped already."""
    source, target = numpy.ones(25_000_000, "f4"), numpy.empty(25_000_000, "f4")
    times = []
    for _ in range(7):
        start = time.perf_counter()
        numpy.copyto(target, source)
        times.append(time.perf_counter() - start)
    return 2 * source.nbytes / min(times)


def matmul_rate(rows: list[Row]) -> float:
    """The best that any peer reached, or an assumption of NumPy's where dots were not measured."""
    found = [row.workload.flops / min(times) for row in rows for times in row.rounds.values()]
    if found:
        return max(found)
    x = numpy.ones((1000, 1000), "f4")
    start = time.perf_counter()
    x @ x
    return 2e9 / (time.perf_counter() - start)


if __name__ == "__main__":
    main()

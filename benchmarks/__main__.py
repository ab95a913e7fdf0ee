"""``python -m benchmarks [--write docs/benchmarks.md]``: print the tables, and write them."""

from __future__ import annotations

import argparse
import datetime
import os
import pathlib
import platform

import jaxlib.version
import numpy

from benchmarks import compile_time, control_flow, linalg, overhead, throughput
from benchmarks.measure import measure, table


def main() -> None:
    """Measure everything, print it, and write it where asked."""
    options = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    options.add_argument("--write", metavar="FILE", help="write the tables to a Markdown file")
    options.add_argument("--rounds", type=int, default=9, help="rounds of each case (default 9)")
    chosen = options.parse_args()
    sections = []
    groups = {
        "Overhead, on arrays of 8 floats": overhead.cases,
        "Materialization of a known structure": overhead.steady_cases,
        "Throughput": throughput.cases,
        "Linear algebra": linalg.cases,
    }
    for title, cases in groups.items():
        text = table(title, [measure(case, chosen.rounds) for case in cases()])
        print(text, flush=True)
        sections.append(text)
    for make in (compile_time.tables, control_flow.tables, footprint):
        text = make()
        print(text, flush=True)
        sections.append(text)
    if chosen.write:
        pathlib.Path(chosen.write).write_text("\n".join([header(), *sections]), encoding="utf-8")


def header() -> str:
    """What the tables are of."""
    return (
        "# Benchmarks\n\nMade by `python -m benchmarks --write docs/benchmarks.md` on "
        f"{datetime.date.today()}: {os.cpu_count()} cores, Python {platform.python_version()}, "
        f"jaxlib {jaxlib.version.__version__}, NumPy {numpy.__version__}.\n\n"
        "Every peer of a case runs once a round, in random order, in one process; a cell is the "
        "median, and in brackets lazyax's time over that peer's (less than 1: lazyax is faster). "
        "Machines are shared and noisy: read ratios. Budgets are those of the design.\n"
    )


def footprint() -> str:
    """Bytes of a node and seconds of an import, with their budgets."""
    size = overhead.bytes_per_node().per_node
    ours, theirs = (overhead.import_seconds(module) for module in ("lazyax", "jax"))
    ratio = ours / theirs
    return (
        "### Footprint\n\n| what | lazyax | jax | budget | met |\n| --- | --- | --- | --- | --- |\n"
        f"| bytes of a node | {size:.0f} | - | <= 400 | {'yes' if size <= 400 else 'no'} |\n"
        f"| import, ms | {ours * 1e3:.0f} | {theirs * 1e3:.0f} ({ratio:.2f}x) | <= 0.55x | "
        f"{'yes' if ratio <= 0.55 else 'no'} |\n"
    )


if __name__ == "__main__":
    main()

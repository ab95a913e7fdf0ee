"""The programs of examples/numpy_programs, with NumPy, jax.numpy and lazyax by their one import.

    python -m benchmarks.numpy_programs

prints their table: in a process of its own, where BLAS has one thread as for all other peers.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import time
import types
from pathlib import Path

import attrs
import jax
import jax.numpy

import lazyax as lx
from lazyax.xla.tiers import background

PROGRAMS = Path(__file__).parents[1] / "examples" / "numpy_programs"

MODULES = {"numpy": "numpy", "jax eager": "jax.numpy", "lazyax": "lazyax.numpy"}


SETTLING = 2
"""Runs behind the first, in which lazyax still compiles."""

MOST_SECONDS, MOST_RATIO = 1.0, 3.0
"""What a first run may take: so long, or so many times NumPy's, whichever is more."""

NOISE = 0.05
"""Of the ratio of two medians."""

STANDS_IN_THE_WAY = {
    "conjugate_gradient": "each of 477 steps reads the residual, so that each builds, plans and "
    "starts a program: some 0.2 ms beside XLA's own 0.1 to 0.2, where NumPy takes 0.3 in all",
    "floyd_warshall": "the first run is NumPy's, at 2 to 3 times its own time: what pieces "
    "end with is copied, and places of rows are run-time numbers; the last piece is not "
    "always of one structure",
    "game_of_life": "a step on 256 kB takes NumPy 0.5 ms, XLA 0.3 and building its nodes as long",
    "gaussian_process": "the first run imports SciPy for its LAPACK, and compiles "
    "each factorization",
    "gray_scott": "a first run that NumPy does computes each of 16 rolls a step as it does "
    "itself, and builds 110 nodes beside them",
    "histogram_equalization": "sorting and scattering, in which XLA uses no vectors",
    "k_means": "the first run is NumPy's, where sums along the last axis of two are slow",
    "pca": "the first run imports SciPy for its LAPACK",
}
"""Of the targets that programs have missed, in the table where they still do."""


@attrs.frozen
class Times:
    """Seconds of a program with one library: first run, slower of the next two, median of others.

    ``error`` is the name of what it raised instead.
    """

    cold: float = 0.0
    settling: float = 0.0
    warm: float = 0.0
    error: str = ""

    def __str__(self) -> str:
        return self.error or f"{self.cold:.3g} / {self.settling:.3g} / {self.warm:.3g}"


def load(path: Path, module: str) -> types.ModuleType:
    """The program with another module for NumPy."""
    source = path.read_text().replace("import numpy as np\n", f"import {module} as np\n")
    program = types.ModuleType(path.stem)
    exec(compile(source, str(path), "exec"), program.__dict__)
    return program


def finished(result: object) -> object:
    """Wait for the values."""
    return jax.block_until_ready(lx.materialize(result))


def measure(program: types.ModuleType, sizes: dict, rounds: int) -> Times:
    """Times of one program with one library."""
    seconds = []
    for _ in range(1 + SETTLING + rounds):
        start = time.perf_counter()
        try:
            finished(program.run(**sizes))
        except Exception as error:  # jax's arrays can not be changed in place
            return Times(error=type(error).__name__)
        seconds.append(time.perf_counter() - start)
        background.wait()
    later = seconds[1 + SETTLING :]
    return Times(seconds[0], max(seconds[1 : 1 + SETTLING]), statistics.median(later))


def rows(rounds: int = 3, sizes: str = "LARGE") -> dict[str, dict[str, Times]]:
    """By program and library. The cache on disk is off, so that cold is cold."""
    before = lx.config.cache_dir
    lx.config.update(cache_dir=None)
    found = {}
    for path in sorted(PROGRAMS.glob("*.py")):
        programs = {peer: load(path, module) for peer, module in MODULES.items()}
        found[path.stem] = {
            peer: measure(program, getattr(program, sizes), rounds)
            for peer, program in programs.items()
        }
    lx.config.update(cache_dir=before)
    return found


def verdict(name: str, ours: Times, numpys: Times) -> str:
    """Whether the first run and the later ones meet their targets, and if not, why."""
    missed = []
    if ours.cold > max(MOST_SECONDS, MOST_RATIO * numpys.cold):
        missed.append(f"first run missed, {ours.cold / numpys.cold:.2g}x")
    if ours.warm > numpys.warm * (1 + NOISE):
        missed.append(f"later runs missed, {ours.warm / numpys.warm:.2g}x")
    if not missed:
        return "met"
    return "; ".join([*missed, *filter(None, [STANDS_IN_THE_WAY.get(name)])])


def table() -> str:
    """A Markdown table: cold, settling and warm seconds of each library, and what was missed."""
    lines = [
        "### NumPy programs, by changing one import",
        "",
        "Seconds of the first run; of the slower of the next two, in which lazyax still compiles "
        "what came back; and the median of the fourth and later ones. One thread of BLAS. The "
        f"first run may take {MOST_SECONDS:.0f} s or {MOST_RATIO:.0f} times NumPy's, later ones "
        "NumPy's.",
        "",
        f"| program | {' | '.join(MODULES)} | targets |",
        "| --- " * (len(MODULES) + 2) + "|",
    ]
    for name, by_peer in rows().items():
        cells = [str(by_peer[peer]) for peer in MODULES]
        cells.append(verdict(name, by_peer["lazyax"], by_peer["numpy"]))
        lines.append(f"| {name} | {' | '.join(cells)} |")
    return "\n".join([*lines, ""])


def tables() -> str:
    """`table`, made in a process of its own.

    Raises:
        CalledProcessError: if it fails.
    """
    threads = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"), "1")
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.numpy_programs"],
        env={**os.environ, **threads},
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    return done.stdout


if __name__ == "__main__":
    print(table())

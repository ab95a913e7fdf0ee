"""The programs of examples/numpy_programs, with NumPy, jax.numpy and lazyax by their one import."""

from __future__ import annotations

import statistics
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
"""Runs behind the first that are in neither figure."""


@attrs.frozen
class Times:
    """Seconds of a program with one library: of the first run, and the median of the later ones.

    ``error`` is the name of what it raised instead.
    """

    cold: float = 0.0
    warm: float = 0.0
    error: str = ""


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
    return Times(seconds[0], statistics.median(seconds[1 + SETTLING :]))


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


def tables() -> str:
    """A Markdown table: cold and warm seconds of each library."""
    found = rows()
    lines = [
        "### NumPy programs, by changing one import",
        "",
        "Seconds of the first run and, after the stroke, the median of the fourth and later ones: "
        "in the two between lazyax still compiles, as starts of slices that change become operands "
        "and what is hot is compiled in full.",
        "",
        f"| program | {' | '.join(MODULES)} |",
        "| --- " * (len(MODULES) + 1) + "|",
    ]
    for name, by_peer in found.items():
        cells = [
            by_peer[peer].error or f"{by_peer[peer].cold:.3g} / {by_peer[peer].warm:.3g}"
            for peer in MODULES
        ]
        lines.append(f"| {name} | {' | '.join(cells)} |")
    return "\n".join([*lines, ""])

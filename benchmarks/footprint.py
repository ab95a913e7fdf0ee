"""What is paid once: imports and memory. Each is measured in fresh processes."""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import time
from dataclasses import dataclass

from benchmarks.measure import ROOT

PEAK = """
import resource, {module} as np
x = {ready}(np.ones(10**8, "f4"))
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
def chain(x):
    return ((x * 1.1 + 0.3) * x - 0.7) * 0.5 + x * (x + 0.2) - 0.1 * x
{run}
print((resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) * 1024 / 4e8)
"""

NODE = """
import tracemalloc, lazyax as lx, lazyax.numpy as np
x, y = lx.materialize(np.ones(8), np.ones(8))
tracemalloc.start()
before = tracemalloc.get_traced_memory()[0]
z = x
with lx.no_materialize():  # else what is pending is computed on the way
    for _ in range(50_000):
        z = z * x
        z = z + y
print((tracemalloc.get_traced_memory()[0] - before) / 100_000)
"""


@dataclass(frozen=True)
class Fact:
    """A row: a number of lazyax, of a peer, and the most that their ratio (or ours) may be."""

    name: str
    unit: str
    ours: float
    peers: dict[str, float]
    limit: float
    against: str
    why: str = ""


def run(code: str, repeat: int = 1) -> float:
    """The number that a program prints; of no print, the wall seconds. The smallest of several."""
    found = []
    for _ in range(repeat):
        start = time.perf_counter()
        ran = subprocess.run(
            [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
        )
        seconds = time.perf_counter() - start
        found.append(json.loads(ran.stdout.split()[-1]) if ran.stdout.strip() else seconds)
    return min(found)


def imports(repeat: int) -> Fact:
    """Wall seconds of an import, less those of an empty interpreter, interleaved."""
    times: dict[str, list[float]] = {"pass": [], "import lazyax": [], "import jax": []}
    for _ in range(repeat):
        for code, found in times.items():
            found.append(run(code))
    empty, ours, theirs = [statistics.median(found) for found in times.values()]
    why = "NumPy takes 100 ms of it, jaxlib and ml_dtypes 60, the classes of 180 ops 35"
    peers = {"jax": (theirs - empty) * 1e3}
    return Fact("import", "ms", (ours - empty) * 1e3, peers, 0.55, "jax", why)


def facts(quick: bool) -> list[Fact]:
    """All of this file."""
    found = [imports(3 if quick else 7)]
    found.append(Fact("bytes of a pending node", "bytes", run(NODE), {}, 400, "bytes"))
    if not quick:
        found += memory()
    return found


def memory() -> list[Fact]:
    """Peak of a chain of 10 ops over 10**8 floats, in arrays of that size beyond the input."""
    lazy = {"module": "lazyax.numpy", "ready": "__import__('lazyax').materialize"}
    ours = run(PEAK.format(**lazy, run="chain(x).block_until_ready()"))
    peers = {
        "numpy": run(PEAK.format(module="numpy", ready="", run="chain(x)")),
        "jax.jit": run(
            PEAK.format(
                module="jax.numpy",
                ready="__import__('jax').block_until_ready",
                run="import jax; jax.jit(chain)(x).block_until_ready()",
            )
        ),
    }
    name = "peak memory of 10 ops over 10**8 floats, arrays beyond the input"
    return [Fact(name, "arrays", ours, peers, 1.1, "arrays")]

"""What is paid once: imports and memory. Each is measured in fresh processes."""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import time
from dataclasses import dataclass

from benchmarks.measure import ROOT

UNUSUAL = ("PYTHONDONTWRITEBYTECODE",)
"""Variables that are not handed on: with this one, what is edited is compiled at each import."""

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


TRAINING = """
import resource
from functools import partial
from benchmarks.autodiff import labels, layers, mlp_loss, step_of, uniform
from benchmarks.peers.{peer}_peer import PEER
peer = PEER()
step = peer.compiled({mode!r}, step_of(peer, partial(mlp_loss, peer)))
data = [peer.array(x) for x in (uniform(128, 784), labels(128))]
params = layers((784, 4096, 4096, 10))
held = sum(part.nbytes for layer in params for part in layer)
params = [[peer.array(part) for part in layer] for layer in params]
with open("/proc/self/statm") as file:
    before = int(file.read().split()[1]) * resource.getpagesize()
for _ in range(20):
    params = step(params, *data)
    peer.wait(params)
print((resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 - before) / held)
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
            [sys.executable, "-c", code],
            cwd=ROOT,
            env={name: value for name, value in os.environ.items() if name not in UNUSUAL},
            capture_output=True,
            text=True,
            check=True,
        )
        seconds = time.perf_counter() - start
        found.append(json.loads(ran.stdout.split()[-1]) if ran.stdout.strip() else seconds)
    return min(found)


def imports(repeat: int) -> Fact:
    """Wall seconds of an import, less those of an empty interpreter, interleaved."""
    times: dict[str, list[float]] = {"pass": [], "import lazyax": [], "import jax": []}
    for code in times:
        run(code)  # the first writes the byte code
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
    """Peaks beyond what there was before: of a chain of 10 ops, and of a loop that trains.

    The compiler's memory is part of them, some 40 MB or a tenth of an array.
    """
    lazy = {"module": "lazyax.numpy", "ready": "__import__('lazyax').materialize"}
    eager = {"module": "numpy", "ready": "", "run": "chain(x)"}
    jitted = {
        "module": "jax.numpy",
        "ready": "__import__('jax').block_until_ready",
        "run": "import jax; jax.jit(chain)(x).block_until_ready()",
    }
    ours = run(PEAK.format(**lazy, run="chain(x).block_until_ready()"))
    dead = run(PEAK.format(**lazy, run="x = chain(x); x.block_until_ready()"))
    peers = {"numpy": run(PEAK.format(**eager)), "jax.jit": run(PEAK.format(**jitted))}
    steps = {
        mode: run(TRAINING.format(peer=mode.partition(".")[0], mode=mode))
        for mode in ("lazyax", "lazyax.jit", "jax.jit+donate")
    }
    chain = "peak memory of 10 ops over 10**8 floats, arrays beyond the input"
    return [
        Fact(chain, "arrays", ours, peers, 1.1, "arrays"),
        Fact(f"{chain}, which dies", "arrays", dead, {}, 0.15, "arrays"),
        Fact("peak memory of MLP steps, beyond the parameters", "times these",
             steps.pop("lazyax"), steps, 1.1, "jax.jit+donate"),
    ]  # fmt: skip

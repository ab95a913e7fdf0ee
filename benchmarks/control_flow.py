"""Loops: what compiling costs by their length, and what a while loop's gradient costs by its.

``python -m benchmarks.control_flow`` prints these tables alone.
"""

from __future__ import annotations

import contextlib
import functools
import statistics
import time
from collections.abc import Callable, Iterator

import jax
import jax.numpy as jnp
import numpy

import lazyax as lx
import lazyax.numpy as np
from lazyax import lax
from lazyax.graph.graph import nested_graphs
from lazyax.ops.primitives import while_loop
from lazyax.xla.execute import programs

LENGTHS = (10, 100, 1000)
TRIPS = (10, 100, 1000, 10_000)
SIZE = 256


def tables() -> str:
    """Both tables, as Markdown."""
    return f"{lengths_table()}\n{trips_table()}"


@contextlib.contextmanager
def settings(**changed: int | None) -> Iterator[None]:
    """Settings for a while, with no program in memory."""
    before = {name: getattr(lx.config, name) for name in changed}
    lx.config.update(**changed)
    programs.clear()
    try:
        yield
    finally:
        lx.config.update(**before)


def seconds(run: Callable, *arguments: object) -> float:
    """How long one call takes until its result is there."""
    start = time.perf_counter()
    run(*arguments).block_until_ready()
    return time.perf_counter() - start


def by_scan(module, scan, h, xs):
    """A recurrence as a scan."""
    return scan(lambda h, x: (module.tanh(h * 0.9 + x), None), h, xs)[0].sum()


def by_python(module, h, xs):
    """The same as a Python loop."""
    for number in range(xs.shape[0]):
        h = module.tanh(h * 0.9 + xs[number])
    return h.sum()


def nodes(gradient) -> int:
    """Nodes of a gradient, those of the bodies of loops too."""
    graph = lx.Graph((), (gradient.node,))
    return len(graph) + sum(len(inner) for inner in nested_graphs(graph.nodes))


def lengths_table() -> str:
    """Gradients of a recurrence of some length: nodes, and seconds until the first result."""
    lines = [
        "## Gradient of a recurrence, by its length, the first time",
        "",
        "| steps | nodes, scan | nodes, Python loop | s, scan | s, Python loop | s, jax scan | "
        "s, jax Python loop |",
        "| --- " * 7 + "|",
    ]
    for length in LENGTHS:
        host = numpy.linspace(-1, 1, length * 8, dtype="f4").reshape(length, 8)
        h, xs = lx.materialize(np.zeros(8), np.asarray(host))
        jh, jxs = jnp.zeros(8), jnp.asarray(host)
        ours = [
            lx.grad(functools.partial(by_scan, np, lax.scan)),
            lx.grad(functools.partial(by_python, np)),
        ]
        theirs = [
            jax.jit(jax.grad(functools.partial(by_scan, jnp, jax.lax.scan))),
            jax.jit(jax.grad(functools.partial(by_python, jnp))),
        ]
        counts = [nodes(gradient(h, xs)) for gradient in ours]
        with settings(cache_dir=None, cold_runs=0):
            times = [seconds(gradient, h, xs) for gradient in ours]
        times += [seconds(gradient, jh, jxs) for gradient in theirs]
        cells = [length, *counts, *[f"{t:.2f}" for t in times]]
        lines.append(f"| {' | '.join(map(str, cells))} |")
    return "\n".join([*lines, ""])


def repeated(x, n, max_steps=None):
    """n steps of a state of ``SIZE`` floats, n being known at run time alone.

    The steps are small, so that derivatives neither overflow nor become denormal.
    """

    def step(state):
        k, h = state
        return k + 1, h + 1e-4 * np.sin(h + x)

    return lax.while_loop(lambda s: s[0] < n, step, (0, x), max_steps=max_steps)[1].sum()


def jax_repeated(x, n):
    """The same in jax, where n must be known when the program is compiled."""
    return jax.lax.fori_loop(0, n, lambda i, h: h + 1e-4 * jnp.sin(h + x), x).sum()


def median(run: Callable, *arguments: object, rounds: int = 5) -> float:
    """Median milliseconds of a call, after a first one."""
    run(*arguments)
    return 1e3 * statistics.median(seconds(run, *arguments) for _ in range(rounds))


def trips_table() -> str:
    """Gradients of a while loop by its trip count: memory of the program, and time."""
    slots = (8, 64, while_loop.MOST_SLOTS)
    lines = [
        f"## Gradient of a while loop over {SIZE} floats, by its trip count",
        "",
        "Memory is that of the program's temporaries: a tape of the next power of two, or "
        "checkpoints in so many slots, whose program is the same for any trip count. jax takes a "
        "trip count that is known when it compiles.",
        "",
        f"| trips | kB, tape | {' | '.join(f'kB, {s} slots' for s in slots)} | ms, tape | "
        f"{' | '.join(f'ms, {s} slots' for s in slots)} | kB, jax | ms, jax |",
        "| --- " * (5 + 2 * len(slots)) + "|",
    ]
    host = numpy.linspace(-1, 1, SIZE, dtype="f4")
    x, most = lx.materialize(np.asarray(host)), while_loop.MOST_SLOTS
    for trips in TRIPS:
        n = lx.materialize(np.asarray(numpy.int32(trips)))
        compiled = []
        bound = 1 << (trips - 1).bit_length()
        gradient = lx.grad(lambda x, n, bound=bound: repeated(x, n, bound))
        compiled.append(lx.trace(gradient)(x, n).compile())
        for count in slots:
            while_loop.MOST_SLOTS = count
            compiled.append(lx.trace(lx.grad(repeated))(x, n).compile())
        while_loop.MOST_SLOTS = most
        peer = jax.jit(jax.grad(jax_repeated), static_argnums=1).lower(jnp.asarray(host), trips)
        peer = peer.compile()
        memory = [c.memory_analysis().temp_size_in_bytes // 1024 for c in compiled]
        times = [median(c, x, n) for c in compiled]
        theirs = median(peer, jnp.asarray(host))
        cells = [
            trips, *memory, *[f"{t:.3g}" for t in times],
            peer.memory_analysis().temp_size_in_bytes // 1024, f"{theirs:.3g}",
        ]  # fmt: skip
        lines.append(f"| {' | '.join(map(str, cells))} |")
    return "\n".join([*lines, ""])


if __name__ == "__main__":
    print(tables())

"""Cold start: what is evaluated for the first time, each case and peer in a process of its own.

``python -m benchmarks.compile_time CASE PEER`` prints the seconds of one of them. Imports and a
first small sum are not counted.
"""

from __future__ import annotations

import functools
import itertools
import os
import random
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from typing import Any

import attrs
import numpy

from benchmarks.cases import Case, Row, table

SHAPES = ((7,), (3, 4), (24,), (5, 5), (2, 3, 4), (10,), (64,))

ROUNDS = 3

WITHOUT_CACHE = {"LAZYAX_CACHE_DIR": "off"}


@attrs.frozen
class Peer:
    """A library that runs a case.

    Attributes:
        np: its NumPy-like namespace.
        array: from NumPy's arrays.
        wait: until a result is there.
        jit: what compiles a function of arrays; for those that run at once, the function itself.
        grad: of a function of a list of arrays, by the list; None where there is none.
        loop: steps, step and start -> the state after them.
    """

    np: Any
    array: Callable
    wait: Callable
    jit: Callable
    grad: Callable | None = None
    loop: Callable | None = None


def as_it_is(thing: Any) -> Any:
    """For libraries that run at once, and need no ``jit``."""
    return thing


def python_loop(steps: int, step: Callable, state: Any) -> Any:
    """What a user writes."""
    for k in range(steps):
        state = step(k, state)
    return state


def numpy_peer() -> Peer:
    return Peer(numpy, numpy.asarray, as_it_is, as_it_is, loop=python_loop)


def lazyax_peer(**settings) -> Peer:
    import lazyax as lx

    lx.config.update(**settings)
    return Peer(lx.numpy, lx.numpy.array, lx.materialize, as_it_is, lx.grad, python_loop)


def jax_peer(jitted: bool) -> Peer:
    import jax

    folder = os.environ.get("JAX_COMPILATION_CACHE_DIR")
    if folder:
        jax.config.update("jax_persistent_cache_min_compile_time_secs", 0)
        jax.config.update("jax_persistent_cache_min_entry_size_bytes", -1)
    return Peer(
        jax.numpy,
        jax.numpy.asarray,
        jax.block_until_ready,
        jax.jit if jitted else as_it_is,
        jax.grad,
        lambda steps, step, state: jax.lax.fori_loop(0, steps, step, state),
    )


PEERS: dict[str, Callable[[], Peer]] = {
    "lazyax": lazyax_peer,
    "lazyax, compiled at once": lambda: lazyax_peer(cold_runs=0),
    "numpy": numpy_peer,
    "jax un-jitted": lambda: jax_peer(False),
    "jax.jit": lambda: jax_peer(True),
}


def expression(peer: Peer, choose: random.Random, ops: int) -> Any:
    """The sum of an expression of ``ops`` operations on a small array, chosen at random."""
    np = peer.np
    unary = (np.exp, np.tanh, np.sin, np.cos, np.negative, np.abs, np.square)
    binary = (np.add, np.multiply, np.subtract, np.maximum, np.minimum)
    plan = [
        (choose.choice(unary), choose.choice(binary), choose.random(), choose.random())
        for _ in range(ops - 1)
    ]

    def function(x, y):
        for one, two, which, number in plan:
            if which < 0.4:
                x = one(x)
            elif which < 0.6:
                x = x * number
            else:
                x, y = two(x, y), x
        return np.sum(x)

    shape = choose.choice(SHAPES)
    ramp = numpy.linspace(0.1, 0.9, numpy.prod(shape), dtype="f4").reshape(shape)
    return float(peer.jit(function)(peer.array(ramp), peer.array(ramp[::-1].copy())))


def one_off_expressions(peer: Peer, count: int = 200, ops: int = 5) -> None:
    choose = random.Random(0)
    for _ in range(count):
        expression(peer, choose, ops)


def different_graphs(peer: Peer, count: int = 2000) -> None:
    one_off_expressions(peer, count, ops=20)


def chain(peer: Peer, ops: int = 1000, size: int = 1000) -> None:
    """A thousand mixed operations on some floats."""
    np, choose = peer.np, random.Random(0)
    unary = (np.exp, np.tanh, np.sqrt, np.negative, np.abs)
    binary = (np.add, np.multiply, np.subtract, np.divide, np.maximum)

    def function(x, y):
        values = [x, y]
        for place in range(ops):
            if place % 3 == 2:
                values.append(choose.choice(unary)(values[-1]))
            else:
                values.append(choose.choice(binary)(values[-1], choose.choice(values[-8:])))
        return values[-1]

    x, y = (numpy.linspace(low, low + 1, size, dtype="f4") for low in (0.5, 1.0))
    peer.wait(peer.jit(function)(peer.array(x), peer.array(y)))


def mlp_step(peer: Peer) -> None:
    """A step of gradient descent for three layers."""
    np, sizes = peer.np, (64, 256, 128, 10)
    params = [
        peer.array(numpy.full(shape, 0.01, "f4"))
        for pair in itertools.pairwise(sizes)
        for shape in (pair, pair[1:])
    ]
    x, y = peer.array(numpy.ones((32, 64), "f4")), peer.array(numpy.full((32, 10), 0.1, "f4"))

    def loss(params):
        h = x
        for w, b in zip(params[::2], params[1::2], strict=True):
            h = np.tanh(np.dot(h, w) + b)
        return np.mean((h - y) ** 2)

    def step(params):
        return [p - 0.1 * g for p, g in zip(params, peer.grad(loss)(params), strict=True)]

    peer.wait(peer.jit(step)(params))


def python_loop_of_steps(peer: Peer, steps: int = 1000, is_gradient: bool = False) -> None:
    """A thousand steps of twenty operations, or their gradient."""
    np = peer.np

    def step(k, state):
        x, v = state
        g = np.tanh(x * w + 0.1 * k) - x
        v = 0.9 * v + g * g
        x = x - 0.01 * g / (np.sqrt(v) + 1e-3)
        return np.where(x > 1.0, x - 0.5, x), v

    x = peer.array(numpy.linspace(0.1, 0.9, 1000, dtype="f4"))
    w = peer.array(numpy.linspace(0.5, 1.0, 1000, dtype="f4"))

    def loop(x):
        return peer.loop(steps, step, (x, x * 0.0 + 0.1))[0]

    if is_gradient:
        peer.wait(peer.jit(peer.grad(lambda x: np.sum(loop(x))))(x))
    else:
        peer.wait(peer.jit(loop)(x))


CASES: dict[str, tuple[Callable, tuple[str, ...], tuple[float, str] | None]] = {
    "200 one-off expressions of 5 operations": (
        one_off_expressions, tuple(PEERS), (0.2, "lazyax, compiled at once"),
    ),
    "2,000 different graphs of 20 operations": (
        different_graphs, ("lazyax", "numpy", "jax un-jitted"), (0.2, "jax un-jitted"),
    ),
    "1,000 mixed operations on 1,000 floats": (
        chain, ("lazyax", "lazyax, compiled at once", "numpy", "jax.jit"), (1500.0, ""),
    ),
    "1,000 mixed operations on 100,000 floats": (
        functools.partial(chain, size=100_000), ("lazyax", "numpy"), (1500.0, ""),
    ),
    "first step of an MLP": (
        mlp_step, ("lazyax", "jax un-jitted", "jax.jit"), (1.0, "jax.jit"),
    ),
    "first step of an MLP, second process": (
        mlp_step, ("lazyax", "jax.jit"), (1.0, "jax.jit"),
    ),
    "1,000 steps of a Python loop (jax: fori_loop)": (
        python_loop_of_steps,
        ("lazyax", "lazyax, compiled at once", "numpy", "jax.jit"),
        (1.0, "jax.jit"),
    ),
    "gradient of 1,000 steps of a Python loop (jax: fori_loop)": (
        functools.partial(python_loop_of_steps, is_gradient=True), ("lazyax", "jax.jit"),
        (1.0, "jax.jit"),
    ),
}  # fmt: skip
"""What is run, by whom, and the budget."""

WHY = {
    "gradient of 1,000 steps of a Python loop (jax: fori_loop)": (
        "jax traces and differentiates one step, where 21,000 nodes are built here, and the 42,000 "
        "of the gradient planned and run by NumPy; of 480 ms planning takes 90, NumPy 73, what it "
        "is to do 54, transpose 58, jvp 54, building 38, walks 32 and the collector of garbage 40"
    ),
}
"""What stands in the way of a budget."""


def seconds_of(case: str, peer: str, folder: str) -> float:
    """Seconds that a case took in a new process; a second one where its name says so."""
    off = {**WITHOUT_CACHE, "JAX_COMPILATION_CACHE_DIR": ""}
    on = {"LAZYAX_CACHE_DIR": f"{folder}/lazyax", "JAX_COMPILATION_CACHE_DIR": f"{folder}/jax"}
    ran = subprocess.run(
        [sys.executable, "-W", "ignore", "-m", "benchmarks.compile_time", case, peer],
        env={**os.environ, **(on if "second process" in case else off)},
        capture_output=True,
        text=True,
        check=True,
    )
    return float(ran.stdout)


def measured(case: str) -> Row:
    """Medians of a case for all its peers, in turn."""
    _, peers, budget = CASES[case]
    times: dict[str, list[float]] = {peer: [] for peer in peers}
    with tempfile.TemporaryDirectory() as folder:
        for _ in range(ROUNDS):
            for peer in peers:
                times[peer].append(seconds_of(case, peer, folder))
    kept = {p: found[1:] if "second process" in case else found for p, found in times.items()}
    none: dict[str, Callable] = dict.fromkeys(peers, lambda: None)
    row = Case(case, none, unit="ms", budget=budget, why=WHY.get(case, "not found out"))
    return Row(row, {peer: statistics.median(found) for peer, found in kept.items()})


def tables() -> str:
    """All cases as a table."""
    return table("Cold start, in a new process", [measured(case) for case in CASES])


def main() -> None:
    """Run one case in this process, and print its seconds."""
    case, name = sys.argv[1:]
    peer = PEERS[name]()
    float(peer.np.sum(peer.array(numpy.ones(3, "f4"))))
    start = time.perf_counter()
    CASES[case][0](peer)
    print(time.perf_counter() - start)


if __name__ == "__main__":
    main()

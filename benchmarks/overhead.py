"""What laziness costs on arrays so small that the arithmetic is free."""

from __future__ import annotations

import sys

import attrs
import jax
import jax.numpy as jnp
import numpy

import lazyax as lx
import lazyax.numpy as np
from benchmarks.measure import Case
from lazyax.xla.lowering import lower
from lazyax.xla.plan import plan


def chain(x, y, ops: int):
    """``ops`` operators, one after another."""
    for _ in range(ops // 2):
        x = x * y
        x = x + y
    return x


def mixed(x, ops: int):
    """A function of ``ops`` operators of several kinds."""
    for _ in range(ops // 4):
        x = np.tanh(x) * x - x * 0.5
    return x


def mixed_jax(x, ops: int):
    for _ in range(ops // 4):
        x = jnp.tanh(x) * x - x * 0.5
    return x


def cases() -> list[Case]:
    """Build, steady materialization, compiled calls, gradients and lowering."""
    host = numpy.ones(8, "f4")
    x, y = lx.materialize(np.array(host), np.array(host))
    jx, jy = jnp.asarray(host), jnp.asarray(host)
    found = [
        Case(
            "build one operator",
            {
                "lazyax": lambda: chain(x, y, 1000),
                "numpy (runs)": lambda: chain(host, host, 1000),
                "jax eager (runs)": lambda: chain(jx, jy, 1000),
                "jax trace": lambda: jax.make_jaxpr(lambda a, b: chain(a, b, 1000))(jx, jy),
            },
            per=1000,
            budget=(1.5, ""),
        )
    ]
    for ops in (10, 100, 1000):
        jitted = jax.jit(lambda a, b, ops=ops: chain(a, b, ops))
        found.append(
            Case(
                f"build and materialize {ops} known ops",
                {
                    "lazyax": lambda ops=ops: lx.materialize(chain(x, y, ops)),
                    "numpy (runs)": lambda ops=ops: chain(host, host, ops),
                    "jax eager (runs)": lambda ops=ops: chain(jx, jy, ops).block_until_ready(),
                    "jax.jit call": lambda jitted=jitted: jitted(jx, jy).block_until_ready(),
                },
                calls=max(1, 1000 // ops),
                budget=(0.45, "jax eager (runs)"),
            )
        )
    found += [compiled_call(inputs) for inputs in (1, 10, 100)]
    found += [gradient_case(), lowering_case()]
    return found


def steady_cases() -> list[Case]:
    """Materialization of a graph that is built already: plan, look-up, run, settle."""
    x, y = lx.materialize(np.ones(8), np.ones(8))
    found = []
    for ops in (10, 100, 1000):
        found.append(
            Case(
                f"materialize {ops} known ops (build subtracted: see the next row)",
                {"lazyax": lambda ops=ops: lx.materialize(chain(x, y, ops))},
                calls=max(1, 1000 // ops),
            )
        )
        found.append(
            Case(
                f"build {ops} ops",
                {"lazyax": lambda ops=ops: chain(x, y, ops)},
                calls=max(1, 1000 // ops),
            )
        )
    return found


def compiled_call(inputs: int) -> Case:
    """A call of a compiled function of many small arrays."""

    def add(*arrays):
        total = arrays[0]
        for array in arrays[1:]:
            total = total + array
        return total * 2.0

    host = [numpy.full(8, i, "f4") for i in range(inputs)]
    ours = [lx.materialize(np.array(h)) for h in host]
    theirs = [jnp.asarray(h) for h in host]
    f, g = lx.jit(add), jax.jit(add)
    return Case(
        f"compiled call, {inputs} inputs",
        {
            "lazyax": lambda: f(*ours),
            "numpy (runs)": lambda: add(*host),
            "jax.jit call": lambda: g(*theirs),
        },
        calls=300,
        budget=(1.0, "jax.jit call"),
    )


def gradient_case() -> Case:
    """Building the gradient of a function of 1,000 ops, without running it."""
    x, jx = lx.materialize(np.ones(8)), jnp.ones(8)
    return Case(
        "grad-build of 1,000 ops, an op",
        {
            "lazyax": lambda: lx.grad(lambda a: mixed(a, 1000).sum())(x),
            "jax trace": lambda: jax.make_jaxpr(jax.grad(lambda a: mixed_jax(a, 1000).sum()))(jx),
        },
        per=1000,
        budget=(0.1, "jax trace"),
    )


def lowering_case() -> Case:
    """From a graph of 1,000 ops to StableHLO."""
    graph = lx.trace(lambda a: mixed(a, 1000))(np.ones(8))
    x = jnp.ones(8)

    def traced():
        return jax.jit(lambda a: mixed_jax(a, 1000)).trace(x)

    waiting = [traced() for _ in range(ROUNDS_AT_MOST)]  # jax keeps what it lowered
    return Case(
        "lowering of 1,000 ops to StableHLO, an op",
        {
            "lazyax": lambda: lower(plan(graph.outputs, graph.inputs)),
            "jax lower": lambda: waiting.pop().lower(),
        },
        per=1000,
        budget=(0.1, "jax lower"),
    )


ROUNDS_AT_MOST = 20


@attrs.frozen
class Bytes:
    """Bytes of a pending node, everything that hangs on it alone included."""

    per_node: float


def bytes_per_node(nodes: int = 100_000) -> Bytes:
    """Growth of the process's Python heap when a chain is built."""
    import tracemalloc

    x, y = lx.materialize(np.ones(8), np.ones(8))
    tracemalloc.start()
    before = tracemalloc.get_traced_memory()[0]
    pending = chain(x, y, nodes)
    after = tracemalloc.get_traced_memory()[0]
    tracemalloc.stop()
    del pending
    return Bytes((after - before) / nodes)


def import_seconds(module: str) -> float:
    """Wall seconds of a fresh process that imports a module, less those of an empty one."""
    import subprocess
    import time

    def run(code: str) -> float:
        start = time.perf_counter()
        subprocess.run([sys.executable, "-c", code], check=True)
        return time.perf_counter() - start

    return min(run(f"import {module}") for _ in range(5)) - min(run("pass") for _ in range(5))

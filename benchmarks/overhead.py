"""What laziness costs on arrays so small that the arithmetic is free."""

from __future__ import annotations

import functools

import numpy

from benchmarks.autodiff import layers, network
from benchmarks.elementwise import uniform
from benchmarks.workload import Group, Target, Workload, of_arrays

GROUP = Group("Overhead, on arrays of 8 floats")

EAGER = ("lazyax", "lazyax.jit", "numpy", "jax", "jax.jit", "torch", "mlx")
BATCH, SIZES, RATE = 8, (4, 16, 1), 1e-3


def chain(np, x, ops: int):
    """``ops`` operators of five kinds, one after another."""
    for _ in range(ops // 5):
        x = np.sin(x * 1.01 + 0.1)
        x = np.maximum(x, 0.05) - 0.02
    return x


def mixed(np, x, ops: int):
    """A scalar function of ``ops`` operators."""
    for _ in range(ops // 4):
        x = np.tanh(x) * x - x * 0.5
    return np.sum(x)


def total(np, *arrays):
    """A sum, twice."""
    return functools.reduce(lambda x, y: x + y, arrays) * 2.0


def adam(peer, mode, steps=1, read=True):
    """Adam, written out, on a tiny network whose loss is read after ``steps`` steps."""
    np = peer.np
    x, y = peer.array(uniform(BATCH, SIZES[0])), peer.array(uniform(BATCH, 1, seed=1))
    params = [[peer.array(p) for p in layer] for layer in layers(SIZES)]
    zeros = [[peer.array(numpy.zeros_like(p)) for p in layer] for layer in layers(SIZES)]

    def loss(params, x, y):
        error = network(np, params, x) - y
        return np.sum(error * error) / BATCH

    both = peer.value_and_gradient(loss)

    def update(state, x, y):
        params, m, v = state
        value, slopes = both(params, x, y)
        m = peer.map(lambda m, g: 0.9 * m + 0.1 * g, m, slopes)
        v = peer.map(lambda v, g: 0.999 * v + 0.001 * g * g, v, slopes)
        params = peer.map(lambda p, m, v: p - RATE * m / (np.sqrt(v) + 1e-8), params, m, v)
        return (params, m, v), value

    step = peer.compiled(mode, update)
    copy = peer.map(lambda x: x + 0.0, zeros)  # donated buffers must not be one
    state = [peer.wait((params, zeros, copy))]

    def run():
        for _ in range(steps):
            state[0], value = step(state[0], x, y)
        if mode == "mlx":
            peer.wait(state[0])
        return float(value)

    return run


def tracing(kind):
    """Work on graphs alone: nothing runs."""

    def setup(peer, mode):
        x = peer.array(uniform(8))
        f = functools.partial(mixed, peer.np, ops=1000)
        g = peer.gradient(f)
        if mode == "numpy":
            return lambda: f(x)
        if mode == "jax":
            jax = peer.jax
            if kind == "lower":
                # jax keeps what it has lowered
                waiting = [jax.jit(functools.partial(f)).trace(x) for _ in range(40)]
                return lambda: waiting.pop().lower()

            def traced():
                fresh = functools.partial(f)  # jax keeps what it has traced
                return jax.make_jaxpr(jax.grad(fresh) if kind == "grad" else fresh)(x)

            return traced
        lx = peer.lx
        if kind != "lower":
            return lambda: lx.trace(g if kind == "grad" else f)(x)
        from lazyax.xla.lowering import lower
        from lazyax.xla.plan import plan

        graph = lx.trace(f)(x)
        return lambda: lower(plan(graph.outputs, graph.inputs, keep_wanted=False))

    return setup


def building(peer, mode):
    """1,000 operators, which lazyax does not run."""
    x = peer.array(uniform(8))
    f = peer.compiled(mode, lambda x: functools.reduce(lambda y, _: y * x + x, range(500), x))
    return lambda: f(x)


BUILT_IN_PYTHON = (
    "an operator takes 0.7 us to build in Python, 1.1 with a number beside it, where torch and mlx "
    "build in C++; a node takes 0.5 to recognise, settle and free, and a run 13, of which XLA's "
    "call is 4"
)
CALLED_FROM_PYTHON = (
    "of 7.4 us with one input XLA's own call takes 4.0; finding the program takes 1.2 in Python, "
    "making the result 0.5, and each further input 0.19"
)
UNREAD = (
    "as where the loss is read; finding the ends of rounds in the past, once in 1,000 nodes, is a "
    "tenth of it"
)
STEP_IN_PYTHON = (
    "some 80 ops are built anew each step, in Python: loss and gradient take 63 us, the update "
    "58; 102 us recognise (36), run (31) and read them, and free what they were made of"
)

for ops in (10, 100, 1000):
    GROUP.add(
        Workload(
            f"chain of {ops} ops, built and read",
            of_arrays(functools.partial(chain, ops=ops), lambda: [uniform(8)]),
            EAGER if ops < 1000 else tuple(m for m in EAGER if not m.endswith(".jit")),
            [
                Target(0.5, "mlx", why=BUILT_IN_PYTHON),
                Target(0.45, "jax", why=BUILT_IN_PYTHON),
                *[Target(1.0, "torch", why=BUILT_IN_PYTHON)] * (ops == 100),
            ],
            unit="us",
            calls=max(1, 1000 // ops),
        )
    )
for inputs in (1, 10, 100):
    GROUP.add(
        Workload(
            f"compiled call, {inputs} inputs",
            of_arrays(
                total, functools.partial(lambda n: [uniform(8, seed=i) for i in range(n)], inputs)
            ),
            ("lazyax.jit", "numpy", "jax.jit", "torch"),
            [Target(0.65 if inputs == 100 else 1.0, "jax.jit", "lazyax.jit", CALLED_FROM_PYTHON)],
            unit="us",
            calls=300,
        )
    )
GROUP.add(
    Workload(
        "Adam step, loss read each step",
        adam,
        ("lazyax", "lazyax.jit", "jax", "jax.jit+donate", "torch", "mlx"),
        [
            Target(1.0, "torch", why=STEP_IN_PYTHON),
            Target(0.45, "mlx", why=STEP_IN_PYTHON),
            Target(1 / 30, "jax", why=STEP_IN_PYTHON),
            Target(1.0, "jax.jit+donate", "lazyax.jit", CALLED_FROM_PYTHON),
        ],
        unit="us",
        calls=20,
        check=None,
    )
)
GROUP.add(
    Workload(
        "Adam step, loss never read",
        functools.partial(adam, steps=200),
        ("lazyax", "lazyax.jit", "torch", "mlx"),
        [Target(1.0, "torch", why=UNREAD), Target(0.45, "mlx", why=UNREAD)],
        unit="us",
        per=200,
        check=None,
    )
)
GROUP.add(
    Workload(
        "build of 1,000 operators, an op",
        building,
        ("lazyax", "numpy", "jax", "torch", "mlx"),
        [Target(1.5, "us", why="operators and Array are Python")],
        unit="us",
        per=1000,
        check=None,
    )
)
WRITTEN_IN_PYTHON = {
    "trace": "",
    "lower": "less than half of it (1.2 of 2.7 us) looks for loops that Python unrolled, which XLA "
    "then need not compile, 0.7 of that to write the nodes as columns of integers; 0.9 number them",
    "grad": "tangents, their transposes and sums are nodes too, each built in Python",
}
for kind, what in (("trace", "trace"), ("lower", "lowering"), ("grad", "trace of the gradient")):
    GROUP.add(
        Workload(
            f"{what} of 1,000 ops, an op",
            tracing(kind),
            ("lazyax", "jax"),
            [Target(0.1, "jax", why=WRITTEN_IN_PYTHON[kind])],
            unit="us",
            per=1000,
            check=None,
        )
    )

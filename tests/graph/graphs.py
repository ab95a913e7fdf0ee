"""Graphs of many kinds, for what must hold of all of them."""

from __future__ import annotations

from collections.abc import Callable

import ml_dtypes
import numpy

import lazyax as lx
import lazyax.numpy as np
from lazyax.array import Array
from lazyax.graph.graph import Graph
from lazyax.ops import primitives as p
from tests.laws.programs import some_programs

ROWS = np.array(numpy.arange(12, dtype="f4").reshape(4, 3) / 7)

RANDOM = 8
"""How many graphs are those of random programs."""


def predict(params, x):
    for w, b in params[:-1]:
        x = np.tanh(x @ w + b)
    w, b = params[-1]
    return x @ w + b


def loss(params, x, y):
    return np.mean((predict(params, x) - y) ** 2) * 0.5


def mlp_params():
    return [
        (np.array(numpy.linspace(-1, 1, n * m, dtype="f4").reshape(n, m)), np.zeros(m))
        for n, m in ((3, 5), (5, 2))
    ]


def mlp() -> Graph:
    return lx.trace(loss)(mlp_params(), ROWS, np.ones((4, 2)))


def captured() -> Graph:
    """Captures arrays of many dtypes, numbers, and something pending."""
    arrays = [
        np.array(numpy.array([1.5, -0.0, numpy.nan]).astype(dtype))
        for dtype in ("f2", "f4", "f8", ml_dtypes.bfloat16, ml_dtypes.float8_e5m2, "c8", "c16")
    ]
    arrays += [np.array(numpy.array([0, 1, 3]).astype(dtype)) for dtype in ("?", "i1", "u8")]
    pending = np.tanh(arrays[1])

    def f(x):
        return [x + part.astype("f4") for part in arrays[:5]] + [
            arrays[5] * x,
            arrays[6] * 2j,
            np.where(arrays[7], x, -1.5),
            arrays[8] + 1,
            arrays[9],
            pending * 3 * x,
            True & arrays[7],
        ]

    return lx.trace(f)(np.ones(3))


def constants() -> Graph:
    """Constants with parameters that are hard to write down."""

    def f(x):
        filled = [
            p.Full(value, (3,), numpy.dtype(dtype))()
            for value, dtype in (
                (numpy.inf, "f4"), (-numpy.inf, "f8"), (numpy.nan, "f4"), (-0.0, "f4"),
                (0.1, "f8"), (1 - 0.0j, "c8"), (True, "?"), (2**63 - 1, "i8"),
            )
        ]  # fmt: skip
        literal = p.Literal.of(numpy.array([[1, 2, 3]], ml_dtypes.bfloat16))
        counted = p.Iota(numpy.dtype("u2"), (2, 3), 1)()
        return {"filled": [Array(node) for node in filled], "x": x,
                "tables": (Array(literal), Array(counted), None)}  # fmt: skip

    return lx.trace(f)(np.ones((), "f4"))


def of_keywords() -> Graph:
    return lx.trace(lambda x, *, scale, shift=0.0: x * scale + shift)(
        np.ones(3), scale=2.0, shift=np.ones(3)
    )


def several_results() -> Graph:
    def f(x):
        values, order = p.Sort(0)(x._node, p.Iota(numpy.dtype("i4"), (4, 3), 0)()), x
        return [Array(node) for node in p.leaves.projections(values)], order

    return lx.trace(f)(ROWS)


def closed_over_arrays() -> Graph:
    x, w = np.ones((2, 3)), np.arange(3.0)
    return lx.Graph([x, {"w": w}], np.tanh(x * w).sum(axis=1), names=("x", "params"))


def random(number: int) -> Callable[[], Graph]:
    def build() -> Graph:
        program = some_programs(RANDOM)[number]
        arguments = program.sample(0, "float32")
        return lx.trace(lambda *values: program(np, *values))(*arguments)

    return build


BUILDERS: dict[str, Callable[[], Graph]] = {
    "mlp": mlp,
    "gradient": lambda: lx.trace(lx.value_and_grad(loss))(mlp_params(), ROWS, np.ones((4, 2))),
    "gradient of a graph": lambda: mlp().grad(),
    "hessian": lambda: lx.trace(lx.hessian(lambda x: np.sum(np.tanh(x) ** 3)))(np.ones(3)),
    "vmap": lambda: mlp().vmap(in_axes=(None, 0, 0), axis_size=2),
    "captured": captured,
    "constants": constants,
    "keywords": of_keywords,
    "several results": several_results,
    "closed over arrays": closed_over_arrays,
    "an input is an output": lambda: lx.trace(lambda x, y: (x, x))(1.0, 2),
    "no inputs": lambda: lx.Graph([], np.ones(3) * 2),
    "no outputs": lambda: lx.trace(lambda x: None)(1.0),
    **{f"random {number}": random(number) for number in range(RANDOM)},
}


def sample(graph: Graph, rng: numpy.random.Generator) -> list[Array]:
    """An array for each input of a graph."""
    arrays = []
    for node in graph.inputs:
        values = numpy.asarray(rng.uniform(-1, 1, node.aval.shape)) * 3
        arrays.append(np.array(values.astype(node.aval.dtype)))
    return arrays


def call(graph: Graph, arrays: list[Array]) -> list[numpy.ndarray]:
    """A graph's outputs for flat arguments, computed together."""
    arguments, kwargs = lx.tree.unflatten(graph.in_tree, arrays)
    results = lx.tree.leaves(graph(*arguments, **kwargs))
    lx.materialize(results)
    return [numpy.asarray(result) for result in results]


def same_bits(found: list[numpy.ndarray], expected: list[numpy.ndarray]) -> bool:
    """Whether arrays are equal bit for bit."""
    return [(a.dtype, a.shape, a.tobytes()) for a in found] == [
        (a.dtype, a.shape, a.tobytes()) for a in expected
    ]

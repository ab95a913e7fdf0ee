"""Elementwise programs and reductions on large arrays."""

from __future__ import annotations

import functools
import math

import numpy

from benchmarks.workload import Group, Target, Workload, of_arrays

GROUP = Group("Fused elementwise programs")

ALL = ("lazyax", "lazyax.jit", "numpy", "numexpr", "jax", "jax.jit", "torch", "torch.compile",
       "mlx", "mlx.compile", "pytensor", "tinygrad.jit", "dask")  # fmt: skip
REDUCING = tuple(mode for mode in ALL if mode != "numexpr")
BEST = "best peer"


@functools.cache
def uniform(*shape: int, low: float = 0.1, high: float = 1.0, seed: int = 0) -> numpy.ndarray:
    """Random float32, the same in every process."""
    rng = numpy.random.default_rng(seed)
    return rng.uniform(low, high, shape).astype("f4")


def quadratic(np, x):
    return x * x + x * 2.0


def ten_ops(np, x):
    return ((x * 1.1 + 0.3) * x - 0.7) * 0.5 + x * (x + 0.2) - 0.1 * x


def with_circular(np, x):
    y = np.sin(x) * np.cos(x) + np.exp(-x)
    return np.tanh(y) * np.sqrt(x) + np.log(x + 1.0)


def black_scholes(np, spot, strike, time):
    rate, volatility = 0.02, 0.3
    root = volatility * np.sqrt(time)
    d1 = (np.log(spot / strike) + (rate + volatility * volatility / 2) * time) / root
    d2 = d1 - root

    def cumulative(x):
        return 0.5 + 0.5 * np.erf(x * math.sqrt(0.5))

    return spot * cumulative(d1) - strike * np.exp(-rate * time) * cumulative(d2)


def softmax_layernorm(np, x):
    e = np.exp(x - np.max(x, axis=1, keepdims=True))
    p = e / np.sum(e, axis=1, keepdims=True)
    centred = p - np.mean(p, axis=1, keepdims=True)
    variance = np.mean(centred * centred, axis=1, keepdims=True)
    return centred / np.sqrt(variance + 1e-10)


def logsumexp(np, x):
    top = np.max(x, axis=1, keepdims=True)
    return np.log(np.sum(np.exp(x - top), axis=1, keepdims=True)) + top


def row_norms(np, x):
    return x / np.sqrt(np.sum(x * x, axis=1, keepdims=True))


def _add(name, function, data, modes, targets, bytes, **more):
    setup = of_arrays(function, data)
    GROUP.add(Workload(name, setup, modes, targets, bytes=bytes, **more))


def _stream(*peers: tuple[float, str], why: str = "") -> list[Target]:
    return [Target(ratio, peer, why=why) for ratio, peer in peers]


MEMORY = (
    "XLA's loop runs at the speed of memory: gcc's and clang's take as long in the same memory, "
    "7.1 ms for 25 M numbers, and so it does whether one buffer or two take turns; stores that "
    "pass the cache by take 5.1, and XLA writes none"
)
ROWS = (
    "XLA's library reads each row twice, for its norm and to scale it, the second time from the "
    "cache: 1.4 times what x*x + x*2 takes"
)
PASSES = (
    "of 19 ms in XLA's library 5.8 are memory's, which no other pass overlaps, exp takes 5.5, the "
    "other nine operations and four reductions 0.4 to 1 each, over rows that stay in the cache, "
    "and 1.0 keeps NaN, which jax loses; jax runs the same in fresh memory"
)
KEEPS_NAN = (
    "that the maximum is NaN where there is one takes 1.7 of 14.8 ms, a sum of squares; "
    "jax's maxima pass over NaN"
)
STREAM = _stream((1.0, BEST), (0.25, "jax.jit"), (0.25, "numpy"), (0.1, "torch"), why=MEMORY)
NORMS = _stream((1.0, BEST), (0.25, "jax.jit"), (0.25, "numpy"), (0.1, "torch"), why=ROWS)

_add("x*x + x*2, 5000x5000", quadratic, lambda: [uniform(5000, 5000)], ALL, STREAM, 2e8)
_add("chain of 10 ops, 10 M", ten_ops, lambda: [uniform(10**7)], ALL, STREAM, 8e7)
_add("rows normalised, 5000x5000", row_norms, lambda: [uniform(5000, 5000)], REDUCING, NORMS, 2e8)
_add(
    "chain with sin and cos, 10 M",
    with_circular,
    lambda: [uniform(10**7, high=6.0)],
    ALL,
    _stream((0.6, "torch.compile"), (1.0, "jax.jit")),
    8e7,
)
_add(
    "Black-Scholes, 10 M",
    black_scholes,
    lambda: (
        [uniform(10**7, low=50, high=150, seed=seed) for seed in (1, 2)]
        + [uniform(10**7, low=0.2, high=2.0, seed=3)]
    ),
    tuple(mode for mode in ALL if mode not in ("numexpr", "dask")),
    _stream((0.75, BEST)),
    1.6e8,
)
_add(
    "softmax and layernorm, 4096x4096",
    softmax_layernorm,
    lambda: [uniform(4096, 4096, high=3.0)],
    REDUCING,
    _stream((0.4, BEST), why=PASSES),
    1.34e8,
    check=2e-2,
)
_add(
    "logsumexp, 4096x4096",
    logsumexp,
    lambda: [uniform(4096, 4096, high=3.0)],
    REDUCING,
    _stream((1.0, "jax.jit"), why=KEEPS_NAN),
    6.7e7,
)

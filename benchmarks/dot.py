"""Matrix products."""

from __future__ import annotations

from benchmarks.elementwise import uniform
from benchmarks.workload import Group, Target, Workload, of_arrays

GROUP = Group("Dots")

MODES = ("lazyax", "lazyax.jit", "numpy", "jax.jit", "torch", "mlx")
SAME = "the optimised HLO has the same instructions as jax's, so that what differs are the runs"
PARITY = [Target(1.03, "jax.jit", "lazyax.jit", SAME), Target(1.03, "jax.jit", why=SAME)]


def attention(np, queries, keys):
    return np.einsum("bqhd,bkhd->bhqk", queries, keys)


def product(np, x, y):
    return np.matmul(x, y)


def _add(name, function, shapes, flops):
    def data():
        return [uniform(*shape, seed=seed) for seed, shape in enumerate(shapes)]

    GROUP.add(Workload(name, of_arrays(function, data), MODES, PARITY, flops=flops))


_add("matmul 2000x2000", product, [(2000, 2000)] * 2, 2 * 2000**3)
_add("64 matmuls 256x256", product, [(64, 256, 256)] * 2, 64 * 2 * 256**3)
_add("einsum bqhd,bkhd->bhqk", attention, [(4, 256, 8, 64)] * 2, 2 * 4 * 8 * 256 * 256 * 64)

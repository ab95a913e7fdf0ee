"""Decompositions and equations of 500 by 500 matrices, whose time is LAPACK's."""

from __future__ import annotations

import numpy

from benchmarks.workload import Group, Target, Workload, of_arrays

GROUP = Group("Linear algebra, 500x500")

SIDE = 500

FUNCTIONS = {
    "cholesky": lambda np, x, b: np.linalg.cholesky(x),
    "solve": lambda np, x, b: np.linalg.solve(x, b),
    "inv": lambda np, x, b: np.linalg.inv(x),
    "qr": lambda np, x, b: list(np.linalg.qr(x)),
    "eigh": lambda np, x, b: list(np.linalg.eigh(x)),
    "svd": lambda np, x, b: list(np.linalg.svd(x)),
}
"""By name, each of a module, a positive definite matrix and a vector."""


def data() -> list[numpy.ndarray]:
    """The matrix and the vector."""
    rng = numpy.random.default_rng(0)
    host = rng.normal(size=(SIDE, SIDE)).astype("f4")
    host = host @ host.T / SIDE + numpy.eye(SIDE, dtype="f4")
    return [host, rng.normal(size=SIDE).astype("f4")]


def slope_of_solve(peer, mode):
    """The gradient by the matrix of a number made of a solution."""
    x, b = [peer.array(host) for host in data()]
    slope = peer.gradient(lambda x, b: peer.np.sum(peer.np.linalg.solve(x, b) ** 2))
    called = peer.compiled(mode, slope)
    return lambda: peer.wait(called(x, b))


MODES = ("lazyax", "lazyax.jit", "jax.jit")
SAME = "the calls of LAPACK are jax's, and take nearly all of the time: the runs differ"
BUILT = (
    "the function is called anew in Python, and its gradient made, recognised and started there: "
    "0.35 ms of 2.7; under jit it is faster than jax.jit"
)
TARGETS = [Target(1.1, "jax.jit", why=SAME)]

for name, function in FUNCTIONS.items():
    # the signs of vectors are free
    check = None if name in ("qr", "eigh", "svd") else 2e-3
    GROUP.add(Workload(name, of_arrays(function, data), (*MODES, "numpy"), TARGETS, check=check))
SLOPE = [Target(1.1, "jax.jit", why=BUILT)]
GROUP.add(Workload("gradient of solve", slope_of_solve, MODES, SLOPE))

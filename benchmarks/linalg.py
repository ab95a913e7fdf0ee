"""Decompositions and equations of 500 by 500 matrices, whose time is LAPACK's."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy

import lazyax as lx
import lazyax.numpy as np
from benchmarks.measure import Case

SIDE = 500

FUNCTIONS = {
    "cholesky": lambda m, x, b: m.linalg.cholesky(x),
    "solve": lambda m, x, b: m.linalg.solve(x, b),
    "inv": lambda m, x, b: m.linalg.inv(x),
    "qr": lambda m, x, b: m.linalg.qr(x),
    "eigh": lambda m, x, b: m.linalg.eigh(x),
    "svd": lambda m, x, b: m.linalg.svd(x),
}
"""By name, each of a module, a positive definite matrix and a vector."""


def slope_of_solve(transform: Any, m: Any, x: Any, b: Any) -> Any:
    """The gradient by the matrix of a number made of a solution."""
    return transform.grad(lambda x: m.sum(m.linalg.solve(x, b) ** 2))(x)


def case(name: str, of_lazyax: Any, of_jax: Any, of_numpy: Any = None) -> Case:
    """One function of (matrix, vector) by all peers."""
    rng = numpy.random.default_rng(0)
    host = rng.normal(size=(SIDE, SIDE)).astype("f4")
    host = host @ host.T / SIDE + numpy.eye(SIDE, dtype="f4")
    vector = rng.normal(size=SIDE).astype("f4")
    x, b = lx.materialize(np.array(host), np.array(vector))
    jx, jb = jnp.asarray(host), jnp.asarray(vector)
    jitted, jax_jitted = lx.jit(of_lazyax), jax.jit(of_jax)

    def wait(results: Any) -> None:
        for leaf in lx.tree.leaves(lx.materialize(results)):
            leaf.block_until_ready()

    peers = {
        "lazyax": lambda: wait(of_lazyax(x, b)),
        "lazyax jit": lambda: wait(jitted(x, b)),
        "jax.jit": lambda: jax.block_until_ready(jax_jitted(jx, jb)),
    }
    if of_numpy is not None:
        peers["numpy"] = lambda: of_numpy(host, vector)
    return Case(f"{name}, {SIDE}x{SIDE}", peers, unit="ms", budget=(1.1, "jax.jit"))


def cases() -> list[Case]:
    """All of this file."""
    plain = [
        case(
            name,
            lambda x, b, f=function: f(np, x, b),
            lambda x, b, f=function: f(jnp, x, b),
            lambda x, b, f=function: f(numpy, x, b),
        )
        for name, function in FUNCTIONS.items()
    ]
    slope = case(
        "gradient of solve",
        lambda x, b: slope_of_solve(lx, np, x, b),
        lambda x, b: slope_of_solve(jax, jnp, x, b),
    )
    return [*plain, slope]

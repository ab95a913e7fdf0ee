"""Programs whose arithmetic takes the time."""

from __future__ import annotations

import itertools

import jax
import jax.numpy as jnp
import numpy

import lazyax as lx
import lazyax.numpy as np
from benchmarks.measure import Case


def seed_case() -> Case:
    """The headline of the original document: ``x*x + x*2`` on 5000x5000, un-jitted."""
    host = numpy.ones((5000, 5000), "f4")
    x, jx = lx.materialize(np.array(host)), jnp.asarray(host)
    f = lx.jit(lambda x: x * x + x * 2.0)
    g = jax.jit(lambda x: x * x + x * 2.0)
    return Case(
        "x*x + x*2, 5000x5000",
        {
            "lazyax": lambda: (x * x + x * 2.0).block_until_ready(),
            "lazyax jit": lambda: f(x).block_until_ready(),
            "numpy": lambda: host * host + host * 2.0,
            "jax eager": lambda: (jx * jx + jx * 2.0).block_until_ready(),
            "jax.jit": lambda: g(jx).block_until_ready(),
        },
        unit="ms",
        budget=(0.25, "jax.jit"),
    )


SIZES = (784, 512, 512, 10)


def parameters(seed: int = 0) -> list[tuple[numpy.ndarray, numpy.ndarray]]:
    rng = numpy.random.default_rng(seed)
    return [
        (rng.normal(size=(m, n)).astype("f4") * 0.05, numpy.zeros(n, "f4"))
        for m, n in itertools.pairwise(SIZES)
    ]


def loss(module, params, inputs, targets):
    """Cross entropy of a tanh network, in the NumPy of ``module``."""
    x = inputs
    for w, b in params[:-1]:
        x = module.tanh(module.dot(x, w) + b)
    w, b = params[-1]
    logits = module.dot(x, w) + b
    shifted = logits - logits.max(axis=1, keepdims=True)
    logs = shifted - module.log(module.exp(shifted).sum(axis=1, keepdims=True))
    return -(targets * logs).sum(axis=1).mean()


def numpy_step(params, x, y, rate):
    """The same step, differentiated by hand."""
    layers = [x]
    for w, b in params[:-1]:
        layers.append(numpy.tanh(layers[-1] @ w + b))
    w, b = params[-1]
    logits = layers[-1] @ w + b
    shifted = numpy.exp(logits - logits.max(axis=1, keepdims=True))
    change = (shifted / shifted.sum(axis=1, keepdims=True) - y) / len(x)
    new = []
    for layer, (w, b) in zip(reversed(layers), reversed(params), strict=True):
        new.append((w - rate * (layer.T @ change), b - rate * change.sum(axis=0)))
        change = (change @ w.T) * (1 - layer * layer)
    return new[::-1]


def mlp_case(batch: int = 128, rate: float = 0.01) -> Case:
    """One step of stochastic gradient descent of a 784-512-512-10 network."""
    rng = numpy.random.default_rng(1)
    x = rng.normal(size=(batch, SIZES[0])).astype("f4")
    y = numpy.eye(10, dtype="f4")[rng.integers(0, 10, batch)]
    host = parameters()
    lazy = lx.tree.map(np.array, host)
    lx_x, lx_y = lx.materialize(np.array(x), np.array(y))
    lx.materialize(lazy)
    jax_params = jax.tree.map(jnp.asarray, host)
    jx, jy = jnp.asarray(x), jnp.asarray(y)

    def lazy_step(params):
        slopes = lx.grad(lambda p: loss(np, p, lx_x, lx_y))(params)
        return lx.tree.map(lambda p, g: p - rate * g, params, slopes)

    def jax_step(params):
        slopes = jax.grad(lambda p: loss(jnp, p, jx, jy))(params)
        return jax.tree.map(lambda p, g: p - rate * g, params, slopes)

    lazy_jitted, jax_jitted = lx.jit(lazy_step), jax.jit(jax_step)

    def wait(params):
        for leaf in lx.tree.leaves(params):
            leaf.block_until_ready()

    return Case(
        "MLP step 784-512-512-10, batch 128",
        {
            "lazyax": lambda: wait(lx.materialize(lazy_step(lazy))),
            "lazyax jit": lambda: wait(lazy_jitted(lazy)),
            "numpy": lambda: numpy_step(host, x, y, rate),
            "jax eager": lambda: jax.block_until_ready(jax_step(jax_params)),
            "jax.jit": lambda: jax.block_until_ready(jax_jitted(jax_params)),
        },
        unit="ms",
        budget=(1.1, "jax.jit"),
    )


def cases() -> list[Case]:
    """All of this file."""
    return [seed_case(), mlp_case()]

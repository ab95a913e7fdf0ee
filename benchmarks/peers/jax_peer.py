"""jax: eager, under `jit`, and under `jit` with donated state."""

from __future__ import annotations

import types

import jax
import jax.numpy as jnp
import numpy


class Peer:
    """See the package."""

    np = types.SimpleNamespace(**{**vars(jnp), "erf": jax.scipy.special.erf})
    jax = jax

    def array(self, host):
        return jax.block_until_ready(jnp.asarray(host))

    def compiled(self, mode, function, arrays=()):
        if mode == "jax":
            return function
        return jax.jit(function, donate_argnums=(0,) if mode == "jax.jit+donate" else ())

    def gradient(self, function):
        return jax.grad(function)

    def value_and_gradient(self, function):
        return jax.value_and_grad(function)

    def map(self, function, *trees):
        return jax.tree.map(function, *trees)

    def wait(self, result):
        return jax.block_until_ready(result)

    def host(self, result):
        return [numpy.asarray(leaf) for leaf in jax.tree.leaves(result)]


PEER = Peer

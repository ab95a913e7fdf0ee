"""lazyax, with and without `jit`."""

from __future__ import annotations

import types

import numpy

import lazyax as lx
import lazyax.numpy as np
from lazyax import lax, random
from lazyax.scipy import special
from lazyax.xla.tiers import background


class Peer:
    """See the package."""

    np = types.SimpleNamespace(**{**vars(np), "erf": special.erf})
    lx, random, lax = lx, random, lax

    def settle(self):
        background.wait()

    def array(self, host):
        return np.array(host).block_until_ready()

    def compiled(self, mode, function, arrays=()):
        return lx.jit(function) if mode == "lazyax.jit" else function

    def gradient(self, function):
        return lx.grad(function)

    def value_and_gradient(self, function):
        return lx.value_and_grad(function)

    def map(self, function, *trees):
        return lx.tree.map(function, *trees)

    def wait(self, result):
        if isinstance(result, lx.Array):
            return result.block_until_ready()
        lx.materialize(result)
        for leaf in lx.tree.leaves(result):
            leaf.block_until_ready()
        return result

    def host(self, result):
        return [numpy.asarray(leaf) for leaf in lx.tree.leaves(result)]


PEER = Peer

"""lazyax, with and without `jit`."""

from __future__ import annotations

import time
import types

import numpy

import lazyax as lx
import lazyax.numpy as np
from lazyax import lax, random
from lazyax.scipy import special
from lazyax.xla.cold import cold
from lazyax.xla.tiers import background

STEADY, SECONDS, MOST_SECONDS = 20, 1.0, 20.0
"""Runs in which NumPy does nothing, or seconds of them, after which XLA runs all: loops that never
look are computed now and then. What is new each time stays NumPy's."""


class Peer:
    """See the package."""

    np = types.SimpleNamespace(**{**vars(np), "erf": special.erf})
    lx, random, lax = lx, random, lax

    def settle(self, run):
        """Until XLA runs all of it.

        Workers have one processor, where a program is compiled once NumPy has spent as long.
        """
        begun = since = now = time.perf_counter()
        by_numpy, steady = cold.runs, 0
        while steady < STEADY and now - since < SECONDS and now - begun < MOST_SECONDS:
            run()
            background.wait()
            now, steady = time.perf_counter(), steady + 1
            if cold.runs != by_numpy:
                by_numpy, steady, since = cold.runs, 0, now

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

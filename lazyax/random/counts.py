"""Counts of events, drawn by rejection."""

from __future__ import annotations

from typing import Any

import numpy

import lazyax.numpy as np
from lazyax.array import Array
from lazyax.graph.node import Node
from lazyax.lax.looping import while_loop
from lazyax.ops.numpy.conventions import as_dtype
from lazyax.ops.primitives.select import Select
from lazyax.ops.primitives.shape import reshape
from lazyax.random.continuous import unit_node
from lazyax.random.draws import uses_key
from lazyax.random.keys import Shape, split_node, split_pair, wrong_dtype
from lazyax.random.parameters import fitted, require_not_negative
from lazyax.scipy.special import gammaln

REAL = numpy.dtype(numpy.float32)
FEW = 10.0
"""Below this mean the product of uniform numbers is followed, from it on proposals are tried."""


@uses_key
def poisson(key: Node, lam: Any, shape: Shape | None = None, dtype: Any = int) -> Node:
    """Poisson, of the mean ``lam``, which broadcasts to ``shape``; -1 where that is not a number.

    By Knuth's product of uniform numbers, and from a mean of 10 on by Hormann, "The transformed
    rejection method for generating Poisson random variables" (1993).

    >>> from lazyax import random
    >>> random.poisson(random.PRNGKey(0), 3.0, (4,)).shape
    (4,)

    Raises:
        LazyaxTypeError: for what is not a key, a shape or an integer dtype, and for ``lam`` that
            does not broadcast, or is a negative number.
    """
    found = as_dtype("poisson", dtype)
    if found.kind not in "iu":
        raise wrong_dtype("poisson", "an integer", found)
    require_not_negative("poisson", "lam", lam)
    (node,), _, _ = fitted("poisson", shape, REAL, (), lam=lam)
    mean = Array(node)
    few = np.isnan(mean) | (mean < FEW)
    small = _by_product(key, _choose(few, mean, Array(node.like(0))), found)
    large = _by_proposals(key, _choose(few, Array(node.like(1e5)), mean))
    counts = _choose(few, small, large.astype(found))
    return _choose(np.equal(mean, 0), np.zeros_like(counts), counts)._node


def _choose(which: Array, x: Array, y: Array) -> Array:
    return Array(Select()(which._node, x._node, y._node))


def _by_product(key: Node, mean: Array, dtype: numpy.dtype) -> Array:
    """How many uniform numbers it takes until their product is below exp(-mean)."""

    def step(state: tuple) -> tuple:
        key, count, logs = state
        key, subkey = split_pair(key._node)
        count = np.where(logs > -mean, count + 1, count)
        return Array(key), count, logs + np.log(Array(unit_node(subkey, mean.shape, REAL)))

    start = (Array(key), np.zeros(mean.shape, dtype), np.zeros(mean.shape, REAL))
    return while_loop(lambda state: (state[2] > -mean).any(), step, start)[1] - 1


def _by_proposals(key: Node, mean: Array) -> Array:
    """Rounds of proposals for all, until each has one that is accepted."""
    b = 0.931 + 2.53 * np.sqrt(mean)
    a = -0.059 + 0.02483 * b
    inverse_alpha = 1.1239 + 1.1328 / (b - 3.4)
    bound = 0.9277 - 3.6224 / (b - 2)
    log_mean = np.log(mean)

    def step(state: tuple) -> tuple:
        key, counts, done = state
        keys = split_node(key._node, (3,))
        key, of_u, of_v = (reshape(row._node, (2,)) for row in Array(keys))
        u = Array(unit_node(of_u, mean.shape, REAL)) - 0.5
        v = Array(unit_node(of_v, mean.shape, REAL))
        side = 0.5 - abs(u)
        k = np.floor((2 * a / side + b) * u + mean + 0.43)
        s = np.log(v * inverse_alpha / (a / (side * side) + b))
        t = -mean + k * log_mean - gammaln(k + 1)
        quickly = (side >= 0.07) & (v <= bound)
        refused = (k < 0) | ((side < 0.013) & (v > side))
        accepted = quickly | (~refused & (s <= t))
        return Array(key), np.where(accepted, k, counts), done | accepted

    start = (Array(key), np.full(mean.shape, -1, REAL), np.zeros(mean.shape, bool))
    return while_loop(lambda state: (~state[2]).any(), step, start)[1]

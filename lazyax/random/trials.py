"""How many of a number of trials succeed, and how they fall into classes."""

from __future__ import annotations

import math
from typing import Any

import numpy

import lazyax.numpy as np
from lazyax.array import Array
from lazyax.errors import LazyaxTypeError
from lazyax.graph.node import Node
from lazyax.lax.looping import while_loop
from lazyax.lax.scanning import scan
from lazyax.ops.numpy.conventions import as_shape
from lazyax.ops.primitives.select import Select
from lazyax.ops.primitives.shape import reshape
from lazyax.random.continuous import unit_node
from lazyax.random.draws import uses_key
from lazyax.random.keys import Shape, split_node, split_pair
from lazyax.random.parameters import (
    fit,
    fitted,
    parameter,
    real_dtype,
    require_chance,
    require_not_negative,
)

REAL = numpy.dtype(numpy.float32)
"""Numbers of fewer bits are drawn as these: they could not hold the counts on the way."""

FEW = 10.0
"""Up to this mean the gaps between successes are added up, above it proposals are tried."""

EXACT_TAILS = [
    math.lgamma(k + 1) - ((k + 0.5) * math.log(k + 1) - (k + 1) + 0.5 * math.log(2 * math.pi))
    for k in range(10)
]
"""What Stirling's formula lacks of log(k!), where its series is not good enough."""


@uses_key
def binomial(key: Node, n: Any, p: Any, shape: Shape | None = None, dtype: Any = float) -> Node:
    """How many of ``n`` trials succeed, each with probability ``p``; both broadcast to ``shape``.

    By the gaps between successes, and where more than 10 are expected by Hormann, "The generation
    of binomial random variates" (1993). NaN where a lazy array has no number of trials (it
    is negative or NaN) or no probability.

    >>> from lazyax import random
    >>> random.binomial(random.PRNGKey(0), 20, 0.25, (3,)).shape
    (3,)

    Raises:
        LazyaxTypeError: for what is not a key, a shape or a real floating dtype, and for
            parameters that do not broadcast, or are known and out of their range.
    """
    name, found = "binomial", real_dtype("binomial", dtype)
    require_not_negative(name, "n", n)
    require_chance(name, "p", p)
    (trials, chance), _, _ = fitted(name, shape, _drawn_as(found), (), n=n, p=p)
    return _successes(key, Array(trials), Array(chance)).astype(found)._node


@uses_key
def multinomial(
    key: Node, n: Any, p: Any, *, shape: Shape | None = None, dtype: Any = float
) -> Node:
    """How many of ``n`` trials fall into each class: p f32[...,k] -> f32[...,k].

    One binomial number a class, of the trials that are left, in a scan over the classes.

    Args:
        key: is used up.
        n: number of trials; broadcasts to the shape.
        p: probability of each class, along the last axis; need not add up to 1.
        shape: of the result without its classes; by default that of ``p``.
        dtype: of the result.

    >>> from lazyax import random
    >>> print(random.multinomial(random.PRNGKey(0), 12, [0.5, 0.25, 0.25]).sum())
    12.0

    Raises:
        LazyaxTypeError: for what is not a key, a shape or a real floating dtype, for a ``p``
            without an axis, and for parameters that do not broadcast, or are known and negative.
    """
    name, found = "multinomial", real_dtype("multinomial", dtype)
    require_not_negative(name, "n", n)
    require_not_negative(name, "p", p)
    chances = parameter(name, "p", np.asarray(p), _drawn_as(found))
    if not chances.aval.ndim:
        raise LazyaxTypeError(f"{name}: p needs an axis of classes, got {chances.aval}")
    *own, classes = chances.aval.shape
    lengths = tuple(own) if shape is None else as_shape(name, shape)
    chances = fit(name, "p", chances, (*lengths, classes))
    trials = fit(name, "n", parameter(name, "n", n, _drawn_as(found)), lengths)
    by_class = np.moveaxis(Array(chances), -1, 0)
    rest = np.flip(np.cumsum(np.flip(by_class, 0), 0), 0)
    ratios = np.clip(by_class / np.where(np.equal(rest, 0), 1, rest), 0, 1)

    def step(left: Array, given: tuple) -> tuple:
        ratio, own = given
        count = _successes(own._node, left, ratio)
        return left - count, count

    keys = Array(split_node(key, (classes,)))
    _, counts = scan(step, Array(trials), (ratios, keys))
    return np.moveaxis(counts, 0, -1).astype(found)._node


def _drawn_as(dtype: numpy.dtype) -> numpy.dtype:
    return dtype if dtype.itemsize >= REAL.itemsize else REAL


def _successes(key: Node, n: Array, p: Array) -> Array:
    """Of one shape and dtype; the rarer of success and failure is what is counted."""
    rare = p < 0.5
    chance = _choose(rare, p, 1 - p)
    wrong = np.isnan(n) | (n < 0) | np.isnan(chance) | (chance < 0)
    endless = wrong | np.isinf(n)
    trials = _choose(endless, np.zeros_like(n), np.floor(n))
    chance = _choose(endless, np.full_like(chance, 0.01), chance)
    few = np.less_equal(trials * chance, FEW) | endless
    counted = _choose(
        few,
        _by_gaps(key, _choose(few, trials, np.zeros_like(n)), chance),
        _by_proposals(
            key,
            _choose(few, np.full_like(n, 1e4), trials),
            _choose(few, np.full_like(n, 0.5), chance),
        ),
    )
    counted = _choose(rare, counted, trials - counted)
    counted = _choose(np.isinf(n), np.full_like(n, math.inf), counted)
    return _choose(wrong, np.full_like(n, math.nan), counted)


def _choose(which: Any, x: Any, y: Any) -> Array:
    return Array(Select()(which._node, x._node, y._node))


def _by_gaps(key: Node, n: Array, p: Array) -> Array:
    """How many geometric numbers it takes until their sum is above ``n``, less one."""
    log_failure = np.log1p(-p)

    def step(state: tuple) -> tuple:
        key, count, total = state
        subkey, key = split_pair(key._node)
        gap = np.ceil(np.log(Array(unit_node(subkey, n.shape, n.dtype))) / log_failure)
        return Array(key), np.where(total <= n, count + 1, count), total + gap

    start = (Array(key), np.zeros_like(n), np.zeros_like(n))
    return while_loop(lambda state: (state[2] <= n).any(), step, start)[1] - 1


def _by_proposals(key: Node, n: Array, p: Array) -> Array:
    """Rounds of proposals for all, until each has one that is accepted."""
    deviation = np.sqrt(n * p * (1 - p))
    b = 1.15 + 2.53 * deviation
    a = -0.0873 + 0.0248 * b + 0.01 * p
    bound = 0.92 - 4.2 / b
    alpha = (2.83 + 5.1 / b) * deviation
    likelihood = _log_likelihood(n, p)

    def step(state: tuple) -> tuple:
        key, counts, done = state
        keys = split_node(key._node, (3,))
        key, of_u, of_v = (reshape(row._node, (2,)) for row in Array(keys))
        u = Array(unit_node(of_u, n.shape, n.dtype)) - 0.5
        v = Array(unit_node(of_v, n.shape, n.dtype))
        side = 0.5 - abs(u)
        k = np.floor((2 * a / side + b) * u + (n * p + 0.5))
        quickly = (side >= 0.07) & (v <= bound)
        inside = (k >= 0) & (k <= n)
        level = np.log(v * alpha / (a / (side * side) + b))
        accepted = quickly | (inside & (level <= likelihood(k)))
        return Array(key), np.where(accepted, k, counts), done | accepted

    start = (Array(key), np.full_like(n, -1), np.zeros(n.shape, bool))
    return while_loop(lambda state: (~state[2]).any(), step, start)[1]


def _log_likelihood(n: Array, p: Array) -> Any:
    """Of a number of successes, relative to the likeliest one."""
    odds, mode = p / (1 - p), np.floor((n + 1) * p)
    of_mode = (mode + 0.5) * np.log((mode + 1) / (odds * (n - mode + 1)))
    of_mode = of_mode + _tail(mode) + _tail(n - mode)

    def relative(k: Array) -> Array:
        left = n - k + 1
        falls = (n + 1) * np.log((n - mode + 1) / left)
        rises = (k + 0.5) * np.log(odds * left / (k + 1))
        return of_mode + falls + rises - _tail(k) - _tail(n - k)

    return relative


def _tail(k: Array) -> Array:
    """What Stirling's formula in k + 1 lacks of log(k!)."""
    squared = (k + 1) * (k + 1)
    series = (1 / 12 - (1 / 360 - 1 / 1260 / squared) / squared) / (k + 1)
    exact = np.asarray(EXACT_TAILS, k.dtype)
    return _choose(k <= 9, exact[np.clip(k, 0, 9).astype(int)], series)

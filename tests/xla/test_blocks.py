"""Elementwise programs of several large results are one loop over blocks."""

from __future__ import annotations

import functools

import numpy
import pytest

import lazyax as lx
import lazyax.numpy as np
from lazyax import random
from lazyax.xla import blocks
from lazyax.xla.lowering import lower_module
from lazyax.xla.plan import plan
from lazyax.xla.program import programs

BLOCK = 1000
SHAPE = (7, 1113)  # no multiple of a block


@pytest.fixture(autouse=True)
def small_blocks(monkeypatch):
    monkeypatch.setattr(blocks, "SMALLEST", 2 * BLOCK)
    monkeypatch.setattr(blocks, "BLOCK", BLOCK)
    monkeypatch.setattr(blocks.processor, "count", lambda: 1)
    programs.clear()
    yield
    programs.clear()


def module_of(*results, **where):
    return lower_module(plan([result._node for result in results], keep_wanted=False), **where)


def loops(*results, **where) -> int:
    return module_of(*results, **where).text().count("stablehlo.while")


def of_all_kinds(np, x, y, k):
    """Results of several dtypes that share what they are made of."""
    shared = np.tanh(x / (1.0 + np.abs(y))) * k
    where = np.where(shared > 0.25, np.sin(shared), -1.0)
    return shared, where + y, (shared * 100).astype("i4") * 7, shared > y, np.exp(where) + k


def test_results_are_those_of_one_loop_each(rng):
    x, y = rng.normal(size=(2, *SHAPE)).astype("f4")
    arrays = np.array(x), np.array(y), np.array(1.5)
    compiled = lx.Compiled(lx.trace(functools.partial(of_all_kinds, np))(*arrays))
    assert compiled.as_text().count("stablehlo.while") == 1
    with_more = lx.jit(lambda x, y, k, unused: of_all_kinds(np, x, y, k))
    again = with_more(*arrays, np.ones(3))
    everything = of_all_kinds(numpy, x, y, numpy.float32(1.5))
    for one, same, wanted in zip(compiled(*arrays), again, everything, strict=True):
        assert (numpy.asarray(one) == numpy.asarray(same)).all()
        assert (one.shape, one.dtype) == (SHAPE, wanted.dtype)
        numpy.testing.assert_allclose(numpy.asarray(one), wanted, rtol=2e-6, atol=2e-6)


def test_nothing_is_stored_but_blocks_and_nothing_is_copied(rng):
    x = np.array(rng.normal(size=100 * BLOCK).astype("f4"))

    def slopes(x):
        y = np.tanh(x) / (1.0 + x * x)
        return y, lx.grad(lambda x: np.sum(np.tanh(x) / (1.0 + x * x) * np.exp(-x)))(x), y * y

    compiled = lx.Compiled(lx.trace(slopes)(x))
    assert compiled.as_text().count("stablehlo.while") == 1
    assert compiled.memory_analysis().temp_size_in_bytes < 20 * 4 * BLOCK


def test_a_result_that_others_are_made_of_is_computed_once(rng):
    x = np.array(rng.normal(size=SHAPE).astype("f4"))
    y = np.tanh(x)
    slope = 1.0 - y * y
    assert module_of(y, slope * x, slope + x).text().count("optimization_barrier") == 1
    assert module_of(slope * x, slope + x).text().count("optimization_barrier") == 0


def test_deep_programs_are_fused_in_pieces_there_too(rng):
    order = rng.integers(0, 3, 100)  # nothing repeats, so that nothing is rolled up
    host = rng.normal(size=SHAPE).astype("f4")

    def deep(np, x):
        y = x
        for number in order:
            y = (np.tanh, np.cos, np.sin)[number](y + x)
        return np.exp(-y * y), y - x

    x = np.array(host)
    compiled = lx.Compiled(lx.trace(functools.partial(deep, np))(x))
    body = compiled.as_text().split("stablehlo.while")[1]
    assert body.count("optimization_barrier") >= 2
    for one, wanted in zip(compiled(x), deep(numpy, host.astype("f8")), strict=True):
        numpy.testing.assert_allclose(numpy.asarray(one), wanted, atol=1e-4)


def both(x):
    """Two results that share what is made of an array."""
    y = np.exp(x)
    return y - 1.0, np.tanh(y)


def test_what_can_not_be_cut_or_gains_nothing_is_left_as_it_is(rng):
    x, y = [np.array(rng.normal(size=SHAPE).astype("f4")) for _ in range(2)]
    one, other = both(x)
    assert loops(one, other) == 1
    assert loops(one, other, y) == 1
    assert loops(one) == 0
    assert loops(one, other, platform="cuda") == 0
    assert loops(one, other, np.sum(x)) == 0
    assert loops(*both(x[:1, :500])) == 0
    for made_of_more in (
        x - np.mean(x),
        x + np.arange(SHAPE[1], dtype="f4"),
        x + random.uniform(random.PRNGKey(0), SHAPE),
        x.T,
    ):
        assert loops(*both(made_of_more)) == 0
    assert loops(x + 1.0, x * 2.0) == 0
    assert loops(np.exp(x * 2.0), np.exp(x * 2.0) + y) == 0
    assert loops(np.exp(x), np.exp(y)) == 0


def test_results_that_are_written_over_arguments_are_loops_of_their_own(rng):
    module = module_of(*both(np.array(rng.normal(size=SHAPE).astype("f4"))))
    assert "stablehlo.while" in module.text(recycled=(0, 1))
    assert "stablehlo.while" not in module.text(donated=((0, 0),))

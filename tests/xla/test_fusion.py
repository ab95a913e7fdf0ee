"""What XLA:CPU is told to compute in one loop rather than to store."""

from __future__ import annotations

import re

import numpy
import pytest

import lazyax as lx
import lazyax.numpy as np
from lazyax.array import Array
from lazyax.ops.primitives import Rsqrt
from lazyax.xla.fusion import FEW_LEFT, LARGE, MOST_FUSED, MOST_SHARED
from lazyax.xla.lowering import lower
from lazyax.xla.plan import plan

SIZE = LARGE // 4
MARK = "reduce_precision"


def rsqrt(x, y):
    return Array(Rsqrt()((x * y)._node))


OPERATIONS = {
    "divide": np.divide,
    "power": np.power,
    "fmod": np.fmod,
    "arctan2": np.arctan2,
    "rsqrt": rsqrt,
}


def shared(x, operation=np.divide):
    """One result, of two terms that use a third."""
    y = operation(x, np.sqrt(x))
    return np.exp(y) - np.tanh(y - x)


def marks(*results, **where):
    """How many values of a program are kept from being stored."""
    return lower(plan([result._node for result in results]), **where).count(MARK)


@pytest.mark.parametrize("name", OPERATIONS)
def test_what_two_terms_of_a_result_use_is_computed_in_its_loop(name, rng):
    x = np.array(rng.uniform(0.5, 2, SIZE).astype("f4"))
    compiled = lx.Compiled(lx.trace(lambda x: shared(x, OPERATIONS[name]))(x))
    assert MARK in compiled.as_text()
    entry = compiled.as_text("hlo").split("ENTRY")[1]
    assert len(re.findall(r" = \S+ (?!parameter|constant)[a-z-]+\(", entry)) == 1
    assert compiled.memory_analysis().temp_size_in_bytes == 0


def test_it_is_the_same_number():
    ends = [numpy.nan, numpy.inf, -numpy.inf, -0.0, 1.2e-38, 3.4e38, 1 / 3]
    for dtype in "f4", "f8":
        host = numpy.resize(ends, SIZE).astype(dtype)
        quotient = np.array(host) / np.array(numpy.ones_like(host))
        same = np.where(quotient == quotient, quotient, numpy.nan)
        assert marks(same) == 1
        assert numpy.asarray(same).tobytes() == host.tobytes()


def test_small_arrays_other_dtypes_and_other_devices_are_left_to_xla():
    x = np.ones(SIZE) + 1
    assert marks(shared(x)) == 1
    assert marks(shared(np.ones(SIZE - 1) + 1)) == 0
    assert marks(shared(np.ones(2 * SIZE, "f2") + 1)) == 0
    assert marks(shared(x), platform="cuda") == 0


def test_what_ends_in_several_results_or_meets_a_reduction_is_left_to_xla():
    x = np.ones((2, SIZE)) + 1
    y = shared(x)
    quotient = x / np.sqrt(x)
    assert marks(np.exp(quotient), np.tanh(quotient)) == 0
    assert marks(np.sum(y)) == 0
    assert marks(shared(x - np.max(x, axis=1, keepdims=True))) == 0
    assert marks(y, np.sum(x)) == 1


BORDER = "optimization_barrier"


def chain(x, count):
    """So many ops, each on top of the one before."""
    for _ in range(count):
        x = np.sin(x)
    return x


def test_a_long_loop_is_not_cut_near_its_end():
    x = np.ones(3)
    longest = MOST_FUSED - 1 + FEW_LEFT
    assert lower(plan([chain(x, longest)._node])).count(BORDER) == 0
    assert lower(plan([chain(x, longest + 1)._node])).count(BORDER) == 1
    assert lower(plan([np.sum(chain(x, longest - 1))._node])).count(BORDER) == 0
    shared = chain(x, MOST_SHARED)
    assert lower(plan([(shared * np.cos(shared))._node])).count(BORDER) == 1

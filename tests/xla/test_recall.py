"""Plans that are recognised: they are those that planning again would give."""

from __future__ import annotations

import numpy
import pytest

import lazyax as lx
import lazyax.numpy as np
from lazyax.xla import execute, recall
from lazyax.xla.plan import plan


@pytest.fixture
def plannings(monkeypatch):
    """Counts how often structures are planned, rather than recognised."""
    counted = []

    def counting(*arguments, **options):
        counted.append(1)
        return plan(*arguments, **options)

    monkeypatch.setattr(execute, "plan", counting)
    recall.memory.clear()
    return counted


def step(x, w, rate):
    y = np.tanh(x @ w) * rate
    return (y * y).sum() - y[0, 0], y


def test_a_structure_is_planned_until_its_program_was_used_again(plannings, rng):
    for turn in range(6):
        x, w = np.asarray(rng.normal(size=(2, 4, 4)).astype("f4"))
        value, y = step(x, w, 0.1 * turn)
        float(value)
        assert y.is_materialized
        assert len(plannings) == min(turn + 1, 2)


def test_other_owners_of_a_node_are_noticed(plannings):
    x = np.ones((4, 4)).materialize()
    del plannings[:]
    for turn in range(6):
        value, y = step(x, x, 0.5)
        if turn % 2:
            del y
        float(value)
        if not turn % 2:
            assert y.is_materialized
    assert len(plannings) == 4


def test_a_value_in_the_place_of_a_pending_node_is_noticed(plannings):
    x = np.ones(3).materialize()
    for turn in range(8):
        y = np.sin(x) + 1
        if turn % 2:
            y.materialize()
        del plannings[:]
        numpy.testing.assert_allclose((y * 2).sum(), 6 * (numpy.sin(1) + 1), rtol=1e-6)
    assert plannings == []


VARIANTS = {
    "as it is": lambda x, y: np.sin(x) * np.cos(y) + x,
    "operands exchanged": lambda x, y: np.cos(y) * np.sin(x) + x,
    "another operand": lambda x, y: np.sin(x) * np.cos(y) + y,
    "one array twice": lambda x, y: np.sin(x) * np.cos(x) + x,
    "another op": lambda x, y: np.sin(x) - np.cos(y) + x,
    "a number for an array": lambda x, y: np.sin(x) * np.cos(y) + 1.0,
    "another dtype": lambda x, y: np.sin(x) * np.cos(y) + x.astype("f8").astype("f4"),
    "another parameter": lambda x, y: np.sin(x) * np.cos(y)[::-1] + x,
    "a part shared": lambda x, y: (lambda s: s * s + x)(np.sin(x)),
    "a part equal": lambda x, y: np.sin(x) * np.sin(x) + x,
}


def test_only_equal_structures_are_recognised(plannings):
    """All of them are made at one call and asked for at another, as in one loop."""
    x, y = lx.materialize(np.arange(3.0), np.ones(3))
    ends = {name: np.asarray(build(x, y) * 1.5) for name, build in VARIANTS.items()}
    expected = {name: numpy.asarray(end) for name, end in ends.items()}
    for _ in range(3):
        for name, build in VARIANTS.items():
            numpy.testing.assert_array_equal(build(x, y) * 1.5, expected[name], err_msg=name)


def kept_arrays():
    return lx.materialize(np.arange(3.0), np.ones(3))


def kept_numbers():
    """Elements that were read are numbers, and numbers travel packed."""
    x, y = np.asarray([2.0, 3.0]).materialize()
    float(x), float(y)
    return x, y


@pytest.mark.parametrize("build", [kept_arrays, kept_numbers])
def test_one_array_twice_is_not_compiled_in_the_place_of_two(plannings, build):
    """Not where the program of two is gone either, or still waits to be compiled."""
    ones, (x, y) = np.ones(3).materialize(), build()

    def f(x, y):
        return numpy.asarray(ones * x * 2.0 + y)

    expected = numpy.broadcast_to(numpy.asarray(x) * 2 + numpy.asarray(y), 3)
    for _ in range(2):
        numpy.testing.assert_array_equal(f(x, y), expected)
    execute.programs.clear()
    numpy.testing.assert_array_equal(f(x, x), numpy.broadcast_to(numpy.asarray(x) * 3, 3))
    numpy.testing.assert_array_equal(f(x, y), expected)


def test_a_recalled_plan_is_the_plan():
    recall.memory.clear()
    x, w = lx.materialize(np.ones((3, 3)), np.ones(3))

    def build():
        def loss(w):
            hidden = np.tanh(x @ w) + w.sum() * 0.5
            return (hidden * hidden).mean() + hidden[1]

        value, slope = lx.value_and_grad(loss)(w)
        return value, slope, w - 0.1 * slope, np.sort(slope)

    def described(planned):
        """Without its nodes, which every plan that comes later would find wanted."""
        parts = (planned.nodes, planned.arguments, planned.scalars, *planned.settled)
        return planned.key, [[id(node) for node in part] for part in parts]

    first = [array._node for array in build()]
    recall.remember(first[:1], plan(first[:1]))
    del first
    again = [array._node for array in build()]
    known = described(recall.recall(again[:1]))
    assert known == described(plan(again[:1]))
    assert len(known[0].structure[1]) > 1


def test_records_are_bounded(monkeypatch, plannings):
    monkeypatch.setattr(recall.memory, "most_steps", 30)
    x = np.ones(3).materialize()
    for _ in range(3):
        for length in range(1, 12):
            y = x
            for _ in range(length):
                y = y * x
            y.materialize()
    assert recall.memory.steps <= 30
    held = [record for records in recall.memory._sites.values() for record in records]
    assert sum(len(record.steps) for record in held) == recall.memory.steps

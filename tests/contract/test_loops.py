"""Contract rule 6: loops that never look at a value are bounded in memory and in programs."""

from __future__ import annotations

import gc
import itertools
import warnings

import numpy
import pytest

import lazyax as lx
import lazyax.numpy as np
from lazyax.api import loops
from lazyax.errors import UnreadLoopWarning
from lazyax.graph import op
from lazyax.graph.growth import SPAN, now
from lazyax.graph.node import Node
from lazyax.graph.traversal import pending_below
from lazyax.xla import execute
from lazyax.xla.execute import programs

ROUNDS = 100_000
"""Of the shortest loops; the others have as many rounds as make about as many nodes."""

MOST_NODES = 8 * SPAN
"""Nodes that may be alive at any time: what is pending, its numbers, and what is looked at."""

STEP = numpy.full(8, 0.5, "f4")


def live_nodes() -> int:
    gc.collect()
    return sum(type(thing) is Node for thing in gc.get_objects())


def flat(ops: int):
    """A loop whose body is ``ops`` lines, of one operator each."""
    lines = ["    t = t * 0.5" if k % 2 else "    t = t + x" for k in range(ops)]
    source = "\n".join(["def f(t, x, rounds):", "  for _ in range(rounds):", *lines, "  return t"])
    names: dict = {}
    exec(compile(source, f"<{ops} operators>", "exec"), names)
    return names["f"]


def nested(t, x, rounds):
    for _ in range(rounds):
        t = t + x
        for _ in range(5):
            t = t * 0.5
            t = t - 0.1
        t = t / 2.0
    return t


def deeply_nested(t, x, rounds):
    for _ in range(rounds):
        for _ in range(100):
            t = t * 0.5
            t = t - 0.1
        t = t / 2.0 + x
    return t


def branches_in_turn(t, x, rounds):
    for i in range(rounds):
        if i % 3 == 0:
            t = t * 0.5
        else:
            t = t + x
        t = t - 0.1
    return t


def branches_by_phase(t, x, rounds):
    for i in range(rounds):
        if i % 200 < 100:
            t = t * 0.5
        else:
            t = t + x
        t = t - 0.1
    return t


def read_each_other(t, x, rounds):
    s = x
    for _ in range(rounds):
        t = t * 0.5 + s * 0.1
        s = s * 0.5 + t * 0.1
    return t + s


def affine(t, x):
    return t * 0.5 + x


def calls(t, x, rounds):
    for _ in range(rounds):
        t = affine(t, x)
        t = affine(t, x) - 1.0
        t = affine(t, x)
    return t


def accumulate(t, x, rounds):
    for _ in range(rounds):
        t = 0.1 * t + x
    return t


def generate(t, x, rounds):
    def states():
        state = t
        while True:
            state = 0.1 * state + x
            yield state

    for state in itertools.islice(states(), rounds):
        last = state
    return last


def adam(w, x, rounds):
    def loss(w):
        return ((w * x - 1.0) ** 2).sum()

    mean, square = np.zeros_like(w), np.zeros_like(w)
    for _ in range(rounds):
        slope = lx.grad(loss)(w)
        mean = 0.9 * mean + 0.1 * slope
        square = 0.99 * square + 0.01 * slope * slope
        w = w - 0.01 * mean / (np.sqrt(square) + 1e-8)
    return w


LOOPS = {
    "7 operators": (flat(7), 14_000),
    "37 operators": (flat(37), 2_700),
    "333 operators": (flat(333), 60),
    "1,000 operators": (flat(1000), 20),
    "nested": (nested, 3_000),
    "deeply nested": (deeply_nested, 100),
    "branches in turn": (branches_in_turn, 10_000),
    "two variables": (read_each_other, 5_000),
    "calls": (calls, 5_000),
    "accumulator": (accumulate, ROUNDS),
    "generator": (generate, 10_000),
    "adam": (adam, 500),
}


@pytest.mark.parametrize("name", LOOPS)
@pytest.mark.filterwarnings("ignore::lazyax.errors.UnreadLoopWarning")
def test_a_loop_that_never_looks_compiles_few_programs_and_does_not_grow(name):
    loop, rounds = LOOPS[name]
    x = lx.materialize(np.array(STEP))
    nodes, compiled = live_nodes(), programs.misses
    t = loop(np.zeros(8), x, rounds)
    assert live_nodes() - nodes <= MOST_NODES
    assert programs.misses - compiled <= 3
    if loop is not adam:  # it differentiates
        expected = loop(numpy.zeros(8, "f4"), STEP, rounds)
        numpy.testing.assert_allclose(numpy.asarray(t), expected, rtol=1e-4, atol=1e-6)


@pytest.mark.filterwarnings("ignore::lazyax.errors.UnreadLoopWarning")
def test_where_rounds_differ_pieces_become_single_rounds():
    x = lx.materialize(np.array(STEP))
    compiled = programs.misses
    t = branches_by_phase(np.zeros(8), x, 5_000)
    known = programs.misses
    assert known - compiled <= 8
    t = branches_by_phase(t, x, 20_000)
    assert programs.misses - known <= 1
    expected = branches_by_phase(numpy.zeros(8, "f4"), STEP, 25_000)
    numpy.testing.assert_allclose(numpy.asarray(t), expected, rtol=1e-4)


def test_a_loop_of_random_draws_is_computed_on_the_way():
    key = lx.random.PRNGKey(0)

    def walk(key, rounds):
        t = np.zeros(8)
        for _ in range(rounds):
            key, subkey = lx.random.split(key)
            t = t + lx.random.uniform(subkey, (8,))
        return t

    nodes, compiled = live_nodes(), programs.misses
    t = walk(key, 600)
    assert live_nodes() - nodes <= MOST_NODES
    assert programs.misses - compiled <= 3
    total = numpy.zeros(8, "f4")
    key = lx.random.clone(key)
    for _ in range(600):
        key, subkey = lx.random.split(key)
        total += numpy.asarray(lx.random.uniform(subkey, (8,)))
    numpy.testing.assert_allclose(numpy.asarray(t), total, rtol=1e-5)


@pytest.mark.filterwarnings("ignore::lazyax.errors.UnreadLoopWarning")
def test_all_variables_of_a_loop_end_where_a_piece_ends():
    """Else the past of the others is part of each piece, and each is a larger program."""

    def heat(u, cold, steps):
        flow = []
        for number in range(steps):
            around = u[:-2, 1:-1] + u[2:, 1:-1] + u[1:-1, :-2] + u[1:-1, 2:]
            u[1:-1, 1:-1] += 0.2 * (around - 4.0 * u[1:-1, 1:-1])
            u[cold] = 0.0
            if number % 10 == 0:
                flow.append(u[-2, 1:-1].mean())
        return u, flow

    start = numpy.linspace(0.0, 1.0, 160 * 160, dtype="f4").reshape(160, 160)
    cold = start % 0.25 < 0.05
    expected, expected_flow = heat(start.copy(), cold, 200)
    lazy_cold = lx.materialize(np.array(cold))
    before = programs.misses
    for _ in range(2):
        u, flow = heat(lx.materialize(np.array(start)), lazy_cold, 200)
        lx.materialize(u, flow)
    assert programs.misses - before <= 24
    numpy.testing.assert_allclose(numpy.asarray(u), expected, atol=1e-4)
    numpy.testing.assert_allclose([float(x) for x in flow], expected_flow, atol=1e-4)


@pytest.mark.filterwarnings("ignore::lazyax.errors.UnreadLoopWarning")
def test_pasts_that_share_nothing_are_each_cut():
    x, nodes, compiled = lx.materialize(np.array(STEP)), live_nodes(), programs.misses
    t, u = x * 1.0, x * 2.0
    for _ in range(5_000):
        t = 0.1 * t + x
        u = np.tanh(u) - x
    assert live_nodes() - nodes <= 2 * MOST_NODES
    assert programs.misses - compiled <= 6
    numpy.testing.assert_allclose(numpy.asarray(t), STEP / 0.9, rtol=1e-5)
    assert len(pending_below([u._node])) > 0


@pytest.mark.filterwarnings("ignore::lazyax.errors.UnreadLoopWarning")
def test_what_is_left_of_a_loop_when_it_is_read_is_no_program_for_each_length():
    x, compiled = lx.materialize(np.array(STEP)), []
    for rounds in range(1_000, 1_300, 37):
        t = flat(37)(np.zeros(8), x, rounds)
        expected = flat(37)(numpy.zeros(8, "f4"), STEP, rounds)
        numpy.testing.assert_allclose(numpy.asarray(t), expected, rtol=1e-4)
        compiled.append(programs.misses)
    assert compiled[-1] - compiled[0] <= 2  # what is left is one, two or three rounds


@pytest.mark.filterwarnings("ignore::lazyax.errors.UnreadLoopWarning")
def test_walks_of_a_loop_that_never_looks_are_one_for_each_cut(monkeypatch):
    x, walked = lx.materialize(np.array(STEP)), []

    def counting(roots):
        found = pending_below(roots)
        walked.append(len(found))
        return found

    monkeypatch.setattr(loops, "pending_below", counting)
    loop = LOOPS["adam"][0]
    loop(np.ones(8), x, 200)
    del walked[:]
    before = now()
    loop(np.ones(8), x, 200)
    assert sum(walked) <= 1.5 * (now() - before)


@pytest.mark.filterwarnings("ignore::lazyax.errors.UnreadLoopWarning")
def test_a_line_that_runs_for_each_parameter_is_no_end_of_a_round(monkeypatch):
    x, counted, compute = lx.materialize(np.array(STEP)), [], execute.compute

    def counting(*arguments, **options):
        counted.append(1)
        return compute(*arguments, **options)

    def loss(w):
        return sum(((part * x - 1.0) ** 2).sum() for part in w)

    monkeypatch.setattr(execute, "compute", counting)
    w = [np.zeros(8) for _ in range(3)]
    for _ in range(300):
        w = lx.tree.map(lambda one, slope: one - 0.01 * slope, w, lx.grad(loss)(w))
    lx.materialize(w)
    assert len(counted) <= 310
    numpy.testing.assert_allclose(numpy.asarray(w[2]), 2 - 2 * 0.995**300, rtol=1e-4)


def test_one_warning_names_the_line():
    def f(t):
        for _ in range(8 * SPAN):
            t = t + 1.5
        return t

    x = lx.materialize(np.ones(3))
    with pytest.warns(UnreadLoopWarning) as found:
        f(f(x))
    assert len(found) == 1
    line = f.__code__.co_firstlineno + 2
    assert str(found[0].message) == (
        f"a loop goes on at tests/contract/test_loops.py:{line} without reading a value, so lazyax "
        "computed 10 times what was pending there, more than 1,000 nodes; call lazyax.materialize "
        "in the loop to choose where"
    )
    assert (found[0].filename, found[0].lineno) == (__file__, line)


def test_a_loop_that_ends_soon_is_not_named():
    x = lx.materialize(np.ones(3))
    cut = lx.stats().loops_cut
    for _ in range(5 * SPAN):
        x = x + 2.5
    assert lx.stats().loops_cut == cut + 1


def test_temporaries_of_a_pending_array_are_no_loop_that_never_looks():
    x = np.ones(8) + 1.0
    compiled = programs.misses
    for _ in range(3 * SPAN):
        y = x * 1.5
    assert not x.is_materialized
    assert programs.misses == compiled
    assert y.shape == (8,)


def test_nothing_is_computed_on_the_way_where_looking_is_forbidden():
    x = lx.materialize(np.ones(3))
    with lx.no_materialize():
        t = x
        for _ in range(2 * SPAN):
            t = t + 2.5
    assert len(pending_below([t._node])) == 2 * SPAN


def test_a_traced_loop_is_left_whole():
    graph = lx.trace(lambda t, x: accumulate(t, x, SPAN))(np.zeros(8), np.ones(8))
    assert len(graph) >= 3 * SPAN


def powers(t, rounds):
    for _ in range(rounds):
        t = t * 0.99 + 0.01 * t * t
    return t.sum()


def slope_of_powers(value, rounds):
    slope = 1.0
    for _ in range(rounds):
        slope *= 0.99 + 0.02 * value
        value = value * 0.99 + 0.01 * value * value
    return slope


@pytest.mark.filterwarnings("error")
def test_a_loop_that_is_differentiated_is_left_whole_and_its_gradient_is_one_program():
    x = lx.materialize(np.full(3, 0.5))
    compiled = programs.misses
    slope = lx.grad(lambda t: powers(t, SPAN))(x)
    assert programs.misses == compiled
    assert len(pending_below([slope._node])) > 8 * SPAN
    numpy.testing.assert_allclose(numpy.asarray(slope), slope_of_powers(0.5, SPAN), rtol=1e-3)
    assert programs.misses == compiled + 1


def test_history_that_is_kept_is_not_computed_on_the_way():
    x = lx.materialize(np.ones(3))
    with lx.keep_history():
        t = accumulate(x * 1.0, x, SPAN)
    assert len(pending_below([t._node])) > 2 * SPAN


@pytest.mark.filterwarnings("ignore::lazyax.errors.UnreadLoopWarning")
def test_a_loop_inside_grad_that_the_gradient_does_not_need_is_computed_on_the_way():
    def f(t):
        return (t * accumulate(np.ones(3), np.ones(3), 3 * SPAN)).sum()

    slope = lx.grad(f)(np.full(3, 0.5))
    assert len(pending_below([slope._node])) < 2 * SPAN
    numpy.testing.assert_allclose(numpy.asarray(slope), 1 / 0.9, rtol=1e-5)


def test_where_warnings_are_errors_what_was_pending_is_computed_first():
    x = lx.materialize(np.ones(3))

    def f(t):
        for _ in range(15 * SPAN):
            t = t - 0.25
            states.append(t)
        return t

    states = []
    with warnings.catch_warnings(action="error"), pytest.raises(UnreadLoopWarning):
        f(x)
    assert len(pending_below([states[-1]._node])) < SPAN


def test_five_thousand_steps_of_twenty_operators_read_once_are_one_program():
    x, compiled = lx.materialize(np.array(STEP)), programs.misses
    with lx.no_materialize():
        t = flat(20)(np.zeros(8), x, 5_000)
    expected = flat(20)(numpy.zeros(8, "f4"), STEP, 5_000)
    numpy.testing.assert_allclose(numpy.asarray(t), expected, rtol=1e-4)
    assert programs.misses - compiled == 1


def test_a_long_loop_read_at_the_end_is_cut_where_rounds_end(monkeypatch):
    """Where it is not cut on the way nor rolled up, since each round has an array of its own."""
    monkeypatch.setattr(loops, "is_forbidden", lambda: True)
    arrays = [np.array(numpy.full(8, 0.001 * k, "f4")) for k in range(500)]
    t, compiled = np.zeros(8), programs.misses
    for array in arrays:
        t = (t + array) * 0.5 - 0.1
    expected = numpy.zeros(8, "f4")
    for array in map(numpy.asarray, arrays):
        expected = (expected + array) * numpy.float32(0.5) - numpy.float32(0.1)
    numpy.testing.assert_allclose(numpy.asarray(t), expected, rtol=1e-4)
    assert programs.misses - compiled <= 4


def test_a_loop_that_looks_now_and_then_is_left_alone():
    loop = flat(1_200)
    x = lx.materialize(np.array(STEP))
    for _ in range(3):
        pending = loop(x, x, 1)
        assert len(pending_below([pending._node])) == 1_200
        reused = programs.hits
        pending.block_until_ready()
    assert programs.hits - reused == 1


def test_what_a_read_loop_updates_after_the_read_value_is_not_watched(monkeypatch):
    told = []
    monkeypatch.setattr(op, "watchers", [*op.watchers, lambda *_: told.append(1)])
    w, m = np.ones(3), np.zeros(3)
    begun = now()
    while now() < begun + 10 * SPAN:
        value = np.sum(w * w)
        m = 0.9 * m + 0.2 * w
        w = w - 0.1 * m
        float(value)  # needs neither, so that both are always pending, of ever older operands
    assert len(told) < 0.01 * 10 * SPAN


@pytest.mark.filterwarnings("ignore::lazyax.errors.UnreadLoopWarning")
def test_a_loop_that_does_more_in_each_tenth_round_is_cut_at_rounds():
    def neighbours(x):
        return np.roll(x, 1) + np.roll(x, -1) + np.roll(x, 2) + np.roll(x, (1, 1), (0, 0))

    u, v = lx.materialize(np.ones(8), np.array(STEP))
    history = np.zeros(20)
    runs, compiled = programs.hits + programs.misses, programs.misses
    for number in range(200):
        both = u * v * v
        u += 0.1 * (neighbours(u) - 4.0 * u - both)
        v += 0.05 * (neighbours(v) - 4.0 * v + both)
        if number % 10 == 0:
            history[number // 10] = v.mean()
    lx.materialize(u, v, history)
    assert programs.misses - compiled <= 6
    assert programs.hits + programs.misses - runs <= 220  # single rounds, and not parts of them
    assert numpy.isfinite(numpy.asarray(history)).all()

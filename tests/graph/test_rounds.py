"""Where the rounds of loops end: at call sites that come round evenly."""

import itertools

import numpy
import pytest

import lazyax as lx
import lazyax.numpy as np
from lazyax.graph.origin import SITES, Sites
from lazyax.graph.rounds import PIECE, deepest_path, ends_of_rounds
from lazyax.graph.traversal import pending_below


@pytest.fixture(autouse=True)
def whole():
    """Nothing is computed on the way."""
    with lx.no_materialize():
        yield


def start():
    return np.array(numpy.ones(8, "f4"))


def pieces(array):
    """Pending nodes of each piece, without those that constants and numbers are made of."""
    pending = pending_below([array._node])
    ends = ends_of_rounds(pending)
    places = [pending.index(end) for end in ends]
    return ends, [after - before for before, after in itertools.pairwise(places)]


def test_a_loop_is_cut_at_one_line_in_equal_pieces():
    t = start()
    for _ in range(300):
        t = t * 0.5
        t = t + 1.5
    ends, sizes = pieces(t)
    assert len({end.origin for end in ends}) == 1
    assert len(set(sizes)) == 1
    assert PIECE <= sizes[0] < 2 * PIECE


def test_of_nested_loops_the_outermost_is_cut():
    t = start()
    for _ in range(60):
        for _ in range(10):
            t = t * 0.5
            t = t + 1.5
        t = np.tanh(t)
    ends, sizes = pieces(t)
    assert len(set(sizes)) == 1
    assert sizes[0] % (10 * 2 + 1) == 0
    assert len({end.op.name for end in ends}) == 1


def test_of_two_loops_each_is_cut():
    t = start()
    for _ in range(200):
        t = t * 0.5
        t = t + 1.5
    for _ in range(200):
        t = np.sin(t) - 0.5
    ends, _ = pieces(t)
    assert len({end.origin for end in ends}) == 2


def test_a_gradient_is_cut_on_both_ways():
    def f(t):
        for _ in range(200):
            t = np.sin(t) * 0.5
        return t.sum()

    pending = pending_below([lx.grad(f)(start())._node])
    path, ends = deepest_path(pending), ends_of_rounds(pending)
    half = path[len(path) // 2 :]
    assert any(end in half for end in ends)
    assert any(end not in half for end in ends)


def test_nothing_is_cut_where_no_line_comes_round_evenly(rng):
    t, ops = start(), (np.sin, np.tanh, np.exp, np.negative)
    for number in rng.integers(0, 4, 400):
        t = ops[number](t)
    assert ends_of_rounds(pending_below([t._node])) == []


def test_sites_are_remembered_up_to_a_number():
    sites = Sites()
    for k in range(SITES + 5):
        sites[0, k] = k
    assert len(sites) == SITES
    assert next(iter(sites)) == (0, 5)

"""Nothing recurses over nodes, and nothing walks a path twice.

Each test runs at a recursion limit of 200: a chain of 100,000 nodes would need that many frames,
and a diamond of depth 40 has ``2**40`` paths.
"""

from __future__ import annotations

import copy
import pickle
import sys
import threading

import numpy
import pytest

import lazyax as lx
import lazyax.numpy as np

pytestmark = pytest.mark.filterwarnings("ignore::lazyax.errors.UnreadLoopWarning")

LENGTH = 100_000


@pytest.fixture
def shallow():
    """Runs a function in a thread at a recursion limit of 200 and returns its result."""

    def run(function):
        outcome = []

        def work():
            try:
                outcome.append((function(), None))
            except BaseException as error:
                outcome.append((None, error))

        before = sys.getrecursionlimit()
        sys.setrecursionlimit(200)
        try:
            thread = threading.Thread(target=work)
            thread.start()
            thread.join()
        finally:
            sys.setrecursionlimit(before)
        result, error = outcome[0]
        if error is not None:
            raise error
        return result

    return run


def chain(x):
    """100,000 operators, one after another, of which none is computed on the way."""
    with lx.no_materialize():
        for _ in range(LENGTH // 2):
            x = x * 0.5
            x = x + 1.0
    return x


def diamond(x):
    """40 operators, and 2**40 paths through them."""
    for _ in range(40):
        x = x + x
    return x


SHAPES = {"chain": (chain, 2.0, 0.0), "diamond": (diamond, 2.0**40, 2.0**40)}


@pytest.fixture(params=list(SHAPES))
def deep(request):
    """A deep function, its value at 1 and its slope."""
    return SHAPES[request.param]


def test_materialize(deep, shallow):
    function, value, _ = deep
    y = shallow(lambda: lx.materialize(function(np.ones(2))))
    numpy.testing.assert_allclose(numpy.asarray(y), value, rtol=1e-5)


def test_grad(deep, shallow):
    function, _, slope = deep
    found = shallow(lambda: lx.materialize(lx.grad(lambda x: function(x).sum())(np.ones(2))))
    numpy.testing.assert_allclose(numpy.asarray(found), slope, rtol=1e-5)


def test_jvp_and_vmap(deep, shallow):
    function, value, slope = deep

    def both():
        batch = lx.vmap(function)(np.ones((3, 2)))
        _, tangent = lx.jvp(function, (np.ones(2),), (np.ones(2),))
        return lx.materialize(batch, tangent)

    batch, tangent = shallow(both)
    numpy.testing.assert_allclose(numpy.asarray(batch), numpy.full((3, 2), value), rtol=1e-5)
    numpy.testing.assert_allclose(numpy.asarray(tangent), slope, rtol=1e-5)


def test_listing_and_graph(deep, shallow):
    function = deep[0]
    count, lines, nodes = shallow(lambda: _listed(function))
    assert lines >= count
    assert nodes == count


def _listed(function):
    graph = lx.trace(function)(np.ones(2))
    return len(graph), len(str(graph).splitlines()), graph.networkx.number_of_nodes()


def test_pickle_and_copies(deep, shallow):
    function, value, _ = deep

    def work():
        y = function(np.ones(2))
        again = copy.deepcopy(copy.copy(y))
        return pickle.loads(pickle.dumps(y)), again

    for y in shallow(work):
        numpy.testing.assert_allclose(numpy.asarray(y), value, rtol=1e-5)


def test_representation_and_freeing(deep, shallow):
    def work():
        y = deep[0](np.ones(2))
        text = repr(y)
        del y
        return text

    assert "pending" in shallow(work)


def test_a_cut_between_an_op_and_its_results_stores_the_results(monkeypatch):
    monkeypatch.setattr(lx.xla.execute, "PROGRAM_NODES", 12)
    x = numpy.float32([3, 1, 2])
    lazy, want = np.asarray(x), x
    for _ in range(8):
        unique = np.unique(lazy, return_inverse=True, return_counts=True, size=3)
        lazy = unique[0] * 4 + unique[1]
        values, inverse = numpy.unique(want, return_inverse=True)
        want = values * 4 + inverse
    assert lazy.tolist() == want.tolist()


def test_what_is_cut_returns_its_border_alone(monkeypatch):
    monkeypatch.setattr(lx.xla.execute, "PROGRAM_NODES", 20)
    programs, x = lx.xla.execute.programs, np.ones(3)
    programs.clear()
    for _ in range(100):
        x = np.tanh(x)
    x.block_until_ready()
    assert {len(program.handlers) for program in programs.values.values()} == {1}

"""Derivatives of expressions that exist, and the history that they need."""

from __future__ import annotations

import threading

import numpy
import pytest

import lazyax as lx
import lazyax.numpy as np
from lazyax.errors import HistoryGoneError, LazyaxTypeError
from tests.graph.graphs import loss, mlp_params

W = numpy.array([1.0, -2.0, 3.0], "f4")


def close(found, expected):
    for a, b in zip(lx.tree.leaves(found), lx.tree.leaves(expected), strict=True):
        numpy.testing.assert_allclose(numpy.asarray(a), numpy.asarray(b), rtol=2e-6, atol=1e-6)


def test_gradients_of_an_expression_are_those_of_the_function():
    params, x, y = mlp_params(), np.ones((4, 3)), np.ones((4, 2))
    found = lx.gradients(loss(params, x, y), {"params": params, "x": x})
    by_params, by_x = lx.grad(loss, (0, 1))(params, x, y)
    close(found, {"params": by_params, "x": by_x})
    assert lx.tree.structure(found) == lx.tree.structure({"params": params, "x": x})


def test_gradients_by_intermediate_values():
    w = np.array(W)
    h = np.tanh(w)
    total = (h * w).sum()
    # each is the whole derivative: by w also through h, by total through nothing
    by_w, by_h, by_total = lx.gradients(total, [w, h, total])
    close(by_w, lx.grad(lambda w: (np.tanh(w) * w).sum())(w))
    close(by_h, W)
    close(by_total, 1.0)


def test_one_array_may_be_asked_for_twice():
    w = np.array(W)
    close(lx.gradients((w * w).sum(), (w, [w])), (2 * W, [2 * W]))


def test_an_array_that_has_no_part_in_it_has_gradient_zero():
    w, other = np.array(W), np.ones((2, 2))
    counted = np.array(W)
    total = (w * (counted > 0).astype("f4")).sum()
    close(lx.gradients(total, [other, counted]), [numpy.zeros((2, 2)), numpy.zeros(3)])


def test_gradients_are_expressions_that_can_be_differentiated_again():
    w = np.array(W)
    slope = lx.gradients((w**3).sum(), w)
    assert not slope.is_materialized
    close(lx.gradients(slope.sum(), w), 6 * W)


def test_gradients_inside_a_traced_function():
    def step(w):
        return w - 0.1 * lx.gradients((w * w).sum(), w)

    close(lx.jit(step)(np.array(W)), 0.8 * W)
    close(lx.vmap(step)(np.array([W, 2 * W])), numpy.stack([0.8 * W, 1.6 * W]))


MISTAKES = {
    "a function": (
        lambda w: lx.gradients(np.sum, w),
        "gradients: needs an array that was built of others, got function; for a function use grad",
    ),
    "no scalar": (
        lambda w: lx.gradients(w * 2, w),
        "gradients: needs a real floating scalar, got f32[3]; sum or index it",
    ),
    "an integer": (
        lambda w: lx.gradients(w.astype(int).sum(), w),
        "gradients: needs a real floating scalar, got i32[]; sum or index it",
    ),
    "by a number": (
        lambda w: lx.gradients(w.sum(), [w, 1.0]),
        "gradients: by[1] is of type float; give arrays that the expression was built of",
    ),
    "by integers": (
        lambda w: lx.gradients(w.sum(), {"n": np.arange(3)}),
        "gradients: by['n'] is i32[3]; derivatives need float or complex arrays: use astype "
        "where the expression is built",
    ),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_is_named(mistake):
    make, message = MISTAKES[mistake]
    with pytest.raises(LazyaxTypeError) as caught:
        make(np.array(W))
    assert str(caught.value) == message


def test_history_that_is_gone_names_the_lines():
    w = np.array(W)
    h = np.tanh(w)
    first = test_history_that_is_gone_names_the_lines.__code__.co_firstlineno
    str(h)
    with pytest.raises(HistoryGoneError) as caught:
        lx.gradients((h * 2).sum(), [w])
    message = str(caught.value)
    assert message.startswith("gradients: by[0], f32[3] made at ")
    assert f"test_history.py:{first + 1}, is not reached from the result, whose history " in message
    assert message.endswith(
        f"test_history.py:{first + 2}. Call gradients before materializing, or inside with "
        "lx.keep_history():"
    )


def test_a_compiled_result_ends_history():
    w = np.array(W)
    with pytest.raises(HistoryGoneError):
        lx.gradients(lx.jit(np.sum)(w) * 1.0, w)
    with pytest.raises(HistoryGoneError):
        lx.gradients(np.sum(w).materialize(), w)


def test_with_keep_history_looking_ends_nothing():
    with lx.keep_history():
        w = np.array(W)
        h = np.tanh(w)
        assert str(h)
        total = lx.jit(lambda h: (h * h).sum())(h)
        assert float(total) > 0
    close(
        lx.gradients(total, [w, h]),
        [2 * numpy.tanh(W) / numpy.cosh(W) ** 2, 2 * numpy.tanh(W)],
    )
    after = np.exp(w)
    after.materialize()
    assert not after.node.operands


def test_keep_history_nests_and_counts_for_all_threads():
    w = np.array(W)
    made = []

    def work():
        made.append(np.tanh(w).materialize())

    with lx.keep_history(), lx.keep_history():
        thread = threading.Thread(target=work)
        thread.start()
        thread.join()
    work()
    assert [len(array.node.operands) for array in made] == [1, 0]


def test_kept_history_is_freed_with_the_arrays(live_nodes):
    w = np.array(W)
    before = live_nodes()
    with lx.keep_history():
        h = w
        for _ in range(50):
            h = np.tanh(h).materialize()
    assert live_nodes() == before + 50
    del h
    assert live_nodes() == before

"""Where much is made and nothing is dropped, no cyclic garbage is looked for."""

import gc
import threading

import pytest

import lazyax as lx
import lazyax.numpy as np
from lazyax.graph.garbage import uncollected
from lazyax.xla import execute


def test_the_collector_is_at_work_again_after_a_call_and_after_an_error():
    assert uncollected(gc.isenabled)() is False
    assert gc.isenabled()
    with pytest.raises(ZeroDivisionError):
        uncollected(lambda: 1 // 0)()
    assert gc.isenabled()


def test_a_collector_that_is_off_stays_off():
    gc.disable()
    try:
        assert uncollected(uncollected(gc.isenabled))() is False
        assert not gc.isenabled()
    finally:
        gc.enable()


def test_the_collector_is_at_work_again_when_the_last_of_several_threads_is_done():
    inside, go_on = threading.Barrier(2), threading.Event()

    @uncollected
    def work():
        inside.wait(60)
        go_on.wait(60)

    thread = threading.Thread(target=work)
    thread.start()
    inside.wait(60)
    uncollected(lambda: None)()
    go_on.set()
    thread.join(60)
    assert gc.isenabled()


def test_planning_and_differentiating_a_long_loop_look_for_no_garbage(monkeypatch):
    x = lx.materialize(np.linspace(0.1, 0.9, 4))
    looked, inside = [], []
    planner = execute.plan

    def watched(*arguments, **options):
        inside.append(True)
        try:
            return planner(*arguments, **options)
        finally:
            inside.pop()

    monkeypatch.setattr(execute, "plan", watched)

    def total(x):
        for _ in range(300):
            x = np.tanh(x) * 0.5 + x
        return np.sum(x)

    slope = lx.grad(total)(x)
    gc.callbacks.append(lambda phase, info: looked.append(phase) if inside else None)
    try:
        slope.materialize()
    finally:
        gc.callbacks.pop()
    assert looked == []

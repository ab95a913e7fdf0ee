"""Contract rule 10: Ctrl-C at any moment leaves every array usable, and no lock held."""

from __future__ import annotations

import contextlib
import ctypes
import dis
import functools
import sys
import threading
from types import CodeType

import numpy
import pytest

import lazyax as lx
import lazyax.numpy as np
from lazyax.xla import cold, program
from lazyax.xla.recycle import Pool

SIZE = 2**18  # 1 MiB of float32

CHECKED = {"CALL", "CALL_FUNCTION_EX", "CALL_KW", "JUMP_BACKWARD"}
"""Instructions in which CPython handles signals, or where what they call begins: see
`_Py_HandlePending` in ceval.c."""


@functools.cache
def moments(code: CodeType) -> frozenset[int]:
    """Offsets of the instructions before which a signal may come, so that each is handled."""
    return frozenset(one.offset for one in dis.get_instructions(code) if one.opname in CHECKED)


send = ctypes.pythonapi.PyThreadState_SetAsyncExc
send.argtypes = (ctypes.c_ulong, ctypes.py_object)


class Interrupt:
    """Has CPython raise KeyboardInterrupt at the ``count``-th moment inside the library's own code.

    As it does for Ctrl-C: not where the signal comes, but where it next looks for one. What traces
    the library never raises by itself: that would be in places where no signal is handled.

    Attributes:
        passed: moments that went by.
    """

    def __init__(self, count: int):
        self.count = count
        self.passed = 0

    def __enter__(self):
        sys._getframe().f_trace_opcodes = True  # else Python 3.12 reports none
        sys.settrace(self.trace)
        return self

    def __exit__(self, *exception):
        sys.settrace(None)

    def trace(self, frame, event, argument):
        if "/lazyax/" not in frame.f_code.co_filename:
            return None
        frame.f_trace_opcodes, frame.f_trace_lines = True, False
        if event == "opcode" and frame.f_lasti in moments(frame.f_code):
            self.passed += 1
            if self.passed == self.count:
                sys.settrace(None)
                sending = map(send, [threading.get_ident()], [KeyboardInterrupt])
                [_] = sending  # no call, at the end of which it would be raised here
        return self.trace


def is_interrupted(work, count: int) -> bool:
    """Whether ``work`` has a ``count``-th moment: it was interrupted there."""
    before = sys.gettrace()
    with contextlib.suppress(KeyboardInterrupt), Interrupt(count) as interrupt:
        work()
    sys.settrace(before)
    return interrupt.passed >= count


def small():
    """A computation, and what its arrays must be afterwards, come what may."""
    x = lx.materialize(np.arange(3.0))
    y = x * 2.0 + 1.0
    z = np.sum(y * x)

    def work():
        lx.materialize(z)
        float(y[1])

    return work, [(x, [0.0, 1.0, 2.0]), (y, [1.0, 3.0, 5.0]), (z, 13.0)]


def overwriting():
    """The same with an update in place of the only copy of an array."""
    w = lx.materialize(np.full(SIZE, 8.0) + 0.0)
    w -= 3.0
    total = np.sum(w)

    def work():
        float(total)

    return work, [(w, 5.0), (total, 5.0 * SIZE)]


def all_are_usable(arrays) -> None:
    answers = []

    def look():
        answers.extend(bool((numpy.asarray(x) == value).all()) for x, value in arrays)

    looking = threading.Thread(target=look, daemon=True)  # a lock left behind would stop it
    looking.start()
    looking.join(60)
    assert answers == [True] * len(arrays)


# Python has no caller to tell of an interrupt in the callback of a weak reference
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.parametrize("build", [small, overwriting])
def test_an_interrupt_at_any_moment_of_a_run_leaves_every_array_usable(build, eager):
    moment = 1
    while True:
        work, arrays = build()
        work()  # so that the next run goes the same way, whatever one that was interrupted left
        work, arrays = build()
        if not is_interrupted(work, moment):
            break
        all_are_usable(arrays)
        moment += 1
    assert moment > 50


def test_an_interrupt_at_any_moment_of_compiling_leaves_every_array_usable(eager):
    moment, step, number = 1, 1, 0
    while True:
        number += 1
        x = lx.materialize(np.arange(float(number + 2)))  # a shape that is new: a program too
        y = np.sum(x * 2.0)
        interrupted = is_interrupted(lambda y=y: float(y), moment)
        all_are_usable([(y, numpy.arange(number + 2.0).sum() * 2.0)])
        if not interrupted:
            break
        step = max(step, moment // 8)
        moment += step
    assert number > 30


def test_an_interrupt_at_any_moment_of_interpreting_leaves_every_array_usable():
    lx.config.update(cold_runs=1)
    before = cold.cold.runs
    moment = 1
    while True:
        cold.cold.clear()
        program.programs.clear()
        work, arrays = small()
        if not is_interrupted(work, moment):
            break
        all_are_usable(arrays[1:])
        moment += 3
    assert cold.cold.runs > before + 20
    lx.config.update(cold_runs=0)


def test_an_interrupt_at_any_moment_leaves_the_pool_with_what_it_counts():
    buffers = [lx.materialize(np.full(SIZE, float(k)) + 0.0)._node.value for k in range(2)]
    nbytes, moment = 4 * SIZE, 1
    while True:
        dead = Pool(limit=10 * nbytes)
        assert dead.take([nbytes] * 2) is None  # so many are asked for

        def work(dead=dead):
            for buffer in buffers:
                dead.give(buffer)
            dead.take([nbytes] * 2)

        if not is_interrupted(work, moment):
            break
        counted = dead.bytes
        held = dead.take([nbytes] * 2, partly=True)
        assert counted == nbytes * (2 - held.count(None))
        moment += 1
    assert moment > 10

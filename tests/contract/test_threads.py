"""Contract rule 10: threads share handles, and what one of them changes no other sees half done."""

from __future__ import annotations

import functools
import pickle
import sys
import threading
import time

import numpy
import pytest

import lazyax as lx
import lazyax.numpy as np
from lazyax.graph.results import alike

double = lx.jit(lambda x: x * 2)

LOOKS = {
    "asarray": numpy.asarray,
    "tolist": lambda x: x.tolist(),
    "str": lambda x: [float(str(x).strip("[").split()[0].rstrip("]"))],
    "repr": lambda x: repr(x) and [0.0],
    "element": lambda x: [float(x[0])],
    "bool": lambda x: [bool(x[0] >= 0)],
    "pickle": lambda x: pickle.loads(pickle.dumps(x)),
    "dlpack": numpy.from_dlpack,
    "materialize": lx.materialize,
    "copy": lambda x: x.copy(),
    "block": lambda x: x.block_until_ready(),
    "use": lambda x: x + 1,
    "jit": double,
    "gradient": lx.grad(lambda x: (x * x).sum()),
    "statistics": lambda x: [float(lx.stats().nodes > 0)],
}
if sys.version_info >= (3, 12):
    LOOKS["buffer"] = memoryview


@pytest.fixture
def often():
    """Threads take turns after every few instructions."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-5)
    yield
    sys.setswitchinterval(before)


def run(*works) -> None:
    """Run functions in a thread each until all of them have ended."""
    errors = []

    def guarded(work):
        try:
            work()
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=guarded, args=(work,), daemon=True) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
    assert errors == []
    assert not any(thread.is_alive() for thread in threads)


CHANGES = {
    "an operator": lambda x, k: x.__iadd__(1),
    "a number": lambda x, k: x.__setitem__(..., float(k)),
    "an array": lambda x, k: x.__setitem__(slice(None), x + 1),
    "out=": lambda x, k: np.add(x, 1, out=x),
}


@pytest.mark.parametrize("size", [8, 2**18])
def test_whoever_looks_at_what_another_thread_changes_sees_one_state(size, often, eager):
    x = lx.materialize(np.zeros(size) + 0)
    enough = threading.Event()
    looks = 20 if size < 100 else 8

    def change():
        k = 0
        while not enough.is_set():
            for write in CHANGES.values():
                write(x, k)
                k += 1
            lx.materialize(x)

    def look_by(look):
        def looking():
            for _ in range(looks):
                seen = numpy.asarray(look(x))
                before = seen.copy()
                assert (seen == seen.flat[0]).all()
                time.sleep(0)
                assert (seen == before).all()

        return looking

    changing = threading.Thread(target=change, daemon=True)
    changing.start()
    try:
        run(*[look_by(look) for look in LOOKS.values()])
    finally:
        enough.set()
        changing.join(60)


def test_loops_that_share_an_operand_are_built_in_one_thread_and_planned_in_another(often):
    w, xs = lx.materialize(np.eye(3) * 0.5, np.ones((5, 3)))

    def rolled():
        return lx.lax.scan(lambda h, x: (np.tanh(x + h @ w), None), np.zeros(3), xs)[0]

    loops = [rolled() for _ in range(100)]
    several = loops[0].node.operands[0]

    def build():
        for _ in range(100):
            loops.append(rolled())

    def plan():
        for _ in range(200):
            alike(several)

    run(build, plan, plan)
    assert len(alike(several)) == len(loops) - 1


def test_threads_that_ask_for_one_result_at_once_overwrite_its_argument_once(often, eager):
    """Whoever comes second must not have planned to read what the first writes over."""
    for k in range(40):
        x = lx.materialize(np.full(2**18, float(k)) + 0.0)
        results = [x * 2.0 - 1.0]
        del x
        for _ in range(3):
            results.append(results[-1] * 0.5 + 1.0)
        start = threading.Barrier(4)

        def look(y, expected, start=start):
            start.wait()
            seen = numpy.asarray(y)
            assert (seen == expected).all()

        expected = [2.0 * k - 1.0]
        for _ in range(3):
            expected.append(expected[-1] * 0.5 + 1.0)
        run(*[functools.partial(look, y, e) for y, e in zip(results, expected, strict=True)])

"""Programs are compiled quickly at first, and in full, in the background, once they are hot."""

import os
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor

import numpy
import pytest

import lazyax as lx
import lazyax.numpy as np
from lazyax import lax, random
from lazyax.xla import program, tiers
from lazyax.xla.plan import plan
from lazyax.xla.program import Program, program_of, programs
from lazyax.xla.tiers import WORK_PER_NODE, background
from tests.xla.test_interpret import EXACT, one_off


@pytest.fixture(autouse=True)
def quick():
    """Programs are compiled quickly, and every program is new."""
    lx.config.update(quick_runs=2)
    programs.clear()
    yield
    background.wait()
    lx.config.update(quick_runs=0)


def counts():
    """Programs compiled, and those compiled again in full."""
    now = lx.stats()
    return numpy.array([now.programs_compiled, now.programs_recompiled])


def latest() -> Program:
    return next(reversed(programs.values.values()))


def step(x, k):
    return float((np.tanh(x * float(k)) + 1.0).sum())


def test_a_program_is_compiled_in_full_once_it_has_run_twice():
    x, before, found = lx.materialize(np.array([1.0, 2.0])), counts(), []
    for k in range(4):
        assert step(x, k) == pytest.approx(2 + numpy.tanh([k, 2.0 * k]).sum(), rel=1e-6)
        background.wait()
        found.append((counts() - before).tolist())
    assert found == [[1, 0], [1, 1], [1, 1], [1, 1]]
    assert latest().is_quick is False


def test_the_number_of_runs_is_a_setting_and_0_compiles_in_full_at_once():
    x, before = lx.materialize(np.array([1.0, 2.0])), counts()
    lx.config.update(quick_runs=3)
    for k in range(2):
        step(x, k)
    background.wait()
    assert (counts() - before).tolist() == [1, 0]
    programs.clear()
    lx.config.update(quick_runs=0)
    for k in range(3):
        step(x, k)
    assert (counts() - before).tolist() == [2, 0]
    assert latest().is_quick is False


def test_who_asks_for_a_program_gets_one_that_is_compiled_in_full():
    x = lx.materialize(np.array([1.0, 2.0]))
    lx.materialize(np.tanh(x) * 2)
    quick = latest()
    assert quick.is_quick
    assert program_of(plan([(np.tanh(x) * 2)._node])) is quick
    assert quick.is_quick is False
    lx.jit(np.exp)(x)
    assert latest().is_quick is False


def large():
    return np.array(numpy.ones(8 * WORK_PER_NODE, "f4")) * 2 + 1


FULL = {
    "much work": large,
    "random numbers": lambda: random.normal(random.PRNGKey(0), (3,)),
    "random numbers in a graph": lambda: lax.cond(
        np.array(True), lambda: random.normal(random.PRNGKey(0), (3,)), lambda: np.zeros(3)
    ),
    "a loop": lambda: lax.fori_loop(0, 9, lambda k, x: x * 2, np.ones(3)),
}


@pytest.mark.parametrize("build", FULL.values(), ids=FULL)
def test_is_compiled_in_full_at_once(build):
    lx.materialize(build())
    assert latest().is_quick is False


def test_what_is_asked_of_the_background_is_bounded(monkeypatch):
    x, before = lx.materialize(np.array([1.0, 2.0])), counts()
    with monkeypatch.context() as patched:
        patched.setattr(tiers, "MOST_WAITING", 0)
        for k in range(4):
            step(x, k)
    assert (counts() - before).tolist() == [1, 0]
    step(x, 4)
    background.wait()
    assert (counts() - before).tolist() == [1, 1]


def test_threads_that_run_a_program_have_it_compiled_in_full_once():
    x, before = lx.materialize(np.array([1.0, 2.0])), counts()
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda _: step(x, 0), range(200)))
    background.wait()
    assert found == [2.0] * 200
    assert (counts() - before).tolist() == [1, 1]


def test_a_failure_in_the_background_leaves_the_program_that_there_is(monkeypatch):
    def failing(*_):
        raise RuntimeError

    x, before = lx.materialize(np.array([1.0, 2.0])), counts()
    step(x, 0)
    with monkeypatch.context() as patched:
        patched.setattr(program, "executable_of", failing)
        step(x, 1)
        background.wait()
    assert step(x, 0) == 2.0
    assert (counts() - before).tolist() == [1, 0]


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_a_thread_that_ended_or_never_began_is_started_again(monkeypatch):
    def interrupted(thread):
        raise KeyboardInterrupt

    def leave():
        raise SystemExit

    worker, done = tiers.Background(), []
    with monkeypatch.context() as patched:
        patched.setattr(threading.Thread, "start", interrupted)
        with pytest.raises(KeyboardInterrupt):
            worker.ask(lambda: done.append("at last"))
    worker.wait()
    worker.ask(leave)
    worker.wait()
    worker.ask(lambda: done.append("and more"))
    worker.wait()
    assert done == ["at last", "and more"]


def test_an_option_that_jaxlib_does_not_know_is_left_out(monkeypatch):
    monkeypatch.setitem(tiers.QUICK, "xla_cpu_of_another_age", True)
    assert step(np.array([1.0, 2.0]), 0) == 2.0
    assert latest().is_quick
    assert "xla_cpu_of_another_age" not in tiers.QUICK


def test_on_disk_the_full_form_is_preferred(tmp_path):
    x = lx.materialize(np.array([1.0, 2.0]))
    lx.config.update(cache_dir=str(tmp_path))
    try:
        found = []
        for runs in (1, 2, 1):
            before = lx.stats()
            for k in range(runs):
                step(x, k)
            background.wait()
            after = lx.stats()
            found.append(
                (
                    after.programs_compiled - before.programs_compiled,
                    after.programs_loaded - before.programs_loaded,
                    latest().is_quick,
                )
            )
            programs.clear()
        assert found == [(1, 0, True), (0, 1, False), (0, 1, False)]
    finally:
        lx.config.update(cache_dir=None)


LEAVE = """
import os, warnings
import numpy
import lazyax as lx, lazyax.numpy as np
from lazyax.xla.tiers import background

warnings.simplefilter("ignore")
lx.config.update(cold_runs=0)
x = lx.materialize(np.array([1.0, 2.0]))
for _ in range(2):
    values = [x, x + 1]
    for k in range(60):
        values.append(np.tanh(values[-1]) * values[-2] + np.exp(-values[-k // 9 - 1]))
    lx.materialize(values[-1])
assert background._thread is not None
child = os.fork()
if child == 0:
    done = []
    background.ask(lambda: done.append(1))
    background.wait()
    os._exit(done != [1])
assert os.waitpid(child, 0)[1] == 0
"""


def test_a_process_ends_well_while_something_is_compiled_and_so_does_a_fork():
    environment = {**os.environ, "LAZYAX_CACHE_DIR": "off", "PYTHONPATH": os.pathsep.join(sys.path)}
    ran = subprocess.run(
        [sys.executable, "-c", LEAVE], env=environment, capture_output=True, text=True, check=False
    )
    assert (ran.returncode, ran.stderr) == (0, "")


# agreement


def of_both(nodes):
    """Values of some nodes by a program that is compiled quickly, and by one that is not."""
    planned = plan(nodes, keep_wanted=False)
    found = []
    for is_quick in (True, False):
        compiled = Program(planned, (), is_quick)
        assert compiled.is_quick is is_quick
        numbers = [node.value for node in planned.scalars]
        results = compiled.run([node.value for node in planned.arguments], numbers)
        found.append([numpy.array(result) for result in results])
    return zip(*found, strict=True)


def test_integers_moves_and_single_operations_agree_to_the_bit():
    x = lx.materialize(np.array([5, 3, -7, 2**30, 1]))
    built = [build(x) for name, build in EXACT.items() if name != "division by zero"]
    for quick, full in of_both([array._node for array in built]):
        assert quick.tobytes() == full.tobytes()


def test_floats_agree_to_a_few_units_of_the_largest_intermediate():
    x = lx.materialize(np.array(numpy.linspace(0.1, 0.9, 12, dtype="f4").reshape(3, 4)))
    built = [part for seed in range(30) for part in one_off(seed, np, x)]
    values = [list(pair) for pair in of_both([array._node for array in built])]
    for (quick, full), (_, largest) in zip(values[::2], values[1::2], strict=True):
        numpy.testing.assert_allclose(quick, full, rtol=0, atol=16 * numpy.spacing(largest))


def test_forms_that_write_into_dead_buffers_are_compiled_in_the_background(monkeypatch):
    monkeypatch.setattr(program, "PAGE_FAULTS", 1.0)
    lx.clear_pool()
    size = 2**18  # 1 MiB of float32
    x = lx.materialize(np.ones(size) + 0.0)
    before = lx.stats()
    for k in range(8):
        y = lx.materialize(x * 2.0 + float(k))
        assert y[:2].tolist() == [2.0 + k] * 2
        background.wait()
    after = lx.stats()
    assert after.buffers_recycled > before.buffers_recycled
    assert after.programs_compiled - before.programs_compiled <= 3  # another form is not counted
    lx.clear_pool()

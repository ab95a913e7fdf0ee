"""Small programs that are new run in NumPy; what comes back is compiled."""

import math
import threading

import numpy
import pytest

import lazyax as lx
import lazyax.numpy as np
from lazyax import random
from lazyax.xla import processor
from lazyax.xla.cold import LARGEST, Cost, cold, cost_of
from lazyax.xla.execute import programs
from lazyax.xla.plan import plan
from lazyax.xla.tiers import background


@pytest.fixture
def tiers(monkeypatch):
    """Interpreting is on, and every program is new. Counts runs: ``tiers()``.

    Compiling a program costs as much as ``tiers.runs`` runs of it by NumPy.
    """
    lx.config.update(cold_runs=1)
    programs.clear()
    cold.clear()
    before = lx.stats()

    def count():
        now = lx.stats()
        return (
            now.programs_interpreted - before.programs_interpreted,
            now.programs_compiled - before.programs_compiled,
            now.programs_reused - before.programs_reused,
        )

    def cost(planned):
        return Cost(1.0, count.runs) if math.isfinite(cost_of(planned).numpy) else FOREVER

    count.runs = 2
    monkeypatch.setattr("lazyax.xla.cold.cost_of", cost)
    yield count
    lx.config.update(cold_runs=0)


FOREVER = Cost(math.inf, 1.0)

UNARY = ["exp", "tanh", "sin", "negative", "abs", "square", "sqrt"]
BINARY = ["add", "multiply", "subtract", "maximum", "arctan2"]


def one_off(seed, module, x):
    """A small expression unlike those of other seeds, and the largest value on its way."""
    choose = numpy.random.default_rng(seed)
    y, largest = x * 0.5, 1.0
    for _ in range(8):
        if choose.random() < 0.5:
            y = getattr(module, choose.choice(UNARY))(module.abs(y) % 3.0)
        else:
            y = getattr(module, choose.choice(BINARY))(y, x) * float(choose.random())
        largest = largest + module.abs(y).max()
    return module.sum(y, axis=-1), largest


def test_hundreds_of_one_off_expressions_compile_nothing(tiers):
    host = numpy.linspace(0.1, 0.9, 12, dtype="f4").reshape(3, 4)
    x = np.array(host)
    for seed in range(200):
        found, _ = one_off(seed, np, x)
        expected, largest = one_off(seed, numpy, host)
        numpy.testing.assert_allclose(numpy.asarray(found), expected, atol=1e-5 * largest)
    assert tiers() == (200, 0, 0)


def test_the_third_time_a_program_is_compiled_and_then_reused(tiers):
    x = lx.materialize(np.array([1.0, 2.0]))
    counts = []
    for step in range(5):
        assert float((x * float(step)).sum()) == 3.0 * step
        counts.append(tiers())
    assert counts == [(1, 0, 0), (2, 0, 0), (2, 1, 0), (2, 1, 1), (2, 1, 2)]


def test_cold_runs_can_be_switched_off(tiers):
    x = lx.materialize(np.array([1.0, 2.0]))
    for cold_runs, expected in ((0, (0, 1, 0)), (1, (1, 1, 0))):
        lx.config.update(cold_runs=cold_runs)
        str(np.exp(x * float(cold_runs)) if cold_runs else np.exp(x))
        assert tiers() == expected


# what it costs


def costs(*results):
    return cost_of(plan([result._node for result in results]))


def chain(x, ops):
    for _ in range(ops):
        x = np.tanh(x)
    return x


def test_compiling_is_estimated_by_what_is_compiled():
    x = np.array([1.0, 2.0])
    step = costs(chain(x, 101)).xla - costs(chain(x, 1)).xla
    assert step == pytest.approx(costs(chain(x, 1001)).xla - costs(chain(x, 901)).xla)
    assert step > 0
    # what is longer is a loop that is rolled up, of which one piece is compiled
    with lx.keep_history():
        assert costs(chain(x, 2_100)).xla < costs(chain(x, 900)).xla
    matrix = np.array(numpy.eye(3, dtype="f4"))
    assert costs(np.linalg.cholesky(matrix)).xla > 2 * costs(np.tanh(matrix)).xla


def test_numpy_is_estimated_by_ops_and_elements():
    def numpys(build, size):
        return costs(build(np.array(numpy.ones((size, size), "f4")))).numpy

    assert numpys(np.tanh, 1) * 40 < numpys(lambda x: chain(x, 100), 1)
    assert numpys(np.tanh, 1000) > 50 * numpys(np.tanh, 10)
    assert numpys(lambda x: x @ x, 1000) > 5 * numpys(lambda x: x + x, 1000)
    assert numpys(np.sort, 1000) > 2 * numpys(np.tanh, 1000)
    assert numpys(lambda x: x + 1, 2100) == math.inf  # a large array
    assert numpys(lambda x: x.astype("float16") + 1, 2) == math.inf


def test_a_program_on_one_array_is_interpreted_hundreds_of_times_or_compiled_at_first_sight():
    small, large = np.ones(10) + 1, np.array(numpy.ones((1500, 1500), "f4"))
    assert costs(small).xla > 300 * costs(small).numpy
    product = costs(large @ large)
    assert product.numpy > product.xla


def test_statistics_tell_interpreted_programs(tiers):
    before = lx.stats().programs_interpreted
    str(np.ones(3) + 1)
    after = lx.stats()
    assert after.programs_interpreted == before + 1
    assert f" {before + 1} interpreted and {after.programs_reused} reused; " in str(after)


def test_jit_asks_for_a_compiled_program_and_gets_it(tiers):
    str(lx.jit(lambda x: x + 1)(np.ones(3)))
    assert tiers()[1] >= 1


# what is left to XLA


REFUSED = {
    "a large array": lambda: np.ones(LARGEST + 1) + 1,
    "random numbers": lambda: random.normal(random.PRNGKey(0), (3,)),
    "16 bits": lambda: np.ones(3, "float16") + 1,
    "bfloat16": lambda: np.ones(3, "bfloat16") + 1,
}


@pytest.mark.parametrize("build", REFUSED.values(), ids=REFUSED)
def test_is_left_to_xla(build, tiers):
    lx.materialize(build())
    interpreted, compiled, _ = tiers()
    assert (interpreted, compiled) == (0, 1)


def test_what_numpy_refuses_is_left_to_xla(tiers):
    x = lx.materialize(np.array([1, 2, -1]))
    assert str(x ** np.array([-1, -1, -1])) == "[ 1  0 -1]"
    assert tiers()[1] == 1


def test_what_takes_numpy_longer_than_compiling_takes_is_left_to_xla(tiers):
    tiers.runs = 0.5
    x = lx.materialize(np.array([1.0, 2.0]))
    assert str(x + 1) == "[2. 3.]"
    assert tiers() == (0, 1, 0)


def test_factorizations_are_programs_of_their_own_in_what_numpy_runs(tiers):
    def solution(matrix, k):
        vectors = np.linalg.eigh(matrix)[1]
        return np.linalg.solve(matrix + vectors @ vectors.T * k, np.ones(3)) * 2 + 1

    matrix = numpy.diag([1.0, 2.0, 3.0]).astype("f4") + 0.25
    x = np.array(matrix)
    found = [numpy.asarray(solution(x, float(k))) for k in range(3)]
    assert tiers()[0] == 2
    for k, value in enumerate(found):
        expected = numpy.linalg.solve(matrix + numpy.eye(3) * k, numpy.ones(3)) * 2 + 1
        numpy.testing.assert_allclose(value, expected, rtol=1e-5)
    texts = [program.text for program in programs.values.values()]
    assert sum("lapack_ssyevd" in text for text in texts) == 2  # alone, and in the whole
    assert tiers()[1] == len(texts) == 4  # eigh, lu, the equations, and the whole


# while they are compiled


@pytest.fixture
def held(tiers, monkeypatch):
    """A second processor compiles in the background, but is held up until the event is set."""
    tiers.runs = 20
    monkeypatch.setattr(processor, "count", lambda: 2)
    lx.config.update(quick_runs=2)
    event = threading.Event()
    background.ask(event.wait)
    yield event
    event.set()
    background.wait()
    lx.config.update(quick_runs=0)


def test_what_comes_back_runs_in_numpy_until_it_is_compiled_in_the_background(tiers, held):
    x = lx.materialize(np.array([1.0, 2.0]))
    found = [float((x * float(k)).sum()) for k in range(5)]
    assert tiers() == (5, 0, 0)
    held.set()
    background.wait()
    assert tiers() == (5, 1, 0)
    found += [float((x * float(k)).sum()) for k in (5, 6)]
    assert tiers() == (5, 1, 2)
    assert found == [3.0 * k for k in range(7)]
    assert next(reversed(programs.values.values())).is_quick is False


def test_numpy_goes_on_for_no_longer_than_compiling_takes(tiers, held):
    tiers.runs = 4
    x = lx.materialize(np.array([1.0, 2.0]))
    for k in range(6):
        assert float((x * float(k)).sum()) == 3.0 * k
    assert tiers() == (4, 1, 1)


@pytest.mark.parametrize(
    ("cold_runs", "runs", "waits_after"),
    [(1, 20, 1), (1, 50, 4), (8, 20, 8)],
    ids=["soon", "once a share was spent", "not before so many runs"],
)
def test_a_program_is_compiled_in_the_background_once_numpy_has_spent_a_share_of_what_that_takes(
    cold_runs, runs, waits_after, tiers, held
):
    lx.config.update(cold_runs=cold_runs)
    tiers.runs = runs
    x = lx.materialize(np.array([1.0, 2.0]))
    for k in range(waits_after):
        float((x * float(k)).sum())
        assert not cold._compiling
    float((x * 0.5).sum())
    assert cold._compiling


def test_nothing_is_compiled_in_the_background_of_the_only_processor(tiers, held, monkeypatch):
    monkeypatch.setattr(processor, "count", lambda: 1)
    x = lx.materialize(np.array([1.0, 2.0]))
    for k in range(20):
        float((x * float(k)).sum())
    assert not cold._compiling
    assert tiers() == (20, 0, 0)
    float((x * 0.5).sum())
    assert tiers() == (20, 1, 0)


def test_what_waits_to_be_compiled_keeps_nothing_alive_and_wants_nothing(tiers, held, live_nodes):
    x = lx.materialize(np.arange(4.0))

    def total():
        y = np.exp(x)
        return float((y * y).sum())

    total()
    before, found = live_nodes(), {total() for _ in range(3)}
    standing_in = live_nodes() - before
    assert len(found) == 1
    assert 0 < standing_in <= 6  # of one program, which would be several if it were wanted
    held.set()
    background.wait()
    assert live_nodes() <= before
    assert total() == pytest.approx(found.pop(), rel=1e-6)
    assert tiers()[1] == 1


# agreement


EXACT = {
    "integers": lambda x: (x * 7 - 3) // 2 + (x % 3) ** 2 - (x << 2) ^ x,
    "overflow": lambda x: x * 2**30 * x,
    "division by zero": lambda x: x // (x - 1),
    "sorting": lambda x: np.sort(x[::-1])[1:],
    "counting": lambda x: np.cumsum(x) + np.argmax(x) + (x > 2).sum(),
    "unsigned": lambda x: x.astype("uint8") - np.uint8(4),
    "taking": lambda x: x[np.array([2, 0, 2])],
    "one operation": lambda x: x.astype("float32") / 3,
    "moving": lambda x: np.concatenate([x, x]).reshape(2, -1).T.astype("float64"),
}


@pytest.mark.parametrize("build", EXACT.values(), ids=EXACT)
def test_integers_moves_and_single_operations_agree_to_the_bit(build, tiers):
    x = lx.materialize(np.array([1, 2, 3, 4]))
    seen = [numpy.asarray(build(x)) for _ in range(3)]
    assert tiers()[:2] != (0, 0)
    assert [array.dtype for array in seen] == [seen[0].dtype] * 3
    assert len({array.tobytes() for array in seen}) == 1


def test_floats_agree_to_a_few_units_in_the_last_place_of_the_largest_intermediate(tiers):
    host = numpy.linspace(-2.0, 2.0, 40, dtype="f4")
    for dtype in ("float32", "float64"):
        x = lx.materialize(np.array(host.astype(dtype)))

        def step(x):
            found = [one_off(seed, np, x) for seed in range(6)]
            return np.stack([y for y, _ in found]), np.stack([large for _, large in found])

        lx.config.update(cold_runs=1)
        first, _ = lx.materialize(*step(x))
        lx.config.update(cold_runs=0)
        second, largest = lx.materialize(*step(x))
        difference = numpy.abs(numpy.asarray(first) - numpy.asarray(second))
        assert (difference <= 16 * numpy.finfo(dtype).eps * numpy.asarray(largest)).all()
    assert tiers()[1] == 2


def test_what_is_not_finite_warns_in_neither(tiers):
    x = lx.materialize(np.array([-1.0, 0.0, 1e30]))
    seen = [str(np.log(x) + x * x * x) for _ in range(3)]
    assert seen == ["[ nan -inf  inf]"] * 3
    assert tiers() == (2, 1, 0)


def test_a_result_has_memory_of_its_own(tiers):
    x = lx.materialize(np.arange(6.0))
    y = lx.materialize(x.reshape(2, 3).T)
    pointers = {array._node.value.unsafe_buffer_pointer() for array in (x, y)}
    assert len(pointers) == 2
    x += 1
    assert str(y[0]) == "[0. 3.]"


def test_what_others_want_is_stored_by_numpy_too(tiers):
    x = lx.materialize(np.arange(4.0))
    total = x.sum()
    str(total * 2)
    assert total.is_materialized


def test_errors_are_the_same(tiers):
    leaked = []
    lx.vmap(lambda x: leaked.append(x + 1) or x)(np.ones(3))
    with pytest.raises(lx.errors.LeakedValueError):
        str(leaked[0])


def test_threads_that_meet_a_new_program_compile_it_at_most_once(tiers):
    x = np.array([0.0, 1.0, 2.0, 3.0, 4.0])
    found, start = [], threading.Barrier(8)

    def work():
        start.wait()
        found.append(float((np.cos(x) * 0.0 + x).sum()))

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert found == [10.0] * 8
    assert tiers()[:2] == (2, 1)

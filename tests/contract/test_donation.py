"""Contract rule 8: a program writes over what dies with it, and over nothing else."""

from __future__ import annotations

import copy
import gc
import pickle
import threading

import numpy
import pytest

import lazyax as lx
import lazyax.numpy as np
from lazyax.xla import program
from tests.contract.large_arrays import SIZE, large, latest_program

pytestmark = pytest.mark.usefixtures("eager")


def address(x) -> int:
    return x._node.value.unsafe_buffer_pointer()


def values(x) -> set[float]:
    return set(numpy.asarray(x + 0.0).tolist())


def test_an_update_in_a_loop_stays_where_it_is():
    w, rate = large(1.0), 0.5
    place = address(w)
    for step in range(1, 5):
        w -= rate * w
        lx.materialize(w)
        assert address(w) == place
        assert values(w[:3]) == {0.5**step}


def test_looking_at_a_loss_updates_the_weights_in_place():
    w, target = large(4.0), large(1.0)
    place = address(w)
    for _ in range(3):
        w -= 0.5 * (w - target)
        float(np.sum((w - target) ** 2))
        assert w.is_materialized
        assert address(w) == place
    assert values(w) == {1.375}


def test_a_part_is_overwritten_in_place():
    x = large(0.0)
    place = address(x)
    for k in range(3):
        x[k : k + 2] = float(k)
        x[2 * k] += 1.0
        lx.materialize(x)
        assert address(x) == place
    assert x[:6].tolist() == [1.0, 1.0, 2.0, 2.0, 1.0, 0.0]


def test_a_chain_of_ops_on_what_is_dead_needs_no_memory():
    x = large(2.0)
    for k in range(10):
        x = x * 0.5 + float(k)
    lx.materialize(x)
    ((form, executable),) = latest_program().forms.values.items()
    assert form == (((0, 0),), ())
    sizes = executable.get_compiled_memory_stats()
    assert sizes.alias_size_in_bytes == SIZE * 4
    assert sizes.temp_size_in_bytes < 10_000


def holds_a_handle(x):
    return x.copy(), lambda held: held


def holds_a_copy(x):
    return copy.copy(x), lambda held: held


def holds_a_view(x):
    return numpy.asarray(x), lambda held: held


def holds_a_part_of_a_view(x):
    return numpy.asarray(x)[5:9], lambda held: held


def holds_a_pending_use(x):
    return x * 1.0, lambda held: held


def holds_a_graph(x):
    return (x * 1.0).graph, lambda held: next(
        node.value for node in held if node.aval.shape == (SIZE,) and node.value is not None
    )


def holds_a_function_over_it(x):
    function = lx.jit(lambda k, x=x: x[:4] * k)
    function(1.0)
    return function, lambda held: held(1.0)


def holds_a_capsule(x):
    return numpy.from_dlpack(x), lambda held: held


@pytest.mark.parametrize(
    "hold",
    [
        holds_a_handle,
        holds_a_copy,
        holds_a_view,
        holds_a_part_of_a_view,
        holds_a_pending_use,
        holds_a_graph,
        holds_a_function_over_it,
        holds_a_capsule,
    ],
)
def test_what_anyone_can_see_is_not_written(hold):
    x = large(1.0)
    held, look = hold(x)
    for _ in range(2):
        x -= 3.0
        lx.materialize(x)
        assert set(numpy.asarray(look(held)).ravel().tolist()) == {1.0}
    assert values(x) == {-5.0}


def test_memory_that_came_from_numpy_is_not_written():
    theirs = numpy.ones(SIZE, "f4")
    x = np.from_dlpack(theirs)
    y = np.asarray(theirs)
    x += 1.0
    y += 1.0
    lx.materialize(x, y)
    assert (theirs == 1.0).all()


def test_two_arrays_of_one_buffer_keep_it():
    x = large(2.5)
    a, b = lx.materialize(x + x, x + x)
    assert address(a) == address(b)
    a += 1.0
    lx.materialize(a)
    assert values(b) == {5.0}


def test_what_a_gradient_still_needs_is_not_written():
    def loss(w):
        y = w * 2.0
        lx.materialize(y)
        y = y * y
        lx.materialize(y)
        return np.sum(y)

    assert values(lx.grad(loss)(large(3.0))) == {24.0}
    with lx.keep_history():
        w = large(1.0)
        y = w * 2.0 + 1.0
        del w
        lx.materialize(y)
        y = y * 3.0
        lx.materialize(y)
        (y_of_w,) = y._node.operands[:1]
        assert not y_of_w.value.is_deleted()


def test_an_error_at_the_start_of_a_program_leaves_its_arguments(monkeypatch):
    x = large(1.0)
    x = x * 2.0 - 5.0
    prepare = program.Program.prepare

    def failing(self, *given):
        raise MemoryError("no memory")

    monkeypatch.setattr(program.Program, "prepare", failing)
    with pytest.raises(MemoryError):
        lx.materialize(x)
    monkeypatch.setattr(program.Program, "prepare", prepare)
    assert values(x) == {-3.0}


halved = lx.jit(lambda x: x * 0.5)

KEEPING = [
    (numpy.asarray, 1.0),
    (numpy.from_dlpack, 1.0),
    (lambda x: x.copy(), 1.0),
    (lambda x: copy.deepcopy([x, x])[1], 1.0),
    (lambda x: pickle.loads(pickle.dumps(x)), 1.0),
    (lambda x: x * 1.0, 1.0),
    (halved, 0.5),
    (lx.grad(lambda x: (x * x).sum()), 2.0),
]
"""What keeps the value of an array, and how many times it."""


def random_work(seed: int) -> None:
    """A program of updates, uses, copies, views, parts and failures, beside NumPy's."""
    rng = numpy.random.default_rng(seed)
    alive = [(large(float(v)), float(v)) for v in range(3)]
    others: list = []
    for _ in range(60):
        at = int(rng.integers(len(alive)))
        (x, a), (y, b) = alive[at], alive[int(rng.integers(len(alive)))]
        choice = rng.integers(8)
        if choice < 3:
            keep, times = KEEPING[int(rng.integers(len(KEEPING)))]
            others.append((keep(x), times * a))
        elif choice == 3:
            lx.clear_pool()
            with pytest.raises(lx.errors.LazyaxTypeError):
                x @ x[:3]
        elif choice == 4:
            x, a = x[::-1], a
        elif choice == 5 and a != b:
            x = 0.5 * x + 0.5 * y
            a = 0.5 * a + 0.5 * b
        else:
            if choice == 6:
                np.subtract(x, 0.25, out=x)
            else:
                x -= 0.25
            # whoever shares the handle sees it
            alive = [(v, e - 0.25) if v is x else (v, e) for v, e in alive]
            a -= 0.25
        alive[at] = (x, a)
        del y
        if rng.random() < 0.6:
            lx.materialize(x)
        others = others[-4:]
    for value, expected in alive + others:
        assert set(numpy.asarray(value)[:: SIZE // 16].tolist()) == {expected}


@pytest.mark.parametrize("seed", range(3))
def test_random_programs_keep_every_value(seed):
    random_work(seed)


def test_random_programs_in_eight_threads_keep_every_value():
    errors = []

    def work(seed):
        try:
            random_work(seed)
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=work, args=(10 + seed,)) for seed in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(300)
    assert errors == []


def test_threads_that_share_an_array_never_see_it_written():
    shared, errors = large(7.0), []
    start = threading.Barrier(4)

    def work():
        try:
            start.wait()
            for k in range(20):
                mine = shared * 1.0
                mine += float(k)
                lx.materialize(mine)
                mine -= float(k)
                assert values(mine[:8]) == {7.0}
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
    assert errors == []
    gc.collect()
    assert values(shared) == {7.0}

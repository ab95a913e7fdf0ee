"""Contract rule 8: dead buffers are written again, and what anyone can still see never is."""

from __future__ import annotations

import gc
import threading

import numpy

import lazyax as lx
import lazyax.numpy as np
from lazyax.xla.recycle import Pool, pool
from tests.contract.large_arrays import SIZE, large, latest_program


def first(x) -> float:
    return float(x[0])


def recycles(of) -> bool:
    return any(recycled for _, recycled in of.forms.values)


def test_a_loop_writes_into_the_buffers_that_died(eager):
    x = large(1.0)
    lx.materialize(x * 2.0 + 1.0)
    before = pool.recycled
    for step in range(5):
        y = lx.materialize(x * 2.0 + float(step))
        assert numpy.asarray(y[:3] + 0.0).tolist() == [2.0 + step] * 3
    assert pool.recycled >= before + 3


def test_a_program_is_compiled_again_only_when_that_pays():
    pool.clear()
    x = large(1.0)
    lx.materialize(x * 3.0 - 7.0)
    latest = latest_program()
    latest.compile_seconds, latest.wasted = 1e9, 0.0
    for _ in range(5):
        lx.materialize(x * 3.0 - 7.0)
    assert not recycles(latest)
    assert latest.wasted > 0
    latest.compile_seconds = 0.0
    for _ in range(3):
        lx.materialize(x * 3.0 - 7.0)
    assert recycles(latest)


def test_what_numpy_looks_at_is_never_written(eager):
    x = large(1.0)
    view = numpy.asarray(lx.materialize(x * 4.0))
    part = view[10:20]
    for _ in range(6):
        lx.materialize(x * 4.0 + x)
    gc.collect()
    assert (part == 4.0).all()
    del view
    for value in range(6):
        lx.materialize(x * float(value))
    assert (part == 4.0).all()


def test_what_a_handle_holds_is_never_written(eager):
    x = large(1.0)
    kept = [lx.materialize(x * float(k)) for k in range(6)]
    for k in range(6):
        lx.materialize(x * float(-k))
    assert [first(y) for y in kept] == [0.0, 1.0, 2.0, 3.0, 4.0, 5.0]


def test_results_of_jit_are_recycled_and_safe(eager):
    f = lx.jit(lambda x, k: (x * k, x + k))
    x = large(1.0)
    kept = f(x, 3.0)
    for k in range(5):
        f(x, float(k))
    assert [first(y) for y in kept] == [3.0, 4.0]
    assert first(f(x, 5.0)[0]) == 5.0


def test_an_array_that_shares_its_buffer_is_not_written(eager):
    x = large(2.5)
    a, b = lx.materialize(x + x, x + x)
    assert a.node.value is b.node.value
    del a
    for k in range(5):
        lx.materialize(x * float(k))
    assert first(b) == 5.0


def test_random_programs_with_held_arrays_and_views_keep_every_value(eager):
    rng = numpy.random.default_rng(0)
    alive = [(large(float(v)), float(v)) for v in range(3)]
    views = []
    for _ in range(120):
        (x, a), (y, b) = (alive[rng.integers(len(alive))] for _ in range(2))
        c = float(rng.integers(1, 4))
        z, expected = x * 0.5 + y * c, a * 0.5 + b * c
        if rng.random() < 0.7:
            lx.materialize(z)
        if rng.random() < 0.2:
            views.append((numpy.asarray(z), expected))
        alive.append((z, expected))
        if len(alive) > 6:
            alive.pop(int(rng.integers(len(alive))))
        if len(views) > 4:
            views.pop(0)
        alive = [(v, e) if abs(e) < 1e6 else (large(1.0), 1.0) for v, e in alive]
    for value, expected in alive:
        numpy.testing.assert_allclose(numpy.asarray(value), expected, rtol=1e-5)
    for view, expected in views:
        numpy.testing.assert_allclose(view, expected, rtol=1e-5)


def test_eight_threads_recycle_without_touching_each_others_values(eager):
    errors = []

    def work(seed):
        try:
            x, kept = large(float(seed)), []
            for k in range(25):
                y = lx.materialize(x * 2.0 + float(k))
                if k % 5 == 0:
                    kept.append((y, 2.0 * seed + k))
            for y, expected in kept:
                numpy.testing.assert_array_equal(numpy.asarray(y), numpy.float32(expected))
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=work, args=(seed,)) for seed in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
    assert errors == []


def test_a_buffer_that_a_running_program_still_reads_is_not_overwritten_too_early(eager):
    n = 1024
    for k in range(8):
        x = lx.materialize(np.full((n, n), float(k)) + 0.0)
        slow = x @ x
        lx.materialize(slow)
        del x  # dies while the product may still be running
        lx.materialize(np.full((n, n), -1.0) + float(k))
        assert float(slow[0, 0]) == k * k * n


def test_the_pool_is_bounded_and_drops_the_oldest():
    small = Pool(limit=5 * SIZE * 4)
    buffers = [large(float(k))._node.value for k in range(8)]
    assert small.take([SIZE * 4] * 9) is None  # so many are asked for
    for buffer in buffers:
        small.give(buffer)
    assert small.bytes <= small.limit
    assert small.take([SIZE * 4]) == [buffers[-1]]
    assert small.take([SIZE * 4] * 9) is None
    assert small.bytes == 4 * SIZE * 4
    small.clear()
    assert (small.bytes, small.take([SIZE * 4])) == (0, None)


def test_the_pool_keeps_no_more_of_a_size_than_a_program_asks_for():
    """What it keeps the allocator lacks, and fresh outputs cost page faults (docs/adr/0006)."""
    small = Pool(limit=100 * SIZE * 4)
    buffers = [large(float(k))._node.value for k in range(8)]
    for buffer in buffers:
        small.give(buffer)
    assert small.bytes == SIZE * 4
    assert small.take([SIZE * 4] * 3) is None
    for buffer in buffers:
        small.give(buffer)
    assert small.bytes == 3 * SIZE * 4
    assert small.take([SIZE * 4] * 3) == buffers[:-4:-1]


def test_stats_and_clear_pool(eager):
    x = large(1.0)
    lx.materialize(x + 2.0)
    gc.collect()
    assert lx.stats().pool_bytes >= SIZE * 4
    lx.clear_pool()
    assert lx.stats().pool_bytes == 0


def test_another_form_of_a_program_is_not_another_program(eager):
    x = large(1.0)
    lx.materialize(x * 6.0 - 5.0)
    compiled = lx.stats().programs_compiled
    for _ in range(4):
        lx.materialize(x * 6.0 - 5.0)
    assert lx.stats().programs_compiled == compiled
    assert recycles(latest_program())

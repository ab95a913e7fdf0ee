"""Fresh memory for large arrays is had from the kernel in large pages."""

from __future__ import annotations

import pathlib

import ml_dtypes
import numpy
import pytest

import lazyax as lx
import lazyax.numpy as np
from lazyax.graph.aval import aval_of
from lazyax.xla import fresh
from lazyax.xla.buffers import put, to_numpy
from lazyax.xla.program import Program
from lazyax.xla.recycle import pool
from tests.contract.large_arrays import latest_program

SIDE = 1024  # 4 MiB of float32


@pytest.fixture
def asked(monkeypatch):
    """Bytes that large pages were asked for, where arrays of 4 MiB count as large."""
    found = []
    monkeypatch.setattr(fresh, "SMALLEST", 2**22)
    monkeypatch.setattr(fresh, "_advise", lambda: lambda start, size, how: found.append(size))
    pool.clear()
    return found


def forms(of: Program) -> list:
    return list(of.forms.values)


def test_memory_that_was_never_written_is_in_large_pages_where_the_kernel_gives_them():
    buffer = fresh.memory(aval_of((fresh.SMALLEST,), numpy.dtype("i1")))
    inside = buffer.unsafe_buffer_pointer() + fresh.SMALLEST // 2
    lines = pathlib.Path("/proc/self/smaps").read_text(encoding="utf-8").splitlines()
    for line in lines:
        first = line.split()[0]
        if not first.endswith(":"):
            start, stop = (int(part, 16) for part in first.split("-"))
        elif first == "VmFlags:" and start <= inside < stop:
            flags = line.split()
    assert ("hg" in flags) == fresh.pays(fresh.SMALLEST)


@pytest.mark.parametrize("policy", ["[always] madvise never", "always madvise [never]", None])
def test_nothing_is_asked_for_where_that_is_of_no_use(policy, tmp_path, monkeypatch):
    path = tmp_path / "enabled"
    if policy is not None:
        path.write_text(policy)
    monkeypatch.setattr(fresh, "POLICY", path)
    monkeypatch.setattr(fresh, "_advise", fresh._advise.__wrapped__)
    assert not fresh.pays(2**40)


def test_large_results_are_written_into_it_by_a_program_of_one_form(asked):
    x = np.array(numpy.ones((SIDE, SIDE), "f4"))
    asked.clear()
    kept = [lx.materialize(x * float(k) + 1.0) for k in range(4)]
    assert forms(latest_program()) == [((), (0,))]
    assert len(asked) == 4
    assert min(asked) >= 2**22 - 2 * fresh.PAGE
    assert [float(y[-1, -1]) for y in kept] == [1.0, 2.0, 3.0, 4.0]


def test_dead_memory_comes_first(asked):
    f = lx.jit(lambda x: (x + 1.0, x * 2.0))
    x = np.array(numpy.ones((SIDE, SIDE), "f4"))
    results = f(x)
    lx.materialize(results)
    asked.clear()
    before = pool.recycled
    kept, _ = results
    del results, _
    again = f(x)
    assert (pool.recycled - before, len(asked)) == (1, 1)
    assert [float(y[3, 3]) for y in (kept, *again)] == [2.0, 2.0, 2.0]


def test_results_that_are_not_as_large_are_left_to_xla(asked):
    x = np.array(numpy.ones((SIDE, SIDE), "f4"))
    lx.materialize(x + 1.0, np.sum(x, axis=0), np.exp(x[:512]))
    assert forms(latest_program()) == [((), (0,))]


@pytest.mark.parametrize("dtype", ["f4", "c8", "?", ml_dtypes.bfloat16])
def test_arrays_of_the_host_are_copied_into_it(dtype, asked, rng):
    host = rng.integers(0, 2, (2 * SIDE, 3 * SIDE)).astype(dtype)[:, ::-1]
    buffer = put(host)
    assert len(asked) == 1
    copied = host.copy()
    host[...] = 0
    assert (to_numpy(buffer, aval_of(copied.shape, copied.dtype)) == copied).all()
    x = np.array(copied)
    assert (numpy.asarray(np.where(x == x, x, x)) == copied).all()

"""Single elements of arrays that exist are read from memory."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import ml_dtypes
import numpy
import pytest

import lazyax as lx
import lazyax.numpy as np
from lazyax.xla import execute


@pytest.fixture
def computed(monkeypatch):
    """How many roots each computation was asked for."""
    asked, compute = [], execute.compute

    def counting(roots, *how, **more):
        asked.append(len(roots))
        return compute(roots, *how, **more)

    monkeypatch.setattr(execute, "compute", counting)
    return asked


def test_a_loop_over_elements_runs_no_program(computed, rng):
    host = rng.normal(size=(7, 5)).astype("f4")
    x = np.asarray(host)
    total = sum(float(x[i, j]) for i in range(-3, 4) for j in range(5))
    assert total == sum(float(host[i, j]) for i in range(-3, 4) for j in range(5))
    vector = np.asarray(host[0])
    assert [float(one) for one in vector] == host[0].tolist()
    assert [vector[i].item() for i in range(5)] == host[0].tolist()
    lx.materialize([x[i, 1] for i in range(7)])
    assert computed == []


@pytest.mark.parametrize("dtype", ["?", "i1", "u4", "f2", "f4", "c8", ml_dtypes.bfloat16])
def test_an_element_has_its_dtype_and_goes_on(dtype):
    host = numpy.asarray([0, 1, 3]).astype(dtype)
    element = np.asarray(host)[2].materialize()
    assert element.dtype == host.dtype
    assert numpy.asarray(element) == host[2]
    doubled = element + element
    assert doubled.dtype == host.dtype
    assert numpy.asarray(doubled) == host[2] + host[2]


def test_what_is_no_element_in_memory_is_computed(computed):
    x = np.arange(4.0)
    first = float(x[1])  # of what is pending
    y = np.asarray([1.0, 2.0, 3.0])
    rest = numpy.asarray(y[1:]), float(y[np.asarray(2)]), float(y[1] + 1)
    assert (first, *rest[1:]) == (1.0, 3.0, 3.0)
    assert rest[0].tolist() == [2.0, 3.0]
    assert len(computed) == 4


def test_threads_that_read_one_element_all_get_it():
    x = np.asarray(numpy.arange(50.0))
    with ThreadPoolExecutor(8) as pool:
        for i in range(50):
            element = x[i]
            assert list(pool.map(float, [element] * 8)) == [i] * 8


def test_looking_at_elements_changes_no_derivative():
    x = np.asarray([2.0, 3.0])

    def f(x):
        return x[0] * x[1] if float(x[0]) > 1 else x[1]

    assert numpy.asarray(lx.grad(f)(x)).tolist() == [3.0, 2.0]
    assert numpy.asarray(lx.gradients(x[0] * x[1], x)).tolist() == [3.0, 2.0]
    with lx.keep_history():
        element = x[0]
        assert float(element) == 2.0
        assert numpy.asarray(lx.gradients(element * x[1], x)).tolist() == [3.0, 2.0]
    looked_at = x[0]
    float(looked_at)
    with pytest.raises(lx.errors.HistoryGoneError):
        lx.gradients(looked_at * 1.0, x)


def test_a_graph_with_an_element_that_was_looked_at_is_saved(tmp_path):
    element = np.asarray([2.0, 3.0])[1]
    assert float(element) == 3.0
    y = np.zeros(2)
    graph = lx.Graph([y], y + element)
    graph.save(tmp_path / "graph")
    loaded = lx.load(tmp_path / "graph")
    assert numpy.asarray(loaded(y)).tolist() == [3.0, 3.0]


def test_elements_of_a_large_array_leave_its_memory_to_be_written_again():
    x = np.asarray(numpy.ones(2**19))
    assert float(x[5]) == 1.0
    assert not getattr(x._node.value, "is_viewed", False)

"""`trace`, `jit` and compiled graphs."""

from __future__ import annotations

import pickle

import numpy
import pytest

import lazyax as lx
import lazyax.numpy as np
from lazyax.xla.execute import programs


def test_a_function_is_traced_once_for_each_shape_and_dtype():
    calls = []

    @lx.jit
    def f(x, y):
        calls.append(x.aval)
        return x * y

    for value in range(5):
        assert float(f(np.array(float(value)), 2.0)) == 2.0 * value
    f(np.ones(3), 2.0)
    f(np.ones(3), 7.0)
    f(np.ones(3, dtype="int32"), 2)
    assert len(calls) == 3


def test_a_compiled_call_compiles_once_whatever_the_numbers_are():
    f = lx.jit(lambda x, rate: x - rate * x)
    f(np.ones(3), 0.5)
    before = programs.misses
    for rate in (0.0, 1.0, 0.25, 3.0):
        numpy.testing.assert_allclose(numpy.asarray(f(np.ones(3), rate)), 1 - rate)
    assert programs.misses == before


def test_arguments_and_results_are_pytrees():
    @lx.jit
    def f(tree, *, scale):
        return {"sum": tree["a"] + tree["b"][0], "none": None, "pair": (tree["b"][1] * scale,)}

    result = f({"a": 1.0, "b": [np.ones(2), 3.0]}, scale=2.0)
    assert numpy.asarray(result["sum"]).tolist() == [2.0, 2.0]
    assert result["none"] is None
    assert float(result["pair"][0]) == 6.0


def test_static_arguments_choose_the_program():
    calls = []

    def power(x, n, *, shift=0):
        calls.append(n)
        return x**n + shift

    f = lx.jit(power, static_argnums=1, static_argnames="shift")
    assert float(f(3.0, 2)) == 9.0
    assert float(f(4.0, 2)) == 16.0
    assert float(f(2.0, 3)) == 8.0
    assert float(f(2.0, 3, shift=1)) == 9.0
    assert calls == [2, 3, 3]


def test_static_names_may_be_given_by_position():
    f = lx.jit(lambda x, mode: x * len(mode), static_argnames="mode")
    assert float(f(2.0, "abc")) == 6.0
    assert float(f(2.0, mode="ab")) == 4.0


def test_jit_is_a_decorator_with_and_without_arguments():
    @lx.jit
    def double(x):
        return x * 2

    @lx.jit(static_argnums=1)
    def times(x, n):
        return sum([x] * n)

    assert (float(double(2.0)), float(times(2.0, 3))) == (4.0, 6.0)
    assert double.__name__ == "double"


def test_jit_of_a_method():
    class Model:
        scale = 3.0

        @lx.jit
        def apply(self, x):
            return x

    class Free:
        f = staticmethod(lx.jit(lambda x: x + 1))

    assert float(Free().f(1.0)) == 2.0
    with pytest.raises(TypeError, match="static_argnums"):
        Model().apply(1.0)


def test_inside_other_transforms_the_trace_is_inlined():
    calls = []

    @lx.jit
    def f(x):
        calls.append(1)
        return np.sin(x) * x

    x = np.array(0.7)
    expected = numpy.cos(0.7) * 0.7 + numpy.sin(0.7)
    assert float(lx.grad(f)(x)) == pytest.approx(expected, rel=1e-6)
    assert float(lx.jit(lx.grad(f))(x)) == pytest.approx(expected, rel=1e-6)
    assert float(lx.grad(lx.jit(lx.grad(f)))(x)) == pytest.approx(
        2 * numpy.cos(0.7) - 0.7 * numpy.sin(0.7), rel=1e-6
    )
    numpy.testing.assert_allclose(
        numpy.asarray(lx.vmap(lx.grad(f))(np.full(3, 0.7))), [expected] * 3, rtol=1e-6
    )
    assert len(calls) == 1


def test_a_jit_that_captures_a_variable_of_grad_is_differentiated():
    def loss(w, x):
        inner = lx.jit(lambda x: x * w)
        return inner(x) * w

    assert float(lx.grad(loss)(3.0, 2.0)) == 12.0


def test_a_captured_pending_array_is_computed_once_not_at_each_call():
    big = np.ones((8, 8)) @ np.ones((8, 8))
    f = lx.jit(lambda x: x + big)
    numpy.testing.assert_allclose(numpy.asarray(f(np.ones((8, 8)))), 9.0)
    assert big.is_materialized
    assert "dot_general" not in lx.trace(lambda x: x + big)(np.ones((8, 8))).compile().as_text()


def test_pending_arguments_are_materialized_and_stay_so():
    f = lx.jit(lambda x: x + 1)
    x = np.ones(3) * 2.0
    assert numpy.asarray(f(x)).tolist() == [3.0] * 3
    assert x.is_materialized


def test_an_argument_printed_under_grad_is_still_differentiated():
    def loss(x):
        y = x * x
        str(y)
        return lx.jit(lambda y: y.sum())(y)

    assert numpy.asarray(lx.grad(loss)(np.arange(3.0))).tolist() == [0.0, 2.0, 4.0]


def test_print_under_jit_happens_once(capsys):
    @lx.jit
    def f(x):
        print("tracing")
        return x

    f(1.0)
    f(2.0)
    assert capsys.readouterr().out == "tracing\n"


def test_a_mutated_argument_does_not_change_the_callers():
    def f(x):
        x += 1
        return x

    x = np.zeros(2)
    assert numpy.asarray(lx.jit(f)(x)).tolist() == [1.0, 1.0]
    assert x.tolist() == [0.0, 0.0]
    f(x)
    assert x.tolist() == [1.0, 1.0]


def test_a_traced_graph_compiles_to_a_program_that_can_be_inspected():
    graph = lx.trace(lambda p, x: np.tanh(p["w"] * x).sum())({"w": np.ones(4)}, np.ones(4))
    assert graph.names == ("p['w']", "x")
    compiled = graph.compile()
    assert float(compiled({"w": np.ones(4)}, np.zeros(4))) == 0.0
    assert "stablehlo.tanh" in compiled.as_text()
    assert "test_compile.py" in compiled.as_text()
    assert "HloModule" in compiled.as_text("hlo")
    assert compiled.cost_analysis()["flops"] > 0
    assert compiled.memory_analysis().argument_size_in_bytes == 32
    with pytest.raises(TypeError, match="'stablehlo' or 'hlo', got 'ptx'"):
        compiled.as_text("ptx")


def test_outputs_may_repeat_and_be_inputs_and_constants():
    f = lx.jit(lambda x: (x, x, 1.0, x + 0, np.zeros(2)))
    a, b, c, d, e = f(np.arange(2.0))
    assert a.tolist() == b.tolist() == d.tolist() == [0.0, 1.0]
    assert (float(c), e.tolist()) == (1.0, [0.0, 0.0])


def test_a_setting_that_changes_what_is_traced_is_part_of_the_key():
    f = lx.jit(lambda x: x + np.ones(2))
    assert f(np.arange(2)).dtype == "float32"
    lx.config.update(default_dtype_bits=64)
    try:
        assert f(np.arange(2, dtype="int32")).dtype == "float64"
    finally:
        lx.config.update(default_dtype_bits=32)


def test_many_arguments_and_none():
    assert float(lx.jit(lambda: 2.0 * np.ones(()))()) == 2.0
    many = [np.array(float(i)) for i in range(50)]
    assert float(lx.jit(lambda *xs: sum(xs))(*many)) == sum(range(50))


def test_arrays_pickle_by_value():
    x = np.arange(3.0) * 2
    again = pickle.loads(pickle.dumps({"x": x, "b": np.ones(2, dtype="bfloat16")}))
    assert again["x"].tolist() == [0.0, 2.0, 4.0]
    assert str(again["b"].dtype) == "bfloat16"
    assert (again["x"] + x).tolist() == [0.0, 4.0, 8.0]

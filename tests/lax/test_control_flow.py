"""Branches and loops: what they capture, what they compile to, what they store."""

from __future__ import annotations

import functools

import numpy
import pytest

import lazyax as lx
import lazyax.numpy as np
from lazyax import lax
from lazyax.graph.graph import nested_graphs
from lazyax.graph.verify import verify
from lazyax.ops import primitives as p


def nodes_under(*arrays):
    """All nodes that arrays depend on."""
    return lx.Graph((), tuple(array.node for array in arrays)).nodes


def ops_of(kind, *arrays):
    """Ops of one class among the nodes that arrays depend on."""
    return [node.op for node in nodes_under(*arrays) if type(node.op) is kind]


def counts_inside(*arrays):
    """How often each op occurs in graphs that ops hold."""
    found: dict[str, int] = {}
    for graph in nested_graphs(nodes_under(*arrays)):
        for node in graph.nodes:
            found[node.op.name] = found.get(node.op.name, 0) + 1
    return found


# Compilations


def test_a_loop_that_traces_the_same_step_again_compiles_once(compiles):
    x = numpy.arange(1.0, 4.0).astype("float32")
    for number in range(1000):
        rate = 0.001 * number
        w, _ = lax.scan(lambda w, x, rate=rate: (w - rate * x, None), np.ones(()), x)
        if number % 100 == 0:
            assert float(w) == pytest.approx(1 - 6 * rate, rel=1e-5)
    assert compiles.count == 1


def test_branches_and_while_loops_that_are_traced_again_compile_once(compiles):
    for number in (0.0, 1.0, 0.5, 2.0):
        found = lax.while_loop(lambda x, n=number: x < 10 + n, lambda x, n=number: x + n + 1, 0.0)
        chosen = lax.cond(found > 11, lambda x, n=number: x * n, lambda x: x, found)
        python = 0.0
        while python < 10 + number:
            python += number + 1
        assert float(chosen) == (python * number if python > 11 else python)
    assert compiles.count == 1


def test_a_changing_lower_bound_compiles_once(compiles):
    found = [float(lax.fori_loop(k, k + 5, lambda i, total: total + i, 0)) for k in range(4)]
    assert found == [10, 15, 20, 25]
    assert compiles.count == 1


def test_a_scan_has_as_many_nodes_for_any_length():
    def nodes(length):
        total = lax.scan(lambda h, _: (np.sin(h) * 2, None), 1.0, None, length=length)[0]
        return len(nodes_under(total)) + sum(counts_inside(total).values())

    assert nodes(10) == nodes(1000) < 10


# Captured values


def test_arrays_and_numbers_that_a_body_uses_become_operands():
    w, rate = np.asarray(numpy.ones(3)), 0.5
    h, _ = lax.scan(lambda h, _: (h * w + rate, None), w, None, length=2)
    (op,) = ops_of(p.Scan, h)
    assert op.body.captured == []
    verify([h.node])
    assert h.tolist() == [2.0, 2.0, 2.0]


def test_what_does_not_change_from_step_to_step_is_computed_once_outside():
    w = np.asarray(numpy.ones((3, 3)))
    h, _ = lax.scan(lambda h, _: (h + np.sum(w @ w), None), 0.0, None, length=4)
    assert "DotGeneral" not in counts_inside(h)
    assert [type(node.op) for node in nodes_under(h)].count(p.DotGeneral) == 1


def test_a_broadcast_number_stays_in_the_body():
    big = np.zeros((100, 100)) + 1
    h, _ = lax.scan(lambda h, _: (h * 0.5, None), big, None, length=2)
    assert counts_inside(h)["Broadcast"] == 1


def test_what_a_branch_computes_of_captured_arrays_is_computed_in_the_branch():
    w = np.asarray(numpy.ones((3, 3)))
    found = lax.cond(np.asarray(True), lambda: np.sum(w @ w), lambda: 0.0)
    assert counts_inside(found)["DotGeneral"] == 1
    assert not ops_of(p.DotGeneral, found)


def test_a_variable_of_a_running_grad_can_be_captured():
    def f(w):
        h, _ = lax.scan(lambda h, x: (h * w + x, None), 1.0, np.arange(3.0))
        return lax.cond(w > 0, lambda: h * w, lambda: h) + lax.while_loop(
            lambda s: s < 10, lambda s: s * w, 1.0
        )

    # h = w**3 + w + 2, times w; and w**4
    assert float(lx.grad(f)(2.0)) == 4 * 8 + 2 * 2 + 2 + 4 * 8
    assert float(lx.grad(lx.grad(f))(2.0)) == 12 * 4 + 2 + 12 * 4


def test_a_constant_that_was_made_outside_can_be_differentiated_by():
    w = np.ones(3)
    loss = np.sum(lax.scan(lambda h, x: (h + x * w, None), np.zeros(3), np.arange(3.0))[0])
    assert lx.gradients(loss, w).tolist() == [3.0, 3.0, 3.0]
    gated = lax.cond(loss > 0, lambda: np.sum(w * w), lambda: 0.0)
    assert lx.gradients(gated, w).tolist() == [2.0, 2.0, 2.0]
    assert float(lx.Graph([w], gated)(np.full(3, 2.0))) == 12.0


def test_abstract_values_of_outer_traces_can_be_captured(compiles):
    def f(x, y):
        return lx.vmap(lambda u: lax.fori_loop(0, 3, lambda i, h: h * u + y, x))(np.arange(3.0))

    assert lx.jit(f)(2.0, 1.0).tolist() == [1.0, 5.0, 23.0]
    assert compiles.count == 1
    slope = lx.jit(lx.grad(lambda x, y: np.sum(f(x, y)), argnums=1))
    assert float(slope(2.0, 1.0)) == 1 + 3 + 7


def test_python_control_flow_works_inside_grad_beside_loops():
    def f(x):
        h = lax.fori_loop(0, 3, lambda i, h: h * x, x)
        return h if h > 1 else -h

    assert [float(lx.grad(f)(x)) for x in (2.0, 0.5)] == [32.0, -0.5]


def test_history_is_kept_where_it_is_asked_for():
    w = np.asarray(numpy.ones(2))
    with lx.keep_history():
        h, _ = lax.scan(lambda h, _: (h * w, None), w, None, length=2)
        assert h.tolist() == [1.0, 1.0]
    assert lx.gradients(np.sum(h), w).tolist() == [3.0, 3.0]


# What they compile to


def test_one_branch_runs_and_a_batched_predicate_selects():
    def f(flag, x):
        return lax.cond(flag, np.sin, np.cos, x)

    x = np.arange(3.0)
    alone = lx.trace(f)(True, x)
    shared = lx.trace(lx.vmap(f, in_axes=(None, 0)))(True, x)
    each = lx.trace(lx.vmap(f))(x > 1, x)
    texts = [graph.compile().as_text() for graph in (alone, shared, each)]
    assert ["stablehlo.case" in text for text in texts] == [True, True, False]
    assert ["stablehlo.select" in text for text in texts] == [False, False, True]
    found = each(x > 1, x)
    numpy.testing.assert_allclose(found, [1, numpy.cos(1), numpy.sin(2)], rtol=1e-6)


def test_lanes_that_count_together_keep_one_counter():
    def f(x):
        return lax.while_loop(lambda s: s[0] < 3, lambda s: (s[0] + 1, s[1] * x), (0, x))[1]

    found = lx.vmap(f)(np.arange(3.0))
    (op,) = ops_of(p.While, found)
    assert {node.aval.shape for node in op.body.inputs if node.aval.kind == "i"} == {()}
    assert found.tolist() == [0.0, 1.0, 16.0]


def test_the_users_lines_are_locations_in_the_program():
    text = lx.trace(lambda x: lax.fori_loop(0, 2, lambda i, h: np.sin(h), x))(1.0).compile()
    (line,) = [line for line in text.as_text().splitlines() if "stablehlo.sine" in line]
    assert "test_control_flow.py" in line


@pytest.mark.parametrize("unroll", [1, 2, 3, True])
@pytest.mark.parametrize("length", [0, 1, 5])
def test_unrolled_loops_are_loops(unroll, length):
    xs = np.arange(float(length))
    h, ys = lax.scan(lambda h, x: (2 * h + x, h), 1.0, xs, unroll=unroll)
    expected, rows = 1.0, []
    for x in range(length):
        rows.append(expected)
        expected = 2 * expected + x
    assert (float(h), ys.tolist()) == (expected, rows)


# What reverse mode stores


def stored_by(f, *arguments):
    """Avals of what the forward loops of a gradient stack."""
    graph = lx.trace(lx.grad(f))(*arguments)
    forward = [node for node in graph.nodes if type(node.op) is p.Scan and not node.op.reverse]
    return [str(aval) for node in forward for aval in node.aval[node.op.carries :]]


def test_loop_invariant_residuals_are_not_stacked():
    w, x = np.asarray(numpy.ones((7, 7), "float32")), np.ones(7)

    def f(x):
        return np.sum(lax.scan(lambda h, _: (w @ h, None), x, None, length=5)[0])

    assert stored_by(f, x) == []


def test_what_the_linear_part_needs_is_stacked_and_not_computed_again():
    x, us = np.ones(7), np.ones((5, 7))

    def f(x):
        return np.sum(lax.scan(lambda h, u: (np.sin(h) * u, None), x, us)[0])

    assert stored_by(f, x) == ["f32[5,7]"]
    gradient = lx.trace(lx.grad(f))(x)
    (backward,) = [n.op for n in gradient.nodes if type(n.op) is p.Scan and n.op.reverse]
    inside = {node.op.name for node in backward.body.nodes}
    assert inside.isdisjoint({"Sin", "Cos"})


def test_reverse_mode_of_an_inner_loop_is_not_computed_again_by_the_outer_one():
    def f(x):
        def outer(h, _):
            return lax.scan(lambda h, _: (np.sin(h), None), h, None, length=3)[0], None

        return np.sum(lax.scan(outer, x, None, length=5)[0])

    gradient = lx.trace(lx.grad(f))(np.ones(2))
    (backward,) = [n.op for n in gradient.nodes if type(n.op) is p.Scan and n.op.reverse]
    inner = [node.op for node in backward.body.nodes if type(node.op) is p.Scan]
    assert [op.reverse for op in inner] == [True]
    assert stored_by(f, np.ones(2)) == ["f32[5,3,2]"]


def test_reverse_mode_takes_one_branch():
    text = lx.trace(lx.grad(lambda x, flag: lax.cond(flag, np.sin, np.tanh, x)))(1.0, True)
    assert text.compile().as_text().count("stablehlo.case") == 2
    (backward,) = [n.op for n in text.nodes if type(n.op) is p.Cond][1:]
    assert {n.op.name for graph in backward.branches for n in graph.nodes} == {"Input", "Multiply"}


# Loops that share work are one in the program


def lowered(f, *arguments):
    """How many loops, branches and hyperbolic tangents a function's program has."""
    text = lx.trace(f)(*arguments).compile().as_text()
    return [text.count(f"stablehlo.{name}") for name in ("while", "case", "tanh")]


def recurrence(w, xs):
    h, ys = lax.scan(lambda h, x: (np.tanh(w * h + x), np.sum(h)), np.zeros(3), xs)
    return np.sum(h * h) + np.sum(ys)


def until_near(x):
    return lax.while_loop(lambda h: h > 0.3, np.tanh, x)


def test_the_value_and_the_forward_half_of_the_gradient_are_one_loop():
    assert lowered(lx.value_and_grad(recurrence), np.ones(3), np.ones((5, 3))) == [2, 0, 1]
    assert lowered(lx.value_and_grad(lambda x: lax.cond(x > 0, np.tanh, np.sin, x)), 1.0) == [
        0, 2, 1,
    ]  # fmt: skip


def test_the_value_and_its_tangent_are_one_loop():
    w, xs = np.ones(3), np.ones((5, 3))
    assert lowered(lambda w: lx.jvp(lambda w: recurrence(w, xs), (w,), (w,)), w) == [1, 0, 1]
    assert lowered(lambda x: lx.jvp(until_near, (x,), (x,)), 1.0) == [1, 0, 1]


def test_nested_loops_are_merged_at_every_level():
    def f(w):
        step = lambda h, _: (recurrence(w * h, np.ones((2, 3))) * w, None)  # noqa: E731
        return np.sum(lax.scan(step, w, None, length=4)[0])

    assert lowered(lx.value_and_grad(f), np.ones(3)) == [4, 0, 1]


def test_loops_that_only_begin_alike_are_merged_as_far_as_they_agree():
    def f(x):
        def step(c, _, k):
            return (np.tanh(c[0]), c[1] * k), c[1]

        both = [lax.scan(functools.partial(step, k=k), (x, x), None, length=3) for k in (2.0, 3.0)]
        return [(h, k, ys) for (h, k), ys in both]

    assert lowered(f, 1.0) == [1, 0, 1]
    h = numpy.tanh(numpy.tanh(numpy.tanh(1)))
    for (found, k, ys), factor in zip(f(np.ones(())), (2, 3), strict=True):
        assert float(found) == pytest.approx(h)
        assert (float(k), ys.tolist()) == (factor**3, [1, factor, factor**2])


def test_a_loop_that_needs_the_result_of_another_stays_apart():
    def f(x):
        h = lax.fori_loop(0, 3, lambda i, h: np.tanh(h) * x, x)
        return h, lax.fori_loop(0, 3, lambda i, k: np.tanh(k) * x + h, x)

    assert lowered(f, 1.0) == [2, 0, 2]
    found = lx.jit(f)(1.0)
    expected = numpy.tanh(numpy.tanh(numpy.tanh(1)))
    assert float(found[0]) == pytest.approx(expected)


def test_while_loops_that_end_on_other_conditions_stay_apart():
    def f(x):
        return until_near(x), lax.while_loop(lambda h: h > 0.5, np.tanh, x)

    assert lowered(f, 1.0) == [2, 0, 2]
    for found, least in zip(lx.jit(f)(1.0), (0.3, 0.5), strict=True):
        h = 1.0
        while h > least:
            h = numpy.tanh(h)
        assert float(found) == pytest.approx(h, rel=1e-5)


# Graphs that ops hold


def test_loops_are_saved_and_loaded(tmp_path):
    def f(w, x):
        def step(h, u):
            return lax.cond(u > 0, lambda: np.tanh(h * w), lambda: h), h

        return lax.while_loop(lambda s: s[0] < 2, lambda s: (s[0] + 1, s[1] * w), (0, 1.0))[
            1
        ] + np.sum(lax.scan(step, 1.0, x)[0])

    x = np.array([1.0, -1.0, 2.0])
    graph = lx.trace(f)(2.0, x)
    loaded = lx.load(graph.save(tmp_path / "loops.lazyax"))
    for one in (graph, loaded):
        assert float(one(0.5, x)) == pytest.approx(float(f(0.5, x)))
        assert float(one.grad()(0.5, x)) == pytest.approx(float(lx.grad(f)(0.5, x)))
    assert loaded.listing() == graph.listing()


def test_graphs_that_ops_hold_are_listed_and_drawn_below(tmp_path):
    graph = lx.trace(lambda x: lax.cond(x > 0, np.sin, np.cos, x))(1.0)
    listed = [line.split(" :")[0].strip() for line in graph.listing().splitlines()]
    assert "%3 = Cond(branches=(@graph0, @graph1))(%2, %x)" in [
        " ".join(line.split()) for line in listed
    ]
    assert "@graph0(x: ~f32[]) -> (~f32[])" in graph.listing()
    for suffix in (".svg", ".dot"):
        assert "@graph1" in graph.draw(tmp_path / f"graph{suffix}").read_text()


# Arguments as jax's


def test_a_python_number_takes_the_dtype_that_leaves_the_step():
    total, _ = lax.scan(lambda t, x: (t + x, None), 0, np.arange(3, dtype="float64"))
    assert (total.dtype, float(total)) == ("float64", 3.0)
    assert lax.fori_loop(0, 2, lambda i, x: x * 1.5, 1).dtype == "float32"
    assert lax.cond(True, lambda: np.ones(2, "int8"), lambda: np.zeros(2, "int8")).dtype == "int8"
    assert lax.cond(True, lambda x: x, lambda x: 0, np.ones((), "float64")).dtype == "float64"


def test_bounds_of_any_kind():
    def run(lower, upper):
        return int(lax.fori_loop(lower, upper, lambda i, n: n * 10 + i, 0))

    assert run(1, 4) == run(np.asarray(1), 4) == run(numpy.int64(1), np.asarray(4)) == 123
    assert run(4, 1) == run(np.asarray(4), 1) == 0


def test_a_predicate_is_a_number_too_and_the_index_is_held_in_range():
    assert [float(lax.cond(n, lambda: 1.0, lambda: 0.0)) for n in (0, 2, 0.5)] == [0, 1, 1]
    branches = [lambda: 10, lambda: 11, lambda: 12]
    assert [int(lax.switch(n, branches)) for n in (-5, 0, 1, 2, 7)] == [10, 10, 11, 12, 12]
    assert float(lax.cond(True, 2.0, lambda x: x, 3.0, lambda x: -x)) == 2.0


@pytest.mark.parametrize("size", [None, 1, 2, 3, 7])
def test_map_takes_slices_one_or_several_at_a_time(size):
    xs = {"a": np.arange(7.0), "b": np.ones((7, 2))}
    found = lax.map(lambda x: (x["a"] * 2, x["b"].sum() + x["a"]), xs, batch_size=size)
    assert found[0].tolist() == [0, 2, 4, 6, 8, 10, 12]
    assert found[1].tolist() == [2, 3, 4, 5, 6, 7, 8]


def test_loops_of_nothing():
    assert lax.scan(lambda c, x: (c, x), (), np.zeros((0, 2)))[1].shape == (0, 2)
    assert lax.scan(lambda c, x: (c, None), None, np.zeros(3)) == (None, None)
    assert lax.while_loop(lambda s: False, lambda s: s, {"x": 1.0})["x"] == 1.0
    assert lax.associative_scan(np.add, np.zeros(0)).shape == (0,)

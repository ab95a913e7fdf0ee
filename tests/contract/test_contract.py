"""The materialization contract (DESIGN.md section 7), each rule by counting, never by timing."""

from __future__ import annotations

import gc
import threading

import numpy
import pytest

import lazyax as lx
import lazyax.numpy as np
from lazyax.errors import AbstractValueError, LeakedValueError, MaterializeError
from lazyax.graph.node import Node
from lazyax.xla.execute import programs


class Compiles:
    """How many programs were compiled inside the block."""

    def __enter__(self):
        self.before = programs.misses
        return self

    def __exit__(self, *exception):
        self.count = programs.misses - self.before


def live_nodes() -> int:
    gc.collect()
    return sum(type(thing) is Node for thing in gc.get_objects())


def executed(program: str, op: str) -> int:
    return program.count(f"stablehlo.{op}")


@pytest.fixture
def ran(monkeypatch):
    """Texts of the programs that were run, in order."""
    texts = []
    run = lx.xla.program.Program.run

    def recording(self, *arguments):
        texts.append(self.text)
        return run(self, *arguments)

    monkeypatch.setattr(lx.xla.program.Program, "run", recording)
    return texts


# rule 1


def test_nothing_runs_that_is_not_needed(ran):
    corner = np.ones((10**6, 10**6))[:3, :3] + 1
    assert numpy.asarray(corner).tolist() == [[2.0] * 3] * 3
    assert len(ran) == 1


def test_building_runs_nothing(ran):
    x = np.tanh(np.ones((100, 100)) @ np.ones((100, 100)))
    assert not x.is_materialized
    assert ran == []


# rule 2


def test_what_is_asked_together_is_one_program(ran):
    x = lx.materialize(np.arange(8.0))
    ran.clear()
    y = np.sin(x)
    a, b = lx.materialize({"a": y.sum(), "b": y * 2}, y + 1)
    assert len(ran) == 1
    assert executed(ran[0], "sine") == 1
    numpy.testing.assert_allclose(numpy.asarray(b), numpy.asarray(np.sin(x)) + 1)
    assert a["a"].is_materialized


# rule 3


def step(x, w, lr, mass):
    for _ in range(10):
        x = np.tanh(x * w) * lr
        x = x - mass
        x = x + lr * 2
    return x


def test_a_thousand_rebuilds_with_changing_values_compile_once():
    rng = numpy.random.default_rng(0)
    numbers = [0.0, 1.0, 0.5, 0.5, -1.0, 3, 1, 0]
    lx.materialize(step(np.array(rng.normal(size=7)), np.array(rng.normal(size=7)), 0.1, 0.1))
    with Compiles() as compiled:
        for i in range(1000):
            x, w = (np.array(rng.normal(size=7)) for _ in range(2))
            lr = float(numbers[i % 8])
            mass = float(numbers[(i // 8) % 8])
            y = step(x, w, lr, mass)
            lx.materialize(y)
    assert compiled.count == 0
    expected = step(numpy.asarray(x), numpy.asarray(w), lr, mass)
    numpy.testing.assert_allclose(numpy.asarray(y), expected, rtol=1e-5, atol=1e-6)


def test_the_order_of_construction_is_not_in_the_key():
    x = lx.materialize(np.arange(5.0))
    a = np.sin(x)
    b = np.cos(x)
    lx.materialize(a - b)
    with Compiles() as compiled:
        b = np.cos(x)
        a = np.sin(x)
        lx.materialize(a - b)
    assert compiled.count == 0


def test_another_structure_is_another_program():
    x = lx.materialize(np.arange(5.0))
    lx.materialize(x * 2 + x)
    with Compiles() as compiled:
        lx.materialize(x * 2 - x)
        lx.materialize(np.arange(6.0) * 2 + np.arange(6.0))
    assert compiled.count == 2


def test_common_subexpressions_are_computed_once(ran):
    x = lx.materialize(np.arange(5.0))
    lx.materialize(np.exp(x) + np.exp(x) * np.exp(x))
    assert executed(ran[-1], "exponential") == 1


def test_data_is_never_in_the_program(ran):
    x = np.array(numpy.arange(100_000.0))
    lx.materialize(x * 2.0)
    assert len(ran[-1]) < 1000


# rule 4


def test_no_dot_runs_twice_for_a_loss_and_then_the_parameters(ran):
    x, w = lx.materialize(np.ones((4, 3)), np.ones((3, 2)))

    def loss(w):
        return (np.tanh(x @ w) ** 2).sum()

    value, slope = lx.value_and_grad(loss)(w)
    new = w - 0.1 * slope
    ran.clear()
    print(value)
    lx.materialize(new)
    assert sum(executed(text, "dot_general") for text in ran) == 2


def test_a_training_loop_that_prints_runs_each_dot_once_a_step(ran):
    x, w = lx.materialize(np.ones((4, 3)), np.ones((3, 2)))

    def loss(w):
        return (np.tanh(x @ w) ** 2).sum()

    dots = []
    for _ in range(6):
        value, slope = lx.value_and_grad(loss)(w)
        w = w - 0.1 * slope
        ran.clear()
        float(value)
        dots.append(sum(executed(text, "dot_general") for text in ran))
    assert all(count <= 2 for count in dots)


def test_convolutions_reductions_and_draws_run_once_however_they_are_looked_at(ran):
    images, kernel = (lx.materialize(np.ones(shape)) for shape in ((2, 1, 8, 8), (1, 1, 3, 3)))
    key = lx.materialize(lx.random.PRNGKey(0))
    ran.clear()

    noise = lx.random.normal(key, (2, 1, 6, 6))
    features = lx.lax.conv(images, kernel, (1, 1), "VALID")
    noisy = np.tanh(features + noise)
    total = np.sum(noisy)
    print(total)  # a result of all
    print(noisy)  # what it was made of
    print(features * 2.0, noise[0])  # and what that was made of
    lx.materialize(total / noisy.size, np.sum(noisy) * 2.0)
    assert sum(executed(text, "convolution") for text in ran) == 1
    assert sum("call @threefry" in text for text in ran) == 1
    assert sum(executed(text, "reduce") for text in ran) <= 2


def test_a_line_search_runs_each_dot_of_a_trial_once(ran):
    rng = numpy.random.default_rng(0)
    a, b, x = (lx.materialize(np.array(rng.normal(size=n))) for n in ((6, 6), 6, 6))

    def value_and_residual(x):
        residual = a @ x - b
        return np.sum(residual**2), residual

    value, residual = value_and_residual(x)
    lx.materialize(value, residual)
    ran.clear()
    trials, steps = 0, 0
    for _ in range(4):
        direction = -2.0 * (a.T @ residual)
        rate = 1.0
        while True:
            trials += 1
            new_value, new_residual = value_and_residual(x + rate * direction)
            if new_value < value:  # bool
                break
            rate *= 0.5
        steps += 1
        x, value, residual = x + rate * direction, new_value, new_residual
    lx.materialize(x, residual)
    assert trials > steps
    assert sum(executed(text, "dot_general") for text in ran) == trials + steps


SEVERAL_RESULTS = {
    "custom_call": lambda x: np.linalg.eigh(x + x.T),
    "while": lambda x: lx.lax.scan(lambda c, row: (c + row, c * row), x[0], x),
    "case": lambda x: lx.lax.cond(x[0, 0] > 0, lambda x: (x @ x, x * 2), lambda x: (x, x), x),
    "sort": lambda x: lx.lax.top_k(x, 2),
}


@pytest.mark.parametrize("op", SEVERAL_RESULTS)
def test_an_op_with_several_results_runs_once_whichever_is_looked_at_first(ran, op):
    x = lx.materialize(np.arange(16.0).reshape(4, 4) + 1)
    first, second = SEVERAL_RESULTS[op](x)
    third = np.tanh(second)
    ran.clear()
    for result in (first, third, second):
        print(result)
    assert sum(executed(text, op) for text in ran) == 1


def rolled(w, xs):
    return lx.lax.scan(lambda h, x: (np.tanh(x + h @ w), None), np.zeros(3), xs)[0]


def chosen(w, xs):
    return lx.lax.cond(xs[0, 0] > 0, lambda w: np.tanh(xs @ w), lambda w: xs + 0 * w[0], w)


@pytest.mark.parametrize(("function", "op", "times"), [(rolled, "while", 2), (chosen, "case", 2)])
def test_a_loss_and_then_its_gradient_run_a_loop_forward_once(ran, function, op, times):
    w, xs = lx.materialize(np.eye(3) * 0.5, np.ones((5, 3)))
    value, slope = lx.value_and_grad(lambda w: np.sum(function(w, xs) ** 2))(w)
    ran.clear()
    print(value)
    print(w - 0.1 * slope)
    assert sum(executed(text, op) for text in ran) == times
    assert sum(executed(text, "tanh") for text in ran) == 1


def test_results_that_nobody_has_are_not_stored(ran):
    x = lx.materialize(np.arange(16.0).reshape(4, 4))
    ran.clear()
    print(np.linalg.eigh(x + x.T)[1])
    (returned,) = [line for line in ran[-1].splitlines() if line.startswith("return")]
    assert returned.count("%") == 1


@pytest.mark.parametrize("size", [8, 300])
@pytest.mark.parametrize("optimizer", ["momentum", "adam"])
def test_a_loop_with_optimizer_state_neither_grows_nor_recompiles(size, optimizer):
    init, update = getattr(lx.optim, optimizer)(0.01)
    x = lx.materialize(np.ones((4, size)))

    def loss(w):
        return (np.tanh(x @ w) ** 2).sum()

    state = init(np.full((size, size), 0.01))
    counts = []
    for step in range(12):
        value, slope = lx.value_and_grad(loss)(lx.optim.get_params(state))
        state = update(step, slope, state)
        float(value)
        if step >= 5:
            counts.append((programs.misses, live_nodes()))
    assert len(set(counts)) == 1


def test_a_long_state_made_of_constants_does_not_grow(ran):
    state = np.linspace(0.0, 1.0, 50)
    sizes = []
    for _ in range(12):
        for _ in range(10):
            state = np.sin(state) * 1.5
        assert float(np.sum(state)) > 0
        sizes.append(len(ran[-1].splitlines()))
    assert sizes[2:] == [sizes[-1]] * 10


def test_a_state_that_is_looked_at_in_part_does_not_grow():
    w, counts = lx.materialize(np.full(100_000, 0.5)), []
    for step in range(8):
        w = w + 0.1 * (1.0 - w)
        float(w[0])
        if step >= 3:
            counts.append((programs.misses, live_nodes()))
    assert len(set(counts)) == 1


def test_intermediate_results_that_are_held_are_not_all_stored():
    x = lx.materialize(np.full(100_000, 0.5))
    held = [x * 2.0]
    for _ in range(5):
        held.append(held[-1] * held[-1])
    lx.materialize(held[-1])
    assert [y.is_materialized for y in held] == [False] * 5 + [True]


def chain(x, length):
    for _ in range(length):
        x = x * 1.5
    return x


@pytest.mark.parametrize(
    ("build", "is_stored"),
    [
        (lambda x: chain(x, 3), False),
        (lambda x: chain(x, 16), True),
        (lambda x: x @ x, True),
        (lambda x: np.stack([x @ x] * 2), False),
        (lambda x: chain(np.stack([x @ x] * 2), 8), True),
    ],
    ids=["few ops", "many ops", "a product", "a copy of a product", "ops on one"],
)
def test_what_is_held_is_stored_where_computing_it_again_is_no_less_work(ran, build, is_stored):
    x = lx.materialize(np.full((300, 300), 0.1))
    held = build(x)
    lx.materialize(held + 1.0)
    assert held.is_materialized == is_stored
    ran.clear()
    lx.materialize(held - 1.0)
    assert not any("dot_general" in text for text in ran)


# rule 5


def test_a_loop_of_temporaries_returns_to_its_baseline():
    x = lx.materialize(np.ones(16))
    client = lx.xla.client.backend().client
    nodes, buffers = live_nodes(), len(client.live_arrays())
    for _ in range(10**5 // 20):
        y = x
        for _ in range(20):
            y = y * 1.5
    del y
    assert live_nodes() == nodes
    for _ in range(200):
        float((x * 2.0).sum())
    assert live_nodes() == nodes
    assert len(client.live_arrays()) <= buffers + 1


def test_history_ends_at_a_value():
    x = lx.materialize(np.ones(4))
    nodes = live_nodes()
    for _ in range(50):
        x = np.sin(x) + 1.0
        lx.materialize(x)
    assert live_nodes() <= nodes + 1
    assert x._node.operands == ()


def test_a_pending_user_does_not_keep_the_history_of_what_was_materialized():
    x = lx.materialize(np.ones(4))
    a = np.sin(x) * 2.0
    b = a + 1.0
    lx.materialize(a)
    assert a._node.operands == ()
    assert b._node.operands[0] is a._node
    numpy.testing.assert_allclose(numpy.asarray(b), numpy.sin(1.0) * 2 + 1, rtol=1e-6)


def test_history_under_a_variable_survives_printing():
    def loss(x):
        y = np.sin(x) * x
        str(y)
        if y.sum() > 100:
            return y.sum()
        return (y * y).sum()

    x = np.arange(3.0)
    slope = numpy.asarray(lx.grad(loss)(x))
    v = numpy.arange(3.0)
    y = numpy.sin(v) * v
    expected = 2 * y * (numpy.cos(v) * v + numpy.sin(v))
    numpy.testing.assert_allclose(slope, expected, rtol=1e-5)


# rule 7


def test_repr_never_computes(ran):
    x = np.ones(3) + 1
    assert "pending" in repr(x)
    assert repr({"x": [x]})
    assert ran == []
    lx.materialize(x)
    assert repr(x) == "Array([2., 2., 2.], f32[3])"


@pytest.mark.parametrize(
    "look",
    [str, numpy.asarray, lambda x: x.tolist(), lambda x: bool(x.sum()), lambda x: float(x.sum()),
     lambda x: x.sum().item(), lambda x: int(x.sum()), lambda x: f"{x.sum():.2f}"],
)  # fmt: skip
def test_looking_at_a_value_computes_it_once(look, ran):
    x = lx.materialize(np.ones(3))
    ran.clear()
    look(x * 2.0)
    assert len(ran) == 1


def test_no_materialize_names_both_lines():
    x = np.ones(3) + 1
    with lx.no_materialize(), pytest.raises(MaterializeError) as error:
        str(x)
    assert str(error.value).count("test_contract.py:") == 2
    assert "call lazyax.materialize first" in str(error.value)
    assert str(x) == "[2. 2. 2.]"


def test_no_materialize_allows_a_whole_training_step():
    x = np.ones((4, 3))
    with lx.no_materialize():
        w = np.ones(3)
        for _ in range(3):
            w = w - 0.1 * lx.grad(lambda w: (np.tanh(x @ w) ** 2).mean())(w)
    assert w.shape == (3,)


def test_implicit_materialization_can_warn():
    lx.config.update(implicit_materialization="warn")
    try:
        with pytest.warns(UserWarning, match="float at .*test_contract.py"):
            float(np.ones(()) + 1)
    finally:
        lx.config.update(implicit_materialization="allow")


# rule 9


def test_bool_under_jit_names_the_trace_and_the_remedy():
    @lx.jit
    def relu(x):
        return x if x > 0 else 0 * x

    with pytest.raises(AbstractValueError, match="has no value inside jit of relu"):
        relu(1.0)
    assert float(relu.function(2.0)) == 2.0


def test_a_leaked_value_is_an_error_that_names_its_trace():
    leaked = []

    def f(x):
        leaked.append(x * 2)
        return x

    lx.vmap(f)(np.ones(3))
    with pytest.raises(LeakedValueError, match="after vmap of f had returned"):
        print(leaked[0])


def test_an_error_leaves_every_array_usable():
    x, y = np.ones(3) + 1, np.ones(4)
    with pytest.raises(TypeError):
        x + y
    with pytest.raises(TypeError):
        x += y
    assert str(x) == "[2. 2. 2.]"
    assert str(y) == "[1. 1. 1. 1.]"


def test_errors_are_raised_in_the_users_frame():
    with pytest.raises(TypeError) as error:
        np.ones(3) + np.ones(4)
    frames = [entry.path.name for entry in error.traceback if entry.path]
    assert "test_contract.py" in frames[0]


def test_evaluations_are_counted_by_the_line_that_asked():
    x = lx.materialize(np.arange(5.0))
    here = test_evaluations_are_counted_by_the_line_that_asked.__code__.co_firstlineno
    before = lx.stats().evaluations
    for k in range(4):
        y = x * float(k)
        float(y[0])
        lx.materialize(y, y + 1)
    after = lx.stats().evaluations
    more = {line: n - before.get(line, 0) for line, n in after.items() if n != before.get(line)}
    assert {line.rpartition(":")[2]: n for line, n in more.items()} == {
        str(here + 6): 4,
        str(here + 7): 4,
    }


# rule 10


def test_eight_threads_materialize_the_same_and_different_graphs():
    x = lx.materialize(np.arange(16.0))
    shared = [np.sin(x * float(k)) for k in range(8)]
    errors, distinct = [], 4

    def work(seed):
        try:
            for k in range(40):
                y = x
                for _ in range(1 + (seed + k) % distinct):
                    y = np.cos(y) + float(k)
                lx.materialize(y, shared[k % 8])
                expected = numpy.sin(numpy.arange(16.0) * (k % 8))
                numpy.testing.assert_allclose(numpy.asarray(shared[k % 8]), expected, atol=1e-5)
        except BaseException as error:
            errors.append(error)

    known = len(programs.values)
    with Compiles() as compiled:
        threads = [threading.Thread(target=work, args=(i,)) for i in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(120)
    assert errors == []
    # A node that another thread is computing is wanted, so it may be one more output here.
    assert compiled.count == len(programs.values) - known <= 4 * distinct


def test_two_threads_that_miss_one_program_compile_it_once():
    x = lx.materialize(np.arange(11.0))
    barrier = threading.Barrier(4)

    def work():
        barrier.wait()
        lx.materialize(np.tan(np.sinh(x)) - 3.0)

    with Compiles() as compiled:
        threads = [threading.Thread(target=work) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)
    assert compiled.count == 1


def test_ten_thousand_tries_of_eight_threads_end():
    x = lx.materialize(np.arange(4.0))
    shared = [x * float(k) for k in range(1250)]
    errors = []

    def work(seed):
        try:
            mine = x
            for k, both in enumerate(shared):
                mine = (mine + 1.0) * 0.5
                if (k + seed) % 3:
                    lx.materialize(both, mine)
                assert float(both[1]) == k
        except BaseException as error:
            errors.append(error)

    with Compiles() as compiled:
        threads = [threading.Thread(target=work, args=(i,), daemon=True) for i in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(300)
    assert errors == []
    assert not any(thread.is_alive() for thread in threads)
    assert compiled.count < 40

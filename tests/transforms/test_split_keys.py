"""Draws without keys: the same graph gives the same numbers, each draw, lane and step its own."""

import numpy
import pytest

import lazyax as lx
import lazyax.numpy as np
from lazyax import lax, random
from lazyax.errors import AbstractValueError, LazyaxTypeError


def seeded(function, *arguments):
    return random.seed(function)(random.PRNGKey(5), *arguments)


def distinct(*arrays):
    values = numpy.concatenate([numpy.ravel(x) for x in arrays])
    assert len(set(values.tolist())) == values.size


def test_a_draw_gets_the_key_folded_with_its_place_in_the_graph():
    x, y = seeded(lambda: (random.normal(shape=(3,)), random.uniform()))
    keys = [random.fold_in(random.PRNGKey(5), place) for place in range(2)]
    assert x.tolist() == random.normal(keys[0], (3,)).tolist()
    assert float(y) == float(random.uniform(keys[1]))


def test_the_order_in_which_python_ran_does_not_matter():
    def forwards():
        x = random.normal()
        y = random.uniform()
        return x, y

    def backwards():
        y = random.uniform()
        random.gumbel()  # in no result: not in the graph
        x = random.normal()
        return x, y

    assert list(map(float, seeded(forwards))) == list(map(float, seeded(backwards)))


def noisy(x):
    return x * random.normal(shape=x.shape)


def test_transforms_around_and_within_give_the_same_numbers():
    x, key = np.arange(1.0, 4.0), random.PRNGKey(5)
    expected = seeded(noisy, x).tolist()
    assert lx.jit(random.seed(noisy))(key, x).tolist() == expected
    assert seeded(lx.jit(noisy), x).tolist() == expected
    assert random.seed(lx.trace(noisy)(x))(random.clone(key), x).tolist() == expected
    slope = lx.grad(lambda x: seeded(noisy, x).sum())(x)
    assert (slope * x).tolist() == pytest.approx(expected)
    assert seeded(lx.grad(lambda x: noisy(x).sum()), x).tolist() == slope.tolist()


def test_every_lane_of_vmap_draws_its_own():
    def pair(x):
        return noisy(x), random.uniform(shape=(2,))

    x, y = seeded(lx.vmap(lx.vmap(pair)), np.ones((3, 4)))
    distinct(x)
    distinct(y)
    assert (x.shape, y.shape) == ((3, 4), (3, 4, 2))
    inside = lx.vmap(random.seed(noisy))(random.split(random.PRNGKey(5), 3), np.ones(3))
    distinct(inside)


def test_a_draw_from_outside_of_vmap_is_the_same_for_all_lanes():
    def f(xs):
        shared = random.normal()
        return lx.vmap(lambda x: x + shared)(xs), shared

    x, shared = seeded(f, np.zeros(3))
    assert x.tolist() == [float(shared)] * 3


def by_scan(x):
    return lax.scan(lambda x, _: (x + random.normal(), random.normal()), x, length=5)


def by_fori(x):
    def step(i, state):
        x, drawn = state
        new = random.normal()
        return x + new, drawn.at[i].set(new)

    return lax.fori_loop(0, 5, step, (x, np.zeros(5)))


def by_while(x):
    def step(state):
        i, x, drawn = state
        new = random.normal()
        return i + 1, x + new, drawn.at[i].set(new)

    return lax.while_loop(lambda state: state[0] < 5, step, (0, x, np.zeros(5)))[1:]


def by_jitted_calls(x):
    step = lx.jit(lambda x: (x + random.normal(), random.normal()))
    drawn = []
    for _ in range(5):
        x, new = step(x)
        drawn.append(new)
    return x, np.stack(drawn)


@pytest.mark.parametrize("loop", [by_scan, by_fori, by_while, by_jitted_calls])
def test_every_step_draws_its_own(loop):
    drawn = seeded(loop, 0.0)[1]
    distinct(drawn)
    assert drawn.shape == (5,)
    lanes, drawn = seeded(lx.vmap(loop), np.zeros(3))
    distinct(drawn)
    assert lanes.shape == (3,)
    again = lx.jit(random.seed(loop))(random.PRNGKey(5), 0.0)[1]
    assert again.tolist() == seeded(loop, 0.0)[1].tolist()
    with random.stream(random.PRNGKey(6)):
        distinct(loop(0.0)[1], loop(0.0)[1])


def test_branches_draw_their_own():
    def f(which):
        x = lax.cond(which, lambda: random.normal(), lambda: random.uniform())
        return x, random.normal()

    for which in (True, False):
        distinct(*seeded(f, which))


def test_a_loop_of_seeded_steps_compiles_once(compiles):
    key, step = random.PRNGKey(0), random.seed(noisy)
    seen = set()
    for i in range(5):
        seen.add(float(step(random.fold_in(key, i), np.ones(())) + 0))
        if i == 0:
            compiles.reset()
    assert compiles.count == 0
    assert len(seen) == 5


def test_a_stream_numbers_draws_and_their_values_can_be_looked_at():
    with random.stream(random.PRNGKey(5)):
        drawn = [float(random.normal()) for _ in range(3)]
        with random.stream(random.PRNGKey(6)):
            inner = float(random.normal())
        assert float(random.normal()) not in drawn
        rows = lx.vmap(noisy)(np.ones(3))
    distinct(drawn, [inner], rows)
    key = random.PRNGKey(5)
    assert drawn == [float(random.normal(random.fold_in(key, i))) for i in range(3)]


def test_a_graph_with_draws_draws_anew_each_time_it_is_called():
    graph = lx.trace(noisy)(np.ones(2))
    assert "MissingKey" in graph.listing()
    x, y = seeded(lambda: (graph(np.ones(2)), graph(np.ones(2))))
    distinct(x, y)
    mapped = random.seed(lx.trace(lambda x: lx.vmap(noisy)(x))(np.ones(3)))
    distinct(mapped(random.PRNGKey(0), np.ones(3)))


def test_keys_can_be_split_without_a_key():
    keys = seeded(lambda: random.split(num=3))
    assert keys.shape == (3, 2)
    distinct(lx.vmap(random.normal)(keys))


def test_a_draw_without_a_key_outside_of_all_is_refused():
    with pytest.raises(LazyaxTypeError) as caught:
        random.normal(shape=(2,))
    assert str(caught.value) == (
        "normal: got no key; give one, normal(key, ...), or draw without one in a function that "
        "random.seed runs, or inside `with random.stream(key):`"
    )


def test_a_value_that_is_asked_for_too_early_is_refused():
    with pytest.raises(AbstractValueError) as caught:
        seeded(lambda: 1 if random.uniform() < 0.5 else 2)
    assert str(caught.value).startswith("bool[] made at tests/transforms/test_split_keys.py:")
    assert str(caught.value).endswith(
        " has no value: it depends on a draw without a key, and keys are given when the whole "
        "graph is known; give the draw a key, return the value from the function that random.seed "
        "runs, or draw inside `with random.stream(key):`"
    )


def test_a_result_that_is_no_array_is_refused():
    with pytest.raises(LazyaxTypeError) as caught:
        seeded(lambda: "text")
    assert str(caught.value) == (
        "seed: a result of <lambda> is of type str, which is not an array, a number or a pytree "
        "of them"
    )

"""Key linearity: every reuse is reported with both lines, and no idiom of one use is."""

import copy
import gc
import inspect
import pickle
import warnings

import numpy
import pytest

import lazyax as lx
from lazyax import lax, random
from lazyax.errors import KeyReuseError, KeyReuseWarning
from lazyax.transforms import key_places, key_uses


@pytest.fixture(autouse=True)
def reuse_is_an_error():
    lx.config.update(key_reuse="raise")
    yield
    lx.config.update(key_reuse="warn")


def new_key():
    return random.PRNGKey(0)


def draw_twice():
    key = new_key()
    random.normal(key, (3,))
    random.uniform(key)


def draw_the_same_twice_at_one_line():
    key = new_key()
    for _ in range(2):
        random.normal(key, (3,))


def split_and_then_use():
    key = new_key()
    random.split(key)
    random.normal(key)


def use_and_then_split():
    key = new_key()
    random.normal(key)
    random.split(key)


def split_twice():
    key = new_key()
    random.split(key)
    random.split(key, 3)


def a_row_by_two_indices():
    keys = random.split(new_key(), 4)
    random.normal(keys[1])
    random.normal(keys[-3])


def a_row_and_an_unpacked_one():
    keys = random.split(new_key())
    _, second = keys
    random.normal(second)
    random.normal(keys[1])


def a_row_of_a_row():
    keys = random.split(new_key(), (2, 3))
    random.normal(keys[1, 2])
    random.normal(keys[1][2])


def a_row_of_a_slice():
    keys = random.split(new_key(), 5)
    random.normal(keys[2:][1])
    random.normal(keys.reshape(5, 1, 2)[3, 0])


def across_materialization():
    key = new_key()
    lx.materialize(random.normal(key))
    lx.materialize(key)
    random.normal(key)


def across_materialization_of_a_row():
    keys = random.split(new_key())
    key = keys[0]
    lx.materialize(random.normal(key), key)
    random.normal(keys[0])


def a_copy():
    key = new_key()
    random.normal(key)
    random.normal(copy.copy(key))


def the_same_number_folded_in():
    key = new_key()
    for _ in range(2):
        for i in range(3):
            random.normal(random.fold_in(key, i))


def fold_in_after_a_draw():
    key = new_key()
    random.normal(key)
    random.fold_in(key, 1)


def vmap_and_a_row():
    keys = random.split(new_key(), 3)
    lx.vmap(random.normal)(keys)
    random.normal(keys[1])


def a_row_and_vmap():
    keys = random.split(new_key(), 3)
    random.normal(keys[1])
    lx.vmap(random.normal)(keys)


def vmap_twice():
    keys = random.split(new_key(), 3)
    lx.vmap(random.normal)(keys)
    lx.vmap(lambda key: random.uniform(key, (2,)))(keys)


def vmap_of_overlapping_parts():
    keys = random.split(new_key(), 5)
    lx.vmap(random.normal)(keys[:3])
    lx.vmap(random.normal)(keys[2:])


def vmap_of_vmap_and_a_row():
    keys = random.split(new_key(), (2, 3))
    lx.vmap(lx.vmap(random.normal))(keys)
    random.normal(keys[1, 1])


def twice_inside_vmap():
    lx.vmap(lambda key: random.normal(key) + random.normal(key))(random.split(new_key()))


def twice_inside_jit():
    lx.jit(lambda key: random.normal(key) + random.normal(key))(new_key())


def calls_of_a_jitted_function():
    draw, key = lx.jit(lambda key: random.normal(key)), new_key()
    draw(key)
    draw(key)


def calls_of_a_jitted_function_that_captures():
    key = new_key()
    draw = lx.jit(lambda x: x + random.normal(key))
    draw(1.0)
    draw(2.0)


def calls_of_a_jitted_function_that_captures_a_row_in_two_traces():
    keys = random.split(new_key())
    inner = lx.jit(lambda x: x + lx.vmap(lambda y: y * random.uniform(keys[1]))(x))
    outer = lx.jit(lambda x: inner(x) * 2)
    outer(numpy.ones(2, "f4"))
    outer(numpy.ones(2, "f4"))


def a_jitted_function_that_captures_and_a_draw():
    key = new_key()
    lx.jit(lambda: random.normal(key))()
    random.normal(key)


def a_jitted_function_and_a_draw():
    key = new_key()
    random.normal(key)
    lx.jit(lambda key: random.normal(key))(key)


def jit_of_vmap_and_a_row():
    keys = random.split(new_key(), 3)
    lx.jit(lx.vmap(random.normal))(keys)
    random.normal(keys[1])


def jit_in_vmap_and_a_row():
    keys = random.split(new_key(), 3)
    lx.vmap(lx.jit(lambda key: random.normal(key)))(keys)
    random.normal(keys[1])


def inside_grad():
    key = new_key()
    lx.grad(lambda x: x * random.normal(key) + random.normal(key))(1.0)


def a_function_called_twice():
    key = new_key()

    def loss(x):
        return x * random.normal(key)

    lx.grad(loss)(1.0)
    loss(1.0)


def a_seed_and_a_draw():
    key = new_key()
    random.seed(lambda: random.normal())(key)
    random.normal(key)


def mapped_twice_with_a_captured_key():
    key = new_key()
    for _ in range(2):
        lx.vmap(lambda x: x + random.normal(key))(numpy.ones(3, "f4"))


def captured_by_a_step():
    key = new_key()
    lax.scan(lambda x, _: (x + random.normal(key), None), 0.0, length=3)


def made_inside_a_step():
    lax.fori_loop(0, 3, lambda i, x: x + random.normal(new_key()), 0.0)


def carried_on_unchanged():
    def step(carry, _):
        key, x = carry
        return (key, x + random.normal(key)), None

    lax.scan(step, (new_key(), 0.0), length=3)


def scanned_and_used():
    keys = random.split(new_key(), 3)
    lax.scan(lambda x, key: (x + random.normal(key), None), 0.0, keys)
    random.normal(keys[2])


def carried_and_used():
    key = new_key()
    random.normal(key)
    lax.fori_loop(0, 3, lambda i, key: random.split(key)[0], key)


def a_branch_and_a_draw():
    key = new_key()
    lax.cond(True, lambda key: random.normal(key), lambda key: random.uniform(key), key)
    random.normal(key)


def twice_in_one_branch():
    key = new_key()
    lax.cond(True, lambda: random.normal(key) + random.normal(key), lambda: 0.0)


def a_row_by_an_index_array():
    keys = random.split(new_key(), 4)
    random.normal(keys[numpy.array([2, -1])][1])
    random.normal(keys[3])


def vmap_of_an_index_array_and_a_row():
    keys = random.split(new_key(), 4)
    lx.vmap(random.normal)(keys[numpy.array([0, 2])])
    random.normal(keys[2])


def vmap_of_two_index_arrays():
    keys = random.split(new_key(), (3, 2))
    lx.vmap(lx.vmap(random.normal))(keys[[2, 1, 0]])
    lx.vmap(random.normal)(keys[[0, 1], [1, 0]])


def a_graph_called_twice():
    key, graph = new_key(), lx.trace(lambda key: random.normal(key))(new_key())
    graph(key)
    graph(key)


def a_graph_and_its_gradient():
    graph = lx.trace(lambda x, key: x * random.normal(key))(1.0, new_key())
    key = new_key()
    graph.grad()(1.0, key)
    graph.compile()(1.0, key)


REUSES = [value for value in list(vars().values()) if inspect.isfunction(value)]
REUSES = REUSES[REUSES.index(draw_twice) :]


@pytest.mark.parametrize("program", REUSES, ids=lambda f: f.__name__)
def test_a_second_use_is_reported(program):
    with pytest.raises(KeyReuseError, match="has used already"):
        program()


def carry_and_subkey():
    key = new_key()
    for _ in range(20):
        key, subkey = random.split(key)
        random.normal(subkey, (2,)).materialize()


def rows_by_index():
    keys = random.split(new_key(), 40)
    for i in range(40):
        random.normal(keys[i])


def rows_by_iteration_of_many():
    for key in random.split(new_key(), 40):
        random.normal(key).materialize()


def rows_unpacked():
    first, *rest = random.split(new_key(), 4)
    for key in [first, *rest]:
        random.normal(key)


def numbers_folded_in():
    key = new_key()
    for step in range(2000):
        random.fold_in(key, step)
    for step in range(2000, 2020):
        random.normal(random.fold_in(key, step))


def a_lazy_number_folded_in():
    key, step = new_key(), lx.jit(lambda key, i: random.normal(random.fold_in(key, i)))
    for i in range(3):
        step(key, i)


def rows_and_the_rest_by_vmap():
    keys = random.split(new_key(), 5)
    random.normal(keys[0])
    lx.vmap(random.normal)(keys[1:3])
    lx.vmap(random.normal)(keys[3:])


def every_other_row():
    keys = random.split(new_key(), 6)
    lx.vmap(random.normal)(keys[::2])
    lx.vmap(random.normal)(keys[1::2])


def vmap_of_a_split():
    def draw(key):
        key, subkey = random.split(key)
        return random.normal(key) + random.normal(subkey)

    lx.vmap(draw)(random.split(new_key(), 3))
    lx.vmap(lx.vmap(draw))(random.split(new_key(), (3, 2)))


def transforms_of_one_draw():
    def f(x, key):
        return x * random.normal(key)

    k = random.split(new_key(), 7)
    lx.grad(f)(1.0, k[0])
    lx.value_and_grad(f)(1.0, k[1])
    lx.hessian(f)(1.0, k[2])
    lx.jvp(lambda x: f(x, k[3]), (1.0,), (1.0,))
    lx.jit(lx.grad(lx.jit(f)))(1.0, k[4])
    lx.vmap(lx.grad(f), in_axes=(0, None))(numpy.ones(3, "f4"), k[5])
    _, pull = lx.vjp(lambda x: f(x, k[6]), 1.0)
    pull(1.0)
    pull(2.0)


def one_function_traced_for_several_shapes():
    key = new_key()
    f = lx.jit(lambda x: x + random.normal(key, x.shape))
    f(numpy.ones(2, "f4"))
    f(numpy.ones(3, "f4"))


def a_jitted_function_that_captures_and_renews():
    key, keys = new_key(), random.split(new_key())
    clones = lx.jit(lambda x: x + random.normal(random.clone(key)))
    folds = lx.jit(lambda x, i: x + random.normal(random.fold_in(key, i)))
    inside = lx.jit(lambda x: x + random.normal(random.split(new_key())[0]))
    given = lx.jit(lambda x, key: x + lx.vmap(random.normal)(key[None]))
    for i in range(2):
        clones(1.0), folds(1.0, i), inside(1.0), given(1.0, keys[i])


def a_jitted_function_that_captures_and_is_called_once():
    key = new_key()
    f = lx.jit(lambda x: x * random.normal(key))
    lx.grad(f)(1.0)


def a_graph_transformed_and_called_again():
    graph = lx.trace(lambda x, key: x * random.normal(key))(1.0, new_key())
    graph.grad()(1.0, new_key())
    graph(1.0, new_key())
    graph.vmap(in_axes=(0, None))(numpy.ones(2, "f4"), new_key())


def pickled():
    key = new_key()
    random.normal(key)
    random.normal(pickle.loads(pickle.dumps(key)))


def cloned():
    key = new_key()
    random.normal(key)
    random.normal(random.clone(key))


def made_again():
    random.normal(random.PRNGKey(3))
    random.normal(random.PRNGKey(3))


def refused_and_then_drawn():
    key = new_key()
    with pytest.raises(TypeError):
        random.normal(key, (2,), int)
    random.normal(key, (2,))


def one_key_in_each_branch():
    k = random.split(new_key(), 3)
    lax.cond(True, lambda: random.normal(k[0]), lambda: random.uniform(k[0]))
    lax.cond(True, lambda key: random.normal(key), lambda key: random.uniform(key), k[1])
    branches = [lambda: random.normal(k[2]), lambda: random.gumbel(k[2]), lambda: 0.0]
    lax.switch(1, branches)


def split_in_each_step():
    def step(carry, _):
        key, x = carry
        key, subkey = random.split(key)
        return (key, x + random.normal(subkey)), random.fold_in(subkey[None][0] ^ 1, 3)

    lax.scan(step, (new_key(), 0.0), length=3)
    lax.while_loop(lambda c: c[1] < 1, lambda c: step(c, None)[0], (new_key(), 0.0))


def a_number_folded_in_each_step():
    key = new_key()
    lax.fori_loop(0, 3, lambda i, x: x + random.normal(random.fold_in(key, i)), 0.0)


def scanned_keys():
    keys = random.split(new_key(), 4)
    lax.scan(lambda x, key: (x + random.normal(key), None), 0.0, keys[:3])
    lax.map(random.normal, keys[3:])


def a_carry_that_is_traced_twice():
    lax.scan(lambda x, key: (x + random.normal(key), None), 0, random.split(new_key(), 4))


def a_custom_rule_that_draws_the_same():
    @lx.custom_vjp
    def f(x, key):
        return x * random.normal(key)

    def forward(x, key):
        noise = random.normal(key)
        return x * noise, noise

    f.defvjp(forward, lambda noise, g: (g * noise, None))
    lx.grad(f)(1.0, new_key())


def keys_by_an_index_array():
    keys = random.split(new_key(), 4)
    order = lx.numpy.array([2, 0, 1, 3])
    lx.vmap(random.normal)(keys[order])


def words_of_keys_read_as_numbers():
    keys = random.split(new_key(), 4)
    keys.sum(), keys[0] + 1, print(keys)
    random.normal(keys[0])


def rows_that_index_arrays_leave():
    keys = random.split(new_key(), 6)
    lx.vmap(random.normal)(keys[numpy.array([0, 1, 4])])
    lx.vmap(random.normal)(keys[[5, 3]])
    random.normal(keys[2])


def lanes_that_are_uneven_between_their_ends():
    keys = random.split(new_key(), 10)
    lx.vmap(random.normal)(keys[numpy.array([0, 1, 7, 9, 4])])
    random.normal(keys[2])


IDIOMS = [value for value in list(vars().values()) if inspect.isfunction(value)]
IDIOMS = IDIOMS[IDIOMS.index(carry_and_subkey) :]


@pytest.mark.parametrize("program", IDIOMS, ids=lambda f: f.__name__)
def test_one_use_is_not_reported(program):
    program()


@pytest.mark.parametrize("layout", ["original", "partitionable"])
def test_unpacking_a_split_runs_nothing_and_rows_are_known_in_both_layouts(layout):
    lx.config.update(threefry_layout=layout)
    try:
        with lx.no_materialize():
            key, subkey = keys = random.split(new_key())
            assert not keys.is_materialized
            random.normal(key), random.normal(subkey)
            with pytest.raises(KeyReuseError):
                random.normal(keys[0])
    finally:
        lx.config.update(threefry_layout="original")


def test_the_message_names_both_lines_and_the_remedy():
    start = inspect.currentframe().f_lineno
    key = random.PRNGKey(7)
    random.normal(key, (3,))
    with pytest.raises(KeyReuseError) as caught:
        random.uniform(key)
    line = "tests/transforms/test_key_linearity.py"
    assert str(caught.value) == (
        f"uniform at {line}:{start + 4} uses a key that normal at {line}:{start + 2} has used "
        f"already; the key was made at {line}:{start + 1}. Equal keys give equal numbers: use a "
        "key once, and split it for more: key, subkey = random.split(key). Where the same numbers "
        "are wanted again, draw with random.clone(key)"
    )


def test_a_warning_comes_once_for_each_two_lines_and_points_at_the_user():
    lx.config.update(key_reuse="warn")
    key = new_key()
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        for _ in range(5):
            line = inspect.currentframe().f_lineno + 1
            drawn = random.normal(key)
    (warning,) = caught
    assert warning.category is KeyReuseWarning
    assert (warning.filename, warning.lineno) == (__file__, line)
    assert not drawn.is_materialized
    with pytest.warns(KeyReuseWarning):
        random.normal(key)


def test_off_is_off():
    lx.config.update(key_reuse="off")
    for program in REUSES:
        program()


def test_a_draw_that_is_refused_is_not_made():
    key = new_key()
    random.normal(key)
    with pytest.raises(KeyReuseError):
        random.normal(key)
    with pytest.raises(KeyReuseError):
        random.normal(key)


@pytest.mark.filterwarnings("ignore::lazyax.errors.UnreadLoopWarning")
def test_a_loop_of_draws_returns_to_its_baseline(live_nodes):
    def loop(steps):
        key = new_key()
        for _ in range(steps):
            key, subkey = random.split(key)
            random.normal(subkey)
        lx.materialize(key)

    def remembered():
        gc.collect()
        found = gc.get_objects()
        return live_nodes(), sum(type(thing) is key_uses.Source for thing in found)

    loop(10)
    before = remembered()
    loop(3000)
    assert remembered() == before


def test_nothing_is_remembered_of_arrays_that_are_not_keys():
    before = len(key_places.places)
    x = lx.numpy.arange(12, dtype="uint32").reshape(6, 2)
    lx.vmap(lambda row: row * 2)(lx.numpy.arange(6.0))
    assert len(key_places.places) == before
    assert x.shape == (6, 2)

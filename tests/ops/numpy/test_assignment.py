"""Writing: ``x[index] = v`` is NumPy's for every holder of the handle; ``x.at`` is functional."""

from __future__ import annotations

import jax
import jax.numpy
import numpy
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from index_table import TABLE, close, same, sample

import lazyax as lx
import lazyax.numpy as np
from lazyax.errors import LazyaxIndexError, LazyaxTypeError
from lazyax.graph.traversal import toposort
from lazyax.ops import primitives as p
from lazyax.transforms.evaluate import evaluate


def meaning(array: lx.Array) -> numpy.ndarray:
    """The value by the graph's meaning in NumPy, without compiling."""
    return evaluate([array._node], lambda leaf: numpy.asarray(lx.Array(leaf)))[0]


def ops_of(array: lx.Array) -> list[type]:
    """Types of the ops that an array is made of."""
    return [type(node.op) for node in toposort([array._node])]


def values_for(selected: tuple[int, ...], rng) -> list:
    """Values that broadcast to what is selected: a number, all, one row, one for all rows."""
    values = [7, -rng.permutation(int(numpy.prod(selected))).astype("f8").reshape(selected)]
    if selected:
        values += [values[1][:1], values[1][..., :1], numpy.ones(selected[1:], "i8")]
    return values


@pytest.mark.parametrize("shape", TABLE)
def test_assigning_to_a_part_is_numpys(shape, rng):
    x, written, expected = sample(rng, shape), [], []
    for index in TABLE[shape]:
        for value in values_for(x[index].shape, rng):
            expected.append(numpy.copy(x))
            expected[-1][index] = value
            written.append(np.asarray(x))
            written[-1][index] = value
            assert written[-1].dtype == x.dtype
            assert same(meaning(written[-1]), expected[-1])
    lx.materialize(written[::3])  # every third is also compiled: compiling all takes a minute
    for result, wanted in zip(written[::3], expected[::3], strict=True):
        assert same(result, wanted)


@st.composite
def shape_and_index(draw):
    """A shape, and an index of it: basic, or with integer arrays, repeated or not."""
    shape = draw(arrays.array_shapes(min_dims=1, max_dims=3, min_side=1, max_side=5))
    if draw(st.booleans()):
        return shape, draw(arrays.basic_indices(shape, allow_newaxis=True, max_dims=6))
    return shape, draw(arrays.integer_array_indices(shape, dtype=numpy.dtype("i4")))


@settings(max_examples=300, deadline=None)
@given(shape_and_index(), st.integers(0, 4), st.randoms(use_true_random=False))
def test_random_assignments_mean_what_numpys_do(case, which, random):
    (shape, index), rng = case, numpy.random.default_rng(random.randrange(1000))
    x = sample(rng, shape)
    choices = values_for(x[index].shape, rng)
    value = choices[which % len(choices)]
    lazy = np.asarray(x)
    lazy[index] = value
    x[index] = value
    assert same(meaning(lazy), x)


def test_every_holder_of_the_handle_sees_it_and_slices_are_copies():
    x = np.zeros(4)
    alias, part = x, x[1:3]
    x[1] = 5
    assert same(alias, [0, 5, 0, 0])
    assert same(part, [0, 0])


def test_a_write_to_what_nobody_holds_is_an_error(rng):
    x = np.zeros((3, 3))
    rows = [x]
    rows[0][1] = 5.0
    rows[0][0, 0] = 1.0
    with pytest.raises(LazyaxTypeError) as error:
        x[1:][0] = 7.0
    assert str(error.value) == (
        "setitem: f32[2,3] is written to and then dropped: in x[a][b] = v, x.T[b] = v and their "
        "like that is a copy of x, which does not change; write x[a, b] = v, or keep the part, "
        "write to it, and then x[a] = part"
    )
    with pytest.raises(LazyaxTypeError, match="and then dropped"):
        x.T[0][1] += 7.0
    assert x.tolist() == [[1, 0, 0], [5, 5, 5], [0, 0, 0]]


def test_shape_and_flat_are_written_to():
    x = np.arange(6)
    x.shape = (2, -1)
    assert x.shape == (2, 3)
    x.flat = [1, 2]
    assert x.tolist() == [[1, 2, 1], [2, 1, 2]]


def test_ranges_are_indices_and_values():
    x = np.arange(5)
    x[range(2)] = range(7, 9)
    assert x.tolist() == [7, 8, 2, 3, 4]
    assert x[range(4, 1, -1)].tolist() == [4, 3, 2]


def test_assignment_chooses_the_cheapest_op():
    def after(index, value, shape=(6, 4)):
        x = np.asarray(numpy.zeros(shape, "f4"))
        x[index] = value
        return ops_of(x)

    assert p.DynamicUpdateSlice not in after(slice(None), 1.0)
    assert after(..., numpy.ones((6, 4), "f4")) == [p.Data]
    assert after(slice(None, None, -1), numpy.ones((6, 4), "f4")) == [p.Data, p.Reverse]
    assert p.ScatterSet not in after((2, slice(1, None, 2)), 1.0)
    assert p.Select not in after((2, slice(1, 3)), 1.0)
    assert p.ScatterSet in after([1, 2], 1.0)
    assert p.ScatterSet not in after(numpy.eye(6, 4, dtype=bool), 1.0)


def test_x_index_augmented_reads_and_writes_the_same_place(rng):
    x = rng.normal(size=(4, 3)).astype("f4")
    lazy = np.asarray(x)
    lazy[1] += 2
    lazy[:, ::2] *= 3
    lazy[numpy.array([0, 0, 2])] += 10  # the last of several wins; nothing accumulates
    lazy[lazy > 5] -= 1
    x[1] += 2
    x[:, ::2] *= 3
    x[numpy.array([0, 0, 2])] += 10
    x[x > 5] -= 1
    assert close(lazy, x, rtol=1e-6)


def test_the_last_of_several_values_for_one_element_wins(rng):
    x = np.zeros(3)
    x[[0, 2, 0, 0]] = numpy.arange(4.0)
    assert same(x, [3, 0, 1])


def test_values_are_converted_to_the_dtype_of_the_array():
    x = np.zeros(4, "int32")
    x[0] = 2.7
    x[1] = numpy.float64(-3.9)
    x[2:] = numpy.array([True, False])
    assert x.dtype == numpy.int32
    assert same(x, [2, -3, 1, 0])
    flags = np.zeros(3, bool)
    flags[1:] = 5
    assert same(flags, [False, True, True])
    z = np.zeros(2, "complex64")
    z[0] = 1 + 2j
    assert same(z, [1 + 2j, 0])


MASKED = {
    "number": (lambda x: x > 0, 0.0),
    "row mask": (lambda x: x[:, 0] > 0, 1.5),
    "row mask and a row": (lambda x: x[:, 0] > 0, numpy.arange(4.0)),
    "row mask and one for all": (lambda x: x[:, 0] > 0, numpy.ones((1, 1))),
    "column mask": (lambda x: (slice(None), x[0] > 0), 2),
    "column mask and one a row": (lambda x: (..., x[0] > 0), numpy.arange(3.0)[:, None]),
    "one element": (lambda x: x < 1, numpy.array([3.0])),
    "0-d mask": (lambda x: x[0, 0] < 100, 9.0),
}


@pytest.mark.parametrize("name", MASKED)
def test_a_mask_with_one_value_is_a_select_that_stays_lazy(name, rng):
    mask, value = MASKED[name]
    x = rng.normal(size=(3, 4)).astype("f4")

    def write(x):
        x = x * 1
        x[mask(x)] = value
        return x

    with lx.no_materialize():
        lazy = write(np.asarray(x))
        batched = lx.vmap(write)(np.stack([x, -x]))
    assert same(lazy, write(x))
    assert same(lx.jit(write)(x), write(x))
    assert same(batched[1], write(-x))


@pytest.mark.parametrize("name", ["set", "add", "subtract", "multiply", "divide", "power", "max"])
def test_at_a_mask_with_one_value_works_in_jit(name, rng):
    x = rng.normal(size=(3, 4)).astype("f4")

    def update(x, v):
        return getattr(x.at[x[:, 1] > 0, ...], name)(v)

    rows = jax.numpy.asarray(x)[:, 1] > 0
    v = numpy.array([2.0, 3, 1, 2], "f4")
    expected = getattr(jax.numpy.asarray(x).at[numpy.asarray(rows)], name)(v)
    assert close(lx.jit(update)(x, v), expected)
    slopes = lx.grad(lambda x, v: update(x, v).sum(), argnums=(0, 1))(numpy.abs(x) + 0.1, v)
    assert all(numpy.isfinite(numpy.asarray(slope)).all() for slope in slopes)


def test_a_mask_with_a_value_for_each_element_is_computed(rng):
    x = rng.normal(size=(3, 4)).astype("f4")
    lazy, mask = np.asarray(x), x > 0
    lazy[lazy > 0] = numpy.arange(mask.sum())
    x[mask] = numpy.arange(mask.sum())
    assert same(lazy, x)


WRITES = {
    "int": lambda x, v, i: (i, v[0]),
    "ints": lambda x, v, i: ((i, i - 1), v[0, 0]),
    "int and slice": lambda x, v, i: ((slice(1, 3), i), v[:2, 0]),
    "strided": lambda x, v, i: ((i, slice(None, None, 2)), v[0, :2]),
    "slice of static length": lambda x, v, i: (slice(i, i + 2), v[:2]),
    "array": lambda x, v, i: ((slice(None), [i, i - 1]), v[:, :2]),
    "static": lambda x, v, i: ((slice(0, 2), slice(3, 0, -1)), v[:2, 1:]),
}


@pytest.mark.parametrize("name", WRITES)
def test_run_time_positions_work_eagerly_and_in_jit_grad_and_vmap(name, rng):
    x, v = (rng.normal(size=shape).astype("f4") for shape in [(4, 4), (4, 4)])

    def write(x, v, i):
        x = x * 1
        index, value = WRITES[name](x, v, i)
        x[index] = value
        return x

    i = np.asarray(numpy.array(1, "i4"))
    with lx.no_materialize():
        eager = write(np.asarray(x), np.asarray(v), i)
        lanes = lx.vmap(write, in_axes=(0, None, 0))(np.stack([x, x]), v, np.stack([i + 1, i]))
        slopes = lx.grad(lambda x, v: (write(x, v, i) ** 2).sum(), argnums=(0, 1))(x, v)
    expected = write(x, v, 1)
    for result in (eager, lanes[1], lx.jit(write)(x, v, 1)):
        assert same(result, expected)
    assert same(lanes[0], write(x, v, 2))
    kept = numpy.equal(expected, x)
    assert close(slopes[0], numpy.where(kept, 2 * x, 0))
    assert close(slopes[1], numpy.where(numpy.isin(v, expected), 2 * v, 0))


def test_a_run_time_int_out_of_bounds_writes_nothing(rng):
    x = sample(rng, (3, 2))
    for outside in (3, -4, 100):
        lazy, i = np.asarray(x), np.asarray(numpy.array(outside, "i4"))
        lazy[i] = 9.0
        lazy[1, i] = 9.0
        lazy[np.stack([i, i])] = 9.0
        assert same(lazy, x)


def test_a_loop_that_writes_compiles_at_most_two_programs(compiles):
    lazy, x = np.zeros((30, 3)), numpy.zeros((30, 3))
    lx.materialize(lazy)
    compiles.reset()
    for i in range(25):
        for target in (lazy, x):
            target[i, 1:] = i
        lx.materialize(lazy)
    assert compiles.count <= 2
    compiles.reset()
    for i in range(25):
        lazy = lazy.at[i : i + 3, 0].add(1.0).materialize()
        x[i : i + 3, 0] += 1
    assert compiles.count <= 2
    assert same(lazy, x)


UPDATES = {
    "set": (lambda part, v: part.set(v), lambda x, v: v),
    "add": (lambda part, v: part.add(v), lambda x, v: x + v),
    "subtract": (lambda part, v: part.subtract(v), lambda x, v: x - v),
    "multiply": (lambda part, v: part.multiply(v), lambda x, v: x * v),
    "divide": (lambda part, v: part.divide(v), lambda x, v: x / v),
    "power": (lambda part, v: part.power(v), lambda x, v: x**v),
    "min": (lambda part, v: part.min(v), jax.numpy.minimum),
    "max": (lambda part, v: part.max(v), jax.numpy.maximum),
}

PLACES = {
    "int": (1, (4,)),
    "slice": ((slice(1, 3), slice(None, None, -2)), (2, 2)),
    "repeated": ((numpy.array([1, 1, 0]), numpy.array([2, 2, 3])), (3,)),
    "broadcast": ((slice(None), None, numpy.array([3, 3])), (2,)),
}


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("name", UPDATES)
def test_at_and_its_gradients_are_those_of_updates_one_by_one(name, place, rng):
    index, shape = PLACES[place]
    x, v = (rng.uniform(0.5, 2, of).astype("f4") for of in [(3, 4), shape])
    update, step = UPDATES[name]
    places = numpy.arange(12).reshape(3, 4)[index]

    def one_by_one(x, v):
        flat = jax.numpy.ravel(x)
        values = jax.numpy.broadcast_to(v, places.shape).reshape(-1)
        for place, value in zip(places.reshape(-1), values, strict=True):
            flat = flat.at[place].set(step(flat[place], value))
        return flat.reshape(3, 4)

    lazy = np.asarray(x)
    result = update(lazy.at[index], v)
    slopes = lx.grad(lambda x, v: (update(x.at[index], v) ** 2).sum(), argnums=(0, 1))(lazy, v)
    lx.materialize(result, slopes)
    expected, pull = jax.vjp(jax.jit(one_by_one), x, v)
    wanted = pull(2 * expected)
    assert close(result, expected, rtol=1e-5)
    assert close(slopes[0], wanted[0], rtol=1e-4, atol=1e-5)
    assert close(slopes[1], wanted[1], rtol=1e-4, atol=1e-5)
    assert same(lazy, x)


MODES = {
    "drop": numpy.array([5, 0, -9, 2]),
    "clip": numpy.array([5, 0, -9, 2]),
    "fill": numpy.array([5, 0, -9, 2]),
    "promise_in_bounds": numpy.array([1, 0, -1, 2]),
}


@pytest.mark.parametrize("lazily", [False, True])
@pytest.mark.parametrize("mode", MODES)
def test_modes_say_what_happens_out_of_bounds(mode, lazily, rng):
    x = sample(rng, (3, 2))
    index = np.asarray(MODES[mode]) + 0 if lazily else MODES[mode]
    lazy, oracle = np.asarray(x), jax.numpy.asarray(x)
    added = lazy.at[index, 1].add(2.0, mode=mode)
    # jax counts from the end before it clips; so do we
    assert same(added, oracle.at[MODES[mode], 1].add(2.0, mode=mode))
    if mode != "drop":
        found = lazy.at[index].get(mode=mode)
        wanted = oracle.at[MODES[mode]].get(mode=mode)
        assert same(found, wanted)


def test_get_fills_with_what_is_noticed_or_given():
    x = np.asarray(numpy.arange(3, dtype="i4"))
    outside = numpy.array([1, 7])
    assert same(x.at[outside].get(mode="fill", fill_value=-1), [1, -1])
    assert same(x.at[outside].get(mode="fill"), [1, numpy.iinfo("i4").min])
    assert int(x.astype("uint8").at[9].get(mode="fill")) == 255
    assert bool((x > 5).at[9].get(mode="fill"))
    assert same(np.zeros((0, 2)).at[[0], 1].get(mode="fill", fill_value=4), [4])
    assert same(x.at[1:].get(mode="fill"), [1, 2])


def test_apply_changes_what_is_there():
    x = np.arange(4.0)
    assert close(x.at[1:3].apply(np.exp), [0, numpy.e, numpy.e**2, 3])
    assert same(x.at[[9, 1]].apply(np.negative, mode="drop"), [0, -1, 2, 3])


def test_mul_is_multiply():
    assert type(np.zeros(3).at[0]).mul is type(np.zeros(3).at[0]).multiply


def test_at_takes_jaxs_promises_and_no_other_keywords():
    x = np.zeros(3)
    assert same(x.at[[0, 1]].add(1.0, indices_are_sorted=True, unique_indices=True), [1, 1, 0])
    with pytest.raises(LazyaxTypeError) as caught:
        x.at[0].add(1.0, unique=True)
    assert str(caught.value) == (
        "at.add: the keyword 'unique' is unknown; the modes are "
        "(None, 'drop', 'fill', 'clip', 'promise_in_bounds')"
    )
    with pytest.raises(LazyaxTypeError, match=r"^at.set: mode 'wrap' is unknown; the modes are"):
        x.at[0].set(1.0, mode="wrap")
    with pytest.raises(LazyaxIndexError, match="3 is out of bounds for axis 0"):
        x.at[3].set(1.0)


GRADIENTS = {
    "row": (1, (4,)),
    "block": ((slice(1, None), slice(0, 2)), (2, 2)),
    "strided": ((slice(None), slice(None, None, 2)), (3, 2)),
    "backwards": ((slice(None, None, -1), 1), (3,)),
    "rows": (numpy.array([2, 0]), (2, 4)),
    "elements": ((numpy.array([2, 0]), numpy.array([1, 3])), (2,)),
    "repeated": ((numpy.array([2, 2, 0, 2]),), (4, 4)),
    "columns": ((slice(1, 3), numpy.array([3, 1])), (2, 2)),
    "mask": (numpy.arange(12).reshape(3, 4) % 3 == 0, (4,)),
    "number": (numpy.arange(12).reshape(3, 4) % 3 == 0, ()),
    "all": (..., (3, 4)),
    "broadcast": (slice(0, 2), (1, 4)),
}


@pytest.mark.parametrize("name", GRADIENTS)
def test_assignment_is_differentiable(name, rng):
    index, shape = GRADIENTS[name]
    x, v = rng.normal(size=(3, 4)).astype("f4"), rng.normal(size=shape).astype("f4")

    def write(x, v):
        x = x * 2
        x[index] = np.sin(v)
        return (x**3).sum()

    def oracle(x, v):
        return ((x * 2).at[index].set(jax.numpy.sin(v)) ** 3).sum()

    slopes = lx.grad(write, argnums=(0, 1))(x, v)
    wanted = jax.grad(oracle, argnums=(0, 1))(x, v)
    assert close(slopes[0], wanted[0], rtol=1e-5, atol=1e-6)
    assert close(slopes[1], wanted[1], rtol=1e-5, atol=1e-6)


ERRORS = [
    (0, numpy.ones(3, "f4"), "could not broadcast f32[3] into shape (2,), which the index selects "
     "of f32[3,2]"),
    ((slice(None), [0, 1]), numpy.ones((4, 1), "f4"), "could not broadcast f32[4,1] into shape "
     "(3, 2), which the index selects of f32[3,2]"),
    ((0, 0), numpy.ones((2, 1), "f4"), "could not broadcast f32[2,1] into shape (), which the "
     "index selects of f32[3,2]"),
    ((numpy.ones((3, 2), bool),), numpy.ones(4, "f4"), "could not broadcast f32[4] into shape "
     "(6,), which the index selects of f32[3,2]"),
    (0, 1j, "1j is complex and does not fit f32[3,2]; take its .real, or convert the array with "
     "astype"),
    (0, numpy.ones(2, "c8"), "c64[2] is complex and does not fit f32[3,2]; take its .real, or "
     "convert the array with astype"),
]  # fmt: skip


@pytest.mark.parametrize(("index", "value", "message"), ERRORS)
def test_a_value_that_does_not_fit_is_an_error_at_the_call(index, value, message):
    x = np.asarray(numpy.zeros((3, 2), "f4"))
    with pytest.raises(LazyaxTypeError) as caught:
        x[index] = value
    assert str(caught.value) == f"setitem: {message}"
    assert same(x, numpy.zeros((3, 2)))


def test_divide_needs_an_array_that_holds_quotients():
    with pytest.raises(LazyaxTypeError) as caught:
        np.arange(3).at[0].divide(2)
    assert str(caught.value) == (
        "at.divide: quotients do not fit i32[3]; convert it with astype first"
    )


def test_a_stencil_loop_compiles_one_program_for_its_step(compiles):
    """Assignments to slices in a loop: one program for the first step, one for all others."""

    def step(u, k):
        u[1:-1, 1:-1] += 0.1 * (u[2:, 1:-1] + u[:-2, 1:-1] - 2 * u[1:-1, 1:-1])
        u[0] = 1.0
        u[k, 2] = 0.5 * k
        u[u > 2] = 2.0

    lazy, want = np.zeros((6, 5)), numpy.zeros((6, 5), "float32")
    compiles.reset()
    for k in range(1, 6):
        step(lazy, k)
        step(want, k)
        numpy.testing.assert_allclose(numpy.asarray(lazy), want, rtol=1e-6)
    assert compiles.count <= 3
    before = compiles.count
    for k in (3, 1, 5):
        step(lazy, k)
        lazy.materialize()
    assert compiles.count == before

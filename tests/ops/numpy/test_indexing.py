"""Reading: ``x[index]`` is NumPy's, lazily, and loops over it do not compile again."""

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


@pytest.mark.parametrize("shape", TABLE)
def test_reading_a_part_is_numpys(shape, rng):
    x = sample(rng, shape)
    lazy = np.asarray(x)
    found = [lazy[index] for index in TABLE[shape]]
    lx.materialize(found)
    for index, result in zip(TABLE[shape], found, strict=True):
        expected = x[index]
        assert result.shape == expected.shape, index
        assert result.dtype == expected.dtype, index
        assert same(result, expected), index


@st.composite
def shape_and_index(draw):
    """A shape, and an index that fits it: basic, or with integer and boolean arrays."""
    shape = draw(arrays.array_shapes(min_dims=1, max_dims=4, min_side=1, max_side=4))
    kind = draw(st.sampled_from(["basic", "integers", "mask", "mixed"]))
    if kind == "basic":
        index = draw(arrays.basic_indices(shape, allow_newaxis=True, max_dims=8))
    elif kind == "integers":
        index = draw(arrays.integer_array_indices(shape, dtype=numpy.dtype("i4")))
    elif kind == "mask":
        index = draw(arrays.arrays(bool, shape[: draw(st.integers(1, len(shape)))]))
    else:
        index = draw(_mixed(shape))
    return shape, index


@st.composite
def _mixed(draw, shape):
    """For each axis an int, a slice or an index array of one common length; with new axes."""
    length, entries = draw(st.integers(0, 3)), []
    for side in shape:
        whole = st.lists(st.integers(-side, side - 1), min_size=length, max_size=length)
        entry = draw(st.one_of(st.integers(-side, side - 1), st.slices(side), whole))
        entries += draw(st.sampled_from([[entry], [None, entry]]))
    return tuple(entries)


@settings(max_examples=400, deadline=None)
@given(shape_and_index(), st.randoms(use_true_random=False))
def test_random_indices_mean_what_numpys_do(case, random):
    shape, index = case
    x = sample(numpy.random.default_rng(random.randrange(1000)), shape)
    lazy = np.asarray(x)[index]
    assert same(meaning(lazy), x[index])
    assert lazy.shape == x[index].shape


def test_basic_indexing_is_a_slice_and_a_reshape():
    x = np.asarray(numpy.zeros((4, 5), "f4"))
    assert ops_of(x[1:3, 2]) == [p.Data, p.Slice, p.Reshape]
    assert ops_of(x[:, ::-1]) == [p.Data, p.Reverse]
    assert ops_of(x[:, None, ...]) == [p.Data, p.Reshape]
    assert ops_of(x[...]) == [p.Data]
    assert ops_of(x[[1, 0]]) == [p.Data, p.Data, p.Gather]


INTEGERS = ["i1", "i4", "i8", "u1", "u4", "u8"]


@pytest.mark.parametrize("dtype", INTEGERS)
def test_lazy_integers_count_from_the_end_and_stay_lazy(dtype, rng):
    x = sample(rng, (300, 3))
    values = [0, 5, 100] + ([-1, -100] if dtype[0] == "i" else [255] if dtype != "i1" else [])
    lazy, found = np.asarray(x), []
    with lx.no_materialize():
        for value in values:
            found += [lazy[np.asarray(numpy.array(value, dtype)) + 0], lazy[:, 1][[value]]]
        found.append(lazy[np.asarray(numpy.array(values, dtype)) + 0, 2])
    lx.materialize(found)
    for value, row, element in zip(values, found[0::2], found[1::2], strict=False):
        assert same(row, x[value])
        assert same(element, x[[value], 1])
    assert same(found[-1], x[values, 2])


def test_lazy_integers_out_of_bounds_are_clamped(rng):
    x = sample(rng, (5, 2))
    i = np.asarray(numpy.array([7, -9, 4], "i4"))
    assert same(np.asarray(x)[i + 0], x[[4, 0, 4]])
    assert same(np.asarray(x)[i[0]], x[4])
    assert same(np.asarray(x)[i[1], 1], x[0, 1])


MIXED_LAZY = {
    "int": lambda x, i, rows: x[i],
    "int and slice": lambda x, i, rows: x[1:3, i],
    "two ints": lambda x, i, rows: x[i, i - 1, 2],
    "int and new axis": lambda x, i, rows: x[None, i, ..., None],
    "int beside static int": lambda x, i, rows: x[0, :, i],
    "array": lambda x, i, rows: x[rows],
    "array in the middle": lambda x, i, rows: x[:, rows],
    "array and int": lambda x, i, rows: x[i, :, rows],
    "array and static array": lambda x, i, rows: x[rows, [0, 1, 0]],
    "array and slice": lambda x, i, rows: x[rows, ::-1, 1:3],
    "arrays that broadcast": lambda x, i, rows: x[rows[:, None], rows],
    "list of lazy ints": lambda x, i, rows: x[[i, i - 1]],
    "slice of static length": lambda x, i, rows: x[i - 1 : i + 1],
    "slice backwards": lambda x, i, rows: x[:, :, i + 1 : i - 1 : -1],
    "slice with a step": lambda x, i, rows: x[:, :, i : i + 3 : 2],
}


@pytest.mark.parametrize("name", MIXED_LAZY)
def test_run_time_indices_work_eagerly_and_in_jit_grad_and_vmap(name, rng):
    x, function = sample(rng, (4, 3, 5)), MIXED_LAZY[name]
    rows = numpy.array([2, 0, -1], "i4")
    expected = function(x, numpy.array(1), rows)
    i = np.asarray(numpy.array(1, "i4")) + 0
    lazy, lazy_rows = np.asarray(x), np.asarray(rows) + 0
    with lx.no_materialize():
        eager = function(lazy, i, lazy_rows)
        batched = lx.vmap(function, in_axes=(0, None, None))(np.stack([lazy, -lazy]), i, lazy_rows)
        lanes = lx.vmap(function, in_axes=(None, 0, None))(lazy, np.stack([i, i]), lazy_rows)
        slope = lx.grad(lambda x: (function(x, i, lazy_rows) ** 2).sum())(lazy)
    for result in (eager, lx.jit(function)(lazy, i, lazy_rows), batched[0], -batched[1], lanes[1]):
        assert same(result, expected)
    wanted = numpy.zeros_like(x)
    numpy.add.at(wanted.reshape(-1), function(numpy.arange(60).reshape(x.shape), 1, rows), 1)
    assert same(slope, wanted * 2 * x)


def test_a_slice_of_lazy_bounds_is_computed_where_its_length_is_not_static():
    x, n = np.arange(10), np.asarray(numpy.array(4, "i4"))
    assert same(x[: n + 1], numpy.arange(5))
    assert same(x[n - 2 : n * 2], numpy.arange(2, 8))
    assert same(x[n - 1 :: n // 2], numpy.arange(3, 10, 2))
    assert same(x[n : n + 20], numpy.arange(4, 10))


def test_a_slice_of_static_length_is_moved_to_fit():
    i = np.asarray(numpy.array(8, "i4"))
    assert same(np.arange(10)[i : i + 4], [6, 7, 8, 9])


def test_a_mask_is_computed_and_what_follows_is_lazy(rng):
    x = sample(rng, (6, 2))
    lazy = np.asarray(x)
    chosen = lazy[lazy[:, 0] > 4] * 2
    assert not chosen.is_materialized
    assert same(chosen, x[x[:, 0] > 4] * 2)
    with pytest.raises(lx.errors.MaterializeError), lx.no_materialize():
        lazy[lazy > 3]


def rows_of(x):
    return [float(x[i].sum()) for i in range(20)]


def blocks_of(x):
    return [float(x[i : i + 4].sum()) for i in range(16)]


def elements_of(x):
    return [float(x[i, j]) for i in range(5) for j in range(3)]


def strided_blocks_of(x):
    return [float(x[i + 5 : i : -2, None, 1:3].sum()) for i in range(10)]


def rows_with_an_array(x):
    return [float(x[i, numpy.array([0, 2])].sum()) for i in range(10)]


def iterated(x):
    return [float(row.sum()) for row in x]


LOOPS = [rows_of, blocks_of, elements_of, strided_blocks_of, rows_with_an_array, iterated]


@pytest.mark.parametrize("loop", LOOPS)
def test_a_loop_over_starts_compiles_at_most_two_programs(loop, rng, compiles):
    x = rng.normal(size=(20, 3)).astype("f4")
    lazy = np.asarray(x)
    compiles.reset()
    assert close(loop(lazy), loop(x), rtol=1e-5)
    assert compiles.count <= 2
    compiles.reset()
    assert close(loop(lazy * 1), loop(x), rtol=1e-5)
    assert compiles.count <= 2


def test_a_start_is_static_until_its_line_comes_back_with_another():
    x = np.arange(10)

    def part(start):
        return x[start : start + 3]

    assert p.Slice in ops_of(part(2))
    assert p.Slice in ops_of(part(2))
    assert p.DynamicSlice in ops_of(part(5))
    assert p.DynamicSlice in ops_of(part(2))
    assert p.Slice in ops_of(x[2:5])


def test_full_slices_never_become_run_time_offsets():
    x = np.asarray(numpy.zeros((6, 4), "f4"))
    parts = [x[i, ::-1] for i in range(3)]
    assert [p.DynamicSlice in ops_of(part) for part in parts] == [False, True, True]
    assert same(parts[2], numpy.zeros(4))


def test_iteration_gives_lazy_rows(rng):
    x = sample(rng, (3, 2))
    with lx.no_materialize():
        first, second, third = np.asarray(x)
        rows = list(np.asarray(sample(rng, (40, 2))))
    assert p.Slice in ops_of(second)
    assert p.DynamicSlice in ops_of(rows[0])
    assert same(second, x[1])
    assert first.shape == third.shape == rows[39].shape == (2,)


def test_iterated_rows_are_the_rows(rng):
    x = sample(rng, (40, 2))
    rows = list(np.asarray(x))
    lx.materialize(rows)
    assert same(numpy.stack([numpy.asarray(row) for row in rows]), x)


def test_in_asks_whether_an_element_is_there():
    x = np.arange(5.0)
    assert 3 in x
    assert 7 not in x
    assert 2.5 not in x


GRADIENTS = {
    "int": lambda x: x[1],
    "slice": lambda x: x[1:3, ::2],
    "backwards": lambda x: x[::-1, 3:0:-2],
    "new axis": lambda x: x[None, 1:, None, 2],
    "repeated rows": lambda x: x[numpy.array([0, 2, 0, 0])],
    "repeated elements": lambda x: x[numpy.array([0, 2, 0]), numpy.array([1, 1, 1])],
    "array last": lambda x: x[1:, numpy.array([3, 3, 0])],
    "array first": lambda x: x[numpy.array([[0, -1], [1, 1]]), 1:3],
    "broadcast arrays": lambda x: x[numpy.array([[0], [2]]), numpy.array([0, 1, 1])],
    "mask": lambda x: x[numpy.arange(12).reshape(3, 4) % 3 == 0],
    "rows by mask": lambda x: x[numpy.array([True, False, True])],
    "row and array": lambda x: x[2, numpy.array([0, 0, 3])],
    "nothing": lambda x: x[numpy.array([], int)],
    "all": lambda x: x[...],
    "twice": lambda x: x[1:][numpy.array([1, 1, 0])][:, 2],
    "element": lambda x: x[2, 3],
}


@pytest.mark.parametrize("name", GRADIENTS)
def test_gradients_through_indexing_are_jaxs(name, rng):
    x = rng.normal(size=(3, 4)).astype("f4")
    part = GRADIENTS[name]

    def loss(xp):
        return lambda x: (xp.sin(part(x)) * (1 + part(x)) ** 2).sum()

    expected = jax.grad(loss(jax.numpy))(x)
    assert close(lx.grad(loss(np))(x), expected, rtol=1e-5, atol=1e-6)
    twice = jax.jvp(jax.grad(loss(jax.numpy)), (x,), (x,))[1]
    assert close(lx.jvp(lx.grad(loss(np)), (x,), (x,))[1], twice, rtol=1e-4, atol=1e-4)


ERRORS = [
    ((3,), 5, "5 is out of bounds for axis 0 of f32[3], which has length 3; use -3 to 2"),
    ((3, 2), (0, -3), "-3 is out of bounds for axis 1 of f32[3,2], which has length 2; use -2 "
     "to 1"),
    ((3,), [0, 4], "4 is out of bounds for axis 0 of f32[3], which has length 3; use -3 to 2"),
    ((0,), 0, "0 is out of bounds for axis 0 of f32[0], which has length 0; there is nothing to "
     "index"),
    ((3,), (0, 0), "2 indices do not fit f32[3], which has 1 axis"),
    ((3, 4), (..., 0, 0, 0), "3 indices do not fit f32[3,4], which has 2 axes"),
    ((3,), (..., ...), "there can be only one ellipsis ('...')"),
    ((3,), 1.0, "only integers, slices, ..., None, and arrays or lists of integers or bools are "
     "indices, got float"),
    ((3,), "a", "only integers, slices, ..., None, and arrays or lists of integers or bools are "
     "indices, got str"),
    ((3,), numpy.ones(2), "only integers, slices, ..., None, and arrays or lists of integers or "
     "bools are indices, got a NumPy array of float64"),
    ((3,), [[0], [1, 2]], "the list [[0], [1, 2]] is ragged, so it is no array"),
    ((3, 4), [True, False], "a mask of shape (2,) does not fit axis 0 of f32[3,4]: it has length 2 "
     "there, and needs 3"),
    ((0, 3), numpy.zeros((0, 2), bool), "a mask of shape (0, 2) does not fit axis 1 of f32[0,3]: "
     "it has length 2 there, and needs 3"),
    ((3, 4), ([0, 1], [0, 1, 2]), "index arrays of shapes (2,) and (3,) do not broadcast together"),
    ((3, 4), (False, [0, 1]), "index arrays of shapes (0,) and (2,) do not broadcast together"),
]  # fmt: skip


@pytest.mark.parametrize(("shape", "index", "message"), ERRORS)
def test_a_wrong_index_is_an_error_at_the_call(shape, index, message):
    x = np.asarray(numpy.zeros(shape, "f4"))
    with pytest.raises(LazyaxIndexError) as caught:
        x[index]
    assert str(caught.value) == f"index: {message}"
    with pytest.raises(IndexError):
        numpy.zeros(shape)[index] if message.find("ragged") < 0 else x[index]


def test_lazy_float_indices_are_refused():
    with pytest.raises(LazyaxIndexError, match=r"are indices, got f32\[2\]$"):
        np.arange(3)[np.ones(2)]


def test_wrong_slices_are_errors():
    x = np.arange(3)
    with pytest.raises(LazyaxTypeError) as caught:
        x[1.0:2]
    assert str(caught.value) == ("index: bounds of a slice are integers or None, got 1.0, 2, None")
    with pytest.raises(LazyaxTypeError, match=r"^index: the step of a slice can not be zero$"):
        x[::0]
    with pytest.raises(LazyaxTypeError, match=r"a bound of a slice is a 0-d integer, got f32\[2\]"):
        x[np.ones(2) :]


def test_indexing_an_empty_axis_by_lazy_integers_is_an_error():
    x = np.zeros((2, 0))
    with pytest.raises(LazyaxIndexError) as caught:
        x[:, np.arange(2)]
    assert str(caught.value) == "index: an array indexes axis 1 of f32[2,0], which has no elements"


def test_a_mask_in_jit_is_an_error_that_names_the_remedy():
    with pytest.raises(LazyaxIndexError) as caught:
        lx.jit(lambda x: x[x > 0])(np.arange(3.0))
    assert str(caught.value) == (
        "index: how many elements the mask bool[3] selects depends on its value, which does not "
        "exist while a function is traced; use np.where(mask, x, 0), or np.nonzero(mask, size=...) "
        "and index with that"
    )


def test_a_slice_of_unknown_length_in_jit_names_dynamic_slice():
    with pytest.raises(LazyaxIndexError) as caught:
        lx.jit(lambda x, i: x[:i])(np.arange(3.0), 2)
    assert str(caught.value) == (
        "index: the bounds of a slice decide its length, and these are not known while a function "
        "is traced; write x[i : i + length] with an int length, or use lax.dynamic_slice"
    )


def test_a_0d_array_is_not_iterated():
    with pytest.raises(LazyaxTypeError) as caught:
        iter(np.asarray(1.0))
    assert str(caught.value).startswith("iteration over a 0-d array: ")

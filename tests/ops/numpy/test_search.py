"""Searching, sorting, taking and sets: NumPy's results, gradients, and what works under jit."""

from __future__ import annotations

import jax
import jax.numpy
import numpy
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from index_table import close, same, sample

import lazyax as lx
import lazyax.numpy as np
from lazyax.errors import AbstractValueError, LazyaxIndexError, LazyaxTypeError
from lazyax.transforms.evaluate import evaluate

NAN, INF = numpy.nan, numpy.inf


def meaning(array: lx.Array) -> numpy.ndarray:
    """The value by the graph's meaning in NumPy, without compiling."""
    return evaluate([array._node], lambda leaf: numpy.asarray(lx.Array(leaf)))[0]


def awkward(kind: str) -> numpy.ndarray:
    """A 4 by 6 array with ties, and what the dtype has of NaN, infinities and signed zeros."""
    rng = numpy.random.default_rng(3)
    if kind == "c":
        parts = rng.choice([NAN, 1.0, 0.0, 2.0, 2.0, -INF], (2, 4, 6))
        return numpy.moveaxis(parts, 0, -1).astype("f4").copy().view("c8")[..., 0]
    if kind == "f":
        return rng.choice([NAN, 1.0, 0.0, -0.0, 2.5, INF, -INF, -3.0], (4, 6)).astype("f4")
    return rng.integers(0, 2 if kind == "?" else 5, (4, 6)).astype(kind)


KINDS = ["f", "i4", "u1", "?", "c"]

BY_AXIS = {
    "sort": lambda np, x, axis: np.sort(x, axis),
    "argsort": lambda np, x, axis: np.argsort(x, axis, kind="stable"),
    "argmax": lambda np, x, axis: np.argmax(x, axis),
    "argmin": lambda np, x, axis: np.argmin(x, axis),
    "argmax with its axis": lambda np, x, axis: np.argmax(x, axis, keepdims=True),
}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", BY_AXIS)
def test_sorting_and_extremes_along_an_axis_are_numpys(name, kind):
    x, function = awkward(kind), BY_AXIS[name]
    found = [function(np, np.asarray(x), axis) for axis in (0, -1, None)]
    lx.materialize(found)
    for result, axis in zip(found, (0, -1, None), strict=True):
        assert same(result, function(numpy, x, axis))
        assert same(meaning(function(np, np.asarray(x), axis)), result)


def test_descending_is_the_reverse_and_equal_elements_keep_their_order():
    x = np.asarray([[3, 1, 3, 2, 1], [0, 0, 0, 5, 0]])
    assert same(np.sort(x, descending=True), numpy.sort(x, -1)[:, ::-1])
    assert same(np.argsort(x, descending=True), [[0, 2, 3, 1, 4], [3, 0, 1, 2, 4]])
    assert same(np.sort(np.asarray([1.0, NAN, 2.0]), descending=True), [NAN, 2, 1])


def test_nan_extremes_are_of_the_numbers():
    x = awkward("f")
    x[0] = NAN
    x[1:, 0] = [3, NAN, 4]
    for name in ("nanargmax", "nanargmin"):
        ours, numpys = getattr(np, name), getattr(numpy, name)
        assert same(ours(x), numpys(x))
        assert same(ours(x[1:], axis=0), numpys(x[1:], axis=0))
        assert same(ours(x, axis=1, keepdims=True)[1:], numpys(x[1:], axis=1, keepdims=True))
        assert int(ours(x[0])) == -1
        assert same(ours([3, 1, 2]), numpys([3, 1, 2]))


def test_lexsort_partition_and_their_like_are_numpys(rng):
    keys = rng.integers(0, 3, (3, 8))
    assert same(np.lexsort(keys), numpy.lexsort(keys))
    assert same(np.lexsort((keys[0], keys[1] * 0.5)), numpy.lexsort((keys[0], keys[1])))
    x = rng.normal(size=(3, 7)).astype("f4")
    split = numpy.asarray(np.partition(x, 3))
    assert (split[:, :3] <= split[:, 3:4]).all()
    assert (split[:, 4:] >= split[:, 3:4]).all()
    assert same(numpy.take_along_axis(x, numpy.asarray(np.argpartition(x, 3)), -1), split)
    assert same(np.sort_complex([2, 1]), numpy.sort_complex(numpy.array([2, 1], "f4")))


def test_the_methods_sort_and_partition_change_the_array_in_place():
    x, y = np.asarray([3, 1, 2]), np.asarray([[3, 1], [0, 2]])
    alias = x
    assert x.sort() is None
    assert same(alias, [1, 2, 3])
    x.sort(descending=True)
    assert same(x, numpy.sort(numpy.asarray(x))[::-1])
    y.sort(axis=0)
    assert same(y, [[0, 1], [3, 2]])
    x.fill(7)
    x.put([0], 1)
    assert same(alias, [1, 7, 7])
    assert same(y.argsort(axis=1), [[0, 1], [1, 0]])
    assert int(y.argmax()) == 2
    assert same(y.take([1], axis=0), [[3, 2]])
    assert same(y.compress([False, True], axis=1), [[1], [2]])
    assert same(alias.searchsorted([1, 8], side="right"), [1, 3])
    assert same(y.nonzero()[0], [0, 1, 1])
    y.partition(0)
    assert same(y.argpartition(0), [[0, 1], [0, 1]])


SORTS = {
    "sort": lambda np, x: np.sort(x, 0),
    "sort of all": lambda np, x: np.sort(x, None)[:4] ** 2,
    "sort descending": lambda np, x: np.sort(x, 1, descending=True),
    "take of argsort": lambda np, x: np.take_along_axis(x, np.argsort(x, 0), 0)[1:],
    "take": lambda np, x: np.take(x, numpy.array([[0, 2], [2, 2]]), 1),
    "take flat": lambda np, x: np.take(x, numpy.array([3, 3, 11])),
    "take wrapping": lambda np, x: np.take(x, numpy.array([5, -7]), 0, mode="wrap"),
    "take along": lambda np, x: np.take_along_axis(x, numpy.array([[1], [0], [1]]), 1),
    "compress": lambda np, x: np.compress(numpy.array([True, False, True]), x, 0),
    "extract": lambda np, x: np.extract(numpy.arange(12) % 2 == 0, x),
}


@pytest.mark.parametrize("name", SORTS)
def test_gradients_through_sorting_and_taking_are_jaxs(name, rng):
    x, function = rng.normal(size=(3, 4)).astype("f4"), SORTS[name]

    def loss(np):
        return lambda x: (
            (y := function(np, x)) * np.arange(1.0, y.size + 1).reshape(y.shape)
        ).sum()

    assert close(lx.grad(loss(np))(x), jax.grad(loss(jax.numpy))(x))
    assert close(lx.vmap(lambda x: function(np, x))(np.stack([x, -x]))[1], function(jax.numpy, -x))


@pytest.mark.parametrize("length", [0, 1, 5, 32, 33, 64, 1000])
@pytest.mark.parametrize("side", ["left", "right"])
def test_searchsorted_is_numpys(length, side, rng):
    x = numpy.sort(rng.integers(0, 50, length).astype("f4"))
    v = rng.integers(-3, 53, (3, 20)).astype("f4")
    v[0, :3] = [NAN, INF, -INF]
    x[-3:] = numpy.sort(numpy.array([INF, NAN, NAN], "f4"))[-length:][:length]
    result = np.searchsorted(x, v, side)
    assert same(result, numpy.searchsorted(x, v, side))
    assert same(meaning(np.searchsorted(x, v, side)), result)


def test_searchsorted_takes_a_sorter_integers_and_complex_numbers(rng):
    x = rng.integers(0, 9, 40)
    order = numpy.argsort(x)
    assert same(
        np.searchsorted(x, [3, 9], sorter=order), numpy.searchsorted(x, [3, 9], sorter=order)
    )
    assert same(np.searchsorted([1, 2], 2), 1)
    z = numpy.sort(numpy.concatenate([rng.integers(0, 3, 50), awkward("c")[1]]).astype("c8"))
    for side in ("left", "right"):
        assert same(
            np.searchsorted(z, z[::7] + 0.5j, side), numpy.searchsorted(z, z[::7] + 0.5j, side)
        )
    lanes = lx.vmap(lambda row, v: np.searchsorted(row, v), in_axes=(0, None))
    rows = numpy.sort(rng.normal(size=(3, 50)).astype("f4"))
    assert same(lanes(rows, 0.1), [numpy.searchsorted(row, numpy.float32(0.1)) for row in rows])


def test_digitize_is_numpys(rng):
    x = rng.integers(-1, 6, 30).astype("f4")
    for bins in (numpy.array([0.0, 1, 3, 4]), numpy.array([4.0, 3, 1, 0]), numpy.array([2.0])):
        for right in (False, True):
            assert same(np.digitize(x, bins, right), numpy.digitize(x, bins, right))


def test_nonzero_and_its_like_are_numpys(rng):
    x = rng.integers(0, 2, (4, 3, 2)) * rng.normal(size=(4, 3, 2))
    lazy = np.asarray(x)
    for ours, theirs in zip(np.nonzero(lazy), numpy.nonzero(x), strict=True):
        assert ours.dtype == numpy.int32
        assert same(ours, theirs)
    assert same(np.flatnonzero(lazy), numpy.flatnonzero(x))
    assert same(np.argwhere(lazy), numpy.argwhere(x))
    assert same(np.where(lazy)[1], numpy.where(x)[1])
    assert same(lazy[np.nonzero(lazy)], x[numpy.nonzero(x)])
    for scalar in (5.0, 0):
        assert np.argwhere(scalar).shape == numpy.argwhere(scalar).shape
    assert np.nonzero(np.zeros((2, 0)))[1].shape == (0,)


@pytest.mark.parametrize("size", [0, 2, 5, 9])
def test_with_a_size_nonzero_is_jaxs_under_jit(size):
    x = numpy.array([[0, 3, 0], [1, 0, 2], [0, 0, 4]])
    for fill in (None, -1, (7, 8)):
        ours = lx.jit(lambda x, fill=fill: np.nonzero(x, size=size, fill_value=fill))(x)
        theirs = jax.numpy.nonzero(x, size=size, fill_value=fill)
        assert all(same(a, b) for a, b in zip(ours, theirs, strict=True))
    assert same(lx.jit(lambda x: np.argwhere(x, size=size))(x), jax.numpy.argwhere(x, size=size))
    assert same(
        lx.vmap(lambda x: np.flatnonzero(x, size=size, fill_value=9))(x)[1],
        jax.numpy.flatnonzero(x[1], size=size, fill_value=9),
    )
    assert same(
        lx.jit(lambda x: np.extract(x > 1, x, size=size, fill_value=-5))(x),
        jax.numpy.extract(x > 1, x, size=size, fill_value=-5),
    )


def test_take_and_its_modes_are_numpys(rng):
    x = sample(rng, (3, 5))
    found, expected = [], []
    for indices in (2, [0, -1], numpy.array([[1, 1], [0, 2]]), []):
        for axis in (None, 0, 1):
            found.append(np.take(x, indices, axis))
            expected.append(numpy.take(x, numpy.asarray(indices, int), axis))
    outside = numpy.array([7, -9, 2])
    for mode in ("wrap", "clip"):
        for axis in (None, 1):
            found += [np.take(x, outside, axis, mode=mode)]
            found += [np.take(x, np.asarray(outside) + 0, axis, mode=mode)]
            expected += [numpy.take(x, outside, axis, mode=mode)] * 2
    found.append(np.take(x, outside, 0, mode="fill", fill_value=-1))
    expected.append(jax.numpy.take(x, outside, 0, mode="fill", fill_value=-1))
    lx.materialize(found)
    for result, wanted in zip(found, expected, strict=True):
        assert same(result, wanted)


def test_take_in_a_loop_compiles_once(compiles):
    x = np.arange(30.0)
    lx.materialize(x)
    compiles.reset()
    assert [float(np.take(x, i) + 1) for i in range(30)] == list(range(1, 31))
    assert compiles.count == 1


ALONG = [
    ((3, 4), (3, 2), 1), ((3, 4), (5, 4), 0), ((2, 3, 4), (2, 1, 4), 1), ((3, 4), (1, 2), 1),
    ((1, 4), (3, 2), 1), ((2, 3, 4), (2, 3, 3), -1), ((5,), (2,), None), ((2, 3), (4,), None),
]  # fmt: skip


@pytest.mark.parametrize(("shape", "index_shape", "axis"), ALONG)
def test_take_and_put_along_an_axis_are_numpys(shape, index_shape, axis, rng):
    x = sample(rng, shape)
    length = x.size if axis is None else shape[axis]
    indices = rng.integers(-length, length, index_shape)
    expected = numpy.take_along_axis(x, indices, axis)
    lazily = np.asarray(indices) + 0
    for index in (indices, lazily):
        assert same(np.take_along_axis(np.asarray(x), index, axis), expected)
    if shape[0] == 1:
        return
    order = numpy.argsort(rng.random((*x.shape[:-1], x.shape[-1])), axis=-1)
    written, values = np.asarray(x), sample(rng, order.shape)[..., :1]
    np.put_along_axis(written, np.asarray(order[..., :2]) + 0, values, -1)
    numpy.put_along_axis(x, order[..., :2], values, -1)
    assert same(written, x)


def test_functions_that_write_are_numpys(rng):
    x = sample(rng, (4, 3))
    writes = [
        lambda np, x: np.put(x, [0, -2, 5], [7, 8]),
        lambda np, x: np.put(x, [0, -2], []),
        lambda np, x: np.put(x, numpy.array([[30, 1]]), 5, mode="wrap"),
        lambda np, x: np.put(x, [-30, 30], [1, 2], mode="clip"),
        lambda np, x: np.place(x, x > 4, [1, 2, 3]),
        lambda np, x: np.place(x, x > 100, [1.5]),
        lambda np, x: np.putmask(x, x > 4, [1, 2, 3, 4, 5]),
        lambda np, x: np.copyto(x, 3.0),
        lambda np, x: np.copyto(x, numpy.ones(3), where=x > 2),
        lambda np, x: np.copyto(x, 2, where=numpy.array([True, False, True])),
        lambda np, x: np.fill_diagonal(x, 9),
        lambda np, x: np.fill_diagonal(x, [9, 8], wrap=True),
        lambda np, x: np.put_along_axis(x, numpy.array([[2, 0, 1]]), 5.0, 0),
    ]
    written, expected = [np.asarray(x) for _ in writes], [x.copy() for _ in writes]
    for write, lazy, concrete in zip(writes, written, expected, strict=True):
        assert write(np, lazy) is None
        write(numpy, concrete)
    lx.materialize(written)
    for index, (lazy, concrete) in enumerate(zip(written, expected, strict=True)):
        assert same(lazy, concrete), index
    cube, lazy_cube = numpy.zeros((3, 3, 3)), np.zeros((3, 3, 3))
    numpy.fill_diagonal(cube, [1, 2])
    np.fill_diagonal(lazy_cube, [1, 2])
    assert same(lazy_cube, cube)


UNIQUE = [
    numpy.array([3, 1, 3, 2, 1]), numpy.array([[1.5, NAN], [NAN, 1.5]]), numpy.zeros(0),
    numpy.array([True, False, True]), numpy.array([1 + 1j, 1, 1 + 1j]), numpy.array(4),
]  # fmt: skip


@pytest.mark.parametrize("x", UNIQUE, ids=str)
def test_unique_and_all_that_it_returns_is_numpys(x):
    for equal_nan in (True, False):
        ours = np.unique(x, True, True, True, equal_nan=equal_nan)
        theirs = numpy.unique(x, True, True, True, equal_nan=equal_nan)
        assert all(same(a, b) for a, b in zip(ours, theirs, strict=True))
    assert same(np.unique(x), numpy.unique(x))
    assert same(np.unique_values(x), numpy.sort(numpy.unique_values(x), None))
    for ours, theirs in (
        (np.unique_counts(x), numpy.unique_counts(x)),
        (np.unique_inverse(x), numpy.unique_inverse(x)),
        (np.unique_all(x), numpy.unique_all(x)),
    ):
        assert ours._fields == theirs._fields
        assert all(same(a, b) for a, b in zip(ours, theirs, strict=True))


def test_unique_slices_along_an_axis_are_numpys(rng):
    x = rng.integers(0, 2, (6, 2, 5))
    for axis in (0, 1, -1):
        ours = np.unique(x, True, True, True, axis)
        theirs = numpy.unique(x, True, True, True, axis)
        assert all(same(a, b) for a, b in zip(ours, theirs, strict=True))


@pytest.mark.parametrize("size", [1, 2, 3, 6])
def test_with_a_size_unique_is_jaxs_under_jit(size):
    x = numpy.array([3, 1, 3, 2, 2, 3])
    for fill in (None, 9):
        ours = lx.jit(lambda x, f=fill: np.unique(x, True, True, True, size=size, fill_value=f))(x)
        theirs = jax.numpy.unique(x, True, True, True, size=size, fill_value=fill)
        assert all(same(a, b) for a, b in zip(ours, theirs, strict=True))


def test_gradients_go_through_unique_values(rng):
    x = numpy.array([3.0, 1.0, 3.0], "f4")
    assert same(lx.grad(lambda x: (np.unique(x) * np.asarray([5.0, 7.0])).sum())(x), [7, 5, 0])


@settings(max_examples=15, deadline=None)
@given(arrays.arrays("i4", st.sampled_from([0, 5, 8]), elements=st.integers(0, 6)),
       arrays.arrays("i4", st.sampled_from([0, 5]), elements=st.integers(0, 6)))  # fmt: skip
def test_sets_are_numpys(a, b):
    assert same(np.union1d(a, b), numpy.union1d(a, b))
    assert same(np.intersect1d(a, b), numpy.intersect1d(a, b))
    assert same(np.setdiff1d(a, b), numpy.setdiff1d(a, b))
    assert same(np.setxor1d(a, b), numpy.setxor1d(a, b))
    ours = np.intersect1d(a, b, return_indices=True)
    theirs = numpy.intersect1d(a, b, return_indices=True)
    assert all(same(x, y) for x, y in zip(ours, theirs, strict=True))


GIVE_SIZE = "give size=, how many elements to return: a longer result is cut, a shorter one filled"

DEPEND_ON_VALUES = {
    "nonzero": (np.nonzero, "bool[3]", GIVE_SIZE),
    "flatnonzero": (np.flatnonzero, "bool[3]", GIVE_SIZE),
    "argwhere": (np.argwhere, "bool[3]", GIVE_SIZE),
    "unique": (np.unique, "bool[3]", GIVE_SIZE),
    "trim_zeros": (
        np.trim_zeros, "f32[3]", "use np.where to put other values in the place of zeros"
    ),
    "repeat": (
        lambda x: np.repeat(x, x.astype(int)),
        "i32[3]",
        "give total_repeat_length=, which cuts or fills with the last",
    ),
    "bincount": (
        lambda x: np.bincount(x.astype(int)),
        "i32[3]",
        "give length=, the number of bins: what lies beyond is left out",
    ),
    "roots": (
        np.roots, "f32[3]", "call it outside, or take np.linalg.eigvals of a companion matrix"
    ),
    "add.reduceat": (
        lambda x: np.add.reduceat(x, x.astype(int)),
        "i32[3]",
        "give the indices as a list, or sum by np.bincount or x.at[...].add",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", DEPEND_ON_VALUES)
def test_a_shape_that_depends_on_values_is_an_error_in_jit_that_says_what_to_do(name):
    function, got, remedy = DEPEND_ON_VALUES[name]
    with pytest.raises(AbstractValueError) as caught:
        lx.jit(function)(np.arange(3.0))
    assert str(caught.value) == (
        f"{name}: the shape of the result depends on values of {got}, which do not exist while a "
        f"function is traced; {remedy}"
    )


@pytest.mark.parametrize(("axis", "total"), [(0, 5), (1, 4), (0, 9)])
def test_counts_of_repeat_are_traced_where_the_length_is_given(axis, total):
    x = numpy.arange(6).reshape(2, 3)
    counts = numpy.asarray([[2, 3], [1, 0, 3]][axis])
    repeated = lx.jit(lambda n: np.repeat(x, n, axis, total_repeat_length=total))(counts)
    last = numpy.repeat(x, counts, axis).take([-1], axis)
    filled = numpy.concatenate([numpy.repeat(x, counts, axis), *[last] * 9], axis)
    assert same(repeated, filled.take(range(total), axis))


@pytest.mark.parametrize("trim", ["f", "b", "fb"])
@pytest.mark.parametrize("axis", [None, 0, -1, (0, 1)])
def test_trim_zeros_is_numpys_along_axes(trim, axis):
    x = numpy.zeros((4, 5), int)
    x[1, 2] = x[2, 3] = 1
    for case in (x, x * 0):
        assert same(np.trim_zeros(case, trim, axis), numpy.trim_zeros(case, trim, axis))


ERRORS = {
    "nonzero: a 0-d array has no axis to index; use np.atleast_1d": lambda: np.nonzero(1),
    "argmax: f32[0] has no elements along axis None": lambda: np.argmax([]),
    "argmin: f32[2,0] has no elements along axis 1": lambda: np.argmin(np.zeros((2, 0)), 1),
    "argsort: axis 2 is out of range for f32[3]; give one of -1 to 0": (
        lambda: np.argsort(np.zeros(3), 2)
    ),
    "sort: kind is one of (None, 'quicksort', 'mergesort', 'heapsort', 'stable'), got 'fast'": (
        lambda: np.sort([1], kind="fast")
    ),
    "sort: order= names fields of records, which there are none of": (
        lambda: np.sort([1], order="x")
    ),
    "partition: kth=3 is out of range for an axis of length 3": lambda: np.partition([1, 2, 3], 3),
    "lexsort: needs keys of one shape, got i32[1], i32[2]": lambda: np.lexsort(([1], [1, 2])),
    "searchsorted: side is 'left' or 'right', got 'middle'": (
        lambda: np.searchsorted([1], 1, "middle")
    ),
    "searchsorted: needs a 1-d sorted array, got i32[1,1]": lambda: np.searchsorted([[1]], 1),
    "digitize: needs 1-d bins, got i32[1,1]": lambda: np.digitize([1], [[1]]),
    "take: mode is one of (None, 'raise', 'wrap', 'clip', 'fill'), got 'jump'": (
        lambda: np.take([1], 0, mode="jump")
    ),
    "take: indices need an integer dtype, got float64": lambda: np.take([1], [0.5]),
    "take_along_axis: indices need as many axes as the array, got i32[1] for i32[1,1]": (
        lambda: np.take_along_axis(np.asarray([[1]]), np.asarray([0]), 1)
    ),
    "take_along_axis: shapes (2, 3) and (4, 3) (axis 1 last) do not broadcast but for the last "
    "axis": lambda: np.take_along_axis(np.zeros((2, 3)), numpy.zeros((4, 3), int), 1),
    "put_along_axis: writes to its first argument, which must be a lazyax array, got ndarray; "
    "make one with np.array": lambda: np.put_along_axis(numpy.zeros(2), [0], 1, 0),
    "compress: needs a 1-d condition of at most 2 elements, got bool[3]": (
        lambda: np.compress([True] * 3, [1, 2])
    ),
    "put: mode is 'raise', 'wrap' or 'clip', got 'jump'": (
        lambda: np.put(np.zeros(2), 0, 1, mode="jump")
    ),
    "place: needs a mask of the array's size and at least one value, got bool[1] and i32[1] for "
    "f32[2]": lambda: np.place(np.zeros(2), [True], [1]),
    "copyto: could not broadcast f32[3] into shape (2,), which the index selects of f32[2]": (
        lambda: np.copyto(np.zeros(2), np.zeros(3))
    ),
    "copyto: f32[2] does not convert to i32[2] by casting='same_kind'; use astype, or "
    "casting='unsafe'": lambda: np.copyto(np.zeros(2, "int32"), np.zeros(2)),
    "isin: kind is 'sort', 'table' or None, got 'hash'": lambda: np.isin([1], [2], kind="hash"),
    "isin: kind 'table' needs integers, got f32[1]; leave it out": (
        lambda: np.isin([0.5], [2], kind="table")
    ),
    "fill_diagonal: needs a matrix, or more axes of one length, got f32[3]": (
        lambda: np.fill_diagonal(np.zeros(3), 1)
    ),
}  # fmt: skip


@pytest.mark.parametrize("message", ERRORS)
def test_wrong_arguments_are_errors_at_the_call(message):
    with pytest.raises(LazyaxTypeError) as caught:
        ERRORS[message]()
    assert str(caught.value) == message


def test_known_indices_out_of_bounds_are_errors_at_the_call():
    with pytest.raises(
        LazyaxIndexError, match=r"^index: 3 is out of bounds for axis 0 of i32\[3\]"
    ):
        np.take([1, 2, 3], [0, 3])
    with pytest.raises(LazyaxIndexError) as caught:
        np.take_along_axis(np.zeros((2, 3)), numpy.array([[0], [-4]]), 1)
    assert str(caught.value) == (
        "take_along_axis: index -4 is out of bounds for an axis of length 3"
    )
    with pytest.raises(LazyaxIndexError) as caught:
        np.take(np.zeros(0), [1], mode="wrap")
    assert str(caught.value) == ("take: there is nothing to take of an axis without elements")


def test_sets_of_a_given_size_work_while_traced():
    x, y = numpy.array([3, 1, 3, 2, 7]), numpy.array([2, 3, 9, 9])
    for name in ("setdiff1d", "setxor1d", "intersect1d"):
        function, want = getattr(np, name), getattr(numpy, name)(x, y).tolist()
        for size in (1, 6):
            got = lx.jit(lambda x, y, f=function, n=size: f(x, y, size=n, fill_value=-1))(x, y)
            assert got.tolist() == (want + [-1] * 6)[:size], name
    assert lx.jit(lambda x: np.where(x > 2, size=4, fill_value=9))(x)[0].tolist() == [0, 2, 4, 9]
    with pytest.raises(LazyaxTypeError) as error:
        np.intersect1d(x, y, return_indices=True, size=2)
    assert str(error.value) == "intersect1d: give size= or return_indices=, not both"

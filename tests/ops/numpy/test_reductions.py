"""Reductions and statistics over dtypes, shapes, axes and keywords, as NumPy's."""

from __future__ import annotations

import ml_dtypes
import numpy
import pytest
from numpy_table import Call, check, compare, sample

import lazyax as lx
import lazyax.numpy as np
from lazyax.errors import LazyaxTypeError

SHAPES = [(), (3,), (2, 3), (2, 1, 4)]
DTYPES = ["bool", "int32", "float32", "complex64"]
FOLDS = ["sum", "prod", "max", "min", "any", "all", "count_nonzero", "ptp", "mean", "std", "var"]
KEPT = ("int32", "int64", "uint64", "float16", "bfloat16", "float64", "complex128")


def axes_of(ndim: int) -> list:
    axes: list = [None]
    if ndim:
        axes += [0, -1, tuple(range(ndim)), ()]
    if ndim > 1:
        axes += [(1, 0), (-1,)]
    return axes


def calls_of(function: str, rng, **kwargs) -> list[Call]:
    calls = []
    for shape in SHAPES:
        for dtype in DTYPES:
            if function == "ptp" and dtype == "bool":
                continue
            x = sample(shape, dtype, rng)
            for axis in axes_of(len(shape)):
                calls.append(Call(function, (x,), {"axis": axis, **kwargs}))
    return calls


@pytest.mark.parametrize("keepdims", [False, True])
@pytest.mark.parametrize("function", FOLDS)
def test_a_reduction_is_numpys_along_every_axis(function, keepdims, rng):
    check(calls_of(function, rng, keepdims=keepdims))


@pytest.mark.parametrize("function", FOLDS)
def test_a_reduction_of_narrow_integers_has_numpys_dtype(function, rng):
    dtypes = ("int8", "uint8", "int16", "uint16", "uint32")
    check([Call(function, (sample((2, 3), dtype, rng),), {"axis": 1}) for dtype in dtypes])


@pytest.mark.parametrize("function", ["sum", "prod", "any", "all", "count_nonzero"])
def test_a_reduction_of_nothing_gives_its_identity(function):
    empty = numpy.zeros((0, 3), "float32")
    check([Call(function, (empty,), {"axis": axis}) for axis in (None, 0, 1, (0, 1))])


@pytest.mark.parametrize("function", ["max", "min"])
def test_the_maximum_of_nothing_needs_an_initial_value(function):
    empty = numpy.zeros((0, 3), "float32")
    check([Call(function, (empty,), {"axis": 1}), Call(function, (empty,), {"initial": 5.0})])
    with pytest.raises(LazyaxTypeError) as error:
        getattr(np, function)(empty, axis=0)
    assert str(error.value) == (
        f"{function}: f32[0,3] has no elements along axis 0, and {function} of nothing has no "
        "value; give initial="
    )


def test_the_mean_of_nothing_is_nan():
    results = [np.mean(np.zeros((0, 3))), np.var(np.zeros(0)), np.std(np.ones(1), ddof=1)]
    lx.materialize(results)
    assert all(numpy.isnan(result) for result in results)


@pytest.mark.parametrize("function", ["sum", "prod", "mean", "var", "std", "any", "all"])
def test_where_leaves_elements_out(function, rng):
    x, mask = sample((3, 4), "float32", rng), rng.integers(0, 2, (3, 4)).astype(bool)
    mask[:, 0] = True
    check(
        [
            Call(function, (x,), {"where": mask, "axis": axis, "keepdims": keepdims})
            for axis in (None, 0, 1)
            for keepdims in (False, True)
            if axis != 0
        ]
        + [Call(function, (x,), {"where": mask[:1], "axis": 1})]
    )


@pytest.mark.parametrize("function", ["sum", "prod", "max", "min"])
def test_initial_joins_the_reduction(function, rng):
    x, mask = sample((3, 4), "float32", rng), rng.integers(0, 2, (3, 4)).astype(bool)
    check(
        [
            Call(function, (x,), {"initial": 2.5, "axis": 0}),
            Call(function, (x,), {"initial": -1.5, "where": mask, "axis": 1, "keepdims": True}),
        ]
    )


def test_a_maximum_where_nothing_may_be_left_needs_an_initial_value():
    with pytest.raises(LazyaxTypeError) as error:
        np.max(np.ones(3), where=np.ones(3) > 0)
    assert str(error.value) == "max: where= needs initial=, the value of a max of nothing"


@pytest.mark.parametrize("function", ["sum", "prod", "mean", "var", "std"])
def test_the_dtype_asked_for_is_that_of_the_sum(function, rng):
    x = sample((2, 3), "int32", rng)
    for dtype in ("float64", "float16", "complex64"):
        got = getattr(np, function)(x, axis=0, dtype=dtype)
        if function in ("var", "std"):
            assert got.dtype.kind == "f"
        else:
            assert got.dtype == dtype
        want = getattr(numpy, function)(x.astype("float64"), axis=0)
        numpy.testing.assert_allclose(numpy.asarray(got).real, want, rtol=1e-2, atol=1e-2)


@pytest.mark.parametrize(
    ("dtype", "total"),
    [
        ("bool", "int32"),
        ("int8", "int32"),
        ("uint16", "uint32"),
        *[
            (same, same)
            for same in ["int32", "int64", "uint64", "float16", "bfloat16", "float64", "complex128"]
        ],
    ],
)
def test_sums_widen_narrow_integers_alone(dtype, total):
    x = np.ones((2, 3), dtype)
    assert np.sum(x).dtype == total
    assert np.prod(x, axis=0).dtype == total
    assert np.max(x).dtype == np.min(x, axis=1).dtype == x.dtype


def test_means_of_half_precision_neither_overflow_nor_lose_digits():
    x = np.full(4096, 60.0, "float16")
    tiny = np.full(4096, 1.0, "bfloat16")
    results = [np.mean(x), np.var(x), np.sum(tiny), np.mean(tiny)]
    assert [float(result) for result in results] == [60.0, 0.0, 4096.0, 1.0]
    assert [result.dtype for result in results[:2]] == ["float16", "float16"]
    assert results[2].dtype == ml_dtypes.bfloat16


def test_variance_does_not_cancel():
    x = numpy.float32([10000.0, 10001.0, 10002.0])
    assert float(np.var(x)) == pytest.approx(2 / 3, rel=1e-5)


def test_nan_wins_extremes():
    x = numpy.float32([1.0, numpy.nan, 3.0])
    assert numpy.isnan(np.max(x))
    assert numpy.isnan(np.min(x))
    assert numpy.isnan(np.ptp(x))


def test_variance_takes_a_correction_or_a_known_mean():
    x = numpy.arange(6, dtype="float32").reshape(2, 3)
    for keywords in ({"ddof": 1}, {"correction": 1}, {"ddof": 1.5}):
        compare(np.var(x, axis=1, **keywords), numpy.var(x, axis=1, **keywords), str(keywords))
    mean = np.mean(x, axis=1, keepdims=True)
    compare(np.std(x, axis=1, mean=mean), numpy.std(x, axis=1), "std with its mean")


def test_lists_and_numbers_reduce():
    check(
        [
            Call("sum", ([[1, 2], [3, 4]],)),
            Call("sum", (3,)),
            Call("mean", ([1, 2],)),
            Call("max", ([1.5, 2.5],)),
            Call("any", ([False, True],)),
        ]
    )
    assert float(np.sum([np.ones(()), 2.0])) == 3.0


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (
            lambda x: np.sum(x, axis=3),
            "sum: axis 3 is out of range for f32[2,3]; give one of -2 to 1",
        ),
        (
            lambda x: np.mean(x, axis=(0, -2)),
            "mean: axis (0, -2) names an axis of f32[2,3] twice",
        ),
        (
            lambda x: np.max(1.0, axis=0),
            "max: axis 0 is out of range for ~f32[]; a 0-d array has no axes",
        ),
        (
            lambda x: np.sum(x, axis=1.5),
            "sum: axis must be an int, got 1.5",
        ),
        (
            lambda x: np.sum(x, out=x),
            "sum with out=: the result f32[] does not fit the array f32[2,3]; write x = x ... "
            "instead",
        ),
        (
            lambda x: np.sum(x, out=x[0, 0]),
            "sum: out= is f32[], a part or another shape of an array; that is a copy here, so the "
            "array would not change: write x[...] = sum(...)",
        ),
        (
            lambda x: np.mean(x, out=np.zeros((), int)),
            "mean with out=: the result f32[] does not convert safely to int32; write x = x ... "
            "instead, or use astype",
        ),
        (
            lambda x: np.sum(x, dtype="foo"),
            "sum: 'foo' is not a dtype; use a name such as 'float32', 'int32', 'bool' or "
            "'bfloat16'",
        ),
    ],
)
def test_what_does_not_fit_is_an_error_at_the_call(call, message):
    with pytest.raises(LazyaxTypeError) as error:
        call(np.ones((2, 3)))
    assert str(error.value) == message

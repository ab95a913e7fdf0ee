"""Averages, quantiles, covariances, histograms, and reductions without NaN, as NumPy's."""

from __future__ import annotations

import numpy
import pytest
from numpy_table import Call, check, compare, sample

import lazyax as lx
import lazyax.numpy as np
from lazyax.errors import LazyaxTypeError
from lazyax.ops.numpy.quantile_methods import METHODS

GENERATOR = numpy.random.default_rng(3)
X = GENERATOR.normal(size=(4, 5)).astype("float32")
HOLES = numpy.where(GENERATOR.random((4, 5)) < 0.3, numpy.nan, X).astype("float32")
HOLES[0] = numpy.nan
INTEGERS = sample((4, 5), "int32", GENERATOR)
COMPLEX = (X + 1j * X[::-1]).astype("complex64")

AXES = [None, 0, -1, (0, 1)]


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize("keepdims", [False, True])
@pytest.mark.parametrize(
    "function", ["nansum", "nanprod", "nanmax", "nanmin", "nanmean", "nanvar", "nanstd"]
)
def test_reductions_leave_nan_out(function, keepdims):
    check(
        Call(function, (x,), {"axis": axis, "keepdims": keepdims})
        for x in (HOLES, X, INTEGERS)
        for axis in AXES
    )


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_reductions_without_nan_take_where_initial_and_ddof():
    mask = X > -1
    check(
        [
            *[Call(f, (HOLES,), {"where": mask, "axis": 1}) for f in ("nansum", "nanmean")],
            *[Call(f, (HOLES,), {"initial": 2.0, "axis": 1}) for f in ("nansum", "nanprod")],
            Call("nanvar", (HOLES,), {"axis": 1, "ddof": 1}),
            Call("nanstd", (HOLES,), {"correction": 1}),
            *[Call(f, (HOLES, 1)) for f in ("nancumsum", "nancumprod")],
            Call("nancumsum", (INTEGERS,)),
        ]
    )


ORDER = [
    *[Call("median", (x,), {"axis": a, "keepdims": k})
      for x in (X, X[:3], INTEGERS) for a in AXES for k in (False, True)],
    *[Call("quantile", (X, q), {"axis": a, "keepdims": k})
      for q in (0.3, [0.0, 0.25, 1.0], [[0.1, 0.5]]) for a in AXES for k in (False, True)],
    *[Call("quantile", (X, [0.1, 0.5, 0.83]), {"axis": 1, "method": m})
      for m in METHODS],
    *[Call("nanquantile", (HOLES, [0.0, 0.5, 0.83]), {"axis": 1, "method": m}) for m in METHODS],
    *[Call("quantile", (X, [0.0, 0.4, 1.0]), {"axis": 1, "weights": w, "method": "inverted_cdf"})
      for w in (numpy.float32([0, 1, 2, 1, 3]), numpy.abs(X))],
    Call("nanquantile", (HOLES[1:], [0.0, 0.4]),
         {"axis": 1, "weights": numpy.abs(X[1:]), "method": "inverted_cdf"}),
    *[Call("percentile", (X, q), {"axis": 0}) for q in (30, [0, 50.5, 100])],
    *[Call("median", (HOLES, a)) for a in (None, 1)],
    Call("quantile", (HOLES, 0.3), {"axis": 1}),
    *[Call("nanmedian", (x,), {"axis": a, "keepdims": k})
      for x in (HOLES, X) for a in AXES for k in (False, True)],
    *[Call("nanquantile", (HOLES, q), {"axis": a}) for q in (0.3, [0.0, 0.7]) for a in AXES],
    Call("nanpercentile", (HOLES, [10, 90]), {"axis": 1, "method": "lower"}),
]  # fmt: skip


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_order_statistics_are_numpys():
    check(ORDER)


def test_infinities_stay_where_elements_are_equal():
    x = numpy.float32([-numpy.inf, numpy.inf, numpy.inf, numpy.inf])
    results = [np.median(x), np.quantile(x, 0.9), np.quantile(x, 0.0)]
    lx.materialize(results)
    assert [float(result) for result in results] == [numpy.inf, numpy.inf, -numpy.inf]


def test_another_quantile_does_not_compile_again(compiles):
    x = np.asarray(X)
    for q in (0.1, 0.5, 0.9):
        numpy.testing.assert_allclose(float(np.quantile(x, q)), numpy.quantile(X, q), rtol=1e-5)
    assert compiles.count == 1


def test_averages_covariances_and_correlations_are_numpys():
    w, counts = numpy.float32([1, 2, 0.5, 3, 1]), numpy.array([1, 2, 1, 0, 3])
    check(
        [
            *[Call("average", (X, a), {"keepdims": k}) for a in AXES for k in (False, True)],
            Call("average", (X, 1, w)),
            Call("average", (X, 1, w), {"returned": True}),
            Call("average", (X,), {"weights": X**2}),
            Call("average", (INTEGERS, 0), {"returned": True}),
            *[Call("cov", (x,), rtol=1e-4) for x in (X, X[0], COMPLEX, INTEGERS, X.T)],
            Call("cov", (X, X[:2]), rtol=1e-4),
            Call("cov", (X,), {"rowvar": False, "bias": True}, rtol=1e-4),
            Call("cov", (X,), {"ddof": 0, "fweights": counts}, rtol=1e-4),
            Call("cov", (X,), {"aweights": w, "fweights": counts}, rtol=1e-4),
            *[
                Call("corrcoef", args, rtol=1e-4)
                for args in [(X,), (X[0], X[1]), (X[0],), (COMPLEX,)]
            ],
        ]
    )


def test_counts_and_histograms_are_numpys():
    v, w = numpy.array([0, 3, 1, 3, 7]), numpy.float32([1, 0.5, 2, 1, 1])
    points = GENERATOR.random((20, 2)).astype("float32")
    edges = numpy.float32([-1, 0, 0.5, 2])
    check(
        [
            Call("bincount", (v,)),
            Call("bincount", (v, w)),
            Call("bincount", (v,), {"minlength": 10}),
            Call("bincount", (v[:0],)),
            *[Call("histogram", (x,)) for x in (X, INTEGERS, X[0] * 0, X[:0])],
            Call("histogram", (X, 4), {"range": (-1, 1)}),
            Call("histogram", (X, edges), {"density": True}),
            Call("histogram", (X, edges), {"weights": X**2}),
            Call("histogram", (X, "sturges")),
            Call("histogram_bin_edges", (X, 3)),
            Call("histogram2d", (points[:, 0], points[:, 1])),
            Call(
                "histogram2d", (points[:, 0], points[:, 1], [3, 4]), {"range": [[0, 1], [0.2, 1]]}
            ),
            Call("histogram2d", (points[:, 0], points[:, 1], edges)),
        ]
    )
    inside = {"density": True, "bins": 4, "range": [[0, 0.5], [0.2, 1]]}
    calls = [(points, {"bins": 3}), (points, {"bins": (2, edges)}), (points, inside)]
    calls += [(list(points.T), {"bins": numpy.array([3, 4])}), (points[:, 0], {"bins": 3})]
    for these, keywords in calls:
        got, got_edges = np.histogramdd(these, **keywords)
        want, want_edges = numpy.histogramdd(these, **keywords)
        compare(got, want, "histogramdd", dtypes=False)
        for one, other in zip(got_edges, want_edges, strict=True):
            compare(one, other, "edges", dtypes=False)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_even_bins_hold_what_their_edges_say(dtype, rng):
    for bins, width in [(1, 3.0), (7, 1e-3), (100, 0.1), (300, 1e4)]:
        low = float(rng.normal() * width)
        edges = numpy.asarray(np.linspace(np.array(low, dtype), low + width, bins + 1))
        around = [numpy.nextafter(edges, numpy.inf), numpy.nextafter(edges, -numpy.inf)]
        others = [rng.uniform(low - width, low + 2 * width, 99), [numpy.inf, -numpy.inf, numpy.nan]]
        x = np.array(numpy.concatenate([edges, *around, *others]).astype(dtype))
        counts, used = np.histogram(x, bins, (float(edges[0]), float(edges[-1])))
        assert counts.tolist() == np.histogram(x, np.array(numpy.asarray(used)))[0].tolist()
        assert counts.sum() > 3 * bins


def test_a_static_length_leaves_out_what_is_beyond():
    counted = lx.jit(lambda x: np.bincount(x, length=3))(numpy.array([0, 2, 2, 5, -1]))
    numpy.testing.assert_array_equal(numpy.asarray(counted), [1, 0, 2])


def test_statistics_differentiate():
    x = X[0]
    slopes = {
        "median": (lx.grad(np.median)(x), (numpy.argsort(numpy.argsort(x)) == 2) * 1.0),
        "nanmean": (lx.grad(np.nanmean)(HOLES[1]), ~numpy.isnan(HOLES[1])),
        "average": (lx.grad(lambda x: np.average(x, weights=x * 0 + 2))(x), numpy.full(5, 0.2)),
    }
    lx.materialize([got for got, _ in slopes.values()])
    for name, (got, want) in slopes.items():
        want = want / want.sum()
        numpy.testing.assert_allclose(numpy.asarray(got), want, atol=1e-6, err_msg=name)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: np.quantile(X, 1.5), "quantile: q must be from 0 to 1, got 1.5"),
        (lambda: np.percentile(X, [10, 101]), "percentile: q must be from 0 to 100, got [10, 101]"),
        (
            lambda: np.quantile(X, 0.5, method="odd"),
            f"quantile: method is one of {', '.join(METHODS)}, got 'odd'",
        ),
        (
            lambda: np.quantile(X, 0.5, weights=X),
            "quantile: weights need method 'inverted_cdf', got 'linear'",
        ),
        (
            lambda: np.quantile(X, 0.5, weights=X[0], method="inverted_cdf"),
            "quantile: weights f32[5] do not fit f32[4,5]; give one for each element, or one for "
            "each along a single axis",
        ),
        (lambda: np.median(COMPLEX), "median: complex numbers are in no order, got c64[4,5]"),
        (lambda: np.median(X[:0]), "median: f32[0,5] has no elements along axis None"),
        (
            lambda: np.average(X, 1, weights=[1.0, 2.0]),
            "average: weights f32[2] do not fit axis 1 of f32[4,5]; give one for each element of "
            "it",
        ),
        (
            lambda: np.average(X, weights=[1.0, 2.0]),
            "average: weights f32[2] need the shape of f32[4,5], or one axis and axis=",
        ),
        (lambda: np.cov(np.ones((2, 2, 2))), "cov: needs two axes or fewer, got f32[2,2,2]"),
        (lambda: np.bincount([0, -1]), "bincount: elements must not be negative, got -1"),
        (lambda: np.bincount([0.5]), "bincount: needs 1-d integers, got f32[1]"),
        (
            lambda: np.histogram(X, 0),
            "histogram: needs one bin or more, got 0",
        ),
        (
            lambda: np.histogram(X, range=(1.0, 0.0)),
            "histogram: range= needs two finite ends, the lower one first, got (1.0, 0.0)",
        ),
        (
            lambda: np.histogramdd(X, range=[(0, numpy.inf)] * 5),
            "histogram: range= needs two finite ends, the lower one first, got (0, inf)",
        ),
        (lambda: np.histogram(X, X), "histogram: edges need one axis, got f32[4,5]"),
        (
            lambda: np.histogram(X, [1, 3, 1]),
            "histogram: edges need to ascend, got [1, 3, 1]",
        ),
        (
            lambda: np.histogram(X, "fd", weights=X),
            "histogram: the rule 'fd' does not weigh; give a number",
        ),
        (
            lambda: np.nanstd(X, ddof=1, correction=2),
            "nanstd: ddof= and correction= are one thing, got 1 and 2; give one of them",
        ),
        (
            lambda: np.nanmean(X, dtype="int32"),
            "nanmean: an inexact array needs an inexact dtype, got int32; use astype",
        ),
    ],
)
def test_what_does_not_fit_is_an_error_at_the_call(call, message):
    with pytest.raises(LazyaxTypeError) as error:
        call()
    assert str(error.value) == message

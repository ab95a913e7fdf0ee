"""Differences, running sums, convolutions, interpolation, polynomials, windows: as NumPy's."""

from __future__ import annotations

import numpy
import pytest
from numpy_table import Call, check

import lazyax as lx
import lazyax.numpy as np
from lazyax.errors import LazyaxTypeError
from lazyax.graph.traversal import toposort
from lazyax.ops import primitives as p

GENERATOR = numpy.random.default_rng(11)
V = GENERATOR.normal(size=7).astype("float32")
M = GENERATOR.normal(size=(4, 5)).astype("float32")
I = GENERATOR.integers(-5, 5, (4, 5)).astype("int32")  # noqa: E741
PLACES = numpy.float32([0, 1, 3, 3.5, 6])

RUNNING = [
    *[Call(f, (x, axis)) for f in ("cumsum", "cumprod") for x in (M, I) for axis in (None, 0, -1)],
    *[Call("cumsum", (M > 0,)), Call("cumsum", (numpy.int8([100, 100]),))],
    *[Call("cumsum", (numpy.zeros((0, 3), "f4"), 0)), Call("cumprod", (numpy.float32(2),))],
    Call("cumsum", (I,), {"dtype": "float32"}),
    *[
        Call(f"cumulative_{f}", (V,), {"include_initial": b})
        for f in ("sum", "prod")
        for b in (0, 1)
    ],
    Call("cumulative_sum", (M,), {"axis": 1, "include_initial": True}),
]

DIFFERENCES = [
    *[Call("diff", (x,), {"n": n, "axis": a}) for x in (M, I) for n in (0, 1, 3) for a in (0, -1)],
    *[
        Call("diff", (M > 0,)),
        Call("diff", (V, 9)),
        Call("diff", (V,), {"prepend": 0, "append": 9}),
    ],
    Call("diff", (M,), {"axis": 0, "prepend": M[:1]}),
    *[Call("ediff1d", (V,)), Call("ediff1d", (I,), {"to_begin": -9, "to_end": [8, 9]})],
    *[
        Call("gradient", args)
        for args in [(V,), (M,), (V, 2.0), (M, 0.5), (M, 0.5, 2), (PLACES[1:],)]
    ],
    *[Call("gradient", (M,), {"axis": axis}) for axis in (0, (1, 0))],
    Call("gradient", (V[:5] ** 2, PLACES + numpy.float32([0, 0, 0, 0.2, 0]))),
    *[Call("gradient", (x,), {"edge_order": 2}) for x in (V, M)],
    Call("gradient", (V[:5], numpy.float32([0, 1, 3, 4, 7])), {"edge_order": 2}),
    *[Call("trapezoid", args) for args in [(V,), (M,), (I,), (V[:5], PLACES), (M, PLACES)]],
    *[Call("trapezoid", (M,), {"axis": 0, "dx": 0.5}), Call("trapezoid", (M, M.cumsum(1)))],
]

SIGNALS = [
    *[Call(f, (V[:n], V[2 : 2 + m], mode), rtol=1e-4)
      for f in ("convolve", "correlate") for n in (1, 4, 5) for m in (1, 2, 5)
      for mode in ("full", "same", "valid")],
    *[Call(f, (V[:4] + 1j * V[1:5], V[3:6] * 1j)) for f in ("convolve", "correlate")],
    *[Call("convolve", (I[0], I[1])), Call("convolve", ([1, 2], 3))],
    *[Call("interp", (x, PLACES, V[:5])) for x in (0.5, M, PLACES, [-1.0, 9.0])],
    Call("interp", ([-1.0, 0.5, 9.0], PLACES, V[:5], -7, 8)),
    Call("interp", ([-1.0, 3.2, 9.0, 100.0], PLACES, V[:5]), {"period": 5.5}),
    Call("interp", ([0.5, 2.0], PLACES, V[:5] + 1j)),
    Call("interp", ([0.5, 2.0], [1.0], [3.0])),
    *[Call("unwrap", (x,), rtol=1e-4) for x in (V * 4, M * 4, V[:1])],
    *[Call("unwrap", (M * 4,), {"axis": 0}, rtol=1e-4), Call("unwrap", (V * 4, 5.0), rtol=1e-4)],
    Call("unwrap", (numpy.float32([0, 3, 6, 1, 4]),), {"period": 8}),
]  # fmt: skip

POLYNOMIALS = [
    *[
        Call("polyval", (c, x), rtol=1e-4)
        for c in (V[:3], [2], [1, 2, 3])
        for x in (M, 2.0, [1, 2])
    ],
    *[Call(f, (V[:3], V[:5])) for f in ("polyadd", "polysub", "polymul")],
    *[Call("polyder", (V, n), rtol=1e-4) for n in (0, 1, 2)],
    *[Call("polyint", (V,)), Call("polyint", (V, 2, [1.0, 2.0])), Call("polyint", (V, 2, 3.0))],
    *[Call("poly", (V[:3],), rtol=1e-4), Call("polydiv", ([1.0, -3, 5], [1.0, -1]))],
    *[Call("vander", (V[:3],), rtol=1e-4)],
]

WINDOWS = [
    *[Call(f, (n,), rtol=1e-4)
      for f in ("bartlett", "blackman", "hamming", "hanning") for n in (0, 1, 2, 7)],
    *[Call("kaiser", (n, beta), rtol=1e-4) for n in (1, 5) for beta in (0.0, 8.6, 14.0)],
    Call("i0", (numpy.float32([-20, -8, -1, 0, 0.5, 7.9, 8.1, 30]),)),
]  # fmt: skip

FAMILIES = {
    "running": RUNNING,
    "differences": DIFFERENCES,
    "signals": SIGNALS,
    "polynomials": POLYNOMIALS,
    "windows": WINDOWS,
}


@pytest.mark.parametrize("family", FAMILIES)
def test_a_family_is_numpys(family):
    check(FAMILIES[family])


def test_running_sums_of_halves_are_carried_in_more_bits():
    x = np.full(4096, 1.0, "float16")
    assert float(np.cumsum(x)[-1]) == 4096
    assert np.cumsum(x).dtype == "float16"


def test_a_convolution_is_one_primitive():
    ops = [type(node.op) for node in toposort([np.convolve(V, V[:3])._node])]
    assert ops.count(p.Convolution) == 1


LINEAR = {
    "convolve": lambda np, x: np.convolve(x, V[:3]),
    "cumsum": lambda np, x: np.cumsum(x),
    "diff": lambda np, x: np.diff(x, append=0),
    "gradient": lambda np, x: np.gradient(x),
    "interp": lambda np, x: np.interp(PLACES + 0.1, numpy.arange(7.0), x),
}
"""Functions whose slope, by a unit vector, is their value there."""


@pytest.mark.parametrize("name", LINEAR)
def test_sequences_differentiate(name):
    function = LINEAR[name]
    rows = numpy.stack([function(numpy, unit) for unit in numpy.eye(7)])
    weights = numpy.arange(1, rows.shape[1] + 1, dtype="float32")
    got = lx.grad(lambda x: (function(np, x) * weights).sum())(V)
    numpy.testing.assert_allclose(numpy.asarray(got), rows @ weights, rtol=1e-4)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: np.diff(1.0), "diff: axis -1 is out of range for ~f32[]; a 0-d array has no axes"),
        (lambda: np.diff(V, n=-1), "diff: n must not be negative, got -1"),
        (lambda: np.gradient(V[:1]), "gradient: axis 0 of f32[1] needs 2 samples or more"),
        (
            lambda: np.gradient(M, 1.0, 2.0, 3.0),
            "gradient: 2 axes need as many distances or one, got 3",
        ),
        (
            lambda: np.gradient(V, PLACES),
            "gradient: axis 0 of f32[7] needs 7 coordinates, got f32[5]",
        ),
        (
            lambda: np.convolve(V, V, "most"),
            "convolve: mode is one of full, same, valid, got 'most'",
        ),
        (
            lambda: np.correlate(M, V),
            "correlate: needs 1-d arrays that are not empty, got f32[4,5]",
        ),
        (
            lambda: np.interp(V, PLACES, V),
            "interp: needs xp and fp 1-d and of one length, got f32[5] and f32[7]",
        ),
        (lambda: np.cumulative_sum(M), "cumulative_sum: needs axis= for f32[4,5]"),
        (lambda: np.polyint(V, 2, [1, 2, 3]), "polyint: k needs 1 or 2 constants, got f32[3]"),
        (lambda: np.vander(M), "vander: needs a 1-d array, got f32[4,5]"),
        (
            lambda: np.ediff1d([1, 2], to_end=0.5),
            "ediff1d: an end ~f32[] does not convert safely to the dtype of i32[2]; use astype",
        ),
    ],
)
def test_what_does_not_fit_is_an_error_at_the_call(call, message):
    with pytest.raises(LazyaxTypeError) as error:
        call()
    assert str(error.value) == message

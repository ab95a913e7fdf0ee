"""Choices, comparisons, rounding, index arithmetic and functions of rows, as NumPy's."""

from __future__ import annotations

import numpy
import pytest
from numpy_table import Call, check, compare

import lazyax as lx
import lazyax.numpy as np
from lazyax.errors import LazyaxTypeError

X = numpy.float32([[-2.5, -1, 0], [0.5, 1.5, 2.5]])
ODD = numpy.float32([numpy.nan, numpy.inf, -numpy.inf, 0, 1.5])
N = numpy.arange(6).reshape(2, 3)
T = numpy.arange(24, dtype="float32").reshape(2, 3, 4)

CHOICES = [
    Call("select", ([X < 0, X > 1], [X, X * 10])),
    Call("select", ([X < 0, X < 1], [0, X], 9.5)),
    Call("select", ([N < 2, N < 4], [N, N * 2], -1)),
    Call("piecewise", (X, [X < 0, X > 1], [-1, 1])),
    Call("piecewise", (X, [X < 0, X > 1], [lambda x: -x, lambda x: x * 2, 7])),
    Call("piecewise", (X[0], X[0] < 0, [lambda x, k: x - k, lambda x, k: x], 5)),
    Call("piecewise", (N, [N < 2], [lambda x: x * 10])),
    Call("choose", (N % 2, [X, X * 10])),
    *[Call("choose", (N - 2, [X, 5, N]), {"mode": mode}) for mode in ("wrap", "clip")],
    *[Call("nan_to_num", (x,)) for x in (ODD, N, ODD + 1j)],
    Call("nan_to_num", (ODD,), {"nan": 7, "posinf": 8, "neginf": -9}),
    *[Call(f, (X, n)) for f in ("round", "around") for n in (0, 1, -1)],
    *[Call("round", (N * 7, n)) for n in (0, 2, -1)],
    *[Call("round", (X + 1.26j, 1)), Call("round", (2.567, 2))],
    *[Call("where", (c, a, b)) for c, a, b in [(X > 0, X, 0), ([True, False], 1, [2, 3])]],
    Call("where", (N, X[:1], 2.5)),
]

COMPARISONS = [
    *[Call(f, (X, X + d)) for f in ("isclose", "allclose") for d in (0, 1e-6, 0.1)],
    *[Call(f, (ODD, ODD), {"equal_nan": e}) for f in ("isclose", "allclose") for e in (0, 1)],
    *[Call("isclose", (N, N + 1), {"atol": 1.5}), Call("isclose", (X, [0, 1, 2]), {"rtol": 0.5})],
    Call("isclose", (X + 1j, X + 1.00001j)),
    *[Call("array_equal", args) for args in [(X, X), (X, X[0]), (N, N + 1), ([1], [1.0])]],
    *[Call("array_equal", (ODD, ODD), {"equal_nan": e}) for e in (False, True)],
    *[Call("array_equiv", args) for args in [(X, X), (X[:1], X), (1, [1, 1]), (X, X[:, :2])]],
    *[Call(f, (x,)) for f in ("iscomplex", "isreal") for x in (X, X + 1j, [1, 1j, 2 + 0j], 3)],
    *[Call("isin", (N, [1, 4, 9]), {"invert": i}) for i in (False, True)],
    *[Call("isin", (X, 0.5)), Call("isin", (2, N)), Call("isin", (N, []))],
    Call("in1d", (N, [2, 3]), want=lambda a, b: numpy.isin(a, b).ravel()),
    Call("isin", (numpy.array([1, 2], "uint64"), numpy.array([2, -1])), {"kind": "table"}),
]

INDICES = [
    *[Call("unravel_index", (i, (3, 4)), {"order": o}) for i in (7, [0, 5, 11]) for o in "CF"],
    Call("unravel_index", ([3], (5,))),
    Call("ravel_multi_index", (([0, 2], [1, 3]), (3, 4))),
    *[
        Call("ravel_multi_index", (([0, 5], [-1, 3]), (3, 4)), {"mode": m})
        for m in ("clip", "wrap")
    ],
    Call("ravel_multi_index", (([0, 2], [1, 3]), (3, 4)), {"order": "F"}),
    Call("ravel_multi_index", (([0, 2], [5, -9]), (3, 4)), {"mode": ("raise", "wrap")}),
    Call("ravel_multi_index", (numpy.zeros((2, 0), int), (3, 0))),
    Call("ravel_multi_index", ([9, 65535], (2**16, 2**16)), dtypes=False),
]

ROWS = [
    *[Call("apply_along_axis", (f, a, T)) for a in (0, 1, -1)
      for f in (lambda r: r.sum(), lambda r: r * 2, lambda r: r[:, None] * r)],
    Call("apply_along_axis", (lambda r, k: r - k, 0, N, 3)),
    *[Call("cross", (X[0], x)) for x in (X[1], X, T[0, 0, :3])],
    Call("cross", (X, X), {"axis": 1}),
    Call("cross", (T[:, :, 0], T[:, :, 1]), {"axisa": 1, "axisb": 1, "axisc": 0}),
    *[Call("kron", args) for args in [(N, X), ([1, 2], X), (X, 3), (T, N)]],
    *[Call("packbits", (x,)) for x in (numpy.eye(3, dtype=bool), N, [1] * 8)],
    *[Call("packbits", (N > 2, 1)), Call("packbits", (N > 2, 0, "little"))],
    *[Call("unpackbits", (numpy.uint8([[1, 255], [7, 128]]), a)) for a in (None, 0, 1)],
    Call("unpackbits", (numpy.uint8([[1, 255]]), 1), {"count": 11, "bitorder": "little"}),
    Call("unpackbits", (numpy.uint8([[1, 255]]), 1), {"count": -3}),
    Call("unpackbits", (numpy.uint8([1]),), {"count": 12}),
]  # fmt: skip

FAMILIES = {"choices": CHOICES, "comparisons": COMPARISONS, "indices": INDICES, "rows": ROWS}


@pytest.mark.filterwarnings("ignore:Arrays of 2-dimensional vectors:DeprecationWarning")
@pytest.mark.parametrize("family", FAMILIES)
def test_a_family_is_numpys(family):
    check(FAMILIES[family])


def test_functions_over_axes_and_joiners_are_numpys():
    pairs = [
        (np.apply_over_axes(np.sum, T, (0, 2)), numpy.apply_over_axes(numpy.sum, T, (0, 2))),
        (np.r_[0:3, 7, X[0]], numpy.r_[0:3, 7, X[0]].astype("float32")),
        (np.r_[0:1:3j, 5.0], numpy.r_[0:1:3j, 5.0]),
        (np.c_[X[0], X[1]], numpy.c_[X[0], X[1]]),
        (np.asarray(N, int)[np.s_[1, ::2]], N[numpy.s_[1, ::2]]),
    ]
    lx.materialize([got for got, _ in pairs])
    for got, want in pairs:
        compare(got, want, "a joiner")
    for got, want in zip(
        np.mask_indices(3, np.triu, 1), numpy.mask_indices(3, numpy.triu, 1), strict=True
    ):
        compare(got, want, "mask_indices")
    with pytest.raises(LazyaxTypeError, match="r_: directives in strings are not supported"):
        np.r_["-1", [1, 2]]


def test_the_slope_of_a_choice_is_that_of_the_branch():
    slopes = [
        lx.grad(lambda x: np.select([x < 0, x < 1], [x * 2, x * 3], x * 5).sum())(X[0]),
        lx.grad(lambda x: np.piecewise(x, [x < -2], [lambda x: x * x]).sum())(X[0]),
        lx.grad(lambda x: np.nan_to_num(x).sum())(ODD),
        lx.grad(lambda x: np.apply_along_axis(lambda r: (r**2).sum(), 1, x).sum())(X),
    ]
    lx.materialize(slopes)
    wanted = [[2, 2, 3], [-5, 0, 0], [0, 0, 0, 1, 1], X * 2]
    for got, want in zip(slopes, wanted, strict=True):
        numpy.testing.assert_allclose(numpy.asarray(got), want)


def test_comparisons_decide_in_python():
    assert np.allclose(X, X * (1 + 1e-7))
    assert not np.array_equal(X, X + 1)
    assert np.array_equal(X, X) is not True


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (
            lambda: np.select([X < 0], []),
            "select: needs as many conditions as choices, and one at least, got 1 and 0",
        ),
        (
            lambda: np.piecewise(X, [X < 0], [1, 2, 3]),
            "piecewise: 1 conditions need as many functions or one more, got 3",
        ),
        (
            lambda: np.choose(X, [1, 2]),
            "choose: needs integers and a mode of 'raise', 'wrap' or 'clip', got f32[2,3] and "
            "'raise'",
        ),
        (lambda: np.where(X > 0, X), "where: give both x and y, or neither"),
        (lambda: np.round(X, 1.5), "round: decimals must be an int, got 1.5"),
        (lambda: np.unravel_index(1.5, (3,)), "unravel_index: needs integers, got ~f32[]"),
        (
            lambda: np.unravel_index([1, 6], (2, 3)),
            "unravel_index: indices [1, 6] are out of range for (2, 3); give 0 to 5",
        ),
        (
            lambda: np.ravel_multi_index(([1], [-1]), (2, 3)),
            "ravel_multi_index: indices [-1] are out of range for (2, 3); give 0 to 2",
        ),
        (
            lambda: np.unravel_index(X[0].argmax(), (2, 0)),
            "unravel_index: (2, 0) has no positions, got indices i64[]",
        ),
        (
            lambda: np.unravel_index([1], (2**40, 2**40)),
            "unravel_index: (1099511627776, 1099511627776) has more positions than int64 counts",
        ),
        (
            lambda: np.ravel_multi_index(([1],), (2, 3)),
            "ravel_multi_index: 1 indices and mode 'raise' do not fit (2, 3); modes are raise, "
            "clip, wrap",
        ),
        (
            lambda: np.cross([1, 2, 3, 4], [1, 2, 3, 4]),
            "cross: needs vectors of 2 or 3 along axis, got i32[4]",
        ),
        (
            lambda: np.apply_along_axis(np.sum, 5, T),
            "apply_along_axis: axis 5 is out of range for f32[2,3,4]; give one of -3 to 2",
        ),
        (lambda: np.unpackbits(N), "unpackbits: needs uint8, got i64[2,3]"),
    ],
)
def test_what_does_not_fit_is_an_error_at_the_call(call, message):
    with pytest.raises(LazyaxTypeError) as error:
        call()
    assert str(error.value) == message


def test_the_third_component_of_a_plane_vector_is_zero():
    """NumPy did so until 2.5, which refuses them."""
    expected = numpy.cross(numpy.append(X[0, :2], 0), X[1])
    numpy.testing.assert_allclose(numpy.asarray(np.cross(X[0, :2], X[1])), expected)

"""Arrays made of values, of nothing, in the likeness of others, and by rule."""

from __future__ import annotations

import ml_dtypes
import numpy
import pytest
from numpy_table import Call, check, compare

import lazyax as lx
import lazyax.numpy as np
from lazyax.errors import LazyaxTypeError
from lazyax.ops import primitives as p

SHAPES = [(), (3,), 3, (2, 0), (2, 3), [2, 2]]
DTYPES = ["bool", "int8", "uint32", "int64", "float16", "float64", "complex64", float, int, complex]

X = numpy.float32([[1, 2, 3], [4, 5, 6]])


@pytest.mark.parametrize("function", ["zeros", "ones"])
def test_constants_have_shape_and_dtype(function):
    check([Call(function, (shape,)) for shape in SHAPES])
    made = {dtype: getattr(np, function)(2, dtype=dtype) for dtype in DTYPES}
    lx.materialize(list(made.values()))
    defaults = {float: "float32", int: "int32", complex: "complex64"}
    for dtype, result in made.items():
        assert result.dtype == defaults.get(dtype, dtype)
        assert (numpy.asarray(result) == (function == "ones")).all()


def test_empty_has_shape_and_dtype_and_some_value():
    assert np.empty((2, 3)).aval == lx.numpy.zeros((2, 3)).aval
    assert np.empty_like(X, dtype="int8").aval is np.zeros((2, 3), "int8").aval


def test_full_is_the_value_in_its_dtype():
    check(
        [
            Call("full", ((2, 3), 7)),
            Call("full", (3, 2.5)),
            Call("full", ((2,), True)),
            Call("full", ((2, 3), [1, 2, 3])),
            Call("full", ((2, 3), 7, "float64"), dtypes=False),
            Call("full_like", (X, 7)),
            Call("full_like", (X, 7.5, int)),
            Call("full_like", (X, [[1], [2]]), {"dtype": "int8"}),
            Call("zeros_like", (X,)),
            Call("ones_like", (X,), {"shape": (4,)}),
            Call("zeros_like", ([1, 2],)),
        ]
    )
    assert np.full(3, 1.0, "float64").dtype == "float64"


def test_another_fill_value_does_not_compile_again(compiles):
    for value in (1.0, 2.5, 0.0):
        assert float((np.full((3, 5), value) * 2)[0, 0]) == value * 2
    assert compiles.count <= 2


@pytest.mark.parametrize(
    "value",
    [
        3,
        2.5,
        True,
        1 + 2j,
        [1, 2],
        [[1.5, 2], [3, 4]],
        (1, 2, 3),
        [],
        [[], []],
        [True, False],
        X,
        X.astype("float64"),
        numpy.int8([1, 2]),
        numpy.float16(2),
        numpy.zeros((0, 3), "int64"),
        [numpy.float32(1), 2],
        [X[0], [1, 2, 3]],
    ],
    ids=repr,
)
def test_array_is_numpys_in_the_default_dtypes(value):
    for function in ("array", "asarray", "copy", "asanyarray"):
        got = getattr(np, function)(value)
        want = numpy.array(value)
        typed = isinstance(value, (numpy.ndarray, numpy.generic))
        assert not got.aval.weak_type
        compare(got, want, function, dtypes=not typed)
        if typed:
            assert got.dtype == want.dtype


def test_array_of_lazy_arrays_is_lazy_and_differentiable():
    with lx.no_materialize():
        x = np.ones(3)
        both = np.array([x, x * 2])
        assert both.aval is np.zeros((2, 3)).aval
        assert np.asarray(x)._node is x._node
        assert np.array(x, "float64").dtype == "float64"
        assert np.array([x[0], 2.0]).aval is np.zeros(2).aval
    assert float(lx.grad(lambda t: np.array([t, t * t]).sum())(3.0)) == 7


def test_array_keeps_numbers_exact_in_the_dtype_asked_for():
    assert np.array(2**40, "int64").item() == 2**40
    assert np.array([0.1], "float64")[0].item() == 0.1
    assert np.array(1, dtype="bfloat16").dtype == ml_dtypes.bfloat16
    assert np.array([1, 2], ndmin=3).shape == (1, 1, 2)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (
            lambda: np.zeros(3, dtype="foo"),
            "zeros: 'foo' is not a dtype; use a name such as 'float32', 'int32', 'bool' or "
            "'bfloat16'",
        ),
        (
            lambda: np.zeros(3, dtype="U5"),
            "dtype <U5 is not one that XLA has: use bool, an integer, float, complex or bfloat16 "
            "dtype of at most 64 bits (128 for complex)",
        ),
        (
            lambda: np.zeros((2, -1)),
            "zeros: lengths must not be negative, got (2, -1)",
        ),
        (
            lambda: np.ones((2, 1.5)),
            "ones: a length must be an int, got 1.5",
        ),
        (
            lambda: np.array([[1, 2], [3]]),
            "array: the elements of a nested list need one shape, got i32[2], i32[1]",
        ),
        (
            lambda: np.array("text"),
            "array: needs an array, a number or a nested list of them, got str",
        ),
        (
            lambda: np.array([1.5, 2**70], "int32"),
            "array: the elements do not make a int32 array: Python int too large to convert to C "
            "long",
        ),
        (
            lambda: np.full((2, 3), [1, 2]),
            "full: shapes (2,) and (2, 3) do not broadcast: counted from the last axis, lengths "
            "must be equal or 1.",
        ),
        (lambda: np.arange(0, 5, 0), "arange: step must not be zero"),
        (lambda: np.arange(2**31 + 1), "the Python integer 2147483648 does not fit int32"),
        (lambda: np.arange("a"), "arange: needs real numbers, got 'a'"),
        (lambda: np.linspace(0, 1, -3), "linspace: num must not be negative, got -3"),
        (
            lambda: np.meshgrid([1], indexing="yx"),
            "meshgrid: indexing is 'xy' or 'ij', got 'yx'",
        ),
        (lambda: np.eye(-2), "eye: lengths must not be negative, got (-2, -2)"),
    ],
)
def test_what_does_not_fit_is_an_error_at_the_call(call, message):
    with pytest.raises(LazyaxTypeError) as error:
        call()
    assert str(error.value).startswith(message)


def test_ranges_are_numpys():
    check(
        [Call("arange", args) for args in [(5,), (2, 7), (7, 2, -2), (5.0,), (0, 1, 0.25), (0,)]]
        + [Call("arange", (3, 10, 3), {"dtype": "float32"}), Call("arange", (-3,))]
        + [Call("arange", (2,), {"dtype": bool}), Call("arange", (numpy.int64(4),))]
        + [Call("linspace", args) for args in [(0, 1), (2, 3, 5), (0, 10, 1), (0, 1, 0)]]
        + [
            Call("linspace", (0, 1, 5), {"endpoint": False}),
            Call("linspace", (0, 1, 5), {"retstep": True}),
            Call("linspace", (0, 10, 11), {"dtype": int}),
            Call("linspace", (-3, 3, 4), {"dtype": int}),
            Call("linspace", ([0, 1], [2, 5], 4), {"axis": 1}),
            Call("linspace", (1j, 2 + 3j, 3)),
            Call("logspace", (0, 2, 5)),
            Call("logspace", (0, 3, 4), {"base": 2, "endpoint": False}),
            Call("geomspace", (1, 1000, 4)),
            Call("geomspace", (-1, -8, 4), {"endpoint": False}),
            Call("geomspace", (1e-30, 1e30, 3)),
            Call("geomspace", (1j, -16 + 0j, 3), rtol=1e-4),
            Call("geomspace", (-1, 1, 3), {"dtype": complex}),
            Call("geomspace", (-3, 3, 4)),
            Call("linspace", (0, 1, 1), {"retstep": True}),
            *[Call("logspace", (0, 2, 3), {"base": [2, 3], "axis": a}) for a in (0, 1, -1)],
            Call("logspace", ([0, 1], 2, 3), {"base": [[2, 3]] * 4, "axis": 1}),
            Call("ix_", ([], [1])),
        ]
    )


def test_float_ranges_are_numpys_rounded_once():
    calls = [("linspace", args) for args in [(-1, 1, 11), (0, 100, 1001), (-0.5, 0.5, 11)]]
    calls += [("linspace", (0.1, 0.7, 77)), ("arange", (0, 1, 0.1)), ("arange", (-2, 2, 0.2))]
    results = [(getattr(np, f)(*args), getattr(numpy, f)(*args)) for f, args in calls]
    lx.materialize([got for got, _ in results])
    for got, want in results:
        near_zero = numpy.abs(want) < 1e-12
        numpy.testing.assert_array_equal(
            numpy.asarray(got)[~near_zero], want.astype("float32")[~near_zero]
        )
        assert (numpy.abs(numpy.asarray(got)[near_zero]) < 1e-12).all()
    assert 0 in numpy.asarray(results[0][0])


def test_the_ends_of_ranges_are_exact():
    ends = [np.linspace(0.1, 0.7, 1000)[-1], np.geomspace(0.1, 0.7, 1000)[-1]]
    assert [numpy.float32(end) for end in ends] == [numpy.float32(0.7)] * 2


def test_a_range_is_an_iota_and_its_ends_are_run_time_values(compiles):
    assert isinstance(np.arange(10**9)._node.op, p.Iota)
    for start, step in ((0.5, 0.25), (1.5, 2.0)):
        x = np.arange(start, start + 8 * step, step)
        numpy.testing.assert_allclose(numpy.asarray(x), start + step * numpy.arange(8))
    assert compiles.count == 1


def test_grids_are_numpys():
    x, y, z = numpy.arange(3), numpy.float32([4, 5]), numpy.arange(2)
    check(
        [
            Call("meshgrid", args, {"sparse": sparse, "indexing": indexing})
            for args in [(x,), (x, y), (x, y, z)]
            for sparse in (False, True)
            for indexing in ("xy", "ij")
        ]
        + [Call("indices", ((2, 3),)), Call("indices", ((2, 3),), {"sparse": True})]
        + [Call("indices", ((),)), Call("ix_", ([0, 2], [1, 3, 4]))]
        + [Call("fromfunction", (lambda i, j: i * 10 + j, (2, 3)), {"dtype": int})]
    )
    compare(np.mgrid[0:2, 0:1:3j], numpy.mgrid[0:2, 0:1:3j], "mgrid")
    for got, want in zip(np.ogrid[0:2, 1:4], numpy.ogrid[0:2, 1:4], strict=True):
        compare(got, want, "ogrid")
    compare(np.mgrid[1:7:2], numpy.mgrid[1:7:2], "mgrid of one slice")


def test_matrices_by_structure_are_numpys():
    v, m = numpy.float32([1, 2, 3]), numpy.arange(12).reshape(3, 4)
    stack = numpy.arange(24.0).reshape(2, 3, 4)
    check(
        [Call("eye", args) for args in [(3,), (2, 3), (3, 2, -1), (2, 3, 2), (0,)]]
        + [Call("identity", (2,)), Call("eye", (2,), {"dtype": bool})]
        + [Call("tri", args) for args in [(3,), (2, 4, 1), (3, 2, -1)]]
        + [Call(f, (x, k)) for f in ("tril", "triu") for x in (m, stack, v) for k in (-1, 0, 2)]
        + [Call("diag", (x, k)) for x in (v, m) for k in (-2, -1, 0, 1, 5)]
        + [Call("diag", (numpy.zeros(0, "float32"), k)) for k in (0, 2)]
        + [Call("diagflat", (m[:2, :2], k)) for k in (0, -1)]
        + [Call("diagonal", (stack, k, a, b)) for k in (-1, 0, 1) for a, b in [(0, 1), (2, 1)]]
        + [Call("diagonal", (m, k)) for k in (-3, 4, 9)]
        + [Call("trace", (m, k)) for k in (-1, 0, 2)]
        + [Call("trace", (stack,), {"axis1": 1, "axis2": 2, "dtype": "int32"})]
        + [Call("trace", (m > 3,))]
        + [Call("vander", (v,)), Call("vander", (v, 2)), Call("vander", (v, 4, True))]
        + [Call("vander", (v, 0))]
        + [Call(f, args) for f in ("tril_indices", "triu_indices") for args in [(3,), (3, 1, 4)]]
        + [Call(f, (m,)) for f in ("tril_indices_from", "triu_indices_from")]
        + [Call("diag_indices", (3,)), Call("diag_indices_from", (m[:, :3],))]
    )


def test_the_diagonal_of_a_matrix_and_the_matrix_of_a_diagonal_differentiate():
    gradient = lx.grad(lambda v: (np.diag(v, 1) ** 2).sum() + np.trace(np.outer(v, v)))(X[0])
    numpy.testing.assert_allclose(numpy.asarray(gradient), 4 * X[0])


def test_bytes_and_iterables_are_read():
    raw = numpy.arange(5, dtype="int16").tobytes()
    compare(np.frombuffer(raw, "int16", 2, 2), numpy.frombuffer(raw, "int16", 2, 2), "frombuffer")
    compare(np.fromiter(range(4), "int32"), numpy.arange(4), "fromiter")
    with pytest.raises(LazyaxTypeError, match="frombuffer: buffer size must be a multiple"):
        np.frombuffer(b"abc", "int32")


def test_the_default_bits_are_a_setting():
    lx.config.update(default_dtype_bits=64)
    try:
        made = np.zeros(1), np.arange(2), np.array([1.5]), np.linspace(0, 1, 2), np.eye(1)
        assert [x.dtype.name for x in made] == ["float64", "int64", "float64", "float64", "float64"]
    finally:
        lx.config.update(default_dtype_bits=32)
    assert np.zeros(1).dtype == "float32"

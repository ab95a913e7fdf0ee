"""Elementwise functions over dtypes, shapes and the numbers at the edges, as NumPy's."""

from __future__ import annotations

import itertools

import jax
import jax.numpy
import ml_dtypes
import numpy
import pytest
from numpy_table import compare

import lazyax as lx
import lazyax.numpy as np
from lazyax.errors import LazyaxTypeError


def words(text: str) -> list[str]:
    return text.split()


UNARY = words(
    """abs absolute angle arccos arccosh arcsin arcsinh arctan arctanh bitwise_count cbrt ceil
    conj conjugate cos cosh deg2rad degrees exp exp2 expm1 fabs fix floor imag invert isfinite
    isinf isnan isneginf isposinf log log10 log1p log2 logical_not negative positive rad2deg
    radians real reciprocal rint sign signbit sin sinc sinh spacing sqrt square tan tanh trunc"""
)
BINARY = words(
    """add arctan2 bitwise_and bitwise_or bitwise_xor copysign divide equal float_power
    floor_divide fmax fmin fmod gcd greater greater_equal heaviside hypot left_shift less
    less_equal lcm logaddexp logaddexp2 logical_and logical_or logical_xor maximum minimum mod
    multiply nextafter not_equal power remainder right_shift subtract true_divide"""
)
FLOATING = set(
    words(
        """arccos arccosh arcsin arcsinh arctan arctanh cbrt cos cosh deg2rad degrees exp exp2 expm1
    fabs log log10 log1p log2 rad2deg radians rint sin sinc sinh spacing sqrt tan tanh angle
    arctan2 copysign divide float_power heaviside hypot logaddexp logaddexp2 nextafter
    true_divide"""
    )
)
"""Functions that compute in floats: of 8-bit integers, NumPy in float16 and lazyax in float32."""

FLOATS = [0.0, -0.0, 1, -1, 0.5, -2.5, 3, 7.25, -30, 1e-20, 1e10, numpy.inf, -numpy.inf, numpy.nan]
VALUES = {
    "bool": [False, True],
    "int8": [0, 1, -1, 2, -3, 7, 9, -128, 127],
    "uint8": [0, 1, 2, 7, 9, 255],
    "int32": [0, 1, -1, 2, -7, 8, 31, 32, 33, -(2**31)],
    "float32": FLOATS,
    "float64": FLOATS,
    "bfloat16": [0.0, 1, -1, 0.5, -2.5, 3, numpy.inf, numpy.nan],
    "complex64": [complex(a, b) for a, b in itertools.product([0.0, 1, -2.5, 3], repeat=2)],
}
COMPLEX_REFUSED = words(
    """arctan2 bitwise_and bitwise_count bitwise_or bitwise_xor cbrt ceil copysign deg2rad
    degrees fabs fix floor floor_divide fmod gcd heaviside hypot invert isneginf isposinf lcm
    left_shift logaddexp logaddexp2 mod nextafter rad2deg radians remainder right_shift
    signbit spacing trunc"""
)
NEVER_FOR = {
    "bool": {"gcd", "lcm", "negative", "positive", "sign", "subtract"},
    "complex64": set(COMPLEX_REFUSED),
}
"""What NumPy and lazyax refuse."""

BITS = set(
    words(
        """bitwise_and bitwise_count bitwise_or bitwise_xor gcd invert lcm left_shift right_shift"""
    )
)


def refused(function: str, dtype: str) -> bool:
    floating = dtype in ("float32", "float64", "bfloat16")
    return function in NEVER_FOR.get(dtype, ()) or (floating and function in BITS)


def arguments(function: str, dtype: str) -> tuple[numpy.ndarray, ...]:
    """All numbers of the dtype; all pairs of them."""
    x = numpy.asarray(VALUES[dtype]).astype(getattr(ml_dtypes, dtype, dtype))
    if function == "reciprocal" and dtype.endswith(("8", "32")) and "int" in dtype:
        return (x[x != 0],)  # NumPy leaves 1 // 0 to the processor
    if function in UNARY:
        return (x,)
    y = x
    if function == "power" and dtype in ("int8", "int32"):
        y = numpy.maximum(x, 0)  # NumPy raises for negative ones, which a lazy program can not
    return x[:, None], y[None, :]


def expected(function: str, arrays: tuple[numpy.ndarray, ...]) -> numpy.ndarray:
    """NumPy's result, of bfloat16 and narrow integers by way of wider floats."""
    dtype = arrays[0].dtype
    neighbours = function in ("nextafter", "spacing")
    if (dtype == ml_dtypes.bfloat16 and not neighbours) or (
        function in FLOATING and dtype.kind in "biu"
    ):
        arrays = [x.astype("float32") for x in arrays]
    with numpy.errstate(all="ignore"):
        return getattr(numpy, function)(*arrays)


def close(got: numpy.ndarray, want: numpy.ndarray, dtype: str) -> numpy.ndarray:
    """Where the results agree: equal, both NaN, or near."""
    got, want = (x.astype(complex if x.dtype.kind == "c" else float) for x in (got, want))
    if dtype == "complex64":
        # In both, an infinite part goes with whatever the other part came out as.
        near = numpy.isclose(got, want, rtol=1e-4, atol=1e-5)
        return near | (~numpy.isfinite(got) & ~numpy.isfinite(want))
    rtol = {"bfloat16": 2e-2}.get(dtype, 2e-5)
    atol = {"bfloat16": 2e-3, "float64": 1e-15}.get(dtype, 1e-6)
    overflow = numpy.isinf(got) & (numpy.abs(want) > 3.4e38)
    tiny = numpy.abs(want) < 1.2e-38  # XLA takes denormal numbers for zero
    return numpy.isclose(got, want, rtol=rtol, atol=atol, equal_nan=True) | overflow | tiny


@pytest.mark.parametrize("function", UNARY + BINARY)
def test_a_ufunc_is_numpys_on_numbers_at_the_edges(function):
    accepted = [dtype for dtype in VALUES if not refused(function, dtype)]
    results = {dtype: getattr(np, function)(*arguments(function, dtype)) for dtype in accepted}
    lx.materialize(results)
    for dtype, result in results.items():
        arrays = arguments(function, dtype)
        want = expected(function, arrays)
        got = numpy.asarray(result)
        assert got.shape == want.shape, dtype
        agree = close(got, want, dtype)
        shown = [x[~agree].tolist()[:4] for x in (*numpy.broadcast_arrays(*arrays), got, want)]
        assert agree.all(), f"{dtype}: operands, result and NumPy's result are {shown}"


@pytest.mark.parametrize("function", UNARY + BINARY)
def test_the_dtype_of_a_ufunc_is_jaxs(function):
    if function in NUMPYS_DTYPE:
        x = numpy.ones(2, "int8")
        assert getattr(np, function)(x).dtype == getattr(numpy, function)(x).dtype
        return
    for dtype in set(VALUES) - {"float64"}:
        if refused(function, dtype):
            continue
        arrays = arguments(function, dtype)
        shapes = [jax.ShapeDtypeStruct(x.shape, x.dtype) for x in arrays]
        want = jax.eval_shape(getattr(jax.numpy, function), *shapes)
        assert getattr(np, function)(*arrays).dtype == want.dtype, dtype


@pytest.mark.parametrize("function", UNARY + BINARY)
def test_what_numpy_refuses_is_an_error_at_the_call(function):
    for dtype in VALUES:
        if not refused(function, dtype):
            continue
        with pytest.raises(LazyaxTypeError):
            getattr(np, function)(*arguments(function, dtype))
        if dtype != "bfloat16":
            with pytest.raises(TypeError):
                getattr(numpy, function)(*arguments(function, dtype))


NUMPYS_DTYPE = {"fix", "reciprocal", "bitwise_count"}
"""jax has no fix, and gives floats for the reciprocal of integers."""

SHAPES = [((), ()), ((3,), ()), ((2, 1), (3,)), ((0, 3), (3,)), ((2, 3), (2, 3)), ((1,), (0,))]


@pytest.mark.parametrize("function", ["add", "maximum", "arctan2", "logaddexp", "less", "power"])
def test_operands_broadcast(function):
    pairs = [(numpy.ones(x, "f4"), numpy.full(y, 2, "f4")) for x, y in SHAPES]
    results = [getattr(np, function)(x, y) for x, y in pairs]
    lx.materialize(results)
    for result, (x, y) in zip(results, pairs, strict=True):
        compare(result, getattr(numpy, function)(x, y), f"{function} {x.shape} {y.shape}")


def test_lists_numbers_and_numpy_arrays_are_operands():
    results = {
        "lists": (np.add([1, 2], [[3], [4]]), [[4, 5], [5, 6]]),
        "number": (np.multiply(2, [1, 2]), [2, 4]),
        "ndarray": (np.subtract(numpy.float32([1, 2]), 1), [0, 1]),
        "mixed": (np.maximum([np.ones(()), 0.5], 0.75), [1, 0.75]),
        "bools": (np.logical_and([True, False], [True, True]), [True, False]),
    }
    lx.materialize([got for got, _ in results.values()])
    for name, (got, want) in results.items():
        numpy.testing.assert_array_equal(numpy.asarray(got), want, err_msg=name)


def test_where_out_and_dtype_are_keywords_of_every_ufunc():
    x = numpy.float32([1, 4, 9])
    got = np.sqrt(x, where=numpy.array([True, False, True]))
    numpy.testing.assert_array_equal(numpy.asarray(got), [1, 0, 3])
    assert np.add([1, 2], 1, dtype="float64").dtype == "float64"
    total = np.zeros(3)
    assert np.add(x, x, out=total) is total
    assert total.tolist() == [2, 8, 18]
    with pytest.raises(LazyaxTypeError) as error:
        np.add(x, x, out=x)
    assert str(error.value) == (
        "add: out= is pointed at the result, so it must be a lazyax array, got a ndarray; use the "
        "result"
    )
    with pytest.raises(LazyaxTypeError, match="sqrt: 'foo' is not a dtype"):
        np.sqrt(x, dtype="foo")
    with pytest.raises(TypeError, match="takes from 1 to 2 positional arguments"):
        np.sin(x, x, x)


def parts_with_keywords(x, where):
    """NumPy leaves what it was given in the other places; here they are zero."""
    calls = {"divmod": (x, numpy.float32(0.75)), "modf": (x,), "frexp": (x,)}
    calls["ldexp"] = (x, numpy.arange(5, dtype="i4"))
    found = {}
    for name, arguments in calls.items():
        ours = getattr(np, name)(*arguments, where=where, dtype="f4")
        theirs = getattr(numpy, name)(*arguments)
        ours, theirs = ((one,) if name == "ldexp" else one for one in (ours, theirs))
        found[f"{name} with where"] = ours, [numpy.where(where, one, 0) for one in theirs]
    return found


def test_parts_of_numbers_are_numpys():
    x = numpy.float32([0, -0.0, 1, -1.5, 8, 1e-30, 1e30, numpy.inf, -numpy.inf, numpy.nan, 0.1])
    exponents = numpy.int32([0, 3, -2, 10, 127, 60, -100, 5, 5, 5, -1])
    halves = numpy.float16([3, 0.1])
    with numpy.errstate(over="ignore"):
        scaled = numpy.ldexp(x, exponents)
    results = {
        "divmod": (np.divmod(x[2:7], 0.75), numpy.divmod(x[2:7], numpy.float32(0.75))),
        "modf": (np.modf(x), numpy.modf(x)),
        "frexp": (np.frexp(x), numpy.frexp(x)),
        "frexp of doubles": (np.frexp(x.astype("f8")), numpy.frexp(x.astype("f8"))),
        "frexp of halves": (np.frexp(halves), numpy.frexp(halves)),
        "ldexp": ([np.ldexp(x, exponents)], [scaled]),
        **parts_with_keywords(x[2:7], x[2:7] > 1),
    }
    lx.materialize([got for got, _ in results.values()])
    for name, (got, want) in results.items():
        for one, other in zip(got, want, strict=True):
            numpy.testing.assert_allclose(numpy.asarray(one), other, rtol=1e-6, err_msg=name)
    mantissa, exponent = np.frexp(x[2:7])
    assert exponent.dtype == "int32"
    numpy.testing.assert_array_equal(numpy.asarray(np.ldexp(mantissa, exponent)), x[2:7])


def test_powers_of_two_are_exact():
    exponents = numpy.arange(-20, 21, dtype="float32")
    numpy.testing.assert_array_equal(numpy.asarray(np.exp2(exponents)), 2.0**exponents)


def test_a_static_integer_power_is_multiplication():
    x = numpy.float32([-2, 0, 1.5])
    results = [np.power(x, n) for n in (0, 1, 2, 5, -2)] + [np.asarray(x) ** 3]
    lx.materialize(results)
    for n, result in zip((0, 1, 2, 5, -2, 3), results, strict=True):
        with numpy.errstate(divide="ignore"):
            numpy.testing.assert_allclose(numpy.asarray(result), x**n, rtol=1e-6)
    with pytest.raises(LazyaxTypeError) as error:
        np.power(np.arange(3), -1)
    assert str(error.value) == (
        "power: integers to a negative integer power, got i32[3] ** -1; convert the base to "
        "floating first"
    )


def test_clip_holds_between_bounds():
    x = numpy.float32([[-3, 0, 5], [1, numpy.nan, 9]])
    results = [
        (np.clip(x, -1, 2), numpy.clip(x, -1, 2)),
        (np.clip(x, None, 2), numpy.clip(x, None, 2)),
        (np.clip(x, min=1), numpy.clip(x, 1, None)),
        (np.clip(x, [0, 1, 2], 4), numpy.clip(x, [0, 1, 2], 4)),
        (np.clip(x, a_min=3, a_max=1), numpy.clip(x, 3, 1)),
        (np.clip(x), x),
    ]
    lx.materialize([got for got, _ in results])
    for got, want in results:
        numpy.testing.assert_array_equal(numpy.asarray(got), want)


def test_derivatives_at_the_edges_are_numbers():
    slopes = {
        "sinc": (lx.grad(np.sinc)(0.0), 0),
        "exp2": (lx.grad(np.exp2)(3.0), 8 * numpy.log(2)),
        "hypot": (lx.grad(lambda x: np.hypot(x, 4.0))(3.0), 0.6),
        "logaddexp": (lx.grad(lambda x: np.logaddexp(x, -numpy.inf))(2.0), 1),
        "abs": (lx.grad(np.abs)(0.0), 1),
        "maximum of equals": (lx.grad(lambda x: np.maximum(x, 1.0))(1.0), 0.5),
        "where": (lx.grad(lambda x: np.where(x > 0, x * 2, x))(3.0), 2),
    }
    lx.materialize([got for got, _ in slopes.values()])
    for name, (got, want) in slopes.items():
        assert float(got) == pytest.approx(float(want), rel=1e-5), name

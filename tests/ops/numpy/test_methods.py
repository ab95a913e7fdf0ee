"""Methods, properties and operators of arrays are the functions of their names."""

from __future__ import annotations

import numpy
import pytest
from numpy_table import compare

import lazyax as lx
import lazyax.numpy as np
from lazyax.errors import LazyaxTypeError

X = numpy.float32([[3, -1, 2], [0.5, 7, -4]])
N = numpy.arange(6, dtype="int32").reshape(2, 3)
Z = (X + 1j).astype("complex64")

CALLS = {
    "all": lambda x: x.all(axis=0),
    "any": lambda x: x.any(1, keepdims=True),
    "argmax": lambda x: x.argmax(1),
    "argmin": lambda x: x.argmin(),
    "argsort": lambda x: x.argsort(axis=0),
    "astype": lambda x: x.astype("int8"),
    "clip": lambda x: x.clip(0, 2),
    "clip by keyword": lambda x: x.clip(min=0),
    "conj": lambda x: x.conj(),
    "copy": lambda x: x.copy(),
    "cumprod": lambda x: x.cumprod(0),
    "cumsum": lambda x: x.cumsum(axis=1),
    "diagonal": lambda x: x.diagonal(),
    "dot": lambda x: x.dot(X.T),
    "flatten": lambda x: x.flatten(),
    "flatten in columns": lambda x: x.flatten("F"),
    "max": lambda x: x.max(axis=1, keepdims=True),
    "mean": lambda x: x.mean(0),
    "min": lambda x: x.min(),
    "nonzero": lambda x: x.nonzero()[1],
    "prod": lambda x: x.prod(axis=(0, 1)),
    "ravel": lambda x: x.ravel(),
    "repeat": lambda x: x.repeat(2, axis=0),
    "reshape by ints": lambda x: x.reshape(3, 2),
    "reshape by a tuple": lambda x: x.reshape((-1,)),
    "reshape by an int": lambda x: x.reshape(6),
    "reshape in columns": lambda x: x.reshape(3, 2, order="F"),
    "round": lambda x: x.round(),
    "squeeze": lambda x: x[None].squeeze(0),
    "std": lambda x: x.std(ddof=1),
    "sum": lambda x: x.sum(axis=0),
    "swapaxes": lambda x: x.swapaxes(0, 1),
    "take": lambda x: x.take([0, 2], axis=1),
    "trace": lambda x: x.trace(),
    "transpose": lambda x: x.transpose(),
    "transpose by ints": lambda x: x.transpose(1, 0),
    "transpose by a tuple": lambda x: x.transpose((1, 0)),
    "var": lambda x: x.var(axis=1),
    "view": lambda x: x.view("int32"),
    "T": lambda x: x.T,
    "mT": lambda x: x.mT,
    "real": lambda x: x.real,
    "imag": lambda x: x.imag,
    "matmul": lambda x: x @ X.T,
    "divmod": lambda x: divmod(x, 2)[1],
    "abs": lambda x: abs(x),
    "pos": lambda x: +x,
    "neg": lambda x: -x,
    "power": lambda x: x**2,
    "power of a number": lambda x: 2**x,
    "floor division": lambda x: x // 2,
    "floor division of a number": lambda x: 7 // (x + 0.25),
    "remainder": lambda x: x % 2,
    "true division of a number": lambda x: 1 / x,
    "subtraction from a number": lambda x: 1 - x,
    "subtraction from a list": lambda x: [1, 2, 3] - x,
    "comparison": lambda x: x >= 2,
    "comparison of a number": lambda x: x < X[0],
}


def test_methods_and_operators_are_numpys():
    results = {name: call(np.asarray(X)) for name, call in CALLS.items()}
    lx.materialize(list(results.values()))
    for name, call in CALLS.items():
        compare(results[name], call(X), name)


INTEGER_CALLS = {
    "and": lambda x: x & 3,
    "or": lambda x: 8 | x,
    "xor": lambda x: x ^ x,
    "invert": lambda x: ~x,
    "left shift": lambda x: x << 2,
    "right shift": lambda x: 100 >> x,
    "floor division": lambda x: x // 2,
    "true division": lambda x: x / 2,
    "sum of bools": lambda x: (x > 2).sum(),
    "mean": lambda x: x.mean(axis=0),
}


def test_methods_and_operators_of_integers_are_numpys():
    results = {name: call(np.asarray(N)) for name, call in INTEGER_CALLS.items()}
    lx.materialize(list(results.values()))
    for name, call in INTEGER_CALLS.items():
        want = call(N)
        compare(results[name], want.astype("int32") if want.dtype.kind == "i" else want, name)


def test_parts_of_complex_arrays():
    z = np.asarray(Z)
    parts = [z.real, z.imag, z.conjugate(), z.mT, abs(z)]
    wanted = [Z.real, Z.imag, Z.conj(), Z.T, abs(Z)]
    lx.materialize(parts)
    for got, want in zip(parts, wanted, strict=True):
        compare(got, want, "a part")


def test_methods_stay_lazy():
    with lx.no_materialize():
        x = np.asarray(X)
        assert x.sum(axis=0).mean().reshape(1).T.shape == (1,)
        assert len(x.flatten()) == 6


def test_python_types_name_the_default_dtypes():
    x = np.asarray(X)
    assert [x.astype(kind).dtype.name for kind in (bool, int, float, complex)] == [
        "bool",
        "int32",
        "float32",
        "complex64",
    ]


def test_views_keep_the_bits():
    x = np.asarray(X)
    numpy.testing.assert_array_equal(numpy.asarray(x.view("int32")), X.view("int32"))
    assert x.view("uint32").view("float32").dtype == "float32"
    with pytest.raises(LazyaxTypeError) as error:
        x.view("int8")
    assert str(error.value) == (
        "view: f32[2,3] has elements of 4 bytes and int8 of 1; views keep the width, use astype"
    )


def test_in_place_operators_change_the_handle():
    x = np.asarray(X)
    alias = x
    x += 1
    x *= 2.0
    x **= 2
    x -= X
    assert alias is x
    numpy.testing.assert_allclose(numpy.asarray(alias), ((X + 1) * 2) ** 2 - X, rtol=1e-6)
    n = np.asarray(N)
    n <<= 1
    n //= 3
    numpy.testing.assert_array_equal(numpy.asarray(n), (N << 1) // 3)
    with pytest.raises(LazyaxTypeError) as error:
        n /= 2
    assert str(error.value) == (
        "in-place truediv: the result f32[2,3] does not convert safely to int32; write x = x ... "
        "instead, or use astype"
    )


def test_equality_with_other_things_is_not_elementwise():
    x = np.asarray(X)
    assert (x == None) is False  # noqa: E711
    assert (x != "text") is True
    assert (x == X).all()
    with pytest.raises(TypeError, match="unhashable"):
        hash(x)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (
            lambda x: x.sum(axis=2),
            "sum: axis 2 is out of range for f32[2,3]; give one of -2 to 1",
        ),
        (
            lambda x: x.reshape(4, 2),
            "reshape: f32[2,3] has 6 elements, which do not fit shape (4, 2); the lengths must "
            "multiply to the size, and at most one may be -1",
        ),
        (
            lambda x: x.astype("foo"),
            "astype: 'foo' is not a dtype; use a name such as 'float32', 'int32', 'bool' or "
            "'bfloat16'",
        ),
        (lambda x: x & 1, "bitwise_and: does not take f32[2,3]; it needs integers or bools"),
        (lambda x: x - "a", "subtract: needs an array, a number or a nested list of them, got str"),
    ],
)
def test_what_does_not_fit_is_an_error_at_the_call(call, message):
    with pytest.raises(LazyaxTypeError) as error:
        call(np.asarray(X))
    assert str(error.value) == message

"""Dtypes meet as in jax's published lattice; Python numbers are weak; questions about dtypes."""

from __future__ import annotations

import itertools
import json
import subprocess
import sys

import ml_dtypes
import numpy
import pytest

import lazyax as lx
import lazyax.numpy as np
from lazyax.errors import LazyaxTypeError
from lazyax.graph.aval import EXTENDED

DTYPES = [
    "bool", "uint8", "uint16", "uint32", "uint64", "int8", "int16", "int32", "int64", "bfloat16",
    "float16", "float32", "float64", "complex64", "complex128", "float8_e3m4", "float8_e4m3",
    "float8_e4m3b11fnuz", "float8_e4m3fn", "float8_e4m3fnuz", "float8_e5m2", "float8_e5m2fnuz",
    "float8_e8m0fnu",
]  # fmt: skip
WEAK = {"bool": True, "int": 1, "float": 1.0, "complex": 1j}

ORACLE = """
import itertools, json, sys
import jax
jax.config.update("jax_enable_x64", True)
import jax.numpy as jnp
dtypes, weak = json.loads(sys.stdin.read())
weak = dict(zip(weak, (True, 1, 1.0, 1j)))
pairs = {}
for a, b in itertools.product(dtypes, dtypes):
    try:
        pairs[f"{a} {b}"] = jnp.promote_types(a, b).name
    except Exception:
        pairs[f"{a} {b}"] = None
for a, b in itertools.product(dtypes, weak):
    try:
        pairs[f"{a} {b}"] = jnp.result_type(jnp.zeros((), a), weak[b]).name
    except Exception:
        pairs[f"{a} {b}"] = None
print(json.dumps(pairs))
"""


@pytest.fixture(scope="module")
def lattice() -> dict[str, str | None]:
    """What jax, with 64 bits enabled, makes of each pair: in a process of its own."""
    ran = subprocess.run(
        [sys.executable, "-c", ORACLE],
        input=json.dumps([DTYPES, list(WEAK)]),
        capture_output=True,
        text=True,
        check=True,
    )
    return json.loads(ran.stdout)


@pytest.fixture
def defaults_of_64_bits():
    lx.config.update(default_dtype_bits=64)
    yield
    lx.config.update(default_dtype_bits=32)


def dtype_of(name: str) -> numpy.dtype:
    return numpy.dtype(getattr(ml_dtypes, name, name))


def test_two_dtypes_meet_where_jaxs_lattice_says(lattice, defaults_of_64_bits):
    for a, b in itertools.product(DTYPES, DTYPES):
        want = lattice[f"{a} {b}"]
        if want is None:
            with pytest.raises(LazyaxTypeError, match="no common dtype for"):
                np.promote_types(a, b)
            continue
        x, y = np.zeros((), a), np.zeros((), b)
        assert np.promote_types(a, b) == dtype_of(want), (a, b)
        assert np.result_type(x, y) == dtype_of(want), (a, b)
        assert np.maximum(x, y).dtype == dtype_of(want), (a, b)


def test_python_numbers_yield_to_arrays(lattice, defaults_of_64_bits):
    for a, b in itertools.product(DTYPES, WEAK):
        if lattice[f"{a} {b}"] is None:
            with pytest.raises(LazyaxTypeError, match="no common dtype for"):
                np.result_type(np.zeros((), a), WEAK[b])
            continue
        want = dtype_of(lattice[f"{a} {b}"])
        for got in (np.add(np.zeros((), a), WEAK[b]), WEAK[b] + np.zeros((2,), a)):
            assert got.dtype == want, (a, b)


def test_every_dtype_goes_to_the_device_and_back():
    arrays = {name: numpy.array([0, 1, 0.5, 1]).astype(dtype_of(name)) for name in DTYPES}
    lazy = {name: np.asarray(array) for name, array in arrays.items()}
    doubled = {name: (x + x).astype("complex128") for name, x in lazy.items()}
    lx.materialize(doubled)
    for name, x in lazy.items():
        back = numpy.asarray(x)
        assert back.dtype == arrays[name].dtype
        assert back.tobytes() == arrays[name].tobytes()
        want = (arrays[name] + arrays[name]).astype("complex128")
        numpy.testing.assert_array_equal(numpy.asarray(doubled[name]), want, name)


def test_what_meets_in_no_particular_width_has_the_default_one():
    assert np.promote_types("uint64", "int8") == "float32"
    assert (np.zeros(2, "int8") + 1.0).dtype == "float32"
    assert (np.zeros(2, "bool") + 1).dtype == "int32"
    assert (np.zeros(2, "int64") + 1).dtype == "int64"
    assert (np.zeros(2, "float64") + 1j).dtype == "complex128"


def test_operators_and_functions_promote_alike():
    x, y = np.ones(2, "int32"), np.ones(2, "float16")
    assert (x + y).dtype == np.add(x, y).dtype == np.concatenate([x, y]).dtype == "float16"
    assert np.stack([x[0], 1.5, True]).dtype == "float32"
    assert np.where(x > 0, x, 2.5).dtype == "float32"
    assert np.dot(x, y).dtype == "float16"


def test_python_numbers_among_themselves_stay_weak():
    assert np.add(1, 2.0).weak_type
    assert (np.add(1, 2.0) + np.ones((), "bfloat16")).dtype == ml_dtypes.bfloat16
    assert not np.array(1.0).weak_type
    assert np.result_type(1, 2.0) == "float32"
    assert np.result_type(int, "int8") == "int8"
    assert np.result_type("int8", 1.0) == "float32"


def test_explicit_64_bits_are_honoured():
    x = numpy.arange(3.0)
    assert np.sin(x).dtype == (np.asarray(x) * 2).dtype == np.sum(x).dtype == "float64"
    assert (np.asarray(x) + np.ones(3)).dtype == "float64"
    assert (np.asarray(x, "float32") + numpy.int64(1)).dtype == "float32"


def test_an_integer_that_does_not_fit_is_an_error():
    with pytest.raises(LazyaxTypeError) as error:
        np.ones(2, "int8") + 300
    assert str(error.value) == (
        "the Python integer 300 does not fit int8; give a wider dtype, such as int64"
    )


@pytest.mark.parametrize("name", ["float8_e4m3fn", "bfloat16", "float16", "float64"])
def test_dtypes_have_names_and_limits(name):
    dtype = dtype_of(name)
    assert np.dtype(getattr(np, name)) == dtype
    assert np.zeros(2, name).dtype == np.zeros(2, getattr(np, name)).dtype == dtype
    assert np.finfo(name).dtype == np.finfo(np.zeros(2, name)).dtype == dtype
    assert np.issubdtype(dtype, np.floating)
    assert np.issubdtype(dtype, np.inexact)
    assert not np.issubdtype(dtype, np.integer)
    assert np.isdtype(dtype, "real floating")
    assert (dtype in EXTENDED) == (name in ("float8_e4m3fn", "bfloat16"))


def test_questions_about_dtypes():
    assert np.iinfo("int8").max == 127
    assert np.iinfo(np.zeros(1, "uint16")).max == 65535
    assert np.can_cast("int8", "int32")
    assert not np.can_cast(np.zeros(1), "int32")
    assert np.can_cast("float64", "float32", "same_kind")
    assert np.isdtype("uint8", "integral")
    assert np.isdtype("uint8", ("bool", "unsigned integer"))
    assert np.isdtype("float32", np.float32)
    assert not np.isdtype("complex64", "real floating")
    assert np.issubdtype(np.int32, np.signedinteger)
    assert (np.iscomplexobj(1j), np.isrealobj(np.ones(1))) == (True, True)
    assert (np.isscalar(2), np.isscalar(np.ones(())), np.isscalar([2])) == (True, True, False)
    assert (np.shape([[1, 2]]), np.ndim(3.0), np.size(np.ones((2, 3)), -1)) == ((1, 2), 0, 3)
    assert np.bool is np.bool_ is numpy.bool_
    assert np.pi == numpy.pi
    assert np.newaxis is None


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: np.finfo("int32"), "finfo: needs a floating dtype, got int32; use iinfo"),
        (lambda: np.iinfo("float32"), "iinfo: needs an integer dtype, got float32; use finfo"),
        (lambda: np.result_type(), "result_type: needs at least one array or dtype"),
        (
            lambda: np.promote_types("float8_e5m2", "float8_e4m3fn"),
            "no common dtype for f8_e5m2 and f8_e4m3fn; use astype",
        ),
        (
            lambda: np.ones((2, 3)) + np.ones((2, 2)),
            "add: shapes (2, 3) and (2, 2) do not broadcast: counted from the last axis, lengths "
            "must be equal or 1. f32[2,3] made at",
        ),
        (
            lambda: np.add(np.ones(2), "text"),
            "add: needs an array, a number or a nested list of them, got str",
        ),
    ],
)
def test_what_does_not_fit_is_an_error_at_the_call(call, message):
    with pytest.raises(LazyaxTypeError) as error:
        call()
    assert str(error.value).startswith(message)


def test_python_types_name_the_default_dtypes():
    x = np.array([1.5, 2.5])
    names = [x.astype(kind).dtype.name for kind in (bool, int, float, complex)]
    assert names == ["bool", "int32", "float32", "complex64"]
    lx.config.update(default_dtype_bits=64)
    try:
        assert x.astype(int).dtype == "int64"
        assert (x + 1).dtype == "float32"
    finally:
        lx.config.update(default_dtype_bits=32)

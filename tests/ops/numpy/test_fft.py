"""lazyax.numpy.fft against numpy.fft, and its gradients against jax's."""

from __future__ import annotations

import inspect

import numpy
import pytest

import lazyax as lx
import lazyax.numpy as np
from lazyax.errors import LazyaxTypeError

LINE = [
    {},
    {"n": 3},
    {"n": 8, "norm": "ortho"},
    {"axis": 0, "norm": "forward"},
    {"n": 4, "axis": 1, "norm": "backward"},
]
"""Arguments of transforms along one axis."""

PLANE = [
    {},
    {"s": (3, 6)},
    {"s": (4, 5), "axes": (2, 0), "norm": "ortho"},
    {"axes": (1,), "norm": "forward"},
]
"""Arguments of transforms over several axes."""

REAL = {"rfft", "ihfft", "rfftn", "rfft2"}

CALLS = [
    *[
        (name, given)
        for name in ("fft", "ifft", "rfft", "irfft", "hfft", "ihfft")
        for given in LINE
    ],
    *[
        (name, given)
        for name in ("fftn", "ifftn", "rfftn", "irfftn", "fft2", "ifft2", "rfft2", "irfft2")
        for given in PLANE
    ],
]


def assert_close(found, expected, tolerance):
    assert (found.shape, found.dtype) == (expected.shape, expected.dtype)
    numpy.testing.assert_allclose(found, expected, tolerance, tolerance * numpy.abs(expected).max())


@pytest.mark.parametrize(("dtype", "tolerance"), [("f4", 1e-5), ("f8", 1e-12)])
@pytest.mark.filterwarnings("ignore:`axes` should not be `None`:DeprecationWarning")
def test_transforms_are_numpys(dtype, tolerance, rng):
    real = rng.normal(size=(3, 4, 5)).astype(dtype)
    values = {True: real, False: real + 1j * rng.normal(size=real.shape).astype(dtype)}
    found = lx.materialize(
        [getattr(np.fft, name)(values[name in REAL], **given) for name, given in CALLS]
    )
    for x, (name, given) in zip(found, CALLS, strict=True):
        expected = getattr(numpy.fft, name)(values[name in REAL], **given)
        assert_close(numpy.asarray(x), expected, tolerance)


def test_more_than_three_axes_are_transformed(rng):
    x = rng.normal(size=(2, 3, 2, 3, 4))
    half = numpy.fft.rfftn(x)
    found = lx.materialize([np.fft.fftn(x), np.fft.rfftn(x), np.fft.irfftn(half), np.fft.ifftn(x)])
    expected = [numpy.fft.fftn(x), half, x, numpy.fft.ifftn(x)]
    for one, other in zip(found, expected, strict=True):
        assert_close(numpy.asarray(one), other, 1e-12)


@pytest.mark.parametrize("n", [1, 2, 5, 8])
def test_frequencies_and_shifts_are_numpys(n):
    for d in (1.0, 0.25):
        for name in ("fftfreq", "rfftfreq"):
            found = getattr(np.fft, name)(n, d)
            assert found.dtype == "float32"
            numpy.testing.assert_allclose(found, getattr(numpy.fft, name)(n, d), 1e-6)
    x = numpy.arange(n * 3).reshape(n, 3)
    for axes in (None, 0, (1,), (0, 1)):
        for name in ("fftshift", "ifftshift"):
            found = getattr(np.fft, name)(x, axes)
            assert numpy.array_equal(found, getattr(numpy.fft, name)(x, axes))


def test_dtypes_follow_the_operand():
    dtypes = {"int32": "complex64", "float16": "complex64", "float64": "complex128"}
    assert {d: str(np.fft.fft(np.ones(2, d)).dtype) for d in dtypes} == dtypes


def test_empty_batches_are_transformed():
    assert np.fft.fft(np.zeros((0, 4))).shape == (0, 4)
    assert numpy.asarray(np.fft.irfft(np.zeros((0, 3), complex))).shape == (0, 4)


GRADIENTS = {
    "fft": lambda m, x: m.fft.fft(x, norm="ortho"),
    "rfft": lambda m, x: m.fft.rfft(x, 7),
    "irfft": lambda m, x: m.fft.irfft(m.sin(x) + 1j * x),
    "irfft odd": lambda m, x: m.fft.irfft(m.sin(x) + 1j * x, 5),
    "hfft": lambda m, x: m.fft.hfft(x + 2j * x),
    "ihfft": lambda m, x: m.fft.ihfft(x),
    "rfftn": lambda m, x: m.fft.rfftn(x),
    "irfftn": lambda m, x: m.fft.irfftn(x * (1 + 1j)),
    "filter": lambda m, x: m.fft.ifft2(m.fft.fft2(x) * x),
}


def test_gradients_are_jaxs(rng):
    jax = pytest.importorskip("jax")
    x = rng.normal(size=(3, 4))
    found = lx.materialize(
        {
            name: lx.grad(lambda x, f=f: np.sum(np.abs(f(np, x)) ** 3))(x)
            for name, f in GRADIENTS.items()
        }
    )
    with jax.enable_x64(True):
        slopes = {
            name: jax.grad(lambda x, f=f: jax.numpy.sum(jax.numpy.abs(f(jax.numpy, x)) ** 3))
            for name, f in GRADIENTS.items()
        }
        expected = jax.jit(lambda x: {name: slope(x) for name, slope in slopes.items()})(x)
    for name, value in expected.items():
        numpy.testing.assert_allclose(found[name], value, 1e-9, 1e-9, err_msg=name)


def test_vmap_is_a_batch(rng):
    x = rng.normal(size=(3, 4))
    mapped = lx.vmap(lambda row: np.fft.irfft(np.fft.rfft(row) * 2))(x)
    numpy.testing.assert_allclose(mapped, 2 * x, 1e-12)


@pytest.mark.parametrize("module", ["linalg", "fft"])
def test_names_and_arguments_are_numpys(module):
    theirs, ours = getattr(numpy, module), getattr(np, module)
    assert set(theirs.__all__) == set(ours.__all__)
    for name in theirs.__all__:
        if name == "LinAlgError":
            continue
        wanted, found = (
            [(p.name, p.kind) for p in inspect.signature(getattr(m, name)).parameters.values()]
            for m in (theirs, ours)
        )
        assert found[: len(wanted)] == wanted, name


def test_numpys_functions_stay_lazy():
    found = numpy.fft.fft(np.ones(4))
    assert isinstance(found, np.ndarray)
    assert not found.is_materialized


ERRORS = [
    (lambda: np.fft.fft(np.ones(4), norm="unitary"),
     "fft: norm is None, 'backward', 'ortho' or 'forward', got 'unitary'"),
    (lambda: np.fft.rfft(np.ones(4, complex)),
     "rfft: needs a real array, got c64[4]; use fft"),
    (lambda: np.fft.fft(np.ones((2, 0))),
     "fft: a transform of c64[2,0] along axis 1 has 0 elements; it needs 1 or more"),
    (lambda: np.fft.fftn(np.ones((2, 2)), s=(2,), axes=(0, 1)),
     "fftn: needs a length for each of the axes (0, 1), got (2,)"),
    (lambda: np.fft.fftfreq(0), "fftfreq: n must be 1 or more, got 0"),
    (lambda: np.fft.rfftfreq(4, dtype=int), "rfftfreq: dtype must be floating, got int32"),
]  # fmt: skip


@pytest.mark.parametrize(("call", "message"), ERRORS, ids=range(len(ERRORS)))
def test_errors_say_what_is_needed(call, message):
    with pytest.raises(LazyaxTypeError) as caught:
        call()
    assert str(caught.value) == message

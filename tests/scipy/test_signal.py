"""`lazyax.scipy.signal` and `lazyax.scipy.fft` beside SciPy."""

from __future__ import annotations

import numpy
import pytest
import scipy.fft
import scipy.signal

import lazyax as lx
import lazyax.numpy as np
from lazyax.errors import LazyaxTypeError
from lazyax.scipy import fft, signal

MODES = ("full", "same", "valid")

SHAPES = [((9,), (4,)), ((4,), (9,)), ((5, 6), (2, 3)), ((2, 3), (5, 6)), ((3, 4, 2), (1, 2, 2))]


def random(rng, dtype, shape):
    if dtype == "i4":
        return rng.integers(-9, 9, shape).astype(dtype)
    value = rng.normal(size=shape)
    return value + 1j * rng.normal(size=shape) if dtype == "c16" else value


@pytest.mark.parametrize("dtype", ["f8", "c16", "i4"])
def test_convolutions_are_scipys(dtype, rng):
    cases = [
        (name, random(rng, dtype, a), random(rng, dtype, b), mode, method)
        for name in ("convolve", "correlate")
        for a, b in SHAPES
        for mode in MODES
        for method in ("direct", "fft")
        if method == "direct" or len(a) < 3
    ]
    found = lx.materialize([getattr(signal, name)(*arguments) for name, *arguments in cases])
    for x, (name, *arguments) in zip(found, cases, strict=True):
        expected = getattr(scipy.signal, name)(*arguments)
        assert (x.shape, x.dtype) == (expected.shape, expected.dtype)
        numpy.testing.assert_allclose(x, expected, 1e-10, 1e-10)


def test_fftconvolve_is_scipys_over_some_axes(rng):
    x, y = rng.normal(size=(3, 20)), rng.normal(size=(1, 7))
    for mode in MODES:
        found = signal.fftconvolve(x, y, mode, axes=1)
        numpy.testing.assert_allclose(
            found, scipy.signal.fftconvolve(x, y, mode, axes=1), 1e-10, 1e-10
        )


def test_long_arrays_are_convolved_by_transforms(rng):
    x, y = rng.normal(size=700), rng.normal(size=600)
    found = signal.convolve(x, y)
    assert "Fft" in {node.op.name for node in found.graph}
    numpy.testing.assert_allclose(found, numpy.convolve(x, y), 1e-9, 1e-9)


def test_a_convolution_differentiates(rng):
    x, y = rng.normal(size=(4, 5)), rng.normal(size=(2, 3))
    directly, by_transforms = (
        lx.grad(lambda y, m=method: np.sum(signal.convolve(x, y, "same", m) ** 2))(y)
        for method in ("direct", "fft")
    )
    numpy.testing.assert_allclose(directly, by_transforms, 1e-9, 1e-9)


def test_cosine_transforms_are_scipys(rng):
    x = rng.normal(size=(3, 4, 5))
    cases = [
        (name, arguments, norm)
        for name, calls in (
            ("dct", [{}, {"n": 7}, {"n": 3, "axis": 0}]),
            ("idct", [{}, {"axis": 1}]),
            ("dctn", [{}, {"s": (3, 6)}, {"axes": (0, 2)}]),
            ("idctn", [{"axes": (0, 1)}]),
        )
        for arguments in calls
        for norm in (None, "ortho", "forward")
    ]
    found = lx.materialize([getattr(fft, name)(x, norm=norm, **a) for name, a, norm in cases])
    for value, (name, arguments, norm) in zip(found, cases, strict=True):
        expected = getattr(scipy.fft, name)(x, norm=norm, **arguments)
        numpy.testing.assert_allclose(value, expected, 1e-11, 1e-11)


def test_a_cosine_transform_is_its_matrix():
    matrix = lx.jacfwd(fft.dct)(np.eye(4, dtype="float64")[0])
    numpy.testing.assert_allclose(matrix, scipy.fft.dct(numpy.eye(4), axis=0), 1e-12, 1e-12)
    backward = lx.jacrev(fft.dct)(np.eye(4, dtype="float64")[0])
    numpy.testing.assert_allclose(matrix, backward, 1e-12, 1e-12)


ERRORS = [
    (lambda: fft.dct(np.ones(2), 3), "dct: the transform of type 2 is there, got type 3"),
    (lambda: fft.dct(np.ones(2, complex)), "dct: needs a real array, got c64[2]"),
    (lambda: signal.convolve(np.ones(2), np.ones((2, 2))),
     "convolve: needs two arrays with as many axes that are not empty, got f32[2] and f32[2,2]"),
    (lambda: signal.convolve(np.ones(2), np.ones(2), "circular"),
     "convolve: mode is one of ('full', 'same', 'valid'), got 'circular'"),
    (lambda: signal.convolve(np.ones(2), np.ones(2), method="slow"),
     "convolve: method is one of ('auto', 'direct', 'fft'), got 'slow'"),
    (lambda: signal.convolve(np.ones((2, 3)), np.ones((3, 2)), "valid"),
     "convolve: for mode 'valid' one array must be at least as long along every axis, got f32[2,3] "
     "and f32[3,2]"),
    (lambda: signal.fftconvolve(np.ones((2, 3)), np.ones((3, 3)), axes=1),
     "fftconvolve: axis 0 of f32[2,3] and f32[3,3] is not convolved over, so its lengths must be "
     "equal or 1"),
]  # fmt: skip


@pytest.mark.parametrize(("call", "message"), ERRORS, ids=range(len(ERRORS)))
def test_errors_say_what_is_needed(call, message):
    with pytest.raises(LazyaxTypeError) as caught:
        call()
    assert str(caught.value) == message

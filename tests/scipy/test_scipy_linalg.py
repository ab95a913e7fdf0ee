"""`lazyax.scipy.linalg` beside SciPy, and its gradients beside jax's."""

from __future__ import annotations

import numpy
import pytest
import scipy.linalg

import lazyax as lx
import lazyax.numpy as np
from lazyax.errors import LazyaxTypeError
from lazyax.scipy import linalg

DTYPES = ["float64", "complex128"]


def random(rng, dtype, *shape):
    value = rng.normal(size=shape)
    return value + 1j * rng.normal(size=shape) if dtype == "complex128" else value


def assert_all_close(found, expected):
    found = found if isinstance(found, tuple) else (found,)
    expected = expected if isinstance(expected, tuple) else (expected,)
    for one, other in zip(lx.materialize(found), expected, strict=True):
        assert numpy.shape(one) == numpy.shape(other)
        numpy.testing.assert_allclose(numpy.asarray(one), other, 1e-9, 1e-9)


CALLS = {
    "cholesky": lambda m, x, h, b: m.cholesky(h),
    "cholesky lower": lambda m, x, h, b: m.cholesky(h, lower=True),
    "cho_solve": lambda m, x, h, b: m.cho_solve(m.cho_factor(h), b),
    "cho_solve lower": lambda m, x, h, b: m.cho_solve(m.cho_factor(h, lower=True), b[:, 0]),
    "lu": lambda m, x, h, b: tuple(m.lu(x)),
    "lu tall": lambda m, x, h, b: tuple(m.lu(x[:, :2])),
    "lu wide": lambda m, x, h, b: tuple(m.lu(x[:2], permute_l=True)),
    "lu indices": lambda m, x, h, b: tuple(m.lu(x, p_indices=True)),
    "lu_factor": lambda m, x, h, b: tuple(m.lu_factor(x)),
    **{
        f"lu_solve {trans}": lambda m, x, h, b, t=trans: m.lu_solve(m.lu_factor(x), b, t)
        for trans in (0, 1, 2)
    },
    **{
        f"solve_triangular {trans} {lower} {unit}": (
            lambda m, x, h, b, t=trans, lo=lower, u=unit: m.solve_triangular(x, b, t, lo, u)
        )
        for trans in (0, 1, 2, "C")
        for lower, unit in ((True, False), (False, True))
    },
    "solve": lambda m, x, h, b: m.solve(x, b),
    "solve pos": lambda m, x, h, b: m.solve(h, b, assume_a="pos"),
    "solve sym": lambda m, x, h, b: m.solve((h + h.T) / 2, b, assume_a="sym"),
    "solve upper": lambda m, x, h, b: m.solve(x, b, assume_a="upper triangular"),
    "qr": lambda m, x, h, b: tuple(m.qr(x[:, :2], mode="economic")),
    "qr r": lambda m, x, h, b: tuple(m.qr(x[:, :2], mode="r")),
    "eigvalsh": lambda m, x, h, b: m.eigvalsh(h),
    "eigvalsh b": lambda m, x, h, b: m.eigvalsh(x + x.conj().T, h),
    "svdvals": lambda m, x, h, b: m.svdvals(x),
    "polar": lambda m, x, h, b: tuple(m.polar(x)),
    "polar left": lambda m, x, h, b: tuple(m.polar(x[:, :2], side="left")),
    "expm": lambda m, x, h, b: m.expm(x),
    "expm large": lambda m, x, h, b: m.expm(x * 9),
    "expm small": lambda m, x, h, b: m.expm(x / 100),
    "toeplitz": lambda m, x, h, b: m.toeplitz(x[0], b[:2, 0]),
    "toeplitz hermitian": lambda m, x, h, b: m.toeplitz(x[0]),
    "circulant": lambda m, x, h, b: m.circulant(x[0]),
    "block_diag": lambda m, x, h, b: m.block_diag(x, b, x[0], 3.0),
}


@pytest.mark.parametrize("dtype", DTYPES)
def test_functions_are_scipys(dtype, rng):
    x, b = random(rng, dtype, 4, 4) + 2 * numpy.eye(4), random(rng, dtype, 4, 2)
    h = x @ x.conj().T + numpy.eye(4)
    found = lx.materialize({name: call(linalg, x, h, b) for name, call in CALLS.items()})
    for name, call in CALLS.items():
        assert_all_close(found[name], call(scipy.linalg, x, h, b))


def test_the_generalized_eigenproblem_is_solved(rng):
    a, b = random(rng, "complex128", 4, 4), random(rng, "complex128", 4, 4)
    a, b = a + a.conj().T, b @ b.conj().T + numpy.eye(4)
    w, v = map(numpy.asarray, lx.materialize(linalg.eigh(a, b)))
    numpy.testing.assert_allclose(a @ v, b @ v * w, 1e-9, 1e-9)
    numpy.testing.assert_allclose(v.conj().T @ b @ v, numpy.eye(4), 1e-9, 1e-9)
    assert_all_close(linalg.eigh(a, eigvals_only=True), scipy.linalg.eigvalsh(a))


def test_leading_axes_are_a_batch(rng):
    x, b = rng.normal(size=(3, 4, 4)) + 3 * numpy.eye(4), rng.normal(size=(4, 2))
    found = lx.materialize(
        {
            "expm": linalg.expm(x),
            "lu_solve": linalg.lu_solve(linalg.lu_factor(x), b),
            "triangular": linalg.solve_triangular(x, b),
            "lu": linalg.lu(x),
            "pos": linalg.solve(x @ x.swapaxes(-1, -2), b, assume_a="pos"),
        }
    )
    for i in range(3):
        assert_all_close(found["expm"][i], scipy.linalg.expm(x[i]))
        assert_all_close(found["lu_solve"][i], scipy.linalg.solve(x[i], b))
        assert_all_close(found["triangular"][i], scipy.linalg.solve_triangular(x[i], b))
        assert_all_close(found["pos"][i], scipy.linalg.solve(x[i] @ x[i].T, b))
        assert_all_close(tuple([part[i] for part in found["lu"]]), scipy.linalg.lu(x[i]))


def test_the_exponential_of_a_large_matrix_is_found_or_nan():
    big = numpy.diag([-1e4, 0.0])
    assert_all_close(linalg.expm(big), numpy.diag([0.0, 1.0]))
    assert np.isnan(linalg.expm(big, max_squarings=4)).all()
    assert linalg.expm(np.eye(2, dtype="float32")).dtype == "float32"


def test_hilberts_matrix_is_scipys():
    numpy.testing.assert_allclose(linalg.hilbert(4), scipy.linalg.hilbert(4), 1e-6)


WEIGHTS = numpy.random.default_rng(3).normal(size=(3, 3))

GRADIENTS = {
    "expm": lambda m, x: m.expm(x),
    "solve_triangular": lambda m, x: m.solve_triangular(x, WEIGHTS, trans=1, lower=True),
    "cho_solve": lambda m, x: m.cho_solve(m.cho_factor(x @ x.T, lower=True), WEIGHTS) ** 2,
    "solve pos": lambda m, x: m.solve(x @ x.T, WEIGHTS, assume_a="pos") ** 2,
    "lu": lambda m, x: m.lu(x)[1] ** 2 + m.lu(x)[2] ** 3,
    "lu_solve": lambda m, x: m.lu_solve(m.lu_factor(x), WEIGHTS) ** 2,
    "toeplitz": lambda m, x: m.toeplitz(x[0], x[1]) ** 2,
    "block_diag": lambda m, x: m.block_diag(x, x[:2]) ** 2,
}


def test_gradients_are_jaxs(rng):
    jax = pytest.importorskip("jax")
    from jax.scipy import linalg as theirs

    x = rng.normal(size=(3, 3)) + numpy.diag([1.0, 3.0, 6.0])
    found = lx.materialize(
        {name: lx.grad(lambda x, f=f: np.sum(f(linalg, x)))(x) for name, f in GRADIENTS.items()}
    )
    with jax.enable_x64(True):
        slopes = {
            name: jax.grad(lambda x, f=f: jax.numpy.sum(f(theirs, x)))
            for name, f in GRADIENTS.items()
        }
        expected = jax.jit(lambda x: {name: slope(x) for name, slope in slopes.items()})(x)
    for name, value in expected.items():
        scale = numpy.abs(value).max()
        numpy.testing.assert_allclose(found[name], value, 1e-8, 1e-8 * scale, err_msg=name)


ERRORS = [
    (lambda: linalg.solve_triangular(np.eye(2), np.ones(2), trans="H"),
     "solve_triangular: trans is one of (0, 'N', 1, 'T', 2, 'C'), got 'H'"),
    (lambda: linalg.qr(np.eye(2), mode="raw"),
     "qr: mode is one of ('full', 'economic', 'r'), got 'raw'"),
    (lambda: linalg.toeplitz(np.eye(2)), "toeplitz: needs a vector, got f32[2,2]"),
    (lambda: linalg.block_diag(np.ones((1, 1, 1))),
     "block_diag: a block has two axes at most, got f32[1,1,1]"),
    (lambda: linalg.polar(np.eye(2), "up"), "polar: side is 'left' or 'right', got 'up'"),
    (lambda: linalg.cho_solve((np.eye(2), True), np.ones(3)),
     "cho_solve: f32[2,2] needs right-hand sides with 2 rows, got f32[3,1]"),
    (lambda: linalg.eigh(np.eye(2), np.eye(3)),
     "eigh: needs two matrices of one shape, got f32[2,2] and f32[3,3]"),
]  # fmt: skip


@pytest.mark.parametrize(("call", "message"), ERRORS, ids=range(len(ERRORS)))
def test_errors_say_what_is_needed(call, message):
    with pytest.raises(LazyaxTypeError) as caught:
        call()
    assert str(caught.value) == message

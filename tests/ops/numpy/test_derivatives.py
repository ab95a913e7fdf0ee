"""Functions differentiate and batch as jax's: compositions, beside the laws of the primitives."""

from __future__ import annotations

import jax
import jax.numpy
import numpy
import pytest

import lazyax as lx
import lazyax.numpy as np
from tests.test_composition import in_numpy

GENERATOR = numpy.random.default_rng(5)
X = GENERATOR.normal(size=(3, 4)).astype("float32")
BATCH = GENERATOR.normal(size=(2, 3, 4)).astype("float32")
OTHER = GENERATOR.normal(size=(3, 4)).astype("float32")

FUNCTIONS = {
    "sum": lambda np, x: np.sum(x, axis=0),
    "prod": lambda np, x: np.prod(x, axis=1),
    "max": lambda np, x: np.max(x, axis=1),
    "ptp": lambda np, x: np.ptp(x),
    "mean": lambda np, x: np.mean(x, axis=(0, 1), keepdims=True),
    "var": lambda np, x: np.var(x, axis=1, ddof=1),
    "std": lambda np, x: np.std(x),
    "nansum": lambda np, x: np.nansum(np.where(x > 0, x, np.nan), axis=0),
    "nanmean": lambda np, x: np.nanmean(x, axis=0),
    "median": lambda np, x: np.median(x, axis=1),
    "quantile": lambda np, x: np.quantile(x, 0.3, axis=0),
    "average": lambda np, x: np.average(x, axis=1, weights=np.abs(x[0]) + 1),
    "cov": lambda np, x: np.cov(x),
    "corrcoef": lambda np, x: np.corrcoef(x),
    "cumsum": lambda np, x: np.cumsum(x, axis=1),
    "cumprod": lambda np, x: np.cumprod(x),
    "sort": lambda np, x: np.sort(x, axis=0),
    "take": lambda np, x: np.take(x, numpy.array([2, 0, 0]), axis=1),
    "reshape": lambda np, x: np.reshape(x, (4, 3), order="F"),
    "transpose": lambda np, x: np.transpose(x),
    "moveaxis": lambda np, x: np.moveaxis(x[None], 0, 2),
    "concatenate": lambda np, x: np.concatenate([x, 2 * x], axis=1),
    "stack": lambda np, x: np.stack([x, x * x], axis=1),
    "split": lambda np, x: np.split(x, 2, axis=1)[1],
    "tile": lambda np, x: np.tile(x, (2, 1, 2)),
    "repeat": lambda np, x: np.repeat(x, 2, axis=0),
    "pad": lambda np, x: np.pad(x, ((1, 2), (0, 1)), mode="reflect"),
    "pad by constants": lambda np, x: np.pad(x, 1, constant_values=3.0),
    "roll": lambda np, x: np.roll(x, (1, -2), (0, 1)),
    "rot90": lambda np, x: np.rot90(x),
    "flip": lambda np, x: np.flip(x, 0),
    "diag": lambda np, x: np.diag(x[0], 1),
    "diagonal": lambda np, x: np.diagonal(x, 1),
    "trace": lambda np, x: np.trace(x),
    "tril": lambda np, x: np.tril(x, -1),
    "triu": lambda np, x: np.triu(x),
    "vander": lambda np, x: np.vander(x[0], 3),
    "dot": lambda np, x: np.dot(x, x.T),
    "matmul": lambda np, x: np.matmul(np.stack([x, x]), OTHER.T),
    "tensordot": lambda np, x: np.tensordot(x, x, ((0,), (0,))),
    "inner": lambda np, x: np.inner(x, OTHER),
    "outer": lambda np, x: np.outer(x[0], x[1]),
    "vdot": lambda np, x: np.vdot(x, OTHER),
    "kron": lambda np, x: np.kron(x[:2], OTHER[:1]),
    "cross": lambda np, x: np.cross(x[:, :3], OTHER[:, :3]),
    "einsum": lambda np, x: np.einsum("ij,kj,k->i", x, x, x[:, 0]),
    "einsum of a diagonal": lambda np, x: np.einsum("ii->i", x[:, :3]),
    "where": lambda np, x: np.where(x > 0, x, 2 * x),
    "select": lambda np, x: np.select([x < 0, x < 1], [x * x, 3 * x], 1.0),
    "clip": lambda np, x: np.clip(x, -0.5, 0.5),
    "nan_to_num": lambda np, x: np.nan_to_num(x),
    "maximum": lambda np, x: np.maximum(x, OTHER),
    "logaddexp": lambda np, x: np.logaddexp(x, OTHER),
    "hypot": lambda np, x: np.hypot(x, OTHER),
    "arctan2": lambda np, x: np.arctan2(x, OTHER),
    "power": lambda np, x: np.power(np.abs(x) + 0.5, OTHER),
    "remainder": lambda np, x: np.remainder(x, 0.7),
    "floor_divide": lambda np, x: x - np.floor_divide(x, 0.7),
    "sinc": lambda np, x: np.sinc(x),
    "exp2": lambda np, x: np.exp2(x),
    "cbrt": lambda np, x: np.cbrt(x),
    "copysign": lambda np, x: np.copysign(x, OTHER),
    "absolute": lambda np, x: np.abs(x),
    "angle": lambda np, x: np.angle(x + 1j * OTHER),
    "complex": lambda np, x: np.real(np.exp(1j * x) * np.conj(x + 2j)),
    "linspace": lambda np, x: np.linspace(x[0], x[1], 5),
    "interp": lambda np, x: np.interp(x, numpy.float32([-2, 0, 2]), x[0, :3]),
    "convolve": lambda np, x: np.convolve(x[0], x[1], "same"),
    "diff": lambda np, x: np.diff(x, axis=1),
    "gradient": lambda np, x: np.gradient(x, axis=1),
    "trapezoid": lambda np, x: np.trapezoid(x * x, axis=0),
    "unwrap": lambda np, x: np.unwrap(x * 4, axis=1),
    "polyval": lambda np, x: np.polyval(x[0], x),
    "meshgrid": lambda np, x: np.meshgrid(x[0], x[1])[0],
    "digitized": lambda np, x: x * np.digitize(x, numpy.float32([-1, 0, 1])),
    "squeeze": lambda np, x: np.squeeze(np.expand_dims(x, (0, 3))),
    "delete": lambda np, x: np.delete(x, 1, axis=1),
    "insert": lambda np, x: np.insert(x, 1, x[:, 0], axis=1),
}


def weighted(namespace, function, x):
    """A number: the values of ``function``, each times another weight."""
    values = namespace.ravel(function(namespace, x))
    return (values * namespace.arange(1.0, values.size + 1)).sum()


def derivatives(m, namespace, function, rows):
    """A function's values, gradients and Hessian: of each row, and of the first."""

    def total(x):
        return weighted(namespace, function, x)

    return {
        "values": m.vmap(lambda x: namespace.ravel(function(namespace, x)))(rows),
        "gradients": m.vmap(m.grad(total))(rows),
        "hessian": m.hessian(total)(rows[0]),
    }


TOLERANCES = {"float32": 3e-4, "float64": 1e-11}


@pytest.mark.parametrize("name", FUNCTIONS)
def test_gradients_hessians_and_batches_are_jaxs_in_both_widths(name):
    function = FUNCTIONS[name]
    both = [BATCH, BATCH.astype("float64")]
    with jax.enable_x64(True):
        expected = jax.jit(
            lambda *given: [derivatives(jax, jax.numpy, function, rows) for rows in given],
            compiler_options={"xla_backend_optimization_level": 0},
        )(*both)
    found = in_numpy(lambda *given: [derivatives(lx, np, function, rows) for rows in given], *both)
    for rows, ours, theirs in zip(both, found, expected, strict=True):
        for key, value in theirs.items():
            want, got = numpy.asarray(value), numpy.asarray(ours[key])
            allowed = TOLERANCES[rows.dtype.name]
            scale = max(float(numpy.abs(want).max()), 1)
            assert got.shape == want.shape
            numpy.testing.assert_allclose(
                got, want, rtol=allowed, atol=allowed * scale, err_msg=f"{key} of {rows.dtype}"
            )


@pytest.mark.parametrize("name", FUNCTIONS)
def test_vmap_is_a_loop(name):
    function = FUNCTIONS[name]
    batched = lx.vmap(lambda x: function(np, x))(BATCH)
    rows = [function(np, np.asarray(x)) for x in BATCH]
    lx.materialize(batched, rows)
    want = numpy.stack([numpy.asarray(row) for row in rows])
    scale = max(float(numpy.abs(want).max()), 1)
    numpy.testing.assert_allclose(numpy.asarray(batched), want, rtol=2e-4, atol=2e-5 * scale)

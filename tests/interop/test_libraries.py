"""Other people's libraries, as released, on lazy arrays."""

from __future__ import annotations

import array_api_compat
import einops
import einops.array_api
import matplotlib.figure
import numpy
import opt_einsum
import pandas
import pytest
import scipy.integrate
import scipy.linalg
import scipy.optimize
import scipy.sparse
import scipy.special
import scipy.stats
import sklearn.linear_model
import sklearn.preprocessing

import lazyax as lx
import lazyax.numpy as np
from lazyax import einops_backend

einops_backend.register()

HOST = numpy.arange(24.0, dtype="float32").reshape(2, 3, 4) / 7


@pytest.fixture
def x():
    return np.asarray(HOST) + 0


STAYS_LAZY = {
    "rearrange": lambda e, x: e.rearrange(x, "a b c -> (c a) b"),
    "rearrange a list": lambda e, x: e.rearrange([x, x * 2], "n a b c -> a (n b) c"),
    "reduce": lambda e, x: e.reduce(x, "a b c -> a c", "mean"),
    "pooling": lambda e, x: e.reduce(x, "a b (c two) -> a b c", "max", two=2),
    "repeat": lambda e, x: e.repeat(x, "a b c -> a b (c d)", d=2),
    "pack": lambda e, x: e.pack([x, x[..., 0]], "a b *")[0],
}


@pytest.mark.parametrize("name", STAYS_LAZY)
def test_einops_stays_lazy(x, name):
    with lx.no_materialize():
        results = [STAYS_LAZY[name](module, x) for module in (einops, einops.array_api)]
    want = STAYS_LAZY[name](einops, HOST)
    for got in results:
        assert isinstance(got, lx.Array)
        numpy.testing.assert_allclose(got, want, rtol=1e-6)


SPECIAL = [scipy.special.erf, scipy.special.gammaln, scipy.special.expit, scipy.special.xlogy]


@pytest.mark.parametrize("function", SPECIAL, ids=lambda f: f.__name__)
def test_scipys_special_functions_stay_lazy(x, function):
    with lx.no_materialize():
        got = function(*[x] * function.nin)
    assert isinstance(got, lx.Array)
    numpy.testing.assert_allclose(got, function(*[HOST] * function.nin), rtol=1e-4, atol=1e-6)


def test_of_a_function_of_scipys_that_is_not_here_the_error_says_what_to_do(x):
    message = "numpy.struve: lazyax has no such function; to compute it by NumPy, read the value"
    with pytest.raises(lx.errors.LazyaxTypeError, match=message):
        scipy.special.struve(1, x)


def test_the_rest_of_einops(x):
    numpy.testing.assert_allclose(
        einops.einsum(x, x, "a b c, a d c -> b d"),
        numpy.einsum("abc,adc->bd", HOST, HOST),
        rtol=1e-5,
    )
    assert einops.parse_shape(x, "a _ c") == {"a": 2, "c": 4}
    assert type(einops.asnumpy(x)) is numpy.ndarray
    slope = lx.grad(lambda x: np.sum(einops.reduce(x, "a b c -> a", "mean")))(x)
    numpy.testing.assert_allclose(slope, numpy.full((2, 3, 4), 1 / 12), rtol=1e-6)
    assert einops_backend.register()().from_numpy(HOST).shape == (2, 3, 4)


def test_opt_einsum_contracts_lazily(x):
    with lx.no_materialize():
        got = opt_einsum.contract("abc,adc,de->be", x, x, np.ones((3, 2)))
        reused = opt_einsum.contract_expression("ab,bc->ac", (3, 4), (4, 5))(x[0], np.ones((4, 5)))
    numpy.testing.assert_allclose(
        got, numpy.einsum("abc,adc,de->be", HOST, HOST, numpy.ones((3, 2))), rtol=1e-5
    )
    assert reused.shape == (3, 5)


def softmax(x):
    """Written for any library of the array API standard."""
    xp = array_api_compat.array_namespace(x)
    shifted = xp.exp(x - xp.max(x, axis=-1, keepdims=True))
    return shifted / xp.sum(shifted, axis=-1, keepdims=True)


def test_array_api_compat_finds_the_namespace(x):
    assert array_api_compat.array_namespace(x, x + 1) is np
    assert array_api_compat.is_array_api_obj(x)
    assert str(array_api_compat.device(x)) == "cpu:0"
    assert array_api_compat.to_device(x, "cpu") is x
    assert array_api_compat.size(x) == 24
    with lx.no_materialize():
        result = softmax(x)
    numpy.testing.assert_allclose(result, softmax(HOST), rtol=1e-6)
    assert lx.vmap(softmax)(x).shape == (2, 3, 4)


def quadratic(w):
    return np.sum((np.asarray(w) - np.array([1.0, 2.0])) ** 2)


READS = {
    "numpy.testing": lambda np, x: numpy.testing.assert_allclose(x, HOST, rtol=1e-6) is None,
    "pandas.DataFrame": lambda np, x: pandas.DataFrame(x[0]).sum().tolist(),
    "a column": lambda np, x: pandas.DataFrame({"a": range(4)}).assign(b=x[0, 1])["b"].tolist(),
    "pandas.Series": lambda np, x: (pandas.Series(x[0, 0] * 2) + x[0, 1]).tolist(),
    "scipy.sparse": lambda np, x: scipy.sparse.csr_matrix(x[0]).sum(),
    "scipy.linalg": lambda np, x: scipy.linalg.solve(np.eye(3) * 2, x[0, :, 0]),
    "scipy.integrate": lambda np, x: scipy.integrate.trapezoid(x[0, 0]),
    "scipy.stats": lambda np, x: scipy.stats.ttest_1samp(x[0, 0], 0.0).statistic,
    "sklearn fit": lambda np, x: (
        sklearn.linear_model.LinearRegression()
        .fit(numpy.asarray(x[0]), numpy.asarray(x[0, :, 0]))
        .predict(x[1])
    ),
    "sklearn scaler": lambda np, x: sklearn.preprocessing.StandardScaler().fit_transform(x[0]),
}


@pytest.mark.parametrize("name", READS)
def test_libraries_that_read_values_get_them(x, name):
    got, want = READS[name](np, x), READS[name](numpy, HOST)
    numpy.testing.assert_allclose(numpy.asarray(got), want, rtol=1e-4, atol=1e-5)


def test_scipy_minimizes_a_lazy_function_by_its_gradient():
    found = scipy.optimize.minimize(
        lambda w: float(quadratic(w)), numpy.zeros(2), jac=lambda w: lx.grad(quadratic)(w)
    )
    assert found.success
    numpy.testing.assert_allclose(found.x, [1, 2], rtol=1e-4)


def test_matplotlib_draws_lazy_arrays(x):
    figure = matplotlib.figure.Figure()
    axes = figure.subplots()
    (line,) = axes.plot(x[0, 0], np.sin(x[0, 0]))
    axes.bar(x[0, 0], x[0, 1])
    axes.scatter(x[0, 0], x[0, 1], c=x[0, 2])
    axes.fill_between(x[0, 0], x[0, 1])
    axes.hist(x[0].ravel())
    axes.imshow(x[0])
    figure.canvas.draw()
    numpy.testing.assert_allclose(line.get_ydata(), numpy.sin(HOST[0, 0]), rtol=1e-5)


def test_numpy_is_told_whether_memory_is_shared(x):
    lx.materialize(x)
    assert numpy.shares_memory(x, numpy.asarray(x))
    assert not numpy.may_share_memory(x, HOST)

"""What `lazyax.scipy` composes of other functions, beside SciPy: each row is called on both."""

from __future__ import annotations

import types

import numpy
import pytest
import scipy
import scipy.cluster.vq
import scipy.integrate
import scipy.linalg
import scipy.ndimage
import scipy.signal
import scipy.stats

import lazyax as lx
import lazyax.scipy as ours
from lazyax.errors import LazyaxTypeError

_rng = numpy.random.default_rng(0)
X = _rng.normal(size=(5, 3))
CENTRE = _rng.normal(size=3)
COV = numpy.cov(_rng.normal(size=(3, 9)))
ALPHA = numpy.array([1.0, 2.0, 0.5])
SHARES = _rng.dirichlet(ALPHA, 4).T
COUNTS = numpy.concatenate([_rng.multinomial(6, [0.2, 0.3, 0.5], 5), [[1, 2, 4]]])
TIED = _rng.integers(0, 4, (4, 6))
IMAGE, KERNEL = _rng.normal(size=(6, 7)), _rng.normal(size=(3, 2))
PLACES = _rng.uniform(-2, 9, (2, 20))
MODES = ("full", "same", "valid")

STATS = {
    "normal": lambda m: m.stats.multivariate_normal.logpdf(X, CENTRE, COV),
    "normal of one": lambda m: m.stats.multivariate_normal.pdf(X[0], CENTRE, COV),
    "normal by variances": lambda m: m.stats.multivariate_normal.pdf(X, CENTRE, [1.0, 2.0, 3.0]),
    "normal of numbers": lambda m: m.stats.multivariate_normal.logpdf(1.5, 0.5, 2.0),
    "dirichlet": lambda m: m.stats.dirichlet.logpdf(SHARES, ALPHA),
    "dirichlet of all but one": lambda m: m.stats.dirichlet.pdf(SHARES[:2], ALPHA),
    "multinomial": lambda m: m.stats.multinomial.logpmf(COUNTS, 6, [0.2, 0.3, 0.5]),
    "multinomial of one": lambda m: m.stats.multinomial.pmf([2, 1], 3, [0.25, 0.75]),
    **{
        f"rankdata {method} {axis}": lambda m, how=method, a=axis: m.stats.rankdata(
            TIED, how, axis=a
        )
        for method, axis in (
            ("average", None), ("min", 1), ("max", 0), ("dense", 1), ("ordinal", None)
        )
    },
    "mode": lambda m: tuple(m.stats.mode(TIED)),
    "mode kept": lambda m: tuple(m.stats.mode(TIED, axis=1, keepdims=True)),
    "mode of all": lambda m: tuple(m.stats.mode(TIED, axis=None)),
    "sem": lambda m: m.stats.sem(X, axis=1),
    "sem of all": lambda m: m.stats.sem(X, axis=None, ddof=0),
}  # fmt: skip

LINALG = {
    "hankel": lambda m: m.linalg.hankel([1, 2, 3], [9, 4, 5, 6]),
    "companion": lambda m: m.linalg.companion([2.0, 1.0, 3.0, 4.0]),
    "leslie": lambda m: m.linalg.leslie([0.1, 2.0, 1.0], [0.2, 0.8]),
    "fiedler": lambda m: m.linalg.fiedler([1, 4, 12]),
    **{
        f"convolution_matrix {mode} {n}": lambda m, how=mode, n=n: m.linalg.convolution_matrix(
            numpy.arange(1, 5), n, how
        )
        for mode in MODES
        for n in (2, 5)
    },
    **{
        name: lambda m, name=name: getattr(m.linalg, name)(4)
        for name in ("dft", "hadamard", "helmert", "invhilbert", "invpascal", "pascal")
    },
    "expm_frechet": lambda m: m.linalg.expm_frechet(X[:3], X[2:]),
    "eigh_tridiagonal": lambda m: m.linalg.eigh_tridiagonal(X[0], X[1, :2])[0],
    "eigvalsh_tridiagonal": lambda m: m.linalg.eigh_tridiagonal(X[0], X[1, :2], eigvals_only=True),
}

IMAGES = {
    **{
        f"{name} {mode} {boundary}": lambda m, f=name, how=mode, b=boundary: getattr(m.signal, f)(
            IMAGE, KERNEL, how, b
        )
        for name in ("convolve2d", "correlate2d")
        for mode in MODES
        for boundary in ("fill", "wrap", "symm")
    },
    "convolve2d filled": lambda m: m.signal.convolve2d(IMAGE, KERNEL, "full", "fill", 2.0),
    "detrend": lambda m: m.signal.detrend(IMAGE, axis=0),
    "detrend constant": lambda m: m.signal.detrend(IMAGE, type="constant"),
    "detrend pieces": lambda m: m.signal.detrend(IMAGE, bp=[3]),
    "vq": lambda m: m.cluster.vq.vq(X, X[::2] + 0.1),
    "trapezoid": lambda m: m.integrate.trapezoid([1, 2, 3.0], dx=0.5),
}


@pytest.mark.parametrize("table", [STATS, LINALG, IMAGES], ids=["stats", "linalg", "images"])
def test_a_composition_is_scipys(table):
    lx.config.update(default_dtype_bits=64, cold_runs=2)
    found = lx.materialize({name: call(ours) for name, call in table.items()})
    lx.config.update(default_dtype_bits=32, cold_runs=0)
    for name, call in table.items():
        with numpy.errstate(all="ignore"):
            want = call(scipy)
        wants = want if isinstance(want, tuple) else (want,)
        gots = found[name] if isinstance(found[name], tuple) else (found[name],)
        for got, one in zip(gots, wants, strict=True):
            assert got.shape == numpy.shape(one), name
            numpy.testing.assert_allclose(numpy.asarray(got), one, 1e-9, 1e-9, err_msg=name)


THEIRS = {"constant": "grid-constant", "wrap": "grid-wrap"}


def test_images_are_read_between_their_elements_as_by_scipy():
    modes = [(order, mode) for order in (0, 1) for mode in ours.ndimage.MODES]
    found = [ours.ndimage.map_coordinates(IMAGE, PLACES, o, m, cval=1.5) for o, m in modes]
    lx.materialize(found)
    for (order, mode), got in zip(modes, found, strict=True):
        want = scipy.ndimage.map_coordinates(
            IMAGE, PLACES, order=order, mode=THEIRS.get(mode, mode), cval=1.5
        )
        numpy.testing.assert_allclose(numpy.asarray(got), want, 1e-9, 1e-9, err_msg=mode)


def test_compositions_have_gradients():
    normal = ours.stats.multivariate_normal
    by_mean, by_cov = lx.grad(lambda mean, cov: normal.logpdf(X, mean, cov).sum(), argnums=(0, 1))(
        CENTRE, COV
    )
    inverse = numpy.linalg.inv(COV)
    away = X - CENTRE
    lx.materialize(by_mean, by_cov)
    numpy.testing.assert_allclose(by_mean, (away @ inverse).sum(0), 1e-8)
    scatter = inverse @ away.T @ away @ inverse - len(X) * inverse
    numpy.testing.assert_allclose(by_cov + by_cov.T, scatter, 1e-7)
    slope = lx.grad(lambda place: ours.ndimage.map_coordinates(IMAGE, [place, [1.0]], 1).sum())
    numpy.testing.assert_allclose(slope(numpy.array([2.5])), [IMAGE[3, 1] - IMAGE[2, 1]])


def test_what_does_not_fit_is_an_error():
    calls: dict[str, types.FunctionType] = {
        "dirichlet.logpdf: needs a vector alpha": lambda: ours.stats.dirichlet.pdf([0.5], ALPHA),
        "multivariate_normal.logpdf: x and mean have 3 elements": (
            lambda: ours.stats.multivariate_normal.pdf(X, cov=numpy.eye(2))
        ),
        "rankdata: method is one of": lambda: ours.stats.rankdata([1], "last"),
        "mode: .* has no elements along axis 0": lambda: ours.stats.mode([]),
        "map_coordinates: needs order 0 or 1": (
            lambda: ours.ndimage.map_coordinates(IMAGE, PLACES, 3)
        ),
        "convolve2d: needs two matrices": lambda: ours.signal.convolve2d([1], [1]),
        "detrend: type is 'linear'": lambda: ours.signal.detrend(IMAGE, type="cubic"),
        "vq: needs matrices": lambda: ours.cluster.vq.vq(X, X[0]),
        "leslie: needs one survival less": lambda: ours.linalg.leslie([1, 2], [1, 2]),
        "companion: needs a vector": lambda: ours.linalg.companion([1.0]),
        "eigh_tridiagonal: select is 'a'": (
            lambda: ours.linalg.eigh_tridiagonal([1.0, 2.0], [1.0], select="i")
        ),
    }
    for message, call in calls.items():
        with pytest.raises(LazyaxTypeError, match=f"^{message}"):
            call()

"""lazyax.numpy.linalg against numpy.linalg, and its gradients against jax's."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import numpy
import pytest

import lazyax as lx
import lazyax.numpy as np
from lazyax.errors import LazyaxTypeError
from lazyax.xla.lowering import lower
from lazyax.xla.plan import plan

DTYPES = ["float32", "float64", "complex64", "complex128"]
BATCHES = [(), (2,), (2, 1)]


def matrices(rng, dtype, *shape):
    """Random numbers of a dtype."""
    value = rng.normal(size=shape)
    if numpy.dtype(dtype).kind == "c":
        value = value + 1j * rng.normal(size=shape)
    return value.astype(dtype)


def definite(x):
    """A Hermitian, positive definite matrix made of x."""
    return x @ x.conj().swapaxes(-1, -2) + numpy.eye(x.shape[-1], dtype=x.dtype)


def assert_all_close(actual, expected):
    """Arrays or tuples of them have the shapes, dtypes and values."""
    flat = lx.tree.leaves(actual)
    wanted = list(expected) if isinstance(expected, tuple) else [expected]
    for found, value in zip(flat, wanted, strict=True):
        found, value = numpy.asarray(found), numpy.asarray(value)
        assert found.shape == value.shape
        single = found.dtype.name in ("float32", "complex64", "int32")
        if found.dtype.kind in "fc":
            assert found.dtype == value.dtype
        numpy.testing.assert_allclose(
            found, value, rtol=2e-3 if single else 1e-9, atol=2e-3 if single else 1e-9
        )


SQUARE = {
    "det": lambda m, x: m.det(x),
    "slogdet": lambda m, x: tuple(m.slogdet(x)),
    "inv": lambda m, x: m.inv(x),
    "matrix_power": lambda m, x: (m.matrix_power(x, 3), m.matrix_power(x, -2)),
    "matrix_power 0": lambda m, x: m.matrix_power(x, 0),
    "cond": lambda m, x: tuple(m.cond(x, o) for o in (None, -2, 1, -1, numpy.inf, "fro")),
    "trace": lambda m, x: (m.trace(x), m.diagonal(x, offset=1)),
    "cholesky": lambda m, x: (m.cholesky(definite(x)), m.cholesky(definite(x), upper=True)),
    "eigvalsh": lambda m, x: m.eigvalsh(definite(x)),
}

ANY = {
    "svdvals": lambda m, x: m.svdvals(x),
    "svd s": lambda m, x: m.svd(x, compute_uv=False),
    "pinv": lambda m, x: m.pinv(x),
    "pinv rcond": lambda m, x: m.pinv(x, 0.5),
    "qr": lambda m, x: (*m.qr(x), m.qr(x, "r")),
    "qr complete": lambda m, x: tuple(m.qr(x, "complete")),
    "qr raw": lambda m, x: tuple(m.qr(x, "raw")),
    "matrix_rank": lambda m, x: (
        m.matrix_rank(x),
        m.matrix_rank(x, 1.5),
        m.matrix_rank(x, rtol=0.5),
    ),
    "matrix_norm": lambda m, x: tuple(
        m.matrix_norm(x, ord=o) for o in ("fro", "nuc", 1, -1, 2, -2, numpy.inf, -numpy.inf)
    ),
    "norm axes": lambda m, x: tuple(
        m.norm(x, o, axis=(-1, -2), keepdims=True) for o in (None, "fro", 1, -numpy.inf)
    ),
    "norm axis": lambda m, x: tuple(
        m.norm(x, o, axis=-1) for o in (None, 0, 1, 2, 3, -1, numpy.inf, -numpy.inf)
    ),
    "norm": lambda m, x: m.norm(x),
    "vector_norm": lambda m, x: (m.vector_norm(x), m.vector_norm(x, axis=-1, ord=1)),
    "transpose": lambda m, x: m.matrix_transpose(x),
}


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("batch", BATCHES, ids=str)
def test_functions_of_square_matrices_are_numpys(dtype, batch, rng):
    x = matrices(rng, dtype, *batch, 4, 4)
    found = lx.materialize({name: function(np.linalg, x) for name, function in SQUARE.items()})
    for name, function in SQUARE.items():
        assert_all_close(found[name], function(numpy.linalg, x))


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("shape", [(5, 3), (2, 3, 5), (1, 1)], ids=str)
def test_functions_of_any_matrices_are_numpys(dtype, shape, rng):
    x = matrices(rng, dtype, *shape)
    found = lx.materialize({name: function(np.linalg, x) for name, function in ANY.items()})
    for name, function in ANY.items():
        assert_all_close(found[name], function(numpy.linalg, x))


@pytest.mark.parametrize("shape", [(0, 2), (2, 0), (0, 0), (0, 3, 2)], ids=str)
def test_norms_of_nothing_are_nothing(shape):
    x = numpy.zeros(shape, "float32")
    for order in ("fro", "nuc", 1, 2, numpy.inf):
        assert_all_close(np.linalg.matrix_norm(x, ord=order), numpy.zeros(shape[:-2], "float32"))
    assert float(np.linalg.vector_norm(x, ord=numpy.inf)) == 0


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("shape", [(4, 4), (2, 4, 4), (5, 3), (3, 5)], ids=str)
def test_decompositions_make_up_their_matrix(dtype, shape, rng):
    x = matrices(rng, dtype, *shape)
    results = {"full": np.linalg.svd(x), "reduced": np.linalg.svd(x, full_matrices=False)}
    if shape[-1] == shape[-2]:
        hermitian = definite(x)
        results |= {
            "eigh": np.linalg.eigh(hermitian),
            "eig": np.linalg.eig(x),
            "svd": np.linalg.svd(hermitian - 3 * numpy.eye(4, dtype=dtype), hermitian=True),
        }
    found = lx.tree.map(numpy.asarray, lx.materialize(results))
    count = min(shape[-2:])
    for u, s, vh in (found["full"], found["reduced"]):
        assert_all_close(u[..., :count] * s[..., None, :] @ vh[..., :count, :], x)
        eye = numpy.broadcast_to(numpy.eye(vh.shape[-1]), vh.shape[:-2] + (vh.shape[-1],) * 2)
        if vh.shape[-2] == vh.shape[-1]:
            assert_all_close(vh @ vh.conj().swapaxes(-1, -2), eye.astype(dtype))
    if "eigh" in found:
        w, v = found["eigh"]
        assert_all_close(v * w[..., None, :] @ v.conj().swapaxes(-1, -2), hermitian)
        assert (numpy.diff(w) >= 0).all()
        w, v = found["eig"]
        assert_all_close(x.astype(v.dtype) @ v, v * w[..., None, :])
        u, s, vh = found["svd"]
        assert_all_close(u * s[..., None, :] @ vh, hermitian - 3 * numpy.eye(4, dtype=dtype))
        assert (numpy.diff(s) <= 0).all()


EQUATIONS = [
    ((4, 4), (4,)),
    ((4, 4), (4, 2)),
    ((3, 4, 4), (4, 2)),
    ((4, 4), (3, 4, 2)),
    ((2, 1, 4, 4), (3, 4, 2)),
    ((3, 4, 4), (4,)),
    ((0, 0), (0, 2)),
    ((0, 4, 4), (4, 2)),
]


@pytest.mark.parametrize("dtype", ["float32", "complex128"])
def test_solve_broadcasts_as_numpy(dtype, rng):
    pairs = [(matrices(rng, dtype, *a), matrices(rng, dtype, *b)) for a, b in EQUATIONS]
    found = lx.materialize([np.linalg.solve(a, b) for a, b in pairs])
    for x, (a, b) in zip(found, pairs, strict=True):
        assert_all_close(x, numpy.linalg.solve(a, b))


@pytest.mark.parametrize("shape", [(6, 3), (3, 6), (4, 4)], ids=str)
@pytest.mark.parametrize("columns", [(), (2,)], ids=str)
def test_lstsq_is_numpys(shape, columns, rng):
    a, b = rng.normal(size=shape), rng.normal(size=(shape[0], *columns))
    found, expected = np.linalg.lstsq(a, b), numpy.linalg.lstsq(a, b)
    residuals = expected[1] if columns else numpy.atleast_1d(expected[1])
    assert_all_close(found, (expected[0], residuals, expected[2], expected[3]))


def test_tensor_equations_are_numpys(rng):
    a, b = rng.normal(size=(2, 3, 6)), rng.normal(size=(2, 3))
    assert_all_close(np.linalg.tensorsolve(a, b), numpy.linalg.tensorsolve(a, b))
    moved = rng.normal(size=(6, 2, 3))
    assert_all_close(
        np.linalg.tensorsolve(moved, b, axes=(0,)), numpy.linalg.tensorsolve(moved, b, axes=(0,))
    )
    assert_all_close(np.linalg.tensorinv(a), numpy.linalg.tensorinv(a))
    assert_all_close(np.linalg.tensorinv(moved, ind=1), numpy.linalg.tensorinv(moved, ind=1))


def test_products_are_numpys(rng):
    chain = [rng.normal(size=shape) for shape in ((5,), (5, 20), (20, 3), (3, 4))]
    for part in (chain, chain[1:], [*chain[1:3], chain[3][:, 0]]):
        assert_all_close(np.linalg.multi_dot(part), numpy.linalg.multi_dot(part))
    x, y = rng.normal(size=(2, 3)), rng.normal(size=3)
    assert_all_close(np.linalg.cross(x, y), numpy.linalg.cross(x, y[None]))
    assert_all_close(np.linalg.outer(y, x[0]), numpy.linalg.outer(y, x[0]))
    assert_all_close(np.linalg.vecdot(x, y), numpy.linalg.vecdot(x, y))
    assert_all_close(np.linalg.matmul(x, x.T), x @ x.T)
    assert_all_close(np.linalg.tensordot(x, x.T, axes=1), numpy.tensordot(x, x.T, axes=1))


def test_multi_dot_finds_the_cheapest_order():
    tall, wide = np.ones((200, 2)), np.ones((2, 200))
    dots = [
        node
        for node in np.linalg.multi_dot([tall, wide, tall]).graph
        if node.op.name == "DotGeneral"
    ]
    assert sorted(node.aval.shape for node in dots) == [(2, 2), (200, 2)]


def test_integers_become_floating():
    whole = [[2, 0], [0, 4]]
    results = [np.linalg.inv(whole), np.linalg.norm([3, 4]), np.linalg.eigvalsh(whole)]
    assert [str(x.dtype) for x in results] == ["float32"] * 3
    assert str(results[1]) == "5.0"


EMPTY = ["det", "inv", "cholesky", "eigvalsh", "svdvals", "slogdet"]


def test_empty_matrices_are_numpys():
    for shape in ((0, 0), (0, 3, 3)):
        x = numpy.zeros(shape)
        for name in EMPTY:
            assert_all_close(getattr(np.linalg, name)(x), getattr(numpy.linalg, name)(x))
    for shape in ((3, 0), (0, 3), (2, 0, 3)):
        x = numpy.zeros(shape)
        for mode in ("reduced", "complete"):
            assert_all_close(np.linalg.qr(x, mode), tuple(numpy.linalg.qr(x, mode)))
        assert_all_close(np.linalg.svd(x), tuple(numpy.linalg.svd(x)))
        assert_all_close(np.linalg.pinv(x), numpy.linalg.pinv(x))
        assert_all_close(np.linalg.norm(x), numpy.linalg.norm(x))


WEIGHTS = numpy.random.default_rng(3).normal(size=(3, 3))


def invariant(m, u, s, v):
    """A number that depends on singular vectors, and not on how they are free to turn."""
    return m.sum(((u * s**2) @ v) ** 3)


GRADIENTS = {
    "solve": lambda m, x: m.linalg.solve(x, WEIGHTS),
    "inv": lambda m, x: m.linalg.inv(x) ** 2,
    "det": lambda m, x: m.linalg.det(x) ** 2,
    "slogdet": lambda m, x: m.linalg.slogdet(x)[1] * 3,
    "cholesky": lambda m, x: m.linalg.cholesky(x @ x.T) ** 3,
    "cholesky of itself": lambda m, x: m.linalg.cholesky(x * 0.1 + 3 * numpy.eye(3)) ** 3,
    "qr": lambda m, x: m.linalg.qr(x)[0] ** 3 + m.linalg.qr(x)[1] ** 3,
    "eigvalsh": lambda m, x: m.linalg.eigvalsh(x) ** 3,
    "eigh": lambda m, x: m.linalg.eigh(x)[1] ** 4,
    "svd": lambda m, x: m.linalg.svd(x)[1] ** 3,
    "svd vectors": lambda m, x: invariant(m, *m.linalg.svd(x[:2], full_matrices=False)),
    "pinv": lambda m, x: m.linalg.pinv(x[:, :2]) ** 2,
    "eigvals": lambda m, x: m.real(m.linalg.eigvals(x) ** 3),
    "norm nuc": lambda m, x: m.linalg.norm(x, "nuc"),
    "norm 2": lambda m, x: m.linalg.norm(x, 2),
    "norm 3": lambda m, x: m.linalg.norm(x[0], 3),
    "cond": lambda m, x: m.linalg.cond(x),
    "lstsq": lambda m, x: m.linalg.lstsq(x[:, :2], WEIGHTS)[0] ** 2,
    "matrix_power": lambda m, x: m.linalg.matrix_power(x, -2),
}


def test_gradients_are_jaxs(rng):
    jax = pytest.importorskip("jax")
    x = rng.normal(size=(3, 3)) + numpy.diag([1.0, 3.0, 6.0])
    found = lx.materialize(
        {
            name: lx.grad(lambda x, f=function: np.sum(f(np, x)))(x)
            for name, function in GRADIENTS.items()
        }
    )
    with jax.enable_x64(True):
        slopes = {
            name: jax.grad(lambda x, f=function: jax.numpy.sum(f(jax.numpy, x)))
            for name, function in GRADIENTS.items()
        }
        expected = jax.jit(lambda x: {name: slope(x) for name, slope in slopes.items()})(x)
    for name, value in expected.items():
        numpy.testing.assert_allclose(found[name], value, 1e-8, 1e-8, err_msg=name)


def test_solve_and_its_gradient_factor_once():
    a, b = np.eye(3) * 2, np.ones(3)
    graph = lx.trace(lambda a, b: lx.value_and_grad(lambda a: np.linalg.solve(a, b).sum())(a))(a, b)
    assert [node.op.name for node in graph.nodes].count("LU") == 1


def test_the_gradient_of_equal_eigenvalues_sums_right():
    x = np.eye(3, dtype="float64")
    assert str(lx.grad(lambda x: np.linalg.eigvalsh(x).sum())(x)) == str(np.eye(3))
    assert np.isnan(lx.grad(lambda x: np.linalg.eigh(x)[1][0, 0])(x)).any()


def test_pinv_of_a_singular_matrix_has_a_gradient(rng):
    left, right = rng.normal(size=(4, 2)), rng.normal(size=(2, 3))
    direction = left @ rng.normal(size=(2, 3)) + rng.normal(size=(4, 2)) @ right  # keeps the rank

    def at(t):
        return numpy.linalg.pinv((left + t * WEIGHTS[0, 0]) @ right)

    moved = numpy.full((4, 2), WEIGHTS[0, 0]) @ right
    _, tangent = lx.jvp(np.linalg.pinv, (left @ right,), (moved,))
    numpy.testing.assert_allclose(tangent, (at(1e-6) - at(-1e-6)) / 2e-6, 1e-6, 1e-6)
    assert numpy.isfinite(lx.jvp(np.linalg.pinv, (left @ right,), (direction,))[1]).all()


@pytest.mark.parametrize("dtype", ["float64", "complex128"])
def test_reflections_have_a_derivative(dtype, rng):
    x, dx = matrices(rng, dtype, 3, 3), matrices(rng, dtype, 3, 3)
    _, tangents = lx.jvp(lambda x: np.linalg.qr(x, "raw"), (x,), (dx,))
    after, before = (numpy.linalg.qr(x + t * dx, "raw") for t in (1e-6, -1e-6))
    for tangent, high, low in zip(tangents, after, before, strict=True):
        numpy.testing.assert_allclose(tangent, (high - low) / 2e-6, 1e-6, 1e-6)


def test_transforms_go_through(rng):
    x = rng.normal(size=(4, 3, 3)) + 3 * numpy.eye(3)
    per_matrix = lx.vmap(lx.grad(lambda x: np.linalg.slogdet(x)[1]))(x)
    numpy.testing.assert_allclose(per_matrix, numpy.linalg.inv(x).swapaxes(-1, -2), 1e-8)
    hessian = lx.hessian(lambda x: np.linalg.slogdet(x)[1])(x[0])
    inverse = numpy.linalg.inv(x[0])
    numpy.testing.assert_allclose(hessian, -numpy.einsum("li,jk->ijkl", inverse, inverse), 1e-8)


ERRORS = [
    (lambda: np.linalg.inv(np.ones((2, 3))),
     "inv: needs square matrices, got f32[2,3]; its last two axes differ"),
    (lambda: np.linalg.svd(np.ones(3)),
     "svd: needs matrices, so two axes or more, got f32[3]"),
    (lambda: np.linalg.det(np.ones((2, 2), "bfloat16")),
     "det: LAPACK has float32, float64, complex64 and complex128, got bf16[2,2]; use "
     "astype('float32')"),
    (lambda: np.linalg.solve(np.eye(2), np.ones(3)),
     "solve: f32[2,2] needs right-hand sides with 2 rows, got f32[3,1]"),
    (lambda: np.linalg.matrix_power(np.ones((2, 3)), 2),
     "matrix_power: needs square matrices, got f32[2,3]"),
    (lambda: np.linalg.multi_dot([np.ones(3)]),
     "multi_dot: needs two arrays or more, all but the first and last of them matrices, got "
     "f32[3]"),
    (lambda: np.linalg.tensorinv(np.ones((2, 3)), 1),
     "tensorinv: needs as many elements in the first ind axes as in the others, and ind >= 1, got "
     "f32[2,3] and ind 1"),
    (lambda: np.linalg.outer(np.ones((2, 2)), np.ones(2)),
     "outer: needs two vectors, got f32[2,2] and f32[2]"),
    (lambda: np.linalg.cross(np.ones(2), np.ones(2)),
     "cross: needs vectors of 3 along axis -1, got f32[2]"),
    (lambda: np.linalg.lstsq(np.ones((2, 3)), np.ones(3)),
     "lstsq: needs one matrix and one or more columns with as many rows, got f32[2,3] and f32[3]"),
]  # fmt: skip


@pytest.mark.parametrize(("call", "message"), ERRORS, ids=lambda x: x[:12] if x is str else None)
def test_errors_are_numpys_linalgerror(call, message):
    with pytest.raises(numpy.linalg.LinAlgError) as caught:
        call()
    assert str(caught.value) == message
    assert isinstance(caught.value, np.linalg.LinAlgError)


PARAMETERS = [
    (lambda: np.linalg.norm(np.ones((2, 2)), "l1"),
     "norm: the order of a matrix's norm is one of 'fro', 'nuc', 1, -1, 2, -2, inf and -inf, got "
     "'l1'"),
    (lambda: np.linalg.norm(np.ones(2), "fro"),
     "norm: the order of a vector's norm is a number, inf or -inf, got 'fro'"),
    (lambda: np.linalg.norm(np.ones((2, 2, 2)), 2),
     "norm: with ord 2 needs vectors or matrices, so one axis or two, got axes (0, 1, 2) of "
     "f32[2,2,2]; give axis="),
    (lambda: np.linalg.qr(np.eye(2), "full"),
     "qr: mode is one of ('reduced', 'complete', 'r', 'raw'), got 'full'"),
    (lambda: np.linalg.eigh(np.eye(2), "X"), "eigh: UPLO is 'L' or 'U', got 'X'"),
    (lambda: np.linalg.pinv(np.eye(2), 1, rtol=1),
     "pinv: rcond and rtol are two names of one argument; give one"),
    (lambda: np.linalg.cond(np.ones((2, 0, 3))),
     "cond: needs matrices with elements, got f32[2,0,3]"),
]  # fmt: skip


@pytest.mark.parametrize(("call", "message"), PARAMETERS, ids=range(len(PARAMETERS)))
def test_errors_of_parameters(call, message):
    with pytest.raises(LazyaxTypeError) as caught:
        call()
    assert str(caught.value) == message


def test_numpys_functions_stay_lazy(rng):
    x = np.asarray(definite(rng.normal(size=(3, 3))))
    found = [numpy.linalg.inv(x), numpy.linalg.eigh(x)[0], numpy.linalg.norm(x)]
    assert all(isinstance(one, np.ndarray) and not one.is_materialized for one in found)


LAPACK = """
import numpy
a = numpy.array([[4.0, 2.0], [2.0, 5.0]])
def by_lazyax():
    import lazyax.numpy as np
    import sys
    assert numpy.asarray(np.linalg.cholesky(a))[1].tolist() == [1.0, 2.0]
    assert numpy.allclose(np.linalg.solve(a, a), numpy.eye(2))
def by_jax():
    import jax
    with jax.enable_x64(True):
        assert jax.numpy.linalg.cholesky(a)[1].tolist() == [1.0, 2.0]
        assert numpy.allclose(jax.numpy.linalg.solve(a, a), numpy.eye(2), atol=1e-6)
"""


@pytest.mark.parametrize("order", ["by_lazyax(); by_jax(); by_lazyax()", "by_jax(); by_lazyax()"])
def test_lapack_serves_jax_in_the_same_process(order):
    ran = subprocess.run(
        [sys.executable, "-c", LAPACK + order],
        cwd=Path(__file__).parents[3],
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr


def test_scipy_is_imported_when_lapack_is_first_needed():
    code = (
        "import sys, lazyax.numpy as np; x = np.linalg.inv(np.eye(2)); "
        "assert 'scipy.linalg' not in sys.modules; str(x); assert 'scipy.linalg' in sys.modules"
    )
    ran = subprocess.run([sys.executable, "-c", code], cwd=Path(__file__).parents[3], check=False)
    assert ran.returncode == 0


CUDA = {
    "cholesky": (np.linalg.cholesky, "cusolver_potrf_ffi"),
    "qr": (np.linalg.qr, "cusolver_geqrf_ffi cusolver_orgqr_ffi"),
    "solve": (np.linalg.inv, "cusolver_getrf_ffi cu_lu_pivots_to_permutation"),
    "eigh": (np.linalg.eigh, "cusolver_syevd_ffi"),
    "svd": (lambda x: np.linalg.svd(x[:2]), "cusolver_gesvd_ffi"),
    "svdvals": (np.linalg.svdvals, "cusolver_gesvd_ffi"),
}


def lowered(function, x, platform):
    """The StableHLO of a function on a platform that need not be there."""
    graph = lx.trace(function)(x)
    return lower(plan(graph.outputs, inputs=graph.inputs, keep_wanted=False), platform)


@pytest.mark.parametrize("name", CUDA)
def test_cuda_calls_cusolver(name):
    function, kernels = CUDA[name]
    found = set(re.findall(r"custom_call @(\w+)", lowered(function, np.ones((3, 3)), "cuda")))
    assert found == set(kernels.split())


def test_a_platform_without_lapack_has_native_ops_or_says_so():
    text = lowered(lambda x: np.linalg.cholesky(x), np.ones((3, 3)), "tpu")
    assert "stablehlo.cholesky" in text
    with pytest.raises(LazyaxTypeError) as caught:
        lowered(np.linalg.eig, np.ones((3, 3)), "cuda")
    assert str(caught.value) == (
        "Eig: there is no kernel for platform 'cuda'; read the value and compute it by NumPy, or "
        "use LAZYAX_PLATFORM=cpu"
    )

"""Derivatives of functions: arguments, results, Jacobians, and agreement with jax."""

from __future__ import annotations

import itertools
from collections import namedtuple

import attrs
import jax
import jax.numpy as jnp
import numpy
import pytest

import lazyax as lx
import lazyax.numpy as np
from lazyax.errors import DetachedValueWarning

Layer = namedtuple("Layer", "w b")


@attrs.define
class Model:
    hidden: object
    out: object


def assert_close(ours, theirs, rtol=2e-5, atol=1e-6):
    """Two trees of arrays agree leaf by leaf."""
    left, right = lx.tree.leaves(ours), jax.tree.leaves(theirs)
    assert len(left) == len(right)
    for a, b in zip(left, right, strict=True):
        numpy.testing.assert_allclose(numpy.asarray(a), numpy.asarray(b), rtol=rtol, atol=atol)


def network(np, params, x):
    for layer in params[:-1]:
        x = np.tanh(np.dot(x, layer["w"]) + layer["b"])
    return np.dot(x, params[-1]["w"]) + params[-1]["b"]


def parameters(rng, sizes=(3, 5, 2)):
    return [
        {"w": rng.normal(size=(m, n)).astype("f4"), "b": rng.normal(size=n).astype("f4")}
        for m, n in itertools.pairwise(sizes)
    ]


def test_the_original_documents_derivatives():
    def tanh(x):
        y = np.exp(-2.0 * x)
        return (1.0 - y) / (1.0 + y)

    f, found = tanh, []
    for _ in range(5):
        f = lx.grad(f)
        found.append(float(f(1.0)))
    expected = [0.4199743, -0.6396999, 0.6216267, 0.6650908, -5.5568919]
    numpy.testing.assert_allclose(found, expected, rtol=1e-5)


def test_python_branches_are_taken_on_the_value():
    def abs_val(x):
        return x if x > 0 else -x

    assert [float(lx.grad(abs_val)(v)) for v in (1.0, -1.0)] == [1.0, -1.0]


def test_loops_recursion_and_closures():
    scale = 3.0

    def power(x, n):
        return 1.0 if n == 0 else x * power(x, n - 1)

    def loop(x):
        total = 0.0
        while total < 100:
            total = total + scale * x
        return total

    assert float(lx.grad(lambda x: power(x, 4))(2.0)) == 32.0
    assert float(lx.grad(loop)(10.0)) == 12.0


def test_gradients_of_pytrees_agree_with_jax():
    rng = numpy.random.default_rng(0)
    params, x = parameters(rng), rng.normal(size=(4, 3)).astype("f4")
    ours = lx.grad(lambda p: (network(np, p, x) ** 2).mean())(params)
    theirs = jax.grad(lambda p: (network(jnp, p, x) ** 2).mean())(params)
    assert_close(ours, theirs)
    assert type(ours) is list
    assert set(ours[0]) == {"w", "b"}


def test_gradients_keep_namedtuples_and_attrs_classes():
    model = Model(hidden=Layer(np.ones((2, 2)), np.zeros(2)), out=(np.ones(2), None))

    def loss(model, x):
        return (np.tanh(x @ model.hidden.w + model.hidden.b) @ model.out[0]).sum()

    slopes = lx.grad(loss)(model, np.ones((3, 2)))
    assert isinstance(slopes, Model)
    assert isinstance(slopes.hidden, Layer)
    assert slopes.out[1] is None
    assert slopes.hidden.w.shape == (2, 2)


def test_argnums_and_aux():
    def f(x, y, z):
        return x * y + z, {"x": x}

    (value, aux), (by_x, by_z) = lx.value_and_grad(f, argnums=(0, -1), has_aux=True)(2.0, 3.0, 1.0)
    assert [float(v) for v in (value, aux["x"], by_x, by_z)] == [7.0, 2.0, 3.0, 1.0]
    slope, aux = lx.grad(f, argnums=1, has_aux=True)(2.0, 3.0, 1.0)
    assert (float(slope), float(aux["x"])) == (2.0, 2.0)


def test_keyword_arguments_are_not_differentiated():
    assert float(lx.grad(lambda x, *, scale: scale * x)(1.0, scale=3.0)) == 3.0


def test_tangents_of_integers_may_be_jaxs():
    none = numpy.zeros((), jax.dtypes.float0)
    assert [float(part) for part in lx.jvp(lambda x, i: x * i, (1.0, 2), (3.0, none))] == [2, 6]
    _, pull = lx.vjp(lambda x, i: (x * i, i), 1.0, 2)
    assert [float(part) for part in pull((5.0, none))] == [10, 0]
    _, of_jax = jax.vjp(lambda x, i: (x * i, i), 1.0, 2)
    assert [float(part) for part in pull((5.0, of_jax((1.0, none))[1]))] == [10, 0]


def test_an_unused_argument_has_gradient_zero():
    slopes = lx.grad(lambda x, y: x, argnums=1)(1.0, np.ones(3))
    assert slopes.tolist() == [0.0, 0.0, 0.0]


def test_integer_arguments_have_gradient_zero_where_allowed():
    assert lx.grad(lambda n, x: n * x, allow_int=True)(np.array(2), 3.0).tolist() == 0


def test_perturbations_are_not_confused():
    inner = lambda x: lx.grad(lambda y: x + y)(1.0)  # noqa: E731
    assert float(lx.grad(lambda x: x * inner(x))(1.0)) == 1.0
    assert float(lx.grad(lambda x: lx.grad(lambda y: x * y * y)(x))(3.0)) == 12.0


def test_forward_and_reverse_products_agree_with_jax():
    rng = numpy.random.default_rng(1)
    x, v = (rng.normal(size=(3, 4)).astype("f4") for _ in range(2))
    f = lambda np: lambda x: (np.sin(x) * np.exp(-x).sum(axis=0), x.T @ x)  # noqa: E731
    assert_close(lx.jvp(f(np), (x,), (v,)), jax.jvp(f(jnp), (x,), (v,)))
    ours, pull = lx.vjp(f(np), x)
    theirs, jax_pull = jax.vjp(f(jnp), x)
    cotangents = [numpy.asarray(leaf) * 0.5 for leaf in theirs]
    assert_close(pull(tuple(cotangents)), jax_pull(tuple(cotangents)))
    assert_close(pull(tuple(cotangents)), jax_pull(tuple(cotangents)))
    assert_close(ours, theirs)


def test_a_hessian_vector_product_is_jvp_of_grad():
    x, v = np.arange(3.0), np.ones(3)
    _, product = lx.jvp(lx.grad(lambda x: (x**3).sum()), (x,), (v,))
    assert product.tolist() == [0.0, 6.0, 12.0]


@pytest.mark.parametrize("jacobian", ["jacfwd", "jacrev"])
def test_jacobians_of_trees_agree_with_jax(jacobian):
    rng = numpy.random.default_rng(2)
    a, b = rng.normal(size=3).astype("f4"), rng.normal(size=(2, 3)).astype("f4")

    def f(np):
        return lambda tree, c: {"y": np.sin(tree["a"]) @ tree["b"].T, "z": (tree["a"] * c).sum()}

    ours = getattr(lx, jacobian)(f(np), argnums=(0, 1))({"a": a, "b": b}, 2.0)
    theirs = getattr(jax, jacobian)(f(jnp), argnums=(0, 1))({"a": a, "b": b}, 2.0)
    assert_close(ours, theirs)
    assert ours["y"][0]["b"].shape == (2, 2, 3)


def test_hessians_agree_with_jax():
    assert lx.hessian(lambda x: (x**3).sum())(np.array([1.0, 2.0, 3.0])).tolist() == (
        numpy.diag([6.0, 12.0, 18.0]).tolist()
    )
    rng = numpy.random.default_rng(3)
    params = parameters(rng, (2, 3, 1))
    x = rng.normal(size=(4, 2)).astype("f4")
    ours = lx.hessian(lambda p: network(np, p, x).sum())(params)
    theirs = jax.hessian(lambda p: network(jnp, p, x).sum())(params)
    assert_close(ours, theirs, rtol=1e-4, atol=1e-5)


def test_complex_conventions_are_those_of_jax():
    z = numpy.complex64(0.3 + 0.7j)
    for f in (lambda np: lambda z: np.abs(z) ** 2, lambda np: lambda z: np.real(np.sin(z) * z)):
        assert_close(lx.grad(f(np))(z), jax.grad(f(jnp))(z))
    holomorphic = lambda np: lambda z: np.exp(z) * z  # noqa: E731
    assert_close(
        lx.grad(holomorphic(np), holomorphic=True)(z),
        jax.grad(holomorphic(jnp), holomorphic=True)(z),
    )


def test_float64_stays_float64():
    slope = lx.grad(lambda x: np.sin(x))(numpy.float64(0.5))
    assert slope.dtype == numpy.float64
    assert float(slope) == pytest.approx(numpy.cos(0.5), rel=1e-15)


def test_per_example_gradients():
    def loss(w, x, y):
        return (np.dot(x, w) - y) ** 2

    rng = numpy.random.default_rng(4)
    w, x, y = (rng.normal(size=s).astype("f4") for s in ((3,), (5, 3), (5,)))
    ours = lx.vmap(lx.grad(loss), in_axes=(None, 0, 0))(w, x, y)
    numpy.testing.assert_allclose(
        numpy.asarray(ours), 2 * (x @ w - y)[:, None] * x, rtol=1e-4, atol=1e-5
    )


def test_an_array_that_becomes_one_of_numpys_under_grad_is_reported_with_its_line():
    with pytest.warns(DetachedValueWarning) as caught:
        slope = lx.grad(lambda x: numpy.asarray(x * 2).sum() + x)(1.0)
    (warning,) = caught
    line = test_an_array_that_becomes_one_of_numpys_under_grad_is_reported_with_its_line.__code__
    here = f"tests/api/test_differentiate.py:{line.co_firstlineno + 2}"
    assert str(warning.message) == (
        f"numpy.asarray at {here} takes the value of ~f32[] while grad of <lambda> runs, whose "
        "derivative will not go through that array; use functions of lazyax.numpy, or "
        "asarray(lax.stop_gradient(x)) for a constant"
    )
    assert (warning.filename, f"{warning.lineno}") == (__file__, here.rpartition(":")[2])
    assert float(slope) == 1.0


CONSTANT_TO_GRAD = {
    "stopped": lambda x: numpy.asarray(lx.lax.stop_gradient(x)) * x,
    "flat": lambda x: numpy.asarray(x > 0) * x,
    "of other things": lambda x: numpy.asarray(np.ones(2) * 2) * x,
    "a number": lambda x: float(x[0]) * x if x[1] > 0 else x,
    "shown": lambda x: x * len(f"{x} {x.tolist()}"),
}


@pytest.mark.parametrize("name", CONSTANT_TO_GRAD)
def test_what_is_no_surprise_under_grad_is_not_reported(name):
    lx.grad(lambda x: CONSTANT_TO_GRAD[name](x).sum())(np.ones(2)).materialize()
    lx.grad(lambda x: x * x)(3.0)
    numpy.asarray(np.ones(2) * 3)  # outside of grad

"""Conventions of derivatives, beside jax: at ties, of complex numbers, and the graphs of vmap."""

from __future__ import annotations

import jax
import jax.numpy
import numpy
import pytest

import lazyax as lx
import lazyax.numpy as np

TIED = numpy.float32([1.0, 3.0, 3.0, 0.0, -2.0, -2.0, 3.0, 0.0])
PAIR = numpy.float32([1.0, 2.0, 3.0, 0.0, -2.0, -1.0, 3.0, 0.0])

AT_TIES = {
    "max": lambda np, x: np.max(x),
    "min": lambda np, x: np.min(x),
    "max of rows": lambda np, x: np.sum(np.max(x.reshape(2, 4), axis=0) ** 2),
    "maximum": lambda np, x: np.sum(np.maximum(x, PAIR) ** 2),
    "minimum": lambda np, x: np.sum(np.minimum(x, PAIR) ** 2),
    "relu": lambda np, x: np.sum(np.maximum(x, 0)),
    "fmax": lambda np, x: np.sum(np.fmax(x, PAIR) ** 2),
    "abs": lambda np, x: np.sum(np.abs(x)),
    "abs of complex": lambda np, x: np.sum(np.abs(x + 0j)),
    "sign": lambda np, x: np.sum(np.sign(x) * x),
    "clip": lambda np, x: np.sum(np.clip(x, 0.0, 3.0) * (PAIR + 4)),
    "sort": lambda np, x: np.sum(np.sort(x) * numpy.arange(8)),
    "argsort": lambda np, x: np.sum(x[np.argsort(x)] * numpy.arange(8)),
    "median": lambda np, x: np.median(x),
    "quantile": lambda np, x: np.quantile(x, 0.7),
    "ptp": lambda np, x: np.ptp(x),
    "cumulative maximum": lambda np, x: np.sum(np.maximum(x[:-1], x[1:]) * numpy.arange(7)),
    "where": lambda np, x: np.sum(np.where(x > 0, x**2, -x)),
    "heaviside": lambda np, x: np.sum(np.heaviside(x, 0.5) * x),
    "floor and mod": lambda np, x: np.sum(np.floor(x) * x + np.mod(x, 3.0)),
    "norm at zero": lambda np, x: np.sqrt(np.sum(np.where(x == 3, x, 0.0) ** 2)),
    "power at zero": lambda np, x: np.sum(x**2 + np.abs(x) ** 1.0),
    "sinc": lambda np, x: np.sum(np.sinc(x)),
    "logaddexp": lambda np, x: np.sum(np.logaddexp(x, PAIR)),
    "prod with zeros": lambda np, x: np.prod(x) + np.prod(x[:4]),
}


def test_subgradients_at_ties_are_jaxs():
    quickly = {"xla_backend_optimization_level": 0}
    expected = jax.jit(
        lambda x: {
            name: jax.grad(lambda x, f=f: f(jax.numpy, x))(x) for name, f in AT_TIES.items()
        },
        compiler_options=quickly,
    )(TIED)
    found = lx.materialize(
        {name: lx.grad(lambda x, f=f: f(np, x))(TIED) for name, f in AT_TIES.items()}
    )
    for name, want in expected.items():
        numpy.testing.assert_allclose(
            numpy.asarray(found[name]), numpy.asarray(want), rtol=1e-5, atol=1e-5, err_msg=name
        )


def test_the_gradient_of_hypot_at_the_origin_is_a_half():
    """As jax had it until 0.12, where it is NaN; elsewhere x / hypot(x, y)."""
    found = numpy.asarray(lx.grad(lambda x: np.sum(np.hypot(x, PAIR)))(TIED))
    length = numpy.hypot(TIED, PAIR)
    expected = numpy.where(length == 0, 0.5, TIED / numpy.where(length == 0, 1, length))
    numpy.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-5)


Z = numpy.array([0.3 + 0.7j, -1.2 + 0.4j, 0.5 - 2.0j])

REAL_OF_COMPLEX = {
    "abs": lambda np, z: np.sum(np.abs(z)),
    "abs squared": lambda np, z: np.sum(np.real(z * np.conj(z))),
    "real of a holomorphic function": lambda np, z: np.sum(np.real(np.sin(z) * z)),
    "imag": lambda np, z: np.sum(np.imag(np.exp(z)) * np.real(z)),
    "angle": lambda np, z: np.sum(np.angle(z) ** 2),
    "log abs": lambda np, z: np.sum(np.log(np.abs(np.tanh(z)))),
    "abs of a product": lambda np, z: np.abs(np.dot(z, np.conj(z) * 1j + 2)),
    "sqrt and division": lambda np, z: np.sum(np.abs(np.sqrt(z) / (z + 2))),
}
HOLOMORPHIC = {
    "exp": lambda np, z: np.sum(np.exp(z) * z),
    "power": lambda np, z: np.sum(z**3 + 1 / z),
    "log": lambda np, z: np.sum(np.log(z) * np.sqrt(z)),
}
OF_REAL = {
    "waves": lambda np, x: np.sum(np.abs(np.exp(1j * x) + x) ** 2),
    "through complex": lambda np, x: np.real(np.sum((x + 1j) ** 3)),
}


def complex_derivatives(m, np, z, dz, x):
    """Derivatives of every kind of function of complex numbers."""
    found = {}
    for name, f in REAL_OF_COMPLEX.items():
        found[name] = (
            m.grad(lambda z, f=f: f(np, z))(z),
            m.jvp(lambda z, f=f: f(np, z), (z,), (dz,)),
            m.jvp(m.grad(lambda z, f=f: f(np, z)), (z,), (dz,))[1],
        )
    for name, f in HOLOMORPHIC.items():
        found[name] = (
            m.grad(lambda z, f=f: f(np, z), holomorphic=True)(z),
            m.jacfwd(lambda z, f=f: f(np, z), holomorphic=True)(z),
            m.hessian(lambda z, f=f: f(np, z), holomorphic=True)(z),
            m.vjp(lambda z, f=f: f(np, z), z)[1](1.0 + 2.0j * np.sum(x * 0 + 1)),
        )
    for name, f in OF_REAL.items():
        found[name] = m.grad(lambda x, f=f: f(np, x))(x)
    found["conjugate"] = m.vjp(np.conj, z)[1](dz)
    found["parts"] = (m.vjp(np.real, z)[1](x), m.vjp(np.imag, z)[1](x))
    return found


def test_complex_conventions_are_jaxs():
    given = Z, Z[::-1] * 1j, numpy.array([0.2, -0.4, 1.5])
    with jax.enable_x64(True):
        expected = jax.jit(
            lambda *given: complex_derivatives(jax, jax.numpy, *given),
            compiler_options={"xla_backend_optimization_level": 0},
        )(*given)
    found = lx.materialize(complex_derivatives(lx, np, *map(np.asarray, given)))
    assert found.keys() == expected.keys()
    for name, want in expected.items():
        pairs = zip(lx.tree.leaves(found[name]), jax.tree.leaves(want), strict=True)
        for one, other in pairs:
            numpy.testing.assert_allclose(
                numpy.asarray(one), numpy.asarray(other), rtol=1e-9, atol=1e-12, err_msg=name
            )


def test_holomorphic_needs_complex_arguments_and_results():
    with pytest.raises(TypeError) as caught:
        lx.grad(np.sin, holomorphic=True)(1.0)
    assert str(caught.value) == "grad: holomorphic=True needs complex arguments, got ~f32[]"
    with pytest.raises(TypeError) as caught:
        lx.grad(lambda z: np.sum(z))(Z)
    assert str(caught.value) == (
        "grad: <lambda> must return a real floating scalar, got c128[]; use holomorphic=True"
    )


def ops_of(function, *arguments):
    """The nodes of a function's graph that are neither leaves nor arrange axes."""
    return [
        node.op
        for node in lx.trace(function)(*arguments).nodes
        if node.operands and node.op.name not in ("Permute", "Reshape")
    ]


def test_vmap_of_vmap_of_a_dot_is_one_dot_general():
    x, y = np.ones((5, 4, 3)), np.ones((5, 4, 3, 2))
    (dot,) = ops_of(lx.vmap(lx.vmap(np.dot)), x, y)
    assert (dot.name, dot.batch_axes) == ("DotGeneral", ((0, 1), (0, 1)))
    (outer,) = ops_of(
        lx.vmap(lx.vmap(np.dot, (None, 0)), (0, None)), np.ones((5, 3)), np.ones((4, 3))
    )
    assert (outer.name, outer.batch_axes) == ("DotGeneral", ((), ()))


def test_weights_without_a_batch_axis_stay_one_product_of_matrices():
    w = np.ones((3, 2))
    (dot,) = ops_of(lx.vmap(lambda x: x @ w), np.ones((7, 3)))
    assert dot.batch_axes == ((), ())
    graph = lx.trace(lx.vmap(lx.grad(lambda w, x: np.sum((x @ w) ** 2), 1), (None, 0)))(
        w, np.ones((7, 3))
    )
    dots = [node.op.batch_axes for node in graph.nodes if node.op.name == "DotGeneral"]
    assert dots == [((), ()), ((), ())]


def test_vmap_over_trees_and_negative_axes():
    tree = {"a": np.ones((2, 3)), "b": (np.ones((3, 4)), np.zeros(5))}
    f = lx.vmap(
        lambda t, s: (t["a"] * s, t["b"][0].sum() + t["b"][1]),
        in_axes=({"a": -1, "b": (0, None)}, None),
        out_axes=(-1, 1),
    )
    first, second = f(tree, 2.0)
    assert (first.shape, second.shape) == ((2, 3), (5, 3))
    assert lx.vmap(lambda: np.arange(2), axis_size=3)().shape == (3, 2)

"""linearize, linear_transpose and closure_convert."""

from __future__ import annotations

import re

import numpy
import pytest

import lazyax as lx
import lazyax.numpy as np
from lazyax.errors import LazyaxTypeError

X = numpy.array([0.5, -1.0, 2.0])
DX = numpy.array([1.0, 0.5, -2.0])


def values(*trees):
    return [numpy.asarray(leaf) for leaf in lx.tree.leaves(lx.materialize(*trees))]


def message(function, *arguments):
    with pytest.raises(LazyaxTypeError) as caught:
        function(*arguments)
    return re.sub(r"tests/\S+:\d+", "LINE", str(caught.value))


def test_linearize_runs_once_and_pushes_many_tangents():
    runs = []

    def f(tree, y):
        runs.append(1)
        return {"z": np.sin(tree["x"]) * y}, "aux"

    value, push, aux = lx.linearize(f, {"x": X}, 2.0, has_aux=True)
    pushed = [push({"x": scale * DX}, 0.0) for scale in (1.0, 3.0)]
    found = values(value, pushed, lx.vmap(lambda d: push({"x": d}, 0.0))(np.stack([DX, DX])))
    slope = 2 * numpy.cos(X) * DX
    for one, other in zip(found, [2 * numpy.sin(X), slope, 3 * slope, [slope] * 2], strict=True):
        numpy.testing.assert_allclose(one, other)
    assert (len(runs), aux) == (1, "aux")
    assert message(push, {"x": DX[:2]}, 0.0) == (
        "linearize: tangent[0]['x'] must have the shape and dtype f64[3] of what it is a tangent "
        "of, made at LINE, got f64[2]; use reshape or astype"
    )


def test_linear_transpose():
    a = numpy.arange(6.0).reshape(2, 3)
    pull = lx.linear_transpose(lambda both: {"y": a @ both["x"] + 2 * both["y"]},
                               {"x": X, "y": np.ones(2, "float64")})  # fmt: skip
    (found,) = pull({"y": numpy.array([1.0, -1.0])})
    by_x, by_y = values(found["x"], found["y"])
    numpy.testing.assert_allclose(by_x, a.T @ [1.0, -1.0])
    numpy.testing.assert_allclose(by_y, [2.0, -2.0])
    assert message(lx.linear_transpose(np.sin, 1.0), 1.0).startswith("Sin: not linear in its ")
    assert message(pull, {"y": np.ones(3)}) == (
        "linear_transpose: cotangent['y'] must have the shape and dtype f64[2] of what it is a "
        "cotangent of, made at LINE, got f32[3]; use reshape or astype"
    )


def test_closure_convert_makes_arguments_of_what_is_closed_over():
    @lx.custom_vjp
    def integral(f, x, arrays):
        return f(x, *arrays) * x

    def forward(f, x, arrays):
        return integral(f, x, arrays), (x, arrays)

    def backward(f, residuals, cotangent):
        x, arrays = residuals
        _, pull = lx.vjp(lambda *arrays: f(x, *arrays), *arrays)
        return None, list(pull(cotangent * 100))

    integral = lx.custom_vjp(integral.function, nondiff_argnums=(0,))
    integral.defvjp(forward, backward)

    def total(scale):
        f, arrays = lx.closure_convert(lambda x: scale * x, 1.0)
        return integral(f, 3.0, arrays)

    assert [float(v) for v in lx.materialize(total(2.0), lx.grad(total)(2.0))] == [18.0, 300.0]


@pytest.mark.parametrize("jacobian", [lx.jacfwd, lx.jacrev, lx.hessian])
def test_jacobians_return_aux(jacobian):
    def f(tree, y):
        return (tree["x"] ** 2).sum() * y, {"seen": tree["x"][0]}

    found, aux = jacobian(f, has_aux=True)({"x": X}, 3.0)
    expected = 6 * numpy.eye(3) if jacobian is lx.hessian else 6 * X
    shown = found["x"]["x"] if jacobian is lx.hessian else found["x"]
    numpy.testing.assert_allclose(numpy.asarray(shown), expected)
    assert float(aux["seen"]) == 0.5

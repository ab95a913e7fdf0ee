"""Bodies that hold what else changes programs: collectives, custom rules, checkpoints, keys."""

from __future__ import annotations

import numpy
import pytest

import lazyax as lx
import lazyax.numpy as np
from lazyax import lax, random


def repeat(function, x, length=3):
    """A function applied to its own result."""
    return lax.scan(lambda c, _: (function(c), None), x, None, length=length)[0]


def test_collectives_see_all_lanes_of_a_loop():
    def f(x):
        return lax.fori_loop(0, 2, lambda i, c: c + lax.psum(x + c, "lanes"), x)

    x = numpy.arange(3.0, dtype="float32")
    expected = x
    for _ in range(2):
        expected = expected + numpy.sum(x + expected)
    assert lx.vmap(f, axis_name="lanes")(x).tolist() == expected.tolist()
    slope = lx.grad(lambda x: np.sum(lx.vmap(f, axis_name="lanes")(x)))
    assert slope(x).tolist() == [31.0, 31.0, 31.0]


COLLECTIVE = {
    "in a loop": lambda x: lax.fori_loop(0, 3, lambda i, c: lax.psum(c, "lanes"), 1) + x,
    "in a branch": lambda x: lax.cond(True, lambda: lax.axis_index("lanes"), lambda: 0) + x,
    "in a condition": lambda x: lax.while_loop(
        lambda c: lax.pmax(c, "lanes") < 20, lambda c: c + lax.axis_index("lanes") + 1, x
    ),
}


@pytest.mark.parametrize("where", COLLECTIVE)
def test_collectives_in_bodies_without_lanes_of_their_own(where):
    found = lx.vmap(COLLECTIVE[where], axis_name="lanes")(np.arange(3)).tolist()
    expected = {
        "in a loop": [27, 28, 29], "in a branch": [0, 2, 4], "in a condition": [6, 13, 20],
    }  # fmt: skip
    assert found == expected[where]


@lx.custom_vjp
def tenfold(x):
    return np.sin(x)


tenfold.defvjp(lambda x: (np.sin(x), None), lambda _, cotangent: (10 * cotangent,))


@lx.custom_jvp
def threefold(x):
    return np.sin(x)


threefold.defjvp(lambda primals, tangents: (np.sin(primals[0]), 3.0 * tangents[0]))


def test_custom_rules_hold_in_bodies():
    assert float(lx.grad(lambda x: repeat(tenfold, x))(1.0)) == 1000.0
    assert float(lx.grad(lambda x: lax.while_loop(lambda c: c > 0.7, tenfold, x))(1.0)) == 1000.0
    assert float(lx.grad(lambda x: lax.cond(x > 0, tenfold, np.cos, x))(1.0)) == 10.0
    assert float(lx.grad(lambda x: repeat(threefold, x))(1.0)) == 27.0
    assert float(lx.jvp(lambda x: repeat(threefold, x), (1.0,), (1.0,))[1]) == 27.0


def test_a_checkpointed_step_stores_its_argument_alone():
    def step(x):
        return np.sin(np.sin(np.sin(x)))

    plain, kept = (
        lx.trace(lx.grad(lambda x, f=f: np.sum(repeat(f, x))))(np.ones(2))
        for f in (step, lx.checkpoint(step))
    )
    numpy.testing.assert_allclose(kept(np.ones(2)), plain(np.ones(2)), rtol=1e-6)
    stored = [
        sum(len(node.aval) - node.op.carries for node in graph.nodes if node.op.name == "Scan")
        for graph in (plain, kept)
    ]
    assert stored == [3, 1]


def test_keys_that_are_carried_draw_as_in_a_python_loop():
    def step(key, _):
        key, subkey = random.split(key)
        return key, random.normal(subkey, (2,))

    key, rows = random.PRNGKey(0), []
    found = lax.scan(step, random.clone(key), None, length=3)[1]
    for _ in range(3):
        key, row = step(key, None)
        rows.append(numpy.asarray(row))
    assert found.tolist() == numpy.stack(rows).tolist()


def test_jitted_functions_are_part_of_the_body():
    inner = lx.jit(lambda x: np.sin(x) * 2)
    found = lx.grad(lx.jit(lambda x: repeat(inner, x)))(0.5)
    assert float(found) == pytest.approx(float(lx.grad(lambda x: inner(inner(inner(x))))(0.5)))


def test_linear_loops_are_transposed():
    def total(x):
        return lax.scan(lambda c, u: (0.5 * c + 2 * u, None), 0.0 * x[0], x)[0]

    (found,) = lx.linear_transpose(total, np.ones(3))(1.0)
    assert found.tolist() == [0.5, 1.0, 2.0]


@pytest.mark.parametrize("dtype", ["bfloat16", "float16", "float32", "complex64", "complex128"])
def test_carries_of_every_inexact_dtype(dtype):
    x = np.asarray(1.5, dtype=dtype)
    holomorphic = x.dtype.kind == "c"
    f = lambda x: lax.fori_loop(0, 3, lambda i, z: z * z, x)  # noqa: E731 - a body
    slope = lx.grad(f, holomorphic=holomorphic)(x)
    assert (slope.dtype, complex(slope)) == (x.dtype, pytest.approx(8 * 1.5**7, rel=1e-2))


def test_a_number_beside_an_array_is_lifted_as_a_number():
    graph = lx.trace(lambda x: repeat(lambda c: c * 0.5 + x, x))(np.ones((2, 3)))
    (loop,) = [node for node in graph.nodes if node.op.name == "Scan"]
    assert sorted(str(operand.aval) for operand in loop.operands) == ["f32[2,3]"] * 2 + ["~f32[]"]
    assert graph(np.ones((2, 3))).tolist() == [[1.875] * 3] * 2

"""Operations over the lanes of a batch: beside jax, differentiated, nested, and out of place."""

from __future__ import annotations

import jax
import jax.numpy
import numpy
import pytest

import lazyax as lx
import lazyax.numpy as np
from lazyax.errors import AbstractValueError, UnboundAxisError
from tests.test_composition import assert_close, in_numpy

X = numpy.random.default_rng(0).normal(size=(4, 4, 3))
PERM = [(0, 1), (1, 3), (3, 0), (2, 2)]


def extreme(lax, which, x):
    """pmax or pmin, which jax does not differentiate: there, of what all_gather gives."""
    if lax is lx.lax:
        return getattr(lax, f"p{which}")(x, "i")
    return getattr(lax.all_gather(x, "i"), which)(axis=0)


FUNCTIONS = {
    "psum": lambda lax, np, x: np.sin(x) * lax.psum(x * x, "i"),
    "psum of a number": lambda lax, np, x: x / lax.psum(1, "i"),
    "pmean": lambda lax, np, x: x - lax.pmean({"x": x}, "i")["x"],
    "pmax": lambda lax, np, x: x * extreme(lax, "max", np.tanh(x)),
    "pmin": lambda lax, np, x: x * extreme(lax, "min", np.sum(x)),
    "axis_index": lambda lax, np, x: x * lax.axis_index("i"),
    "all_gather": lambda lax, np, x: lax.all_gather(x, "i", axis=1) * x[:, None],
    "all_gather tiled": lambda lax, np, x: lax.all_gather(np.exp(x), "i", tiled=True),
    "ppermute": lambda lax, np, x: lax.ppermute(x, "i", PERM) * x,
    "all_to_all": lambda lax, np, x: lax.all_to_all(x, "i", 0, 1) * 2,
    "all_to_all tiled": lambda lax, np, x: lax.all_to_all(x, "i", 0, 1, tiled=True) ** 2,
    "psum_scatter": lambda lax, np, x: lax.psum_scatter(x, "i"),
    "softmax": lambda lax, np, x: np.exp(x) / lax.psum(np.exp(x), "i"),
    "normalised": lambda lax, np, x: (x - lax.pmean(x, "i")) / lax.pmean(x * x, "i") ** 0.5,
}


def results(m, np, function, x):
    def f(x):
        return function(m.lax, np, x)

    mapped = m.vmap(f, axis_name="i")
    outside = m.grad(lambda x: np.sum(mapped(x) ** 2))
    return {
        "value": mapped(x),
        "grad of vmap": outside(x),
        "jvp": m.jvp(mapped, (x,), (np.cos(x),))[1],
        "grad of grad": m.grad(lambda x: np.sum(outside(x) ** 2))(x),
        "nested": m.vmap(m.vmap(f, axis_name="i"))(np.stack([x, -x])),
    }


@pytest.mark.parametrize("name", FUNCTIONS)
def test_collectives_are_jaxs(name):
    function = FUNCTIONS[name]
    with jax.enable_x64(True):
        quickly = {"xla_backend_optimization_level": 0}
        theirs = jax.jit(lambda x: results(jax, jax.numpy, function, x), compiler_options=quickly)(
            X
        )
    ours = in_numpy(lambda x: results(lx, np, function, x), X)
    assert ours.keys() == theirs.keys()
    for key, value in theirs.items():
        assert_close(ours[key], value)


def test_gradients_inside_follow_all_lanes():
    inside = lx.vmap(lx.grad(lambda x: lx.lax.psum(x**2, "i")), axis_name="i")
    assert inside(np.arange(3.0)).tolist() == [0.0, 6.0, 12.0]


def test_two_named_axes():
    x = X[:, :, 0]

    def f(x):
        both = lx.lax.psum(x, ("rows", "columns"))
        return both, x - lx.lax.pmean(x, "rows"), lx.lax.all_gather(x, "columns")

    mapped = lx.vmap(lx.vmap(f, axis_name="columns"), axis_name="rows")
    both, centered, gathered = in_numpy(mapped, x)
    numpy.testing.assert_allclose(both, numpy.full((4, 4), x.sum()))
    numpy.testing.assert_allclose(centered, x - x.mean(axis=0))
    numpy.testing.assert_allclose(gathered, numpy.broadcast_to(x[:, None], (4, 4, 4)))


def test_results_that_are_the_same_in_every_lane_need_no_axis():
    graph = lx.trace(lx.vmap(lambda x: lx.lax.psum(x, "i"), axis_name="i", out_axes=None))(X)
    assert [node.op.name for node in graph.nodes] == ["Input", "ReduceSum"]


def test_inside_jit_and_loops():
    total = lx.jit(lambda x: lx.lax.psum(x, "i"))

    def looped(x):
        return lx.lax.fori_loop(0, 3, lambda _, y: y + lx.lax.psum(y, "i"), x)

    x = np.array([1.0, 2.0])
    found = [
        lx.vmap(total, axis_name="i")(x),
        lx.vmap(total, axis_name="i")(np.ones(2)),
        lx.vmap(looped, axis_name="i")(x),
    ]
    assert [y.tolist() for y in lx.materialize(found)] == [[3, 3], [2, 2], [40, 41]]


def test_a_name_that_is_not_bound():
    with pytest.raises(UnboundAxisError) as caught:
        lx.vmap(lambda x: lx.lax.psum(x, "j"), axis_name="i")(np.ones(3))
    assert str(caught.value) == (
        "psum: no axis is named 'j' here, of the names that are bound: 'i'; call the function "
        "under vmap(..., axis_name='j')"
    )
    with pytest.raises(NameError, match="axis_index: no axis is named 'i' here"):
        lx.lax.axis_index("i")


def test_a_value_over_lanes_is_abstract():
    with pytest.raises(AbstractValueError, match="abstract argument"):
        lx.vmap(lambda x: float(lx.lax.psum(x, "i")), axis_name="i")(np.ones(3))

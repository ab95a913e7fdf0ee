"""Compositions of ops and of transforms: random programs, and functions beside jax.

``python -m pytest tests/test_composition.py --hypothesis-show-statistics`` says how many random
programs each law was tried on, and what they hold. They are the same in each run.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable

import jax
import numpy
import pytest
from hypothesis import HealthCheck, assume, event, given, seed, settings
from hypothesis import strategies as st

import lazyax as lx
import lazyax.numpy as np
from lazyax.graph.graph import nested_graphs
from lazyax.graph.op import REGISTRY
from lazyax.transforms.evaluate import evaluate
from tests.laws.families import FUNCTIONS as FAMILIES
from tests.laws.functions import FUNCTIONS
from tests.laws.laws import inner
from tests.laws.loops import FUNCTIONS as LOOPS
from tests.laws.programs import Program, programs

STEP = 1e-5
SIZE = 3
CONTROL = programs(kinds=("scan", "cond", "while"), most=4)


def holds_for(count: int, of: st.SearchStrategy[Program]) -> Callable:
    """Try a law on so many random programs."""

    def decorate(law: Callable) -> Callable:
        def law_of_program(program: Program) -> None:
            for kind in sorted(program.kinds):
                event(f"holds {kind}")
            law(program)

        law_of_program.__name__ = law.__name__
        others = seed(zlib.crc32(law.__name__.encode()))  # each law has programs of its own
        chosen = settings(
            max_examples=count,
            derandomize=True,
            database=None,
            deadline=None,
            suppress_health_check=[HealthCheck.too_slow],
        )
        return others(chosen(given(program=of)(law_of_program)))

    return decorate


def in_numpy(function, *arguments):
    """The result of a function of lazyax's arrays, its graph evaluated in NumPy."""
    graph = lx.trace(function)(*arguments)
    values = dict(zip(graph.inputs, lx.tree.leaves(arguments), strict=True))
    results = evaluate(graph.outputs, lambda leaf: numpy.asarray(lx.Array(leaf)), values)
    return lx.tree.unflatten(graph.out_tree, results)


def on_lazyax(program):
    """The program as a function of lazyax's arrays."""
    return lambda *arguments: program(np, *arguments)


def total_of(program):
    """The program's total as a function of lazyax's arrays."""
    return lambda *arguments: program.total(np, *arguments)


def assert_close(ours, theirs, rtol=1e-10, atol=1e-10):
    ours, theirs = lx.tree.leaves(ours), lx.tree.leaves(theirs)
    for one, other in zip(ours, theirs, strict=True):
        one, other = numpy.asarray(one), numpy.asarray(other)
        assert (one.shape, one.dtype) == (other.shape, other.dtype)
        numpy.testing.assert_allclose(one, other, rtol=rtol, atol=atol)


@holds_for(150, programs())
def test_a_graph_evaluates_to_what_numpy_computes(program):
    arguments = program.sample(0)
    assert_close(in_numpy(on_lazyax(program), *arguments), program(numpy, *arguments))


@holds_for(7, CONTROL)
def test_a_lazy_program_computes_what_numpy_does(program):
    arguments = program.sample(0)
    found = lx.materialize(program(np, *map(np.asarray, arguments)))
    assert_close(found, program(numpy, *arguments))


@holds_for(7, CONTROL)
def test_jit_is_the_identity(program):
    arguments = program.sample(0, "float32")
    once = lx.jit(on_lazyax(program))
    expected = [value.astype("float32") for value in program(numpy, *arguments)]
    for _ in range(2):
        assert_close(once(*arguments), expected, rtol=1e-4, atol=1e-4)


@holds_for(3, CONTROL)
def test_derivatives_on_xla_are_those_in_numpy(program):
    arguments, directions = program.sample(0), program.sample(1)

    def everything(*given):
        gradient = lx.grad(total_of(program), argnums=tuple(range(len(given))))
        slope = lx.jvp(total_of(program), given, directions)
        return slope, gradient(*given), lx.jvp(gradient, given, directions)

    found = everything(*map(np.asarray, arguments))
    lx.materialize(found)
    assert_close(found, in_numpy(everything, *arguments))


def tangents_of(program):
    """The tangents of the program's results along a direction."""
    arguments, directions = program.sample(0), program.sample(1)
    return in_numpy(lambda *x: lx.jvp(on_lazyax(program), x, directions)[1], *arguments)


@holds_for(100, CONTROL)
def test_the_tangent_is_the_finite_difference(program):
    arguments, directions = program.sample(0), program.sample(1)
    before, here, after = [
        program(numpy, *[x + step * dx for x, dx in zip(arguments, directions, strict=True)])
        for step in (-STEP, 0, STEP)
    ]
    triples = list(zip(before, here, after, strict=True))
    assume(all(numpy.abs(b - 2 * h + a).max() < 1e-8 for b, h, a in triples))  # no kink, no jump
    for tangent, (b, _, a) in zip(tangents_of(program), triples, strict=True):
        numpy.testing.assert_allclose(tangent, (a - b) / (2 * STEP), rtol=1e-6, atol=1e-6)


@holds_for(100, CONTROL)
def test_the_cotangent_is_the_adjoint_of_the_tangent(program):
    arguments, directions = program.sample(0), program.sample(1)
    rng = numpy.random.default_rng(program.seed)
    cotangents = tuple(rng.uniform(-1, 1, r.shape) for r in program(numpy, *arguments))
    pulled = in_numpy(lambda *x: lx.vjp(on_lazyax(program), *x)[1](cotangents), *arguments)
    forward, size = inner(zip(cotangents, tangents_of(program), strict=True))
    backward, _ = inner(zip(pulled, directions, strict=True))
    assert abs(forward - backward) <= 1e-11 * (1 + size)


@holds_for(100, CONTROL)
def test_vmap_is_a_loop(program):
    rng = numpy.random.default_rng(program.seed)
    lanes = [program.sample(lane) for lane in range(SIZE)]
    in_axes = [0] + [rng.choice([None, 0, x.ndim]) for x in lanes[0][1:]]
    for number, axis in enumerate(in_axes):
        if axis is None:
            for lane in lanes:
                lane[number] = lanes[0][number]
    stacked = [
        column[0] if axis is None else numpy.stack(column, axis)
        for axis, column in zip(in_axes, zip(*lanes, strict=True), strict=True)
    ]
    loop = [program(numpy, *lane) for lane in lanes]
    found = in_numpy(lx.vmap(on_lazyax(program), in_axes=tuple(in_axes)), *stacked)
    assert_close(found, [numpy.stack(results) for results in zip(*loop, strict=True)])


@holds_for(40, CONTROL)
def test_grad_of_the_sum_of_vmap_is_vmap_of_grad(program):
    lanes = [program.sample(lane) for lane in range(SIZE)]
    stacked = [numpy.stack(column) for column in zip(*lanes, strict=True)]
    argnums = tuple(range(len(stacked)))
    totals = lx.vmap(total_of(program))
    summed = in_numpy(lx.grad(lambda *x: np.sum(totals(*x)), argnums=argnums), *stacked)
    mapped = in_numpy(lx.vmap(lx.grad(total_of(program), argnums=argnums)), *stacked)
    assert_close(summed, mapped)


@holds_for(10, CONTROL)
def test_the_tangent_of_the_gradient_is_the_gradient_of_the_tangent(program):
    arguments, directions = program.sample(0), program.sample(1)
    argnums, total = tuple(range(len(arguments))), total_of(program)

    def both(*x):
        of_gradient = lx.jvp(lx.grad(total, argnums=argnums), x, directions)[1]
        of_tangent = lx.grad(lambda *x: lx.jvp(total, x, directions)[1], argnums=argnums)
        return of_gradient, of_tangent(*x)

    assert_close(*in_numpy(both, *arguments), rtol=1e-8, atol=1e-8)


def derivatives(m, np, function, x, direction):
    """A function's derivatives, each by one composition of transforms, of jax or of lazyax."""
    gradient = m.grad(lambda x: function(np, x))
    return {
        "value": function(np, x),
        "gradient": gradient(x),
        "gradients": m.vmap(gradient)(np.stack([x, x * 0.5, -x])),
        "change of gradient": m.jvp(gradient, (x,), (direction,))[1],
        "hessian": m.jacfwd(m.jacrev(lambda x: function(np, x)))(x),
    }


def compositions(function, x, direction):
    """The same by compositions of lazyax's transforms: what is meant, and how it is computed."""

    def f(x):
        return function(np, x)

    def mapped(rows):
        return np.sum(lx.vmap(f)(rows))

    gradient, rows = lx.grad(f), np.stack([x, x * 0.5, -x])
    along = (x,), (direction,)
    return {
        ("value", "jit"): lx.jit(f)(x),
        ("value", "jvp"): lx.jvp(f, *along)[0],
        ("gradient", "jit(grad)"): lx.jit(gradient)(x),
        ("gradient", "grad(jit)"): lx.grad(lx.jit(f))(x),
        ("gradient", "jacfwd"): lx.jacfwd(f)(x),
        ("gradients", "grad(sum vmap)"): lx.grad(mapped)(rows),
        ("gradients", "vmap(jit(grad(jit)))"): lx.vmap(lx.jit(lx.grad(lx.jit(f))))(rows),
        ("gradients", "jit(grad(jit(sum vmap)))"): lx.jit(lx.grad(lx.jit(mapped)))(rows),
        ("change of gradient", "grad(jvp)"): lx.grad(lambda x: lx.jvp(f, (x,), (direction,))[1])(x),
        ("change of gradient", "jvp(jit(grad))"): lx.jvp(lx.jit(gradient), *along)[1],
        ("change of gradient", "vjp(grad)"): lx.vjp(gradient, x)[1](direction)[0],
        ("hessian", "jacrev(jacfwd)"): lx.jacrev(lx.jacfwd(f))(x),
        ("hessian", "jacrev(grad)"): lx.jacrev(gradient)(x),
        ("hessian", "jit(hessian)"): lx.jit(lx.hessian(f))(x),
    }


each_function = pytest.mark.parametrize("function", FUNCTIONS, ids=lambda f: f.__name__)


def beside_jax(m, np, function, x):
    """What is compared with jax: values, gradients and the matrix of second derivatives."""
    values, gradients = m.vmap(m.value_and_grad(lambda x: function(np, x)))(np.stack([x, -x / 2]))
    hessian = m.jacfwd(m.jacrev(lambda x: function(np, x)))(x)
    return {"values": values, "gradients": gradients, "hessian": hessian}


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("function", [*FUNCTIONS, *LOOPS, *FAMILIES], ids=lambda f: f.__name__)
def test_derivatives_agree_with_jax(function, dtype, rng):
    x = rng.uniform(-1, 1, 6).astype(dtype)
    with jax.enable_x64(dtype == "float64"), jax.threefry_partitionable(False):
        quickly = {"xla_backend_optimization_level": 0}
        theirs = jax.jit(
            lambda x: beside_jax(jax, jax.numpy, function, x), compiler_options=quickly
        )(x)
    ours = in_numpy(lambda x: beside_jax(lx, np, function, x), x)
    assert_near(ours, theirs, 1e-11 if dtype == "float64" else 2e-5)


WITHOUT_JAX = {
    "Eig": "jax has no second derivative of it: see tests/ops/numpy/test_linalg.py",
    "ExpN": "jax has no second derivative of it: see tests/scipy/test_incomplete.py",
    "GammaDrift": "the derivative of GammaNumber",
    "GammaNumber": "jax has first derivatives alone: see tests/test_random_gradients.py",
    "Gathered": "a step of lax.all_gather, gone when the axis is mapped",
    "AxisIndex": "lax.axis_index, gone when the axis is mapped",
    "MissingKey": "draws without keys: see tests/transforms/test_split_keys.py",
    "Named": "a name for policies: see tests/api/test_checkpointing.py",
    "OwnLane": "a step of lax.psum_scatter, gone when the axis is mapped",
    "Slope": "a difference quotient, by parameters that jax has no derivative by",
    "SumOverLanes": "lax.psum, gone when the axis is mapped",
}
"""Primitives that no function beside jax holds, and why."""


def test_functions_beside_jax_hold_every_primitive():
    held = set()
    for function in (*FUNCTIONS, *LOOPS, *FAMILIES):
        graph = lx.trace(lambda x, function=function: beside_jax(lx, np, function, x))(np.ones(6))
        for each in (graph, *nested_graphs(graph.nodes)):
            held |= {type(node.op).__name__ for node in each.nodes}
    ours = {name for name, op in REGISTRY.items() if op.__module__.startswith("lazyax.")}
    assert ours - held == WITHOUT_JAX.keys()
    assert len({*FUNCTIONS, *LOOPS, *FAMILIES}) >= 60


@each_function
def test_compositions_that_mean_the_same_agree(function, rng):
    given = [rng.uniform(-1, 1, 6) for _ in range(2)]
    expected = in_numpy(lambda *given: derivatives(lx, np, function, *given), *given)
    found = in_numpy(lambda *given: compositions(function, *given), *given)
    assert_near(found, {key: expected[key[0]] for key in found}, 1e-11)


@pytest.mark.parametrize("function", FUNCTIONS[::4], ids=lambda f: f.__name__)
def test_compositions_on_xla_are_those_in_numpy(function, rng):
    given = [rng.uniform(-1, 1, 6) for _ in range(2)]
    found = lx.materialize(compositions(function, *map(np.asarray, given)))
    assert_near(found, in_numpy(lambda *given: compositions(function, *given), *given), 1e-11)


def assert_near(ours, theirs, tolerance):
    """Each entry agrees within the tolerance, relative to its largest element."""
    assert ours.keys() == theirs.keys()
    for name, expected in theirs.items():
        found, expected = numpy.asarray(ours[name]), numpy.asarray(expected)
        allowed = tolerance * (1 + numpy.abs(expected).max())
        assert (found.shape, found.dtype) == (expected.shape, expected.dtype), name
        numpy.testing.assert_allclose(found, expected, tolerance, allowed, err_msg=str(name))

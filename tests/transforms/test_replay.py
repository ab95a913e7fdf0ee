"""Gradients that are made again by a recipe: they are those that the rules would give."""

from __future__ import annotations

import gc

import numpy
import pytest

import lazyax as lx
import lazyax.numpy as np
from lazyax import lax
from lazyax.graph.structure import number_graph
from lazyax.graph.traversal import toposort
from lazyax.ops.primitives.leaves import Variable, input_leaf
from lazyax.transforms import gradient as module
from lazyax.transforms import replay


@pytest.fixture(autouse=True)
def derivations(monkeypatch):
    """Counts how often gradients are derived, rather than made again."""
    counted, derive = [], module.derive

    def counting(root, variables):
        counted.append(1)
        return derive(root, variables)

    monkeypatch.setattr(module, "derive", counting)
    replay.recipes.clear()
    replay._sizes.clear()
    return counted


def test_a_gradient_is_derived_twice(derivations, rng):
    for turn in range(5):
        x, w = rng.normal(size=(2, 4)).astype("f4")
        found = lx.grad(lambda w, x=x: ((w * x - 1) ** 2).sum() * 0.5)(w)
        numpy.testing.assert_allclose(found, (w * x - 1) * x, rtol=1e-4, atol=1e-6)
        assert len(derivations) == min(turn + 1, 2)


VARIANTS = {
    "as it is": lambda w, x: np.sin(w) * np.cos(x) + w,
    "operands exchanged": lambda w, x: np.cos(x) * np.sin(w) + w,
    "another operand": lambda w, x: np.sin(w) * np.cos(x) + x,
    "a constant that moves": lambda w, x: np.sin(w) * np.cos(w) + w,
    "one that moves, a constant": lambda w, x: np.sin(x) * np.cos(x) + w,
    "another op": lambda w, x: np.sin(w) - np.cos(x) + w,
    "a number for an array": lambda w, x: np.sin(w) * np.cos(x) + 1.0,
    "another parameter": lambda w, x: np.sin(w) * np.cos(x)[::-1] + w,
    "a part shared": lambda w, x: (lambda s: s * s + w)(np.sin(w)),
    "a part equal": lambda w, x: np.sin(w) * np.sin(w) + w,
    "nothing that moves": lambda w, x: np.sin(x) * np.cos(x) + x,
    "a constant of the program": lambda w, x: np.sin(w) * np.cos(x) + np.zeros(3),
}


def gradient_of(build):
    w, x = (Variable()(input_leaf(np.ones(3).aval)) for _ in range(2))
    root = build(lx.Array(w), lx.Array(x)).sum()._node
    (slope,) = module.gradient(root, [w])
    return number_graph([w, x], [node for node in [slope] if node is not None])[0]


def test_only_equal_structures_are_made_again(monkeypatch):
    expected = {}
    for name, build in VARIANTS.items():
        replay.recipes.clear()
        expected[name] = gradient_of(build)
    for name, build in VARIANTS.items():
        replay.recipes.clear()
        for _ in range(2):
            gradient_of(build)  # leaves a recipe
        for other, changed in VARIANTS.items():
            assert gradient_of(changed) is expected[other], f"{other} after {name}"


def test_rules_of_the_users_are_asked_each_time(derivations):
    slopes = iter([2.0, 3.0, 4.0, 5.0])

    @lx.custom_vjp
    def f(x):
        return x * 1.0

    f.defvjp(lambda x: (f(x), None), lambda _, g: (g * next(slopes),))
    assert [float(lx.grad(lambda x: f(x) * 1.0)(1.0)) for _ in range(4)] == [2, 3, 4, 5]
    assert len(derivations) == 4


def test_a_while_loop_is_derived_each_time(derivations):
    for steps in (1, 2, 3, 4):
        slope = lx.grad(lambda x, n=steps: lax.fori_loop(0, n, lambda i, y: y * 2.0, x))(1.0)
        assert float(slope) == 2.0**steps


def test_a_branch_in_python_has_a_recipe_for_each_side(derivations):
    def f(x):
        return x * x if float(x * 2) > 0 else np.sin(x) * 3.0

    for x in 3 * (2.0, 2.0, -2.0, -2.0):
        slope = 2 * x if x > 0 else 3 * numpy.cos(x)
        numpy.testing.assert_allclose(lx.grad(f)(x), slope, rtol=1e-6)
    assert len(derivations) == 4


def test_second_derivatives_are_made_again_too(derivations):
    for _ in range(4):
        second = lx.grad(lx.grad(lambda x: x**3 * np.sin(x)))(1.5)
        expected = 6 * 1.5 * numpy.sin(1.5) + 6 * 1.5**2 * numpy.cos(1.5) - 1.5**3 * numpy.sin(1.5)
        numpy.testing.assert_allclose(second, expected, rtol=1e-5)
    assert len(derivations) == 4


def test_lines_are_those_of_the_function(derivations):
    def f(w):
        y = np.tanh(w)
        return (y * w).sum()

    w = np.arange(3.0).materialize()
    lines = []
    for _ in range(3):
        variable = Variable()(w._node)
        (slope,) = module.gradient(f(lx.Array(variable))._node, [variable])
        order = toposort([slope], stop=[variable])
        of_rules = [node for node in order if node.origin[0] is f.__code__]
        lines.append([(node.op, node.origin) for node in of_rules])
    assert len(derivations) == 2
    assert lines[2] == lines[0]
    assert len(lines[0]) > 6


def test_recipes_hold_no_arrays(live_nodes, derivations):
    def step():
        w = np.arange(5.0).materialize()
        lx.grad(lambda w: (w * np.exp(w)).sum())(w).materialize()

    before = live_nodes()
    for _ in range(4):
        step()
    gc.collect()
    assert len(derivations) == 2
    assert live_nodes() == before

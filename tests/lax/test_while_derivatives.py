"""Reverse mode of while loops: by tape, by checkpoints, with a bound; in every transform."""

from __future__ import annotations

import numpy
import pytest

import lazyax as lx
import lazyax.numpy as np
from lazyax import lax
from lazyax.ops.primitives import while_loop

WAYS = ["tape", "checkpoints", "few slots", "max_steps", "jit", "jit with few slots"]


def gradient_by(way, function, monkeypatch):
    """The gradient of ``function(max_steps)``, the derivative of its loop computed in one way."""
    gradient = lx.grad(function(40 if way == "max_steps" else None), argnums=(0, 1))
    if "few slots" in way:
        monkeypatch.setattr(while_loop, "MOST_SLOTS", 3)
    if way in ("checkpoints", "few slots"):
        monkeypatch.setattr(lx.config, "loop_tape_bytes", 0 if way == "few slots" else 50)
    return lx.jit(gradient) if way.startswith("jit") else gradient


def recurrence(max_steps):
    """A loop whose number of steps depends on its arguments."""

    def function(w, x):
        def body(state):
            k, x, total = state
            return k + 1, np.tanh(w @ x), total + np.sum(x * x)

        start = (0, x, np.zeros((), x.dtype))
        found = lax.while_loop(lambda s: s[2] < 5.0, body, start, max_steps=max_steps)
        return found[2] * np.sum(found[1]) + found[0]

    return function


def unrolled(w, x):
    total = 0.0
    while total < 5.0:
        x, total = np.tanh(w @ x), total + np.sum(x * x)
    return total * np.sum(x)


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("scale", [0.9, 0.6, 3.0])
def test_the_gradient_is_that_of_a_python_loop(way, scale, rng, monkeypatch):
    w, x = rng.normal(size=(3, 3)) + numpy.eye(3), scale * rng.uniform(0.5, 1, 3)
    expected = lx.grad(unrolled, argnums=(0, 1))(w, x)
    found = gradient_by(way, recurrence, monkeypatch)(w, x)
    for one, other in zip(found, expected, strict=True):
        numpy.testing.assert_allclose(one, other, rtol=1e-9, atol=1e-11)


def newton(a):
    """The square root, by as many of Newton's steps as it takes."""
    start = 1.0 + 0 * a
    return lax.while_loop(lambda x: abs(x * x - a) > 1e-10 * a, lambda x: 0.5 * (x + a / x), start)


SQUARES = np.array([0.01, 2.0, 9.0, 1e4], dtype="float64")


def test_newtons_gradient_is_that_of_the_implicit_function():
    a = numpy.asarray(SQUARES)
    slope = numpy.array([lx.grad(newton)(np.asarray(x)) for x in a])
    numpy.testing.assert_allclose(slope, 0.5 / numpy.sqrt(a), rtol=1e-9)


def steps_of(a):
    found = lax.while_loop(
        lambda s: abs(s[1] * s[1] - a) > 1e-10 * a,
        lambda s: (s[0] + 1, 0.5 * (s[1] + a / s[1])),
        (0, 1.0 + 0 * a),
    )
    return int(found[0])


def test_newtons_steps_depend_on_the_argument():
    expected = []
    for a in numpy.asarray(SQUARES):
        x, steps = 1.0, 0
        while abs(x * x - a) > 1e-10 * a:
            x, steps = 0.5 * (x + a / x), steps + 1
        expected.append(steps)
    assert [steps_of(a) for a in SQUARES] == expected
    assert len(set(expected)) == len(expected)


COMPOSITIONS = {
    "vmap(grad)": lambda f: lx.vmap(lx.grad(f)),
    "grad(sum(vmap))": lambda f: lx.grad(lambda a: np.sum(lx.vmap(f)(a))),
    "jit(vmap(grad))": lambda f: lx.jit(lx.vmap(lx.grad(f))),
    "vmap(jit(grad))": lambda f: lx.vmap(lx.jit(lx.grad(f))),
    "jit(grad(sum(vmap)))": lambda f: lx.jit(lx.grad(lambda a: np.sum(lx.vmap(f)(a)))),
    "vmap(jacfwd)": lambda f: lx.vmap(lx.jacfwd(f)),
}


@pytest.mark.parametrize("name", COMPOSITIONS)
def test_newtons_gradient_in_compositions(name):
    found = COMPOSITIONS[name](newton)(SQUARES)
    numpy.testing.assert_allclose(found, 0.5 / numpy.sqrt(SQUARES), rtol=1e-9)


SECOND = {
    "grad(grad)": lambda f: lx.grad(lx.grad(f)),
    "jit(grad(grad))": lambda f: lx.jit(lx.grad(lx.grad(f))),
    "jacfwd(grad)": lambda f: lx.jacfwd(lx.grad(f)),
    "grad(jacfwd)": lambda f: lx.grad(lx.jacfwd(f)),
}


@pytest.mark.parametrize("name", SECOND)
def test_newtons_second_derivative(name):
    a = np.array(9.0, dtype="float64")
    numpy.testing.assert_allclose(SECOND[name](newton)(a), -0.25 * 9**-1.5, rtol=1e-8)


def test_the_tape_of_near_trip_counts_is_one_program(compiles):
    def power(n, x):
        return lax.while_loop(lambda s: s[0] < n, lambda s: (s[0] + 1, s[1] * x), (0, 1.0))[1]

    assert float(lx.grad(power, argnums=1)(9, 2.0)) == 9 * 2.0**8
    compiles.reset()
    slopes = [float(lx.grad(power, argnums=1)(n, 2.0)) for n in range(10, 17)]
    assert slopes == [n * 2.0 ** (n - 1) for n in range(10, 17)]
    assert compiles.count == 0


def test_no_value_is_looked_at_where_that_is_forbidden():
    with lx.no_materialize():
        slope = lx.grad(newton)(np.array(2.0, dtype="float64"))
    numpy.testing.assert_allclose(slope, 0.5 / numpy.sqrt(2.0), rtol=1e-9)


def test_a_bound_stops_the_loop():
    assert float(lax.while_loop(lambda x: x < 100.0, lambda x: 2 * x, 1.0, max_steps=3)) == 8.0

"""check_gradients passes what is right, and says what is wrong, where, and by how much."""

from __future__ import annotations

import re

import numpy
import pytest

import lazyax as lx
import lazyax.numpy as np
from lazyax.errors import GradientError, LazyaxTypeError
from lazyax.testing import check_gradients

X = numpy.linspace(0.2, 1.0, 4).reshape(2, 2)


def message(*arguments, **options):
    with pytest.raises(GradientError) as caught:
        check_gradients(*arguments, **options)
    return re.sub(r"-?\d+\.\d+(e-?\d+)?|\d+e[-+]\d+", "#", str(caught.value))


def with_slope(slope):
    """sin(w) * x, whose derivative by w is given."""
    f = lx.custom_vjp(lambda w, x: np.sin(w) * x)
    f.__name__ = f.name = "f"
    f.defvjp(
        lambda w, x: (f(w, x), (w, x)), lambda res, ct: (ct * slope(*res), ct * np.sin(res[0]))
    )
    return f


def test_right_derivatives_pass():
    check_gradients(with_slope(lambda w, x: np.cos(w) * x), (X, X + 1))
    check_gradients(lambda z: {"z": z * np.conj(z) + np.exp(z)}, (X + 1j * X.T,), order=1)
    check_gradients(lambda n, x: x**3 * n, (numpy.array(3), numpy.float32([0.5])), order=1)


def test_a_wrong_reverse_derivative():
    def slope(w, x):
        return np.cos(w) * x + np.asarray([[0.0, 0.0], [5.0, 0.0]])

    f = with_slope(slope)
    assert message(lambda tree: f(tree["w"], tree["x"]), ({"w": X, "x": X},), ["reverse"]) == (
        "check_gradients: the reverse derivative of <lambda> by argument[0]['w'] is wrong at index "
        "(1, 0): got #, central differences give #; they differ by #, allowed is #"
    )


def test_a_wrong_forward_derivative():
    f = lx.custom_jvp(lambda x: {"y": x**2})
    f.name = f.__name__ = "squared"
    f.defjvp(lambda primals, tangents: (f(*primals), {"y": 3 * primals[0] * tangents[0]}))
    assert message(f, (X,)).startswith(
        "check_gradients: the forward derivative of squared in result['y'] is wrong at index ("
    )


def test_a_wrong_second_derivative():
    frozen = with_slope(lambda w, x: np.cos(lx.lax.stop_gradient(w)) * x)
    check_gradients(frozen, (X, X), order=1)
    assert message(frozen, (X, X), ["reverse"]).startswith(
        "check_gradients: the reverse derivative of the reverse derivative of f by argument[0] is "
        "wrong at index ("
    )


def test_modes_and_arguments_that_do_not_fit():
    with pytest.raises(LazyaxTypeError) as caught:
        check_gradients(np.sin, (X,), modes=["backward"])
    assert str(caught.value) == "check_gradients: modes are forward and reverse, got 'backward'"
    with pytest.raises(LazyaxTypeError, match="no argument is a float or complex array"):
        check_gradients(np.negative, (1,))

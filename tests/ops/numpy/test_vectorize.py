"""numpy.vectorize with signatures, beside NumPy's."""

from __future__ import annotations

import numpy
import pytest

import lazyax as lx
import lazyax.numpy as np
from lazyax.errors import AbstractValueError, LazyaxTypeError

rng = numpy.random.default_rng(0)

CASES = {
    "(n,m),(m,k)->(n,k)": (lambda np, a, b: np.dot(a, b), (4, 1, 2, 3), (5, 3, 2)),
    "(n),(n)->()": (lambda np, a, b: np.dot(a, b), (2, 3), (3,)),
    "(n)->(),(n)": (lambda np, a: (np.sum(a), a * 2), (2, 2, 3)),
    "(),(n)->(n)": (lambda np, a, b: a * b, (5, 1), (4, 3)),
    "(n)->(k)": (lambda np, a: a[:2], (3,)),
    None: (lambda np, a, b: a * b + 1, (4, 1), (3,)),
}


@pytest.mark.parametrize("signature", CASES)
def test_vectorize_is_numpys(signature):
    function, *shapes = CASES[signature]
    arrays = [rng.normal(size=shape) for shape in shapes]
    ours = np.vectorize(lambda *given: function(np, *given), signature=signature)(*arrays)
    theirs = numpy.vectorize(lambda *given: function(numpy, *given), signature=signature)(*arrays)
    lx.materialize(ours)
    for one, other in zip(lx.tree.leaves(ours), lx.tree.leaves(theirs), strict=True):
        assert one.shape == other.shape
        numpy.testing.assert_allclose(numpy.asarray(one), other)


def test_one_product_of_matrices_and_the_gradient_of_each():
    product = np.vectorize(np.dot, signature="(n,m),(m)->(n)")
    graph = lx.trace(product)(np.ones((2, 3)), np.ones((5, 4, 3)))
    (dot,) = [node.op for node in graph.nodes if node.op.name == "DotGeneral"]
    assert dot.batch_axes == ((), ())
    slopes = np.vectorize(lx.grad(lambda x: np.sum(x**2)), signature="(n)->(n)")
    assert slopes(np.ones((2, 3))).tolist() == [[2.0] * 3] * 2


def test_excluded_arguments_are_passed_on():
    f = np.vectorize(
        lambda x, how, scale: x * scale if how == "times" else x, excluded={1, "scale"}
    )
    assert f(np.ones((2, 2)), "times", scale=3.0).tolist() == [[3.0, 3.0], [3.0, 3.0]]


def message(function, *arguments):
    with pytest.raises(LazyaxTypeError) as caught:
        function(*arguments)
    return str(caught.value)


def test_a_function_that_looks_at_values_is_called_for_each_element():
    calls = []

    @np.vectorize
    def distance(a, b):
        """How far."""
        calls.append(type(a))
        return a - b if a > b else b - a

    assert distance.__doc__ == "How far."
    assert distance([1.0, 2.0, 5.0], 3.0).tolist() == [2, 1, 2]
    assert calls == [lx.Array] * 4  # once for all, in vain
    slope = lx.grad(lambda x: distance(x, 3.0).sum())(np.array([1.0, 5.0]))
    assert slope.tolist() == [-1, 1]
    with pytest.raises(AbstractValueError):
        lx.jit(distance)(np.ones(2), 0.0)


def test_otypes_are_dtypes_of_results():
    halved = np.vectorize(lambda x: (x / 2, x), otypes="ef")([1, 2])
    assert [one.dtype for one in halved] == ["float16", "float32"]
    assert np.vectorize(otypes=[int], doc="Down.")(lambda x: x // 1)([1.5]).tolist() == [1]


def test_what_does_not_fit():
    product = np.vectorize(np.dot, signature="(n,m),(m)->(n)")
    assert message(lambda: np.vectorize(np.dot, signature="(n,m)(m)")) == (
        "vectorize: '(n,m)(m)', the signature of dot, needs the form (n,m),(m)->(n)"
    )
    assert message(product, np.ones((2, 3))) == (
        "vectorize: the signature '(n,m),(m)->(n)' of dot has 2 arguments, got 1"
    )
    assert message(product, np.ones((2, 3)), np.ones(4)) == (
        "vectorize: argument 1 of dot needs the core axes (m) of '(n,m),(m)->(n)' where n=2, m=3, "
        "got f32[4]"
    )
    assert message(product, np.ones((3, 2, 3)), np.ones((2, 3))) == (
        "vectorize: the axes of dot beside the core axes do not broadcast: (3,) and (2,)"
    )
    assert message(np.vectorize(np.dot, signature="(n),(n)->(n)"), np.ones(2), np.ones(2)) == (
        "vectorize: result 0 of dot needs the core axes (n) of '(n),(n)->(n)' where n=2, got f32[]"
    )

"""Dot products, matrix products and Einstein summation, as NumPy's."""

from __future__ import annotations

import jax.numpy
import numpy
import pytest
from numpy_table import Call, check, compare, sample

import lazyax as lx
import lazyax.numpy as np
from lazyax.errors import LazyaxTypeError
from lazyax.graph.traversal import toposort
from lazyax.ops import primitives as p

GENERATOR = numpy.random.default_rng(7)


def f(*shape: int) -> numpy.ndarray:
    return sample(shape, "float32", GENERATOR)


def z(*shape: int) -> numpy.ndarray:
    return sample(shape, "complex64", GENERATOR)


def b(*shape: int) -> numpy.ndarray:
    return sample(shape, "bool", GENERATOR)


DOT = [(3,), (2, 3), (5, 2, 3)], [(3,), (3, 4), (5, 3, 4)]
MATMUL = [
    ((3,), (3,)),
    ((2, 3), (3,)),
    ((3,), (3, 4)),
    ((2, 3), (3, 4)),
    ((5, 2, 3), (3, 4)),
    ((2, 3), (5, 3, 4)),
    ((3,), (5, 3, 4)),
    ((5, 2, 3), (3,)),
    ((5, 2, 3), (5, 3, 4)),
    ((5, 1, 2, 3), (6, 3, 4)),
    ((1, 2, 3), (5, 3, 4)),
    ((1, 5, 2, 3), (6, 1, 3, 4)),
    ((1, 2, 3), (1, 3, 4)),
    ((0, 3), (3, 4)),
    ((2, 0), (0, 4)),
    ((5, 2, 3), (5, 3, 0)),
]
TENSORDOT = [
    ((2, 3, 4), (3, 4, 5), 2),
    ((2, 3), (4, 5), 0),
    ((2, 3, 4), (4, 3, 2), 1),
    ((2, 3, 4), (4, 3, 2), ((1, 2), (1, 0))),
    ((2, 3, 4), (4, 3, 2), (2, 0)),
    ((2, 3), (2, 3), ([0, 1], [0, 1])),
]
PRODUCTS = [
    *[Call("dot", (f(*x), f(*y))) for x in DOT[0] for y in DOT[1]],
    *[Call("dot", (f(*x), f())) for x in [(), (2, 3)]],
    *[Call("dot", ([1, 2], [3, 4])), Call("dot", (2.0, f(3)))],
    *[Call("matmul", (f(*x), f(*y))) for x, y in MATMUL],
    *[Call("matmul", (z(2, 3), z(3, 2))), Call("matmul", (b(2, 3), b(3, 2)))],
    *[Call("matmul", (f(2, 3).astype("int32"), f(3).astype("int32")))],
    *[Call("tensordot", (f(*x), f(*y), axes)) for x, y, axes in TENSORDOT],
    *[Call("inner", (f(*x), f(*y))) for x in [(), (3,), (2, 3)] for y in [(), (3,), (4, 3)]
      if (x == ()) == (y == ()) or x == () or y == ()],
    *[Call("outer", (f(*x), f(*y))) for x in [(), (3,), (2, 3)] for y in [(), (4,)]],
    *[Call("vdot", (z(2, 3), z(2, 3))), Call("vdot", (z(6), f(2, 3))), Call("vdot", (f(), f()))],
    *[Call("vecdot", (z(5, 3), z(3))), Call("vecdot", (f(3), f(3)))],
    Call("vecdot", (f(3, 2), f(3, 1)), {"axis": 0}),
    Call("vecdot", (f(3, 2), f(3, 1)), {"axis": 0, "keepdims": True}),
    Call("vecdot", (f(4, 3), f(3)), {"keepdims": True, "dtype": "f4"}),
    Call("matmul", (f(2, 3), f(3, 2)), {"dtype": "c8"}),
    Call("matvec", (f(5, 2, 3), f(3)), {"dtype": "f4"}),
    Call("vecmat", (f(2), f(5, 2, 3)), {"dtype": "f4"}),
    *[Call("matvec", (f(5, 2, 3), f(3))), Call("matvec", (z(2, 3), z(5, 3)))],
    *[Call("vecmat", (z(2), z(5, 2, 3))), Call("vecmat", (f(5, 2), f(2, 3)))],
]  # fmt: skip

EINSUM = [
    ("ij,jk->ik", (2, 3), (3, 4)),
    ("ij,jk", (2, 3), (3, 4)),
    ("ba", (2, 3)),
    ("ii", (3, 3)),
    ("ii->i", (3, 3)),
    ("iii->i", (3, 3, 3)),
    ("ijij->ij", (2, 3, 2, 3)),
    ("ij->ji", (2, 3)),
    ("ij->", (2, 3)),
    ("->", ()),
    ("...ij,...jk", (5, 1, 2, 3), (4, 3, 6)),
    ("...ij->...ji", (5, 2, 3)),
    ("i...->...", (2, 3, 4)),
    ("...a,...b->...ab", (2, 3), (2, 4)),
    ("i,j", (2,), (3,)),
    ("i,i", (3,), (3,)),
    ("ij,ij->ij", (2, 3), (2, 3)),
    ("ij,ij", (1, 3), (2, 3)),
    ("aab,bcc->c", (2, 2, 3), (3, 4, 4)),
    ("ab,bc,cd,de->ea", (2, 3), (3, 4), (4, 5), (5, 2)),
    ("ij,j,->i", (2, 3), (3,), ()),
    ("bhqd,bhkd->bhqk", (2, 3, 4, 5), (2, 3, 6, 5)),
    ("ij,kl->", (2, 3), (3, 4)),
    ("a,a,a->a", (3,), (3,), (3,)),
    ("ij,jk,ki", (2, 3), (3, 4), (4, 2)),
    ("ij,jk", (0, 3), (3, 4)),
    ("ij,jk", (2, 0), (0, 4)),
    (" i j , j k -> k i ", (2, 3), (3, 4)),
]


def test_products_are_numpys():
    check(PRODUCTS)


@pytest.mark.parametrize("optimize", [True, False, "optimal"])
def test_einsum_is_numpys(optimize):
    results = []
    for subscripts, *shapes in EINSUM:
        arrays = [f(*shape) for shape in shapes]
        got = np.einsum(subscripts, *arrays, optimize=optimize)
        results.append((got, numpy.einsum(subscripts, *arrays), subscripts))
    lx.materialize([got for got, _, _ in results])
    for got, want, subscripts in results:
        compare(got, want, subscripts, rtol=1e-4)


def test_einsum_takes_lists_of_axes_and_paths_and_other_dtypes():
    x, y, w = f(2, 3), f(3, 4), f(4, 2)
    path = ["einsum_path", (1, 2), (0, 1)]
    cases = [
        (np.einsum(x, [0, 1], y, [1, 2], [2, 0]), numpy.einsum("ij,jk->ki", x, y)),
        (np.einsum(x, [..., 1], [1, ...]), x.T),
        (np.einsum(x, numpy.array([0, 1]), list(numpy.array([1, 0]))), x.T),
        (np.einsum("ij,jk,kl", x, y, w, optimize=("greedy", 10**6)), x @ y @ w),
        (np.einsum("ij,jk,kl", x, y, w, optimize=path), x @ y @ w),
        (np.einsum("ij,ij->i", b(2, 3), numpy.ones((2, 3), bool)).aval.dtype, numpy.dtype(bool)),
    ]
    for got, want in cases[:-1]:
        compare(got, want, "einsum", rtol=1e-4)
    assert cases[-1][0] == cases[-1][1]
    found, report = np.einsum_path("ij,jk,kl->il", x, y, w)
    assert found[0] == "einsum_path"
    assert len(found) == 3
    assert "Complete contraction" in report


def test_a_contraction_is_one_dot_and_a_product_none():
    def dots(array):
        ops = [type(node.op) for node in toposort([array._node])]
        return ops.count(p.DotGeneral)

    x, y = np.asarray(f(2, 3)), np.asarray(f(2, 3))
    assert dots(np.einsum("ij,ij->i", x, y)) == 1
    assert dots(np.einsum("ij,ij->ij", x, y)) == dots(np.einsum("i,j", x[0], y[0])) == 0
    assert dots(np.matmul(np.ones((5, 2, 3)), np.ones((3, 4)))) == 1


def test_a_batched_product_repeats_nothing():
    """The leading axes that one operand lacks stay free: nothing is broadcast before the dot."""
    x, y = np.ones((7, 1, 2, 3)), np.ones((5, 3, 4))
    ops = {type(node.op) for node in toposort([(x @ y)._node])}
    assert p.Broadcast not in ops
    assert (x @ y).shape == (7, 5, 2, 4)


def test_the_operator_works_from_both_sides_and_in_place():
    x, y = f(2, 3), f(3, 3)
    lazy = np.asarray(x)
    compare(lazy @ y, x @ y, "lazy @ ndarray", rtol=1e-4)
    compare(x @ np.asarray(y), x @ y, "ndarray @ lazy", rtol=1e-4)
    compare([[1, 2]] @ np.asarray(x), [[1, 2]] @ x, "list @ lazy", rtol=1e-4)
    alias = lazy
    lazy @= y
    assert alias is lazy
    compare(alias, x @ y, "in place", rtol=1e-4)
    with pytest.raises(LazyaxTypeError, match="in-place matmul: the result"):
        lazy @= f(3, 5)


def test_products_differentiate_and_batch():
    x, y = f(5, 2, 3), f(3, 4)
    gradient = lx.grad(lambda y: (np.matmul(x, y) ** 2).sum())(y)
    want = 2 * numpy.einsum("bij,bik->jk", x, x @ y)
    numpy.testing.assert_allclose(numpy.asarray(gradient), want, rtol=1e-4)
    batched = lx.vmap(lambda row: np.einsum("ij,jk->ik", row, y))(x)
    numpy.testing.assert_allclose(numpy.asarray(batched), x @ y, rtol=1e-4)
    traced = lx.grad(lambda m: np.einsum("ii,ij->", m, m))(f(3, 3))
    assert traced.shape == (3, 3)


def test_precision_reaches_the_dot():
    x = np.ones((2, 2))
    for given, name in ((None, "DEFAULT"), ("high", "HIGH"), ("HIGHEST", "HIGHEST")):
        for product in (np.dot(x, x, precision=given), np.einsum("ij,jk", x, x, precision=given)):
            assert product._node.op.precision == name
    assert np.matmul(x, x, precision=jax.lax.Precision.HIGHEST)._node.op.precision == "HIGHEST"
    with pytest.raises(LazyaxTypeError) as error:
        np.dot(x, x, precision="exact")
    assert str(error.value) == ("precision: 'default', 'high' and 'highest' are known, got 'exact'")


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (
            lambda x: np.dot(x, x),
            "dot: axis 1 of f32[2,3] and axis 0 of f32[2,3] are summed over together, so they "
            "need one length",
        ),
        (
            lambda x: x @ x,
            "matmul: axis 1 of f32[2,3] and axis 0 of f32[2,3] are summed over together, so they "
            "need one length",
        ),
        (
            lambda x: np.matmul(x, 2.0),
            "matmul: needs arrays of one axis or more, got f32[2,3] and f32[]; use *",
        ),
        (
            lambda x: np.matmul(np.ones((4, 2, 3)), np.ones((5, 3, 2))),
            "matmul: the leading axes (4,) of f32[4,2,3] and (5,) of f32[5,3,2] do not broadcast: "
            "counted from the last, lengths must be equal or 1",
        ),
        (
            lambda x: np.tensordot(x, x, 3),
            "tensordot: f32[2,3] and f32[2,3] do not share 3 axes",
        ),
        (
            lambda x: np.tensordot(x, x, ((0,), (0, 1))),
            "tensordot: axes ((0,), (0, 1)) name 1 of f32[2,3] and 2 of f32[2,3]",
        ),
        (
            lambda x: np.vdot(x, x[0]),
            "vdot: axis 0 of f32[6] and axis 0 of f32[3] are summed over together, so they need "
            "one length",
        ),
        (
            lambda x: np.einsum("ij,jk", x, x),
            "einsum: axes 'j' have lengths 2, 3 and 2; got 'ij,jk' for shapes (2, 3) and (2, 3)",
        ),
        (
            lambda x: np.einsum("ij,kj,kl", x, x, x, optimize=[(0, 1)]),
            "einsum: the path [(0, 1)] leaves 2 operands; got 'ij,kj,kl' for shapes (2, 3) and "
            "(2, 3) and (2, 3)",
        ),
        (
            lambda x: np.einsum("ij,kj,kl", x, x, x, optimize=[(0, 1), (0, 2)]),
            "einsum: the step (0, 2) of a path does not pick from 2 operands; got 'ij,kj,kl' for "
            "shapes (2, 3) and (2, 3) and (2, 3)",
        ),
        (
            lambda x: np.einsum("ijk", x),
            "einsum: 'ijk' has 3 letters and shape (2, 3) 2 axes; got 'ijk' for shapes (2, 3)",
        ),
        (
            lambda x: np.einsum("ij->x", x),
            "einsum: Output character 'x' did not appear in the input; got 'ij->x' for shapes "
            "(2, 3)",
        ),
        (lambda x: np.matvec(x[0], x[0]), "matvec: needs 2 axes or more, got f32[3]"),
        (
            lambda x: np.matmul(np.ones((2, 3)), np.ones((3, 2)), axes=[0, 1, 1]),
            "matmul: axes needs 2, 2, 2 axes for the arguments and the result, got [0, 1, 1]",
        ),
    ],
)
def test_what_does_not_fit_is_an_error_at_the_call(call, message):
    with pytest.raises(LazyaxTypeError) as error:
        call(np.ones((2, 3)))
    assert str(error.value) == message

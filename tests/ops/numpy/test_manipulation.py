"""Reshaping, joining, splitting, rearranging and padding, as NumPy's."""

from __future__ import annotations

import numpy
import pytest
from numpy_table import Call, check, compare

import lazyax as lx
import lazyax.numpy as np
from lazyax.errors import AbstractValueError, LazyaxIndexError, LazyaxTypeError
from lazyax.graph.traversal import toposort
from lazyax.ops import primitives as p

V = numpy.arange(5)
M = numpy.arange(6, dtype="float32").reshape(2, 3)
T = numpy.arange(24).reshape(2, 3, 4)
S = numpy.float32(7)
E = numpy.zeros((0, 3), "float32")

RESHAPING = [
    *[Call("reshape", args) for args in [(T, (4, 6)), (T, -1), (T, (2, -1)), (M, (3, 2))]],
    *[Call("reshape", args) for args in [(S, (1, 1)), (E, (3, 0)), (E, (0,)), (T, (2, 3, 4))]],
    *[Call("reshape", (x, s), {"order": "F"}) for x, s in [(T, (4, 6)), (M, -1)]],
    *[Call("ravel", (x,)) for x in (S, V, T, E)],
    Call("ravel", (T,), {"order": "F"}),
    *[Call("transpose", (x,)) for x in (S, V, T, E)],
    *[Call("transpose", (T, axes)) for axes in [(0, 2, 1), (-1, 0, 1), [2, 1, 0]]],
    *[Call("permute_dims", (T, (1, 0, 2))), Call("matrix_transpose", (T,))],
    *[Call("swapaxes", (T, a, b)) for a, b in [(0, 2), (-1, 0), (1, 1)]],
    *[Call("moveaxis", (T, a, b)) for a, b in [(0, -1), (2, 0), ((0, 1), (-1, 0)), ([1], [2])]],
    *[Call("rollaxis", (T, a, b)) for a in (0, 2, -2) for b in (0, 1, 3, -1)],
    *[Call("expand_dims", (M, axis)) for axis in (0, -1, (0, 2), (1, -1))],
    *[Call("squeeze", (x,)) for x in (M[None, :, None], S, M[:1, :1])],
    *[Call("squeeze", (M[None, :, None], axis)) for axis in (0, -2, (0, 2))],
    *[Call("broadcast_to", (x, s)) for x, s in [(V, (3, 5)), (S, (2, 0)), (M[:1], (4, 3))]],
    *[Call("broadcast_to", (M, (2, 3))), Call("broadcast_to", (3, 2))],
    *[Call("broadcast_arrays", args) for args in [(V, S), (M, M[:1], M[:, :1]), (E, S)]],
    *[Call(f"atleast_{n}d", (x,)) for n in (1, 2, 3) for x in (S, V, M, T)],
    *[Call("atleast_2d", (S, V)), Call("atleast_1d", (3,))],
]

JOINING = [
    *[Call("concatenate", ([M, M * 2], axis)) for axis in (0, 1, -1, None)],
    *[Call("concatenate", ([E, M],)), Call("concatenate", ([V],)), Call("concat", ([V, V],))],
    *[Call("concatenate", ([[1, 2], [3.5]],)), Call("concatenate", (T, 1))],
    Call("concatenate", ([M, T[0, :2, :3]],), {"dtype": "float32"}),
    *[Call("stack", ([M, M + 1], axis)) for axis in (0, 1, 2, -1)],
    *[Call("stack", ([S, 1, 2.5],)), Call("stack", (M,)), Call("stack", ([V],))],
    *[Call(f, ([x, x],)) for f in ("vstack", "hstack", "dstack") for x in (S, V, M, T)],
    *[Call("vstack", (M,)), Call("hstack", ([1, [2, 3]],)), Call("column_stack", ([V, V],))],
    *[Call("column_stack", ([M[:, 0], M],)), Call("append", (V, [7, 8]))],
    *[Call("append", (M, M, 0)), Call("append", (M, 9))],
    *[Call("block", (a,)) for a in [[1, 2], [[M, M], [M, M]], [[M], [7, 8, 9]], 3, [V, S]]],
    Call("block", ([[[T, T]], [[T, T]]],)),
    *[Call("split", (V, [1, 3])), Call("split", (T, 2, 2)), Call("split", (V, 5))],
    *[Call("array_split", args) for args in [(V, 3), (V, 7), (V, [3, 1]), (T, 2, 1), (V, [9])]],
    *[Call("hsplit", (T, 3)), Call("hsplit", (V, [2])), Call("vsplit", (M, 2))],
    *[Call("dsplit", (T, [1, 2])), Call("unstack", (M,)), Call("unstack", (T,), {"axis": -1})],
]

REARRANGING = [
    *[Call("flip", (T, axis)) for axis in (None, 0, -1, (0, 2))],
    *[Call("fliplr", (M,)), Call("flipud", (V,)), Call("flip", (E,))],
    *[Call("rot90", (M, k)) for k in (-1, 0, 1, 2, 3, 4)],
    Call("rot90", (T, 1), {"axes": (2, 0)}),
    *[Call("roll", (V, k)) for k in (0, 2, -1, 12)],
    *[Call("roll", (M, 1)), Call("roll", (M, 1, 1)), Call("roll", (M, (1, 2), (0, 1)))],
    *[Call("roll", (M, 1, (0, 1))), Call("roll", (M, (1, 2), 1)), Call("roll", (E, 2, 0))],
    *[Call("tile", (x, n)) for x in (S, V, M) for n in (2, (2, 1), (2, 1, 3), 0, ())],
    *[
        Call("repeat", (M, 2)),
        Call("repeat", (M, 2, 1)),
        Call("repeat", (V, 0)),
        Call("repeat", (3, 2)),
    ],
    *[Call("repeat", (V, [1, 0, 2, 3, 1])), Call("repeat", (M, [2, 1], 0))],
    *[Call("resize", (V, s)) for s in [(2, 3), (3, 4), 2, (0,)]],
    *[Call("delete", (V, i)) for i in (0, -1, [1, 3], slice(1, 4, 2), [])],
    *[Call("delete", (M, 1, 1)), Call("delete", (M, [0], 0)), Call("delete", (M, 2))],
    Call("delete", (V, numpy.array([True, False, False, True, False]))),
    *[
        Call("insert", (V, 1, 9)),
        Call("insert", (V, [1, 3], [7, 8])),
        Call("insert", (V, 2, [6, 7])),
    ],
    *[Call("insert", (M, 1, 9, 1)), Call("insert", (M, 1, [8, 9], 1)), Call("insert", (M, -1, 9))],
    *[Call("insert", (M, [0, 2], 5, 1)), Call("insert", (M, slice(0, 2), 5, 0))],
    *[Call("insert", (M, [1], [[8], [9]], 1)), Call("insert", (V, [1], [7, 8]))],
    *[Call("trim_zeros", (numpy.array(x),)) for x in ([0, 0, 1, 0, 2, 0], [1, 2], [0, 0])],
    Call("trim_zeros", (numpy.array([0, 1, 0]), "f")),
]

PADDING = [
    *[Call("pad", (x, w)) for x in (V, M, E) for w in (1, (1, 2))],
    *[Call("pad", (M, ((1, 0), (0, 2)))), Call("pad", (S, 3)), Call("pad", (T, 0))],
    Call("pad", (M, 1), {"constant_values": 7.5}),
    Call("pad", (M, ((1, 2), (3, 0))), {"constant_values": ((1, 2), (3, 4))}),
    *[
        Call("pad", (x, w), {"mode": mode})
        for mode in ("edge", "reflect", "symmetric", "wrap")
        for x, w in [(V, 3), (M, ((1, 0), (2, 1))), (V, (9, 12)), (V[:1], 2)]
    ],
    *[
        Call("pad", (x, w), {"mode": mode, "reflect_type": "odd"})
        for mode in ("reflect", "symmetric")
        for x, w in [(M, ((1, 0), (2, 1))), (V, (9, 12)), (V[:1], 2)]
    ],
    *[Call("pad", (E, ((0, 0), (2, 1))), {"mode": m}) for m in ("edge", "linear_ramp", "mean")],
    *[Call("pad", (x, 2), {"mode": "linear_ramp", "end_values": 5}) for x in (M, V)],
    *[Call("pad", (M, 2), {"mode": mode}) for mode in ("maximum", "minimum", "mean", "median")],
    *[Call("pad", (V, 2), {"mode": mode, "stat_length": 2}) for mode in ("maximum", "mean")],
]


FAMILIES = {
    "reshaping": RESHAPING,
    "joining": JOINING,
    "rearranging": REARRANGING,
    "padding": PADDING,
}


@pytest.mark.parametrize("family", FAMILIES)
def test_elements_go_where_numpys_do(family):
    check(FAMILIES[family])


def test_reshaping_moves_nothing_where_it_need_not():
    x = np.asarray(M)
    assert np.reshape(x, (2, 3))._node is x._node
    assert np.transpose(np.asarray(V))._node.op is np.asarray(V)._node.op
    assert np.concatenate([x])._node is x._node


def test_a_tile_is_a_broadcast_that_fuses():
    ops = {type(node.op) for node in toposort([np.tile(np.asarray(M), (2, 2))._node])}
    assert ops == {p.Data, p.Reshape, p.Broadcast}


def test_a_shift_that_is_an_array_does_not_compile_again(compiles):
    x = np.asarray(V)
    for shift in (0, 1, 3, 5, -2):
        got = np.roll(x, np.asarray(shift))
        numpy.testing.assert_array_equal(numpy.asarray(got), numpy.roll(V, shift))
    assert compiles.count == 1
    compare(np.roll(M, np.asarray(2), 1), numpy.roll(M, 2, 1), "roll along an axis")


def test_repeats_with_a_total_length_cut_and_fill():
    got = [np.repeat([1, 2], [3, 1], total_repeat_length=n) for n in (2, 6)]
    lx.materialize(got)
    assert [one.tolist() for one in got] == [[1, 1], [1, 1, 1, 2, 2, 2]]


def test_many_scattered_positions_are_gathered():
    x = numpy.arange(100)
    kept = numpy.sort(numpy.random.default_rng(0).permutation(100)[:60])
    gone = numpy.setdiff1d(x, kept)
    got = np.delete(x, gone)
    assert p.Gather in {type(node.op) for node in toposort([got._node])}
    numpy.testing.assert_array_equal(numpy.asarray(got), kept)


def test_traced_positions_are_left_out_and_put_in_where_the_shape_is_known():
    places = [2, numpy.array([3, -4]), numpy.array([1, 1, 0])]
    x, new = numpy.arange(12.0, dtype="f4").reshape(3, 4), numpy.float32([7, 8, 9])
    found, wanted = [], []
    for place in places:
        values = new[: numpy.size(place)]
        found.append(lx.jit(lambda i, v: np.insert(x, i, v, axis=1))(place, values))
        wanted.append(numpy.insert(x, place, values, axis=1))
    for place in places[:2]:
        gone = lx.jit(lambda i: np.delete(x, i, axis=1, assume_unique_indices=True))
        found.append(gone(place))
        wanted.append(numpy.delete(x, place, axis=1))
    lx.materialize(found)
    for got, want in zip(found, wanted, strict=True):
        numpy.testing.assert_array_equal(numpy.asarray(got), want)
    with pytest.raises(AbstractValueError) as error:
        lx.jit(lambda i: np.delete(x, i, axis=1))(places[1])
    assert str(error.value) == (
        "delete: the shape of the result depends on values of i64[2], which do not exist while a "
        "function is traced; give assume_unique_indices=True if they are integers and different"
    )


def test_rearranging_differentiates():
    x, weights = numpy.float32([1, 2, 3]), numpy.arange(10, dtype="float32")

    def rearranged(np, x):
        parts = [np.roll(x, 1), np.flip(x), np.pad(x, (1, 1), "reflect")[:2], np.delete(x, 1)]
        return np.concatenate(parts)

    gradient = lx.grad(lambda x: (rearranged(np, x) * weights).sum())(x)
    want = [(rearranged(numpy, unit) * weights).sum() for unit in numpy.eye(3)]
    numpy.testing.assert_allclose(numpy.asarray(gradient), want)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (
            lambda: np.reshape(M, (4, 2)),
            "reshape: f32[2,3] has 6 elements, which do not fit shape (4, 2); the lengths must "
            "multiply to the size, and at most one may be -1",
        ),
        (
            lambda: np.reshape(M, (-1, -1)),
            "reshape: f32[2,3] has 6 elements, which do not fit shape (-1, -1); the lengths must "
            "multiply to the size, and at most one may be -1",
        ),
        (
            lambda: np.reshape(M, (4, -1)),
            "reshape: f32[2,3] has 6 elements, which do not fit shape (4, -1); the lengths must "
            "multiply to the size, and at most one may be -1",
        ),
        (lambda: np.reshape(M, 6, order="X"), "reshape: order is 'C' or 'F', got 'X'"),
        (
            lambda: np.transpose(M, (0, 0)),
            "transpose: axis (0, 0) names an axis of f32[2,3] twice",
        ),
        (
            lambda: np.transpose(M, (0,)),
            "transpose: (0,) is not a permutation of the 2 axes of f32[2,3]",
        ),
        (lambda: np.moveaxis(M, (0, 1), 0), "moveaxis: 2 axes do not move to 1 places"),
        (
            lambda: np.squeeze(M, 1),
            "squeeze: axis 1 of f32[2,3] has length 3; only axes of length 1 can be squeezed out",
        ),
        (
            lambda: np.expand_dims(M, 4),
            "expand_dims: axis 4 is out of range for f32[2,3]; give one of -3 to 2",
        ),
        (lambda: np.matrix_transpose(V), "matrix_transpose: needs two axes or more, got i64[5]"),
        (
            lambda: np.concatenate([M, M[:, :2]], axis=0),
            "concatenate: needs arrays that differ along axis 0 alone, got f32[2,3], f32[2,2]",
        ),
        (lambda: np.concatenate([]), "concatenate: needs at least one array, got none"),
        (
            lambda: np.concatenate([S, S]),
            "concatenate: axis 0 is out of range for f32[]; a 0-d array has no axes",
        ),
        (
            lambda: np.concatenate([M, V]),
            "concatenate: needs arrays that differ along axis 0 alone, got f32[2,3], f32[5]",
        ),
        (lambda: np.stack([M, V]), "stack: needs arrays of one shape, got f32[2,3], f32[5]"),
        (lambda: np.block([[1], 2]), "block: all blocks must be nested to one depth"),
        (
            lambda: np.split(V, 2),
            "split: axis 0 of i64[5] does not divide into 2 equal parts; use array_split",
        ),
        (lambda: np.array_split(V, 0), "array_split: needs one part or more, got 0"),
        (lambda: np.rollaxis(M, 0, 3), "rollaxis: start 3 is out of range for f32[2,3]"),
        (lambda: np.roll(M, (1, 2, 3), (0, 1)), "roll: 3 shifts do not fit 2 axes"),
        (
            lambda: np.repeat(V, [1, 2]),
            "repeat: needs one count that is not negative, or one for each of the 5 elements of "
            "i64[5] along axis 0, got [1, 2]",
        ),
        (
            lambda: np.pad(V, 1, mode="odd"),
            "pad: mode is one of constant, empty, edge, wrap, reflect, symmetric, linear_ramp, "
            "maximum, minimum, mean, median, got 'odd'",
        ),
        (
            lambda: np.pad(V, -1),
            "pad: pad_width needs ints that are not negative, got -1",
        ),
        (
            lambda: np.pad(M, ((1, 2, 3),)),
            "pad: pad_width must be one number, a pair, or a pair for each axis of f32[2,3], got "
            "[[1 2 3]]",
        ),
        (
            lambda: np.pad(V, 1, mode="edge", constant_values=3),
            "pad: mode 'edge' takes [], got ['constant_values']",
        ),
        (
            lambda: np.pad(V, 1, mode="maximum", stat_length=0),
            "pad: stat_length needs one element or more, got [0, 0]",
        ),
        (lambda: np.pad(E, 1, "linear_ramp"), "pad: axis 0 of f32[0,3] is empty; use 'constant'"),
        (lambda: np.vsplit(V, 2), "vsplit: needs two axes or more, got i64[5]; use split"),
        (lambda: np.pad(E, 1, mode="edge"), "pad: axis 0 of f32[0,3] is empty; use 'constant'"),
    ],
)
def test_what_does_not_fit_is_an_error_at_the_call(call, message):
    with pytest.raises(LazyaxTypeError) as error:
        call()
    assert str(error.value) == message


@pytest.mark.parametrize("function", ["delete", "insert"])
def test_an_index_out_of_range_is_an_error_at_the_call(function):
    with pytest.raises(LazyaxIndexError, match=f"{function}: index 9 is out of bounds"):
        getattr(np, function)(V, 9, *([0] if function == "insert" else []))

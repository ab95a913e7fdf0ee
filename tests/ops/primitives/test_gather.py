"""Gather and the scatters: layout, bounds, duplicates, ties."""

import jax
import jax.numpy as jnp
import numpy
import pytest

from lazyax.array import array_node
from lazyax.errors import LazyaxTypeError
from lazyax.ops import primitives
from lazyax.ops.primitives import Gather, ScatterAdd, ScatterMax, ScatterMultiply, ScatterSet
from lazyax.transforms.jvp import jvp

SCATTERS = ("ScatterSet", "ScatterAdd", "ScatterMultiply", "ScatterMax", "ScatterMin")

LAYOUTS = {
    "rows": (0, (5, 7, 3), (4, 2)),
    "elements of each row": (1, (2, 5), (2, 4, 1)),
    "two batch axes and a loop of two": (2, (2, 3, 5, 4, 2), (2, 3, 2, 3, 2)),
    "one index vector": (0, (5,), (1,)),
    "nothing indexed": (0, (1,), (3, 0)),
    "nothing indexed in lanes": (1, (2, 5), (2, 3, 0)),
    "0-d": (0, (), (3, 0)),
    "an axis of length one": (0, (1, 2), (4, 1)),
    "no index vectors": (0, (5,), (0, 1)),
    "no index vectors into nothing": (0, (0, 3), (0, 1)),
    "empty rest": (0, (5, 0), (3, 1)),
    "empty everything": (0, (0, 0), (3, 1)),
}

REFUSED_BY_GATHER = {"updates of nothing": (0, (0, 3), (2, 1))}
"""A scatter drops what it can not write; a gather has nothing to read."""

LAYOUTS_OF_SCATTERS = {**LAYOUTS, **REFUSED_BY_GATHER}


def case(layout, rng, dtype="f4"):
    """x, indices (some out of bounds) and updates."""
    batch_dims, x_shape, indices_shape = LAYOUTS_OF_SCATTERS[layout]
    x = rng.normal(size=x_shape).astype(dtype)
    indices = rng.integers(-2, 7, indices_shape).astype("i4")
    shape = indices_shape[:-1] + x_shape[batch_dims + indices_shape[-1] :]
    return batch_dims, numpy.asarray(x), indices, rng.normal(size=shape).astype(dtype)


@pytest.mark.parametrize("layout", LAYOUTS)
def test_gather_reads_blocks_and_clamps(layout, check, rng):
    batch_dims, x, indices, _ = case(layout, rng)
    value = check.value(Gather(batch_dims), x, indices)
    for at in numpy.ndindex(indices.shape[:-1] if value.size else 0):
        limits = numpy.asarray(x.shape[batch_dims:][: indices.shape[-1]], int) - 1
        vector = numpy.clip(indices[at], 0, limits)
        numpy.testing.assert_array_equal(value[at], x[(*at[:batch_dims], *vector)])


@pytest.mark.parametrize("name", SCATTERS)
@pytest.mark.parametrize("layout", LAYOUTS_OF_SCATTERS)
def test_scatter_combines_blocks_in_order_and_drops(layout, name, check, rng):
    batch_dims, x, indices, updates = case(layout, rng)
    value = check.value(getattr(primitives, name)(batch_dims), x, indices, updates)
    combine = {
        "ScatterSet": lambda old, new: new,
        "ScatterAdd": numpy.add,
        "ScatterMultiply": numpy.multiply,
        "ScatterMax": numpy.maximum,
        "ScatterMin": numpy.minimum,
    }[name]
    expected = x.copy()
    lengths = numpy.asarray(x.shape[batch_dims:][: indices.shape[-1]], int)
    for at in numpy.ndindex(indices.shape[:-1]):
        if numpy.all((indices[at] >= 0) & (indices[at] < lengths)):
            where = (*at[:batch_dims], *indices[at])
            expected[where] = combine(expected[where], updates[at])
    numpy.testing.assert_allclose(value, expected, rtol=1e-5)


@pytest.mark.parametrize("dtype", ["i1", "u1", "i2", "u2", "i4", "u4", "i8", "u8"])
def test_indices_of_narrow_and_unsigned_dtypes_do_not_wrap_around(dtype, check, rng):
    limits = numpy.iinfo(dtype)
    indices = numpy.array([[0], [100], [limits.max], [limits.min]], dtype)
    x = rng.normal(size=150).astype("f8")
    value = check.value(Gather(0), x, indices)
    numpy.testing.assert_array_equal(value, x[[0, 100, min(limits.max, 149), 0]])
    check.value(ScatterAdd(0), x, indices, numpy.ones(4))
    check.derivatives(Gather(0), x, indices, order=1)
    check.derivatives(ScatterAdd(0), x, indices, numpy.ones(4), order=1)


@pytest.mark.parametrize("dtype", ["?", "i4", "u1", "f8", "c8", "c16"])
def test_set_writes_any_dtype(dtype, check):
    x, updates = numpy.zeros(5, dtype), numpy.ones(3, dtype)
    value = check.value(ScatterSet(0), x, numpy.array([[1], [3], [9]], "i4"), updates)
    numpy.testing.assert_array_equal(value, numpy.array([0, 1, 0, 1, 0], dtype))


@pytest.mark.parametrize("layout", [*LAYOUTS][:7])
@pytest.mark.parametrize("name", ["Gather", *SCATTERS])
def test_derivatives_at_distinct_values(layout, name, check, rng):
    batch_dims, x, indices, updates = case(layout, rng, "f8")
    operands = (x, indices) if name == "Gather" else (x, indices, updates)
    check.derivatives(getattr(primitives, name)(batch_dims), *operands)


@pytest.mark.parametrize("name", ["Gather", *SCATTERS])
@pytest.mark.parametrize("layout", [*LAYOUTS][:6])
def test_batch_is_a_loop(layout, name, check, rng):
    lanes = [case(layout, rng)[1:] for _ in range(3)]
    x, indices, updates = (numpy.stack(parts) for parts in zip(*lanes, strict=True))
    operands = (x, indices) if name == "Gather" else (x, indices, updates)
    check.batches(getattr(primitives, name)(LAYOUTS[layout][0]), *operands)


def test_a_gather_with_batched_indices_alone_does_not_repeat_x(rng):
    x, indices = rng.normal(size=(2, 50)), rng.integers(0, 50, (3, 2, 4, 1))
    node = Gather(1).batch([array_node(x), array_node(indices)], [False, True], 3)
    gather = node.operands[0]
    assert gather.op == Gather(1)
    assert gather.operands[0].aval.shape == (2, 50)


def test_what_a_clamped_index_read_is_what_its_cotangent_goes_to(check):
    x, indices = numpy.array([1.0, 2.0, 3.0]), numpy.array([[-5], [1], [99]])
    check.derivatives(Gather(0), x, indices, order=1)


def test_the_last_of_several_updates_wins_and_alone_gets_the_cotangent(check):
    x, indices = numpy.zeros(4), numpy.array([[1], [2], [1], [8], [1]])
    updates = numpy.arange(5.0)
    assert check.value(ScatterSet(0), x, indices, updates).tolist() == [0, 4, 1, 0]
    node, cotangent = ScatterSet(0), array_node(numpy.array([10.0, 20.0, 30.0, 40.0]))
    leaves = [array_node(v) for v in (x, indices, updates)]
    to_x, none, to_updates = node.transpose(cotangent, *leaves)
    assert none is None
    assert check.run(to_x)[0].tolist() == [10, 0, 0, 40]
    assert check.run(to_updates)[0].tolist() == [0, 30, 0, 0, 20]


def test_set_has_a_zero_slope_where_only_one_operand_moves(check, rng):
    batch_dims, x, indices, updates = case("rows", rng, "f8")
    for of in ([0], [2]):
        check.derivatives(ScatterSet(batch_dims), x, indices, updates, of=of)
        check.derivatives(ScatterAdd(batch_dims), x, indices, updates, of=of)
        check.derivatives(ScatterMultiply(batch_dims), x, indices, updates, of=of)
        check.derivatives(ScatterMax(batch_dims), x, indices, updates, of=of)


def test_products_of_several_updates_have_exact_slopes_at_zeros(check):
    x = numpy.array([2.0, 3.0, 5.0, 0.0])
    indices = numpy.array([[0], [0], [1], [1], [2], [3], [3], [9]])
    updates = numpy.array([7.0, 0.0, 0.0, 0.0, 0.0, 4.0, 2.0, 6.0])
    check.derivatives(ScatterMultiply(0), x, indices, updates, order=1)


def test_products_have_exact_slopes_of_all_orders_at_zeros(check):
    x, indices, updates = numpy.array([2.0, 0.0]), [[0], [1], [0]], [0.0, 3.0, 0.0]
    operands = (x, numpy.array(indices), numpy.array(updates))
    check.derivatives(ScatterMultiply(0), *operands, order=3)


def test_products_of_rows_in_lanes_have_exact_slopes_at_zeros(check, rng):
    x, indices = rng.normal(size=(2, 3, 2, 2)), rng.integers(-1, 3, (2, 5, 2, 2))
    updates = rng.normal(size=(2, 5, 2, 2)) * rng.integers(0, 2, (2, 5, 2, 2))
    check.derivatives(ScatterMultiply(1), x, indices, updates, order=1)


@pytest.mark.parametrize("name", SCATTERS)
@pytest.mark.parametrize("layout", [*REFUSED_BY_GATHER, "no index vectors", "empty rest"])
def test_derivatives_of_nothing(layout, name, check, rng):
    batch_dims, x, indices, updates = case(layout, rng, "f8")
    check.derivatives(getattr(primitives, name)(batch_dims), x, indices, updates, order=1)


@pytest.mark.parametrize("name", ["max", "min"])
def test_ties_of_an_extreme_share_the_slope_as_in_jax(name, check):
    x = numpy.array([1, 2, 3, 4], "f4")
    indices, updates = numpy.array([1, 1, 2, 0, 3]), numpy.array([2, 2, 3, 9, 1], "f4")
    dx, du = numpy.array([1, 10, 100, 1000], "f4"), numpy.array([1, 2, 3, 4, 5], "f4")
    _, expected = jax.jvp(
        lambda x, u: getattr(jnp.asarray(x).at[indices], name)(u), (x, updates), (dx, du)
    )
    op = getattr(primitives, f"Scatter{name.title()}")(0)
    leaves = [array_node(x), array_node(indices[:, None]), array_node(updates)]
    tangents = [array_node(dx), array_node(du)]
    (tangent,) = jvp([op(*leaves)], [leaves[0], leaves[2]], tangents)
    numpy.testing.assert_allclose(check.run(tangent)[0], expected, rtol=1e-6)


def test_nan_wins_an_extreme(check):
    x, indices = numpy.array([1.0, numpy.nan]), numpy.array([[0], [1]])
    value = check.value(ScatterMax(0), x, indices, numpy.array([numpy.nan, 5.0]))
    assert numpy.isnan(value).all()


def test_gather_from_an_empty_axis_is_refused():
    x, indices = array_node(numpy.zeros((0, 3))), array_node(numpy.zeros((2, 1), "i4"))
    with pytest.raises(LazyaxTypeError) as error:
        Gather(0)(x, indices)
    assert str(error.value) == (
        "Gather: f64[0,3] has an empty axis, of which i32[2,1] can not take an element"
    )


def test_operands_that_do_not_fit_are_refused():
    x, indices = array_node(numpy.zeros((2, 3))), array_node(numpy.zeros((4, 1), "i4"))
    with pytest.raises(LazyaxTypeError) as error:
        Gather(1)(x, indices)
    assert str(error.value) == (
        "Gather: needs x (*batch, *indexed, *rest) and integer indices (*batch, *loop, number of "
        "indexed axes) with 1 batch axes, got f64[2,3] and i32[4,1]"
    )
    with pytest.raises(LazyaxTypeError) as error:
        ScatterAdd(0)(x, indices, array_node(numpy.zeros((4, 2))))
    assert str(error.value) == (
        "ScatterAdd: updates of f64[2,3] at i32[4,1] need to be f64[4,3], got f64[4,2]"
    )

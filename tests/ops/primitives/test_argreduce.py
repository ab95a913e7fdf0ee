"""ArgMax and ArgMin: the first of ties, NaN, infinities, what is refused."""

import ml_dtypes
import numpy
import pytest

from lazyax.array import array_node
from lazyax.errors import LazyaxTypeError
from lazyax.ops.primitives import ArgMax, ArgMin
from lazyax.transforms.jvp import jvp

I4 = numpy.dtype("i4")
OPS = {"max": (ArgMax, numpy.argmax), "min": (ArgMin, numpy.argmin)}


@pytest.mark.parametrize("which", OPS)
@pytest.mark.parametrize("dtype", ["?", "i1", "u1", "i4", "u8", "f2", "f4", "f8", "bf16"])
def test_the_first_of_ties_wins_along_each_axis(which, dtype, check, rng):
    op, expected = OPS[which]
    x = rng.integers(0, 3, (4, 6, 5)).astype(ml_dtypes.bfloat16 if dtype == "bf16" else dtype)
    for axis in range(3):
        value = check.value(op(axis, I4), x)
        numpy.testing.assert_array_equal(value, expected(x, axis))


@pytest.mark.parametrize("which", OPS)
@pytest.mark.parametrize(
    "x",
    [
        [1.0, numpy.nan, 3.0, numpy.nan],
        [numpy.nan, numpy.inf, -numpy.inf],
        [-numpy.inf, -numpy.inf],
        [numpy.inf, numpy.inf],
        [-0.0, 0.0],
        [0.0, -0.0],
        [5.0],
        [numpy.nan],
    ],
    ids=str,
)
def test_nan_and_infinities_are_as_numpys(which, x, check):
    op, expected = OPS[which]
    assert check.value(op(0, I4), numpy.array(x)) == expected(x)
    assert check.value(op(0, I4), numpy.tile(x, 40)) == expected(x)


@pytest.mark.parametrize("which", OPS)
def test_extremes_of_integers_are_found_at_the_limits_of_their_dtype(which, check):
    op, expected = OPS[which]
    limits = numpy.iinfo("i4")
    for x in ([limits.min] * 3, [limits.max] * 3, [limits.max, limits.min, limits.max]):
        assert check.value(op(0, I4), numpy.array(x, "i4")) == expected(x)


def test_positions_have_the_dtype_asked_for(check):
    x = numpy.arange(200.0)
    for dtype in ("u1", "i2", "i8", "u8"):
        value = check.value(ArgMax(0, numpy.dtype(dtype)), x)
        assert (value, value.dtype) == (199, dtype)


def test_an_empty_result_is_computed(check):
    assert check.value(ArgMax(0, I4), numpy.zeros((3, 0))).shape == (0,)


def test_positions_are_locally_constant():
    x = array_node(numpy.arange(3.0))
    assert jvp([ArgMax(0, I4)(x)], [x], [x]) == [None]


def test_batch_is_a_loop(check, rng):
    check.batches(ArgMax(0, I4), rng.normal(size=(3, 4, 2)))
    check.batches(ArgMin(1, I4), rng.normal(size=(3, 4, 2)))


@pytest.mark.parametrize(
    ("op", "x", "message"),
    [
        (ArgMax(1, I4), numpy.zeros(3), "ArgMax: 1 is not an axis of f64[3]"),
        (ArgMin(0, I4), numpy.zeros((0, 3)), "ArgMin: axis 0 of f64[0,3] is empty"),
        (
            ArgMax(0, I4),
            numpy.zeros(3, "c8"),
            "ArgMax: complex numbers have no order, got c64[3]; sort them",
        ),
        (
            ArgMax(0, numpy.dtype("i1")),
            numpy.zeros(200),
            "ArgMax: positions up to 199 need a wider integer dtype than int8",
        ),
    ],
    ids=["axis", "empty", "complex", "narrow"],
)
def test_what_has_no_position_is_refused(op, x, message):
    with pytest.raises(LazyaxTypeError) as error:
        op(array_node(x))
    assert str(error.value) == message

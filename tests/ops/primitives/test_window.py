"""Windows: jax's values and gradients over a table of windows, and the rules' conventions."""

import jax
import numpy
import pytest

import lazyax as lx
from lazyax.array import Array, array_node
from lazyax.errors import LazyaxTypeError
from lazyax.graph.aval import aval_of
from lazyax.ops.primitives.leaves import input_leaf
from lazyax.ops.primitives.window import (
    ReduceWindowMax,
    ReduceWindowMin,
    ReduceWindowSum,
    WindowIndex,
)

# shape, window, strides, padding, base_dilation, window_dilation
WINDOWS = {
    "pairs": ((6,), (2,), (2,), ((0, 0),), (1,), (1,)),
    "overlapping": ((7,), (3,), (1,), ((0, 0),), (1,), (1,)),
    "apart": ((9,), (2,), (4,), ((0, 0),), (1,), (1,)),
    "padded": ((5,), (3,), (2,), ((1, 2),), (1,), (1,)),
    "padded beyond the window": ((3,), (2,), (1,), ((3, 4),), (1,), (1,)),
    "cut": ((8,), (2,), (1,), ((-1, -2),), (1,), (1,)),
    "running sum": ((6,), (6,), (1,), ((5, 0),), (1,), (1,)),
    "dilated window": ((9,), (3,), (1,), ((2, 0),), (1,), (3,)),
    "dilated base": ((4,), (3,), (2,), ((1, 1),), (3,), (1,)),
    "dilated both": ((5,), (2,), (2,), ((0, 1),), (2,), (3,)),
    "pool": ((2, 6, 6, 3), (1, 2, 2, 1), (1, 2, 2, 1), ((0, 0),) * 4, (1,) * 4, (1,) * 4),
    "pool that overlaps": (
        (2, 7, 6, 2), (1, 3, 3, 1), (1, 2, 2, 1), ((0, 0), (1, 1), (0, 1), (0, 0)), (1,) * 4,
        (1,) * 4,
    ),
    "one": ((3, 4), (1, 1), (1, 1), ((0, 0), (0, 0)), (1, 1), (1, 1)),
    "no axes": ((), (), (), (), (), ()),
    "no windows": ((2,), (3,), (1,), ((0, 0),), (1,), (1,)),
    "no elements": ((0, 2), (2, 1), (1, 1), ((2, 1), (0, 0)), (1, 1), (1, 1)),
}  # fmt: skip

HAVE_INFINITIES = ["padded beyond the window", "no elements"]
"""Those with windows of padding alone, whose maximum is no number to take differences of."""

REDUCTIONS = {
    ReduceWindowSum: (jax.lax.add, 0.0),
    ReduceWindowMax: (jax.lax.max, -numpy.inf),
    ReduceWindowMin: (jax.lax.min, numpy.inf),
}

windows = pytest.mark.parametrize("window", WINDOWS)
reductions = pytest.mark.parametrize("op", REDUCTIONS, ids=lambda op: op.__name__)


def data(rng, shape, dtype="float64"):
    """Distinct, well separated numbers, so that a small step leaves their order alone."""
    size = int(numpy.prod(shape))
    return (rng.permutation(size) / 7 - size / 15).reshape(shape).astype(dtype)


def theirs(op, parameters):
    """jax's function of the array."""
    monoid, start = REDUCTIONS[op]
    window, strides, padding, base, between = parameters

    def reduce(x):
        return jax.lax.reduce_window(
            x, x.dtype.type(start), monoid, window, strides, padding, base, between
        )

    return reduce


@reductions
@windows
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_values_are_those_of_jax(op, window, dtype, check, rng):
    shape, *parameters = WINDOWS[window]
    x = data(rng, shape, dtype)
    ours = check.value(op(*parameters), x)
    if 0 not in shape:  # of which jax refuses to take windows
        with jax.enable_x64(True):
            expected = theirs(op, parameters)(x)
        numpy.testing.assert_allclose(ours, expected, rtol=1e-6)


# jax can not differentiate the extremes of other windows: it refuses, or XLA aborts
POOLS = ["pairs", "overlapping", "apart", "padded", "running sum", "pool", "pool that overlaps"]
DIFFERENTIATED = [(op, window) for op in REDUCTIONS for window in POOLS] + [
    (ReduceWindowSum, window) for window in WINDOWS if window not in [*POOLS, "no elements"]
]


@pytest.mark.parametrize(("op", "window"), DIFFERENTIATED)
def test_gradients_are_those_of_jax(op, window, rng):
    shape, *parameters = WINDOWS[window]
    x = data(rng, shape)
    weights = rng.normal(size=op(*parameters).infer(aval_of(shape, "float64")).shape)
    ours = lx.grad(lambda x: (Array(op(*parameters)(x._node)) * weights).sum())(x)
    with jax.enable_x64(True):
        expected = jax.grad(lambda x: (theirs(op, parameters)(x) * weights).sum())(x)
    numpy.testing.assert_allclose(ours, expected, rtol=1e-12, atol=1e-12)


@reductions
@pytest.mark.parametrize("window", [window for window in WINDOWS if window not in HAVE_INFINITIES])
def test_derivatives_of_first_and_second_order(op, window, check, rng):
    shape, *parameters = WINDOWS[window]
    reduce = op(*parameters)
    check.derivatives(lambda x: reduce(x * x) * reduce(x), data(rng, shape), rng=rng)


@reductions
@windows
def test_a_batch_is_a_loop(op, window, check, rng):
    shape, *parameters = WINDOWS[window]
    check.batches(op(*parameters), data(rng, (3, *shape)))


@pytest.mark.parametrize("direction", ["GT", "LT"])
@windows
def test_the_index_is_numpys_and_each_lanes_own(direction, window, check, rng):
    shape, *parameters = WINDOWS[window]
    x = rng.integers(0, 3, (3, *shape)).astype("float32")  # with many ties
    find = WindowIndex(*parameters, direction)
    index = check.value(find, x[0])
    extreme = (ReduceWindowMax if direction == "GT" else ReduceWindowMin)(*parameters)
    inside = index < x[0].size
    numpy.testing.assert_array_equal(x[0].ravel()[index[inside]], extreme.evaluate(x[0])[inside])
    check.batches(find, x)
    check.batches(find.with_lanes(), x[None])


@pytest.mark.parametrize("op", [ReduceWindowMax, ReduceWindowMin])
@pytest.mark.parametrize("window", POOLS)
def test_of_equals_the_first_has_the_slope_as_in_jax(window, op, rng):
    shape, *parameters = WINDOWS[window]
    x = rng.integers(0, 2, shape).astype("float32")
    weights = rng.integers(1, 100, op(*parameters).infer(aval_of(shape, "float32")).shape)
    ours = lx.grad(lambda x: (Array(op(*parameters)(x._node)) * weights).sum())(x)
    expected = jax.grad(lambda x: (theirs(op, parameters)(x) * weights).sum())(x)
    numpy.testing.assert_array_equal(ours, expected)


def test_of_infinities_alone_the_first_has_the_slope():
    x = numpy.full(4, -numpy.inf)
    pool = ReduceWindowMax((2,), (2,), ((0, 0),), (1,), (1,))
    slope = lx.grad(lambda x: Array(pool(x._node)).sum())(x)
    numpy.testing.assert_array_equal(slope, [1, 0, 1, 0])


def test_a_window_of_padding_alone_has_no_slope():
    pool = ReduceWindowMax((1,), (1,), ((1, 1),), (1,), (1,))
    value, slope = lx.jvp(
        lambda x: Array(pool(x._node)), (numpy.ones(2),), (numpy.array([2.0, 3.0]),)
    )
    numpy.testing.assert_array_equal(value, [-numpy.inf, 1, 1, -numpy.inf])
    numpy.testing.assert_array_equal(slope, [0, 2, 3, 0])


def test_maximum_and_minimum_have_nan_win():
    x = numpy.array([1.0, numpy.nan, 3.0, 4.0])
    for op, last in ((ReduceWindowMax, 4.0), (ReduceWindowMin, 3.0)):
        node = op((2,), (2,), ((0, 0),), (1,), (1,))(array_node(x))
        numpy.testing.assert_array_equal(Array(node), [numpy.nan, last])


@pytest.mark.parametrize("dtype", ["int32", "uint8", "bfloat16", "float16"])
@reductions
def test_other_dtypes(op, dtype, check):
    _, *parameters = WINDOWS["padded"]
    check.value(op(*parameters), numpy.asarray(lx.numpy.arange(5).astype(dtype)))


REFUSED = {
    "too few entries": (
        lambda x: ReduceWindowSum((2,), (1,), ((0, 0),), (1,), (1,))(x),
        "ReduceWindowSum: needs window, strides, padding and dilations for each axis of f32[4,5]",
    ),
    "no stride": (
        lambda x: ReduceWindowMax((2, 2), (1, 0), ((0, 0),) * 2, (1, 1), (1, 1))(x),
        "ReduceWindowMax: strides need to be positive, got (1, 0)",
    ),
    "bools": (
        lambda x: ReduceWindowSum((1, 1), (1, 1), ((0, 0),) * 2, (1, 1), (1, 1))(
            input_leaf(aval_of((4, 5), bool))
        ),
        "ReduceWindowSum: does not reduce bool[4,5]; use astype",
    ),
    "complex order": (
        lambda x: ReduceWindowMin((1, 1), (1, 1), ((0, 0),) * 2, (1, 1), (1, 1))(
            input_leaf(aval_of((4, 5), "complex64"))
        ),
        "ReduceWindowMin: does not order c64[4,5]",
    ),
    "no such direction": (
        lambda x: WindowIndex((1, 1), (1, 1), ((0, 0),) * 2, (1, 1), (1, 1), "GE")(x),
        "WindowIndex: needs direction GT or LT and lanes among the axes of f32[4,5], got GE and 0",
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_refuses_with_a_message_that_says_why(case):
    call, message = REFUSED[case]
    with pytest.raises(LazyaxTypeError) as raised:
        call(input_leaf(aval_of((4, 5), "float32")))
    assert str(raised.value) == message

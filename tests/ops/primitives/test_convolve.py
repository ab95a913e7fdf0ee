"""Convolutions: jax's values and gradients over a table, and every rule beside a loop."""

import jax
import numpy
import pytest

import lazyax as lx
from lazyax.array import Array
from lazyax.errors import LazyaxTypeError
from lazyax.graph.aval import aval_of
from lazyax.ops.primitives.convolve import Convolution
from lazyax.ops.primitives.leaves import input_leaf

FEATURES_FIRST = ((0, 1, 2, 3),) * 3
FEATURES_LAST = ((0, 3, 1, 2), (3, 2, 0, 1), (0, 3, 1, 2))
MIXED = ((2, 3, 0, 1), (0, 1, 2, 3), (0, 3, 2, 1))  # HWCN with C and N exchanged, OIHW, NWHC
NO_PADDING = ((0, 0), (0, 0))
ONES = (1, 1)

# x, kernel, strides, padding, lhs_dilation, rhs_dilation, dimension_numbers, groups
CONVOLUTIONS = {
    "plain": ((2, 3, 5, 6), (4, 3, 2, 3), ONES, NO_PADDING, ONES, ONES, FEATURES_FIRST),
    "features last": ((2, 5, 6, 3), (2, 3, 3, 4), ONES, NO_PADDING, ONES, ONES, FEATURES_LAST),
    "mixed layouts": ((5, 6, 2, 3), (4, 3, 2, 3), (2, 1), NO_PADDING, ONES, ONES, MIXED),
    "strided": ((1, 6, 7, 2), (3, 2, 2, 3), (2, 3), NO_PADDING, ONES, ONES, FEATURES_LAST),
    "padded": ((1, 4, 5, 2), (3, 3, 2, 2), (2, 1), ((1, 2), (3, 0)), ONES, ONES, FEATURES_LAST),
    "cut": ((1, 6, 6, 2), (2, 2, 2, 2), ONES, ((-1, 0), (1, -2)), ONES, ONES, FEATURES_LAST),
    "dilated x": ((1, 3, 4, 2), (2, 3, 2, 2), ONES, ((1, 1), (0, 2)), (2, 3), ONES, FEATURES_LAST),
    "dilated kernel": (
        (1, 8, 9, 2), (2, 3, 2, 2), (1, 2), ((1, 0), (0, 0)), ONES, (3, 2), FEATURES_LAST,
    ),
    "everything": (
        (2, 6, 5, 2), (2, 3, 2, 2), (2, 3), ((1, 2), (2, 1)), (2, 1), (1, 2), FEATURES_LAST,
    ),
    "one place": ((3, 1, 1, 2), (1, 1, 2, 4), ONES, NO_PADDING, ONES, ONES, FEATURES_LAST),
    "feature groups": (
        (2, 5, 5, 6), (2, 2, 2, 9), (2, 1), ((1, 0), (0, 1)), ONES, ONES, FEATURES_LAST, 3,
    ),
    "each feature alone": (
        (2, 4, 4, 3), (2, 2, 1, 6), ONES, NO_PADDING, ONES, ONES, FEATURES_LAST, 3,
    ),
    "batch groups": (
        (6, 5, 5, 2), (2, 2, 2, 9), (1, 2), ((1, 0), (0, 1)), ONES, ONES, FEATURES_LAST, 1, 3,
    ),
    "feature groups, mixed layouts": (
        (5, 6, 2, 4), (6, 2, 2, 3), ONES, NO_PADDING, ONES, ONES, MIXED, 2,
    ),
    "batch groups, mixed layouts": (
        (5, 6, 4, 3), (6, 3, 2, 3), ONES, NO_PADDING, ONES, ONES, MIXED, 1, 2,
    ),
    "one axis": (
        (2, 7, 3), (3, 3, 4), (2,), ((1, 1),), (1,), (1,), ((0, 2, 1), (2, 1, 0), (0, 2, 1)),
    ),
    "three axes": (
        (1, 2, 4, 3, 4), (2, 2, 2, 2, 2), (1, 1, 2), ((0, 1),) * 3, (1,) * 3, (1,) * 3,
        ((0, 1, 2, 3, 4),) * 3,
    ),
}  # fmt: skip

table = pytest.mark.parametrize("case", CONVOLUTIONS)


def operands(case, rng, dtype="float64"):
    """Random numbers; in float32 small integers, whose sums are exact in any order."""
    parts = [rng.normal(size=shape) for shape in CONVOLUTIONS[case][:2]]
    return [numpy.round(3 * part).astype(dtype) if dtype == "float32" else part for part in parts]


def ours(case):
    return Convolution(*CONVOLUTIONS[case][2:])


def theirs(case):
    strides, padding, lhs_dilation, rhs_dilation, axes, *groups = CONVOLUTIONS[case][2:]
    feature_groups, batch_groups = (*groups, 1, 1)[:2]

    def convolve(x, kernel):
        return jax.lax.conv_general_dilated(
            x,
            kernel,
            strides,
            padding,
            lhs_dilation,
            rhs_dilation,
            jax.lax.ConvDimensionNumbers(*axes),
            feature_groups,
            batch_groups,
        )

    return convolve


@table
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_values_are_those_of_jax(case, dtype, check, rng):
    x, kernel = operands(case, rng, dtype)
    value = check.value(ours(case), x, kernel)
    with jax.enable_x64(True):
        expected = theirs(case)(x, kernel)
    numpy.testing.assert_allclose(value, expected, rtol=1e-5, atol=1e-5)


@table
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_gradients_are_those_of_jax(case, dtype, rng):
    x, kernel = operands(case, rng, dtype)
    op = ours(case)
    shape = op.infer(aval_of(x.shape, dtype), aval_of(kernel.shape, dtype)).shape
    weights = numpy.asarray(rng.normal(size=shape), dtype)

    def loss(x, kernel):
        return (Array(op(x._node, kernel._node)) * weights).sum()

    by_both = lx.grad(loss, argnums=(0, 1))(x, kernel)
    with jax.enable_x64(True):
        expected = jax.grad(lambda *xs: (theirs(case)(*xs) * weights).sum(), (0, 1))(x, kernel)
    tolerance = 1e-4 if dtype == "float32" else 1e-10
    for slope, of_jax in zip(by_both, expected, strict=True):
        numpy.testing.assert_allclose(slope, of_jax, rtol=tolerance, atol=tolerance)


@table
def test_derivatives_of_first_and_second_order(case, check, rng):
    convolve = ours(case)
    check.derivatives(lambda x, kernel: convolve(x * x, kernel), *operands(case, rng), rng=rng)


@table
@pytest.mark.parametrize("size", [1, 3])
def test_a_batch_is_a_loop_for_each_choice_of_operands(case, size, check, rng):
    shapes = CONVOLUTIONS[case][:2]
    check.batches(ours(case), *[rng.normal(size=(size, *shape)) for shape in shapes])


def test_a_batch_of_batches_is_a_loop(rng):
    case = "feature groups"
    x, kernel = (rng.normal(size=(2, 3, *shape)) for shape in CONVOLUTIONS[case][:2])

    def convolve(x, kernel):
        return Array(ours(case)(x._node, kernel._node))

    together = lx.vmap(lx.vmap(convolve), in_axes=(0, None))(x, kernel[0])
    for i in range(2):
        for j in range(3):
            alone = ours(case).evaluate(x[i, j], kernel[0, j])
            numpy.testing.assert_allclose(together[i, j], alone, rtol=1e-10)


@pytest.mark.parametrize("dtype", ["int32", "bfloat16", "float16", "complex64", "complex128"])
def test_other_dtypes(dtype, check, rng):
    x, kernel = operands("strided", rng, "float32")
    if dtype.startswith("complex"):
        x, kernel = x + 1j * x[::-1, ::-1], kernel - 2j * kernel[::-1]
    parts = [numpy.asarray(lx.numpy.asarray(part).astype(dtype)) for part in (x, kernel)]
    check.value(ours("strided"), *parts)


def test_complex_gradients(check, rng):
    x, kernel = (part + 1j * part[::-1, ::-1] for part in operands("padded", rng))
    check.derivatives(ours("padded"), x, kernel, order=1, rng=rng)


@pytest.mark.parametrize(
    ("x", "kernel"),
    [((0, 2, 4, 4), (3, 2, 2, 2)), ((2, 0, 4, 4), (3, 0, 2, 2)), ((2, 2, 1, 4), (3, 2, 2, 2))],
    ids=["no batch", "no features", "no place"],
)
def test_what_is_empty_has_a_value_and_a_gradient(x, kernel, check):
    op = Convolution(ONES, NO_PADDING, ONES, ONES, FEATURES_FIRST)
    assert not check.value(op, numpy.ones(x), numpy.ones(kernel)).any()
    slopes = lx.grad(lambda *xs: Array(op(*[y._node for y in xs])).sum(), argnums=(0, 1))(
        numpy.ones(x), numpy.ones(kernel)
    )
    for slope, shape in zip(slopes, (x, kernel), strict=True):
        assert slope.shape == shape
        assert not numpy.asarray(slope).any()


def test_without_spatial_axes_it_is_a_product(check, rng):
    op = Convolution((), (), (), (), ((0, 1), (1, 0), (0, 1)))
    x, kernel = rng.normal(size=(3, 4)), rng.normal(size=(4, 5))
    numpy.testing.assert_allclose(check.value(op, x, kernel), x @ kernel)
    check.derivatives(op, x, kernel, rng=rng)


def call(x, kernel, *parameters, dtypes=("float32", "float32")):
    return lambda: Convolution(*parameters)(
        input_leaf(aval_of(x, dtypes[0])), input_leaf(aval_of(kernel, dtypes[1]))
    )


PLAIN = (ONES, NO_PADDING, ONES, ONES, FEATURES_FIRST)

REFUSED = {
    "two dtypes": (
        call((1, 2, 3, 3), (1, 2, 2, 2), *PLAIN, dtypes=("float32", "float64")),
        "Convolution: needs two numeric arrays of one dtype, got f32[1,2,3,3] and f64[1,2,2,2]",
    ),
    "another rank": (
        call((1, 2, 3), (1, 2, 2), *PLAIN),
        "Convolution: ((0, 1, 2, 3), (0, 1, 2, 3), (0, 1, 2, 3)) are not all axes of f32[1,2,3], "
        "f32[1,2,2] and of the result",
    ),
    "too few strides": (
        call((1, 2, 3, 3), (1, 2, 2, 2), (1,), *PLAIN[1:]),
        "Convolution: needs strides, padding and dilations for each of the 2 spatial axes of "
        "f32[1,2,3,3], got (1,), ((0, 0), (0, 0)), (1, 1) and (1, 1)",
    ),
    "no stride": (
        call((1, 2, 3, 3), (1, 2, 2, 2), (0, 1), *PLAIN[1:]),
        "Convolution: strides and dilations need to be positive, got (0, 1), (1, 1) and (1, 1)",
    ),
    "other features": (
        call((1, 2, 3, 3), (1, 3, 2, 2), *PLAIN),
        "Convolution: the kernel f32[1,3,2,2] takes 3 features in each of 1 groups, and "
        "f32[1,2,3,3] has 2",
    ),
    "features that do not split": (
        call((1, 4, 3, 3), (3, 2, 2, 2), *PLAIN, 2),
        "Convolution: 3 features of f32[3,2,2,2] and a batch of 1 do not split into 2 groups",
    ),
    "a batch that does not split": (
        call((3, 2, 3, 3), (2, 2, 2, 2), *PLAIN, 1, 2),
        "Convolution: 2 features of f32[2,2,2,2] and a batch of 3 do not split into 2 groups",
    ),
    "both groups": (
        call((2, 4, 3, 3), (2, 2, 2, 2), *PLAIN, 2, 2),
        "Convolution: groups either features or the batch, got 2 and 2 groups",
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_refuses_with_a_message_that_says_why(case):
    build, message = REFUSED[case]
    with pytest.raises(LazyaxTypeError) as raised:
        build()
    assert str(raised.value) == message

"""lax.conv*: jax's results and gradients for its arguments, shapes, and messages."""

import jax
import numpy
import pytest

import lazyax as lx
from lazyax import lax
from lazyax.errors import LazyaxTypeError

LAST = ("NHWC", "HWIO", "NHWC")

# x, kernel, strides, padding, keywords
CALLS = {
    "default letters": ((2, 3, 6, 7), (4, 3, 3, 2), (1, 1), "VALID", {}),
    "same": ((2, 6, 7, 3), (3, 2, 3, 4), (1, 1), "SAME", {"dimension_numbers": LAST}),
    "same strided": ((2, 7, 8, 3), (3, 4, 3, 4), (2, 3), "SAME", {"dimension_numbers": LAST}),
    "same lower": ((2, 7, 8, 3), (2, 4, 3, 4), (2, 1), "SAME_LOWER", {"dimension_numbers": LAST}),
    "small letters": ((2, 7, 8, 3), (2, 4, 3, 4), (2, 1), "valid", {"dimension_numbers": LAST}),
    "same dilated": (
        (1, 7, 8, 3), (3, 2, 3, 4), (2, 1), "SAME",
        {"dimension_numbers": LAST, "rhs_dilation": (2, 3)},
    ),
    "numbers": (
        (1, 4, 5, 2), (3, 2, 2, 2), (1, 2), [(1, 2), (0, 3)],
        {"dimension_numbers": LAST, "lhs_dilation": (2, 1), "rhs_dilation": (1, 2)},
    ),
    "groups": (
        (1, 5, 5, 4), (3, 3, 2, 6), (1, 1), "SAME",
        {"dimension_numbers": LAST, "feature_group_count": 2},
    ),
    "batch groups": (
        (4, 5, 5, 2), (3, 3, 2, 6), (1, 1), "SAME",
        {"dimension_numbers": LAST, "batch_group_count": 2},
    ),
    "letters of the README's residual network": (
        (7, 8, 3, 2), (4, 3, 3, 3), (2, 2), "SAME",
        {"dimension_numbers": ("HWCN", "OIHW", "NHWC")},
    ),
    "spatial letters in another order": (
        (1, 5, 6, 2), (2, 3, 2, 4), (1, 1), "VALID",
        {"dimension_numbers": ("NWHC", "HWIO", "CWHN")},
    ),
    "one axis": (
        (2, 9, 3), (4, 3, 2), (2,), "SAME", {"dimension_numbers": ("NTC", "TIO", "NTC")},
    ),
    "one axis by default": ((2, 3, 9), (2, 3, 4), (2,), "SAME", {}),
}  # fmt: skip

TRANSPOSED = {
    "same": ((1, 4, 5, 3), (3, 3, 3, 2), (2, 2), "SAME", {}),
    "valid": ((1, 4, 5, 3), (3, 2, 3, 2), (2, 3), "VALID", {}),
    "strides longer than the kernel": ((1, 3, 3, 2), (2, 2, 2, 2), (3, 4), "SAME", {}),
    "strides longer, valid": ((1, 3, 3, 2), (2, 2, 2, 2), (3, 4), "VALID", {}),
    "numbers": ((1, 4, 5, 3), (3, 3, 3, 2), (2, 1), [(1, 2), (0, 1)], {}),
    "transposed kernel": (
        (1, 4, 5, 3), (3, 3, 2, 3), (2, 2), "SAME", {"transpose_kernel": True},
    ),
    "dilated": ((1, 4, 5, 3), (3, 2, 3, 2), (2, 1), "SAME", {"rhs_dilation": (2, 2)}),
    "letters": (
        (1, 3, 4, 5), (2, 3, 3, 3), (2, 2), "SAME",
        {"dimension_numbers": ("NCHW", "OIHW", "NHWC")},
    ),
    "one axis": ((1, 5, 3), (3, 3, 2), (2,), "SAME", {}),
}  # fmt: skip

BOTH = {
    **{("conv_general_dilated", case): call for case, call in CALLS.items()},
    **{("conv_transpose", case): call for case, call in TRANSPOSED.items()},
}


@pytest.mark.parametrize(("name", "case"), BOTH)
def test_values_and_gradients_are_those_of_jax(name, case, rng):
    x_shape, kernel_shape, strides, padding, keywords = BOTH[name, case]
    x, kernel = rng.normal(size=x_shape), rng.normal(size=kernel_shape)

    def loss(module):
        def of(x, kernel):
            out = getattr(module, name)(x, kernel, strides, padding, **keywords)
            return (out * out).sum(), out

        return of

    (_, ours), slopes = lx.value_and_grad(loss(lax), (0, 1), has_aux=True)(x, kernel)
    with jax.enable_x64(True):
        (_, theirs), expected = jax.value_and_grad(loss(jax.lax), (0, 1), True)(x, kernel)
    assert ours.shape == theirs.shape
    numpy.testing.assert_allclose(ours, theirs, rtol=1e-10, atol=1e-12)
    for slope, of_jax in zip(slopes, expected, strict=True):
        numpy.testing.assert_allclose(slope, of_jax, rtol=1e-10, atol=1e-10)


def test_conv_and_conv_with_general_padding_are_the_general_one(rng):
    x, kernel = rng.normal(size=(2, 3, 6, 7)), rng.normal(size=(4, 3, 2, 2))
    general = lax.conv_general_dilated(x, kernel, (1, 2), "SAME")
    numpy.testing.assert_array_equal(lax.conv(x, kernel, (1, 2), "SAME"), general)
    dilated = lax.conv_general_dilated(x, kernel, (1, 2), [(1, 0), (2, 1)], (2, 1), (1, 2))
    by_position = lax.conv_with_general_padding(x, kernel, (1, 2), [(1, 0), (2, 1)], (2, 1), (1, 2))
    numpy.testing.assert_array_equal(by_position, dilated)


def test_dtypes_are_promoted():
    image, kernel = numpy.ones((1, 1, 3, 3), "int32"), numpy.ones((1, 1, 2, 2), "float32")
    assert lax.conv(image, kernel, (1, 1), "VALID").dtype == "float32"
    assert lax.conv(image, image[:, :, :2, :2], (1, 1), "VALID").dtype == "int32"


def test_a_precision_reaches_the_op():
    x = lx.numpy.ones((1, 1, 3, 3))
    node = lax.conv(x, x, (1, 1), "VALID", precision="highest")._node
    assert node.op.precision == "HIGHEST"


@pytest.mark.parametrize("case", [case for case in CALLS if "groups" not in case])
def test_the_shape_tuple_is_the_results_shape(case):
    x, kernel, strides, padding, keywords = CALLS[case]
    if keywords.keys() - {"dimension_numbers"}:
        keywords = {"dimension_numbers": keywords["dimension_numbers"]}
    out = lax.conv_general_dilated(
        numpy.zeros(x, "float32"), numpy.zeros(kernel, "float32"), strides, padding, **keywords
    )
    assert lax.conv_general_shape_tuple(x, kernel, strides, padding, **keywords) == out.shape


def test_a_length_that_is_not_fixed_passes_through():
    shape = lax.conv_general_shape_tuple((-1, 28, 28, 1), (3, 3, 1, 32), (2, 2), "VALID", LAST)
    assert shape == (-1, 13, 13, 32)
    shape = lax.conv_general_shape_tuple((-1, -1, 28, 1), (3, 3, 1, 32), (2, 2), "SAME", LAST)
    assert shape == (-1, -1, 14, 32)
    layout = ("HWCN", "OIHW", "NHWC")
    shape = lax.conv_general_shape_tuple((8, 8, 3, -1), (16, 3, 3, 3), (1, 1), "SAME", layout)
    assert shape == (-1, 8, 8, 16)


def general(*arguments, x=(1, 4, 4, 2), kernel=(2, 2, 2, 3), **keywords):
    keywords = {"dimension_numbers": LAST, **keywords}
    return lambda: lax.conv_general_dilated(
        numpy.ones(x, "float32"), numpy.ones(kernel, "float32"), *arguments, **keywords
    )


REFUSED = {
    "padding of another name": (
        general((1, 1), "FULL"),
        "conv_general_dilated: padding is VALID, SAME, SAME_LOWER or pairs of numbers, got 'FULL'",
    ),
    "padding that is no pairs": (
        general((1, 1), (1, 1)),
        "conv_general_dilated: padding needs a pair of numbers for each of 2 axes, got (1, 1)",
    ),
    "padding for too few axes": (
        general((1, 1), [(1, 1)]),
        "conv_general_dilated: padding needs a pair of numbers for each of 2 axes, got ((1, 1),)",
    ),
    "strides for too many axes": (
        general((1, 1, 1), "SAME"),
        "conv_general_dilated: window_strides needs an entry for each of 2 axes, got (1, 1, 1)",
    ),
    "strides that are no ints": (
        general((1.5, 1), "SAME"),
        "conv_general_dilated: an entry of window_strides must be an int, got 1.5",
    ),
    "a name for padding with a dilated input": (
        general((1, 1), "SAME", (2, 2)),
        "conv_general_dilated: with lhs_dilation (2, 2) padding is given in numbers, got 'SAME'; "
        "conv_transpose has names for it",
    ),
    "two strings": (
        general((1, 1), "SAME", dimension_numbers=LAST[:2]),
        "conv_general_dilated: dimension_numbers are three strings, such as ('NHWC', 'HWIO', "
        "'NHWC'), got ('NHWC', 'HWIO')",
    ),
    "other letters": (
        general((1, 1), "SAME", dimension_numbers=("NHWC", "HWIO", "NHWD")),
        "conv_general_dilated: 'NHWD' does not name the axes of out: it needs N, C, H, W, each "
        "once, in any order",
    ),
    "too few axes": (
        general((1, 1), "SAME", x=(4, 4, 2)),
        "conv_general_dilated: lhs needs 4 axes, got f32[4,4,2]",
    ),
    "another precision": (
        general((1, 1), "SAME", precision="float32"),
        "conv_general_dilated: precision is DEFAULT, HIGH or HIGHEST, got 'float32'",
    ),
    "features that do not fit": (
        general((1, 1), "SAME", kernel=(2, 2, 3, 3)),
        "Convolution: the kernel f32[2,2,3,3] takes 3 features in each of 1 groups, and "
        "f32[1,4,4,2] has 2",
    ),
    "transposed padding of another name": (
        lambda: lax.conv_transpose(
            numpy.ones((1, 4, 4, 2)), numpy.ones((2, 2, 2, 3)), (1, 1), "SAME_LOWER"
        ),
        "conv_transpose: padding is VALID, SAME or pairs of numbers, got 'SAME_LOWER'",
    ),
    "a shape of too few axes": (
        lambda: lax.conv_general_shape_tuple((1, 4, 4, 2), (2, 2, 2), (1, 1), "SAME", LAST),
        "conv_general_shape_tuple: the shape (2, 2, 2) needs 4 axes",
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_refuses_with_a_message_that_says_why(case):
    call, message = REFUSED[case]
    with pytest.raises(LazyaxTypeError) as raised:
        call()
    assert str(raised.value) == message

"""lax.reduce_window: jax's results for its arguments, shapes, and messages."""

import jax
import numpy
import pytest

import lazyax as lx
from lazyax import lax
from lazyax.errors import LazyaxTypeError

COMPUTATIONS = {"add": 0.0, "max": -numpy.inf, "min": numpy.inf}

# shape, window, strides, padding, base_dilation, window_dilation
CALLS = {
    "valid": ((2, 7, 8, 3), (1, 2, 3, 1), (1, 2, 2, 1), "VALID"),
    "same": ((2, 7, 8, 3), (1, 2, 3, 1), (1, 2, 2, 1), "SAME"),
    "same lower": ((7, 8), (2, 3), (2, 3), "SAME_LOWER"),
    "numbers": ((7, 8), (2, 3), (2, 1), [(1, 0), (2, 1)]),
    "dilated": ((7, 8), (2, 3), (2, 1), "SAME", (2, 1), (1, 2)),
}


@pytest.mark.parametrize("name", COMPUTATIONS)
@pytest.mark.parametrize("case", CALLS)
def test_values_are_those_of_jax(case, name, rng):
    shape, *arguments = CALLS[case]
    x, start = rng.normal(size=shape), COMPUTATIONS[name]
    ours = lax.reduce_window(x, start, getattr(lax, name), *arguments)
    with jax.enable_x64(True):
        theirs = jax.lax.reduce_window(x, start, getattr(jax.lax, name), *arguments)
    assert ours.shape == theirs.shape
    numpy.testing.assert_allclose(ours, theirs, rtol=1e-12)
    assert lax.reduce_window_shape_tuple(shape, *arguments) == ours.shape


@pytest.mark.parametrize("computation", [lax.max, lx.numpy.maximum, numpy.maximum])
def test_the_maximum_has_several_names(computation):
    least = numpy.iinfo("int32").min
    assert lax.reduce_window([3, 1, 2], least, computation, (3,), (1,), "VALID").tolist() == [3]


def test_a_length_that_is_not_fixed_passes_through():
    window = (1, 3, 3, 1), (1, 2, 2, 1)
    assert lax.reduce_window_shape_tuple((-1, 28, -1, 8), *window) == (-1, 13, -1, 8)
    assert lax.reduce_window_shape_tuple((-1, 28, 28, 8), *window, "SAME") == (-1, 14, 14, 8)


def test_average_pooling_differentiates(rng):
    image = rng.normal(size=(4, 4))

    def loss(x):
        means = lax.reduce_window(x, 0.0, lax.add, (2, 2), (2, 2), "VALID") / 4
        return (means * means).sum()

    means = image.reshape(2, 2, 2, 2).mean((1, 3))
    expected = numpy.repeat(numpy.repeat(means / 2, 2, 0), 2, 1)
    numpy.testing.assert_allclose(lx.grad(loss)(image), expected, rtol=1e-12)


REFUSED = {
    "another computation": (
        lambda x: lax.reduce_window(x, 1.0, lx.numpy.multiply, (2,), (1,), "VALID"),
        f"reduce_window: computation is lax.add, lax.max or lax.min, got {lx.numpy.multiply!r}",
    ),
    "another start": (
        lambda x: lax.reduce_window(x, 0.0, lax.max, (2,), (1,), "VALID"),
        "reduce_window: init_value needs to be -inf, which changes nothing in a maximum of "
        "f32[5], got 0.0",
    ),
    "a window for too many axes": (
        lambda x: lax.reduce_window(x, 0.0, lax.add, (2, 2), (1, 1), "VALID"),
        "reduce_window: window_dimensions needs an entry for each of 1 axes, got (2, 2)",
    ),
    "no stride": (
        lambda x: lax.reduce_window(x, 0.0, lax.add, (2,), (0,), "VALID"),
        "ReduceWindowSum: strides need to be positive, got (0,)",
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_refuses_with_a_message_that_says_why(case):
    call, message = REFUSED[case]
    with pytest.raises(LazyaxTypeError) as raised:
        call(numpy.ones(5, "float32"))
    assert str(raised.value) == message

"""Laws of layers: the shape that init promises is the shape that apply returns, and no more."""

import numpy
import pytest

import lazyax as lx
import lazyax.numpy as np
from lazyax import nn, random
from lazyax.errors import LazyaxTypeError

# name: layer, shape of the inputs with -1 for the batch, shape of the outputs
LAYERS = {
    "Dense": (nn.Dense(5), (-1, 3), (-1, 5)),
    "Dense of images": (nn.Dense(5), (-1, 4, 4, 3), (-1, 4, 4, 5)),
    "Conv": (nn.Conv(6, (3, 3)), (-1, 8, 9, 2), (-1, 6, 7, 6)),
    "Conv same": (nn.Conv(6, (3, 3), padding="SAME"), (-1, 8, 9, 2), (-1, 8, 9, 6)),
    "Conv strided": (nn.Conv(6, (3, 2), (2, 3), "SAME"), (-1, 8, 9, 2), (-1, 4, 3, 6)),
    "MaxPool": (nn.MaxPool((2, 2)), (-1, 6, 7, 3), (-1, 5, 6, 3)),
    "MaxPool strided": (nn.MaxPool((2, 2), (2, 2)), (-1, 6, 7, 3), (-1, 3, 3, 3)),
    "MaxPool same": (nn.MaxPool((3, 3), (2, 2), "SAME"), (-1, 6, 7, 3), (-1, 3, 4, 3)),
    "AvgPool": (nn.AvgPool((2, 3)), (-1, 6, 7, 3), (-1, 5, 5, 3)),
    "AvgPool same": (nn.AvgPool((3, 3), (2, 2), "SAME"), (-1, 6, 7, 3), (-1, 3, 4, 3)),
    "Flatten": (nn.Flatten, (-1, 4, 5, 6), (-1, 120)),
    "Identity": (nn.Identity, (-1, 7), (-1, 7)),
    "Relu": (nn.Relu, (-1, 7), (-1, 7)),
    "Tanh": (nn.Tanh, (-1, 7), (-1, 7)),
    "Sigmoid": (nn.Sigmoid, (-1, 7), (-1, 7)),
    "Softplus": (nn.Softplus, (-1, 7), (-1, 7)),
    "Softmax": (nn.Softmax, (-1, 7), (-1, 7)),
    "LogSoftmax": (nn.LogSoftmax, (-1, 7), (-1, 7)),
    "FanInSum": (nn.serial(nn.FanOut(3), nn.FanInSum), (-1, 4), (-1, 4)),
    "FanInConcat": (nn.serial(nn.FanOut(3), nn.FanInConcat()), (-1, 4), (-1, 12)),
    "FanInConcat of rows": (nn.serial(nn.FanOut(2), nn.FanInConcat(1)), (-1, 4, 3), (-1, 8, 3)),
    "parallel": (
        nn.serial(nn.FanOut(2), nn.parallel(nn.Dense(2), nn.Identity), nn.FanInConcat()),
        (-1, 4),
        (-1, 6),
    ),
    "serial of nothing": (nn.serial(), (-1, 4), (-1, 4)),
    "residual block": (
        nn.serial(
            nn.FanOut(2),
            nn.parallel(nn.serial(nn.Conv(3, (3, 3), padding="SAME"), nn.Relu), nn.Identity),
            nn.FanInSum,
        ),
        (-1, 5, 5, 3),
        (-1, 5, 5, 3),
    ),
}


def inputs_of(shape, batch):
    rng = numpy.random.default_rng(0)
    return rng.normal(size=[batch if length < 0 else length for length in shape]).astype("f")


@pytest.mark.parametrize("name", LAYERS)
def test_init_passes_an_open_batch_through_and_apply_takes_any(name):
    (init, apply), in_shape, out_shape = LAYERS[name]
    promised, params = init(random.PRNGKey(0), in_shape)
    assert promised == out_shape
    for batch in (1, 3):
        outputs = apply(params, np.asarray(inputs_of(in_shape, batch)))
        assert outputs.shape == tuple(batch if n < 0 else n for n in out_shape)
        assert outputs.dtype == "float32"


@pytest.mark.parametrize("name", LAYERS)
def test_init_takes_a_fixed_batch(name):
    (init, _), in_shape, out_shape = LAYERS[name]
    fixed = init(random.PRNGKey(0), tuple(2 if n < 0 else n for n in in_shape))[0]
    assert fixed == tuple(2 if n < 0 else n for n in out_shape)


@pytest.mark.parametrize("name", LAYERS)
def test_apply_has_gradients_that_match_finite_differences(name):
    (init, apply), in_shape, _ = LAYERS[name]
    params = init(random.PRNGKey(0), in_shape)[1]
    x = np.asarray(inputs_of(in_shape, 2).astype("float64"))
    direction = np.asarray(numpy.random.default_rng(1).normal(size=x.shape))
    params = lx.tree.map(lambda p: p.astype("float64"), params)

    def along(t):
        return np.sum(np.sin(apply(params, x + t * direction)))

    slope = lx.grad(along)(np.zeros((), "float64"))
    step = 1e-5
    expected = (float(along(step)) - float(along(-step))) / (2 * step)
    assert float(slope) == pytest.approx(expected, rel=1e-4, abs=1e-6)


def test_the_network_of_the_seed_document():
    init, apply = nn.serial(
        nn.Conv(32, (3, 3), padding="SAME"), nn.Relu,
        nn.Conv(64, (3, 3), padding="SAME"), nn.Relu,
        nn.MaxPool((2, 2)), nn.Flatten,
        nn.Dense(128), nn.Relu,
        nn.Dense(10), nn.LogSoftmax,
    )  # fmt: skip
    out_shape, params = init(random.PRNGKey(0), (-1, 28, 28, 1))
    assert out_shape == (-1, 10)
    assert [len(entry) for entry in params] == [2, 0, 2, 0, 0, 0, 2, 0, 2, 0]
    predictions = apply(params, np.ones((4, 28, 28, 1)))
    numpy.testing.assert_allclose(np.sum(np.exp(predictions), axis=1), numpy.ones(4), rtol=1e-5)


def test_layers_have_different_keys():
    _, params = nn.serial(nn.Dense(3), nn.Dense(3))[0](random.PRNGKey(0), (-1, 3))
    (first, _), (second, _) = params
    assert not numpy.array_equal(first, second)


def test_initialisation_depends_on_the_key_alone():
    init, _ = nn.serial(nn.Dense(3), nn.Relu, nn.Dense(2))
    one, same = init(random.PRNGKey(0), (-1, 4))[1], init(random.PRNGKey(0), (-1, 4))[1]
    other = init(random.PRNGKey(1), (-1, 4))[1]
    for x, y, z in zip(*map(lx.tree.leaves, (one, same, other)), strict=True):
        numpy.testing.assert_array_equal(x, y)
        assert numpy.any(x) == (not numpy.array_equal(x, z))  # biases are zeros for every key


def test_pooling_takes_windows_as_numpy_does():
    x = inputs_of((1, 6, 6, 2), 1)
    windows = numpy.lib.stride_tricks.sliding_window_view(x, (2, 3), (1, 2))[:, ::2, ::3]
    for layer, function in ((nn.MaxPool, numpy.max), (nn.AvgPool, numpy.mean)):
        _, apply = layer((2, 3), (2, 3))
        numpy.testing.assert_allclose(
            apply((), np.asarray(x)), function(windows, axis=(-2, -1)), rtol=1e-6
        )


def test_padding_does_not_count_in_an_average():
    _, apply = nn.AvgPool((3, 3), padding="SAME")
    numpy.testing.assert_allclose(apply((), np.ones((1, 4, 4, 1))), numpy.ones((1, 4, 4, 1)))


def test_convolution_is_a_sum_over_the_window():
    init, apply = nn.Conv(4, (3, 2))
    _, (w, b) = init(random.PRNGKey(0), (-1, 5, 6, 2))
    x = inputs_of((-1, 5, 6, 2), 2)
    windows = numpy.lib.stride_tricks.sliding_window_view(x, (3, 2), (1, 2))
    expected = numpy.einsum("nyxcij,ijco->nyxo", windows, w) + numpy.asarray(b)
    numpy.testing.assert_allclose(apply((w, b), np.asarray(x)), expected, rtol=1e-4, atol=1e-5)


ACTIVATIONS = {
    nn.relu: lambda x: numpy.maximum(x, 0),
    nn.sigmoid: lambda x: 1 / (1 + numpy.exp(-x)),
    nn.softplus: lambda x: numpy.log1p(numpy.exp(x)),
    nn.softmax: lambda x: numpy.exp(x) / numpy.exp(x).sum(-1, keepdims=True),
    nn.log_softmax: lambda x: x - numpy.log(numpy.exp(x).sum(-1, keepdims=True)),
}


@pytest.mark.parametrize("function", ACTIVATIONS, ids=lambda f: f.__name__)
def test_activation_is_its_formula(function):
    x = numpy.random.default_rng(0).normal(size=(3, 5))
    numpy.testing.assert_allclose(function(np.asarray(x)), ACTIVATIONS[function](x), rtol=1e-12)


@pytest.mark.parametrize("function", ACTIVATIONS, ids=lambda f: f.__name__)
def test_activation_does_not_overflow(function):
    for x in ([1e4, -1e4], [-1e4, -1e4]):
        assert numpy.isfinite(function(np.array(x))).all()
        gradient = lx.grad(lambda x, f=function: np.sum(f(x)))(np.array(x))
        assert numpy.isfinite(gradient).all()


def test_glorot_keeps_the_scale_of_activations():
    w = numpy.asarray(nn.glorot()(random.PRNGKey(0), (300, 500)))
    assert w.std() == pytest.approx((2 / 800) ** 0.5, rel=0.01)
    window = numpy.asarray(nn.glorot()(random.PRNGKey(0), (3, 3, 30, 50)))
    assert window.std() == pytest.approx((2 / 720) ** 0.5, rel=0.02)


def test_initialisers_have_their_scale():
    assert numpy.asarray(nn.normal(0.5)(random.PRNGKey(0), (10_000,))).std() == pytest.approx(
        0.5, rel=0.03
    )
    assert not numpy.asarray(nn.zeros(random.PRNGKey(0), (3,))).any()


ERRORS = {
    "Dense: the last length of the inputs' shape must be fixed, got (3, -1); only batch axes may "
    "be -1": lambda: nn.Dense(2)[0](random.PRNGKey(0), (3, -1)),
    "Flatten: only the first length of the inputs' shape may be -1, got (-1, -1, 3)": (
        lambda: nn.Flatten[0](random.PRNGKey(0), (-1, -1, 3))
    ),
    "FanInSum: the inputs need one shape, got ((-1, 3), (-1, 4))": (
        lambda: nn.FanInSum[0](random.PRNGKey(0), ((-1, 3), (-1, 4)))
    ),
    "FanInConcat: shapes must have fixed lengths along axis -1 and be equal along the others, got "
    "((2, 3), (4, 3))": lambda: nn.FanInConcat()[0](random.PRNGKey(0), ((2, 3), (4, 3))),
    "parallel: needs a tuple of 2 shapes, one for each layer, got 3; FanOut(2) makes one of a "
    "single input": lambda: nn.parallel(nn.Relu, nn.Relu)[0](random.PRNGKey(0), ((1,), (1,), (1,))),
    "parallel: needs a tuple of 1 inputs, one for each layer, got Array; FanOut(1) makes one of a "
    "single input": lambda: nn.parallel(nn.Relu)[1]([()], np.ones(1)),
    "glorot: needs a shape with an axis of inputs and one of outputs, got (3,); use normal or "
    "zeros": lambda: nn.glorot()(random.PRNGKey(0), (3,)),
    "Conv: needs the shape of NHWC images, with fixed channels, got (-1, 784); reshape them, or "
    "use Dense": lambda: nn.Conv(2, (3, 3))[0](random.PRNGKey(0), (-1, 784)),
}


@pytest.mark.parametrize("message", ERRORS)
def test_error(message):
    with pytest.raises(LazyaxTypeError) as raised:
        ERRORS[message]()
    assert str(raised.value) == message

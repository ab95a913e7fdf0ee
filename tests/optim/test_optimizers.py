"""Laws of optimizers: they descend, follow their formulas, and go through transforms."""

import pickle

import numpy
import pytest

import lazyax as lx
import lazyax.numpy as np
from lazyax import optim
from lazyax.errors import LazyaxTypeError

OPTIMIZERS = {
    "sgd": lambda step_size: optim.sgd(step_size),
    "momentum": lambda step_size: optim.momentum(step_size, 0.8),
    "adam": lambda step_size: optim.adam(step_size, 0.8, 0.95, 1e-6),
}


def formula(name, x, gradients, step_sizes):
    """The published algorithms, in float64 NumPy."""
    v, s = numpy.zeros_like(x), numpy.zeros_like(x)
    for i, (g, step_size) in enumerate(zip(gradients, step_sizes, strict=True)):
        if name == "sgd":
            x = x - step_size * g
        elif name == "momentum":
            v = 0.8 * v + g
            x = x - step_size * v
        else:
            v = 0.8 * v + 0.2 * g
            s = 0.95 * s + 0.05 * g**2
            mean, square = v / (1 - 0.8 ** (i + 1)), s / (1 - 0.95 ** (i + 1))
            x = x - step_size * mean / (numpy.sqrt(square) + 1e-6)
    return x


SCHEDULES = {
    "number": 0.1,
    "python schedule": lambda i: 0.1 / (1 + i),
    "array": numpy.float32(0.1),
    "array schedule": lambda i: np.exp(-0.1 * (i + 1.0)),
}


@pytest.mark.parametrize("jitted", [False, True])
@pytest.mark.parametrize("schedule", SCHEDULES)
@pytest.mark.parametrize("name", OPTIMIZERS)
def test_follows_its_formula(name, schedule, jitted):
    step_size = SCHEDULES[schedule]
    rng = numpy.random.default_rng(0)
    x, gradients = rng.normal(size=(3,)), rng.normal(size=(5, 3))
    init, update = OPTIMIZERS[name](step_size)
    update = lx.jit(update) if jitted else update
    state = init({"x": (x.astype("f"), [])})
    for i, gradient in enumerate(gradients):
        state = update(i, {"x": (np.asarray(gradient.astype("f")), [])}, state)
    step_sizes = [float(step_size(i) if callable(step_size) else step_size) for i in range(5)]
    expected = formula(name, x, gradients, step_sizes)
    found = optim.get_params(state)
    assert found["x"][1] == []
    numpy.testing.assert_allclose(found["x"][0], expected, rtol=1e-4, atol=1e-6)


def rosenbrock(params):
    x, y = params
    return (1 - x) ** 2 + 5 * (y - x**2) ** 2


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_descends(name):
    init, update = OPTIMIZERS[name](0.02)
    state = init([-1.0, 1.0])

    @lx.jit
    def step(i, state):
        return update(i, lx.grad(rosenbrock)(optim.get_params(state)), state)

    for i in range(600):
        state = step(i, state)
    assert float(rosenbrock(optim.get_params(state))) < 0.05


@pytest.mark.parametrize("dtype", ["float16", "bfloat16", "float32", "float64"])
@pytest.mark.parametrize("name", OPTIMIZERS)
def test_keeps_the_dtype_of_parameters(name, dtype):
    init, update = OPTIMIZERS[name](lambda i: np.float32(0.1) * np.ones(()))
    state = init(np.ones(2, dtype))
    state = update(0, np.ones(2, dtype), state)
    assert {leaf.dtype.name for leaf in lx.tree.leaves(state)} == {dtype}


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_complex_parameters_descend(name):
    init, update = OPTIMIZERS[name](0.1)
    state = init(np.asarray(1 + 1j))

    @lx.jit
    def step(i, state):
        gradient = lx.grad(lambda z: np.abs(z - 2j) ** 2)(optim.get_params(state))
        return update(i, np.conj(gradient), state)

    for i in range(200):
        state = step(i, state)
    assert abs(complex(optim.get_params(state)) - 2j) < 0.1


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_another_number_never_compiles(name, compiles):
    def run(step_size):
        init, update = OPTIMIZERS[name](step_size)
        state = lx.materialize(init(np.ones(3)))
        for i in range(3):
            state = lx.materialize(update(i, state.params, state))
        return state

    run(0.5)
    compiles.reset()
    for step_size in (0.0, 1.0, 0.8, 0.3):
        run(step_size)
    assert compiles.count == 0


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_another_step_never_compiles_under_jit(name, compiles):
    init, update = OPTIMIZERS[name](lambda i: 1.0 / (i + 1))
    step, state = lx.jit(update), init(np.ones(3))
    state = step(0, np.ones(3), state)
    compiles.reset()
    for i in range(1, 5):
        state = step(i, np.ones(3), state)
    lx.materialize(state)
    assert compiles.count == 0


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_training_can_be_differentiated_by_its_step_size(name):
    def final(step_size):
        init, update = OPTIMIZERS[name](step_size)
        state = init(2.0)
        for i in range(3):
            state = update(i, lx.grad(lambda x: x**2)(optim.get_params(state)), state)
        return optim.get_params(state) ** 2

    step = 1e-3
    expected = (float(final(0.05 + step)) - float(final(0.05 - step))) / (2 * step)
    assert float(lx.grad(final)(0.05)) == pytest.approx(expected, rel=1e-2)


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_state_is_a_pytree_that_can_be_saved(name):
    init, update = OPTIMIZERS[name](0.1)
    state = update(0, [np.ones(2), {"b": np.ones(())}], init([np.ones(2), {"b": np.ones(())}]))
    again = pickle.loads(pickle.dumps(state))
    assert lx.tree.structure(again) == lx.tree.structure(state)
    for x, y in zip(lx.tree.leaves(again), lx.tree.leaves(state), strict=True):
        numpy.testing.assert_array_equal(x, y)


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_trains_many_models_at_once_under_vmap(name):
    init, update = OPTIMIZERS[name](0.1)

    def one(x, gradient):
        return optim.get_params(update(0, gradient, init(x)))

    x, gradient = np.arange(3.0), np.array([1.0, -2.0, 0.5])
    together = lx.vmap(one)(x, gradient)
    numpy.testing.assert_allclose(together, [float(one(x[i], gradient[i])) for i in range(3)])


def test_integer_parameters_are_refused():
    with pytest.raises(LazyaxTypeError) as raised:
        optim.sgd(0.1)[0]({"w": np.ones(2), "n": [3]})
    assert str(raised.value) == (
        "sgd: parameter ['n'][0] is i32[]; parameters that are stepped by gradients are floating "
        "or complex: use astype"
    )

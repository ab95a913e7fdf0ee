"""The programs of jax's first README (December 2018), one after another, on lazyax.

    python examples/tour.py

Prints what each program gives beside what that document printed for it or, where it printed
nothing, what jax 0.10 gives. Programs that did not run then are in the spelling that jax itself
gave them later. Fails if a number differs.
"""

import sys
import warnings
from collections.abc import Callable, Iterator
from functools import partial

import attrs
import numpy as onp

import lazyax as lx
import lazyax.numpy as np
from lazyax import grad, jit, nn, optim, random, vmap


@attrs.frozen
class Row:
    """One result, and what it has to be: the same text, or numbers closer than ``tolerance``."""

    what: str
    found: object
    expected: object
    tolerance: float = 1e-6

    @property
    def agrees(self) -> bool:
        """Whether it is what it has to be."""
        if isinstance(self.expected, str):
            return str(self.found) == self.expected
        found, expected = onp.asarray(self.found), onp.asarray(self.expected)
        return onp.allclose(found, expected, rtol=self.tolerance, atol=self.tolerance)

    def __str__(self) -> str:
        mark = "" if self.agrees else "   <- DIFFERS"
        return f"  {self.what}\n    here      {self.found}\n    expected  {self.expected}{mark}"


SECTIONS: dict[str, Callable[[], Iterator[Row]]] = {}


def section(title: str) -> Callable:
    """Enlist a function that yields rows."""

    def enlist(function: Callable[[], Iterator[Row]]) -> Callable[[], Iterator[Row]]:
        SECTIONS[title] = function
        return function

    return enlist


def compiled_by(function: Callable[[], object]) -> int:
    """How many programs a call compiles."""
    before = lx.stats().programs_compiled
    function()
    return lx.stats().programs_compiled - before


@section("F1-F3  NumPy on the accelerator, compiled once")
def numpy_on_the_accelerator():
    x = random.normal(random.PRNGKey(0), (5000, 5000))
    product = (np.dot(x, x.T) / 2).materialize()
    # sums of 5,000 products in another order differ in the last digits
    document = [2.52727051e03, 8.15895557e00, -8.53276134e-01]
    yield Row("np.dot(x, x.T) / 2, first row", product[0, :3], document, 2e-4)
    lx.materialize(np.dot(x, x.T) / 2)
    again = compiled_by(lambda: lx.materialize(np.dot(x, x.T) / 2))
    yield Row("programs compiled for it again", again, 0)
    first, second = onp.asarray(product), onp.asarray(product)
    yield Row("its host copy is writeable", first.flags.writeable, False)
    yield Row("and made again", not onp.shares_memory(first, second), False)


def tanh(x):
    """Hyperbolic tangent by exponentials."""
    y = np.exp(-2.0 * x)
    return (1.0 - y) / (1.0 + y)


@section("F4-F5  Automatic differentiation, to any order")
def derivatives():
    yield Row("grad(tanh)(1.0)", grad(tanh)(1.0), 0.41997434161402603)
    orders = [0.4199743, -0.6396999, 0.6216267, 0.6650908, -5.5568919]
    function = tanh
    for order, expected in enumerate(orders, 1):
        function = grad(function)
        yield Row(f"derivative {order} of tanh at 1.0", function(1.0), expected, 1e-5)


def abs_val(x):
    """Absolute value by a branch."""
    if x > 0:
        return x
    return -x


@section("F6  Python control flow is re-evaluated")
def control_flow():
    yield Row("grad(abs_val)(1.0)", str(grad(abs_val)(1.0)), "1.0")
    yield Row("grad(abs_val)(-1.0)", str(grad(abs_val)(-1.0)), "-1.0")


def cubes(x):
    """Sum of cubes."""
    return np.sum(x**3)


@section("F7-F8  Products, Jacobians, Hessians")
def products():
    x, v = np.array([1.0, 2.0, 3.0]), np.array([1.0, 0.0, 1.0])
    yield Row("jvp(grad(f), (x,), (v,))[1]", lx.jvp(grad(cubes), (x,), (v,))[1], [6, 0, 18])
    yield Row("vjp(grad(f), x)[1](v)", lx.vjp(grad(cubes), x)[1](v)[0], [6, 0, 18])
    hessian = jit(lx.jacfwd(lx.jacrev(cubes)))
    yield Row("jit(jacfwd(jacrev(f)))(x)", hessian(x), onp.diag([6, 12, 18]))
    yield Row("hessian(f)(x)", lx.hessian(cubes)(x), onp.diag([6, 12, 18]))


@section("F9  Un-jitted code is fused too")
def fusion():
    def slow_f(x):
        return x * x + x * 2.0

    x = np.ones((5000, 5000))
    for name, f in {"slow_f": slow_f, "jit(slow_f)": jit(slow_f)}.items():
        yield Row(f"np.all({name}(x) == 3)", bool(np.all(f(x) == 3.0)), True)
    program = lx.Compiled(lx.trace(slow_f)(x)).as_text("hlo")
    yield Row("fusions in the program of slow_f", program.count("kLoop"), 1)


def sum_logistic(x):
    """Sum of the logistic function."""
    return np.sum(1.0 / (1.0 + np.exp(-x)))


@section("F10  Transforms in any order")
def transforms_mix():
    yield Row(
        "grad(sum_logistic)", grad(sum_logistic)(np.arange(3.0)), [0.25, 0.19661197, 0.10499357]
    )
    nested = grad(jit(grad(jit(grad(sum_logistic)))))(1.0)
    yield Row("grad(jit(grad(jit(grad(sum_logistic)))))(1.0)", nested, -0.0353256, 1e-5)


INPUTS = np.array(
    [[0.52, 1.12, 0.77], [0.88, -1.08, 0.15], [0.52, 0.06, -1.30], [0.74, -2.49, 1.39]]
)
TARGETS = np.array([True, True, False, True])


def predict_logistic(weights, inputs):
    """Probability of True."""
    return 0.5 * (np.tanh(np.dot(inputs, weights) / 2) + 1)


def loss(weights, inputs, targets):
    """Negative log-likelihood of bool targets."""
    predictions = predict_logistic(weights, inputs)
    return -np.sum(np.log(predictions * targets + (1 - predictions) * (1 - targets)))


@section("F11  Per-example gradients")
def per_example_gradients():
    each = vmap(grad(loss), in_axes=(None, 0, 0))
    expected = [
        [-0.26, -0.56, -0.385],
        [-0.44, 0.54, -0.075],
        [0.26, 0.03, -0.65],
        [-0.37, 1.245, -0.695],
    ]
    for name, f in {"vmap(grad(loss))": each, "jit(vmap(grad(loss)))": jit(each)}.items():
        yield Row(name, f(np.zeros(3), INPUTS, TARGETS), expected)


@section("F12  Vectorisation equals batching by hand")
def vectorisation():
    def predict(params, x):
        for w, b in params:
            x = np.tanh(np.dot(w, x) + b)
        return x

    keys = random.split(random.PRNGKey(1), 3)
    params = [
        (random.normal(keys[0], (4, 3)), np.ones(4)),
        (random.normal(keys[1], (2, 4)), np.ones(2)),
    ]
    batch = random.normal(keys[2], (5, 3))
    by_hand = np.stack(list(map(partial(predict, params), batch)))
    mapped = vmap(partial(predict, params))
    yield Row("vmap(predict) - stack of each", np.max(np.abs(mapped(batch) - by_hand)), 0.0)
    text = lx.Compiled(lx.trace(mapped)(batch)).as_text()
    yield Row("matrix products in the program", text.count("stablehlo.dot_general"), 2)


@section("F13  Logistic regression")
def logistic_regression():
    training_gradient = jit(grad(loss))
    weights = np.array([0.0, 0.0, 0.0])
    initial = f"Initial loss: {loss(weights, INPUTS, TARGETS):0.2f}"
    yield Row("before training", initial, "Initial loss: 2.77")
    for _ in range(100):
        weights -= 0.1 * training_gradient(weights, INPUTS, TARGETS)
    trained = f"Trained loss: {loss(weights, INPUTS, TARGETS):0.2f}"
    yield Row("after training", trained, "Trained loss: 0.17")
    yield Row("weights", weights, [1.77031, -0.53771, 3.21047], 1e-4)


@section("F14-F17  Random numbers from keys, and the promised check that keys are used once")
def random_numbers():
    key = random.PRNGKey(0)
    expected = [1.81608593, -0.48262325, 0.33988902]
    yield Row("normal(key), first call", random.normal(key, shape=(3,)), expected)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        yield Row("normal(key), second call", random.normal(key, shape=(3,)), expected)
        key, subkey = random.split(key)
    for what, warning in zip(("second call", "split"), caught, strict=True):
        words = "uses a key that normal"
        message = str(warning.message)
        yield Row(f"{what} warns: {message}", words if words in message else message, words)
    documented = {
        "first": [1.1378783, -1.22095478, -0.59153646],
        "second": [-0.06607265, 0.16676566, 1.17800343],
    }
    for split, expected in documented.items():
        yield Row(f"normal(subkey), {split} split", random.normal(subkey, shape=(3,)), expected)
        key, subkey = random.split(key)


@section("F18-F20  A convolutional network, and momentum")
def network():
    init, apply = nn.serial(
        nn.Conv(32, (3, 3), padding="SAME"), nn.Relu,
        nn.Conv(64, (3, 3), padding="SAME"), nn.Relu,
        nn.MaxPool((2, 2)), nn.Flatten,
        nn.Dense(128), nn.Relu,
        nn.Dense(10), nn.LogSoftmax,
    )  # fmt: skip
    keys = random.split(random.PRNGKey(0), 3)
    out_shape, params = init(keys[0], (-1, 28, 28, 1))
    yield Row("out_shape", str(out_shape), "(-1, 10)")
    inputs = random.normal(keys[1], (16, 28, 28, 1))
    targets = random.randint(keys[2], (16,), 0, 10)
    yield Row(
        "sums of exp(predictions)",
        np.sum(np.exp(apply(params, inputs)), axis=1),
        onp.ones(16),
        1e-5,
    )

    def cross_entropy(params):
        return -np.mean(apply(params, inputs)[np.arange(16), targets])

    opt_init, opt_update = optim.momentum(step_size=1e-3, mass=0.9)

    @jit
    def step(i, state):
        value, gradients = lx.value_and_grad(cross_entropy)(optim.get_params(state))
        return value, opt_update(i, gradients, state)

    state, losses = opt_init(params), []
    for i in range(10):
        value, state = step(i, state)
        losses.append(float(value))
    yield Row("the loss falls", losses[-1] < 0.9 * losses[0], True)


@section("F21-F23  Containers, indexing, arrays of arrays")
def containers():
    def affine(params, x):
        return np.sum(params["w"] * x) + params["b"][0]

    params = {"w": np.ones(2), "b": [np.zeros(())]}
    gradient = grad(affine)(params, np.array([2.0, 3.0]))
    yield Row("grad by a dict", {k: str(v) for k, v in gradient.items()}["w"], "[2. 3.]")
    plain = onp.arange(150.0, dtype="float32").reshape(10, 3, 5)
    x = np.asarray(plain)
    same = onp.array_equal(onp.asarray(x[[5, 1, 7], :, 2:4]), plain[[5, 1, 7], :, 2:4])
    yield Row("x[[5, 1, 7], :, 2:4] is NumPy's", same, True)
    yield Row("x[4, 2, :]", x[4, 2, :], plain[4, 2, :])
    picked = grad(lambda x: np.sum(x[[1, 1], 0, :2]))(x)
    yield Row("gradient of picked elements", np.sum(picked), 4.0)
    stacked = grad(lambda x: np.sum(np.array([x, 2 * x]) ** 2))(3.0)
    yield Row("grad through np.array([x, y])", stacked, 30.0)


def message_of(call: Callable[[], object]) -> str:
    """The error that a call raises."""
    try:
        call()
    except (TypeError, ValueError, IndexError, AttributeError) as error:
        return str(error)
    return "no error"


@section("Loud errors")
def loud_errors():
    def branch(x):
        return x if x > 0 else -x

    calls = {
        "vmap(f, xs), as it was spelled in 2018": (
            lambda: vmap(np.sin, np.ones(3)),
            "vmap: in_axes got an array",
        ),
        "if x > 0 under jit": (lambda: jit(branch)(1.0), "jit of branch"),
        "grad of a vector": (lambda: grad(np.sin)(np.ones(3)), "must return a scalar"),
        "vmap over axes that differ": (
            lambda: vmap(np.add)(np.ones(2), np.ones(3)),
            "have different lengths",
        ),
        "out= of another shape": (lambda: np.add(1.0, 2.0, out=np.ones(3)[0]), "a part or another"),
        "shapes that do not fit": (lambda: np.ones(2) + np.ones(3), "do not broadcast"),
        "a function that does not exist": (lambda: np.summ(np.ones(2)), "has no 'summ'"),
    }
    for what, (call, words) in calls.items():
        message = message_of(call)
        yield Row(f"{what}: {message}", words if words in message else message, words)


def main() -> int:
    """Print every section; the number of rows that differ."""
    differing = 0
    for title, rows in SECTIONS.items():
        print(f"\n{title}")
        for row in rows():
            print(row)
            differing += not row.agrees
    print(f"\n{differing} of the results differ. {lx.stats()}")
    return differing


if __name__ == "__main__":
    sys.exit(main())

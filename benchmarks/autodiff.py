"""Gradients: training steps, gradients by example, second derivatives."""

from __future__ import annotations

import functools
import itertools

import numpy

from benchmarks.elementwise import uniform
from benchmarks.workload import Group, Target, Workload

GROUP = Group("Derivatives")


@functools.cache
def labels(count: int, classes: int = 10) -> numpy.ndarray:
    """One-hot rows."""
    return numpy.eye(classes, dtype="f4")[numpy.random.default_rng(9).integers(0, classes, count)]


def layers(sizes) -> list[list[numpy.ndarray]]:
    """Weights and biases of a dense network."""
    rng = numpy.random.default_rng(0)
    return [
        [rng.normal(size=(m, n)).astype("f4") * 0.05, numpy.zeros(n, "f4")]
        for m, n in itertools.pairwise(sizes)
    ]


def cross_entropy(np, logits, targets):
    """Mean of the rows' cross entropies."""
    shifted = logits - np.max(logits, axis=1, keepdims=True)
    logs = shifted - np.log(np.sum(np.exp(shifted), axis=1, keepdims=True))
    return -np.sum(targets * logs) / targets.shape[0]


def network(np, params, x):
    """A tanh network."""
    for w, b in params[:-1]:
        x = np.tanh(np.matmul(x, w) + b)
    w, b = params[-1]
    return np.matmul(x, w) + b


def step_of(peer, loss, rate=0.01):
    """A step of gradient descent: parameters, data -> parameters."""
    gradient = peer.gradient(loss)

    def step(params, *data):
        slopes = gradient(params, *data)
        return peer.map(lambda p, g: p - rate * g, params, slopes)

    return step


def training(loss_of, make_params, make_data):
    """A setup whose state goes from step to step, so that its buffers can be donated."""

    def setup(peer, mode):
        step = peer.compiled(mode, step_of(peer, functools.partial(loss_of, peer)))
        data = [peer.array(x) for x in make_data()]
        state = [[[peer.array(p) for p in layer] for layer in make_params()]]

        def run():
            state[0] = peer.wait(step(state[0], *data))
            return state[0]

        return run

    return setup


def mlp_loss(peer, params, x, y):
    return cross_entropy(peer.np, network(peer.np, params, x), y)


def logistic_loss(peer, params, x, y):
    ((w, b),) = params
    z = peer.np.matmul(x, w) + b
    return peer.np.sum(peer.np.log(1.0 + peer.np.exp(z)) - y * z) / x.shape[0]


CONV = [[(3, 3, 1, 16)], [(3, 3, 16, 32)], [(7 * 7 * 32, 10)]]


def conv_loss(peer, params, x, y):
    lax = peer.lax if hasattr(peer, "lax") else peer.jax.lax
    for (kernel,) in params[:2]:
        dimensions = ("NHWC", "HWIO", "NHWC")
        x = lax.conv_general_dilated(x, kernel, (1, 1), "SAME", dimension_numbers=dimensions)
        x = peer.np.maximum(x, 0.0)
        window = (1, 2, 2, 1)
        x = lax.reduce_window(x, -numpy.inf, lax.max, window, window, "VALID")
    return cross_entropy(peer.np, peer.np.matmul(x.reshape((len(x), -1)), params[2][0]), y)


def by_example(peer, mode):
    """Gradients of a network's loss for each of 128 examples."""
    params = [[peer.array(p) for p in layer] for layer in layers((784, 128, 10))]
    data = [peer.array(uniform(128, 784)), peer.array(labels(128))]

    def loss(params, x, y):
        return cross_entropy(peer.np, network(peer.np, params, x[None]), y[None])

    if mode == "torch":
        from torch.func import grad, vmap

        called = vmap(grad(loss), in_dims=(None, 0, 0))
    else:
        transforms = getattr(peer, "lx", None) or peer.jax
        gradient = transforms.vmap(transforms.grad(loss), in_axes=(None, 0, 0))
        called = peer.compiled(mode, gradient)
    return lambda: peer.wait(called(params, *data))


def hessian(peer, mode):
    """Second derivatives of a function of 30 variables."""
    x = peer.array(uniform(30))

    def f(x):
        return peer.np.sum(peer.np.sin(x) * peer.np.exp(x)) * peer.np.sum(x * x)

    if mode == "torch":
        from torch.func import hessian as of
    else:
        of = (getattr(peer, "lx", None) or peer.jax).hessian
    called = peer.compiled(mode, of(f))
    return lambda: peer.wait(called(x))


HELD = (
    "the caller holds the old weights until it has the new ones, so that these go into recycled "
    "memory, where jax with donation deletes the old; jax.jit without it takes as long"
)
BUILT = f"0.45 ms build the graph and 0.25 recognise and start it, in Python; {HELD}"
SPLIT = (
    "0.9 ms build the graph, whose function vmap calls anew, and 0.2 recognise and start it; the "
    "program itself takes 2.2 ms, 1.2 times what writing its result does"
)
CALLED = (
    "the program takes as long as jax's; reading arguments, finding it and making results take "
    "5 us longer in Python, and 2 where there is one of each"
)
JITTED = ("jax.jit", "jax.jit+donate")
STEPS = ("lazyax", "lazyax.jit", "jax", *JITTED, "torch", "mlx")
GROUP.add(
    Workload(
        "MLP step 784-512-512-10, batch 128",
        training(
            mlp_loss,
            lambda: layers((784, 512, 512, 10)),
            lambda: (uniform(128, 784), labels(128)),
        ),
        STEPS,
        [
            Target(1.1, "jax.jit+donate", why=BUILT),
            Target(1.02, "jax.jit+donate", "lazyax.jit", HELD),
        ],
        check=None,
        flops=3 * 2 * 128 * (784 * 512 + 512 * 512 + 512 * 10),
    )
)
GROUP.add(
    Workload(
        "convolutional step 28x28, batch 64",
        training(
            conv_loss,
            lambda: [[uniform(*shape, low=-0.1, high=0.1) for shape in layer] for layer in CONV],
            lambda: (uniform(64, 28, 28, 1), labels(64)),
        ),
        ("lazyax", "lazyax.jit", *JITTED),
        [Target(0.55, "jax.jit")],
        check=None,
    )
)
GROUP.add(
    Workload(
        "logistic regression 10,000x100",
        training(
            logistic_loss,
            lambda: layers((100, 1)),
            lambda: (uniform(10_000, 100), labels(10_000)[:, :1]),
        ),
        STEPS,
        [Target(1.1, "jax.jit", "lazyax.jit", CALLED)],
        unit="us",
        calls=10,
        check=None,
    )
)
GROUP.add(
    Workload(
        "gradients by example, batch 128",
        by_example,
        ("lazyax", "lazyax.jit", "jax.jit", "torch"),
        [Target(0.1, "jax.jit", why=SPLIT), Target(0.2, "torch", why=SPLIT)],
        bytes=128 * 4 * (784 * 128 + 128 * 10),
    )
)
GROUP.add(
    Workload(
        "Hessian of 30 variables",
        hessian,
        ("lazyax", "lazyax.jit", "jax.jit", "torch"),
        [Target(1.05, "jax.jit", "lazyax.jit", CALLED)],
        unit="us",
        calls=20,
    )
)

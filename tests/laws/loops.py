"""Functions of six numbers with loops and branches, written once for jax and for lazyax."""

from __future__ import annotations

import jax

import lazyax

MOST_STEPS = 12


def lax_of(np):
    """The module of control flow beside a module of NumPy's functions."""
    return jax.lax if np is jax.numpy else lazyax.lax


def while_loop(np, goes_on, step, state):
    """A while loop; of jax's, which has no reverse mode, a scan that stops doing anything."""
    if np is not jax.numpy:
        return lazyax.lax.while_loop(goes_on, step, state)

    def masked(state, _):
        return jax.lax.cond(goes_on(state), step, lambda state: state, state), None

    return jax.lax.scan(masked, state, None, length=MOST_STEPS)[0]


def recurrent(np, x):
    w = np.outer(x[:3], x[3:]) * 0.7

    def step(h, u):
        h = np.tanh(w @ h + u)
        return h, {"sum": np.sum(h), "all": h * u}

    h, found = lax_of(np).scan(step, x[:3], np.stack([x[:3], x[3:], x[1:4], x[2:5]]))
    return np.sum(h) + np.sum(found["sum"] ** 2) + np.sum(found["all"])


def backwards(np, x):
    """Several carries, of which one is an integer; a tree of slices; rounds of three steps."""

    def step(carry, slices):
        (total, k), (u, v) = carry, slices
        total = total * np.cos(u) + v * (k + 1)
        return (total, k + 1), total * u

    xs = (x, np.flip(x) ** 2)
    (total, _), rows = lax_of(np).scan(step, (x[0], 0), xs, reverse=True, unroll=3)
    return total + np.sum(np.sin(rows))


def without_slices(np, x):
    def step(h, _):
        return np.sin(h * x) + 0.5 * h, None

    return np.sum(lax_of(np).scan(step, x, None, length=5)[0])


def nested(np, x):
    """A loop in a loop: the inner one's weights are the outer one's state."""

    def outer(w, u):
        def inner(h, v):
            return np.sin(h * w + v), h * v

        h, rows = lax_of(np).scan(inner, u, x[:3])
        return np.tanh(w + h), np.sum(rows) * h

    w, rows = lax_of(np).scan(outer, x[0] * x[1], x[2:])
    return w + np.sum(rows)


def branch_in_loop(np, x):
    def step(h, u):
        return lax_of(np).cond(
            h > 0.1, lambda h: (h * np.cos(u) - x[0] * x[1], u), lambda h: (h + u * u, h), h
        )

    h, rows = lax_of(np).scan(step, x[0], x)
    return h + np.sum(rows)


def loop_in_branch(np, x):
    def looped(x):
        return lax_of(np).fori_loop(0, 4, lambda i, h: np.sin(h) * (1.0 + i) + x, x)

    return np.sum(lax_of(np).cond(x[0] > 0, looped, lambda x: x**3, x))


def switched(np, x):
    branches = [lambda y: np.sum(y * y), lambda y: np.sum(np.sin(y) * x), lambda y: x[0] * y[1]]
    index = (np.sum(x) * 1.5).astype("int32")
    return lax_of(np).switch(index, branches, np.cos(x)) + x[0]


def until_small(np, x):
    """How many steps depends on the argument."""

    def step(state):
        k, h, total = state
        return k + 1, h * (0.4 + 0.2 * np.cos(x)), total + np.sum(h**2)

    start = (0, x, x[0] * 0)
    k, h, total = while_loop(np, lambda s: np.sum(s[1] ** 2) > 1e-3, step, start)
    return total * (k + 1) + np.sum(np.sin(10 * h))


def loop_in_while(np, x):
    def step(state):
        k, h = state
        return k + 1, lax_of(np).fori_loop(0, 3, lambda i, h: np.sin(h * x) + h / 3, h)

    return np.sum(while_loop(np, lambda s: s[0] < 3, step, (0, x))[1] * x)


def while_in_loop(np, x):
    """Each step of the loop has its own number of steps inside."""

    def step(h, u):
        start = (0, h)
        k, h = while_loop(
            np, lambda s: abs(s[1]) > 0.5, lambda s: (s[0] + 1, s[1] * np.cos(u) * 0.7), start
        )
        return h + u, h * k

    h, rows = lax_of(np).scan(step, x[0] + 2, x)
    return h + np.sum(rows)


def mapped(np, x):
    return np.sum(lax_of(np).map(lambda u: np.sin(u * x) * u, x) ** 2)


def running_products(np, x):
    a, b = np.cos(x), x * x

    def compose(f, g):
        return f[0] * g[0], f[1] * g[0] + g[1]

    scales, shifts = lax_of(np).associative_scan(compose, (a, b))
    return np.sum(scales * shifts)


FUNCTIONS = [
    recurrent,
    backwards,
    without_slices,
    nested,
    branch_in_loop,
    loop_in_branch,
    switched,
    until_small,
    loop_in_while,
    while_in_loop,
    mapped,
    running_products,
]

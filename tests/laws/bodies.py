"""Steps of random programs that are loops and branches, in NumPy and in lazyax."""

from __future__ import annotations

from collections.abc import Callable

import attrs
import numpy

from lazyax import lax

SMOOTH = {
    "tanh": lambda np, x: np.tanh(x),
    "sin": lambda np, x: np.sin(x),
    "arctan": lambda np, x: np.arctan(x),
    "bell": lambda np, x: np.exp(-x * x),
    "root": lambda np, x: np.sqrt(1 + x * x),
    "logistic": lambda np, x: 1 / (1 + np.exp(-x)),
    "center": lambda np, x: x - np.mean(x),
    "turn": lambda np, x: np.cos(x) * np.mean(np.sin(x)),
}
"""Functions that keep the shape, and the dtype; what bodies are made of."""


def scan(np, step, carry, xs):
    """`lax.scan`, and what it means."""
    if np is not numpy:
        return lax.scan(step, carry, xs)
    rows = []
    for x in xs:
        carry, y = step(carry, x)
        rows.append(y)
    return carry, numpy.stack(rows)


def cond(np, flag, on_true, on_false, x):
    """`lax.cond`, and what it means."""
    if np is not numpy:
        return lax.cond(flag, on_true, on_false, x)
    return on_true(x) if flag else on_false(x)


def while_loop(np, goes_on, step, state):
    """`lax.while_loop`, and what it means."""
    if np is not numpy:
        return lax.while_loop(goes_on, step, state)
    while goes_on(state):
        state = step(state)
    return state


def scanning(f, g):
    """A state goes through the rows of y; each step uses the captured x."""

    def step(np, x, y):
        def body(h, row):
            h = f(np, h) + 0.5 * x * np.mean(row)
            return h, g(np, h) * np.cos(np.mean(row))

        rows = y if y.ndim else np.stack([y, 2 * y])
        h, found = scan(np, body, x, rows)
        return h + np.mean(found, axis=0)

    return step


def branching(f, g):
    """Branches that meet where the sign of the predicate changes."""

    def step(np, x, y):
        s = np.tanh(np.sum(y) + 0.1)
        return cond(np, s > 0, lambda x: f(np, x) * s + x, lambda x: x - g(np, x) * s * y.mean(), x)

    return step


def repeating(f, g):
    """Steps whose number depends on both values, at most six."""

    def step(np, x, y):
        pull = np.mean(g(np, y))

        def body(state):
            k, h = state
            return k + 1, 0.6 * f(np, h) + 0.1 * pull

        def goes_on(state):
            return (np.sum(state[1] * state[1]) > 0.07) & (state[0] < 6)

        k, h = while_loop(np, goes_on, body, (0, x))
        return h * (k + 10) * 0.1  # 0.1 * k would be float32 in lazyax

    return step


CONTROL: dict[str, Callable] = {"scan": scanning, "cond": branching, "while": repeating}
DEPTH = 2
"""How deep loops are nested in random programs."""


@attrs.frozen
class Body:
    """A step that is a loop or a branch.

    Attributes:
        name: what it is, with what it is made of.
        function: of a module and two values.
    """

    name: str
    function: Callable


def random_body(rng: numpy.random.Generator, kind: str, depth: int = DEPTH) -> Body:
    """A loop or branch of random parts, which may be loops and branches of one value."""
    names, parts = [], []
    for _ in range(2):
        if depth > 1 and rng.random() < 0.3:
            part = random_body(rng, str(rng.choice(list(CONTROL))), depth - 1)
            names.append(part.name)
            parts.append(lambda np, x, inner=part.function: inner(np, x, x))
        else:
            name = str(rng.choice(list(SMOOTH)))
            names.append(name)
            parts.append(SMOOTH[name])
    return Body(f"{kind}({','.join(names)})", CONTROL[kind](*parts))

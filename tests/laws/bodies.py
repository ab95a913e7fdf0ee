"""Steps of random programs that are loops and branches, in NumPy and in lazyax."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import attrs
import numpy
from hypothesis import strategies as st

from lazyax import lax

SMOOTH: dict[str, Callable] = {
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


def scan(np, step, carry, xs, reverse, unroll):
    """`lax.scan`, and what it means."""
    if np is not numpy:
        return lax.scan(step, carry, xs, reverse=reverse, unroll=unroll)
    rows = []
    for x in xs[::-1] if reverse else xs:
        carry, row = step(carry, x)
        rows.append(row)
    rows = rows[::-1] if reverse else rows
    names = rows[0] if rows else ()
    return carry, {name: numpy.stack([row[name] for row in rows]) for name in names}


def cond(np, flag, on_true, on_false, x):
    """`lax.cond`, and what it means."""
    if np is not numpy:
        return lax.cond(flag, on_true, on_false, x)
    return on_true(x) if flag else on_false(x)


def switch(np, index, branches, x):
    """`lax.switch`, and what it means."""
    if np is not numpy:
        return lax.switch(index, branches, x)
    return branches[min(max(index, 0), len(branches) - 1)](x)


def while_loop(np, goes_on, step, state, max_steps):
    """`lax.while_loop`, and what it means."""
    if np is not numpy:
        return lax.while_loop(goes_on, step, state, max_steps=max_steps)
    steps = 0
    while goes_on(state) and steps != max_steps:
        state, steps = step(state), steps + 1
    return state


def fori_loop(np, upper, step, state):
    """`lax.fori_loop`, and what it means."""
    if np is not numpy:
        return lax.fori_loop(0, upper, step, state)
    for i in range(upper):
        state = step(i, state)
    return state


def scanning(np, x, y, f, g, length=2, reverse=False, unroll=1):
    """A state and a count go through rows of y; each step uses the captured x."""

    def step(carry, row):
        h, k = carry
        h = f(np, h) + 0.5 * x * np.mean(row)
        return (h, k + 1), {"h": g(np, h) * np.cos(np.mean(row)), "k": k}

    rows = y if y.ndim else np.stack([y, 2 * y])
    (h, k), found = scan(np, step, (x, 0), rows[:length], reverse, unroll)
    if not length:
        return h
    return h * (k + 9) * 0.1 + np.mean(found["h"], axis=0) * np.sum(found["k"])


def branching(np, x, y, f, g):
    """Branches that meet where the sign of the predicate changes; each returns a number too."""
    s = np.tanh(np.sum(y) + 0.1)
    h, n = cond(
        np,
        s > 0,
        lambda x: (f(np, x) * s + x, 2),
        lambda x: (x - g(np, x) * s * np.mean(y), 2),
        x,
    )
    return h * n * 0.5


def switching(np, x, y, f, g):
    """One of three branches, of which one is a constant."""
    index = np.floor(1.5 + 2 * np.mean(y)).astype("int32")
    branches = [lambda x: f(np, x) + np.mean(y), lambda x: x * 0 + 0.5, lambda x: g(np, x) * 0.7]
    return switch(np, index, branches, x)


def repeating(np, x, y, f, g, max_steps=None):
    """Steps whose number depends on both values, at most six."""
    pull = np.mean(g(np, y))

    def step(state):
        k, h = state
        return k + 1, 0.6 * f(np, h) + 0.1 * pull

    def goes_on(state):
        return (np.sum(state[1] * state[1]) > 0.07) & (state[0] < 6)

    k, h = while_loop(np, goes_on, step, (0, x), max_steps)
    return h * (k + 10) * 0.1  # 0.1 * k would be float32 in lazyax


def counting(np, x, y, f, g, upper=3):
    """Steps that know their number; the second state is as it was."""

    def step(i, state):
        h, w = state
        return f(np, h) * 0.8 + g(np, w) * (i + 1) * 0.2, w

    return fori_loop(np, upper, step, (x, x * 0.5 + np.mean(y)))[0]


KINDS: dict[str, tuple[Callable, dict[str, st.SearchStrategy]]] = {
    "scan": (
        scanning,
        {"length": st.integers(0, 3), "reverse": st.booleans(), "unroll": st.integers(1, 3)},
    ),
    "cond": (branching, {}),
    "while": (repeating, {"max_steps": st.sampled_from([None, 3, 6])}),
    "switch": (switching, {}),
    "fori": (counting, {"upper": st.integers(0, 3)}),
}
"""What each is, and what it is told beside its two functions."""

DEPTH = 2
"""How deep loops are nested in random programs."""


@attrs.frozen(repr=False)
class Smooth:
    """A function of one value, by name."""

    name: str

    def __call__(self, np: Any, x: Any) -> Any:
        return SMOOTH[self.name](np, x)

    def __repr__(self) -> str:
        return self.name


@attrs.frozen(repr=False)
class Body:
    """A loop or a branch of two functions, which may be loops and branches of one value.

    Attributes:
        kind: of `KINDS`.
        functions: what it is made of.
        options: what it is told beside them.
    """

    kind: str
    functions: tuple[Smooth | Body, ...]
    options: tuple[tuple[str, Any], ...]

    def __call__(self, np: Any, x: Any, y: Any = None) -> Any:
        meaning, _ = KINDS[self.kind]
        return meaning(np, x, x if y is None else y, *self.functions, **dict(self.options))

    @property
    def kinds(self) -> set[str]:
        """Its kind, and those of what it is made of."""
        inner = [f.kinds for f in self.functions if isinstance(f, Body)]
        return {self.kind}.union(*inner)

    def __repr__(self) -> str:
        options = [f"{name}={value}" for name, value in self.options]
        return f"{self.kind}({', '.join([*map(repr, self.functions), *options])})"


@functools.cache
def functions(depth: int) -> st.SearchStrategy:
    """Functions of one value that keep its shape."""
    smooth = st.sampled_from(sorted(SMOOTH)).map(Smooth)
    if not depth:
        return smooth
    looped = st.sampled_from(list(KINDS)).flatmap(lambda kind: bodies(kind, depth))
    return st.one_of(smooth, smooth, looped)


@functools.cache
@st.composite
def bodies(draw: st.DrawFn, kind: str, depth: int = DEPTH) -> Body:
    """Loops or branches of a kind, of random parts."""
    _, options = KINDS[kind]
    told = tuple((name, draw(values)) for name, values in options.items())
    return Body(kind, (draw(functions(depth - 1)), draw(functions(depth - 1))), told)

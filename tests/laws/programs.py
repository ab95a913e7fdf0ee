"""Random programs: the same steps in NumPy and in lazyax, from one seed.

A step is a function of a module, ``numpy`` or ``lazyax.numpy``, and of earlier values. All are
smooth almost everywhere and keep values moderate, so that any composition can be differentiated.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import attrs
import numpy

from tests.laws.bodies import CONTROL, random_body

ARRAYS = 3
"""How many arguments a program has."""


@attrs.frozen
class Step:
    """A function of a module and of as many earlier values as it has ``operands``."""

    name: str
    function: Callable
    operands: int


ONE = {
    "tanh": lambda np, x: np.tanh(x),
    "sin": lambda np, x: np.sin(x),
    "arctan": lambda np, x: np.arctan(x),
    "arcsinh": lambda np, x: np.arcsinh(x),
    "bell": lambda np, x: np.exp(-x * x),
    "root": lambda np, x: np.sqrt(1 + x * x),
    "log": lambda np, x: np.log1p(np.square(x)),
    "logistic": lambda np, x: 1 / (1 + np.exp(-x)),
    "negative": lambda np, x: -x,
    "abs": lambda np, x: np.abs(x - 0.1),
    "cube": lambda np, x: np.tanh(x) ** 3,
    "clip": lambda np, x: np.clip(x, -0.9, 1.1),
    "sum": lambda np, x: np.sum(x, axis=0) * 0.5 if x.ndim else x,
    "keepdims": lambda np, x: x - np.mean(x, axis=-1, keepdims=True) if x.ndim else x,
    "max": lambda np, x: np.max(x, axis=-1) if x.ndim else x,
    "var": lambda np, x: np.var(x, axis=0) if x.ndim else x,
    "transpose": lambda np, x: x.T,
    "ravel": lambda np, x: np.reshape(x, (-1,)),
    "tail": lambda np, x: x[1:] if x.ndim and x.shape[0] > 1 else x,
    "backwards": lambda np, x: x[::-1] * 2 if x.ndim else x,
    "last": lambda np, x: x[..., -1] if x.ndim else x,
    "rows": lambda np, x: x[numpy.array([0, -1, 0])] if x.ndim else x,
    "column": lambda np, x: x[..., None],
    "cumsum": lambda np, x: np.cumsum(x, axis=0) * 0.4 if x.ndim else x,
    "cumprod": lambda np, x: np.cumprod(np.cos(x), axis=-1) if x.ndim else x,
    "prod": lambda np, x: np.prod(1.1 - np.tanh(x), axis=0) if x.ndim else x,
    "sort": lambda np, x: np.sort(x, axis=-1) if x.ndim else x,
    "roll": lambda np, x: np.roll(x, 1, axis=0) if x.ndim else x,
}
"""Steps of one value."""

TWO = {
    "add": lambda np, x, y: x + y,
    "subtract": lambda np, x, y: x - 0.5 * y,
    "multiply": lambda np, x, y: x * np.cos(y),
    "divide": lambda np, x, y: x / (2 + np.sin(y)),
    "maximum": lambda np, x, y: np.maximum(x, y + 0.05),
    "minimum": lambda np, x, y: np.minimum(x, 0.3 - y),
    "hypot": lambda np, x, y: np.hypot(x, 1 + np.square(y)),
    "angle": lambda np, x, y: np.arctan2(x, 1.5 + np.tanh(y)),
    "logaddexp": lambda np, x, y: np.logaddexp(x, y),
    "where": lambda np, x, y: np.where(x > 0.2, x, y * y),
    "power": lambda np, x, y: (1.5 + np.tanh(x)) ** np.sin(y),
    "outer": lambda np, x, y: np.outer(x, y),
    "dot": lambda np, x, y: np.dot(x, y) * 0.3,
    "concatenate": lambda np, x, y: np.concatenate([np.ravel(x), np.ravel(y)]),
    "stack": lambda np, x, y: np.stack(np.broadcast_arrays(x, y), axis=-1),
}
"""Steps of two values."""

STEPS = [Step(name, f, 1) for name, f in ONE.items()]
STEPS += [Step(name, f, 2) for name, f in TWO.items()]
LARGEST = 60
"""Elements of the largest value: a step that makes more is not taken."""


@attrs.frozen
class Program:
    """Steps of earlier values, by number; the arguments come first.

    Attributes:
        seed: that it was made from.
        shapes: of the arguments.
        steps: with the numbers of the values that each is applied to.
    """

    seed: int
    shapes: tuple[tuple[int, ...], ...]
    steps: tuple[tuple[Step, tuple[int, ...]], ...]

    def __str__(self) -> str:
        return f"{self.seed}:{'-'.join(step.name for step, _ in self.steps)}"

    def __call__(self, np: Any, *arguments: Any) -> Any:
        """Values that no step uses, as a tuple."""
        values = list(arguments)
        for step, numbers in self.steps:
            values.append(step.function(np, *[values[number] for number in numbers]))
        used = {number for _, numbers in self.steps for number in numbers}
        return tuple(value for number, value in enumerate(values) if number not in used)

    def total(self, np: Any, *arguments: Any) -> Any:
        """One number that depends on every result."""
        return sum(np.sum(np.sin(result)) for result in self(np, *arguments))

    def sample(self, rng: numpy.random.Generator, dtype: str = "float64") -> list[numpy.ndarray]:
        """Arguments, or directions to move them in."""
        return [rng.uniform(-1, 1, shape).astype(dtype) for shape in self.shapes]


def random_program(seed: int) -> Program:
    """A program of 5 to 15 steps."""
    rng = numpy.random.default_rng(seed)
    return _program(seed, rng, [None] * rng.integers(5, 16))


def random_program_with_loops(seed: int) -> Program:
    """A program of 5 to 8 steps, among them a scan, a cond and a while loop."""
    rng = numpy.random.default_rng([seed, 1])
    forced = [Step(body.name, body.function, 2) for body in (random_body(rng, k) for k in CONTROL)]
    steps = [*forced, *[None] * rng.integers(2, 6)]
    return _program(seed, rng, [steps[place] for place in rng.permutation(len(steps))])


def _program(seed: int, rng: numpy.random.Generator, wanted: Sequence[Step | None]) -> Program:
    """A program of these steps; random ones for None."""
    shapes = tuple(
        [(3, 4), (4,), (3, 1), (), (2, 3)][index] for index in rng.integers(0, 5, ARRAYS)
    )
    values = [rng.uniform(-1, 1, shape) for shape in shapes]
    steps = []
    while len(steps) < len(wanted):
        step = wanted[len(steps)] or STEPS[rng.integers(len(STEPS))]
        numbers = tuple(recent(rng, len(values)) for _ in range(step.operands))
        try:
            value = step.function(numpy, *[values[number] for number in numbers])
        except ValueError:  # shapes that do not fit
            continue
        if value.size <= LARGEST:
            values.append(value)
            steps.append((step, numbers))
    return Program(seed, shapes, tuple(steps))


def recent(rng: numpy.random.Generator, count: int) -> int:
    """The number of a value, more often of a late one."""
    return count - 1 - int(min(rng.geometric(0.35) - 1, count - 1))

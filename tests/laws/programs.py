"""Random programs: the same steps in NumPy and in lazyax, drawn by hypothesis.

A step is a function of a module, ``numpy`` or ``lazyax.numpy``, and of earlier values. All are
smooth almost everywhere and keep values moderate, so that any composition can be differentiated.
"""

from __future__ import annotations

import functools
import string
from collections.abc import Callable, Sequence
from typing import Any

import attrs
import numpy
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from tests.laws.bodies import Body, bodies


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

SHAPES = [(), (4,), (3, 1), (2, 3), (3, 4)]
"""Of arguments."""

LARGEST = 60
"""Elements of the largest value: a step that makes more is not taken."""


@attrs.frozen(repr=False)
class Program:
    """Steps of earlier values, by number; the arguments come first.

    Attributes:
        shapes: of the arguments.
        steps: with the numbers of the values that each is applied to.
        seed: of the arguments' values.
    """

    shapes: tuple[tuple[int, ...], ...]
    steps: tuple[tuple[Step, tuple[int, ...]], ...]
    seed: int

    def __call__(self, np: Any, *arguments: Any) -> Any:
        """Values that no step uses, as a tuple."""
        values = list(arguments)
        for step, numbers in self.steps:
            values.append(step.function(np, *[values[number] for number in numbers]))
        return tuple(values[number] for number in self.unused)

    @property
    def unused(self) -> list[int]:
        """Numbers of the values that no step uses."""
        used = {number for _, numbers in self.steps for number in numbers}
        return [n for n in range(len(self.shapes) + len(self.steps)) if n not in used]

    def total(self, np: Any, *arguments: Any) -> Any:
        """One number that depends on every result."""
        return sum(np.sum(np.sin(result)) for result in self(np, *arguments))

    def sample(self, stream: int, dtype: str = "float64") -> list[numpy.ndarray]:
        """Arguments, or directions to move them in: others for each stream of numbers."""
        rng = numpy.random.default_rng([self.seed, stream])
        return [rng.uniform(-1, 1, shape).astype(dtype) for shape in self.shapes]

    @property
    def kinds(self) -> set[str]:
        """Of loops and branches, those that it has."""
        found = [step.function.kinds for step, _ in self.steps if isinstance(step.function, Body)]
        return set().union(*found)

    def __repr__(self) -> str:
        """The program as source, a line for each step."""
        names = string.ascii_lowercase
        given = [f"{name}: {list(shape)}" for name, shape in zip(names, self.shapes, strict=False)]
        lines = [f"program {self.seed} of {', '.join(given)}"]
        for name, (step, numbers) in zip(names[len(given) :], self.steps, strict=False):
            lines.append(f"    {name} = {step.name}({', '.join(names[n] for n in numbers)})")
        return "\n".join([*lines, f"    return {', '.join(names[n] for n in self.unused)}"])


# a strategy is made once: hypothesis takes longer to make one than to draw from it
ARGUMENTS = st.lists(st.sampled_from(SHAPES), min_size=1, max_size=3)
SEEDS = st.integers(0, 2**16)
ANY_STEP = st.sampled_from(STEPS)


@functools.cache
def _up_to(most: int, least: int = 0) -> st.SearchStrategy[int]:
    return st.integers(least, most)


@st.composite
def programs(draw: st.DrawFn, kinds: Sequence[str] = (), most: int = 15) -> Program:
    """Programs with a loop or branch of each of these ``kinds``, and up to ``most`` other steps."""
    shapes = draw(ARGUMENTS)
    seed = draw(SEEDS)
    values = [numpy.full(shape, 0.5) for shape in shapes]
    steps: list[tuple[Step, tuple[int, ...]]] = []
    wanted: list[str | None] = [None] * draw(_up_to(most, not kinds))
    for kind in kinds:
        wanted.insert(draw(_up_to(len(wanted))), kind)
    for kind in wanted:
        step = draw(ANY_STEP) if kind is None else _step_of(draw(bodies(kind)))
        numbers = tuple([draw(_earlier(len(values))) for _ in range(step.operands)])
        try:
            value = step.function(numpy, *[values[number] for number in numbers])
        except ValueError:  # shapes that do not fit
            continue
        if value.size <= LARGEST:
            values.append(value)
            steps.append((step, numbers))
    return Program(tuple(shapes), tuple(steps), seed)


def _step_of(body: Body) -> Step:
    return Step(repr(body), body, 2)


@functools.cache
def _earlier(count: int) -> st.SearchStrategy[int]:
    """The number of a value, more often of a late one."""
    late = min(count, 3)
    return st.integers(0, count + 2 * late - 1).map(
        lambda n: count - 1 - (n % late if n < 2 * late else n - 2 * late)
    )


@functools.cache
def some_programs(count: int) -> list[Program]:
    """Programs without loops: so many, and always the same."""
    found: list[Program] = []

    @settings(max_examples=count, derandomize=True, database=None, phases=[Phase.generate])
    @given(programs())
    def collect(program: Program) -> None:
        found.append(program)

    collect()
    return found

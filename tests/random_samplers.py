"""Samplers beside jax's: one table of calls, drawn by both libraries with one key and layout.

``python -m tests.random_samplers`` writes docs/random.md.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path

import jax
import numpy
import pytest

import lazyax as lx
from lazyax.errors import LazyaxTypeError

COVARIANCE = numpy.array([[2.0, 0.5], [0.5, 1.0]])
MEAN = numpy.array([1.0, -2.0])
POWERS = numpy.array([1.0, 2.0, 0.3])
LONG = (1001,)

# name: arguments after the key, keyword arguments
FORMULAS = {
    "logistic": ((LONG,), {}),
    "cauchy": ((LONG,), {}),
    "pareto": ((3.0, LONG), {}),
    "weibull_min": ((2.0, 1.5, LONG), {}),
    "rayleigh": ((2.0, LONG), {}),
    "triangular": ((-1.0, 0.5, 2.0, LONG), {}),
    "lognormal": ((0.7, LONG), {}),
    "maxwell": ((LONG,), {}),
    "wald": ((1.5, LONG), {}),
    "double_sided_maxwell": ((1.0, 2.0, LONG), {}),
    "geometric": ((0.3, LONG), {}),
}
GAMMAS = {
    "gamma": ((0.4, (200,)), {}),
    "loggamma": ((2.5, (200,)), {}),
    "beta": ((0.5, 2.0, (200,)), {}),
    "chisquare": ((3.0, (200,)), {}),
    "t": ((4.0, (200,)), {}),
    "f": ((3.0, 5.0, (200,)), {}),
    "dirichlet": ((POWERS, (50,)), {}),
    "generalized_normal": ((1.5, (200,)), {}),
    "ball": ((3, 1.5, (50,)), {}),
    "multivariate_normal": ((MEAN, COVARIANCE, (50,)), {}),
    "orthogonal": ((3, (2,)), {"m": 4}),
}
COUNTS = {
    "binomial": ((numpy.array([[7.0], [100.0]]), numpy.array([[0.5], [0.4]]), (2, 500)), {}),
    "multinomial": ((9.0, numpy.array([0.5, 0.2, 0.3])), {}),
    "poisson": ((numpy.array([[0.5], [30.0]]), (2, 500)), {}),
}
LAYOUTS = ("original", "partitionable")
SAMPLERS = {**FORMULAS, **GAMMAS, **COUNTS}
EXPONENTS = {"generalized_normal": 0, "ball": 1}
"""Where the exponent is among the arguments: a Python number."""
WHOLE = ("geometric", "poisson")
"""Those of integers, in every width of parameters."""


def drawn(names: Iterable[str], layout: str, dtype: str = "float32") -> dict[str, tuple]:
    """By name, lazyax's numbers and jax's. One program for all of ours, one for all of jax's."""

    def draw(library, key):
        found = {}
        for name in names:
            given, keywords = SAMPLERS[name]
            given = [x.astype(dtype) if isinstance(x, numpy.ndarray) else x for x in given]
            given = [numpy.dtype(dtype).type(x) if type(x) is float else x for x in given]
            if name in EXPONENTS:
                given[EXPONENTS[name]] = float(given[EXPONENTS[name]])
            kind = "int32" if name in WHOLE else dtype
            found[name] = getattr(library.random, name)(key(), *given, dtype=kind, **keywords)
        return found

    lx.config.update(threefry_layout=layout, default_dtype_bits=64 if dtype == "float64" else 32)
    try:
        ours = draw(lx, lambda: lx.random.PRNGKey(3))
        lx.materialize(ours)
    finally:
        lx.config.update(threefry_layout="original", default_dtype_bits=32)
    with (
        jax.threefry_partitionable(layout == "partitionable"),
        jax.enable_x64(dtype == "float64"),
    ):
        theirs = draw(jax, lambda: jax.random.PRNGKey(3))
        return {name: (numpy.asarray(ours[name]), numpy.asarray(theirs[name])) for name in names}


def assert_same(name: str, ours: numpy.ndarray, theirs: numpy.ndarray, units: float = 8) -> None:
    """Shapes and dtypes are equal, and numbers to some units in the last place, or of 1."""
    assert (ours.dtype, ours.shape) == (theirs.dtype, theirs.shape), name
    scale = units * numpy.finfo(ours.dtype).eps if ours.dtype.kind == "f" else 0
    numpy.testing.assert_allclose(ours, theirs, scale, scale, err_msg=name)


def assert_refused(call: Callable, message: str) -> None:
    """A call with a key is refused, with this message."""
    with pytest.raises(LazyaxTypeError) as raised:
        call(lx.random.PRNGKey(0))
    assert str(raised.value) == message


PAGE = Path(__file__).parents[1] / "docs" / "random.md"
TEXT = """# Random numbers beside jax's

Written by `python -m tests.random_samplers`: of the numbers that lazyax and jax {jax} draw with one
key, how many are the same bit for bit, on a CPU. The others differ by a few units in the last
place, where XLA rounds a sum or a power otherwise in a fused program. float64 is with
`lx.config.update(default_dtype_bits=64)`, as jax's is with `jax_enable_x64`.

`bits`, `split`, `fold_in`, `uniform`, `normal`, `truncated_normal`, `exponential`, `gumbel`,
`laplace`, `bernoulli`, `rademacher`, `randint`, `permutation`, `choice` and `categorical` are
tested to be the same bit for bit in both layouts (tests/test_random.py).

{table}
"""
COLUMNS = [(dtype, layout) for dtype in ("float32", "float64") for layout in LAYOUTS]


def page() -> str:
    """The text of docs/random.md."""
    shares = [
        {name: (ours == theirs).mean() for name, (ours, theirs) in found.items()}
        for found in (drawn(SAMPLERS, layout, dtype) for dtype, layout in COLUMNS)
    ]
    heads = [f"{dtype}, {layout}" for dtype, layout in COLUMNS]
    lines = [f"| sampler | {' | '.join(heads)} |", "| --- " * (len(heads) + 1) + "|"]
    for name in SAMPLERS:
        cells = ["all" if share[name] == 1 else f"{share[name]:.0%}" for share in shares]
        lines.append(f"| `{name}` | {' | '.join(cells)} |")
    return TEXT.format(jax=jax.__version__, table="\n".join(lines))


if __name__ == "__main__":
    PAGE.write_text(page())

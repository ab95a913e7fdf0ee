"""Calls of functions with what NumPy gives for them, in lazyax's default dtypes."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import attrs
import ml_dtypes
import numpy

import lazyax as lx
import lazyax.numpy as np
from lazyax import tree

NARROWED = {"float64": "float32", "int64": "int32", "uint64": "uint32", "complex128": "complex64"}


@attrs.frozen(eq=False)
class Call:
    """One call of ``lazyax.numpy.<function>``, and what it must give.

    Attributes:
        function: name; dots reach into submodules.
        args: positional arguments, as NumPy takes them.
        kwargs: keyword arguments.
        want: what gives the expected result; NumPy's function of that name unless given.
        dtypes: whether the dtype is NumPy's, its 64-bit defaults read as 32-bit ones.
        rtol: relative tolerance.
    """

    function: str
    args: tuple
    kwargs: dict = attrs.field(factory=dict)
    want: Callable | None = None
    dtypes: bool = True
    rtol: float = 2e-5

    def __str__(self) -> str:
        shown = [_shown(arg) for arg in self.args]
        shown += [f"{name}={_shown(value)}" for name, value in self.kwargs.items()]
        return f"{self.function}({', '.join(shown)})"

    def expected(self) -> list[numpy.ndarray]:
        """NumPy's results."""
        function = self.want or _reach(numpy, self.function)
        with numpy.errstate(all="ignore"):
            result = function(*self.args, **self.kwargs)
        return [numpy.asarray(leaf) for leaf in _leaves(result)]

    def lazy(self) -> list[Any]:
        """lazyax's results, not computed yet. NumPy arrays go in as lazyax's, of 32 bits."""
        args = tree.map(_handed_over, list(self.args))
        kwargs = tree.map(_handed_over, self.kwargs)
        return _leaves(_reach(np, self.function)(*args, **kwargs))


def _shown(value: Any) -> str:
    if isinstance(value, numpy.ndarray):
        return f"{value.dtype}{list(value.shape)}"
    return repr(value)


def _handed_over(leaf: Any) -> Any:
    if not isinstance(leaf, numpy.ndarray):
        return leaf
    return np.asarray(leaf, NARROWED.get(leaf.dtype.name, leaf.dtype))


def _reach(module: Any, name: str) -> Any:
    for part in name.split("."):
        module = getattr(module, part)
    return module


def _leaves(result: Any) -> list[Any]:
    return list(result) if isinstance(result, (tuple, list)) else [result]


def check(calls: Iterable[Call]) -> None:
    """All calls give what NumPy gives; one program computes them all."""
    calls = list(calls)
    assert calls
    results = [call.lazy() for call in calls]
    lx.materialize(results)
    for call, result in zip(calls, results, strict=True):
        expected = call.expected()
        assert len(result) == len(expected), str(call)
        for got, want in zip(result, expected, strict=True):
            compare(got, want, str(call), call.dtypes, call.rtol)


def compare(got: Any, want: numpy.ndarray, which: str, dtypes: bool = True, rtol: float = 2e-5):
    """Shape, dtype and value are those wanted."""
    assert got.shape == want.shape, f"{which}: shape {got.shape}, NumPy {want.shape}"
    wanted = NARROWED.get(want.dtype.name, want.dtype.name)
    if dtypes:
        assert got.dtype.name == wanted, f"{which}: dtype {got.dtype}, NumPy {want.dtype}"
    got = numpy.asarray(got)
    if got.dtype == ml_dtypes.bfloat16 or got.dtype == numpy.float16:
        rtol = max(rtol, 1e-2)
    wide = complex if want.dtype.kind == "c" or got.dtype.kind == "c" else float
    numpy.testing.assert_allclose(
        got.astype(wide), want.astype(wide), rtol=rtol, atol=rtol, err_msg=which
    )


def sample(shape: tuple[int, ...], dtype: str, rng: numpy.random.Generator) -> numpy.ndarray:
    """Values of moderate size, with ties and, of floats, zeros."""
    dtype = numpy.dtype(getattr(ml_dtypes, dtype, dtype))
    if dtype.kind == "b":
        return rng.integers(0, 2, shape).astype(bool)
    if dtype.kind in "iu":
        return rng.integers(0 if dtype.kind == "u" else -4, 5, shape).astype(dtype)
    values = rng.integers(-8, 9, shape) / 4
    if dtype.kind == "c":
        values = values + 1j * rng.integers(-8, 9, shape) / 4
    return numpy.asarray(values).astype(dtype)

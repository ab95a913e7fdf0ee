"""Checks for the tests of programs that are built on lazyax."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import attrs
import numpy

from lazyax import tree
from lazyax.api.differentiate import jvp, vjp
from lazyax.api.functions import name_of
from lazyax.array import Array, array_node, materialize
from lazyax.errors import GradientError, LazyaxTypeError

MODES = ("forward", "reverse")
EVERY_ELEMENT = 1000
"""Arguments of up to so many elements are searched for the one that is most wrong."""


def check_gradients(
    function: Callable,
    arguments: Sequence[Any],
    modes: Sequence[str] = MODES,
    order: int = 2,
    step: float | None = None,
    tolerance: float | None = None,
    seed: int = 0,
) -> None:
    """Compare derivatives of a function, up to an order, with central differences.

    Each derivative is taken along random directions: in forward mode for all arguments together,
    in reverse mode for one leaf after another, so that the error names the one that is wrong.

    Args:
        function: of arrays and pytrees of them, to arrays and pytrees of them.
        arguments: where to check; float64 arrays are checked far more closely than float32.
        modes: ``forward``, ``reverse`` or both; beyond order 1, also of each other.
        order: of the highest derivative that is checked.
        step: of the differences; fitting the dtype if not given.
        tolerance: relative to the largest value; fitting the dtype if not given.
        seed: of the directions.

    Raises:
        GradientError: saying which derivative is wrong, where, and by how much.
        LazyaxTypeError: for arguments that have no derivatives, or another mode.

    >>> import lazyax as lx
    >>> import lazyax.numpy as np
    >>> from lazyax.testing import check_gradients
    >>> check_gradients(lambda x: np.sin(x) * x, (np.linspace(0.0, 1.0, 3, dtype="float64"),))
    """
    wrong = [mode for mode in modes if mode not in MODES]
    if wrong:
        raise LazyaxTypeError(f"check_gradients: modes are {' and '.join(MODES)}, got {wrong[0]!r}")
    arguments = tree.map(lambda leaf: numpy.array(leaf), tuple(arguments))
    leaves = [leaf for leaf in tree.leaves(arguments) if leaf.dtype.kind in "fc"]
    if not leaves:
        raise LazyaxTypeError(
            "check_gradients: no argument is a float or complex array; derivatives need one"
        )
    double = all(leaf.dtype.itemsize >= (16 if leaf.dtype.kind == "c" else 8) for leaf in leaves)
    check = _Check(
        name_of(function),
        tuple(modes),
        step or (1e-5 if double else 1e-2),
        tolerance or (1e-7 if double else 2e-2),
        numpy.random.default_rng(seed),
    )
    check.run(function, tuple(arguments), order, "")


@attrs.frozen
class _Check:
    """What is the same for all orders."""

    name: str
    modes: tuple[str, ...]
    step: float
    tolerance: float
    rng: numpy.random.Generator

    def run(self, function: Callable, arguments: tuple, order: int, of: str) -> None:
        """Check the first derivatives, and then theirs."""
        if order < 1:
            return
        direction = tree.map(self._direction, arguments)
        if "forward" in self.modes:
            self._forward(function, arguments, direction, f"forward derivative{of}")
        value = _values(function(*_arrays(arguments)))
        weights = tree.map(self._direction, value)
        if "reverse" in self.modes:
            self._reverse(function, arguments, weights, f"reverse derivative{of}")
        further = {
            "forward": lambda *given: jvp(function, given, direction)[1],
            "reverse": lambda *given: _inexact(vjp(function, *given)[1](weights)),
        }
        for mode in self.modes:
            self.run(further[mode], arguments, order - 1, f" of the {mode} derivative{of}")

    def _direction(self, leaf: Any) -> numpy.ndarray:
        found = self.rng.uniform(-1, 1, leaf.shape)
        if leaf.dtype.kind == "c":
            found = found + 1j * self.rng.uniform(-1, 1, leaf.shape)
        return found.astype(leaf.dtype) if leaf.dtype.kind in "fc" else numpy.zeros_like(leaf)

    def _forward(self, function, arguments, direction, what: str) -> None:
        found = _values(jvp(function, arguments, direction)[1])
        expected = self._differences(function, arguments, direction)
        for (path, got), want in zip(
            tree.flatten_with_path(found), tree.leaves(expected), strict=True
        ):
            excess = numpy.abs(got - want)
            allowed = self.tolerance * (1 + numpy.abs(want).max(initial=0))
            if not numpy.all(excess <= allowed):
                at = numpy.unravel_index(numpy.argmax(numpy.nan_to_num(excess, nan=numpy.inf)),
                                         excess.shape)  # fmt: skip
                self._fail(what, f"in result{path}", at, got[at], want[at], allowed)

    def _reverse(self, function, arguments, weights, what: str) -> None:
        found = _values(vjp(function, *arguments)[1](weights))
        paths = [path for path, _ in tree.flatten_with_path(arguments)]
        leaves, structure = tree.flatten(arguments)
        for number, (path, leaf) in enumerate(zip(paths, leaves, strict=True)):
            if leaf.dtype.kind not in "fc":
                continue
            got = numpy.asarray(tree.leaves(found)[number])

            def along(direction, number=number):
                moved = [numpy.zeros_like(other) for other in leaves]
                moved[number] = direction
                change = self._differences(function, arguments, tree.unflatten(structure, moved))
                return _pairing(weights, change)

            direction = self._direction(leaf)
            want, size = along(direction), numpy.abs(got).sum()
            allowed = self.tolerance * (1 + size)
            if abs(_pairing([got], [direction]) - want) <= allowed:
                continue
            at, entry, value = _worst(got, along) if leaf.size <= EVERY_ELEMENT else (None, 0, 0)
            if at is None:
                entry, value = _pairing([got], [direction]), want
            self._fail(what, f"by argument{path}", at, entry, value, allowed)

    def _differences(self, function, arguments, direction) -> Any:
        ends = []
        for step in (self.step, -self.step):
            moved = tree.map(
                lambda x, dx, step=step: (x + step * dx).astype(x.dtype), arguments, direction
            )
            ends.append(_values(function(*_arrays(moved))))
        return tree.map(
            lambda after, before: (
                (after - before) / (2 * self.step)
                if after.dtype.kind in "fc"
                else numpy.zeros(after.shape)
            ),
            *ends,
        )

    def _fail(self, what: str, where: str, at, got, want, allowed: float) -> None:
        place = "along a random direction" if at is None else f"at index {tuple(map(int, at))}"
        raise GradientError(
            f"check_gradients: the {what} of {self.name} {where} is wrong {place}: got "
            f"{got:.6g}, central differences give {want:.6g}; they differ by "
            f"{abs(got - want):.2g}, allowed is {allowed:.2g}"
        )


def _arrays(arguments: tuple) -> tuple:
    """NumPy arrays as lazyax's: NumPy itself would promote others than the derivatives do."""
    return tree.map(lambda leaf: Array(array_node(leaf)), arguments)


def _values(result: Any) -> Any:
    """A tree of NumPy arrays, computed by one program."""
    return tree.map(numpy.asarray, materialize(result))


def _inexact(result: Any) -> list[Any]:
    return [leaf for leaf in tree.leaves(result) if leaf.dtype.kind in "fc"]


def _pairing(cotangents: Any, tangents: Any) -> float:
    """The real part of the sum of products."""
    pairs = zip(tree.leaves(cotangents), tree.leaves(tangents), strict=True)
    return float(sum(numpy.real(numpy.asarray(a) * b).sum() for a, b in pairs))


def _worst(got: numpy.ndarray, along: Callable) -> tuple[tuple[int, ...], Any, Any]:
    """The element of a gradient that differs most, the element, and what it should be."""
    found = []
    for at in numpy.ndindex(*got.shape):
        unit = numpy.zeros_like(got)
        unit[at] = 1
        want = along(unit)
        if got.dtype.kind == "c":
            unit[at] = 1j
            want = want - 1j * along(unit)
        difference = abs(got[at] - want)
        found.append((numpy.inf if numpy.isnan(difference) else difference, at, want))
    _, at, want = max(found, key=lambda entry: entry[0])
    return at, got[at], want

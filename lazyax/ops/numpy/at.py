"""``x.at[index].add(v)`` and its like: a new array, with part of it updated."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

import attrs
import numpy

from lazyax.array import Array
from lazyax.errors import LazyaxTypeError
from lazyax.graph.aval import Aval
from lazyax.graph.node import Node
from lazyax.graph.op import Op
from lazyax.graph.origin import Origin
from lazyax.ops import primitives as p
from lazyax.ops.numpy import ufuncs
from lazyax.ops.numpy.assignment import as_update, fitted, masked, write
from lazyax.ops.numpy.call_sites import at_call_site
from lazyax.ops.numpy.indexing import index_vectors, placed, read
from lazyax.ops.numpy.promotion import broadcast_to, operand
from lazyax.ops.numpy.selection import Selection, select
from lazyax.ops.primitives.gather import in_bounds
from lazyax.ops.primitives.reduce import highest, lowest

MODES = (None, "drop", "fill", "clip", "promise_in_bounds")


class At:
    """``x.at``: index it, and call a method of the result."""

    __slots__ = ("_array",)

    def __init__(self, array: Array):
        self._array = array

    def __getitem__(self, index: Any) -> Update:
        frame = sys._getframe(1)
        return Update(self._array, index, (frame.f_code, frame.f_lasti))

    def __repr__(self) -> str:
        return f"At({self._array!r})"


@attrs.frozen(eq=False)
class Update:
    """``x.at[index]``: what its methods return is a new array; x stays as it is.

    Integers and slices are as in ``x[index]``. ``mode`` says what an integer out of bounds does:
    None raises if it is known now, else reads at the edge and writes nothing; ``drop`` and
    ``fill`` write nothing and read ``fill_value``; ``clip`` moves it to the edge;
    ``promise_in_bounds`` is None. ``indices_are_sorted`` and ``unique_indices`` are promises
    that jax takes; nothing here needs them.

    >>> import lazyax.numpy as np
    >>> print(np.zeros(4).at[np.array([1, 1, 3])].add(1.0))
    [0. 2. 0. 1.]
    """

    array: Array
    index: Any
    origin: Origin

    def set(self, values: Any, *, mode: str | None = None, **promises: bool) -> Array:
        """``x`` with ``values`` there; of several values for one element the last wins."""
        return self._update("at.set", values, p.ScatterSet, None, mode, promises)

    def add(self, values: Any, *, mode: str | None = None, **promises: bool) -> Array:
        """``x`` with ``values`` added there: all of them, if there are several for one element."""
        return self._update("at.add", values, p.ScatterAdd, p.Add(), mode, promises)

    def subtract(self, values: Any, *, mode: str | None = None, **promises: bool) -> Array:
        """``x`` with ``values`` subtracted there, all of them."""
        negative = -Array(as_update(operand(values, "at.subtract"), self.array.aval, "at.subtract"))
        return self._update("at.subtract", negative, p.ScatterAdd, p.Add(), mode, promises)

    def multiply(self, values: Any, *, mode: str | None = None, **promises: bool) -> Array:
        """``x`` multiplied by ``values`` there, by all of them."""
        return self._update("at.multiply", values, p.ScatterMultiply, p.Multiply(), mode, promises)

    mul = multiply

    def min(self, values: Any, *, mode: str | None = None, **promises: bool) -> Array:
        """``x`` with the smallest of itself and ``values`` there."""
        return self._update("at.min", values, p.ScatterMin, p.Minimum(), mode, promises)

    def max(self, values: Any, *, mode: str | None = None, **promises: bool) -> Array:
        """``x`` with the largest of itself and ``values`` there."""
        return self._update("at.max", values, p.ScatterMax, p.Maximum(), mode, promises)

    def divide(self, values: Any, *, mode: str | None = None, **promises: bool) -> Array:
        """``x`` divided by ``values`` there, by all of them.

        Raises:
            LazyaxTypeError: for an array of integers, where quotients do not fit.
        """
        if not self.array.aval.is_inexact:
            raise LazyaxTypeError(
                f"at.divide: quotients do not fit {self.array.aval}; convert it with astype first"
            )
        return self._through_product("at.divide", ufuncs.divide, values, mode, promises)

    def power(self, values: Any, *, mode: str | None = None, **promises: bool) -> Array:
        """``x`` to the power ``values`` there, to the product of all of them."""
        return self._through_product("at.power", ufuncs.power, values, mode, promises)

    def apply(self, function: Callable[[Array], Any], *, mode: str | None = None) -> Array:
        """``x`` with ``function`` of what is there, once for each element."""
        there = self.get(mode="clip" if mode in ("drop", "fill") else mode)
        return self.set(function(there), mode=mode)

    def get(self, *, mode: str | None = None, fill_value: Any = None, **promises: bool) -> Array:
        """``x[index]``.

        Args:
            mode: see `Update`.
            fill_value: what ``fill`` and ``drop`` read out of bounds; without it NaN, the least
                signed or the greatest unsigned integer, or True.
            promises: see `Update`.
        """
        selection, x = self._selection("at.get", mode, promises), self.array._node
        if mode not in ("fill", "drop") or not selection.arrays:
            return Array(read(x, selection))
        fill = _fill_value(x.aval) if fill_value is None else fill_value
        outside = as_update(operand(fill, "at.get"), x.aval, "at.get")
        outside = broadcast_to(outside, selection.pattern.shape)
        if not x.aval.size:
            return Array(outside)
        return Array(p.Select()(inside(selection), read(x, selection), outside))

    def _selection(self, name: str, mode: str | None, promises: dict[str, bool]) -> Selection:
        """What is selected, with integers moved to the edge in mode ``clip``.

        Raises:
            LazyaxTypeError: for an unknown mode or keyword.
        """
        unknown = set(promises) - {"indices_are_sorted", "unique_indices"}
        if mode not in MODES or unknown:
            wrong = f"mode {mode!r}" if mode not in MODES else f"the keyword {unknown.pop()!r}"
            raise LazyaxTypeError(f"{name}: {wrong} is unknown; the modes are {MODES}")
        lenient = mode in ("drop", "fill", "clip")
        selection = select(self.index, self.array.aval, lenient)
        return clipped(selection) if mode == "clip" else at_call_site(selection, self.origin)

    def _update(self, name: str, values: Any, scatter: type[Op], combine, mode, promises) -> Array:
        x = self.array._node
        given = as_update(operand(values, name), x.aval, name)
        choice = masked(x, self.index, given)
        if choice is not None:
            which, value = choice
            return Array(p.Select()(which, value if combine is None else combine(x, value), x))
        selection = self._selection(name, mode, promises)
        updates = fitted(given, selection.pattern.shape, x.aval, name)
        return Array(write(x, selection, updates, scatter, combine))

    def _through_product(self, name: str, function: Callable, values: Any, mode, promises) -> Array:
        """``function`` of what is there and the product of all values for it."""
        x = self.array._node
        choice = masked(x, self.index, as_update(operand(values, name), x.aval, name))
        if choice is not None:
            which, value = choice
            chosen = p.Select()(which, x, x.like(1))  # so that derivatives elsewhere are finite
            return Array(p.Select()(which, function(Array(chosen), Array(value))._node, x))
        ones = attrs.evolve(self, array=Array(x.like(1)))
        factors = ones._update(name, values, p.ScatterMultiply, p.Multiply(), mode, promises)
        reading = "clip" if mode in ("drop", "fill") else mode
        there = self.get(mode=reading)
        factor = attrs.evolve(self, array=factors).get(mode=reading)
        return self.set(function(there, factor), mode=mode)


def clipped(selection: Selection) -> Selection:
    """The selection with its index arrays moved into bounds."""
    arrays = []
    for axis, array in selection.arrays:
        last = selection.pattern.aval.shape[axis] - 1
        if isinstance(array, Node):
            array = p.Clamp()(array.like(0), array, array.like(last))
        else:
            array = numpy.clip(array, 0, last)
        arrays.append((axis, array))
    return Selection(selection.pattern, selection.lows, tuple(arrays))


def inside(selection: Selection) -> Node:
    """Which elements of the result have indices in bounds."""
    pattern = selection.pattern
    lengths = tuple(pattern.aval.shape[axis] for axis, _ in selection.arrays)
    flags = in_bounds(index_vectors(selection), lengths)
    shape = (*pattern.loop, *[pattern.counts[axis] for axis in pattern.rest])
    return placed(p.Broadcast(shape, tuple(range(len(pattern.loop))))(flags), pattern)


def _fill_value(aval: Aval) -> complex:
    """What is read out of bounds: something that will be noticed."""
    if aval.is_inexact:
        return numpy.nan
    return lowest(aval.dtype) if aval.dtype.kind == "i" else highest(aval.dtype)

"""Sorting. NaN comes last, complex numbers go by real part and then by imaginary part.

Complex numbers with NaN are behind all others, as NumPy's: R + nanj, nan + Rj, nan + nanj.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy

from lazyax.array import Array
from lazyax.config import default_dtype
from lazyax.errors import LazyaxTypeError
from lazyax.graph.node import Node
from lazyax.ops import primitives as p
from lazyax.ops.numpy.bounds import INT32, index_dtype
from lazyax.ops.numpy.conventions import as_axis, as_operand, static_int
from lazyax.ops.numpy.promotion import convert
from lazyax.ops.primitives.shape import reshape

KINDS = (None, "quicksort", "mergesort", "heapsort", "stable")


def flat_unless(function: str, a: Any, axis: int | None) -> tuple[Node, int]:
    """The operand and the axis along which it is meant; flattened if that is None.

    Raises:
        LazyaxTypeError: for an axis out of range.
    """
    x = as_operand(function, a)
    if axis is None:
        return reshape(x, (x.aval.size,)), 0
    return x, as_axis(function, axis, x.aval)


def _require_plain(function: str, kind: Any, order: Any) -> None:
    """Raise for an unknown algorithm, and for ``order``, which names fields of records."""
    if kind not in KINDS:
        raise LazyaxTypeError(f"{function}: kind is one of {KINDS}, got {kind!r}")
    if order is not None:
        raise LazyaxTypeError(
            f"{function}: order= names fields of records, which there are none of"
        )


def nan_group(x: Node) -> Node:
    """What complex numbers are sorted by first: 0, or 1, 2, 3 if imag, real or both are NaN."""
    real, imag = p.Real()(x), p.Imag()(x)
    groups = [p.Convert(INT32)(p.NotEqual()(part, part)) for part in (real, imag)]
    return 2 * groups[0] + groups[1]


def keys_of(x: Node) -> list[Node]:
    """What to sort ``x`` by, the most significant first."""
    return [nan_group(x), x] if x.aval.dtype.kind == "c" else [x]


def sorted_node(x: Node, axis: int) -> Node:
    """``x`` ascending along ``axis``."""
    keys = keys_of(x)
    return p.Project(len(keys) - 1)(p.Sort(axis, len(keys))(*keys))


def sorted_with_order(x: Node, axis: int) -> tuple[Node, Node]:
    """``x`` ascending along ``axis``, and where its elements come from."""
    numbers = p.Iota(index_dtype(x.aval.shape[axis]), x.aval.shape, axis)()
    keys = keys_of(x)
    both = p.Sort(axis, len(keys))(*keys, numbers)
    return p.Project(len(keys) - 1)(both), p.Project(len(keys))(both)


def sort(
    a: Any, axis: int | None = -1, kind: str | None = None, order: Any = None,
    *, stable: bool | None = None, descending: bool = False,
) -> Array:  # fmt: skip
    """The elements ascending along ``axis``, or of the flattened array for None.

    f32[2,5] -> f32[2,5]. Always stable, whatever ``kind``. NaN is last; ``descending`` gives the
    reverse, so first.

    >>> import lazyax.numpy as np
    >>> print(np.sort([3, 1, 2]))
    [1 2 3]

    Raises:
        LazyaxTypeError: for an axis out of range, an unknown ``kind``, and ``order``.
    """
    _require_plain("sort", kind, order)
    x, axis = flat_unless("sort", a, axis)
    result = sorted_node(x, axis)
    return Array(p.Reverse((axis,))(result) if descending else result)


def argsort(
    a: Any, axis: int | None = -1, kind: str | None = None, order: Any = None,
    *, stable: bool | None = None, descending: bool = False,
) -> Array:  # fmt: skip
    """The positions that sort the elements along ``axis``; equal ones stay in order.

    f32[2,5] -> i32[2,5].

    >>> import lazyax.numpy as np
    >>> print(np.argsort([3, 1, 2]))
    [1 2 0]

    Raises:
        LazyaxTypeError: for an axis out of range, an unknown ``kind``, and ``order``.
    """
    _require_plain("argsort", kind, order)
    x, axis = flat_unless("argsort", a, axis)
    if not descending:
        return Array(convert(sorted_with_order(x, axis)[1], default_dtype(int)))
    # Backwards before and after, so that equal elements keep their order.
    turn = p.Reverse((axis,))
    places = turn(sorted_with_order(turn(x), axis)[1])
    return Array(convert(x.aval.shape[axis] - 1 - places, default_dtype(int)))


def lexsort(keys: Any, axis: int = -1) -> Array:
    """The positions that sort by several keys, of which the last is the most significant.

    >>> import lazyax.numpy as np
    >>> print(np.lexsort(([1, 0, 2], [5, 5, 4])))
    [2 1 0]

    Raises:
        LazyaxTypeError: for no keys, and for keys of different shapes.
    """
    nodes = [as_operand("lexsort", key) for key in keys]
    if not nodes or len({node.aval.shape for node in nodes}) > 1:
        got = ", ".join(str(node.aval) for node in nodes) or "none"
        raise LazyaxTypeError(f"lexsort: needs keys of one shape, got {got}")
    order = order_by(nodes[::-1], as_axis("lexsort", axis, nodes[0].aval))
    return Array(convert(order, default_dtype(int)))


def order_by(keys: Sequence[Node], axis: int) -> Node:
    """The positions that sort by ``keys``, of which the first is the most significant."""
    shape = keys[0].aval.shape
    numbers = p.Iota(index_dtype(shape[axis]), shape, axis)()
    every = [part for key in keys for part in keys_of(key)]
    return p.Project(len(every))(p.Sort(axis, len(every))(*every, numbers))


def _require_kth(function: str, kth: Any, length: int) -> None:
    """Raise for a position that the axis does not have."""
    for position in numpy.ravel(kth):
        number = static_int(function, position, "kth")
        if not -length <= number < length:
            raise LazyaxTypeError(
                f"{function}: kth={number} is out of range for an axis of length {length}"
            )


def partition(
    a: Any, kth: Any, axis: int | None = -1, kind: str = "introselect", order: Any = None
) -> Array:
    """The elements along ``axis``, smaller ones before place ``kth`` and larger ones behind it.

    All are sorted, which is one such order.

    >>> import lazyax.numpy as np
    >>> print(np.partition([3, 1, 2], 1))
    [1 2 3]

    Raises:
        LazyaxTypeError: for an axis or a place out of range.
    """
    x, axis = flat_unless("partition", a, axis)
    _require_kth("partition", kth, x.aval.shape[axis])
    return sort(Array(x), axis, order=order)


def argpartition(
    a: Any, kth: Any, axis: int | None = -1, kind: str = "introselect", order: Any = None
) -> Array:
    """The positions that `partition` takes its elements from.

    >>> import lazyax.numpy as np
    >>> print(np.argpartition([3, 1, 2], 1))
    [1 2 0]

    Raises:
        LazyaxTypeError: for an axis or a place out of range.
    """
    x, axis = flat_unless("argpartition", a, axis)
    _require_kth("argpartition", kth, x.aval.shape[axis])
    return argsort(Array(x), axis, order=order)


def sort_complex(a: Any) -> Array:
    """The elements ascending along the last axis, as complex numbers.

    >>> import lazyax.numpy as np
    >>> print(np.sort_complex([3, 1]))
    [1.+0.j 3.+0.j]
    """
    x = as_operand("sort_complex", a)
    if x.aval.dtype.kind != "c":
        wide = numpy.dtype("c16" if x.aval.dtype.itemsize == 8 else "c8")
        x = convert(x, wide)
    return sort(Array(x))


def sort_in_place(
    self: Array, axis: int = -1, kind: str | None = None, order: Any = None,
    *, stable: bool | None = None, descending: bool = False,
) -> None:  # fmt: skip
    """Sort this array in place, as NumPy's method does: the handle holds the sorted elements."""
    self._node = sort(self, axis, kind, order, descending=descending)._node


def partition_in_place(
    self: Array, kth: Any, axis: int = -1, kind: str = "introselect", order: Any = None
) -> None:
    """Partition this array in place, as NumPy's method does."""
    self._node = partition(self, kth, axis, kind, order)._node

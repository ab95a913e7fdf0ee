"""Operations over the lanes of a batch, along an axis that ``vmap(..., axis_name=)`` names."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy

from lazyax import tree
from lazyax.array import PYTHON_NUMBERS, Array
from lazyax.errors import LazyaxTypeError
from lazyax.graph.node import Node
from lazyax.ops import primitives as p
from lazyax.ops.numpy.conventions import as_axis, as_operand
from lazyax.ops.primitives.collective import Axis, axis_named
from lazyax.ops.primitives.shape import moveaxis, reshape

Names = str | Sequence[str]


def _axes(function: str, names: Names) -> list[Axis]:
    if isinstance(names, str):
        return [axis_named(function, names)]
    return [axis_named(function, name) for name in names]


def _each(function: str, x: Any, names: Names, of: Callable[[Axis, Node], Node]) -> Any:
    """``of`` applied to each array of a tree, for one axis after another."""
    axes = _axes(function, names)

    def on_leaf(leaf: Any) -> Array:
        node = as_operand(function, leaf)
        for axis in axes:
            node = of(axis, node)
        return Array(node)

    return tree.map(on_leaf, x)


def psum(x: Any, axis_name: Names) -> Any:
    """The sum of ``x``, an array or a tree of them, over all lanes; the same in each.

    Of a Python number, the number times the count of lanes.

    >>> import lazyax as lx
    >>> import lazyax.numpy as np
    >>> print(lx.vmap(lambda x: x / lx.lax.psum(x, "i"), axis_name="i")(np.array([1.0, 3.0])))
    [0.25 0.75]

    Raises:
        UnboundAxisError: for a name that no ``vmap`` around binds.
    """
    if type(x) in PYTHON_NUMBERS:
        for axis in _axes("psum", axis_name):
            x = x * axis.size
        return x
    return _each("psum", x, axis_name, _sum)


def _sum(axis: Axis, x: Node) -> Node:
    if x.aval.dtype.kind == "b":
        x = p.Convert(numpy.dtype("i4"))(x)
    return p.SumOverLanes(axis)(x)


def pmean(x: Any, axis_name: Names) -> Any:
    """The mean of ``x`` over all lanes; the same in each. See `psum`."""
    return tree.map(lambda part: part / psum(1, axis_name), psum(x, axis_name))


def pmax(x: Any, axis_name: Names) -> Any:
    """The largest of ``x`` over all lanes; the same in each. See `psum`."""
    return _each("pmax", x, axis_name, lambda axis, x: p.ReduceMax((0,))(p.Gathered(axis)(x)))


def pmin(x: Any, axis_name: Names) -> Any:
    """The least of ``x`` over all lanes; the same in each. See `psum`."""
    return _each("pmin", x, axis_name, lambda axis, x: p.ReduceMin((0,))(p.Gathered(axis)(x)))


def axis_index(axis_name: str) -> Array:
    """The number of the lane.

    >>> import lazyax as lx
    >>> f = lx.vmap(lambda x: x * lx.lax.axis_index("i"), axis_name="i")
    >>> print(f(lx.numpy.ones(3, int)))
    [0 1 2]
    """
    return Array(p.AxisIndex(axis_named("axis_index", axis_name))())


def axis_size(axis_name: Names) -> int:
    """How many lanes there are."""
    return psum(1, axis_name)


def all_gather(x: Any, axis_name: str, *, axis: int = 0, tiled: bool = False) -> Any:
    """The values of ``x`` in all lanes, along a new axis; the same in each lane.

    Args:
        x: an array or a tree of them.
        axis_name: of the axis that is mapped.
        axis: where the new axis goes.
        tiled: join the values along an axis that is there, instead.

    >>> import lazyax as lx
    >>> f = lx.vmap(lambda x: lx.lax.all_gather(x, "i"), axis_name="i", out_axes=None)
    >>> print(f(lx.numpy.arange(3)))
    [0 1 2]
    """
    name = "all_gather"

    def of(lanes: Axis, x: Node) -> Node:
        rows = p.Gathered(lanes)(x)
        place = as_axis(name, axis, x.aval if tiled else rows.aval)
        rows = moveaxis(rows, 0, place)
        return _joined(rows, place) if tiled else rows

    return _each(name, x, axis_name, of)


def _joined(rows: Node, place: int) -> Node:
    """Two neighbouring axes as one."""
    shape = rows.aval.shape
    return reshape(rows, (*shape[:place], shape[place] * shape[place + 1], *shape[place + 2 :]))


def _split(function: str, x: Node, place: int, count: int, tiled: bool) -> Node:
    """Axis ``place``, which has an entry or a block for each lane, as axis 0 of lanes."""
    length = x.aval.shape[place]
    if length % count if tiled else length != count:
        raise LazyaxTypeError(
            f"{function}: axis {place} of {x.aval} needs "
            f"{'a multiple of ' if tiled else ''}{count} entries, one for each lane"
        )
    if not tiled:
        return moveaxis(x, place, 0)
    shape = x.aval.shape
    parts = reshape(x, (*shape[:place], count, length // count, *shape[place + 1 :]))
    return moveaxis(parts, place, 0)


def psum_scatter(x: Any, axis_name: str, *, scatter_dimension: int = 0, tiled: bool = False) -> Any:
    """The sum over all lanes, of which each lane gets its own part along an axis."""
    name = "psum_scatter"

    def of(lanes: Axis, x: Node) -> Node:
        total = _sum(lanes, x)
        place = as_axis(name, scatter_dimension, total.aval)
        return p.OwnLane(lanes)(_split(name, total, place, lanes.size, tiled))

    return _each(name, x, axis_name, of)


def all_to_all(
    x: Any, axis_name: str, split_axis: int, concat_axis: int, *, tiled: bool = False
) -> Any:
    """Part j of lane i becomes part i of lane j.

    Args:
        x: an array or a tree of them.
        axis_name: of the axis that is mapped.
        split_axis: where ``x`` has a part for each lane.
        concat_axis: where the result has them.
        tiled: the axes stay, and parts are blocks of them.
    """
    name = "all_to_all"

    def of(lanes: Axis, x: Node) -> Node:
        parts = _split(name, x, as_axis(name, split_axis, x.aval), lanes.size, tiled)
        found = p.OwnLane(lanes)(moveaxis(p.Gathered(lanes)(parts), 1, 0))
        place = as_axis(name, concat_axis, x.aval)
        found = moveaxis(found, 0, place)
        return _joined(found, place) if tiled else found

    return _each(name, x, axis_name, of)


def ppermute(x: Any, axis_name: str, perm: Sequence[tuple[int, int]]) -> Any:
    """Values sent from lane to lane; zero where none arrives.

    Args:
        x: an array or a tree of them.
        axis_name: of the axis that is mapped.
        perm: pairs of a lane and the lane that its value goes to, which must be distinct.

    >>> import lazyax as lx
    >>> f = lx.vmap(lambda x: lx.lax.ppermute(x, "i", [(0, 1), (1, 2)]), axis_name="i")
    >>> print(f(lx.numpy.array([5, 6, 7])))
    [0 5 6]

    Raises:
        LazyaxTypeError: for lanes that do not exist, or that send or receive twice.
    """

    def of(lanes: Axis, x: Node) -> Node:
        pairs = [(int(source), int(target)) for source, target in perm]
        for which in zip(*pairs, strict=True):
            if len(set(which)) != len(which) or not all(0 <= n < lanes.size for n in which):
                raise LazyaxTypeError(
                    f"ppermute: perm needs pairs (from, to) of lanes from 0 to {lanes.size - 1}, "
                    f"each sending and receiving once at most, got {pairs}"
                )
        rows = p.Gathered(lanes)(x)
        target_of = {target: source for source, target in pairs}
        zero = rows.like(0)
        none = p.Slice(*_row(rows, 0))(zero)
        arranged = [
            p.Slice(*_row(rows, target_of[lane]))(rows) if lane in target_of else none
            for lane in range(lanes.size)
        ]
        return p.OwnLane(lanes)(p.Concatenate(0)(*arranged))

    return _each("ppermute", x, axis_name, of)


def _row(rows: Node, number: int) -> tuple[tuple[int, ...], ...]:
    """The bounds of one row."""
    rest = rows.aval.shape[1:]
    return (number, *[0] * len(rest)), (number + 1, *rest), (1,) * (1 + len(rest))

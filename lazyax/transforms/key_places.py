"""Where the words of random keys come from: the array that they were made in, and where in it."""

from __future__ import annotations

import math
import threading
import weakref
from collections.abc import Callable, Sequence
from typing import Any

import attrs
import numpy

from lazyax.config import config
from lazyax.graph.aval import Aval
from lazyax.graph.node import Node
from lazyax.graph.traversal import toposort
from lazyax.ops import primitives as p
from lazyax.ops.primitives.random_bits import WORD
from lazyax.transforms.key_splits import lose_all, tallies
from lazyax.transforms.key_uses import Lanes, Source, positions


@attrs.frozen(eq=False)
class Place:
    """Where keys come from: the words at ``position`` and the next, and those of other lanes."""

    source: Source
    position: int
    lanes: Lanes = ()


places: weakref.WeakKeyDictionary[Node, Place] = weakref.WeakKeyDictionary()
lock = threading.RLock()
"""Held while places and uses are looked up and written."""


def place_of(key: Node) -> Place:
    """Where a key comes from; remembered, for the day when it is materialized."""
    place = places.get(key)
    if place is None:
        place = places[key] = place_in(key, 0, key.aval.shape, ())
    return place


def renew(keys: Node) -> Source:
    """Take keys for some that were never used."""
    source = Source(keys.origin)
    places[keys] = Place(source, 0)
    return source


def _new_source(node: Node) -> Source:
    """Of keys that no view leads on from."""
    if any(tallies()):
        _lose_what_it_is_made_of(node)
    return Source(node.origin)


def _lose_what_it_is_made_of(node: Node) -> None:
    """Take all keys that ``node`` may be computed of for used: no one knows which of them are."""
    if type(node.op) is p.Data and node.op.computed:
        lose_all()
    for ancestor in toposort(node.operands, stop=places):
        if ancestor not in places and type(ancestor.op) is p.Input and _may_be_keys(ancestor.aval):
            places[ancestor] = Place(Source(ancestor.origin), 0)
        if ancestor in places:
            places[ancestor].source.lose()


def _may_be_keys(aval: Aval) -> bool:
    return aval.shape[-1:] == (2,) and aval.dtype == WORD and aval.size > 0


def mark_lanes(element: Node, batch: Node, size: int) -> None:
    """Say that ``element`` stands for the parts of ``batch`` along axis 0, if those may be keys."""
    if _may_be_keys(element.aval) and config.key_reuse != "off":
        lanes = ((size, element.aval.size),) if size > 1 else ()
        places[element] = place_in(batch, 0, element.aval.shape, lanes)


def place_in(array: Node, position: int, shape: tuple[int, ...], lanes: Lanes) -> Place:
    """Where the block of ``shape`` at ``position`` of an array, and its other lanes, come from.

    Follows slices, reshapes, permutations and given indices down to the array that was made. Where
    those do not lead to one block there, and to one stride for each lane, ``array`` is taken for
    that.
    """
    probes = [position + step for step in (0, *_strides(shape), math.prod(shape) - 1)]
    for count, stride in lanes:
        probes += [position + stride, position + (count - 1) * stride]
    with lock:
        node, found, known = array, probes, places.get(array)
        while known is None:
            operands, op = node.operands, node.op  # in this order: see Node.settle
            view = VIEWS.get(type(op)) if operands else None
            moved = view(op, operands, node, found) if view is not None else None
            if moved is not None and lanes and view is _through_gather:
                moved = _evenly(node, lanes, probes, found, moved)
            if moved is None:
                known = places[node] = Place(_new_source(node), 0)
            else:
                node, found = operands[0], moved
                known = places.get(node)
        strides = _new_strides(probes, found, lanes)
        if strides is None:
            known = places[array] = Place(_new_source(array), 0)
            return Place(known.source, position, lanes)
    moved_lanes = [(count, stride) for (count, _), stride in zip(lanes, strides, strict=True)]
    return Place(known.source, known.position + found[0], (*known.lanes, *moved_lanes))


def _strides(shape: tuple[int, ...]) -> list[int]:
    """How far apart elements along each axis are, in row-major order; of axes that have two."""
    return [math.prod(shape[axis + 1 :]) for axis, length in enumerate(shape) if length > 1]


def _new_strides(probes: Sequence[int], found: Sequence[int], lanes: Lanes) -> list[int] | None:
    """The strides of lanes where their probes were found; None if blocks did not stay whole."""
    block = len(probes) - 2 * len(lanes)
    whole = all(
        now - found[0] == before - probes[0]
        for before, now in zip(probes[:block], found[:block], strict=True)
    )
    strides = [position - found[0] for position in found[block::2]]
    ends = [position - found[0] for position in found[block + 1 :: 2]]
    even = all(
        stride * (count - 1) == end
        for stride, end, (count, _) in zip(strides, ends, lanes, strict=True)
    )
    return strides if whole and even else None


def _through_slice(op: Any, operands: Sequence[Node], node: Node, found: Sequence[int]):
    return _strided(op.start, op.step, operands[0], node, found)


def _through_dynamic_slice(op: Any, operands: Sequence[Node], node: Node, found: Sequence[int]):
    """A slice at starts that are Python numbers or constants."""
    x, *starts = operands
    numbers: list[Any] = [s.op.value if type(s.op) is p.Full else s.value for s in starts]
    if not all(type(number) is int for number in numbers):
        return None
    limits = zip(x.aval.shape, node.aval.shape, strict=True)
    kept = [
        min(max(start, 0), most - length)
        for start, (most, length) in zip(numbers, limits, strict=True)
    ]
    return _strided(kept, [1] * len(kept), x, node, found)


def _strided(start, step, x: Node, node: Node, found: Sequence[int]) -> list[int]:
    """Where in ``x`` the elements of a strided slice of it are. Written out: 5 us less a draw."""
    moved, outer = [0] * len(found), 1
    left = list(found)
    for axis in reversed(range(len(node.aval.shape))):
        length = node.aval.shape[axis]
        for place, position in enumerate(left):
            left[place], index = divmod(position, length)
            moved[place] += (start[axis] + step[axis] * index) * outer
        outer *= x.aval.shape[axis]
    return moved


def _through_gather(op: Any, operands: Sequence[Node], node: Node, found: Sequence[int]):
    """Slices at an array of indices that was given, and whose values are therefore there."""
    x, indices = operands
    if op.batch_dims or type(indices.op) is not p.Data or indices.op.computed:
        return None
    count = indices.aval.shape[-1]
    lengths, block = x.aval.shape[:count], math.prod(x.aval.shape[count:])
    rows = numpy.asarray(indices.value).reshape(-1, count)
    first = numpy.ravel_multi_index(tuple(rows.T.astype(int)), lengths, mode="clip") * block
    return [int(first[position // block]) + position % block for position in found]


def _evenly(
    node: Node, lanes: Lanes, probes: Sequence[int], found: Sequence[int], moved: list[int]
) -> list[int] | None:
    """Where probes moved to through given indices; None where lanes between moved otherwise."""
    before, after = _new_strides(probes, found, lanes), _new_strides(probes, moved, lanes)
    if before is None or after is None:
        return None
    counts = [count for count, _ in lanes]
    here = positions(found[0], tuple(zip(counts, before, strict=True)))
    there = positions(moved[0], tuple(zip(counts, after, strict=True)))
    every = _through_gather(node.op, node.operands, node, here.tolist())
    return moved if every == there.tolist() else None


def _through_permute(op: Any, operands: Sequence[Node], node: Node, found: Sequence[int]):
    indices = numpy.unravel_index(found, node.aval.shape)
    moved = [indices[op.axes.index(axis)] for axis in range(len(op.axes))]
    return numpy.ravel_multi_index(moved, operands[0].aval.shape).tolist()


def _unmoved(op: Any, operands: Sequence[Node], node: Node, found: Sequence[int]):
    return list(found)


VIEWS: dict[type, Callable] = {
    p.DynamicSlice: _through_dynamic_slice,
    p.Gather: _through_gather,
    p.Permute: _through_permute,
    p.Reshape: _unmoved,
    p.Slice: _through_slice,
    p.Variable: _unmoved,
}
"""Ops that pick elements: where in the operand those of the result are, in row-major order."""

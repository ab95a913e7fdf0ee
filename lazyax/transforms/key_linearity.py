"""Whether random keys are used once: found out where they are used, before anything runs.

A key is known by where its two words come from: the array of keys that split or `PRNGKey` made,
and a position in it. So ``keys[0]`` is one key however often it is written, and a key stays the
same key when it is materialized, copied, marked by ``grad`` or mapped over by ``vmap``. What is
remembered of a use is the function and the line; it lives as long as the array of keys, or a
key of it, does. See docs/adr/0017.
"""

from __future__ import annotations

import math
import threading
import warnings
import weakref
from collections.abc import Callable, Iterable, Sequence
from sys import _getframe
from typing import Any

import attrs
import numpy

from lazyax.config import config
from lazyax.errors import KeyReuseError, KeyReuseWarning
from lazyax.graph.node import Node
from lazyax.graph.origin import Origin, current_origin, describe, is_ours, line_of
from lazyax.graph.traversal import toposort
from lazyax.ops import primitives as p
from lazyax.ops.primitives.leaves import Trace, running
from lazyax.ops.primitives.random_bits import WORD

FOLD = "fold_in"
"""The one use that may be repeated, with other numbers."""

CHOICES = ("cond", "switch")
"""Transforms that run one of the functions that they trace."""

ONCE = ("vmap", "seed")
"""Transforms that trace a function for the call that they are in, and no other."""

LOOPS = ("scan", "map", "while_loop", "fori_loop")
"""Transforms that run what they trace many times."""

FOLDS_REMEMBERED = 1024
"""How many numbers that were folded into keys of one array are told apart."""

Lanes = tuple[tuple[int, int], ...]
"""Of a key inside ``vmap``: how many it stands for along each mapped axis, and their stride."""


@attrs.frozen
class Use:
    """Who used a key.

    Attributes:
        function: the public function that took it.
        origin: the user's line.
        traces: the functions that were being traced.
    """

    function: str
    origin: Origin | None
    traces: tuple[Trace, ...]

    def excuses(self, earlier: Use) -> bool:
        """Whether both are no reuse.

        Numbers that are folded in are not, nor one line of a function that was traced again, nor
        two branches of which one runs.
        """
        if self.function == earlier.function == FOLD:
            return True
        both = zip(self.traces, earlier.traces, strict=False)
        mine, other = next(((x, y) for x, y in both if x is not y), (None, None))
        if mine is None or other is None:
            return False
        if mine.transform in CHOICES and line_at(mine.origin) == line_at(other.origin):
            return True
        return mine.transform not in ONCE and line_at(self.origin) == line_at(earlier.origin)


def line_at(origin: Origin | None) -> tuple[str, int] | None:
    """File and line: offsets of one instruction differ once CPython has specialised it."""
    return None if origin is None else (origin[0].co_filename, line_of(origin))


class Source:
    """An array of keys, as far as its uses go. It does not hold the node.

    Attributes:
        origin: the line that made it.
        uses: the first use of the key at a position.
        mapped: uses of many keys at once: first position, lanes, use.
        folded: by position and number, the keys that numbers were folded into.
        reported: pairs of lines that were warned of.
        computed_with: whether other keys were computed of its words, no one knows of which. Only
            found out where `watched` splits are.
    """

    __slots__ = (
        "__weakref__", "computed_with", "folded", "mapped", "origin", "reported", "uses",
    )  # fmt: skip

    def __init__(self, origin: Origin | None):
        self.origin = origin
        self.uses: dict[int, Use] = {}
        self.mapped: list[tuple[int, Lanes, Use]] = []
        self.folded: dict[tuple[int, Lanes, int], Source] = {}
        self.reported: set[tuple] = set()
        self.computed_with = False

    def earlier(self, position: int, lanes: Lanes, use: Use) -> Use | None:
        """A use that ``use`` of these keys repeats."""
        if not (lanes or self.mapped):  # the common case, without NumPy's overhead
            found = self.uses.get(position)
            return None if found is None or use.excuses(found) else found
        wanted = _positions(position, lanes)
        if lanes:
            every = set(wanted.tolist())
            singles = [found for n, found in self.uses.items() if n in every]
        else:
            singles = [self.uses[position]] if position in self.uses else []
        shared = [
            other
            for first, others, other in self.mapped
            if (first, others) == (position, lanes)
            or numpy.isin(wanted, _positions(first, others)).any()
        ]
        return next((found for found in singles + shared if not use.excuses(found)), None)

    def used(self) -> set[int]:
        """Positions that have a use."""
        found = set(self.uses)
        for first, lanes, _ in self.mapped:
            found.update(_positions(first, lanes).tolist())
        return found

    def add(self, position: int, lanes: Lanes, use: Use) -> None:
        """Remember a use, unless the same keys have one."""
        if not lanes:
            self.uses.setdefault(position, use)
        elif all((position, lanes) != entry[:2] for entry in self.mapped):
            self.mapped.append((position, lanes, use))


@attrs.frozen(eq=False)
class Place:
    """Where keys come from: the words at ``position`` and the next, and those of other lanes."""

    source: Source
    position: int
    lanes: Lanes = ()


@attrs.frozen(eq=False)
class Split:
    """Keys that `split` made, for who asks whether each was used.

    Attributes:
        source: the array of them.
        count: how many.
        made_of: the line that made the key that was split.
    """

    source: Source
    count: int
    made_of: Origin | None


class _Watched(threading.local):
    splits: list[Split] | None = None


watched = _Watched()
"""The splits of the innermost `lazyax.random.unused_keys` block."""

_places: weakref.WeakKeyDictionary[Node, Place] = weakref.WeakKeyDictionary()
_lock = threading.RLock()


def consume(key: Node, function: str) -> None:
    """Note that ``function`` uses a key up.

    Raises:
        KeyReuseError: if it was used before, and the configuration says so.

    Warns:
        KeyReuseWarning: if it was used before; once for each two lines.
    """
    if config.key_reuse != "off":
        _note_in_loops(key, _place_of(key), Use(function, current_origin(), running.traces))


def fold(key: Node, number: int | None, folded: Node) -> None:
    """Note that a number was folded into a key, which gave the key ``folded``.

    Folding does not use the key up. The same number folded in again gives the same key.

    Args:
        key: of the call.
        number: of the call; None if it is not known.
        folded: the result.

    Raises:
        KeyReuseError: as `consume`.
    """
    if config.key_reuse == "off":
        return
    place = _place_of(key)
    _note(place, Use(FOLD, current_origin(), running.traces))
    if number is None:
        renew(folded)
        return
    known, which = place.source.folded, (place.position, place.lanes, number)
    with _lock:
        if which not in known and len(known) < FOLDS_REMEMBERED:
            known[which] = Source(folded.origin)
        if which in known:
            _places[folded] = Place(known[which], 0)


def _place_of(key: Node) -> Place:
    """Where a key comes from; remembered, for the day when it is materialized."""
    place = _places.get(key)
    if place is None:
        place = _places[key] = place_in(key, 0, key.aval.shape, ())
    return place


def renew(key: Node) -> None:
    """Take a key for one that was never used."""
    _places[key] = Place(Source(key.origin), 0)


def watch_split(keys: Node, key: Node) -> None:
    """Take down what ``key`` was split into, if someone asks and the keys are seen by no trace."""
    if watched.splits is not None and not running.traces:
        made_of = _place_of(key).source.origin
        renew(keys)
        watched.splits.append(Split(_places[keys].source, keys.aval.size // 2, made_of))


def _new_source(node: Node) -> Source:
    """Of keys that no view leads on from."""
    if watched.splits is not None:
        for ancestor in toposort(node.operands):
            if ancestor in _places:
                _places[ancestor].source.computed_with = True
    return Source(node.origin)


def mark_lanes(element: Node, batch: Node, size: int) -> None:
    """Say that ``element`` stands for the parts of ``batch`` along axis 0, if those may be keys."""
    aval = element.aval
    if aval.shape[-1:] == (2,) and aval.dtype == WORD and aval.size and config.key_reuse != "off":
        lanes = ((size, aval.size),) if size > 1 else ()
        _places[element] = place_in(batch, 0, aval.shape, lanes)


Uses = tuple[tuple[int, int, Lanes, str], ...]
"""Of a traced function: number of an argument, position and lanes in it, and who used that."""


def uses_of(inputs: Sequence[Node]) -> Uses:
    """How keys among ``inputs`` were used, for `consume_again`."""
    found = []
    for number, node in enumerate(inputs):
        place = _places.get(node)
        if place is not None:
            uses = [(position, (), use) for position, use in place.source.uses.items()]
            for position, lanes, use in [*uses, *place.source.mapped]:
                found.append((number, position, lanes, use.function))
    return tuple(found)


def consume_again(
    uses: Iterable[tuple], arguments: Sequence[Node], function: str, length: int = 1
) -> None:
    """Note that a traced function was called, which uses its arguments as ``uses`` says.

    Args:
        uses: from `uses_of`.
        arguments: of the call.
        function: its name.
        length: for how many slices along axis 0 of the arguments.

    Raises:
        KeyReuseError: as `consume`.
    """
    if config.key_reuse == "off":
        return
    origin = current_origin()
    for number, position, lanes, name in uses:
        array = arguments[number]
        if length > 1:
            lanes = (*lanes, (length, array.aval.size // length))
        place = place_in(array, position, (2,), lanes)
        called = FOLD if name == FOLD else function
        _note_in_loops(array, place, Use(called, origin, running.traces))


def place_in(array: Node, position: int, shape: tuple[int, ...], lanes: Lanes) -> Place:
    """Where the block of ``shape`` at ``position`` of an array, and its other lanes, come from.

    Follows slices, reshapes, permutations and given indices down to the array that was made. Where
    those do not lead to one block there, and to one stride for each lane, ``array`` is taken for
    that.
    """
    probes = [position + step for step in (0, *_strides(shape), math.prod(shape) - 1)]
    for count, stride in lanes:
        probes += [position + stride, position + (count - 1) * stride]
    with _lock:
        node, found, known = array, probes, _places.get(array)
        while known is None:
            operands, op = node.operands, node.op  # in this order: see Node.settle
            view = VIEWS.get(type(op)) if operands else None
            moved = view(op, operands, node, found) if view is not None else None
            if moved is not None and lanes and view is _through_gather:
                moved = _evenly(node, lanes, probes, found, moved)
            if moved is None:
                known = _places[node] = Place(_new_source(node), 0)
            else:
                node, found = operands[0], moved
                known = _places.get(node)
        strides = _new_strides(probes, found, lanes)
        if strides is None:
            known = _places[array] = Place(_new_source(array), 0)
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
    here = _positions(found[0], tuple(zip(counts, before, strict=True)))
    there = _positions(moved[0], tuple(zip(counts, after, strict=True)))
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


def _positions(first: int, lanes: Lanes) -> numpy.ndarray:
    """Of the first word of each key."""
    found = numpy.array([first])
    for count, stride in lanes:
        found = (found[:, None] + numpy.arange(count) * stride).ravel()
    return found


def _note_in_loops(key: Node, place: Place, use: Use) -> None:
    """Note a use; twice where the same key is used in each step of a loop that is being traced."""
    _note(place, use)
    loops = [trace for trace in use.traces if trace.transform in LOOPS]
    if loops and use.function != FOLD:
        inside = (node.op for node in toposort([key]) if type(node.op) is p.Input)
        if all(op.trace is not loops[-1] for op in inside):
            _note(place, use)


def _note(place: Place, use: Use) -> None:
    source = place.source
    with _lock:
        earlier = source.earlier(place.position, place.lanes, use)
        if earlier is None:
            source.add(place.position, place.lanes, use)
            return
        lines = (line_at(earlier.origin), line_at(use.origin))
        known = lines in source.reported
        source.reported.add(lines)
    if config.key_reuse == "raise":
        raise KeyReuseError(_message(source, earlier, use))
    if not known:
        warnings.warn(_message(source, earlier, use), KeyReuseWarning, stacklevel=_frames_of_ours())


def _message(source: Source, earlier: Use, use: Use) -> str:
    return (
        f"{use.function} at {describe(use.origin)} uses a key that {earlier.function} at "
        f"{describe(earlier.origin)} has used already; the key was made at "
        f"{describe(source.origin)}. Equal keys give equal numbers: use a key once, and split it "
        "for more: key, subkey = random.split(key). Where the same numbers are wanted again, draw "
        "with random.clone(key)"
    )


def _frames_of_ours() -> int:
    """How many frames above the caller's the user's is, as `warnings.warn` counts."""
    frame: Any = _getframe(1)
    level = 1
    while is_ours[frame.f_code.co_filename]:
        frame = frame.f_back
        level += 1
    return level

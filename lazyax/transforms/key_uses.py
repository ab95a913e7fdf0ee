"""What is remembered of random keys: the first use of each, by where its words are."""

from __future__ import annotations

from typing import Any

import attrs
import numpy

from lazyax.graph.origin import Origin, line_at
from lazyax.ops.primitives.leaves import Trace, running

FOLD = "fold_in"
"""The one use that may be repeated, with other numbers."""

CHOICES = ("cond", "switch")
"""Transforms that run one of the functions that they trace."""

ONCE = ("vmap", "seed")
"""Transforms that trace a function for the call that they are in, and no other."""

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


class Source:
    """An array of keys, as far as its uses go. It does not hold the node.

    Attributes:
        origin: the line that made it.
        uses: the first use of the key at a position.
        mapped: uses of many keys at once: first position, lanes, use.
        folded: by position and number, the keys that numbers were folded into.
        reported: pairs of lines that were warned of.
        traces: the functions that were being traced when it was made, or seen first.
        splits: records of splits that it belongs to (`lazyax.transforms.key_splits`).
        lost: whether other keys were computed of its words, no one knows of which.
    """

    __slots__ = (
        "__weakref__", "folded", "lost", "mapped", "origin", "reported", "splits", "traces", "uses",
    )  # fmt: skip

    def __init__(self, origin: Origin | None):
        self.origin = origin
        self.uses: dict[int, Use] = {}
        self.mapped: list[tuple[int, Lanes, Use]] = []
        self.folded: dict[tuple[int, Lanes, int], Source] = {}
        self.reported: set[tuple] = set()
        self.traces = running.traces
        self.splits: list[Any] = []
        self.lost = False

    def earlier(self, position: int, lanes: Lanes, use: Use) -> Use | None:
        """A use that ``use`` of these keys repeats."""
        if not (lanes or self.mapped):  # the common case, without NumPy's overhead
            found = self.uses.get(position)
            return None if found is None or use.excuses(found) else found
        wanted = positions(position, lanes)
        if lanes:
            every = set(wanted.tolist())
            singles = [found for n, found in self.uses.items() if n in every]
        else:
            singles = [self.uses[position]] if position in self.uses else []
        shared = [
            other
            for first, others, other in self.mapped
            if (first, others) == (position, lanes)
            or numpy.isin(wanted, positions(first, others)).any()
        ]
        return next((found for found in singles + shared if not use.excuses(found)), None)

    def add(self, position: int, lanes: Lanes, use: Use) -> None:
        """Remember a use, unless the same keys have one."""
        if not lanes:
            self.uses.setdefault(position, use)
        elif all((position, lanes) != entry[:2] for entry in self.mapped):
            self.mapped.append((position, lanes, use))
        if self.splits:
            numbers = (positions(position, lanes) // 2).tolist() if lanes else [position // 2]
            for splits in self.splits:
                splits.used.update(numbers)

    def lose(self) -> None:
        """Note that other keys were computed of its words: each may have been used so."""
        self.lost = True
        for splits in self.splits:
            splits.lost = True


def positions(first: int, lanes: Lanes) -> numpy.ndarray:
    """Of the first word of each key."""
    found = numpy.array([first])
    for count, stride in lanes:
        found = (found[:, None] + numpy.arange(count) * stride).ravel()
    return found

"""Which of the keys that each line splits were used: for a note of those that never were.

A split can be said to have left a key over when no use can follow, so that nothing is said before
the end: of a `lazyax.random.unused_keys` block, or of the process. See docs/adr/0017.
"""

from __future__ import annotations

import atexit
import sys
import threading
from collections.abc import Iterable
from sys import _getframe

import attrs

from lazyax.config import config
from lazyax.errors import KeyUnusedWarning
from lazyax.graph.origin import Origin, describe, is_ours, line_at, warn_at
from lazyax.ops.primitives.leaves import running
from lazyax.transforms.key_uses import Source

POOL = 1024
"""From so many keys on, a split is a pool to draw from, of which some may be left over."""

LINES_SAID = 3
"""How many lines are named at the end of a process."""


@attrs.define(eq=False)
class Splits:
    """All splits of one line into one number of keys.

    Attributes:
        origin: the line.
        made_of: the line that made the first key that was split.
        count: how many keys each made.
        used: numbers of keys that have a use, in any of the splits.
        lost: whether other keys were computed of these, no one knows of which.
    """

    origin: Origin | None
    made_of: Origin | None
    count: int
    used: set[int] = attrs.field(factory=set)
    lost: bool = False

    @property
    def left(self) -> tuple[int, ...]:
        """Numbers of keys without a use, if that is worth a note.

        The first key of a split is let off where others were used: ``key`` in the last of
        ``key, subkey = split(key)`` has to be left over.
        """
        if self.lost:
            return ()
        left = tuple([number for number in range(self.count) if number not in self.used])
        return () if left == (0,) and self.count > 1 else left

    @property
    def note(self) -> str:
        """What is said of `left`, with both lines."""
        left = self.left
        which = f"{', '.join(f'keys[{number}]' for number in left)} were never used"
        if len(left) == self.count:
            which = "none of them was used"
        elif len(left) == 1:
            which = f"keys[{left[0]}] was never used"
        return (
            f"split at {describe(self.origin)} made {self.count} keys of one that was made at "
            f"{describe(self.made_of)}, and {which}: either another key was used in its place, or "
            "fewer are enough"
        )

    def warn(self, note: str) -> None:
        """Say it as if from the line of the split."""
        warn_at(self.origin, note, KeyUnusedWarning)


class Tally:
    """The splits of each line, since it was made."""

    def __init__(self):
        self.lines: dict[tuple, Splits] = {}
        self._known: dict[tuple, Splits] = {}  # by instruction: lines are slow to find

    def of(self, origin: Origin | None, count: int, made_of: Origin | None) -> Splits:
        """Those of the line of ``origin``."""
        code, offset = origin or (None, 0)
        known = (id(code), offset, count)
        splits = self._known.get(known)
        if splits is None:
            line = (line_at(origin), count)
            splits = self.lines.setdefault(line, Splits(origin, made_of, count))
            self._known[known] = splits
        return splits

    def noteworthy(self) -> list[Splits]:
        """Those that left keys over."""
        return [splits for splits in self.lines.values() if splits.left]


class _Blocks(threading.local):
    tallies: tuple[Tally, ...] = ()


blocks = _Blocks()
"""Of the `lazyax.random.unused_keys` blocks that are open."""

_of_process: list[Tally] = []


def tallies() -> Iterable[Tally]:
    """Those that a split of now goes into."""
    if config.key_unused == "off":
        return blocks.tallies
    if not _of_process:
        _of_process.append(Tally())
        atexit.register(say_at_exit)
    return (*blocks.tallies, *_of_process)


def watch(source: Source, count: int, made_of: Origin | None) -> None:
    """Take down that the user's own line split a key, in no trace, into those of ``source``."""
    if running.traces or count >= POOL or is_ours[_getframe(3).f_code.co_filename]:
        return
    source.splits = [tally.of(source.origin, count, made_of) for tally in tallies()]


def lose_all() -> None:
    """A key was used that may be any of those split so far, for all that is known."""
    for tally in tallies():
        for splits in tally.lines.values():
            splits.lost = True


def say_at_exit() -> None:
    """Warn of the keys that the process did not use, unless it failed or someone typed it in."""
    found = [splits for tally in _of_process for splits in tally.noteworthy()]
    failed = getattr(sys, "last_value", None) is not None
    if config.key_unused == "off" or failed or hasattr(sys, "ps1"):
        return
    for number, splits in enumerate(found[:LINES_SAID]):
        more = len(found) - LINES_SAID
        rest = number == LINES_SAID - 1 and more > 0
        splits.warn(splits.note + f"; so did {more} further lines" * rest)

"""Where a part of a plan is one piece after another: its period, and where pieces begin.

What makes pieces equal is said in the plan's numbers: one piece after another has the same ops, on
operands that lie as far back, that do not change, or that are evenly further from piece to piece.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import attrs
import numpy

from lazyax.xla.columns import Columns

FEWEST_NODES = 200
"""Nodes that a plan needs: smaller ones compile fast enough."""

FEWEST_ROUNDS = 4

FARTHEST_BACK = 4
"""Steps that a step may look back."""

CANDIDATES = 4
"""Periods that are tried, the likeliest first."""


@attrs.frozen
class Roll:
    """A part of a plan that is one piece after another.

    Attributes:
        start: number of the first node of the first piece.
        size: nodes of a piece.
        rounds: pieces.
        carried: positions in a piece whose values the next piece uses.
        reads: by position in a piece and place among operands, what is read of an earlier roll,
            a round of it for each round of this: the number that the first piece reads, and how
            much further the next one reads.
        stacked: positions whose values in all rounds are kept, for later rolls to read.
        kept: numbers of such values that are also used one by one.
    """

    start: int
    size: int
    rounds: int
    carried: tuple[int, ...]
    reads: dict[tuple[int, int], tuple[int, int]] = attrs.field(factory=dict)
    stacked: tuple[int, ...] = ()
    kept: tuple[int, ...] = ()

    @property
    def stop(self) -> int:
        """Number of the first node behind the last piece."""
        return self.start + self.size * self.rounds

    @property
    def saved(self) -> int:
        """Nodes that need not be compiled."""
        return self.size * (self.rounds - 1)


def largest_roll(columns: Columns, first: int, last: int, may_read: bool) -> Roll | None:
    """The loop in a part of a plan that saves most, if any saves enough.

    Args:
        columns: of the plan.
        first: number of the first node of the part.
        last: number of the first node behind it.
        may_read: whether its pieces may read values that are evenly further from piece to piece.
    """
    if last - first < FEWEST_NODES:
        return None
    sizes = _likely_sizes(columns, first, last)
    rolls = [_roll_of(columns, size, range(first, last), may_read) for size in sizes]
    return max(
        [roll for roll in rolls if roll is not None and roll.saved >= FEWEST_NODES // 2],
        key=lambda roll: roll.saved,
        default=None,
    )


def _likely_sizes(columns: Columns, first: int, stop: int) -> list[int]:
    """Distances at which an op on operands as far back comes again, by how much they cover.

    An op that there is once in each step tells its size; one of an inner loop covers less.
    """
    covered: dict[int, int] = {}
    for distance, count in columns.gaps(first, stop):
        if count >= FEWEST_ROUNDS:
            covered[distance] = max(covered.get(distance, 0), count * distance)
    return sorted(covered, key=lambda size: (-covered[size], size))[:CANDIDATES]


def _roll_of(columns: Columns, size: int, among: range, may_read: bool) -> Roll | None:
    """The longest loop of pieces of ``size`` nodes among some."""
    entries, avals = columns.plan.entries, columns.avals
    among = range(among.start + size, among.stop)
    first, last = _longest_run(columns, size, among, may_read)
    if last - first < size * FEWEST_ROUNDS:
        return None
    reach = max([user - used for user, used in _moved_uses(entries, first, size)], default=0)
    steps = max(1, -(-reach // size))  # so many steps are a piece, if one uses older ones
    first, size = first + (steps - 1) * size, steps * size
    if last - first < size * FEWEST_ROUNDS:
        return None
    boundary = _cheapest_boundary(entries, avals, first, size)
    if boundary is None:
        return None
    start = boundary - size  # the piece before the run is like it too, as far as its operands go
    pieces = (last - start) // size
    carried = _carried(entries, start, size)
    while pieces > FEWEST_ROUNDS and not _can_begin(entries, avals, start, size, carried):
        start += size
        pieces -= 1
    return Roll(start, size, pieces - 1, tuple(carried))


def _longest_run(columns: Columns, size: int, among: range, may_read: bool) -> tuple[int, int]:
    """Where the nodes begin and end that are each like the one ``size`` before, in one way."""
    like, steady = columns.alike(size, FARTHEST_BACK * size, may_read)
    odd = among.start + numpy.flatnonzero(~steady[among.start : among.stop])
    best, start = (0, 0), among.start
    for index, is_like in zip(
        [*odd.tolist(), among.stop], [*like[odd].tolist(), False], strict=True
    ):
        if is_like and index - size < start:
            continue  # the first of a run may be like what is before it in any way
        if index - start > best[1] - best[0]:
            best = (start, index)
        start = index + 1
    return best


def is_moved(operand: int, other: int, index: int, size: int) -> bool:
    """Whether an operand is as far back as that of the piece before, and not too far."""
    return operand == other + size and index - operand <= FARTHEST_BACK * size


def _moved_uses(entries: Sequence[Any], first: int, size: int):
    """(user, operand) of a piece that begins at ``first``, for operands that move along."""
    for index in range(first, first + size):
        entry, before = entries[index], entries[index - size]
        if type(entry) is tuple:
            for operand, other in zip(entry[1:], before[1:], strict=True):
                if is_moved(operand, other, index, size):
                    yield index, operand


def _cheapest_boundary(
    entries: Sequence[Any], avals: Sequence[Any], first: int, size: int
) -> int | None:
    """Where to cut the pieces so that the least is carried from one to the next."""
    reach: dict[int, int] = {}
    for index, operand in _moved_uses(entries, first, size):
        place = operand % size
        reach[place] = max(reach.get(place, 0), index - operand)
    crossing = [0] * size
    for place, distance in reach.items():
        aval = avals[first + (place - first) % size]
        if type(aval) is tuple:
            weight = 1 << 60  # several results are not carried
        else:
            weight = aval.nbytes + 64
        for boundary in range(place + 1, place + distance + 1):
            crossing[boundary % size] += weight
    cheapest = min(crossing)
    if cheapest >= 1 << 60:
        return None
    return first + (crossing.index(cheapest) - first) % size


def _carried(entries: Sequence[Any], start: int, size: int) -> list[int]:
    """Positions in a piece that the next one uses."""
    second = start + size
    uses = _moved_uses(entries, second, size)
    return sorted({operand - start for _, operand in uses if operand < second})


def _can_begin(
    entries: Sequence[Any], avals: Sequence[Any], start: int, size: int, carried: Sequence[int]
) -> bool:
    """Whether the first piece takes over what later ones do, and computes nothing for all."""
    before, second = start - size, start + size
    if before < 0 or any(avals[before + place] != avals[start + place] for place in carried):
        return False
    for index in range(second, second + size):
        if type(entries[index]) is tuple:
            for operand, other in zip(entries[index][1:], entries[index - size][1:], strict=True):
                if operand == other and operand >= start:
                    return False
    return True

"""Loops that Python unrolled are found in a plan and rolled up again.

A Python loop of 1,000 steps gives a plan of 1,000 equal pieces. XLA would compile each; as one
`stablehlo.while` it compiles one. What makes pieces equal is said in the plan's numbers: one piece
after another has the same ops, on operands that lie as far back, or that do not change
(docs/adr/0015).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

import attrs

from lazyax.config import config
from lazyax.graph.node import Node
from lazyax.xla.plan import Key, Plan

FEWEST_NODES = 200
"""Nodes that a plan needs: smaller ones compile fast enough."""

FEWEST_ROUNDS = 4

BODY = 64
"""Nodes that a body should have: several steps are one round of the loop if they are shorter."""

MOST_ROLLS = 8

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
    """

    start: int
    size: int
    rounds: int
    carried: tuple[int, ...]

    @property
    def stop(self) -> int:
        """Number of the first node behind the last piece."""
        return self.start + self.size * self.rounds

    @property
    def saved(self) -> int:
        """Nodes that need not be compiled."""
        return self.size * (self.rounds - 1)


@attrs.frozen
class Rolled:
    """A plan, perhaps in another order, and the parts of it that can be loops, in order."""

    plan: Plan
    rolls: list[Roll]

    @property
    def nodes_left(self) -> int:
        """Nodes that have to be compiled."""
        return len(self.plan.entries) - sum(roll.saved for roll in self.rolls)


def roll_up(planned: Plan) -> Rolled:
    """Find the loops in a plan.

    Nodes are numbered as they are met from the roots. If two sums run over one loop, all steps of
    the first may so come before those of the second; then an order by depth is tried.
    """
    asis = Rolled(planned, [])
    if config.loop_rolling == "off" or len(planned.entries) < FEWEST_NODES:
        return asis
    asis = Rolled(planned, _find_rolls(planned))
    if asis.nodes_left < len(planned.entries) // 4:
        return asis
    ordered = by_depth(planned)
    other = Rolled(ordered, _find_rolls(ordered))
    return other if other.nodes_left < asis.nodes_left else asis


def by_depth(planned: Plan) -> Plan:
    """The same plan, numbered by distance from the arrays that it begins with.

    What comes of scalars alone has no such distance: it goes just before what uses it. Arguments
    and scalars are taken in the same order as before.
    """
    entries = planned.entries
    depth: list[tuple[int, int] | None] = [None] * len(entries)  # and minus steps to that depth
    for index, entry in enumerate(entries):
        if type(entry) is tuple:
            deep = [depth[operand] for operand in entry[1:] if depth[operand] is not None]
            if deep or any(type(entries[operand]) is str for operand in entry[1:]):
                depth[index] = (1 + max(deep, default=(0, 0))[0], 0)
    for index, entry in reversed(list(enumerate(entries))):
        here = depth[index]
        if here is None:
            here = depth[index] = (len(entries), 0)  # an output, which nothing uses
        if type(entry) is tuple:
            before = (here[0], here[1] - 1)
            for operand in entry[1:]:
                there = depth[operand]
                if there is None or (there[1] and before < there):
                    depth[operand] = before
    order = sorted(range(len(entries)), key=lambda index: (depth[index], index))
    number = dict(zip(order, range(len(order)), strict=True))
    renumbered = [
        (entry[0], *[number[operand] for operand in entry[1:]]) if type(entry) is tuple else entry
        for entry in map(entries.__getitem__, order)
    ]
    return attrs.evolve(
        planned,
        key=Key((tuple(renumbered), tuple([number[output] for output in planned.outputs]))),
        nodes=[planned.nodes[index] for index in order],
    )


def scalar_places(planned: Plan) -> dict[int, int]:
    """For each scalar's number, its place among those of its dtype."""
    taken: Counter = Counter()
    place_of: dict[Node, int] = {}
    for node in planned.scalars:
        place_of[node] = taken[node.aval.dtype]
        taken[node.aval.dtype] += 1
    return {
        number: place_of[planned.nodes[number]]
        for number, entry in enumerate(planned.entries)
        if type(entry) not in (tuple, str)
    }


def _find_rolls(planned: Plan) -> list[Roll]:
    found: list[Roll] = []
    parts = [(0, len(planned.entries))]
    avals = [node.aval for node in planned.nodes]
    while parts and len(found) < MOST_ROLLS:
        first, last = parts.pop()
        roll = _largest_roll(planned, avals, first, last)
        if roll is not None:
            found.append(roll)
            parts += [(first, roll.start), (roll.stop, last)]
    places = scalar_places(planned) if found else {}
    even = [roll for roll in found if _numbers_are_even(roll, places)]
    return sorted(even, key=lambda roll: roll.start)


def _numbers_are_even(roll: Roll, places: dict[int, int]) -> bool:
    """Whether the scalars of the pieces lie at even distances in the vectors that hold them."""
    for first in range(roll.start, roll.start + roll.size):
        if first in places:
            step = places[first + roll.size] - places[first]
            numbers = range(first, roll.stop, roll.size)
            if any(
                places[n] != places[first] + step * k or step < 1 for k, n in enumerate(numbers)
            ):
                return False
    return True


def _largest_roll(planned: Plan, avals: Sequence[Any], first: int, last: int) -> Roll | None:
    if last - first < FEWEST_NODES:
        return None
    sizes = _likely_sizes(planned.entries, first, last)
    rolls = [_roll_of(planned, avals, size, first, last) for size in sizes]
    return max(
        [roll for roll in rolls if roll is not None and roll.saved >= FEWEST_NODES // 2],
        key=lambda roll: roll.saved,
        default=None,
    )


def _likely_sizes(entries: Sequence[Any], first: int, stop: int) -> list[int]:
    """Distances at which an op on operands as far back comes again, by how much they cover.

    An op that there is once in each step tells its size; one of an inner loop covers less.
    """
    seen: Counter[tuple] = Counter()
    last: dict[tuple, int] = {}
    for index in range(first, stop):
        entry = entries[index]
        if type(entry) is tuple:
            token = (entry[0], *[index - operand for operand in entry[1:]])
            before = last.get(token)
            if before is not None:
                seen[token, index - before] += 1
            last[token] = index
    covered: dict[int, int] = {}
    for (_, distance), count in seen.items():
        if count >= FEWEST_ROUNDS:
            covered[distance] = max(covered.get(distance, 0), count * distance)
    return sorted(covered, key=lambda size: (-covered[size], size))[:CANDIDATES]


def _roll_of(planned: Plan, avals: Sequence[Any], size: int, first: int, last: int) -> Roll | None:
    """The longest loop of pieces of ``size`` nodes between two numbers."""
    entries = planned.entries
    first, last = _longest_run(entries, avals, size, range(first + size, last))
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
    together = max(1, min(BODY // size, pieces // (2 * FEWEST_ROUNDS)))
    carried = _carried(entries, start, size)
    while pieces > FEWEST_ROUNDS and not _can_begin(entries, avals, start, size, carried):
        start += size
        pieces -= 1
    carried = tuple([(together - 1) * size + position for position in carried])
    roll = Roll(start, size * together, (pieces - 1) // together, carried)
    return _without_escapes(planned, roll)


def _longest_run(
    entries: Sequence[Any], avals: Sequence[Any], size: int, among: range
) -> tuple[int, int]:
    """Where the nodes begin and end that are each like the one ``size`` before."""
    best, start = (0, 0), among.start
    kinds: dict[int, tuple] = {}
    for index in among:
        kind = None
        if avals[index] == avals[index - size]:
            kind = _likeness(entries[index], entries[index - size], index, size)
        if kind is None or kinds.setdefault(index % size, kind) != kind:
            start, kinds = index + 1, {}
        elif index + 1 - start > best[1] - best[0]:
            best = (start, index + 1)
    return best


def _likeness(entry: Any, before: Any, index: int, size: int) -> tuple | None:
    """For each operand whether it moved along; None for entries that are not alike."""
    if type(entry) is not tuple:
        return () if entry == before and type(entry) is not str else None
    if type(before) is not tuple or entry[0] != before[0] or len(entry) != len(before):
        return None
    moved = []
    for operand, other in zip(entry[1:], before[1:], strict=True):
        if operand == other + size and index - operand <= FARTHEST_BACK * size:
            moved.append(True)
        elif operand == other:
            moved.append(False)
        else:
            return None
    return tuple(moved)


def _moved_uses(entries: Sequence[Any], first: int, size: int):
    """(user, operand) of a piece that begins at ``first``, for operands that move along."""
    for index in range(first, first + size):
        entry, before = entries[index], entries[index - size]
        if type(entry) is tuple:
            for operand, other in zip(entry[1:], before[1:], strict=True):
                if operand != other:
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


def _without_escapes(planned: Plan, roll: Roll) -> Roll | None:
    """The roll, shortened until nothing behind it uses what it does not carry."""
    entries, rounds = planned.entries, roll.rounds
    for _ in range(CANDIDATES):
        if rounds < FEWEST_ROUNDS:
            return None
        shorter = attrs.evolve(roll, rounds=rounds)
        end = shorter.stop
        kept = {end - roll.size + place for place in roll.carried}
        used = set(planned.outputs)
        for entry in entries[end:]:
            if type(entry) is tuple:
                used.update(entry[1:])
        escaped = [index for index in used if roll.start <= index < end and index not in kept]
        if not escaped:
            return shorter
        rounds = min(rounds - 1, (max(escaped) - roll.start) // roll.size)
    return None

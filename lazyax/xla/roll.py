"""Loops that Python unrolled are found in a plan and rolled up again.

A Python loop of 1,000 steps gives a plan of 1,000 equal pieces. XLA would compile each; as one
`stablehlo.while` it compiles one (docs/adr/0015). Where a later loop reads what each piece of an
earlier one computed, as a gradient does, in the order of the pieces or against it, the earlier loop
stacks that, and the later one reads a row a round (docs/adr/0023).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

import attrs
import numpy

from lazyax.config import config
from lazyax.graph.garbage import uncollected
from lazyax.graph.node import Node
from lazyax.xla.columns import Columns
from lazyax.xla.periods import (
    CANDIDATES,
    FEWEST_NODES,
    FEWEST_ROUNDS,
    Roll,
    is_moved,
    largest_roll,
)
from lazyax.xla.plan import Key, Plan

BODY = 64
"""Nodes that a body should have: several steps are one round of the loop if they are shorter."""

BODY_WORK = 256
"""Ops for an element of one value, those computed several times counted so often, which a body of
several steps may have: XLA fuses a body whole, as nothing stops it inside of loops."""

MOST_ROLLS = 8


@attrs.frozen(eq=False)
class Rolled:
    """A plan, perhaps in another order, and the parts of it that can be loops, in order."""

    plan: Plan
    rolls: list[Roll]

    @property
    def nodes_left(self) -> int:
        """Nodes that have to be compiled."""
        return len(self.plan.entries) - sum(roll.saved for roll in self.rolls)


@uncollected
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
    """The loops of a plan, in order: those that fit together, then others in what is left."""
    columns, places = Columns.of(planned), scalar_places(planned)
    found: list[Roll] = []
    for may_read in (True, False):
        parts = _gaps(found, len(planned.entries))
        more = [roll for part in parts for roll in _rolls_in(columns, places, part, may_read)]
        found = connected(columns, sorted([*found, *more], key=lambda roll: roll.start))
    return [_grouped(planned.entries, roll) for roll in found[:MOST_ROLLS]]


def _gaps(rolls: Sequence[Roll], stop: int) -> list[tuple[int, int]]:
    """What of a plan lies between rolls."""
    starts = [0, *[roll.stop for roll in rolls]]
    return list(zip(starts, [*[roll.start for roll in rolls], stop], strict=True))


def _rolls_in(columns: Columns, places: dict[int, int], part: tuple[int, int], may_read: bool):
    """The loops in a part of a plan: the largest, and those before and behind it."""
    found: list[Roll] = []
    parts = [part]
    while parts and len(found) < MOST_ROLLS:
        first, last = parts.pop()
        roll = largest_roll(columns, first, last, may_read)
        if roll is not None:
            found.append(roll)
            parts += [(first, roll.start), (roll.stop, last)]
    return [roll for roll in found if _numbers_are_even(roll, places)]


def _grouped(entries: Sequence[Any], roll: Roll) -> Roll:
    """A roll whose rounds are several pieces, if a piece is short and stands alone."""
    if roll.reads or roll.stacked or _reads_parts(entries, roll):
        return roll
    together = max(1, min(BODY // roll.size, (roll.rounds + 1) // (2 * FEWEST_ROUNDS)))
    work = [0] * (roll.start + roll.size * together)
    for index in range(roll.start, len(work)):
        if type(entries[index]) is tuple and not entries[index][0].expensive:
            work[index] = 1 + sum([work[operand] for operand in entries[index][1:]])
        if work[index] > BODY_WORK:
            together = max(1, (index - roll.start) // roll.size)
            break
    carried = tuple([(together - 1) * roll.size + position for position in roll.carried])
    return attrs.evolve(
        roll, size=roll.size * together, rounds=roll.rounds // together, carried=carried
    )


def _reads_parts(entries: Sequence[Any], roll: Roll) -> bool:
    """Whether a piece reads parts of what pieces compute, such as a stencil.

    Fused with the piece before, it would compute what it reads of that once for each part: a round
    of shortest ways between 400 nodes takes 64 us alone, and 524 where two are one body.
    """
    inside = range(roll.start, roll.start + 2 * roll.size)  # what the second piece may read
    return any(
        type(entry) is tuple and entry[0].partial and entry[1] in inside
        for entry in entries[roll.start + roll.size : inside.stop]
    )


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


PASSES = 8
"""How often rolls may be shortened to fit to each other, before they are given up."""


def connected(columns: Columns, rolls: Sequence[Roll]) -> list[Roll]:
    """Those rolls, shortened, that find what they read in others and keep what others read."""
    entries, avals, found = columns.plan.entries, columns.avals, list(rolls)
    for _ in range(PASSES):
        before = found
        reading = [_with_reads(entries, avals, roll, found) for roll in found]
        found = [roll for roll in reading if roll is not None]
        one_by_one = _read_one_by_one(columns, found)
        keeping = [_without_escapes(columns, roll, found, one_by_one) for roll in found]
        found = [roll for roll in keeping if roll is not None and roll.saved >= FEWEST_NODES // 2]
        if found == before:
            return found
    return []


def _with_reads(
    entries: Sequence[Any], avals: Sequence[Any], roll: Roll, others: Sequence[Roll]
) -> Roll | None:
    """A roll with what it reads of others, a round of theirs for each of its own.

    It is shortened to the rounds whose reads all lie in loops, and None if there are too few.
    """
    reads, first, last = {}, 0, roll.rounds
    for position, place, operand, further in _even_reads(entries, roll):
        source = _source_of(operand + further * (roll.rounds // 2), further, roll, others)
        if source is None or type(avals[operand]) is tuple:
            return None
        reads[position, place] = (operand, further)
        inside = [operand - source.start, source.stop - 1 - operand]
        low, high = inside if further < 0 else inside[::-1]
        last = min(last, low // abs(further) + 1)
        first = max(first, -(high // abs(further)))
    if (first, last) == (0, roll.rounds):
        return attrs.evolve(roll, reads=reads)
    if last - first < FEWEST_ROUNDS:
        return None
    return attrs.evolve(
        roll, start=roll.start + first * roll.size, rounds=last - first, reads=reads
    )


def _even_reads(entries: Sequence[Any], roll: Roll):
    """(position, place among operands, operand, how much further the next piece reads)."""
    for index in range(roll.start, roll.start + roll.size):
        entry, later = entries[index], entries[index + roll.size]
        if type(entry) is tuple:
            pairs = zip(entry[1:], later[1:], strict=True)
            for place, (operand, following) in enumerate(pairs):
                moved = is_moved(following, operand, index + roll.size, roll.size)
                if operand != following and not moved:
                    yield index - roll.start, place, operand, following - operand


def _source_of(number: int, further: int, roll: Roll, others: Sequence[Roll]) -> Roll | None:
    """The earlier loop that computes a number, if rounds of it are a whole number apart."""
    for other in others:
        if other.start <= number < other.stop <= roll.start and further % other.size == 0:
            return other
    return None


def _without_escapes(
    columns: Columns, roll: Roll, others: Sequence[Roll], one_by_one: numpy.ndarray
) -> Roll | None:
    """The roll, shortened until nothing behind it uses what it neither carries nor stacks."""
    start, size, rounds = roll.start, roll.size, roll.rounds
    read = [operand for other in others for operand, _ in other.reads.values()]
    stacked = {(operand - start) % size for operand in read if start <= operand < roll.stop}
    outputs = numpy.array(columns.plan.outputs, numpy.int64)
    for _ in range(CANDIDATES):
        if rounds < FEWEST_ROUNDS:
            return None
        end = start + size * rounds
        first = numpy.searchsorted(columns.user, end)  # of the operands behind it
        used = numpy.append(columns.operand[first:][one_by_one[first:]], outputs)
        used = numpy.unique(used[(start <= used) & (used < end)])
        carried = {end - size + place for place in roll.carried}
        inside = [n for n in used.tolist() if n not in carried]
        escaped = [n for n in inside if (n - start) % size not in stacked]
        if not escaped:
            return attrs.evolve(
                roll, rounds=rounds, stacked=tuple(sorted(stacked)), kept=tuple(inside)
            )
        rounds = min(rounds - 1, (escaped[-1] - start) // size)
    return None


def _read_one_by_one(columns: Columns, rolls: Sequence[Roll]) -> numpy.ndarray:
    """Of all operands, which are not read a row a round."""
    found = numpy.ones(len(columns.user), bool)
    for roll in rolls:
        for position, place in roll.reads:
            rows = slice(roll.start + position, roll.stop, roll.size)
            found[columns.starts[rows] + place] = False
    return found

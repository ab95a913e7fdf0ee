"""Plans of structures that were planned before, recognised without numbering their nodes again.

A loop asks for the same structure each time, at the same line. What its last plan looked like is
remembered as steps: the ops in the order in which a walk from the roots first meets them. Going
through them beside the new nodes costs 0.2 us a node where planning costs 2-3 (docs/adr/0022).
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Hashable, Sequence
from itertools import chain
from operator import gt

import attrs

from lazyax.graph.node import Node
from lazyax.graph.records import Records, Take, taking
from lazyax.graph.references import OF_THE_CALL
from lazyax.xla.plan import NUMBERS, Key, Plan

MOST_NODES = 200_000
"""Nodes of all remembered plans."""

REFERENCES_OF_A_WALK = 1 + OF_THE_CALL
"""To a node that was met, beside operand tuples: that of the list of nodes."""

UNLIMITED = sys.maxsize
"""References that a node may have which no plan asks whether others want it."""


@attrs.frozen(eq=False)
class Record:
    """A plan without its nodes, which are the places of a walk instead.

    Attributes:
        steps: for each place an op, how many operands it has, and where those are that were met
            before (see `_walk`); or None, whether it is a number, and the aval, for a leaf.
        limits: for each place, how many references a node has that nobody else wants.
        wanted: for each place, whether it had more.
        held: how many had, and what takes them: no other node is ever in two places of a plan.
        key: of the plan.
        lists: what takes the nodes, arguments and scalars of the plan.
        settled: what takes the nodes of each output.
    """

    steps: list[tuple]
    limits: list[int]
    wanted: list[bool]
    held: tuple[int, Take]
    key: Key
    lists: tuple[Take, Take, Take]
    settled: list[Take]

    def plan(self, roots: Sequence[Node]) -> Plan | None:
        """The plan of ``roots``, if the record fits them."""
        found = _walk(self.steps, roots)
        if found is None:
            return None
        if list(map(gt, map(sys.getrefcount, found), self.limits)) != self.wanted:
            return None
        count, held = self.held
        if count > 1 and len(set(held(found))) < count:
            return None  # one node where there were two is another program: x + x is not x + y
        nodes, arguments, scalars = [take(found) for take in self.lists]
        return Plan(self.key, nodes, arguments, scalars, [take(found) for take in self.settled])


memory: Records[Record] = Records(MOST_NODES)
"""Of the process; `lazyax.graph.node.settling` is held by who asks it."""


def recall(roots: Sequence[Node], keep_all: bool = False) -> Plan | None:
    """The plan of ``roots``, if they have a structure that is remembered."""
    return memory.recall(_site_of(roots, keep_all), lambda record: record.plan(roots))


def remember(roots: Sequence[Node], planned: Plan, keep_all: bool = False) -> None:
    """Keep what is needed to recognise a plan."""
    memory.remember(_site_of(roots, keep_all), _record_of(roots, planned))


def _site_of(roots: Sequence[Node], keep_all: bool) -> Hashable:
    """Where to look for a record: what makes it likely, at the cost of one tuple."""
    root = roots[0]
    code, offset = root.origin or (None, 0)
    return (len(roots), keep_all, root.aval, id(code), offset)


def _walk(steps: list[tuple], roots: Sequence[Node]) -> list[Node] | None:
    """The nodes under ``roots`` by place, if they are as ``steps`` say.

    The hottest path of materialization. A step of an op has the places of its operands, None for
    those that are met for the first time; or None where that is all of them.
    """
    found = list(roots)
    for node, (op, count, places) in zip(found, steps, strict=False):
        if node.value is not None:
            if op is not None or places is not node.aval:
                return None
            if count is not (type(node.value) in NUMBERS):
                return None
        elif node.op is not op and node.op != op:
            return None
        elif places is None:
            operands = node.operands
            if len(operands) != count:
                operands = operands[:count]
            found += operands
        else:
            for operand, place in zip(node.operands, places, strict=False):
                if place is None:
                    found.append(operand)
                elif found[place] is not operand:
                    return None
    return found if len(found) == len(steps) else None


def _record_of(roots: Sequence[Node], planned: Plan) -> Record:
    place_of: dict[Node, int] = {root: place for place, root in enumerate(roots)}
    found = list(roots)
    steps: list[tuple] = []
    for node in found:
        if node.value is not None:
            steps.append((None, type(node.value) in NUMBERS, node.aval))
            continue
        operands = node.operands[: node.op.forwards or None]
        places = []
        for operand in operands:
            place = place_of.get(operand)
            places.append(place)
            if place is None:
                place_of[operand] = len(found)
                found.append(operand)
        is_new = all(place is None for place in places)
        steps.append((node.op, len(operands), None if is_new else tuple(places)))
    uses = Counter(chain.from_iterable([node.operands for node in found if node.value is None]))
    limits = [UNLIMITED] * len(found)
    for node in (*planned.nodes, *planned.aliases):
        limits[place_of[node]] = REFERENCES_OF_A_WALK + uses[node]
    wanted = [False] * len(found)
    for node in planned.wanted:
        wanted[place_of[node]] = True

    def taker_of(nodes: Sequence[Node]) -> Take:
        return taking([place_of[node] for node in nodes])

    return Record(
        steps,
        limits,
        wanted,
        (sum(wanted), taking([place for place, is_wanted in enumerate(wanted) if is_wanted])),
        planned.key,
        (taker_of(planned.nodes), taker_of(planned.arguments), taker_of(planned.scalars)),
        [taker_of(nodes) for nodes in planned.settled],
    )

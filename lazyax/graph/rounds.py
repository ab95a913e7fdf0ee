"""Where the rounds of Python loops end in what is pending: at call sites that come round evenly.

Programs that are cut there have the same structure, so one serves them all; cut at a fixed count,
each round would be cut elsewhere (docs/adr/0019).
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from itertools import pairwise

from lazyax.graph.node import Node
from lazyax.graph.origin import Sites, instruction_of

PIECE = 128
"""Nodes of a piece, at least: compiling takes longer with each node, running with each piece."""

FEWEST_ROUNDS = 4

Site = tuple[int, int, type]
"""Where a node was made: a code object by its id, an instruction of it, and the class of op."""


class SiteOf:
    """The site of a node; each instruction is looked up once."""

    def __init__(self):
        self.known = Sites()

    def __getitem__(self, node: Node) -> Site | None:
        if node.origin is None:
            return None
        key = (id(node.origin[0]), node.origin[1])
        found = self.known.get(key)
        if found is None:
            found = self.known[key] = (node.origin[0], instruction_of(node.origin))
        return (key[0], found[1], type(node.op))


def deepest_path(pending: Sequence[Node]) -> list[Node]:
    """The longest path through ``pending`` nodes: it passes through each round of a loop."""
    depth: dict[Node, int] = {}
    for node in pending:
        depth[node] = max([depth.get(operand, 0) for operand in node.operands], default=0) + 1
    path = [max(pending, key=depth.__getitem__)]
    while depth[path[-1]] > 1:
        below = [operand for operand in path[-1].operands if operand in depth]
        path.append(max(below, key=depth.__getitem__))
    return path[::-1]


def places_of_sites(path: Sequence[Node], site_of: SiteOf) -> dict[Site, list[int]]:
    """Where on a path each site made a node that can be computed by itself, of one result."""
    places: dict[Site, list[int]] = {}
    for place, node in enumerate(path):
        site = site_of[node]
        if site is not None and type(node.aval) is not tuple:
            places.setdefault(site, []).append(place)
    return places


def ends_of_rounds(pending: Sequence[Node]) -> list[Node]:
    """Nodes at which to cut, in order, so that most pieces are equal; none where no loop is seen.

    Args:
        pending: nodes to compute, operands first.
    """
    path = deepest_path(pending)
    places = places_of_sites(path, SiteOf())
    nodes = len(pending) / len(path)  # for each on the path
    stretches = [one for found in places.values() for one in _even_stretches(found)]
    ends: list[int] = []
    for one in _apart([one for one in stretches if (one[-1] - one[0]) * nodes >= PIECE]):
        ends += one[:: math.ceil(PIECE / (one.step * nodes))]
    return [path[place] for place in sorted(ends)]


def _even_stretches(places: Sequence[int]) -> Iterator[range]:
    """The parts of a list of places in which each is equally far from the next."""
    start, step = places[0], 0
    for place, following in pairwise([*places, places[-1]]):  # the last gap, 0, is no step
        if following - place != step:
            if step and (place - start) // step >= FEWEST_ROUNDS:
                yield range(start, place + 1, step)
            start, step = place, following - place


def _apart(stretches: Sequence[range]) -> list[range]:
    """Stretches that do not overlap: the longest first, and of those the outermost loops'."""
    found: list[range] = []
    for one in sorted(stretches, key=lambda one: (one[0] - one[-1] - 2 * one.step, -one.step)):
        # a loop inside of another goes on before the first end of a round and behind the last
        if all(
            one[-1] < other[0] - other.step or other[-1] + other.step < one[0] for other in found
        ):
            found.append(one)
    return found

"""Where boxes go: ranks by longest path, order by barycenters, places by least squares.

The method is that of Sugiyama, Tagawa and Toda (1981): an edge over several ranks gets a place in
each, so that it goes around boxes and not through them.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import attrs

SWEEPS = 16
GAP = 26.0
"""Free space between neighbours of one rank."""
RANK_GAP = 40.0
"""Free space between ranks."""
THREAD = 6.0
"""Width of the place that an edge has in a rank that it passes."""
LONGEST = 60
"""Ranks that an edge passes by places of its own; a longer one goes straight."""
STRAIGHT = 8.0
"""How much more a long edge wants to go straight than a box to be near its operands."""


@attrs.frozen
class Layout:
    """Places.

    Attributes:
        left: x of the left side of each box.
        top: y of its upper side.
        ends: for each edge the x at which it meets the user's box.
        paths: for each edge the x at which it passes the ranks between its ends.
        ranks: the rank of each box.
        bounds: upper and lower y of each rank.
        width: of the whole.
        height: of the whole.
    """

    left: list[float]
    top: list[float]
    ends: list[float]
    paths: list[list[float]]
    ranks: list[int]
    bounds: list[tuple[float, float]]
    width: float
    height: float


@attrs.frozen
class Link:
    """Part of an edge, from one rank to the next.

    Attributes:
        start: the upper place.
        end: the lower place.
        port: where on the lower place it ends, from -1/2 to 1/2 of its width.
        weight: how much it wants to be straight.
    """

    start: int
    end: int
    port: float
    weight: float


class _Places:
    """Boxes, and after them the threads of long edges: ranks, widths and links of each."""

    def __init__(self, sizes: Sequence[tuple[float, float]], edges: Sequence[tuple[int, int]]):
        self.ranks = _ranks(len(sizes), edges)
        self.widths = [width for width, _ in sizes]
        self.threads: list[list[int]] = []
        self.ports = _ports(edges)
        self.links: list[Link] = []
        for (start, end), port in zip(edges, self.ports, strict=True):
            self.threads.append(self.add_edge(start, end, port))
        self.above: list[list[Link]] = [[] for _ in self.ranks]
        self.below: list[list[Link]] = [[] for _ in self.ranks]
        for link in self.links:
            self.above[link.end].append(link)
            self.below[link.start].append(link)
        self.rows: list[list[int]] = [[] for _ in range(max(self.ranks, default=-1) + 1)]
        for place, rank in enumerate(self.ranks):
            self.rows[rank].append(place)

    def add_edge(self, start: int, end: int, port: float) -> list[int]:
        """The places of an edge between its ends."""
        thread: list[int] = []
        if self.ranks[end] - self.ranks[start] <= LONGEST:
            for rank in range(self.ranks[start] + 1, self.ranks[end]):
                thread.append(len(self.ranks))
                self.ranks.append(rank)
                self.widths.append(THREAD)
            stops = [start, *thread, end]
            for upper, lower in itertools.pairwise(stops):
                weight = STRAIGHT if upper != start and lower != end else 1.0
                self.links.append(Link(upper, lower, port if lower == end else 0.0, weight))
        return thread


def layout(sizes: Sequence[tuple[float, float]], edges: Sequence[tuple[int, int]]) -> Layout:
    """Place boxes of ``sizes`` (width, height); operands come before their users."""
    places = _Places(sizes, edges)
    _order(places)
    centers = _centers(places)
    sides = list(zip(centers, places.widths, strict=True))
    shift = -min((center - width / 2 for center, width in sides), default=0)
    bounds = _bounds(places.rows, sizes)
    return Layout(
        left=[centers[i] - width / 2 + shift for i, (width, _) in enumerate(sizes)],
        top=[bounds[places.ranks[i]][0] for i in range(len(sizes))],
        ends=[
            centers[end] + shift + port * places.widths[end]
            for (_, end), port in zip(edges, places.ports, strict=True)
        ],
        paths=[[centers[place] + shift for place in thread] for thread in places.threads],
        ranks=places.ranks[: len(sizes)],
        bounds=bounds,
        width=max((center + width / 2 + shift for center, width in sides), default=0),
        height=bounds[-1][1] if bounds else 0,
    )


def _ranks(count: int, edges: Sequence[tuple[int, int]]) -> list[int]:
    """Longest path from above; then down to the first user where that makes no edge longer."""
    ranks = [0] * count
    operands = [0] * count
    users: list[list[int]] = [[] for _ in range(count)]
    for start, end in sorted(edges, key=lambda edge: edge[1]):
        ranks[end] = max(ranks[end], ranks[start] + 1)
        operands[end] += 1
        users[start].append(end)
    for box in reversed(range(count)):
        if users[box] and operands[box] <= len(users[box]):
            ranks[box] = min(ranks[user] for user in users[box]) - 1
    return ranks


def _ports(edges: Sequence[tuple[int, int]]) -> list[float]:
    """Where each edge meets its user: side by side, by operand position."""
    count: dict[int, int] = {}
    for _, end in edges:
        count[end] = count.get(end, 0) + 1
    met: dict[int, int] = {}
    ports = []
    for _, end in edges:
        met[end] = met.get(end, 0) + 1
        ports.append(met[end] / (count[end] + 1) - 0.5)
    return ports


def _order(places: _Places) -> None:
    """Sort each rank from left to right, so that few edges cross."""
    position = {}
    for row in places.rows:
        position.update(_positions(row))
    for sweep in range(SWEEPS):
        upward = sweep % 2 == 1
        for row in reversed(places.rows) if upward else places.rows:
            wished = {p: _barycenter(places, p, upward, position) for p in row}
            row.sort(key=wished.__getitem__)
            position.update(_positions(row))


def _positions(row: Sequence[int]) -> dict[int, float]:
    """From -1/2 to 1/2, so that rows of different lengths compare."""
    return {place: (i + 0.5) / len(row) - 0.5 for i, place in enumerate(row)}


def _barycenter(places: _Places, place: int, upward: bool, position: dict[int, float]) -> float:
    if upward:
        near = [
            position[link.end] + link.port / len(places.rows[places.ranks[link.end]])
            for link in places.below[place]
        ]
    else:
        near = [position[link.start] for link in places.above[place]]
    return sum(near) / len(near) if near else position[place]


def _centers(places: _Places) -> list[float]:
    """x of each place: near its neighbours above and below, in order, without overlap."""
    centers = [0.0] * len(places.widths)
    for row in places.rows:
        _spread(row, [(0.0, 1.0)] * len(row), places.widths, centers)
    for sweep in range(SWEEPS):
        for row in reversed(places.rows) if sweep % 2 else places.rows:
            wished = [_wish(places, place, centers) for place in row]
            _spread(row, wished, places.widths, centers)
    return centers


def _wish(places: _Places, place: int, centers: Sequence[float]) -> tuple[float, float]:
    """Where a place wants its center, and how much."""
    total, weight = 0.0, 0.0
    for link in places.above[place]:
        total += link.weight * (centers[link.start] - link.port * places.widths[place])
        weight += link.weight
    for link in places.below[place]:
        total += link.weight * (centers[link.end] + link.port * places.widths[link.end])
        weight += link.weight
    return (total / weight, weight) if weight else (centers[place], 0.01)


def _spread(row: Sequence[int], wished, widths: Sequence[float], centers: list[float]) -> None:
    """Centers nearest to the wished ones by least squares, in order and without overlap.

    Without the room that each needs this is isotonic regression: pool adjacent violators.
    """
    room, rooms = 0.0, []
    for i, place in enumerate(row):
        if i:
            room += (widths[row[i - 1]] + widths[place]) / 2 + GAP
        rooms.append(room)
    pools: list[list[float]] = []  # weighted sum, weight and count of those that share a shift
    for (wish, weight), before in zip(wished, rooms, strict=True):
        pools.append([(wish - before) * weight, weight, 1])
        while len(pools) > 1 and pools[-2][0] / pools[-2][1] >= pools[-1][0] / pools[-1][1]:
            last = pools.pop()
            pools[-1] = [a + b for a, b in zip(pools[-1], last, strict=True)]
    shifts = [total / weight for total, weight, count in pools for _ in range(int(count))]
    for place, shift, before in zip(row, shifts, rooms, strict=True):
        centers[place] = shift + before


def _bounds(rows: Sequence[list[int]], sizes) -> list[tuple[float, float]]:
    """Upper and lower y of each rank."""
    bounds, y = [], 0.0
    for row in rows:
        height = max((sizes[place][1] for place in row if place < len(sizes)), default=0)
        bounds.append((y, y + height))
        y += height + RANK_GAP
    return bounds

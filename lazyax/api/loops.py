"""Loops that never look at a value: their graph is cut where rounds end, and computed so far.

A pending past of more than `SPAN` nodes is computed in pieces of a few rounds each, which end where
one call site comes round again: they have the same structure, so one program serves them all.
Cutting at a fixed count would cut every round elsewhere: up to hundreds of programs for one loop
body (DESIGN.md section 7, docs/adr/0019, 0026).
"""

from __future__ import annotations

import math
import threading
import warnings
from collections.abc import Hashable, Mapping, Sequence
from itertools import pairwise

import attrs

from lazyax.array import is_forbidden
from lazyax.errors import UnreadLoopWarning
from lazyax.graph.growth import SPAN, now, watchers
from lazyax.graph.node import Node, all_history, history_keepers, settling
from lazyax.graph.origin import Origin, describe, line_of
from lazyax.graph.rounds import PIECE, Site, SiteOf, deepest_path, pending_below, places_of_sites
from lazyax.graph.traversal import toposort
from lazyax.ops.primitives.leaves import COMPUTED
from lazyax.xla import execute
from lazyax.xla.cold import cold

PATIENCE = 4
"""A past of so many spans that goes on growing is computed whole: no call site came round."""

FRESH = 2
"""Spans that a past may have that does not go on from a cut: it may yet be looked at."""

PROGRAMS = 3
"""Programs compiled for the pieces that one call site ends, after which pieces are made smaller."""


@attrs.define(eq=False)
class Watch:
    """What one thread's loops are known to do.

    Attributes:
        site: where pieces end; None until one is known.
        rounds: how many rounds a piece has.
        is_finest: whether pieces can not be made smaller.
        compiled: programs compiled for pieces that end at ``site``.
        looked: by the birth of a past, when it is to be looked at again.
        kept: the same, of a past that a derivative needs: computing it would free nothing.
        cut: when the last past was cut; what was born later began after it.
        passed: sites of nodes whose past was too long, which are the user's own: others, such as
            those of derivatives, never come here.
    """

    sites: SiteOf = attrs.field(factory=SiteOf)
    site: Site | None = None
    rounds: int = 1
    is_finest: bool = False
    compiled: int = 0
    looked: dict[int, int] = attrs.field(factory=dict)
    kept: dict[int, int] = attrs.field(factory=dict)
    cut: int = 0
    passed: set[Site | None] = attrs.field(factory=set)

    def grown(self, node: Node, time: int) -> None:
        """Compute what is old of a past that is too long, or wait for a place to cut it."""
        if is_forbidden():
            return
        if time < self.kept.get(node.born, 0):
            return
        if node.born > self.cut and time < node.born + FRESH * SPAN:
            return
        here = self.sites[node]
        if node.born not in self.looked:
            self.passed.clear()
        self.passed.add(here)
        if here == self.site or time >= self.looked.get(node.born, 0):
            # no list of other nodes is alive while these are computed: they would seem wanted
            self.compute(self.ends(node, here, time), node)

    def ends(self, node: Node, here: Site | None, time: int) -> list[Node]:
        """Where the complete pieces of a past end, if it really is too long."""
        pending = pending_below([node])
        if len(pending) <= SPAN:
            _rejuvenate(pending)
            return []
        needed = _needed_by_derivatives(node)
        if needed:
            self.kept = {node.born: time + needed}
            return []
        if here == self.site:
            if self.compiled >= PROGRAMS and not self.is_finest:
                self.refine(self.places(deepest_path(pending)))
        elif len(pending) > PATIENCE * SPAN and node.born in self.looked:
            self.site = None
            return [node]
        else:
            places = self.places(deepest_path(pending))
            if self.site not in places:
                self.choose(places, len(pending))
            self.looked[node.born] = time + SPAN
        if here != self.site or here is None:
            return []
        kind = here[2]
        ends = [one for one in pending if type(one.op) is kind and self.sites[one] == here]
        ends = ends[self.rounds - 1 :: self.rounds]
        # the newest piece waits: the loop's variables still hold what is inside it
        return ends[:-1] or ends

    def places(self, spine: Sequence[Node]) -> dict[Site | None, list[int]]:
        """Where on a path each site of the user's is."""
        places = places_of_sites(spine, self.sites)
        if len(self.passed) == 1:
            return places
        return {site: found for site, found in places.items() if site in self.passed}

    def choose(self, places: Mapping[Site | None, Sequence[int]], nodes: int) -> None:
        """Let pieces end at the rarest site that came round evenly: in the outermost loop.

        If none did, rounds differ, as they do with branches: pieces of several rounds would be of
        ever new structure.
        """
        even = {site: len(found) for site, found in places.items() if _are_even(found)}
        if not even:
            self.refine(places)
            return
        self.site = min(even, key=even.__getitem__)
        self.rounds = math.ceil(PIECE * even[self.site] / nodes)
        self.is_finest, self.compiled = False, 0

    def refine(self, places: Mapping[Site | None, Sequence[int]]) -> None:
        """Let each piece be one round, that ends at the commonest site: rounds are of few kinds."""
        counts = {site: len(found) for site, found in places.items() if len(found) > 1}
        self.site = max(counts, key=counts.__getitem__, default=None)
        self.rounds, self.is_finest = 1, True

    def compute(self, ends: Sequence[Node], node: Node) -> None:
        """Give ``ends`` their values one after another, so that the past of ``node`` is short."""
        if not ends:
            return
        for end in ends:
            before = cold.new
            # a loop has other variables, whose past ends here too
            execute.materialize([end], COMPUTED, keep_all=True)
            self.compiled += cold.new > before
            if self.compiled > PROGRAMS and not self.is_finest:
                break  # pieces are not equal: the rest is cut into smaller ones
        self.looked.clear()
        self.passed.clear()
        self.cut = _rejuvenate(pending_below([node]))
        _warn_once(ends[-1].origin)  # the last: where warnings are errors, the past is short now


def _are_even(places: Sequence[int]) -> bool:
    """Whether there are several, all of them equally far from the next; the first may differ."""
    gaps = [after - before for before, after in pairwise(places)]
    return len(gaps) > 0 and len(set(gaps[1:] or gaps)) == 1


def _needed_by_derivatives(node: Node) -> int:
    """How many nodes the history of a node has, if it is kept for derivatives; 0 if it is not."""
    if not (history_keepers.count or all_history.count):
        return 0
    with settling:
        order = toposort([node])
        kept = all_history.count or any(one.op.keeps_history for one in order)
    return len(order) if kept else 0


def _rejuvenate(pending: Sequence[Node]) -> int:
    """Let nodes count as new, since few that were made are in their past; when they were born."""
    time = now()
    for node in pending:
        node.born = time
    return time


warned: dict[Hashable, Origin] = {}
"""Origins of the loops that were cut and warned of, by code and line."""


def _warn_once(origin: Origin | None) -> None:
    """Name the line of a loop that never looks, the first time that it is cut there."""
    if origin is None or (id(origin[0]), line_of(origin)) in warned:
        return
    warned[(id(origin[0]), line_of(origin))] = origin
    warnings.warn_explicit(
        f"a loop built more than {SPAN:,} nodes at {describe(origin)} without reading a value, so "
        "lazyax computed what was pending there; call lazyax.materialize in the loop to choose "
        "where",
        UnreadLoopWarning,
        origin[0].co_filename,
        line_of(origin),
    )


class _Watches(threading.local):
    def __init__(self):
        self.watch = Watch()


_watches = _Watches()


def install() -> None:
    """Watch the growth of graphs."""
    watchers.append(lambda node, time: _watches.watch.grown(node, time))


install()

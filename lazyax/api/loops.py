"""Loops that never look at a value: their graph is cut where rounds end, and computed so far.

A pending past of more than `SPAN` nodes is computed in pieces of a few rounds each, which end where
one call site comes round again: they have the same structure, so one program serves them all.
Cutting at a fixed count would cut every round elsewhere: up to hundreds of programs for one loop
body (DESIGN.md section 7, docs/adr/0019, 0026).
"""

from __future__ import annotations

import math
import threading
from collections.abc import Mapping, Sequence
from itertools import pairwise

import attrs

from lazyax.array import is_forbidden
from lazyax.errors import UnreadLoopWarning
from lazyax.graph.growth import SPAN, now, readers, watchers
from lazyax.graph.node import Node, all_history, history_keepers, settling
from lazyax.graph.origin import Origin, Sites, describe, line_of, warn_at
from lazyax.graph.rounds import PIECE, Site, SiteOf, deepest_path, places_of_sites
from lazyax.graph.traversal import pending_below, toposort
from lazyax.ops.primitives.leaves import COMPUTED
from lazyax.xla import execute

PATIENCE = 4
"""A past of so many spans that goes on growing is computed whole: no call site came round."""

FRESH = 2
"""Spans that a past may have that does not go on from a cut: it may yet be looked at."""

SHORT = SPAN // 2
"""Nodes that a past may have to count as new, since what it began with was looked at meanwhile."""

MOST_LONG = 64
"""Pasts that are known to be longer."""

KINDS = 4
"""New structures among the pieces that one call site ends, after which pieces are made smaller."""

MOST_CUTS = 8
"""Sites at which loops are cut, the latest: of several loops, or variables that share nothing."""


@attrs.define(eq=False)
class Cut:
    """How a loop is cut at a site.

    Attributes:
        stride: how many of the nodes that the site makes a piece has: those of whole rounds.
        in_round: how many a round has; 0 where that is not known.
        is_finest: whether pieces can not be made smaller.
        kinds: new structures among pieces, less those that were known since.
    """

    stride: int = 1
    in_round: int = 0
    is_finest: bool = False
    kinds: int = 0


@attrs.define(eq=False)
class Watch:
    """What one thread's loops are known to do.

    Attributes:
        cuts: by site, how the loops are cut that are known.
        looked: by the birth of a past, when it is to be looked at again.
        kept: the same, of a past that a derivative needs: computing it would free nothing.
        long: births of pasts that had more than `SHORT` nodes.
        inside: sites of nodes that a running derivative needed: no loop is cut there.
        last: when a past was last cut, or found to be short: what was born later began after it.
        unread: where a loop was cut of which nothing was read since.
        passed: sites of nodes whose past was too long, which are the user's own: others, such as
            those of derivatives, never come here.
    """

    sites: SiteOf = attrs.field(factory=SiteOf)
    cuts: dict[Site, Cut] = attrs.field(factory=dict)
    looked: dict[int, int] = attrs.field(factory=dict)
    kept: dict[int, int] = attrs.field(factory=dict)
    long: set[int] = attrs.field(factory=set)
    inside: Sites = attrs.field(factory=Sites)
    last: int = 0
    unread: Site | None = None
    passed: set[Site] = attrs.field(factory=set)

    def grown(self, node: Node, time: int) -> None:
        """Compute what is old of a past that is too long, or wait for a place to cut it."""
        here = self.sites[node]
        if here is None or is_forbidden() or time < self.kept.get(node.born, 0):
            return
        if node.op.keeps_history:
            return
        if node.born not in self.looked:
            if node.born < self.last and self.renew(node, SPAN - (time - self.last), self.last):
                return
            goes_on = self.unread is not None and node.born == self.last
            if not goes_on and self.is_short(node, time):
                return
            if node.born > self.last and time < node.born + FRESH * SPAN:
                return
            if node.born != self.last:
                self.passed.clear()
        self.passed.add(here)
        is_known = here in self.cuts
        if not is_known and node.born == self.last and time < self.last + 2 * SPAN:
            return  # it goes on from a cut, and the site will come round once more
        if not is_known and time < self.looked.get(node.born, 0):
            return
        # no list of other nodes is alive while these are computed: they would seem wanted
        if self.compute(self.ends(node, here, time), here):
            self.renew(node, math.inf, self.last)  # it goes on from the cut

    def is_short(self, node: Node, time: int) -> bool:
        """Whether a past was computed but for a little, as in a loop that reads its loss.

        It counts as new then, so that its loop is let alone for the next `SPAN` nodes.
        """
        if node.born in self.long:
            return False
        if self.renew(node, SHORT, time):
            return True
        if len(self.long) == MOST_LONG:
            self.long.clear()
        self.long.add(node.born)
        return False

    def renew(self, node: Node, most: float, since: int) -> bool:
        """Let what is pending and older count as made at ``since``, if it is ``most`` at most.

        Nodes know their oldest pending operand of when they were made: the variables of a loop
        have others, which were computed since.
        """
        old: list[tuple[Node, int]] = []
        stack = [node]
        with settling:
            while stack and len(old) <= most:
                one = stack.pop()
                if one.born < since:
                    old.append((one, one.born))
                    one.born = since
                    stack.extend(one.operands)
            if stack:
                for one, born in old:
                    one.born = born
        return not stack

    def ends(self, node: Node, here: Site, time: int) -> list[Node]:
        """Where the complete pieces of a past end, if it really is too long."""
        needed = _needed_by_derivatives([node])
        if needed > SPAN:
            self.kept = {node.born: time + needed}
            self.inside[here] = node.origin
            self.cuts.pop(here, None)
            return []
        pending = pending_below([node])
        if len(pending) <= SPAN:
            self.last = time
            self.renew(node, SPAN, time)
            return []
        if here not in self.cuts:
            if len(pending) > PATIENCE * SPAN and node.born in self.looked:
                return [node]
            places = self.places(deepest_path(pending))
            if self.cuts.keys().isdisjoint(places):
                self.choose(places, pending)
            self.looked[node.born] = time + SPAN
        elif self.cuts[here].kinds >= KINDS and not self.cuts[here].is_finest:
            cut = self.cuts.pop(here)
            if 0 < cut.in_round < cut.stride:  # a few rounds differ, as where each tenth does more
                self.know(here, Cut(cut.in_round))
            else:
                self.refine(self.places(deepest_path(pending)), pending)
        if here not in self.cuts:
            return []
        ends = self.pieces(here, pending)
        # the newest piece waits: the loop's variables still hold what is inside it
        return ends[:-1] or ends

    def read(self, roots: Sequence[Node]) -> None:
        """Compute the pieces of a loop that was cut, of which something is asked for now.

        What is left is much the same at each such time, however long the loop went on.
        """
        site = self.unread
        if site is None or all(root.born > self.last for root in roots):
            return
        if site in self.cuts and not _needed_by_derivatives(roots):
            self.compute(self.pieces(site, pending_below(roots))[:-1], site)
        self.unread = None

    def pieces(self, site: Site, pending: Sequence[Node]) -> list[Node]:
        """Where pieces end that are cut at a site."""
        made = _made_at(site, pending, self.sites)
        return made[self.cuts[site].stride - 1 :: self.cuts[site].stride]

    def places(self, spine: Sequence[Node]) -> dict[Site, list[int]]:
        """Where on a path each site of the user's is."""
        own = self.passed - self.inside.keys()
        places = places_of_sites(spine, self.sites)
        if len(own) == 1:
            return places
        return {site: found for site, found in places.items() if site in own}

    def choose(self, places: Mapping[Site, Sequence[int]], pending: Sequence[Node]) -> None:
        """Let pieces end at the rarest site that came round evenly: in the outermost loop.

        If none did, rounds differ, as they do with branches: pieces of several rounds would be of
        ever new structure.
        """
        even = {site: found for site, found in places.items() if _are_even(found)}
        if not even:
            self.refine(places, pending)
            return
        # a round that has only begun may pass a site twice, which its others do not on this path
        length = 1 + max(found[-1] for found in places.values())
        even = {site: one for site, one in even.items() if 2 * _covered(one) >= length} or even
        rounds, made, _, site = min(
            (len(found), len(_made_at(site, pending, self.sites)), place, site)
            for place, (site, found) in enumerate(even.items())
        )
        in_round = round(made / rounds)
        stride = in_round * max(1, round(PIECE * rounds / len(pending)))
        self.know(site, Cut(stride, in_round))

    def refine(self, places: Mapping[Site, Sequence[int]], pending: Sequence[Node]) -> None:
        """Let each piece be one round, that ends at the commonest site: rounds are of few kinds."""
        counts = {site: len(found) for site, found in places.items() if len(found) > 1}
        if counts:
            site = max(counts, key=counts.__getitem__)
            made = len(_made_at(site, pending, self.sites))
            self.know(site, Cut(max(1, round(made / counts[site])), is_finest=True))

    def know(self, site: Site, cut: Cut) -> None:
        """Cut at a site from now on; the one that is known longest may be forgotten."""
        self.cuts[site] = cut
        if len(self.cuts) > MOST_CUTS:
            del self.cuts[next(iter(self.cuts))]

    def compute(self, ends: Sequence[Node], site: Site) -> bool:
        """Give ``ends`` their values one after another; whether there are any."""
        if not ends:
            return False
        cut = self.cuts.get(site, Cut())
        for end in ends:
            # a loop has other variables, whose past ends here too
            is_known = execute.compute([end], COMPUTED, keep_all=True)
            cut.kinds = max(0, cut.kinds - 1) if is_known else cut.kinds + 1
            if cut.kinds > KINDS and not cut.is_finest:
                break  # pieces are not equal: the rest is cut into smaller ones
        self.looked.clear()
        self.long.clear()
        self.passed.clear()
        self.last, self.unread = now(), site
        if _read not in readers:  # who never cuts a loop pays nothing
            readers.append(_read)
        _count_cut(ends[-1].origin)  # the last: where warnings are errors, the past is short now
        return True


def _made_at(site: Site, pending: Sequence[Node], sites: SiteOf) -> list[Node]:
    """Those of ``pending`` that a site made."""
    kind = site[2]
    return [one for one in pending if type(one.op) is kind and sites[one] == site]


def _are_even(places: Sequence[int]) -> bool:
    """Whether there are several, all of them equally far from the next; the first may differ."""
    gaps = [after - before for before, after in pairwise(places)]
    return len(gaps) > 0 and len(set(gaps[1:] or gaps)) == 1


def _covered(places: Sequence[int]) -> int:
    """How much of a path the rounds are that end at some places, the first of them included."""
    return places[-1] - places[0] + places[-1] - places[-2]


def _needed_by_derivatives(nodes: Sequence[Node]) -> int:
    """How many nodes the history of some has, if it is kept for derivatives; 0 if it is not."""
    if not (history_keepers.count or all_history.count):
        return 0
    with settling:
        order = toposort(nodes)
        kept = all_history.count or any(one.op.keeps_history for one in order)
    return len(order) if kept else 0


PATIENT = 10
"""Cuts at one line that nobody hears of: of fewer, it hardly matters where they are."""

cut_lines = Sites()
"""Loops that were cut, by code and line: an origin, and how often."""


def _count_cut(origin: Origin | None) -> None:
    """Count a cut, and name the line of a loop that never looks, once it was cut often there."""
    if origin is None:
        return
    line = (id(origin[0]), line_of(origin))
    _, count = cut_lines.get(line, (origin, 0))
    cut_lines[line] = (origin, count + 1)
    if count + 1 == PATIENT:
        warn_at(
            origin,
            f"a loop goes on at {describe(origin)} without reading a value, so lazyax computed "
            f"{PATIENT} times what was pending there, more than {SPAN:,} nodes; call "
            "lazyax.materialize in the loop to choose where",
            UnreadLoopWarning,
        )


class _Watches(threading.local):
    def __init__(self):
        self.watch = Watch()


_watches = _Watches()


def _read(roots: Sequence[Node]) -> None:
    _watches.watch.read(roots)


def install() -> None:
    """Watch the growth of graphs."""
    watchers.append(lambda node, time: _watches.watch.grown(node, time))


install()

"""What is remembered of structures that were seen before, by where they are likely to come again.

A loop builds the same structure at the same line in each round. A record says what it was, as steps
of a walk; where a walk beside the new nodes agrees, what was found out before holds again.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable, Sequence
from operator import itemgetter
from typing import Any, Generic, Protocol, TypeVar

from lazyax.graph.node import Node

RECORDS_PER_SITE = 4
"""Structures that are remembered of one site, the latest first."""


class Record(Protocol):
    """What is remembered of a structure."""

    @property
    def steps(self) -> Sequence[Any]:
        """A step for each node."""


Take = Callable[[Sequence[Node]], tuple[Node, ...]]
"""Takes the nodes of certain places out of those that a walk has found."""


def taking(places: Sequence[int]) -> Take:
    """What takes some places. Several are taken by one call in C."""
    if len(places) > 1:
        return itemgetter(*places)
    if not places:
        return lambda found: ()
    (place,) = places
    return lambda found: (found[place],)


AnyRecord = TypeVar("AnyRecord", bound=Record)
Found = TypeVar("Found")


class Records(Generic[AnyRecord]):
    """The records of each site, those of sites that were not asked for longest dropped first.

    Attributes:
        most_steps: of all records.
        steps: that they have.
    """

    def __init__(self, most_steps: int):
        self.most_steps = most_steps
        self.steps = 0
        self._sites: OrderedDict[Hashable, list[AnyRecord]] = OrderedDict()

    def recall(self, site: Hashable, found: Callable[[AnyRecord], Found | None]) -> Found | None:
        """What is found by the first record of a site by which anything is found."""
        records = self._sites.get(site)
        if records is not None:
            for record in records:
                result = found(record)
                if result is not None:
                    if record is not records[0]:
                        records.remove(record)
                        records.insert(0, record)
                    return result
        return None

    def remember(self, site: Hashable, record: AnyRecord) -> None:
        """Keep the record of a structure that none of its site fits."""
        records = self._sites.setdefault(site, [])
        self._sites.move_to_end(site)
        records.insert(0, record)
        self.steps += len(record.steps)
        for dropped in records[RECORDS_PER_SITE:]:
            self.steps -= len(dropped.steps)
        del records[RECORDS_PER_SITE:]
        while self.steps > self.most_steps:
            _, last = self._sites.popitem(last=False)
            self.steps -= sum(len(dropped.steps) for dropped in last)

    def clear(self) -> None:
        """Forget all records."""
        self._sites.clear()
        self.steps = 0

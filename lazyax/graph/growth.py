"""How far back the pending past of a node reaches, and who is told where that is too far.

Every node knows when the oldest pending node that it depends on was made. What was made since is an
upper bound of what its value would have to compute, known without a walk: a loop that never looks
at a value is noticed where its graph grows (`lazyax.api.loops`).
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lazyax.graph.node import Node

now = itertools.count(1).__next__
"""The clock of the process: how many nodes were made so far."""

SETTLED = 2**62
"""``born`` of a node that has a value: nothing is pending."""

ABSTRACT = -1
"""``born`` of an abstract input, and so of all that depends on one: nothing can be computed."""

SPAN = 1_000
"""How many nodes may be made after the oldest pending one before anyone is told."""

watchers: list[Callable[[Node, int], None]] = []
"""Called with each node of the user's whose pending past is longer than `SPAN`, and the time."""

readers: list[Callable[[Sequence[Node]], None]] = []
"""Called with pending nodes whose values are asked for, before they are computed."""

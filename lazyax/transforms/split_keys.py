"""Key splitting as a graph transform: draws that were written without a key are given theirs.

A draw without a key stands on a `MissingKey`. Which key that becomes depends on where in the
graph it is, and not on the order in which Python ran: the same graph gives the same numbers.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence

import attrs

from lazyax.graph.node import Node
from lazyax.graph.rewrite import rebuild, rewrite
from lazyax.graph.traversal import toposort
from lazyax.ops.primitives.leaves import MissingKey, Trace, running
from lazyax.ops.primitives.random_bits import FoldIn
from lazyax.ops.primitives.shape import Broadcast

GiveKey = Callable[[int, tuple[int, ...]], Node]
"""Of a number and lanes, a key for each lane: u32[*lanes,2]."""


@attrs.define(eq=False)
class Stream:
    """Keys given at once, in the order in which they are asked for.

    Attributes:
        give: makes them.
        traces: the functions that were being traced when the stream began.
        taken: how many were given.
    """

    give: GiveKey
    traces: tuple[Trace, ...] = attrs.field(factory=lambda: running.traces)
    taken: int = 0

    def take(self, lanes: tuple[int, ...]) -> Node:
        """The next key."""
        self.taken += 1
        return self.give(self.taken - 1, lanes)


class _Streams(threading.local):
    innermost: Stream | None = None


streams = _Streams()


def split_keys(roots: Sequence[Node], give: GiveKey) -> list[Node]:
    """``roots`` with a key for each that is missing: ``give`` of its number, operands first.

    Keys that a function being traced outside of this one misses are left alone.
    """
    found = [node for node in toposort(roots) if _made_inside(node)]
    keys = {node: give(number, node.op.lanes) for number, node in enumerate(found)}
    return rewrite(roots, replaced=keys)


def lane_keys(roots: Sequence[Node], size: int) -> dict[Node, Node]:
    """For each key that a mapped function misses, the keys of its ``size`` lanes."""
    found = [node for node in toposort(roots) if _made_inside(node)]
    return {node: missing_key((size, *node.op.lanes)) for node in found}


def step_keys(roots: Sequence[Node], step: Node) -> list[Node]:
    """``roots`` of the body of a loop, each missing key folded with the number of the step.

    Args:
        roots: nodes for one step.
        step: its number, u32[].
    """
    found = [node for node in toposort(roots) if _made_inside(node)]
    keys = {}
    for node in found:
        lanes = node.op.lanes
        number = Broadcast(lanes, ())(step) if lanes else step
        keys[node] = FoldIn()(missing_key(lanes), number)
    return rewrite(roots, replaced=keys) if keys else list(roots)


def with_new_keys(node: Node, operands: Sequence[Node]) -> Node:
    """A rule of `rewrite`: a graph that is used again draws again."""
    return missing_key(node.op.lanes) if _made_inside(node) else rebuild(node, operands)


def missing_key(lanes: tuple[int, ...] = ()) -> Node:
    """A key to be given when the graph is known; inside a stream's own function, at once."""
    stream = streams.innermost
    if stream is not None and stream.traces == running.traces:
        return stream.take(lanes)
    return MissingKey(lanes, running.traces)()


def _made_inside(node: Node) -> bool:
    """Whether a node is a key missed by a function that is not being traced any more."""
    if type(node.op) is not MissingKey:
        return False
    return node.op.traces != running.traces[: len(node.op.traces)]

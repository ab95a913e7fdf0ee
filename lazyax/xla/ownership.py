"""Which arguments die with the program that reads them, so that it may write over them.

``w -= rate * g`` needs no memory for the new ``w`` when the old one has no other owner. An owner
is anything that refers to the node or to its buffer: a handle, another graph, a NumPy view. The
references of the pending graph itself, which is forgotten once its results are there, are counted
and left out.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from itertools import chain

from lazyax.graph.node import Node
from lazyax.graph.references import references
from lazyax.graph.traversal import pending_below
from lazyax.xla.buffers import SMALLEST_RECYCLED
from lazyax.xla.lowering import Donations
from lazyax.xla.plan import Plan
from lazyax.xla.recycle import pool

REFERENCES_OF_A_COUNT = 2
"""To a node whose references are counted: those of the order and of a key."""

REFERENCES_TO_A_DYING_BUFFER = 2
"""Those of its node and of the look-up."""


def donations(
    planned: Plan, pairs: Donations, roots: Sequence[Node], kept: Collection[Node] = ()
) -> Donations:
    """Those of some arguments that nothing can see after the run, with their outputs.

    True as long as `lazyax.graph.node.settling` is held.

    Args:
        planned: what is about to run.
        pairs: those that may be written over (`in_place`).
        roots: what it was planned for.
        kept: those of its nodes that keep their history when they are given their values.
    """
    dying = _dying(planned, roots, kept, [planned.arguments[place] for place, _ in pairs])
    return tuple([(place, out) for place, out in pairs if planned.arguments[place] in dying])


def in_place(planned: Plan) -> Donations:
    """Large arguments of a plan, each with an output that may be written where it is read."""
    large = {
        place
        for place, node in enumerate(planned.arguments)
        if node.aval.nbytes >= SMALLEST_RECYCLED
    }
    if not large:
        return ()
    numbers = [number for number, entry in enumerate(planned.entries) if type(entry) is str]
    place_of = {numbers[place]: place for place in large}
    pairs = []
    for output, number in enumerate(planned.outputs):
        place = _source(planned, number, place_of)
        if place is not None:
            pairs.append((place, output))
            del place_of[numbers[place]]
    return tuple(sorted(pairs))


def _source(planned: Plan, number: int, place_of: dict[int, int]) -> int | None:
    """An argument from which a result is made element by element, or by a change of a part."""
    aval = planned.nodes[number].aval
    stack, seen = [number], set()
    while stack:
        current = stack.pop()
        if current in seen or planned.nodes[current].aval.nbytes != aval.nbytes:
            continue
        seen.add(current)
        entry = planned.entries[current]
        if current in place_of:
            found = planned.nodes[current].aval
            if (found.shape, found.dtype) == (aval.shape, aval.dtype):
                return place_of[current]
        elif type(entry) is tuple:
            op, *operands = entry
            stack.extend(reversed(operands[op.overwrites]))
    return None


def _dying(planned: Plan, roots: Sequence[Node], kept, candidates: Sequence[Node]) -> set[Node]:
    """Those of ``candidates`` that only nodes refer to which the run makes forget them."""
    order = pending_below(roots)
    operands = [node.operands for node in order]
    lists = (planned.nodes, planned.arguments, planned.aliases, planned.wanted, candidates)
    accounted = Counter(chain.from_iterable((*lists, *operands)))
    order += candidates
    alive = [
        node
        for node, held in zip(order, references(order), strict=True)
        if node in kept or held > accounted[node] + REFERENCES_OF_A_COUNT
    ]
    settled = set(chain.from_iterable(planned.settled)).difference(kept)
    reached: set[Node] = set()
    while alive:
        node = alive.pop()
        if node not in reached:
            reached.add(node)
            if node.value is None and node not in settled:
                alive.extend(node.operands)
    return {node for node in candidates if node not in reached and _owns_its_buffer(node)}


def _owns_its_buffer(node: Node) -> bool:
    """Whether no other node, view or running call has the buffer."""
    held = references([node.value])[0] - pool.watches(node)
    return held <= REFERENCES_TO_A_DYING_BUFFER and not hasattr(node.value, "is_viewed")

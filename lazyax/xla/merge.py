"""Ops of a program that hold graphs and share work are lowered as one.

The primal loop of a gradient and the forward half of its derivative take the same steps, and XLA
merges no loops. Done when a program is lowered, once: neither graphs nor keys know of it.
"""

from __future__ import annotations

from collections.abc import Sequence

import attrs

from lazyax.graph.node import Node
from lazyax.graph.op import Op


@attrs.frozen(eq=False)
class Step:
    """An op to lower.

    Attributes:
        op: which.
        numbers: of its operands.
        node: whose aval and line it has.
        targets: numbers that it gives values to, and which of its results those are; None for
            all of them.
    """

    op: Op
    numbers: list[int]
    node: Node
    targets: list[tuple[int, list[int] | None]]


def steps_of(entries: Sequence, nodes: Sequence[Node], first: int = 0) -> list[Step]:
    """The ops of a program in an order in which they can be lowered.

    Args:
        entries: tuples of an op and its operands' numbers; what is no tuple is an argument.
        nodes: for each number a node.
        first: number of the first entry.
    """
    steps = [
        Step(entry[0], list(entry[1:]), nodes[number], [(number, None)])
        for number, entry in enumerate(entries, first)
        if type(entry) is tuple
    ]
    apart: set[tuple[Step, Step]] = set()
    found: list[Step] | None = steps
    while found is not None:
        steps = found
        found = _first_merge(steps, nodes, apart)
    return steps


def _first_merge(
    steps: list[Step], nodes: Sequence[Node], apart: set[tuple[Step, Step]]
) -> list[Step] | None:
    """The steps after two of them are merged; None where no two can be.

    Args:
        steps: in order.
        nodes: for each number a node.
        apart: pairs that can not be merged, which is added to.
    """
    places = [place for place, step in enumerate(steps) if step.op.merge is not None]
    for position, later in enumerate(places):
        for earlier in places[:position]:
            one, other = steps[earlier], steps[later]
            if (one, other) in apart or not _may_share(one, other):
                continue
            users = _users(steps[earlier : later + 1])
            merged = None
            if other not in users:
                merged = one.op.merge(one.numbers, other.op, other.numbers)
            if merged is None:
                apart.add((one, other))
                continue
            aval = merged.op.infer(*[nodes[number].aval for number in merged.numbers])
            node = Node(merged.op, (), aval, one.node.origin)
            targets = [
                (number, own if which is None else [own[place] for place in which])
                for step, own in zip((one, other), merged.results, strict=True)
                for number, which in step.targets
            ]
            between = steps[earlier + 1 : later]
            return [
                *steps[:earlier],
                *[step for step in between if step not in users],
                Step(merged.op, merged.numbers, node, targets),
                *[step for step in between if step in users],
                *steps[later + 1 :],
            ]
    return None


def _may_share(one: Step, other: Step) -> bool:
    """Whether two ops are of one kind and have an operand in common."""
    return type(one.op) is type(other.op) and not set(one.numbers).isdisjoint(other.numbers)


def _users(steps: Sequence[Step]) -> list[Step]:
    """Those that depend on the first, itself included."""
    known: set[int] = set()
    found = []
    for step in steps:
        if not found or not known.isdisjoint(step.numbers):
            found.append(step)
            known.update(number for number, _ in step.targets)
    return found


def assign(values: list, step: Step, result) -> None:
    """Give a step's result, or results, to the numbers that it stands for."""
    for number, which in step.targets:
        values[number] = result if which is None else [result[place] for place in which]

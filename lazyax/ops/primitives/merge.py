"""Two ops that hold graphs as one, when they share work: a loop and the forward half of its
derivative, or a loop and its tangent.

XLA merges equal operations, but no loops or branches that are equal in part. Programs are lowered
with such ops merged (`lazyax.xla.merge`); graphs and transforms do not know of it.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence

import attrs

from lazyax.graph.graph import Graph
from lazyax.graph.node import Node
from lazyax.graph.structure import number_nodes
from lazyax.ops.primitives.leaves import input_leaf
from lazyax.ops.primitives.subgraphs import inline

Numbers = Sequence[int]
"""What operands are: equal numbers are the same operand."""


@attrs.frozen(eq=False)
class Merged:
    """An op that does what two others do.

    Attributes:
        op: which.
        numbers: of its operands.
        results: for each of the two, which of the results are its own.
    """

    op: object
    numbers: list[int]
    results: tuple[list[int], list[int]]


@attrs.frozen(eq=False)
class Inputs:
    """Inputs of merged graphs by keys ``(kind, number of the operand, ...)``: equal keys share."""

    of: dict[Hashable, Node]

    @classmethod
    def for_keys(cls, graphs: Sequence[Graph], keys: Sequence[Sequence[Hashable]]) -> Inputs:
        """Fresh inputs for the inputs of graphs, which are known by keys."""
        found: dict[Hashable, Node] = {}
        for graph, own in zip(graphs, keys, strict=True):
            for node, key in zip(graph.inputs, own, strict=True):
                if key not in found:
                    found[key] = input_leaf(node.aval, "x", None, node.origin)
        return cls(found)

    def outputs(self, graph: Graph, keys: Sequence[Hashable]) -> list[Node]:
        """The outputs of one of the graphs on these inputs."""
        own = [self.of[key] for key in keys]
        return inline(graph.outputs, dict(zip(graph.inputs, own, strict=True)))

    def kind(self, kind: str) -> dict[Hashable, Node]:
        """Those whose keys begin so, in order."""
        return {key: node for key, node in self.of.items() if key[0] == kind}


@attrs.frozen(eq=False)
class Loop:
    """A loop on numbered operands: keys of its body's constants, carries and slices."""

    body: Graph
    constants: list[tuple]
    carries: list[tuple]
    xs: list[tuple]

    @classmethod
    def of(cls, body: Graph, constants: Numbers, starts: Numbers, xs: Numbers) -> Loop:
        """A loop whose carries have equal keys as those of another that start alike."""
        carries: list[tuple] = []
        for start, node in zip(starts, body.inputs[len(constants) :], strict=False):
            key = ("carry", start, node.aval, 0)
            while key in carries:
                key = ("carry", start, node.aval, key[-1] + 1)
            carries.append(key)
        return cls(body, [("constant", n) for n in constants], carries, [("x", n) for n in xs])

    @property
    def keys(self) -> list[tuple]:
        """Of the body's inputs."""
        return [*self.constants, *self.carries, *self.xs]


@attrs.frozen(eq=False)
class Bodies:
    """The bodies of two loops on common inputs.

    Attributes:
        inputs: by key.
        carries: keys of each loop's carries.
        outputs: of each body.
    """

    inputs: Inputs
    carries: tuple[list[tuple], list[tuple]]
    outputs: tuple[list[Node], list[Node]]

    @property
    def ends(self) -> list[Node]:
        """What the carries become in a step, in the order of their inputs."""
        end_of: dict[tuple, Node] = {}
        for keys, outs in zip(self.carries[::-1], self.outputs[::-1], strict=True):
            end_of.update(zip(keys, outs, strict=False))
        return [end_of[key] for key in self.inputs.kind("carry")]

    @property
    def ys(self) -> list[list[Node]]:
        """Results of each loop that are no carries."""
        pairs = zip(self.carries, self.outputs, strict=True)
        return [outs[len(keys) :] for keys, outs in pairs]

    @property
    def results(self) -> tuple[list[int], list[int]]:
        """For each loop, which of the results of both are its own."""
        place_of = {key: place for place, key in enumerate(self.inputs.kind("carry"))}
        count, (first, second) = len(place_of), map(len, self.ys)
        places = range(count, count + first), range(count + first, count + first + second)
        return tuple(
            [*[place_of[key] for key in keys], *own]
            for keys, own in zip(self.carries, places, strict=True)
        )


def merge_bodies(one: Loop, other: Loop) -> Bodies | None:
    """Two loops on common inputs, where carries that always agree are one.

    Carries that start alike are taken for one until a step tells them apart. None where the
    loops have no work in common.
    """
    while True:
        inputs = Inputs.for_keys([one.body, other.body], [one.keys, other.keys])
        outs = inputs.outputs(one.body, one.keys), inputs.outputs(other.body, other.keys)
        number, entries = number_nodes(list(inputs.of.values()), [*outs[0], *outs[1]])
        end_of = {k: number[end] for k, end in zip(one.carries, outs[0], strict=False)}
        carries = [
            key if end_of.get(key, number[end]) == number[end] else (*key[:2], "apart", place)
            for place, (key, end) in enumerate(zip(other.carries, outs[1], strict=False))
        ]
        if carries == other.carries:
            break
        other = attrs.evolve(other, carries=carries)
    alone = [len(number_nodes(g.inputs, g.outputs)[1]) for g in (one.body, other.body)]
    return Bodies(inputs, (one.carries, carries), outs) if len(entries) < sum(alone) else None


def merge_scans(op, numbers: Numbers, other, other_numbers: Numbers) -> Merged | None:
    """Two scans of one length and direction as one."""
    if (op.length, op.reverse, op.unroll) != (other.length, other.reverse, other.unroll):
        return None
    loops = [Loop.of(o.body, *o.split(n)) for o, n in ((op, numbers), (other, other_numbers))]
    found = merge_bodies(*loops)
    if found is None:
        return None
    constants, carries, xs = [found.inputs.kind(kind) for kind in ("constant", "carry", "x")]
    takes = {**constants, **carries, **xs}
    ys = [y for own in found.ys for y in own]
    return Merged(
        attrs.evolve(
            op,
            body=Graph(list(takes.values()), [*found.ends, *ys]),
            constants=len(constants),
            carries=len(carries),
        ),
        [key[1] for key in takes],
        found.results,
    )


def merge_whiles(op, numbers: Numbers, other, other_numbers: Numbers) -> Merged | None:
    """Two while loops that end together as one."""
    parts = [o.split(n) for o, n in ((op, numbers), (other, other_numbers))]
    loops = [
        Loop.of(o.body, constants, starts, ())
        for o, (_, constants, starts) in zip((op, other), parts, strict=True)
    ]
    found = merge_bodies(*loops)
    if found is None:
        return None
    now = found.inputs.kind("carry")
    keys = [
        [*[("ask", n) for n in asks], *carries]
        for (asks, *_), carries in zip(parts, found.carries, strict=True)
    ]
    conditions = [op.condition, other.condition]
    asked = Inputs(now | Inputs.for_keys(conditions, keys).kind("ask"))
    (first,), (second,) = (
        asked.outputs(graph, own) for graph, own in zip(conditions, keys, strict=True)
    )
    number, _ = number_nodes(list(asked.of.values()), [first, second])
    if number[first] != number[second]:
        return None
    asks, constants = asked.kind("ask"), found.inputs.kind("constant")
    return Merged(
        attrs.evolve(
            op,
            condition=Graph([*asks.values(), *now.values()], [first]),
            body=Graph([*constants.values(), *now.values()], found.ends),
            condition_constants=len(asks),
            body_constants=len(constants),
        ),
        [key[1] for key in (*asks, *constants, *now)],
        found.results,
    )


def merge_conds(op, numbers: Numbers, other, other_numbers: Numbers) -> Merged | None:
    """Two choices by one index as one."""
    index, *given = numbers
    other_index, *other_given = other_numbers
    if index != other_index or len(op.branches) != len(other.branches):
        return None
    keys = [[("operand", n) for n in given], [("operand", n) for n in other_given]]
    branches, saved = [], 0
    for pair in zip(op.branches, other.branches, strict=True):
        inputs = Inputs.for_keys(pair, keys)
        outs = [o for g, own in zip(pair, keys, strict=True) for o in inputs.outputs(g, own)]
        branches.append(Graph(list(inputs.of.values()), outs))
        alone = sum(len(number_nodes(g.inputs, g.outputs)[1]) for g in pair)
        saved += alone - len(branches[-1].numbered[0].entries)
    if not saved:
        return None
    count, total = len(op.branches[0].outputs), len(branches[0].outputs)
    operands = [key[1] for key in dict.fromkeys([*keys[0], *keys[1]])]
    return Merged(
        attrs.evolve(op, branches=tuple(branches)),
        [index, *operands],
        (list(range(count)), list(range(count, total))),
    )

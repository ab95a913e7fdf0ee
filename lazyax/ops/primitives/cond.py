"""The choice between graphs: one of several branches runs."""

from __future__ import annotations

from collections.abc import Container, Sequence
from itertools import compress

import attrs
import numpy

from lazyax.graph.graph import Graph, same_graphs
from lazyax.graph.node import Node
from lazyax.graph.op import Op, primitive
from lazyax.graph.transforms import transforms
from lazyax.graph.traversal import dependents, toposort
from lazyax.ops.primitives.compare import Equal
from lazyax.ops.primitives.leaves import input_leaf, projections
from lazyax.ops.primitives.merge import merge_conds
from lazyax.ops.primitives.select import Select
from lazyax.ops.primitives.shape import Broadcast
from lazyax.ops.primitives.subgraphs import (
    batched_aval,
    close,
    inline,
    invariants,
    or_zeros,
    pull_through,
    require_fits,
    run,
    same_avals,
    with_lanes,
    zeros,
)


@primitive
class Cond(Op):
    """One of several ``branches`` of one signature, of (index, \\*operands of the branches).

    i32[], f32[3] -> (f32[],) for branches f32[3] -> f32[]. An index out of range takes the last
    branch. Only the branch that is taken runs, unless the index has a batch axis: then all run,
    and `Select` chooses. Lowers to `stablehlo.case`.
    """

    branches: tuple[Graph, ...] = attrs.field(eq=same_graphs)

    expensive = True
    merge = merge_conds

    def infer(self, index, *avals):
        self.require(
            index.shape == () and index.dtype == numpy.int32,
            f"needs an index i32[], got {index}",
        )
        first = [node.aval for node in self.branches[0].outputs]
        for number, branch in enumerate(self.branches):
            require_fits(self, f"branch {number}", branch, avals)
            outs = [node.aval for node in branch.outputs]
            self.require(
                same_avals(outs, first), f"branch {number} returns {outs}, and branch 0 {first}"
            )
        return tuple(first)

    def evaluate(self, index, *arrays):
        last = len(self.branches) - 1
        return tuple(run(self.branches[index if 0 <= index <= last else last], arrays))

    def lower(self, emit, node, index, *operands):
        regions = [
            emit.region([], lambda inner, _, branch=branch: inner.graph(branch, operands))[1:-1]
            for branch in self.branches
        ]
        types = ", ".join(map(emit.type, node.aval))
        return emit.several(
            f'"stablehlo.case"({index}) ({", ".join(regions)}) : ({index.type}) -> ({types})',
            node.aval,
        )

    def jvp(self, out, operands, tangents):
        return self._move(operands, tangents, reverse=False)

    def linearize(self, out, operands, tangents):
        return self._move(operands, tangents, reverse=True)

    def _move(self, operands, tangents, reverse: bool):
        """Tangents of the results; ``reverse`` as in `lazyax.transforms.jvp`."""
        index, *given = operands
        moving = [t is not None for t in tangents[1:]]
        along, found = [], []
        for branch in self.branches:
            moved = [i for i, moves in zip(branch.inputs, moving, strict=True) if moves]
            along.append([input_leaf(i.aval, "tangent") for i in moved])
            found.append(transforms["jvp"](branch.outputs, moved, along[-1], reverse))
        alive = [any(t is not None for t in row) for row in zip(*found, strict=True)]
        inputs = [[*b.inputs, *new] for b, new in zip(self.branches, along, strict=True)]
        outputs = [
            [
                or_zeros(t, node.aval)
                for t, node, lives in zip(row, branch.outputs, alive, strict=True)
                if lives
            ]
            for row, branch in zip(found, self.branches, strict=True)
        ]
        moves = [t for t in tangents[1:] if t is not None]
        results = iter(choose(index, inputs, [*given, *moves], outputs))
        return tuple(next(results) if lives else None for lives in alive)

    def batch(self, operands, batched, size):
        (index, *given), (index_batched, *which) = operands, batched
        stacked = [
            [
                input_leaf(batched_aval(i.aval, size), "lanes") if has else i
                for i, has in zip(branch.inputs, which, strict=True)
            ]
            for branch in self.branches
        ]
        rows = [
            transforms["batch"](
                branch.outputs,
                {i: new for i, new in zip(branch.inputs, inputs, strict=True) if new is not i},
                size,
            )
            for branch, inputs in zip(self.branches, stacked, strict=True)
        ]
        outputs = [
            [with_lanes(row, has, size) for row, has in zip(*found, strict=True)] for found in rows
        ]
        if not index_batched:
            return tuple(choose(index, stacked, given, outputs))
        values = [
            inline(outs, dict(zip(inputs, given, strict=True)))
            for outs, inputs in zip(outputs, stacked, strict=True)
        ]
        results = values[-1]
        for number, chosen in reversed(list(enumerate(values[:-1]))):
            takes = Equal()(index, index.like(number))
            results = [
                Select()(Broadcast(x.aval.shape, (0,))(takes), x, other)
                for x, other in zip(chosen, results, strict=True)
            ]
        return tuple(results)

    def pullback(self, cotangent, operands, linear):
        index, *given = operands
        which = linear[1:]
        asked = [place for place, c in enumerate(cotangent) if c is not None]
        cuts = [self._cut(branch, which, asked) for branch in self.branches]
        alive = [
            any(p is not None for p in row) for row in zip(*[c.pulled for c in cuts], strict=True)
        ]
        kept, places = _shared_places([c.residuals for c in cuts])
        fixed = [g for g, is_linear in zip(given, which, strict=True) if not is_linear]
        stored = []
        if kept:
            forward = [c.stored(kept, p) for c, p in zip(cuts, places, strict=True)]
            stored = choose(index, [c.fixed for c in cuts], fixed, forward)
        inputs, outputs = [], []
        for c, own in zip(cuts, places, strict=True):
            slots = {place: node for node, place in zip(c.stand_ins, own, strict=True)}
            fresh = [slots.get(n) or input_leaf(aval, "unused") for n, aval in enumerate(kept)]
            inputs.append([*c.fixed, *fresh, *c.arriving])
            outputs.append(
                [
                    or_zeros(p, i.aval)
                    for p, i, a in zip(c.pulled, c.linear, alive, strict=True)
                    if a
                ]
            )
        results = iter(
            choose(index, inputs, [*fixed, *stored, *[cotangent[a] for a in asked]], outputs)
        )
        lives = iter(alive)
        return [
            None,
            *[next(results) if is_linear and next(lives) else None for is_linear in which],
        ]

    def _cut(self, branch: Graph, which: Sequence[bool], asked: Sequence[int]) -> Cut:
        """The backward half of a branch, and what it needs of the forward half."""
        linear = [i for i, is_linear in zip(branch.inputs, which, strict=True) if is_linear]
        fixed = [i for i, is_linear in zip(branch.inputs, which, strict=True) if not is_linear]
        depends = dependents(toposort(branch.outputs, stop=set(linear)), set(linear))
        arriving = [input_leaf(branch.outputs[a].aval, "cotangent") for a in asked]
        roots = [branch.outputs[a] if branch.outputs[a] in depends else None for a in asked]
        pulled = pull_through(roots, linear, arriving)
        wanted = [p for p in pulled if p is not None]
        inner = [*fixed, *arriving]
        cut = close(inner, wanted, chosen=_saved(arriving, fixed, wanted))
        found = iter(cut.outputs)
        pulled = [None if p is None else next(found) for p in pulled]
        return Cut(linear, fixed, arriving, pulled, cut.lifted, cut.stand_ins)


def _saved(arriving, fixed, wanted) -> set[Node]:
    """What the backward half of a branch takes from the forward half, beside its operands."""
    return invariants(arriving, wanted) - set(fixed)


@attrs.frozen(eq=False)
class Cut:
    """The backward half of a branch.

    Attributes:
        linear, fixed: inputs of the branch that cotangents are wanted for, and the others.
        arriving: inputs for cotangents of the outputs.
        pulled: cotangents of ``linear``; None is a known zero.
        residuals: nodes of the forward half that it needs.
        stand_ins: inputs in their place.
    """

    linear: list[Node]
    fixed: list[Node]
    arriving: list[Node]
    pulled: list[Node | None]
    residuals: list[Node]
    stand_ins: list[Node]

    def stored(self, avals: Sequence, places: Sequence[int]) -> list[Node]:
        """The residuals in the places that the branches share, zeros in the others."""
        found = dict(zip(places, self.residuals, strict=True))
        return [found[n] if n in found else zeros(aval) for n, aval in enumerate(avals)]


def _shared_places(residuals: Sequence[Sequence[Node]]) -> tuple[list, list[list[int]]]:
    """Avals of places for what any one branch stores, and each branch's numbers of them."""
    avals: list = []
    places = []
    for nodes in residuals:
        own: list[int] = []
        for node in nodes:
            free = [
                n
                for n, aval in enumerate(avals)
                if n not in own and same_avals([aval], [node.aval])
            ]
            if not free:
                free = [len(avals)]
                avals.append(node.aval)
            own.append(free[0])
        places.append(own)
    return avals, places


def choose(
    index: Node,
    inputs: Sequence[Sequence[Node]],
    operands: Sequence[Node],
    outputs: Sequence[Sequence[Node]],
    chosen: Sequence[Container[Node]] | None = None,
) -> list[Node]:
    """The results of a Cond put together from nodes: of each branch its inputs and outputs.

    Operands that no branch needs are left out.

    Args:
        index: which branch runs.
        inputs: of each branch.
        operands: for these.
        outputs: of each branch.
        chosen: of each branch, nodes to lift out of it beside those that must be.
    """
    if not outputs[0]:
        return []
    chosen = chosen or [()] * len(outputs)
    closed = [close(i, o, c) for i, o, c in zip(inputs, outputs, chosen, strict=True)]
    lifted = list(dict.fromkeys(node for c in closed for node in c.lifted))
    reached = [set(toposort(c.outputs, stop=set(i))) for c, i in zip(closed, inputs, strict=True)]
    used = [
        any(node in below for node, below in zip(row, reached, strict=True))
        for row in zip(*inputs, strict=True)
    ]
    branches = []
    for own, c in zip(inputs, closed, strict=True):
        known = dict(zip(c.lifted, c.stand_ins, strict=True))
        extra = [known.get(node) or input_leaf(node.aval, "unused") for node in lifted]
        branches.append(Graph([*extra, *compress(own, used)], c.outputs))
    return list(projections(Cond(tuple(branches))(index, *lifted, *compress(operands, used))))

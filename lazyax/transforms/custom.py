"""Custom rules as functions of nodes, and the same for a batch."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence

import attrs

from lazyax.errors import LazyaxTypeError
from lazyax.graph.aval import Aval
from lazyax.graph.node import Node
from lazyax.ops.primitives.custom import Rule, Tangents, TransposeOnly
from lazyax.ops.primitives.leaves import input_leaf, projections
from lazyax.ops.primitives.reduce import ReduceSum
from lazyax.transforms.transpose import transpose
from lazyax.transforms.vmap import batched, in_lanes

Pull = Callable[[Sequence[Node], Sequence[Node]], Sequence[Node | None]]
"""Residuals and cotangents of the results to a cotangent, or None, of each primal."""


@attrs.frozen
class JvpRule:
    """A rule that gives tangents.

    Attributes:
        name: of the function, for messages and listings.
        tangents: primals and their tangents to tangents of the results; None is a known zero.
        key: equal for equal rules: those that the same functions gave for the same avals.
        captured: how many of the primals, the last ones, are what the rule closed over.
        is_open: whether it may close over more (`lazyax.transforms.rule_captures`).
    """

    name: str = attrs.field(eq=False)
    tangents: Callable[[Sequence[Node], Tangents], Tangents] = attrs.field(eq=False)
    key: Hashable
    captured: int = 0
    is_open: bool = attrs.field(default=False, eq=False)

    def jvp(self, primals: Sequence[Node], tangents: Tangents, avals: Sequence[Aval]) -> Tangents:
        """Tangents of the results."""
        return self.linearize(primals, tangents, avals)

    def linearize(
        self, primals: Sequence[Node], tangents: Tangents, avals: Sequence[Aval]
    ) -> Tangents:
        """Tangents of the results: linear in those of the primals, they can be transposed."""
        moved = _without_captured(tangents, self.captured)
        return [None] * len(avals) if moved is None else self.tangents(primals, moved)

    def batched(self, which: Sequence[bool], size: int) -> Rule:
        """The rule of a batch."""

        def tangents(primals: Sequence[Node], moved: Tangents) -> Tangents:
            count = len(primals)
            live = [place for place, tangent in enumerate(moved) if tangent is not None]

            def of_one(nodes: list[Node]) -> Tangents:
                given: list[Node | None] = [None] * count
                for place, tangent in zip(live, nodes[count:], strict=True):
                    given[place] = tangent
                return self.tangents(nodes[:count], given)

            nodes = [*primals, *[tangent for tangent in moved if tangent is not None]]
            flags = [*which, *[which[place] for place in live]]
            rows, mapped = in_lanes(of_one, self.name, nodes, flags, size)
            return _all_batched(rows, mapped, size)

        return JvpRule(self.name, tangents, (self.key, *which, size), self.captured)


@attrs.frozen
class VjpRule:
    """A rule that gives cotangents.

    Attributes:
        name: of the function, for messages and listings.
        forward: primals to residuals, and what pulls cotangents of the results back with them.
        key, captured, is_open: as in `JvpRule`.
    """

    name: str = attrs.field(eq=False)
    forward: Callable[[Sequence[Node]], tuple[Sequence[Node], Pull]] = attrs.field(eq=False)
    key: Hashable
    captured: int = 0
    is_open: bool = attrs.field(default=False, eq=False)

    def linearize(
        self, primals: Sequence[Node], tangents: Tangents, avals: Sequence[Aval]
    ) -> Tangents:
        """Tangents of the results, of which the transpose alone is known."""
        moved = _without_captured(tangents, self.captured)
        if moved is None:
            return [None] * len(avals)
        residuals, pull = self.forward(primals)
        live = [place for place, tangent in enumerate(moved) if tangent is not None]

        def pull_live(given: Sequence[Node], cotangents: Sequence[Node]) -> list[Node | None]:
            found = pull(given, cotangents)
            return [found[place] for place in live]

        op = TransposeOnly(pull_live, len(residuals), tuple(avals))
        return projections(op(*residuals, *[t for t in moved if t is not None]))

    def jvp(self, primals: Sequence[Node], tangents: Tangents, avals: Sequence[Aval]) -> Tangents:
        """Tangents of the results, by transposing the pull: it is linear in the cotangents.

        Raises:
            LazyaxTypeError: if it is not.
        """
        moved = _without_captured(tangents, self.captured)
        if moved is None:
            return [None] * len(avals)
        residuals, pull = self.forward(primals)
        cotangents = [input_leaf(aval, "cotangent") for aval in avals]
        pulled = pull(residuals, cotangents)
        try:
            return transpose(pulled, cotangents, moved)
        except LazyaxTypeError as error:
            raise LazyaxTypeError(
                f"{self.name}: forward mode transposes its backward rule, which must be linear in "
                f"the cotangents: {error}. Use reverse mode, or custom_jvp"
            ) from error

    def batched(self, which: Sequence[bool], size: int) -> Rule:
        """The rule of a batch. Cotangents of primals that all elements share are summed."""

        def forward(primals: Sequence[Node]) -> tuple[Sequence[Node], Pull]:
            pulls: list[Pull] = []

            def of_one(nodes: list[Node]) -> Sequence[Node]:
                residuals, pull = self.forward(nodes)
                pulls.append(pull)
                return residuals

            rows, mapped = in_lanes(of_one, self.name, primals, which, size)
            residuals = [row for row in rows if row is not None]

            def pull(given: Sequence[Node], cotangents: Sequence[Node]) -> list[Node | None]:
                count = len(given)
                found, flags = in_lanes(
                    lambda nodes: pulls[0](nodes[:count], nodes[count:]),
                    self.name,
                    [*given, *cotangents],
                    [*mapped, *[True] * len(cotangents)],
                    size,
                )
                per_primal = _all_batched(found, flags, size)
                return [
                    row if row is None or is_batched else ReduceSum((0,))(row)
                    for row, is_batched in zip(per_primal, which, strict=True)
                ]

            return residuals, pull

        return VjpRule(self.name, forward, (self.key, *which, size), self.captured)


def _without_captured(tangents: Tangents, captured: int) -> list[Node | None] | None:
    """Tangents of the arguments alone; None if none of them moves: no rule is of the others."""
    count = len(tangents) - captured
    moved = [*tangents[:count], *[None] * captured]
    return None if all(tangent is None for tangent in moved) else moved


def _all_batched(
    rows: Sequence[Node | None], which: Sequence[bool], size: int
) -> list[Node | None]:
    """Rows that all carry the batch axis; known zeros stay."""
    return [
        row if row is None else batched(row, is_batched, size)
        for row, is_batched in zip(rows, which, strict=True)
    ]

"""Rematerialisation: reverse mode computes again what its derivatives need of the forward pass."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import attrs

from lazyax.graph.node import Node
from lazyax.graph.rewrite import rewrite
from lazyax.graph.traversal import dependents, toposort
from lazyax.ops.primitives.barrier import After
from lazyax.ops.primitives.custom import Tangents, TransposeOnly
from lazyax.ops.primitives.leaves import input_leaf, projections
from lazyax.transforms.transpose import transpose

Policy = Callable[[Node], bool]
"""Which nodes of the forward pass are kept."""


@attrs.frozen
class Recompute:
    """How the tangent of a checkpointed function is transposed.

    Attributes:
        policy: which nodes between arguments and results are kept; None keeps none.
        apart: whether XLA must not merge the second computation with the first.
    """

    policy: Policy | None = None
    apart: bool = True

    def linearize(self, moved: Tangents, inputs: Sequence[Node], tangents: Tangents) -> Tangents:
        """The tangents of the results as nodes that keep ``inputs`` and what the policy says.

        Args:
            moved: tangents of the results, which depend on those of the inputs.
            inputs: all that the results were computed from.
            tangents: of the inputs.
        """
        roots = [tangent for tangent in moved if tangent is not None]
        along = list(dict.fromkeys(tangent for tangent in tangents if tangent is not None))
        residuals = self._residuals(roots, inputs, along)
        stand_in = {node: input_leaf(node.aval, "kept") for node in [*residuals, *along]}
        closed = rewrite(roots, replaced=stand_in)

        def pull(kept: Sequence[Node], cotangents: Sequence[Node]) -> list[Node | None]:
            known = [one for one in cotangents if one.operands or one.op.abstract]
            ends = [stand_in[node] for node in along]
            late = {end: end for end in ends}
            for node, again in zip(residuals, kept, strict=True):
                late[stand_in[node]] = After()(again, *known) if self.apart else again
            return transpose(rewrite(closed, replaced=late), ends, cotangents)

        op = TransposeOnly(pull, len(residuals), tuple(node.aval for node in roots))
        found = iter(projections(op(*residuals, *along)))
        return [None if tangent is None else next(found) for tangent in moved]

    def _residuals(
        self, roots: Sequence[Node], inputs: Sequence[Node], along: Sequence[Node]
    ) -> list[Node]:
        """Nodes to keep: what the tangents need of the inputs, and of what the policy names."""
        ends = {*inputs, *along}
        order = toposort(roots, stop=ends)
        linear = dependents(order, set(along))
        chosen = set(inputs)
        if self.policy is not None:
            chosen.update(
                node
                for node in order
                if node.operands
                and node not in ends
                and node not in linear
                and type(node.aval) is not tuple
                and self.policy(node)
            )
        order = toposort(roots, stop=chosen | ends)
        chosen.update(node for node in order if node.op.abstract and node not in ends)  # of a rule
        return [node for node in order if node in chosen and not is_constant(node)]


def is_constant(node: Node) -> bool:
    """Whether a node is a number or a table that programs make, rather than are given."""
    return not node.operands and node.value is None and not node.op.abstract

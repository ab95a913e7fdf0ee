"""Custom rules as graphs: what a file holds of them."""

from __future__ import annotations

from collections.abc import Sequence

import attrs

from lazyax.errors import LazyaxTypeError
from lazyax.graph.aval import Aval
from lazyax.graph.graph import Graph
from lazyax.graph.node import Node
from lazyax.graph.origin import describe
from lazyax.graph.rewrite import rewrite
from lazyax.graph.traversal import toposort
from lazyax.ops.primitives.custom import Tangents
from lazyax.ops.primitives.leaves import Trace, input_leaf, tracing
from lazyax.ops.primitives.subgraphs import or_zeros, same_avals
from lazyax.transforms.custom import JvpRule, Pull, VjpRule
from lazyax.transforms.split_keys import with_new_keys


def _outputs(graph: Graph, given: Sequence[Node], moving: Sequence[bool]) -> list[Node | None]:
    """The outputs for other inputs, and None in the places that do not move."""
    values = dict(zip(graph.inputs, given, strict=True))
    found = iter(rewrite(graph.outputs, with_new_keys, values))
    return [next(found) if moves else None for moves in moving]


@attrs.define(eq=False)
class TracedJvp:
    """Tangents by a graph.

    Attributes:
        graph: (*primals, *tangents of those that are inexact) -> tangents of the results.
        moving: which of the results have tangents that are not known zeros.
    """

    graph: Graph
    moving: tuple[bool, ...]

    def __call__(self, primals: Sequence[Node], tangents: Tangents) -> Tangents:
        """Tangents of the results."""
        given = [
            or_zeros(tangent, primal.aval)
            for primal, tangent in zip(primals, tangents, strict=True)
            if primal.aval.is_inexact
        ]
        return _outputs(self.graph, [*primals, *given], self.moving)

    @property
    def graphs(self) -> tuple[Graph, ...]:
        """What it is made of."""
        return (self.graph,)

    def fits(self, primals: Sequence[Aval], results: Sequence[Aval]) -> bool:
        """Whether it can be the rule of results and arguments of these avals."""
        inexact = [aval for aval in primals if aval.is_inexact]
        return _fits(self.graph, [*primals, *inexact], results, self.moving)


@attrs.define(eq=False)
class TracedVjp:
    """Residuals and cotangents by graphs.

    Attributes:
        ahead: (*primals) -> residuals.
        back: (*residuals, *cotangents of the results) -> cotangents of the primals.
        moving: which of the primals have cotangents that are not known zeros.
    """

    ahead: Graph
    back: Graph
    moving: tuple[bool, ...]

    def __call__(self, primals: Sequence[Node]) -> tuple[Sequence[Node], Pull]:
        """Residuals, and what pulls cotangents back with them."""
        residuals = _outputs(self.ahead, primals, [True] * len(self.ahead.outputs))

        def pull(given: Sequence[Node], cotangents: Sequence[Node]) -> list[Node | None]:
            return _outputs(self.back, [*given, *cotangents], self.moving)

        return [node for node in residuals if node is not None], pull

    @property
    def graphs(self) -> tuple[Graph, ...]:
        """What it is made of."""
        return (self.ahead, self.back)

    def fits(self, primals: Sequence[Aval], results: Sequence[Aval]) -> bool:
        """Whether it can be the rule of results and arguments of these avals."""
        residuals = [node.aval for node in self.ahead.outputs]
        return _fits(self.ahead, primals, residuals, [True] * len(residuals)) and _fits(
            self.back, [*residuals, *results], primals, self.moving
        )


def _fits(graph: Graph, takes: Sequence[Aval], gives: Sequence[Aval], moving) -> bool:
    """Whether a graph takes and gives these avals, of which ``moving`` says which it gives."""
    if len(moving) != len(gives):
        return False
    given = [aval for aval, moves in zip(gives, moving, strict=True) if moves]
    return same_avals([node.aval for node in graph.inputs], takes) and same_avals(
        [node.aval for node in graph.outputs], given
    )


def traced(
    rule: JvpRule | VjpRule, primals: Sequence[Aval], results: Sequence[Aval]
) -> TracedJvp | TracedVjp:
    """A rule as graphs, for arguments and results of these avals.

    Raises:
        LazyaxTypeError: if it depends on what is abstract and no argument.
        AbstractValueError: if it looks at values.
    """
    known = rule.tangents if isinstance(rule, JvpRule) else rule.forward
    if isinstance(known, (TracedJvp, TracedVjp)):
        return known
    found = runs(rule, primals, results, Trace("save", f"the rule of {rule.name}"))
    graphs = [_closed(rule.name, inputs, outputs) for inputs, outputs in found]
    if isinstance(rule, JvpRule):
        return TracedJvp(*graphs[0])
    return TracedVjp(graphs[0][0], *graphs[1])


def runs(
    rule: JvpRule | VjpRule, primals: Sequence[Aval], results: Sequence[Aval], trace: Trace
) -> list[tuple[list[Node], Sequence[Node | None]]]:
    """The inputs and outputs of the functions of a rule, run on fresh inputs.

    These are the tangents of the results; or the residuals, and the cotangents of the primals.
    """
    inputs = [input_leaf(aval, "primal", trace) for aval in primals]
    with tracing(trace):
        if isinstance(rule, JvpRule):
            along = [_tangent(aval, trace) for aval in primals]
            moved = rule.jvp(inputs, along, results)
            given = [*inputs, *[tangent for tangent in along if tangent is not None]]
            return [(given, moved)]
        residuals, pull = rule.forward(inputs)
        kept = [input_leaf(node.aval, "residual", trace) for node in residuals]
        cotangents = [input_leaf(aval, "cotangent", trace) for aval in results]
        return [(inputs, residuals), ([*kept, *cotangents], pull(kept, cotangents))]


def _tangent(aval: Aval, trace: Trace) -> Node | None:
    return input_leaf(aval, "tangent", trace) if aval.is_inexact else None


def _closed(
    name: str, inputs: Sequence[Node], outputs: Sequence[Node | None]
) -> tuple[Graph, tuple[bool, ...]]:
    """The graph of what is no known zero, and which that is.

    Raises:
        LazyaxTypeError: if it depends on what is abstract and no input.
    """
    found = [node for node in outputs if node is not None]
    own = set(inputs)
    for node in toposort(found, stop=own):
        if node.op.abstract and node not in own:
            raise LazyaxTypeError(
                f"save: the rule of {name} depends on {node.aval}, made at "
                f"{describe(node.origin)}, which has no value and is no argument of {name}; a file "
                f"holds rules as graphs of the arguments alone: pass it to {name} as an argument"
            )
    return Graph(tuple(inputs), tuple(found)), tuple(node is not None for node in outputs)

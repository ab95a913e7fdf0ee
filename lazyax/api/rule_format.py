"""Custom rules and checkpoint policies as plain data, for files of graphs.

A rule is written as the graphs that it is (`lazyax.transforms.traced_rules`). These may use the
function that the rule is of, and so the rule itself: nodes name rules by number.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from typing import Any

from lazyax.api.checkpointing import Either, Names, checkpoint_policies
from lazyax.errors import FormatError, LazyaxTypeError
from lazyax.graph.graph import Graph, nested_graphs
from lazyax.graph.node import Node
from lazyax.graph.verify import verify_graph
from lazyax.ops import primitives as p
from lazyax.transforms.custom import JvpRule, VjpRule
from lazyax.transforms.traced_rules import TracedJvp, TracedVjp, traced

MOST_RULES = 1000
"""More are those of a rule that makes a new function with a rule each time it runs."""

NO_GRAPH = Graph((), ())


class Rules:
    """The rules that a graph needs, and those that these need.

    Attributes:
        number: of each, by its key.
        found: their names and graphs, in order.

    Args:
        graph: where they occur, at any depth.
        nodes_of: the nodes of a graph that are written.

    Raises:
        LazyaxTypeError: for a rule that is no function of its arguments alone.
    """

    def __init__(self, graph: Graph, nodes_of: Callable[[Graph], list[Node]]):
        self.number: dict[Hashable, int] = {}
        self.found: list[tuple[str, TracedJvp | TracedVjp]] = []
        pending = [graph]
        while pending:
            whole = pending.pop()
            for each in [*nested_graphs(nodes_of(whole)), whole]:
                for node in nodes_of(each):
                    if type(node.op) is p.CustomRule and node.op.rule.key not in self.number:
                        pending += self._add(node)

    def _add(self, node: Node) -> Sequence[Graph]:
        """Trace the rule of a node; returns its graphs."""
        count = node.op.forwards
        rule: Any = node.op.rule  # type: ignore[attr-defined]  # of a CustomRule
        if len(self.found) == MOST_RULES:
            raise LazyaxTypeError(
                f"save: the rule of {rule.name} makes a function with a rule of its own each time "
                "it runs, without end; make that function once, outside of the rule"
            )
        primals = [operand.aval for operand in node.operands[count:]]
        rule_graphs = traced(rule, primals, node.aval)
        self.number[rule.key] = len(self.found)
        self.found.append((rule.name, rule_graphs))
        return rule_graphs.graphs

    @property
    def graphs(self) -> list[Graph]:
        """The graphs of all rules."""
        return [graph for _, rule in self.found for graph in rule.graphs]


KINDS = {"jvp": (JvpRule, TracedJvp), "vjp": (VjpRule, TracedVjp)}


def encode_rule(name: str, rule: TracedJvp | TracedVjp, number: dict[Graph, int]) -> list:
    """A rule as plain data."""
    kind = "jvp" if isinstance(rule, TracedJvp) else "vjp"
    return [kind, name, [number[graph] for graph in rule.graphs], list(rule.moving)]


def empty_rule(kind: str, name: str, graphs: Sequence, moving: Sequence[bool]) -> Any:
    """The rule of plain data, whose graphs are not read yet."""
    make, make_traced = KINDS[kind]
    rule = make_traced(*[NO_GRAPH] * len(graphs), tuple(map(bool, moving)))
    return make(str(name), rule, object())  # equal to no other


def fill_rule(rule: Any, graphs: Sequence[Graph]) -> None:
    """Give a rule the graphs that it was read without."""
    if isinstance(rule, JvpRule):
        (rule.tangents.graph,) = graphs  # type: ignore[attr-defined]  # a TracedJvp
    else:
        rule.forward.ahead, rule.forward.back = graphs
    for graph in graphs:
        verify_graph(graph)


def require_rules_fit(nodes: Sequence[Node]) -> None:
    """Check the rules of nodes that were read.

    Raises:
        FormatError: naming one that does not fit its node.
    """
    for node in nodes:
        if type(node.op) is not p.CustomRule:
            continue
        rule: Any = node.op.rule
        known: Any = rule.tangents if isinstance(rule, JvpRule) else rule.forward
        primals = [operand.aval for operand in node.operands[node.op.forwards :]]
        if not known.fits(primals, node.aval):
            raise FormatError(f"its rule of {rule.name} does not fit the node that has it")


POLICIES: dict[str, Callable[[Node], bool]] = {
    name: getattr(checkpoint_policies, name)
    for name in (
        "nothing_saveable",
        "everything_saveable",
        "dots_saveable",
        "dots_with_no_batch_dims_saveable",
    )
}
"""Policies that a file holds by their names in `checkpoint_policies`."""


def encode_policy(policy: Any) -> list | None:
    """A policy as plain data; None for a function that has none."""
    for name, known in POLICIES.items():
        if policy is known:
            return [name]
    if isinstance(policy, Names):
        return ["names", policy.others, *sorted(policy.names)]
    if isinstance(policy, Either):
        parts = [encode_policy(part) for part in policy.policies]
        return None if None in parts else ["either", *parts]
    return None


def decode_policy(written: Sequence[Any]) -> Callable[[Node], bool]:
    """The policy of plain data."""
    kind, *rest = written
    if kind == "names":
        return Names(frozenset(map(str, rest[1:])), bool(rest[0]))
    if kind == "either":
        return Either(tuple([decode_policy(part) for part in rest]))
    return POLICIES[kind]

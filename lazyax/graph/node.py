"""The node: one operation applied to operands. The whole expression graph is made of these."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

import attrs

from lazyax.graph.aval import Aval
from lazyax.graph.growth import SETTLED
from lazyax.graph.origin import Origin, describe

if TYPE_CHECKING:
    from lazyax.graph.op import Op

operators: dict[str, Any] = {}
"""Primitives by their Python operator, for the arithmetic of derivative rules on nodes.

An op where it has no parameters, else its class.
"""

settling = threading.RLock()
"""Held while nodes become leaves and while a walk must not see that happen."""


class HistoryKeepers:
    """How many ``with`` blocks that need the history of materialized nodes are open."""

    count = 0

    def __enter__(self):
        with settling:
            self.count += 1

    def __exit__(self, *exception):
        with settling:
            self.count -= 1


history_keepers = HistoryKeepers()
"""Of running transforms: they need what depends on their variables."""

all_history = HistoryKeepers()
"""Of `lazyax.keep_history`: they need everything."""


# Frozen by convention: only `settle` writes. attrs.frozen costs 0.28 us more for each node, of
# about 1 us for a whole operator (docs/adr/0001).
@attrs.define(eq=False, repr=False)
class Node:
    """An op, the nodes it is applied to, and what is known of the result.

    Nodes are immutable and compared by identity: structural equality is a question about
    programs (`lazyax.xla.plan`), never about nodes. The operands are the adjacency of the
    graph; `lazyax.graph.expression_graph` shows it to networkx.

    One thing does happen to a node in its life: it is given its ``value`` when it is
    materialized (docs/adr/0001). Its meaning does not change by that.

    Attributes:
        op: what is computed.
        operands: the nodes it is computed from, by position.
        aval: shape and dtype of the result; a tuple of avals where there are several results.
        origin: the user's line, as ``(code, instruction offset)``.
        value: a device buffer, or a Python number for a scalar parameter; None while pending.
        born: when the oldest pending node that it depends on was made (`lazyax.graph.growth`).
    """

    op: Op
    operands: tuple[Node, ...]
    aval: Any
    origin: Origin | None = None
    value: Any = None
    born: int = SETTLED

    def settle(self, value: Any, leaf: Op | None) -> None:
        """Give the node its value and, unless ``leaf`` is None, forget its history.

        The op goes first and the operands second, so that a walk in another thread, which
        reads the operands first, never pairs an op with the operands of another.
        """
        self.value = value
        self.born = SETTLED
        if leaf is not None:
            self.op = leaf
            self.operands = ()

    def __repr__(self) -> str:
        names = ", ".join(type(operand.op).__name__ for operand in self.operands)
        return f"<{self.op}({names}) : {self.aval} at {describe(self.origin)}>"

    def __add__(self, other: Node | float) -> Node:
        return operators["+"](self, self.like(other))

    def __radd__(self, other: float) -> Node:
        return operators["+"](self.like(other), self)

    def __sub__(self, other: Node | float) -> Node:
        return operators["-"](self, self.like(other))

    def __rsub__(self, other: float) -> Node:
        return operators["-"](self.like(other), self)

    def __mul__(self, other: Node | float) -> Node:
        return operators["*"](self, self.like(other))

    def __rmul__(self, other: float) -> Node:
        return operators["*"](self.like(other), self)

    def __truediv__(self, other: Node | float) -> Node:
        return operators["/"](self, self.like(other))

    def __rtruediv__(self, other: float) -> Node:
        return operators["/"](self.like(other), self)

    def __neg__(self) -> Node:
        return operators["neg"](self)

    def like(self, other: Node | complex) -> Node:
        """``other`` beside this node: a number becomes a constant of this shape and dtype."""
        return other if isinstance(other, Node) else operators["full"].like(self, other)


def aval_text(aval: Aval | tuple[Aval, ...]) -> str:
    """An aval, or the avals of several results, as listings print them."""
    if isinstance(aval, tuple):
        return f"({', '.join(map(str, aval))})"
    return str(aval)

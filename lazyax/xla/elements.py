"""Single elements of arrays that exist are read from memory: no program is planned or run for them.

``float(x[i])`` in a Python loop takes a few microseconds so, and 50 and more by way of XLA
(docs/adr/0027). The graph is what it always was: only the request for the value is short.
"""

from __future__ import annotations

from lazyax.graph.node import Node, all_history, settling
from lazyax.graph.op import Op
from lazyax.ops.primitives.leaves import Full
from lazyax.ops.primitives.shape import Reshape
from lazyax.xla.buffers import Buffer, view
from lazyax.xla.plan import NUMBERS


def read_element(root: Node, leaf: Op) -> bool:
    """Give a pending node its value if it is one element of an array in memory. A hot path.

    Its value is then a number, as that of a `Scalar` leaf is. What is not computed yet, is on
    another device, or must keep its history is left to a program.
    """
    if type(root.op) is not Reshape or root.aval.shape != ():
        return False
    with settling:  # nobody settles these nodes, recycles or donates the memory meanwhile
        block = root.operands[0] if root.operands else root
        if not block.op.partial or not block.operands or all_history.count:
            return False
        x, *starts = block.operands
        if x.operands or type(x.value) is not Buffer or not _is_at_hand(x.value):
            return False
        numbers = [_number(start) for start in starts]
        if None in numbers:
            return False
        element = block.op.evaluate(view(x.value, x.aval), *numbers).item()
        if type(element) not in NUMBERS:
            return False
        root.settle(element, leaf)
    return True


def _is_at_hand(buffer: Buffer) -> bool:
    """Whether the memory is the host's, and written."""
    return buffer.platform() == "cpu" and not buffer.is_deleted() and buffer.is_ready()


def _number(node: Node) -> int | None:
    """An index that is known; None for any other."""
    if type(node.op) is Full:
        return int(node.op.value.real)
    return node.value if type(node.value) is int else None

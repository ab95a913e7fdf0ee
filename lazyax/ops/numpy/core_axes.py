"""The keyword ``axes`` of NumPy's products: which axes of arguments and result are summed over."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from lazyax.errors import LazyaxTypeError
from lazyax.graph.node import Node
from lazyax.ops.numpy.conventions import as_axes
from lazyax.ops.primitives.shape import permute


def arranged(
    function: str, axes: Any, nodes: Sequence[Node], counts: Sequence[int]
) -> tuple[list[Node], Callable[[Node], Node]]:
    """Arguments with their core axes last, and what puts those of the result where they belong.

    Args:
        function: the name of the caller, for messages.
        axes: an axis or a tuple of axes for each argument and for the result, which may be left
            out if it has no core axes; None for the last ones.
        nodes: the arguments.
        counts: how many core axes each argument has, and the result.

    Raises:
        LazyaxTypeError: for another number of entries or of axes in one, and bad axes.
    """
    if axes is None:
        return list(nodes), lambda result: result
    entries = list(axes) if isinstance(axes, (list, tuple)) else [axes]
    if len(entries) == len(nodes) and not counts[-1]:
        entries.append(())
    named = [(one,) if isinstance(one, int) else tuple(one) for one in entries]
    if tuple(map(len, named)) != tuple(counts):
        raise LazyaxTypeError(
            f"{function}: axes needs {', '.join(map(str, counts))} axes for the arguments and the "
            f"result, got {axes}"
        )
    moved = []
    for node, own in zip(nodes, named, strict=False):
        core = as_axes(function, own, node.aval)
        rest = [axis for axis in range(node.aval.ndim) if axis not in core]
        moved.append(permute(node, (*rest, *core)))

    def placed(result: Node) -> Node:
        core = as_axes(function, named[-1], result.aval)
        order = list(range(result.aval.ndim - len(core)))
        for axis in sorted(core):
            order.insert(axis, result.aval.ndim - len(core) + core.index(axis))
        return permute(result, order)

    return moved, placed

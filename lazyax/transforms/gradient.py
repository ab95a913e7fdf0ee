"""Reverse mode of a scalar: the transpose of its jvp, for the cotangent 1."""

from __future__ import annotations

from collections.abc import Sequence

from lazyax.graph.garbage import uncollected
from lazyax.graph.node import Node
from lazyax.ops.primitives.leaves import input_leaf
from lazyax.transforms.jvp import jvp
from lazyax.transforms.replay import replayed
from lazyax.transforms.transpose import transpose


def gradient(root: Node, variables: Sequence[Node]) -> list[Node | None]:
    """Cotangents of ``variables`` where that of the root is 1. A known zero is None.

    Args:
        root: a scalar.
        variables: `Variable` nodes on which it may depend.
    """
    return replayed("gradient", [root], variables, lambda: derive(root, variables))


@uncollected
def derive(root: Node, variables: Sequence[Node]) -> list[Node | None]:
    """`gradient`, by the rules of the ops."""
    inputs = [input_leaf(node.aval, "tangent") for node in variables]
    moving = [node if node.aval.is_inexact else None for node in inputs]
    tangents = jvp([root], variables, moving, reverse=True)
    return transpose(tangents, inputs, [root.like(1)], variables)

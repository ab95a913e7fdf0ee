"""What derivatives see."""

from __future__ import annotations

from typing import Any

from lazyax import tree
from lazyax.array import Array, as_node
from lazyax.ops import primitives as p


def stop_gradient(x: Any) -> Any:
    """``x``, an array or a tree of them, as a constant for derivatives.

    What is not an array is left as it is.

    >>> import lazyax as lx
    >>> print(lx.grad(lambda x: x * lx.lax.stop_gradient(x))(3.0))
    3.0
    """
    return tree.map(_stopped, x)


def _stopped(leaf: Any) -> Any:
    node = as_node(leaf)
    return leaf if node is None else Array(p.StopGradient()(node))

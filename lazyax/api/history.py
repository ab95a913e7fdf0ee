"""Derivatives of expressions that were already built, and the history that they need."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from lazyax import tree
from lazyax.api.differentiate import instantiate
from lazyax.api.functions import unflatten_arrays
from lazyax.array import Array
from lazyax.errors import HistoryGoneError, LazyaxTypeError
from lazyax.graph.node import Node, all_history, settling
from lazyax.graph.origin import describe
from lazyax.graph.traversal import toposort
from lazyax.ops.primitives.leaves import COMPUTED, input_leaf
from lazyax.transforms.jvp import jvp
from lazyax.transforms.transpose import transpose

SHOWN = 3
"""How many lines an error names."""


class keep_history:  # noqa: N801 - a context manager, used like a function
    """Inside the block nothing that is materialized forgets how it was computed.

    Looking at values then does not end what `gradients` and `lazyax.Graph` can reach. The block
    counts for all threads. The memory of intermediate results is freed when the arrays are.

    >>> import lazyax as lx
    >>> x = lx.numpy.array([1.0, 2.0])
    >>> with lx.keep_history():
    ...     y = x * x
    ...     print(y)
    [1. 4.]
    >>> print(lx.gradients(y.sum(), x))
    [2. 4.]
    """

    def __enter__(self):
        all_history.__enter__()

    def __exit__(self, *exception):
        all_history.__exit__(*exception)


def gradients(of: Array, by: Any) -> Any:
    """The gradient of a scalar that was already built, by arrays that occur in it.

    As a derivative of a function would be, the gradient by one array follows every path to it,
    also those through others of ``by``. Where the expression does not depend on an array, its
    gradient is zero. What was materialized on the way is a constant from then on: ask for
    gradients before looking at intermediate values, or look inside `keep_history`.

    Args:
        of: a real floating scalar.
        by: an array or a pytree of arrays.

    Returns:
        Arrays in the structure of ``by``.

    Raises:
        LazyaxTypeError: if ``of`` is not a scalar, or leaves of ``by`` are not inexact arrays.
        HistoryGoneError: if an array is not reached and history on the way was forgotten.

    >>> import lazyax as lx
    >>> w = lx.numpy.array([1.0, 2.0])
    >>> loss = (w * w).sum()
    >>> print(lx.gradients(loss, w))
    [2. 4.]
    """
    root = _scalar(of)
    nodes, structure = _inexact_arrays(by)
    paths = [f"by{path}" for path, _ in tree.flatten_with_path(by)]
    order = require_reached("gradients", [root], nodes, paths, needed=False)
    gradient_of: dict[Node, Node | None] = {}
    for group in _independent_groups(order, set(nodes)):
        inputs = [input_leaf(node.aval, "tangent") for node in group]
        tangents = jvp([root], group, inputs, reverse=True)
        gradient_of.update(
            zip(group, transpose(tangents, inputs, [root.like(1)], group), strict=True)
        )
    found = [gradient_of.get(node) for node in nodes]
    return unflatten_arrays(structure, instantiate(found, [node.aval for node in nodes]))


def _scalar(of: Any) -> Node:
    if not isinstance(of, Array):
        raise LazyaxTypeError(
            f"gradients: needs an array that was built of others, got {type(of).__name__}; for a "
            "function use grad"
        )
    aval = of.aval
    if aval.shape or not aval.is_inexact or aval.dtype.kind == "c":
        raise LazyaxTypeError(
            f"gradients: needs a real floating scalar, got {aval}; sum or index it"
        )
    return of._node


def _inexact_arrays(by: Any) -> tuple[list[Node], Any]:
    leaves, structure = tree.flatten(by)
    for leaf, (path, _) in zip(leaves, tree.flatten_with_path(by), strict=True):
        if not isinstance(leaf, Array):
            raise LazyaxTypeError(
                f"gradients: by{path} is of type {type(leaf).__name__}; give arrays that the "
                "expression was built of"
            )
        if not leaf.aval.is_inexact:
            raise LazyaxTypeError(
                f"gradients: by{path} is {leaf.aval}; derivatives need float or complex arrays: "
                "use astype where the expression is built"
            )
    return [leaf._node for leaf in leaves], structure


def _independent_groups(order: Sequence[Node], wanted: set[Node]) -> list[list[Node]]:
    """``wanted`` in groups of which none depends on another of its group.

    A derivative by several nodes at once holds each of them still, so each group takes a pass.
    """
    level: dict[Node, int] = {}
    groups: list[list[Node]] = []
    for node in order:
        below = max([level[operand] for operand in node.operands], default=0)
        level[node] = below
        if node in wanted:
            level[node] += 1
            groups.extend([] for _ in range(level[node] - len(groups)))
            groups[below].append(node)
    return groups


def require_reached(
    what: str, roots: Sequence[Node], nodes: Sequence[Node], paths: Sequence[str], needed=True
) -> list[Node]:
    """The nodes under ``roots``, operands first, among which ``nodes`` should be.

    Args:
        what: the caller's name, for the message.
        roots: where the expression ends.
        nodes: those that should be reached.
        paths: what the user calls each of them.
        needed: whether one that can not have been reached is an error too.

    Raises:
        HistoryGoneError: if one is not reached, and history that may have led to it is gone.
        LazyaxTypeError: if one is not reached and ``needed``.
    """
    with settling:
        order = toposort(roots)
        present = set(order)
        gone = [node for node in order if node.op == COMPUTED and node not in nodes]
    missing = [(n, path) for n, path in zip(nodes, paths, strict=True) if n not in present]
    if not missing:
        return order
    node, path = missing[0]
    text = f"{what}: {path}, {node.aval} made at {describe(node.origin)}, is not reached from "
    if gone:
        ends = "; ".join(f"{end.aval} made at {describe(end.origin)}" for end in gone[:SHOWN])
        raise HistoryGoneError(
            f"{text}the result, whose history ended where it was materialized: {ends}. Call "
            f"{what} before materializing, or inside with lx.keep_history():"
        )
    if needed:
        raise LazyaxTypeError(
            f"{text}the outputs. An array that was changed in place (x += 1, x[i] = v) is another "
            "node since; a function's arguments may be unused: lx.trace makes its graph"
        )
    return order

"""Functions that loops and branches run: traced, and checked for what leaves them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import attrs

from lazyax import tree
from lazyax.api.compile import trace_nodes
from lazyax.api.functions import name_of, node_of
from lazyax.errors import LazyaxTypeError
from lazyax.graph.aval import Aval, aval_of
from lazyax.graph.node import Node
from lazyax.graph.origin import current_origin, describe
from lazyax.ops.numpy.promotion import convert, join_dtypes
from lazyax.ops.primitives.random_bits import WORD
from lazyax.ops.primitives.subgraphs import Closed, close, held_elsewhere, invariants
from lazyax.transforms.key_linearity import consume_again, uses_of


def nodes_of(name: str, what: str, values: Any) -> tuple[list[Node], Any]:
    """Nodes of the leaves of a pytree, and its structure.

    Raises:
        LazyaxTypeError: naming the path of a leaf that is not an array.
    """
    found = tree.flatten_with_path(values)
    return [node_of(leaf, f"{name}: {what}{path}") for path, leaf in found], tree.structure(values)


def lifted(inputs: Sequence[Node], outputs: Sequence[Node]) -> Closed:
    """A traced body without what it captured, and without what is the same in every step."""
    chosen = invariants(inputs, outputs) | held_elsewhere(inputs, outputs)
    return close(inputs, outputs, chosen)


@attrs.frozen
class Step:
    """A traced step of a loop.

    Attributes:
        carries: the initial carries, in the dtypes that they have from step to step.
        inputs: the carries in the step, and after them its other arguments.
        ends: the carries after the step.
        ys: other results.
        ys_tree: the structure of these.
    """

    carries: list[Node]
    inputs: list[Node]
    ends: list[Node]
    ys: list[Node]
    ys_tree: Any


STEP = aval_of((), WORD)
"""Of the number of a step, which keys of draws without one are folded with."""


def note_key_uses(name: str, step: Step, xs: Sequence[Node] = (), length: int = 0) -> None:
    """Note how a loop uses up keys that enter its first step, and those that it scans.

    A key that a step uses and hands on as it is, the next step uses again.

    Raises:
        KeyReuseError: if a key is used twice, and the configuration says so.
    """
    count = len(step.carries)
    uses = uses_of(step.inputs)
    for use in [use for use in uses if use[0] < count]:
        times = 2 if step.ends[use[0]] is step.inputs[use[0]] else 1
        for _ in range(times):
            consume_again([use], step.carries, name)
    scanned = [(number - count, *rest) for number, *rest in uses if number >= count]
    consume_again(scanned, xs, name, length)


def trace_step(
    name: str, function: Callable[..., Any], init: Any, others: Sequence[Aval], others_tree: Any
) -> Step:
    """Trace a step ``(carry, *others) -> (carry, ys)``.

    A Python number among the initial carries takes the dtype that leaves the step.

    Args:
        name: of the loop, for messages.
        function: the step.
        init: pytree of the initial carry.
        others: avals of the leaves of the other arguments.
        others_tree: structure of the tuple of the other arguments.

    Raises:
        LazyaxTypeError: if the carry leaves with another structure, shape or dtype.
    """
    nodes, structure = nodes_of(name, "the initial carry", init)
    rest = tree.unflatten(others_tree, range(len(others)))
    arguments = tree.structure(((init, *rest), {}))
    avals = [node.aval for node in nodes]
    while True:
        graph = trace_nodes(function, name, [*avals, *others], arguments)
        carry_tree, ys_tree = graph.out_tree.children()
        require_structure(name, name_of(function), init, structure, graph, carry_tree)
        ends = graph.outputs[: len(nodes)]
        met = [
            meet(aval, end.aval) or refuse_carry(name, name_of(function), init, place, aval, end)
            for place, (aval, end) in enumerate(zip(avals, ends, strict=True))
        ]
        if met == avals:
            break
        avals = met
    return Step(
        [as_aval(node, aval) for node, aval in zip(nodes, avals, strict=True)],
        list(graph.inputs),
        [as_aval(end, aval) for end, aval in zip(ends, avals, strict=True)],
        list(graph.outputs[len(nodes) :]),
        ys_tree,
    )


def as_aval(node: Node, aval: Aval) -> Node:
    """A node in the dtype of an aval, which is weak only where the aval is."""
    return convert(node, aval.dtype, aval.weak_type)


def meet(into: Aval, out: Aval) -> Aval | None:
    """The aval of a carry that enters a step as one aval and leaves it as another.

    None where there is none: shapes must agree, and dtypes unless one is of Python numbers.
    """
    if into.shape != out.shape:
        return None
    if into.dtype == out.dtype:
        return into if out.weak_type else aval_of(into.shape, into.dtype)
    if not (into.weak_type or out.weak_type):
        return None
    dtype, weak = join_dtypes([into, out])
    allowed = [aval.dtype for aval in (into, out) if not aval.weak_type] or [dtype]
    return aval_of(into.shape, dtype, weak) if dtype in allowed else None


def refuse_carry(name: str, function: str, init: Any, place: int, into: Aval, end: Node) -> Any:
    """Raise the error of a carry that changes.

    Raises:
        LazyaxTypeError: always.
    """
    path = tree.flatten_with_path(init)[place][0]
    out = end.aval
    remedy = (
        f"return {into.shape}, or start with {out.shape}"
        if into.shape != out.shape
        else f"return it as astype('{into.dtype}'), or start with astype('{out.dtype}')"
    )
    raise LazyaxTypeError(
        f"{name}: carry{path} enters {function} as {into} and leaves it as {out}, made at "
        f"{describe(end.origin)}; a carry keeps its shape and dtype from step to step: {remedy}"
    )


def require_structure(name: str, function: str, init: Any, structure, graph, found) -> None:
    """Raise unless a carry leaves with the structure that it enters with.

    Raises:
        LazyaxTypeError: naming the first path that only one of them has.
    """
    if structure == found:
        return
    origin = graph.outputs[0].origin if graph.outputs else current_origin()
    raise LazyaxTypeError(
        f"{name}: the carry enters {function} as {structure} and leaves it as {found}: "
        f"{difference(structure, found, 'carry')}, returned at {describe(origin)}; return a carry "
        "of the structure that it enters with"
    )


def difference(one: Any, other: Any, what: str) -> str:
    """Where two structures differ, as a path.

    >>> difference(tree.structure({"a": 1, "b": 2}), tree.structure({"a": 1}), "carry")
    "carry['b'] is only in the first"
    """
    first, second = (
        [path for path, _ in tree.flatten_with_path(tree.unflatten(s, range(s.num_leaves)))]
        for s in (one, other)
    )
    for path in first:
        if path not in second:
            return f"{what}{path} is only in the first"
    for path in second:
        if path not in first:
            return f"{what}{path} is only in the second"
    return f"{what} is of other containers"

"""Running totals of any associative function, in a logarithmic number of steps."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from lazyax import tree
from lazyax.api.functions import flatten_result, name_of, unflatten_arrays
from lazyax.errors import LazyaxTypeError
from lazyax.graph.node import Node
from lazyax.graph.origin import describe
from lazyax.lax.bodies import as_aval, difference, meet, nodes_of
from lazyax.ops import primitives as p
from lazyax.ops.numpy.conventions import as_axis
from lazyax.ops.primitives.shape import reshape

Combine = Callable[[Sequence[Node], Sequence[Node]], list[Node]]


def associative_scan(
    fn: Callable[..., Any], elems: Any, reverse: bool = False, axis: int = 0
) -> Any:
    """All partial results of an associative function, as a cumulative sum is of addition.

    ``fn`` is called on 2 log2(n) pairs of halves, so that its work can be done in parallel, where
    `scan` takes n steps one after another (G. Blelloch, "Prefix sums and their applications",
    1990).

    Args:
        fn: from two pytrees of slices along ``axis``, of any length, to one: elementwise along
            that axis, and associative.
        elems: pytree of arrays of one length along ``axis``.
        reverse: begin at the end: each result is of the last element first.
        axis: along which to go.

    Raises:
        LazyaxTypeError: if lengths disagree, or ``fn`` changes the structure, shape or dtype.

    >>> from lazyax import lax
    >>> import lazyax.numpy as np
    >>> print(lax.associative_scan(np.maximum, np.array([1, 3, 2, 5, 4])))
    [1 3 3 5 5]
    """
    nodes, structure = nodes_of("associative_scan", "elems", elems)
    if not nodes:
        raise LazyaxTypeError("associative_scan: needs elems with an array, got none")
    axes = [as_axis("associative_scan", axis, node.aval) for node in nodes]
    lengths = [node.aval.shape[place] for node, place in zip(nodes, axes, strict=True)]
    if len(set(lengths)) > 1:
        paths = [path for path, _ in tree.flatten_with_path(elems)]
        listed = ", ".join(
            f"elems{path} {node.aval} has {length}"
            for path, node, length in zip(paths, nodes, lengths, strict=True)
        )
        raise LazyaxTypeError(
            f"associative_scan: elems need one length along axis {axis}: {listed}; slice them to "
            "one length"
        )

    def combine(left: Sequence[Node], right: Sequence[Node]) -> list[Node]:
        result = fn(*[unflatten_arrays(structure, part) for part in (left, right)])
        return _same(fn, elems, structure, left, result)

    if reverse:
        nodes = [p.Reverse((place,))(node) for node, place in zip(nodes, axes, strict=True)]
    nodes = _prefixes(combine, nodes, axes)
    if reverse:
        nodes = [p.Reverse((place,))(node) for node, place in zip(nodes, axes, strict=True)]
    return unflatten_arrays(structure, nodes)


def _prefixes(combine: Combine, nodes: list[Node], axes: Sequence[int]) -> list[Node]:
    """Pairs are combined until one is left; on the way back the elements between are filled in."""

    def part(of: Sequence[Node], start: int, stop: int, step: int = 1) -> list[Node]:
        return [_slice(x, place, start, stop, step) for x, place in zip(of, axes, strict=True)]

    levels = []
    while (length := nodes[0].aval.shape[axes[0]]) > 1:
        levels.append(nodes)
        pairs = length // 2 * 2
        nodes = combine(part(nodes, 0, pairs, 2), part(nodes, 1, pairs, 2))
    for level in reversed(levels):
        length, odd = level[0].aval.shape[axes[0]], nodes
        even = part(level, 0, 1)
        between = (length - 1) // 2
        if between:
            filled = combine(part(odd, 0, between), part(level, 2, length, 2))
            even = [
                p.Concatenate(place)(first, rest)
                for first, rest, place in zip(even, filled, axes, strict=True)
            ]
        nodes = [_interleave(*pair) for pair in zip(even, odd, axes, strict=True)]
    return nodes


def _slice(x: Node, axis: int, start: int, stop: int, step: int) -> Node:
    starts, stops, steps = [0] * x.aval.ndim, list(x.aval.shape), [1] * x.aval.ndim
    starts[axis], stops[axis], steps[axis] = start, stop, step
    return p.Slice(tuple(starts), tuple(stops), tuple(steps))(x)


def _interleave(even: Node, odd: Node, axis: int) -> Node:
    """Elements along an axis taken in turn, of which the first has as many or one more."""
    pairs, shape = odd.aval.shape[axis], odd.aval.shape
    last = _slice(even, axis, pairs, even.aval.shape[axis], 1)
    split = (*shape[: axis + 1], 1, *shape[axis + 1 :])
    both = p.Concatenate(axis + 1)(
        reshape(_slice(even, axis, 0, pairs, 1), split), reshape(odd, split)
    )
    woven = reshape(both, (*shape[:axis], 2 * pairs, *shape[axis + 1 :]))
    return p.Concatenate(axis)(woven, last) if last.aval.shape[axis] else woven


def _same(fn: Callable[..., Any], elems: Any, structure: Any, like: Sequence[Node], result: Any):
    """Nodes of what ``fn`` returned, in the dtypes of what it took.

    Raises:
        LazyaxTypeError: naming what changed.
    """
    name = name_of(fn)
    nodes, found = flatten_result("associative_scan", name, result)
    if found != structure:
        raise LazyaxTypeError(
            f"associative_scan: {name} takes {structure} and returns {found}: "
            f"{difference(structure, found, 'elems')}; return the structure of elems"
        )
    for (path, _), node, one in zip(tree.flatten_with_path(elems), nodes, like, strict=True):
        met = meet(one.aval, node.aval)
        if met is None or met.dtype != one.aval.dtype:
            raise LazyaxTypeError(
                f"associative_scan: {name} takes elems{path} as {one.aval} and returns "
                f"{node.aval}, made at {describe(node.origin)}; return the shape and dtype that "
                "it takes"
            )
    return [as_aval(node, one.aval) for node, one in zip(nodes, like, strict=True)]

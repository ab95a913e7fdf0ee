"""Vectorisation: a function of one element becomes a function of a batch."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import numpy

from lazyax import tree
from lazyax.api.functions import (
    P,
    R,
    argument_paths,
    flatten_call,
    flatten_result,
    name_of,
    unflatten_arrays,
)
from lazyax.array import Array
from lazyax.errors import LazyaxTypeError
from lazyax.graph.node import Node
from lazyax.ops.primitives.collective import Axis, bound, mapping
from lazyax.ops.primitives.leaves import Trace, tracing
from lazyax.ops.primitives.shape import moveaxis
from lazyax.transforms.key_places import mark_lanes
from lazyax.transforms.rule_captures import rule_scope
from lazyax.transforms.split_keys import lane_keys
from lazyax.transforms.vmap import batch, batched, elements_of

Axes = Any
"""An int, None, or a pytree prefix of them."""


def vmap(
    function: Callable[P, R],
    in_axes: Axes = 0,
    out_axes: Axes = 0,
    axis_name: str | None = None,
    axis_size: int | None = None,
) -> Callable[P, R]:
    """``function`` applied along an axis of its arguments, as one batched computation.

    Args:
        function: of one element.
        in_axes: for the arguments, the axis that is mapped: an int for all, or a tuple with an
            int, None (not mapped) or a tree of them for each argument.
        out_axes: where the mapped axis goes in the results; None for a result that does not
            depend on the mapped arguments.
        axis_name: what `lax.psum` and the like call the axis inside ``function``.
        axis_size: length of the mapped axis, if no argument has it.

    Raises:
        LazyaxTypeError: if the axes do not fit the arguments, or their sizes disagree.

    >>> import lazyax as lx
    >>> import lazyax.numpy as np
    >>> print(lx.vmap(np.dot, in_axes=(0, None))(np.ones((2, 3)), np.arange(3.0)))
    [3. 3.]
    """
    for axes, what in ((in_axes, "in_axes"), (out_axes, "out_axes")):
        require_axes(axes, what, name_of(function))

    @functools.wraps(function, updated=())
    def mapped(*arguments: Any, **kwargs: Any) -> Any:
        name = name_of(function)
        nodes, structure = flatten_call("vmap", arguments, kwargs)
        axes = prefix_leaves(_per_argument(in_axes, arguments, name), arguments, "in_axes")
        axes += [0] * (len(nodes) - len(axes))
        size = _common_size(nodes, axes, axis_size, name, (arguments, kwargs))
        front = [
            node if axis is None else moveaxis(node, axis % node.aval.ndim, 0)
            for node, axis in zip(nodes, axes, strict=True)
        ]
        trace = Trace("vmap", name)
        lanes = None if axis_name is None else Axis(axis_name, size, trace)
        elements, into = elements_of(front, [axis is not None for axis in axes], trace)
        for element, whole in into.items():
            mark_lanes(element, whole, size)
        with tracing(trace), bound(lanes), rule_scope() as lifted:
            given, kwargs_given = unflatten_arrays(structure, elements)
            result = function(*given, **kwargs_given)
        found, out_structure = flatten_result("vmap", name, result)
        roots = lifted(found)
        places = prefix_leaves(out_axes, result, "out_axes")
        with mapping(lanes):
            rows, which = batch(roots, into | lane_keys(roots, size), size)
        return unflatten_arrays(
            out_structure,
            [
                _place(row, is_batched, place, size, name)
                for row, is_batched, place in zip(rows, which, places, strict=True)
            ],
        )

    return mapped


def require_axes(axes: Axes, what: str, name: str) -> None:
    """Raise unless ``axes`` are made of ints and None.

    Raises:
        LazyaxTypeError: quoting the curried form where arrays were given, as 2018's vmap took.
    """
    for leaf in tree.leaves(axes):
        if isinstance(leaf, (Array, numpy.ndarray)):
            raise LazyaxTypeError(
                f"vmap: {what} got an array; vmap returns a function: write "
                f"vmap({name})(x, y), or vmap({name}, in_axes=(None, 0))(w, x)"
            )
        if not isinstance(leaf, int) or isinstance(leaf, bool):
            raise LazyaxTypeError(
                f"vmap: {what} of {name} are ints, None or trees of them, got {leaf!r}"
            )


def _per_argument(in_axes: Axes, arguments: tuple, name: str) -> Axes:
    if isinstance(in_axes, list):
        in_axes = tuple(in_axes)
    if isinstance(in_axes, tuple) and len(in_axes) != len(arguments):
        raise LazyaxTypeError(
            f"vmap: in_axes {in_axes} has {len(in_axes)} entries, and {name} was called with "
            f"{len(arguments)} positional arguments"
        )
    return in_axes


def prefix_leaves(prefix: Axes, of: Any, what: str) -> list[int | None]:
    """For each leaf of a tree the entry of a prefix tree that stands above it.

    Raises:
        LazyaxTypeError: where the prefix does not fit.
    """
    if prefix is None or isinstance(prefix, int):
        return [prefix] * len(tree.leaves(of))
    same = type(prefix) is type(of) and len(prefix) == len(of)
    if not same or (isinstance(prefix, dict) and prefix.keys() != of.keys()):
        raise LazyaxTypeError(
            f"vmap: {what} {prefix} is not a prefix of {tree.structure(of)}; give one entry for "
            "each element, or one int for all"
        )
    pairs = (
        [(prefix[key], of[key]) for key in sorted(of)]
        if isinstance(prefix, dict)
        else zip(prefix, of, strict=True)
    )
    return [leaf for part, below in pairs for leaf in prefix_leaves(part, below, what)]


def _common_size(nodes, axes, axis_size, name, arguments) -> int:
    """The one length of all mapped axes.

    Raises:
        LazyaxTypeError: naming each argument's where they disagree.
    """
    sizes = {}
    for index, (node, axis) in enumerate(zip(nodes, axes, strict=True)):
        if axis is None:
            continue
        if not -node.aval.ndim <= axis < node.aval.ndim:
            path = argument_paths(*arguments)[index]
            raise LazyaxTypeError(
                f"vmap: axis {axis} does not exist in {path} of {name}, which is {node.aval}; "
                "use in_axes=None for it, or give it a batch axis"
            )
        sizes[index] = node.aval.shape[axis]
    found = set(sizes.values()) | ({axis_size} if axis_size is not None else set())
    if len(found) > 1:
        paths = argument_paths(*arguments)
        listed = ", ".join(
            f"{paths[i]} {nodes[i].aval} has {size} along axis {axes[i]}"
            for i, size in sizes.items()
        )
        asked = f"; axis_size={axis_size}" if axis_size is not None else ""
        raise LazyaxTypeError(
            f"vmap: the mapped axes of {name} have different lengths: {listed}{asked}"
        )
    if not found:
        raise LazyaxTypeError(
            f"vmap: nothing is mapped in {name}: give an argument with a mapped axis, or axis_size="
        )
    return found.pop()


def _place(row: Node, is_batched: bool, place: int | None, size: int, name: str) -> Node:
    """A result with its batch axis where ``out_axes`` wants it."""
    if place is None:
        if is_batched:
            raise LazyaxTypeError(
                f"vmap: out_axes is None for a result of {name} that depends on a mapped "
                "argument; give it an int"
            )
        return row
    whole = batched(row, is_batched, size)
    ndim = whole.aval.ndim
    if not -ndim <= place < ndim:
        raise LazyaxTypeError(
            f"vmap: out_axes {place} does not exist in a result of {name}, which is {whole.aval} "
            f"with its mapped axis; give one of {-ndim} to {ndim - 1}"
        )
    return moveaxis(whole, 0, place % ndim)

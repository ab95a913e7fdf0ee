"""Calling a user's function on marked arguments: what every transform does first."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any, ParamSpec, TypeVar

from lazyax import tree
from lazyax.array import Array, as_node
from lazyax.errors import LazyaxTypeError
from lazyax.graph.node import Node
from lazyax.graph.origin import describe
from lazyax.ops.primitives.leaves import Full
from lazyax.ops.primitives.select import Convert

P = ParamSpec("P")
"""The parameters of a user's function, which transforms keep."""

R = TypeVar("R")
"""What it returns."""


def name_of(function: Callable[..., Any]) -> str:
    """A function's name, for messages and listings."""
    return getattr(function, "__name__", None) or type(function).__name__


def node_of(leaf: Any, where: str) -> Node:
    """The node of a leaf of arguments or results.

    Raises:
        LazyaxTypeError: if it is not an array or a number.
    """
    node = as_node(leaf)
    if node is None:
        raise LazyaxTypeError(
            f"{where} is of type {type(leaf).__name__}, which is not an array, a number or a "
            "pytree of them"
        )
    return node


def flatten_arguments(transform: str, arguments: Any) -> tuple[list[Node], Any]:
    """Nodes of the leaves of arguments, and their structure.

    Raises:
        LazyaxTypeError: naming the path of a leaf that is not an array.
    """
    leaves, structure = tree.flatten(arguments)
    nodes: list[Any] = [as_node(leaf) for leaf in leaves]
    if None in nodes:
        for path, leaf in tree.flatten_with_path(arguments):
            node_of(leaf, f"{transform}: argument{path}")
    return nodes, structure


def flatten_call(transform: str, arguments: tuple, kwargs: dict) -> tuple[list[Node], Any]:
    """Nodes of the leaves of a call's arguments, and the structure of both as a pair.

    Raises:
        LazyaxTypeError: naming the path of a leaf that is not an array.
    """
    leaves, structure = tree.flatten((arguments, kwargs))
    nodes: list[Any] = [as_node(leaf) for leaf in leaves]
    if None in nodes:
        for path, leaf in zip(argument_paths(arguments, kwargs), leaves, strict=True):
            node_of(leaf, f"{transform}: {path}")
    return nodes, structure


def argument_paths(arguments: tuple, kwargs: dict) -> list[str]:
    """For each leaf of a call's arguments, which it is.

    >>> argument_paths(({"w": 1}, 2), {"k": 3})
    ["argument[0]['w']", 'argument[1]', "argument['k']"]
    """
    pair = len("[0]")  # of the arguments, or [1] of those by keyword
    return [f"argument{path[pair:]}" for path, _ in tree.flatten_with_path((arguments, kwargs))]


def call(function: Callable[..., Any], structure: Any, nodes: Iterable[Node], kwargs=None) -> Any:
    """Call a function on arguments rebuilt from nodes."""
    arguments = tree.unflatten(structure, [Array(node) for node in nodes])
    return function(*arguments, **(kwargs or {}))


def flatten_result(transform: str, name: str, result: Any) -> tuple[list[Node], Any]:
    """Nodes of the leaves of a result, and its structure.

    Raises:
        LazyaxTypeError: for a leaf that is not an array.
    """
    leaves, structure = tree.flatten(result)
    where = f"{transform}: a result of {name}"
    return [node_of(leaf, where) for leaf in leaves], structure


def unflatten_arrays(structure: Any, nodes: Iterable[Node]) -> Any:
    """A tree of arrays."""
    return tree.unflatten(structure, [Array(node) for node in nodes])


def matching(
    transform: str, what: str, given: Any, structure: Any, like: Sequence[Node]
) -> list[Node]:
    """Nodes of ``given``, which must fit ``like``; Python numbers take its dtypes.

    Where ``like`` is of integers, jax's ``float0``, a dtype without values, fits too.

    Raises:
        LazyaxTypeError: naming the path of a leaf that does not fit, and both avals.
    """
    leaves, found = tree.flatten(given)
    if found != structure:
        raise LazyaxTypeError(
            f"{transform}: the {what}s need the structure {structure}, got {found}"
        )
    nodes = []
    for index, (leaf, other) in enumerate(zip(leaves, like, strict=True)):
        wanted = other.aval
        node = None if _is_float0(leaf) else as_node(leaf)
        if node is None and not _is_float0(leaf):
            node_of(leaf, f"{transform}: {what}{tree.flatten_with_path(given)[index][0]}")
        if node is None and leaf.shape == wanted.shape and not wanted.is_inexact:
            node = Full(0, wanted.shape, wanted.dtype)()
        if node is not None and node.aval.weak_type and node.aval.dtype != wanted.dtype:
            node = Convert(wanted.dtype)(node)
        if node is None or (node.aval.shape, node.aval.dtype) != (wanted.shape, wanted.dtype):
            path = tree.flatten_with_path(given)[index][0]
            got = f"float0{list(leaf.shape)}" if node is None else node.aval
            raise LazyaxTypeError(
                f"{transform}: {what}{path} must have the shape and dtype {wanted} of what it is a "
                f"{what} of, made at {describe(other.origin)}, got {got}; use reshape or astype"
            )
        nodes.append(node)
    return nodes


def _is_float0(leaf: Any) -> bool:
    """Whether a leaf is a tangent of integers as jax makes them."""
    return getattr(getattr(leaf, "dtype", None), "names", None) == ("float0",)


def split_aux(transform: str, name: str, result: Any, has_aux: bool) -> tuple[Any, Any]:
    """``(result, aux)`` of a function.

    Raises:
        LazyaxTypeError: if ``has_aux`` and the function did not return a pair.
    """
    if not has_aux:
        return result, None
    if not (isinstance(result, tuple) and len(result) == 2):
        raise LazyaxTypeError(
            f"{transform}: with has_aux=True {name} must return a pair (output, aux), got "
            f"{type(result).__name__}"
        )
    return result


def positions(
    transform: str, argnums: int | Sequence[int], count: int, name: str
) -> tuple[int, ...]:
    """``argnums`` as positions of arguments.

    Raises:
        LazyaxTypeError: for one that is out of range.
    """
    numbers = (argnums,) if isinstance(argnums, int) else tuple(argnums)
    for number in numbers:
        if not -count <= number < count:
            raise LazyaxTypeError(
                f"{transform}: argnums {argnums} does not fit: {name} was called with {count} "
                f"positional argument{'s' * (count != 1)}"
            )
    return tuple(number % count for number in numbers)

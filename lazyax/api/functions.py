"""Calling a user's function on marked arguments: what every transform does first."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from lazyax import tree
from lazyax.array import Array, as_node
from lazyax.errors import LazyaxTypeError
from lazyax.graph.node import Node


def name_of(function: Callable) -> str:
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
    if any(node is None for node in nodes):
        for path, leaf in tree.flatten_with_path(arguments):
            node_of(leaf, f"{transform}: argument{path}")
    return nodes, structure


def call(function: Callable, structure: Any, nodes: Iterable[Node], kwargs=None) -> Any:
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

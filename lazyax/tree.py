"""Pytrees: nested lists, tuples, dicts, namedtuples, None and attrs classes of arrays."""

from __future__ import annotations

from collections import OrderedDict, defaultdict
from collections.abc import Callable, Iterable
from typing import Any

import attrs

from lazyax.errors import LazyaxTypeError
from lazyax.xla.pytree import PyTreeDef, pytree, registry

__all__ = ["all", "flatten", "flatten_with_path", "leaves", "map", "register", "structure",
           "transpose", "unflatten"]  # fmt: skip

_all = all
_map = map
_attrs_classes: set[type] = set()


def _register_attrs_class(cls: type) -> None:
    names = tuple(field.name for field in attrs.fields(cls))
    keys = tuple(pytree.GetAttrKey(name) for name in names)

    def children(instance):
        return tuple(getattr(instance, name) for name in names)

    def rebuild(_, values):
        instance = cls.__new__(cls)
        for name, value in zip(names, values, strict=True):
            object.__setattr__(instance, name, value)
        return instance

    registry.register_node(
        cls,
        lambda instance: (children(instance), None),
        rebuild,
        lambda instance: (tuple(zip(keys, children(instance), strict=True)), None),
    )
    _attrs_classes.add(cls)


def register(
    cls: type, to_children: Callable[[Any], tuple[Iterable, Any]], from_children: Callable
) -> type:
    """Make a class a pytree node.

    Args:
        cls: the class.
        to_children: instance -> (children, static data, which must be hashable).
        from_children: (static data, children) -> instance.

    Raises:
        LazyaxTypeError: if it is registered already.
    """
    try:
        registry.register_node(cls, to_children, from_children)
    except ValueError as error:
        raise LazyaxTypeError(f"tree.register: {cls.__name__}: {error}") from None
    return cls


register(
    OrderedDict,
    lambda d: (tuple(d.values()), tuple(d.keys())),
    lambda keys, values: OrderedDict(zip(keys, values, strict=True)),
)
register(
    defaultdict,
    lambda d: (tuple(d[key] for key in sorted(d)), (d.default_factory, tuple(sorted(d)))),
    lambda data, values: defaultdict(data[0], zip(data[1], values, strict=True)),
)


def flatten(tree: Any, is_leaf: Callable[[Any], bool] | None = None) -> tuple[list, PyTreeDef]:
    """Leaves of a tree, and its structure. None is a node without leaves; dicts sort their keys.

    >>> leaves, structure = flatten({"b": [1, 2], "a": (3, None)})
    >>> leaves
    [3, 1, 2]
    >>> unflatten(structure, leaves)
    {'a': (3, None), 'b': [1, 2]}
    """
    try:
        found, structure = registry.flatten(tree, is_leaf)
    except ValueError as error:
        raise LazyaxTypeError(f"tree.flatten: {error}") from None
    for cls in set(_map(type, found)):
        if hasattr(cls, "__attrs_attrs__") and cls not in _attrs_classes:
            _register_attrs_class(cls)
            return flatten(tree, is_leaf)
    return found, structure


def unflatten(structure: PyTreeDef, leaves: Iterable) -> Any:
    """The tree of a structure and leaves."""
    return structure.unflatten(leaves)


def leaves(tree: Any, is_leaf: Callable[[Any], bool] | None = None) -> list:
    """Leaves of a tree, depth first.

    >>> leaves([1, {"x": 2}])
    [1, 2]
    """
    return flatten(tree, is_leaf)[0]


def structure(tree: Any, is_leaf: Callable[[Any], bool] | None = None) -> PyTreeDef:
    """Structure of a tree, without its leaves."""
    return flatten(tree, is_leaf)[1]


def map(
    function: Callable, tree: Any, *rest: Any, is_leaf: Callable[[Any], bool] | None = None
) -> Any:
    """A tree of ``function`` applied to the leaves of ``tree`` and those below them in ``rest``.

    >>> map(lambda x, y: x + y, {"a": 1}, {"a": 10})
    {'a': 11}

    Raises:
        LazyaxTypeError: if a tree of ``rest`` does not have the structure of ``tree``.
    """
    found, treedef = flatten(tree, is_leaf)
    try:
        others = [treedef.flatten_up_to(other) for other in rest]
    except ValueError as error:
        raise LazyaxTypeError(f"tree.map: the trees differ in structure: {error}") from None
    return treedef.unflatten([function(*parts) for parts in zip(found, *others, strict=True)])


def all(tree: Any) -> bool:
    """Whether all leaves are true."""
    return _all(leaves(tree))


def transpose(outer: PyTreeDef, inner: PyTreeDef, tree: Any) -> Any:
    """A tree of structure ``outer`` of trees ``inner``, turned inside out."""
    flat = flatten(tree)[0]
    size = inner.num_leaves
    rows = [flat[i : i + size] for i in range(0, len(flat), size)]
    return inner.unflatten([outer.unflatten(column) for column in zip(*rows, strict=True)])


def flatten_with_path(tree: Any) -> list[tuple[str, Any]]:
    """``(path, leaf)`` pairs, the path as it would be written in Python.

    >>> flatten_with_path({"w": [1, 2]})
    [("['w'][0]", 1), ("['w'][1]", 2)]
    """
    flatten(tree)  # registers the attrs classes it meets
    found = registry.flatten_with_path(tree)[0]
    return [("".join(_map(str, path)), leaf) for path, leaf in found]

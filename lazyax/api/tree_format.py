"""Pytree structures as plain data: to write them to a file, and to compare them by name.

A structure is a list of its nodes, children before parents: ``"*"`` for a leaf, else the kind
and what rebuilds it, such as ``["tuple", 2]`` or ``["dict", "a", "b"]``. Named tuples and attrs
classes are described by their names and fields; they come back as new types of those names.
"""

from __future__ import annotations

import collections
import functools
import keyword
from collections.abc import Sequence
from typing import Any

import attrs

from lazyax import tree
from lazyax.errors import LazyaxTypeError

LEAF = "*"


def describe_tree(structure: Any) -> list:
    """A structure as plain data.

    Raises:
        LazyaxTypeError: for a class that has no description, such as a registered one.

    >>> describe_tree(tree.structure({"w": (1, None)}))
    ['*', ['none'], ['tuple', 2], ['dict', 'w']]
    """
    found: list = []
    stack = [(structure, False)]
    while stack:
        node, children_done = stack.pop()
        if node.node_data() is None:
            found.append(LEAF)
        elif children_done:
            found.append(_describe_node(node))
        else:
            stack.append((node, True))
            stack.extend((child, False) for child in reversed(node.children()))
    return found


def _describe_node(node: Any) -> list:
    cls, data = node.node_data()
    if cls is type(None):
        return ["none"]
    if cls in (tuple, list):
        return [cls.__name__, len(node.children())]
    if cls in (dict, collections.OrderedDict):
        wrong = [key for key in data if type(key) not in (str, int)]
        if wrong:
            raise LazyaxTypeError(
                f"save: a dict has the key {wrong[0]!r}; keys in a file are str or int"
            )
        return [cls.__name__, *data]
    if issubclass(cls, tuple) and hasattr(cls, "_fields"):
        return ["namedtuple", cls.__name__, *cls._fields]
    if attrs.has(cls) and data is None:
        return ["attrs", cls.__name__, *[field.name for field in attrs.fields(cls)]]
    raise LazyaxTypeError(
        f"save: the class {cls.__name__} in the arguments or results has no description in a "
        "file; use tuples, lists, dicts, named tuples or attrs classes of arrays there"
    )


def same_structure(given: Any, wanted: Any) -> bool:
    """Whether two structures are equal, or equal by the names of classes and their fields.

    A loaded graph has never seen the caller's classes, and takes those of the same description.
    """
    if given == wanted:
        return True
    try:
        return given.num_leaves == wanted.num_leaves and describe_tree(given) == describe_tree(
            wanted
        )
    except LazyaxTypeError:
        return False


def tree_of(description: Sequence) -> Any:
    """The structure that a description says.

    Raises:
        ValueError: if it says none.

    >>> tree_of(["*", ["none"], ["tuple", 2], ["dict", "w"]])
    PyTreeDef({'w': (*, None)})
    """
    stack: list = []
    for entry in description:
        if entry == LEAF:
            stack.append(0)
            continue
        kind, *data = entry
        count = data[0] if kind in ("tuple", "list") else len(data) - (kind in NAMED)
        if type(count) is not int or not 0 <= count <= len(stack):
            raise ValueError(f"a {kind} of {count} children, of which {len(stack)} are there")
        children = stack[len(stack) - count :]
        del stack[len(stack) - count :]
        stack.append(BUILDERS[kind](data, children))
    if len(stack) != 1:
        raise ValueError(f"a tree with {len(stack)} roots")
    return tree.structure(stack[0])


def _build_mapping(cls: type) -> Any:
    def build(keys: list, children: list) -> Any:
        if len(set(keys)) != len(keys) or not all(type(key) in (str, int) for key in keys):
            raise ValueError(f"the keys {keys} of a dict")
        return cls(zip(keys, children, strict=True))

    return build


@functools.lru_cache(maxsize=1024)
def _named(kind: str, name: str, fields: tuple[str, ...]) -> type:
    """The named tuple or attrs class of a name and fields: one for each, in a process."""
    for word in (name, *fields):
        if type(word) is not str or not word.isidentifier() or keyword.iskeyword(word):
            raise ValueError(f"{word!r} as a name of a class or a field")
    if kind == "namedtuple":
        return collections.namedtuple(name, fields)
    return attrs.make_class(name, list(fields), frozen=True, slots=False)


def _build_namedtuple(data: list, children: list) -> Any:
    return _named("namedtuple", data[0], tuple(data[1:]))(*children)


def _build_attrs(data: list, children: list) -> Any:
    cls = _named("attrs", data[0], tuple(data[1:]))
    instance: Any = object.__new__(cls)
    for name, child in zip(data[1:], children, strict=True):
        object.__setattr__(instance, name, child)
    return instance


NAMED = ("namedtuple", "attrs")

BUILDERS = {
    "none": lambda data, children: None,
    "tuple": lambda data, children: tuple(children),
    "list": lambda data, children: children,
    "dict": _build_mapping(dict),
    "OrderedDict": _build_mapping(collections.OrderedDict),
    "namedtuple": _build_namedtuple,
    "attrs": _build_attrs,
}

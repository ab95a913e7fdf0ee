"""How an elementwise function is made of a primitive: the signature that NumPy's ufuncs have."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

from lazyax.array import Array
from lazyax.graph.node import Node
from lazyax.graph.op import Op
from lazyax.ops import primitives as p
from lazyax.ops.numpy.compositions import Compose, truth
from lazyax.ops.numpy.conventions import as_dtype, as_out, as_target, delivered
from lazyax.ops.numpy.dtypes import cast
from lazyax.ops.numpy.promotion import (
    UNCHANGED,
    broadcast,
    broadcast_to,
    convert,
    number_beside,
    operands,
)


class Ufunc(Protocol):
    """What elementwise functions have in common: NumPy's attributes of a ufunc."""

    __name__: str
    nin: int
    nout: int
    nargs: int
    identity: Any
    at: Callable[..., None]


class Unary(Ufunc, Protocol):
    """An elementwise function of one array."""

    def __call__(
        self, x: Any, /, out: Any = None, *, where: Any = True, casting: str = "same_kind",
        order: str = "K", dtype: Any = None, subok: bool = True,
    ) -> Array:  # fmt: skip
        """Of arrays and what NumPy takes for them."""
        ...


class Binary(Ufunc, Protocol):
    """An elementwise function of two arrays, and its methods (`lazyax.ops.numpy.ufunc_methods`)."""

    reduce: Callable[..., Array]
    accumulate: Callable[..., Array]
    reduceat: Callable[..., Array]
    outer: Callable[..., Array]

    def __call__(
        self, x1: Any, x2: Any, /, out: Any = None, *, where: Any = True,
        casting: str = "same_kind", order: str = "K", dtype: Any = None, subok: bool = True,
    ) -> Array:  # fmt: skip
        """Of arrays and what NumPy takes for them."""
        ...


def unary(name: str, compose: Compose | Op, domain: str = "any") -> Unary:
    """An elementwise function of an array, with NumPy's name and signature.

    ``order`` and ``subok`` make no difference: memory has no order, and there are no subclasses.

    Args:
        name: of the function.
        compose: a primitive, or a function from nodes to a node.
        domain: see `lazyax.ops.numpy.promotion.promote`.
    """
    fast = UNCHANGED[domain]

    def function(
        x: Any, /, out: Any = None, *, where: Any = True, casting: str = "same_kind",
        order: str = "K", dtype: Any = None, subok: bool = True,
    ) -> Array:  # fmt: skip
        if type(x) is Array and out is None and where is True and dtype is None:
            node = x._node
            if node.aval.kind in fast:
                return Array(compose(node))
        nodes = operands(name, x, domain=domain)
        return elementwise(name, compose, nodes, out, where, dtype, casting)

    return _named(function, name, "an array")


def binary(name: str, compose: Compose | Op, domain: str = "any") -> Binary:
    """An elementwise function of two arrays: see `unary`."""
    fast = UNCHANGED[domain]

    def function(
        x1: Any, x2: Any, /, out: Any = None, *, where: Any = True, casting: str = "same_kind",
        order: str = "K", dtype: Any = None, subok: bool = True,
    ) -> Array:  # fmt: skip
        if type(x1) is Array and out is None and where is True and dtype is None:
            node = x1._node
            aval = node.aval
            if type(x2) is Array:
                if x2._node.aval is aval and aval.kind in fast:
                    return Array(compose(node, x2._node))
            elif type(x2) is float and aval.kind == "f" and not aval.weak_type:
                return Array(compose(node, number_beside(x2, aval)))
        nodes = operands(name, x1, x2, domain=domain)
        return elementwise(name, compose, nodes, out, where, dtype, casting)

    return _named(function, name, "two arrays that broadcast")


def _named(function: Any, name: str, takes: str) -> Any:
    function.__name__ = function.__qualname__ = name
    function.__doc__ = f"`numpy.{name}` of each element of {takes}, lazily."
    return function


def elementwise(
    name: str, compose: Compose | Op, nodes: list[Node], out: Any, where: Any, dtype: Any,
    casting: str = "same_kind",
) -> Array:  # fmt: skip
    """A function of nodes of one shape and dtype, with what a ufunc's keywords say.

    Raises:
        LazyaxTypeError: for a dtype that ``casting`` does not allow, and an unfit ``out``.
    """
    if dtype is not None:
        nodes = [cast(name, node, as_dtype(name, dtype), casting) for node in nodes]
    return where_given(name, compose(*nodes), out, where, casting)


def where_given(name: str, result: Node, out: Any, where: Any, casting: str = "same_kind") -> Array:
    """What a ufunc returns: in the places that ``where`` leaves out, what ``out`` has, or zeros."""
    target = as_out(name, out)
    if target is not None:
        result = _spread(result, target.shape)
        if casting == "unsafe":
            result = convert(result, target.dtype)
        result = as_target(f"{name} with out=", result, target.aval)
    if where is not True:
        mask, result = broadcast(name, [truth(operands(name, where)[0]), result])
        kept = result.like(0) if target is None else target._node
        result = p.Select()(mask, result, kept)
    return Array(result) if target is None else delivered(name, result, target)


def _spread(x: Node, shape: tuple[int, ...]) -> Node:
    """Broadcast to ``shape``, if it can be."""
    lengths = zip(reversed(x.aval.shape), reversed(shape), strict=False)
    can = x.aval.ndim <= len(shape) and all(n in (1, m) for n, m in lengths)
    return broadcast_to(x, shape) if can else x

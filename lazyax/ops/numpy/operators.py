"""Python's operators on arrays. Their fast paths are the hottest code of graph building."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from lazyax.array import PYTHON_NUMBERS, Array
from lazyax.graph.op import Op
from lazyax.ops import primitives as p
from lazyax.ops.numpy import ufuncs
from lazyax.ops.numpy.conventions import as_target
from lazyax.ops.numpy.promotion import number_beside, spreading

NUMERIC = "fciu"
"""Kinds of dtype on which an operator is its primitive, with nothing to convert."""

REAL = (float, int)
"""Python numbers that stand beside floating arrays; not bool, which is no float."""


def binary(
    name: str, slow: Callable[..., Array], op: Op | None, kinds: str = NUMERIC
) -> tuple[Callable, Callable]:
    """``__name__`` and ``__rname__`` of an operator.

    Args:
        name: of the operator.
        slow: the NumPy function that means it for all operands.
        op: the primitive that it is when both operands have one dtype of one of ``kinds``, or
            one is a Python float or int beside a floating array.
        kinds: see ``op``.
    """

    beside = REAL if "f" in kinds else ()
    keeps = op is not None and op.result == "same"

    def forward(self: Array, other: Any) -> Array:
        if op is not None:
            x = self._node
            aval = x.aval
            if type(other) is Array:
                y = other._node
                if aval.kind in kinds:
                    if aval is y.aval:
                        return Array(op.keeping(aval, x, y) if keeps else op(x, y))
                    spread = spreading(aval, y.aval)
                    if spread is not None:
                        x = x if spread[0] is None else spread[0](x)
                        y = y if spread[1] is None else spread[1](y)
                        return Array(op(x, y))
            elif type(other) in beside and aval.kind == "f" and not aval.weak_type:
                number = number_beside(float(other), aval)
                return Array(op.keeping(aval, x, number) if keeps else op(x, number))
        return slow(self, other)

    def reflected(self: Array, other: Any) -> Array:
        if op is not None and type(other) in beside:
            x = self._node
            aval = x.aval
            if aval.kind == "f" and not aval.weak_type:
                number = number_beside(float(other), aval)
                return Array(op.keeping(aval, number, x) if keeps else op(number, x))
        return slow(other, self)

    forward.__name__, reflected.__name__ = f"__{name}__", f"__r{name}__"
    return forward, reflected


def in_place(name: str, operator: Callable[..., Array]) -> Callable:
    """``__iname__``: computes the operator, and points the handle at the result."""

    def mutate(self: Array, other: Any) -> Array:
        result = operator(self, other)._node
        if result.aval is not self._node.aval:
            result = as_target(f"in-place {name}", result, self._node.aval)
        self._node = result
        return self

    mutate.__name__ = f"__i{name}__"
    return mutate


BINARY = {
    "add": (ufuncs.add, p.Add(), NUMERIC),
    "sub": (ufuncs.subtract, p.Subtract(), NUMERIC),
    "mul": (ufuncs.multiply, p.Multiply(), NUMERIC),
    "truediv": (ufuncs.divide, p.Divide(), "fc"),
    "floordiv": (ufuncs.floor_divide, None, ""),
    "mod": (ufuncs.remainder, None, ""),
    "pow": (ufuncs.power, None, ""),
    "and": (ufuncs.bitwise_and, p.And(), "iub"),
    "or": (ufuncs.bitwise_or, p.Or(), "iub"),
    "xor": (ufuncs.bitwise_xor, p.Xor(), "iub"),
    "lshift": (ufuncs.left_shift, None, ""),
    "rshift": (ufuncs.right_shift, None, ""),
}

COMPARISONS = {
    "eq": (ufuncs.equal, p.Equal(), "fciub"),
    "ne": (ufuncs.not_equal, p.NotEqual(), "fciub"),
    "lt": (ufuncs.less, p.Less(), "fiub"),
    "le": (ufuncs.less_equal, p.LessEqual(), "fiub"),
    "gt": (ufuncs.greater, p.Greater(), "fiub"),
    "ge": (ufuncs.greater_equal, p.GreaterEqual(), "fiub"),
}


def _comparable(other: Any) -> bool:
    """Whether ``==`` with it is elementwise; anything else is just not equal."""
    return isinstance(other, (*PYTHON_NUMBERS, list, tuple)) or hasattr(other, "__array__")


def _equality(compare: Callable, otherwise: Callable) -> Callable:
    def forward(self: Array, other: Any) -> Any:
        return compare(self, other) if _comparable(other) else otherwise(self, other)

    return forward


def divmod_(x: Any, y: Any) -> tuple[Array, Array]:
    """Quotient rounded down, and remainder."""
    return ufuncs.floor_divide(x, y), ufuncs.remainder(x, y)


def install() -> None:
    """Give `Array` its operators."""
    for name, (slow, op, kinds) in BINARY.items():
        forward, reflected = binary(name, slow, op, kinds)
        setattr(Array, f"__{name}__", forward)
        setattr(Array, f"__r{name}__", reflected)
        setattr(Array, f"__i{name}__", in_place(name, forward))
    for name, (slow, op, kinds) in COMPARISONS.items():
        setattr(Array, f"__{name}__", binary(name, slow, op, kinds)[0])
    Array.__eq__ = _equality(Array.__eq__, object.__eq__)
    Array.__ne__ = _equality(Array.__ne__, object.__ne__)
    Array.__hash__ = None
    Array.__neg__ = lambda self: ufuncs.negative(self)
    Array.__pos__ = lambda self: ufuncs.positive(self)
    Array.__abs__ = lambda self: ufuncs.absolute(self)
    Array.__invert__ = lambda self: ufuncs.invert(self)
    Array.__divmod__ = lambda self, other: divmod_(self, other)
    Array.__rdivmod__ = lambda self, other: divmod_(other, self)

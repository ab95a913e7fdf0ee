"""What NumPy's functions have in common: axes, dtypes, shapes and ``out``, checked in one place."""

from __future__ import annotations

import operator
from collections.abc import Iterable
from typing import Any

import ml_dtypes
import numpy

from lazyax.array import Array, require_dtype
from lazyax.config import default_dtype
from lazyax.errors import LazyaxTypeError
from lazyax.graph.aval import Aval
from lazyax.graph.node import Node
from lazyax.ops.numpy.dropped import is_held
from lazyax.ops.numpy.promotion import UNCHANGED, operand, promote
from lazyax.ops.primitives.dynamic import DynamicSlice
from lazyax.ops.primitives.select import Convert
from lazyax.ops.primitives.shape import Permute, Reshape, Reverse, Slice, reshape
from lazyax.xla.devices import Device, default_device, find_device

Axis = int | tuple[int, ...] | None


def as_operand(function: str, value: Any, domain: str = "any") -> Node:
    """The node of one argument: anything that NumPy takes as an array.

    Raises:
        LazyaxTypeError: for what is not array-like.
    """
    if type(value) is Array and value._node.aval.kind in UNCHANGED[domain]:
        return value._node
    return promote([operand(value, function)], domain)[0]


def delivered(function: str, result: Node, out: Any) -> Array:
    """What a function with ``out=`` returns: the result, or ``out``, which is pointed at it.

    Raises:
        LazyaxTypeError: unless ``out`` is a lazyax array, no slice that is dropped, of the shape of
            the result, and of a dtype that takes it.
    """
    if out is None:
        return Array(result)
    target = as_out(function, out)
    if target is None:
        return Array(result)
    target._node = as_target(f"{function} with out=", result, target.aval)
    return target


def as_out(function: str, out: Any) -> Array | None:
    """The array to be pointed at a result; None where there is none, or a tuple of None.

    Raises:
        LazyaxTypeError: for what is no lazyax array, and for a slice that nobody holds: it is a
            copy, so that what it was cut from would not change.
    """
    if type(out) is tuple and len(out) == 1:
        out = out[0]
    if out is None:
        return None
    if not isinstance(out, Array):
        raise LazyaxTypeError(
            f"{function}: out= is pointed at the result, so it must be a lazyax array, got a "
            f"{type(out).__name__}; use the result"
        )
    if out._node.value is None and isinstance(out._node.op, CUT_OUT) and not is_held(out):
        raise LazyaxTypeError(
            f"{function}: out= is {out.aval}, a part or another shape of an array; that is a copy "
            f"here, so the array would not change: write x[...] = {function}(...)"
        )
    return out


CUT_OUT = (Slice, DynamicSlice, Reshape, Permute, Reverse)
"""Ops whose results are views in NumPy."""

KIND_ORDER = {"b": 0, "u": 1, "i": 1, "f": 2, "V": 2, "c": 3}


def as_target(function: str, result: Node, target: Aval) -> Node:
    """``result`` with the aval of the array that it replaces.

    Raises:
        LazyaxTypeError: where NumPy would refuse: another shape, or a dtype of a wider kind.
    """
    if result.aval is target:
        return result
    if result.aval.shape != target.shape:
        raise LazyaxTypeError(
            f"{function}: the result {result.aval} does not fit the array {target}; "
            "write x = x ... instead"
        )
    if KIND_ORDER[result.aval.dtype.kind] > KIND_ORDER[target.dtype.kind]:
        raise LazyaxTypeError(
            f"{function}: the result {result.aval} does not convert safely to {target.dtype}; "
            "write x = x ... instead, or use astype"
        )
    if result.aval.dtype != target.dtype or result.aval.weak_type:
        return Convert(target.dtype)(result)
    return result


def static_int(function: str, value: Any, what: str) -> int:
    """An argument that must be an integer now, such as an axis or a length.

    Raises:
        LazyaxTypeError: if it is not one.
    """
    try:
        return operator.index(value)
    except TypeError:
        pass
    if not isinstance(value, Array):
        raise LazyaxTypeError(f"{function}: {what} must be an int, got {value!r}")
    remedy = ""
    if value.dtype.kind in "iu" and not value.ndim:  # it has no value
        remedy = "; under jit make the argument static (static_argnums)"
    raise LazyaxTypeError(f"{function}: {what} must be an int, got {value.aval}{remedy}")


def as_axis(function: str, axis: Any, aval: Aval, ndim: int | None = None) -> int:
    """One axis, counted from the first.

    Raises:
        LazyaxTypeError: if ``aval`` (with ``ndim`` axes, if more than it has) lacks it.
    """
    ndim = aval.ndim if ndim is None else ndim
    number = static_int(function, axis, "axis")
    if not -ndim <= number < ndim:
        have = f"give one of {-ndim} to {ndim - 1}" if ndim else "a 0-d array has no axes"
        raise LazyaxTypeError(f"{function}: axis {number} is out of range for {aval}; {have}")
    return number % ndim


def as_axes(function: str, axis: Any, aval: Aval, ndim: int | None = None) -> tuple[int, ...]:
    """An axis, axes, or None for all of them, in the order given, counted from the first.

    Raises:
        LazyaxTypeError: for an axis that ``aval`` lacks, or one named twice.
    """
    if axis is None:
        return tuple(range(aval.ndim))
    named = axis if isinstance(axis, (tuple, list)) else (axis,)
    axes = tuple([as_axis(function, one, aval, ndim) for one in named])
    if len(set(axes)) < len(axes):
        raise LazyaxTypeError(f"{function}: axis {axis} names an axis of {aval} twice")
    return axes


def as_shape(function: str, shape: Any) -> tuple[int, ...]:
    """A shape from an int or a sequence of ints.

    Raises:
        LazyaxTypeError: for lengths that are negative or not ints.
    """
    lengths = shape if isinstance(shape, Iterable) and getattr(shape, "ndim", 1) else (shape,)
    result = tuple([static_int(function, length, "a length") for length in lengths])
    if min(result, default=0) < 0:
        raise LazyaxTypeError(f"{function}: lengths must not be negative, got {result}")
    return result


def as_dtype(function: str, dtype: Any) -> numpy.dtype:
    """A dtype from anything that names one; Python's types name the default of their kind.

    Raises:
        LazyaxTypeError: for what is not a dtype, or not one that XLA has.
    """
    if isinstance(dtype, (str, type)):
        if dtype in PYTHON_TYPES:
            return default_dtype(PYTHON_TYPES[dtype])
        dtype = getattr(ml_dtypes, dtype, dtype) if isinstance(dtype, str) else dtype
    try:
        found = numpy.dtype(dtype)
    except TypeError:
        raise LazyaxTypeError(
            f"{function}: {dtype!r} is not a dtype; use a name such as 'float32', 'int32', "
            "'bool' or 'bfloat16'"
        ) from None
    require_dtype(found)
    return found if found.isnative else found.newbyteorder("=")


def as_device(function: str, device: Any) -> Device:
    """A device from anything that names one, such as "cpu" or "cpu:0"; None is the default.

    Raises:
        LazyaxTypeError: for a device that is not here.
    """
    found = find_device(device)
    if found is None:
        raise LazyaxTypeError(
            f"{function}: there is no device {str(device)!r} here; arrays are on "
            f"{default_device()}. LAZYAX_PLATFORM chooses another platform before the first "
            "computation"
        )
    return found


PYTHON_TYPES = {
    **{kind: kind for kind in (bool, int, float, complex)},
    **{kind.__name__: kind for kind in (bool, int, float, complex)},
}


def kept_shape(aval: Aval, axes: tuple[int, ...]) -> tuple[int, ...]:
    """The shape of ``aval`` with length 1 in place of ``axes``."""
    return tuple([1 if axis in axes else n for axis, n in enumerate(aval.shape)])


def keep_axes(reduced: Node, aval: Aval, axes: tuple[int, ...], keepdims: bool) -> Node:
    """A reduction of ``aval`` along ``axes``, these as axes of length 1 if ``keepdims``."""
    return reshape(reduced, kept_shape(aval, axes)) if keepdims else reduced

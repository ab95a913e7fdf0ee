"""Arrays made of values, of nothing, and in the likeness of others."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy

from lazyax.array import PYTHON_NUMBERS, Array, array_node
from lazyax.config import default_dtype
from lazyax.errors import LazyaxTypeError
from lazyax.graph.node import Node
from lazyax.ops import primitives as p
from lazyax.ops.numpy.conventions import (
    as_device,
    as_dtype,
    as_operand,
    as_shape,
    static_int,
)
from lazyax.ops.numpy.promotion import broadcast_shapes, broadcast_to, convert


def array(
    object: Any,
    dtype: Any = None,
    *,
    copy: bool | None = True,
    order: str | None = None,
    subok: bool = False,
    ndmin: int = 0,
    ndmax: int = 0,
    device: Any = None,
) -> Array:
    """An array of what is given: a number, a nested list, a NumPy or lazyax array.

    NumPy arrays keep their dtype; Python numbers get the default one. ``copy``, ``order`` and
    ``subok`` make no difference here: arrays do not change under their readers. ``ndmin`` and
    ``ndmax`` are how many axes there are at least, and at most, unless that is 0.

    >>> import lazyax.numpy as np
    >>> np.array([[1, 2], [3, 4]]).aval
    i32[2,2]

    Raises:
        LazyaxTypeError: for what is not array-like, ragged lists, unknown dtypes and devices.
    """
    as_device("array", device)
    if dtype is not None:
        node = _of_dtype(object, as_dtype("array", dtype))
    else:
        node = as_operand("array", object)
        node = convert(node, node.aval.dtype)
    if 0 < static_int("array", ndmax, "ndmax") < node.aval.ndim:
        raise LazyaxTypeError(
            f"array: {node.aval} has more axes than ndmax={ndmax}; NumPy makes an array of Python "
            "objects of it, which there are none of here"
        )
    missing = static_int("array", ndmin, "ndmin") - node.aval.ndim
    if missing > 0:
        node = p.Reshape((1,) * missing + node.aval.shape)(node)
    return Array(node)


def _of_dtype(value: Any, dtype: numpy.dtype) -> Node:
    """A node of ``dtype``; Python numbers become it exactly, not by way of their default."""
    if isinstance(value, (list, tuple)) and _holds_numbers_alone(value):
        return array_node(_numbers_of_dtype(value, dtype))
    if type(value) in PYTHON_NUMBERS:
        return array_node(_numbers_of_dtype(value, dtype))
    return convert(as_operand("array", value), dtype)


def _numbers_of_dtype(value: Any, dtype: numpy.dtype) -> numpy.ndarray:
    try:
        return numpy.asarray(value, dtype)
    except (TypeError, ValueError, OverflowError) as error:
        raise LazyaxTypeError(f"array: the elements do not make a {dtype} array: {error}") from None


def _holds_numbers_alone(value: list | tuple) -> bool:
    pending = [value]
    while pending:
        element = pending.pop()
        if type(element) in (list, tuple):
            pending.extend(element)
        elif type(element) not in PYTHON_NUMBERS:
            return False
    return True


def asarray(
    a: Any,
    dtype: Any = None,
    order: str | None = None,
    *,
    device: Any = None,
    copy: bool | None = None,
) -> Array:
    """``a`` as an array: an array of that dtype is itself.

    >>> import lazyax.numpy as np
    >>> x = np.asarray(3.0)
    >>> x.aval, np.asarray(x) is x
    (f32[], True)

    Raises:
        LazyaxTypeError: for what is not array-like, unknown dtypes, and for ``copy=False`` where
            there is something to convert or to bring to the device.
    """
    as_device("asarray", device)
    fits = type(a) is Array and not a.weak_type
    if dtype is not None:
        dtype = as_dtype("asarray", dtype)
        fits = fits and a.dtype == dtype
    if fits and not copy:
        return a
    if copy is False:
        what = a.aval if isinstance(a, Array) else f"a {type(a).__name__}"
        raise LazyaxTypeError(
            f"asarray: {what} does not become an array without a copy, which copy=False forbids; "
            "use copy=None, or from_dlpack for another library's array"
        )
    return array(a, dtype)


asanyarray = ascontiguousarray = asfortranarray = asarray


def copy(a: Any, order: str | None = None, subok: bool = False) -> Array:
    """A handle of its own: what is later written to one is not seen in the other.

    >>> import lazyax.numpy as np
    >>> x = np.zeros(2)
    >>> y = np.copy(x)
    >>> x += 1
    >>> print(y)
    [0. 0.]
    """
    return array(a)


def astype(x: Any, dtype: Any, /, *, copy: bool = True, device: Any = None) -> Array:
    """``x`` converted to ``dtype``. Complex to real keeps the real part.

    f32[3] -> i32[3] for dtype int32; floats are cut towards zero.

    >>> import lazyax.numpy as np
    >>> print(np.astype(np.array([1.7, -1.7]), "int32"))
    [ 1 -1]

    Args:
        copy: False gives ``x`` itself where there is nothing to convert.

    Raises:
        LazyaxTypeError: for an unknown dtype, and a device that is not here.
    """
    as_device("astype", device)
    chosen = as_dtype("astype", dtype)
    if not copy and type(x) is Array and x.dtype == chosen and not x.weak_type:
        return x
    return Array(convert(as_operand("astype", x), chosen))


def full(
    shape: Any, fill_value: Any, dtype: Any = None, order: str | None = None, *, device: Any = None
) -> Array:
    """An array of ``shape`` filled with a number, or with an array that broadcasts to it.

    The number is a run-time value: another one does not compile anew.

    >>> import lazyax.numpy as np
    >>> print(np.full((2, 3), 7))
    [[7 7 7]
     [7 7 7]]

    Raises:
        LazyaxTypeError: for a bad shape or dtype, or a value that does not broadcast.
    """
    as_device("full", device)
    return _full("full", as_shape("full", shape), fill_value, dtype)


def _full(function: str, shape: tuple[int, ...], value: Any, dtype: Any) -> Array:
    if dtype is not None and type(value) in PYTHON_NUMBERS:
        node = _number_of_dtype(function, value, as_dtype(function, dtype))
    else:
        node = as_operand(function, value)
        node = convert(node, node.aval.dtype if dtype is None else as_dtype(function, dtype))
    if broadcast_shapes(function, [node, p.Full(0, shape, node.aval.dtype)()]) != shape:
        raise LazyaxTypeError(f"{function}: {node.aval} does not broadcast to shape {shape}")
    return Array(broadcast_to(node, shape))


def _number_of_dtype(function: str, value: complex, dtype: numpy.dtype) -> Node:
    """A Python number as a node of ``dtype``, not by way of its default."""
    if isinstance(value, complex) and dtype.kind != "c":
        raise LazyaxTypeError(f"{function}: {value} does not fit {dtype}; give its real part")
    return convert(value, dtype)


def _constant(function: str, value: int) -> Callable[..., Array]:
    def make(
        shape: Any, dtype: Any = None, order: str | None = None, *, device: Any = None
    ) -> Array:
        as_device(function, device)
        shape = as_shape(function, shape)
        chosen = default_dtype(float) if dtype is None else as_dtype(function, dtype)
        return Array(p.Full(value, shape, chosen)())

    make.__name__ = make.__qualname__ = function
    make.__doc__ = f"""An array of {value}s, of the default floating dtype unless one is given.

    Nothing is allocated: ``np.{function}((10**6, 10**6))[:3, :3]`` costs nine numbers.

    Raises:
        LazyaxTypeError: for a bad shape or dtype.
    """
    return make


zeros = _constant("zeros", 0)
ones = _constant("ones", 1)
empty = _constant("empty", 0)


def full_like(
    a: Any,
    fill_value: Any,
    dtype: Any = None,
    order: str | None = None,
    subok: bool = False,
    *,
    shape: Any = None,
    device: Any = None,
) -> Array:
    """An array of the shape and dtype of ``a``, unless others are given, filled with a value.

    >>> import lazyax.numpy as np
    >>> np.full_like(np.zeros((2, 3)), 7).aval
    f32[2,3]

    Raises:
        LazyaxTypeError: for a bad shape or dtype, or a value that does not broadcast.
    """
    as_device("full_like", device)
    aval = as_operand("full_like", a).aval
    shape = aval.shape if shape is None else as_shape("full_like", shape)
    return _full("full_like", shape, fill_value, aval.dtype if dtype is None else dtype)


def _constant_like(function: str, value: int) -> Callable[..., Array]:
    def make(
        a: Any,
        dtype: Any = None,
        order: str | None = None,
        subok: bool = False,
        *,
        shape: Any = None,
        device: Any = None,
    ) -> Array:
        as_device(function, device)
        aval = as_operand(function, a).aval
        shape = aval.shape if shape is None else as_shape(function, shape)
        chosen = aval.dtype if dtype is None else as_dtype(function, dtype)
        return Array(p.Full(value, shape, chosen)())

    make.__name__ = make.__qualname__ = function
    make.__doc__ = f"""An array of {value}s, with the shape and dtype of ``a`` unless given.

    Raises:
        LazyaxTypeError: for a bad shape or dtype.
    """
    return make


zeros_like = _constant_like("zeros_like", 0)
ones_like = _constant_like("ones_like", 1)
empty_like = _constant_like("empty_like", 0)


def frombuffer(buffer: Any, dtype: Any = float, count: int = -1, offset: int = 0) -> Array:
    """A 1-d array of the bytes of ``buffer``, read as ``dtype``.

    >>> import lazyax.numpy as np
    >>> print(np.frombuffer(b"\\x01\\x02", dtype="uint8"))
    [1 2]

    Raises:
        LazyaxTypeError: for an unknown dtype, or bytes that are no whole number of elements.
    """
    try:
        return Array(
            array_node(numpy.frombuffer(buffer, as_dtype("frombuffer", dtype), count, offset))
        )
    except ValueError as error:
        raise LazyaxTypeError(f"frombuffer: {error}") from None


def fromiter(iter: Any, dtype: Any, count: int = -1) -> Array:
    """A 1-d array of an iterable's numbers.

    >>> import lazyax.numpy as np
    >>> print(np.fromiter((i * i for i in range(4)), "int32"))
    [0 1 4 9]
    """
    return Array(array_node(numpy.fromiter(iter, as_dtype("fromiter", dtype), count)))

"""Dtypes by name, and questions about them."""

from __future__ import annotations

import builtins
from typing import Any

import ml_dtypes
import numpy

from lazyax.array import Array, is_array_like, value_of
from lazyax.config import default_dtype
from lazyax.errors import LazyaxTypeError
from lazyax.graph.aval import EXTENDED, aval_of, is_inexact
from lazyax.graph.node import Node
from lazyax.ops.numpy.conventions import PYTHON_TYPES, as_axis, as_dtype, as_operand
from lazyax.ops.numpy.promotion import aval_of_value, convert, join_dtypes, operand

bool = numpy.bool_
half, single, double = numpy.float16, numpy.float32, numpy.float64
csingle, cdouble = numpy.complex64, numpy.complex128
byte, ubyte, short, ushort = numpy.int8, numpy.uint8, numpy.int16, numpy.uint16

Bool = builtins.bool


def result_type(*arrays_and_dtypes: Any) -> numpy.dtype:
    """The dtype in which arrays, numbers and dtypes meet; Python numbers are weak.

    >>> import lazyax.numpy as np
    >>> np.result_type("int64", np.float32, 2.0)
    dtype('float32')

    Raises:
        LazyaxTypeError: if there is none.
    """
    if not arrays_and_dtypes:
        raise LazyaxTypeError("result_type: needs at least one array or dtype")
    return join_dtypes([_aval_of_one(one) for one in arrays_and_dtypes])[0]


def _aval_of_one(one: Any):
    """The aval of an array or number; that of a 0-d array for what names a dtype."""
    if type(one) in PYTHON_TYPES:
        return aval_of_value(one)
    if isinstance(one, type) and one in PYTHON_TYPES:
        return aval_of((), default_dtype(one), one is not PYTHON_TYPES["bool"])
    if is_array_like(one) or isinstance(one, (list, tuple)):
        return as_operand("result_type", one).aval
    return aval_of((), as_dtype("result_type", one))


def promote_types(type1: Any, type2: Any) -> numpy.dtype:
    """The dtype in which arrays of two dtypes meet, by jax's published lattice.

    >>> import lazyax.numpy as np
    >>> np.promote_types("int32", "float32")
    dtype('float32')

    Raises:
        LazyaxTypeError: if there is none.
    """
    types = [as_dtype("promote_types", one) for one in (type1, type2)]
    return join_dtypes([aval_of((), one) for one in types])[0]


def common_type(*arrays: Any) -> numpy.dtype:
    """The inexact dtype in which arrays meet; integers are the default float.

    >>> import lazyax.numpy as np
    >>> np.common_type(np.arange(3), np.ones(2))
    dtype('float32')

    Raises:
        LazyaxTypeError: if there is none.
    """
    found = result_type(*[Array(as_operand("common_type", one)) for one in arrays])
    return found if is_inexact(found) else default_dtype(float)


def min_scalar_type(a: Any) -> numpy.dtype:
    """The smallest dtype that holds a number, which is computed now; of an array, its dtype.

    >>> import lazyax.numpy as np
    >>> np.min_scalar_type(300)
    dtype('uint16')
    """
    if isinstance(a, Array):
        return a.dtype if a.ndim else numpy.min_scalar_type(value_of(a, "min_scalar_type"))
    return numpy.min_scalar_type(a)


def can_cast(from_: Any, to: Any, casting: str = "safe") -> Bool:
    """Whether a dtype converts to another, by `numpy.can_cast`'s rules.

    >>> import lazyax.numpy as np
    >>> np.can_cast("int32", "float64"), np.can_cast("float64", "int32")
    (True, False)

    Raises:
        LazyaxTypeError: for an unknown dtype.
    """
    source = from_.dtype if isinstance(from_, (Array, numpy.ndarray)) else from_
    return numpy.can_cast(as_dtype("can_cast", source), as_dtype("can_cast", to), casting)


def cast(function: str, node: Node, dtype: numpy.dtype, casting: str) -> Node:
    """``node`` converted to ``dtype``.

    Raises:
        LazyaxTypeError: where ``casting`` forbids it, by `can_cast`'s rules.
    """
    if casting != "unsafe" and not can_cast(node.aval.dtype, dtype, casting):
        raise LazyaxTypeError(
            f"{function}: {node.aval} does not become {dtype} by casting={casting!r}; use "
            "casting='unsafe', or astype"
        )
    return convert(node, dtype)


def issubdtype(arg1: Any, arg2: Any) -> Bool:
    """Whether a dtype is of a kind, such as ``np.floating``; bfloat16 and float8 are floating.

    >>> import lazyax.numpy as np
    >>> np.issubdtype("float32", np.floating), np.issubdtype(np.bfloat16, np.inexact)
    (True, True)
    """
    if _is_extended(arg1) and arg2 in (numpy.floating, numpy.inexact, numpy.number, numpy.generic):
        return True
    return numpy.issubdtype(arg1, arg2)


def _is_extended(one: Any) -> Bool:
    try:
        return numpy.dtype(one) in EXTENDED
    except TypeError:
        return False


def isdtype(dtype: Any, kind: Any) -> Bool:
    """Whether ``dtype`` is of a kind of the array API, such as "integral" or "real floating".

    >>> import lazyax.numpy as np
    >>> np.isdtype("float32", "real floating"), np.isdtype("int8", ("bool", "integral"))
    (True, True)

    Raises:
        LazyaxTypeError: for an unknown kind or dtype.
    """
    if isinstance(kind, tuple):
        return True in [isdtype(dtype, one) for one in kind]
    found = as_dtype("isdtype", dtype)
    if isinstance(kind, str) and kind in KINDS:
        extended = found in EXTENDED and kind in ("real floating", "numeric")
        return extended or found.kind in KINDS[kind]
    return found == as_dtype("isdtype", kind)


KINDS = {
    "bool": "b",
    "signed integer": "i",
    "unsigned integer": "u",
    "integral": "iu",
    "real floating": "f",
    "complex floating": "c",
    "numeric": "iufc",
}


class FloatInfo:
    """Limits of a floating dtype, as Python's numbers, which are weak.

    Attributes: bits, dtype, eps, epsneg, max, min, smallest_normal, smallest_subnormal, tiny and
    the rest of `numpy.finfo`'s. Of complex dtypes they are those of the parts.
    """

    bits: int
    dtype: numpy.dtype
    eps: float
    epsneg: float
    max: float
    min: float
    smallest_normal: float
    smallest_subnormal: float
    tiny: float

    def __init__(self, dtype: numpy.dtype):
        limits = ml_dtypes.finfo(dtype)
        self.dtype = numpy.dtype(limits.dtype)
        for name in FLOATS:
            setattr(self, name, float(getattr(limits, name)))
        for name in INTS:
            setattr(self, name, int(getattr(limits, name)))

    def __repr__(self) -> str:
        return f"finfo(eps={self.eps}, min={self.min}, max={self.max}, dtype={self.dtype})"


FLOATS = (
    *("eps", "epsneg", "max", "min", "resolution"),
    *("smallest_normal", "smallest_subnormal", "tiny"),
)
INTS = ("bits", "iexp", "machep", "maxexp", "minexp", "negep", "nexp", "nmant", "precision")


def finfo(dtype: Any) -> FloatInfo:
    """Limits of a floating dtype, of bfloat16 and the float8 family too.

    >>> import lazyax.numpy as np
    >>> float(np.finfo("float32").eps)
    1.1920928955078125e-07

    Raises:
        LazyaxTypeError: if it is not one.
    """
    found = dtype.dtype if isinstance(dtype, (Array, numpy.ndarray)) else as_dtype("finfo", dtype)
    if not is_inexact(found):
        raise LazyaxTypeError(f"finfo: needs a floating dtype, got {found}; use iinfo")
    return FloatInfo(found)


def iinfo(dtype: Any) -> Any:
    """Limits of an integer dtype.

    >>> import lazyax.numpy as np
    >>> np.iinfo("int8").max
    127

    Raises:
        LazyaxTypeError: if it is not one.
    """
    found = dtype.dtype if isinstance(dtype, (Array, numpy.ndarray)) else as_dtype("iinfo", dtype)
    if found.kind not in "iu":
        raise LazyaxTypeError(f"iinfo: needs an integer dtype, got {found}; use finfo")
    return numpy.iinfo(found)


def isscalar(element: Any) -> Bool:
    """Whether it is a number, or an array without axes.

    >>> import lazyax.numpy as np
    >>> np.isscalar(3.0), np.isscalar(np.ones(())), np.isscalar([3.0])
    (True, True, False)
    """
    if isinstance(element, Array):
        return element.ndim == 0
    return numpy.isscalar(element)


def iscomplexobj(x: Any) -> Bool:
    """Whether the dtype is complex.

    >>> import lazyax.numpy as np
    >>> np.iscomplexobj([1j]), np.iscomplexobj(1.0)
    (True, False)
    """
    return _aval_of_array(x).dtype.kind == "c"


def isrealobj(x: Any) -> Bool:
    """Whether the dtype is not complex.

    >>> import lazyax.numpy as np
    >>> np.isrealobj([1j]), np.isrealobj(1.0)
    (False, True)
    """
    return not iscomplexobj(x)


def _aval_of_array(a: Any):
    found = operand(a, "an array")
    return aval_of_value(found)


def shape(a: Any) -> tuple[int, ...]:
    """Lengths of the axes.

    >>> import lazyax.numpy as np
    >>> np.shape([[1, 2, 3]])
    (1, 3)
    """
    return _aval_of_array(a).shape


def ndim(a: Any) -> int:
    """Number of axes.

    >>> import lazyax.numpy as np
    >>> np.ndim([[1, 2, 3]])
    2
    """
    return _aval_of_array(a).ndim


def size(a: Any, axis: int | None = None) -> int:
    """Number of elements, or the length of one axis.

    >>> import lazyax.numpy as np
    >>> np.size([[1, 2, 3]]), np.size([[1, 2, 3]], 0)
    (3, 1)

    Raises:
        LazyaxTypeError: for an axis out of range.
    """
    aval = _aval_of_array(a)
    return aval.size if axis is None else aval.shape[as_axis("size", axis, aval)]

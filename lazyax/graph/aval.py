"""Abstract values: what is known of an array before it exists."""

from __future__ import annotations

import math
import threading
import weakref

import attrs
import ml_dtypes
import numpy

from lazyax.errors import LazyaxTypeError

SHORT_KIND = {"f": "f", "i": "i", "u": "u", "c": "c"}
EXTENDED = {
    numpy.dtype(getattr(ml_dtypes, name)): short
    for name, short in (
        ("bfloat16", "bf16"),
        ("float8_e4m3fn", "f8_e4m3fn"),
        ("float8_e5m2", "f8_e5m2"),
        ("float8_e4m3fnuz", "f8_e4m3fnuz"),
        ("float8_e5m2fnuz", "f8_e5m2fnuz"),
        ("float8_e4m3b11fnuz", "f8_e4m3b11fnuz"),
        ("float8_e3m4", "f8_e3m4"),
        ("float8_e4m3", "f8_e4m3"),
        ("float8_e8m0fnu", "f8_e8m0fnu"),
    )
}


def short_name(dtype: numpy.dtype) -> str:
    """Name of a dtype in listings and messages: ``f32``, ``i64``, ``bool``, ``bf16``."""
    if dtype in EXTENDED:
        return EXTENDED[dtype]
    if dtype.kind == "b":
        return "bool"
    return f"{SHORT_KIND.get(dtype.kind, dtype.kind)}{dtype.itemsize * 8}"


@attrs.frozen(eq=False, repr=False)
class Aval:
    """Shape and dtype of an array that need not exist.

    Avals are interned: two equal avals are one object, so they are compared with ``is`` and
    hashed by identity. ``weak_type`` marks a value that came from Python scalars alone and
    yields to the dtype of whatever it meets. Make one with `aval_of`.
    """

    shape: tuple[int, ...]
    dtype: numpy.dtype
    weak_type: bool
    ndim: int
    size: int
    kind: str  # dtype.kind
    nbytes: int

    @property
    def is_inexact(self) -> bool:
        """Whether the dtype is floating or complex, that is, whether it can carry a tangent."""
        return is_inexact(self.dtype)

    def with_shape(self, shape: tuple[int, ...]) -> Aval:
        """The aval of the same dtype and another shape."""
        return aval_of(shape, self.dtype, self.weak_type)

    def with_dtype(self, dtype: numpy.dtype, weak_type: bool = False) -> Aval:
        """The aval of the same shape and another dtype."""
        return aval_of(self.shape, dtype, weak_type)

    def __str__(self) -> str:
        weak = "~" if self.weak_type else ""
        return f"{weak}{short_name(self.dtype)}[{','.join(map(str, self.shape))}]"

    __repr__ = __str__

    def __reduce__(self):
        return aval_of, (self.shape, self.dtype, self.weak_type)


def is_inexact(dtype: numpy.dtype) -> bool:
    """Whether ``dtype`` is floating or complex (bfloat16 and the float8 family included)."""
    return dtype.kind in "fc" or dtype in EXTENDED


_interned: weakref.WeakValueDictionary[tuple, Aval] = weakref.WeakValueDictionary()
_interning = threading.Lock()


def aval_of(shape: tuple[int, ...], dtype, weak_type: bool = False) -> Aval:
    """The one `Aval` of this shape, dtype and weakness.

    >>> import numpy
    >>> aval_of((2, 3), numpy.float32)
    f32[2,3]
    >>> aval_of((2, 3), numpy.float32) is aval_of((2, 3), "float32")
    True
    """
    dtype = numpy.dtype(dtype)
    key = (shape, dtype, weak_type)
    aval = _interned.get(key)
    if aval is None:
        with _interning:
            aval = _interned.get(key)
            if aval is None:
                require_countable(shape)
                size = math.prod(shape)
                nbytes = size * dtype.itemsize
                aval = Aval(shape, dtype, weak_type, len(shape), size, dtype.kind, nbytes)
                _interned[key] = aval
    return aval


LARGEST_SIZE = 2**63 - 1


def require_countable(shape: tuple[int, ...]) -> None:
    """Raise if the elements of a shape can not be counted: XLA would abort the process.

    Raises:
        LazyaxTypeError: for negative lengths, and more than 2**63 - 1 elements.
    """
    if min(shape, default=0) < 0:
        raise LazyaxTypeError(f"shape {shape} has a negative length; lengths are 0 or more")
    if math.prod(shape) > LARGEST_SIZE:
        raise LazyaxTypeError(
            f"shape {shape} has {math.prod(shape)} elements; at most 2**63 - 1 can be addressed"
        )

"""Arrays among other libraries: devices, DLPack and the buffer protocol."""

from __future__ import annotations

from typing import Any

import numpy

from lazyax.array import Array, lent_value, require_dtype
from lazyax.errors import LazyaxTypeError
from lazyax.graph.aval import aval_of
from lazyax.graph.origin import current_origin
from lazyax.ops.numpy.conventions import as_device
from lazyax.ops.primitives.leaves import data_leaf
from lazyax.xla import buffers, dlpack
from lazyax.xla.devices import Device, default_device


def from_dlpack(x: Any, /, *, device: Any = None, copy: bool | None = None) -> Array:
    """An array of another library's memory, without a copy where XLA can use it as it is.

    That is: on the CPU, contiguous, and aligned to 64 bytes, as NumPy's is by chance. Whoever
    writes to shared memory afterwards changes what is computed from it.

    >>> import numpy
    >>> import lazyax.numpy as np
    >>> print(np.from_dlpack(numpy.arange(3)) * 2)
    [0 2 4]

    Args:
        x: any object with ``__dlpack__`` and ``__dlpack_device__``.
        device: must be the one that there is.
        copy: True always copies; False never does; None copies where it must.

    Raises:
        LazyaxTypeError: for what does not speak DLPack, a device that is not here, and a dtype
            that XLA lacks.
        BufferError: if a copy is needed and ``copy=False``.
    """
    as_device("from_dlpack", device)
    if isinstance(x, Array):
        return Array(x._node) if copy else x
    if not hasattr(x, "__dlpack__"):
        raise LazyaxTypeError(
            f"from_dlpack: needs an object with __dlpack__, got {type(x).__name__}; use asarray"
        )
    array, buffer = dlpack.import_(x, copy)
    require_dtype(array.dtype)
    return Array(data_leaf(aval_of(array.shape, array.dtype), buffer, current_origin()))


def device_of(self: Array) -> Device:
    """The device that the value is on, or will be."""
    return default_device()


def to_device(self: Array, device: Any, /, *, stream: Any = None) -> Array:
    """The array on ``device``: itself, as there is one device.

    Raises:
        LazyaxTypeError: for a device that is not here.
    """
    as_device("to_device", device)
    return self


def _dlpack_device(self: Array) -> tuple[int, int]:
    """DLPack's type and number of the array's device."""
    return dlpack.device_of()


def _dlpack(
    self: Array,
    *,
    stream: Any = None,
    max_version: tuple[int, int] | None = None,
    dl_device: tuple[int, int] | None = None,
    copy: bool | None = None,
) -> Any:
    """The value as a DLPack capsule, computed now; of its own memory unless a copy is needed.

    Args:
        stream: where the consumer waits; None on CPU.
        max_version: newest version of DLPack that the consumer knows.
        dl_device: where the consumer wants it: the array's device, or the host.
        copy: True always copies; False never does; None copies where it must.

    Raises:
        BufferError: for another device, and for a copy that ``copy=False`` forbids.
    """
    here = dlpack.device_of()
    self = Array(self._node)  # another thread may change the handle meanwhile
    value = lent_value(self, "dlpack")
    wanted = here if dl_device is None else (int(dl_device[0]), int(dl_device[1]))
    if wanted != here:
        if wanted[0] != dlpack.CPU or copy is False:
            raise BufferError(
                f"dlpack: {self.aval} is on {default_device()}; it can be given there, or be "
                "copied to the host"
            )
        return value.copy().__dlpack__(max_version=max_version)
    buffer = self._node.value
    copied = bool(copy) or not isinstance(buffer, buffers.Buffer)  # a number has no memory yet
    if copied:
        buffer = buffers.put(numpy.asarray(value))
    return dlpack.export(buffer, stream, max_version, copied)


WRITABLE = 1
"""The flag of Python's buffer protocol that asks for memory to write to."""


def _buffer(self: Array, flags: int) -> memoryview:
    """The value's memory, read-only: ``memoryview(x)``, from Python 3.12 on.

    Raises:
        BufferError: if the consumer wants to write, and for dtypes without a buffer format.
    """
    if flags & WRITABLE:
        raise BufferError(f"{self.aval} is read-only; write to a copy: numpy.array(x)")
    try:
        return memoryview(lent_value(self, "memoryview"))
    except ValueError as error:
        raise BufferError(f"{self.aval} has no buffer format; use numpy.asarray: {error}") from None


METHODS = {
    "__dlpack__": _dlpack,
    "__dlpack_device__": _dlpack_device,
    "__buffer__": _buffer,
}


def install() -> None:
    """Give `Array` its ways to other libraries."""
    for name, function in METHODS.items():
        setattr(Array, name, function)

"""Arrays between the host and the device."""

from __future__ import annotations

import ctypes

import numpy
from jaxlib import _jax
from jaxlib import xla_client as xc

from lazyax.graph.aval import Aval, aval_of
from lazyax.xla.client import backend

Buffer = xc.ArrayImpl

SMALLEST_RECYCLED = 2**20
"""Bytes from which on a dead buffer is kept to be used again: see `lazyax.xla.recycle`."""


def put(array: numpy.ndarray, copy: bool = True) -> Buffer:
    """The array on the device.

    Args:
        array: any NumPy array of a dtype that XLA has.
        copy: False lets XLA use the array's own memory where it is 64-byte aligned; the caller
            must never write to it again.
    """
    here = backend()
    return xc.batched_device_put(
        aval_of(array.shape, array.dtype),
        here.sharding,
        [array],
        [here.device],
        enable_x64=True,  # else C++ asks a global that only jax sets
        force_copy=copy,
    )


def to_numpy(buffer: Buffer, aval: Aval) -> numpy.ndarray:
    """The buffer as a read-only NumPy array, without a copy on CPU.

    Waits for the computation to end. Never imports jax, which several of jaxlib's own ways do.

    Raises:
        RuntimeError: if the buffer was deleted, where jaxlib would return an array of objects.
    """
    if buffer.is_deleted():
        raise RuntimeError(f"the buffer of {aval} was deleted")
    if aval.nbytes >= SMALLEST_RECYCLED:
        buffer.is_viewed = True  # NumPy may look at it for as long as it likes
    if hasattr(buffer, "_to_np_array_did_copy"):
        array = buffer._to_np_array_did_copy()[0]
    elif buffer.platform() == "cpu":
        if aval.dtype.kind in "biufc" and aval.dtype.isbuiltin == 1:
            array = numpy.asarray(buffer)
        else:
            array = _view_through_dlpack(buffer, aval)
    else:
        array = buffer._single_device_array_to_np_array_did_copy()[0]
    array.flags.writeable = False
    return array


_capsule_pointer = ctypes.pythonapi.PyCapsule_GetPointer
_capsule_pointer.restype = ctypes.c_void_p
_capsule_pointer.argtypes = [ctypes.py_object, ctypes.c_char_p]


class _Owner:
    """Memory of a DLPack capsule, shown through NumPy's array interface."""

    def __init__(self, capsule, aval: Aval):
        self.capsule = capsule
        pointer = _capsule_pointer(capsule, b"dltensor")
        data = ctypes.c_void_p.from_address(pointer).value or 0
        size = aval.dtype.itemsize
        self.__array_interface__ = {
            "version": 3,
            "shape": aval.shape,
            "typestr": f"<u{size}" if size > 1 else "|u1",
            "data": (data, True),
        }


def _view_through_dlpack(buffer: Buffer, aval: Aval) -> numpy.ndarray:
    """bfloat16 and its like, which the buffer protocol has no letters for (jaxlib 0.10)."""
    capsule = _jax.buffer_to_dlpack_managed_tensor(buffer)
    return numpy.asarray(_Owner(capsule, aval)).view(aval.dtype)


def nbytes(buffer: Buffer) -> int:
    """Bytes that the buffer holds on its device."""
    return buffer.on_device_size_in_bytes()

"""Arrays between the host and the device."""

from __future__ import annotations

import ctypes
from typing import Any

import numpy
from jaxlib import xla_client as xc

from lazyax.graph.aval import Aval, aval_of
from lazyax.xla import fresh
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
    here, aval = backend(), aval_of(array.shape, array.dtype)
    if copy and fresh.pays(array.nbytes):
        buffer = fresh.memory(aval)
        memory = (ctypes.c_char * array.nbytes).from_address(buffer.unsafe_buffer_pointer())
        numpy.copyto(numpy.ndarray(array.shape, array.dtype, memory), array)
        return buffer
    return xc.batched_device_put(
        aval,
        here.sharding,
        [array],
        [here.device],
        enable_x64=True,  # else C++ asks a global that only jax sets
        force_copy=copy,
    )


def mark_viewed(buffer: Buffer) -> None:
    """Say that another library may look at the buffer for as long as it likes.

    From then on it is not written again: neither recycled nor donated.
    """
    buffer.is_viewed = True


def to_numpy(buffer: Buffer, aval: Aval) -> numpy.ndarray:
    """The buffer as a read-only NumPy array, without a copy on CPU.

    Waits for the computation to end. Never imports jax, which several of jaxlib's own ways do.

    Raises:
        RuntimeError: if the buffer was deleted, where jaxlib would return an array of objects.
    """
    if buffer.is_deleted():
        raise RuntimeError(f"the buffer of {aval} was deleted")
    if aval.nbytes >= SMALLEST_RECYCLED:
        mark_viewed(buffer)
    return view(buffer, aval)


def view(buffer: Buffer, aval: Aval) -> numpy.ndarray:
    """`to_numpy` for whoever drops the array before the buffer can be written again."""
    if hasattr(buffer, "_to_np_array_did_copy"):
        array = buffer._to_np_array_did_copy()[0]
    elif buffer.platform() == "cpu":
        if aval.dtype.kind in "biufc" and aval.dtype.isbuiltin == 1:
            array = numpy.asarray(buffer)
        else:
            address = buffer.block_until_ready().unsafe_buffer_pointer()
            array = view_memory(buffer, address, aval.shape, aval.dtype)
    else:
        array = buffer._single_device_array_to_np_array_did_copy()[0]
    array.flags.writeable = False
    return array


_capsule_pointer = ctypes.pythonapi.PyCapsule_GetPointer
_capsule_pointer.restype = ctypes.c_void_p
_capsule_pointer.argtypes = [ctypes.py_object, ctypes.c_char_p]


def capsule_tensor(capsule: Any, layout: type[ctypes.Structure]) -> Any:
    """What a DLPack capsule points at, read by ``layout``."""
    return layout.from_address(_capsule_pointer(capsule, b"dltensor"))


class _Memory:
    """Memory that ``owner`` keeps alive, shown through NumPy's array interface."""

    def __init__(self, owner: Any, address: int, shape: tuple[int, ...], itemsize: int):
        self.owner = owner
        self.__array_interface__ = {
            "version": 3,
            "shape": shape,
            "typestr": f"<u{itemsize}" if itemsize > 1 else "|u1",
            "data": (address, True),
        }


def view_memory(
    owner: Any, address: int, shape: tuple[int, ...], dtype: numpy.dtype
) -> numpy.ndarray:
    """Contiguous memory as a read-only NumPy array that keeps ``owner``.

    For bfloat16 and its like, which the buffer protocol has no letters for.
    """
    return numpy.asarray(_Memory(owner, address, shape, dtype.itemsize)).view(dtype)


def nbytes(buffer: Buffer) -> int:
    """Bytes that the buffer holds on its device."""
    return buffer.on_device_size_in_bytes()

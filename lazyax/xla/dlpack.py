"""Arrays given to other libraries and taken from them without a copy, by the DLPack protocol.

What is shared is never written again: its buffer is marked as viewed, so that it is neither
recycled (`lazyax.xla.recycle`) nor donated. https://dmlc.github.io/dlpack/latest/
"""

from __future__ import annotations

import ctypes
from typing import Any

import ml_dtypes
import numpy
from jaxlib import _jax

from lazyax.graph.aval import EXTENDED
from lazyax.xla.buffers import Buffer, capsule_tensor, mark_viewed, put, view_memory
from lazyax.xla.client import backend

CPU = 1
DEVICE_TYPES = {"cpu": CPU, "cuda": 2, "rocm": 10}
"""Numbers of DLPack's DLDeviceType."""

# since jaxlib 0.11 the capsule says its version, and whether it is a copy
SAYS_VERSION = "max_version" in str(
    getattr(_jax.buffer_to_dlpack_managed_tensor, "__nb_signature__", "")
)


def device_of() -> tuple[int, int]:
    """DLPack's type and number of the device that arrays are on.

    Raises:
        BufferError: on a platform that DLPack has no number for.
    """
    platform = backend().platform
    if platform not in DEVICE_TYPES:
        raise BufferError(f"DLPack has no number for {platform} devices; use numpy.asarray(x)")
    return DEVICE_TYPES[platform], backend().device.id


def export(buffer: Buffer, stream: Any, max_version: Any, copied: bool) -> Any:
    """A capsule of the buffer's memory.

    Args:
        buffer: is never written again.
        stream: of the consumer, which waits there; None on CPU.
        max_version: newest version of DLPack that the consumer knows, or None for the oldest.
        copied: whether the buffer was made for this capsule alone.
    """
    buffer.block_until_ready()
    mark_viewed(buffer)
    if SAYS_VERSION:
        return _jax.buffer_to_dlpack_managed_tensor(
            buffer, stream=stream, max_version=max_version, copied=copied
        )
    return _jax.buffer_to_dlpack_managed_tensor(buffer, stream=stream)


def import_(producer: Any, copy: bool | None) -> tuple[numpy.ndarray, Buffer]:
    """The memory of another library's array as a buffer, and as NumPy shows it.

    Args:
        producer: an object with ``__dlpack__`` and ``__dlpack_device__``.
        copy: True copies, False forbids it, None copies where XLA can not use the memory: where
            it is not on the CPU, contiguous and aligned to 64 bytes.

    Raises:
        BufferError: if a copy is needed and forbidden.
    """
    array = _as_numpy(producer, copy)
    buffer = put(array, copy=bool(copy))
    shared = backend().platform == "cpu" and buffer.unsafe_buffer_pointer() == array.ctypes.data
    if copy is False and array.size and not shared:
        raise BufferError(
            "from_dlpack: the memory can not be used without a copy, which copy=False forbids: "
            "XLA needs it contiguous and aligned to 64 bytes; use copy=None"
        )
    if shared:
        mark_viewed(buffer)
    return array, buffer


def _as_numpy(producer: Any, copy: bool | None) -> numpy.ndarray:
    """A producer's memory as a NumPy array; from another device, a copy on the host."""
    kind = int(producer.__dlpack_device__()[0])
    if kind != CPU:
        if copy is False:
            raise BufferError("from_dlpack: an array on another device needs a copy to the host")
        return numpy.from_dlpack(producer, device="cpu", copy=True)
    try:
        return numpy.from_dlpack(producer)
    except (BufferError, RuntimeError):
        return _extended_as_numpy(producer)


class _Tensor(ctypes.Structure):
    """DLPack's DLTensor, as its header declares it."""

    _fields_ = [
        ("data", ctypes.c_void_p),
        ("device_type", ctypes.c_int32),
        ("device_id", ctypes.c_int32),
        ("ndim", ctypes.c_int32),
        ("code", ctypes.c_uint8),
        ("bits", ctypes.c_uint8),
        ("lanes", ctypes.c_uint16),
        ("shape", ctypes.POINTER(ctypes.c_int64)),
        ("strides", ctypes.POINTER(ctypes.c_int64)),
        ("byte_offset", ctypes.c_uint64),
    ]


CODES = {
    4: ml_dtypes.bfloat16,
    9: ml_dtypes.float8_e4m3b11fnuz,
    10: ml_dtypes.float8_e4m3fn,
    11: ml_dtypes.float8_e4m3fnuz,
    12: ml_dtypes.float8_e5m2,
    13: ml_dtypes.float8_e5m2fnuz,
}
"""Numbers of DLPack's DLDataTypeCode that NumPy does not read."""


def _extended_as_numpy(producer: Any) -> numpy.ndarray:
    """bfloat16 and its like, which `numpy.from_dlpack` refuses.

    Raises:
        BufferError: for other dtypes, and for memory that is not contiguous.
    """
    capsule = producer.__dlpack__()
    tensor = capsule_tensor(capsule, _Tensor)
    dtype = numpy.dtype(CODES.get(tensor.code, numpy.void))
    if dtype not in EXTENDED or tensor.bits != dtype.itemsize * 8 or tensor.lanes != 1:
        raise BufferError(
            f"from_dlpack: no dtype here has DLPack's code {tensor.code} with {tensor.bits} bits"
        )
    shape = tuple(tensor.shape[: tensor.ndim])
    if tensor.strides and not _is_contiguous(shape, tensor.strides[: tensor.ndim]):
        raise BufferError(f"from_dlpack: a {dtype} array must be contiguous; copy it first")
    return view_memory(capsule, tensor.data + tensor.byte_offset, shape, dtype)


def _is_contiguous(shape: tuple[int, ...], strides: list[int]) -> bool:
    """Whether elements follow one another in row-major order; strides count elements."""
    expected = 1
    for length, stride in zip(reversed(shape), reversed(strides), strict=True):
        if length != 1 and stride != expected:
            return False
        expected *= length
    return True

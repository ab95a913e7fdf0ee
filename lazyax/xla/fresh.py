"""Fresh memory for large arrays, in pages of 2 MiB instead of 4 KiB.

The kernel maps pages as they are first written, one at a time: 25,000 of them for 100 MB take 45 ms
where the arithmetic takes 10. It maps large pages where it is asked to, before anything is written.
XLA does not ask, and writes its outputs as soon as it has memory for them. So that memory is had
from a program that leaves its output unwritten, and given to the program that needs it
(docs/adr/0032).
"""

from __future__ import annotations

import ctypes
import functools
import mmap
import pathlib
from collections.abc import Callable
from typing import Any

from lazyax.graph.aval import Aval
from lazyax.xla import client, kernels
from lazyax.xla.cache import SingleFlightCache
from lazyax.xla.disk_cache import executable_of
from lazyax.xla.emit import tensor_type

SMALLEST = 2**25
"""Bytes from which on the allocator asks the kernel for memory each time, and gives it back."""

PAGE = 2**21
"""Bytes of a large page."""

POLICY = pathlib.Path("/sys/kernel/mm/transparent_hugepage/enabled")
"""Where Linux says who gets large pages: ``always``, ``[madvise]`` (who asks) or ``never``."""

MODULE = """module @lazyax {{
func.func public @main() -> {type} {{
%0 = stablehlo.constant dense<0> : tensor<ui8>
%1 = stablehlo.custom_call @{kernel}(%0) {{api_version = 4 : i32, backend_config = {{}}}} \
: (tensor<ui8>) -> {type}
return %1 : {type}
}}
}}
"""


@functools.cache
def _advise() -> Callable[[int, int, int], int] | None:
    """The system call by which large pages are asked for; None where that is of no use."""
    try:
        policy = POLICY.read_text(encoding="utf-8")
    except OSError:
        return None
    if "[madvise]" not in policy or client.backend().platform != "cpu":
        return None
    if not kernels.is_there(kernels.UNWRITTEN):
        return None
    function = ctypes.CDLL(None).madvise
    function.argtypes = (ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int)
    return function


def pays(nbytes: int) -> bool:
    """Whether fresh memory of so many bytes is had more cheaply here than by XLA."""
    return nbytes >= SMALLEST and _advise() is not None


def memory(aval: Aval) -> Any:
    """A buffer in which nothing was written yet. Whoever asks for it writes all of it."""
    program = programs.get(aval, lambda: _unwritten(aval))
    handlers = [client.backend().result_handler(aval)]
    (buffer,) = program.execute_sharded([]).consume_with_handlers(handlers)
    first = buffer.unsafe_buffer_pointer()
    start, stop = -(-first // PAGE) * PAGE, (first + aval.nbytes) // PAGE * PAGE
    advise = _advise()
    if advise is not None and start < stop:
        advise(start, stop - start, mmap.MADV_HUGEPAGE)
    return buffer


def _unwritten(aval: Aval) -> Any:
    text = MODULE.format(type=tensor_type(aval), kernel=kernels.UNWRITTEN)
    return executable_of(text, is_new=False)[0]


programs = SingleFlightCache()
"""Those that leave their output unwritten, by its aval."""

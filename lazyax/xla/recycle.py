"""Dead buffers, kept for a while to be written again.

On CPU a fresh output of 100 MB costs 45-53 ms in page faults where the arithmetic takes 10: the
kernel maps the pages one by one as they are first written. A buffer whose array has died has its
pages already, so a program may take it over as the memory of an output.
"""

from __future__ import annotations

import os
import threading
import weakref
from collections import Counter
from collections.abc import Sequence

from lazyax.graph.node import Node
from lazyax.graph.references import references
from lazyax.xla import client
from lazyax.xla.buffers import SMALLEST_RECYCLED, Buffer

PAGE_FAULTS = 0.45e-9
"""Seconds that a byte of fresh output costs in page faults on CPU (4 KiB pages)."""

REFERENCES_TO_A_DEAD_BUFFER = 3
"""Those of its dying node, of a variable and of the look-up."""


class Pool:
    """Dead buffers by size, the oldest dropped first when they are too many.

    Attributes:
        limit: bytes that the pool may hold.
        bytes: that it holds.
        recycled: how often a buffer was used again.
        donated: how often a living one was, that died with the program (`lazyax.xla.ownership`).
    """

    def __init__(self, limit: int):
        self.limit = limit
        self.bytes = 0
        self.recycled = 0
        self.donated = 0
        self._dead: dict[int, list[Buffer]] = {}
        self._demand: dict[int, int] = {}
        self._alive: dict[weakref.ref, Buffer] = {}
        self._lock = threading.RLock()

    def watch(self, node: Node, buffer: Buffer) -> None:
        """Keep the buffer of a settled node when the node dies, if nothing else holds it.

        Only on CPUs: other devices have pools of their own.
        """
        if node.aval.nbytes >= SMALLEST_RECYCLED and client.backend().platform == "cpu":
            self._alive[weakref.ref(node, self._bury)] = buffer

    def watches(self, node: Node) -> bool:
        """Whether the pool has a reference to the node's buffer."""
        return weakref.ref(node) in self._alive

    def _bury(self, reference: weakref.ref) -> None:
        buffer = self._alive.pop(reference)
        if references([buffer])[0] > REFERENCES_TO_A_DEAD_BUFFER or hasattr(buffer, "is_viewed"):
            return
        if not buffer.is_deleted():
            self.give(buffer)

    def _drop_oldest(self) -> None:
        size = next(iter(self._dead))
        self._dead[size].pop(0)
        self.bytes -= size
        if not self._dead[size]:
            del self._dead[size]

    def take(self, sizes: Sequence[int], partly: bool = False) -> list[Buffer | None] | None:
        """A dead buffer of each size. Where one is missing None and nothing is taken; ``partly``,
        None in its place."""
        taken: list[Buffer | None] = []
        with self._lock:
            for size, count in Counter(sizes).items():
                self._demand[size] = max(count, self._demand.get(size, 0))
            for size in sizes:
                waiting = self._dead.get(size)
                if waiting:
                    taken.append(waiting[-1])  # Ctrl-C may come here, and not below
                    del waiting[-1]
                    self.bytes -= size
                    if not waiting:
                        del self._dead[size]
                elif partly:
                    taken.append(None)
                else:
                    for buffer in taken:
                        self.give(buffer)
                    return None
        return taken

    def give(self, buffer: Buffer) -> None:
        """Keep a buffer that nothing else holds; the oldest go where they are too many.

        Of one size no more are kept than a program asks for: what is freed, the allocator has at
        hand for those that do not recycle, and without page faults if it is below 32 MiB.
        """
        size = buffer.on_device_size_in_bytes()
        if size > self.limit:
            return
        with self._lock:
            waiting = self._dead.setdefault(size, [])
            if len(waiting) < self._demand.get(size, 1):
                self.bytes += size
            else:
                del waiting[0]
            waiting.append(buffer)
            while self.bytes > self.limit:
                self._drop_oldest()

    def clear(self) -> None:
        """Free all dead buffers."""
        with self._lock:
            self._dead.clear()
            self.bytes = 0


def _default_limit() -> int:
    """An eighth of the machine's memory."""
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 8


pool = Pool(_default_limit())
"""The dead buffers of the process."""

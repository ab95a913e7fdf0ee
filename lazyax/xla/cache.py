"""The cache of compiled programs: bounded, and each program compiled once."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Any

PROGRAMS = 2_000


class SingleFlightCache:
    """Least recently used of ``size`` values; two threads that miss one key build it once.

    Who builds holds a lock of the key's own, which `with` releases whatever interrupts it.
    """

    def __init__(self, size: int = PROGRAMS):
        self.size = size
        self.values: OrderedDict[Hashable, Any] = OrderedDict()
        self.building: dict[Hashable, threading.Lock] = {}
        self.lock = threading.Lock()
        self.hits = 0
        self.misses = 0

    def __contains__(self, key: Hashable) -> bool:
        with self.lock:
            return key in self.values

    def find(self, key: Hashable) -> Any:
        """The value of ``key`` if it is there, else None."""
        with self.lock:
            value = self.values.get(key)
            if value is not None:
                self.values.move_to_end(key)
                self.hits += 1
            return value

    def get(self, key: Hashable, build: Callable[[], Any]) -> Any:
        """The value of ``key``, built by the first caller while the others wait."""
        value = self.find(key)
        if value is not None:
            return value
        with self.lock:
            turn = self.building.setdefault(key, threading.Lock())
        with turn:
            value = self.find(key)
            if value is not None:
                return value
            with self.lock:
                self.misses += 1
            value = build()
            with self.lock:
                self.values[key] = value
                while len(self.values) > self.size:
                    self.values.popitem(last=False)
                self.building.pop(key, None)
        return value

    def known(self) -> list[Hashable]:
        """Keys that have values."""
        with self.lock:
            return list(self.values)

    def replace(self, key: Hashable, value: Any) -> None:
        """Give a key another value, if it has one."""
        with self.lock:
            if key in self.values:
                self.values[key] = value

    def clear(self) -> None:
        """Forget all values."""
        with self.lock:
            self.values.clear()

"""The cache of compiled programs: bounded, and each program compiled once."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Any

PROGRAMS = 2_000


class SingleFlightCache:
    """Least recently used of ``size`` values; two threads that miss one key build it once."""

    def __init__(self, size: int = PROGRAMS):
        self.size = size
        self.values: OrderedDict[Hashable, Any] = OrderedDict()
        self.building: dict[Hashable, threading.Event] = {}
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
        while True:
            with self.lock:
                value = self.values.get(key)
                if value is not None:
                    self.values.move_to_end(key)
                    self.hits += 1
                    return value
                event = self.building.get(key)
                if event is None:
                    event = self.building[key] = threading.Event()
                    self.misses += 1
                    break
            event.wait()
        try:
            value = build()
            with self.lock:
                self.values[key] = value
                while len(self.values) > self.size:
                    self.values.popitem(last=False)
            return value
        finally:
            with self.lock:
                del self.building[key]
            event.set()

    def clear(self) -> None:
        """Forget all values."""
        with self.lock:
            self.values.clear()

"""Programs are compiled quickly at first, and in full, in the background, once they are hot.

XLA:CPU spends most of its time on making kernels fast. A program that runs once or twice gains
nothing by that, so the first time it is compiled without; once it has run a few times, a thread
compiles it in full, and it goes on in that form (docs/adr/0024).
"""

from __future__ import annotations

import atexit
import contextlib
import os
import threading
from collections import deque
from collections.abc import Callable
from typing import Any

from lazyax.config import config
from lazyax.graph.graph import Graph
from lazyax.xla import client
from lazyax.xla.disk_cache import executable_of
from lazyax.xla.plan import Plan

QUICK: dict[str, object] = {
    "xla_backend_optimization_level": 0,
    "xla_cpu_use_fusion_emitters": False,  # gone in jaxlib 0.12
}
"""XLA's options by which it compiles quickly; those that a jaxlib does not know are taken out."""

WORK_PER_NODE = 2**17
"""Elements for each node: computing one takes up to 1.4 ns longer, compiling a node 1-2 ms less."""

MOST_WAITING = 64
"""Programs that wait to be compiled in full; further ones ask again when they run again."""


def may_be_quick(planned: Plan) -> bool:
    """Whether a run or two in the quick form cost less than what compiling that saves.

    Not with loops inside, which may take any number of rounds.
    """
    if not config.quick_runs or client.backend().platform != "cpu":
        return False
    work = 0
    for entry, node in zip(planned.entries, planned.nodes, strict=True):
        work += sum([one.size for one in node.aval]) if type(node.aval) is tuple else node.aval.size
        if type(entry) is tuple and not entry[0].is_plain and _holds_graphs(entry[0]):
            return False
    return work <= WORK_PER_NODE * len(planned.nodes)


def _holds_graphs(op: Any) -> bool:
    fields = [
        part
        for value in op.parameters.values()
        for part in (value if type(value) is tuple else (value,))
    ]
    return any(isinstance(part, Graph) for part in fields)


def quickly(text: str, options: dict[str, object], is_new: bool) -> tuple[Any, float]:
    """As `executable_of`, compiled quickly.

    Raises:
        XlaError: if it can not be compiled.
    """
    while True:
        quick = dict(QUICK)
        try:
            return executable_of(text, {**options, **quick}, is_new)
        except client.XlaError as error:
            unknown = [name for name in quick if f"'{name}'" in str(error)]
            if not unknown:
                raise
            for name in unknown:
                QUICK.pop(name, None)


class Background:
    """A thread that does what it is asked for, one after another; it ends when nothing waits.

    Attributes:
        done: how much it did, what failed left out.
    """

    def __init__(self):
        self.done = 0
        self._is_known = False
        self._forget()

    def _forget(self) -> None:
        self._waiting: deque[Callable[[], None]] = deque()
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None

    def ask(self, work: Callable[[], None]) -> bool:
        """Have something done some time; False if too much waits already."""
        with self._lock:
            if len(self._waiting) >= MOST_WAITING:
                return False
            self._waiting.append(work)
            if self._thread is None or not self._thread.is_alive():  # Ctrl-C came as it started
                self._start()
        return True

    def _start(self) -> None:
        if not self._is_known:
            self._is_known = True
            os.register_at_fork(after_in_child=self._forget)  # threads do not survive a fork
            atexit.register(self.stop)  # an interpreter that is gone aborts what calls back
        self._thread = threading.Thread(target=self._run, name="lazyax compiles", daemon=True)
        self._thread.start()

    def _run(self) -> None:
        while True:
            with self._lock:
                if not self._waiting:
                    self._thread = None
                    return
                work = self._waiting.popleft()
            # what fails here was not needed: the program that there is goes on
            with contextlib.suppress(Exception):
                work()
                self.done += 1

    def wait(self) -> None:
        """Until nothing waits and nothing is being done."""
        thread = self._thread
        if thread is not None and thread.is_alive():
            thread.join()

    def stop(self) -> None:
        """Forget what waits, and wait for what is being done."""
        with self._lock:
            self._waiting.clear()
        self.wait()


background = Background()
"""Of the process."""

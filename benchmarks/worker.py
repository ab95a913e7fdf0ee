"""``python -m benchmarks.worker PEER CPU``: a peer in its own process, told what to do by lines.

Each line is a JSON list: ``setup`` group workload mode, or ``time`` calls. The answer is an object
with ``value`` or ``error``.
"""

from __future__ import annotations

import gc
import importlib
import json
import os
import sys
import time

import numpy

WARM_UP = 5
"""Calls before the first that counts, unless they take longer than `PATIENCE` seconds.

A peer that compiles later has a method ``settle``, which is given what to run until it has, and
after which it is warmed up again.
"""

PATIENCE = 2.0


class Worker:
    """The peer, and what is set up."""

    def __init__(self, peer):
        self.peer = importlib.import_module(f"benchmarks.peers.{peer}_peer").PEER()
        self.run = None

    def setup(self, group: str, workload: str, mode: str):
        """Prepare, warm up, and tell what comes out."""
        found = importlib.import_module(f"benchmarks.{group}").GROUP.workloads[workload]
        self.run = found.setup(self.peer, mode)
        result = digest(self.peer.host(self.run())) if found.check is not None else None
        for settle in (getattr(self.peer, "settle", None), None):
            start = time.perf_counter()
            for _ in range(WARM_UP):
                self.run()
                if time.perf_counter() - start > PATIENCE:
                    break
            if settle is None:
                break
            settle(self.run)
        return result

    def time(self, calls: int) -> float:
        """Seconds that so many calls take."""
        run = self.run
        gc.collect()
        start = time.perf_counter()
        for _ in range(calls):
            run()
        return time.perf_counter() - start


def digest(arrays) -> list[float]:
    """A few numbers that two equal results share: of each array mean, mean of squares, ends."""
    found: list[float] = []
    for array in arrays:
        wide = numpy.asarray(array, "f8").ravel()
        found += [wide.mean(), (wide * wide).mean(), wide[0], wide[-1], wide[len(wide) // 3]]
    return [float(number) for number in found]


def main() -> None:
    """Answer each line of standard input by one of standard output."""
    peer, cpu = sys.argv[1:]
    os.sched_setaffinity(0, {int(cpu)})
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # what a peer prints is no answer
    worker = None
    for line in sys.stdin:
        command, *arguments = json.loads(line)
        try:
            if worker is None:
                worker = Worker(peer)
            answer = {"value": getattr(worker, command)(*arguments)}
        except Exception as error:  # a peer that fails is reported, and the others go on
            answer = {"error": f"{type(error).__name__}: {error}".splitlines()[0][:200]}
        answers.write(json.dumps(answer) + "\n")
        answers.flush()


if __name__ == "__main__":
    main()

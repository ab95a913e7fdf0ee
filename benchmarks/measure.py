"""Interleaved timing: each peer in its own process, every mode once a round, in random order."""

from __future__ import annotations

import json
import os
import pathlib
import random
import statistics
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field

from benchmarks.peers import MODULES, PACKAGES, peer_of
from benchmarks.workload import Workload

ROOT = pathlib.Path(__file__).resolve().parents[1]

SECONDS = 8.0
"""Of all rounds of one workload, about."""


class Worker:
    """A running peer process."""

    def __init__(self, peer: str, python: str, cpu: int):
        threads = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
        self.process = subprocess.Popen(
            [python, "-m", "benchmarks.worker", peer, str(cpu)],
            cwd=ROOT,
            env={**os.environ, **threads, "PYTHONPATH": str(ROOT)},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )

    def ask(self, *command: object):
        """The worker's answer to a command.

        Raises:
            PeerError: if it could not do it, or has died.
        """
        try:
            self.process.stdin.write(json.dumps(command) + "\n")
            self.process.stdin.flush()
            answer = json.loads(self.process.stdout.readline())
        except (OSError, json.JSONDecodeError):
            raise PeerError("the process died") from None
        if "error" in answer:
            raise PeerError(answer["error"])
        return answer["value"]

    def close(self) -> None:
        """End the process."""
        self.process.kill()
        self.process.wait()


class PeerError(Exception):
    """What a peer could not do."""


@dataclass
class Row:
    """A measured workload: seconds of each mode in each round, for one unit of work."""

    workload: Workload
    rounds: dict[str, list[float]] = field(default_factory=dict)
    missing: dict[str, str] = field(default_factory=dict)

    def seconds(self, mode: str) -> float | None:
        """The median; None if the mode was not measured."""
        times = self.rounds.get(mode)
        return statistics.median(times) if times else None

    def ratio(self, mode: str, other: str | None) -> float | None:
        """The median of the rounds' ratios: what slows both down in a round leaves it as it is."""
        ours, theirs = self.rounds.get(mode), self.rounds.get(other or "")
        if not ours or not theirs:
            return None
        return statistics.median(x / y for x, y in zip(ours, theirs, strict=False))


class Measurement:
    """The peers that there are.

    Attributes:
        pythons: the interpreter of each peer.
        missing: why the others are not there.
    """

    def __init__(self, environments: pathlib.Path | None, peers: Sequence[str] = tuple(MODULES)):
        self.pythons: dict[str, str] = {}
        self.missing: dict[str, str] = {}
        self.cpu = max(os.sched_getaffinity(0))
        for peer in peers:
            if peer not in PACKAGES:
                self.pythons[peer] = sys.executable
                continue
            found = environments / peer / "bin" / "python" if environments else None
            if found is not None and found.exists():
                self.pythons[peer] = str(found)
            else:
                self.missing[peer] = "no environment of its own"

    def measure(self, group: str, workload: Workload, rounds: int) -> Row:
        """Time all modes of a workload in turn, each in a process of its own."""
        row = Row(workload)
        running: dict[str, Worker] = {}
        results: dict[str, list[float]] = {}
        for mode in workload.modes:
            peer = peer_of(mode)
            if peer not in self.pythons:
                row.missing[mode] = self.missing.get(peer, "not asked for")
                continue
            worker = Worker(peer, self.pythons[peer], self.cpu)
            try:
                results[mode] = worker.ask("setup", group, workload.name, mode)
                running[mode] = worker
            except PeerError as error:
                row.missing[mode] = str(error)
                worker.close()
        self._compare(row, results, running)
        self._rounds(row, running, rounds)
        for worker in running.values():
            worker.close()
        return row

    def _compare(self, row: Row, results: dict, running: dict[str, Worker]) -> None:
        """Drop modes whose results differ from the reference's: jax's, or the first's."""
        if row.workload.check is None or not results:
            return
        order = [mode for mode in ("jax.jit", "numpy", "jax") if mode in results]
        wanted = results[order[0] if order else next(iter(results))]
        size = max(map(abs, wanted))
        for mode, got in results.items():
            worst = max(abs(x - y) for x, y in zip(wanted, got, strict=True)) / size
            if not worst <= row.workload.check:
                row.missing[mode] = f"another result: off by {worst:.1e}"
                running.pop(mode).close()

    def _rounds(self, row: Row, running: dict[str, Worker], rounds: int) -> None:
        workload, spent, order = row.workload, 0.0, list(running)
        for done in range(rounds):
            if done >= 3 and spent > SECONDS:
                break
            random.shuffle(order)
            for mode in order:
                try:
                    seconds = running[mode].ask("time", workload.calls)
                except PeerError as error:
                    row.missing[mode] = str(error)
                    order = [other for other in order if other != mode]
                    continue
                spent += seconds
                row.rounds.setdefault(mode, []).append(seconds / workload.calls / workload.per)

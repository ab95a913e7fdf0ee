"""Fixtures that all tests share."""

from __future__ import annotations

import ctypes
import gc
import os
import pathlib
import sys
import zlib

import numpy
import pytest

from lazyax.config import config
from lazyax.graph.node import Node
from lazyax.xla.execute import programs

collect_ignore = ["typed_program.py"]
"""What type checkers read; it is wrong on purpose."""


@pytest.fixture
def rng(request) -> numpy.random.Generator:
    """A generator seeded by the test's name: the same numbers however tests are chosen."""
    return numpy.random.default_rng(zlib.crc32(request.node.name.encode()))


@pytest.fixture(scope="module", autouse=True)
def compiled_at_first_sight():
    """Tests count programs and read their texts: NumPy runs none, where a test does not ask.

    And all are compiled in full, as what is run more than twice is.
    """
    before = config.cold_runs, config.quick_runs
    config.update(cold_runs=0, quick_runs=0)
    yield
    config.update(cold_runs=before[0], quick_runs=before[1])


MOST_RESIDENT = 2**30
"""Bytes of a process's memory beyond which it forgets what was compiled: 0.2 to 2 MB a program."""


def resident() -> int:
    """Bytes of memory that the process has; 0 where nothing says so."""
    sizes = pathlib.Path("/proc/self/statm")
    return int(sizes.read_text().split()[1]) * os.sysconf("SC_PAGESIZE") if sizes.exists() else 0


@pytest.fixture(scope="module", autouse=True)
def bounded_memory():
    """Programs of modules that are done are forgotten, jax's too, before they are gigabytes."""
    yield
    if resident() > MOST_RESIDENT:
        programs.clear()
        if "jax" in sys.modules:
            sys.modules["jax"].clear_caches()
        gc.collect()
        trim = getattr(ctypes.CDLL(None), "malloc_trim", None)  # of glibc, which keeps what is free
        if trim is not None:
            trim(0)


@pytest.fixture
def defaults_of_64_bits():
    """Dtypes are NumPy's."""
    config.update(default_dtype_bits=64)
    yield
    config.update(default_dtype_bits=32)


class CompileCounter:
    """How many programs were compiled since the test began, or since ``reset``."""

    def __init__(self):
        self.reset()

    def reset(self) -> None:
        """Count from here."""
        self._before = programs.misses

    @property
    def count(self) -> int:
        """Programs that were not in the cache."""
        return programs.misses - self._before


@pytest.fixture
def compiles() -> CompileCounter:
    """Counts compilations: ``compiles.count``, ``compiles.reset()``."""
    return CompileCounter()


@pytest.fixture
def live_nodes():
    """A function that counts the nodes of the process after a collection of garbage."""

    def count() -> int:
        gc.collect()
        return sum(type(thing) is Node for thing in gc.get_objects())

    return count

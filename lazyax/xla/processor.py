"""The processor that XLA:CPU compiles for."""

from __future__ import annotations

import functools
import os
import pathlib

from lazyax.later import Later

platform = Later("platform")


@functools.cache
def description() -> str:
    """Its name and features."""
    try:
        lines = pathlib.Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return f"{platform.machine()} {platform.processor()}"
    told = {line.split(":")[0].strip(): line for line in reversed(lines)}  # of the first core
    return "\n".join([told.get(name, "") for name in ("model name", "flags", "Features")])


def options(described: str) -> dict[str, object]:
    """XLA's options for a processor.

    Args:
        described: as `description` does.
    """
    return WIDE if WIDE_SINCE in described.split() else {}


WIDTH = "xla_cpu_prefer_vector_width"

WIDE: dict[str, object] = {WIDTH: 512}
"""XLA asks for 256 bits, since early processors with 512 slow down when they use them
(docs/adr/0031)."""

NARROW: dict[str, object] = {WIDTH: 256}
"""Of programs that mostly multiply vectors by matrices of short rows: XLA runs the end of a row
that fills no vector number by number (docs/adr/0037)."""

WIDE_SINCE = "avx512_vbmi2"
"""A feature that came with those that do not: Ice Lake and Zen 4."""


def count() -> int:
    """How many processors this process may run on."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1

"""Arrays that are large enough for their memory to be written again, and the programs of that."""

from __future__ import annotations

import lazyax as lx
import lazyax.numpy as np
from lazyax.xla.program import Program, programs

SIZE = 2**19  # 2 MiB of float32


def large(value: float):
    return lx.materialize(np.full(SIZE, value) + 0.0)


def latest_program() -> Program:
    return next(reversed(programs.values.values()))

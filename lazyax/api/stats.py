"""Counts of what this process compiled, and of what it holds."""

from __future__ import annotations

import gc

import attrs

from lazyax.api import loops
from lazyax.graph.node import Node, settling
from lazyax.xla import buffers, execute
from lazyax.xla.cold import cold
from lazyax.xla.disk_cache import counts
from lazyax.xla.recycle import pool
from lazyax.xla.tiers import background


@attrs.frozen
class Stats:
    """What `stats` found.

    Attributes:
        programs_compiled: programs that XLA compiled.
        programs_loaded: programs that another process, or an earlier one, had compiled.
        programs_recompiled: programs and forms that were compiled in the background.
        programs_interpreted: times that NumPy ran a program that was not compiled yet.
        programs_reused: times that a program was there already.
        nodes: nodes of expression graphs that are alive, with values or pending.
        buffer_bytes: device memory, in bytes, that living nodes hold.
        pool_bytes: device memory, in bytes, of dead buffers kept to be written again.
        buffers_recycled: times that an output took over the memory of a dead buffer.
        buffers_donated: times that an output took over the memory of an input that nobody else
            had.
        loops_cut: call sites of loops that never looked at a value, which were computed there.
        evaluations: how often pending values were computed, by the line that asked for them;
            lines of the last 4,096 places that did.
    """

    programs_compiled: int
    programs_loaded: int
    programs_recompiled: int
    programs_interpreted: int
    programs_reused: int
    nodes: int
    buffer_bytes: int
    pool_bytes: int
    buffers_recycled: int
    buffers_donated: int
    loops_cut: int
    evaluations: dict[str, int]

    def __str__(self) -> str:
        return (
            f"{self.programs_compiled} programs compiled, {self.programs_loaded} loaded from disk, "
            f"{self.programs_interpreted} interpreted and {self.programs_reused} reused; "
            f"{self.nodes} nodes hold {self.buffer_bytes} bytes"
        )


def stats() -> Stats:
    """Counts of programs, nodes and bytes. Finds the nodes by a walk over all objects: slow.

    Other threads may go on meanwhile.

    >>> import lazyax as lx
    >>> import lazyax.numpy as np
    >>> before = lx.stats()
    >>> x = np.arange(1000.0).materialize()
    >>> lx.stats().buffer_bytes - before.buffer_bytes
    4000
    """
    with settling:  # no buffer is donated meanwhile
        # a list of all objects would refer to tuples that other threads are still making, which
        # CPython then can not finish
        nodes = [found for found in gc.get_referrers(Node) if type(found) is Node]
        values = [getattr(node, "value", None) for node in nodes]  # a node may be half made, too
        held = {id(value): value for value in values if isinstance(value, buffers.Buffer)}
        size = sum(buffers.nbytes(buffer) for buffer in held.values() if not buffer.is_deleted())
    return Stats(
        programs_compiled=counts.compiled,
        programs_loaded=counts.loaded,
        programs_recompiled=background.done,
        programs_interpreted=cold.runs,
        programs_reused=execute.programs.hits,
        nodes=len(nodes),
        buffer_bytes=size,
        pool_bytes=pool.bytes,
        buffers_recycled=pool.recycled,
        buffers_donated=pool.donated,
        loops_cut=len(loops.cut_lines),
        evaluations=execute.evaluations.by_line(),
    )


def clear_pool() -> None:
    """Free the dead buffers that are kept to be written again by large outputs.

    >>> import lazyax as lx
    >>> lx.clear_pool()
    >>> lx.stats().pool_bytes
    0
    """
    pool.clear()

"""Compile a plan's program once, and run it."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence

import numpy

from lazyax.graph.node import Node, all_history, history_keepers, settling
from lazyax.graph.op import Op
from lazyax.graph.traversal import dependents, toposort
from lazyax.xla import client
from lazyax.xla.buffers import SMALLEST_RECYCLED, Buffer, put
from lazyax.xla.cache import SingleFlightCache
from lazyax.xla.disk_cache import executable_of
from lazyax.xla.interpret import cold, interpret
from lazyax.xla.lowering import lower_module, scalar_dtypes
from lazyax.xla.plan import Plan, plan
from lazyax.xla.recycle import PAGE_FAULTS, pool
from lazyax.xla.roll import roll_up

programs = SingleFlightCache()
"""Every compiled program of the process, by canonical key."""


class Program:
    """A compiled plan.

    A program with large outputs is compiled a second time, to write them into dead buffers, once
    what that would have saved exceeds what compiling took (`lazyax.xla.recycle`).

    Attributes:
        executable: XLA's loaded executable.
        text: the StableHLO module that it was compiled from.
        dtypes: of the packed scalar arguments.
        handlers: what wraps each output.
        large: which outputs are worth a dead buffer, and their bytes.
        wasted: seconds that fresh outputs cost although dead buffers were there.
    """

    __slots__ = (
        "compile_seconds",
        "dtypes",
        "executable",
        "execute",
        "groups",
        "handlers",
        "large",
        "module",
        "recycling",
        "wasted",
    )

    def __init__(self, of: Plan):
        backend = client.backend()
        self.module = lower_module(of, backend.platform)
        self.executable, self.compile_seconds = executable_of(self.text, self.module.options)
        self.execute = self.executable.execute_sharded
        self.dtypes = scalar_dtypes(of)
        by_dtype = {dtype: [] for dtype in self.dtypes}
        for position, node in enumerate(of.scalars):
            by_dtype[node.aval.dtype].append(position)
        self.groups = list(by_dtype.values())
        avals = [of.nodes[number].aval for number in of.outputs]
        self.handlers = [backend.result_handler(aval) for aval in avals]
        sizes = {number: aval.nbytes for number, aval in enumerate(avals)}
        large = {n: size for n, size in sizes.items() if size >= SMALLEST_RECYCLED}
        self.large = large if backend.platform == "cpu" else {}
        self.wasted = 0.0
        self.recycling = None

    @property
    def text(self) -> str:
        """The StableHLO module."""
        return self.module.text()

    def run(self, buffers: Sequence[Buffer], scalars: Sequence[complex] = ()) -> list[Buffer]:
        """Start the program; the outputs are buffers that will hold its results."""
        arguments = buffers
        if scalars:
            arguments = list(buffers)
            for dtype, group in zip(self.dtypes, self.groups, strict=True):
                packed = numpy.array([scalars[position] for position in group], dtype)
                arguments.append(put(packed, copy=False))
        if self.large and pool.bytes:
            dead = self._recycled()
            if dead is not None:
                pool.recycled += len(dead)
                running = self.recycling([*arguments, *dead])
                return running.consume_with_handlers(self.handlers)
        return self.execute(arguments).consume_with_handlers(self.handlers)

    def _recycled(self) -> list[Buffer] | None:
        """A dead buffer for each large output, once the program is compiled to use them."""
        dead = pool.take(list(self.large.values()))
        if dead is None or self.recycling is not None:
            return dead
        self.wasted += sum(self.large.values()) * PAGE_FAULTS
        if self.wasted < self.compile_seconds:
            for buffer in dead:
                pool.give(buffer)
            return None
        text = self.module.text(recycled=list(self.large))
        executable, _ = executable_of(text, self.module.options, is_new=False)
        self.recycling = executable.execute_sharded
        return dead


def program_of(planned: Plan) -> Program:
    """The compiled program of a plan: from the cache if its structure was seen before."""
    return programs.get(planned.key, lambda: Program(planned))


def run(planned: Plan, buffers: Sequence[Buffer], scalars: Sequence[complex]) -> list[Buffer]:
    """The outputs of a plan: by its program, or by NumPy if it is small and new."""
    key = planned.key
    program = programs.find(key)
    if program is None:
        if cold.takes(key, planned):
            # NumPy refuses some values that XLA has an answer for, such as 2 ** -1 in integers
            with contextlib.suppress(ArithmeticError, TypeError, ValueError):
                return interpret(planned, buffers, scalars)
        program = programs.get(key, lambda: Program(planned))
    return program.run(buffers, scalars)


def materialize(roots: Sequence[Node], leaf: Op) -> None:
    """Give every root its value, by one program for what is pending.

    More than `PROGRAM_NODES` nodes are computed by several programs, one after another: XLA's
    compile time grows faster than a program's size, and equal pieces of it are compiled once.
    Pieces that become a loop (`lazyax.xla.roll`) count once.

    Args:
        roots: nodes to materialize.
        leaf: the op that a node has once its history is forgotten.

    Raises:
        AbstractValueError: if a root depends on an abstract value.
    """
    with settling:
        pending = [root for root in dict.fromkeys(roots) if root.value is None]
        if not pending:
            return
        planned = plan(pending)
        borders = _borders(pending) if _is_too_large(planned) else []
        if not borders:
            numbers = [node.value for node in planned.scalars]
            buffers = [node.value for node in planned.arguments]
            kept = _kept_by_variables(planned)
    if borders:
        del planned  # it refers to all nodes, so that the parts would find all of them wanted
        for border in borders:
            materialize(border, leaf)
        return
    results = run(planned, buffers, numbers)
    with settling:
        for nodes, buffer in zip(planned.settled, results, strict=True):
            for node in nodes:
                if node.value is None:
                    node.settle(buffer, None if node in kept else leaf)
                    pool.watch(node, buffer)


PROGRAM_NODES = 2_000
"""Nodes of the largest program that `materialize` compiles."""


def _is_too_large(planned: Plan) -> bool:
    """Whether a plan is not compiled and has too many nodes, loops rolled up, to be."""
    if len(planned.nodes) <= PROGRAM_NODES:
        return False
    key = planned.key
    if key in programs:
        return False
    return nodes_left.get(key.hash, lambda: roll_up(planned).nodes_left) > PROGRAM_NODES


nodes_left = SingleFlightCache()
"""For hashes of keys, how many nodes such a plan has with its loops rolled up."""


class _Valued:
    """See `VALUED`."""

    def __contains__(self, node: object) -> bool:
        return isinstance(node, Node) and node.value is not None


VALUED = _Valued()
"""The nodes that have a value, as something to stop a walk at."""


def _borders(roots: Sequence[Node]) -> list[list[Node]]:
    """Nodes to materialize one list after another, so that no program is too large.

    The order is cut into runs; what later runs need of a run is its border. Broadcasts and
    constants are computed again rather than stored: what they are made of takes their place.
    Of an op with several results the border is those of its results that are used.
    """
    order = toposort(roots, stop=VALUED)
    last_use = {root: len(order) for root in roots}
    results: dict[Node, list[Node]] = {}
    for position, node in reversed(list(enumerate(order))):
        if node.operands and isinstance(node.operands[0].aval, tuple):
            results.setdefault(node.operands[0], []).append(node)
        last_use.setdefault(node, position)
        for operand in node.operands:
            reach = last_use[node] if _grows(node) else position
            last_use[operand] = max(last_use.get(operand, 0), reach)
    runs = max(round(len(order) / (PROGRAM_NODES // 2)), 2)
    size = -(-len(order) // runs)
    borders = []
    for start in range(0, len(order), size):
        stop = start + size
        border = [
            result
            for node in order[start:stop]
            if last_use[node] >= stop and node.value is None and not _grows(node)
            for result in results.get(node, [node])
        ]
        borders.append(border)
    borders[-1] = list(roots)
    return [border for border in borders if border]


def _grows(node: Node) -> bool:
    """Whether a node is larger than all that it is made of."""
    if any(isinstance(one.aval, tuple) for one in (node, *node.operands)):
        return False
    return all(operand.aval.size < node.aval.size for operand in node.operands)


def _kept_by_variables(planned: Plan) -> set[Node]:
    """Those nodes of a plan whose history ``keep_history`` or a running ``grad`` still needs."""
    if not (history_keepers.count or all_history.count):
        return set()
    roots = [node for nodes in planned.settled for node in nodes]
    if all_history.count:
        return set(roots)
    order = toposort(roots)
    sources = {node for node in order if node.op.keeps_history}
    return dependents(order, sources) if sources else set()

"""Give nodes their values: plan, compile once, run, settle."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from itertools import chain
from operator import methodcaller

import attrs

from lazyax.graph.growth import readers
from lazyax.graph.node import Node, all_history, history_keepers, settling
from lazyax.graph.op import Op
from lazyax.graph.origin import LineCounts, current_origin
from lazyax.graph.rounds import ends_of_rounds
from lazyax.graph.traversal import VALUED, dependents, pending_below, toposort
from lazyax.xla.buffers import Buffer
from lazyax.xla.cache import SingleFlightCache
from lazyax.xla.cold import cold
from lazyax.xla.elements import read_element
from lazyax.xla.interpret import interpret
from lazyax.xla.ownership import Donations, donations, in_place
from lazyax.xla.plan import Plan, plan
from lazyax.xla.program import Program, program_of, programs
from lazyax.xla.recall import recall, remember
from lazyax.xla.recycle import pool
from lazyax.xla.roll import roll_up


def materialize(roots: Sequence[Node], leaf: Op) -> None:
    """Give every root that the user asks for its value: see `compute`.

    Args:
        roots: nodes to materialize.
        leaf: the op that a node has once its history is forgotten.

    Raises:
        AbstractValueError: if a root depends on an abstract value.
    """
    pending = [root for root in dict.fromkeys(roots) if root.value is None]
    if pending:
        evaluations.add(current_origin())
        pending = [root for root in pending if not read_element(root, leaf)]
    if pending:
        for reader in readers:
            reader(pending)
        compute(pending, leaf)


evaluations = LineCounts()
"""How often each line of the user's program asked for values that were pending."""


def compute(
    roots: Sequence[Node], leaf: Op, by_rounds: bool = True, keep_all: bool = False
) -> bool:
    """Give roots their values, by one program for what is pending.

    More than `PROGRAM_NODES` nodes are computed by several programs, one after another: XLA's
    compile time grows faster than a program's size, and equal pieces of it are compiled once.
    Pieces that become a loop (`lazyax.xla.roll`) count once.

    Args:
        roots: nodes to compute.
        leaf: the op that a node has once its history is forgotten.
        by_rounds: whether such programs end where rounds of loops do (`_borders`).
        keep_all: whether to store all that others want of what is computed (`lazyax.xla.plan`).

    Returns:
        Whether such a structure had been computed before.

    Raises:
        AbstractValueError: if a root depends on an abstract value.
    """
    with settling:
        pending = [root for root in roots if root.value is None]
        if not pending:
            return True
        planned = recall(pending, keep_all)
        if planned is None:
            planned = plan(pending, keep_all=keep_all)
            if (planned.key in programs or cold.knows(planned)) and not planned.beside:
                remember(pending, planned, keep_all)
            pending += planned.beside
        program = programs.find(planned.key)
        is_known = program is not None or cold.knows(planned)
        by_numpy = program is None and cold.takes(planned)
        whole = planned if program or by_numpy else _with_loops(planned)
        borders = [] if whole else _borders(pending, by_rounds)
        planned = whole or planned
        kept = set() if borders else _kept_by_variables(planned)
        dying = () if borders or by_numpy else _dying(planned, program, pending, kept)
    if borders:
        del planned  # it refers to all nodes, so that the parts would find all of them wanted
        for border in borders[:-1]:
            # a loop has other variables too, whose past ends here
            compute(border, leaf, by_rounds=False, keep_all=True)
        compute(borders[-1], leaf, by_rounds=False, keep_all=keep_all)
        return is_known
    if dying and _overwrite(planned, pending, dying, leaf, program):
        return is_known
    buffers = [node.value for node in planned.arguments]
    numbers = [node.value for node in planned.scalars]
    results = _interpreted(planned, buffers, numbers) if by_numpy else None
    if results is None:
        results = (program or program_of(planned, may_be_quick=True)).run(buffers, numbers)
    with settling:
        _settle(planned, results, kept, leaf)
    return is_known


def _interpreted(
    planned: Plan, buffers: Sequence[Buffer], scalars: Sequence[complex]
) -> list[Buffer] | None:
    """The outputs of a plan by NumPy, if it has them.

    It refuses some values that XLA has an answer for, such as 2 ** -1 in integers.
    """
    with contextlib.suppress(ArithmeticError, TypeError, ValueError):
        return interpret(planned, buffers, scalars)
    return None


def _settle(planned: Plan, results: Sequence[Buffer], kept: set[Node], leaf: Op) -> None:
    """Give the nodes of a plan that wait for them its results."""
    for nodes, buffer in zip(planned.settled, results, strict=True):
        for node in nodes:
            if node.value is None:
                node.settle(buffer, None if node in kept else leaf)
                pool.watch(node, buffer)


def _dying(
    planned: Plan, program: Program | None, roots: Sequence[Node], kept: set[Node]
) -> Donations:
    """What dies with a plan, of what its program may write over: mostly nothing may be."""
    pairs = in_place(planned) if program is None else program.in_place
    return donations(planned, pairs, roots, kept) if pairs else ()


def _overwrite(
    planned: Plan, roots: Sequence[Node], dying: Donations, leaf: Op, program: Program | None
) -> bool:
    """Run a plan so that it writes over what dies with it. False: nothing was run.

    Once it runs, its arguments are gone, so that whatever interrupts this must not lose the
    results. Python handles signals between bytecodes: what has to stay together is one call in C.
    """
    if program is None:
        program = program_of(planned, dying, may_be_quick=True)
    if not program.pays(dying):
        return False
    with settling:
        kept = _kept_by_variables(planned)
        if _dying(planned, program, roots, kept) != dying:
            return False
        numbers = [node.value for node in planned.scalars]
        buffers = [node.value for node in planned.arguments]
        execute, arguments = program.prepare(buffers, numbers, dying)
        pool.donated += len(dying)
        running: list = []
        results: list[Buffer] = []
        consumed = map(methodcaller("consume_with_handlers", program.handlers), running)
        try:
            running.extend(map(execute, [arguments]))
            results.extend(chain.from_iterable(consumed))
            _settle(planned, results, kept, leaf)
        except BaseException:
            if running:
                results.extend(chain.from_iterable(consumed))
                _settle(planned, results, kept, leaf)
            raise
    return True


PROGRAM_NODES = 2_000
"""Nodes of the largest program that `materialize` compiles."""


def _with_loops(planned: Plan) -> Plan | None:
    """A plan that is not compiled; None if it has too many nodes to be, loops rolled up."""
    if len(planned.nodes) <= PROGRAM_NODES:
        return planned
    key = planned.key.hash
    if key in too_large:
        return None
    rolled = roll_up(planned)
    if rolled.nodes_left > PROGRAM_NODES:
        too_large.get(key, lambda: True)
        return None
    return attrs.evolve(planned, rolled=rolled)


too_large = SingleFlightCache()
"""Hashes of the keys of plans that are, the latest."""


def _borders(roots: Sequence[Node], by_rounds: bool) -> list[list[Node]]:
    """Nodes to materialize one list after another, so that no program is too large.

    Args:
        roots: what is asked for, the last list.
        by_rounds: whether to cut where rounds of loops end, if there are any.
    """
    if by_rounds:
        ends = ends_of_rounds(pending_below(roots))
        if ends:
            return [*[[end] for end in ends], list(roots)]
    runs = _runs(roots)
    return runs if len(runs) > 1 else []  # nothing can be stored on the way


def _runs(roots: Sequence[Node]) -> list[list[Node]]:
    """Borders after each so many nodes.

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

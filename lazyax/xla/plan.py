"""The plan of a materialization: which nodes, which outputs, and the canonical program key.

The key says what is computed and nothing else: nodes are numbered in one pass from the roots, so
values, identities, names, lines and the order of construction are not in it. Nodes with the same
op and the same operand numbers get one number: common subexpressions merge here.
"""

from __future__ import annotations

import functools
import sys
from collections import Counter
from collections.abc import Sequence
from itertools import chain
from typing import Any

import attrs

from lazyax.errors import AbstractValueError, LeakedValueError
from lazyax.graph.garbage import uncollected
from lazyax.graph.node import Node
from lazyax.graph.op import Op
from lazyax.graph.origin import describe
from lazyax.graph.references import OF_THE_CALL
from lazyax.graph.results import alike, pending_results
from lazyax.ops.primitives.shape import Broadcast
from lazyax.xla.emit import tensor_type

NUMBERS = (bool, int, float, complex)


class Key:
    """A program's structure, hashed once: a tuple would hash all of it at each look-up.

    Keys that were found to be equal have one structure, so that it is compared once too.

    Attributes:
        cost: what NumPy and XLA need for it, once that was asked (`lazyax.xla.cold`).
        routine: what NumPy does for it, once it has (`lazyax.xla.interpret`).
    """

    __slots__ = ("cost", "hash", "routine", "structure")

    def __init__(self, structure: tuple):
        self.structure = structure
        self.hash = hash(structure)
        self.cost: Any = None
        self.routine: Any = None

    def __hash__(self) -> int:
        return self.hash

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Key):
            return False
        if self.structure is other.structure:
            return True
        if self.structure != other.structure:
            return False
        self.structure = other.structure
        return True


@attrs.frozen(eq=False)
class Plan:
    """What to compute, in numbers.

    Attributes:
        key: equal for equal programs.
        nodes: for each number, a node that it stands for; a `Scalar` that has a shape, for two.
        arguments: nodes whose buffers are the program's arguments, in order.
        scalars: nodes whose numbers are packed into arguments, in order.
        settled: for each output, the nodes to settle with it.
        aliases: nodes that are left out, since an operand has their value.
        wanted: those of nodes and aliases that others than this plan refer to.
        beside: results of planned ops of several that were not asked for, and are wanted too.
        rolled: the loops in it, where they were looked for already (`lazyax.xla.roll`).
    """

    key: Key
    nodes: Sequence[Node]
    arguments: Sequence[Node]
    scalars: Sequence[Node]
    settled: Sequence[Sequence[Node]]
    aliases: Sequence[Node] = ()
    wanted: Sequence[Node] = ()
    beside: Sequence[Node] = ()
    rolled: Any = None

    @property
    def entries(self) -> tuple:
        """For each number, a tensor type (an argument), a dtype (a packed scalar) or a tuple of an
        op and its operands' numbers."""
        return self.key.structure[0]

    @property
    def outputs(self) -> tuple[int, ...]:
        """Numbers to return."""
        return self.key.structure[1]


@uncollected
def plan(
    roots: Sequence[Node],
    inputs: Sequence[Node] = (),
    keep_wanted: bool = True,
    keep_all: bool = False,
) -> Plan:
    """Plan the computation of ``roots`` from what exists.

    Args:
        roots: pending nodes.
        inputs: abstract nodes that are arguments of the program, before all others.
        keep_wanted: also return what other holders of nodes would have to compute again.
        keep_all: all of that, whatever storing it costs.

    Raises:
        AbstractValueError: for an abstract value of a trace that is still running.
        LeakedValueError: for one of a trace that has ended.
    """
    walk = _Walk(inputs)
    _number_nodes(walk, roots)
    beside = _other_results(walk) if keep_wanted else []
    _number_nodes(walk, beside)
    outputs: dict[int, list[Node]] = {}
    for root in (*roots, *beside):
        outputs.setdefault(walk.number[root], []).append(root)
    wanted = _keep_wanted(walk, outputs, keep_all) if keep_wanted else []
    return Plan(
        Key((tuple(walk.entries), tuple(outputs))),
        walk.nodes,
        walk.arguments,
        walk.scalars,
        list(outputs.values()),
        walk.aliases,
        wanted,
        beside,
    )


class _Walk:
    """State of one numbering.

    Attributes:
        number: of each node. Beside it, the lists of `Plan`.
        known: numbers by what has them.
        visited: nodes with operands, merged ones too.
        aliases: those of them that are left out, since an operand has their value.
    """

    __slots__ = (
        "aliases",
        "arguments",
        "entries",
        "known",
        "nodes",
        "number",
        "scalars",
        "visited",
    )

    def __init__(self, inputs: Sequence[Node]):
        self.number: dict[Node, int] = {}
        self.known: dict[tuple, int] = {}
        self.nodes: list[Node] = []
        self.entries: list[Any] = []
        self.arguments: list[Node] = []
        self.scalars: list[Node] = []
        self.visited: list[Node] = []
        self.aliases: list[Node] = []
        for node in inputs:
            self.add_leaf(node)

    def add_leaf(self, node: Node) -> None:
        self.number[node] = len(self.nodes)
        self.nodes.append(node)
        if type(node.value) in NUMBERS:
            self.entries.append(node.aval.dtype)
            self.scalars.append(node)
            if node.aval.shape:  # it stands beside an array: the program broadcasts the number
                self.entries.append((_spread(node.aval.shape), self.number[node]))
                self.number[node] = len(self.nodes)
                self.nodes.append(node)
        else:
            self.entries.append(tensor_type(node.aval))
            self.arguments.append(node)

    def uses(self) -> dict[Node, int]:
        """How many operand positions each node fills, that of a broadcast number included."""
        found = Counter(chain.from_iterable([node.operands for node in self.visited]))
        found.update([node for node in self.scalars if node.aval.shape])
        return found


@functools.lru_cache(maxsize=4096)
def _spread(shape: tuple[int, ...]) -> Broadcast:
    return Broadcast(shape, ())


def _number_nodes(walk: _Walk, roots: Sequence[Node]) -> None:
    """Number the nodes under ``roots``, operands first.

    A hot path, so the common numbers of operands are written out (0.9 us a node against 2.3).
    """
    number, nodes, entries, visited = walk.number, walk.nodes, walk.entries, walk.visited
    number_of, table = number.get, walk.known
    stack = list(reversed(roots))
    push, pop = stack.append, stack.pop
    while stack:
        node = stack[-1]
        if node in number:
            pop()
            continue
        if node.value is not None:
            pop()
            walk.add_leaf(node)
            continue
        operands, op = node.operands, node.op
        if not op.is_plain and op.forwards:
            operands = operands[: op.forwards]
        if len(operands) == 2:
            x, y = operands
            left, right = number_of(x), number_of(y)
            if left is None or right is None:
                if right is None:
                    push(y)
                if left is None:
                    push(x)
                continue
            entry = (op, left, right)
        else:
            numbers = [number_of(operand) for operand in operands]
            if None in numbers:
                stack.extend([o for o in reversed(operands) if o not in number])
                continue
            entry = (op, *numbers)
        pop()
        visited.append(node)
        if not op.is_plain:
            if op.abstract:
                raise_abstract(node, roots)
            passed = op.passes(entry[1:])
            if passed is not None:
                number[node] = passed
                walk.aliases.append(node)
                continue
        known = table.get(entry)
        if known is None:
            known = table[entry] = len(nodes)
            nodes.append(node)
            entries.append(entry)
        number[node] = known


def _other_results(walk: _Walk) -> list[Node]:
    """Pending results that ops of the plan have beside those that are planned.

    Of ops that are merged with one of these when they are lowered, too: they cost little more than
    it alone, and as much again if it has run by the time that they are looked at.
    """
    several = [
        node for node in walk.visited if type(node.aval) is tuple and type(walk.number[node]) is int
    ]
    found: dict[Node, None] = {}
    for node in several:
        for one in (node, *[other for other in alike(node) if _is_merged(walk, node, other)]):
            found.update(dict.fromkeys(pending_results(one)))
    return [result for result in found if result not in walk.number]


def _is_merged(walk: _Walk, node: Node, other: Node) -> bool:
    """Whether lowering merges a planned node with one that needs nothing that is not planned."""
    if other in walk.number:
        return False
    numbers = tuple([walk.number.get(operand) for operand in other.operands])
    if None in numbers or max(numbers) > walk.number[node]:
        return False
    return _merges(
        node.op, tuple([walk.number[operand] for operand in node.operands]), other.op, numbers
    )


@functools.lru_cache(maxsize=256)
def _merges(op: Op, numbers: tuple[int, ...], other: Op, others: tuple[int, ...]) -> bool:
    return op.merge is not None and op.merge(numbers, other, others) is not None


REFERENCES_OF_A_PLAN = 3 + OF_THE_CALL
"""To a planned node, beside operand tuples: those of the number dict and of two node lists."""


def _keep_wanted(walk: _Walk, outputs: dict[int, list[Node]], keep_all: bool) -> list[Node]:
    """Add outputs, so that what others still want is not computed again, or for ever.

    Returns what others want, whether it became an output or not.

    A node that has more references than this plan accounts for is wanted by a handle or by a
    pending node elsewhere. It becomes an output where computing it again is no less work than
    storing it. Work is counted in cheap ops on one element:

    - Computing it again takes the longest chain of cheap ops below it, on each of its elements if
      the program runs them on all of these anyway (else XLA computes the few that are needed), and
      `STORING` for each element of an expensive result below it.
    - Storing it takes `STORING` for each element, less what costs nothing: as many as `SMALL`, but
      no more than are read for it (constants and broadcasts stay what they are), or as many as a
      buffer has that pending nodes alone hold: it dies once the node has its value (so that
      ``w = w - rate * v`` does not grow from step to step).

    Where storing is more work, the expensive results below become outputs instead. With
    ``keep_all`` all become outputs that are computed from others.
    """
    nodes, entries = walk.nodes, walk.entries
    uses = walk.uses()
    found = _wanted(nodes, uses)
    wanted = {walk.number[node] for node in found if type(node.value) not in NUMBERS}
    aliases: dict[int, list[Node]] = {}
    for node in _wanted(walk.aliases, uses):
        found.append(node)
        if type(node.aval) is not tuple:
            aliases.setdefault(walk.number[node], []).append(node)
    wanted.update(index for index in aliases if type(entries[index]) is tuple)
    for index in aliases.keys() & outputs.keys():
        outputs[index] += aliases[index]
    if all(index in outputs or type(entries[index]) is not tuple for index in wanted):
        return found
    unsaved = [0] * len(nodes)  # size of the largest expensive result to compute again
    dying = [0] * len(nodes)  # size of the largest buffer that pending nodes alone keep alive
    read = [0] * len(nodes)  # size of the largest buffer that is read; 0 for constants
    length = [0] * len(nodes)  # of the longest chain of ops to compute again
    whole = _computed_whole(entries, outputs)
    for index, entry in enumerate(entries):
        aval = nodes[index].aval
        if type(entry) is not tuple:
            if type(entry) is str:
                read[index] = max(aval.size, 1)
                dying[index] = 0 if index in wanted else aval.size
            continue
        op, *operands = entry
        read[index] = max([read[operand] for operand in operands], default=0)
        length[index] = 1 + max([length[operand] for operand in operands], default=0)
        if index in outputs:
            length[index] = 0
            continue
        below = max([unsaved[operand] for operand in operands], default=0)
        freed = max([dying[operand] for operand in operands], default=0)
        if type(aval) is tuple:
            unsaved[index], dying[index] = max(below, int(op.expensive)), freed
            continue
        if op.expensive:
            below = max(below, aval.size, 1)
        unsaved[index], dying[index] = below, freed
        if index not in wanted:
            continue
        again = length[index] * aval.size * whole[index] + STORING * below
        free = max(freed, min(read[index], SMALL))
        if (keep_all and operands) or again >= STORING * (aval.size - free):
            keep = [index]
        else:
            keep = _expensive_below(index, entries, nodes, unsaved)
        for kept in keep:
            outputs[kept] = [nodes[kept], *aliases.get(kept, ())]
            unsaved[kept] = dying[kept] = length[kept] = 0
    return found


def _computed_whole(entries: Sequence, outputs: dict[int, list[Node]]) -> list[bool]:
    """Whether the program needs all elements of each value, and not only slices of it."""
    whole = [index in outputs for index in range(len(entries))]
    for index in range(len(entries) - 1, -1, -1):
        entry = entries[index]
        if whole[index] and type(entry) is tuple:
            op, *operands = entry
            for operand in operands[1:] if op.partial else operands:
                whole[operand] = True
    return whole


SMALL = 2**14
"""Elements that are stored for nothing: 64 kB of float32."""

STORING = 16
"""Cheap ops, one after another, that take no less time than storing their result."""


def _wanted(nodes: list[Node], uses: dict[Node, int]) -> list[Node]:
    """Those of a plan's nodes that have references which the plan does not account for."""
    counts = list(map(sys.getrefcount, nodes))
    by_node = map(uses.get, nodes)
    return [
        nodes[index]
        for index, (count, used) in enumerate(zip(counts, by_node, strict=True))
        # a node that is used is a key of ``uses`` too
        if count > (REFERENCES_OF_A_PLAN if used is None else REFERENCES_OF_A_PLAN + used + 1)
    ]


def _expensive_below(index: int, entries, nodes, unsaved) -> list[int]:
    """The nearest expensive results under one, not looking below what is saved."""
    found, stack, seen = [], [index], set()
    while stack:
        current = stack.pop()
        if current in seen or not unsaved[current]:
            continue
        seen.add(current)
        op, *operands = entries[current]
        if op.expensive and current != index and type(nodes[current].aval) is not tuple:
            found.append(current)
        else:
            stack.extend(operands)
    return found


REMEDIES = {
    "save": "use numpy.where or lax.cond in the rule, which a file holds as a graph",
    "jit": "use numpy.where, make the argument static (static_argnums), or call the function "
    "without jit",
    "vmap": "use numpy.where, or leave the argument unmapped (in_axes=None)",
    **dict.fromkeys(
        ("scan", "map", "while_loop", "fori_loop", "cond", "switch"),
        "use numpy.where or lax.cond, or a Python loop or branch, which needs no abstract values",
    ),
}


def raise_abstract(node: Node, roots: Sequence[Node]) -> None:
    """Say why what depends on an abstract node has no value, and what to do.

    Args:
        node: the abstract node.
        roots: what was asked for.
    """
    asked = " and ".join(f"{root.aval} made at {describe(root.origin)}" for root in roots[:3])
    if node.op.absence is not None:
        raise AbstractValueError(f"{asked} has no value: {node.op.absence}")
    trace = node.op.trace
    if trace is not None and not trace.running:
        raise LeakedValueError(
            f"a value of {node.aval} was used after {trace} had returned, where it does not "
            f"exist; it was an argument made at {describe(node.origin)}. Return it from the "
            "function instead of storing it outside"
        )
    where = f"inside {trace}" if trace is not None else "in a graph"
    remedy = REMEDIES.get(trace.transform if trace is not None else "", "call the graph instead")
    raise AbstractValueError(
        f"{asked} has no value {where}: it depends on the abstract argument {node.op.label}: "
        f"{node.aval}; {remedy}"
    )

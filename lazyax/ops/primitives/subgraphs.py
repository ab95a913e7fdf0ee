"""What ops that hold graphs have in common: closing them, and transforming what they hold.

The graph of a body is closed: it depends on its inputs and constants alone. What it would
capture, be it an array, a number or a value of a transform that is running, is *lifted*: it
becomes an operand of the op, with an input of the body in its place.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Container, Iterable, Mapping, Sequence
from itertools import chain

import attrs

from lazyax.graph.aval import Aval
from lazyax.graph.graph import Graph
from lazyax.graph.node import Node, settling
from lazyax.graph.references import references
from lazyax.graph.rewrite import rewrite
from lazyax.graph.transforms import transforms
from lazyax.graph.traversal import dependents, toposort
from lazyax.ops.primitives.kinds import broadcast_leading
from lazyax.ops.primitives.leaves import Full, input_leaf, narrowed
from lazyax.ops.primitives.shape import Broadcast


@attrs.frozen(eq=False)
class _Ends:
    """Where a body ends: at its inputs, at what it can not hold, and at ``chosen`` nodes."""

    inputs: Container[Node]
    chosen: Container[Node]

    def __contains__(self, node: Node) -> bool:
        return node in self.inputs or node in self.chosen or _is_foreign(node)


def _is_foreign(node: Node) -> bool:
    """Whether a body can not hold a node: it has a value, is abstract, or is differentiated by."""
    over_lanes = node.op.abstract and node.operands  # of a named axis: it can stay inside
    return (
        node.value is not None or (node.op.abstract and not over_lanes) or (node.op.keeps_history)
    )


@attrs.frozen
class Closed:
    """Outputs of a body, and what was lifted out of it.

    Attributes:
        outputs: nodes that depend on the inputs and on ``stand_ins`` alone.
        lifted: nodes outside of the body, each once.
        stand_ins: an input for each of these.
    """

    outputs: list[Node]
    lifted: list[Node]
    stand_ins: list[Node]


def close(inputs: Iterable[Node], outputs: Sequence[Node], chosen: Container[Node] = ()) -> Closed:
    """Lift out of a body what it can not hold, and ``chosen`` nodes that do not depend on inputs.

    Args:
        inputs: of the body.
        outputs: nodes that depend on them.
        chosen: further nodes to lift.
    """
    inputs = set(inputs)
    ends = _Ends(inputs, chosen)
    with settling:
        order = toposort(outputs, stop=ends)
        ended = [node for node in order if node not in inputs and node in ends]
        lifted = [narrowed(node) for node in ended]
        stand_ins = [input_leaf(node.aval, "captured", None, node.origin) for node in lifted]
        replaced = {
            node: stand_in if node is outside else Broadcast(node.aval.shape, ())(stand_in)
            for node, outside, stand_in in zip(ended, lifted, stand_ins, strict=True)
        }
        replaced.update((node, node) for node in inputs)
        return Closed(rewrite(outputs, replaced=replaced), lifted, stand_ins)


def invariants(inputs: Iterable[Node], outputs: Sequence[Node]) -> set[Node]:
    """Nodes under ``outputs`` that do not depend on ``inputs`` and are worth an operand.

    Constants are not, nor what is larger than all that it is made of, such as a broadcast
    number. Operands are computed once, where the body is computed many times.
    """
    order, inside = _inside(inputs, outputs)
    return {node for node in order if node not in inside and node.operands and not _grows(node)}


def held_elsewhere(inputs: Iterable[Node], outputs: Sequence[Node]) -> set[Node]:
    """Nodes under ``outputs`` that do not depend on ``inputs`` and that someone else holds.

    They were made outside of the body, or can be asked for there, so that a derivative by them
    must find them. Reference counts tell, as in docs/adr/0003: a stray one only adds an operand.
    """
    order, inside = _inside(inputs, outputs)
    uses = Counter(chain.from_iterable([node.operands for node in order]))
    uses.update(outputs)
    rest = [node for node in order if node not in inside and type(node.aval) is not tuple]
    del order, inside
    held = zip(rest, references(rest), strict=True)
    return {node for node, count in held if count > uses[node] + REFERENCES_HERE}


REFERENCES_HERE = 2
"""To a node that `held_elsewhere` counts: those of the list and of a key of ``uses``."""


def _inside(inputs: Iterable[Node], outputs: Sequence[Node]) -> tuple[list[Node], set[Node]]:
    """Nodes of a body, operands first, and those that depend on its inputs."""
    inputs = set(inputs)
    with settling:
        order = toposort(outputs, stop=_Ends(inputs, ()))
        return order, dependents(order, inputs)


def _grows(node: Node) -> bool:
    """Whether a node is larger than all that it is made of, or has no single value."""
    if any(type(one.aval) is tuple for one in (node, *node.operands)):
        return type(node.aval) is tuple
    return all(operand.aval.size < node.aval.size for operand in node.operands)


def needed_inputs(
    inputs: Container[Node], carries: Sequence[tuple[Node, Node, Node]], roots: Sequence[Node]
) -> set[Node]:
    """Those of a loop body's inputs that ``roots`` depend on, in any step.

    Args:
        inputs: of the body.
        carries: inputs, what they become in a step, and operands.
        roots: nodes of the body.
    """
    roots, needed = list(roots), set()
    while True:
        reached = {node for node in toposort(roots, stop=inputs) if node in inputs}
        if reached == needed:
            return needed
        needed = reached
        roots += [end for i, end, _ in carries if i in needed]


def inline(outputs: Sequence[Node], values: Mapping[Node, Node]) -> list[Node]:
    """``outputs`` of a body with nodes in the place of its inputs."""
    return rewrite(outputs, replaced=values)


def run(graph: Graph, arrays: Sequence) -> list:
    """The outputs of a closed graph in NumPy."""
    return transforms["evaluate"](graph.outputs, None, dict(zip(graph.inputs, arrays, strict=True)))


def require_fits(op, what: str, graph: Graph, avals: Sequence[Aval]) -> None:
    """Raise unless operands have the shapes and dtypes of a graph's inputs.

    Raises:
        LazyaxTypeError: naming both.
    """
    wanted = [node.aval for node in graph.inputs]
    op.require(
        same_avals(wanted, avals),
        f"{what} takes ({_listed(wanted)}), got ({_listed(avals)})",
    )


def same_avals(one: Sequence[Aval], other: Sequence[Aval]) -> bool:
    """Whether shapes and dtypes agree."""
    return len(one) == len(other) and all(
        a.shape == b.shape and a.dtype == b.dtype for a, b in zip(one, other, strict=True)
    )


def _listed(avals: Sequence[Aval]) -> str:
    return ", ".join(map(str, avals))


def zeros(aval: Aval) -> Node:
    """A known zero, made into a node."""
    return Full(0, aval.shape, aval.dtype, aval.weak_type)()


def or_zeros(node: Node | None, aval: Aval) -> Node:
    """A node, or zeros for a known zero."""
    return zeros(aval) if node is None else node


def batched_aval(aval: Aval, size: int) -> Aval:
    """The aval with a batch axis 0."""
    return aval.with_shape((size, *aval.shape))


def with_lanes(node: Node, is_batched: bool, size: int) -> Node:
    """A node with its batch axis."""
    return node if is_batched else broadcast_leading(node, size)


@attrs.frozen
class Carried:
    """Which inputs of a body something reaches, when what leaves a step enters the next.

    Attributes:
        which: of the inputs.
        inputs: those.
        others: a fresh input for each of those: a tangent, or one with a batch axis.
        results: of the outputs, from the transform.
    """

    which: list[bool]
    inputs: list[Node]
    others: list[Node]
    results: list


def carry_through(
    body: Graph,
    which: Sequence[bool],
    carries: range,
    fresh: Callable[[Node], Node],
    transform: Callable[[list[Node], list[Node]], tuple[list, list[bool]]],
) -> Carried:
    """Apply a transform to a body until what it reaches among the carries is settled.

    Args:
        body: whose first outputs are the carries of the next step.
        which: inputs that are reached from outside.
        carries: positions of the carries among the inputs.
        fresh: makes the other input for an input.
        transform: from inputs and their others to results, and which outputs are reached.
    """
    which = list(which)
    while True:
        inputs = [node for node, reached in zip(body.inputs, which, strict=True) if reached]
        others = [fresh(node) for node in inputs]
        results, reached = transform(inputs, others)
        grown = list(which)
        for place, out in zip(carries, reached, strict=False):
            grown[place] = grown[place] or out
        if grown == which:
            return Carried(which, inputs, others, results)
        which = grown


def carried_tangents(body: Graph, moving: Sequence[bool], carries: range, reverse: bool) -> Carried:
    """Tangents of a body's outputs, None for known zeros, whose carries move on their own."""

    def forward(inputs: list[Node], others: list[Node]):
        tangents = transforms["jvp"](body.outputs, inputs, others, reverse)
        return tangents, [tangent is not None for tangent in tangents]

    return carry_through(body, moving, carries, lambda i: input_leaf(i.aval, "tangent"), forward)


def carried_lanes(body: Graph, which: Sequence[bool], carries: range, size: int) -> Carried:
    """Pairs of a body's outputs, for a batch, and whether they carry its axis."""

    def across(inputs: list[Node], others: list[Node]):
        rows, lanes = transforms["batch"](
            body.outputs, dict(zip(inputs, others, strict=True)), size
        )
        return list(zip(rows, lanes, strict=True)), lanes

    def fresh(node: Node) -> Node:
        return input_leaf(batched_aval(node.aval, size), "lanes")

    return carry_through(body, which, carries, fresh, across)


def carried_dependence(body: Graph, which: Sequence[bool], carries: range) -> Carried:
    """Whether each of a body's outputs depends on the chosen inputs, in some step."""

    def below(inputs: list[Node], others: list[Node]):
        sources = set(inputs)
        found = dependents(toposort(body.outputs, stop=sources), sources)
        reached = [node in found for node in body.outputs]
        return reached, reached

    return carry_through(body, which, carries, lambda node: node, below)


def pull_through(
    outputs: Sequence[Node | None], inputs: Sequence[Node], cotangents: Sequence[Node | None]
) -> list[Node | None]:
    """Cotangents of a body's inputs, given those of its outputs."""
    return transforms["transpose"](outputs, inputs, cotangents)


@attrs.frozen(eq=False)
class Backward:
    """A step of a loop backwards: from cotangents of what leaves it to those of what enters.

    Attributes:
        which: of the body's inputs, those that it is linear in.
        arriving: for each output an input for its cotangent; None where that is a known zero.
        pulled: for each input that the body is linear in its cotangent; None is a known zero.
        residuals: nodes of the body that these are made of, beside ``arriving``.
        stand_ins: inputs in their place.
    """

    which: list[bool]
    arriving: list[Node | None]
    pulled: dict[Node, Node | None]
    residuals: list[Node]
    stand_ins: list[Node]


def backward_step(
    body: Graph, linear: Sequence[bool], carries: range, cotangent: Sequence[Node | None]
) -> Backward:
    """Cut a body where its linear part begins, and transpose that.

    Args:
        body: whose first outputs are the carries of the next step.
        linear: inputs that cotangents are wanted for.
        carries: positions of the carries among the inputs.
        cotangent: of the outputs, for those that are no carries; None is a known zero.
    """
    depends = carried_dependence(body, linear, carries)
    outs = [
        node if reached and (place < len(carries) or cotangent[place] is not None) else None
        for place, (node, reached) in enumerate(zip(body.outputs, depends.results, strict=True))
    ]
    arriving = [None if out is None else input_leaf(out.aval, "cotangent") for out in outs]
    pulled = pull_through(outs, depends.inputs, arriving)
    live = [node for node in arriving if node is not None]
    wanted = [node for node in pulled if node is not None]
    cut = close(live, wanted, chosen=invariants(live, wanted))
    found = iter(cut.outputs)
    back = {
        i: None if node is None else next(found)
        for i, node in zip(depends.inputs, pulled, strict=True)
    }
    return Backward(depends.which, arriving, back, cut.lifted, cut.stand_ins)

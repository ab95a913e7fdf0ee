"""From a plan to the text of a StableHLO module."""

from __future__ import annotations

from collections.abc import Collection

import attrs
import numpy

from lazyax.graph.aval import aval_of
from lazyax.graph.node import Node
from lazyax.xla.emit import Emitter, Value, tensor_type
from lazyax.xla.plan import Plan


def scalar_dtypes(plan: Plan) -> list[numpy.dtype]:
    """Dtypes of the plan's scalars, in the order of their packed arguments."""
    return list(dict.fromkeys(node.aval.dtype for node in plan.scalars))


@attrs.frozen
class Module:
    """A lowered program, before it is written out.

    Attributes:
        functions: private functions that the body calls.
        parameters: of the main function, each as ``%name: type``.
        results: types of the results.
        body: of the main function, with its return.
        options: XLA's debug options that it needs.
    """

    functions: str
    parameters: tuple[str, ...]
    results: tuple[str, ...]
    body: str
    options: dict[str, object] = attrs.field(factory=dict)

    def text(self, recycled: Collection[int] = ()) -> str:
        """The StableHLO module.

        Args:
            recycled: results that take over the memory of a further, unused argument each.
        """
        scratch = [
            f"%r{number}: {self.results[number]} {{tf.aliasing_output = {number} : i32}}"
            for number in recycled
        ]
        parameters = ", ".join([*self.parameters, *scratch])
        results = ", ".join(self.results)
        return (
            f"module @lazyax {{\n{self.functions}\n"
            f"func.func public @main({parameters}) -> ({results}) {{\n{self.body}\n}}\n}}\n"
        )


def lower(plan: Plan, platform: str = "cpu") -> str:
    """The text of the module that computes a plan: see `lower_module`."""
    return lower_module(plan, platform).text()


def lower_module(plan: Plan, platform: str = "cpu") -> Module:
    """The module that computes a plan.

    Arguments are the plan's buffers in order, then one packed vector for each dtype of scalars.
    Each line carries the user's line as its location.

    Args:
        plan: what to compute.
        platform: where it will run, for ops that lower differently.
    """
    emit = Emitter(platform)
    values: list = [None] * len(plan.nodes)
    parameters = [Value(f"%a{i}", node.aval) for i, node in enumerate(plan.arguments)]
    by_node = dict(zip(plan.arguments, parameters, strict=True))
    packs = _unpack_scalars(plan, emit, by_node)
    for index, (entry, node) in enumerate(zip(plan.entries, plan.nodes, strict=True)):
        if type(entry) is not tuple:
            values[index] = by_node[node]
            continue
        op, *numbers = entry
        emit.location = emit.locations.text(node)
        values[index] = op.lower(emit, node, *[values[number] for number in numbers])
    results = [values[number] for number in plan.outputs]
    functions, body = "\n".join(emit.functions.values()), emit.body(results)
    has_barrier = "stablehlo.optimization_barrier" in body + functions
    return Module(
        functions,
        tuple([f"{value.name}: {value.type}" for value in parameters + packs]),
        tuple([value.type for value in results]),
        body,
        KEEP_BARRIERS if has_barrier and platform == "cpu" else {},
    )


KEEP_BARRIERS: dict[str, object] = {"xla_disable_hlo_passes": "cse_barrier_expander"}
"""XLA takes barriers away from programs for CPUs before it merges what is equal."""


def _unpack_scalars(plan: Plan, emit: Emitter, by_node: dict[Node, Value]) -> list[Value]:
    """Declare the packed arguments, and emit each scalar as an element of its pack."""
    packs = []
    for dtype in scalar_dtypes(plan):
        members = [node for node in plan.scalars if node.aval.dtype == dtype]
        pack = Value(f"%s{len(packs)}", aval_of((len(members),), dtype))
        packs.append(pack)
        element = aval_of((1,), dtype)
        for position, node in enumerate(members):
            part = emit(
                f"stablehlo.slice {pack} [{position}:{position + 1}] : "
                f"({pack.type}) -> {tensor_type(element)}",
                element,
            )
            by_node[node] = emit(
                f"stablehlo.reshape {part} : ({part.type}) -> {tensor_type(node.aval)}", node.aval
            )
    return packs

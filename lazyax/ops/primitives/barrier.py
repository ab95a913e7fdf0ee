"""Marks for what is computed again in reverse mode, and what keeps it apart from the first time."""

from __future__ import annotations

from collections.abc import Callable

from lazyax.graph.node import Node
from lazyax.graph.op import Op, primitive
from lazyax.graph.transforms import transforms
from lazyax.ops.primitives.custom import HoldsFunction
from lazyax.ops.primitives.kinds import Forwarding, Mark, Unmapped


@primitive
class After(Op):
    """The first operand, which is not to be used before the others are known.

    f32[3], f32[] -> f32[3]. What is computed of it is never merged with what is computed of the
    operand itself. Lowers to `stablehlo.optimization_barrier`.
    """

    def infer(self, x, *others):
        return x

    def lower(self, emit, node, *operands):
        return emit.barrier(*operands)

    def evaluate(self, x, *others):
        return x

    def jvp(self, out, operands, tangents):
        return tangents[0]

    def batch(self, operands, batched, size):
        row = self(*operands)
        return row if batched[0] else Unmapped(row)


@primitive
class Inside(Mark):
    """The identity: an argument, seen from inside a function that is checkpointed.

    Lowers to nothing: programs leave it out.
    """


@primitive
class Named(Mark):
    """The identity, with a name that policies of `lazyax.checkpoint` know.

    Lowers to nothing: programs leave it out.
    """

    label: str

    def jvp(self, out, operands, tangents):
        return tangents[0]


@primitive
class Checkpoint(HoldsFunction, Forwarding):
    """Results that reverse mode computes again rather than keeps what their derivatives need.

    f32[3], f32[2] -> (f32[3],) of one result, computed from one argument. The first operands are
    the results, the others all that they were computed from. Lowers to nothing: programs take the
    operands for the results.

    ``policy`` says which nodes between are kept, and ``apart`` whether XLA must not merge the
    second computation with the first (`lazyax.transforms.recompute`).
    """

    forwards: int
    policy: Callable[[Node], bool] | None = None
    apart: bool = True

    def jvp(self, out, operands, tangents):
        return tuple(tangents[: self.forwards])

    def linearize(self, out, operands, tangents):
        count = self.forwards
        rule = transforms["recompute"](self.policy, self.apart)
        return tuple(rule.linearize(tangents[:count], operands[count:], tangents[count:]))

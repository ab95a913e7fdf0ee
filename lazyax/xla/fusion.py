"""What XLA:CPU computes in one loop, and what it stores between two.

XLA fuses an op into the loops of its users, and computes it again in each of them. What it takes
to be too much for that it stores. Large programs are told where to store, and a few ops where not
to (docs/adr/0012, 0030).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING

import numpy

from lazyax.xla.merge import Step

if TYPE_CHECKING:
    from lazyax.xla.emit import Emitter, Value

MOST_FUSED = 64
"""Ops that one fused loop may be made of on CPU: each loop computes all that it is made of again,
so compile time and run time grow faster than the number of ops otherwise (docs/adr/0023)."""

MOST_SHARED = 32
"""The same, of a value that several ops use."""

MOST_MOVED = 8
"""The same, of a value that several ops read a part of, such as the neighbours in a stencil: each
part computes the ops again at other places, so that k steps would take as many to the power k."""

FEW_LEFT = 8
"""Ops behind a value that had better be in its loop than in one of their own: the Hessian of 30
variables, whose last three only move, took 1.16 of jax.jit's time, and takes 1.04."""

LARGE = 2**20
"""Bytes from which on storing a value costs more than a longer loop does."""

PRECISIONS = {numpy.dtype("f4"): "e8m23", numpy.dtype("f8"): "e11m52"}
"""Bits of exponent and mantissa of the dtypes whose loops are worth thinking of."""


class Loops:
    """The loops that a function's steps become, as they are emitted.

    Attributes:
        uses: for each number, how many operand positions it fills.
        parts: for each number, how many ops read a part of it.
        stored: numbers of what is stored anyway.
        unstored: numbers of what would be stored, and had better be computed in one loop.
        steps: of the function.
        users: of each number, once they are asked for.
    """

    def __init__(self, steps: Sequence[Step], stored: Collection[int] = frozenset()):
        self.steps = steps
        self.stored = stored
        self.uses = Counter([number for step in steps for number in step.numbers])
        self.parts = Counter([step.numbers[0] for step in steps if step.op.partial])
        self.unstored = _unstored(steps)
        self.users: dict[int, list[Step]] | None = None  # made when it is needed

    def bounded(self, emit: Emitter, step: Step, result: Value, operands: Sequence[Value]) -> Value:
        """What is made of operands, behind a barrier where too many ops would be fused with it."""
        number = step.targets[0][0]
        most = MOST_FUSED if self.uses[number] < 2 else MOST_SHARED
        fused = 1 << number
        for value in operands:
            fused |= getattr(value, "fused", 0)
        most = most if self.parts[number] < 2 else MOST_MOVED
        is_long = fused.bit_count() >= most
        if is_long and most == MOST_FUSED and self._is_near_the_end(number):
            is_long = False
        if is_long or number in self.stored:
            return emit.barrier(result)
        if number in self.unstored:
            result = unstored(emit, result)
        result.fused = fused
        return result

    def _is_near_the_end(self, number: int) -> bool:
        """Whether no more than `FEW_LEFT` ops are made of a value."""
        if self.users is None:
            self.users = {}
            for step in self.steps:
                for operand in step.numbers:
                    self.users.setdefault(operand, []).append(step)
        found, stack = set(), [number]
        while stack and len(found) <= FEW_LEFT:
            for step in self.users.get(stack.pop(), ()):
                if step not in found:
                    found.add(step)
                    stack += [target for target, _ in step.targets]
        return len(found) <= FEW_LEFT


def _unstored(steps: Sequence[Step]) -> set[int]:
    """Numbers of what XLA:CPU stores for several users, though all of them may be in one loop.

    That is where whatever is made of it ends in one result. Not of what is made of reductions or
    other expensive ops, or goes into these: XLA gives them to a library, with what is around them.
    """
    users = Counter([number for step in steps for number in set(step.numbers)])
    is_made_of: set[int] = set()
    for step in steps:
        if step.op.expensive or not is_made_of.isdisjoint(step.numbers):
            is_made_of.update([number for number, _ in step.targets])
    found = set()
    ends: dict[int, int | None] = {}  # the only result that a number ends in, if there is one
    for step in reversed(steps):
        number = step.targets[0][0]
        end = ends.setdefault(number, number)
        if step.op.expensive:
            end = None
        elif (
            step.op.is_stored_on_cpu
            and users[number] > 1
            and end is not None
            and number not in is_made_of
            and step.node.aval.nbytes >= LARGE
            and step.node.aval.dtype in PRECISIONS
        ):
            found.add(number)
        for operand in step.numbers:
            ends[operand] = end if ends.get(operand, end) == end else None
    return found


def unstored(emit: Emitter, x: Value) -> Value:
    """``x``, which XLA:CPU will compute in the loop of its users if that is one.

    As `stablehlo.reduce_precision` to the precision that it has, which takes one operand, and which
    nothing simplifies.
    """
    bits = PRECISIONS[x.aval.dtype]
    return emit(f"stablehlo.reduce_precision {x}, format = {bits} : {x.type}", x.aval)

"""Derivatives that the user states: results with a rule, and linear maps known by transpose."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from typing import Any, Protocol

import attrs

from lazyax.errors import LazyaxTypeError
from lazyax.graph.aval import Aval
from lazyax.graph.node import Node
from lazyax.graph.op import Op, primitive
from lazyax.graph.origin import describe
from lazyax.ops.primitives.kinds import Forwarding
from lazyax.ops.primitives.leaves import Full

Tangents = Sequence[Node | None]


class Rule(Protocol):
    """What a custom rule knows: derivatives, as functions of nodes."""

    @property
    def name(self) -> str:
        """Of the function, for messages and listings."""

    @property
    def key(self) -> Hashable:
        """Equal for equal rules."""

    def jvp(self, primals: Sequence[Node], tangents: Tangents, avals: Sequence[Aval]) -> Tangents:
        """Tangents of results of these avals, in forward mode."""

    def linearize(
        self, primals: Sequence[Node], tangents: Tangents, avals: Sequence[Aval]
    ) -> Tangents:
        """Tangents of results of these avals, which will be transposed."""

    def batched(self, which: Sequence[bool], size: int) -> Rule:
        """The rule of a batch, of which ``which`` of the primals carry the axis, as axis 0."""


class HoldsFunction(Op):
    """An op with a Python function as a parameter."""

    __slots__ = ()

    repeatable = False  # what the function closes over may change

    def _infer_once(self, key: tuple) -> Any:
        return self.infer(*key[1:])  # the cache would keep alive what the function closes over


@primitive
class CustomRule(HoldsFunction, Forwarding):
    """Results that were computed from other operands, whose derivatives follow a rule.

    f32[3], f32[2] -> (f32[3],) of one result, computed from one argument. The first operands are
    the results; they do not carry tangents themselves. The others are what the rule is a function
    of. Lowers to nothing: programs take the operands for the results.
    """

    rule: Rule
    forwards: int

    def jvp(self, out, operands, tangents):
        primals, given = self._arguments(out, operands, tangents)
        return tuple(self.rule.jvp(primals, given, out.aval))

    def linearize(self, out, operands, tangents):
        primals, given = self._arguments(out, operands, tangents)
        return tuple(self.rule.linearize(primals, given, out.aval))

    def _arguments(self, out: Node, operands: Sequence[Node], tangents: Tangents):
        """The rule's primals and tangents.

        Raises:
            LazyaxTypeError: if a result depends on what is differentiated in another way too.
        """
        for result, tangent in zip(operands, tangents[: self.forwards], strict=False):
            if tangent is not None:
                raise LazyaxTypeError(
                    f"{self.rule.name}, called at {describe(out.origin)}, is differentiated by a "
                    f"value that it closes over: its result {result.aval} depends on it, and the "
                    "rule is of the arguments alone; pass the value as an argument, or through "
                    "lax.stop_gradient"
                )
        return operands[self.forwards :], tangents[self.forwards :]

    def in_lanes(self, which, size):
        return CustomRule(self.rule.batched(which, size), self.forwards)

    def __str__(self) -> str:
        return f"CustomRule({self.rule.name})"

    __repr__ = __str__


@attrs.frozen(eq=False, repr=False)
class TransposeOnly(HoldsFunction):
    """A linear map that is known by its transpose: the tangent of reverse mode's custom rules.

    It lives between `Op.linearize` and the transposition, and is never part of a program, so it
    is no primitive. The first operands are residuals, the others tangents.

    Attributes:
        pull: residuals and cotangents of the results -> a cotangent, or None, of each tangent.
        residuals: how many operands are residuals.
        avals: of the results.
    """

    pull: Callable[[Sequence[Node], Sequence[Node]], Sequence[Node | None]]
    residuals: int
    avals: tuple[Aval, ...]

    def infer(self, *avals):
        return self.avals

    def pullback(self, cotangent, operands, linear):
        whole = [
            Full(0, aval.shape, aval.dtype)() if part is None else part
            for part, aval in zip(cotangent, self.avals, strict=True)
        ]
        count = self.residuals
        return [*[None] * count, *self.pull(operands[:count], whole)]

    def __str__(self) -> str:
        return f"TransposeOnly({self.residuals} residuals)"

    __repr__ = __str__

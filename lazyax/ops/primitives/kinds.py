"""Kinds of op. Each derives the rules that its ops need not state.

A primitive mixes at most one kind of shape (`Elementwise`) with one kind of derivative
(`Linear`, `Bilinear`, `Flat`); without a kind of derivative it states ``partials`` or ``jvp``.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import ClassVar

import attrs
import numpy

from lazyax.graph.aval import Aval, aval_of
from lazyax.graph.node import Node, operators
from lazyax.graph.op import Op


def add_tangents(terms: Sequence[Node | None]) -> Node | None:
    """Sum of tangents, of which None is a known zero."""
    total = None
    for term in terms:
        if term is not None:
            total = term if total is None else total + term
    return total


class Constant(Op):
    """No operands: nothing to differentiate and nothing to batch."""

    __slots__ = ()

    def jvp(self, out, operands, tangents):
        return None

    def batch(self, operands, batched, size):
        raise AssertionError("a constant never carries a batch axis")


class Flat(Op):
    """Locally constant, or of integers: the tangent is a known zero."""

    __slots__ = ()

    def jvp(self, out, operands, tangents):
        return None


class Linear(Op):
    """Linear in all inexact operands together. States ``transpose(cotangent, *operands)``.

    ``transpose`` returns a cotangent, or None for a known zero, for each operand.
    """

    __slots__ = ()

    def jvp(self, out, operands, tangents):
        return self(
            *[
                _tangent_operand(operand, tangent)
                for operand, tangent in zip(operands, tangents, strict=True)
            ]
        )

    def pullback(self, cotangent, operands, linear):
        return self.transpose(cotangent, *operands)

    def transpose(self, cotangent: Node, *operands: Node) -> Sequence[Node | None]:
        raise NotImplementedError


def _tangent_operand(operand: Node, tangent: Node | None) -> Node:
    if tangent is not None:
        return tangent
    return operand.like(0) if operand.aval.is_inexact else operand


class Bilinear(Op):
    """Linear in each of two operands. States ``transpose(cotangent, x, y, wanted)``.

    ``transpose`` returns the cotangent of operand number ``wanted``, given the other.
    """

    __slots__ = ()

    def jvp(self, out, operands, tangents):
        (x, y), (dx, dy) = operands, tangents
        return add_tangents(
            [None if dx is None else self(dx, y), None if dy is None else self(x, dy)]
        )

    def pullback(self, cotangent, operands, linear):
        if all(linear):
            return super().pullback(cotangent, operands, linear)
        wanted = linear.index(True)
        result = [None, None]
        result[wanted] = self.transpose(cotangent, *operands, wanted)
        return result

    def transpose(self, cotangent: Node, x: Node, y: Node, wanted: int) -> Node:
        raise NotImplementedError


class Elementwise(Op):
    """One shape in and out. States ``hlo``, ``numpy``, ``accepts`` and mostly ``partials``."""

    __slots__ = ()

    overwrites = slice(None)

    hlo: ClassVar[str]
    """Name of the operation, ``stablehlo.`` understood unless it begins with ``chlo.``."""

    numpy: ClassVar[Callable]
    """The NumPy or SciPy function that means the same."""

    accepts: ClassVar[str] = "numeric"
    """Which dtypes fit; one of `DOMAINS`."""

    result: ClassVar[str] = "same"
    """Which dtype comes out; one of `RESULTS`."""

    on_cpu: ClassVar[Callable[..., Node] | None] = None
    """A composition that large float32 arrays lower to where XLA:CPU's own operation is slow."""

    def infer(self, *avals: Aval) -> Aval:
        first = avals[0]
        for aval in avals:
            self.require(
                aval.shape == first.shape and aval.dtype == first.dtype,
                f"operands need one shape and dtype, got {' and '.join(map(str, avals))}; "
                "broadcast and convert them first",
            )
        self.require_domain(first)
        weak = self.result != "bool" and all(aval.weak_type for aval in avals)
        return aval_of(first.shape, RESULTS[self.result](first.dtype), weak)

    def require_domain(self, aval: Aval) -> None:
        """Raise unless the dtype is one that this op computes on."""
        self.require(
            DOMAINS[self.accepts](aval), f"needs a {self.accepts} dtype, got {aval}; use astype"
        )

    def lower(self, emit, node, *operands):
        compose = type(self).on_cpu
        if compose is not None and emit.platform == "cpu" and _is_worth_composing(node.aval):
            return emit.composed(f"{self.name}_on_cpu", compose, node.aval, *operands)
        result = emit.elementwise(self.hlo, node.aval, *operands)
        return self.or_nan(emit, result, operands[::-1])  # numbers are mostly the second: cheap

    def or_nan(self, emit, result, operands):
        """The result, or NaN where an operand is, if XLA:CPU's library may lose that.

        Signs are NaN then, and finite otherwise, so that zeros are added. The library does that in
        its pass; a comparison would end its part, and store what is computed so far.
        """
        aval = result.aval
        is_safe = not (self.loses_nan and emit.meets_library and aval.is_inexact)
        if is_safe or aval.size < LIBRARY or aval.dtype.kind == "c":
            return result
        zero = emit.constant(-0.0, aval)
        for operand in operands:
            sign = emit.elementwise("sign", aval, operand)
            zero = emit.elementwise("multiply", aval, zero, sign)
        return emit.elementwise("add", aval, result, zero)

    def evaluate(self, *arrays):
        return type(self).numpy(*arrays)

    def on_block(self, shape):
        return self

    def partials(self, out: Node, *operands: Node) -> Sequence[Node | None]:
        """Derivative of the result by each operand, as nodes; None is a known zero."""
        raise NotImplementedError

    def jvp(self, out, operands, tangents):
        partials = self.partials(out, *operands)
        return add_tangents(
            [
                None if partial is None or tangent is None else partial * tangent
                for partial, tangent in zip(partials, tangents, strict=True)
            ]
        )

    def batch(self, operands, batched, size):
        return self(*with_batch_axis(operands, batched, size))


class Mark(Linear, Elementwise):
    """The identity, which says something of its operand. Programs leave it out."""

    __slots__ = ()

    accepts = "any"
    transparent = True

    def numpy(x):
        return x

    def lower(self, emit, node, x):
        return x

    def transpose(self, cotangent, x):
        return (cotangent,)


class Forwarding(Op):
    """Its first operands, as several results. Programs take these, and leave it out.

    States ``forwards``, how many these are. The other operands are for derivatives alone.
    """

    __slots__ = ()

    def infer(self, *avals):
        return avals[: self.forwards]

    def passes(self, numbers):
        return tuple(numbers[: self.forwards])

    def lower(self, emit, node, *operands):
        return operands[: self.forwards]

    def evaluate(self, *arrays):
        return arrays[: self.forwards]

    def batch(self, operands, batched, size):
        count = self.forwards
        results = with_batch_axis(operands[:count], batched[:count], size)
        return self.in_lanes(batched[count:], size)(*results, *operands[count:])

    def in_lanes(self, which: Sequence[bool], size: int) -> Op:
        """The op for a batch, of which ``which`` of the other operands carry the axis."""
        return self


class Known(Op):
    """Its first operand, as a function of the others, which are for derivatives alone.

    How that operand was computed is not differentiated. Programs take it for the result.
    """

    __slots__ = ()

    forwards = 1

    def passes(self, numbers):
        return numbers[0]

    def lower(self, emit, node, known, *operands):
        return known

    def batch(self, operands, batched, size):
        return self(*with_batch_axis(operands, batched, size))


def _is_worth_composing(aval: Aval) -> bool:
    """Whether what is gained at each run soon exceeds what XLA takes longer to compile."""
    return aval.size >= LARGE and aval.dtype == numpy.float32


LARGE = 2**14
"""Elements from which on an array's own kernel is worth compiling."""


LIBRARY = 2**11
"""Elements from which on XLA:CPU's library may reduce floats: 2**12, by what was tried."""


DOMAINS: dict[str, Callable[[Aval], bool]] = {
    "any": lambda aval: True,
    "numeric": lambda aval: aval.dtype.kind != "b",
    "signed": lambda aval: aval.dtype.kind not in "bu",
    "inexact": lambda aval: aval.is_inexact,
    "real inexact": lambda aval: aval.is_inexact and aval.dtype.kind != "c",
    "real": lambda aval: aval.dtype.kind != "c",
    "complex": lambda aval: aval.dtype.kind == "c",
    "integer or bool": lambda aval: aval.dtype.kind in "iub",
    "integer": lambda aval: aval.dtype.kind in "iu",
    "bool": lambda aval: aval.dtype.kind == "b",
}

RESULTS: dict[str, Callable[[numpy.dtype], numpy.dtype]] = {
    "same": lambda dtype: dtype,
    "bool": lambda dtype: numpy.dtype(bool),
    "real": lambda dtype: real_dtype(dtype),
    "complex": lambda dtype: numpy.dtype(
        numpy.complex128 if dtype.itemsize == 8 else numpy.complex64
    ),
}


def real_dtype(dtype: numpy.dtype) -> numpy.dtype:
    """The dtype of a real part: float32 for complex64, and a real dtype for itself."""
    return numpy.dtype(f"f{dtype.itemsize // 2}") if dtype.kind == "c" else dtype


def with_batch_axis(operands: Sequence[Node], batched: Sequence[bool], size: int) -> list[Node]:
    """Operands that all carry the batch axis 0: those that lack it are broadcast along it."""
    return [
        operand if is_batched else broadcast_leading(operand, size)
        for operand, is_batched in zip(operands, batched, strict=True)
    ]


def broadcast_leading(operand: Node, size: int) -> Node:
    """The operand repeated along a new axis 0 of length ``size``."""
    shape = operand.aval.shape
    return operators["broadcast"]((size, *shape), tuple(range(1, len(shape) + 1)))(operand)


@attrs.frozen(eq=False)
class Unmapped:
    """A batch rule's answer where the result is one and the same for the whole batch."""

    node: Node

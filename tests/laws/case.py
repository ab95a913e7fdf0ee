"""A case: an op and the operands it is tested on. A row is cases of several dtypes."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterator, Sequence

import attrs
import ml_dtypes
import numpy

from lazyax.graph.aval import Aval, aval_of, is_inexact, short_name
from lazyax.graph.node import Node
from lazyax.graph.op import Op
from lazyax.ops.primitives.leaves import input_leaf, projections

DTYPES = {
    short_name(dtype): dtype
    for dtype in map(
        numpy.dtype, ["?", "u1", "u4", "i1", "i4", "i8", "f2", "f4", "f8", "c8", "c16"]
    )
}
DTYPES["bf16"] = numpy.dtype(ml_dtypes.bfloat16)

REAL = "f32 f64 bf16"
INEXACT = f"{REAL} c64 c128"
INTEGER = "i32 u8 i64"
NUMERIC = f"{INEXACT} {INTEGER}"
ANY = f"{NUMERIC} bool"

ACCEPTED = {
    "any": ANY,
    "numeric": NUMERIC,
    "signed": f"{INEXACT} i32 i64",
    "inexact": INEXACT,
    "real inexact": REAL,
    "real": f"{REAL} {INTEGER}",
    "complex": "c64 c128",
    "integer or bool": f"{INTEGER} u32 bool",
    "integer": f"{INTEGER} u32",
    "bool": "bool",
}
"""Dtypes to test for each domain of an Elementwise op."""


@attrs.frozen
class Operand:
    """Shape, dtype and range of the sample values of an operand.

    Attributes:
        shape: of the array.
        low, high: all values are between these; of complex numbers, both parts.
        dtype: short name; None takes the dtype of the row.
        whole: whole numbers, that a rule does not differentiate by.
        zeros: how many elements are zero instead, at random places.
        structure: what makes matrices of such values definite, or well-conditioned.
    """

    shape: tuple[int, ...]
    low: float = -2
    high: float = 2
    dtype: str | None = None
    whole: bool = False
    zeros: int = 0
    structure: Callable[[numpy.ndarray], numpy.ndarray] | None = None

    def within(self, low: float, high: float) -> Operand:
        """The same shape with values between ``low`` and ``high``."""
        return attrs.evolve(self, low=low, high=high)

    def of(self, dtype: str) -> Operand:
        """The same with a dtype of its own."""
        return attrs.evolve(self, dtype=dtype)

    def with_zeros(self, count: int) -> Operand:
        """The same where so many elements are zero."""
        return attrs.evolve(self, zeros=count)

    def made(self, structure: Callable[[numpy.ndarray], numpy.ndarray]) -> Operand:
        """The same where matrices of random values are made to have a property."""
        return attrs.evolve(self, structure=structure)

    @property
    def aval(self) -> Aval:
        """Shape and dtype."""
        return aval_of(self.shape, DTYPES[self.dtype])

    @property
    def differentiable(self) -> bool:
        """Whether the operand carries a tangent."""
        return self.aval.is_inexact and not self.whole

    def sample(self, rng: numpy.random.Generator) -> numpy.ndarray:
        """An array of distinct values in random order; distinct as far as the dtype has them."""
        if self.structure is not None:
            values = attrs.evolve(self, structure=None).sample(rng)
            return self.structure(values).astype(values.dtype)
        dtype, size = DTYPES[self.dtype], math.prod(self.shape)
        if dtype.kind == "b":
            return rng.random(self.shape) < 0.5
        if self.whole or dtype.kind in "iu":
            low = max(math.ceil(self.low), 0) if dtype.kind == "u" else math.ceil(self.low)
            high = max(low, math.floor(self.high))
            return rng.integers(low, high, self.shape, endpoint=True).astype(dtype)
        if dtype.kind == "c":
            return (self._spread(rng, size) + 1j * self._spread(rng, size)).astype(dtype)
        return self._spread(rng, size).astype(dtype)

    def _spread(self, rng: numpy.random.Generator, size: int) -> numpy.ndarray:
        """One value in each of ``size`` equal cells of the range, away from the cells' borders."""
        place = numpy.arange(size) + rng.uniform(0.2, 0.8, size)
        values = self.low + (self.high - self.low) * place / max(size, 1)
        rng.shuffle(values)
        values[: self.zeros] = 0
        return rng.permutation(values).reshape(self.shape)

    def tangent(self, rng: numpy.random.Generator) -> numpy.ndarray:
        """A direction to move the operand in."""
        return attrs.evolve(self, low=-1, high=1, zeros=0, structure=None).sample(rng)


def array(*shape: int) -> Operand:
    """An operand of the row's dtype."""
    return Operand(shape)


def mask(*shape: int) -> Operand:
    """Bools."""
    return Operand(shape, dtype="bool")


def integers(*shape: int, low: int = 0, high: int = 2, dtype: str = "i32") -> Operand:
    """Integers from ``low`` to ``high``, both included."""
    return Operand(shape, low, high, dtype)


def whole(*shape: int, low: int, high: int) -> Operand:
    """Whole numbers of the row's dtype that an op is not differentiated by."""
    return Operand(shape, low, high, whole=True)


@attrs.frozen(eq=False)
class Case:
    """An op and its operands.

    Attributes:
        op: the primitive, with its parameters.
        operands: what it is applied to.
        flat: its tangent is zero by decree, whatever the values do: `StopGradient`.
        rounds: its tangent is, by decree, the op of the tangent: `ReducePrecision`.
        of: for `Project`, the op with several results.
        prepare: makes the op's operands of the sampled ones, where some must fit others.
        determined: what of the results the laws are about: of
            eigenvectors, which are free to turn, what does not turn.
    """

    op: Op
    operands: tuple[Operand, ...] = ()
    flat: bool = False
    rounds: bool = False
    of: Op | None = None
    prepare: Callable[..., Sequence[Node]] | None = None
    determined: Callable[..., Sequence[Node]] | None = None

    @property
    def by_decree(self) -> bool:
        """Whether its tangent is not what finite differences are."""
        return self.flat or self.rounds

    def __str__(self) -> str:
        parameters = ",".join(f"{value}" for value in self.op.parameters.values())
        avals = ",".join(str(operand.aval) for operand in self.operands)
        return f"{self.op.name}({parameters})-{avals}".replace(" ", "")

    def inputs(self) -> list[Node]:
        """Fresh abstract operands."""
        return [input_leaf(operand.aval) for operand in self.operands]

    def results(self, operands: Sequence[Node]) -> list[Node]:
        """The nodes of the op's results, or of what is determined of them."""
        if self.prepare is not None:
            operands = self.prepare(*operands)
        node = self.op(*operands) if self.of is None else self.op(self.of(*operands))
        results = list(projections(node)) if isinstance(node.aval, tuple) else [node]
        return results if self.determined is None else list(self.determined(*results))

    def sample(self, rng: numpy.random.Generator) -> list[numpy.ndarray]:
        """A value for each operand."""
        return [operand.sample(rng) for operand in self.operands]

    @property
    def is_double(self) -> bool:
        """Whether all inexact operands and results are precise enough for finite differences."""
        avals = [o.aval for o in self.operands] + [r.aval for r in self.results(self.inputs())]
        inexact = [aval.dtype for aval in avals if is_inexact(aval.dtype)]
        return bool(inexact) and all(dtype.name in ("float64", "complex128") for dtype in inexact)

    def choices(self, differentiable: bool = False) -> Iterator[tuple[bool, ...]]:
        """Each non-empty choice of operands; on request, of those that carry a tangent."""
        may = [not differentiable or operand.differentiable for operand in self.operands]
        for which in itertools.product((True, False), repeat=len(may)):
            if any(which) and all(m or not w for m, w in zip(may, which, strict=True)):
                yield which


def row(
    op: Op,
    *operands: Operand,
    dtypes: str | None = None,
    flat: bool = False,
    rounds: bool = False,
    of: Op | None = None,
    prepare: Callable[..., Sequence[Node]] | None = None,
    determined: Callable[..., Sequence[Node]] | None = None,
) -> list[Case]:
    """Cases of one op: one for each dtype that its operands leave open.

    Args:
        op: the primitive, with its parameters.
        operands: see `array`, `mask` and `integers`.
        dtypes: short names; without them, those of what the op ``accepts``, else f32 and f64.
        flat, rounds, of, prepare, determined: see `Case`.
    """
    if all(operand.dtype for operand in operands):
        return [Case(op, operands, flat, rounds, of, prepare, determined)]
    names = dtypes or ACCEPTED.get(getattr(op, "accepts", ""), "f32 f64")
    return [
        Case(
            op,
            tuple(o if o.dtype else o.of(name) for o in operands),
            flat,
            rounds,
            of,
            prepare,
            determined,
        )
        for name in names.split()
    ]

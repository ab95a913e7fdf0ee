"""Infinities and NaN in complex functions, as C's standard (annex G) and NumPy have them.

XLA computes complex functions by formulas such as e**x cos y + i e**x sin y, in which infinity
times NaN is NaN where the limit is known.
"""

from __future__ import annotations

import math
from collections.abc import Callable

from lazyax.graph.node import Node
from lazyax.graph.op import Op
from lazyax.ops import primitives as p

NAN, INF = math.nan, math.inf


def is_nan(x: Node) -> Node:
    """Whether each element is NaN."""
    return p.NotEqual()(x, x)


def is_infinite(x: Node) -> Node:
    """Whether each element is an infinity of either sign."""
    return p.Equal()(p.Absolute()(x), x.like(INF))


def is_not_finite(x: Node) -> Node:
    """Whether each element is an infinity or NaN."""
    return p.Not()(p.IsFinite()(x))


def equals(number: float) -> Callable[[Node], Node]:
    """A question whether each element is ``number``."""
    return lambda x: p.Equal()(x, x.like(number))


Question = Callable[[Node], Node]
Part = float | str
Rule = tuple[Question, Question, Part, Part]
"""What is asked of the real and of the imaginary part, and the parts of the result there.

A part is a number; or of that part of the argument it is the "same", its "sign", 1 or -1, or a
"zero" of its sign; or "positive zero", for 0.0 and -0.0.
"""

ZERO = equals(0.0)

EXP: tuple[Rule, ...] = (
    (equals(-INF), is_not_finite, 0.0, 0.0),
    (equals(INF), is_not_finite, INF, NAN),
)
EXPM1: tuple[Rule, ...] = (
    (equals(-INF), is_not_finite, -1.0, 0.0),
    (equals(INF), is_not_finite, INF, NAN),
    (equals(INF), ZERO, INF, "same"),  # NaN by NumPy, which runs what is new
    (is_nan, ZERO, NAN, "same"),
    (ZERO, ZERO, "positive zero", "same"),
)
LOG: tuple[Rule, ...] = ((is_infinite, is_nan, INF, NAN), (is_nan, is_infinite, INF, NAN))
SQRT: tuple[Rule, ...] = (
    (equals(-INF), is_nan, NAN, INF),
    (equals(INF), is_nan, INF, NAN),
    (is_nan, is_infinite, INF, "same"),
)
COSH: tuple[Rule, ...] = (
    (ZERO, is_not_finite, NAN, 0.0),
    (is_infinite, is_not_finite, INF, NAN),
)
SINH: tuple[Rule, ...] = (
    (ZERO, is_not_finite, "same", NAN),
    (is_infinite, is_not_finite, "same", NAN),
)
TANH: tuple[Rule, ...] = (
    (ZERO, is_not_finite, "same", NAN),
    (is_infinite, p.IsFinite(), "sign", "zero"),
)
ACOSH: tuple[Rule, ...] = ((ZERO, is_nan, NAN, math.pi / 2),)
ASINH: tuple[Rule, ...] = ((is_nan, p.IsFinite(), NAN, NAN), (is_nan, ZERO, NAN, "same"))
ATANH: tuple[Rule, ...] = (
    (p.IsFinite(), is_nan, NAN, NAN),
    (is_nan, p.IsFinite(), NAN, NAN),
    (is_nan, is_nan, NAN, NAN),
    (ZERO, is_nan, "same", NAN),
    (is_infinite, is_nan, 0.0, NAN),
)


def _part(part: Part, given: Node, result: Node) -> Node:
    """A part of a rule as a node."""
    if part == "same":
        return given
    if part == "sign":
        return p.Sign()(given)
    if part == "zero":
        return given * 0.0
    if part == "positive zero":
        return result + p.StopGradient()(p.Absolute()(result))  # keeps the result's derivative
    return given.like(part)


def at_extremes(op: Op, rules: tuple[Rule, ...]) -> Callable[[Node], Node]:
    """``op``, and for complex numbers the ``rules``, later ones first."""

    def compose(z: Node) -> Node:
        out = op(z)
        if z.aval.kind != "c":
            return out
        given = p.Real()(z), p.Imag()(z)
        results = [p.Real()(out), p.Imag()(out)]
        for real, imag, *parts in rules:
            here = p.And()(real(given[0]), imag(given[1]))
            for index, part in enumerate(parts):
                value = _part(part, given[index], results[index])
                results[index] = p.Select()(here, value, results[index])
        return p.Complex()(*results)

    return compose

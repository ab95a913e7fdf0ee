"""The inverse of the normal distribution function.

M. J. Wichura, "Algorithm AS 241: the percentage points of the normal distribution" (Applied
Statistics 37, 1988): PPND16, whose rational functions are exact to 16 digits.
"""

from __future__ import annotations

import math

from lazyax.graph.node import Node
from lazyax.graph.op import primitive
from lazyax.ops.primitives.compare import Equal, Less, LessEqual
from lazyax.ops.primitives.composed import Composed, polynomial
from lazyax.ops.primitives.elementwise import Absolute, Minimum
from lazyax.ops.primitives.select import Select
from lazyax.ops.primitives.transcendental import Exp, Log, Sqrt, scipy_special

CENTRE = (
    (3.387132872796366608, 133.14166789178437745, 1971.5909503065514427, 13731.693765509461125,
     45921.953931549871457, 67265.770927008700853, 33430.575583588128105, 2509.0809287301226727),
    (1.0, 42.313330701600911252, 687.1870074920579083, 5394.1960214247511077,
     21213.794301586595867, 39307.89580009271061, 28729.085735721942674, 5226.495278852545925),
)  # fmt: skip
TAIL = (
    (1.42343711074968357734, 4.6303378461565452959, 5.7694972214606914055, 3.64784832476320460504,
     1.27045825245236838258, 0.24178072517745061177, 0.0227238449892691845833,
     7.7454501427834140764e-4),
    (1.0, 2.05319162663775882187, 1.6763848301838038494, 0.68976733498510000455,
     0.14810397642748007459, 0.0151986665636164571966, 5.475938084995344946e-4,
     1.05075007164441684324e-9),
)  # fmt: skip
FAR_TAIL = (
    (6.6579046435011037772, 5.4637849111641143699, 1.7848265399172913358, 0.29656057182850489123,
     0.026532189526576123093, 0.0012426609473880784386, 2.71155556874348757815e-5,
     2.01033439929228813265e-7),
    (1.0, 0.59983220655588793769, 0.13692988092273580531, 0.0148753612908506148525,
     7.868691311456132591e-4, 1.8463183175100546818e-5, 1.4215117583164458887e-7,
     2.04426310338993978564e-15),
)  # fmt: skip
"""Numerators and denominators: where |p - 1/2| is at most `HALF_WIDTH`, and beyond."""

HALF_WIDTH, FAR = 0.425, 5.0
"""Where the tail begins, and the root of -log(p) from which on it is far."""


def ratio(table: tuple, x: Node) -> Node:
    """The value of a rational function."""
    above, below = table
    return polynomial(x, above) / polynomial(x, below)


@primitive
class NormalQuantile(Composed):
    """The inverse of the normal distribution function: -inf at 0, inf at 1. Lowers to `func.call`.

    AS 241 (Wichura 1988).
    """

    numpy = scipy_special("ndtri")

    def compose(self, x):
        away = x - 0.5
        central = LessEqual()(Absolute()(away), x.like(HALF_WIDTH))
        near = Select()(central, away, x.like(0))
        middle = near * ratio(CENTRE, HALF_WIDTH**2 - near * near)
        small = Minimum()(x, 1 - x)
        r = Sqrt()(-Log()(Select()(central, x.like(0.01), small)))
        far = Less()(x.like(FAR), r)
        tail = ratio(TAIL, Select()(far, x.like(0), r - 1.6))
        r = Select()(Equal()(small, x.like(0)), x.like(FAR), r)
        tail = Select()(far, ratio(FAR_TAIL, Select()(far, r - FAR, x.like(0))), tail)
        tail = Select()(Equal()(small, x.like(0)), x.like(math.inf), tail)
        return Select()(central, middle, Select()(Less()(away, x.like(0)), -tail, tail))

    def partials(self, out, x):
        return (math.sqrt(2 * math.pi) * Exp()(0.5 * (out * out)),)

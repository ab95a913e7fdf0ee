"""Gamma numbers as functions of their parameter: derivatives of what was drawn by rejection.

M. Figurnov, S. Mohamed and A. Mnih, "Implicit reparameterization gradients" (2018), equation 5: a
number x of the distribution function P(a, x) moves with a so that P(a, x) stays as it is, which
is by -(dP/da) / (dP/dx). Both have the factor x**a e**-x / gamma(a), by which all is divided here
before it is computed, so that nothing underflows.
"""

from __future__ import annotations

import math

import ml_dtypes
import numpy

from lazyax.graph.aval import aval_of
from lazyax.graph.graph import Graph
from lazyax.graph.node import Node
from lazyax.graph.op import primitive
from lazyax.ops.primitives.bitwise import And, Not, Or
from lazyax.ops.primitives.compare import Greater
from lazyax.ops.primitives.composed import FURTHER, Composed, Slope, derivative, polynomial
from lazyax.ops.primitives.elementwise import Maximum
from lazyax.ops.primitives.gamma_terms import choose, stirling_series
from lazyax.ops.primitives.incomplete_gamma import (
    series,
    uniform,
    uniform_coefficients,
    upper_fraction,
)
from lazyax.ops.primitives.kinds import Known
from lazyax.ops.primitives.leaves import input_leaf
from lazyax.ops.primitives.select import Select
from lazyax.ops.primitives.subgraphs import run
from lazyax.ops.primitives.transcendental import Digamma, Exp, Log


def drift_by_series(a: Node, log: Node, x: Node, further: float) -> Node:
    """By P(a, x) = x**a e**-x / gamma(a + 1) times the series."""
    sums = series(a, x, further * FURTHER)
    return (sums * (Digamma()(a + 1) - log) - derivative(sums, (a, x), (1, 0))) / a


def drift_by_fraction(a: Node, log: Node, x: Node, further: float) -> Node:
    """By 1 - P(a, x) = x**a e**-x / gamma(a) times the fraction."""
    quotients = upper_fraction(a, x, further * FURTHER)
    return quotients * (log - Digamma()(a)) + derivative(quotients, (a, x), (1, 0))


def drift_near(a: Node, log: Node, x: Node) -> tuple[Node, Node]:
    """By Temme's expansion, and where that is meant."""
    of = uniform(a, x)
    moved = derivative(of.sum, (a, x), (1, 0))
    slope = 1 / polynomial(of.eta, uniform_coefficients(a)) - of.eta * 0.5
    of_error_function = Exp()(stirling_series(of.a)) * slope
    of_term = of.sum * (Select()(of.holds, log, Log()(of.a)) - Digamma()(of.a + 1))
    return (of_error_function + of_term + moved) / of.a, of.holds


@primitive
class GammaDrift(Composed):
    """The derivative by a of log(x), a gamma number's logarithm, of (a, log(x)).

    Where the distribution function stays as it is: Figurnov, Mohamed and Mnih 2018. Lowers to
    `func.call`.
    """

    by_series = (0, 1)

    def compose(self, a, log, further=1.0):
        x, one = Exp()(log), a.like(1)
        near_value, near = drift_near(a, log, x)
        by_fraction = And()(Not()(near), Greater()(x, Maximum()(a, one)))
        by_series = Not()(Or()(near, by_fraction))
        of_series = [choose(by_series, a, 1), choose(by_series, log, 0), choose(by_series, x, 1)]
        of_fraction = [
            choose(by_fraction, a, 1),
            choose(by_fraction, log, math.log(2)),
            choose(by_fraction, x, 2),
        ]
        low = drift_by_series(*of_series, further)
        high = drift_by_fraction(*of_fraction, further)
        found = Select()(near, near_value, Select()(by_fraction, high, low))
        return Select()(Greater()(a, a.like(0)), found, a.like(math.nan))

    def evaluate(self, *arrays):
        arrays = numpy.broadcast_arrays(*arrays)
        inputs = [input_leaf(aval_of(array.shape, array.dtype)) for array in arrays]
        return run(Graph(inputs, [self.widely(*inputs)]), arrays)[0]

    def partials(self, out, a, log):
        return (Slope(self, (1, 0))(a, log), Slope(self, (0, 1))(a, log))


@primitive
class GammaNumber(Known):
    """A gamma number that was drawn, or its logarithm, as a function of its parameter: (x, a).

    f32[3], f32[3] -> f32[3]. Lowers to nothing: programs take the number for the result.
    """

    in_logs: bool

    def infer(self, x, a):
        self.require(
            x.shape == a.shape and x.dtype == a.dtype,
            f"needs a parameter of the number's shape and dtype, got {x} and {a}",
        )
        return x

    def evaluate(self, x, a):
        return x

    def jvp(self, out, operands, tangents):
        (_, a), (_, da) = operands, tangents
        if da is None:
            return None
        if self.in_logs:
            return da * GammaDrift()(a, out)
        least = out.like(float(ml_dtypes.finfo(out.aval.dtype).tiny))
        log = Log()(Maximum()(out, least))  # 0 times what is infinite there would be NaN
        return da * out * GammaDrift()(a, log)

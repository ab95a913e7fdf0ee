"""Checks that the direct tests of primitives share, as the fixture ``check``."""

from __future__ import annotations

import itertools

import numpy
import pytest

from lazyax.array import Array, array_node, materialize
from lazyax.ops.primitives.leaves import projections
from lazyax.transforms.evaluate import evaluate
from lazyax.transforms.jvp import jvp
from lazyax.transforms.transpose import transpose

STEP = 1e-6


@pytest.fixture
def check():
    """The checks of this file."""
    return Check()


class Check:
    """Laws of one op at given operands."""

    def run(self, *nodes):
        """Values of nodes, computed by XLA."""
        arrays = [Array(node) for node in nodes]
        materialize(arrays)
        return [numpy.asarray(array) for array in arrays]

    def value(self, op, *operands):
        """XLA's value, which has to be what the op says to NumPy; of several results, a list."""
        nodes = results(op(*map(array_node, operands)))
        values = self.run(*nodes)
        meant = op.evaluate(*operands)
        meant = meant if isinstance(meant, tuple) else (meant,)
        for node, value, expected in zip(nodes, values, meant, strict=True):
            assert value.shape == node.aval.shape
            assert value.dtype == node.aval.dtype
            tolerance = 1e-5 if value.dtype.itemsize <= 8 else 1e-12
            numpy.testing.assert_allclose(value, expected, rtol=tolerance, atol=1e-7)
        return values if len(nodes) > 1 else values[0]

    def derivatives(self, op, *operands, order=2, rng=None, of=None):
        """jvp is the finite difference, again for each order, and transposes to reverse mode.

        Args:
            op: an op, or a function from nodes to a node.
            operands: NumPy arrays; those of an inexact dtype move.
            order: how many times to differentiate.
            rng: where directions come from.
            of: positions of the operands that move; all inexact ones if not given.
        """
        rng = rng or numpy.random.default_rng(1)
        primals = [array_node(operand) for operand in operands]
        movable = [i for i, operand in enumerate(operands) if operand.dtype.kind in "fc"]
        of = movable if of is None else of
        roots = inexact(results(op(*primals)))
        orders = []
        for _ in range(order):
            moves = {primals[i]: direction(operands[i], rng) for i in of}
            orders.append(Derivative(roots, {primals[i]: operands[i] for i in of}, moves, rng))
            roots = orders[-1].live
        nodes = [node for each in orders for node in (*each.live, *each.back)]
        values = iter(self.run(*nodes))  # at the end: a node forgets its operands by it
        for each in orders:
            each.verify([next(values) for _ in each.live], [next(values) for _ in each.back])

    def batches(self, op, *operands):
        """The batch rule is a loop, for every choice of batched operands.

        Args:
            op: the op.
            operands: NumPy arrays with a first axis of lanes.
        """
        size = len(operands[0])
        for which in itertools.product([False, True], repeat=len(operands)):
            if not any(which):
                continue
            given = [x if batched else x[0] for x, batched in zip(operands, which, strict=True)]
            nodes = results(op.batch([array_node(x) for x in given], which, size))
            lanes = [
                op.evaluate(*[x[i] if b else x for x, b in zip(given, which, strict=True)])
                for i in range(size)
            ]
            lanes = lanes if isinstance(lanes[0], tuple) else [(lane,) for lane in lanes]
            for value, loop in zip(self.run(*nodes), zip(*lanes, strict=True), strict=True):
                numpy.testing.assert_allclose(value, numpy.stack(loop), rtol=1e-5, atol=1e-6)


class Derivative:
    """One jvp of roots and its transpose, as nodes; and what they should be."""

    def __init__(self, roots, points, moves, rng):
        tangents = [array_node(move) for move in moves.values()]
        derived = jvp(roots, list(moves), tangents)
        self.live = [root for root in derived if root is not None]
        self.cotangents = [
            direction(numpy.zeros(root.aval.shape, root.aval.dtype), rng) for root in self.live
        ]
        back = transpose(self.live, tangents, [array_node(ct) for ct in self.cotangents])
        self.moves = [
            move for move, part in zip(moves.values(), back, strict=True) if part is not None
        ]
        self.back = [part for part in back if part is not None]
        after, before = (
            evaluate(roots, read, {node: points[node] + step * moves[node] for node in points})
            for step in (STEP, -STEP)
        )
        slopes = [(high - low) / (2 * STEP) for high, low in zip(after, before, strict=True)]
        self.slopes = []
        for tangent, slope in zip(derived, slopes, strict=True):
            if tangent is None:
                numpy.testing.assert_array_equal(slope, 0)
            else:
                self.slopes.append(slope)

    def verify(self, values, parts):
        """Compare with the computed values of ``live`` and ``back``."""
        for value, slope in zip(values, self.slopes, strict=True):
            numpy.testing.assert_allclose(value, slope, rtol=1e-5, atol=1e-6)
        pairs = zip(parts, self.moves, strict=True)
        through = sum(numpy.sum(part * move) for part, move in pairs)
        pairs = zip(values, self.cotangents, strict=True)
        direct = sum(numpy.sum(value * cotangent) for value, cotangent in pairs)
        numpy.testing.assert_allclose(through, direct, rtol=1e-8, atol=1e-8)


def results(node):
    """The node's results, each as a node."""
    return projections(node) if isinstance(node.aval, tuple) else (node,)


def inexact(nodes):
    """Those nodes that can have a tangent."""
    return [node for node in nodes if node.aval.is_inexact]


def direction(like, rng):
    """A random direction in the space of ``like``."""
    move = rng.normal(size=like.shape)
    if like.dtype.kind == "c":
        move = move + 1j * rng.normal(size=like.shape)
    return numpy.asarray(move, like.dtype)


def read(node):
    """The value of a leaf."""
    return numpy.asarray(Array(node))

"""Reverse mode of while loops, by a tape: a scan of a known number of steps in their place."""

from __future__ import annotations

from collections.abc import Container, Sequence

import numpy

from lazyax.graph.node import Node
from lazyax.ops.primitives.cond import choose
from lazyax.ops.primitives.leaves import input_leaf
from lazyax.ops.primitives.scan import Loop
from lazyax.ops.primitives.select import Convert
from lazyax.ops.primitives.subgraphs import inline, pull_through


def pull_back_by_tape(
    loop,
    linear: Sequence[Node],
    moving: Container[Node],
    cotangent: Sequence[Node | None],
    steps: int,
) -> list[Node | None]:
    """Cotangents of the operands ``linear`` of a while loop, given those of its results.

    The loop is written as a scan whose steps after the end do nothing, and the scan is
    transposed: it stores what the linear part of each step needs.

    Args:
        loop: the `lazyax.ops.primitives.while_loop.WhileLoop`, on operands that ``linear`` are
            among.
        linear: inputs that stand for operands.
        moving: inputs of the body that it is linear in.
        cotangent: of the results; None is a known zero.
        steps: at least as many as the loop takes.
    """
    captured = [*loop.asks, *loop.constants]
    outer = {i: input_leaf(i.aval, "x", None, i.origin) for i, *_ in (*captured, *loop.carries)}
    now = [i for i, *_ in loop.carries]
    goes_on = inline([loop.predicate], outer)[0]
    inputs = [i for i, _ in loop.constants] + now
    end_of = {}
    for part in ([i for i in now if i in moving], [i for i in now if i not in moving]):
        # apart: the results of one op are linear in its operands all together, or not at all
        ends = choose(
            Convert(numpy.dtype("i4"))(goes_on),
            [inputs, inputs],
            [outer[i] for i in inputs],
            [part, [end for i, end, _ in loop.carries if i in part]],
        )
        end_of.update(zip(part, ends, strict=True))
    scan = Loop(steps, reverse=False, unroll=1)
    scan.constants = [(outer[i], operand) for i, operand in captured]
    scan.carries = [(outer[i], end_of[i], start) for i, _, start in loop.carries]
    results, _ = scan.build(range(len(now)), [])
    return pull_through(results, linear, cotangent)

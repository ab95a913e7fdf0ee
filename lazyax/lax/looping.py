"""Loops without slices: `while_loop` and `fori_loop`."""

from __future__ import annotations

import functools
import operator
from collections.abc import Callable
from typing import Any

import numpy

from lazyax import tree
from lazyax.api.compile import trace_nodes
from lazyax.api.functions import name_of, unflatten_arrays
from lazyax.array import Array
from lazyax.config import default_dtype
from lazyax.errors import LazyaxTypeError
from lazyax.graph.aval import aval_of
from lazyax.graph.node import Node
from lazyax.graph.origin import describe
from lazyax.graph.traversal import toposort
from lazyax.lax.bodies import STEP, lifted, note_key_uses, trace_step
from lazyax.lax.scanning import count_of, steps_to_unroll
from lazyax.ops.numpy.promotion import aval_of_value, convert, operand, promote
from lazyax.ops.primitives.bitwise import And
from lazyax.ops.primitives.compare import Less
from lazyax.ops.primitives.leaves import Full, input_leaf
from lazyax.ops.primitives.scan import Loop
from lazyax.ops.primitives.subgraphs import inline
from lazyax.ops.primitives.while_loop import WhileLoop
from lazyax.transforms.split_keys import step_keys

COUNT = aval_of((), numpy.dtype("i4"))


def while_loop(
    cond_fun: Callable[..., Any],
    body_fun: Callable[..., Any],
    init_val: Any,
    *,
    max_steps: int | None = None,
) -> Any:
    """``body_fun`` applied to a state as long as ``cond_fun`` of the state holds.

    Args:
        cond_fun: from the state to a bool scalar.
        body_fun: from the state to the next one, of the same structure, shapes and dtypes.
        init_val: pytree, the initial state.
        max_steps: stop after so many steps in any case. Reverse mode then stores each step,
            also where the number of steps is not known, as under `jit`, while that takes less
            than ``config.loop_tape_bytes``; it computes steps again where it does not know.

    Returns:
        The first state for which ``cond_fun`` does not hold.

    Raises:
        LazyaxTypeError: if the state changes, or ``cond_fun`` does not return a bool scalar.

    >>> from lazyax import lax
    >>> print(lax.while_loop(lambda x: x < 100.0, lambda x: 2.0 * x, 1.0))
    128.0
    """
    name, init = "while_loop", init_val

    @functools.wraps(body_fun, updated=())
    def body(state: Any) -> tuple[Any, ...]:
        return body_fun(state), None

    most = None if max_steps is None else count_of(name, max_steps, "max_steps", least=0)
    step = trace_step(name, body, init, [], tree.structure(()))
    structure = tree.structure(init)
    avals = [node.aval for node in step.inputs]
    asked = trace_nodes(cond_fun, name, avals, tree.structure(((init,), {})))
    _require_predicate(name, cond_fun, asked)
    note_key_uses(name, step)
    number = input_leaf(STEP, "step")
    condition = lifted([*asked.inputs, number], step_keys(asked.outputs, number))
    closed = lifted([*step.inputs, number], step_keys(step.ends, number))
    same = dict(zip(asked.inputs, step.inputs, strict=True)) | {number: number}
    same.update((node, node) for node in condition.stand_ins)
    loop = WhileLoop(inline(condition.outputs, same)[0], most)
    loop.asks += zip(condition.stand_ins, condition.lifted, strict=True)
    loop.constants += zip(closed.stand_ins, closed.lifted, strict=True)
    loop.carries += zip(step.inputs, closed.outputs, step.carries, strict=True)
    if number in toposort([*condition.outputs, *closed.outputs]):
        loop.carries.append((number, number + 1, Full(0, (), STEP.dtype)()))
    if most is not None:
        _count_steps(loop, most)
    return unflatten_arrays(structure, loop.build(range(len(step.carries))))


def _count_steps(loop: WhileLoop, most: int) -> None:
    """Let a loop end after so many steps."""
    steps = input_leaf(COUNT, "steps")
    loop.predicate = And()(loop.predicate, Less()(steps, steps.like(most)))
    loop.carries.append((steps, steps + 1, Full(0, (), COUNT.dtype)()))


def _require_predicate(name: str, cond_fun: Callable[..., Any], graph) -> None:
    found = graph.outputs
    if len(found) == 1 and found[0].aval.shape == () and found[0].aval.dtype.kind == "b":
        return
    got = ", ".join(str(node.aval) for node in found) or "nothing"
    where = f", made at {describe(found[0].origin)}" if found else ""
    raise LazyaxTypeError(
        f"{name}: {name_of(cond_fun)} must return one bool[], got {got}{where}; compare the "
        "state with something, and use .all() or .any() for arrays"
    )


def fori_loop(
    lower: Any, upper: Any, body_fun: Callable[..., Any], init_val: Any, *, unroll: int | bool = 1
) -> Any:
    """``body_fun(i, state)`` for i from ``lower`` to ``upper`` - 1.

    With Python integers as bounds it is a `scan`, and otherwise a `while_loop`.

    Args:
        lower: the first index.
        upper: where to stop.
        body_fun: from an index and a state to the next state.
        init_val: pytree, the initial state.
        unroll: steps that are written out in each round of the loop; True for all. Of loops
            with bounds that are Python integers.

    Raises:
        LazyaxTypeError: if the state changes, or bounds are not integers.

    >>> from lazyax import lax
    >>> print(lax.fori_loop(0, 5, lambda i, total: total + i, 0))
    10
    """
    first, last = _static(lower), _static(upper)
    start, stop = (_index("fori_loop", bound) for bound in (lower, upper))
    start, stop = promote([start, stop])

    @functools.wraps(body_fun, updated=())
    def step(state: Any, i: Any) -> tuple[Any, ...]:
        return body_fun(i, state), None

    traced = trace_step("fori_loop", step, init_val, [start.aval], tree.structure((0,)))
    *carries, i = traced.inputs
    note_key_uses("fori_loop", traced)
    number = convert(i, STEP.dtype)  # distinct steps have distinct indices
    closed = lifted(traced.inputs, step_keys(traced.ends, number))
    captured = list(zip(closed.stand_ins, closed.lifted, strict=True))
    carried = list(zip(carries, closed.outputs, traced.carries, strict=True))
    if first is None or last is None:
        end = input_leaf(stop.aval, "upper")
        loop = WhileLoop(Less()(i, end), None, [(end, stop)], captured, carried)
        loop.carries.append((i, i + 1, start))
        final = loop.build(range(len(carries)))
    else:
        length = max(last - first, 0)
        steps = Loop(length, False, steps_to_unroll("fori_loop", unroll, length), captured, carried)
        steps.carries.append((i, i + 1, start))
        final, _ = steps.build(range(len(carries)), [])
    return unflatten_arrays(tree.structure(init_val), final)


def _static(bound: Any) -> int | None:
    """A bound that is known, as an int."""
    if isinstance(bound, (bool, Array)):
        return None
    try:
        return operator.index(bound)
    except TypeError:
        return None


def _index(name: str, bound: Any) -> Node:
    """A bound as a node of an integer dtype that is not weak.

    Raises:
        LazyaxTypeError: if it is not an integer scalar.
    """
    given = operand(bound, name)
    aval = aval_of_value(given)
    if aval.shape or aval.dtype.kind not in "iu":
        raise LazyaxTypeError(f"{name}: a bound needs to be an integer scalar, got {aval}")
    return convert(given, default_dtype(int) if aval.weak_type else aval.dtype)

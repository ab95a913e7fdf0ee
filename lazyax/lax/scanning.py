"""Loops over slices: `scan` and `map`."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import Any

from lazyax import tree
from lazyax.api.functions import name_of, unflatten_arrays
from lazyax.api.vectorize import vmap
from lazyax.errors import LazyaxTypeError
from lazyax.graph.aval import Aval
from lazyax.graph.node import Node
from lazyax.lax.bodies import STEP, lifted, nodes_of, note_key_uses, trace_step
from lazyax.ops.numpy.conventions import static_int
from lazyax.ops.numpy.joining import concatenate
from lazyax.ops.primitives.leaves import Iota, input_leaf
from lazyax.ops.primitives.scan import Loop
from lazyax.transforms.split_keys import step_keys


def scan(
    f: Callable[..., Any],
    init: Any,
    xs: Any = None,
    length: int | None = None,
    reverse: bool = False,
    unroll: int | bool = 1,
) -> tuple[Any, Any]:
    """A loop that carries a state through slices of ``xs``, and stacks what each step returns.

    It is compiled once, whatever its length: a Python loop that does the same is as long as a
    program as it has steps. What the step captures is an operand, so neither arrays nor Python
    numbers in it are constants.

    Args:
        f: ``(carry, x) -> (carry, y)``; carry, x and y are pytrees. The carry keeps its
            structure, shapes and dtypes.
        init: the initial carry.
        xs: pytree of arrays, sliced along axis 0; None to scan nothing.
        length: number of steps; needed where ``xs`` has no arrays.
        reverse: begin with the last slice. Results are stacked at their slices' places.
        unroll: steps that are written out in each round of the loop; True for all.

    Returns:
        The final carry, and ``y`` of all steps stacked along axis 0.

    Raises:
        LazyaxTypeError: if the carry changes, lengths disagree, or ``f`` returns no pair.

    >>> from lazyax import lax
    >>> import lazyax.numpy as np
    >>> total, sums = lax.scan(lambda total, x: (total + x, total + x), 0.0, np.arange(4.0))
    >>> print(total, sums)
    6.0 [0. 1. 3. 6.]
    """
    return _scan("scan", f, init, xs, length, reverse, unroll)


def _scan(
    name: str, f: Callable[..., Any], init: Any, xs: Any, length, reverse: bool, unroll
) -> tuple[Any, ...]:
    nodes, _ = nodes_of(name, "xs", xs)
    count = _length(name, xs, nodes, length)
    slices = [_slice_aval(node.aval) for node in nodes]
    step = trace_step(name, pair_of(name, f), init, slices, tree.structure((xs,)))
    split = len(step.carries)
    note_key_uses(name, step, nodes, count)
    number = input_leaf(STEP, "step")
    outputs = step_keys([*step.ends, *step.ys], number)
    closed = lifted([*step.inputs, number], outputs)
    loop = Loop(count, bool(reverse), steps_to_unroll(name, unroll, count))
    loop.constants += zip(closed.stand_ins, closed.lifted, strict=True)
    ends, ys = closed.outputs[:split], closed.outputs[split:]
    loop.carries += zip(step.inputs[:split], ends, step.carries, strict=True)
    loop.xs += zip(step.inputs[split:], nodes, strict=True)
    loop.xs.append((number, Iota(STEP.dtype, (count,))()))
    final, stacked = loop.build(range(split), ys)
    return (
        unflatten_arrays(tree.structure(init), final),
        unflatten_arrays(step.ys_tree, stacked),
    )


def pair_of(name: str, f: Callable[..., Any]) -> Callable[..., Any]:
    """``f``, which must return a pair.

    Raises:
        LazyaxTypeError: from the call, if it does not.
    """

    @functools.wraps(f, updated=())
    def returns_a_pair(*arguments: Any) -> Any:
        result = f(*arguments)
        if not (isinstance(result, (tuple, list)) and len(result) == 2):
            size = f" of {len(result)}" if isinstance(result, (tuple, list)) else ""
            raise LazyaxTypeError(
                f"{name}: {name_of(f)} must return a pair (carry, y), got "
                f"{type(result).__name__}{size}; return (carry, None) if there is no y"
            )
        return tuple(result)

    return returns_a_pair


def steps_to_unroll(name: str, unroll: Any, length: int) -> int:
    """How many steps each round of a loop has.

    Raises:
        LazyaxTypeError: for a number that is not positive.
    """
    if isinstance(unroll, bool):
        return max(length, 1) if unroll else 1
    return min(count_of(name, unroll, "unroll", least=1), max(length, 1))


def count_of(name: str, value: Any, what: str, least: int) -> int:
    """A number that must be known now.

    Raises:
        LazyaxTypeError: if it is not an integer, or less than ``least``.
    """
    count = static_int(name, value, what)
    if count < least:
        raise LazyaxTypeError(f"{name}: {what} needs to be at least {least}, got {count}")
    return count


def _slice_aval(aval: Aval) -> Aval:
    return aval.with_shape(aval.shape[1:])


def _length(name: str, xs: Any, nodes: Sequence[Node], length: Any) -> int:
    """The one number of steps.

    Raises:
        LazyaxTypeError: if there is none, or lengths disagree.
    """
    paths = [path for path, _ in tree.flatten_with_path(xs)]
    for path, node in zip(paths, nodes, strict=True):
        if not node.aval.ndim:
            raise LazyaxTypeError(
                f"{name}: xs{path} is {node.aval}, which has no axis to scan; capture it in the "
                "function instead, or give it a leading axis"
            )
    found = {node.aval.shape[0] for node in nodes}
    asked = None if length is None else count_of(name, length, "the length", least=0)
    if asked is not None:
        found.add(asked)
    if len(found) > 1:
        listed = ", ".join(
            f"xs{path} {node.aval} has {node.aval.shape[0]}"
            for path, node in zip(paths, nodes, strict=True)
        )
        given = f"; length={asked}" if asked is not None else ""
        raise LazyaxTypeError(
            f"{name}: xs need one length along axis 0: {listed}{given}; slice them to one length"
        )
    if not found:
        raise LazyaxTypeError(f"{name}: needs xs with an array, or length=")
    return found.pop()


def map(f: Callable[..., Any], xs: Any, *, batch_size: int | None = None) -> Any:
    """``f`` of each slice of ``xs`` along axis 0, one after another; results are stacked.

    `vmap` computes them all at once, which is faster and needs the memory for all. With
    ``batch_size`` so many are computed at once.

    Args:
        f: of a pytree of slices.
        xs: pytree of arrays.
        batch_size: slices to compute at once.

    Raises:
        LazyaxTypeError: if lengths disagree, or there is nothing to map over.

    >>> from lazyax import lax
    >>> import lazyax.numpy as np
    >>> print(lax.map(lambda x: x * x, np.arange(4.0)))
    [0. 1. 4. 9.]
    """

    @functools.wraps(f, updated=())
    def step(_: Any, x: Any) -> tuple[None, Any]:
        return None, f(x)

    if batch_size is None:
        return _scan("map", step, None, xs, None, False, 1)[1]
    nodes, structure = nodes_of("map", "xs", xs)
    count = _length("map", xs, nodes, None)
    size = min(count_of("map", batch_size, "batch_size", least=1), max(count, 1))
    whole = count // size * size
    arrays = unflatten_arrays(structure, nodes)
    blocks = tree.map(lambda x: x[:whole].reshape(whole // size, size, *x.shape[1:]), arrays)
    results = _scan("map", lambda _, x: (None, vmap(f)(x)), None, blocks, None, False, 1)[1]
    results = tree.map(lambda y: y.reshape(whole, *y.shape[2:]), results)
    if whole == count:
        return results
    rest = vmap(f)(tree.map(lambda x: x[whole:], arrays))
    return tree.map(lambda y, z: concatenate([y, z]), results, rest)

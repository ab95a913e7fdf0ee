"""Rematerialisation: less memory for reverse mode, for the price of computing again."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import Any, overload

import attrs
import numpy

from lazyax import tree
from lazyax.api.functions import P, R, flatten_result, name_of, node_of, unflatten_arrays
from lazyax.array import Array
from lazyax.graph.node import Node, settling
from lazyax.graph.traversal import dependents, toposort
from lazyax.ops import primitives as p
from lazyax.ops.primitives.leaves import projections
from lazyax.transforms.recompute import Policy, is_constant


@overload
def checkpoint(
    function: Callable[P, R],
    *,
    policy: Policy | None = None,
    prevent_cse: bool = True,
    static_argnums: int | Sequence[int] = (),
) -> Callable[P, R]: ...


@overload
def checkpoint(
    *,
    policy: Policy | None = None,
    prevent_cse: bool = True,
    static_argnums: int | Sequence[int] = (),
) -> Callable[[Callable[P, R]], Callable[P, R]]: ...


def checkpoint(
    function: Callable[..., Any] | None = None,
    *,
    policy: Policy | None = None,
    prevent_cse: bool = True,
    static_argnums: int | Sequence[int] = (),
) -> Any:
    """``function``, of which reverse mode keeps the arguments and computes the rest again.

    What lies between arguments and results is not kept until the cotangents arrive, but computed
    a second time then: less memory, for more work. Values are the same. Forward mode does not
    change. What the function closes over is kept, and can be differentiated.

    Args:
        function: of arrays and pytrees of them; without it, the call is a decorator.
        policy: which nodes between arguments and results are kept nevertheless: a function of a
            `lazyax.graph.node.Node`, or one of `checkpoint_policies`.
        prevent_cse: whether XLA must not merge the second computation with the first; without
            it a program that holds both computes once, and keeps.
        static_argnums: positions of arguments that are left alone.

    >>> import lazyax as lx
    >>> import lazyax.numpy as np
    >>> @lx.checkpoint
    ... def layer(w, x):
    ...     return np.tanh(x @ w)
    >>> print(lx.grad(lambda w: layer(w, np.ones(2)).sum())(np.zeros((2, 1))))
    [[1.]
     [1.]]
    """
    if function is None:
        return functools.partial(
            checkpoint, policy=policy, prevent_cse=prevent_cse, static_argnums=static_argnums
        )
    numbers = (static_argnums,) if isinstance(static_argnums, int) else tuple(static_argnums)
    name = name_of(function)

    @functools.wraps(function, updated=())
    def checkpointed(*arguments: Any, **kwargs: Any) -> Any:
        marks: list[Node] = []
        fixed = {number % len(arguments) for number in numbers if arguments}
        given = [
            argument if place in fixed else tree.map(functools.partial(_marked, marks), argument)
            for place, argument in enumerate(arguments)
        ]
        named = tree.map(functools.partial(_marked, marks), kwargs)
        results, out_tree = flatten_result("checkpoint", name, function(*given, **named))
        if not results or not marks:
            return unflatten_arrays(out_tree, results)
        others = _captured(results, marks)
        node = p.Checkpoint(len(results), policy, prevent_cse)(*results, *marks, *others)
        return unflatten_arrays(out_tree, projections(node))

    return checkpointed


remat = checkpoint


def _marked(marks: list[Node], leaf: Any) -> Any:
    """An array as the function sees it from inside; anything else is left alone."""
    if not isinstance(leaf, (Array, numpy.ndarray)):
        return leaf
    mark = p.Inside()(node_of(leaf, "checkpoint: an argument"))
    marks.append(mark)
    return Array(mark)


def _captured(results: Sequence[Node], marks: Sequence[Node]) -> list[Node]:
    """What results were computed from beside ``marks``: where the function reaches outside."""
    ends = set(marks)
    with settling:
        order = toposort(results, stop=ends)
    inside = dependents(order, ends)
    border = [o for node in order if node in inside and node not in ends for o in node.operands]
    border += results
    outside = dict.fromkeys(node for node in border if node not in inside)
    return [node for node in outside if not is_constant(node)]


def checkpoint_name(x: Any, name: str) -> Any:
    """``x``, an array or a tree of them, under a name that policies know.

    >>> import lazyax as lx
    >>> print(lx.checkpoint_name(lx.numpy.ones(2), "hidden"))
    [1. 1.]
    """
    return tree.map(
        lambda leaf: Array(p.Named(name)(node_of(leaf, "checkpoint_name: x"))),
        x,
    )


@attrs.frozen
class Names:
    """Keep nodes named so by `checkpoint_name`, or with ``others`` those named otherwise."""

    names: frozenset[str]
    others: bool = False

    def __call__(self, node: Node) -> bool:
        """Whether a node is kept."""
        label = node.op.label if isinstance(node.op, p.Named) else None
        return label is not None and (label in self.names) != self.others


@attrs.frozen
class Either:
    """Keep what one of several policies keeps."""

    policies: tuple[Policy, ...]

    def __call__(self, node: Node) -> bool:
        """Whether a node is kept."""
        return any(policy(node) for policy in self.policies)


class checkpoint_policies:  # noqa: N801 - a namespace
    """Which nodes of a checkpointed function are kept for reverse mode.

    >>> import lazyax as lx
    >>> import lazyax.numpy as np
    >>> @lx.checkpoint(policy=lx.checkpoint_policies.save_only_these_names("hidden"))
    ... def f(x):
    ...     return np.sin(lx.checkpoint_name(np.exp(x), "hidden"))
    >>> print(lx.grad(f)(0.0))
    0.5403023
    """

    @staticmethod
    def nothing_saveable(node: Node) -> bool:
        """Compute everything again: what `checkpoint` does without a policy."""
        return False

    @staticmethod
    def everything_saveable(node: Node) -> bool:
        """Keep everything, as without `checkpoint`."""
        return True

    @staticmethod
    def dots_saveable(node: Node) -> bool:
        """Keep the results of products of matrices and of convolutions."""
        return isinstance(node.op, (p.DotGeneral, p.Convolution))

    @staticmethod
    def dots_with_no_batch_dims_saveable(node: Node) -> bool:
        """Keep the results of products of matrices that have no batch axes."""
        return isinstance(node.op, p.DotGeneral) and not any(node.op.batch_axes)

    @staticmethod
    def save_only_these_names(*names: str) -> Policy:
        """Keep what `checkpoint_name` named so."""
        return Names(frozenset(names))

    @staticmethod
    def save_any_names_but_these(*names: str) -> Policy:
        """Keep what `checkpoint_name` named otherwise."""
        return Names(frozenset(names), others=True)

    @staticmethod
    def save_from_both_policies(*policies: Policy) -> Policy:
        """Keep what one of the policies keeps."""
        return Either(policies)

    checkpoint_dots = dots_saveable
    checkpoint_dots_with_no_batch_dims = dots_with_no_batch_dims_saveable

"""Functions with derivatives that the user states: ``custom_jvp`` and ``custom_vjp``."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Hashable, Sequence
from typing import Any

import attrs

from lazyax import tree
from lazyax.api.functions import (
    flatten_arguments,
    flatten_result,
    name_of,
    node_of,
    positions,
    unflatten_arrays,
)
from lazyax.array import Array
from lazyax.errors import LazyaxTypeError
from lazyax.graph.aval import Aval
from lazyax.graph.node import Node
from lazyax.graph.origin import current_origin, describe
from lazyax.ops import primitives as p
from lazyax.ops.primitives.custom import Rule
from lazyax.ops.primitives.leaves import projections
from lazyax.transforms.custom import JvpRule, Pull, VjpRule
from lazyax.transforms.rule_captures import in_rule_scope, note_call, rule_scope


@attrs.frozen(eq=False)
class Call:
    """One call of a function with a custom rule: the arguments, and where they go.

    Attributes:
        transform: ``custom_jvp`` or ``custom_vjp``.
        name: of the function.
        line: where it was called.
        static: the nondiff arguments, by position.
        places: positions of the other arguments.
        in_tree: structure of these, as a tuple.
        nodes: their leaves.
    """

    transform: str
    name: str
    line: str
    static: dict[int, Any]
    places: tuple[int, ...]
    in_tree: Any
    nodes: list[Node]

    def arguments(self, nodes: Sequence[Node]) -> list[Any]:
        """All arguments in order, with ``nodes`` for the leaves of the differentiable ones."""
        given = dict(self.static)
        given.update(zip(self.places, unflatten_arrays(self.in_tree, nodes), strict=True))
        return [given[place] for place in sorted(given)]

    def key(self, out_tree: Any, results: Sequence[Aval], *rules: Callable[..., Any]) -> Hashable:
        """Equal for calls that the same rules hold for, as far as identities can tell."""
        static = tuple((place, id(value)) for place, value in self.static.items())
        avals = tuple(node.aval for node in self.nodes)
        return (*map(id, rules), static, self.in_tree, out_tree, avals, tuple(results))

    @property
    def nondiff(self) -> list[Any]:
        """The nondiff arguments in order: what rules are given first."""
        return [self.static[place] for place in sorted(self.static)]

    def fail(self, message: str) -> None:
        """Raise the error of a rule that does not fit.

        Raises:
            LazyaxTypeError: always.
        """
        raise LazyaxTypeError(
            f"{self.transform}: {message} ({self.name} was called at {self.line})"
        )

    def fit(self, what: str, path: str, node: Node, aval: Aval, of: str) -> Node:
        """A derivative that a rule returned, in the dtype of ``aval``; Python numbers take it.

        Raises:
            LazyaxTypeError: if it has another shape or dtype.
        """
        weak = node.aval.weak_type and node.aval.shape == aval.shape
        if weak and node.aval.dtype != aval.dtype:
            return p.Convert(aval.dtype)(node)
        if (node.aval.shape, node.aval.dtype) != (aval.shape, aval.dtype):
            self.fail(
                f"the rule of {self.name} returned the {what}{path} {node.aval} for {of}{path}, "
                f"which is {aval}; it needs that shape and dtype"
            )
        return node


class _CustomFunction:
    """What `custom_jvp` and `custom_vjp` share: calling the function under a rule."""

    transform: str
    rule_of_call: Callable[[], Callable[..., Rule]]
    rule_functions: Any  # what a rule may close over values by

    def __init__(self, function: Callable[..., Any], nondiff_argnums: int | Sequence[int] = ()):
        functools.update_wrapper(self, function)
        self.function = function
        self.name = name_of(function)
        numbers = (nondiff_argnums,) if isinstance(nondiff_argnums, int) else nondiff_argnums
        self.nondiff_argnums = tuple(numbers)

    def __get__(self, instance: Any, owner: type | None = None) -> Any:
        """Bind as a method, as a plain function does."""
        return self if instance is None else functools.partial(self, instance)

    def __call__(self, *arguments: Any, **kwargs: Any) -> Any:
        """The function's result, whose derivatives follow the rule."""
        rule_of = self.rule_of_call()
        call = self._call(_in_order(self.transform, self.function, arguments, kwargs))
        marked = [p.StopGradient()(node) for node in call.nodes]
        result = self.function(*call.arguments(marked))
        results, out_tree = flatten_result(self.transform, self.name, result)
        if not results:
            return result
        rule: Any = rule_of(call, out_tree, [node.aval for node in results])
        if note_call([*self.rule_functions, *call.static.values()]):
            rule = attrs.evolve(rule, is_open=True)
        node = p.CustomRule(rule, len(results))(*results, *call.nodes)
        return unflatten_arrays(out_tree, projections(node))

    def _call(self, arguments: Sequence[Any]) -> Call:
        static = positions(self.transform, self.nondiff_argnums, len(arguments), self.name)
        for place in static:
            _require_static(self.transform, self.name, place, arguments[place])
        places = tuple(place for place in range(len(arguments)) if place not in static)
        nodes, in_tree = flatten_arguments(
            self.transform, tuple(arguments[place] for place in places)
        )
        fixed = {place: arguments[place] for place in static}
        line = describe(current_origin())
        return Call(self.transform, self.name, line, fixed, places, in_tree, nodes)


def _in_order(
    transform: str, function: Callable[..., Any], arguments: tuple, kwargs: dict
) -> Sequence[Any]:
    """All arguments by position, with defaults: rules take no keywords.

    Raises:
        LazyaxTypeError: for an argument that has no position.
    """
    try:
        bound = inspect.signature(function).bind(*arguments, **kwargs)
    except ValueError:  # of functions in C
        return arguments
    named = {"KEYWORD_ONLY", "VAR_KEYWORD"}
    parameters = bound.signature.parameters
    given = [name for name in bound.arguments if parameters[name].kind.name in named]
    if given:
        raise LazyaxTypeError(
            f"{transform}: {name_of(function)} was given {given[0]} by keyword alone, and rules "
            "take arguments by position; bind it with functools.partial, or make it positional"
        )
    bound.apply_defaults()
    return bound.args


def _require_static(transform: str, name: str, place: int, value: Any) -> None:
    """Raise if a nondiff argument is an array that is being differentiated or traced.

    Raises:
        LazyaxTypeError: with the remedy.
    """
    if isinstance(value, Array) and value._node.value is None:
        raise LazyaxTypeError(
            f"{transform}: argument {place} of {name} is in nondiff_argnums and is {value.aval}, "
            "which has no value yet; nondiff arguments are functions, numbers and other constants: "
            "take it out of nondiff_argnums, and return a zero derivative for it"
        )


class custom_jvp(_CustomFunction):  # noqa: N801 - a decorator
    """A function whose derivative is given by a rule, ``f.defjvp``, rather than derived.

    The rule takes ``(primals, tangents)``, two tuples, and returns ``(result, tangent)``; the
    tangent must be linear in the tangents, so that reverse mode can transpose it. Arguments that
    ``nondiff_argnums`` names come first, by themselves. The rule is of the arguments alone: by a
    value that the function closes over it can not be differentiated. Both may close over values
    of a function around them, such as a carry of a loop.

    Args:
        function: of arrays and pytrees of them, and of what ``nondiff_argnums`` names.
        nondiff_argnums: positions of arguments that are not differentiated, such as functions.

    Raises:
        LazyaxTypeError: when called without a rule, or where a rule returns what does not fit.

    >>> import lazyax as lx
    >>> import lazyax.numpy as np
    >>> @lx.custom_jvp
    ... def log1pexp(x):
    ...     return np.log(1 + np.exp(x))
    >>> @log1pexp.defjvp
    ... def rule(primals, tangents):
    ...     (x,), (dx,) = primals, tangents
    ...     return log1pexp(x), (1 - 1 / (1 + np.exp(x))) * dx
    >>> print(lx.grad(log1pexp)(100.0))
    1.0
    """

    transform = "custom_jvp"

    def __init__(self, function: Callable[..., Any], nondiff_argnums: int | Sequence[int] = ()):
        super().__init__(function, nondiff_argnums)
        self.rule: Callable[..., Any] | None = None

    @property
    def rule_functions(self) -> tuple[Any, ...]:
        """The function and its rule, if it has one."""
        return (self.function, self.rule)

    def defjvp(self, rule: Callable[..., Any]) -> Callable[..., Any]:
        """Give the rule ``(*nondiff, primals, tangents) -> (result, tangent)``. A decorator."""
        self.rule = rule
        return rule

    def defjvps(self, *rules: Callable[..., Any] | None) -> None:
        """Give a rule ``(tangent, result, *primals) -> tangent`` for each argument.

        None stands for a derivative of zero.

        >>> import lazyax as lx
        >>> f = lx.custom_jvp(lambda x, y: x * y)
        >>> f.defjvps(lambda dx, out, x, y: 10 * dx * y, None)
        >>> print(*lx.grad(f, argnums=(0, 1))(2.0, 3.0))
        30.0 0.0
        """

        def rule(primals: tuple, tangents: tuple) -> tuple[Any, ...]:
            result = self(*primals)
            moved = [
                one(tangent, result, *primals)
                for one, tangent in zip(rules, tangents, strict=True)
                if one is not None
            ]
            if not moved:
                return result, tree.map(lambda x: 0.0 * x, result)
            return result, functools.reduce(
                lambda total, part: tree.map(lambda a, b: a + b, total, part), moved
            )

        self.defjvp(rule)

    def rule_of_call(self) -> Callable[..., Rule]:
        """What makes the rule of one call."""
        rule = self.rule
        if rule is None:
            raise LazyaxTypeError(
                f"custom_jvp: {self.name} has no rule; give it one with {self.name}.defjvp, or "
                "take the decorator away"
            )
        return functools.partial(_jvp_rule, rule)


def _jvp_rule(
    rule: Callable[..., Any], call: Call, out_tree: Any, avals: Sequence[Aval]
) -> JvpRule:
    """The user's rule as a function of nodes."""

    def tangents(primals: Sequence[Node], moved: Sequence[Node | None]) -> list[Node | None]:
        given = [p.Full(0, x.aval.shape, x.aval.dtype)() if dx is None else dx
                 for x, dx in zip(primals, moved, strict=True)]  # fmt: skip
        returned = rule(
            *call.nondiff,
            unflatten_arrays(call.in_tree, primals),
            unflatten_arrays(call.in_tree, given),
        )
        if not (isinstance(returned, (tuple, list)) and len(returned) == 2):
            call.fail(
                f"the rule of {call.name} must return a pair (result, tangent), got "
                f"{type(returned).__name__}"
            )
        for what, part in zip(("result", "tangent"), returned, strict=True):
            found = tree.structure(part)
            if found != out_tree:
                call.fail(
                    f"the rule of {call.name} returned a {what} of the structure {found}, where "
                    f"{call.name} returned {out_tree}; make them alike"
                )
        results = tree.flatten_with_path(returned[0])
        for (path, leaf), aval in zip(results, avals, strict=True):
            call.fit("result", path, node_of(leaf, call.transform), aval, "the result")
        return [
            call.fit("tangent", path, node_of(leaf, call.transform), aval, "the result")
            if aval.is_inexact
            else None
            for (path, leaf), aval in zip(tree.flatten_with_path(returned[1]), avals, strict=True)
        ]

    return JvpRule(call.name, in_rule_scope(tangents), call.key(out_tree, avals, rule))


class custom_vjp(_CustomFunction):  # noqa: N801 - a decorator
    """A function whose reverse mode is given by two rules, ``f.defvjp(forward, backward)``.

    ``forward`` takes the function's arguments and returns ``(result, residuals)``; ``backward``
    takes the residuals and the cotangent of the result, and returns a tuple with a cotangent for
    each argument, in which None is zero. Arguments that ``nondiff_argnums`` names are given to
    ``backward`` first, by themselves. Forward mode transposes ``backward``, where that is linear
    in the cotangent. The rules are of the arguments alone: by a value that the function closes over
    it can not be differentiated; `closure_convert` makes arguments of what a function closes over.
    All may close over values of a function around them, such as a carry of a loop.

    Args:
        function: of arrays and pytrees of them, and of what ``nondiff_argnums`` names.
        nondiff_argnums: positions of arguments that are not differentiated, such as functions.

    Raises:
        LazyaxTypeError: when called without rules, or where a rule returns what does not fit.

    >>> import lazyax as lx
    >>> @lx.custom_vjp
    ... def clip_gradient(x, low, high):
    ...     return x
    >>> def forward(x, low, high):
    ...     return x, (low, high)
    >>> def backward(residuals, cotangent):
    ...     return lx.numpy.clip(cotangent, *residuals), None, None
    >>> clip_gradient.defvjp(forward, backward)
    >>> print(lx.grad(lambda x: 10 * clip_gradient(x, -1.0, 1.0))(3.0))
    1.0
    """

    transform = "custom_vjp"

    def __init__(self, function: Callable[..., Any], nondiff_argnums: int | Sequence[int] = ()):
        super().__init__(function, nondiff_argnums)
        self.rules: tuple[Callable[..., Any], Callable] | None = None

    @property
    def rule_functions(self) -> tuple[Any, ...]:
        """The function and its rules, if it has them."""
        return (self.function, *(self.rules or ()))

    def defvjp(self, forward: Callable[..., Any], backward: Callable[..., Any]) -> None:
        """Give the rules."""
        self.rules = (forward, backward)

    def rule_of_call(self) -> Callable[..., Rule]:
        """What makes the rule of one call."""
        rules = self.rules
        if rules is None:
            raise LazyaxTypeError(
                f"custom_vjp: {self.name} has no rules; give it some with {self.name}.defvjp, or "
                "take the decorator away"
            )
        return functools.partial(_vjp_rule, *rules)


def _vjp_rule(
    forward: Callable[..., Any],
    backward: Callable[..., Any],
    call: Call,
    out_tree: Any,
    avals: Sequence[Aval],
) -> VjpRule:
    """The user's rules as functions of nodes."""

    def forward_of_nodes(primals: Sequence[Node]) -> tuple[Sequence[Node], Pull]:
        with rule_scope() as lifted:
            returned = forward(*call.arguments(primals))
        if not (isinstance(returned, (tuple, list)) and len(returned) == 2):
            call.fail(
                f"the forward rule of {call.name} must return a pair (result, residuals), got "
                f"{type(returned).__name__}"
            )
        found = tree.structure(returned[0])
        if found != out_tree:
            call.fail(
                f"the forward rule of {call.name} returned a result of the structure {found}, "
                f"where {call.name} returned {out_tree}; make them alike"
            )
        results = tree.flatten_with_path(returned[0])
        for (path, leaf), aval in zip(results, avals, strict=True):
            call.fit("result", path, node_of(leaf, call.transform), aval, "the result")
        residuals, tree_of_residuals = flatten_result(
            call.transform, f"the forward rule of {call.name}", returned[1]
        )

        def pull(given: Sequence[Node], cotangents: Sequence[Node]) -> list[Node | None]:
            return _cotangents(
                call,
                primals,
                backward(
                    *call.nondiff,
                    unflatten_arrays(tree_of_residuals, given),
                    unflatten_arrays(out_tree, cotangents),
                ),
            )

        return lifted(residuals), in_rule_scope(pull)

    return VjpRule(call.name, forward_of_nodes, call.key(out_tree, avals, forward, backward))


def _cotangents(call: Call, primals: Sequence[Node], returned: Any) -> list[Node | None]:
    """What a backward rule returned, as a cotangent or None for each leaf of the arguments."""
    count = len(call.places)
    if not (isinstance(returned, (tuple, list)) and len(returned) == count):
        got = f"{len(returned)}" if isinstance(returned, (tuple, list)) else type(returned).__name__
        call.fail(
            f"the backward rule of {call.name} must return a tuple of {count} cotangents, one for "
            f"each argument that is not in nondiff_argnums, got {got}; None stands for zero"
        )
    leaves = _leaves_below(call.in_tree, tuple(returned))
    if leaves is None:
        call.fail(
            f"the backward rule of {call.name} returned cotangents of the structure "
            f"{tree.structure(tuple(returned))}, where the arguments have {call.in_tree}; make "
            "them alike, or return None for what has cotangent zero"
        )
    paths = [path for path, _ in tree.flatten_with_path(unflatten_arrays(call.in_tree, primals))]
    return [
        None
        if leaf is None or not primal.aval.is_inexact
        else call.fit("cotangent", path, node_of(leaf, call.transform), primal.aval, "argument")
        for path, leaf, primal in zip(paths, leaves or [], primals, strict=True)
    ]


def _leaves_below(structure: Any, value: Any) -> list[Any] | None:
    """The leaves of a tree of a structure, in which None may stand for a whole branch.

    None if the tree does not have the structure.
    """
    if value is None:
        return [None] * structure.num_leaves
    if structure.node_data() is None:
        return [value] if tree.structure(value).node_data() is None else None
    children, found = tree.flatten(value, is_leaf=lambda part: part is not value)
    if found.node_data() != structure.node_data() or len(children) != len(structure.children()):
        return None
    below = [
        _leaves_below(part, child)
        for part, child in zip(structure.children(), children, strict=True)
    ]
    if any(leaves is None for leaves in below):
        return None
    return [leaf for leaves in below for leaf in leaves or []]

"""What custom rules close over, made operands: rules run when the function around them has ended.

A rule is a Python function, which may close over an argument of a function that is being traced: a
carry of a loop, an element under ``vmap``. The graph does not show that, so that what puts other
nodes in the place of that argument (a step, a batch, the caller's value) would miss it. So where
such a function ends, the rules of the calls inside of it are asked what they capture, and that
becomes an operand of the call (docs/adr/0009).
"""

from __future__ import annotations

import functools
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from types import BuiltinFunctionType, FunctionType, ModuleType
from typing import Any

import attrs

from lazyax.graph.aval import Aval
from lazyax.graph.node import Node
from lazyax.graph.rewrite import rebuild, rewrite
from lazyax.graph.traversal import toposort
from lazyax.ops.primitives.custom import CustomRule, Tangents
from lazyax.ops.primitives.leaves import PROBE, Input, Trace
from lazyax.transforms.custom import JvpRule, Pull, VjpRule
from lazyax.transforms.traced_rules import runs

Lift = Callable[[Sequence[Any]], list[Any]]
"""Of nodes, and of None for known zeros."""

MOST_PROBES = 4
"""How deep rules are asked within rules: some make a function with a new rule each time."""


class _Calls(threading.local):
    """Of this thread: calls whose rules may capture, open scopes, and rules that are asked now."""

    count = 0
    depth = 0
    asked: tuple = ()


_calls = _Calls()


@contextmanager
def rule_scope() -> Iterator[Lift]:
    """While a function runs whose arguments are replaced later.

    Gives what lifts captured arguments out of rules, for nodes that the function returned.
    """
    before = _calls.count
    _calls.depth += 1
    try:
        yield lambda outputs: list(outputs) if _calls.count == before else _lifted(outputs)
    finally:
        _calls.depth -= 1


def in_rule_scope(rule: Callable[..., Sequence[Node | None]]) -> Callable[..., list[Node | None]]:
    """A function of nodes, run in a scope of its own."""

    def run(*nodes: Any) -> list[Node | None]:
        with rule_scope() as lifted:
            return lifted(rule(*nodes))

    return run


def note_call(functions: Iterable[Any]) -> bool:
    """Whether the rule of a call, made of ``functions``, is to be asked what it captures."""
    if not _calls.depth or not may_capture(functions):
        return False
    _calls.count += 1
    return True


HARMLESS = (
    type(None), bool, int, float, complex, str, bytes, BuiltinFunctionType, ModuleType, type,
)  # fmt: skip


def may_capture(things: Iterable[Any]) -> bool:
    """Whether functions may close over arrays, as far as can be seen without running them."""
    pending, seen = list(things), set()
    while pending:
        thing = pending.pop()
        if id(thing) in seen or isinstance(thing, HARMLESS):
            continue
        seen.add(id(thing))
        if isinstance(thing, FunctionType):
            cells = [cell.cell_contents for cell in thing.__closure__ or () if _is_filled(cell)]
            pending += [*cells, *(thing.__defaults__ or ()), *(thing.__kwdefaults__ or {}).values()]
        elif isinstance(thing, (tuple, list)):
            pending += thing
        elif isinstance(thing, functools.partial):
            pending += [thing.func, *thing.args, *thing.keywords.values()]
        elif hasattr(thing, "rule_functions"):
            pending += thing.rule_functions
        else:
            return True
    return False


def _is_filled(cell: Any) -> bool:
    try:
        return cell.cell_contents is not cell
    except ValueError:  # of a name that is not bound yet
        return False


def _lifted(outputs: Sequence[Node | None]) -> list[Node | None]:
    return _rewritten(outputs, _lift, {})


def _rewritten(outputs: Sequence[Any], rule: Callable[..., Node], replaced: dict) -> list[Any]:
    """`rewrite` of nodes, and of None for known zeros."""
    found = iter(rewrite([node for node in outputs if node is not None], rule, replaced))
    return [None if node is None else next(found) for node in outputs]


def _lift(node: Node, operands: Sequence[Node]) -> Node:
    """A rule of `rewrite`: what the rule of a call captures becomes operands."""
    op = node.op
    if type(op) is not CustomRule:
        return rebuild(node, operands)
    rule: Any = op.rule
    if not rule.is_open:
        return rebuild(node, operands)
    captured = _captured_by(rule, operands[op.forwards :], node.aval)
    rule = attrs.evolve(rule, is_open=False)
    if captured:
        rule = (_capturing_jvp if isinstance(rule, JvpRule) else _capturing_vjp)(rule, captured)
    return CustomRule(rule, op.forwards)(*operands, *captured)


def _captured_by(
    rule: JvpRule | VjpRule, primals: Sequence[Node], results: Sequence[Aval]
) -> list[Node]:
    """The inputs of functions around a rule that it depends on, beside its own arguments."""
    asked = _calls.asked
    if rule.key in asked or len(asked) == MOST_PROBES:
        return []
    _calls.asked = (*asked, rule.key)
    try:
        found = runs(rule, [node.aval for node in primals], results, Trace(PROBE, rule.name))
    except Exception:  # it is raised where the derivative is asked for, which may be nowhere
        return []
    finally:
        _calls.asked = asked
    own = {node for inputs, _ in found for node in inputs}
    outputs = [node for _, nodes in found for node in nodes if node is not None]
    order = toposort(outputs, stop=own)
    return [node for node in order if type(node.op) is Input and node not in own]


def _capturing_jvp(rule: JvpRule, captured: Sequence[Node]) -> JvpRule:
    """A rule whose last primals are what it captured."""
    count = len(captured)

    def tangents(primals: Sequence[Node], moved: Tangents) -> Tangents:
        found = rule.tangents(primals[:-count], moved[:-count])
        return _replaced(found, captured, primals[-count:])

    return JvpRule(rule.name, tangents, (rule.key, *map(id, captured)), count)


def _capturing_vjp(rule: VjpRule, captured: Sequence[Node]) -> VjpRule:
    """A rule whose last primals are what it captured; they are residuals too."""
    count = len(captured)

    def forward(primals: Sequence[Node]) -> tuple[Sequence[Node], Pull]:
        residuals, pull_own = rule.forward(primals[:-count])
        given = primals[-count:]

        def pull(kept: Sequence[Node], cotangents: Sequence[Node]) -> list[Node | None]:
            found = pull_own(kept[:-count], cotangents)
            return [*_replaced(found, captured, kept[-count:]), *[None] * count]

        return [*_replaced(residuals, captured, given), *given], pull

    return VjpRule(rule.name, forward, (rule.key, *map(id, captured)), count)


def _replaced(outputs: Sequence[Any], captured: Sequence[Node], given: Sequence[Node]) -> list[Any]:
    """What a rule returned, of other nodes than those that it captured."""
    return _rewritten(outputs, rebuild, dict(zip(captured, given, strict=True)))

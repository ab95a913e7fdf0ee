"""Tracing a function to a graph, and compiling graphs to programs that can be called."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Iterable, Sequence
from typing import Any, Generic, overload

import attrs
import numpy

from lazyax import tree
from lazyax.api.functions import P, R, argument_paths, flatten_result, name_of, unflatten_arrays
from lazyax.api.tree_format import same_structure
from lazyax.array import Array, as_node
from lazyax.config import config
from lazyax.errors import LazyaxTypeError
from lazyax.graph.graph import Graph
from lazyax.graph.node import Node, all_history, history_keepers
from lazyax.graph.origin import current_origin
from lazyax.graph.rewrite import rewrite
from lazyax.graph.traversal import dependents, toposort
from lazyax.ops.primitives.leaves import COMPUTED, Trace, input_leaf, tracing
from lazyax.transforms.key_linearity import (
    Uses,
    consume_again,
    consume_captured,
    uses_of,
)
from lazyax.transforms.rule_captures import rule_scope
from lazyax.transforms.split_keys import with_new_keys
from lazyax.xla import buffers, execute
from lazyax.xla.plan import NUMBERS, plan
from lazyax.xla.recycle import pool


def trace(function: Callable[..., Any], transform: str = "trace") -> Callable[..., Graph]:
    """A function that returns the graph of ``function`` for arguments like those it is given.

    The function runs once on abstract inputs, which have a shape and dtype and no value.

    >>> import lazyax as lx
    >>> graph = lx.trace(lambda x: x * 2 + 1)(lx.numpy.ones(3))
    >>> len(graph.inputs), len(graph.outputs)
    (1, 1)
    """

    @functools.wraps(function, updated=())
    def traced(*arguments: Any, **kwargs: Any) -> Graph:
        leaves, structure = tree.flatten((arguments, kwargs))
        nodes = [_argument_node(transform, leaf, arguments, kwargs) for leaf in leaves]
        return trace_nodes(function, transform, [node.aval for node in nodes], structure)

    return traced


def _argument_node(transform: str, leaf: Any, arguments: Any, kwargs: Any) -> Node:
    node = as_node(leaf)
    if node is None:
        leaves = tree.leaves((arguments, kwargs))
        paths = argument_paths(arguments, kwargs)
        path = next(p for p, found in zip(paths, leaves, strict=True) if found is leaf)
        remedy = ", or name it in static_argnums" if transform == "jit" else ""
        raise LazyaxTypeError(
            f"{transform}: {path} is of type {type(leaf).__name__}; arguments are arrays, "
            f"numbers or pytrees of them{remedy}"
        )
    return node


def input_names(function: Callable[..., Any], structure: Any) -> list[str]:
    """Names of the flattened arguments: the parameter, and the path below it."""
    try:
        parameters = list(inspect.signature(function).parameters.values())
    except (TypeError, ValueError):
        parameters = []
    positional = [
        q.name for q in parameters if q.kind in (q.POSITIONAL_ONLY, q.POSITIONAL_OR_KEYWORD)
    ]
    marks = tree.unflatten(structure, range(structure.num_leaves))
    names = []
    for position, argument in enumerate(marks[0]):
        name = positional[position] if position < len(positional) else f"arg{position}"
        names += [name + path for path, _ in tree.flatten_with_path(argument)]
    for key in sorted(marks[1]):
        names += [key + path for path, _ in tree.flatten_with_path(marks[1][key])]
    return names


def trace_nodes(
    function: Callable[..., Any],
    transform: str,
    avals: Sequence,
    structure: Any,
    captured: list | None = None,
) -> Graph:
    """The graph of a function on fresh inputs; ``structure`` is that of (arguments, kwargs).

    Keys that were made outside and that the function used are put into ``captured``.
    """
    name = name_of(function)
    origin = current_origin()
    trace = Trace(transform, name, origin=origin, captured=[] if captured is None else captured)
    names = input_names(function, structure)
    inputs = [
        input_leaf(aval, label, trace, origin) for aval, label in zip(avals, names, strict=True)
    ]
    arguments, kwargs = tree.unflatten(structure, [Array(node) for node in inputs])
    with tracing(trace), rule_scope() as lifted:
        result = function(*arguments, **kwargs)
    outputs, out_tree = flatten_result(transform, name, result)
    return Graph(tuple(inputs), tuple(lifted(outputs)), structure, out_tree, tuple(names))


def inline(graph: Graph, operands: Iterable[Node]) -> list[Node]:
    """The outputs of a graph with nodes in the place of its inputs."""
    replaced = dict(zip(graph.inputs, operands, strict=True))
    return rewrite(graph.outputs, with_new_keys, replaced)


class Compiled:
    """A graph compiled to a program. Call it with arguments like the graph's.

    Attributes:
        graph: what was compiled.
        program: the XLA program.
    """

    def __init__(self, graph: Graph):
        materialize_captured(graph)
        planned = plan(graph.outputs, inputs=graph.inputs, keep_wanted=False)
        self.graph = graph
        self.program = execute.program_of(planned)
        captured = planned.arguments[len(graph.inputs) :]
        numbers = [node.value for node in planned.scalars]
        self._constants = [*[node.value for node in captured], *self.program.packed(numbers)]
        numbers = _output_numbers(planned, graph)
        self._results = [
            (planned.outputs.index(number), node.aval, node.origin)
            for number, node in zip(numbers, graph.outputs, strict=True)
        ]
        self._is_single = graph.out_tree == tree.structure(0)
        is_small = self._is_single and not self.program.large
        self._only = (graph.outputs[0].aval, graph.outputs[0].origin) if is_small else None

    def run(self, nodes: Sequence[Node]) -> Any:
        """The result as arrays, from materialized nodes for the inputs."""
        return self.run_buffers([buffer_of(node) for node in nodes])

    def run_buffers(self, values: list[buffers.Buffer]) -> Any:
        """The result as arrays, from buffers for the inputs. A hot path."""
        results = self.program.run(values + self._constants)
        if self._only is not None:
            return Array(Node(COMPUTED, (), *self._only, results[0]))
        arrays = [
            Array(Node(COMPUTED, (), aval, origin, results[position]))
            for position, aval, origin in self._results
        ]
        if self.program.large:
            for array in arrays:
                pool.watch(array._node, array._node.value)
        return arrays[0] if self._is_single else tree.unflatten(self.graph.out_tree, arrays)

    def __call__(self, *arguments: Any, **kwargs: Any) -> Any:
        """Run the program.

        Raises:
            LazyaxTypeError: if the arguments differ from the graph's in structure or aval.
        """
        leaves, structure = tree.flatten((arguments, kwargs))
        if not same_structure(structure, self.graph.in_tree):
            raise LazyaxTypeError(
                f"compiled graph: arguments need the structure {self.graph.in_tree}, "
                f"got {structure}"
            )
        nodes = [_argument_node("compiled graph", leaf, arguments, kwargs) for leaf in leaves]
        for node, wanted, name in zip(nodes, self.graph.inputs, self.graph.names, strict=True):
            if (node.aval.shape, node.aval.dtype) != (wanted.aval.shape, wanted.aval.dtype):
                raise LazyaxTypeError(
                    f"compiled graph: argument {name} needs to be {wanted.aval}, got {node.aval}; "
                    "compile again for other shapes, or convert it"
                )
        consume_again(uses_of(self.graph.inputs), nodes, "compiled graph")
        execute.materialize(nodes, COMPUTED)
        return self.run(nodes)

    def as_text(self, dialect: str = "stablehlo") -> str:
        """The program: as ``stablehlo`` went in, or the optimised ``hlo`` that runs.

        Raises:
            LazyaxTypeError: for another dialect.
        """
        if dialect == "stablehlo":
            return self.program.text
        if dialect == "hlo":
            return self.program.executable.hlo_modules()[0].to_string()
        raise LazyaxTypeError(f"as_text: the dialect is 'stablehlo' or 'hlo', got {dialect!r}")

    def cost_analysis(self) -> dict[str, float]:
        """XLA's estimates: ``flops``, ``bytes accessed``, ``transcendentals`` and more."""
        analysis = self.program.executable.cost_analysis()
        return dict(analysis[0] if isinstance(analysis, list) else analysis)

    def memory_analysis(self) -> Any:
        """XLA's sizes in bytes: arguments, outputs, temporaries, code."""
        return self.program.executable.get_compiled_memory_stats()


def _output_numbers(planned, graph: Graph) -> list[int]:
    """For each output of a graph the number that the plan gave it."""
    place = {
        node: n for n, nodes in zip(planned.outputs, planned.settled, strict=True) for node in nodes
    }
    return [place[node] for node in graph.outputs]


def buffer_of(node: Node):
    """The buffer of a materialized node; of a Python number, a fresh one."""
    value = node.value
    if type(value) in NUMBERS:
        return buffers.put(numpy.full(node.aval.shape, value, node.aval.dtype), copy=False)
    return value


def materialize_captured(graph: Graph) -> None:
    """Compute what a graph captures pending, once, rather than at each call of its program."""
    order = graph.nodes
    inside = dependents(order, set(graph.inputs))
    border = {o for node in order if node in inside for o in node.operands if o not in inside}
    border.update(node for node in graph.outputs if node not in inside)
    pending = [node for node in border if node.value is None and node.operands]
    below = toposort(pending)
    worth = dependents(below, {n for n in below if n.op.expensive or _is_buffer(n.value)})
    execute.materialize([node for node in pending if node in worth], COMPUTED)


def _is_buffer(value: Any) -> bool:
    """Whether a node's value is an array: what comes of numbers alone is cheap to compute."""
    return value is not None and type(value) not in NUMBERS


@overload
def jit(
    function: Callable[P, R],
    *,
    static_argnums: int | Sequence[int] = (),
    static_argnames: str | Sequence[str] = (),
) -> Jitted[P, R]: ...


@overload
def jit(
    *, static_argnums: int | Sequence[int] = (), static_argnames: str | Sequence[str] = ()
) -> Callable[[Callable[P, R]], Jitted[P, R]]: ...


def jit(
    function: Callable[..., Any] | None = None,
    *,
    static_argnums: int | Sequence[int] = (),
    static_argnames: str | Sequence[str] = (),
) -> Any:
    """``function``, traced once for each structure, shapes and dtypes, and compiled.

    Un-jitted code is fused and compiled too; ``jit`` saves building the graph again at each
    call. Inside, arguments are abstract: Python control flow on their values is an error.
    Within another transform the traced graph is inlined.

    Args:
        function: to compile; without it, ``jit(static_argnums=...)`` is a decorator.
        static_argnums: positions of arguments that are not arrays: hashable, part of the key.
        static_argnames: names of keyword arguments that are static.

    Raises:
        LazyaxTypeError: for a static argument that is not hashable, or another that is no array.

    >>> import lazyax as lx
    >>> @lx.jit
    ... def f(x):
    ...     return x * 2
    >>> print(f(lx.numpy.arange(3)))
    [0 2 4]
    """
    if function is None:
        return functools.partial(
            jit, static_argnums=static_argnums, static_argnames=static_argnames
        )
    numbers = (static_argnums,) if isinstance(static_argnums, int) else tuple(static_argnums)
    names = (static_argnames,) if isinstance(static_argnames, str) else tuple(static_argnames)
    return Jitted(function, numbers, names)


ARRAY_ONLY = frozenset([Array])
BUFFER_ONLY = frozenset([buffers.Buffer])


@attrs.define(eq=False)
class _Entry:
    """A traced graph, its program once it has run outside other transforms, its uses of keys.

    Attributes:
        uses: of keys among the arguments.
        captured: other keys that each call uses.
    """

    graph: Graph
    uses: Uses
    captured: list
    compiled: Compiled | None = None


class Jitted(Generic[P, R]):
    """What `jit` returns: a callable with a cache of traced and compiled graphs."""

    def __init__(self, function: Callable[P, R], numbers: tuple[int, ...], names: tuple[str, ...]):
        functools.update_wrapper(self, function)
        self.function = function
        self.numbers = frozenset(numbers) | _positions_of(function, names)
        self.names = frozenset(names)
        self.entries: dict[tuple, _Entry] = {}
        self.ready: dict[tuple, Compiled] = {}  # those that a call can run without further ado

    def __get__(self, instance: Any, owner: type | None = None) -> Any:
        """Bind as a method, as a plain function does."""
        return self if instance is None else functools.partial(self, instance)

    def __call__(self, *arguments: P.args, **kwargs: P.kwargs) -> R:
        """Call the function: its compiled program, or its graph inlined into what is traced."""
        given: tuple[Any, ...] = arguments
        named: dict[str, Any] = kwargs
        static: tuple[Any, ...] = ()
        if self.numbers or self.names:
            given, named, static = self._split(given, named)
        structure: Any
        if not named and ARRAY_ONLY.issuperset(map(type, given)):
            structure = len(given)
            nodes = [array._node for array in given]
        else:
            leaves, structure = tree.flatten((given, named))
            nodes = [_argument_node("jit", leaf, given, named) for leaf in leaves]
        avals = [node.aval for node in nodes]
        key = (structure, static, config.default_dtype_bits, config.threefry_layout, *avals)
        compiled = self.ready.get(key)
        if compiled is not None and not (history_keepers.count or all_history.count):
            values = [node.value for node in nodes]
            if BUFFER_ONLY.issuperset(map(type, values)):
                return compiled.run_buffers(values)
        return self._call(key, nodes, given, named)

    def _call(self, key: tuple, nodes: list[Node], arguments: tuple, kwargs: dict) -> Any:
        """A call that is the first, or inside of a transform, or of values that are not there."""
        structure, static, _, _, *avals = key
        entry = self.entries.get(key)
        if entry is None:
            if type(structure) is int:
                structure = tree.structure((arguments, kwargs))
            captured: list = []
            function = self._without_static(static)
            graph = trace_nodes(function, "jit", avals, structure, captured)
            uses = uses_of(graph.inputs)
            if _is_being_transformed(graph.outputs, graph.inputs):
                # it captured a value of a transform that is running now: good for this call alone
                consume_again(uses, nodes, name_of(self.function))
                return unflatten_arrays(graph.out_tree, inline(graph, nodes))
            entry = self.entries[key] = _Entry(graph, uses, captured)
        elif entry.captured:
            consume_captured(entry.captured, name_of(self.function))
        if entry.uses:
            consume_again(entry.uses, nodes, name_of(self.function))
        if all_history.count:
            return unflatten_arrays(entry.graph.out_tree, inline(entry.graph, nodes))
        for node in nodes:
            if node.value is None or node.operands:
                if _is_being_transformed(nodes):
                    return unflatten_arrays(entry.graph.out_tree, inline(entry.graph, nodes))
                execute.materialize(nodes, COMPUTED)
                break
        if entry.compiled is None:
            entry.compiled = Compiled(entry.graph)
        if not (entry.uses or entry.captured):
            self.ready[key] = entry.compiled
        return entry.compiled.run(nodes)

    def trace(self, *arguments: Any, **kwargs: Any) -> Graph:
        """The graph for arguments like these."""
        arguments, kwargs, static = self._split(arguments, kwargs)
        return trace(self._without_static(static), "jit")(*arguments, **kwargs)

    def clear_cache(self) -> None:
        """Forget the traced and compiled graphs."""
        self.entries.clear()
        self.ready.clear()

    def _split(self, arguments: tuple, kwargs: dict) -> tuple[tuple, dict, tuple]:
        """Dynamic arguments, and the static ones as a hashable tuple."""
        static: list[tuple[Any, Any]] = [
            (i, arguments[i]) for i in sorted(self.numbers) if -len(arguments) <= i < len(arguments)
        ]
        static = [(i % len(arguments), value) for i, value in static]
        static += [(name, kwargs[name]) for name in sorted(self.names) if name in kwargs]
        for where, value in static:
            try:
                hash(value)
            except TypeError:
                raise LazyaxTypeError(
                    f"jit: static argument {where!r} of {name_of(self.function)} must be hashable, "
                    f"since it is part of the cache key; got {type(value).__name__}. Pass a tuple "
                    "for a list, or make it a dynamic argument"
                ) from None
        taken = {where for where, _ in static}
        rest = tuple(a for i, a in enumerate(arguments) if i not in taken)
        typed = tuple((where, type(value), value) for where, value in static)
        return rest, {k: v for k, v in kwargs.items() if k not in taken}, typed

    def _without_static(self, static: tuple) -> Callable[..., Any]:
        """The function of its dynamic arguments alone."""
        if not static:
            return self.function
        fixed = {where: value for where, _, value in static}
        places = sorted(where for where in fixed if isinstance(where, int))
        named = {where: value for where, value in fixed.items() if isinstance(where, str)}

        @functools.wraps(self.function, updated=())
        def of_dynamic(*arguments: Any, **kwargs: Any) -> Any:
            every = list(arguments)
            for place in places:
                every.insert(place, fixed[place])
            return self.function(*every, **kwargs, **named)

        return of_dynamic


def _positions_of(function: Callable[..., Any], names: Sequence[str]) -> frozenset[int]:
    """Positions at which static names may also be given."""
    try:
        parameters = list(inspect.signature(function).parameters)
    except (TypeError, ValueError):
        return frozenset()
    return frozenset(parameters.index(name) for name in names if name in parameters)


def _is_being_transformed(nodes: Sequence[Node], stop: Sequence[Node] = ()) -> bool:
    """Whether nodes depend on abstract inputs other than ``stop``, or on open variables."""
    own = set(stop)
    return any(
        node not in own and (node.op.abstract or node.op.keeps_history)
        for node in toposort(nodes, stop=own)
    )

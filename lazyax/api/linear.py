"""Linear maps: functions linearized at a point, transposed, and closed over nothing."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from lazyax import tree
from lazyax.api.compile import trace_nodes
from lazyax.api.differentiate import Linearized, instantiate
from lazyax.api.functions import flatten_arguments, matching, name_of, unflatten_arrays
from lazyax.array import Array, as_node
from lazyax.errors import LazyaxTypeError
from lazyax.graph.aval import Aval, aval_of
from lazyax.graph.rewrite import rewrite
from lazyax.ops.primitives.subgraphs import close
from lazyax.transforms.transpose import transpose


def linearize(
    function: Callable[..., Any], *primals: Any, has_aux: bool = False
) -> tuple[Any, ...]:
    """The value of ``function`` at ``primals``, and its derivative there as a function of tangents.

    ``function`` runs once, however many tangents follow.

    Returns:
        ``(value, push)``, or with ``has_aux`` ``(value, push, aux)``.

    Raises:
        LazyaxTypeError: from ``push``, if the tangents do not fit the primals.

    >>> import lazyax as lx
    >>> value, push = lx.linearize(lambda x: x**2, 3.0)
    >>> print(value, push(1.0), push(10.0))
    9.0 6.0 60.0
    """
    linear = Linearized(function, primals, "linearize", has_aux, allow_int=True)
    value = unflatten_arrays(linear.out_tree, linear.result)

    def push(*tangents: Any) -> Any:
        given = matching("linearize", "tangent", tangents, linear.in_tree, linear.variables)
        moved = rewrite(
            instantiate(linear.tangents, [node.aval for node in linear.result]),
            replaced=dict(zip(linear.inputs, given, strict=True)),
        )
        return unflatten_arrays(linear.out_tree, moved)

    return (value, push, linear.aux) if has_aux else (value, push)


def linear_transpose(function: Callable[..., Any], *primals: Any) -> Callable[[Any], tuple]:
    """The transpose of a linear function, which takes cotangents of its result to a tuple.

    Args:
        function: linear in its arguments. It runs once, on abstract arguments.
        primals: arrays, or anything with a ``shape`` and a ``dtype``, in pytrees; values are not
            used.

    Raises:
        LazyaxTypeError: when the transpose is called, if an op of the function is not linear, or
            the cotangents do not fit the result.

    >>> import lazyax as lx
    >>> pull = lx.linear_transpose(lambda x: 3 * x, 1.0)
    >>> print(*pull(2.0))
    6.0
    """
    leaves, structure = tree.flatten((primals, {}))
    avals = [_aval_like("linear_transpose", leaf) for leaf in leaves]
    graph = trace_nodes(function, "linear_transpose", avals, structure)

    def pull(cotangents: Any) -> tuple[Any, ...]:
        given = matching("linear_transpose", "cotangent", cotangents, graph.out_tree, graph.outputs)
        found = transpose(graph.outputs, graph.inputs, given)
        return unflatten_arrays(structure, instantiate(found, avals))[0]

    return pull


def _aval_like(transform: str, leaf: Any) -> Aval:
    """The aval of an array, or of what has a shape and a dtype."""
    node = as_node(leaf)
    if node is not None:
        return node.aval
    if hasattr(leaf, "shape") and hasattr(leaf, "dtype"):
        return aval_of(tuple(leaf.shape), leaf.dtype)
    raise LazyaxTypeError(
        f"{transform}: needs arrays, or what has a shape and a dtype, got {type(leaf).__name__}"
    )


def closure_convert(
    function: Callable[..., Any], *examples: Any
) -> tuple[Callable[..., Any], list[Array]]:
    """``function`` with the arrays that it closes over made arguments, and these arrays.

    For functions that a `custom_vjp` takes as arguments: what they close over can then be
    differentiated. ``function`` runs once, on abstract arguments like the examples.

    Returns:
        ``(converted, arrays)``, where ``converted(*arguments, *arrays)`` is what
        ``function(*arguments)`` was.

    >>> import lazyax as lx
    >>> scale = lx.numpy.array(3.0)
    >>> f, arrays = lx.closure_convert(lambda x: scale * x, 1.0)
    >>> print(f(2.0, *arrays), f(2.0, 10.0))
    6.0 20.0
    """
    nodes, structure = flatten_arguments("closure_convert", (examples, {}))
    graph = trace_nodes(function, "closure_convert", [node.aval for node in nodes], structure)
    closed = close(graph.inputs, graph.outputs)
    arrays = [Array(node) for node in closed.lifted]
    name = name_of(function)

    def converted(*arguments: Any) -> Any:
        count = len(arguments) - len(arrays)
        given = _converted_arguments(name, arguments[:count], structure, graph.inputs)
        extra = matching(
            "closure_convert",
            "array",
            list(arguments[count:]),
            tree.structure(arrays),
            closed.lifted,
        )
        into = dict(zip([*graph.inputs, *closed.stand_ins], [*given, *extra], strict=True))
        return unflatten_arrays(graph.out_tree, rewrite(closed.outputs, replaced=into))

    return converted, arrays


def _converted_arguments(name: str, arguments: Sequence[Any], structure: Any, inputs: Any):
    return matching(f"closure_convert of {name}", "argument", (arguments, {}), structure, inputs)

"""Derivatives of functions: forward mode is a jvp, reverse mode the transpose of one."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import attrs
import numpy

from lazyax import tree
from lazyax.api.functions import (
    P,
    R,
    call,
    flatten_arguments,
    flatten_result,
    matching,
    name_of,
    positions,
    split_aux,
    unflatten_arrays,
)
from lazyax.errors import LazyaxTypeError
from lazyax.graph.aval import Aval
from lazyax.graph.node import Node, history_keepers
from lazyax.graph.origin import current_origin
from lazyax.ops.primitives.compare import Equal
from lazyax.ops.primitives.leaves import Full, Iota, Trace, Variable, input_leaf
from lazyax.ops.primitives.select import Convert
from lazyax.ops.primitives.shape import Slice, moveaxis, reshape
from lazyax.transforms.gradient import gradient as gradient_of_node
from lazyax.transforms.jvp import jvp as jvp_of_nodes
from lazyax.transforms.transpose import transpose as transpose_of_nodes
from lazyax.transforms.vmap import batch, batched


@attrs.frozen(eq=False)
class Applied:
    """A function called on marked arguments.

    Attributes:
        transform: that called it, for messages.
        name: of the function.
        variables: the marked arguments.
        result: nodes of the result.
        out_tree: structure of the result.
        aux: what the function returned beside it, untouched.
    """

    transform: str
    name: str
    variables: list[Node]
    result: list[Node]
    out_tree: Any
    aux: Any


@contextmanager
def applied(
    function: Callable[..., Any],
    nodes: Sequence[Node],
    structure: Any,
    transform: str,
    name: str,
    has_aux: bool,
) -> Iterator[Applied]:
    """A function called on fresh variables, bound to the nodes of its arguments.

    Until the block ends, what depends on the variables keeps its history.
    """
    trace = Trace(transform, name)
    mark, here = Variable(trace), current_origin()
    with history_keepers:
        try:
            # a fresh op is no key to look up what was inferred of it: 4 us, where a node takes 0.3
            variables = [Node(mark, (node,), node.aval, here, None, node.born) for node in nodes]
            returned = call(function, structure, variables)
            value, aux = split_aux(transform, name, returned, has_aux)
            result, out_tree = flatten_result(transform, name, value)
            yield Applied(transform, name, variables, result, out_tree, aux)
        finally:
            trace.running = False


def zeros_like(aval: Aval) -> Node:
    """A known zero, made into a node."""
    return Full(0, aval.shape, aval.dtype, aval.weak_type)()


def instantiate(nodes: Sequence[Node | None], avals: Sequence[Aval]) -> list[Node]:
    """Known zeros made into nodes."""
    return [
        zeros_like(aval) if node is None else node for node, aval in zip(nodes, avals, strict=True)
    ]


class Linearized:
    """A function at a point: its result, and its tangent as a linear graph.

    Attributes:
        result: nodes of the result.
        aux: what the function returned beside it, untouched.
        variables: the marked arguments.
        inputs: a tangent for each variable: an abstract input, or that of ``along``.
        tangents: a node, linear in ``inputs``, or a known zero, for each node of the result.

    Args:
        along: tangents of the arguments, to compute a tangent at once.
        reverse: the tangents will be transposed by ``pull``, and never computed.
    """

    def __init__(
        self,
        function: Callable[..., Any],
        arguments: Any,
        transform: str,
        has_aux: bool = False,
        along: Any = None,
        reverse: bool = False,
        **options: bool,
    ):
        name = name_of(function)
        nodes, self.in_tree = flatten_arguments(transform, arguments)
        require_inexact(transform, name, nodes, arguments, **options)
        if along is None:
            self.inputs = [input_leaf(node.aval, "tangent") for node in nodes]
        else:
            self.inputs = matching(transform, "tangent", along, self.in_tree, nodes)
        with applied(function, nodes, self.in_tree, transform, name, has_aux) as made:
            self.variables, self.result = made.variables, made.result
            self.out_tree, self.aux = made.out_tree, made.aux
            self.tangents = jvp_of_nodes(
                self.result,
                self.variables,
                [i if i.aval.is_inexact else None for i in self.inputs],
                reverse,
            )

    def pull(self, cotangents: Sequence[Node | None]) -> list[Node]:
        """Cotangents of the arguments, given those of the result."""
        found = transpose_of_nodes(self.tangents, self.inputs, cotangents, self.variables)
        return instantiate(found, [node.aval for node in self.variables])


def require_inexact(
    transform: str, name: str, nodes, arguments, allow_int: bool = False, holomorphic: bool = False
) -> None:
    """Raise unless derivatives by these arguments exist.

    Raises:
        LazyaxTypeError: naming the first that has none.
    """
    for index, node in enumerate(nodes):
        kind = node.aval.dtype.kind
        path = tree.flatten_with_path(arguments)[index][0] if not node.aval.is_inexact else ""
        if not node.aval.is_inexact and not allow_int:
            raise LazyaxTypeError(
                f"{transform}: {name} is differentiated by argument{path}, which is {node.aval}; "
                "derivatives need float or complex arguments: pass 1.0 for 1, or use astype"
            )
        if holomorphic and kind != "c":
            raise LazyaxTypeError(
                f"{transform}: holomorphic=True needs complex arguments, got {node.aval}"
            )


def _scalar_result(made: Applied, holomorphic: bool) -> Node:
    """The only node of a result that grad can differentiate.

    Raises:
        LazyaxTypeError: if it is not a real floating scalar.
    """
    transform, name = made.transform, made.name
    if len(made.result) != 1 or made.result[0].aval.shape:
        got = ", ".join(str(node.aval) for node in made.result) or "nothing"
        raise LazyaxTypeError(
            f"{transform}: {name} must return a scalar, got {got}; sum or index the result, "
            "or use jacrev for all of it"
        )
    aval = made.result[0].aval
    wanted = "c" if holomorphic else "fV"
    if not aval.is_inexact or aval.dtype.kind not in wanted:
        remedy = "holomorphic=True" if aval.dtype.kind == "c" else "a floating result"
        raise LazyaxTypeError(
            f"{transform}: {name} must return a real floating scalar, got {aval}; use {remedy}"
        )
    return made.result[0]


def _by_position(
    function: Callable[..., Any], numbers: tuple[int, ...], arguments: tuple, kwargs: dict
):
    """``function`` of the arguments at ``numbers`` alone, and those arguments."""

    def of_chosen(*chosen: Any) -> Any:
        every = list(arguments)
        for number, value in zip(numbers, chosen, strict=True):
            every[number] = value
        return function(*every, **kwargs)

    of_chosen.__name__ = name_of(function)  # as functools.wraps does, which takes 3 us
    return of_chosen, tuple(arguments[number] for number in numbers)


def value_and_grad(
    function: Callable[P, R],
    argnums: int | Sequence[int] = 0,
    has_aux: bool = False,
    holomorphic: bool = False,
    allow_int: bool = False,
) -> Callable[P, tuple[R, Any]]:
    """A function that returns the value of ``function`` and its gradient.

    Args:
        function: returns a real scalar, or with ``has_aux`` a pair of one and anything.
        argnums: positions of the arguments (pytrees) to differentiate by.
        has_aux: whether ``function`` returns ``(value, aux)``; the result is then
            ``((value, aux), gradient)``.
        holomorphic: promise that ``function`` is complex differentiable.
        allow_int: take integer arguments, whose gradient is zero.

    Raises:
        LazyaxTypeError: for a result that is not a scalar, or arguments that are not inexact.

    >>> import lazyax as lx
    >>> value, slope = lx.value_and_grad(lambda x: x**2)(3.0)
    >>> print(value, slope)
    9.0 6.0
    """
    return _value_and_grad(function, argnums, has_aux, holomorphic, allow_int, "value_and_grad")


def _value_and_grad(function, argnums, has_aux, holomorphic, allow_int, transform):
    name = name_of(function)

    @functools.wraps(function, updated=())
    def with_gradient(*arguments: Any, **kwargs: Any) -> Any:
        numbers = positions(transform, argnums, len(arguments), name)
        of_chosen, chosen = _by_position(function, numbers, arguments, kwargs)
        nodes, structure = flatten_arguments(transform, chosen)
        require_inexact(transform, name, nodes, chosen, allow_int, holomorphic)
        with applied(of_chosen, nodes, structure, transform, name, has_aux) as made:
            slopes = gradient_of_node(_scalar_result(made, holomorphic), made.variables)
        whole = instantiate(slopes, [node.aval for node in nodes])
        gradients = unflatten_arrays(structure, whole)
        gradient = gradients[0] if isinstance(argnums, int) else gradients
        value = unflatten_arrays(made.out_tree, made.result)
        return ((value, made.aux), gradient) if has_aux else (value, gradient)

    return with_gradient


def grad(
    function: Callable[P, Any],
    argnums: int | Sequence[int] = 0,
    has_aux: bool = False,
    holomorphic: bool = False,
    allow_int: bool = False,
) -> Callable[P, Any]:
    """The gradient of a scalar function, by reverse mode: the transpose of its jvp.

    Python control flow on values works inside, as in NumPy: the arguments keep their values.
    For a real function of complex arguments the result is the conjugate of the direction of
    steepest ascent, as in jax.

    Args:
        function: returns a real scalar, or with ``has_aux`` a pair of one and anything.
        argnums: positions of the arguments (pytrees) to differentiate by.
        has_aux: whether ``function`` returns ``(value, aux)``; so does the result then.
        holomorphic: promise that ``function`` is complex differentiable.
        allow_int: take integer arguments, whose gradient is zero.

    Raises:
        LazyaxTypeError: for a result that is not a scalar, or arguments that are not inexact.

    >>> import lazyax as lx
    >>> print(lx.grad(lx.grad(lambda x: x**3))(2.0))
    12.0
    """
    both = _value_and_grad(function, argnums, has_aux, holomorphic, allow_int, "grad")

    @functools.wraps(function, updated=())
    def gradient(*arguments: Any, **kwargs: Any) -> Any:
        value, slopes = both(*arguments, **kwargs)
        return (slopes, value[1]) if has_aux else slopes

    return gradient


def jvp(
    function: Callable[..., Any],
    primals: Sequence[Any],
    tangents: Sequence[Any],
    has_aux: bool = False,
) -> tuple[Any, ...]:
    """The value of ``function`` at ``primals``, and its derivative along ``tangents``.

    Returns:
        ``(value, tangent)``, or with ``has_aux`` ``(value, tangent, aux)``.

    Raises:
        LazyaxTypeError: if the tangents do not have the structure, shapes and dtypes of primals.

    >>> import lazyax as lx
    >>> value, tangent = lx.jvp(lx.numpy.sin, (0.0,), (2.0,))
    >>> print(value, tangent)
    0.0 2.0
    """
    for what, given in (("primals", primals), ("tangents", tangents)):
        if not isinstance(given, (tuple, list)):
            raise LazyaxTypeError(
                f"jvp: {what} are a tuple with one for each argument, got {type(given).__name__}; "
                "write (x,) for x"
            )
    primals, tangents = tuple(primals), tuple(tangents)
    linear = Linearized(function, primals, "jvp", has_aux, along=tangents, allow_int=True)
    whole = instantiate(linear.tangents, [node.aval for node in linear.result])
    value = unflatten_arrays(linear.out_tree, linear.result)
    tangent = unflatten_arrays(linear.out_tree, whole)
    return (value, tangent, linear.aux) if has_aux else (value, tangent)


def vjp(function: Callable[..., Any], *primals: Any, has_aux: bool = False) -> tuple[Any, ...]:
    """The value of ``function``, and a function from cotangents of it to those of ``primals``.

    Returns:
        ``(value, pull)``, or with ``has_aux`` ``(value, pull, aux)``; ``pull`` returns a tuple.

    Raises:
        LazyaxTypeError: from ``pull``, if the cotangents do not fit the value.

    >>> import lazyax as lx
    >>> value, pull = lx.vjp(lambda x, y: x * y, 2.0, 3.0)
    >>> print(*pull(1.0))
    3.0 2.0
    """
    linear = Linearized(function, primals, "vjp", has_aux, reverse=True, allow_int=True)
    value = unflatten_arrays(linear.out_tree, linear.result)

    def pull(cotangents: Any) -> tuple[Any, ...]:
        given = matching("vjp", "cotangent", cotangents, linear.out_tree, linear.result)
        return unflatten_arrays(linear.in_tree, linear.pull(given))

    return (value, pull, linear.aux) if has_aux else (value, pull)


def standard_basis(avals: Sequence[Aval]) -> tuple[list[Node], int]:
    """For each aval its part of every unit vector of all of them, and how many there are."""
    total = sum(aval.size for aval in avals)
    index = numpy.dtype(numpy.int32)
    parts, position = [], 0
    rows, columns = Iota(index, (total, total), 0)(), Iota(index, (total, total), 1)()
    eye = Equal()(rows, columns)
    for aval in avals:
        block = Slice((0, position), (total, position + aval.size), (1, 1))(eye)
        parts.append(reshape(Convert(aval.dtype)(block), (total, *aval.shape)))
        position += aval.size
    return parts, total


def _jacobian(linear: Linearized, forward: bool) -> list[list[Node]]:
    """Derivative of each result by each argument: shape of the result, then of the argument."""
    arguments = [node.aval for node in linear.variables]
    results = [node.aval for node in linear.result]
    if forward:
        basis, size = standard_basis(arguments)
        roots = instantiate(linear.tangents, results)
        columns, which = batch(roots, dict(zip(linear.inputs, basis, strict=True)), size)
        columns = [batched(c, w, size) for c, w in zip(columns, which, strict=True)]
        return [
            [
                reshape(moveaxis(part, 0, len(result.shape)), (*result.shape, *argument.shape))
                for part, argument in zip(_parts(column, arguments), arguments, strict=True)
            ]
            for column, result in zip(columns, results, strict=True)
        ]
    basis, size = standard_basis(results)
    cotangents = [input_leaf(aval, "cotangent") for aval in results]
    roots = linear.pull(cotangents)
    rows, which = batch(roots, dict(zip(cotangents, basis, strict=True)), size)
    rows = [batched(r, w, size) for r, w in zip(rows, which, strict=True)]
    by_argument = [
        [
            reshape(part, (*result.shape, *argument.shape))
            for part, result in zip(_parts(row, results), results, strict=True)
        ]
        for row, argument in zip(rows, arguments, strict=True)
    ]
    return [list(column) for column in zip(*by_argument, strict=True)]


def _parts(stacked: Node, avals: Sequence[Aval]) -> list[Node]:
    """The rows of each aval's unit vectors."""
    parts, position = [], 0
    shape = stacked.aval.shape
    rest = (0,) * (len(shape) - 1)
    for aval in avals:
        stop = (position + aval.size, *shape[1:])
        parts.append(Slice((position, *rest), stop, (1,) * len(shape))(stacked))
        position += aval.size
    return parts


def _jacobian_function(
    function: Callable[..., Any], argnums, has_aux: bool, holomorphic: bool, forward: bool
) -> Callable[..., Any]:
    transform = "jacfwd" if forward else "jacrev"

    @functools.wraps(function, updated=())
    def jacobian(*arguments: Any, **kwargs: Any) -> Any:
        numbers = positions(transform, argnums, len(arguments), name_of(function))
        of_chosen, chosen = _by_position(function, numbers, arguments, kwargs)
        linear = Linearized(
            of_chosen, chosen, transform, has_aux, reverse=not forward, holomorphic=holomorphic
        )
        rows = []
        for row in _jacobian(linear, forward):
            by_argument = unflatten_arrays(linear.in_tree, row)
            rows.append(by_argument[0] if isinstance(argnums, int) else by_argument)
        result = tree.unflatten(linear.out_tree, rows)
        return (result, linear.aux) if has_aux else result

    return jacobian


def jacfwd(
    function: Callable[P, Any],
    argnums: int | Sequence[int] = 0,
    has_aux: bool = False,
    holomorphic: bool = False,
) -> Callable[P, Any]:
    """The Jacobian by forward mode: good for few arguments and many results.

    The result has the tree of the function's result, with in each place the tree of the
    argument: arrays of the result's shape followed by the argument's.

    >>> import lazyax as lx
    >>> print(lx.jacfwd(lambda x: x * x)(lx.numpy.arange(3.0)))
    [[0. 0. 0.]
     [0. 2. 0.]
     [0. 0. 4.]]
    """
    return _jacobian_function(function, argnums, has_aux, holomorphic, forward=True)


def jacrev(
    function: Callable[P, Any],
    argnums: int | Sequence[int] = 0,
    has_aux: bool = False,
    holomorphic: bool = False,
) -> Callable[P, Any]:
    """The Jacobian by reverse mode: good for many arguments and few results. See `jacfwd`.

    >>> import lazyax as lx
    >>> print(lx.jacrev(lambda x: x.sum())(lx.numpy.arange(3.0)))
    [1. 1. 1.]
    """
    return _jacobian_function(function, argnums, has_aux, holomorphic, forward=False)


def hessian(
    function: Callable[P, Any],
    argnums: int | Sequence[int] = 0,
    has_aux: bool = False,
    holomorphic: bool = False,
) -> Callable[P, Any]:
    """The matrix of second derivatives: `jacfwd` of `jacrev`.

    >>> import lazyax as lx
    >>> print(lx.hessian(lambda x: (x**3).sum())(lx.numpy.array([1.0, 2.0])))
    [[ 6.  0.]
     [ 0. 12.]]
    """
    return jacfwd(jacrev(function, argnums, has_aux, holomorphic), argnums, has_aux, holomorphic)

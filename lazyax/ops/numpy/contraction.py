"""Sums of products: dot, matmul and their kin. Each is one `DotGeneral` and a permutation."""

from __future__ import annotations

import functools
from collections.abc import Hashable, Sequence
from typing import Any

import numpy

from lazyax.array import Array
from lazyax.errors import LazyaxTypeError
from lazyax.graph.node import Node
from lazyax.ops import primitives as p
from lazyax.ops.numpy.conventions import (
    as_axes,
    as_axis,
    as_dtype,
    as_operand,
    delivered,
    static_int,
)
from lazyax.ops.numpy.core_axes import arranged
from lazyax.ops.numpy.promotion import convert, operand, promote
from lazyax.ops.numpy.rearranging import cut
from lazyax.ops.numpy.reductions import truth
from lazyax.ops.numpy.ufuncs import add, conjugate, multiply
from lazyax.ops.primitives.shape import moveaxis, permute, reshape

Axes = tuple[int, ...]
Labels = Sequence[Hashable]
Precision = str | None


def contract_labels(
    x: Node, x_labels: Labels, y: Node, y_labels: Labels, out: Labels, precision: str = "DEFAULT"
) -> Node:
    """One pairwise contraction: labels are of axes, and what is not in ``out`` is summed over.

    f32[2,3] "ij", f32[3,4] "jk" -> f32[4,2] for out "ki". A label in one operand alone must be in
    ``out``, and none may be twice in one operand.
    """
    shared = [label for label in x_labels if label in y_labels]
    batch = [label for label in shared if label in out]
    summed = [label for label in shared if label not in out]
    product = _dot_general(
        x, y, _places(summed, x_labels, y_labels), _places(batch, x_labels, y_labels), precision
    )
    got = [*batch, *[label for label in (*x_labels, *y_labels) if label not in shared]]
    return permute(product, [got.index(label) for label in out])


def _places(labels: Labels, x_labels: Labels, y_labels: Labels) -> tuple[Axes, Axes]:
    return (
        tuple([x_labels.index(label) for label in labels]),
        tuple([y_labels.index(label) for label in labels]),
    )


def _dot_general(x: Node, y: Node, axes: tuple, batch: tuple, precision: str) -> Node:
    """`DotGeneral`, of bools too: any of ands."""
    dot = _dot_op(axes, batch, precision)
    if x.aval.dtype.kind != "b":
        return dot(x, y)
    count = numpy.dtype("f4")
    return truth(dot(p.Convert(count)(x), p.Convert(count)(y)))


_dot_op = functools.lru_cache(maxsize=4096)(p.DotGeneral)


def as_precision(precision: Precision) -> str:
    """What XLA calls a precision.

    Raises:
        LazyaxTypeError: for an unknown one.
    """
    if precision is None:
        return "DEFAULT"
    name = str(precision).rpartition(".")[2].upper()
    if name not in ("DEFAULT", "HIGH", "HIGHEST"):
        raise LazyaxTypeError(
            f"precision: 'default', 'high' and 'highest' are known, got {precision!r}"
        )
    return name


def pair(function: str, a: Any, b: Any, dtype: Any = None) -> list[Node]:
    """Two arguments as nodes of one dtype: the one given, or the one that both meet in."""
    if dtype is not None:
        wanted = as_dtype(function, dtype)
        return [convert(as_operand(function, one), wanted) for one in (a, b)]
    if type(a) is Array and type(b) is Array:
        x, y = a._node, b._node
        if x.aval.dtype is y.aval.dtype and not (x.aval.weak_type or y.aval.weak_type):
            return [x, y]
    return promote([operand(a, function), operand(b, function)])


def _require_equal(function: str, x: Node, y: Node, axis: int, other: int) -> None:
    if x.aval.shape[axis] != y.aval.shape[other]:
        raise LazyaxTypeError(
            f"{function}: axis {axis % x.aval.ndim} of {x.aval} and axis {other % y.aval.ndim} of "
            f"{y.aval} are summed over together, so they need one length"
        )


def dot(a: Any, b: Any, out: Any = None, *, precision: Precision = None) -> Array:
    """Sum of products over the last axis of ``a`` and the last but one of ``b``.

    f32[5,2,3], f32[7,3,4] -> f32[5,2,7,4]; f32[3], f32[3] -> f32[]; a 0-d operand multiplies.
    Lowers to `stablehlo.dot_general`.

    >>> import lazyax.numpy as np
    >>> print(np.dot([[1, 2], [3, 4]], [1, 1]))
    [3 7]

    Raises:
        LazyaxTypeError: if the lengths differ, and for an unfit ``out``.
    """
    x, y = pair("dot", a, b)
    if not x.aval.ndim or not y.aval.ndim:
        return delivered("dot", multiply(Array(x), Array(y))._node, out)
    last = max(y.aval.ndim - 2, 0)
    _require_equal("dot", x, y, -1, last)
    axes = ((x.aval.ndim - 1,), (last,))
    return delivered("dot", _dot_general(x, y, axes, ((), ()), as_precision(precision)), out)


def matmul(
    a: Any, b: Any, out: Any = None, *, axes: Any = None, dtype: Any = None,
    precision: Precision = None,
) -> Array:  # fmt: skip
    """Matrix product, over leading axes that broadcast; a 1-d operand is a row or a column.

    f32[5,2,3], f32[3,4] -> f32[5,2,4]. Lowers to `stablehlo.dot_general`, in which an axis that
    broadcasts is not repeated.

    >>> import lazyax.numpy as np
    >>> print(np.matmul([[1, 2], [3, 4]], [[1, 0], [0, 2]]))
    [[1 4]
     [3 8]]

    Args:
        a, b: arrays.
        out: an array to be pointed at the result.
        axes: those of the matrices, where they are not the last ones: such as
            ``[(0, 1), (0, 1), (0, 1)]`` for a, b and the result.
        dtype: what the arguments are converted to.
        precision: None, "default", "high" or "highest".

    Raises:
        LazyaxTypeError: if the lengths differ, an operand is 0-d, for bad axes, and an unfit
            ``out``.
    """
    x, y = pair("matmul", a, b, dtype)
    if not x.aval.ndim or not y.aval.ndim:
        raise LazyaxTypeError(
            f"matmul: needs arrays of one axis or more, got {x.aval} and {y.aval}; use *"
        )
    placed = None
    if axes is not None:
        counts = (min(x.aval.ndim, 2), min(y.aval.ndim, 2))
        (x, y), placed = arranged("matmul", axes, (x, y), (*counts, sum(counts) - 2))
    column = max(y.aval.ndim - 2, 0)
    _require_equal("matmul", x, y, -1, column)
    if x.aval.ndim <= 2 and y.aval.ndim <= 2:
        summed = ((x.aval.ndim - 1,), (column,))
        result = _dot_general(x, y, summed, ((), ()), as_precision(precision))
    else:
        x_tail, y_tail = ["row", "sum"][-x.aval.ndim :], ["sum", "column"][: y.aval.ndim]
        result = _over_leading_axes("matmul", x, x_tail, y, y_tail, as_precision(precision))
    return delivered("matmul", placed(result) if placed else result, out)


def _over_leading_axes(
    function: str, x: Node, x_tail: Labels, y: Node, y_tail: Labels, precision: str
) -> Node:
    """The contraction of the last axes, labelled, over leading axes that broadcast."""
    x_count, y_count = x.aval.ndim - len(x_tail), y.aval.ndim - len(y_tail)
    x_lead, y_lead = x.aval.shape[:x_count], y.aval.shape[:y_count]
    lead = broadcast_lengths(function, x, y, x_lead, y_lead)
    x, x_labels = _drop_repeated(x, [*range(len(lead) - x_count, len(lead)), *x_tail], lead)
    y, y_labels = _drop_repeated(y, [*range(len(lead) - y_count, len(lead)), *y_tail], lead)
    named = {*x_labels, *y_labels}
    tail = [label for label in (*x_tail, *y_tail) if (label in x_tail) != (label in y_tail)]
    out = [*[label for label in range(len(lead)) if label in named], *tail]
    return contract_labels(x, x_labels, y, y_labels, out, precision)


def broadcast_lengths(
    function: str, x: Node, y: Node, x_lead: tuple[int, ...], y_lead: tuple[int, ...]
) -> tuple[int, ...]:
    """The leading lengths that those of two operands broadcast to.

    Raises:
        LazyaxTypeError: if there are none.
    """
    try:
        return numpy.broadcast_shapes(x_lead, y_lead)
    except ValueError:
        raise LazyaxTypeError(
            f"{function}: the leading axes {x_lead} of {x.aval} and {y_lead} of {y.aval} do not "
            "broadcast: counted from the last, lengths must be equal or 1"
        ) from None


def _drop_repeated(x: Node, labels: list, lead: tuple[int, ...]) -> tuple[Node, list]:
    """Without axes of length 1 that only the other operand has more of."""
    kept = [
        axis
        for axis, label in enumerate(labels)
        if not (type(label) is int and x.aval.shape[axis] == 1 and lead[label] != 1)
    ]
    shape = tuple([x.aval.shape[axis] for axis in kept])
    return reshape(x, shape), [labels[axis] for axis in kept]


def vecdot(
    x1: Any, x2: Any, /, out: Any = None, *, axis: int = -1, keepdims: bool = False,
    axes: Any = None, dtype: Any = None, precision: Precision = None,
) -> Array:  # fmt: skip
    """Sum of products along ``axis`` over others that broadcast; ``x1`` is conjugated.

    f32[5,3], f32[3] -> f32[5]. ``axes`` names the axis of each argument, such as ``[0, 1]``.

    >>> import lazyax.numpy as np
    >>> print(np.vecdot([[1, 2], [3, 4]], [1, 1]))
    [3 7]

    Raises:
        LazyaxTypeError: if the lengths differ, an operand is 0-d, for bad axes, and an unfit
            ``out``.
    """
    x, y = pair("vecdot", conjugate(x1), x2, dtype)
    named = [axis, axis] if axes is None else list(axes)
    if keepdims and len(named) == 2:
        named.append(named[0])
    (x, y), placed = arranged("vecdot", named, (x, y), (1, 1, int(keepdims)))
    _require_equal("vecdot", x, y, -1, -1)
    result = _over_leading_axes("vecdot", x, ["sum"], y, ["sum"], as_precision(precision))
    if keepdims:
        result = reshape(result, (*result.aval.shape, 1))
    return delivered("vecdot", placed(result), out)


def matvec(
    x1: Any, x2: Any, /, out: Any = None, *, axes: Any = None, dtype: Any = None,
    precision: Precision = None,
) -> Array:  # fmt: skip
    """Matrices times vectors, over leading axes that broadcast. f32[5,2,3], f32[3] -> f32[5,2].

    ``axes`` names those of matrix, vector and result, such as ``[(0, 1), 0, 0]``.

    >>> import lazyax.numpy as np
    >>> print(np.matvec([[1, 2], [3, 4]], [1, 1]))
    [3 7]

    Raises:
        LazyaxTypeError: if the lengths differ, there are too few axes, for bad axes, and an unfit
            ``out``.
    """
    x, y = pair("matvec", x1, x2, dtype)
    _require_axes("matvec", x, 2)
    _require_axes("matvec", y, 1)
    (x, y), placed = arranged("matvec", axes, (x, y), (2, 1, 1))
    _require_equal("matvec", x, y, -1, -1)
    precision = as_precision(precision)
    result = _over_leading_axes("matvec", x, ["row", "sum"], y, ["sum"], precision)
    return delivered("matvec", placed(result), out)


def vecmat(
    x1: Any, x2: Any, /, out: Any = None, *, axes: Any = None, dtype: Any = None,
    precision: Precision = None,
) -> Array:  # fmt: skip
    """Vectors, conjugated, times matrices over leading axes that broadcast.

    f32[2], f32[5,2,3] -> f32[5,3]. ``axes`` names those of vector, matrix and result.

    >>> import lazyax.numpy as np
    >>> print(np.vecmat([1, 1], [[1, 2], [3, 4]]))
    [4 6]

    Raises:
        LazyaxTypeError: if the lengths differ, there are too few axes, for bad axes, and an unfit
            ``out``.
    """
    x, y = pair("vecmat", conjugate(x1), x2, dtype)
    _require_axes("vecmat", x, 1)
    _require_axes("vecmat", y, 2)
    (x, y), placed = arranged("vecmat", axes, (x, y), (1, 2, 1))
    _require_equal("vecmat", x, y, -1, -2)
    precision = as_precision(precision)
    result = _over_leading_axes("vecmat", x, ["sum"], y, ["sum", "column"], precision)
    return delivered("vecmat", placed(result), out)


def _require_axes(function: str, x: Node, least: int) -> None:
    if x.aval.ndim < least:
        raise LazyaxTypeError(f"{function}: needs {least} axes or more, got {x.aval}")


def tensordot(a: Any, b: Any, axes: Any = 2, *, precision: Precision = None) -> Array:
    """Sum of products over pairs of axes: the last ``axes`` of a and first of b, or those named.

    f32[2,3,4], f32[3,4,5] -> f32[2,5] for axes 2. Lowers to `stablehlo.dot_general`.

    >>> import lazyax.numpy as np
    >>> np.tensordot(np.ones((2, 3)), np.ones((3, 2)), axes=((0,), (1,))).shape
    (3, 3)

    Raises:
        LazyaxTypeError: if the lengths differ, or for bad axes.
    """
    x, y = pair("tensordot", a, b)
    left, right = _tensordot_axes(x, y, axes)
    for axis, other in zip(left, right, strict=True):
        _require_equal("tensordot", x, y, axis, other)
    return Array(_dot_general(x, y, (left, right), ((), ()), as_precision(precision)))


def _tensordot_axes(x: Node, y: Node, axes: Any) -> tuple[Axes, Axes]:
    if isinstance(axes, (tuple, list)):
        left = as_axes("tensordot", axes[0], x.aval)
        right = as_axes("tensordot", axes[1], y.aval)
        if len(left) != len(right):
            raise LazyaxTypeError(
                f"tensordot: axes {axes} name {len(left)} of {x.aval} and {len(right)} of {y.aval}"
            )
        return left, right
    count = static_int("tensordot", axes, "axes")
    if not 0 <= count <= min(x.aval.ndim, y.aval.ndim):
        raise LazyaxTypeError(f"tensordot: {x.aval} and {y.aval} do not share {count} axes")
    return tuple(range(x.aval.ndim - count, x.aval.ndim)), tuple(range(count))


def inner(a: Any, b: Any, *, precision: Precision = None) -> Array:
    """Sum of products over the last axes. f32[2,3], f32[4,3] -> f32[2,4].

    >>> import lazyax.numpy as np
    >>> print(np.inner([1, 2, 3], [0, 1, 0]))
    2

    Raises:
        LazyaxTypeError: if the lengths differ.
    """
    x, y = pair("inner", a, b)
    if not x.aval.ndim or not y.aval.ndim:
        return multiply(Array(x), Array(y))
    _require_equal("inner", x, y, -1, -1)
    axes = ((x.aval.ndim - 1,), (y.aval.ndim - 1,))
    return Array(_dot_general(x, y, axes, ((), ()), as_precision(precision)))


def outer(a: Any, b: Any, out: Any = None) -> Array:
    """Products of all pairs of elements. f32[2], f32[3] -> f32[2,3]; more axes are flattened.

    >>> import lazyax.numpy as np
    >>> print(np.outer([1, 2], [3, 4]))
    [[3 4]
     [6 8]]

    Raises:
        LazyaxTypeError: for an unfit ``out``.
    """
    x, y = pair("outer", a, b)
    return delivered(
        "outer",
        multiply(Array(reshape(x, (x.aval.size, 1))), Array(reshape(y, (1, y.aval.size))))._node,
        out,
    )


def vdot(a: Any, b: Any, *, precision: Precision = None) -> Array:
    """Sum of products of all elements; ``a`` is conjugated. f32[2,3], f32[2,3] -> f32[].

    >>> import lazyax.numpy as np
    >>> print(np.vdot([1, 2, 3], [1, 1, 1]))
    6

    Raises:
        LazyaxTypeError: if the sizes differ.
    """
    x, y = pair("vdot", conjugate(a), b)
    x, y = reshape(x, (x.aval.size,)), reshape(y, (y.aval.size,))
    _require_equal("vdot", x, y, 0, 0)
    return Array(_dot_general(x, y, ((0,), (0,)), ((), ()), as_precision(precision)))


def kron(a: Any, b: Any) -> Array:
    """Kronecker's product: ``b`` times each element of ``a``, as blocks.

    f32[2,3], f32[4,5] -> f32[8,15].

    >>> import lazyax.numpy as np
    >>> print(np.kron([1, 10], [1, 2]))
    [ 1  2 10 20]
    """
    x, y = pair("kron", a, b)
    ndim = max(x.aval.ndim, y.aval.ndim)
    left, right = ((1,) * (ndim - node.aval.ndim) + node.aval.shape for node in (x, y))
    pairs = list(zip(left, right, strict=True))
    blocks = reshape(x, tuple([length for n, _ in pairs for length in (n, 1)]))
    block = reshape(y, tuple([length for _, n in pairs for length in (1, n)]))
    product = multiply(Array(blocks), Array(block))._node
    return Array(reshape(product, tuple([m * n for m, n in pairs])))


def cross(
    a: Any, b: Any, axisa: int = -1, axisb: int = -1, axisc: int = -1, axis: int | None = None
) -> Array:
    """Cross products of vectors of 3, or of 2, whose third component is taken for zero.

    f32[5,3], f32[3] -> f32[5,3]; of vectors of 2, f32[5,2], f32[2] -> f32[5].

    >>> import lazyax.numpy as np
    >>> print(np.cross([1, 0, 0], [0, 1, 0]))
    [0 0 1]

    Raises:
        LazyaxTypeError: for vectors of other lengths, and axes out of range.
    """
    if axis is not None:
        axisa = axisb = axisc = axis
    x, y = pair("cross", a, b)
    x = moveaxis(x, as_axis("cross", axisa, x.aval), x.aval.ndim - 1)
    y = moveaxis(y, as_axis("cross", axisb, y.aval), y.aval.ndim - 1)
    for node in (x, y):
        if node.aval.shape[-1] not in (2, 3):
            raise LazyaxTypeError(f"cross: needs vectors of 2 or 3 along axis, got {node.aval}")
    (a0, a1, a2), (b0, b1, b2) = _components(x), _components(y)
    last = a0 * b1 - a1 * b0
    if a2 is None and b2 is None:
        return last
    zero = multiply(last, 0)
    a2, b2 = (zero if one is None else one for one in (a2, b2))
    parts = [add(one, zero)._node for one in (a1 * b2 - a2 * b1, a2 * b0 - a0 * b2, last)]
    columns = [reshape(part, (*part.aval.shape, 1)) for part in parts]
    result = p.Concatenate(columns[0].aval.ndim - 1)(*columns)
    return Array(moveaxis(result, result.aval.ndim - 1, as_axis("cross", axisc, result.aval)))


def _components(x: Node) -> list[Array | None]:
    """The elements along the last axis, one by one; None for a third that is not there."""
    last = x.aval.ndim - 1
    found: list[Array | None] = [
        Array(reshape(cut(x, last, i, i + 1), x.aval.shape[:-1])) for i in range(x.aval.shape[-1])
    ]
    return found if len(found) == 3 else [*found, None]

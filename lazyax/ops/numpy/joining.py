"""Arrays joined into one, and one split into several."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import Any

import numpy

from lazyax.array import Array
from lazyax.errors import LazyaxTypeError
from lazyax.graph.node import Node
from lazyax.ops import primitives as p
from lazyax.ops.numpy.conventions import as_axis, as_dtype, as_operand, delivered, static_int
from lazyax.ops.numpy.dtypes import cast
from lazyax.ops.numpy.promotion import operand, promote
from lazyax.ops.numpy.reshaping import atleast_1d, atleast_2d, atleast_3d
from lazyax.ops.primitives.shape import reshape


def parts_of(
    function: str, arrays: Any, dtype: Any = None, casting: str = "same_kind"
) -> list[Node]:
    """The arrays of a sequence (or along axis 0 of an array) as nodes of one dtype.

    Raises:
        LazyaxTypeError: for no arrays, and for what is no sequence.
    """
    if not isinstance(arrays, (list, tuple)):
        arrays = _rows(function, as_operand(function, arrays))
    if not arrays:
        raise LazyaxTypeError(f"{function}: needs at least one array, got none")
    nodes = promote([operand(array, function) for array in arrays])
    if dtype is None:
        return nodes
    return [cast(function, node, as_dtype(function, dtype), casting) for node in nodes]


def _rows(function: str, x: Node) -> list[Array]:
    if not x.aval.ndim:
        raise LazyaxTypeError(f"{function}: needs a sequence of arrays, got {x.aval}")
    shape, ones = x.aval.shape, (1,) * x.aval.ndim
    zeros = (0,) * (x.aval.ndim - 1)
    return [
        Array(reshape(p.Slice((i, *zeros), (i + 1, *shape[1:]), ones)(x), shape[1:]))
        for i in range(shape[0])
    ]


def concatenate(
    arrays: Sequence[Any], axis: int | None = 0, out: Any = None, dtype: Any = None,
    casting: str = "same_kind",
) -> Array:  # fmt: skip
    """Arrays one after another along ``axis``; flattened first if it is None.

    f32[2,3], f32[2,4] -> f32[2,7] for axis 1.

    >>> import lazyax.numpy as np
    >>> print(np.concatenate([[1, 2], [3]]))
    [1 2 3]

    Raises:
        LazyaxTypeError: for shapes that differ along other axes, or no arrays.
    """
    nodes = parts_of("concatenate", arrays, dtype, casting)
    if axis is None:
        nodes, axis = [reshape(node, (node.aval.size,)) for node in nodes], 0
    axis = as_axis("concatenate", axis, nodes[0].aval)
    _require_same_but("concatenate", nodes, axis)
    return delivered(
        "concatenate", p.Concatenate(axis)(*nodes) if len(nodes) > 1 else nodes[0], out
    )


def _require_same_but(function: str, nodes: Sequence[Node], axis: int) -> None:
    shapes = [list(node.aval.shape) for node in nodes]
    others = {(len(shape), *shape[:axis], *shape[axis + 1 :]) for shape in shapes}
    if len(others) > 1:
        raise LazyaxTypeError(
            f"{function}: needs arrays that differ along axis {axis} alone, got "
            f"{', '.join(str(node.aval) for node in nodes)}"
        )


def concat(
    arrays: Sequence[Any], /, axis: int | None = 0, out: Any = None, *, dtype: Any = None,
    casting: str = "same_kind",
) -> Array:  # fmt: skip
    """`concatenate`, by the array API's name.

    >>> import lazyax.numpy as np
    >>> print(np.concat([[1, 2], [3]]))
    [1 2 3]
    """
    return concatenate(arrays, axis, out, dtype, casting)


def stack(
    arrays: Sequence[Any], axis: int = 0, out: Any = None, *, dtype: Any = None,
    casting: str = "same_kind",
) -> Array:  # fmt: skip
    """Arrays of one shape along a new axis. f32[3], f32[3] -> f32[2,3].

    >>> import lazyax.numpy as np
    >>> print(np.stack([[1, 2], [3, 4]], axis=1))
    [[1 3]
     [2 4]]

    Raises:
        LazyaxTypeError: for different shapes, no arrays, or an axis out of range.
    """
    nodes = parts_of("stack", arrays, dtype, casting)
    shape = nodes[0].aval.shape
    if any(node.aval.shape != shape for node in nodes):
        raise LazyaxTypeError(
            f"stack: needs arrays of one shape, got {', '.join(str(node.aval) for node in nodes)}"
        )
    axis = as_axis("stack", axis, nodes[0].aval, len(shape) + 1)
    rows = [reshape(node, (*shape[:axis], 1, *shape[axis:])) for node in nodes]
    return delivered("stack", p.Concatenate(axis)(*rows) if len(rows) > 1 else rows[0], out)


def _listed(arrays: Any) -> Any:
    return arrays if isinstance(arrays, (list, tuple)) else list(unstack(arrays))


def vstack(tup: Sequence[Any], *, dtype: Any = None, casting: str = "same_kind") -> Array:
    """Arrays one below another. f32[3], f32[3] -> f32[2,3].

    >>> import lazyax.numpy as np
    >>> np.vstack([[1, 2], [3, 4], [5, 6]]).shape
    (3, 2)

    Raises:
        LazyaxTypeError: for shapes that do not fit.
    """
    return concatenate([atleast_2d(array) for array in _listed(tup)], 0, None, dtype, casting)


row_stack = vstack


def hstack(tup: Sequence[Any], *, dtype: Any = None, casting: str = "same_kind") -> Array:
    """Arrays side by side: along axis 1, or axis 0 of 1-d arrays. f32[2], f32[3] -> f32[5].

    >>> import lazyax.numpy as np
    >>> print(np.hstack([[1, 2], 3]))
    [1 2 3]

    Raises:
        LazyaxTypeError: for shapes that do not fit.
    """
    arrays = [atleast_1d(array) for array in _listed(tup)]
    axis = 1 if arrays and arrays[0].ndim > 1 else 0
    return concatenate(arrays, axis, None, dtype, casting)


def dstack(tup: Sequence[Any], *, dtype: Any = None) -> Array:
    """Arrays one behind another, along axis 2. f32[2,3], f32[2,3] -> f32[2,3,2].

    >>> import lazyax.numpy as np
    >>> np.dstack([[1, 2], [3, 4]]).shape
    (1, 2, 2)

    Raises:
        LazyaxTypeError: for shapes that do not fit.
    """
    return concatenate([atleast_3d(array) for array in _listed(tup)], 2, dtype=dtype)


def column_stack(tup: Sequence[Any]) -> Array:
    """1-d arrays as columns, beside matrices. f32[2], f32[2,3] -> f32[2,4].

    >>> import lazyax.numpy as np
    >>> print(np.column_stack([[1, 2], [3, 4]]))
    [[1 3]
     [2 4]]

    Raises:
        LazyaxTypeError: for shapes that do not fit.
    """
    nodes = [as_operand("column_stack", array) for array in _listed(tup)]
    columns = [reshape(n, (n.aval.size, 1)) if n.aval.ndim < 2 else n for n in nodes]
    return concatenate([Array(column) for column in columns], 1)


def append(arr: Any, values: Any, axis: int | None = None) -> Array:
    """``values`` after ``arr`` along ``axis``; both flattened if it is None.

    >>> import lazyax.numpy as np
    >>> print(np.append([1, 2], [[3], [4]]))
    [1 2 3 4]

    Raises:
        LazyaxTypeError: for shapes that do not fit.
    """
    return concatenate([arr, values], axis)


def block(arrays: Any) -> Array:
    """An array put together from nested lists of blocks, the innermost along the last axis.

    >>> import lazyax.numpy as np
    >>> print(np.block([[np.ones((2, 2)), np.zeros((2, 1))], [7, 8, 9]]))
    [[1. 1. 0.]
     [1. 1. 0.]
     [7. 8. 9.]]

    Raises:
        LazyaxTypeError: for blocks that do not fit, and lists of unequal depth.
    """
    layers = [arrays]
    while isinstance(layers[-1], list):
        if not layers[-1]:
            raise LazyaxTypeError("block: a list of blocks is empty")
        layers.append(layers[-1][0])
    depth = len(layers) - 1
    ndim = max(depth, *[as_operand("block", leaf).aval.ndim for leaf in _leaves(arrays)])
    return _joined(arrays, depth, ndim)


def _leaves(arrays: Any) -> list[Any]:
    pending, found = [arrays], []
    while pending:
        element = pending.pop()
        if isinstance(element, list):
            pending.extend(element)
        else:
            found.append(element)
    return found


def _joined(arrays: Any, depth: int, ndim: int) -> Array:
    """Depth is that of the user's brackets, so this recursion is bounded by the number of axes."""
    if isinstance(arrays, list) != (depth > 0):
        raise LazyaxTypeError("block: all blocks must be nested to one depth")
    if depth:
        return concatenate([_joined(part, depth - 1, ndim) for part in arrays], -depth)
    node = as_operand("block", arrays)
    return Array(reshape(node, (1,) * (ndim - node.aval.ndim) + node.aval.shape))


def unstack(x: Any, /, *, axis: int = 0) -> tuple[Array, ...]:
    """The arrays along ``axis``, one by one. f32[2,3] -> two of f32[3].

    >>> import lazyax.numpy as np
    >>> [str(row) for row in np.unstack([[1, 2], [3, 4]])]
    ['[1 2]', '[3 4]']

    Raises:
        LazyaxTypeError: for an axis out of range.
    """
    node = as_operand("unstack", x)
    axis = as_axis("unstack", axis, node.aval)
    shape = node.aval.shape
    rest = shape[:axis] + shape[axis + 1 :]
    return tuple([Array(reshape(_cut(node, axis, i, i + 1), rest)) for i in range(shape[axis])])


def _cut(x: Node, axis: int, start: int, stop: int) -> Node:
    """Elements ``start:stop`` along one axis, clipped as Python's slices are."""
    starts, stops = [0] * x.aval.ndim, list(x.aval.shape)
    starts[axis], stops[axis], _ = slice(start, stop).indices(x.aval.shape[axis])
    stops[axis] = max(starts[axis], stops[axis])
    return p.Slice(tuple(starts), tuple(stops), (1,) * x.aval.ndim)(x)


def array_split(ary: Any, indices_or_sections: Any, axis: int = 0) -> list[Array]:
    """Parts along ``axis``: that many, of nearly equal length, or cut before the indices.

    >>> import lazyax.numpy as np
    >>> [len(part) for part in np.array_split(np.arange(7), 3)]
    [3, 2, 2]

    Raises:
        LazyaxTypeError: for an axis out of range, and for no parts.
    """
    x = as_operand("array_split", ary)
    axis = as_axis("array_split", axis, x.aval)
    length = x.aval.shape[axis]
    cuts = _cuts("array_split", indices_or_sections, length)
    bounds = [0, *cuts, length]
    return [Array(_cut(x, axis, a, b)) for a, b in itertools.pairwise(bounds)]


def _cuts(function: str, sections: Any, length: int) -> list[int]:
    """The positions that sections of an axis are cut at."""
    if numpy.ndim(sections) or isinstance(sections, (list, tuple)):
        return [static_int(function, cut, "an index") for cut in sections]
    count = static_int(function, sections, "the number of parts")
    if count < 1:
        raise LazyaxTypeError(f"{function}: needs one part or more, got {count}")
    least, longer = divmod(length, count)
    return [i * least + min(i, longer) for i in range(1, count)]


def split(ary: Any, indices_or_sections: Any, axis: int = 0) -> list[Array]:
    """Parts of equal length along ``axis``, or cut before the indices.

    >>> import lazyax.numpy as np
    >>> [str(part) for part in np.split(np.arange(6), [2, 3])]
    ['[0 1]', '[2]', '[3 4 5]']

    Raises:
        LazyaxTypeError: for an axis out of range, or one that does not divide into the parts.
    """
    x = as_operand("split", ary)
    axis = as_axis("split", axis, x.aval)
    if not numpy.ndim(indices_or_sections):
        count = static_int("split", indices_or_sections, "the number of parts")
        if count < 1 or x.aval.shape[axis] % count:
            raise LazyaxTypeError(
                f"split: axis {axis} of {x.aval} does not divide into {count} equal parts; use "
                "array_split"
            )
    return array_split(Array(x), indices_or_sections, axis)


def vsplit(ary: Any, indices_or_sections: Any) -> list[Array]:
    """`split` along axis 0.

    >>> import lazyax.numpy as np
    >>> [part.shape for part in np.vsplit(np.zeros((4, 3)), 2)]
    [(2, 3), (2, 3)]

    Raises:
        LazyaxTypeError: for fewer axes than two, and as `split`.
    """
    x = as_operand("vsplit", ary)
    if x.aval.ndim < 2:
        raise LazyaxTypeError(f"vsplit: needs two axes or more, got {x.aval}; use split")
    return split(Array(x), indices_or_sections, 0)


def hsplit(ary: Any, indices_or_sections: Any) -> list[Array]:
    """`split` along axis 1, or axis 0 of a 1-d array.

    >>> import lazyax.numpy as np
    >>> [part.shape for part in np.hsplit(np.zeros((3, 4)), 2)]
    [(3, 2), (3, 2)]
    """
    return split(ary, indices_or_sections, min(as_operand("hsplit", ary).aval.ndim - 1, 1))


def dsplit(ary: Any, indices_or_sections: Any) -> list[Array]:
    """`split` along axis 2.

    >>> import lazyax.numpy as np
    >>> [part.shape for part in np.dsplit(np.zeros((1, 2, 4)), 2)]
    [(1, 2, 2), (1, 2, 2)]
    """
    return split(ary, indices_or_sections, 2)

"""``x.flat``: the elements in row-major order, to read, write and iterate over."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import attrs
import numpy

from lazyax.array import Array, value_of
from lazyax.ops import primitives as p
from lazyax.ops.numpy.conventions import as_shape
from lazyax.ops.numpy.rearranging import cut
from lazyax.ops.numpy.taking import put
from lazyax.ops.primitives.shape import reshape


@attrs.frozen(eq=False)
class Flat:
    """The elements of an array in row-major order. What is written is written to the array.

    >>> import lazyax.numpy as np
    >>> x = np.zeros((2, 2))
    >>> x.flat[1:3] = 7.0
    >>> print(x)
    [[0. 7.]
     [7. 0.]]
    """

    array: Array

    def _ravel(self) -> Array:
        return Array(reshape(self.array._node, (self.array.size,)))

    def __getitem__(self, index: Any) -> Array:
        return self._ravel()[index]

    def __setitem__(self, index: Any, value: Any) -> None:
        line = self._ravel()
        line[index] = value
        self.array._node = reshape(line._node, self.array.shape)

    def fill(self, values: Any) -> None:
        """Write the elements of ``values``, again and again until all are written."""
        put(self.array, numpy.arange(self.array.size), values)

    def __len__(self) -> int:
        return self.array.size

    def __iter__(self) -> Iterator[Array]:
        return iter(self._ravel())

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Any:
        return self._ravel().__array__(dtype, copy)


def tofile(self: Array, fid: Any, sep: str = "", format: str = "%s") -> None:
    """`numpy.ndarray.tofile` of the value, which is computed now."""
    value_of(self, "tofile").tofile(fid, sep, format)


def resize(self: Array, *new_shape: Any, refcheck: bool = True) -> None:
    """Give the array another shape in place: elements are cut off, or zeros added, at the end.

    >>> import lazyax.numpy as np
    >>> x = np.arange(3)
    >>> x.resize((2, 2))
    >>> print(x)
    [[0 1]
     [2 0]]
    """
    shape = as_shape("resize", new_shape[0] if len(new_shape) == 1 else new_shape)
    line, size = reshape(self._node, (self.size,)), math.prod(shape)
    if size > self.size:
        line = p.Pad((0,), (size - self.size,), (0,))(line, p.Full(0, (), self.dtype)())
    self._node = reshape(cut(line, 0, 0, size), shape)

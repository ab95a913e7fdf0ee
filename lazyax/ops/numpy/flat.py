"""``x.flat``: the elements in row-major order, to read, write and iterate over."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import attrs

from lazyax.array import Array, value_of
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

    def __len__(self) -> int:
        return self.array.size

    def __iter__(self) -> Iterator[Array]:
        return iter(self._ravel())

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Any:
        return self._ravel().__array__(dtype, copy)


def tofile(self: Array, fid: Any, sep: str = "", format: str = "%s") -> None:
    """`numpy.ndarray.tofile` of the value, which is computed now."""
    value_of(self, "tofile").tofile(fid, sep, format)


def install() -> None:
    """Give `Array` its property ``flat`` and what writes elements in that order."""
    Array.flat = property(Flat, doc="The elements in row-major order: see `Flat`.")
    Array.tofile = tofile

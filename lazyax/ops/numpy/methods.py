"""NumPy's array methods: each is the function of that name, with the array first."""

from __future__ import annotations

from typing import Any

from lazyax.array import Array
from lazyax.errors import LazyaxTypeError
from lazyax.ops import primitives as p
from lazyax.ops.numpy import (
    choosing,
    contraction,
    creation,
    cumulative,
    matrices,
    rearranging,
    reductions,
    reshaping,
    statistics,
    ufuncs,
)
from lazyax.ops.numpy.conventions import as_dtype
from lazyax.ops.numpy.dtypes import can_cast
from lazyax.ops.numpy.operators import in_place


def _reshape(self: Array, *shape: Any, order: str = "C", copy: bool | None = None) -> Array:
    """The elements in another shape, given as a tuple or as several ints."""
    return reshaping.reshape(self, shape[0] if len(shape) == 1 else shape, order, copy=copy)


def _transpose(self: Array, *axes: Any) -> Array:
    """Axes reversed, or in the order given as a tuple or as several ints."""
    order = axes[0] if len(axes) == 1 and not isinstance(axes[0], int) else axes
    return reshaping.transpose(self, order or None)


def _flatten(self: Array, order: str = "C") -> Array:
    """All elements along one axis."""
    return reshaping.ravel(self, order)


def _astype(
    self: Array,
    dtype: Any,
    order: str = "K",
    casting: str = "unsafe",
    subok: bool = True,
    copy: bool = True,
    *,
    device: Any = None,
) -> Array:
    """The array converted to ``dtype``. Complex to real keeps the real part.

    Raises:
        LazyaxTypeError: for a conversion that ``casting`` forbids, by `numpy.can_cast`'s rules.
    """
    if casting != "unsafe" and not can_cast(self.dtype, dtype, casting):
        raise LazyaxTypeError(
            f"astype: {self.aval} does not become {as_dtype('astype', dtype)} by "
            f"casting={casting!r}; use casting='unsafe'"
        )
    return creation.astype(self, dtype, copy=copy, device=device)


def _copy(self: Array, order: str = "C") -> Array:
    """A handle of its own: what is later written to one is not seen in the other."""
    return creation.copy(self)


def _view(self: Array, dtype: Any = None) -> Array:
    """The same bits as another dtype of the same width."""
    chosen = self.dtype if dtype is None else as_dtype("view", dtype)
    if chosen.itemsize != self.itemsize:
        raise LazyaxTypeError(
            f"view: {self.aval} has elements of {self.itemsize} bytes and {chosen} of "
            f"{chosen.itemsize}; views keep the width, use astype"
        )
    return Array(p.BitcastConvert(chosen)(self._node))


def _round(self: Array, ndigits: int | None = None) -> Any:
    """Python's ``round``: of a number to an int; with ``ndigits``, of an array, lazily."""
    return round(self.item()) if ndigits is None else choosing.round(self, ndigits)


NAMED_ALIKE = {
    choosing: "choose round",
    contraction: "dot",
    cumulative: "cumprod cumsum",
    matrices: "diagonal trace",
    rearranging: "repeat",
    reductions: "all any max min prod ptp sum",
    reshaping: "ravel squeeze swapaxes",
    statistics: "mean std var",
    ufuncs: "clip conj conjugate",
}
"""Methods that are the function of their name, by the module that has it."""

METHODS = {
    **{name: getattr(of, name) for of, names in NAMED_ALIKE.items() for name in names.split()},
    "astype": _astype,
    "copy": _copy,
    "flatten": _flatten,
    "reshape": _reshape,
    "transpose": _transpose,
    "view": _view,
    "__round__": _round,
}

PROPERTIES = {
    "T": reshaping.transpose,
    "mT": reshaping.matrix_transpose,
    "real": ufuncs.real,
    "imag": ufuncs.imag,
}


def _matmul(self: Array, other: Any) -> Array:
    return contraction.matmul(self, other)


def _reflected_matmul(self: Array, other: Any) -> Array:
    return contraction.matmul(other, self)


MATMUL = {
    "__matmul__": _matmul,
    "__rmatmul__": _reflected_matmul,
    "__imatmul__": in_place("matmul", _matmul),
}


def install() -> None:
    """Give `Array` its methods, properties and ``@``."""
    for name, function in METHODS.items():
        setattr(Array, name, function)
    for name, function in PROPERTIES.items():
        setattr(Array, name, property(function, doc=function.__doc__))
    for name, function in MATMUL.items():
        setattr(Array, name, function)

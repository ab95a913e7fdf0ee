"""NumPy's array methods: most are the function of that name, with the array first."""

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
    exchange,
    matrices,
    rearranging,
    reductions,
    reshaping,
    search,
    sorting,
    statistics,
    taking,
    ufuncs,
)
from lazyax.ops.numpy.at import At
from lazyax.ops.numpy.conventions import as_dtype
from lazyax.ops.numpy.dtypes import can_cast
from lazyax.ops.numpy.flat import Flat, resize, tofile
from lazyax.ops.numpy.operators import in_place
from lazyax.xla.devices import Device


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


class Methods:
    """What `Array` gets from this layer: functions with the array first, and properties.

    `Array` is a subclass for type checkers alone; at run time `install` copies what is here.
    """

    all = reductions.all
    any = reductions.any
    argmax = search.argmax
    argmin = search.argmin
    argpartition = sorting.argpartition
    argsort = sorting.argsort
    astype = _astype
    choose = choosing.choose
    clip = ufuncs.clip
    compress = taking.compressed
    copy = _copy
    cumprod = cumulative.cumprod
    cumsum = cumulative.cumsum
    diagonal = matrices.diagonal
    dot = contraction.dot
    fill = taking.fill
    flatten = _flatten
    max = reductions.max
    mean = statistics.mean
    min = reductions.min
    nonzero = search.nonzero
    partition = sorting.partition_in_place
    prod = reductions.prod
    ptp = reductions.ptp
    put = taking.put
    ravel = reshaping.ravel
    repeat = rearranging.repeat
    reshape = _reshape
    resize = resize
    round = choosing.round
    searchsorted = search.searchsorted
    sort = sorting.sort_in_place
    squeeze = reshaping.squeeze
    std = statistics.std
    sum = reductions.sum
    swapaxes = reshaping.swapaxes
    take = taking.take
    to_device = exchange.to_device
    tofile = tofile
    trace = matrices.trace
    transpose = _transpose
    var = statistics.var
    view = _view
    __round__ = _round

    def conjugate(self, out: Any = None) -> Array:
        """`numpy.conjugate` of this array."""
        return ufuncs.conjugate(self, out)

    conj = conjugate

    @property
    def T(self) -> Array:  # noqa: N802 - NumPy's name
        """The array with its axes in reverse order."""
        return reshaping.transpose(self)

    @property
    def mT(self) -> Array:  # noqa: N802 - NumPy's name
        """The array with its last two axes swapped."""
        return reshaping.matrix_transpose(self)

    @property
    def real(self) -> Array:
        """The real part."""
        return ufuncs.real(self)

    @property
    def imag(self) -> Array:
        """The imaginary part."""
        return ufuncs.imag(self)

    @property
    def at(self) -> At:
        """Functional updates: ``x.at[index].set(v)`` is a new array."""
        return At(self)

    @property
    def flat(self) -> Flat:
        """The elements in row-major order: see `Flat`."""
        return Flat(self)

    @flat.setter
    def flat(self, values: Any) -> None:
        Flat(self).fill(values)

    @property
    def device(self) -> Device:
        """Where the array is."""
        return exchange.device_of(self)


def _set_shape(self: Array, shape: Any) -> None:
    self._node = reshaping.reshape(self, shape)._node


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
    of_any_class = vars(type("Empty", (), {}))
    for name, attribute in vars(Methods).items():
        if name not in of_any_class:
            setattr(Array, name, attribute)
    for name, function in MATMUL.items():
        setattr(Array, name, function)
    Array.shape = property(Array.shape.fget, _set_shape, doc=Array.shape.__doc__)

"""The array that a user holds: a handle to a node, and the ways to get its value."""

from __future__ import annotations

import threading
import warnings
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, ClassVar

import numpy

from lazyax import tree
from lazyax.config import config, default_dtype
from lazyax.errors import DetachedValueWarning, LazyaxTypeError, MaterializeError
from lazyax.graph.aval import EXTENDED, Aval, aval_of
from lazyax.graph.node import Node, history_keepers
from lazyax.graph.origin import current_origin, describe, warn_at
from lazyax.graph.transforms import transforms
from lazyax.graph.traversal import toposort
from lazyax.ops.primitives.kinds import Flat
from lazyax.ops.primitives.leaves import COMPUTED, data_leaf, scalar_leaf
from lazyax.xla import buffers, execute
from lazyax.xla.plan import NUMBERS

if TYPE_CHECKING:
    from lazyax.ops.numpy.methods import Methods  # of the layer above, which adds them
else:
    Methods = object

PYTHON_NUMBERS = (bool, int, float, complex)


class Array(Methods):
    """An array that may not have been computed yet.

    Calls on it add nodes to an expression graph and return at once. Its value is computed, with
    everything that it needs fused into one program, when it is looked at: by ``print``, ``str``,
    ``bool``, ``int``, ``float``, ``item``, ``numpy.asarray``, iteration over numbers, or
    `lazyax.materialize`. ``repr`` never computes.

    An Array is a handle. ``x[i] = v`` and ``x += v`` point it at a new node, so every holder of
    the handle sees the change, as with NumPy; slices are copies.

    >>> import lazyax.numpy as np
    >>> x = np.arange(3.0)
    >>> (x * 2).sum().item()
    6.0
    """

    __slots__ = ("__weakref__", "_node")
    __array_priority__ = 1000
    __hash__: ClassVar[None] = None  # type: ignore[assignment]  # as NumPy's: == is elementwise

    def __init__(self, node: Node):
        self._node = node

    @property
    def aval(self) -> Aval:
        """Shape, dtype and weakness."""
        return self._node.aval

    @property
    def shape(self) -> tuple[int, ...]:
        """Lengths of the axes."""
        return self._node.aval.shape

    @property
    def dtype(self) -> numpy.dtype:
        """Type of the elements."""
        return self._node.aval.dtype

    @property
    def weak_type(self) -> bool:
        """Whether it came of Python numbers alone and yields to other dtypes."""
        return self._node.aval.weak_type

    @property
    def ndim(self) -> int:
        """Number of axes."""
        return self._node.aval.ndim

    @property
    def size(self) -> int:
        """Number of elements."""
        return self._node.aval.size

    @property
    def nbytes(self) -> int:
        """Bytes of the elements."""
        return self._node.aval.nbytes

    @property
    def itemsize(self) -> int:
        """Bytes of one element."""
        return self._node.aval.dtype.itemsize

    @property
    def is_materialized(self) -> bool:
        """Whether the value is there already. Never computes."""
        return self._node.value is not None

    def materialize(self) -> Array:
        """Compute the value now, and return this array."""
        materialize(self)
        return self

    def block_until_ready(self) -> Array:
        """Compute the value and wait until it is there."""
        node = self._node
        if node.value is None:
            execute.materialize([node], COMPUTED)
        if type(node.value) is buffers.Buffer:
            node.value.block_until_ready()
        return self

    def __array__(self, dtype=None, copy=None) -> numpy.ndarray:
        array = lent_value(self, "numpy.asarray")
        if dtype is not None and array.dtype != dtype:
            if copy is False:
                raise LazyaxTypeError(f"asarray: {self.aval} can not become {dtype} without a copy")
            return array.astype(dtype)
        return array.copy() if copy else array

    def item(self, *index: int) -> Any:
        """The only element, or the one at ``index``, as a Python number."""
        return value_of(self, "item").item(*index)

    def tolist(self) -> Any:
        """The elements as nested lists of Python numbers."""
        return value_of(self, "tolist").tolist()

    def tobytes(self) -> bytes:
        """The elements' bytes in row-major order."""
        return value_of(self, "tobytes").tobytes()

    def __bool__(self) -> bool:
        if self.size != 1:
            raise LazyaxTypeError(
                f"bool: the truth of {self.aval} is ambiguous; use .any() or .all()"
            )
        return bool(value_of(self, "bool").reshape(()))

    def __int__(self) -> int:
        return int(_single(self, "int"))

    __trunc__ = __int__

    def __float__(self) -> float:
        return float(_single(self, "float"))

    def __complex__(self) -> complex:
        return complex(_single(self, "complex"))

    def __index__(self) -> int:
        if self.ndim or self.dtype.kind not in "iu":
            raise LazyaxTypeError(f"index: needs a 0-d integer array, got {self.aval}")
        return int(value_of(self, "index"))

    def __len__(self) -> int:
        if not self.ndim:
            raise LazyaxTypeError("len: a 0-d array has no length")
        return self.shape[0]

    def __repr__(self) -> str:
        node = self._node
        if node.value is not None and _readable(node):
            return f"Array({_elements(_read(node))}, {node.aval})"
        return f"Array({node.aval}, {node.op.name}, pending, {describe(node.origin)})"

    def __str__(self) -> str:
        return str(value_of(self, "str"))

    def __format__(self, spec: str) -> str:
        value = value_of(self, "format")
        return format(value.item() if not self.ndim else value, spec)

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:
        """IPython's display: shows the value."""
        printer.text(f"Array({_elements(value_of(self, 'display'))}, {self.aval})")

    def __reduce__(self):
        return _from_pickle, (numpy.array(value_of(self, "pickle")), self.weak_type)

    if TYPE_CHECKING:  # `lazyax.ops.numpy`, which is above this layer, gives them to the class

        def _operator(self, other: Any) -> Array: ...
        def _sign(self) -> Array: ...

        __add__ = __radd__ = __sub__ = __rsub__ = __mul__ = __rmul__ = _operator
        __truediv__ = __rtruediv__ = __floordiv__ = __rfloordiv__ = _operator
        __mod__ = __rmod__ = __pow__ = __rpow__ = __matmul__ = __rmatmul__ = _operator
        __and__ = __rand__ = __or__ = __ror__ = __xor__ = __rxor__ = _operator
        __lshift__ = __rlshift__ = __rshift__ = __rrshift__ = _operator
        __lt__ = __le__ = __gt__ = __ge__ = _operator

        def __eq__(self, other: Any) -> Array: ...  # type: ignore[override]  # elementwise
        def __ne__(self, other: Any) -> Array: ...  # type: ignore[override]
        def __divmod__(self, other: Any) -> tuple[Array, Array]: ...
        def __rdivmod__(self, other: Any) -> tuple[Array, Array]: ...
        def __contains__(self, element: Any) -> bool: ...

        __neg__ = __pos__ = __abs__ = __invert__ = _sign

        def __getitem__(self, index: Any) -> Array: ...
        def __setitem__(self, index: Any, value: Any) -> None: ...
        def __iter__(self) -> Iterator[Array]: ...

    def __copy__(self) -> Array:
        return Array(self._node)

    def __deepcopy__(self, memo: dict) -> Array:
        return Array(self._node)


def _elements(value: numpy.ndarray) -> str:
    return numpy.array2string(value, separator=", ", prefix="Array(")


def _single(x: Array, asked: str) -> Any:
    if x.size != 1:
        raise LazyaxTypeError(f"{asked}: needs one element, got {x.aval}")
    return value_of(x, asked).reshape(()).item()


def _from_pickle(value: numpy.ndarray, weak_type: bool) -> Array:
    aval = aval_of(value.shape, value.dtype, weak_type)
    return Array(data_leaf(aval, buffers.put(value)))


def _readable(node: Node) -> bool:
    """Whether reading the value would not wait for the device."""
    return type(node.value) in NUMBERS or node.value.is_ready()


def _read(node: Node) -> numpy.ndarray:
    """The value of a node that has one."""
    if type(node.value) in NUMBERS:
        return numpy.full(node.aval.shape, node.value, node.aval.dtype)
    return buffers.to_numpy(node.value, node.aval)


class _Policy(threading.local):
    forbidden = False


_policy = _Policy()


class no_materialize:  # noqa: N801 - a context manager, used like a function
    """Inside the block, looking at a pending value is an error that names the line.

    `lazyax.materialize` and ``x.materialize()`` still compute: they ask explicitly.

    >>> import lazyax as lx
    >>> with lx.no_materialize():
    ...     float(lx.numpy.ones(()) + 1)
    Traceback (most recent call last):
    ...
    lazyax.errors.MaterializeError: ...
    """

    def __enter__(self):
        self._before = _policy.forbidden
        _policy.forbidden = True

    def __exit__(self, *exception):
        _policy.forbidden = self._before


def is_forbidden() -> bool:
    """Whether looking at a pending value is an error here."""
    return _policy.forbidden or config.implicit_materialization == "raise"


def value_of(x: Array, asked: str) -> numpy.ndarray:
    """The value of an array as NumPy's, materialized by the implicit request ``asked``.

    Raises:
        MaterializeError: where the configuration or `no_materialize` forbids it.
    """
    node = x._node  # another thread may change the handle meanwhile
    if node.value is None:
        policy = "raise" if is_forbidden() else config.implicit_materialization
        if policy != "allow":
            _object_to(x, asked, policy)
        execute.materialize([node], COMPUTED)
    return _read(node)


def _object_to(x: Array, asked: str, policy: str) -> None:
    message = (
        f"{asked} at {describe(current_origin())} materializes {x.aval}, made at "
        f"{describe(x._node.origin)}; call lazyax.materialize first, or allow it with "
        "lazyax.config.update(implicit_materialization='allow')"
    )
    if policy == "raise":
        raise MaterializeError(message)
    warnings.warn(message, stacklevel=4)


class _Flat:
    """See `FLAT`."""

    def __contains__(self, node: object) -> bool:
        return isinstance(node, Node) and isinstance(node.op, Flat)


FLAT = _Flat()
"""The nodes whose derivative is zero whatever they are made of."""


def lent_value(x: Array, asked: str) -> numpy.ndarray:
    """`value_of` for another library, in which no derivative goes on.

    Raises:
        MaterializeError: as `value_of`.

    Warns:
        DetachedValueWarning: where a derivative is being taken.
    """
    if history_keepers.count and x.aval.is_inexact:
        _warn_if_differentiated(x)
    return value_of(x, asked)


def _warn_if_differentiated(x: Array) -> None:
    """Say that a derivative does not go through what becomes an array of NumPy's."""
    order = toposort([x._node], stop=FLAT)
    running = next((node.op for node in order if node.op.keeps_history), None)
    if running is None or x._node in FLAT:
        return
    here = current_origin()
    warn_at(
        here,
        f"numpy.asarray at {describe(here)} takes the value of {x.aval} while {running.trace} "  # type: ignore[attr-defined]  # of a Variable
        "runs, whose derivative will not go through that array; use functions of lazyax.numpy, or "
        "asarray(lax.stop_gradient(x)) for a constant",
        DetachedValueWarning,
    )


def materialize(*trees: Any) -> Any:
    """Compute all arrays in ``trees`` now, by one program for what they share.

    Args:
        trees: pytrees; leaves that are not arrays are left alone.

    Returns:
        The tree, or a tuple of the trees.

    >>> import lazyax as lx
    >>> x, y = lx.materialize(lx.numpy.ones(2), lx.numpy.zeros(2))
    >>> x.is_materialized
    True
    """
    found = [leaf._node for leaf in tree.leaves(trees) if isinstance(leaf, Array)]
    execute.materialize(found, COMPUTED)
    return trees[0] if len(trees) == 1 else trees


def number_node(value: complex, dtype=None) -> Node:
    """The scalar leaf of a Python number; weak unless a dtype is given.

    Raises:
        LazyaxTypeError: if an int does not fit its dtype.
    """
    weak = dtype is None
    dtype = default_dtype(type(value)) if weak else numpy.dtype(dtype)
    return scalar_leaf(fitting(value, dtype), dtype, weak, current_origin())


def fitting(value: Any, dtype: numpy.dtype) -> Any:
    """``value`` as the number that a scalar leaf of ``dtype`` holds.

    Raises:
        LazyaxTypeError: if it does not fit.
    """
    if dtype.kind in "iu":
        value = int(value)
        limits = numpy.iinfo(dtype)
        if not limits.min <= value <= limits.max:
            raise LazyaxTypeError(
                f"the Python integer {value} does not fit {dtype}; give a wider dtype, such as "
                "int64"
            )
    elif dtype.kind == "f" and type(value) is int:
        value = float(value)
    return value


def array_node(value: numpy.ndarray) -> Node:
    """The leaf of a NumPy array: its elements are copied to the device now.

    Raises:
        LazyaxTypeError: for a dtype that XLA does not have.
    """
    require_dtype(value.dtype)
    if not value.dtype.isnative:
        value = value.astype(value.dtype.newbyteorder("="))
    return data_leaf(aval_of(value.shape, value.dtype), buffers.put(value), current_origin())


def require_dtype(dtype: numpy.dtype) -> None:
    """Raise unless XLA has the dtype.

    Raises:
        LazyaxTypeError: naming it.
    """
    known = dtype.kind in "biufc" and dtype.itemsize <= (16 if dtype.kind == "c" else 8)
    if not known and dtype not in EXTENDED:
        raise LazyaxTypeError(
            f"dtype {dtype} is not one that XLA has: use bool, an integer, float, complex or "
            "bfloat16 dtype of at most 64 bits (128 for complex)"
        )


def is_array_like(value: Any) -> bool:
    """Whether ``value`` is an array or number by itself, not a sequence of them."""
    return isinstance(value, (Array, numpy.ndarray, numpy.generic, *PYTHON_NUMBERS))


def as_node(value: Any) -> Node | None:
    """The node of an array, NumPy array or number; None for anything else."""
    if type(value) is Array:
        return value._node
    if type(value) in PYTHON_NUMBERS:
        return number_node(value)
    if isinstance(value, numpy.generic):
        require_dtype(value.dtype)
        return scalar_leaf(value.item(), value.dtype, False, current_origin())
    if isinstance(value, numpy.ndarray):
        return array_node(value)
    if isinstance(value, Array):
        return value._node
    if hasattr(value, "__array__"):
        return array_node(numpy.asarray(value))
    return None


def known_int(node: Node) -> int | None:
    """The value of an integer scalar, for rules that shape a program by it.

    None where it depends on what is abstract, or where looking at values is not allowed.
    """
    if node.value is None:
        if _policy.forbidden or config.implicit_materialization != "allow":
            return None
        if any(below.op.abstract for below in toposort([node])):
            return None
        execute.materialize([node], COMPUTED)
    return int(_read(node))


transforms["known_int"] = known_int

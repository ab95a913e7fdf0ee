"""What an index selects: NumPy's rules of basic and advanced indexing, for one array.

Basic indexing takes regularly spaced positions of each axis (`Span`). Advanced indexing has index
arrays as well: they broadcast together to the shape ``loop``, and the result has the loop's axes
where the indexed axes were if those stood side by side, and first otherwise.
"""

from __future__ import annotations

import functools
import operator
from collections.abc import Iterable, Sequence
from typing import Any

import attrs
import numpy

from lazyax.array import Array, array_node
from lazyax.errors import AbstractValueError, LazyaxIndexError, LazyaxTypeError
from lazyax.graph.aval import Aval
from lazyax.graph.node import Node
from lazyax.ops.numpy.bounds import known_value, lazy_span_bounds, position
from lazyax.ops.numpy.promotion import sequence_node

LOOP = "loop"
"""In a layout: where the axes of the index arrays go."""

SEPARATOR = "separator"
"""An ellipsis that stands for no axis still keeps index arrays apart, as in NumPy."""

INDEX_KINDS = "integers, slices, ..., None, and arrays or lists of integers or bools"


@attrs.frozen(cache_hash=True)
class Span:
    """Regularly spaced positions of one axis: ``low + stride * (0, ..., count - 1)``.

    Attributes:
        count: how many.
        stride: distance between neighbours, positive.
        backwards: whether the largest position comes first.
    """

    count: int
    stride: int = 1
    backwards: bool = False

    @property
    def block(self) -> int:
        """Length of the block from the smallest to the largest position."""
        return (self.count - 1) * self.stride + 1 if self.count else 0


@attrs.frozen(cache_hash=True)
class Pattern:
    """All of a selection that is static: everything but where its blocks are.

    Attributes:
        aval: of the array.
        spans: for each of its axes the positions that are taken; all of an indexed axis.
        layout: for each axis of the result the axis that it is, None if it is new, or `LOOP`.
            The axis of an int is not in it.
        loop: the shape that the index arrays broadcast to; None without any.
    """

    aval: Aval
    spans: tuple[Span, ...]
    layout: tuple[int | str | None, ...]
    loop: tuple[int, ...] | None = None

    @functools.cached_property
    def shape(self) -> tuple[int, ...]:
        """The shape of the result."""
        return tuple(self._lengths(new=True))

    @functools.cached_property
    def old_shape(self) -> tuple[int, ...]:
        """The shape of the result without its new axes."""
        return tuple(self._lengths(new=False))

    def _lengths(self, new: bool) -> list[int]:
        lengths = []
        for place in self.layout:
            if place == LOOP:
                lengths += self.loop
            elif place is not None:
                lengths.append(self.spans[place].count)
            elif new:
                lengths.append(1)
        return lengths

    @functools.cached_property
    def counts(self) -> tuple[int, ...]:
        """Number of positions taken of each axis."""
        return tuple(span.count for span in self.spans)

    @functools.cached_property
    def rest(self) -> tuple[int, ...]:
        """The axes that are sliced, in order."""
        return tuple(place for place in self.layout if type(place) is int)

    @functools.cached_property
    def movable(self) -> tuple[int, ...]:
        """Axes of which a block is taken that could as well be taken elsewhere."""
        lengths = zip(self.spans, self.aval.shape, strict=True)
        return tuple(axis for axis, (span, n) in enumerate(lengths) if 0 < span.block < n)


@attrs.frozen(eq=False)
class Selection:
    """What an index selects of an array.

    Attributes:
        pattern: what is static.
        lows: for each axis the smallest position that is taken; a node where it is only known
            at run time.
        arrays: pairs of an indexed axis and its index array, in bounds if it is concrete.
    """

    pattern: Pattern
    lows: tuple[int | Node, ...]
    arrays: tuple[tuple[int, numpy.ndarray | Node], ...] = ()


@attrs.frozen(eq=False)
class Mask:
    """A boolean index: a NumPy array, or a node whose value will decide the shape."""

    value: numpy.ndarray | Node

    @property
    def shape(self) -> tuple[int, ...]:
        """Lengths of the axes that it covers."""
        return self.value.aval.shape if isinstance(self.value, Node) else self.value.shape

    def node(self) -> Node:
        """The mask as a node."""
        return self.value if isinstance(self.value, Node) else array_node(self.value)

    def positions(self) -> tuple[numpy.ndarray, ...]:
        """For each axis the indices of what is True; of a 0-d mask one row, or none."""
        value = self.value
        if isinstance(value, Node):
            try:
                value = known_value(value, "a boolean index")
            except AbstractValueError as error:
                raise LazyaxIndexError(
                    f"index: how many elements the mask {self.value.aval} selects depends on its "
                    "value, which does not exist while a function is traced; use "
                    "np.where(mask, x, 0), or np.nonzero(mask, size=...) and index with that"
                ) from error
        return numpy.nonzero(value) if value.ndim else (numpy.zeros(int(value), numpy.intp),)


def select(index: Any, aval: Aval, lenient: bool = False) -> Selection:
    """What ``x[index]`` selects, for an x of ``aval``.

    Args:
        index: anything that NumPy takes.
        aval: of what is indexed.
        lenient: let concrete integers be out of bounds.

    Raises:
        LazyaxIndexError: for an index that is out of bounds or of a kind that indexes nothing.
        LazyaxTypeError: for bounds of a slice that are no integers, and a step of zero.
    """
    found = None if lenient else static_selection(index, aval)
    if found is not None:
        return found
    entries = index if type(index) is tuple else (index,)
    return _selection([_classified(entry) for entry in entries], aval, lenient)


def mask_alone(index: Any, aval: Aval) -> tuple[Mask, int] | None:
    """The mask that a whole index is, and the first axis that it covers.

    None for an index of another kind, and for a mask that does not fit.
    """
    entries = index if type(index) is tuple else (index,)
    entries = [_classified(entry) for entry in entries]
    masks = [entry for entry in entries if isinstance(entry, Mask)]
    others = [entry for entry in entries if not isinstance(entry, Mask)]
    if len(masks) != 1 or any(
        entry is not Ellipsis and not (isinstance(entry, slice) and entry == slice(None))
        for entry in others
    ):
        return None
    entries = _one_for_each_axis(entries, aval)
    first = entries.index(masks[0])
    shape = masks[0].shape
    return (masks[0], first) if aval.shape[first : first + len(shape)] == shape else None


def static_selection(index: Any, aval: Aval) -> Selection | None:
    """What an index of ints, slices of ints, None and ``...`` selects; None for any other.

    Raises:
        LazyaxIndexError: as `select`.
    """
    key = []
    for entry in index if type(index) is tuple else (index,):
        kind = type(entry)
        if kind is slice:  # not hashable before Python 3.12
            start, stop, step = entry.start, entry.stop, entry.step
            if (
                (start is not None and type(start) is not int)
                or (stop is not None and type(stop) is not int)
                or (step is not None and type(step) is not int)
            ):
                return None
            key.append((start, stop, step))
        elif kind is int or entry is None or entry is Ellipsis:
            key.append(entry)
        else:
            return None
    return _static_selection(tuple(key), aval)


@functools.lru_cache(maxsize=4096)
def _static_selection(key: tuple, aval: Aval) -> Selection:
    entries = [slice(*entry) if type(entry) is tuple else entry for entry in key]
    return _selection(entries, aval, lenient=False)


def _classified(entry: Any) -> Any:
    """An entry of an index as one of: None, ``...``, slice, int, `Mask`, index array."""
    if entry is None or entry is Ellipsis or type(entry) in (slice, int):
        return entry
    if isinstance(entry, (bool, numpy.bool_)):
        return Mask(numpy.asarray(bool(entry)))
    if isinstance(entry, (list, tuple)):
        entry = _from_sequence(entry)
    elif isinstance(entry, Sequence) and not isinstance(entry, (str, bytes)):
        entry = _from_sequence(list(entry))
    if isinstance(entry, Array):
        entry = entry._node
    elif not isinstance(entry, (numpy.ndarray, Node)):
        if hasattr(entry, "__index__"):
            return operator.index(entry)
        if hasattr(entry, "__array__"):
            entry = numpy.asarray(entry)
    if isinstance(entry, Node):
        kind, got = entry.aval.dtype.kind, entry.aval
    elif isinstance(entry, numpy.ndarray):
        kind, got = entry.dtype.kind, f"a NumPy array of {entry.dtype}"
    else:
        kind, got = "", type(entry).__name__
    if kind == "b":
        return Mask(entry)
    if kind not in tuple("iu"):
        raise LazyaxIndexError(f"index: only {INDEX_KINDS} are indices, got {got}")
    return int(entry) if isinstance(entry, numpy.ndarray) and not entry.ndim else entry


def _from_sequence(entry: Sequence) -> numpy.ndarray | Node:
    """The index array of a list; it stays lazy if there is a lazy array in it."""
    pending = list(entry)
    while pending:
        element = pending.pop()
        if isinstance(element, Array):
            return sequence_node(entry, "index")
        if isinstance(element, (list, tuple)):
            pending.extend(element)
    try:
        array = numpy.asarray(entry)
    except ValueError:
        raise LazyaxIndexError(f"index: the list {entry!r} is ragged, so it is no array") from None
    return array.astype(numpy.intp) if not array.size and array.dtype.kind == "f" else array


def _selection(entries: list, aval: Aval, lenient: bool) -> Selection:
    entries = _one_for_each_axis(entries, aval)
    advanced = lenient or any(
        isinstance(entry, Mask) or (_is_array(entry) and _shape(entry)) for entry in entries
    )
    spans, lows, layout, arrays, shapes, adjacent = [], [], [], [], [], []
    for number, entry in enumerate(entries):
        axis = len(spans)
        if entry is None:
            layout.append(None)
        elif isinstance(entry, slice):
            low, span = _span(entry, axis, aval)
            lows.append(low)
            spans.append(span)
            layout.append(axis)
        elif advanced and entry is not SEPARATOR:
            if not adjacent:
                first = len(layout)
            adjacent.append(number)
            found, loop = _index_arrays(entry, axis, aval, lenient)
            arrays += found
            shapes.append(loop)
            lows += [0] * len(found)
            spans += [Span(aval.shape[axis]) for axis, _ in found]
        elif entry is not SEPARATOR:
            lows.append(_checked(entry, axis, aval))
            spans.append(Span(1))
    loop = None
    if advanced:
        loop = _loop_shape(shapes)
        side_by_side = adjacent and adjacent[-1] - adjacent[0] == len(adjacent) - 1
        layout.insert(first if side_by_side else 0, LOOP)
    pattern = Pattern(aval, tuple(spans), tuple(layout), loop)
    return Selection(pattern, tuple(lows), tuple(arrays))


def _one_for_each_axis(entries: list, aval: Aval) -> list:
    """The entries with full slices for the ellipsis and for trailing axes."""
    used = sum([_axes_of(entry) for entry in entries])
    if used > aval.ndim:
        axes = "axis" if aval.ndim == 1 else "axes"
        raise LazyaxIndexError(
            f"index: {used} indices do not fit {aval}, which has {aval.ndim} {axes}"
        )
    missing = [slice(None)] * (aval.ndim - used)
    places = [number for number, entry in enumerate(entries) if entry is Ellipsis]
    if len(places) > 1:
        raise LazyaxIndexError("index: there can be only one ellipsis ('...')")
    if not places:
        return [*entries, *missing]
    return [*entries[: places[0]], *(missing or [SEPARATOR]), *entries[places[0] + 1 :]]


def _axes_of(entry: Any) -> int:
    if isinstance(entry, Mask):
        return len(entry.shape)
    return 0 if entry is None or entry is Ellipsis else 1


def _is_array(entry: Any) -> bool:
    return isinstance(entry, (numpy.ndarray, Node))


def _shape(array: numpy.ndarray | Node) -> tuple[int, ...]:
    return array.aval.shape if isinstance(array, Node) else array.shape


def _span(entry: slice, axis: int, aval: Aval) -> tuple[int | Node, Span]:
    """The positions that a slice takes: the smallest, and how they go on.

    Raises:
        LazyaxTypeError: for bounds that are not integers, and a step of zero.
    """
    length = aval.shape[axis]
    bounds = [entry.start, entry.stop, entry.step]
    if any(isinstance(bound, Array) for bound in bounds):
        low, count, step = lazy_span_bounds(*bounds, length)
        if isinstance(low, Node):
            return low, Span(count, abs(step), step < 0)
        bounds = [low, count, step]
    try:
        start, stop, step = slice(*bounds).indices(length)
    except TypeError:
        raise LazyaxTypeError(
            f"index: bounds of a slice are integers or None, got {entry.start!r}, "
            f"{entry.stop!r}, {entry.step!r}"
        ) from None
    except ValueError:
        raise LazyaxTypeError("index: the step of a slice can not be zero") from None
    count = len(range(start, stop, step))
    if not count:
        return 0, Span(0)
    low = min(start, start + (count - 1) * step)
    return low, Span(count, abs(step) if count > 1 else 1, step < 0 and count > 1)


def _checked(index: int | Node, axis: int, aval: Aval) -> int | Node:
    """An int counted from the first element, or a 0-d node for one that is not known yet."""
    length = aval.shape[axis]
    if isinstance(index, Node):
        _require_elements(axis, aval)
        return position(index, length)
    if not -length <= index < length:
        raise out_of_bounds(index, axis, aval)
    return index + length if index < 0 else index


def out_of_bounds(index: int, axis: int, aval: Aval) -> LazyaxIndexError:
    """The error of an integer that is too large or too small."""
    length = aval.shape[axis]
    remedy = f"use {-length} to {length - 1}" if length else "there is nothing to index"
    return LazyaxIndexError(
        f"index: {index} is out of bounds for axis {axis} of {aval}, which has length {length}; "
        f"{remedy}"
    )


def _require_elements(axis: int, aval: Aval) -> None:
    if not aval.shape[axis]:
        raise LazyaxIndexError(
            f"index: an array indexes axis {axis} of {aval}, which has no elements"
        )


def _index_arrays(
    entry: Any, axis: int, aval: Aval, lenient: bool
) -> tuple[list[tuple[int, Any]], tuple[int, ...]]:
    """Pairs of axis and index array for an entry among index arrays, and the loop's shape."""
    if isinstance(entry, Mask):
        for offset, length in enumerate(entry.shape):
            if length not in (0, aval.shape[axis + offset]):
                raise LazyaxIndexError(
                    f"index: a mask of shape {entry.shape} does not fit axis {axis + offset} of "
                    f"{aval}: it has length {length} there, and needs {aval.shape[axis + offset]}"
                )
        positions = entry.positions()
        found = [(axis + offset, positions[offset]) for offset in range(len(entry.shape))]
        return found, positions[0].shape
    if isinstance(entry, Node):
        if entry.aval.size:
            _require_elements(axis, aval)
        return [(axis, position(entry, aval.shape[axis]))], entry.aval.shape
    array = numpy.asarray(entry)
    length = aval.shape[axis]
    if array.size and not lenient:
        for extreme in (array.min(), array.max()):
            if not -length <= extreme < length:
                raise out_of_bounds(int(extreme), axis, aval)
    return [(axis, numpy.where(array < 0, array + length, array))], array.shape


def _loop_shape(shapes: Iterable[tuple[int, ...]]) -> tuple[int, ...]:
    """The shape that index arrays broadcast to.

    Raises:
        LazyaxIndexError: if there is none.
    """
    try:
        return numpy.broadcast_shapes(*shapes)
    except ValueError:
        listed = " and ".join(map(str, shapes))
        raise LazyaxIndexError(
            f"index: index arrays of shapes {listed} do not broadcast together"
        ) from None

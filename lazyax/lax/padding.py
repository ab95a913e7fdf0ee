"""How windows fit along axes: padding by name or by number, and lengths not known yet."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from lazyax.errors import LazyaxTypeError
from lazyax.ops.numpy.conventions import static_int
from lazyax.ops.primitives.window import dilated, window_count

Lengths = tuple[int, ...]
Pairs = tuple[tuple[int, int], ...]
Padding = str | Sequence[tuple[int, int]]
"""``VALID`` for none, ``SAME`` for as many windows as strides (what is odd goes after the end),
``SAME_LOWER`` (before the start), or (before, after) for each axis."""

UNKNOWN = -1
"""The length of an axis that is not fixed, such as that of a batch."""


def lengths_of(function: str, name: str, given: Iterable[int] | None, count: int) -> Lengths:
    """An argument with an int for each of ``count`` axes; ones if it is not given.

    Raises:
        LazyaxTypeError: if it is not that.
    """
    if given is None:
        return (1,) * count
    result = tuple([static_int(function, length, f"an entry of {name}") for length in given])
    if len(result) != count:
        raise LazyaxTypeError(
            f"{function}: {name} needs an entry for each of {count} axes, got {result}"
        )
    return result


def pairs_of(
    function: str, padding: Padding, lengths: Lengths, window: Lengths, strides: Lengths
) -> Pairs:
    """Padding (before, after) of each axis, in numbers.

    Raises:
        LazyaxTypeError: for a name or numbers that are no padding.
    """
    if not isinstance(padding, str):
        return _given(function, padding, len(lengths))
    name = padding.upper()
    if name == "VALID":
        return ((0, 0),) * len(lengths)
    if name not in ("SAME", "SAME_LOWER"):
        raise LazyaxTypeError(
            f"{function}: padding is VALID, SAME, SAME_LOWER or pairs of numbers, got {padding!r}"
        )
    result = []
    for n, length, stride in zip(lengths, window, strides, strict=True):
        total = max(((n - 1) // stride) * stride + length - n, 0)
        less, more = total // 2, total - total // 2
        result.append((less, more) if name == "SAME" else (more, less))
    return tuple(result)


def _given(function: str, padding: Sequence[tuple[int, int]], count: int) -> Pairs:
    pairs = tuple(padding)
    if len(pairs) != count or any(not hasattr(p, "__len__") or len(p) != 2 for p in pairs):
        raise LazyaxTypeError(
            f"{function}: padding needs a pair of numbers for each of {count} axes, got {pairs}"
        )
    what = "an entry of padding"
    return tuple([(static_int(function, a, what), static_int(function, b, what)) for a, b in pairs])


def count_windows(
    function: str,
    padding: Padding,
    lengths: Lengths,
    window: Lengths,
    strides: Lengths,
    base_dilation: Lengths,
    window_dilation: Lengths,
) -> Lengths:
    """How many windows there are along each axis; `UNKNOWN` along those of unknown length.

    Raises:
        LazyaxTypeError: for a name or numbers that are no padding.
    """
    known = tuple([max(length, 0) for length in lengths])
    extent = tuple(map(dilated, window, window_dilation))
    pairs = pairs_of(function, padding, known, extent, strides)
    counts = window_count(known, window, strides, pairs, base_dilation, window_dilation)
    return tuple(
        [UNKNOWN if n == UNKNOWN else count for n, count in zip(lengths, counts, strict=True)]
    )

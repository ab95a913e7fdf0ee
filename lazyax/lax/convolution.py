"""Convolutions with the axes of arrays named by letters."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from lazyax.array import Array
from lazyax.errors import LazyaxTypeError
from lazyax.lax.padding import Lengths, Padding, count_windows, lengths_of, pairs_of
from lazyax.ops import primitives as p
from lazyax.ops.numpy.promotion import operand, promote
from lazyax.ops.primitives.convolve import ordered, placed
from lazyax.ops.primitives.window import dilated

Axes = tuple[Lengths, Lengths, Lengths]
ROLES = (("N", "C", "lhs"), ("O", "I", "rhs"), ("N", "C", "out"))
"""Letters of the two axes that are not spatial, for each of the three arrays."""


def conv_general_dilated(
    lhs: Any,
    rhs: Any,
    window_strides: Sequence[int],
    padding: Padding,
    lhs_dilation: Sequence[int] | None = None,
    rhs_dilation: Sequence[int] | None = None,
    dimension_numbers: Sequence[str] | None = None,
    feature_group_count: int = 1,
    batch_group_count: int = 1,
    precision: str | None = None,
) -> Array:
    """Windows of ``lhs`` times the kernel ``rhs``, which is not flipped.

    Args:
        lhs: the arrays, with a batch and a features axis.
        rhs: the kernel, with axes for the features that go out and in.
        window_strides: steps from window to window, one for each spatial axis.
        padding: ``VALID``, ``SAME``, ``SAME_LOWER`` or (before, after) for each spatial axis.
        lhs_dilation: distances between elements of ``lhs``; ones by default.
        rhs_dilation: distances between elements of the kernel; ones by default.
        dimension_numbers: the axes of ``lhs``, ``rhs`` and the result, as letters: N batch,
            C features, O and I features out and in, any others spatial. NCHW, OIHW, NCHW (or
            with as many spatial axes as there are) by default.
        feature_group_count: in how many groups features are split, each with its own kernel.
        batch_group_count: in how many groups the batch is split.
        precision: of the products on accelerators: ``DEFAULT``, ``HIGH`` or ``HIGHEST``.

    Raises:
        LazyaxTypeError: for what does not fit.

    >>> from lazyax import lax
    >>> import lazyax.numpy as np
    >>> image, kernel = np.ones((1, 5, 5, 3)), np.ones((3, 3, 3, 8))
    >>> lax.conv_general_dilated(
    ...     image, kernel, (2, 2), "SAME", dimension_numbers=("NHWC", "HWIO", "NHWC")
    ... ).shape
    (1, 3, 3, 8)
    """
    name = "conv_general_dilated"
    x, kernel = promote([operand(lhs, name), operand(rhs, name)], "numeric")
    axes = conv_axes(name, dimension_numbers, x.aval.ndim)
    _require_rank(name, axes, (x.aval, kernel.aval))
    count = len(axes[0]) - 2
    strides = lengths_of(name, "window_strides", window_strides, count)
    base = lengths_of(name, "lhs_dilation", lhs_dilation, count)
    between = lengths_of(name, "rhs_dilation", rhs_dilation, count)
    if isinstance(padding, str) and any(step != 1 for step in base):
        raise LazyaxTypeError(
            f"{name}: with lhs_dilation {base} padding is given in numbers, got {padding!r}; "
            "conv_transpose has names for it"
        )
    spatial = ordered(x.aval.shape, axes[0])[2:]
    extent = tuple(map(dilated, ordered(kernel.aval.shape, axes[1])[2:], between))
    pairs = pairs_of(name, padding, spatial, extent, strides)
    convolve = p.Convolution(
        strides,
        pairs,
        base,
        between,
        axes,
        feature_group_count,
        batch_group_count,
        as_precision(name, precision),
    )
    return Array(convolve(x, kernel))


def conv(
    lhs: Any,
    rhs: Any,
    window_strides: Sequence[int],
    padding: Padding,
    precision: str | None = None,
) -> Array:
    """`conv_general_dilated` of (N, C, ...) and (O, I, ...).

    >>> from lazyax import lax
    >>> import lazyax.numpy as np
    >>> lax.conv(np.ones((1, 3, 5, 5)), np.ones((8, 3, 3, 3)), (1, 1), "VALID").shape
    (1, 8, 3, 3)
    """
    return conv_general_dilated(lhs, rhs, window_strides, padding, precision=precision)


def conv_with_general_padding(
    lhs: Any,
    rhs: Any,
    window_strides: Sequence[int],
    padding: Padding,
    lhs_dilation: Sequence[int] | None,
    rhs_dilation: Sequence[int] | None,
    precision: str | None = None,
) -> Array:
    """`conv_general_dilated` of (N, C, ...) and (O, I, ...), with dilations.

    >>> from lazyax import lax
    >>> import lazyax.numpy as np
    >>> image, kernel = np.ones((1, 3, 5, 5)), np.ones((8, 3, 3, 3))
    >>> lax.conv_with_general_padding(image, kernel, (1, 1), "VALID", None, (2, 2)).shape
    (1, 8, 1, 1)
    """
    return conv_general_dilated(
        lhs, rhs, window_strides, padding, lhs_dilation, rhs_dilation, precision=precision
    )


def conv_transpose(
    lhs: Any,
    rhs: Any,
    strides: Sequence[int],
    padding: Padding,
    rhs_dilation: Sequence[int] | None = None,
    dimension_numbers: Sequence[str] | None = None,
    transpose_kernel: bool = False,
    precision: str | None = None,
) -> Array:
    """The transpose of a convolution in its input: ``strides`` make the result larger.

    With ``transpose_kernel`` it is the gradient of the forward convolution with that kernel
    exactly; without, the kernel is neither flipped nor are its features exchanged. The letters
    of ``dimension_numbers`` are those of `conv_general_dilated`; NHWC, HWIO, NHWC by default.

    Raises:
        LazyaxTypeError: for what does not fit.

    >>> from lazyax import lax
    >>> import lazyax.numpy as np
    >>> lax.conv_transpose(np.ones((1, 5, 5, 3)), np.ones((3, 3, 3, 8)), (2, 2), "SAME").shape
    (1, 10, 10, 8)
    """
    name = "conv_transpose"
    x, kernel = promote([operand(lhs, name), operand(rhs, name)], "numeric")
    if dimension_numbers is None:
        dimension_numbers = features_last(x.aval.ndim)
    axes = conv_axes(name, dimension_numbers, x.aval.ndim)
    _require_rank(name, axes, (x.aval, kernel.aval))
    count = len(axes[0]) - 2
    steps = lengths_of(name, "strides", strides, count)
    between = lengths_of(name, "rhs_dilation", rhs_dilation, count)
    extent = tuple(map(dilated, ordered(kernel.aval.shape, axes[1])[2:], between))
    pairs = (
        transposed_padding(name, padding, extent, steps)
        if isinstance(padding, str)
        else pairs_of(name, padding, steps, extent, steps)
    )
    if transpose_kernel:
        out, into, *places = axes[1]
        kernel = p.Reverse(tuple(places))(kernel)
        axes = (axes[0], (into, out, *places), axes[2])
    ones = (1,) * count
    convolve = p.Convolution(ones, pairs, steps, between, axes, 1, 1, as_precision(name, precision))
    return Array(convolve(x, kernel))


def features_last(ndim: int) -> tuple[str, str, str]:
    """NHWC, HWIO, NHWC for as many spatial axes as there are."""
    spatial = "HWDTUVXYZ"[: max(ndim - 2, 0)]
    return f"N{spatial}C", f"{spatial}IO", f"N{spatial}C"


def transposed_padding(function: str, padding: str, extent: Lengths, strides: Lengths):
    """Padding of the dilated input, so that the forward convolution with ``padding`` undoes it.

    Raises:
        LazyaxTypeError: for a name that is no padding.
    """
    name = padding.upper()
    if name not in ("SAME", "VALID"):
        raise LazyaxTypeError(
            f"{function}: padding is VALID, SAME or pairs of numbers, got {padding!r}"
        )
    result = []
    for length, stride in zip(extent, strides, strict=True):
        if name == "VALID":
            result.append((length - 1, length - 1 + max(stride - length, 0)))
            continue
        total = length + stride - 2
        before = length - 1 if stride > length - 1 else -(-total // 2)
        result.append((before, total - before))
    return tuple(result)


def conv_general_shape_tuple(
    lhs_shape: Sequence[int],
    rhs_shape: Sequence[int],
    window_strides: Sequence[int],
    padding: Padding,
    dimension_numbers: Sequence[str] | None = None,
) -> Lengths:
    """The shape of a convolution's result. An axis of length -1 is not fixed, and stays -1.

    Raises:
        LazyaxTypeError: for what does not fit.

    >>> from lazyax import lax
    >>> layout = ("NHWC", "HWIO", "NHWC")
    >>> lax.conv_general_shape_tuple((-1, 28, 28, 1), (3, 3, 1, 32), (1, 1), "SAME", layout)
    (-1, 28, 28, 32)
    """
    name = "conv_general_shape_tuple"
    axes = conv_axes(name, dimension_numbers, len(lhs_shape))
    for shape, spec in zip((lhs_shape, rhs_shape), axes, strict=False):
        if len(shape) != len(spec):
            raise LazyaxTypeError(f"{name}: the shape {tuple(shape)} needs {len(spec)} axes")
    batch, _, *spatial = ordered(tuple(lhs_shape), axes[0])
    features, _, *window = ordered(tuple(rhs_shape), axes[1])
    ones = (1,) * len(window)
    strides = lengths_of(name, "window_strides", window_strides, len(window))
    counts = count_windows(name, padding, tuple(spatial), tuple(window), strides, ones, ones)
    return placed((batch, features, *counts), axes[2])


def conv_axes(function: str, dimension_numbers: Sequence[str] | None, ndim: int) -> Axes:
    """Axes of lhs, rhs and the result: (batch or out, features or in, *spatial) of each.

    Raises:
        LazyaxTypeError: for letters that do not name the axes.
    """
    if dimension_numbers is None:
        return (tuple(range(ndim)),) * 3
    specs = tuple(dimension_numbers)
    if len(specs) != 3 or not all(isinstance(spec, str) for spec in specs):
        raise LazyaxTypeError(
            f"{function}: dimension_numbers are three strings, such as ('NHWC', 'HWIO', 'NHWC'), "
            f"got {specs}"
        )
    spatial = [letter for letter in specs[1] if letter not in "OI"]
    for spec, (first, second, which) in zip(specs, ROLES, strict=True):
        if sorted(spec) != sorted([first, second, *spatial]) or len(set(spec)) != len(spec):
            raise LazyaxTypeError(
                f"{function}: {spec!r} does not name the axes of {which}: it needs "
                f"{', '.join([first, second, *spatial])}, each once, in any order"
            )
    lhs, rhs, out = (
        tuple([spec.index(letter) for letter in (first, second, *spatial)])
        for spec, (first, second, _) in zip(specs, ROLES, strict=True)
    )
    return lhs, rhs, out


def _require_rank(function: str, axes: Axes, avals) -> None:
    for aval, spec, (_, _, which) in zip(avals, axes, ROLES, strict=False):
        if aval.ndim != len(spec) or aval.ndim < 2:
            raise LazyaxTypeError(f"{function}: {which} needs {max(len(spec), 2)} axes, got {aval}")


def as_precision(function: str, precision: str | None) -> str:
    """A precision's name as StableHLO has it.

    Raises:
        LazyaxTypeError: for what is none.
    """
    name = "DEFAULT" if precision is None else str(precision).upper()
    if name not in ("DEFAULT", "HIGH", "HIGHEST"):
        raise LazyaxTypeError(
            f"{function}: precision is DEFAULT, HIGH or HIGHEST, got {precision!r}"
        )
    return name

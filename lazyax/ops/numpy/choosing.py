"""Values chosen among others by conditions, and values put in place of others."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import ml_dtypes
import numpy

from lazyax.array import Array
from lazyax.config import default_dtype
from lazyax.errors import LazyaxTypeError
from lazyax.graph.node import Node
from lazyax.ops import primitives as p
from lazyax.ops.numpy.conventions import as_operand, delivered, static_int
from lazyax.ops.numpy.dtypes import ndim
from lazyax.ops.numpy.joining import unstack
from lazyax.ops.numpy.promotion import broadcast, convert, operand, operands, promote
from lazyax.ops.numpy.reductions import truth
from lazyax.ops.numpy.ufuncs import isinf, isnan, where


def select(condlist: Sequence[Any], choicelist: Sequence[Any], default: Any = 0) -> Array:
    """Of each element, the choice whose condition holds first; ``default`` where none does.

    >>> import lazyax.numpy as np
    >>> x = np.arange(5)
    >>> print(np.select([x < 2, x > 2], [x, x * 10], -1))
    [ 0  1 -1 30 40]

    Raises:
        LazyaxTypeError: for unequal numbers of conditions and choices, or none.
    """
    if len(condlist) != len(choicelist) or not len(condlist):
        raise LazyaxTypeError(
            f"select: needs as many conditions as choices, and one at least, got {len(condlist)} "
            f"and {len(choicelist)}"
        )
    *choices, result = promote([operand(one, "select") for one in (*choicelist, default)])
    conditions = [truth(as_operand("select", condition)) for condition in condlist]
    for condition, choice in reversed(list(zip(conditions, choices, strict=True))):
        result = p.Select()(*broadcast("select", [condition, choice, result]))
    return Array(result)


def piecewise(x: Any, condlist: Any, funclist: Sequence[Any], *args: Any, **kw: Any) -> Array:
    """Of each element, the function (or number) of the last condition that holds.

    One function more than conditions is for where none holds, which gives zero otherwise. Every
    function is applied to all of ``x``.

    >>> import lazyax.numpy as np
    >>> print(np.piecewise(np.arange(-2.0, 3.0), [np.arange(-2.0, 3.0) < 0], [lambda x: -x, 7]))
    [2. 1. 7. 7. 7.]

    Raises:
        LazyaxTypeError: for numbers of conditions and functions that do not fit.
    """
    node = as_operand("piecewise", x)
    if not isinstance(condlist, (list, tuple)) or (
        condlist and numpy.ndim(condlist[0]) == 0 and node.aval.ndim
    ):
        condlist = [condlist]
    conditions = [truth(as_operand("piecewise", condition)) for condition in condlist]
    functions = list(funclist)
    if len(functions) not in (len(conditions), len(conditions) + 1):
        raise LazyaxTypeError(
            f"piecewise: {len(conditions)} conditions need as many functions or one more, "
            f"got {len(functions)}"
        )
    otherwise = functions.pop() if len(functions) > len(conditions) else 0
    result = _applied(otherwise, node, args, kw)
    for condition, function in zip(conditions, functions, strict=True):
        choice = _applied(function, node, args, kw)
        result = p.Select()(*broadcast("piecewise", [condition, choice, result]))
    return Array(result)


def _several(condlist: Any, x: Node) -> Sequence[Any]:
    """Conditions as a list, also if it is one alone: an array, or a list of bools."""
    if not isinstance(condlist, (list, tuple)):
        return [condlist] if condlist.ndim <= x.aval.ndim else unstack(condlist)
    alone = condlist and not isinstance(condlist[0], (list, tuple)) and not ndim(condlist[0])
    return [condlist] if alone and x.aval.ndim else condlist


def _applied(function: Any, x: Node, args: tuple, keywords: dict) -> Node:
    """``function`` of ``x``, or the number that it is, in the dtype of ``x``."""
    value = function(Array(x), *args, **keywords) if callable(function) else function
    return convert(as_operand("piecewise", value), x.aval.dtype)


def choose(a: Any, choices: Any, out: Any = None, mode: str = "raise") -> Array:
    """Of each element, that of the array of ``choices`` whose number ``a`` gives.

    ``mode`` says what numbers out of range do: "wrap" and "clip" as they say; "raise", which a
    lazy program can not, clips.

    >>> import lazyax.numpy as np
    >>> print(np.choose([0, 1, 0], [[1, 2, 3], [10, 20, 30]]))
    [ 1 20  3]

    Raises:
        LazyaxTypeError: for numbers that are not integers, no choices, another mode, and an
            unfit ``out``.
    """
    which = as_operand("choose", a)
    if which.aval.dtype.kind not in "iub" or mode not in ("raise", "wrap", "clip"):
        raise LazyaxTypeError(
            f"choose: needs integers and a mode of 'raise', 'wrap' or 'clip', got {which.aval} "
            f"and {mode!r}"
        )
    options = operands("choose", *choices)
    which = convert(which, default_dtype(int))
    count = len(options)
    if mode == "wrap":
        rest = p.Remainder()(which, which.like(count))
        which = p.Select()(p.Less()(rest, rest.like(0)), rest + count, rest)
    result = options[-1]
    for number in range(count - 2, -1, -1):
        here = p.LessEqual()(which, which.like(number))
        result = p.Select()(*broadcast("choose", [here, options[number], result]))
    return delivered("choose", broadcast("choose", [result, which])[0], out)


def nan_to_num(
    x: Any, copy: bool = True, nan: Any = 0.0, posinf: Any = None, neginf: Any = None
) -> Array:
    """With numbers in place of NaN and infinities: zero, and the largest and smallest there are.

    >>> import lazyax.numpy as np
    >>> print(np.nan_to_num([np.nan, 1.0, np.inf], posinf=9))
    [0. 1. 9.]
    """
    node = as_operand("nan_to_num", x)
    if not node.aval.is_inexact:
        return Array(node)
    if node.aval.dtype.kind == "c":
        parts = [
            nan_to_num(Array(part), nan=nan, posinf=posinf, neginf=neginf)._node
            for part in (p.Real()(node), p.Imag()(node))
        ]
        return Array(p.Complex()(*parts))
    limits = ml_dtypes.finfo(node.aval.dtype)
    high = float(limits.max) if posinf is None else posinf
    low = float(limits.min) if neginf is None else neginf
    array = Array(node)
    high, low, nan = [
        Array(convert(operand(value, "nan_to_num"), node.aval.dtype)) for value in (high, low, nan)
    ]
    return where(isnan(array), nan, where(isinf(array), where(array > 0, high, low), array))


def round(a: Any, decimals: int = 0, out: Any = None) -> Array:
    """To the nearest number of ``decimals`` digits after the point; halves to even.

    XLA divides by the power of ten by multiplying, so the last bit may differ from NumPy's.

    >>> import lazyax.numpy as np
    >>> print(np.round([0.5, 1.5, 2.5]), np.round([14, 15], -1))
    [0. 2. 2.] [10 20]

    Raises:
        LazyaxTypeError: for ``decimals`` that is not an int, and an unfit ``out``.
    """
    return delivered(
        "round",
        _rounded(as_operand("round", a), static_int("round", decimals, "decimals")),
        out,
    )


around = round_ = round


def _rounded(x: Node, decimals: int) -> Node:
    aval = x.aval
    if aval.dtype.kind == "c":
        return p.Complex()(_rounded(p.Real()(x), decimals), _rounded(p.Imag()(x), decimals))
    if not aval.is_inexact:
        if decimals >= 0:
            return x
        return convert(_rounded(convert(x, default_dtype(float)), decimals), aval.dtype)
    if not decimals:
        return p.Round()(x)
    wide = convert(x, numpy.dtype("f4")) if aval.dtype.itemsize < 4 else x
    factor = 10.0 ** abs(decimals)
    if decimals > 0:
        return convert(p.Round()(wide * factor) / factor, aval.dtype)
    return convert(p.Round()(wide / factor) * factor, aval.dtype)

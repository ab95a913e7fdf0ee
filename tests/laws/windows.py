"""Rows of windows that slide along axes, and of all elements so far."""

from __future__ import annotations

from lazyax.ops import primitives as p
from tests.laws.case import NUMERIC, REAL, array, row

PLAIN = ((2,), (2,), ((0, 0),), (1,), (1,))
OVERLAPPING = ((2, 3), (1, 2), ((0, 0), (1, 2)), (1, 1), (1, 1))
DILATED = ((2, 2), (2, 1), ((1, 0), (0, 1)), (2, 1), (1, 2))
CUT = ((2,), (3,), ((-1, 2),), (2,), (3,))
SIDE_BY_SIDE = ((2, 3), (2, 3), ((0, 0), (0, 0)), (1, 1), (1, 1))
"""Window, strides, padding, dilation of the array and of the window."""

SHAPES = [
    (PLAIN, (6,)),
    (SIDE_BY_SIDE, (5, 6)),
    (OVERLAPPING, (3, 5)),
    (DILATED, (3, 4)),
    (CUT, (6,)),
    (PLAIN, (0,)),
]
ORDERED = "f32 f64 bf16 i32 u8"

WINDOWS = [
    *[
        row(op(*window), array(*shape), dtypes=dtypes if window is OVERLAPPING else "f32 f64")
        for op, dtypes in (
            (p.ReduceWindowMax, ORDERED),
            (p.ReduceWindowMin, ORDERED),
            (p.ReduceWindowSum, NUMERIC),
        )
        for window, shape in SHAPES
    ],
    *[
        row(p.WindowIndex(*window, direction), array(*shape))
        for direction in ("GT", "LT")
        for window, shape in SHAPES
    ],
    row(p.WindowIndex(*OVERLAPPING, "GT", lanes=1), array(3, 5)),
]

x = array(3, 5)

RUNNING = [
    row(op(axis, reverse), x, dtypes=dtypes if reverse else "f32 f64")
    for op, dtypes in (
        (p.CumMax, REAL + " i32 u8"),
        (p.CumMin, REAL + " i32 u8"),
        (p.CumProd, NUMERIC),
        (p.CumSum, NUMERIC),
    )
    for axis, reverse in ((1, False), (0, True))
] + [
    *[row(p.CumProd(0, False), array(6).with_zeros(count)) for count in (1, 2, 5)],
    *[row(op(1, False), array(2, 0)) for op in (p.CumMax, p.CumMin, p.CumProd, p.CumSum)],
]

ROWS = WINDOWS + RUNNING

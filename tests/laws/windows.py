"""Rows of windows that slide along axes."""

from __future__ import annotations

from lazyax.ops import primitives as p
from tests.laws.case import NUMERIC, array, row

PLAIN = ((2,), (2,), ((0, 0),), (1,), (1,))
OVERLAPPING = ((2, 3), (1, 2), ((0, 0), (1, 2)), (1, 1), (1, 1))
DILATED = ((2, 2), (2, 1), ((1, 0), (0, 1)), (2, 1), (1, 2))
CUT = ((2,), (3,), ((-1, 2),), (2,), (3,))
"""Window, strides, padding, dilation of the array and of the window."""

SHAPES = [(PLAIN, (6,)), (OVERLAPPING, (3, 5)), (DILATED, (3, 4)), (CUT, (6,)), (PLAIN, (0,))]
ORDERED = "f32 f64 bf16 i32 u8"

ROWS = [
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
        for direction in ("GE", "LE")
        for window, shape in SHAPES
    ],
    row(p.WindowIndex(*OVERLAPPING, "GE", lanes=1), array(3, 5)),
]

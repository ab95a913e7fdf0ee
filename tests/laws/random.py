"""Rows of random bits."""

from __future__ import annotations

from lazyax.ops import primitives as p
from tests.laws.case import integers, row

key = integers(2, high=2**32 - 1, dtype="u32")
keys = integers(3, 2, high=2**32 - 1, dtype="u32")
number = integers(high=2**32 - 1, dtype="u32")
numbers = integers(3, high=2**32 - 1, dtype="u32")

ROWS = [
    row(p.FoldIn(), key, number),
    row(p.FoldIn(), keys, numbers),
    *[
        row(p.RandomBits(shape, width, layout), key)
        for layout in ("original", "partitionable")
        for width in (8, 16, 32, 64)
        for shape in ((3, 5), (4,))
    ],
    row(p.RandomBits((), 32, "original"), keys),
    row(p.RandomBits((2, 0), 32, "partitionable"), keys),
]

"""Rows of convolutions."""

from __future__ import annotations

import attrs

from lazyax.ops import primitives as p
from tests.laws.case import array, row

FIRST = ((0, 1, 2, 3), (0, 1, 2, 3), (0, 1, 2, 3))
"""Batch, features, height, width of the array and of the result; of the kernel, out, in."""

LAST = ((0, 3, 1, 2), (3, 2, 0, 1), (0, 3, 1, 2))
"""Features last, as most networks have them."""

plain = p.Convolution((1, 1), ((0, 0), (0, 0)), (1, 1), (1, 1), FIRST)
uneven = attrs.evolve(plain, strides=(2, 1), padding=((1, 0), (-1, 2)))
dilated = attrs.evolve(plain, lhs_dilation=(2, 1), rhs_dilation=(1, 2))
line = p.Convolution((1,), ((1, 1),), (1,), (1,), ((0, 1, 2),) * 3)

x = array(2, 4, 4, 5)
kernel = array(6, 4, 2, 3)

ROWS = [
    row(plain, x, kernel, dtypes="f32 f64 bf16 c64 c128 i32"),
    row(attrs.evolve(plain, dimension_numbers=LAST), array(2, 4, 5, 4), array(2, 3, 4, 6)),
    row(uneven, x, kernel),
    row(dilated, x, kernel),
    row(attrs.evolve(uneven, lhs_dilation=(1, 2), rhs_dilation=(2, 1)), x, kernel),
    row(attrs.evolve(plain, feature_group_count=2), x, array(6, 2, 2, 3)),
    row(attrs.evolve(uneven, feature_group_count=4), x, array(4, 1, 2, 3)),
    row(attrs.evolve(plain, batch_group_count=2), x, kernel),
    row(line, array(2, 3, 5), array(4, 3, 3)),
    row(line, array(2, 3, 5), array(4, 3, 0)),
]

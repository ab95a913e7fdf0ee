"""Rows of reading and writing at run-time places."""

from __future__ import annotations

import numpy

from lazyax.ops import primitives as p
from tests.laws.case import ANY, INEXACT, array, integers, row

outside = integers(4, 2, low=-2, high=8)
"""Index vectors, of which some are out of bounds."""

batched = integers(2, 4, 1, low=-1, high=5)
start = integers(low=-1, high=4)

GATHERS = [
    row(p.Gather(0), array(5, 7, 3), outside, dtypes=ANY),
    row(p.Gather(1), array(2, 5), batched),
    row(p.Gather(0), array(2, 3), integers(0)),
    row(p.Gather(0), array(5, 2), integers(3, 1, high=4, dtype="u8")),
    row(p.Gather(0), array(5, 2), integers(0, 1, high=4)),
    row(p.ScatterSet(0), array(5, 7, 3), outside, array(4, 3), dtypes=ANY),
    row(p.ScatterSet(1), array(2, 5), batched, array(2, 4)),
    row(p.ScatterSet(0), array(2, 3), integers(0), array(2, 3)),
    row(p.ScatterAdd(0), array(5, 7, 3), outside, array(4, 3), dtypes=INEXACT + " i32"),
    row(p.ScatterAdd(1), array(2, 5), batched, array(2, 4)),
    row(p.ScatterAdd(0), array(2, 3), integers(0, 1), array(0, 3)),
    row(p.ScatterMultiply(0), array(5, 7, 3), outside, array(4, 3), dtypes=INEXACT + " i32"),
    row(p.ScatterMultiply(1), array(2, 5).with_zeros(3), batched, array(2, 4).with_zeros(3)),
    row(p.ScatterMultiply(0), array(3), integers(6, 1), array(6).with_zeros(4)),
    row(p.ScatterMax(0), array(5, 7, 3), outside, array(4, 3), dtypes="f32 f64 bf16 i32 bool"),
    row(p.ScatterMax(1), array(2, 5), batched, array(2, 4)),
    row(p.ScatterMin(0), array(5, 7, 3), outside, array(4, 3), dtypes="f32 f64 bf16 i32 bool"),
    row(p.ScatterMin(1), array(2, 5), batched, array(2, 4)),
]

BLOCKS = [
    row(p.DynamicSlice((2, 3)), array(4, 5), start, start, dtypes=ANY),
    row(p.DynamicSlice((3,)), array(3), integers(low=0, high=200, dtype="u8")),
    row(p.DynamicSlice(()), array()),
    row(p.DynamicUpdateSlice(), array(4, 5), array(2, 5), start, start, dtypes=ANY),
    row(p.DynamicUpdateSlice(), array(4), array(0), start),
    row(p.DynamicUpdateSlice(), array(), array()),
]

x, few = array(2, 5), integers(2, 5, high=2)
"""Distinct keys, and keys of which some are equal."""

SORTS = [
    row(p.Sort(1), x, dtypes=ANY),
    row(p.Sort(0), array(4), integers(4, high=9), array(4).of("f64")),
    row(p.Sort(1, num_keys=2), few, x, x),
    row(p.Sort(0), array(0)),
    row(p.Project(1), array(4), array(4), of=p.Sort(0)),
    row(p.ArgMax(1, numpy.dtype("i4")), x, dtypes="f32 bf16 f64 i32 u8 bool"),
    row(p.ArgMax(0, numpy.dtype("u1")), few),
    row(p.ArgMin(1, numpy.dtype("i4")), x, dtypes="f32 bf16 f64 i32 u8 bool"),
    row(p.ArgMin(0, numpy.dtype("i8")), few),
]

ROWS = GATHERS + BLOCKS + SORTS

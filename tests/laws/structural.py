"""Rows of leaves, conversions, choices, arrangements, reductions and contractions."""

from __future__ import annotations

import ml_dtypes
import numpy

from lazyax.ops import primitives as p
from tests.laws.case import ANY, DTYPES, INEXACT, NUMERIC, REAL, array, integers, mask, row

f32, f64, c64, c128 = DTYPES["f32"], DTYPES["f64"], DTYPES["c64"], DTYPES["c128"]
i32, u32, i64, boolean = DTYPES["i32"], DTYPES["u32"], DTYPES["i64"], DTYPES["bool"]
bf16 = numpy.dtype(ml_dtypes.bfloat16)

LEAVES = [
    *[row(p.Full(value, (2, 3), f32)) for value in (1.5, -0.0, numpy.inf, numpy.nan)],
    *[row(p.Full(2, (2, 0), dtype)) for dtype in (f64, bf16, c64, i32, boolean)],
    row(p.Full(1 - 2j, (), c128)),
    *[row(p.Iota(dtype, (2, 3), 1)) for dtype in (i32, i64, u32, f32, f64, bf16, c64)],
    row(p.Iota(i32, (4, 1), 0)),
    *[
        row(p.Literal.of(numpy.array([[0, 1, 2], [3, 4, 5]], dtype)).op)
        for dtype in (f32, f64, bf16, c64, i32, boolean)
    ],
    *[row(p.Literal.of(numpy.full(shape, 2.5, "f4")).op) for shape in ((), (1, 1), (0, 2))],
]

x = array(2, 3)

CHOICES = [
    *[
        row(p.Convert(to), x, dtypes="f32 f64 bf16 c64 c128 i32 bool")
        for to in (f32, f64, bf16, c64, c128, i32, boolean)
    ],
    row(p.BitcastConvert(i32), x.of("f32"), flat=True),
    row(p.BitcastConvert(i64), x.of("f64"), flat=True),
    row(p.BitcastConvert(f64), integers(2, 3, low=2**62, high=2**62 + 2**20, dtype="i64")),
    row(p.ReducePrecision(11, 52), x, dtypes="f32 f64 bf16"),
    row(p.ReducePrecision(8, 7), x, dtypes="f32 f64", rounds=True),
    row(p.ReducePrecision(5, 10), x, dtypes="f32 f64 bf16", rounds=True),
    row(p.ReducePrecision(3, 2), x.within(-20, 20), dtypes="f32", rounds=True),
    row(p.After(), x, dtypes=ANY),
    row(p.Select(), mask(2, 3), x, x, dtypes=ANY),
]

ARRANGEMENTS = [
    row(p.Broadcast((2, 3), (1,)), array(3), dtypes=ANY),
    row(p.Broadcast((2, 3, 4), (0, 2)), array(2, 1)),
    row(p.Broadcast((2, 3), ()), array()),
    row(p.Broadcast((2, 0), (0,)), array(2)),
    row(p.Concatenate(1), array(2, 3), array(2, 1), dtypes=ANY),
    row(p.Concatenate(0), array(2), array(0), array(3)),
    row(p.Pad((1, 0), (2, 1), (0, 1)), x, array(), dtypes=ANY),
    row(p.Pad((-1, 2), (1, -1), (1, 2)), array(3, 2), array()),
    row(p.Pad((1,), (1,), (1,)), array(0), array()),
    row(p.Permute((2, 0, 1)), array(2, 3, 4), dtypes=ANY),
    row(p.Permute(()), array()),
    row(p.Reshape((3, 2)), x, dtypes=ANY),
    row(p.Reshape(()), array(1, 1)),
    row(p.Reshape((0, 7)), array(2, 0)),
    row(p.Reverse((0, 1)), x, dtypes=ANY),
    row(p.Reverse((1,)), array(2, 3, 2)),
    row(p.Slice((1, 0), (2, 3), (1, 2)), x, dtypes=ANY),
    row(p.Slice((1,), (8,), (3,)), array(10)),
    row(p.Slice((2, 1), (2, 3), (1, 1)), array(3, 4)),
]

REDUCTIONS = [
    row(p.ReduceAnd((1,)), mask(2, 3)),
    row(p.ReduceAnd((0,)), mask(0, 3)),
    row(p.ReduceOr((0, 1)), mask(2, 3)),
    row(p.ReduceMax((0, 2)), array(2, 3, 4), dtypes=REAL + " i32 u8 bool"),
    row(p.ReduceMax((0,)), array(0, 3), flat=True),
    row(p.ReduceMin((1,)), array(2, 3, 4), dtypes=REAL + " i32 u8 bool"),
    row(p.ReduceProd((0, 2)), array(2, 3, 4), dtypes=NUMERIC),
    row(p.ReduceProd((0,)), array(0, 3)),
    *[row(p.ReduceProd((0,)), array(4, 3).with_zeros(count)) for count in (1, 4, 9)],
    row(p.ReduceSum((0, 2)), array(2, 3, 4), dtypes=NUMERIC),
    row(p.ReduceSum((1,)), array(2, 0)),
    row(p.ReduceSum(()), x),
]

CONTRACTIONS = [
    row(p.DotGeneral(((1,), (0,))), x, array(3, 4), dtypes=NUMERIC),
    row(p.DotGeneral(((2,), (1,)), ((0,), (0,))), array(4, 2, 3), array(4, 3, 2)),
    row(p.DotGeneral(((0, 3), (2, 1)), ((2,), (0,))), array(2, 3, 4, 5), array(4, 5, 2, 3)),
    row(p.DotGeneral(((), ())), array(2), array(3)),
    row(p.DotGeneral(((1,), (2,)), ((2,), (0,))), array(2, 1, 4), array(4, 3, 1)),
    row(p.DotGeneral(((0,), (0,))), array(3), array(3), dtypes=INEXACT),
    row(p.DotGeneral(((1,), (0,))), array(2, 0), array(0, 3)),
]

ROWS = LEAVES + CHOICES + ARRANGEMENTS + REDUCTIONS + CONTRACTIONS

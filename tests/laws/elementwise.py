"""Rows of the elementwise primitives."""

from __future__ import annotations

from lazyax.ops import primitives as p
from tests.laws.case import INEXACT, INTEGER, REAL, array, row, whole

anywhere = array(2, 3)
positive = anywhere.within(0.3, 3)
above_one = anywhere.within(1.2, 3)
inside = anywhere.within(-0.9, 0.9)
bits = array(2, 3).within(-100, 100)
places = array(2, 3).within(0, 7)

ARITHMETIC = [
    row(p.Absolute(), anywhere),
    row(p.Add(), anywhere, anywhere),
    row(p.Ceil(), anywhere),
    row(p.Clamp(), anywhere.within(-1.5, -0.5), anywhere, anywhere.within(0.5, 1.5)),
    row(p.Complex(), anywhere, anywhere, dtypes="f32 f64"),
    row(p.Conjugate(), anywhere),
    row(p.Divide(), anywhere, positive),
    row(p.Divide(), bits, anywhere, dtypes=INTEGER),  # by zero too
    row(p.Floor(), anywhere),
    row(p.Inside(), anywhere),
    row(p.Imag(), anywhere),
    *[row(p.IntegerPower(n), positive) for n in (2, 3, 0, 1, 7)],
    *[row(p.IntegerPower(n), positive, dtypes="f32 f64 c128") for n in (-1, -2)],
    row(p.Maximum(), anywhere, anywhere, dtypes=REAL + " i32 u8 bool"),
    row(p.Minimum(), anywhere, anywhere, dtypes=REAL + " i32 u8 bool"),
    row(p.Multiply(), anywhere, anywhere),
    row(p.Negate(), anywhere),
    row(p.Named("hidden"), anywhere),
    row(p.Real(), anywhere),
    row(p.Remainder(), anywhere.within(-9, 9), positive),
    row(p.Remainder(), bits, anywhere, dtypes=INTEGER),
    row(p.Round(), anywhere),
    row(p.Sign(), anywhere),
    row(p.StopGradient(), anywhere, flat=True),
    row(p.Subtract(), anywhere, anywhere),
    row(p.Variable(), anywhere),
]

TRANSCENDENTAL = [
    row(p.Acos(), inside),
    row(p.Acosh(), above_one),
    row(p.Asin(), inside),
    row(p.Asinh(), anywhere),
    row(p.Atan(), inside),
    row(p.Atan2(), anywhere, anywhere),
    row(p.Atanh(), inside),
    row(p.Cbrt(), positive),
    row(p.Cos(), anywhere),
    row(p.Cosh(), anywhere),
    row(p.Digamma(), positive),
    row(p.Erf(), anywhere),
    row(p.ErfInv(), inside),
    row(p.NormalQuantile(), array(2, 3).within(0.02, 0.98), dtypes="f32 f64"),
    row(p.Erfc(), anywhere),
    row(p.Exp(), anywhere),
    row(p.Expm1(), anywhere),
    row(p.Lgamma(), positive),
    row(p.Log(), positive),
    row(p.Log1p(), positive),
    row(p.Logistic(), anywhere),
    row(p.NextAfter(), anywhere, anywhere, flat=True),
    row(p.Polygamma(), whole(2, 3, low=1, high=3), positive),
    row(p.Power(), positive, anywhere, dtypes=INEXACT),
    row(p.Power(), anywhere.within(-3, 3), anywhere.within(0, 3), dtypes=INTEGER),
    row(p.Rsqrt(), positive),
    row(p.Sin(), anywhere),
    row(p.Sinh(), anywhere),
    row(p.Sqrt(), positive),
    row(p.Tan(), inside),
    row(p.Tanh(), anywhere),
]

portion = anywhere.within(0.1, 0.9)

COMPOSED = [
    row(p.BetaRatio(), positive, positive, portion, dtypes="f64"),
    row(p.Expi(), positive, dtypes="f32 f64"),
    row(p.ExpN(), whole(2, 3, low=0, high=3), positive, dtypes="f32 f64"),
    row(p.GammaDrift(), positive, anywhere.within(-1.0, 1.0), dtypes="f64"),
    row(p.LogBeta(), positive, positive, portion, dtypes="f32 f64"),
    row(p.LogPoisson(), positive, positive),
    row(p.LowerGamma(), positive, positive),
    row(p.Slope(p.Zeta(), (1, 0)), above_one, positive, dtypes="f64"),
    row(p.UpperGamma(), positive, positive, dtypes="f64"),
    row(p.Zeta(), above_one, positive, dtypes="f64"),
]

COMPARISONS = [
    row(p.Equal(), anywhere, anywhere),
    row(p.Greater(), anywhere, anywhere),
    row(p.GreaterEqual(), anywhere, anywhere),
    row(p.IsFinite(), anywhere),
    row(p.Less(), anywhere, anywhere),
    row(p.LessEqual(), anywhere, anywhere),
    row(p.NotEqual(), anywhere, anywhere),
]

BITWISE = [
    row(p.And(), bits, bits),
    row(p.CountLeadingZeros(), bits),
    row(p.Not(), bits),
    row(p.Or(), bits, bits),
    row(p.PopulationCount(), bits),
    row(p.ShiftLeft(), bits, places),
    row(p.ShiftRightArithmetic(), bits, places),
    row(p.ShiftRightLogical(), bits, places),
    row(p.Xor(), bits, bits),
]

ROWS = ARITHMETIC + TRANSCENDENTAL + COMPOSED + COMPARISONS + BITWISE

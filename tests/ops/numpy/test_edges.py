"""At the edges of dtypes values are NumPy's: signed zeros, infinities, NaN, overflow, emptiness."""

from __future__ import annotations

import re

import numpy
import pytest
from conformance_table import differences, evaluated, expressions

import lazyax.numpy as np

pytestmark = pytest.mark.usefixtures("defaults_of_64_bits")

NAN, INF = numpy.nan, numpy.inf

FLOATS = numpy.array([0.0, -0.0, 1.0, -1.0, INF, -INF, NAN, 1e-300, -3.5, 1e300])
SMALL = numpy.array([0.0, -0.0, 1.0, -1.5, INF, -INF, NAN, 3e-37, 3e38, 0.5], "float32")
I8 = numpy.array([-128, -127, -1, 0, 1, 2, 126, 127], "int8")
U8 = numpy.array([0, 1, 2, 7, 8, 127, 128, 255], "uint8")
I64 = numpy.array([-(2**63), -7, -1, 0, 1, 7, 2**62, 2**63 - 1])

ARRAYS = {
    "x": FLOATS[:, None],
    "y": FLOATS,
    "e": SMALL,
    "h": numpy.array([0.0, -0.0, 65504.0, INF, NAN, 6e-8], "float16"),
    "a": I8[:, None],
    "b": I8,
    "u": U8[:, None],
    "v": U8,
    "i": I64[:, None],
    "j": I64,
    "k": numpy.array([-1, 0, 1, 31, 63, 64, 65, 1000]),
    "n": numpy.array([[1.0, NAN, -INF], [NAN, 2.0, INF], [-0.0, 0.0, NAN]]),
    "z": numpy.array([complex(NAN, 1), complex(1, NAN), 1 + 1j, 1 - 1j, complex(INF, 0), 0j]),
    "o": numpy.zeros((0, 3)),
    "p": numpy.zeros((2, 0), "int64"),
}

FAMILIES = {
    "integer division": """
floor_divide(a, b); floor_divide(u, v); floor_divide(i, j); mod(a, b); mod(u, v); remainder(i, j)
fmod(a, b); fmod(i, j); divmod(a, b); divide(a, b); divide(i, j); gcd(a, b)
lcm(u, v)
""",
    "shifts": """
left_shift(b, k.astype('int8')); right_shift(b, k.astype('int8')); left_shift(i, k)
right_shift(i, k); left_shift(u, v); right_shift(u, v); bitwise_not(b); bitwise_count(b)
""",
    "overflow": """
add(a, b); subtract(a, b); multiply(a, b); negative(b); abs(b); square(b); power(u, v); add(i, j)
power(b % 3, abs(k)); power(-(b % 2), abs(k))
multiply(i, j); subtract(u, v); sum(b); prod(j); cumsum(b); sum(v); sign(b); negative(v)
add(h, h); multiply(h, h); exp(y); multiply(x, y)
""",
    "floats": """
add(x, y); subtract(x, y); divide(x, y); floor_divide(x, y); mod(x, y); fmod(x, y); divmod(x, y)
maximum(x, y); minimum(x, y); fmax(x, y); fmin(x, y); copysign(x, y); nextafter(x, y); hypot(x, y)
arctan2(x, y); heaviside(x, y); logaddexp(x, y); equal(x, y); less(x, y); greater_equal(x, y)
logical_and(x, y); float_power(y, 2.0); sqrt(y); cbrt(y); log(y); log1p(y); expm1(y); exp2(y)
floor(y); ceil(y); trunc(y); rint(y); round(y); sign(y); signbit(y); abs(y); negative(y)
reciprocal(y); isnan(y); isinf(y); isfinite(y); isposinf(y); modf(y); frexp(y); spacing(y[2:4])
nan_to_num(y); clip(y, -1, 1); sin(y); tanh(y); arctan(y); arcsinh(y); power(y, 0); power(y, 3)
power(x[:4], y[:6]); where(y, 1.0, -0.0)
""",
    "order": """
sort(n, axis=0); sort(n, axis=1); argsort(n, axis=1); max(n, axis=0); min(n); argmax(n, axis=1)
argmin(n); nanmax(n, axis=1); nanmin(n, axis=0); median(n, axis=1); sort(z); argmax(z); max(z[2:])
unique(n); searchsorted(y[2:3], n); maximum(z, 1 + 0j); sort(y); cumsum(n, axis=1); ptp(n, axis=0)
nanmedian(n, axis=0); isin(n, [2.0, 0.0]); nansum(n[:, :2]); unique(n[0], axis=0)
""",
    "nothing": """
sum(o); sum(o, axis=0); prod(o, axis=1); mean(p.sum(1)); sum(p, axis=1); all(o); any(o); cumsum(o)
max(o, axis=1); min(p, axis=0); sort(o); argsort(p); concatenate([o, o]); unique(p); nonzero(o)
dot(o, np.zeros((3, 2))); dot(p, np.zeros((0, 2))); cumprod(p, axis=1); count_nonzero(o); nansum(o)
max(o, initial=3.0); bincount(p[0]); any(p, axis=1); reshape(o, (3, 0)); einsum('ij->j', o)
""",
}


UNORDERED = r"sort|unique|nanm|cumsum|maximum|minimum|fmax|fmin|sign\(|modf"
"""0.0 and -0.0 are equal: in which order they come, and which of them is the largest, is open.

The sign of -0.0 is -0.0 here and 0.0 in NumPy, and its fraction is 0.0.
"""


@pytest.mark.parametrize("family", FAMILIES)
def test_edges_are_numpys(family):
    assert differences(expressions(FAMILIES[family]), ARRAYS, difference) == {}


def difference(row: str, got, wanted) -> str:
    """How a result is not NumPy's, of which the signs of zeros count; nothing if it is."""
    got, wanted = numpy.asarray(got), numpy.asarray(wanted)
    if (got.shape, got.dtype) != (wanted.shape, wanted.dtype):
        return f"{got.dtype}{got.shape}, NumPy {wanted.dtype}{wanted.shape}"
    close = numpy.isclose(got, wanted, rtol=1e-12, atol=0, equal_nan=True)
    if got.dtype.kind == "f" and not re.match(UNORDERED, row):
        close &= (numpy.signbit(got) == numpy.signbit(wanted)) | numpy.isnan(wanted)
    if not close.all():
        first = tuple(numpy.argwhere(~close)[0])
        return f"at {first}: {got[first]!r}, NumPy {wanted[first]!r}"
    return ""


RAISES = """
max(o); min(o, axis=0); argmax(o); argmin(p, axis=1); ptp(o); nanmax(o); amax(p); nanargmin(o)
concatenate([]); stack([]); max(p, axis=1)
"""


@pytest.mark.parametrize("row", expressions(RAISES))
def test_of_nothing_what_has_no_value_raises_as_in_numpy(row):
    for namespace in (np, numpy):
        arrays = {name: namespace.asarray(ARRAYS[name]) for name in "op"}
        with pytest.raises(ValueError, match=r"\w"):
            evaluated(row, namespace, arrays)

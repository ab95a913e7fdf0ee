"""Calls of every function of `lazyax.numpy` that NumPy has, written as expressions.

An expression is evaluated twice: with NumPy's functions and arrays, and with lazyax's. Names of
arrays are those of `ARRAYS`; `np` is the namespace. The first name in each is what it is a row of.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import numpy

import lazyax as lx
import lazyax.numpy as np

_rng = numpy.random.default_rng(0)

ARRAYS = {
    "f": numpy.array([-2.5, 1.0, 0.5, 3.25, -0.75, 2.0]),
    "g": numpy.array([0.25, 1.5, 4.0, 0.75, 2.0, 1.0]),
    "u": numpy.array([0.125, 0.5, 0.9, 0.25, -0.5, 0.75]),
    "o": numpy.array([1.25, 2.0, 1.0, 4.0, 3.0, 1.5]),
    "v": numpy.array([1.0, numpy.nan, -2.0, numpy.inf, 0.5, numpy.nan]),
    "i": numpy.array([3, -1, 4, 1, -5, 9]),
    "j": numpy.array([1, 2, 3, 1, 2, 3]),
    "c": numpy.array([0, 2, 2, 5, 1, 2]),
    "b": numpy.array([True, False, True, True, False, False]),
    "d": numpy.array([False, False, True, True, True, False]),
    "z": numpy.array([1 + 2j, -1.5j, 2.0, -0.5 + 0.25j, 3 - 1j, -2.0]),
    "s": numpy.array([-2.0, -0.5, 0.0, 1.0, 2.5, 3.0]),
    "m": _rng.normal(size=(3, 4)).round(2),
    "n": _rng.normal(size=(4, 3)).round(2),
    "k": _rng.integers(0, 7, (3, 4)),
    "q": _rng.normal(size=(3, 3)).round(2),
    "t": _rng.normal(size=(2, 3, 4)).round(2),
    "w": numpy.array([[1.0, numpy.nan, 3.0, -2.0], [numpy.nan] * 2 + [0.5, 4.0], [1.0] * 4]),
    "h": _rng.integers(0, 2, (3, 4)).astype(bool),
    "x8": numpy.array([3, 0, 255, 17, 128, 64], "uint8"),
}

FAMILIES = {
    "arithmetic": """
abs(f); abs(i); abs(z); absolute(i); add(f, g); add(i, j); add(b, d); add(z, f); subtract(f, g)
subtract(i, b); multiply(i, j); multiply(b, d); multiply(f, b); divide(i, j); divide(f, g)
true_divide(i, j); floor_divide(f, g); floor_divide(i, j); mod(f, g); mod(i, j); remainder(i, j)
fmod(f, g); fmod(i, j); divmod(f, g); divmod(i, j); negative(i); negative(z); positive(f)
power(g, f); power(j, c); power(f, 3); power(z, 2); pow(g, 0.5); float_power(j, c); square(i)
square(z); sqrt(g); sqrt(j); sqrt(z); cbrt(f); reciprocal(f); reciprocal(z); sign(f); sign(i)
sign(z); fabs(f); fabs(i); hypot(f, g); hypot(i, j); heaviside(f, 0.5); gcd(i, j); lcm(i, j)
maximum(f, g); maximum(v, f); maximum(z, f); minimum(i, j); fmax(v, f); fmin(v, f)
clip(f, -1, 1); clip(i, 0, j); copysign(g, f); nextafter(f, g); spacing(g); signbit(f); signbit(i)
ldexp(f, c); frexp(f); modf(f); sum(i); matmul(i, j); add(i, 1, dtype=float, order='C')
add(f, 1.5, dtype=int, casting='unsafe'); add.outer(f, g); subtract.reduce(f); subtract.reduce(m, 1)
logical_xor.reduce(b); logical_xor.reduce(h, axis=1); bitwise_or.reduce(k, axis=(0, 1))
minimum.reduce(m, axis=1)
bitwise_and.reduce(i, keepdims=True); hypot.reduce(m); logaddexp.reduce(f, initial=0.5)
fmax.reduce(v)
fmax.reduce(m, axis=None, where=h, initial=-9.0); divide.accumulate(g); fmin.accumulate(w, 1)
bitwise_xor.accumulate(i); hypot.accumulate(f); subtract.reduceat(f, [0, 2, 1]); hypot.reduce(f[:1])
logical_xor.reduce(f[:0]); add.reduceat(np.arange(8), [0, 4, 1, 5, 2, 6, 3, 7]); less.outer(f, g)
[add.nin, add.nout, add.nargs, add.identity, add.__name__, np.sin.nin]
""",
    "transcendental": """
exp(f); exp(z); exp2(f); exp2(i); expm1(f); log(g); log(z); log2(g); log10(g); log10(j)
log1p(g); logaddexp(f, g); logaddexp2(f, g); sin(f); sin(i); cos(f); cos(z); tan(f); arcsin(u)
arccos(u); arctan(f); asin(u); acos(u); atan(i); sinh(f); cosh(f); tanh(f); tanh(z); arcsinh(f)
arccosh(o); arctanh(u); asinh(f); acosh(o); atanh(u); arctan2(f, g); atan2(i, j); sinc(f)
deg2rad(f); radians(i); rad2deg(f); degrees(f); i0(g); angle(z); angle(f); angle(z, deg=True)
unwrap(f * 4); bartlett(7); blackman(7); hamming(7); hanning(7); kaiser(7, 8.6)
""",
    "rounding": """
floor(f); floor(i); ceil(f); trunc(f); fix(f); rint(f); rint(i); round(f, 1); round(i); around(f)
nan_to_num(v); nan_to_num(i); real(z); real(f); imag(z); imag(f); conj(z); conj(i); conjugate(z)
""",
    "logic": """
equal(f, g); not_equal(i, j); less(f, g); less_equal(i, j); greater(f, g); greater_equal(z, f)
logical_and(f, b); logical_or(i, b); logical_xor(b, d); logical_not(f); isnan(v); isinf(v)
isfinite(v); isfinite(i); isposinf(v); isneginf(v); isclose(f, g); isclose(v, v, equal_nan=True)
allclose(f, f + 1e-9); array_equal(i, i); array_equal(v, v, equal_nan=True); array_equiv(i, i[None])
all(b); all(h, axis=1); any(b); any(h, axis=0, keepdims=True); iscomplex(z); isreal(z)
iscomplexobj(z); isrealobj(f); isscalar(3.0); isin(i, j); isin(f, [1.0, 2.0], invert=True)
where(b, f, g); where(b, i, 2.5); where(b); bitwise_and(i, j); bitwise_or(b, d); bitwise_xor(i, j)
bitwise_not(i); bitwise_invert(b); invert(b); left_shift(j, c); bitwise_left_shift(j, c)
right_shift(i, j); bitwise_right_shift(i, j); bitwise_count(i); packbits(x8 > 20); unpackbits(x8)
packbits(h, axis=1, bitorder='little'); count_nonzero(f); count_nonzero(h, axis=1)
""",
    "reductions": """
sum(f); sum(m, axis=0); sum(b); sum(h, axis=1); sum(x8); sum(m, 1, keepdims=True, initial=2.0)
sum(m, where=h); prod(j); prod(m, axis=1); max(m); max(i); max(m, axis=0); min(m, axis=(0, 1))
max(m, where=h, initial=-9.0); amax(i); amin(m, axis=1); ptp(m, axis=0); mean(m); mean(i)
mean(m, axis=1, where=h, keepdims=True); mean(b); std(m); std(m, axis=0, ddof=1); var(i)
var(z); var(m, axis=1, keepdims=True); average(m, axis=0, weights=[1.0, 2.0, 3.0]); average(i)
cumsum(m, axis=1); cumsum(b); cumprod(j); cumulative_sum(i); cumulative_prod(m, axis=0)
cumulative_sum(m, axis=1, include_initial=True); nansum(w); nansum(w, axis=0); nanprod(w, axis=1)
nanmax(w, axis=1); nanmin(w); nanmean(w, axis=1); nanstd(w); nanvar(w, axis=1, ddof=0)
nancumsum(w, axis=1); nancumprod(w); nanargmax(w, axis=1); nanargmin(w, axis=1); argmax(m)
argmax(m, axis=1); argmin(i, keepdims=True); trace(m); trace(t, 1, axis1=1, axis2=2)
diff(f); diff(m, n=2, axis=1); ediff1d(i, to_begin=7); gradient(f); gradient(m, axis=0)
gradient(f, g.cumsum()); trapezoid(f, dx=0.5); trapezoid(m, axis=1)
cov(m); cov(f, g); corrcoef(m)
""",
    "order": """
sort(f); sort(m, axis=0); sort(z); sort_complex(i); argsort(f); argsort(m, axis=1); lexsort((f, j))
partition(f, 2)[2]; argpartition(f, 2)[2]; searchsorted(s, f); searchsorted(s, m, side='right')
digitize(f, s); median(f); median(m, axis=0); median(i); quantile(f, 0.3)
quantile(m, [0.1, 0.9], 1)
percentile(f, 30); percentile(i, [10, 50]); nanmedian(w, axis=1); nanquantile(w, 0.4)
nanpercentile(w, 40, axis=1); quantile(f, 0.3, method='hazen')
quantile(f, 0.5, method='inverted_cdf')
unique(j); unique(c, return_index=True, return_inverse=True, return_counts=True); unique_all(j)
unique(k[:, :2] > 2, axis=0); unique_counts(c); unique_inverse(j); unique_values(j).sum()
union1d(i, j); intersect1d(i, j); intersect1d(c, j, return_indices=True); setdiff1d(i, j)
setdiff1d(c, f)
setxor1d(i, j); nonzero(m > 0); flatnonzero(b); argwhere(h); bincount(c)
bincount(c, g, minlength=9)
histogram(f, 4); histogram(f, 3, range=(-1, 2)); histogram(f, 3, density=True)
histogram_bin_edges(f)
histogram2d(f, g, 3); histogramdd(m, 2); interp(f, s, g); extract(b, f); compress(b, f)
compress([True, False, True], m, axis=0)
""",
    "shapes": """
reshape(m, (2, 6)); ravel(m); transpose(t); transpose(t, (1, 0, 2)); permute_dims(t, (2, 0, 1))
matrix_transpose(t); swapaxes(t, 0, 2); moveaxis(t, 0, 2); rollaxis(t, 2); expand_dims(f, (0, 2))
squeeze(f[None]); atleast_1d(3.0); atleast_2d(f, i); atleast_3d(m); broadcast_to(f, (2, 6))
broadcast_arrays(f, 2.0); broadcast_shapes((3, 1), (4,)); concatenate([f, i])
concat([m, m], axis=1)
stack([f, g]); stack([f, i], axis=1); hstack([m, m]); vstack([f, g]); dstack([m, m]); unstack(m)
column_stack([f, i]); split(f, 3); split(f, [1, 4]); array_split(f, 4); hsplit(m, 2); vsplit(n, 2)
dsplit(t, 2); append(f, 3); append(m, m, axis=0); insert(f, 2, 9.0); insert(m, 1, 5.0, axis=1)
delete(f, 2); delete(m, [0, 2], axis=0); repeat(f, 2); repeat(m, [1, 0, 2], axis=0); tile(f, 2)
tile(m, (2, 1)); resize(f, (2, 4)); trim_zeros(c); flip(m); flip(m, 0); fliplr(m); flipud(m)
roll(m, 1); roll(m, (1, 2), axis=(0, 1)); rot90(m); rot90(m, 2); pad(f, 2); pad(m, 1, mode='edge')
vectorize(lambda x: x * 2.0)(f); vectorize(lambda x, y: x - y if x > y else x + y)(f, 1.0)
vectorize(lambda x, y: (x, y) if x > y else (y, x))(m, n.T); vectorize(int, otypes='d')(f)
lib.stride_tricks.sliding_window_view(m, (2, 3)); lib.stride_tricks.sliding_window_view(t, 2, 1)
apply_along_axis(lambda x: x[x > 0].sum(), 1, m); ix_([True, False, True], [0, 2])
pad(f, (1, 2), mode='reflect'); pad(f, 1, constant_values=7.0); block([[m, m], [m, m]])
diag(f); diag(m); diagonal(m, 1); diagflat(f[:2]); tril(m); triu(m, 1); take(f, [0, 2])
take(m, 1, 0)
take_along_axis(m, np.argsort(m, axis=1), axis=1); choose(c % 3, [f, g, u]); ndim(m); shape(m)
size(m); size(m, 1); select([f > 1, f < 0], [f, g], 7.0)
piecewise(f, [f < 0], [lambda x: -x, 3.0])
apply_along_axis(lambda x: (x[1], x[0]), 1, m)
apply_along_axis(lambda x: x[::2] * 2, 1, m); apply_over_axes(np.sum, t, (0, 2)); r_[f, 0, 1:4]
c_[f, g]; ix_(j, [0, 1]); copy(f); astype(f, 'int32'); vander(f[:3]); vander(x8[:3]); tri(3, 4, 1)
""",
    "creation": """
array(range(3)); array([range(2), range(2)]); array(bytearray(b'abc')); array(f, ndmax=1)
array([1, 2]); array([1.0, 2]); array(f, ndmin=2); array([1j]); array(True); asarray([1, 2.5])
asanyarray([1]); ascontiguousarray(f); asfortranarray(f); asarray_chkfinite(f); zeros(3)
zeros((2, 2), int); zeros_like(i); zeros_like(f, shape=(2,)); ones(3); ones_like(b); full(3, 7)
full(2, 2.5); full_like(i, 3); empty((2, 0)); empty_like(f[:0]); eye(3); eye(2, 3, 1, dtype=int)
identity(3); arange(5); arange(1.0, 3.0, 0.5); arange(2, 9, 3); linspace(0, 1, 5)
linspace(0, 10, 4, endpoint=False, retstep=True); logspace(0, 2, 4); geomspace(1, 100, 4)
meshgrid(f, j); meshgrid(f, j, indexing='ij', sparse=True); mgrid[0:3, 0:2]; mgrid[0:1:5j]
ogrid[0:3, 0:2]; indices((2, 3)); fromfunction(lambda a, b: a + b, (2, 3))
fromiter([1.0, 2.0], float)
frombuffer(b'abcd', 'uint8'); fromstring('1 2', sep=' ')
frompyfunc(lambda a: a * 2.0, 1, 1)(f).astype('f8')
frompyfunc(lambda a: a if a > 0 else 0.5, 1, 1)(f).astype('f8')
diag_indices(3); diag_indices_from(q); tril_indices(3); triu_indices(3, 1); tril_indices_from(q)
triu_indices_from(m); mask_indices(3, np.triu); unravel_index(7, (3, 4)); unravel_index(c, (2, 3))
ravel_multi_index((j, j), (5, 6)); real_if_close(z.real + 0j)
""",
    "products": """
dot(f, g); dot(m, n); dot(i, j); matmul(m, n); matmul(t, n); inner(f, g); inner(m, m); outer(f, i)
matmul(t, t, axes=[(1, 2), (2, 1), (0, 2)]); matmul(m, f[:4], axes=[(0, 1), 0, 0])
vecdot(t, t, axes=[1, 1]); vecdot(t, t, axis=1, keepdims=True)
matvec(t, f[:2], axes=[(1, 0), 0, 1])
vecmat(f[:4], t, axes=[0, (2, 0), -1]); matvec(m, m, axes=[(0, 1), -1, -1])
vecdot(m, m, axes=[0, 0])
linalg.cond(q * 0); linalg.cond(q * 0, -2)
vdot(z, f); vecdot(m, m); vecdot(z, z); matvec(m, n[:, 0]); vecmat(f[:3], m); tensordot(t, m, 2)
tensordot(m, n, ([1], [0])); einsum('ij,jk->ik', m, n); einsum('ii', q); einsum('ij,ij->j', k, k)
einsum_path('ij,jk,kl->il', m, n, m)[0]; kron(f[:2], g[:3]); kron(q, j[:2]); cross(q, n[:3])
convolve(f, g); convolve(i, j, 'same'); correlate(f, g, 'full'); correlate(f, g[:2])
poly(f[:3]); polyadd(f, g[:2]); polysub(i, j[:2]); polymul(f, g); polydiv(f, g[:3]); polyder(f)
roots(f) + 0j; roots([0.0, 1.0, 0.5, 0.0]) + 0j; polyfit(f, g, 2)
polyfit(f, n[[0, 1, 2, 0, 1, 3]], 1, w=g); polyfit(f, g, 1, cov=True)
polyfit(f, g, 1, full=True)[1]
polyint(f); polyint(f, 2); polyval(f, g); polyval(i, j)
""",
    "dtypes": """
result_type(f, i); result_type('int8', 'int16'); promote_types('int8', 'float64')
can_cast('i4', 'f8')
common_type(i, f); min_scalar_type(300); min_scalar_type(f); isdtype(f.dtype, 'real floating')
issubdtype(f.dtype, np.floating); finfo('float64').eps; iinfo('int16').max
array2string(i); array_repr(f); array_str(m); list(np.ndenumerate(i[:2])); iterable(f)
""",
}

IN_PLACE = """
copyto(f, g); copyto(m, 2.0, where=h); fill_diagonal(q, 5.0); place(f, b, [7.0, 8.0])
put(f, [0, 2], [9.0, 8.0]); putmask(f, b, g)
put_along_axis(m, np.argmax(m, axis=1)[:, None], 9.0, 1); add.at(f, [0, 0, 2], [1.0, 2.0, 3.0])
negative.at(f, [0, 1, 1]); bitwise_or.at(i, [0, 0, 2], [1, 2, 4]); subtract.at(m, (0, [1, 1]), 0.5)
hypot.at(g, np.array([1, 1, 1]), f[:3]); logaddexp.at(m, np.s_[0, ::2], 1.0); sqrt.at(g, g > 1)
"""
"""Statements that change their first argument, which is the result."""


OUT = """
add(f, g, out=u); divide(f, g, out=u, where=b); sqrt(g, out=u); floor(f, f, where=d); abs(z, out=u)
multiply(i, 2, out=j); add(i, j, out=f); exp(f, g); power(f, 2, out=g); power(f, 2, where=b, out=g)
add(3, 4, out=f); less(f, g, out=b); subtract(i, 0.5, out=j, casting='unsafe'); modf(f, out=(g, u))
divmod(f, g, out=(u, o)); frexp(f, out=(g, None))[0]; ldexp(f, c, out=g); logical_not(f, out=b)
sum(n, axis=0, out=np.zeros(3)); mean(t, axis=0, out=m); cumsum(f, out=g); dot(m, n, out=q)
matmul(m, n, out=q); clip(f, -1, 1, out=g); round(f, 1, out=g); take(m, [2, 1], out=np.zeros(2))
max(m, axis=0, out=np.zeros(4)); concatenate([f[:3], g[:3]], out=u); outer(f[:3], g[:4], out=m)
var(m, out=np.zeros(())); median(m, axis=1, out=np.zeros(3)); argmin(f, out=np.zeros((), int))
trace(q, out=np.zeros(())); einsum('ij->ji', n, out=m); all(h, axis=1, out=np.zeros(3, bool))
add.accumulate(f, out=g); maximum.reduce(m, out=np.zeros(4)); nansum(w, axis=1, out=np.zeros(3))
"""
"""Calls that write their result to an array: ``out`` is returned, and as NumPy leaves it."""


def expressions(text: str) -> list[str]:
    """The expressions of a family."""
    return [one.strip() for line in text.strip().splitlines() for one in line.split("; ")]


def name_of(expression: str) -> str:
    """What an expression is a row of."""
    for name in re.findall(r"[a-z_A-Z]\w*", expression):
        if name not in ("list", "np"):
            return name
    raise ValueError(expression)


def evaluated(expression: str, namespace: Any, arrays: Mapping[str, Any]) -> Any:
    """The result of an expression, with the functions of ``namespace``."""
    scope = {name: getattr(namespace, name) for name in [name_of(expression)]}
    return eval(expression, {"np": namespace, **arrays, **scope})  # our own table, above


def differences(
    rows: Iterable[str],
    arrays: Mapping[str, numpy.ndarray],
    compare: Callable[[str, Any, Any], str],
) -> dict[str, str]:
    """How results are not NumPy's, by expression: one program computes all of ours.

    Args:
        rows: expressions.
        arrays: by name. Each row has copies of its own, so it may change them.
        compare: from a row, a result of ours and NumPy's, to how they differ, or nothing.
    """
    ours = {}
    for row in rows:
        lazy = {name: np.asarray(array) for name, array in arrays.items()}
        ours[row] = leaves(evaluated(row, np, lazy))
    lx.materialize(ours)
    wrong = {}
    for row, got in ours.items():
        with numpy.errstate(all="ignore"):
            own = {name: array.copy() for name, array in arrays.items()}
            want = leaves(evaluated(row, numpy, own))
        if len(got) != len(want):
            wrong[row] = f"{len(got)} results, NumPy {len(want)}"
            continue
        found = [compare(row, one, other) for one, other in zip(got, want, strict=True)]
        if any(found):
            wrong[row] = next(filter(None, found))
    return wrong


def leaves(result: Any) -> list:
    """The arrays, numbers, dtypes and texts of a result."""
    if isinstance(result, (tuple, list)):
        return [leaf for part in result for leaf in leaves(part)]
    return [result]

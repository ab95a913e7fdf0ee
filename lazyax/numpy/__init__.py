"""NumPy's functions, lazily: ``import lazyax.numpy as np``.

Each has NumPy's name, arguments and meaning, takes arrays, numbers and nested lists, and returns
at once. Dtypes default to 32 bits; `lazyax.config` has the switch.

>>> import lazyax.numpy as np
>>> x = np.arange(3.0)
>>> print(np.sum(x * x))
5.0
"""

# ruff: noqa: I001 - the names of a family in as few lines as they fit

import difflib
import importlib
import sys
import typing as _typing

from lazyax.config import default_dtype
from lazyax.numpy import fft, lib, linalg
from lazyax.ops.numpy import dispatch
from lazyax.ops.numpy.coverage import WILL_NOT
from lazyax.array import Array as ndarray  # noqa: N813 - NumPy's name for the type
from lazyax.ops.numpy.array_api import __array_api_version__, __array_namespace_info__
from lazyax.ops.numpy.choosing import around, choose, nan_to_num, piecewise, round, round_, select
from lazyax.ops.numpy.comparisons import (
    allclose, array_equal, array_equiv, in1d, isclose, iscomplex, isin, isreal,
)  # fmt: skip
from lazyax.ops.numpy.contraction import (
    cross, dot, inner, kron, matmul, matvec, outer, tensordot, vdot, vecdot, vecmat,
)  # fmt: skip
from lazyax.ops.numpy.counting import (
    bincount, histogram, histogram2d, histogram_bin_edges, histogramdd,
)  # fmt: skip
from lazyax.ops.numpy.covariance import corrcoef, cov
from lazyax.ops.numpy.creation import (
    array, asanyarray, asarray, ascontiguousarray, asfortranarray, astype, copy, empty, empty_like,
    frombuffer, fromiter, full, full_like, ones, ones_like, zeros, zeros_like,
)  # fmt: skip
from lazyax.ops.numpy.cumulative import (
    cumprod, cumproduct, cumsum, cumulative_prod, cumulative_sum, nancumprod, nancumsum,
)  # fmt: skip
from lazyax.ops.numpy.differences import diff, ediff1d, gradient, trapezoid, trapz
from lazyax.ops.numpy.dtypes import (
    bool, byte, can_cast, cdouble, common_type, csingle, double, finfo, half, iinfo, iscomplexobj,
    isdtype, isrealobj, isscalar, issubdtype, min_scalar_type, ndim, promote_types, result_type,
    shape, short, single, size, ubyte, ushort,
)  # fmt: skip
from lazyax.ops.numpy.einsum import einsum, einsum_path
from lazyax.ops.numpy.files import (
    array2string, array_repr, array_str, asarray_chkfinite, fromfile, fromstring, genfromtxt, load,
    loadtxt, ndenumerate, real_if_close, save, savetxt, savez, savez_compressed,
)  # fmt: skip
from lazyax.ops.numpy.exchange import from_dlpack
from lazyax.ops.numpy.grids import (
    arange, c_, fromfunction, geomspace, indices, ix_, linspace, logspace, meshgrid, mgrid, ogrid,
    r_,
)  # fmt: skip
from lazyax.ops.numpy.index_numbers import mask_indices, ravel_multi_index, unravel_index
from lazyax.ops.numpy.inserting import delete, insert
from lazyax.ops.numpy.joining import (
    append, array_split, block, column_stack, concat, concatenate, dsplit, dstack, hsplit, hstack,
    row_stack, split, stack, unstack, vsplit, vstack,
)  # fmt: skip
from lazyax.ops.numpy.mapping import apply_along_axis, apply_over_axes, frompyfunc
from lazyax.ops.numpy.matrices import (
    diag, diag_indices, diag_indices_from, diagflat, diagonal, eye, identity, trace, tri, tril,
    tril_indices, tril_indices_from, triu, triu_indices, triu_indices_from, vander,
)  # fmt: skip
from lazyax.ops.numpy.nan_reductions import nanmax, nanmean, nanmin, nanprod, nanstd, nansum, nanvar
from lazyax.ops.numpy.number_parts import (
    bitwise_count, divmod, frexp, gcd, lcm, ldexp, modf, packbits, spacing, unpackbits,
)  # fmt: skip
from lazyax.ops.numpy.order_statistics import (
    median, nanmedian, nanpercentile, nanquantile, percentile, quantile,
)  # fmt: skip
from lazyax.ops.numpy.padding import pad
from lazyax.ops.numpy.polynomial_roots import polyfit, roots
from lazyax.ops.numpy.polynomials import (
    poly, polyadd, polyder, polydiv, polyint, polymul, polysub, polyval,
)  # fmt: skip
from lazyax.ops.numpy.rearranging import (
    flip, fliplr, flipud, repeat, resize, roll, rot90, tile, trim_zeros,
)  # fmt: skip
from lazyax.ops.numpy.reductions import (
    all, alltrue, amax, amin, any, count_nonzero, max, min, prod, product, ptp, sometrue, sum,
)  # fmt: skip
from lazyax.ops.numpy.reshaping import (
    atleast_1d, atleast_2d, atleast_3d, broadcast_arrays, broadcast_shapes, broadcast_to,
    expand_dims, matrix_transpose, moveaxis, permute_dims, ravel, reshape, rollaxis, squeeze,
    swapaxes, transpose,
)  # fmt: skip
from lazyax.ops.numpy.search import (
    argmax, argmin, argwhere, digitize, flatnonzero, nanargmax, nanargmin, nonzero, searchsorted,
)  # fmt: skip
from lazyax.ops.numpy.sets import (
    intersect1d, setdiff1d, setxor1d, union1d, unique, unique_all, unique_counts, unique_inverse,
    unique_values,
)  # fmt: skip
from lazyax.ops.numpy.signals import convolve, correlate, interp, unwrap
from lazyax.ops.numpy.sorting import argpartition, argsort, lexsort, partition, sort, sort_complex
from lazyax.ops.numpy.statistics import average, mean, std, var
from lazyax.ops.numpy.taking import (
    compress, copyto, extract, fill_diagonal, place, put, put_along_axis, putmask, take,
    take_along_axis,
)  # fmt: skip
from lazyax.ops.numpy.ufuncs import (
    abs, absolute, acos, acosh, add, angle, arccos, arccosh, arcsin, arcsinh, arctan, arctan2,
    arctanh, asin, asinh, atan, atan2, atanh, bitwise_and, bitwise_invert, bitwise_left_shift,
    bitwise_not, bitwise_or, bitwise_right_shift, bitwise_xor, cbrt, ceil, clip, conj, conjugate,
    copysign, cos, cosh, deg2rad, degrees, divide, equal, exp, exp2, expm1, fabs, fix, float_power,
    floor, floor_divide, fmax, fmin, fmod, greater, greater_equal, heaviside, hypot, imag, invert,
    isfinite, isinf, isnan, isneginf, isposinf, left_shift, less, less_equal, log, log1p, log2,
    log10, logaddexp, logaddexp2, logical_and, logical_not, logical_or, logical_xor, maximum,
    minimum, mod, multiply, negative, nextafter, not_equal, positive, pow, power, rad2deg, radians,
    real, reciprocal, remainder, right_shift, rint, sign, signbit, sin, sinc, sinh, sqrt, square,
    subtract, tan, tanh, true_divide, trunc, where,
)  # fmt: skip
from lazyax.ops.numpy.vectorizing import vectorize
from lazyax.ops.numpy.windows import bartlett, blackman, hamming, hanning, i0, kaiser
from ml_dtypes import (
    bfloat16, float8_e3m4, float8_e4m3, float8_e4m3b11fnuz, float8_e4m3fn, float8_e4m3fnuz,
    float8_e5m2, float8_e5m2fnuz, float8_e8m0fnu,
)  # fmt: skip
from numpy import (
    False_, ScalarType, True_, base_repr, binary_repr, bool_, character, complex64, complex128,
    complexfloating, dtype, e, errstate, euler_gamma, flexible, float16, float32, float64, floating,
    format_float_positional, format_float_scientific, generic, get_printoptions, geterr, index_exp,
    inexact, inf, int8, int16, int32, int64, intc, integer, intp, iterable, little_endian, long,
    longlong, mintypecode, nan, ndindex, newaxis, number, object_, pi, printoptions, s_, sctypeDict,
    set_printoptions, seterr, signedinteger, typecodes, typename, uint8, uint16, uint32, uint64,
    uintc, uintp, ulong, ulonglong, unsignedinteger,
)  # fmt: skip

__all__ = [
    "__array_api_version__", "__array_namespace_info__", "abs", "absolute", "acos", "acosh", "add",
    "all", "allclose", "alltrue", "amax", "amin", "angle", "any", "append", "apply_along_axis",
    "apply_over_axes", "arange", "arccos", "arccosh", "arcsin", "arcsinh", "arctan", "arctan2",
    "arctanh", "argmax", "argmin", "argpartition", "argsort", "argwhere", "around", "array",
    "array2string", "array_equal", "array_equiv", "array_repr", "array_split", "array_str",
    "asanyarray", "asarray", "asarray_chkfinite", "ascontiguousarray", "asfortranarray", "asin",
    "asinh", "astype", "atan", "atan2", "atanh", "atleast_1d", "atleast_2d", "atleast_3d",
    "average", "bartlett", "base_repr", "bfloat16", "binary_repr", "bincount", "bitwise_and",
    "bitwise_count", "bitwise_invert", "bitwise_left_shift", "bitwise_not", "bitwise_or",
    "bitwise_right_shift", "bitwise_xor", "blackman", "block", "bool", "bool_", "broadcast_arrays",
    "broadcast_shapes", "broadcast_to", "byte", "c_", "can_cast", "cbrt", "cdouble", "ceil",
    "character", "choose", "clip", "column_stack", "common_type", "complex128", "complex64",
    "complexfloating", "compress", "concat", "concatenate", "conj", "conjugate", "convolve", "copy",
    "copysign", "copyto", "corrcoef", "correlate", "cos", "cosh", "count_nonzero", "cov", "cross",
    "csingle", "cumprod", "cumproduct", "cumsum", "cumulative_prod", "cumulative_sum", "deg2rad",
    "degrees", "delete", "diag", "diag_indices", "diag_indices_from", "diagflat", "diagonal",
    "diff", "digitize", "divide", "divmod", "dot", "double", "dsplit", "dstack", "dtype", "e",
    "ediff1d", "einsum", "einsum_path", "empty", "empty_like", "equal", "errstate", "euler_gamma",
    "exp", "exp2", "expand_dims", "expm1", "extract", "eye", "fabs", "False_", "fft",
    "fill_diagonal", "finfo", "fix", "flatnonzero", "flexible", "flip", "fliplr", "flipud",
    "float16", "float32", "float64", "float8_e3m4", "float8_e4m3", "float8_e4m3b11fnuz",
    "float8_e4m3fn", "float8_e4m3fnuz", "float8_e5m2", "float8_e5m2fnuz", "float8_e8m0fnu",
    "float_power", "floating", "floor", "floor_divide", "fmax", "fmin", "fmod",
    "format_float_positional", "format_float_scientific", "frexp", "from_dlpack", "frombuffer",
    "fromfile", "fromfunction", "fromiter", "frompyfunc", "fromstring", "full", "full_like", "gcd",
    "generic", "genfromtxt", "geomspace", "get_printoptions", "geterr", "gradient", "greater",
    "greater_equal", "half", "hamming", "hanning", "heaviside", "histogram", "histogram2d",
    "histogram_bin_edges", "histogramdd", "hsplit", "hstack", "hypot", "i0", "identity", "iinfo",
    "imag", "in1d", "index_exp", "indices", "inexact", "inf", "inner", "insert", "int16", "int32",
    "int64", "int8", "intc", "integer", "interp", "intersect1d", "intp", "invert", "isclose",
    "iscomplex", "iscomplexobj", "isdtype", "isfinite", "isin", "isinf", "isnan", "isneginf",
    "isposinf", "isreal", "isrealobj", "isscalar", "issubdtype", "iterable", "ix_", "kaiser",
    "kron", "lcm", "ldexp", "left_shift", "less", "less_equal", "lexsort", "lib", "linalg",
    "linspace", "little_endian", "load", "loadtxt", "log", "log10", "log1p", "log2", "logaddexp",
    "logaddexp2", "logical_and", "logical_not", "logical_or", "logical_xor", "logspace", "long",
    "longlong", "mask_indices", "matmul", "matrix_transpose", "matvec", "max", "maximum", "mean",
    "median", "meshgrid", "mgrid", "min", "min_scalar_type", "minimum", "mintypecode", "mod",
    "modf", "moveaxis", "multiply", "nan", "nan_to_num", "nanargmax", "nanargmin", "nancumprod",
    "nancumsum", "nanmax", "nanmean", "nanmedian", "nanmin", "nanpercentile", "nanprod",
    "nanquantile", "nanstd", "nansum", "nanvar", "ndarray", "ndenumerate", "ndim", "ndindex",
    "negative", "newaxis", "nextafter", "nonzero", "not_equal", "number", "object_", "ogrid",
    "ones", "ones_like", "outer", "packbits", "pad", "partition", "percentile", "permute_dims",
    "pi", "piecewise", "place", "poly", "polyadd", "polyder", "polydiv", "polyfit", "polyint",
    "polymul", "polysub", "polyval", "positive", "pow", "power", "printoptions", "prod", "product",
    "promote_types", "ptp", "put", "put_along_axis", "putmask", "quantile", "r_", "rad2deg",
    "radians", "ravel", "ravel_multi_index", "real", "real_if_close", "reciprocal", "remainder",
    "repeat", "reshape", "resize", "result_type", "right_shift", "rint", "roll", "rollaxis",
    "roots", "rot90", "round", "round_", "row_stack", "s_", "save", "savetxt", "savez",
    "savez_compressed", "ScalarType", "sctypeDict", "searchsorted", "select", "set_printoptions",
    "setdiff1d", "seterr", "setxor1d", "shape", "short", "sign", "signbit", "signedinteger", "sin",
    "sinc", "single", "sinh", "size", "sometrue", "sort", "sort_complex", "spacing", "split",
    "sqrt", "square", "squeeze", "stack", "std", "subtract", "sum", "swapaxes", "take",
    "take_along_axis", "tan", "tanh", "tensordot", "tile", "trace", "transpose", "trapezoid",
    "trapz", "tri", "tril", "tril_indices", "tril_indices_from", "trim_zeros", "triu",
    "triu_indices", "triu_indices_from", "True_", "true_divide", "trunc", "typecodes", "typename",
    "ubyte", "uint16", "uint32", "uint64", "uint8", "uintc", "uintp", "ulong", "ulonglong",
    "union1d", "unique", "unique_all", "unique_counts", "unique_inverse", "unique_values",
    "unpackbits", "unravel_index", "unsignedinteger", "unstack", "unwrap", "ushort", "vander",
    "var", "vdot", "vecdot", "vecmat", "vectorize", "vsplit", "vstack", "where", "zeros",
    "zeros_like",
]  # fmt: skip

dispatch.install(sys.modules[__name__])


DEFAULTS = {"int_": int, "uint": int, "float_": float, "complex_": complex}
"""Names of dtypes whose width `lazyax.config` decides, and what they are the default of."""

LAZY = {"testing": "numpy.testing"}
"""Modules of NumPy's that work on lazy arrays, imported when they are asked for."""

if _typing.TYPE_CHECKING:  # a checker knows these names, and complains about others
    int_: type[int64]
    uint: type[uint64]
    float_: type[float64]
    complex_: type[complex128]
    from numpy import testing  # noqa: F401
else:

    def __getattr__(name: str) -> _typing.Any:
        """The default dtypes, which `lazyax.config` decides; an error for what is not here.

        Raises:
            AttributeError: saying why it is not here, and naming what is nearest.
        """
        if name in DEFAULTS:
            found = default_dtype(DEFAULTS[name])
            return dtype(f"u{found.itemsize}" if name == "uint" else found).type
        if name in LAZY:
            return importlib.import_module(LAZY[name])
        near = difflib.get_close_matches(name, __all__, n=3)
        reason = f": {WILL_NOT[name]}" if name in WILL_NOT else ""
        hint = f"; nearest: {', '.join(near)}" if near else ""
        raise AttributeError(f"lazyax.numpy has no {name!r}{reason}{hint}")

"""Arrays in files and as text, in NumPy's own formats: what is written is computed now."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import ml_dtypes
import numpy

from lazyax import tree
from lazyax.array import Array, array_node, materialize, value_of
from lazyax.errors import LazyaxTypeError
from lazyax.ops.numpy.conventions import as_dtype, as_operand


def host(function: str, values: Any) -> Any:
    """NumPy's arrays for the lazy ones in a pytree, computed by one program."""
    pending = [leaf for leaf in tree.leaves(values) if isinstance(leaf, Array)]
    materialize(*pending)
    return tree.map(lambda x: value_of(x, function) if isinstance(x, Array) else x, values)


def save(file: Any, arr: Any, allow_pickle: bool = True) -> None:
    """`numpy.save`: one array in a ``.npy`` file.

    >>> import io
    >>> import lazyax.numpy as np
    >>> file = io.BytesIO()
    >>> np.save(file, np.arange(3) * 2)
    >>> position = file.seek(0)
    >>> print(np.load(file))
    [0 2 4]
    """
    numpy.save(file, host("save", arr), allow_pickle=allow_pickle)


def savez(file: Any, *args: Any, allow_pickle: bool = True, **kwds: Any) -> None:
    """`numpy.savez`: arrays in one ``.npz`` archive, by position or by name.

    >>> import io
    >>> import lazyax.numpy as np
    >>> file = io.BytesIO()
    >>> np.savez(file, w=np.ones(2), b=np.zeros(1))
    >>> position = file.seek(0)
    >>> sorted(np.load(file))
    ['b', 'w']
    """
    args, kwds = host("savez", (args, kwds))
    numpy.savez(file, *args, allow_pickle=allow_pickle, **kwds)


def savez_compressed(file: Any, *args: Any, allow_pickle: bool = True, **kwds: Any) -> None:
    """`savez`, compressed."""
    args, kwds = host("savez_compressed", (args, kwds))
    numpy.savez_compressed(file, *args, allow_pickle=allow_pickle, **kwds)


def savetxt(fname: Any, X: Any, *args: Any, **keywords: Any) -> None:  # noqa: N803 - NumPy's
    """`numpy.savetxt`: a 1-d or 2-d array as text.

    >>> import io
    >>> import lazyax.numpy as np
    >>> file = io.StringIO()
    >>> np.savetxt(file, np.ones((1, 2)), fmt="%.1f")
    >>> file.getvalue()
    '1.0 1.0\\n'
    """
    numpy.savetxt(fname, host("savetxt", X), *args, **keywords)


def load(file: Any, *args: Any, **keywords: Any) -> Any:
    """The array of a ``.npy`` file, or the arrays of a ``.npz`` archive by name, all read now.

    bfloat16, which NumPy's format calls two bytes without meaning, is bfloat16 again.

    Raises:
        LazyaxTypeError: for elements that XLA does not have.
    """
    found = numpy.load(file, *args, **keywords)
    if isinstance(found, numpy.ndarray):
        return _put(found)
    with found:
        return {name: _put(found[name]) for name in found.files}


def _put(array: numpy.ndarray) -> Array:
    return Array(array_node(array.view(ml_dtypes.bfloat16) if array.dtype == "V2" else array))


def _read_by(reader: Callable, source: Any, dtype: Any, *args: Any, **keywords: Any) -> Array:
    """What a function of NumPy's reads, on the device; Python's types are the default dtypes."""
    chosen = None if dtype is None else as_dtype(reader.__name__, dtype)
    return Array(array_node(reader(source, chosen, *args, **keywords)))


def fromfile(
    file: Any, dtype: Any = float, count: int = -1, sep: str = "", offset: int = 0
) -> Array:
    """`numpy.fromfile`, read now: by default, numbers of the default float's width."""
    return _read_by(numpy.fromfile, file, dtype, count, sep, offset)


def fromstring(string: str, dtype: Any = float, count: int = -1, *, sep: str) -> Array:
    """`numpy.fromstring`: numbers of a text.

    >>> import lazyax.numpy as np
    >>> print(np.fromstring("1 2 3", sep=" "))
    [1. 2. 3.]
    """
    return _read_by(numpy.fromstring, string, dtype, count, sep=sep)


def genfromtxt(fname: Any, dtype: Any = float, *args: Any, **keywords: Any) -> Array:
    """`numpy.genfromtxt`: a table with gaps, read now.

    >>> import io
    >>> import lazyax.numpy as np
    >>> print(np.genfromtxt(io.StringIO("1,,3"), delimiter=","))
    [ 1. nan  3.]
    """
    return _read_by(numpy.genfromtxt, fname, dtype, *args, **keywords)


def loadtxt(fname: Any, dtype: Any = float, *args: Any, **keywords: Any) -> Array:
    """`numpy.loadtxt`: a table, read now.

    >>> import io
    >>> import lazyax.numpy as np
    >>> print(np.loadtxt(io.StringIO("1 2\\n3 4")))
    [[1. 2.]
     [3. 4.]]
    """
    return _read_by(numpy.loadtxt, fname, dtype, *args, **keywords)


def array2string(a: Any, *args: Any, **keywords: Any) -> str:
    """`numpy.array2string` of the value, which is computed now.

    >>> import lazyax.numpy as np
    >>> np.array2string(np.arange(3), separator=", ")
    '[0, 1, 2]'
    """
    return numpy.array2string(_read("array2string", a), *args, **keywords)


def array_repr(arr: Any, *args: Any, **keywords: Any) -> str:
    """`numpy.array_repr` of the value, which is computed now; ``repr(x)`` computes nothing.

    >>> import lazyax.numpy as np
    >>> np.array_repr(np.arange(3))
    'array([0, 1, 2], dtype=int32)'
    """
    return numpy.array_repr(_read("array_repr", arr), *args, **keywords)


def array_str(a: Any, *args: Any, **keywords: Any) -> str:
    """`numpy.array_str` of the value, which is computed now.

    >>> import lazyax.numpy as np
    >>> np.array_str(np.arange(3))
    '[0 1 2]'
    """
    return numpy.array_str(_read("array_str", a), *args, **keywords)


def _read(function: str, a: Any) -> numpy.ndarray:
    return value_of(Array(as_operand(function, a)), function)


def ndenumerate(arr: Any) -> Iterator[tuple[tuple[int, ...], Any]]:
    """Pairs of index and number, in row-major order: the array is computed now.

    >>> import lazyax.numpy as np
    >>> [(index, float(x)) for index, x in np.ndenumerate(np.ones(2))]
    [((0,), 1.0), ((1,), 1.0)]
    """
    return numpy.ndenumerate(_read("ndenumerate", arr))


def asarray_chkfinite(a: Any, dtype: Any = None, order: str | None = None) -> Array:
    """``a`` as an array, which is computed now and must be finite.

    >>> import lazyax.numpy as np
    >>> print(np.asarray_chkfinite([1.0, 2.0]))
    [1. 2.]

    Raises:
        LazyaxTypeError: for an infinity or NaN, as NumPy's ValueError.
    """
    x = as_operand("asarray_chkfinite", a)
    result = Array(x) if dtype is None else Array(x).astype(dtype)
    if result.aval.is_inexact:
        wrong = int(numpy.count_nonzero(~numpy.isfinite(_read("asarray_chkfinite", result))))
        if wrong:
            raise LazyaxTypeError(
                f"asarray_chkfinite: needs finite elements, got {x.aval} with {wrong} of them "
                "infinite or NaN; see np.nan_to_num"
            )
    return result


def real_if_close(a: Any, tol: float = 100) -> Array:
    """The real part, if all imaginary parts are within ``tol`` spacings of 0: computed now.

    A ``tol`` of at most 1 is a distance rather than a number of spacings.

    >>> import lazyax.numpy as np
    >>> np.real_if_close(np.array([1 + 0j])).dtype
    dtype('float32')
    """
    x = Array(as_operand("real_if_close", a))
    if x.dtype.kind != "c":
        return x
    limit = tol * float(numpy.finfo(x.dtype).eps) if tol > 1 else tol
    imag = _read("real_if_close", x.imag)
    return x.real if bool((numpy.abs(imag) < limit).all()) else x

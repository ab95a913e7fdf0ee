"""What decompositions have in common: batches, platforms, failures and empty matrices."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy

from lazyax.errors import LazyaxTypeError
from lazyax.graph.aval import Aval, aval_of
from lazyax.graph.op import Op
from lazyax.ops.primitives.kinds import with_batch_axis

LAPACK_LETTER = {"float32": "s", "float64": "d", "complex64": "c", "complex128": "z"}
"""First letter of LAPACK's routines, by the dtypes that it has."""

BOOL = numpy.dtype(bool)
INFO = numpy.dtype("i4")


class Decomposition(Op):
    """Abstract: of the matrices in the last two axes; leading axes are a batch.

    States ``lower_cpu``, by LAPACK, and ``lower_cuda``, by cuSOLVER, or the native ``lower_xla``
    that other platforms get. What LAPACK reports to have failed is NaN. The CUDA lowerings are
    tested for the kernels that they name; they have not been run on a GPU.
    """

    __slots__ = ()

    expensive = True
    alone = True

    def require_matrices(self, x: Aval, square: bool = False) -> None:
        """Raise unless ``x`` holds matrices of a dtype that LAPACK has."""
        self.require(
            x.ndim >= 2 and x.dtype.name in LAPACK_LETTER,
            f"needs matrices of float32, float64, complex64 or complex128, got {x}",
        )
        self.require(not square or x.shape[-1] == x.shape[-2], f"needs square matrices, got {x}")

    def lower(self, emit, node, *operands):
        several = isinstance(node.aval, tuple)
        avals = node.aval if several else (node.aval,)
        if not operands[0].aval.size:
            results = [empty_result(emit, aval) for aval in avals]
        else:
            rules = {"cpu": self.lower_cpu, "cuda": self.lower_cuda}
            results = rules.get(emit.platform, self.lower_xla)(emit, avals, *operands)
        return results if several else results[0]

    def lower_cpu(self, emit, avals: Sequence[Aval], *operands):
        raise NotImplementedError

    def lower_cuda(self, emit, avals: Sequence[Aval], *operands):
        return self.lower_xla(emit, avals, *operands)

    def lower_xla(self, emit, avals: Sequence[Aval], *operands):
        raise LazyaxTypeError(
            f"{self.name}: there is no kernel for platform {emit.platform!r}; read the value and "
            "compute it by NumPy, or use LAZYAX_PLATFORM=cpu"
        )

    def batch(self, operands, batched, size):
        return self(*with_batch_axis(operands, batched, size))


def lanes(x: numpy.ndarray) -> numpy.ndarray:
    """The matrices of a batch, one after another. f32[2,5,3,3] -> f32[10,3,3]."""
    return x.reshape(math.prod(x.shape[:-2]), *x.shape[-2:])


def lapack(routine: str, dtype: numpy.dtype) -> str:
    """Name of a LAPACK kernel, such as ``lapack_dpotrf_ffi``."""
    return f"lapack_{LAPACK_LETTER[dtype.name]}{routine}_ffi"


def cusolver(routine: str) -> str:
    """Name of a cuSOLVER kernel, which looks at its operands' dtype itself."""
    return f"cusolver_{routine}_ffi"


def info_aval(x: Aval) -> Aval:
    """What a kernel reports: one integer for each matrix."""
    return aval_of(x.shape[:-2], INFO)


def nan_where_failed(emit, info, results: Sequence, direction: str = "EQ") -> list:
    """Results that are NaN for each matrix whose info is not 0 (not >= 0, for "GE")."""
    ok = emit.compare(direction, info, emit.constant(0, info.aval))
    return [select(emit, ok, value, emit.constant(numpy.nan, value.aval)) for value in results]


def select(emit, which, on_true, on_false):
    """`stablehlo.select` by a bool for each matrix of the batch."""
    spread = on_true.aval.with_dtype(BOOL)
    dims = list(range(which.aval.ndim))
    wide = emit(
        f"stablehlo.broadcast_in_dim {which}, dims = {dims} : "
        f"({which.type}) -> {emit.type(spread)}",
        spread,
    )
    return emit(
        f"stablehlo.select {wide}, {on_true}, {on_false} : {wide.type}, {on_true.type}",
        on_true.aval,
    )


def empty_result(emit, aval: Aval):
    """A result of a decomposition of matrices without elements: nothing, or an identity."""
    if not aval.size:
        return emit.constant(0, aval)
    return emit.elementwise("convert", aval, emit.compare("EQ", *places(emit, aval)))


def places(emit, aval: Aval) -> list:
    """Row and column of each element."""
    number = aval.with_dtype(INFO)
    axes = (aval.ndim - 2, aval.ndim - 1)
    return [emit(f"stablehlo.iota dim = {axis} : {emit.type(number)}", number) for axis in axes]


def triangle(emit, x, direction: str):
    """``x`` where row >= column (for "GE") or row <= column (for "LE"), else zero."""
    inside, zero = emit.compare(direction, *places(emit, x.aval)), emit.constant(0, x.aval)
    return emit(f"stablehlo.select {inside}, {x}, {zero} : {inside.type}, {x.type}", x.aval)


def corner(emit, x, height: int, width: int):
    """The first rows and columns of matrices, and zeros for those that they lack."""
    *lead, rows, columns = x.aval.shape
    more = (height - rows, width - columns)
    if more == (0, 0):
        return x
    aval, zero = x.aval.with_shape((*lead, height, width)), emit.constant(0, x.aval.with_shape(()))
    none = [0] * x.aval.ndim
    return emit(
        f"stablehlo.pad {x}, {zero}, low = {none}, high = {[*none[2:], *more]}, interior = {none} "
        f": ({x.type}, {zero.type}) -> {emit.type(aval)}",
        aval,
    )

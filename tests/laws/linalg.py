"""Rows of decompositions, of equations with matrices, and of Fourier transforms.

Matrices are made well-conditioned, so that finite differences are near the derivative.
"""

from __future__ import annotations

import numpy

from lazyax.ops import primitives as p
from lazyax.ops.primitives.linear_solve import Factors, solve
from lazyax.ops.primitives.matrix_algebra import adjoint, columns, diagonal, matmul
from tests.laws.case import array, integers, row

DTYPES = "f32 f64 c64 c128"


def definite(x: numpy.ndarray) -> numpy.ndarray:
    """Hermitian and positive definite."""
    return x @ x.conj().swapaxes(-1, -2) / 4 + numpy.eye(x.shape[-1])


def dominant(x: numpy.ndarray) -> numpy.ndarray:
    """With one large element in each row and column; the rows are not in their order."""
    return x + 4 * numpy.roll(numpy.eye(*x.shape[-2:]), 1, axis=0)


def triangular(x: numpy.ndarray) -> numpy.ndarray:
    """With a large diagonal."""
    return x + 3 * numpy.eye(x.shape[-1])


def spread(x: numpy.ndarray) -> numpy.ndarray:
    """With eigenvalues and singular values that are far apart."""
    sizes = 3.0 * (1 + numpy.arange(min(x.shape[-2:])))
    return x / 2 + numpy.eye(*x.shape[-2:]) * numpy.resize(sizes, x.shape[-1])


square = array(3, 3)
sides = array(3, 2)


def factored(a):
    """The matrix with its rows in the order of its factors, and these."""
    factors = Factors.of(a)
    return factors.rows, factors.lu


def with_number(number):
    """What ops of factors are applied to: ``number`` is of the diagonal of the factors."""
    return lambda a: (number(diagonal(factored(a)[1])), *factored(a))


def logarithm(elements):
    return p.ReduceSum((0,))(p.Log()(p.Absolute()(elements)))


def completed(q, r):
    """Of a square Q, the columns that are determined, and the space that the others span."""
    count = r.aval.shape[-1]
    rest = columns(q, count, q.aval.shape[-1])
    return columns(q, 0, count), matmul(rest, adjoint(rest)), r


def weighted(left, right):
    """Columns in pairs, with weights of their own: does not turn where the pairs turn together."""
    weights = p.Iota(left.aval.dtype, left.aval.shape, left.aval.ndim - 1)() + 1.0
    return matmul(left * weights, adjoint(right))


def of_eigenvectors(w, v):
    """Eigenvalues, and what is determined of eigenvectors that are free to turn by a phase."""
    return w, weighted(v, v)


def of_singular_vectors(u, s, vh):
    """The same of singular vectors, of which the last may be free to turn among themselves."""
    count = s.aval.shape[-1]
    v = adjoint(vh)
    left, right = columns(u, 0, count), columns(v, 0, count)
    results = [s, weighted(left, right), weighted(left, left)]
    for whole in (u, v):
        if whole.aval.shape[-1] > count:
            rest = columns(whole, count, whole.aval.shape[-1])
            results.append(matmul(rest, adjoint(rest)))
    return results


def pseudo_inverted(a):
    """The pseudo-inverse of a matrix, by its Gram matrix, and the matrix."""
    gram = matmul(adjoint(a), a)
    return solve(gram, adjoint(a)), a


FACTORS = [
    row(p.Cholesky(), square.made(definite), dtypes=DTYPES),
    row(p.Cholesky(), array(2, 2, 2).made(definite)),
    row(p.Cholesky(), array(0, 0)),
    row(p.LU(), square.made(dominant), dtypes=DTYPES),
    row(p.LU(), array(4, 3).made(dominant)),
    row(p.LU(), array(2, 3, 4).made(dominant)),
    row(p.LU(), array(0, 2)),
    row(p.PermutationOfPivots(4), integers(4, low=1, high=3)),
    row(p.PermutationOfPivots(5), integers(2, 3, low=2, high=4)),
    row(p.QR(), square.made(dominant), dtypes=DTYPES),
    row(p.QR(), array(4, 3).made(dominant), dtypes="f64 c128"),
    row(p.QR(), array(2, 3, 4).made(dominant), dtypes="f64 c128"),
    row(p.QR(complete=True), array(4, 2).made(dominant), dtypes="f64 c128", determined=completed),
    row(p.QR(complete=True), array(2, 0), dtypes="f64"),
]

EQUATIONS = [
    *[
        row(
            p.TriangularSolve(lower, transpose, unit),
            square.made(triangular),
            sides,
            dtypes=DTYPES if unit else "f32 c128",
        )
        for lower, transpose, unit in (
            (True, False, False),
            (True, True, True),
            (False, False, True),
            (False, True, False),
        )
    ],
    row(p.TriangularSolve(True), array(2, 2, 2).made(triangular), array(2, 2, 3)),
    row(p.TriangularSolve(True), square.made(triangular), array(3, 0)),
    *[
        row(
            p.FactoredSolve(transpose),
            square.made(dominant),
            sides,
            dtypes=DTYPES,
            prepare=lambda a, b: (*factored(a), b),
        )
        for transpose in (False, True)
    ],
    row(
        p.Determinant(),
        square.made(dominant),
        dtypes=DTYPES,
        prepare=with_number(p.ReduceProd((0,))),
    ),
    row(
        p.LogDeterminant(),
        square.made(dominant),
        dtypes="f32 f64 c128",
        prepare=with_number(logarithm),
    ),
]

SPECTRA = [
    row(p.Eigh(), square.made(spread), dtypes=DTYPES, determined=of_eigenvectors),
    row(p.Eigh(vectors=False), array(2, 2, 2), dtypes="f64 c128"),
    row(p.Eigh(), array(0, 0), dtypes="f64"),
    *[
        row(
            p.SVD(full),
            array(*shape).made(spread),
            dtypes="f64 c128" if full else DTYPES,
            determined=of_singular_vectors,
        )
        for full, shape in ((False, (3, 3)), (False, (4, 2)), (True, (4, 2)), (True, (2, 3)))
    ],
    row(p.SVD(vectors=False), array(2, 2, 3), dtypes="f64 c128"),
    row(p.SVD(full=True), array(2, 0), dtypes="f64"),
    row(
        p.PseudoInverse(),
        array(4, 3).made(dominant),
        dtypes="f64 c128",
        prepare=pseudo_inverted,
    ),
    row(p.Eig(), square.made(spread), dtypes="f32 c64", determined=of_eigenvectors),
    row(p.Eig(), square.made(spread), dtypes="f64 c128"),  # whose phases are determined too
    row(p.Eig(vectors=False), array(2, 2, 2).made(spread), dtypes="f64 c128"),
]

FOURIER = [
    row(p.Fft("FFT", (5,)), array(2, 5), dtypes="c64 c128"),
    row(p.Fft("IFFT", (2, 3)), array(2, 3), dtypes="c128"),
    row(p.Fft("RFFT", (6,)), array(2, 6)),
    row(p.Fft("RFFT", (2, 3)), array(2, 3), dtypes="f64"),
    row(p.Fft("IRFFT", (6,)), array(2, 4), dtypes="c64 c128"),
    row(p.Fft("IRFFT", (2, 3, 5)), array(2, 3, 3), dtypes="c128"),
    row(p.Fft("FFT", (4,)), array(0, 4), dtypes="c128"),
]

ROWS = FACTORS + EQUATIONS + SPECTRA + FOURIER

"""SciPy's linear algebra, lazily: ``from lazyax.scipy import linalg``.

As `lazyax.numpy.linalg`, it takes leading axes for a batch, computes nothing at the call, and is
differentiable.

>>> from lazyax.scipy import linalg
>>> print(linalg.solve_triangular([[2.0, 1.0], [0.0, 1.0]], [4.0, 2.0]))
[1. 2.]
"""

from lazyax.errors import LinAlgError
from lazyax.ops.numpy.linalg.equations import det, inv
from lazyax.ops.numpy.linalg.norms import norm
from lazyax.ops.numpy.linalg.spectra import eigvals, pinv, svdvals
from lazyax.scipy.linalg.derived import eigh_tridiagonal, expm_frechet
from lazyax.scipy.linalg.equations import cho_solve, lu_solve, solve, solve_triangular
from lazyax.scipy.linalg.exponential import expm
from lazyax.scipy.linalg.factors import (
    cho_factor,
    cholesky,
    eigh,
    eigvalsh,
    lu,
    lu_factor,
    polar,
    qr,
    svd,
)
from lazyax.scipy.linalg.structured import (
    block_diag,
    circulant,
    companion,
    convolution_matrix,
    dft,
    fiedler,
    hadamard,
    hankel,
    helmert,
    hilbert,
    invhilbert,
    invpascal,
    leslie,
    pascal,
    toeplitz,
)

__all__ = [
    "LinAlgError", "block_diag", "cho_factor", "cho_solve", "cholesky", "circulant", "companion",
    "convolution_matrix", "det", "dft", "eigh", "eigh_tridiagonal", "eigvals", "eigvalsh", "expm",
    "expm_frechet", "fiedler", "hadamard", "hankel", "helmert", "hilbert", "inv", "invhilbert",
    "invpascal", "leslie", "lu", "lu_factor", "lu_solve", "norm", "pascal", "pinv", "polar", "qr",
    "solve", "solve_triangular", "svd", "svdvals", "toeplitz",
]  # fmt: skip

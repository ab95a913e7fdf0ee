"""NumPy's linear algebra, lazily: ``import lazyax.numpy as np`` and ``np.linalg.solve``.

Computed by LAPACK on CPU and cuSOLVER on a GPU, in float32, float64, complex64 and complex128;
integers become floating. Leading axes are a batch. Nothing is computed at the call, so a singular
matrix gives infinities or NaN, where NumPy raises.

>>> import lazyax.numpy as np
>>> print(np.linalg.inv(np.eye(2) * 4))
[[0.25 0.  ]
 [0.   0.25]]
"""

from lazyax.errors import LinAlgError
from lazyax.ops.numpy.linalg.decompositions import cholesky, qr
from lazyax.ops.numpy.linalg.equations import det, inv, slogdet, solve
from lazyax.ops.numpy.linalg.norms import cond, matrix_norm, norm, vector_norm
from lazyax.ops.numpy.linalg.products import (
    cross,
    diagonal,
    matmul,
    matrix_power,
    multi_dot,
    outer,
    tensordot,
    tensorinv,
    tensorsolve,
    trace,
    vecdot,
)
from lazyax.ops.numpy.linalg.spectra import (
    eig,
    eigh,
    eigvals,
    eigvalsh,
    lstsq,
    matrix_rank,
    pinv,
    svd,
    svdvals,
)
from lazyax.ops.numpy.reshaping import matrix_transpose

__all__ = [
    "LinAlgError", "cholesky", "cond", "cross", "det", "diagonal", "eig", "eigh", "eigvals",
    "eigvalsh", "inv", "lstsq", "matmul", "matrix_norm", "matrix_power", "matrix_rank",
    "matrix_transpose", "multi_dot", "norm", "outer", "pinv", "qr", "slogdet", "solve", "svd",
    "svdvals", "tensordot", "tensorinv", "tensorsolve", "trace", "vecdot", "vector_norm",
]  # fmt: skip

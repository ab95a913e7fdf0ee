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

__all__ = ["LinAlgError", "cholesky", "det", "inv", "qr", "slogdet", "solve"]

"""NumPy's Fourier transforms, lazily: ``import lazyax.numpy as np`` and ``np.fft.fft``.

In float32, float64, complex64 and complex128; what is narrower becomes float32.

>>> import lazyax.numpy as np
>>> print(np.fft.irfft(np.fft.rfft([1.0, 2.0, 3.0, 4.0])))
[1. 2. 3. 4.]
"""

from lazyax.ops.numpy import fft as _fft
from lazyax.ops.numpy.fft import *  # noqa: F403 - they are listed there

__all__: list[str] = []
__all__ += _fft.__all__

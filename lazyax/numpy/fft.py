"""NumPy's Fourier transforms, lazily: ``import lazyax.numpy as np`` and ``np.fft.fft``.

In float32, float64, complex64 and complex128; what is narrower becomes float32.

>>> import lazyax.numpy as np
>>> print(np.fft.irfft(np.fft.rfft([1.0, 2.0, 3.0, 4.0])))
[1. 2. 3. 4.]
"""

from lazyax.ops.numpy.fft.frequencies import fftfreq, fftshift, ifftshift, rfftfreq
from lazyax.ops.numpy.fft.transforms import (
    fft,
    fft2,
    fftn,
    hfft,
    ifft,
    ifft2,
    ifftn,
    ihfft,
    irfft,
    irfft2,
    irfftn,
    rfft,
    rfft2,
    rfftn,
)

__all__ = [
    "fft", "fft2", "fftfreq", "fftn", "fftshift", "hfft", "ifft", "ifft2", "ifftn", "ifftshift",
    "ihfft", "irfft", "irfft2", "irfftn", "rfft", "rfft2", "rfftfreq", "rfftn",
]  # fmt: skip

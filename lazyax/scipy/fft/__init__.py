"""SciPy's Fourier transforms, lazily: those of `lazyax.numpy.fft`, and cosine transforms.

>>> from lazyax.scipy import fft
>>> print(fft.ifft(fft.fft([1.0, 2.0])).real)
[1. 2.]
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
from lazyax.scipy.fft.cosine import dct, dctn, idct, idctn

__all__ = [
    "dct", "dctn", "fft", "fft2", "fftfreq", "fftn", "fftshift", "hfft", "idct", "idctn", "ifft",
    "ifft2", "ifftn", "ifftshift", "ihfft", "irfft", "irfft2", "irfftn", "rfft", "rfft2",
    "rfftfreq", "rfftn",
]  # fmt: skip

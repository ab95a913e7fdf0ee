"""SciPy's Fourier transforms, lazily: those of `lazyax.numpy.fft`, and cosine transforms.

>>> from lazyax.scipy import fft
>>> print(fft.ifft(fft.fft([1.0, 2.0])).real)
[1. 2.]
"""

from lazyax.ops.numpy import fft as _fft
from lazyax.ops.numpy.fft import *  # noqa: F403 - they are listed there
from lazyax.scipy.fft.cosine import dct, dctn, idct, idctn

__all__ = ["dct", "dctn", "idct", "idctn"]
__all__ += _fft.__all__

"""SciPy's signal processing, lazily: ``from lazyax.scipy import signal``.

>>> from lazyax.scipy import signal
>>> print(signal.correlate([1, 2, 3, 4], [2, 3], mode="valid"))
[ 8 13 18]
"""

from lazyax.scipy.signal.convolution import convolve, correlate, fftconvolve
from lazyax.scipy.signal.images import convolve2d, correlate2d, detrend

__all__ = ["convolve", "convolve2d", "correlate", "correlate2d", "detrend", "fftconvolve"]

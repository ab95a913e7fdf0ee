"""What of `numpy.lib` is here: `stride_tricks`."""

from lazyax.numpy.lib import stride_tricks

__all__ = ["stride_tricks"]

"""Windows of an array: ``np.lib.stride_tricks.sliding_window_view``."""

from lazyax.ops.numpy.sliding import sliding_window_view

__all__ = ["sliding_window_view"]

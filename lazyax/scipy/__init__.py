"""SciPy's functions, lazily: `fft`, `linalg`, `signal`, `special` and `stats` of `lazyax.scipy`."""

from lazyax.scipy import fft, linalg, misc, signal, special, stats

__all__ = ["fft", "linalg", "misc", "signal", "special", "stats"]

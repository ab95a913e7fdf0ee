"""SciPy's functions, lazily: the modules of `scipy` that `lazyax.scipy` has."""

from lazyax.scipy import fft, linalg, misc, optimize, signal, special, stats

__all__ = ["fft", "linalg", "misc", "optimize", "signal", "special", "stats"]

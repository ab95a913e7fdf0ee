"""SciPy's functions, lazily: the modules of `scipy` that `lazyax.scipy` has."""

from lazyax.scipy import (
    cluster,
    fft,
    integrate,
    linalg,
    misc,
    ndimage,
    optimize,
    signal,
    special,
    stats,
)

__all__ = [
    "cluster", "fft", "integrate", "linalg", "misc", "ndimage", "optimize", "signal", "special",
    "stats",
]  # fmt: skip

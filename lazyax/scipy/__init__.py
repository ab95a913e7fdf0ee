"""SciPy's functions, lazily: `linalg`, `special` and `stats` of `lazyax.scipy`."""

from lazyax.scipy import linalg, misc, special, stats

__all__ = ["linalg", "misc", "special", "stats"]

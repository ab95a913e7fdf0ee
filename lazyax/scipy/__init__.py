"""SciPy's functions, lazily: `lazyax.scipy.special` and `lazyax.scipy.stats`."""

from lazyax.scipy import misc, special, stats

__all__ = ["misc", "special", "stats"]

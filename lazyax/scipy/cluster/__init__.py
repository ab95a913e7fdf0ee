"""SciPy's clustering, lazily: ``from lazyax.scipy.cluster import vq``."""

from lazyax.scipy.cluster import vq

__all__ = ["vq"]

"""Where early SciPy and JAX had `logsumexp`."""

from lazyax.scipy.special import logsumexp

__all__ = ["logsumexp"]

"""SciPy's integrals, lazily: ``from lazyax.scipy import integrate``."""

from lazyax.ops.numpy.differences import trapezoid

__all__ = ["trapezoid"]

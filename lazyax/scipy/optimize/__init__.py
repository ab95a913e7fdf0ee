"""Minimization, by SciPy's name: ``from lazyax.scipy.optimize import minimize``."""

from lazyax.scipy.optimize.bfgs import OptimizeResults
from lazyax.scipy.optimize.minimize import minimize

__all__ = ["OptimizeResults", "minimize"]

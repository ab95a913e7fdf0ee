"""Probability distributions, by SciPy's names: ``stats.norm.logpdf(x, loc, scale)``."""

from lazyax.scipy.stats import cauchy, expon, laplace, logistic, norm, uniform

__all__ = ["cauchy", "expon", "laplace", "logistic", "norm", "uniform"]

"""Probability distributions, by SciPy's names: ``stats.norm.logpdf(x, loc, scale)``."""

# ruff: noqa: I001 - modules of functions first, then the table

from lazyax.scipy.stats import cauchy, expon, laplace, logistic, norm, uniform

from lazyax.scipy.stats.continuous import (
    beta, chi2, f, gamma, gumbel_r, halfnorm, invgamma, lognorm, pareto, rayleigh, t, weibull_min,
)  # fmt: skip

__all__ = [
    "beta", "cauchy", "chi2", "expon", "f", "gamma", "gumbel_r", "halfnorm", "invgamma", "laplace",
    "logistic", "lognorm", "norm", "pareto", "rayleigh", "t", "uniform", "weibull_min",
]  # fmt: skip

"""Probability distributions, by SciPy's names: ``stats.norm.logpdf(x, loc, scale)``.

A distribution is one value of `Continuous` or `Discrete`, which state their methods.

>>> from lazyax.scipy import stats
>>> print(stats.binom.pmf(1, n=2, p=0.5).round(4))
0.5
"""

from lazyax.scipy.stats.discrete import bernoulli, betabinom, binom, geom, nbinom, poisson
from lazyax.scipy.stats.families import Continuous, Discrete
from lazyax.scipy.stats.half_line import (
    chi2,
    expon,
    f,
    gamma,
    halfnorm,
    invgamma,
    lognorm,
    pareto,
    rayleigh,
    weibull_min,
)  # fmt: skip
from lazyax.scipy.stats.intervals import beta, truncnorm, uniform, wrapcauchy
from lazyax.scipy.stats.ranks import ModeResult, mode, rankdata, sem
from lazyax.scipy.stats.vectors import dirichlet, multinomial, multivariate_normal
from lazyax.scipy.stats.whole_line import (
    cauchy,
    gennorm,
    gumbel_l,
    gumbel_r,
    laplace,
    logistic,
    norm,
    t,
    vonmises,
)  # fmt: skip

__all__ = [
    "Continuous", "Discrete", "ModeResult", "bernoulli", "beta", "betabinom", "binom", "cauchy",
    "chi2", "dirichlet", "expon", "f", "gamma", "gennorm", "geom", "gumbel_l", "gumbel_r",
    "halfnorm", "invgamma", "laplace", "logistic", "lognorm", "mode", "multinomial",
    "multivariate_normal", "nbinom", "norm", "pareto", "poisson", "rankdata", "rayleigh", "sem",
    "t", "truncnorm", "uniform", "vonmises", "weibull_min", "wrapcauchy",
]  # fmt: skip

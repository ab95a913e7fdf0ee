"""`lazyax.random`: random arrays as functions of a key.

There is no hidden state: equal keys give equal numbers, under every transform and on every
device. Make a key of a seed, split it, and use each part once.

>>> from lazyax import random
>>> key, subkey = random.split(random.PRNGKey(0))
>>> print(random.normal(subkey, shape=(3,)))
[ 1.1378784  -1.2209548  -0.59153634]

A key that is used twice is reported at the second use, with both lines, before anything runs:
``lazyax.config.key_reuse`` says how. Inside `seed` and `stream` draws need no keys.

The bits are threefry-2x32's. ``lazyax.config.threefry_layout`` says how they are laid out over a
shape: ``original`` gives the numbers of jax's first release, ``partitionable`` today's. Of the
bits numbers are made as jax makes them, bit for bit.
"""

from lazyax.random.continuous import (
    exponential,
    gumbel,
    laplace,
    normal,
    truncated_normal,
    uniform,
)
from lazyax.random.counts import poisson
from lazyax.random.discrete import bernoulli, rademacher, randint
from lazyax.random.gammas import (
    ball,
    beta,
    chisquare,
    dirichlet,
    f,
    gamma,
    generalized_normal,
    loggamma,
    t,
)
from lazyax.random.keys import (
    PRNGKey,
    bits,
    clone,
    fold_in,
    key,
    key_data,
    key_impl,
    split,
    wrap_key_data,
)
from lazyax.random.selection import categorical, choice, permutation
from lazyax.random.streams import seed, stream
from lazyax.random.transformed import (
    cauchy,
    double_sided_maxwell,
    geometric,
    logistic,
    lognormal,
    maxwell,
    pareto,
    rayleigh,
    triangular,
    wald,
    weibull_min,
)
from lazyax.random.trials import binomial, multinomial
from lazyax.random.unused import unused_keys
from lazyax.random.vectors import multivariate_normal, orthogonal

__all__ = [
    "PRNGKey", "key", "split", "fold_in", "clone", "bits", "seed", "stream", "unused_keys",
    "key_data", "wrap_key_data", "key_impl",
    "uniform", "normal", "truncated_normal", "exponential", "gumbel", "laplace",
    "cauchy", "logistic", "lognormal", "maxwell", "double_sided_maxwell", "pareto", "rayleigh",
    "triangular", "wald", "weibull_min",
    "gamma", "loggamma", "beta", "dirichlet", "chisquare", "t", "f", "generalized_normal", "ball",
    "multivariate_normal", "orthogonal",
    "bernoulli", "binomial", "multinomial", "geometric", "poisson", "rademacher", "randint",
    "categorical", "choice", "permutation",
]  # fmt: skip

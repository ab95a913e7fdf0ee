"""`lazyax.random`: random arrays as functions of a key.

There is no hidden state: equal keys give equal numbers, under every transform and on every
device. Make a key of a seed, split it, and use each part once.

>>> from lazyax import random
>>> key, subkey = random.split(random.PRNGKey(0))
>>> print(random.normal(subkey, shape=(3,)))
[ 1.1378784  -1.2209548  -0.59153634]

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
from lazyax.random.discrete import bernoulli, rademacher, randint
from lazyax.random.keys import PRNGKey, bits, fold_in, key, split
from lazyax.random.selection import categorical, choice, permutation

__all__ = [
    "PRNGKey", "key", "split", "fold_in", "bits",
    "uniform", "normal", "truncated_normal", "exponential", "gumbel", "laplace",
    "bernoulli", "rademacher", "randint",
    "categorical", "choice", "permutation",
]  # fmt: skip

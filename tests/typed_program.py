"""A user's program, for type checkers: they know the shapes of the API, and what is not there.

mypy reads it beside the package (`pyproject.toml`); an ignored error that it does not find is one.
"""

from __future__ import annotations

from typing import assert_type

import numpy

import lazyax as lx
import lazyax.numpy as np
from lazyax import lax, nn, optim, random
from lazyax.lax import scan
from lazyax.scipy import fft, linalg, optimize, special, stats

x = np.arange(12.0).reshape(3, 4)
assert_type(x, lx.Array)
assert_type(x.shape, tuple[int, ...])

# functions, operators and methods
assert_type(np.sin(x) + np.add(x, 1, out=None), lx.Array)
assert_type(np.zeros(3) @ x.T[0] - 1 / x**2, lx.Array)
assert_type((x == 0).all() & (x != np.ones(4)), lx.Array)
assert_type(x.sum(axis=0, keepdims=True).astype("float64").clip(0, 1), lx.Array)
assert_type(x.at[0].set(1.0).real[:, None], lx.Array)
assert_type(np.fft.fft(x) * fft.dct(x), lx.Array)
assert_type(np.linalg.eigh(x.T @ x).eigenvalues, lx.Array)
assert_type(np.where(x > 0, x, 0.0), lx.Array)
assert_type(np.atleast_1d(x), lx.Array)
assert_type(np.maximum.reduce(x, axis=0) + np.add.outer(x, x), lx.Array)
assert_type(divmod(x, 2)[0], lx.Array)
assert_type(float(x[0, 0]), float)
x += 1
x[1:, ::2] *= 2.0
x.sort()
np.add.at(x, [0], 1.0)
for row in x:
    assert_type(row, lx.Array)
view: numpy.ndarray = numpy.asarray(x)
np.testing.assert_allclose(x, view)
kinds = (np.int_, np.uint, np.float32, np.bfloat16)

# what is not there
np.sinn(x)  # type: ignore[attr-defined]
np.random  # type: ignore[attr-defined]
x.summ()  # type: ignore[attr-defined]
x.sum(axes=0)  # type: ignore[call-arg]
np.exp(x, x, x)  # type: ignore[call-arg]
lx.gradd  # type: ignore[attr-defined]


# transforms keep parameters
def step(w: lx.Array, rate: float) -> lx.Array:
    return w - rate


assert_type(lx.jit(step)(x, 0.1), lx.Array)
assert_type(lx.vmap(step, in_axes=(0, None))(x, 0.1), lx.Array)
value, gradient = lx.value_and_grad(step)(x, 0.1)
assert_type(value, lx.Array)
lx.jit(step)(x)  # type: ignore[call-arg]
lx.grad(step)(x, rate="fast")  # type: ignore[arg-type]


@lx.jit(static_argnums=1)
def power(w: lx.Array, n: int) -> lx.Array:
    return w**n


assert_type(power(x, 2), lx.Array)

# the other modules
key = random.PRNGKey(0)
assert_type(random.normal(key, (3,)) + special.erf(x) + stats.norm.pdf(x), lx.Array)
assert_type(linalg.expm(x), lx.Array)
assert_type(optimize.minimize(np.sum, np.zeros(2), method="BFGS").x, lx.Array)
total, sums = scan(lambda c, a: (c + a, c), 0.0, np.arange(3.0))
lax.cond(True, np.sin, np.cos, x)
init, apply = nn.serial(nn.Dense(8), nn.Tanh)
state = optim.adam(0.1)[0](init(key, (-1, 2))[1])

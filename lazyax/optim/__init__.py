"""Optimizers as pairs of functions, and nothing else.

An optimizer is a pair ``(init, update)``:

- ``init(params)`` returns a state: a pytree, which goes through ``jit`` and ``vmap``.
- ``update(i, gradients, state)`` returns the state after step ``i``, which counts from 0.

`get_params` reads the parameters, any pytree of arrays, from a state. A step size is a number or
a function of ``i``. Numbers are arguments of the compiled program: trying another never compiles.

>>> import lazyax as lx
>>> from lazyax import optim
>>> init, update = optim.momentum(step_size=0.1, mass=0.5)
>>> state = init({"x": 3.0})
>>> for i in range(60):
...     gradients = lx.grad(lambda params: (params["x"] - 1) ** 2)(optim.get_params(state))
...     state = update(i, gradients, state)
>>> print(f"{optim.get_params(state)['x']:.4f}")
1.0000
"""

from lazyax.optim.adam import AdamState, adam
from lazyax.optim.momentum import MomentumState, momentum
from lazyax.optim.optimizer import Optimizer, Schedule, get_params
from lazyax.optim.sgd import SgdState, sgd

__all__ = [
    "AdamState", "MomentumState", "Optimizer", "Schedule", "SgdState", "adam", "get_params",
    "momentum", "sgd",
]  # fmt: skip

"""The gamma distribution, and those that are made of it.

By Marsaglia and Tsang, "A simple method for generating gamma variables" (2000), each number from
a key of its own: a proposal is drawn again until it is accepted.
"""

from __future__ import annotations

import functools
import math
from typing import Any

import numpy

from lazyax.api.vectorize import vmap
from lazyax.array import Array
from lazyax.errors import LazyaxTypeError
from lazyax.graph.node import Node
from lazyax.lax.looping import while_loop
from lazyax.ops import primitives as p
from lazyax.ops.numpy.conventions import as_shape, static_int
from lazyax.ops.numpy.promotion import broadcast_to
from lazyax.ops.primitives.shape import reshape
from lazyax.random.continuous import exponential_node, normal_node, unit_node
from lazyax.random.discrete import rademacher_node
from lazyax.random.draws import uses_key
from lazyax.random.keys import Shape, split_node, split_pair
from lazyax.random.parameters import fitted, parameter, real_dtype, require_positive
from lazyax.scipy.special import softmax

SQUEEZE = 0.0331
"""Below 1 - SQUEEZE x**4 a proposal is accepted without a logarithm (Marsaglia and Tsang)."""


@uses_key
def gamma(key: Node, a: Any, shape: Shape | None = None, dtype: Any = float) -> Node:
    """Gamma, of the shape parameter ``a``, which broadcasts to ``shape``, and scale 1.

    Has derivatives by ``a``, of every order, though it is drawn by rejection: Figurnov, Mohamed
    and Mnih, "Implicit reparameterization gradients" (2018).

    >>> from lazyax import random
    >>> random.gamma(random.PRNGKey(0), 2.0, (3,)).shape
    (3,)

    Raises:
        LazyaxTypeError: for what is not a key, a shape or a real floating dtype, and for ``a``
            that does not broadcast, or is known and not positive.
    """
    (power,), lengths, _ = fitted("gamma", shape, dtype, a=a)
    return gamma_node(key, power, lengths, in_logs=False)


@uses_key
def loggamma(key: Node, a: Any, shape: Shape | None = None, dtype: Any = float) -> Node:
    """The logarithm of `gamma`, which is exact where that is too small for the dtype.

    >>> from lazyax import random
    >>> random.loggamma(random.PRNGKey(0), 1e-3, (3,)).shape
    (3,)

    Raises:
        LazyaxTypeError: as `gamma`.
    """
    (power,), lengths, _ = fitted("loggamma", shape, dtype, a=a)
    return gamma_node(key, power, lengths, in_logs=True)


@uses_key
def beta(key: Node, a: Any, b: Any, shape: Shape | None = None, dtype: Any = float) -> Node:
    """Beta, of the parameters ``a`` and ``b``: x / (x + y) of two gamma numbers.

    >>> from lazyax import random
    >>> random.beta(random.PRNGKey(0), 2.0, 3.0, (3,)).shape
    (3,)

    Raises:
        LazyaxTypeError: as `gamma`.
    """
    (first, second), lengths, _ = fitted("beta", shape, dtype, a=a, b=b)
    of_a, of_b = split_pair(key)
    x, y = gamma_node(of_a, first, lengths, True), gamma_node(of_b, second, lengths, True)
    top = p.Maximum()(x, y)
    x, y = p.Exp()(x - top), p.Exp()(y - top)
    return x / (x + y)


@uses_key
def dirichlet(key: Node, alpha: Any, shape: Shape | None = None, dtype: Any = float) -> Node:
    """Dirichlet: positive numbers along a last axis, as long as that of ``alpha``, of sum 1.

    >>> from lazyax import random
    >>> random.dirichlet(random.PRNGKey(0), [1.0, 2.0, 3.0], (4,)).shape
    (4, 3)

    Raises:
        LazyaxTypeError: as `gamma`, and for ``alpha`` without an axis.
    """
    found = real_dtype("dirichlet", dtype)
    given = parameter("dirichlet", "alpha", alpha, found)
    if not given.aval.ndim:
        raise LazyaxTypeError(f"dirichlet: alpha needs an axis of parameters, got {given.aval}")
    own = given.aval.shape
    lengths = own[:-1] if shape is None else as_shape("dirichlet", shape)
    (powers,), whole, _ = fitted("dirichlet", (*lengths, own[-1]), found, alpha=Array(given))
    return softmax(Array(gamma_node(key, powers, whole, True)), axis=-1)._node


@uses_key
def chisquare(key: Node, df: Any, shape: Shape | None = None, dtype: Any = float) -> Node:
    """Chi-square, of ``df`` degrees of freedom: twice a gamma number of df / 2.

    >>> from lazyax import random
    >>> random.chisquare(random.PRNGKey(0), 3.0, (3,)).shape
    (3,)

    Raises:
        LazyaxTypeError: as `gamma`.
    """
    (freedom,), lengths, _ = fitted("chisquare", shape, dtype, df=df)
    return _chisquare(key, freedom, lengths)


def _chisquare(key: Node, freedom: Node, shape: tuple[int, ...]) -> Node:
    return p.Exp()(gamma_node(key, freedom / 2, shape, True)) * 2


@uses_key
def t(key: Node, df: Any, shape: Shape | None = None, dtype: Any = float) -> Node:
    """Student's t, of ``df`` degrees of freedom: n sqrt(df / (2 g)) of a normal and a gamma number.

    >>> from lazyax import random
    >>> random.t(random.PRNGKey(0), 3.0, (3,)).shape
    (3,)

    Raises:
        LazyaxTypeError: as `gamma`.
    """
    (freedom,), lengths, found = fitted("t", shape, dtype, df=df)
    first, second = split_pair(key)
    half = freedom / 2
    drawn = gamma_node(second, half, lengths, False)
    return normal_node(first, lengths, found) * p.Sqrt()(half / drawn)


@uses_key
def f(key: Node, dfnum: Any, dfden: Any, shape: Shape | None = None, dtype: Any = float) -> Node:
    """Fisher's F: the ratio of two chi-square numbers, each divided by its degrees of freedom.

    >>> from lazyax import random
    >>> random.f(random.PRNGKey(0), 3.0, 5.0, (3,)).shape
    (3,)

    Raises:
        LazyaxTypeError: as `gamma`.
    """
    (above, below), lengths, _ = fitted("f", shape, dtype, dfnum=dfnum, dfden=dfden)
    of_below, of_above = split_pair(key)
    return (_chisquare(of_above, above, lengths) / above) / (
        _chisquare(of_below, below, lengths) / below
    )


@uses_key
def generalized_normal(key: Node, p: float, shape: Shape = (), dtype: Any = float) -> Node:
    """Of a density like exp(-|x|**p).

    >>> from lazyax import random
    >>> random.generalized_normal(random.PRNGKey(0), 1.5, (3,)).shape
    (3,)

    Raises:
        LazyaxTypeError: as `gamma`, and for ``p`` that is not a positive number.
    """
    name = "generalized_normal"
    found, lengths = real_dtype(name, dtype), as_shape(name, shape)
    return _generalized_normal(key, _exponent(name, p), lengths, found)


@uses_key
def ball(key: Node, d: int, p: float = 2, shape: Shape = (), dtype: Any = float) -> Node:
    """Uniform in the ball of ``d`` dimensions where the sum of |x|**p is at most 1.

    By Barthe, Guedon, Mendelson and Naor, "A probabilistic approach to the geometry of the
    l_p^n-ball" (2005).

    >>> from lazyax import random
    >>> random.ball(random.PRNGKey(0), 3, shape=(4,)).shape
    (4, 3)

    Raises:
        LazyaxTypeError: as `gamma`, for ``p`` that is not a positive number, and ``d`` that is
            not an int.
    """
    found, lengths = real_dtype("ball", dtype), as_shape("ball", shape)
    power, whole = _exponent("ball", p), (*lengths, static_int("ball", d, "d"))
    first, second = split_pair(key)
    drawn = _generalized_normal(first, power, whole, found)
    return _inside(drawn, exponential_node(second, lengths, found), power)


def _inside(drawn: Node, more: Node, power: float) -> Node:
    size = p.ReduceSum((drawn.aval.ndim - 1,))(_power(p.Absolute()(drawn), power)) + more
    radius = reshape(_power(size, 1 / power), (*size.aval.shape, 1))
    return drawn / broadcast_to(radius, drawn.aval.shape)


def _exponent(function: str, value: Any) -> float:
    if not isinstance(value, (int, float, numpy.number)):
        raise LazyaxTypeError(f"{function}: p needs to be a number, got {type(value).__name__}")
    require_positive(function, "p", value)
    return float(value)


def _power(x: Node, exponent: float) -> Node:
    return p.Power()(x, x.like(exponent))


def _generalized_normal(key: Node, power: float, shape: tuple[int, ...], dtype: Any) -> Node:
    first, second = split_pair(key)
    inverse = p.Full(1 / power, shape, dtype)()
    drawn = gamma_node(first, inverse, shape, False)
    return rademacher_node(second, shape, dtype) * _power(drawn, 1 / power)


def gamma_node(key: Node, a: Node, shape: tuple[int, ...], in_logs: bool) -> Node:
    """Gamma numbers of parameters in ``shape``, or their logarithms."""
    count = math.prod(shape)
    keys, flat = split_node(key, (count,)), reshape(p.StopGradient()(a), (count,))
    drawn = vmap(functools.partial(_one, in_logs=in_logs))(Array(keys), Array(flat))
    return p.GammaNumber(in_logs)(reshape(drawn._node, shape), a)


def _one(key: Array, a: Array, in_logs: bool) -> Array:
    """One number of one key."""
    power = a._node
    large = p.GreaterEqual()(power, power.like(1))
    raised = p.Select()(large, power, power + 1)
    d = raised - 1 / 3
    loop_key, last_key = split_pair(key._node)
    volume = _accepted(loop_key, d)
    if in_logs:
        logs = -exponential_node(last_key, (), power.aval.dtype)
        plain = p.Or()(large, p.Equal()(logs, logs.like(0)))
        boost = p.Select()(plain, power.like(0), logs * (1 / power))
        return Array(p.Log()(d) + p.Log()(volume) + boost)
    u = 1 - unit_node(last_key, (), power.aval.dtype)
    boost = p.Select()(large, power.like(1), p.Power()(u, 1 / power))
    return Array(d * volume * boost)


def _accepted(key: Node, d: Node) -> Node:
    """The cube (1 + c x)**3 of the first proposal x that is accepted."""
    c = (1 / 3) / p.Sqrt()(d)
    dtype = d.aval.dtype

    def propose(state: tuple) -> tuple:
        key, first = split_pair(state[0]._node)
        x = normal_node(first, (), dtype)
        return Array(key), Array(x), Array(1 + x * c)

    def step(state: tuple) -> tuple:
        rows = [reshape(row, (2,)) for row in _rows(split_node(state[0]._node, (3,)))]
        start = (Array(rows[1]), Array(d.like(0)), Array(d.like(-1)))
        _, x, v = while_loop(lambda s: s[2] <= 0, propose, start)
        u = Array(unit_node(rows[2], (), dtype))
        return Array(rows[0]), x * x, v * v * v, u

    def rejects(state: tuple) -> Array:
        _, x, v, u = (part._node for part in state)
        outside = p.GreaterEqual()(u, 1 - x * x * SQUEEZE)
        bound = x * 0.5 + d * (1 - v + p.Log()(v))
        return Array(p.And()(outside, p.GreaterEqual()(p.Log()(u), bound)))

    start = (Array(key), Array(d.like(0)), Array(d.like(1)), Array(d.like(2)))
    return while_loop(rejects, step, start)[2]._node


def _rows(keys: Node) -> list[Node]:
    return [p.Slice((i, 0), (i + 1, 2), (1, 1))(keys) for i in range(keys.aval.shape[0])]

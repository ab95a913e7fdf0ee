"""Functions of six numbers, written once for jax and for lazyax."""

from __future__ import annotations

import numpy

WEIGHTS = numpy.random.default_rng(0).normal(size=(6, 6)).round(2)
LABELS = numpy.array([0, 2, 1])


def weights(np, x):
    """A constant matrix in x's dtype."""
    return np.asarray(WEIGHTS, dtype=x.dtype)


def sum_of_squares(np, x):
    return np.sum(x * x)


def rosenbrock(np, x):
    return np.sum(100 * (x[1:] - x[:-1] ** 2) ** 2 + (1 - x[:-1]) ** 2)


def network(np, x):
    w = weights(np, x)
    return np.sum(np.tanh(np.dot(np.tanh(np.dot(w, x)), w[:, :2])) ** 2)


def log_sum_exp(np, x):
    highest = np.max(x)
    return highest + np.log(np.sum(np.exp(x - highest)))


def cross_entropy(np, x):
    logits = x.reshape(3, 2) @ weights(np, x)[:2, :3]
    log_norm = np.log(np.sum(np.exp(logits), axis=1))
    return np.mean(log_norm - logits[numpy.arange(3), LABELS])


def logistic_loss(np, x):
    return np.sum(np.logaddexp(0.0, -(weights(np, x) @ x)))


def quadratic_form(np, x):
    return 0.5 * x @ (weights(np, x) + weights(np, x).T) @ x - np.sum(x)


def einsum_form(np, x):
    return np.einsum("i,ij,j,j->", x, weights(np, x), x, x)


def norm(np, x):
    return np.sqrt(np.sum(np.square(x)) + 0.1)


def variance(np, x):
    return np.var(x) + np.std(x * x + 1.0)


def safe_where(np, x):
    positive = np.where(x > 0, x, 1.0)
    return np.sum(np.where(x > 0, np.log(positive) * positive, np.sin(x)))


def pooled(np, x):
    return np.sum(np.max(x.reshape(2, 3), axis=1) * np.min(x.reshape(3, 2)))


def polynomial(np, x):
    total = np.zeros_like(x)
    for c in (2.0, -1.0, 0.5, 3.0):
        total = total * x + c
    return np.sum(total)


def angles(np, x):
    return np.sum(np.arctan2(np.sin(x), 1.5 + np.cos(x)) * x)


def powers(np, x):
    return np.sum((1.5 + x) ** x + (2.0 + x) ** 3 + 2.0**x + (x + 2) ** -2)


def repeated(np, x):
    for _ in range(3):
        x = np.tanh(0.3 * (weights(np, x) @ x)) + 0.1 * x
    return np.sum(x**2)


def taken(np, x):
    picked = x[numpy.array([0, 2, 2, 5])] ** 3
    return np.sum(picked) * x[-1] + np.sum(x[::2] * x[1::2])


def arranged(np, x):
    grid = np.outer(x, np.flip(x)).T.reshape(4, 9)
    return np.sum(np.tile(np.roll(grid, 2, axis=1)[1:, ::3], 2) ** 2)


def joined(np, x):
    both = np.concatenate([np.sin(x), np.stack([x[0], x[1]])])
    return np.sum(both[:4] * both[4:])


def matrix_parts(np, x):
    a = np.outer(x, x) + np.eye(6, dtype=x.dtype)
    return np.trace(a @ a) + np.sum(np.tril(a) ** 2) + np.sum(np.diagonal(a))


def clipped(np, x):
    return np.sum(np.clip(3 * x, -1.05, 0.95) * np.maximum(x, 0.1) + np.abs(x))


def precise(np, x):
    return np.sum(np.expm1(x) * np.log1p(x * x) + np.arcsinh(x) - np.hypot(x, 2.0))


def complex_waves(np, x):
    waves = np.exp(1j * x) * (1 + 2j)
    return np.sum(np.real(waves * waves) + np.imag(np.conj(waves)) * x) + np.sum(np.abs(waves + x))


def running(np, x):
    return np.sum(np.cumsum(x) * np.cumprod(1.2 - x)) + np.prod(x[1:])


def ordered(np, x):
    by_size = np.take(x, np.argsort(-np.abs(x)))
    return np.sum(np.sort(x) * by_size) + np.median(x) * x[np.argmax(x)]


FUNCTIONS = [
    angles,
    arranged,
    clipped,
    complex_waves,
    cross_entropy,
    einsum_form,
    joined,
    log_sum_exp,
    logistic_loss,
    matrix_parts,
    network,
    norm,
    ordered,
    polynomial,
    pooled,
    powers,
    precise,
    quadratic_form,
    repeated,
    rosenbrock,
    running,
    safe_where,
    sum_of_squares,
    taken,
    variance,
]

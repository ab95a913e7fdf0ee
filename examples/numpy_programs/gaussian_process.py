"""Regression by a Gaussian process (Rasmussen and Williams 2006, algorithm 2.1), by Cholesky."""

import numpy as np

SMALL = {"points": 12, "queries": 5}
LARGE = {"points": 1000, "queries": 500}

SCALES = (0.05, 0.1, 0.2, 0.4)


def observations(points):
    """A curve with a kink, seen with noise at irregular places."""
    x = np.sort((np.arange(points) * 0.6180339887) % 1)
    noise = 0.05 * np.sin(np.arange(points) * 78.233)
    return x, np.sin(6 * x) + np.abs(x - 0.5) + noise


def kernel(a, b, scale):
    """Squared exponential."""
    return np.exp(-0.5 * ((a[:, np.newaxis] - b[np.newaxis, :]) / scale) ** 2)


def fit(x, y, scale, noise):
    """Cholesky factor of the covariance, weights, and the log marginal likelihood."""
    covariance = kernel(x, x, scale)
    covariance[np.diag_indices(len(x))] += noise
    factor = np.linalg.cholesky(covariance)
    weights = np.linalg.solve(factor.T, np.linalg.solve(factor, y))
    half_determinant = np.log(np.diag(factor)).sum()
    likelihood = -0.5 * y @ weights - half_determinant - 0.5 * len(x) * np.log(2 * np.pi)
    return factor, weights, likelihood


def predict(x, factor, weights, queries, scale):
    """Mean and variance at new places."""
    across = kernel(x, queries, scale)
    explained = np.linalg.solve(factor, across)
    return across.T @ weights, 1 - np.sum(explained**2, axis=0)


def run(points, queries, noise=0.01):
    """Likelihoods of the length scales, and mean and variance under the best one."""
    x, y = observations(points)
    likelihoods = np.array([float(fit(x, y, scale, noise)[2]) for scale in SCALES])
    best = SCALES[int(np.argmax(likelihoods))]
    factor, weights, _ = fit(x, y, best, noise)
    mean, variance = predict(x, factor, weights, np.linspace(0, 1, queries), best)
    return likelihoods, mean, variance


if __name__ == "__main__":
    likelihoods, mean, variance = run(**LARGE)
    print(f"log likelihoods {likelihoods.tolist()}, mean variance {variance.mean():.2e}")

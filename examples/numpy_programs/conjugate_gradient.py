"""Poisson's equation by conjugate gradients (Hestenes and Stiefel 1952), without a matrix."""

import numpy as np

SMALL = {"size": 6}
LARGE = {"size": 256}


def apply(u):
    """Minus the Laplacian of values inside a square whose edge is held at 0."""
    result = 4 * u
    result[1:, :] -= u[:-1, :]
    result[:-1, :] -= u[1:, :]
    result[:, 1:] -= u[:, :-1]
    result[:, :-1] -= u[:, 1:]
    return result


def charges(size):
    """A positive and a negative charge, and a weak wave."""
    y, x = np.meshgrid(np.linspace(0, 1, size), np.linspace(0, 1, size), indexing="ij")
    field = 0.01 * np.sin(2 * np.pi * x) * np.sin(3 * np.pi * y)
    field[size // 4, size // 4] += 1.0
    field[3 * size // 4, size // 2] -= 1.0
    return field


def solve(b, tolerance, most):
    """x with ``apply(x) == b``, and the norm of the residual after each step."""
    x = np.zeros_like(b)
    residual = b - apply(x)
    direction = residual.copy()
    squared = np.sum(residual * residual)
    norms = [np.sqrt(squared)]
    while norms[-1] > tolerance * norms[0] and len(norms) <= most:
        image = apply(direction)
        alpha = squared / np.sum(direction * image)
        x += alpha * direction
        residual -= alpha * image
        latest = np.sum(residual * residual)
        direction = residual + (latest / squared) * direction
        squared = latest
        norms.append(np.sqrt(squared))
    return x, norms


def run(size, tolerance=1e-4, most=1000):
    """The potential, and the norms of the residual on the way."""
    x, norms = solve(charges(size), tolerance, most)
    return x, np.array([float(norm) for norm in norms])


if __name__ == "__main__":
    x, norms = run(**LARGE)
    print(f"{len(norms) - 1} steps, residual {norms[-1]:.2e}, potential {x.max():.4f}")

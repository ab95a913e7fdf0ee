"""Reaction and diffusion of two chemicals (Gray and Scott, 1984): spots that divide."""

import numpy as np

SMALL = {"size": 16, "steps": 3}
LARGE = {"size": 256, "steps": 100}


def start(size):
    """All of the first chemical, and a square of the second."""
    u, v = np.ones((size, size)), np.zeros((size, size))
    middle, half = size // 2, max(size // 10, 2)
    square = slice(middle - half, middle + half)
    u[square, square] = 0.5
    v[square, square] = 0.25
    ripple = np.sin(np.arange(size) * 1.7)
    u += 0.02 * ripple[:, np.newaxis] * ripple
    return u, v


def laplacian(x):
    """Of a torus, with nine points."""
    beside = np.roll(x, 1, 0) + np.roll(x, -1, 0) + np.roll(x, 1, 1) + np.roll(x, -1, 1)
    corners = (
        np.roll(x, (1, 1), (0, 1))
        + np.roll(x, (1, -1), (0, 1))
        + np.roll(x, (-1, 1), (0, 1))
        + np.roll(x, (-1, -1), (0, 1))
    )
    return 0.2 * beside + 0.05 * corners - x


def run(size, steps, feed=0.037, kill=0.06, dt=1.0):
    """Both chemicals at the end, and the mean of the second every tenth step."""
    u, v = start(size)
    history = np.zeros(steps // 10 + 1)
    for number in range(steps):
        reaction = u * v * v
        u += dt * (0.16 * laplacian(u) - reaction + feed * (1 - u))
        v += dt * (0.08 * laplacian(v) + reaction - (feed + kill) * v)
        if number % 10 == 0:
            history[number // 10] = v.mean()
    return u, v, history


if __name__ == "__main__":
    u, v, history = run(**LARGE)
    print(f"mean of v {history[0]:.5f} at first, {v.mean():.5f} at last")

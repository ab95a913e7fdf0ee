"""Heat in a plate with a hot edge, a cold hole and a lamp, by explicit steps in place."""

import numpy as np

SMALL = {"size": 12, "steps": 4}
LARGE = {"size": 400, "steps": 200}


def plate(size):
    """Temperatures at the start."""
    u = np.full((size, size), 20.0)
    u[0, :] = 100.0
    u[-1, :] = 0.0
    u[:, 0] = np.linspace(100.0, 0.0, size)
    u[:, -1] = u[:, 0]
    return u


def hole(size):
    """Where the plate is held at 0 degrees."""
    y, x = np.mgrid[0:size, 0:size] / (size - 1)
    return (x - 0.6) ** 2 + (y - 0.5) ** 2 < 0.15**2


def step(u, source, rate):
    """One step of du/dt = laplacian + source inside the plate; its edges are held."""
    laplacian = u[:-2, 1:-1] + u[2:, 1:-1] + u[1:-1, :-2] + u[1:-1, 2:] - 4 * u[1:-1, 1:-1]
    u[1:-1, 1:-1] += rate * (laplacian + source)


def run(size, steps, rate=0.2):
    """Temperatures at the end, and the heat that flows out at the bottom over time."""
    u = plate(size)
    cold = hole(size)
    source = np.zeros((size - 2, size - 2))
    source[size // 4 : size // 3, size // 4 : size // 3] = 5.0
    flow = []
    for number in range(steps):
        step(u, source, rate)
        u[cold] = 0.0
        if number % 10 == 0:
            flow.append((u[-2, 1:-1] - u[-1, 1:-1]).mean())
    return u, np.array(flow)


if __name__ == "__main__":
    u, flow = run(**LARGE)
    print(f"mean temperature {u.mean():.3f}, flow {flow[-1]:.5f}")

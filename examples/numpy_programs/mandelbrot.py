"""The Mandelbrot set: after how many steps each point escapes, smoothly coloured."""

import numpy as np

SMALL = {"height": 12, "width": 16, "steps": 8}
LARGE = {"height": 600, "width": 800, "steps": 100}


def plane(height, width, centre=-0.6 + 0.0j, radius=1.4):
    """Points of the complex plane, one a pixel."""
    x = np.linspace(centre.real - radius * width / height, centre.real + radius, width)
    y = np.linspace(centre.imag - radius, centre.imag + radius, height)
    return x[np.newaxis, :] + 1j * y[:, np.newaxis]


def escape_times(c, steps):
    """Steps until |z| is more than 4, and z there; ``steps`` for points that never escape."""
    z = np.zeros_like(c)
    times = np.zeros(c.shape, dtype=np.int32)
    for _ in range(steps):
        inside = np.abs(z) <= 4
        z = np.where(inside, z * z + c, z)
        times += inside
    return times, z


def smooth(times, z, steps):
    """Escape times without bands."""
    escaped = times < steps
    size = np.where(escaped, np.abs(z), np.e)
    shade = times + 1 - np.log(np.log(size)) / np.log(2)
    shade[~escaped] = 0
    return shade / steps


def run(height, width, steps):
    """The picture, and how much of it is in the set."""
    times, z = escape_times(plane(height, width), steps)
    return smooth(times, z, steps), np.mean(times == steps)


if __name__ == "__main__":
    picture, inside = run(**LARGE)
    print(f"{100 * inside:.2f} % inside, mean shade {picture.mean():.4f}")

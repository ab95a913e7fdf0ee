"""Principal components by the singular value decomposition, and what few of them keep."""

import numpy as np

SMALL = {"samples": 30, "features": 6, "kept": 2}
LARGE = {"samples": 4000, "features": 200, "kept": 10}


def measurements(samples, features):
    """A few waves, mixed into many features, with a little noise."""
    time = np.linspace(0, 1, samples)[:, np.newaxis]
    sources = np.hstack([np.sin(2 * np.pi * k * time) * 3.0 / k for k in (1, 2, 5)])
    mixing = np.cos(np.outer(np.arange(1, 4), np.arange(features)))
    noise = np.sin(np.outer(np.arange(samples) * 12.9, np.arange(features) * 7.8 + 1))
    return sources @ mixing + 0.05 * noise


def standardize(data):
    """Columns of mean 0 and deviation 1."""
    centred = data - data.mean(axis=0)
    deviation = centred.std(axis=0)
    deviation[deviation == 0] = 1
    return centred / deviation


def components(data, kept):
    """The first components, signed so that their largest entry is positive; shares of variance."""
    _, values, rows = np.linalg.svd(data, full_matrices=False)
    rows = rows[:kept]
    largest = np.argmax(np.abs(rows), axis=1)
    signs = np.sign(rows[np.arange(kept), largest])
    variance = values**2 / (len(data) - 1)
    return rows * signs[:, np.newaxis], variance[:kept] / variance.sum()


def run(samples, features, kept):
    """Shares of variance, the projection of the first sample, and the error of reconstruction."""
    data = standardize(measurements(samples, features))
    axes, shares = components(data, kept)
    projected = data @ axes.T
    error = np.sqrt(np.mean((data - projected @ axes) ** 2))
    return shares, projected[0], error


if __name__ == "__main__":
    shares, _, error = run(**LARGE)
    print(f"{100 * shares[:3].sum():.1f} % of the variance in 3 components, error {error:.4f}")

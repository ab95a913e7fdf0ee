"""k-means: Lloyd's algorithm with farthest-point seeding, until no point changes its cluster."""

import numpy as np

SMALL = {"points": 60, "clusters": 3}
LARGE = {"points": 50_000, "clusters": 8}


def blobs(points, clusters):
    """Points around centres on a circle, spread by low-discrepancy sequences."""
    index = np.arange(points)
    centre = 2 * np.pi * (index % clusters) / clusters
    radius = 0.6 * np.sqrt(-2 * np.log1p(-(index * 0.754877666 % 1) * 0.99))
    angle = 2 * np.pi * (index * 0.569840291 % 1)
    x = 3 * np.cos(centre) + radius * np.cos(angle)
    y = 3 * np.sin(centre) + radius * np.sin(angle)
    return np.stack([x, y], axis=1)


def squared_distances(data, centres):
    """From each point to each centre."""
    apart = data[:, np.newaxis, :] - centres[np.newaxis, :, :]
    return np.sum(apart * apart, axis=-1)


def seeds(data, clusters):
    """The first point, then each time the one that is farthest from those chosen."""
    centres = np.zeros((clusters, data.shape[1]))
    centres[0] = data[0]
    nearest = squared_distances(data, centres[:1])[:, 0]
    for chosen in range(1, clusters):
        centres[chosen] = data[np.argmax(nearest)]
        latest = squared_distances(data, centres[chosen : chosen + 1])[:, 0]
        nearest = np.minimum(nearest, latest)
    return centres


def update(data, labels, clusters):
    """Means of the clusters; an empty one stays at the origin."""
    member = (labels[:, np.newaxis] == np.arange(clusters)).astype(data.dtype)
    counts = np.maximum(np.sum(member, axis=0), 1)
    return (member.T @ data) / counts[:, np.newaxis]


def run(points, clusters, most=100):
    """Centres, the sizes of their clusters, and the sum of squared distances."""
    data = blobs(points, clusters)
    centres = seeds(data, clusters)
    labels = np.full(points, -1)
    for _ in range(most):
        distances = squared_distances(data, centres)
        latest = np.argmin(distances, axis=1)
        if np.array_equal(latest, labels):
            break
        labels = latest
        centres = update(data, labels, clusters)
    inertia = np.sum(np.min(squared_distances(data, centres), axis=1))
    return centres, np.bincount(labels, minlength=clusters), inertia


if __name__ == "__main__":
    centres, sizes, inertia = run(**LARGE)
    print(f"clusters of {sizes.tolist()} points, inertia {inertia:.1f}")

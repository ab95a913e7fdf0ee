"""Shortest ways between all pairs (Floyd 1962, Warshall 1962), and the ways themselves."""

import numpy as np

SMALL = {"nodes": 9}
LARGE = {"nodes": 400}


def roads(nodes):
    """Lengths of direct ways: inf where there is none."""
    i, j = np.indices((nodes, nodes))
    length = 1.0 + (i * 7 + j * 13 + i * j * 3) % 17
    graph = np.where((i * 5 + j * 3 + i * j) % 7 < 3, length, np.inf)
    ring = np.arange(nodes)
    graph[ring, (ring + 1) % nodes] = 20.0
    np.fill_diagonal(graph, 0.0)
    return graph


def shortest(graph):
    """Distances, and the node after each one on the way to each other."""
    nodes = len(graph)
    distance = graph.copy()
    after = np.where(np.isfinite(graph), np.arange(nodes)[np.newaxis, :], -1)
    for k in range(nodes):
        through = distance[:, k, np.newaxis] + distance[np.newaxis, k, :]
        better = through < distance
        distance = np.where(better, through, distance)
        after = np.where(better, after[:, k, np.newaxis], after)
    return distance, after


def way(after, start, end):
    """Nodes on the way from ``start`` to ``end``."""
    steps = after.tolist()
    found = [start]
    while found[-1] != end:
        found.append(steps[found[-1]][end])
    return found


def run(nodes):
    """Distances, the mean distance, the eccentricities, and one way."""
    distance, after = shortest(roads(nodes))
    path = way(after, 0, nodes - 1)
    return distance, distance.mean(), distance.max(axis=1), np.array(path)


if __name__ == "__main__":
    _, mean, reach, path = run(**LARGE)
    print(f"mean distance {mean:.3f}, radius {reach.min():.0f}, a way {path.tolist()}")

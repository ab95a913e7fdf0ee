"""Bodies under gravity by leapfrog, which keeps the energy; masses, a disc and a star."""

import numpy as np

SMALL = {"bodies": 6, "steps": 3}
LARGE = {"bodies": 400, "steps": 100}

SOFTENING = 0.05


def disc(bodies):
    """Positions, velocities and masses of bodies on nearly circular orbits around a star."""
    index = np.arange(1, bodies)
    radius = 1 + 2 * np.sqrt(index / bodies)
    angle = index * 2.399963  # the golden angle
    positions = np.zeros((bodies, 3))
    positions[1:, 0] = radius * np.cos(angle)
    positions[1:, 1] = radius * np.sin(angle)
    positions[1:, 2] = 0.05 * np.sin(3 * angle)
    masses = np.full(bodies, 0.1 / bodies)
    masses[0] = 1.0
    velocities = np.zeros((bodies, 3))
    speed = np.sqrt(1 / radius)
    velocities[1:, 0] = -speed * np.sin(angle)
    velocities[1:, 1] = speed * np.cos(angle)
    velocities -= np.average(velocities, axis=0, weights=masses)
    return positions, velocities, masses


def accelerations(positions, masses):
    """Of each body, by all others."""
    apart = positions[np.newaxis, :, :] - positions[:, np.newaxis, :]
    squared = np.sum(apart**2, axis=-1) + SOFTENING**2
    return np.einsum("ijk,ij,j->ik", apart, squared**-1.5, masses)


def energy(positions, velocities, masses):
    """Kinetic and potential."""
    kinetic = 0.5 * np.sum(masses * np.sum(velocities**2, axis=1))
    apart = positions[np.newaxis, :, :] - positions[:, np.newaxis, :]
    distance = np.sqrt(np.sum(apart**2, axis=-1) + SOFTENING**2)
    pairs = np.triu(masses[:, np.newaxis] * masses / distance, k=1)
    return kinetic - np.sum(pairs)


def run(bodies, steps, dt=0.01):
    """Positions at the end, and the energy before and after."""
    positions, velocities, masses = disc(bodies)
    before = energy(positions, velocities, masses)
    pull = accelerations(positions, masses)
    for _ in range(steps):
        velocities += 0.5 * dt * pull
        positions += dt * velocities
        pull = accelerations(positions, masses)
        velocities += 0.5 * dt * pull
    return positions, np.stack([before, energy(positions, velocities, masses)])


if __name__ == "__main__":
    positions, energies = run(**LARGE)
    print(f"energy {energies[0]:.6f} before, {energies[1]:.6f} after")

"""Conway's Game of Life on a torus: a glider gun of random soup, counted as it goes."""

import numpy as np

SMALL = {"size": 12, "steps": 3}
LARGE = {"size": 512, "steps": 60}


def soup(size):
    """About a third of the cells alive, the same ones each time."""
    row, column = np.indices((size, size))
    return ((row * row * 7 + column * column * 11 + row * column * 5) % 13 < 4).astype(np.uint8)


def glider(grid, row, column):
    """Clear a corner and put a glider into it."""
    grid[row - 1 : row + 4, column - 1 : column + 4] = 0
    grid[row, column + 1] = 1
    grid[row + 1, column + 2] = 1
    grid[row + 2, column : column + 3] = 1


def neighbours(grid):
    """How many of the eight cells around each one are alive."""
    padded = np.pad(grid, 1, mode="wrap")
    total = np.zeros_like(grid)
    for down in (0, 1, 2):
        for right in (0, 1, 2):
            if (down, right) != (1, 1):
                total += padded[down : down + grid.shape[0], right : right + grid.shape[1]]
    return total


def step(grid):
    """Births and deaths, in place."""
    around = neighbours(grid)
    born = (grid == 0) & (around == 3)
    dies = (grid == 1) & ((around < 2) | (around > 3))
    grid[born] = 1
    grid[dies] = 0


def run(size, steps):
    """The last generation, and the population of each."""
    grid = soup(size)
    glider(grid, 2, 2)
    population = np.zeros(steps + 1, dtype=np.int32)
    population[0] = grid.sum()
    for generation in range(steps):
        step(grid)
        population[generation + 1] = grid.sum()
    return grid, population


if __name__ == "__main__":
    grid, population = run(**LARGE)
    print(f"{population[0]} cells became {population[-1]}; at most {population.max()}")

"""Random numbers as functions of keys: jax's first README's, and what is said when a key is reused.

    python examples/random_keys.py

Prints the numbers beside those that the document printed, in both layouts of the random bits; then
programs that use a key twice or not at all, each with what is reported before anything runs; then
draws that are written without keys. Fails if a number differs, or a message is missing.
"""

import sys
import warnings
from collections.abc import Callable, Iterator

import numpy as onp

import lazyax as lx
import lazyax.numpy as np
from lazyax import random

NUMBERS = {
    "original": [
        [1.81608593, -0.48262325, 0.33988902],
        [1.1378783, -1.22095478, -0.59153646],
        [-0.06607265, 0.16676566, 1.17800343],
    ],
    "partitionable": [
        [1.6226422, 2.0252647, -0.43359444],
        [-2.4424558, -2.0356805, 0.20554423],
        [-1.2574776, -0.4016044, -1.1213601],
    ],
}
"""The document's three samples, and what the layout of today's jax gives for the same program."""


def samples() -> Iterator[lx.Array]:
    """The document's program: a sample of the key, and one of each of two subkeys."""
    yield random.normal(random.PRNGKey(0), shape=(3,))
    key = random.PRNGKey(0)
    for _ in range(2):
        key, subkey = random.split(key)
        yield random.normal(subkey, shape=(3,))


def numbers() -> bool:
    """Print the samples in both layouts; whether they are the documented ones."""
    right = True
    for layout, documented in NUMBERS.items():
        lx.config.update(threefry_layout=layout)
        print(f"\nthreefry_layout = {layout}")
        for sample, expected in zip(samples(), documented, strict=True):
            right &= onp.allclose(sample, expected, rtol=0, atol=5e-7)
            print(f"  {sample}   documented: {expected}")
    lx.config.update(threefry_layout="original")
    return right


def layers_of_one_key():
    key = random.PRNGKey(0)
    return [random.normal(key, (4, 4)) for _ in range(3)]


def split_and_then_used():
    key = random.PRNGKey(0)
    subkeys = random.split(key, 3)
    return random.normal(key), random.normal(subkeys[0])


def one_row_twice():
    keys = random.split(random.PRNGKey(0), 3)
    weights = random.normal(keys[1], (2,)).materialize()
    return weights, random.bernoulli(keys[-2], 0.5, (2,))


def one_key_for_every_step():
    step = lx.jit(lambda x, key: x + random.normal(key))
    x, key = np.zeros(()), random.PRNGKey(0)
    for _ in range(3):
        x = step(x, key)
    return x


def one_key_inside_every_step():
    key = random.PRNGKey(0)
    step = lx.jit(lambda x: x + random.normal(key))
    return step(step(np.zeros(())))


def all_of_them_and_one():
    keys = random.split(random.PRNGKey(0), 3)
    return lx.vmap(random.normal)(keys), random.normal(keys[2])


def a_key_left_over():
    """Of three keys one is forgotten, which is a note at the end of the block."""
    with random.unused_keys():
        keys = random.split(random.PRNGKey(0), 3)
        return random.normal(keys[0], (2,)), random.normal(random.fold_in(keys[1], 2), (2,))


REUSES = (
    layers_of_one_key,
    split_and_then_used,
    one_row_twice,
    one_key_for_every_step,
    one_key_inside_every_step,
    all_of_them_and_one,
    a_key_left_over,
)


def reports(program: Callable) -> list[str]:
    """What is said about keys when a program is run."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        program()
    return [str(warning.message) for warning in caught]


def repaired() -> None:
    """Each key is used once, or the same numbers are asked for on purpose: nothing is reported."""
    key = random.PRNGKey(0)
    key, *subkeys = random.split(key, 4)
    weights = [random.normal(subkey, (4, 4)) for subkey in subkeys]
    step = lx.jit(lambda x, key, i: x + random.normal(random.fold_in(key, i)))
    x = np.sum(weights[0])
    for i in range(3):
        x = step(x, key, i)
    again = random.normal(random.clone(subkeys[0]), (4, 4))
    lx.materialize(x, again)


def noisy(x: lx.Array) -> lx.Array:
    """A function that draws without a key."""
    return x + random.normal(shape=x.shape)


def without_keys() -> bool:
    """Print draws that get their keys from their place in the graph; whether they are as said."""
    x, key = np.zeros((2, 2)), random.PRNGKey(0)
    plain = random.seed(noisy)(key, x)
    print(f"random.seed(noisy)(key, x)\n{plain}")
    rows = random.seed(lx.vmap(noisy))(random.clone(key), x)
    print(f"random.seed(lx.vmap(noisy))(key, x): each row its own\n{rows}")
    compiled = lx.jit(random.seed(noisy))(random.clone(key), x)
    return bool(np.all(plain == compiled)) and bool(np.all(rows[0] != rows[1]))


def main() -> int:
    """Print everything; 1 if something is not as it should be."""
    right = numbers()
    for program in REUSES:
        found = reports(program)
        right &= bool(found)
        print(f"\n{program.__name__}")
        for message in found:
            print(f"  {message}")
    right &= not reports(repaired)
    print("\nrepaired: nothing to report\n")
    right &= without_keys()
    return int(not right)


if __name__ == "__main__":
    sys.exit(main())

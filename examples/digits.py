"""Train a network on scikit-learn's 1,797 handwritten digits, in plain NumPy style.

    python examples/digits.py [--epochs 20] [--batch 32] [--seed 0] [--out .]

There is no ``jit`` here. Each step builds an expression graph, reading the loss computes it, and
since every step has the same structure, XLA compiles it once. Writes ``digits_loss.png``, the loss
by step, and ``digits_loss_graph.svg``, the graph of the loss itself.
"""

import argparse
from itertools import pairwise
from pathlib import Path

import matplotlib as mpl
import numpy as onp
from matplotlib import pyplot
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from tqdm import tqdm

import lazyax as lx
import lazyax.numpy as np
from lazyax import random

SIZES = (64, 256, 128, 10)
STEP_SIZE = 0.2


def load(seed):
    """Images of 64 numbers from 0 to 1, and the digits as one-hot rows: for training, then test."""
    images, digits = load_digits(return_X_y=True)
    images = (images / 16).astype("float32")
    targets = onp.eye(10, dtype="float32")[digits]
    train_x, test_x, train_y, test_y = train_test_split(
        images, targets, test_size=0.2, random_state=seed, stratify=digits
    )
    return (train_x, train_y), (test_x, test_y)


def initialize(key):
    """A weight matrix and a bias for each layer."""
    params = []
    for inputs, outputs in pairwise(SIZES):
        key, subkey = random.split(key)
        weights = random.normal(subkey, (inputs, outputs)) * (2 / inputs) ** 0.5
        params.append((weights, np.zeros(outputs)))
    return params


def predict(params, images):
    """Log-probabilities of the ten digits."""
    *hidden, (weights, biases) = params
    x = images
    for w, b in hidden:
        x = np.maximum(x @ w + b, 0)
    logits = x @ weights + biases
    shifted = logits - np.max(logits, axis=1, keepdims=True)
    return shifted - np.log(np.sum(np.exp(shifted), axis=1, keepdims=True))


def loss(params, images, targets):
    """Mean cross-entropy."""
    return -np.mean(np.sum(predict(params, images) * targets, axis=1))


def update(params, images, targets):
    """One step of gradient descent: the loss before it, and the parameters after it."""
    value, gradients = lx.value_and_grad(loss)(params, images, targets)
    return value, lx.tree.map(lambda x, g: x - STEP_SIZE * g, params, gradients)


def accuracy(params, images, targets):
    """Fraction of images whose most probable digit is right."""
    right = np.argmax(predict(params, images), axis=1) == np.argmax(targets, axis=1)
    return float(np.mean(right))


def batches(rng, images, targets, size):
    """The data in a random order, in batches of one size: a smaller one would compile again."""
    order = rng.permutation(len(images))
    for start in range(0, len(order) - size + 1, size):
        rows = order[start : start + size]
        yield images[rows], targets[rows]


def train(params, data, epochs, batch, seed):
    """Parameters after ``epochs`` passes over the data, and the loss of each step."""
    rng = onp.random.default_rng(seed)
    losses = []
    with tqdm(total=epochs * (len(data[0]) // batch), unit="step") as bar:
        for epoch in range(epochs):
            first = len(losses)
            for images, targets in batches(rng, *data, batch):
                value, params = update(params, images, targets)
                losses.append(float(value))
                bar.update()
            bar.write(f"epoch {epoch + 1:3d}  loss {onp.mean(losses[first:]):.4f}")
    return params, losses


def draw(losses, params, data, out):
    """The loss by step as a PNG, and the graph of the loss as an SVG."""
    pyplot.semilogy(losses)
    pyplot.xlabel("step")
    pyplot.ylabel("loss")
    pyplot.savefig(out / "digits_loss.png", dpi=100)
    pyplot.close()
    images, targets = data
    lx.trace(loss)(params, images[:1], targets[:1]).draw(out / "digits_loss_graph.svg")


def main():
    """Train, and report."""
    mpl.use("Agg")  # pictures go to files, whatever screen there is
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--epochs", type=int, default=20, help="passes over the data")
    parser.add_argument("--batch", type=int, default=32, help="images in a step")
    parser.add_argument("--seed", type=int, default=0, help="of the split, order and weights")
    parser.add_argument("--out", type=Path, default=Path(), help="folder for the pictures")
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)

    data, test = load(options.seed)
    params = initialize(random.PRNGKey(options.seed))
    params, losses = train(params, data, options.epochs, options.batch, options.seed)
    print(f"training accuracy {accuracy(params, *data):.4f}")
    print(f"test accuracy {accuracy(params, *test):.4f}")
    draw(losses, params, data, options.out)
    print(f"{len(losses)} steps, {lx.stats().programs_compiled} programs compiled")


if __name__ == "__main__":
    main()

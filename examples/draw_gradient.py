"""The graph of a gradient, drawn: the picture in the README.

    python examples/draw_gradient.py docs/gradient.svg

The loss is that of the README's example. Each box is an op, or a chain of ops that feed one
another, with shapes, dtypes and the line that made it; an op of the gradient has the line of the
op that it derives.
"""

import pathlib
import sys

import lazyax as lx
import lazyax.numpy as np


def predict(weights, inputs):
    return 0.5 * (np.tanh(np.dot(inputs, weights) / 2) + 1)


def loss(weights, inputs, targets):
    p = predict(weights, inputs)
    return -np.sum(np.log(p * targets + (1 - p) * (1 - targets)))


def gradient() -> lx.Graph:
    """Of the loss by its weights."""
    return lx.trace(lx.grad(loss))(np.zeros(3), np.zeros((4, 3)), np.zeros(4, bool))


if __name__ == "__main__":
    gradient().draw(pathlib.Path(sys.argv[1]))

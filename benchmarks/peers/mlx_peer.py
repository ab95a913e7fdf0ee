"""MLX on CPU, as it is (lazy) and under `mx.compile`."""

from __future__ import annotations

import types

import mlx.core as mx
import numpy
from mlx.utils import tree_flatten, tree_map

mx.set_default_device(mx.cpu)


class Peer:
    """See the package."""

    np = types.SimpleNamespace(**{**vars(mx), "dot": mx.matmul})

    def array(self, host):
        made = mx.array(numpy.ascontiguousarray(host))
        mx.eval(made)
        return made

    def compiled(self, mode, function, arrays=()):
        return mx.compile(function) if mode == "mlx.compile" else function

    def gradient(self, function):
        return mx.grad(function)

    def value_and_gradient(self, function):
        return mx.value_and_grad(function)

    def map(self, function, *trees):
        return tree_map(function, *trees)

    def wait(self, result):
        mx.eval(result)
        return result

    def host(self, result):
        return [numpy.array(leaf) for _, leaf in tree_flatten(result)]


PEER = Peer

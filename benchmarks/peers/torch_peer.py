"""PyTorch, eager and under `torch.compile`."""

from __future__ import annotations

import types

import numpy
import torch

torch.set_num_threads(1)


def _maximum(x, y):
    return torch.clamp(x, min=y) if isinstance(y, (int, float)) else torch.maximum(x, y)


NAMES = ("exp", "log", "sqrt", "tanh", "sin", "cos", "erf", "einsum")


class Peer:
    """See the package."""

    np = types.SimpleNamespace(
        **{
            name: getattr(torch, name)
            for name in ["exp", "log", "sqrt", "tanh", "sin", "cos", "erf", "einsum"]
        },
        matmul=torch.matmul,
        dot=torch.matmul,
        maximum=_maximum,
        sum=lambda x, axis=None, keepdims=False: (
            torch.sum(x) if axis is None else torch.sum(x, axis, keepdim=keepdims)
        ),
        mean=lambda x, axis=None, keepdims=False: (
            torch.mean(x) if axis is None else torch.mean(x, axis, keepdim=keepdims)
        ),
        max=lambda x, axis=None, keepdims=False: (
            torch.amax(x) if axis is None else torch.amax(x, axis, keepdim=keepdims)
        ),
        square=torch.square,
        log1p=torch.log1p,
        abs=torch.abs,
    )
    torch = torch

    def array(self, host):
        return torch.from_numpy(numpy.array(host))

    def compiled(self, mode, function, arrays=()):
        return torch.compile(function) if mode == "torch.compile" else function

    def gradient(self, function):
        both = self.value_and_gradient(function)
        return lambda *given: both(*given)[1]

    def value_and_gradient(self, function):
        def slopes(params, *rest):
            leaves = [leaf.detach().requires_grad_() for leaf in self._leaves(params)]
            wanted = iter(leaves)
            value = function(self.map(lambda _: next(wanted), params), *rest)
            found = iter(torch.autograd.grad(value, leaves))
            return value.detach(), self.map(lambda _: next(found), params)

        return slopes

    def _leaves(self, tree):
        if isinstance(tree, (list, tuple)):
            return [leaf for branch in tree for leaf in self._leaves(branch)]
        return [tree]

    def map(self, function, *trees):
        if isinstance(trees[0], (list, tuple)):
            return type(trees[0])(self.map(function, *branch) for branch in zip(*trees))  # noqa: B905
        return function(*trees)

    def wait(self, result):
        return result

    def host(self, result):
        return [leaf.detach().numpy() for leaf in self._leaves(result)]


PEER = Peer

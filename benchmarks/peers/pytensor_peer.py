"""PyTensor, compiled by its default linker."""

from __future__ import annotations

import types

import numpy
import pytensor
import pytensor.tensor as pt

pytensor.config.floatX = "float32"


class Peer:
    """See the package."""

    np = types.SimpleNamespace(**{**vars(pt), "matmul": pt.matmul})

    def array(self, host):
        return host

    def compiled(self, mode, function, arrays=()):
        inputs = [pt.tensor(shape=x.shape, dtype=str(x.dtype)) for x in arrays]
        return pytensor.function(inputs, function(*inputs), trust_input=True)

    def wait(self, result):
        return result

    def host(self, result):
        return [numpy.asarray(leaf) for leaf in (result if type(result) is list else [result])]


PEER = Peer

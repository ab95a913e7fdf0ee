"""NumPy."""

from __future__ import annotations

import types

import numpy
import scipy.special


class Peer:
    """See the package."""

    np = types.SimpleNamespace(**{**vars(numpy), "erf": scipy.special.erf})

    def array(self, host):
        return host

    def compiled(self, mode, function, arrays=()):
        return function

    def wait(self, result):
        return result

    def host(self, result):
        return [numpy.asarray(leaf) for leaf in (result if type(result) is list else [result])]


PEER = Peer

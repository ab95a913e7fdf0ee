"""dask.array on threads: here one."""

from __future__ import annotations

import types

import dask
import dask.array
import numpy

dask.config.set(scheduler="synchronous")


class Peer:
    """See the package."""

    np = types.SimpleNamespace(**vars(dask.array))

    def array(self, host):
        return dask.array.from_array(host, chunks="16MiB")

    def compiled(self, mode, function, arrays=()):
        return function

    def wait(self, result):
        return result.compute()

    def host(self, result):
        return [numpy.asarray(result)]


PEER = Peer

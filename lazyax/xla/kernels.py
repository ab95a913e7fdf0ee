"""Libraries of compiled kernels that programs call: made known to XLA when first needed.

jax makes the same kernels known under the same names; whoever comes second changes nothing.
"""

from __future__ import annotations

import functools

from jaxlib import lapack
from jaxlib import xla_client as xc

LAPACK = "@lapack_"

UNWRITTEN = "dce_sink"
"""A kernel that every jaxlib has, which does nothing: neither with operands nor with results."""


def is_there(target: str) -> bool:
    """Whether jaxlib has a kernel of a name for CPUs."""
    return target in xc.custom_call_targets("Host")


def prepare(text: str) -> None:
    """Make ready what a module calls. To be called before it is compiled or loaded.

    Args:
        text: the StableHLO module.
    """
    if LAPACK in text:
        _load_lapack()


@functools.cache
def _load_lapack() -> None:
    """Register LAPACK's kernels. Calling one without ``initialize`` ends the process.

    It takes them from SciPy, whose import costs 0.2 to 0.35 s: not done at import of lazyax.
    """
    lapack._lapack.initialize()
    for name, kernel, version in lapack.registrations()["cpu"]:
        xc.register_custom_call_target(name, kernel, platform="cpu", api_version=version)

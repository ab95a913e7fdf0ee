"""Adaptors: how each peer makes arrays, compiles, differentiates and waits.

A module is imported in the peer's own process and environment alone. Its ``PEER`` has ``np``, a
namespace with NumPy's names, and ``array``, ``compiled``, ``gradient``, ``wait`` and ``host``.
"""

from __future__ import annotations

MODULES = {
    "lazyax": ("lazyax", "lazyax.jit"),
    "numpy": ("numpy",),
    "numexpr": ("numexpr",),
    "jax": ("jax", "jax.jit", "jax.jit+donate"),
    "torch": ("torch", "torch.compile"),
    "mlx": ("mlx", "mlx.compile"),
    "pytensor": ("pytensor",),
    "tinygrad": ("tinygrad.jit",),
    "dask": ("dask",),
}
"""Modes by peer; each peer is a module ``benchmarks.peers.<peer>_peer``."""

PACKAGES = {
    "numexpr": ("numpy", "numexpr"),
    "torch": ("numpy", "torch"),
    "mlx": ("numpy", "mlx[cpu]"),
    "pytensor": ("numpy", "pytensor"),
    "tinygrad": ("numpy", "tinygrad"),
    "dask": ("numpy", "dask[array]"),
}
"""What a peer's environment needs; the others run in that of lazyax."""


def peer_of(mode: str) -> str:
    """The peer that has a mode."""
    return next(peer for peer, modes in MODULES.items() if mode in modes)

"""Settings of the process. Read them as attributes; change them with ``update``."""

from __future__ import annotations

import os
import pathlib
from typing import Any

import attrs
import numpy

from lazyax.errors import LazyaxTypeError

CHOICES = {
    "default_dtype_bits": (32, 64),
    "threefry_layout": ("original", "partitionable"),
    "implicit_materialization": ("allow", "warn", "raise"),
    "loop_rolling": ("on", "off"),
    "key_reuse": ("warn", "raise", "off"),
    "key_unused": ("warn", "off"),
}


KINDS: dict[str, tuple[tuple[type, ...], str]] = {
    "cache_dir": ((str, type(None)), "a folder's name, or None for no cache on disk"),
    "cache_bytes": ((int,), "a number of bytes"),
    "cold_runs": ((int,), "a number of runs"),
    "quick_runs": ((int,), "a number of runs"),
    "loop_tape_bytes": ((int,), "a number of bytes"),
}


def _default_cache_dir() -> str | None:
    """`LAZYAX_CACHE_DIR`; nothing where that is empty or ``off``; else under the user's cache."""
    told = os.environ.get("LAZYAX_CACHE_DIR")
    if told is not None:
        return None if told in ("", "off") else told
    cache = os.environ.get("XDG_CACHE_HOME") or pathlib.Path("~/.cache").expanduser()
    return str(pathlib.Path(cache) / "lazyax")


def _default_cache_bytes() -> int:
    """`LAZYAX_CACHE_BYTES`, or 256 MB: about 10,000 programs of ordinary size."""
    return int(os.environ.get("LAZYAX_CACHE_BYTES", 2**28))


@attrs.define(eq=False)
class Config:
    """The settings.

    Attributes:
        default_dtype_bits: 32 or 64: width of what is created without a dtype.
        threefry_layout: how random bits are laid out over a shape: ``original`` is that of
            jax's first release, whose printed numbers come out; ``partitionable`` is today's.
        implicit_materialization: what ``print``, ``bool``, ``float`` and the like do with a
            pending array: ``allow``, ``warn`` or ``raise``.
        loop_rolling: whether a Python loop of many equal steps is compiled as a loop: ``on`` or
            ``off``. Programs that are compiled already stay as they are.
        cache_dir: folder of compiled programs, which processes share; None for no cache on disk.
            At first `LAZYAX_CACHE_DIR` (``off`` for None), or ``lazyax`` in the user's cache.
        cache_bytes: size that the folder is kept to; at first `LAZYAX_CACHE_BYTES`, or 256 MB.
        cold_runs: how often NumPy runs a program, at least, before it is compiled in the background
            (on CPU); it goes on until that pays, and stops where it would take longer than
            compiling. 0 compiles at once. The two agree to a few units in the last place of the
            largest intermediate.
        quick_runs: how often a program runs as XLA compiles it quickly (on CPU), where NumPy does
            not run it, before it is compiled in full in the background; 0 compiles nothing there,
            but in full at once. The two agree as NumPy and XLA do.
        loop_tape_bytes: what the derivative of a while loop may store; beyond, it computes
            states again from checkpoints (docs/adr/0013).
        key_reuse: what a second use of a random key does: ``warn``, ``raise`` or ``off``.
        key_unused: whether a script is told when it ends which keys it split and never used:
            ``warn`` or ``off``.
    """

    default_dtype_bits: int = 32
    threefry_layout: str = "original"
    implicit_materialization: str = "allow"
    loop_rolling: str = "on"
    cache_dir: str | None = attrs.field(factory=_default_cache_dir)
    cache_bytes: int = attrs.field(factory=_default_cache_bytes)
    cold_runs: int = 1
    quick_runs: int = 2
    loop_tape_bytes: int = 2**26
    key_reuse: str = "warn"
    key_unused: str = "warn"

    def update(self, **settings: Any) -> None:
        """Change settings by name.

        Raises:
            LazyaxTypeError: for a name or a value that does not exist; nothing is changed then.

        >>> import lazyax as lx
        >>> lx.config.update(default_dtype_bits=64)
        >>> lx.numpy.zeros(3).dtype
        dtype('float64')
        >>> lx.config.update(default_dtype_bits=32)
        """
        for name, value in settings.items():
            if name in KINDS:
                types, meaning = KINDS[name]
                if type(value) not in types:
                    raise LazyaxTypeError(f"config: {name} is {meaning}, got {value!r}")
            elif name not in CHOICES:
                known = [*CHOICES, *KINDS]
                raise LazyaxTypeError(f"config: no setting {name!r}; there are {known}")
            elif value not in CHOICES[name]:
                raise LazyaxTypeError(f"config: {name} is one of {CHOICES[name]}, got {value!r}")
        for name, value in settings.items():
            setattr(self, name, value)


config = Config()

_DEFAULTS = {
    32: {
        bool: numpy.dtype(bool),
        int: numpy.dtype(numpy.int32),
        float: numpy.dtype(numpy.float32),
        complex: numpy.dtype(numpy.complex64),
    },
    64: {
        bool: numpy.dtype(bool),
        int: numpy.dtype(numpy.int64),
        float: numpy.dtype(numpy.float64),
        complex: numpy.dtype(numpy.complex128),
    },
}


def default_dtype(kind: type) -> numpy.dtype:
    """The dtype of a new array made of Python numbers of this type."""
    return _DEFAULTS[config.default_dtype_bits][kind]

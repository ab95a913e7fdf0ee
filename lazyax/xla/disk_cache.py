"""Compiled programs on disk, shared between the processes of a user.

One file holds one executable. Its name is a digest of all that the executable depends on: the
program's text without the user's lines, jaxlib, the platform and its devices, the processor's
features and XLA's flags. It is written beside its place and renamed, so no reader sees half of it,
and it carries a digest of itself, so what a crash or a bad disk left is found out.
"""

from __future__ import annotations

import functools
import os
import pathlib
import re
import struct
import threading
import time
import warnings
from typing import Any

from lazyax.config import config
from lazyax.later import Later
from lazyax.xla import client, kernels, processor

hashlib, tempfile = Later("hashlib"), Later("tempfile")

MAGIC = b"lazyax-program-1"
HEADER = struct.Struct(f"{len(MAGIC)}s32sd")
"""What a file begins with: the magic, a digest of the rest, seconds that compiling took."""

SUFFIX = ".xla"
UNFINISHED = ".part"

ABANDONED_AFTER = 3600.0
"""Seconds after which an unfinished file is taken to be a crash's."""

LOCATION = re.compile(r' loc\("[^"\n]*":\d+:0\)$', re.MULTILINE)


class CompileCounts:
    """How programs came to be, in this process.

    Attributes:
        compiled: by XLA.
        loaded: from disk.
        unseen_bytes: written since the size of the folder was last looked at; None: never looked.
    """

    def __init__(self):
        self.compiled = 0
        self.loaded = 0
        self.unseen_bytes: int | None = None
        self._lock = threading.Lock()

    def count(self, name: str, is_new: bool) -> None:
        """One more of them, if it is new."""
        with self._lock:
            setattr(self, name, getattr(self, name) + is_new)


counts = CompileCounts()


def executable_of(
    text: str, options: dict[str, object] | None = None, is_new: bool = True
) -> tuple[Any, float]:
    """The executable of a StableHLO module, from disk if any process compiled it before.

    Args:
        text: the module. The lines that it names are not part of what is looked up.
        options: XLA debug options for this program alone.
        is_new: False for another form of a program, which is not counted again.

    Returns:
        The executable, and the seconds that compiling it took, now or then.
    """
    found = stored(text, options, is_new)
    if found is not None:
        return found
    path = _path_of(text, options)
    start = time.perf_counter()
    executable = client.compile_text(text, options)
    seconds = time.perf_counter() - start
    counts.count("compiled", is_new)
    if path is not None:
        _store(path, executable, seconds)
    return executable, seconds


def stored(
    text: str, options: dict[str, object] | None = None, is_new: bool = True
) -> tuple[Any, float] | None:
    """As `executable_of`, but None if it is not on disk."""
    kernels.prepare(text)
    path = _path_of(text, options)
    found = None if path is None else _load(path, options)
    if found is not None:
        counts.count("loaded", is_new)
    return found


def _path_of(text: str, options: dict[str, object] | None) -> pathlib.Path | None:
    """Where the executable of a module is kept; None where there is no cache."""
    if config.cache_dir is None:
        return None
    digest = hashlib.sha256(LOCATION.sub("", text).encode())
    flags = sorted(client.all_options(options).items())
    digest.update(repr((surroundings(), os.environ.get("XLA_FLAGS"), flags)).encode())
    return pathlib.Path(config.cache_dir) / f"{digest.hexdigest()}{SUFFIX}"


@functools.cache
def surroundings() -> tuple:
    """What an executable depends on beside the program and its flags."""
    here = client.backend()
    devices = [device.device_kind for device in here.client.devices()]
    return (*client.versions(), here.platform, str(here.device), devices, processor.description())


def _load(path: pathlib.Path, options: dict[str, object] | None) -> tuple[Any, float] | None:
    """What a file holds; None, and a warning, if that is damaged."""
    try:
        data = path.read_bytes()
    except OSError:
        return None
    try:
        magic, digest, seconds = HEADER.unpack_from(data)
        body = data[HEADER.size :]
        if magic != MAGIC or digest != hashlib.sha256(body).digest():
            raise ValueError("its digest does not fit")
        executable = client.load_executable(body, options)
    except (ValueError, struct.error, client.XlaError) as error:
        warnings.warn(
            f"the compiled program {path} is damaged ({error}) and is compiled again",
            RuntimeWarning,
            stacklevel=2,
        )
        return None
    _touch(path)
    return executable, seconds


def _touch(path: pathlib.Path) -> None:
    """Make a file the one that was used last. It may be gone, or another user's."""
    try:
        os.utime(path)
    except OSError:
        return


def _store(path: pathlib.Path, executable: Any, seconds: float) -> None:
    """Write an executable; where that fails, warn, and go on without a cache from now on."""
    body = executable.serialize()
    header = HEADER.pack(MAGIC, hashlib.sha256(body).digest(), seconds)
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)  # what is in it will be run
        with tempfile.NamedTemporaryFile(
            dir=path.parent, suffix=UNFINISHED, delete=False
        ) as unfinished:
            unfinished.write(header + body)
        os.replace(unfinished.name, path)
        if counts.unseen_bytes is None or counts.unseen_bytes > config.cache_bytes // 16:
            prune(path.parent)
            counts.unseen_bytes = 0
        counts.unseen_bytes += HEADER.size + len(body)
    except OSError as error:
        warnings.warn(
            f"compiled programs can not be kept in {path.parent} ({error}); choose a folder with "
            "lazyax.config.update(cache_dir=...) or LAZYAX_CACHE_DIR, or None for no cache",
            RuntimeWarning,
            stacklevel=2,
        )
        config.cache_dir = None


def prune(folder: pathlib.Path) -> None:
    """Remove what was used least recently, down to ``config.cache_bytes``, and what crashes left.

    Other processes may do the same at the same time.

    Args:
        folder: of the cache.
    """
    files = []
    for entry in os.scandir(folder):
        try:
            status = entry.stat()
        except FileNotFoundError:
            continue
        if entry.name.endswith(SUFFIX):
            files.append((status.st_mtime, status.st_size, entry.path))
        elif entry.name.endswith(UNFINISHED) and time.time() - status.st_mtime > ABANDONED_AFTER:
            pathlib.Path(entry.path).unlink(missing_ok=True)
    held = sum(size for _, size, _ in files)
    for _, size, path in sorted(files):
        if held <= config.cache_bytes:
            return
        pathlib.Path(path).unlink(missing_ok=True)
        held -= size

"""Where in the user's program a node was made: captured for about 0.1 us, read on demand."""

from __future__ import annotations

import contextlib
import linecache
import opcode
import os
import pathlib
import sys
import threading
import warnings
from collections.abc import Iterator
from types import CodeType
from typing import Any

Origin = tuple[CodeType, int]

PACKAGE = str(pathlib.Path(__file__).resolve().parents[1]) + os.sep


class _Inherited(threading.local):
    """The origin that new nodes take over while a transform rewrites a user's node."""

    origin: Origin | None = None


inherited = _Inherited()


class _IsOurs(dict):
    """Whether a file belongs to lazyax, by its name; asked of each file once."""

    def __missing__(self, filename: str) -> bool:
        # contextlib calls the context managers that transforms are written with
        ours = self[filename] = filename.startswith(PACKAGE) or filename == contextlib.__file__
        return ours


is_ours = _IsOurs()


def current_origin() -> Origin | None:
    """``(code, instruction offset)`` of the innermost frame that is not lazyax's own."""
    if inherited.origin is not None:
        return inherited.origin
    frame: Any = sys._getframe(1)
    while is_ours[frame.f_code.co_filename]:
        frame = frame.f_back
    return (frame.f_code, frame.f_lasti)


@contextlib.contextmanager
def inheriting(origin: Origin | None) -> Iterator[None]:
    """Give nodes made inside the block this origin: rewrites carry origins along."""
    before = inherited.origin
    inherited.origin = origin
    try:
        yield
    finally:
        inherited.origin = before


CACHE = opcode.opmap["CACHE"]


def instruction_of(origin: Origin) -> int:
    """Offset of the instruction that an origin names, one for all that lie within it.

    CPython specialises an instruction that has run a few times; frames point into its cache then.
    """
    code, offset = origin
    bytecode = code.co_code
    while offset > 0 and bytecode[offset] == CACHE:
        offset -= 2
    return offset


class Sites(dict):
    """What is remembered of call sites: of the newest `SITES`, where one key more is one too many.

    Keys begin with the id of a code object and an offset in it: hashing the code itself would read
    all of its constants. So values hold the code, which keeps its id from being another's.
    """

    def __setitem__(self, key: tuple, value: Any) -> None:
        super().__setitem__(key, value)
        while len(self) > SITES:
            del self[next(iter(self))]


SITES = 4096


def line_of(origin: Origin) -> int:
    """Line number of the instruction that an origin names."""
    code, lasti = origin
    for start, end, line in code.co_lines():
        if start <= lasti < end and line is not None:
            return line
    return code.co_firstlineno


def line_at(origin: Origin | None) -> tuple[str, int] | None:
    """File and line: offsets of one instruction differ once CPython has specialised it."""
    return None if origin is None else (origin[0].co_filename, line_of(origin))


def describe(origin: Origin | None) -> str:
    """``file:line`` of an origin, with the file relative to the working folder where it is inside.

    >>> describe(None)
    '<unknown>'
    """
    if origin is None:
        return "<unknown>"
    path = pathlib.Path(origin[0].co_filename)
    with contextlib.suppress(ValueError):
        path = path.relative_to(pathlib.Path.cwd())
    return f"{path}:{line_of(origin)}"


def warn_at(origin: Origin | None, message: str, category: type[Warning]) -> None:
    """Warn as if from the line of an origin, so that filters and once-per-line go by it."""
    file, line = line_at(origin) or (__file__, 1)
    warnings.warn_explicit(message, category, file, line)


def source_line(origin: Origin | None) -> str:
    """The text of the line that an origin names, stripped; empty where it can not be read."""
    if origin is None:
        return ""
    return linecache.getline(origin[0].co_filename, line_of(origin)).strip()


class LineCounts:
    """How often something happened at each line of the user's program, as far as remembered."""

    def __init__(self):
        self._counts = Sites()
        self._lock = threading.Lock()

    def add(self, origin: Origin) -> None:
        """Count once more."""
        code, offset = origin
        key = (id(code), offset)
        with self._lock:
            found = self._counts.get(key)
            if found is None:
                found = self._counts[key] = [code, 0]
            found[1] += 1

    def by_line(self) -> dict[str, int]:
        """Counts by ``file:line``, the largest first."""
        with self._lock:
            found = [((code, offset), n) for (_, offset), (code, n) in self._counts.items()]
        lines: dict[str, int] = {}
        for origin, count in found:
            line = describe(origin)
            lines[line] = lines.get(line, 0) + count
        return dict(sorted(lines.items(), key=lambda item: -item[1]))


class Lines:
    """`describe` for many origins: each line is read once."""

    def __init__(self):
        self.known: dict[tuple[int, int], str] = {}

    def __getitem__(self, origin: Origin | None) -> str:
        if origin is None:
            return describe(None)
        key = (id(origin[0]), origin[1])  # code objects compare by content, which is slow
        text = self.known.get(key)
        if text is None:
            text = self.known[key] = describe(origin)
        return text

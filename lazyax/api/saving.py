"""Graphs in files: ``graph.save(path)`` and ``lazyax.load(path)``.

A file is a zip archive, not compressed, of two members: ``graph.json``, the structure
(`lazyax.api.graph_format`), and ``arrays.safetensors``, the arrays that the graph captured.
Other tools can read both. The archive's checksums tell damaged files. Two numbers say what wrote
it: the version of the format, and that of the set of ops, which grows when an op's meaning
changes. A file of a later version is refused; one of an earlier is read.
"""

from __future__ import annotations

import contextlib
import json
import os
import pathlib
from collections.abc import Iterator
from typing import Any, BinaryIO

import numpy

from lazyax.api.graph_format import decode_graph, encode_graph
from lazyax.errors import FormatError
from lazyax.graph.graph import Graph
from lazyax.graph.verify import verify_graph
from lazyax.later import Later

safetensors, zipfile = Later("safetensors.numpy"), Later("zipfile")

FORMAT = "lazyax graph"
VERSIONS = {"format_version": 2, "ops_version": 1}
"""The latest that this lazyax reads. Format 2 has custom rules; a file without any is of 1."""

STRUCTURE, ARRAYS = "graph.json", "arrays.safetensors"
EPOCH = (1980, 1, 1, 0, 0, 0)
"""The date of all members: equal graphs give equal files."""


def save(self: Graph, path: str | os.PathLike) -> pathlib.Path:
    """Write the graph, and the arrays that it captured, to one file.

    Structure, parameters, names, pytree structures and source lines are kept; values that are
    pending stay so. Custom rules are traced, and kept as graphs, so that what is loaded is
    differentiated by them. The file appears when it is complete, or not at all.

    Raises:
        LazyaxTypeError: for parameters or classes in pytrees that a file can not hold, and for
            custom rules that are no functions of their arguments alone.
        AbstractValueError: for custom rules that look at values.

    >>> import lazyax as lx, pathlib, tempfile
    >>> graph = lx.trace(lambda x: x * 2)(1.0)
    >>> path = pathlib.Path(tempfile.mkdtemp()) / "double.lazyax"
    >>> print(lx.load(graph.save(path))(4.0))
    8.0
    """
    path = pathlib.Path(path)
    structure, arrays = encode_graph(self)
    versions = VERSIONS if "rules" in structure else {**VERSIONS, "format_version": 1}
    document = {"format": FORMAT, **versions, **structure}
    members = {
        STRUCTURE: json.dumps(document, separators=(",", ":"), allow_nan=False).encode(),
        ARRAYS: safetensors.save(arrays),
    }
    partial = path.with_name(f"{path.name}.{os.getpid()}.partial")
    try:
        with zipfile.ZipFile(partial, "w") as archive:
            for name, data in members.items():
                archive.writestr(zipfile.ZipInfo(name, EPOCH), data)
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)
    return path


def load(path: str | os.PathLike) -> Graph:
    """The graph of a file that ``graph.save`` wrote. Nothing in the file is imported or run.

    The graph can be called, compiled and transformed as any other. Named tuples and attrs
    classes come back as new classes of the same names and fields, and arguments of the
    original classes are taken too.

    Raises:
        FormatError: if the file is not one of a graph, is damaged, or is of a later version.
        OSError: if it can not be opened.
    """
    with open(path, "rb") as file, _explained(path):
        document, arrays = _read(file)
        _require_version(document)
        graph = decode_graph(document, arrays)
        verify_graph(graph)
        return graph


@contextlib.contextmanager
def _explained(path: str | os.PathLike) -> Iterator[None]:
    """Errors in reading a file as `FormatError`, with the file's name."""
    try:
        yield
    except FormatError as error:
        raise FormatError(f"load: {os.fspath(path)}: {error}") from None
    except Exception as error:  # a damaged file can make any step fail in any way
        raise FormatError(
            f"load: {os.fspath(path)} is damaged: {type(error).__name__}: {error}"
        ) from error


def _read(file: BinaryIO) -> tuple[dict[str, Any], dict[str, numpy.ndarray]]:
    if not zipfile.is_zipfile(file):
        raise FormatError("it is not a file that graph.save wrote, or not all of it")
    with zipfile.ZipFile(file) as archive:
        if any(info.compress_type != zipfile.ZIP_STORED for info in archive.infolist()):
            raise FormatError("its members are compressed, which graph.save never does")
        names = set(archive.namelist())
        if not {STRUCTURE, ARRAYS} <= names:
            raise FormatError(f"it needs the members {STRUCTURE} and {ARRAYS}, got {sorted(names)}")
        document = json.loads(archive.read(STRUCTURE))
        return document, safetensors.load(archive.read(ARRAYS))


def _require_version(document: dict[str, Any]) -> None:
    if document.get("format") != FORMAT:
        raise FormatError(f"it has the format {document.get('format')!r}, not {FORMAT!r}")
    for name, known in VERSIONS.items():
        version = document[name]
        if type(version) is not int or version > known:
            raise FormatError(
                f"its {name} is {version}, and this lazyax reads up to {known}; upgrade lazyax"
            )


Graph.save = save  # type: ignore[method-assign]

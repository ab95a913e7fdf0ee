"""What the array API standard asks of a namespace, beside its functions.

https://data-apis.org/array-api/2024.12/
"""

from __future__ import annotations

from typing import Any

import numpy

from lazyax.array import Array
from lazyax.config import default_dtype
from lazyax.errors import LazyaxTypeError
from lazyax.ops.numpy.conventions import as_device
from lazyax.ops.numpy.dispatch import Functions
from lazyax.ops.numpy.dtypes import KINDS, isdtype
from lazyax.xla.devices import Device, default_device, devices

__array_api_version__ = "2024.12"

VERSIONS = ("2021.12", "2022.12", "2023.12", __array_api_version__)

DTYPES = {
    name: numpy.dtype(name)
    for name in (
        *("bool", "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64"),
        *("float32", "float64", "complex64", "complex128"),
    )
}
"""The standard's dtypes."""


class NamespaceInfo:
    """What this namespace can do, in the standard's words.

    >>> import lazyax.numpy as np
    >>> info = np.__array_namespace_info__()
    >>> info.default_device(), info.default_dtypes()["integral"]
    (Device(cpu:0), dtype('int32'))
    """

    def capabilities(self) -> dict[str, Any]:
        """Boolean indexing and data-dependent shapes (both outside ``jit``); any number of axes."""
        return {"boolean indexing": True, "data-dependent shapes": True, "max dimensions": None}

    def default_device(self) -> Device:
        """Where arrays are."""
        return default_device()

    def devices(self) -> list[Device]:
        """All devices that an array can be on."""
        return devices()

    def default_dtypes(self, *, device: Any = None) -> dict[str, numpy.dtype]:
        """Dtypes of what is created without one, as `lazyax.config` has them now.

        Raises:
            LazyaxTypeError: for a device that is not here.
        """
        as_device("default_dtypes", device)
        return {
            "real floating": default_dtype(float),
            "complex floating": default_dtype(complex),
            "integral": default_dtype(int),
            "indexing": default_dtype(int),
        }

    def dtypes(self, *, device: Any = None, kind: Any = None) -> dict[str, numpy.dtype]:
        """The standard's dtypes by name, of one kind or of several.

        Raises:
            LazyaxTypeError: for a kind that there is not, and a device that is not here.
        """
        as_device("dtypes", device)
        kinds = kind if isinstance(kind, tuple) else tuple(KINDS) if kind is None else (kind,)
        for one in kinds:
            if one not in KINDS:
                raise LazyaxTypeError(f"dtypes: kind is one of {list(KINDS)}, got {one!r}")
        return {name: dtype for name, dtype in DTYPES.items() if isdtype(dtype, kinds)}


def __array_namespace_info__() -> NamespaceInfo:  # noqa: N807 - the standard's name
    """What this namespace can do: see `NamespaceInfo`."""
    return NamespaceInfo()


def namespace(self: Array, /, *, api_version: str | None = None) -> Any:
    """The module `lazyax.numpy`, as the standard's namespace.

    Raises:
        LazyaxTypeError: for a version of the standard that it does not know.
    """
    if api_version is not None and api_version not in VERSIONS:
        raise LazyaxTypeError(
            f"__array_namespace__: api_version is one of {VERSIONS}, got {api_version!r}"
        )
    return Functions.module


def install() -> None:
    """Give `Array` its namespace."""
    Array.__array_namespace__ = namespace

"""Modules that are imported when they are first used."""

from __future__ import annotations

import importlib
from typing import Any


class Later:
    """A module of which a program may need nothing: its import waits until a name is asked for.

    Args:
        name: of the module.
    """

    def __init__(self, name: str):
        self._name = name

    def __getattr__(self, attribute: str) -> Any:
        """The module's, which is kept, so that it is asked for once."""
        found = getattr(importlib.import_module(self._name), attribute)
        setattr(self, attribute, found)
        return found

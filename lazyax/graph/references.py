"""How many references there are to objects, by which their owners are known.

CPython counts those that a call itself makes too, and versions differ in how many these are: an
argument on the interpreter's stack need not be counted. So they are measured once, on an object
that one list alone refers to.
"""

from __future__ import annotations

from collections.abc import Iterable
from sys import getrefcount
from typing import Any

OF_THE_CALL = next(map(getrefcount, [object()])) - 1
"""References that ``map(getrefcount, ...)`` adds to what it counts."""


def references(objects: Iterable[Any]) -> list[int]:
    """For each object of a list or tuple how many references to it there are, that one included.

    >>> shared = object()
    >>> references([shared, [shared][0], object()])
    [3, 3, 1]
    """
    return [count - OF_THE_CALL for count in map(getrefcount, objects)]

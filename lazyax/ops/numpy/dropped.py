"""Whether somebody holds an array that is written to, or the write is lost with it."""

from __future__ import annotations

import gc
import sys
from types import FrameType

from lazyax.array import Array
from lazyax.graph.origin import is_ours


class _Probe:
    def __setitem__(self, index, value):
        value.append(sys.getrefcount(self))


def _references_of_what_is_dropped() -> int:
    """What `sys.getrefcount` says in ``__setitem__`` of an object that nobody holds.

    0 where it says the same of one that a variable holds.
    """
    seen: list[int] = []
    _Probe()[0] = seen
    held = _Probe()
    held[0] = seen
    dropped, kept = seen
    return dropped if dropped < kept else 0


DROPPED = _references_of_what_is_dropped()
"""References of an array in its own ``__setitem__``, if nobody else has one."""


def is_held(x: Array) -> bool:
    """Whether a variable of the user's, or an object, has the array; slow where none has."""
    marks = {id(x)}  # a generator that names x would be another one to hold it
    frame: FrameType | None = sys._getframe(1)
    while frame is not None:
        ours = is_ours[frame.f_code.co_filename]
        if not ours and not marks.isdisjoint(map(id, frame.f_locals.values())):
            return True
        frame = frame.f_back
    return any(not isinstance(referrer, FrameType) for referrer in gc.get_referrers(x))

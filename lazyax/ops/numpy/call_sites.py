"""Which indexing expressions of the user's program come back with another start.

A slice's start is static until the same line comes back with another one; from then on it is a
run-time offset. So ``x[2:5]`` fuses as well as can be, and a loop over ``x[i : i + 4]`` compiles
two programs and not one for each i (DESIGN.md section 4).
"""

from __future__ import annotations

import threading
from types import CodeType

import attrs

from lazyax.graph.origin import Origin, Sites, instruction_of, is_ours
from lazyax.ops.numpy.bounds import index_dtype
from lazyax.ops.numpy.selection import Selection
from lazyax.ops.primitives.leaves import scalar_leaf


@attrs.define(eq=False)
class Site:
    """One expression of the user's, for one pattern of index.

    Attributes:
        code: what it is in; kept alive, since it is known by its id.
        lows: the starts that it has had; None once there were others.
    """

    code: CodeType
    lows: tuple | None


_sites = Sites()
_writing = threading.Lock()


def at_call_site(selection: Selection, origin: Origin) -> Selection:
    """The selection, its starts as run-time offsets if this call site has had other starts.

    Calls from within lazyax are not loops of the user: their starts stay static.

    Args:
        selection: of this call.
        origin: code and offset of the instruction of the frame that indexes.
    """
    pattern, (code, offset) = selection.pattern, origin
    if not pattern.movable or is_ours[code.co_filename]:
        return selection
    key = (id(code), offset, pattern)  # not the code itself: its hash reads all of its constants
    site = _sites.get(key)
    if site is None:
        site = _remember(key, selection, code)
    if site.lows == selection.lows:
        return selection
    site.lows = None
    return with_run_time_starts(selection)


def _remember(key: tuple, selection: Selection, code: CodeType) -> Site:
    """The site of a key, which is one for all offsets within an instruction."""
    _, offset, pattern = key
    with _writing:
        first = (id(code), instruction_of((code, offset)), pattern)
        site = _sites.setdefault(first, Site(code, selection.lows))
        _sites[key] = site
    return site


def with_run_time_starts(selection: Selection) -> Selection:
    """The selection with each start that could be elsewhere as a parameter of the program."""
    pattern, lows = selection.pattern, list(selection.lows)
    for axis in pattern.movable:
        if type(lows[axis]) is int:
            dtype = index_dtype(pattern.aval.shape[axis])
            lows[axis] = scalar_leaf(lows[axis], dtype, False)
    return Selection(pattern, tuple(lows), selection.arrays)

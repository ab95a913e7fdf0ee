"""Work that makes much and drops nothing, during which no cyclic garbage is looked for.

Python looks for it each time that 700 more objects exist than before, and now and then among all
that there are. Planning a loop of 1,000 steps makes some 10**5 objects, all of them needed: the
looking took a third of the time.
"""

from __future__ import annotations

import functools
import gc
from collections.abc import Callable
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
R = TypeVar("R")


def uncollected(function: Callable[P, R]) -> Callable[P, R]:
    """The function, during which Python does not look for cyclic garbage.

    Threads may call it at the same time: who finds the collector at work puts it back to work.
    """

    @functools.wraps(function)
    def called(*args: P.args, **kwargs: P.kwargs) -> R:
        is_at_work = gc.isenabled()
        try:
            gc.disable()
            return function(*args, **kwargs)
        finally:
            if is_at_work:
                gc.enable()

    return called

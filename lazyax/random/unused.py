"""Keys that a split made and that nothing used: a note of what may be a mistake."""

from __future__ import annotations

import contextlib
import warnings
from collections.abc import Iterator

from lazyax.config import config
from lazyax.errors import KeyUnusedWarning, LazyaxTypeError
from lazyax.graph.origin import describe
from lazyax.transforms.key_places import Split, watched
from lazyax.transforms.key_uses import line_at


@contextlib.contextmanager
def unused_keys() -> Iterator[list[str]]:
    """At the end of the block, say which keys that were split in it were not used in it.

    Gives a list, which the notes are put in; each is also a `KeyUnusedWarning` at the line of the
    split, once for each two lines. The first key of a split is let off where others were used, as
    the last ``key`` of ``key, subkey = split(key)`` has to be. What functions split while they
    are traced is not looked at, nor is use outside of `lazyax.random`.

    >>> import warnings
    >>> from lazyax import random
    >>> with warnings.catch_warnings(action="ignore"), random.unused_keys() as notes:
    ...     key, first, second = random.split(random.PRNGKey(0), 3)
    ...     x = random.normal(first) + random.normal(key)
    >>> len(notes)
    1

    Raises:
        LazyaxTypeError: where ``lazyax.config.key_reuse`` is off, so that uses are not noted.

    Warns:
        KeyUnusedWarning: at the end, with both lines.
    """
    if config.key_reuse == "off":
        raise LazyaxTypeError(
            "unused_keys: uses of keys are not noted where lazyax.config.key_reuse is 'off'; set "
            "it to 'warn' or 'raise'"
        )
    splits: list[Split] = []
    notes: list[str] = []
    before = watched.splits
    watched.splits = splits
    try:
        yield notes
    finally:
        watched.splits = before
        if before is not None:
            before.extend(splits)
    seen = set()
    for split in splits:
        left = _left(split)
        lines = (line_at(split.source.origin), line_at(split.made_of))
        if left is not None and lines not in seen:
            seen.add(lines)
            notes.append(_note(split, left))
            _warn(split, notes[-1])


def _left(split: Split) -> tuple[int, ...] | None:
    """Numbers of the keys that have no use, if that is worth a note."""
    if split.source.computed_with:
        return None
    used = split.source.used()
    left = tuple(number for number in range(split.count) if 2 * number not in used)
    idiom = left == (0,) and split.count > 1
    return None if idiom or not left else left


def _note(split: Split, left: tuple[int, ...]) -> str:
    made = f"split at {describe(split.source.origin)} made {split.count} keys of one that was made "
    if len(left) == split.count:
        which = "none of them was used"
    else:
        which = f"keys[{left[-1]}] was never used"
        if len(left) > 1:
            which = f"{', '.join(f'keys[{number}]' for number in left)} were never used"
    return (
        f"{made}at {describe(split.made_of)}, and {which}: either another key was used in its "
        "place, or fewer are enough"
    )


def _warn(split: Split, message: str) -> None:
    """As if from the line of the split."""
    file, line = line_at(split.source.origin) or (__file__, 1)
    warnings.warn_explicit(message, KeyUnusedWarning, file, line)

"""Keys that a split made and that nothing used: a note of what may be a mistake."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

from lazyax.config import config
from lazyax.errors import LazyaxTypeError
from lazyax.transforms.key_splits import Tally, blocks


@contextlib.contextmanager
def unused_keys() -> Iterator[list[str]]:
    """At the end of the block, say which keys that were split in it were not used in it.

    Gives a list, which the notes are put in; each is also a `KeyUnusedWarning` at the line of the
    split. A script is told the same when it ends, of all its lines
    (``lazyax.config.key_unused``); a block tells a notebook, or a test. What one line split is
    taken together. The first key of a split is let off where others were used, as the last ``key``
    of ``key, subkey = split(key)`` has to be. What functions split while they are traced is not
    looked at, nor what libraries do inside, nor use outside of `lazyax.random`.

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
    notes: list[str] = []
    before = blocks.tallies
    tally = Tally()
    blocks.tallies = (*before, tally)
    try:
        yield notes
    finally:
        blocks.tallies = before
    for splits in tally.noteworthy():
        notes.append(splits.note)
        splits.warn(notes[-1])

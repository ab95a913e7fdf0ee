"""The cache of programs in memory: bounded, the least recently used go first."""

from __future__ import annotations

import pytest

from lazyax.xla.cache import SingleFlightCache


def test_what_was_used_least_recently_goes():
    cache = SingleFlightCache(size=2)
    for key in ("first", "second"):
        cache.get(key, lambda key=key: f"the {key}")
    assert cache.find("first") == "the first"
    assert cache.get("third", lambda: "the third") == "the third"
    assert cache.known() == ["first", "third"]
    assert cache.find("second") is None
    assert cache.get("first", pytest.fail) == "the first"
    assert (cache.hits, cache.misses) == (2, 3)
    assert not cache.building


def test_what_could_not_be_built_is_built_by_the_next_who_asks():
    cache = SingleFlightCache()
    with pytest.raises(ZeroDivisionError):
        cache.get("key", lambda: 1 / 0)
    assert "key" not in cache
    assert cache.get("key", lambda: 1) == 1

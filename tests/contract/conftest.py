"""Fixtures of the contract's tests."""

from __future__ import annotations

import pytest

from lazyax.xla import program
from lazyax.xla.recycle import pool


@pytest.fixture
def eager(monkeypatch):
    """Forms of programs are compiled as soon as there is memory for them; the pool is empty."""
    monkeypatch.setattr(program, "PAGE_FAULTS", 1.0)
    pool.clear()
    yield
    pool.clear()

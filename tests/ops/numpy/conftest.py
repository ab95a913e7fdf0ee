"""Fixtures of the tests that compare with NumPy."""

from __future__ import annotations

import pytest

import lazyax as lx


@pytest.fixture
def defaults_of_64_bits():
    """Dtypes are NumPy's."""
    lx.config.update(default_dtype_bits=64)
    yield
    lx.config.update(default_dtype_bits=32)

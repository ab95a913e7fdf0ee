"""Python numbers of a program: put on the device when they change."""

from __future__ import annotations

import math

import numpy
import pytest

import lazyax.numpy as np
from lazyax.xla import program
from lazyax.xla.buffers import put


@pytest.fixture
def puts(monkeypatch):
    """Counts the arrays of numbers that programs put on the device."""
    counted = []

    def counting(array, copy=True):
        counted.append(array)
        return put(array, copy)

    monkeypatch.setattr(program, "put", counting)
    return counted


def test_numbers_are_put_when_they_change(puts):
    x = np.ones(3).materialize()
    for rate, expected in ((0.5, 1), (0.5, 1), (0.25, 2), (0.5, 3), (0.5, 3)):
        numpy.testing.assert_array_equal(x * rate + 2.0, numpy.ones(3) * rate + 2.0)
        assert len(puts) == expected


def test_zeros_of_both_signs_are_told_apart(puts):
    x = np.ones(()).materialize()
    for zero in (0.0, -0.0, 0.0, -0.0):
        assert math.copysign(1, float(x * zero)) == math.copysign(1, zero)


def test_sides_of_a_branch_cut_are_told_apart(puts):
    x = np.ones(2, "complex64").materialize()
    for imaginary in (0.0, -0.0, 0.0):
        angle = np.angle(np.where(x == x, complex(-1, imaginary), x))
        numpy.testing.assert_allclose(angle, math.copysign(math.pi, imaginary), rtol=1e-6)


def test_numbers_that_are_not_equal_to_themselves_are_put_as_they_are(puts):
    x = np.ones(()).materialize()
    for number in (math.nan, math.nan, 1.0, math.nan, math.inf):
        numpy.testing.assert_equal(float(x * number), number)

"""Branches and loops: values and derivatives beside Python's, compilations, and errors."""

from __future__ import annotations

import numpy
import pytest

import lazyax.numpy as np
from lazyax import lax


def test_a_loop_that_traces_the_same_step_again_compiles_once(compiles):
    x = numpy.arange(1.0, 4.0).astype("float32")
    for number in range(1000):
        rate = 0.001 * number
        w, _ = lax.scan(lambda w, x, rate=rate: (w - rate * x, None), np.ones(()), x)
        if number % 100 == 0:
            assert float(w) == pytest.approx(1 - 6 * rate, rel=1e-5)
    assert compiles.count == 1

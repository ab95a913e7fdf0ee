"""With 64-bit defaults, every function that NumPy has too gives its dtypes, shapes and values."""

from __future__ import annotations

import re

import numpy
import pytest
from conformance_table import (
    ARRAYS,
    FAMILIES,
    IN_PLACE,
    OUT,
    differences,
    evaluated,
    expressions,
    name_of,
)

import lazyax.numpy as np

pytestmark = pytest.mark.usefixtures("defaults_of_64_bits")


@pytest.mark.parametrize("family", FAMILIES)
def test_results_are_numpys(family):
    assert differences(expressions(FAMILIES[family]), ARRAYS, difference) == {}


def test_what_is_written_out_is_numpys():
    assert differences(expressions(OUT), ARRAYS, difference) == {}


def test_out_is_returned():
    for row in expressions(OUT):
        lazy = {name: np.array(array) for name, array in ARRAYS.items()}
        result = evaluated(row, np, lazy)
        outs = re.findall(r"out=\(?([a-z])\b(?:, ([a-z])\b)?", row)
        results = result if isinstance(result, tuple) else (result,)
        for name, one in zip(filter(None, outs[0] if outs else ()), results, strict=False):
            assert one is lazy[name], row


def test_what_changes_its_argument_changes_it_as_numpy_does():
    for row in expressions(IN_PLACE):
        changed = row[row.index("(") + 1]
        lazy = {name: np.array(array) for name, array in ARRAYS.items()}
        theirs = {name: array.copy() for name, array in ARRAYS.items()}
        assert evaluated(row, np, lazy) is None
        evaluated(row, numpy, theirs)
        assert difference(row, lazy[changed], theirs[changed]) == ""


def difference(row: str, got, want) -> str:
    """How a result is not NumPy's; nothing if it is."""
    if isinstance(want, (str, numpy.dtype, type)):
        return "" if got == want else f"{got}, NumPy {want}"
    got, want = numpy.asarray(got), numpy.asarray(want)
    if (got.shape, got.dtype) != (want.shape, want.dtype):
        return f"{got.dtype}{got.shape}, NumPy {want.dtype}{want.shape}"
    close = numpy.isclose(got, want, rtol=1e-12, atol=1e-13, equal_nan=True)
    return "" if close.all() else f"{got}, NumPy {want}"


HOST = """
__array_namespace_info__ base_repr binary_repr errstate format_float_positional
format_float_scientific from_dlpack fromfile genfromtxt
get_printoptions geterr load loadtxt mintypecode ndindex printoptions save savetxt savez
savez_compressed set_printoptions seterr typename
"""
"""Functions of NumPy's own, and those that read and write files: tested beside each other."""

HERE_ONLY = """
alltrue cumproduct in1d product round_ row_stack sometrue trapz
"""


def test_every_function_has_a_row():
    rows = {name_of(row) for text in [*FAMILIES.values(), IN_PLACE] for row in expressions(text)}
    functions = {name for name in np.__all__ if callable(getattr(np, name))}
    types = {name for name in functions if isinstance(getattr(np, name), type)}
    assert functions - types - rows - set(HOST.split()) - set(HERE_ONLY.split()) == set()

"""With 64-bit defaults, every function that NumPy has too gives its dtypes, shapes and values."""

from __future__ import annotations

import numpy
import pytest
from conformance_table import (
    ARRAYS,
    FAMILIES,
    IN_PLACE,
    evaluated,
    expressions,
    name_of,
)

import lazyax as lx
import lazyax.numpy as np


@pytest.fixture(autouse=True)
def defaults_of_64_bits():
    lx.config.update(default_dtype_bits=64)
    yield
    lx.config.update(default_dtype_bits=32)


@pytest.mark.parametrize("family", FAMILIES)
def test_results_are_numpys(family):
    lazy = {name: np.asarray(array) for name, array in ARRAYS.items()}
    rows = expressions(FAMILIES[family])
    results = {row: leaves(evaluated(row, np, lazy)) for row in rows}
    lx.materialize(results)
    wrong = {row: why for row, got in results.items() if (why := difference(row, got))}
    assert wrong == {}


def difference(row: str, got: list) -> str:
    """How a result is not NumPy's; nothing if it is."""
    with numpy.errstate(all="ignore"):
        want = leaves(evaluated(row, numpy, ARRAYS))
    try:
        for one, other in zip(got, want, strict=True):
            compare(one, other, row)
    except (AssertionError, ValueError) as error:
        return str(error)
    return ""


def test_what_changes_its_argument_changes_it_as_numpy_does():
    for row in expressions(IN_PLACE):
        changed = row[row.index("(") + 1]
        lazy = {name: np.array(array) for name, array in ARRAYS.items()}
        theirs = {name: array.copy() for name, array in ARRAYS.items()}
        assert evaluated(row, np, lazy) is None
        evaluated(row, numpy, theirs)
        compare(lazy[changed], theirs[changed], row)


def leaves(result) -> list:
    """The arrays, numbers, dtypes and texts of a result."""
    if isinstance(result, (tuple, list)):
        return [leaf for part in result for leaf in leaves(part)]
    return [result]


def compare(got, want, row: str) -> None:
    if isinstance(want, (str, numpy.dtype, type)):
        assert got == want, row
        return
    want = numpy.asarray(want)
    got = got if isinstance(got, lx.Array) else numpy.asarray(got)
    assert (got.shape, got.dtype) == (want.shape, want.dtype), row
    numpy.testing.assert_allclose(numpy.asarray(got), want, rtol=1e-12, atol=1e-13, err_msg=row)


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

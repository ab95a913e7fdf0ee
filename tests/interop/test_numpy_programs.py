"""Programs in plain NumPy give NumPy's results with one import changed."""

from __future__ import annotations

import types
from pathlib import Path

import numpy
import pytest

import lazyax as lx

PROGRAMS = sorted(
    (Path(__file__).parents[2] / "examples" / "numpy_programs").glob("*.py"),
    key=lambda path: path.stem,
)

NUMPY, LAZYAX = "import numpy as np\n", "import lazyax.numpy as np\n"


def load(path: Path, line: str) -> types.ModuleType:
    """The program with its one import of NumPy replaced by ``line``."""
    source = path.read_text()
    assert source.count(NUMPY) == 1
    module = types.ModuleType(path.stem)
    exec(compile(source.replace(NUMPY, line), str(path), "exec"), module.__dict__)
    return module


def test_there_are_twelve():
    assert len(PROGRAMS) == 12


@pytest.mark.parametrize("path", PROGRAMS, ids=lambda path: path.stem)
@pytest.mark.parametrize("bits", [64, 32])
def test_a_numpy_program_runs_by_changing_its_import(path, bits):
    theirs, ours = load(path, NUMPY), load(path, LAZYAX)
    want = theirs.run(**theirs.SMALL)
    lx.config.update(default_dtype_bits=bits)
    try:
        got = ours.run(**ours.SMALL)
    finally:
        lx.config.update(default_dtype_bits=32)
    assert len(got) == len(want)
    tolerance = 1e-9 if bits == 64 else 5e-3
    for mine, numpys in zip(got, want, strict=True):
        assert isinstance(mine, lx.Array)
        assert mine.shape == numpy.shape(numpys)
        if bits == 64:
            assert mine.dtype == numpys.dtype
        numpy.testing.assert_allclose(mine, numpys, rtol=tolerance, atol=tolerance)

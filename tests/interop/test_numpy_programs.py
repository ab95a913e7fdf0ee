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


@pytest.fixture(params=[64, 32])
def bits(request):
    """64: NumPy's dtypes, and every program by XLA. 32: the defaults, and what is new by NumPy."""
    before = lx.config.cold_runs
    lx.config.update(default_dtype_bits=request.param, cold_runs=0 if request.param == 64 else 100)
    yield request.param
    lx.config.update(default_dtype_bits=32, cold_runs=before)


@pytest.mark.parametrize("path", PROGRAMS, ids=lambda path: path.stem)
def test_a_numpy_program_runs_by_changing_its_import(path, bits):
    theirs, ours = load(path, NUMPY), load(path, LAZYAX)
    want, got = theirs.run(**theirs.SMALL), ours.run(**ours.SMALL)
    assert len(got) == len(want)
    lx.materialize(got)
    tolerance = 1e-9 if bits == 64 else 5e-3
    for mine, numpys in zip(got, want, strict=True):
        assert isinstance(mine, lx.Array)
        assert mine.shape == numpy.shape(numpys)
        assert bits == 32 or mine.dtype == numpys.dtype
        numpy.testing.assert_allclose(mine, numpys, rtol=tolerance, atol=tolerance)

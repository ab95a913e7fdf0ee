"""Every public name of NumPy, jax.numpy and the array API is here, or listed with the reason."""

from __future__ import annotations

import pathlib
import re
import runpy
import subprocess
import sys

import numpy
from array_api_names import FFT, LINALG, MAIN

import lazyax.numpy as np
from lazyax.ops.numpy.coverage import DIFFERS, KEYWORDS, WILL_NOT

DOCS = pathlib.Path(__file__).parents[3] / "docs"
GENERATOR = runpy.run_path(str(DOCS / "numpy_names.py"))


def test_numpys_names_are_here_or_listed():
    missing = {
        f"{title}.{name}"
        for title, by_name in GENERATOR["names"]().items()
        for name, (kind, _) in by_name.items()
        if kind == "missing"
    }
    assert missing == set()


def test_numpys_keywords_are_here_or_listed():
    missing = GENERATOR["missing_keywords"]()
    assert {keyword: of for keyword, of in missing.items() if keyword not in KEYWORDS} == {}
    assert {"casting", "subok"} <= set(missing)  # signatures were found at all


def test_jaxs_names_are_here_or_listed():
    script = "import jax.numpy as n; print(*[s + '.' + m for s, o in "
    script += "(('', n), ('linalg', n.linalg), ('fft', n.fft)) for m in dir(o) if m[0] != '_'])"
    ran = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert {name for name in ran.stdout.split() if not here(*name.split("."))} == set()


def test_the_array_apis_names_are_here():
    spaces = (("", MAIN), ("linalg", LINALG), ("fft", FFT))
    names = [(space, name) for space, text in spaces for name in text.split()]
    assert len(names) > 190
    assert [name for name in names if not here(*name) or name[1] in WILL_NOT] == []


def here(space: str, name: str) -> bool:
    return hasattr(getattr(np, space) if space else np, name) or name in WILL_NOT


def test_no_table_lists_what_is_not_so():
    ours = [space for _, space in GENERATOR["SPACES"].values()]
    assert [n for n in WILL_NOT if any(hasattr(space, n) for space in ours)] == []
    assert [n for n in DIFFERS if not any(hasattr(space, n) for space in ours)] == []


def test_the_document_is_what_the_code_says():
    """With the NumPy that it was made for; of another, for the names that both have."""
    written = (DOCS / "numpy.md").read_text()
    made = GENERATOR["document"]()
    if "NumPy " + ".".join(numpy.__version__.split(".")[:2]) in written:
        assert written == made, "run: python docs/numpy_names.py"
        return
    rows = [set(re.findall(r"^\| `\w+` \| .* \|$", text, re.M)) for text in (written, made)]
    theirs = {name for space, _ in GENERATOR["SPACES"].values() for name in dir(space)}
    different = {row for row in rows[0] ^ rows[1] if row.split("`")[1] in theirs}
    assert {row for row in different if "numpy" not in row} == set()

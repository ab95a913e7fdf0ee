"""Every name of jax.scipy is here, or listed with the reason."""

from __future__ import annotations

import functools
import pathlib
import runpy
import subprocess
import sys

from lazyax import scipy
from lazyax.scipy.coverage import WILL_NOT

DOCS = pathlib.Path(__file__).parents[2] / "docs"

WALK = """
import importlib, types
import jax.scipy as root
for m in ("cluster.vq fft integrate interpolate linalg ndimage optimize signal sparse.linalg "
          "spatial.transform special stats").split():
    space = importlib.import_module("jax.scipy." + m)
    for name in [n for n in dir(space) if n[0] != "_"]:
        print(m + "." + name)
        if isinstance(getattr(space, name), types.ModuleType):
            print(*[f"{m}.{name}.{n}" for n in dir(getattr(space, name)) if n[0] != "_"])
"""


def is_here(name: str) -> bool:
    try:
        functools.reduce(getattr, name.split("."), scipy)
    except AttributeError:
        return False
    return True


def test_jaxs_names_are_here_or_listed():
    ran = subprocess.run([sys.executable, "-c", WALK], capture_output=True, text=True, check=True)
    names = ran.stdout.split()
    assert len(names) > 200
    listed = (*WILL_NOT, *[f"{name}." for name in WILL_NOT])
    missing = [n for n in names if not is_here(n) and not n.startswith(listed)]
    assert missing == []


def test_the_table_lists_nothing_that_is_here():
    assert [name for name in WILL_NOT if is_here(name)] == []


def test_the_document_is_what_the_code_says():
    made = runpy.run_path(str(DOCS / "scipy_names.py"))["document"]()
    assert (DOCS / "scipy.md").read_text() == made, "run: python docs/scipy_names.py"

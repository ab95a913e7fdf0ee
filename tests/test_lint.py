"""The linter, the formatter and the type checker find nothing to say."""

import importlib
import inspect
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]

CHECKS = {
    "ruff check": ["ruff", "check", "--no-cache"],
    "ruff format": ["ruff", "format", "--check", "--no-cache"],
    "mypy": ["mypy"],
}


@pytest.mark.parametrize("check", CHECKS)
def test_passes(check):
    module, *arguments = CHECKS[check]
    ran = subprocess.run(
        [sys.executable, "-m", module, *arguments],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr


PUBLIC = ["lazyax", "lazyax.numpy", "lazyax.random", "lazyax.lax", "lazyax.nn", "lazyax.optim",
          "lazyax.tree"]  # fmt: skip


@pytest.mark.parametrize("name", PUBLIC)
def test_public_signatures_have_types(name):
    module = importlib.import_module(name)
    names = getattr(module, "__all__", None) or [n for n in vars(module) if n[0] != "_"]
    values = [getattr(module, n) for n in names]
    ours = [f for f in values if inspect.isfunction(f) and f.__module__.startswith("lazyax")]
    untyped = [
        f"{function.__name__}: {part}"
        for function in ours
        for part in [*inspect.signature(function).parameters, "return"]
        if part not in function.__annotations__
    ]
    assert ours
    assert not untyped


def test_the_index_lists_every_decision():
    folder = ROOT / "docs" / "adr"
    index = (folder / "README.md").read_text(encoding="utf-8")
    names = sorted(path.name for path in folder.glob("0*.md"))
    assert not [name for name in names if f"]({name})" not in index]
    assert [int(name[:4]) for name in names] == list(range(1, len(names) + 1))

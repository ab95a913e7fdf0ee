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
    functions = [f for f in (getattr(module, n) for n in names) if inspect.isfunction(f)]
    untyped = [
        f"{function.__name__}: {part}"
        for function in functions
        for part in [*inspect.signature(function).parameters, "return"]
        if part not in function.__annotations__
    ]
    assert functions
    assert not untyped

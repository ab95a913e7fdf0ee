"""A virtual environment for each peer that lazyax's own does not have."""

from __future__ import annotations

import pathlib
import subprocess
import sys
import venv

from benchmarks.peers import PACKAGES

INDEX = {"torch": ["--extra-index-url", "https://download.pytorch.org/whl/cpu"]}
"""PyPI's wheels of PyTorch for Linux bring 3 GB of CUDA; these do not."""

PATIENCE = 900
"""Seconds that pip may take for one peer."""


def make(folder: pathlib.Path) -> None:
    """Make all environments below ``folder``; those that fail are reported and taken away."""
    for peer, packages in PACKAGES.items():
        python = folder / peer / "bin" / "python"
        if not python.exists():
            venv.create(folder / peer, with_pip=True)
        command = [str(python), "-m", "pip", "install", "-q", *INDEX.get(peer, []), *packages]
        try:
            ran = subprocess.run(command, timeout=PATIENCE, check=False)
            done = ran.returncode == 0
        except subprocess.TimeoutExpired:
            done = False
        if not done:
            python.unlink()  # so that measuring reports it as missing
        print(f"{peer}: {'installed' if done else 'not available here'}", file=sys.stderr)

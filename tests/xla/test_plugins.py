"""Platforms other than CPU: what happens without one is tested everywhere."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from lazyax.xla import plugins


def run(platform: str, code: str = "lazyax.materialize(lazyax.numpy.ones(2))"):
    environment = dict(os.environ, LAZYAX_PLATFORM=platform)
    return subprocess.run(
        [sys.executable, "-c", f"import lazyax, lazyax.numpy; {code}"],
        env=environment,
        capture_output=True,
        text=True,
    )


def test_an_unknown_platform_is_an_error_that_lists_the_known_ones():
    done = run("abacus")
    assert done.returncode == 1
    assert "'abacus' is not known: it is cpu or one of ['cuda', 'tpu']" in done.stderr


def test_a_platform_that_is_not_installed_says_what_to_install(monkeypatch):
    monkeypatch.setattr(plugins, "folder_of", lambda package: None)
    with pytest.raises(plugins.PluginError, match="pip install"):
        plugins.find_library("cuda", plugins.PLUGINS["cuda"])


def test_a_library_can_be_named_in_the_environment(monkeypatch):
    monkeypatch.setenv("PJRT_NAMES_AND_LIBRARY_PATHS", "tpu:/a/libtpu.so,cuda:/b/plugin.so")
    found = plugins.find_library("cuda", plugins.PLUGINS["cuda"])
    assert str(found) == "/b/plugin.so"


def test_importing_lazyax_starts_no_client():
    done = run("abacus", "pass")
    assert done.returncode == 0, done.stderr

"""Programs are compiled for the processor that they run on."""

from __future__ import annotations

import os
import subprocess
import sys

import numpy
import pytest

import lazyax as lx
import lazyax.numpy as np
from lazyax.xla import client, processor
from lazyax.xla.buffers import put
from lazyax.xla.lowering import lower_module
from lazyax.xla.plan import plan


@pytest.mark.parametrize(
    ("described", "width"),
    [
        ("flags : avx2 avx512f avx512_vbmi2 vaes", 512),  # Zen 4
        ("flags : avx2 avx512f avx512dq", None),  # Skylake
        ("flags : avx2", None),
        ("aarch64", None),
    ],
)
def test_vectors_are_wide_where_they_do_not_slow_the_processor_down(described, width):
    assert processor.options(described).get("xla_cpu_prefer_vector_width") == width


def test_a_programs_options_and_the_users_flags_come_first(monkeypatch):
    monkeypatch.setattr(processor, "options", lambda described: {"xla_a": 1, "xla_b": 2})
    assert client.all_options({"xla_b": 3, "xla_c": 4}) == {"xla_a": 1, "xla_b": 3, "xla_c": 4}
    monkeypatch.setenv("XLA_FLAGS", f"--xla_a=5 --{processor.WIDTH}=128")
    assert client.all_options() == {"xla_b": 2}
    assert client.all_options({"xla_c": 4, **processor.NARROW}) == {"xla_b": 2, "xla_c": 4}


def options(result, platform="cpu"):
    """Options of the program that computes an array."""
    return lower_module(plan([result._node]), platform).options


def test_vectors_are_narrow_where_most_is_a_product_with_short_rows():
    x, long, small = np.ones((1000, 100)), np.ones((100, 1000)), np.ones((100, 100))
    w, r, cube = np.ones(100), np.ones(1000), np.ones((10, 100, 100))
    for product in x @ w, x @ w[:, None], np.exp(x @ w) @ x:
        assert options(product) == processor.NARROW
        assert options(product, "cuda") == {}
    larger = np.sum(np.exp(np.ones((1001, 100))))
    # long rows, columns, a small matrix, a batch, two matrices, and more work beside it
    for other in long @ r, r @ x, small @ w, cube @ w, x @ long, np.sum(x @ w) + larger:
        assert options(other) == {}


def test_the_width_of_vectors_changes_no_bit(rng):
    host = rng.normal(size=(37, 129)).astype("f4")

    def several(x):
        y = np.exp(np.sin(x)) / (x * x)
        return y, np.sum(y, axis=0), np.log(np.sum(np.abs(y), axis=1)), np.cumsum(x, axis=1)

    program = lx.Compiled(lx.trace(several)(np.array(host))).program
    results = []
    for width in (128, 256, 512):
        executable = client.compile_text(program.text, {"xla_cpu_prefer_vector_width": width})
        run = executable.execute_sharded([put(host)])
        buffers = run.consume_with_handlers(program.handlers)
        results.append([numpy.asarray(buffer).tobytes() for buffer in buffers])
    assert results[0] == results[1] == results[2]


ON_ONE_PROCESSOR = """
import os
os.sched_setaffinity(0, [min(os.sched_getaffinity(0))])
import lazyax.numpy as np
x = np.ones((1000, 1000)).materialize()
y = (x @ x).materialize()
assert y._node.value.is_ready()
"""


def test_with_one_processor_a_program_has_run_when_the_call_returns():
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    ran = subprocess.run(
        [sys.executable, "-c", ON_ONE_PROCESSOR],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (ran.returncode, ran.stderr) == (0, "")

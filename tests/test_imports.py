"""What lazyax imports: downwards only, jaxlib in one place, and jax nowhere."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]

MODULES = sorted(
    ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
    for path in (ROOT / "lazyax").rglob("*.py")
)

BOTH_COMPUTE = """
lx.config.update(cold_runs=0)  # the last bits of XLA, which jax has too
assert float(lx.grad(lambda x: np.sin(x) * x)(2.0)) == float(slope_of_jax)
jax.config.update("jax_enable_x64", True)
assert jnp.ones(3, "float64").dtype == "float64"
assert np.ones(3, "float64").dtype == "float64" and np.ones(3).dtype == "float32"
assert float(np.sum(np.ones(3, "float64"))) == float(jnp.sum(jnp.ones(3, "float64"))) == 3.0
tree = {"a": (1.0, [2.0, None])}
assert lx.tree.leaves(tree) == jax.tree_util.tree_leaves(tree) == [1.0, 2.0]
"""

LAZYAX = "import lazyax as lx, lazyax.numpy as np"
JAX = "import jax, jax.numpy as jnp"
SLOPE_OF_JAX = "slope_of_jax = jax.grad(lambda x: jnp.sin(x) * x)(2.0)"


def run_python(*lines):
    return subprocess.run(
        [sys.executable, "-W", "error::UserWarning", "-c", "\n".join(lines)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )


def test_layers_import_downwards_only():
    ran = run_python(
        "import sys", "from importlinter.cli import lint_imports", "sys.exit(lint_imports())"
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr


def test_no_module_imports_jax_or_starts_xla():
    ran = run_python(
        "import importlib, sys",
        "class NoJax:",
        "    def find_spec(self, name, path=None, target=None):",
        "        assert name.partition('.')[0] != 'jax', name",
        "sys.meta_path.insert(0, NoJax())",
        f"for name in {MODULES}: importlib.import_module(name)",
        "from lazyax.xla import client",
        "assert client._backend is None",
    )
    assert ran.returncode == 0, ran.stderr


def test_computes_where_jax_is_not_installed():
    ran = run_python(
        "import sys",
        "sys.modules['jax'] = None  # importing it raises ModuleNotFoundError",
        LAZYAX,
        "print(lx.vmap(lx.grad(np.tanh))(np.zeros(2)), lx.jit(np.sum)(np.ones((2, 2))))",
        "import numpy; numpy.asarray(np.ones(3, 'bfloat16'))",
        "assert not [name for name in sys.modules if name.startswith('jax.')]",
    )
    assert (ran.returncode, ran.stdout) == (0, "[1. 1.] 4.0\n"), ran.stderr


@pytest.mark.parametrize("order", [(LAZYAX, JAX), (JAX, LAZYAX)])
def test_lives_beside_jax_imported_before_or_after(order):
    ran = run_python(*order, SLOPE_OF_JAX, BOTH_COMPUTE)
    assert ran.returncode == 0, ran.stderr


def test_computes_before_jax_is_imported():
    ran = run_python(LAZYAX, "float(np.sum(np.ones(2)))", JAX, SLOPE_OF_JAX, BOTH_COMPUTE)
    assert ran.returncode == 0, ran.stderr


def test_jax_computes_before_lazyax_is_imported():
    ran = run_python(JAX, SLOPE_OF_JAX, LAZYAX, BOTH_COMPUTE)
    assert ran.returncode == 0, ran.stderr


def test_what_few_programs_need_is_imported_when_it_is_used():
    late = ("hashlib", "html", "networkx", "opt_einsum", "safetensors", "scipy", "tempfile")
    late += ("zipfile", "lazyax.nn", "lazyax.optim", "lazyax.random", "lazyax.scipy")
    ran = run_python(
        "import sys, lazyax as lx",
        f"print([name for name in {late} if name in sys.modules])",
        "print({'nn', 'optim', 'random'} <= set(dir(lx)), lx.random.key(0).shape)",
    )
    assert ran.stdout.splitlines() == ["[]", "True (2,)"], ran.stderr

"""Installation of lazyax."""

from pathlib import Path

from setuptools import find_packages, setup

JAX = "jax>=0.10.2,<0.13"  # an oracle and a peer: the package itself never imports it

EXAMPLES = ["matplotlib>=3.8", "scikit-learn>=1.4", "tqdm>=4.66"]

TEST = [
    "array-api-compat>=1.11",
    "einops>=0.8",
    "hypothesis>=6.100",
    "import-linter>=2.0",
    "mypy>=2.4,<2.5",  # checkers change their minds between releases
    "pandas>=2.2",
    "pytest>=8.0",
    "pytest-xdist>=3.5",
    "ruff>=0.17,<0.18",
]

setup(
    name="lazyax",
    version="0.1.0",
    description="NumPy on XLA with a memory: lazy arrays, an expression graph, and its transforms",
    long_description=Path("README.md").read_text(encoding="utf-8"),
    long_description_content_type="text/markdown",
    packages=find_packages(include=["lazyax", "lazyax.*"]),
    package_data={"lazyax": ["py.typed"]},
    python_requires=">=3.11",
    install_requires=[
        "attrs>=23.2",
        "jaxlib>=0.10.2,<0.13",
        "ml_dtypes>=0.5",
        "networkx>=3.2",
        "numpy>=2.0",
        "opt_einsum>=3.3",
        "safetensors>=0.4.3",
        "scipy>=1.13",
    ],
    extras_require={
        "examples": EXAMPLES,
        "test": [*TEST, *EXAMPLES, JAX],
        "bench": [JAX],
        "cuda13": ["jax-cuda13-plugin[with-cuda]>=0.10.2,<0.13"],
    },
)

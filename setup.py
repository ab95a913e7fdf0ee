"""Installation of lazyax."""

from pathlib import Path

from setuptools import find_packages, setup

TEST = [
    "hypothesis>=6.100",
    "import-linter>=2.0",
    "jax>=0.10.2,<0.13",  # an oracle for the tests alone: the package never imports it
    "pytest>=8.0",
    "pytest-xdist>=3.5",
    "ruff>=0.6",
    "scikit-learn>=1.4",
    "matplotlib>=3.8",
    "tqdm>=4.66",
]

setup(
    name="lazyax",
    version="0.1.0",
    description="NumPy on XLA with a memory: lazy arrays, an expression graph, and transforms of it",
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
        "safetensors>=0.4.3",
        "scipy>=1.13",
    ],
    extras_require={
        "examples": ["matplotlib>=3.8", "scikit-learn>=1.4", "tqdm>=4.66"],
        "test": TEST,
        "bench": ["jax>=0.10.2,<0.13"],
        "cuda13": ["jax-cuda13-plugin[with-cuda]>=0.10.2,<0.13"],
    },
)

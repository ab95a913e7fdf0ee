"""Write docs/scipy.md: what of SciPy is here, by name. Run from the repository's root:

python docs/scipy_names.py
"""

from __future__ import annotations

import pathlib

from lazyax import scipy
from lazyax.scipy import stats
from lazyax.scipy.coverage import WILL_NOT

HEAD = """# SciPy, name by name

Made by `python docs/scipy_names.py` from the code: do not edit. What `lazyax.scipy` has, and what
of `jax.scipy` it does not have. Arguments are arrays, numbers or nested lists that broadcast;
results are lazy, differentiable and of the default float for integers. As [numpy.md](numpy.md)
says of all functions, values do not raise: what SciPy refuses or has no value for is NaN.
"""


def modules() -> dict[str, list[str]]:
    """The names of each module of ours."""
    return {name: sorted(getattr(scipy, name).__all__) for name in scipy.__all__ if name != "misc"}


OF_VECTORS = {
    "dirichlet": "(x, alpha) | logpdf, pdf",
    "multinomial": "(x, n, p) | logpmf, pmf",
    "multivariate_normal": "(x, mean, cov) | logpdf, pdf",
}
"""Parameters and methods of distributions that are no `Continuous` or `Discrete`."""


def methods(distribution: stats.Continuous | stats.Discrete) -> str:
    """Those that have formulas, with the parameters."""
    names = [name for name in ("logpdf", "pdf", "logpmf", "pmf") if hasattr(distribution, name)]
    names += [name for name, (formula, *_) in distribution.formulas().items() if formula]
    names += ["ppf"] * (distribution.quantile is not None)
    shapes = ", ".join(["x", *distribution.shapes, *distribution.places])
    return f"| `{distribution.name}` | ({shapes}) | {', '.join(names)} |"


def document() -> str:
    """The text of docs/scipy.md."""
    parts = [HEAD.rstrip()]
    for module, names in modules().items():
        parts += [f"## scipy.{module}", "Done: " + ", ".join(f"`{n}`" for n in names) + "."]
        if module == "stats":
            made = (stats.Continuous, stats.Discrete)
            found = [getattr(stats, name) for name in names]
            rows = [methods(one) for one in found if isinstance(one, made)]
            rows += [f"| `{name}` | {text} |" for name, text in OF_VECTORS.items()]
            head = ["| distribution | parameters | methods |", "| --- | --- | --- |"]
            parts.append("\n".join([*head, *rows]))
    rows = [f"| `{name}` | {why} |" for name, why in WILL_NOT.items()]
    head = ["| not here | why, or what does it |", "| --- | --- |"]
    return "\n\n".join([*parts, "## Not here", "\n".join([*head, *rows]), ""])


if __name__ == "__main__":
    pathlib.Path("docs/scipy.md").write_text(document())

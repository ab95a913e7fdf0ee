"""Write docs/numpy.md: what of NumPy is here, by name. Run from the repository's root:

python docs/numpy_names.py
"""

from __future__ import annotations

import collections
import inspect
import pathlib

import numpy

import lazyax
import lazyax.numpy as np
from lazyax.ops.numpy.coverage import DIFFERS, KEYWORDS, WILL_NOT

SPACES = {
    "numpy": (numpy, np),
    "numpy.linalg": (numpy.linalg, getattr(np, "linalg", None)),
    "numpy.fft": (numpy.fft, getattr(np, "fft", None)),
    "numpy.ndarray": (numpy.ndarray, lazyax.Array),
}
"""Namespaces of NumPy, and ours."""

HEAD = """# NumPy, name by name

Made by `python docs/numpy_names.py` from the code: do not edit. NumPy's public names ({version}),
and what lazyax has of them:

{counts}

What is said of all functions is not repeated below:

- `out=` points the array that is given at the result, and returns it; it is one of lazyax, and no
  slice of another. `order=` and `subok=` make no difference: memory has no order that Python can
  see, and there are no subclasses.
- Other keywords are NumPy's, but for those of the last section.
- Results are values, not views, and of 0 axes they are arrays, not NumPy's scalars.
- Without a dtype, arrays are 32 bits wide, or 64 after `lx.config.update(default_dtype_bits=64)`;
  then dtypes are NumPy's. Two dtypes meet by jax's lattice, so `int32` and `float32` in `float32`,
  and integers of any width have floating functions in the default float.
- Values do not raise, since there are none at the call: a singular matrix, a division by zero or an
  index that is computed give NaN, infinities or the edge.
- What decides a shape is computed now: `nonzero`, `unique`, `x[mask]` and their like. Under `jit`
  they take `size=`, how many elements to return, and `fill_value=`.
"""

ROWS = {
    "done": "as NumPy's",
    "differs": "how it differs",
    "will not": "why not",
}


def status(name: str, ours: object) -> tuple[str, str]:
    """``done``, ``differs`` or ``will not`` with a remark; ``missing`` for what no table lists."""
    if hasattr(ours, name):
        return ("differs", DIFFERS[name]) if name in DIFFERS else ("done", "")
    return ("will not", WILL_NOT[name]) if name in WILL_NOT else ("missing", "")


def public(space: object) -> list[str]:
    """Names without an underscore in front."""
    return sorted(name for name in dir(space) if not name.startswith("_"))


def names() -> dict[str, dict[str, tuple[str, str]]]:
    """For each namespace the status of each name."""
    return {
        title: {name: status(name, ours) for name in public(theirs)}
        for title, (theirs, ours) in SPACES.items()
    }


def counts(found: dict[str, dict[str, tuple[str, str]]]) -> str:
    """How many names of each status, as a table."""
    lines = [f"| namespace | names | {' | '.join(ROWS)} |", "| --- " * (len(ROWS) + 2) + "|"]
    for title, by_name in found.items():
        tally = collections.Counter(kind for kind, _ in by_name.values())
        numbers = " | ".join(str(tally[kind]) for kind in ROWS)
        lines.append(f"| `{title}` | {len(by_name)} | {numbers} |")
    return "\n".join(lines)


def section(title: str, by_name: dict[str, tuple[str, str]]) -> str:
    """The names of one namespace: those done in a paragraph, the others in tables."""
    done = [f"`{name}`" for name, (kind, _) in by_name.items() if kind == "done"]
    parts = [f"## {title}", "Done: " + ", ".join(done) + "."]
    for kind in ("differs", "will not"):
        rows = [f"| `{n}` | {why} |" for n, (found, why) in by_name.items() if found == kind]
        if rows:
            parts.append("\n".join([f"| {kind} | {ROWS[kind]} |", "| --- | --- |", *rows]))
    return "\n\n".join(parts)


def parameters(function: object) -> dict[str, inspect.Parameter]:
    """Of a function by name; none where Python can not tell."""
    try:
        return dict(inspect.signature(function).parameters)
    except (TypeError, ValueError):
        return {}


def missing_keywords() -> dict[str, list[str]]:
    """For each keyword that NumPy's functions take the names of ours that do not take it."""
    found = collections.defaultdict(list)
    for title, (theirs, ours) in SPACES.items():
        for name in public(theirs):
            function = getattr(theirs, name)
            ours_too = parameters(getattr(ours, name, None))
            if isinstance(function, type) or not ours_too:
                continue
            if any(one.kind is one.VAR_KEYWORD for one in ours_too.values()):
                continue
            for keyword, one in parameters(function).items():
                by_name = one.kind in (one.POSITIONAL_OR_KEYWORD, one.KEYWORD_ONLY)
                if by_name and keyword not in ours_too:
                    found[keyword].append(f"{title}.{name}".removeprefix("numpy."))
    return dict(sorted(found.items()))


MOST_NAMES = 8
"""Functions that lack a keyword are counted if there are more."""


def keywords() -> str:
    """The keywords that functions here lack, as a table."""
    rows = ["| keyword | functions without it | why not |", "| --- | --- | --- |"]
    for keyword, of in missing_keywords().items():
        named = ", ".join(f"`{name}`" for name in of)
        rows.append(
            f"| `{keyword}` | {named if len(of) <= MOST_NAMES else f'{len(of)} functions'} | "
            f"{KEYWORDS.get(keyword, 'missing')} |"
        )
    return "\n".join(["## Keywords", "", *rows])


def document() -> str:
    """The text of docs/numpy.md."""
    found = names()
    version = "NumPy " + ".".join(numpy.__version__.split(".")[:2])
    head = HEAD.format(version=version, counts=counts(found))
    sections = [section(title, by_name) for title, by_name in found.items()]
    return "\n\n".join([head.rstrip(), *sections, keywords(), ""])


if __name__ == "__main__":
    pathlib.Path("docs/numpy.md").write_text(document())

"""Minimization of a function of a vector."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

from lazyax.array import Array
from lazyax.errors import LazyaxTypeError
from lazyax.ops.numpy.conventions import as_operand
from lazyax.scipy.optimize.bfgs import OptimizeResults, bfgs

OPTIONS = ("gtol", "norm", "maxiter", "line_search_maxiter")


def minimize(
    fun: Callable[..., Any],
    x0: Any,
    args: tuple[Any, ...] = (),
    *,
    method: str,
    tol: float | None = None,
    options: Mapping[str, Any] | None = None,
) -> OptimizeResults:
    """A minimum of ``fun``, by loops of the graph: un-jitted, under `jit` and under `vmap`.

    f32[3] -> a result with ``x`` f32[3] and ``hess_inv`` f32[3,3].

    Args:
        fun: from a vector, and ``args``, to a real scalar.
        x0: where to begin, a real vector.
        args: further arguments of ``fun``.
        method: "BFGS", of J. Nocedal and S. J. Wright, Numerical Optimization (2006), chapter 6,
            with their line search for the strong Wolfe conditions.
        tol: ``gtol``, unless the options have it.
        options: ``gtol`` (1e-5), below which the gradient's ``norm`` (inf) is a success;
            ``maxiter`` (200 for each element); ``line_search_maxiter`` (20).

    Raises:
        LazyaxTypeError: for other methods and options, and for ``x0`` that is not a real vector.

    >>> import lazyax.numpy as np
    >>> from lazyax.scipy.optimize import minimize
    >>> found = minimize(lambda x: np.sum((x - 3.0) ** 2), np.zeros(2), method="BFGS")
    >>> print(f"{found.x[0]:.3f} {found.x[1]:.3f}", found.success)
    3.000 3.000 True
    """
    if method.lower() != "bfgs":
        raise LazyaxTypeError(f"minimize: method is 'BFGS', the only one there is, got {method!r}")
    chosen = dict(options or {})
    if not chosen.keys() <= set(OPTIONS):
        wrong = ", ".join(sorted(chosen.keys() - set(OPTIONS)))
        raise LazyaxTypeError(f"minimize: options are {', '.join(OPTIONS)}, got {wrong}")
    start = as_operand("minimize", x0, "inexact")
    if start.aval.ndim != 1 or start.aval.dtype.kind == "c":
        raise LazyaxTypeError(
            f"minimize: x0 needs to be a real vector, got {start.aval}; use reshape, and flatten "
            "what is a pytree"
        )
    return bfgs(
        lambda x: fun(x, *args),
        Array(start),
        gtol=chosen.get("gtol", 1e-5 if tol is None else tol),
        norm=chosen.get("norm", math.inf),
        most=chosen.get("maxiter", 200 * start.aval.size),
        most_trials=chosen.get("line_search_maxiter", 20),
    )

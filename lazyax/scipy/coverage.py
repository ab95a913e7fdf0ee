"""What of SciPy, as far as `jax.scipy` has it, is not here: docs/scipy.md is made of this table."""

from __future__ import annotations

_TABLES = "many rational approximations, for few uses; SciPy computes constants of it"
_COMPLEX = "a function of complex numbers, which XLA has no kernel for"
_SCHUR = "needs Schur's form, which is not differentiable in general; use eigh or expm"
_SPARSE = "an iteration of matrix products; lax.while_loop is the loop"
_SIGNAL = "windows, fft and a mean, which lazyax.numpy has"
_FITS = "an object that is fitted, not a function of arrays"

WILL_NOT = {
    "interpolate.RegularGridInterpolator": _FITS,
    "linalg.fiedler_companion": "companion, which has the same eigenvalues",
    "linalg.funm": _SCHUR,
    "linalg.hessenberg": "a step of other algorithms; jaxlib has it on CPU alone",
    "linalg.qr_multiply": "qr, and a product",
    "linalg.rsf2csf": _SCHUR,
    "linalg.schur": _SCHUR,
    "linalg.solve_sylvester": _SCHUR,
    "linalg.sqrtm": _SCHUR,
    "signal.csd": _SIGNAL,
    "signal.istft": _SIGNAL,
    "signal.stft": _SIGNAL,
    "signal.welch": _SIGNAL,
    "sparse.linalg.bicgstab": _SPARSE,
    "sparse.linalg.cg": _SPARSE,
    "sparse.linalg.gmres": _SPARSE,
    "spatial.transform.Rotation": _FITS,
    "spatial.transform.Slerp": _FITS,
    "special.bessel_jn": _TABLES,
    "special.fresnel": _TABLES,
    "special.hyp1f1": "no one series is exact over its arguments",
    "special.hyp2f1": "no one series is exact over its arguments",
    "special.owens_t": _TABLES,
    "special.sici": _TABLES,
    "special.sph_harm_y": _COMPLEX,
    "special.wofz": _COMPLEX,
    "stats.gaussian_kde": _FITS,
    "stats.poisson.entropy": "a sum over all counts, that has no closed formula",
}
"""Names of `jax.scipy` that are not here, and why or what does it."""

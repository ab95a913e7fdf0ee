"""What of SciPy, as far as `jax.scipy` has it, is not here: docs/scipy.md is made of this table."""

from __future__ import annotations

_TABLES = "many rational approximations, for few uses; SciPy computes constants of it"
_COMPLEX = "a function of complex numbers, which XLA has no kernel for"
_MATRIX = "a constant matrix: make it with SciPy, and give it to a function"
_SCHUR = "needs Schur's form, which is not differentiable in general; use eigh or expm"
_SPARSE = "an iteration of matrix products; lax.while_loop is the loop"
_SIGNAL = "windows, fft and a mean, which lazyax.numpy has"
_FITS = "an object that is fitted, not a function of arrays"

WILL_NOT = {
    "cluster.vq.vq": "np.argmin of distances; examples/numpy_programs has k-means",
    "integrate.trapezoid": "lazyax.numpy.trapezoid",
    "interpolate.RegularGridInterpolator": _FITS,
    "linalg.companion": _MATRIX,
    "linalg.convolution_matrix": _MATRIX,
    "linalg.dft": "fft.fft of np.eye(n)",
    "linalg.eigh_tridiagonal": "eigh of the full matrix; XLA has no tridiagonal kernel",
    "linalg.expm_frechet": "lx.jvp of expm",
    "linalg.fiedler": _MATRIX,
    "linalg.fiedler_companion": _MATRIX,
    "linalg.funm": _SCHUR,
    "linalg.hadamard": _MATRIX,
    "linalg.hankel": "toeplitz of the reversed column, reversed",
    "linalg.helmert": _MATRIX,
    "linalg.hessenberg": "a step of other algorithms; jaxlib has it on CPU alone",
    "linalg.invhilbert": _MATRIX,
    "linalg.invpascal": _MATRIX,
    "linalg.leslie": _MATRIX,
    "linalg.pascal": _MATRIX,
    "linalg.qr_multiply": "qr, and a product",
    "linalg.rsf2csf": _SCHUR,
    "linalg.schur": _SCHUR,
    "linalg.solve_sylvester": _SCHUR,
    "linalg.sqrtm": _SCHUR,
    "ndimage.map_coordinates": "indexing by computed places, and weights",
    "signal.convolve2d": "convolve, which takes any number of axes",
    "signal.correlate2d": "correlate, which takes any number of axes",
    "signal.csd": _SIGNAL,
    "signal.detrend": "x less np.polyval(np.polyfit(t, x, 1), t)",
    "signal.istft": _SIGNAL,
    "signal.stft": _SIGNAL,
    "signal.welch": _SIGNAL,
    "sparse.linalg.bicgstab": _SPARSE,
    "sparse.linalg.cg": _SPARSE,
    "sparse.linalg.gmres": _SPARSE,
    "spatial.transform.Rotation": _FITS,
    "spatial.transform.Slerp": _FITS,
    "special.bessel_jn": _TABLES,
    "special.dawsn": _TABLES,
    "special.erfcinv": "erfinv(1 - x), which loses digits of a small x (new in jax 0.12)",
    "special.erfcx": _TABLES,
    "special.fresnel": _TABLES,
    "special.hyp1f1": "no one series is exact over its arguments",
    "special.hyp2f1": "no one series is exact over its arguments",
    "special.owens_t": _TABLES,
    "special.sici": _TABLES,
    "special.sph_harm_y": _COMPLEX,
    "special.wofz": _COMPLEX,
    "stats.dirichlet": "of vectors: a sum of xlogy and gammaln",
    "stats.gaussian_kde": _FITS,
    "stats.mode": "np.unique with counts; how many there are is a value",
    "stats.multinomial": "of vectors: a sum of xlogy and gammaln",
    "stats.multivariate_normal": "of vectors: linalg.cholesky and solve_triangular",
    "stats.poisson.entropy": "a sum over all counts, that has no closed formula",
    "stats.rankdata": "np.argsort of np.argsort; ties by np.unique",
    "stats.sem": "np.std(x, ddof=1) / np.sqrt(n)",
}
"""Names of `jax.scipy` that are not here, and why or what does it."""

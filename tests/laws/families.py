"""Functions of six numbers, each of a family of ops, written once for jax and for lazyax."""

from __future__ import annotations

import jax
import jax.scipy.special
import numpy

import lazyax
import lazyax.random
import lazyax.scipy.special
from lazyax.ops import primitives as p

ROOM = numpy.diag([3.0, 2.0, 4.0]) + 0.1 * numpy.arange(9).reshape(3, 3)
"""Added to small matrices, it makes them well-conditioned, and their spectra simple."""


def module_of(np):
    """The library of a module of NumPy's functions."""
    return jax if np is jax.numpy else lazyax


def special_of(np):
    return jax.scipy.special if np is jax.numpy else lazyax.scipy.special


def low(np, name, op, x, *parameters):
    """An operation without a name of NumPy's: jax's function, or the op of lazyax's."""
    if np is jax.numpy:
        return getattr(jax.lax, name)(x, *parameters)
    return lazyax.Array(op(*parameters)(x.node))


def matrix(np, x):
    """A well-conditioned matrix."""
    return np.outer(x[:3], x[3:]) * 0.5 + np.asarray(ROOM, dtype=x.dtype)


def symmetric(np, x):
    a = matrix(np, x)
    return a + a.T


def whole(np, x):
    """Integers that do not depend smoothly on x."""
    return np.floor(x * 20).astype("int32")


def exponentials(np, x):
    y = np.exp(x) + np.expm1(0.5 * x) * np.log(2 + x) + np.log1p(x * x)
    return np.sum(np.sqrt(y + 3) * np.cbrt(2 + x) * low(np, "rsqrt", p.Rsqrt, x + 2))


def logistics(np, x):
    return np.sum(special_of(np).expit(3 * x) * special_of(np).expit(-x[0]))


def circular(np, x):
    y = 0.9 * x
    return np.sum(np.sin(x) * np.cos(y) + np.tan(y) + np.arcsin(y) * np.arccos(y) - np.arctan(x))


def hyperbolic(np, x):
    y = np.sinh(x) * np.cosh(x) + np.tanh(x)
    return np.sum(y * np.arcsinh(x) + np.arccosh(2 + x) * np.arctanh(0.7 * x))


def errors(np, x):
    s = special_of(np)
    return np.sum(s.erf(x) * s.erfc(2 * x) + s.erfinv(0.6 * x) * s.ndtri(0.5 + 0.4 * x[::-1]))


def gammas(np, x):
    s, y = special_of(np), x + 2.5
    return np.sum(s.gammaln(y) * x + s.digamma(y) ** 2 + s.polygamma(1, y))


def incomplete(np, x):
    """Integrals up to x, as functions of x alone: by parameters jax has first derivatives only."""
    s, y, z = special_of(np), x + 2.5, 0.5 + 0.4 * x
    a = np.asarray([1.5, 2.5, 0.5, 3.0, 2.0, 1.2], dtype=x.dtype)
    gammas = s.gammainc(a, y) * s.gammaincc(a, y * 0.5)
    return np.sum(gammas + s.betainc(a, a[::-1], z) + s.expi(y) * s.zeta(a + 1, y))


def rounded(np, x):
    y = np.floor(3 * x) * x + np.ceil(2 * x) * x**2 + np.round(4 * x) * np.sin(x)
    return np.sum(y + np.fmod(3 * x, 0.7) * x + np.sign(x) * np.mod(x, 0.9))


def bits(np, x):
    """Whole numbers made of bits, as weights."""
    k, u = whole(np, x), whole(np, x + 2).astype("uint32")
    mixed = ((k & 12) | (k << 1)) ^ ~(k >> 2)
    counted = low(np, "population_count", p.PopulationCount, u)
    counted = counted + low(np, "clz", p.CountLeadingZeros, u)
    high = np.right_shift(u, 1)
    return np.sum(np.sin(x) * (mixed + counted.astype("int32") + high.astype("int32")))


def compared(np, x):
    y = x[::-1]
    chosen = np.where(x < y, x * y, np.where(x >= 0.5, x**2, np.sin(y)))
    chosen = np.where((x > y) & (x != 0), chosen, chosen * y)
    finite = np.isfinite(x) & np.where(x <= y, x == x, y == y)
    return np.sum(np.where(finite, chosen, 0.0)) + np.where(np.any(x > 0.3), x[0], x[1] ** 2)


def chosen(np, x):
    rows = (x + np.asarray([0.0, 0.3, -0.3, 0.6, 0.1, -0.2], dtype=x.dtype)).reshape(2, 3)
    highest, lowest = np.argmax(rows, axis=1), np.argmin(rows, axis=0)
    picked = np.take_along_axis(rows, highest[:, None], axis=1)
    every = np.where(np.all(rows < 1.5, axis=1), np.max(rows, axis=1), np.min(rows, axis=1))
    return np.sum(picked**2) + np.sum(every**3) + np.sum(x[lowest] * x[0])


def extremes_so_far(np, x):
    highest = low(np, "cummax", p.CumMax, x, 0)
    return np.sum(highest**2 * low(np, "cummin", p.CumMin, x, 0) + np.cumsum(x)[::-1] * x)


def updated(np, x):
    y = x.at[numpy.array([0, 3])].set(np.sin(x[1:3])).at[2:5].add(x[:3] ** 2)
    y = y.at[numpy.array([1, 3])].multiply(x[:2], unique_indices=True)
    y = y.at[numpy.array([5, 0])].max(x[2:4]).at[numpy.array([4, 2])].min(x[:2] * x[1])
    return np.sum(y**2)


def padded(np, x):
    grid = np.pad(x.reshape(2, 3), ((1, 0), (0, 2))) + 0.5
    return np.sum(np.flip(grid, 1)[:, 1:] * grid[:, :-1]) + np.prod(grid[1:])


def moved(np, x):
    """Blocks at places that are known at run time."""
    lax, start = module_of(np).lax, whole(np, x)[0] % 3
    part = lax.dynamic_slice(x, (start,), (3,))
    written = lax.dynamic_update_slice(x * x, np.sin(part), (3 - start,))
    return np.sum(written * x) + np.sum(lax.dynamic_index_in_dim(x, start) ** 3)


def sorted_together(np, x):
    order = np.argsort(np.sin(5 * x))
    return np.sum(x[order] * np.sort(x) ** 2) + np.median(x * x) + np.sum(np.cumprod(x[order]))


def windows(np, x):
    lax, grid = module_of(np).lax, (x[:, None] * x + x).astype(x.dtype)
    args = ((2, 3), (1, 2), "VALID")
    total = lax.reduce_window(grid, 0.0, lax.add, *args)
    highest = lax.reduce_window(grid, -numpy.inf, lax.max, *args)
    return np.sum(total * highest) + np.sum(lax.reduce_window(grid, numpy.inf, lax.min, *args) ** 2)


def convolved(np, x):
    lax = module_of(np).lax
    images, filters = np.outer(x, x).reshape(1, 1, 6, 6), x[:4].reshape(1, 1, 2, 2)
    rows = lax.conv_general_dilated(images, filters, (2, 1), "SAME")
    return np.sum(np.sin(rows)) + np.sum(np.convolve(x, x[:3]) ** 2)


def spectra(np, x):
    waves = np.fft.fft(x) * np.fft.rfft(x, 10)
    return np.sum(np.abs(waves[:4]) ** 2) + np.sum(np.fft.irfft(np.fft.rfft(x) ** 2, 6) ** 2 * x)


def complex_parts(np, x):
    z = x[:3] + 1j * x[3:]
    w = np.exp(z) / (2 + z) + np.conj(z) * z**2
    return np.sum(np.real(w) * np.imag(w)) + np.sum(np.abs(z + 3) * np.angle(z + 3))


def factored(np, x):
    a = matrix(np, x)
    half = np.linalg.cholesky(a @ a.T)
    q, r = np.linalg.qr(a)
    return np.sum(np.sin(half)) + np.sum(q**3) + np.sum(np.cos(r))


def solved(np, x):
    a = matrix(np, x)
    sign, log = np.linalg.slogdet(a)
    y = np.linalg.solve(a, x[:3]) * np.linalg.det(a)
    return np.sum(y**2) + sign * log + np.sum(np.linalg.inv(a) ** 2)


def solved_in_turn(np, x):
    """Equations with a triangle of a matrix."""
    linalg = jax.scipy.linalg if np is jax.numpy else lazyax.scipy.linalg
    a = matrix(np, x)
    return np.sum(linalg.solve_triangular(a, x[:3], lower=True) ** 2) + np.sum(
        linalg.solve_triangular(a, a, trans=1) ** 2
    )


def spectrum_of_symmetric(np, x):
    values, vectors = np.linalg.eigh(symmetric(np, x))
    return np.sum(values**2) + np.sum(vectors[:, 0] ** 2 * x[:3]) + np.sum(np.sqrt(values))


def singular(np, x):
    a = matrix(np, x)
    u, s, vh = np.linalg.svd(a, full_matrices=False)
    return np.sum(s**3) + np.sum((u * np.sqrt(s) @ vh) ** 2) + np.sum(np.linalg.pinv(a[:, :2]) ** 2)


def batched_products(np, x):
    a = np.stack([matrix(np, x), matrix(np, x * 0.5)])
    rows = np.einsum("bij,bjk,k->bi", a, np.swapaxes(a, 1, 2), x[:3])
    return np.sum(np.tensordot(rows, a, ([0, 1], [0, 2])) ** 2) * 0.01


def drawn(np, x):
    """Random numbers as weights, of a key that is folded with a number."""
    random = module_of(np).random
    key = random.fold_in(random.PRNGKey(3), 7)
    return np.sum(np.sin(x * random.uniform(key, (6,), "float32").astype(x.dtype)))


def across_lanes(np, x):
    m = module_of(np)

    def lane(row):
        share = row / (3 + m.lax.psum(np.sin(row), "rows"))
        others = m.lax.ppermute(share, "rows", [(0, 1), (1, 2), (2, 0)])
        return others * m.lax.all_gather(row, "rows")[0] * (1 + m.lax.axis_index("rows"))

    return np.sum(m.vmap(lane, axis_name="rows")(x.reshape(3, 2)))


def by_rules(np, x):
    """Derivatives that are stated, computed again, or left out."""
    m = module_of(np)
    scaled = m.custom_jvp(lambda x: np.sin(x) * 2)
    scaled.defjvps(lambda dx, out, x: 3 * dx * np.cos(x) + out * dx)
    limited = m.custom_vjp(lambda x: x * x)
    limited.defvjp(lambda x: (x * x, x), lambda x, ct: (np.tanh(ct) * x,))
    deep = m.checkpoint(lambda x: np.sin(np.exp(np.sin(x))))
    kept = m.lax.stop_gradient(np.exp(x))
    return np.sum(scaled(x) * kept) + np.sum(limited(x)) + np.sum(deep(x) * x)


def converted(np, x):
    """Through other dtypes, and the bits themselves."""
    kept = module_of(np).lax.stop_gradient(x)
    words = kept.astype("float32").view("int32") % 7
    narrow = x.astype("float16").astype(x.dtype) * np.nextafter(kept, np.ones_like(x))
    coarse = module_of(np).lax.reduce_precision(x, 8, 7)
    return np.sum(narrow + words * np.sin(x) + coarse * x)


def clamped(np, x):
    y = np.clip(2 * x, -0.9, 0.8) * np.minimum(x, 0.2) + np.maximum(x, -x[::-1])
    return np.sum(np.abs(y) * np.power(2.0 + x, x) + np.arctan2(y, 2 + x))


FUNCTIONS = [
    across_lanes,
    batched_products,
    bits,
    by_rules,
    chosen,
    circular,
    clamped,
    compared,
    complex_parts,
    converted,
    convolved,
    drawn,
    errors,
    exponentials,
    extremes_so_far,
    factored,
    gammas,
    hyperbolic,
    incomplete,
    logistics,
    moved,
    padded,
    rounded,
    singular,
    solved,
    solved_in_turn,
    sorted_together,
    spectra,
    spectrum_of_symmetric,
    updated,
    windows,
]

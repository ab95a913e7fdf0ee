"""What large arrays lower to on CPU in the place of XLA's own operations: the same numbers."""

from __future__ import annotations

import jax
import ml_dtypes
import numpy
import pytest

import lazyax as lx
import lazyax.numpy as np
from lazyax import random
from lazyax.array import Array
from lazyax.ops import primitives as p
from lazyax.ops.primitives.kinds import LARGE
from lazyax.xla.lowering import lower
from lazyax.xla.plan import plan


def all_magnitudes(rng, size: int) -> numpy.ndarray:
    """Finite float32 numbers of all exponents and signs, and neighbours of multiples of pi/2."""
    bits = rng.integers(0, 2**32, size, dtype=numpy.uint32).view(numpy.float32)
    near = (numpy.pi / 2 * rng.integers(-(10**7), 10**7, size)).astype(numpy.float32)
    return numpy.concatenate([bits[numpy.isfinite(bits)], near])


@pytest.mark.parametrize("name", ["sin", "cos", "tan"])
def test_circular_functions_are_rounded_right_at_all_magnitudes(name, rng):
    x = all_magnitudes(rng, 2**17)
    exact = getattr(numpy, name)(x.astype(numpy.float64))
    got = numpy.asarray(getattr(np, name)(x))
    unit = numpy.spacing(numpy.abs(exact).astype(numpy.float32))
    assert numpy.max(numpy.abs(got - exact) / unit) < 0.502
    assert x.size >= LARGE


SPECIAL = [0.0, -0.0, numpy.inf, -numpy.inf, numpy.nan]


def assert_rounded_right(got, exact, units):
    """Values within so many units in the last place, NaN and signs the same; not denormals."""
    tiny = (exact != 0) & (numpy.abs(exact) < numpy.finfo("f4").tiny)
    got, exact = got[~tiny], exact[~tiny]
    assert (numpy.isnan(got) == numpy.isnan(exact)).all()
    number = numpy.isfinite(exact)
    unit = numpy.spacing(numpy.abs(exact[number]).astype("f4"))
    assert (numpy.abs(got[number] - exact[number]) / unit).max() < units
    assert (numpy.signbit(got) == numpy.signbit(exact))[number].all()


@pytest.mark.parametrize("name", ["arcsin", "arccos"])
def test_inverse_sines_are_rounded_right(name, rng):
    near = 10 ** rng.uniform(-8, 0, LARGE)
    x = numpy.concatenate([rng.uniform(-1, 1, LARGE), 1 - near, near**4, SPECIAL, [1, -1, 1.5]])
    x = x.astype("f4")
    with numpy.errstate(invalid="ignore"):
        exact = getattr(numpy, name)(x.astype("f8"))
    program = lx.Compiled(lx.trace(getattr(np, name))(x))
    assert_rounded_right(numpy.asarray(program(x)), exact, 0.502)


def test_angles_are_rounded_right_in_all_quadrants(rng):
    ends = numpy.array([*SPECIAL, 1.0, -1.0, 3e38, -2e-38])
    y, x = (axis.ravel() for axis in numpy.meshgrid(ends, ends))
    normal = rng.normal(size=(2, LARGE)) * 10 ** rng.uniform(-18, 18, (2, LARGE))
    y, x = (
        numpy.append(one, other).astype("f4") for one, other in zip((y, x), normal, strict=True)
    )
    program = lx.Compiled(lx.trace(np.arctan2)(y, x))
    exact = numpy.arctan2(y.astype("f8"), x.astype("f8"))
    assert_rounded_right(numpy.asarray(program(y, x)), exact, 0.502)


def test_cube_roots_are_rounded_right(rng):
    x = numpy.concatenate(
        [SPECIAL, rng.normal(size=LARGE) ** 3 * 10 ** rng.uniform(-30, 30, LARGE)]
    )
    whole = numpy.arange(-1000, 1001)
    x = numpy.append(x, whole**3).astype("f4")
    got = numpy.asarray(lx.Compiled(lx.trace(np.cbrt)(x))(x))
    assert_rounded_right(got, numpy.cbrt(x.astype("f8")), 0.502)
    exact = numpy.abs(whole) <= 256  # whose cubes are float32
    assert (got[-2001:][exact] == whole[exact]).all()


def test_powers_are_rounded_right_and_follow_the_rules_of_c(rng):
    ends = numpy.array([*SPECIAL, 1, -1, 2, -2, 3, -3, 0.5, -0.5, 3e38, 1e-37, 7e9, 1e30])
    y, x = (axis.ravel() for axis in numpy.meshgrid(ends, ends))
    x = [x, 10 ** rng.uniform(-37, 38, LARGE), rng.normal(size=LARGE), rng.normal(1, 1e-3, LARGE)]
    y = [y, rng.normal(size=LARGE), rng.integers(-9, 9, LARGE), rng.normal(0, 1e4, LARGE)]
    x, y = (numpy.concatenate(parts).astype("f4") for parts in (x, y))
    program = lx.Compiled(lx.trace(np.power)(x, y))
    with numpy.errstate(all="ignore"):
        exact = numpy.power(x.astype("f8"), y.astype("f8"))
        exact = numpy.where(numpy.abs(exact) < 3e38, exact, exact.astype("f4"))  # or infinite
    assert_rounded_right(numpy.asarray(program(x, y)), exact, 0.502)
    infinite = numpy.isinf(exact)
    assert (numpy.asarray(program(x, y))[infinite] == exact[infinite]).all()


@pytest.mark.parametrize("op", [p.Sin(), p.Cos(), p.Tan(), p.Rsqrt()], ids=str)
def test_special_values_stay_what_they_are(op):
    x = numpy.resize(numpy.array([*SPECIAL, -1.0], "f4"), LARGE)
    with numpy.errstate(all="ignore"):
        wanted = op.evaluate(x)
    got = numpy.asarray(Array(op(np.array(x)._node)))
    numpy.testing.assert_array_max_ulp(got, wanted, 1)
    assert (numpy.signbit(got) == numpy.signbit(wanted))[~numpy.isnan(wanted)].all()


def test_rsqrt_is_a_root_and_a_quotient(rng):
    x = rng.integers(2**23, 0x7F800000, 2 * LARGE, dtype=numpy.uint32).view(numpy.float32)
    got = numpy.asarray(Array(p.Rsqrt()(np.array(x)._node)))
    assert (got == numpy.sqrt(x) / x).all()


def test_small_arrays_keep_the_operations_of_xla():
    x = np.ones(LARGE - 1) + 1
    assert "stablehlo.sine" in lower(plan([np.sin(x)._node]))
    assert "stablehlo.sine" not in lower(plan([np.sin(np.ones(LARGE) + 1)._node]))
    assert "stablehlo.sine" in lower(plan([np.sin(np.ones(LARGE) + 1)._node]), platform="cuda")


@pytest.mark.parametrize("layout", ["original", "partitionable"])
def test_large_normals_are_those_of_jax_to_the_last_bit(layout, monkeypatch):
    monkeypatch.setattr(lx.config, "threefry_layout", layout)
    ours = numpy.asarray(random.normal(random.PRNGKey(7), (LARGE + 1,)))
    with jax.threefry_partitionable(layout == "partitionable"):
        theirs = jax.random.normal(jax.random.PRNGKey(7), (LARGE + 1,))
    assert (ours == numpy.asarray(theirs)).all()


def test_a_barrier_is_kept_by_xla_and_takes_no_memory():
    x = random.normal(random.PRNGKey(7), (LARGE,))
    compiled = lx.Compiled(lx.trace(lambda key: random.normal(key, x.shape))(random.PRNGKey(0)))
    assert "opt-barrier" in compiled.as_text("hlo")
    assert compiled.memory_analysis().temp_size_in_bytes == 0


def test_a_sum_over_one_term_is_a_product():
    x, y = np.ones((5, 3, 1)), np.ones((5, 1, 2))
    assert "dot_general" not in lower(plan([(x @ y)._node]))
    assert "dot_general" in lower(plan([(x @ y)._node]), platform="cuda")


def test_gradients_by_example_need_no_transposition():
    def loss(w, x):
        return np.sum(np.dot(x, w) ** 2)

    by_example = lx.vmap(lx.grad(loss), in_axes=(None, 0))
    graph = lx.trace(by_example)(np.ones((3, 2)), np.ones((5, 3)))
    assert not any(isinstance(node.op, p.Permute) for node in graph.nodes)


@pytest.mark.parametrize("direction", [1.0, -1.0])
def test_the_slope_of_a_pool_at_ties_is_that_of_the_first(direction, rng):
    x = direction * rng.integers(0, 3, (2, 5, 7, 3)).astype("f4")  # what fills no window is cut
    window = (1, 2, 3, 1)
    reduce = jax.lax.max if direction > 0 else jax.lax.min

    def theirs(x):
        pooled = jax.lax.reduce_window(x, -direction * numpy.inf, reduce, window, window, "VALID")
        return (pooled * weights).sum()

    def ours(x):
        function = lx.lax.max if direction > 0 else lx.lax.min
        pooled = lx.lax.reduce_window(x, -direction * numpy.inf, function, window, window, "VALID")
        return (pooled * weights).sum()

    weights = rng.normal(size=(2, 2, 2, 3)).astype("f4")
    numpy.testing.assert_array_equal(
        numpy.asarray(lx.grad(ours)(x)), numpy.asarray(jax.grad(theirs)(x))
    )


def test_deep_loops_are_fused_in_pieces(rng):
    order = rng.integers(0, 3, 200)  # nothing repeats, so that nothing is rolled up

    def text(ops, **where):
        x = np.ones(8)
        for number in order[:ops]:
            x = (np.tanh, np.exp, np.sin)[number](x)
        return lower(plan([x._node]), **where)

    # of 70 a second loop would be short
    counts = [text(ops).count("optimization_barrier") for ops in (60, 70, 80, 200)]
    assert counts == [0, 0, 1, 3]
    assert "optimization_barrier" not in text(200, platform="cuda")


def test_what_several_loops_would_compute_again_is_bounded_sooner(rng):
    order = rng.integers(0, 3, 40)

    def text(users):
        x = np.ones(8)
        for number in order:
            x = (np.tanh, np.exp, np.sin)[number](x)
        y = np.exp(x) if users == 1 else np.exp(x) + np.tanh(x)
        return lower(plan([y._node]))

    assert [text(users).count("optimization_barrier") for users in (1, 2)] == [0, 1]


def test_a_kernel_that_is_written_out_is_one_loop():
    x = np.array(numpy.ones(2**14, "f4"))
    text = lower(plan([(np.sin(x) * np.cos(x) + np.tan(x))._node]))
    assert text.count("func.func private") == 3
    assert "optimization_barrier" not in text


FOLDS = {
    "b": [p.ReduceMax, p.ReduceAnd, p.ReduceOr],
    "n": [p.ReduceSum, p.ReduceMax, p.ReduceMin, p.ReduceProd],
}
ROWS = [(LARGE,), (40, 512), (300, 64), (3, LARGE + 27), (5, 64, 64)]


@pytest.mark.parametrize("dtype", ["u2", "i8", "?"])
def test_integers_are_folded_in_pieces_to_the_same_numbers(dtype, rng):
    kind = numpy.dtype(dtype).kind
    limits = (0, 1) if kind == "b" else (numpy.iinfo(dtype).min, numpy.iinfo(dtype).max)
    wide = "u8" if kind == "u" else "i8"
    hosts = [rng.integers(*limits, shape, wide, endpoint=True).astype(dtype) for shape in ROWS]
    axes = [(0,), (1,), (1,), (1,), (1, 2)]
    folds = [[op(which) for op in FOLDS["b" if kind == "b" else "n"]] for which in axes]

    def folded(*xs):
        pairs = zip(xs, folds, strict=True)
        return [[Array(fold(x._node)) for fold in several] for x, several in pairs]

    program = lx.Compiled(lx.trace(folded)(*hosts))
    for host, several, results in zip(hosts, folds, program(*hosts), strict=True):
        for fold, result in zip(several, results, strict=True):
            assert (numpy.asarray(result) == fold.evaluate(host)).all()
    assert program.as_text().count("stablehlo.optimization_barrier") >= 4 * len(folds[0])


def test_a_mask_is_counted_without_an_array_of_numbers(rng):
    x = np.array(rng.normal(size=(512, 512)).astype("f4"))
    counts = lx.Compiled(lx.trace(lambda x: np.sum(x > 0))(x))
    assert counts.memory_analysis().temp_size_in_bytes < 2**17  # of 1 MiB
    assert int(counts(x)) == (numpy.asarray(x) > 0).sum()
    assert "optimization_barrier" not in lower(plan([np.sum(x > 0)._node]), platform="cuda")


NOT_A_NUMBER = [*map(numpy.dtype, ("f2", "f4", "f8", ml_dtypes.bfloat16))]


@pytest.mark.parametrize("dtype", NOT_A_NUMBER, ids=str)
def test_nan_wins_in_large_arrays(dtype, rng):
    host = rng.normal(size=(64, 128)).astype("f4")
    host[3, 5] = host[7, 0] = host[9, 127] = numpy.nan
    host[4, 4], host[5, 5], host[6] = numpy.inf, -numpy.inf, -0.0
    host = host.astype(dtype)
    ops = [
        op(*parameters)
        for axis in (0, 1)
        for op, parameters in [
            (p.ReduceMax, [(axis,)]),
            (p.ReduceMin, [(axis,)]),
            (p.ArgMax, [axis, numpy.dtype("i4")]),
            (p.ArgMin, [axis, numpy.dtype("i4")]),
        ]
    ]
    program = lx.Compiled(lx.trace(lambda x: [Array(op(x._node)) for op in ops])(host))
    for op, result in zip(ops, program(host), strict=True):
        with numpy.errstate(invalid="ignore"):
            wanted = op.evaluate(host).astype("f8")
        got = numpy.asarray(result).astype("f8")
        assert numpy.array_equal(got, wanted, equal_nan=True), op
        assert (numpy.signbit(got) == numpy.signbit(wanted))[~numpy.isnan(wanted)].all(), op


WITH_LIBRARY = {
    "maximum": lambda n, x: n.maximum(x, 0),
    "minimum": lambda n, x: n.minimum(1, x),
    "both": lambda n, x: n.minimum(n.maximum(x, x[::-1]), 2),
    "clip": lambda n, x: n.clip(x, -1, 1),
}


@pytest.mark.parametrize("name", WITH_LIBRARY)
def test_nan_goes_through_elementwise_extremes_into_sums_and_out_of_them(name, rng):
    host = rng.normal(size=(64, 128)).astype("f4")
    host[3, 5] = numpy.nan
    host[4, 4], host[5, 5] = numpy.inf, -numpy.inf

    def several(n, x):
        y = WITH_LIBRARY[name](n, x)
        return n.sum(y, axis=1), n.max(y, axis=0), WITH_LIBRARY[name](n, x - n.mean(x, axis=0))

    program = lx.Compiled(lx.trace(lambda x: several(np, x))(host))
    with numpy.errstate(invalid="ignore"):
        wanted = several(numpy, host)
    for got, other in zip(program(host), wanted, strict=True):
        numpy.testing.assert_allclose(numpy.asarray(got), other, rtol=1e-5, atol=1e-5)
    alone = lower(plan([WITH_LIBRARY[name](np, np.array(host))._node]))
    assert "stablehlo.sign" not in alone
    assert "stablehlo.sign" in program.as_text()


@pytest.mark.parametrize("shape", [(LARGE,), (7, 3000)])
@pytest.mark.parametrize("dtype", ["i4", "f4", "u1"])
def test_the_first_extreme_is_found_in_two_passes(dtype, shape, rng):
    host = rng.integers(0, 50, shape).astype(dtype)
    axis = len(shape) - 1
    ops = [p.ArgMax(axis, numpy.dtype("i4")), p.ArgMin(axis, numpy.dtype("u8"))]
    program = lx.Compiled(lx.trace(lambda x: [Array(op(x._node)) for op in ops])(host))
    for op, result in zip(ops, program(host), strict=True):
        assert (numpy.asarray(result) == op.evaluate(host)).all()
    # not of pairs, which are compared one after another
    assert '"stablehlo.reduce"' not in program.as_text()
    assert '"stablehlo.reduce"' in lower(plan([Array(ops[0](np.array(host)._node))._node]), "cuda")


def test_the_place_of_an_extreme_is_that_of_the_value_that_was_found(rng):
    x = rng.normal(size=(300, 700)).astype("f4")

    def place(x):
        y = np.exp(np.sin(x) * 3) / (1 + x * x)
        return np.argmax(y, axis=1), y

    program = lx.Compiled(lx.trace(place)(x))
    found, y = map(numpy.asarray, program(x))
    assert (found == numpy.argmax(y, axis=1)).all()

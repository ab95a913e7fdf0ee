"""lazyax.random: the seed's printed numbers, jax's bits in both layouts, and its conventions."""

import json
from pathlib import Path

import jax
import numpy
import pytest

import lazyax as lx
from lazyax import random
from lazyax.errors import LazyaxTypeError
from lazyax.xla.lowering import lower
from lazyax.xla.plan import plan

LAYOUTS = {"original": "original2018", "partitionable": "partitionable2024"}
GOLDENS = json.loads((Path(__file__).parent / "data" / "random_goldens.json").read_text())
SHAPES = [(), (1,), (7,), (3, 5), (0,), (2, 0, 3), (1001,)]


@pytest.fixture(params=list(LAYOUTS))
def layout(request):
    """Both layouts, in lazyax and in jax."""
    lx.config.update(threefry_layout=request.param)
    with jax.threefry_partitionable(request.param == "partitionable"):
        yield request.param
    lx.config.update(threefry_layout="original")


@pytest.fixture
def golden(layout):
    return GOLDENS[LAYOUTS[layout]]


def same_bits(ours, theirs, name=""):
    ours, theirs = numpy.asarray(ours), numpy.asarray(theirs)
    assert (ours.dtype, ours.shape) == (theirs.dtype, theirs.shape), name
    assert ours.tobytes() == theirs.tobytes(), name


def drawn(calls, seed, wide=False):
    """By name, our numbers and jax's: one program for all of ours, and one for most of jax's.

    XLA rounds the tail of jax's truncated normal otherwise in a program of several.

    Args:
        calls: by name, functions of a module of samplers and a key.
        seed: of the key.
        wide: whether jax has 64 bits.
    """
    ours = {name: call(random, random.PRNGKey(seed)) for name, call in calls.items()}
    lx.materialize(ours)
    with jax.enable_x64(wide):
        key = jax.random.PRNGKey(seed)
        apart = {name for name in calls if name.startswith("truncated")}
        together = {name: call for name, call in calls.items() if name not in apart}
        theirs = jax.jit(lambda key: {n: call(jax.random, key) for n, call in together.items()})(
            key
        )
        theirs |= {name: calls[name](jax.random, key) for name in apart}
    return {name: (ours[name], theirs[name]) for name in calls}


def assert_same_bits(calls, seed, wide=False):
    for name, (ours, theirs) in drawn(calls, seed, wide).items():
        same_bits(ours, theirs, name)


def readme_split_sequence():
    """What the README of jax's first release prints after its first sample."""
    key, samples = random.PRNGKey(0), []
    for _ in range(2):
        key, subkey = random.split(key)
        samples.append(random.normal(subkey, shape=(3,)))
    return lx.numpy.stack(samples)


SAMPLES = {
    "bits_key0_u32_7": lambda: random.bits(random.PRNGKey(0), (7,)),
    "bits_key0_u32_8": lambda: random.bits(random.PRNGKey(0), (8,)),
    "split_key0_2": lambda: random.split(random.PRNGKey(0)),
    "split_key0_5": lambda: random.split(random.PRNGKey(0), 5),
    "fold_in_key0_1": lambda: random.fold_in(random.PRNGKey(0), 1),
    "uniform_key0_3": lambda: random.uniform(random.PRNGKey(0), (3,)),
    "normal_key0_3": lambda: random.normal(random.PRNGKey(0), (3,)),
    "bernoulli_key0_.5_8": lambda: random.bernoulli(random.PRNGKey(0), 0.5, (8,)),
    "randint_key0_0_10_8": lambda: random.randint(random.PRNGKey(0), (8,), 0, 10),
    "gumbel_key0_3": lambda: random.gumbel(random.PRNGKey(0), (3,)),
    "exponential_key0_3": lambda: random.exponential(random.PRNGKey(0), (3,)),
    "permutation_key0_8": lambda: random.permutation(random.PRNGKey(0), 8),
    "readme_split_sequence": lambda: readme_split_sequence(),
    "quickstart_normal_10": lambda: random.normal(random.PRNGKey(0), (10,)),
}


def test_gives_the_seeds_numbers(golden):
    found = lx.materialize({name: sample() for name, sample in SAMPLES.items()})
    for name, sample in found.items():
        same_bits(sample, numpy.array(golden[name], sample.dtype), name)


def over_shapes(name, dtype):
    """Calls of a sampler for each of `SHAPES`."""
    return {
        f"{name} {shape} {dtype}": lambda random, key, shape=shape: getattr(random, name)(
            key, shape, dtype
        )
        for shape in SHAPES
    }


def test_bits_are_those_of_jax(layout):
    calls = {}
    for dtype in ("uint8", "uint16", "uint32", "uint64"):
        calls |= over_shapes("bits", dtype)
    assert_same_bits(calls, 3, wide=True)


@pytest.mark.parametrize("dtype", ["float32", "float64", "float16", "bfloat16"])
def test_samples_are_those_of_jax(dtype, layout):
    calls = {}
    for name in ("uniform", "normal", "exponential", "gumbel", "laplace"):
        calls |= over_shapes(name, dtype)
    assert_same_bits(calls, 3, wide=True)


BOUNDED = {
    "python numbers": ((5,), -2, 3.5),
    "arrays": ((4, 3), numpy.float32([-1, 0, 1]), numpy.float32([[1], [2], [3], [4]])),
    "equal": ((3,), 1.0, 1.0),
}


TRUNCATED = {
    "numbers": (-2.0, 2.0, (7,)),
    "tail": (3.0, 4.0, (7,)),
    "arrays": (numpy.float32([-1, 0, 0.5]), numpy.float32([[1], [2]]), None),
}


INTEGERS = {
    "int32": ((7,), 0, 10, "int32"),
    "negative": ((7,), -5, -2, "int32"),
    "all of int32": ((7,), -(2**31), 2**31 - 1, "int32"),
    "int8": ((50,), -128, 128, "int8"),
    "uint8": ((50,), 0, 256, "uint8"),
    "int16": ((7,), -300, 300, "int16"),
    "uint32": ((7,), 0, 2**31, "uint32"),
    "int64": ((7,), -(2**40), 2**40, "int64"),
    "uint64": ((7,), 0, 2**60, "uint64"),
    "none": ((3,), 5, 5, "int32"),
    "empty": ((0, 2), 0, 5, "int32"),
    "one": ((), 0, 5, "int32"),
    "arrays": ((2, 3), numpy.int32([0, 5, 9]), numpy.int32([[10], [20]]), "int32"),
    "wide arrays": ((3,), numpy.int64([-(2**40), 0, 5]), numpy.int64([0, 2**40, 9]), "int32"),
    "narrow arrays": ((3,), numpy.int8([-128, 0, 5]), numpy.int8([0, 127, 9]), "int32"),
    "arrays for bytes": ((3,), numpy.int32([-999, 0, 5]), numpy.int32([0, 256, 999]), "uint8"),
}


PERMUTED = {
    "int": (1000, 0, False),
    "empty": (0, 0, False),
    "one": (1, 0, False),
    "vector": (numpy.arange(9, dtype="float32"), 0, False),
    "rows": (numpy.arange(24).reshape(4, 3, 2).astype("int32"), 0, False),
    "columns": (numpy.arange(24).reshape(4, 3, 2).astype("int32"), 1, False),
    "last": (numpy.arange(24).reshape(4, 3, 2).astype("int32"), -1, False),
    "independent": (numpy.arange(24).reshape(4, 3, 2).astype("int32"), 1, True),
    "long": (numpy.arange(5000, dtype="int32"), 0, False),
}


WEIGHTS = numpy.float32([0.1, 0.0, 0.4, 0.3, 0.2])
GRID = numpy.arange(40, dtype="float32").reshape(4, 5, 2)
CHOSEN = {
    "int": ((10, (8,)), {}),
    "one": ((10,), {}),
    "none": ((10, (0, 2)), {}),
    "none of none": ((0, (0,)), {}),
    "rows": ((GRID, (3, 2)), {}),
    "columns": ((GRID, (3, 2)), {"axis": 1}),
    "once": ((10, (2, 3)), {"replace": False}),
    "rows once": ((GRID, (4,)), {"replace": False}),
    "columns once": ((GRID, (2, 2)), {"replace": False, "axis": 1}),
    "weighted": ((5, (3, 7)), {"p": WEIGHTS}),
    "weighted columns": ((GRID, (6,)), {"p": WEIGHTS, "axis": 1}),
    "weighted once": ((5, (2, 2)), {"p": WEIGHTS, "replace": False}),
    "weights of integers": ((5, (9,)), {"p": numpy.int32([1, 0, 4, 3, 2])}),
}


CATEGORIES = {
    "vector": (numpy.float32([0, 1, -1, 2]), {}),
    "several draws": (numpy.float32([0, 1, -1, 2]), {"shape": (3, 5)}),
    "rows": (GRID[0], {}),
    "columns": (GRID[0], {"axis": 0}),
    "rows, several draws": (GRID[0] / 9, {"shape": (7, 5)}),
    "columns, several draws": (GRID / 9, {"axis": 1, "shape": (7, 4, 2)}),
    "a negative axis": (GRID / 9, {"axis": -2, "shape": (7, 4, 2)}),
}


def calls_of(sampler, cases):
    """Calls of a sampler for each row of a table: arguments, or arguments and keywords."""

    def call(row):
        given, keywords = row if isinstance(row[-1], dict) else (row, {})
        return lambda random, key: getattr(random, sampler)(key, *given, **keywords)

    return {f"{sampler} {name}": call(row) for name, row in cases.items()}


TABLES = {
    "uniform": {
        name: ((shape,), {"minval": low, "maxval": high})
        for name, (shape, low, high) in BOUNDED.items()
    },
    "truncated_normal": TRUNCATED,
    "normal": {"complex": ((6,), "complex64")},
    "bernoulli": {
        **{str(p): (p, (2, 50)) for p in (0.0, 0.25, 1.0)},
        "of an array": (numpy.float32([[0.1], [0.9]]), (2, 50)),
        "of its shape": (numpy.float32([[0.1], [0.9]]),),
    },
    "rademacher": {dtype: ((9,), dtype) for dtype in ("int32", "float32", "int8")},
    "permutation": PERMUTED,
    "choice": CHOSEN,
    "categorical": {name: ((logits,), rest) for name, (logits, rest) in CATEGORIES.items()},
    "split": {str(num): (num,) for num in (0, 1, 2, 7, (2, 3), ())},
    "fold_in": {repr(data): (data,) for data in (0, 5, 2**32 - 1, numpy.uint32(7), numpy.int64(7))},
}


@pytest.mark.parametrize("sampler", TABLES)
def test_each_sampler_is_that_of_jax(sampler, layout):
    assert_same_bits(calls_of(sampler, TABLES[sampler]), 5)


def test_randint_is_that_of_jax(layout):
    calls = calls_of("randint", INTEGERS)
    span = numpy.array(2**31, "int64")
    calls["the largest"] = lambda random, key: random.randint(key, (99,), -(2**31), span, "int32")
    assert_same_bits(calls, 5, wide=True)


def test_randint_below_a_lazy_bound_is_that_of_jax(layout):
    theirs = jax.random.randint(jax.random.PRNGKey(5), (3,), 5, 1)
    same_bits(random.randint(random.PRNGKey(5), (3,), 5, lx.numpy.asarray(1)), theirs)


def test_truncated_numbers_are_within_their_bounds():
    for low, high, shape in TRUNCATED.values():
        numbers = numpy.asarray(random.truncated_normal(random.PRNGKey(5), low, high, shape))
        assert (numbers > low).all()
        assert (numbers < high).all()


SEEDS = {
    0: [0, 0],
    42: [0, 42],
    -1: [2**32 - 1, 2**32 - 1],
    2**40 + 7: [2**8, 7],
    2**64 - 1: [2**32 - 1, 2**32 - 1],
    -(2**63): [2**31, 0],
    numpy.uint8(255): [0, 255],
    numpy.int64(2**33): [2, 0],
}


@pytest.mark.parametrize("seed", SEEDS, ids=str)
def test_a_key_keeps_the_seeds_64_bits(seed):
    same_bits(random.PRNGKey(seed), numpy.array(SEEDS[seed], "uint32"))
    assert random.key is random.PRNGKey


@pytest.mark.parametrize("dtype", ["int32", "uint32", "int64", "uint8"])
def test_a_key_of_an_array_has_the_bits_of_its_dtype(dtype):
    seeds = numpy.array([0, 3, 127], dtype)
    with jax.enable_x64(True):
        theirs = jax.vmap(jax.random.PRNGKey)(seeds)
    same_bits(lx.vmap(random.PRNGKey)(seeds), theirs)


def test_vmap_over_keys_is_a_loop(layout):
    keys = random.split(random.PRNGKey(0), 4)

    def draw(key, data):
        first, second, third = random.split(random.fold_in(key, data), 3)
        integers = random.randint(third, (3,), 0, 1000)
        return random.normal(first, (2, 3)), random.bits(second, (5,), "uint8"), integers

    together = lx.vmap(draw)(keys, numpy.arange(4))
    for index in range(4):
        for ours, alone in zip(together, draw(random.clone(keys[index]), index), strict=True):
            same_bits(ours[index], alone)


def test_a_draw_that_depends_on_no_mapped_key_is_drawn_once():
    drawn = lx.vmap(lambda x: x + random.normal(random.PRNGKey(0), (3,)))(numpy.zeros(4, "float32"))
    same_bits(drawn, numpy.tile(numpy.asarray(random.normal(random.PRNGKey(0), (3,))), (4, 1)))


def test_jit_draws_the_same(layout):
    key = random.PRNGKey(11)
    same_bits(
        lx.jit(lambda k: random.normal(k, (3, 5)))(key), random.normal(random.clone(key), (3, 5))
    )
    same_bits(lx.jit(random.PRNGKey)(lx.numpy.int32(3)), random.PRNGKey(3))


def test_the_layout_is_that_of_the_call():
    lx.config.update(threefry_layout="partitionable")
    try:
        drawn = random.bits(random.PRNGKey(0), (7,))
    finally:
        lx.config.update(threefry_layout="original")
    same_bits(drawn, numpy.uint32(GOLDENS["partitionable2024"]["bits_key0_u32_7"]))


def test_a_loop_over_steps_compiles_once(compiles):
    key = random.PRNGKey(123)
    for step in range(5):
        numpy.asarray(random.normal(random.fold_in(key, step), (17,)))
        if step == 0:
            compiles.reset()
    assert compiles.count == 0


def test_a_program_has_the_rounds_once_for_a_shape():
    x, y = (lx.numpy.sum(random.normal(random.PRNGKey(seed), (8,))) for seed in (1, 2))
    text = lower(plan([(x + y)._node]))
    assert text.count("func.func private @threefry2x32") == 1
    assert text.count("call @threefry2x32") == 2


def test_a_key_that_a_program_computes_is_known_before_it_is_used():
    """XLA wrote the rounds of a split into every use of its keys: seconds to compile."""

    def barriers(splits, platform="cpu"):
        key = random.PRNGKey(0)
        for _ in range(splits):
            _, key = random.split(key)
        text = lower(plan([random.normal(key, (5,))._node]), platform)
        return text.count("optimization_barrier")

    assert [barriers(splits) for splits in range(3)] == [0, 1, 2]
    assert barriers(2, "cuda") == 0


def test_samples_differentiate_by_their_parameters():
    def spread(low, high):
        return random.uniform(random.PRNGKey(0), (50,), minval=low, maxval=high).sum()

    by_low, by_high = lx.grad(spread, argnums=(0, 1))(-1.0, 2.0)
    unit = numpy.asarray(random.uniform(random.PRNGKey(0), (50,)), "float64")
    numpy.testing.assert_allclose([by_low, by_high], [(1 - unit).sum(), unit.sum()], rtol=1e-5)


def test_lazy_parameters_are_not_looked_at():
    wrong = lx.numpy.asarray([2.0, -1.0]) * 1
    with lx.no_materialize():
        drawn = [
            random.uniform(random.PRNGKey(0), minval=wrong[0], maxval=wrong[1]),
            random.bernoulli(random.PRNGKey(0), wrong),
            random.gamma(random.PRNGKey(0), [wrong[0], wrong[1]]),
            random.poisson(random.PRNGKey(0), wrong),
        ]
    assert [x.shape for x in drawn] == [(), (2,), (2,), (2,)]


REFUSED = {
    "no key": (
        lambda: random.normal(3, (2,)),
        "normal: needs a key u32[2], as PRNGKey, split and fold_in make them, got ~i32[]; "
        "map over several keys with lazyax.vmap",
    ),
    "several keys": (
        lambda: random.uniform(random.split(random.PRNGKey(0), 5)),
        "uniform: needs a key u32[2], as PRNGKey, split and fold_in make them, got u32[5,2]; "
        "map over several keys with lazyax.vmap",
    ),
    "key of another dtype": (
        lambda: random.split(numpy.array([0, 1], "int32")),
        "split: needs a key u32[2], as PRNGKey, split and fold_in make them, got i32[2]; "
        "map over several keys with lazyax.vmap",
    ),
    "seed too wide": (
        lambda: random.PRNGKey(2**64),
        "PRNGKey: the seed 18446744073709551616 does not fit 64 bits",
    ),
    "seed not whole": (
        lambda: random.PRNGKey(1.5),
        "PRNGKey: needs one integer as the seed, got ~f32[]",
    ),
    "seed of two": (
        lambda: random.PRNGKey([1, 2]),
        "PRNGKey: needs one integer as the seed, got i32[2]",
    ),
    "fold in what is not whole": (
        lambda: random.fold_in(random.PRNGKey(0), 0.5),
        "fold_in: needs one integer as data, got ~f32[]",
    ),
    "fold in too wide": (
        lambda: random.fold_in(random.PRNGKey(0), 2**32),
        "fold_in: 4294967296 does not fit 32 bits",
    ),
    "negative shape": (
        lambda: random.bits(random.PRNGKey(0), (2, -1)),
        "bits: lengths must not be negative, got (2, -1)",
    ),
    "signed bits": (
        lambda: random.bits(random.PRNGKey(0), (2,), "int32"),
        "bits: needs an unsigned integer dtype, got i32",
    ),
    "whole uniform": (
        lambda: random.uniform(random.PRNGKey(0), (2,), int),
        "uniform: needs a real floating dtype, got i32",
    ),
    "whole normal": (
        lambda: random.normal(random.PRNGKey(0), (2,), int),
        "normal: needs a real floating dtype, got i32",
    ),
    "bound too long": (
        lambda: random.uniform(random.PRNGKey(0), (2,), minval=numpy.zeros(3, "float32")),
        "uniform: minval f32[3] does not broadcast to the shape (2,) asked for",
    ),
    "complex bound": (
        lambda: random.uniform(random.PRNGKey(0), (2,), maxval=1j),
        "uniform: maxval needs to be real, got ~c64[]",
    ),
    "whole p": (
        lambda: random.bernoulli(random.PRNGKey(0), 1),
        "bernoulli: p needs a real floating dtype, got ~i32[]",
    ),
    "p too long": (
        lambda: random.bernoulli(random.PRNGKey(0), [0.5, 0.5], (3,)),
        "bernoulli: p f32[2] does not broadcast to the shape (3,) asked for",
    ),
    "floating randint": (
        lambda: random.randint(random.PRNGKey(0), (2,), 0, 5, float),
        "randint: needs an integer dtype, got f32",
    ),
    "floating bound": (
        lambda: random.randint(random.PRNGKey(0), (2,), 0, 5.0),
        "randint: maxval needs to be of integers, got ~f32[]",
    ),
    "bound below": (
        lambda: random.randint(random.PRNGKey(0), (2,), -1, 5, "uint8"),
        "randint: minval -1 does not fit u8, where it is from 0 to 255",
    ),
    "bound above": (
        lambda: random.randint(random.PRNGKey(0), (2,), 0, 300, "uint8"),
        "randint: maxval 300 does not fit u8, where it is from 0 to 256",
    ),
    "bounds in no order": (
        lambda: random.uniform(random.PRNGKey(0), (2,), minval=1.0, maxval=-1.0),
        "uniform: minval needs to be at most maxval, got 1.0 and -1.0",
    ),
    "an array of bounds in no order": (
        lambda: random.randint(random.PRNGKey(0), (2, 3), numpy.array([0, 5, 9]), [[10], [8]]),
        "randint: minval needs to be at most maxval, got 9 at [1, 2] and 8 at [1, 2]",
    ),
    "nothing between": (
        lambda: random.truncated_normal(random.PRNGKey(0), [0.0, 1.0], 1.0),
        "truncated_normal: lower needs to be less than upper, got 1.0 at [1] and 1.0 at [1]",
    ),
    "a probability of an array": (
        lambda: random.bernoulli(random.PRNGKey(0), numpy.float32([0.5, 1.25])),
        "bernoulli: p needs to be between 0 and 1, got 1.25 at [1]",
    ),
    "a negative probability": (
        lambda: random.choice(random.PRNGKey(0), 3, (2,), p=[0.5, -0.25, 0.75]),
        "choice: p needs to be 0 or more, got -0.25 at [1]",
    ),
    "unsigned rademacher": (
        lambda: random.rademacher(random.PRNGKey(0), (2,), "uint8"),
        "rademacher: needs a signed dtype, got u8",
    ),
    "permutation of a number": (
        lambda: random.permutation(random.PRNGKey(0), 2.5),
        "permutation: needs an array with an axis, or an int that is not negative, got 2.5",
    ),
    "permutation of less than none": (
        lambda: random.permutation(random.PRNGKey(0), -3),
        "permutation: needs an array with an axis, or an int that is not negative, got -3",
    ),
    "more than there are": (
        lambda: random.choice(random.PRNGKey(0), 3, (2, 2), replace=False),
        "choice: 4 draws without replacement are more than the 3 slices of i32[3] along axis 0 "
        "allow",
    ),
    "some of none": (
        lambda: random.choice(random.PRNGKey(0), 0, (2,)),
        "choice: 2 draws with replacement are more than the 0 slices of i32[0] along axis 0 allow",
    ),
    "too few probabilities": (
        lambda: random.choice(random.PRNGKey(0), 3, (2,), p=[0.5, 0.5]),
        "choice: p needs a real probability for each of 3 slices, got f32[2]",
    ),
    "logits that do not broadcast": (
        lambda: random.categorical(random.PRNGKey(0), numpy.zeros((4, 3), "float32"), shape=(5,)),
        "categorical: logits f32[4,3] without axis 1 does not broadcast to the shape (5,) asked "
        "for",
    ),
    "axis that is not there": (
        lambda: random.permutation(random.PRNGKey(0), numpy.zeros((2, 3), "float32"), axis=2),
        "permutation: axis 2 is out of range for f32[2,3]; give one of -2 to 1",
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_refuses_with_a_message_that_says_why(case):
    call, message = REFUSED[case]
    with pytest.raises(LazyaxTypeError) as raised:
        call()
    assert str(raised.value) == message

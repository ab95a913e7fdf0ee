"""Python loops of many equal steps are compiled as loops, and give the same numbers."""

import numpy
import pytest

import lazyax as lx
import lazyax.numpy as np
from lazyax import random
from lazyax.api import loops
from lazyax.array import _read
from lazyax.transforms.evaluate import evaluate
from lazyax.xla.lowering import lower
from lazyax.xla.plan import plan
from lazyax.xla.program import Program
from lazyax.xla.roll import FEWEST_NODES, by_depth, roll_up


@pytest.fixture(autouse=True)
def whole(monkeypatch):
    """Loops that never look are not computed on the way, however long they are."""
    monkeypatch.setattr(loops, "is_forbidden", lambda: True)


def leaf(values):
    return np.array(numpy.asarray(values))


def fibonacci(n):
    a, b = leaf([0, 1]), leaf([1, 1])
    for _ in range(n):
        a, b = b, (a + b) % 1_000_003
    return b


def changing_numbers(n):
    x = leaf([3, 4, 5])
    for k in range(n):
        x = (x * (k % 7 + 1) + k) % 10_007 - k
    return x


def invariants(n):
    x, w = leaf([1, 2, 3]), leaf([5, 7, 11])
    twice = w * 2
    for _ in range(n):
        x = (x * w + twice) % 1_009
    return x


def computed_in_the_first_step(n):
    x = leaf([1, 2, 3])
    for k in range(n):
        if k == 0:
            kept = x * 5 + 1
        x = (x * kept + 7) % 1_009
    return x


def carries_of_several_dtypes(n):
    x, count, odd = leaf([1, 2, 3]), leaf(numpy.int64(0)), leaf([True, False, True])
    for k in range(n):
        x = np.where(odd, x * 3 + 1, x // 2) % 10_007
        odd = x % 2 == 1
        count = count + odd.sum()
        x = x + k
    return np.concatenate([x, count[None].astype("int32"), odd.astype("int32")])


def matrix_powers(n):
    a, x = leaf([[1, 2], [3, 5]]), leaf([1, 1])
    for _ in range(n):
        x = (a @ x + x[::-1]) % 997
        x = x * x % 991
    return x


def several_results(n):
    x = leaf([[3, 1, 2], [6, 5, 4]])
    for k in range(n):
        order = np.argsort(x, axis=1)
        x = np.sort(x, axis=1)[:, ::-1] * order + k
        x = x % 97
    return x


def odd_and_even_steps(n):
    x = leaf([1, 2, 3])
    for k in range(n):
        x = (x * 3 + 1) % 1_009 if k % 2 else (x * x - k) % 997
    return x


def loops_in_a_loop(n):
    x, y = leaf([1, 2]), leaf([3, 4])
    for k in range(n // 4):
        for _ in range(4):
            x = (x * 3 + y) % 1_009
        y = (y + x * k) % 1_013
    return x + y


def two_loops(n):
    x = leaf([1, 2, 3])
    for k in range(n):
        x = (x * 3 + k) % 1_009
    y = x * x
    for k in range(n):
        y = (y - x * k) % 1_013
    return y


def an_interrupted_loop(n):
    x = leaf([1, 2, 3])
    for k in range(n):
        x = (x * 3 + k) % 1_009
        if k == n // 2:
            x = x[::-1] + x * x
    return x


def a_use_of_the_last_two_steps(n):
    x = leaf([1, 2, 3])
    for k in range(n):
        before, x = x, (x * 3 + k) % 1_009
    return x - before * 2


def random_draws(n):
    key, x = random.PRNGKey(3), leaf(numpy.uint32([1, 2, 3]))
    for k in range(n // 4):
        x = x ^ (random.bits(random.fold_in(key, k), (3,)) + x)
    return x


def written_elements(n):
    x = leaf(numpy.arange(50, dtype="i4"))
    for k in range(n):
        x[k % 50] = x[(k + 1) % 50] * 3 + k
    return x % 1_009


def floats(n, x=None):
    x = leaf(numpy.float32([0.1, 0.5, 0.9])) if x is None else x
    w = leaf(numpy.float32([0.5, 0.7, 1.0]))
    v = x * 0.0
    for k in range(n):
        g = np.tanh(x * w + 0.1 * k) - x
        v = 0.9 * v + g * g
        x = x - 0.01 * g / (np.sqrt(v) + 1e-3)
    return x


def complex_numbers(n):
    z, c = leaf([0j, 0.1 + 0.2j]), leaf([0.1j, -0.3 + 0.1j])
    for _ in range(n):
        z = z * z + c
    return z


def states(n):
    x, found = leaf([1, 2, 3]), []
    for k in range(n):
        x = (x * 3 + k) % 1_009
        found.append(x)
    return found


def read_in_order(n):
    y = leaf([4, 5, 6])
    for x in states(n):
        y = (y * 5 + x) % 997
    return y


def read_backwards(n):
    found = states(n)
    y = found[-1]
    for k, x in enumerate(reversed(found)):
        y = (y * 5 + x * k) % 997
    return y


def every_second_read_backwards(n):
    y = leaf([4, 5, 6])
    for x in states(n)[::-2]:
        y = (y * y + x) % 997
        y = (y * 5 - x) % 991
    return y


def read_twice(n):
    found = states(n)
    y, z = found[n // 2] * 0, leaf([1, 1, 1])
    for x in found:
        y = (y * 5 + x) % 997
    for x in reversed(found):
        z = (z * 3 + x) % 991
    return y + z


def gradient(n, by=0):
    x, w = leaf(numpy.float32([0.1, 0.5, 0.9])), leaf(numpy.float32([0.5, 0.7, 1.0]))

    def loss(x, w):
        v = x * 0.0
        for k in range(n):
            g = np.tanh(x * w + 0.1 * k) - x
            v = 0.9 * v + g * g
            x = x - 0.01 * g / (np.sqrt(v) + 1e-3)
        return (x * x).sum()

    return lx.grad(loss, argnums=by)(x, w)


def gradient_by_what_each_step_uses(n):
    return gradient(n, by=1)


ROLLED = [
    read_in_order, read_backwards, every_second_read_backwards, read_twice, gradient,
    gradient_by_what_each_step_uses,
    fibonacci, changing_numbers, invariants, computed_in_the_first_step,
    carries_of_several_dtypes, matrix_powers, several_results, odd_and_even_steps,
    loops_in_a_loop, two_loops, an_interrupted_loop, a_use_of_the_last_two_steps, floats,
    complex_numbers,
]  # fmt: skip


def growing(n):
    x = leaf([1, 2])
    for k in range(n):
        x = np.concatenate([x, x[-1:] * 3 + k])
    return x


def every_step_is_kept(n):
    x, kept = leaf([1, 2]), []
    for k in range(n):
        x = (x * 3 + k) % 1_009
        kept.append(x)
    return np.stack(kept)


def an_array_for_each_step(n):
    x, arrays = leaf([1, 2]), [leaf([k, k + 1]) for k in range(n)]
    for array in arrays:
        x = (x * 3 + array) % 1_009
    return x


def three_steps_back(n):
    a, b, c = leaf([1, 2]), leaf([2, 3]), leaf([3, 4])
    for _ in range(n):
        a, b, c = b, c, (a * 5 + c) % 1_009
    return c


OTHERS = [growing, every_step_is_kept, an_array_for_each_step, random_draws, written_elements,
          three_steps_back]  # fmt: skip


def values_of(planned):
    arguments = [node.value for node in planned.arguments]
    (result,) = Program(planned).run(arguments, [node.value for node in planned.scalars])
    return numpy.asarray(result)


@pytest.fixture
def off():
    """A function that computes a plan as it is."""

    def compute(planned):
        lx.config.update(loop_rolling="off")
        try:
            return values_of(planned)
        finally:
            lx.config.update(loop_rolling="on")

    return compute


@pytest.mark.parametrize("loop", [*ROLLED, *OTHERS], ids=lambda loop: loop.__name__)
def test_the_numbers_are_the_same(loop):
    steps = 90 if loop in ROLLED else 30
    planned = plan([loop(steps)._node], keep_wanted=False)
    found = values_of(planned)
    (expected,) = evaluate([loop(steps)._node], _read)
    if found.dtype.kind in "iu":
        assert (found == expected).all()
    else:
        numpy.testing.assert_allclose(found, expected, rtol=1e-5)


@pytest.mark.parametrize("loop", [floats, complex_numbers], ids=lambda loop: loop.__name__)
def test_floats_are_those_of_the_unrolled_program(loop, off):
    planned = plan([loop(120)._node], keep_wanted=False)
    assert roll_up(planned).rolls
    numpy.testing.assert_array_max_ulp(values_of(planned).real, off(planned).real, 8)


@pytest.mark.parametrize("loop", ROLLED, ids=lambda loop: loop.__name__)
def test_the_program_does_not_grow_with_the_number_of_steps(loop):
    short, long = [plan([loop(n)._node], keep_wanted=False) for n in (130, 500)]
    texts = [lower(planned) for planned in (short, long)]
    assert texts[0].count("stablehlo.while") == texts[1].count("stablehlo.while") >= 1
    assert roll_up(long).nodes_left < roll_up(short).nodes_left + 150


@pytest.mark.parametrize("loop", [growing, every_step_is_kept, an_array_for_each_step])
def test_in_doubt_nothing_is_rolled(loop):
    assert roll_up(plan([loop(150)._node], keep_wanted=False)).rolls == []


def test_small_programs_and_those_that_do_not_repeat_are_left_alone():
    assert roll_up(plan([fibonacci(FEWEST_NODES // 20)._node])).rolls == []
    x, choose = leaf([1, 2]), numpy.random.default_rng(0)
    ops = [np.add, np.multiply, np.subtract, np.maximum]
    for _ in range(300):
        x = ops[choose.integers(4)](x, int(choose.integers(9)))
    assert roll_up(plan([x._node])).rolls == []


def test_values_that_others_hold_are_outputs_and_right():
    x, held = leaf([1, 2, 3]), None
    for k in range(120):
        x = (x * 3 + k) % 1_009
        if k == 60:
            held = x
    lx.materialize(x)
    (expected,) = evaluate([states(61)[-1]._node], _read)
    assert numpy.asarray(held).tolist() == expected.tolist()
    assert numpy.asarray(x).tolist() == evaluate([states(120)[-1]._node], _read)[0].tolist()


def random_step(seed):
    """A step of a few integer ops on three carries and what does not change, chosen by a seed."""
    choose = numpy.random.default_rng(seed)
    ops = [np.add, np.subtract, np.multiply, np.maximum, np.bitwise_xor]
    lines = [
        (ops[choose.integers(len(ops))], choose.integers(6), choose.integers(6), choose.integers(5))
        for _ in range(choose.integers(3, 7))
    ]

    def step(state, fixed, k):
        values = [*state, *fixed, np.minimum(state[0], k)]
        for op, left, right, into in lines:
            values.append(op(values[left], values[right]) % 1_009)
            values[into if into < 3 else 0] = values[-1]
        return values[:3]

    return step


@pytest.mark.parametrize("seed", range(6))
def test_random_steps_give_the_same_numbers(seed):
    step = random_step(seed)
    state, fixed = [leaf([1, 2]), leaf([3, 4]), leaf([5, 6])], [leaf([7, 8]), leaf([9, 1])]
    for k in range(70):
        state = step(state, fixed, k)
    together = np.stack(state)
    planned = plan([together._node], keep_wanted=False)
    (expected,) = evaluate([together._node], _read)
    assert values_of(planned if seed % 2 else by_depth(planned)).tolist() == expected.tolist()


def loops_that_read_each_other(seed):
    """Two or three loops, the later ones reading states of the earlier ones, chosen by a seed."""
    choose = numpy.random.default_rng(seed)
    ops = [np.add, np.subtract, np.multiply, np.maximum, np.bitwise_xor]
    kept = [[leaf([1, 2])], [leaf([3, 4])]]
    for _ in range(choose.integers(2, 4)):
        steps = choose.integers(30, 70)
        readers = []
        for _ in range(choose.integers(1, 3)):
            source = kept[choose.integers(len(kept))]
            stride = int(choose.choice([1, -1, 2, -2]))
            first = choose.integers(len(source)) if choose.random() < 0.3 else -(stride < 0)
            readers.append((source, int(first), stride))
        lines = [(ops[choose.integers(len(ops))], *choose.integers(0, 3, 2)) for _ in range(4)]
        state, states = [kept[-1][-1], kept[-2][0]], []
        for k in range(steps):
            read = [source[(at + stride * k) % len(source)] for source, at, stride in readers]
            values = [*state, np.minimum(state[0], k), *read]
            for op, left, right in lines:
                values.append(op(values[left], values[-1 - right]) % 1_009)
            state = [values[-1], values[-2] + values[len(state) + 1]]
            states.append(state[0])
        kept += [states, [state[1]]]
    return np.stack([kept[-2][-1], kept[-1][0], kept[2][len(kept[2]) // 2], kept[3][0]])


@pytest.mark.parametrize("seed", [34, 35, 36, 50])
def test_random_loops_that_read_each_other_give_the_same_numbers(seed):
    node = loops_that_read_each_other(seed)._node
    planned = plan([node], keep_wanted=False)
    assert any(roll.reads for roll in roll_up(planned).rolls)
    (expected,) = evaluate([node], _read)
    assert values_of(planned).tolist() == expected.tolist()


@pytest.mark.parametrize("loop", ROLLED, ids=lambda loop: loop.__name__)
def test_an_order_by_depth_is_an_order_of_the_same_program(loop):
    planned = plan([loop(40)._node], keep_wanted=False)
    ordered = by_depth(planned)
    assert sorted(map(id, ordered.nodes)) == sorted(map(id, planned.nodes))
    keys = [
        list(zip(plan.nodes, map(type, plan.entries), strict=True)) for plan in (planned, ordered)
    ]
    place = {key: number for number, key in enumerate(keys[1])}
    for entry, key in zip(planned.entries, keys[0], strict=True):
        there = ordered.entries[place[key]]
        if type(entry) is tuple:
            operands = [place[keys[0][number]] for number in entry[1:]]
            assert there == (entry[0], *operands)
            assert all(number < place[key] for number in operands)
        else:
            assert there == entry


def test_a_thousand_steps_of_twenty_ops_are_one_program(compiles):
    x = np.array(numpy.linspace(0.1, 0.9, 16, dtype="f4"))
    for k in range(1000):
        for _ in range(5):
            x = np.tanh(x * 0.5 + 0.1) + np.cos(x) * 0.25
        x = x - 0.001 * k
    assert bool(np.isfinite(x).all())
    assert compiles.count == 1


def test_loops_inside_jit_are_rolled_too():
    compiled = lx.trace(lambda x: floats(100, x))(np.ones(3)).compile()
    assert compiled.as_text().count("stablehlo.while") == 1


def test_rolling_can_be_turned_off(off):
    lx.config.update(loop_rolling="off")
    try:
        assert "while" not in lower(plan([fibonacci(200)._node]))
    finally:
        lx.config.update(loop_rolling="on")
    assert "while" in lower(plan([fibonacci(200)._node]))


def test_pieces_that_read_parts_of_each_other_are_a_round_each():
    x = np.array(numpy.arange(42, dtype="f4"))

    def rounds(step):
        y = x[:40]
        for k in range(64):
            y = step(y, k)
        return [roll.rounds for roll in roll_up(plan([y._node])).rolls]

    def stencil(y, k):
        return np.concatenate([y[:1], y[2:] + y[:-2] * 0.5, y[-1:]])

    (alone,) = rounds(stencil)
    (several,) = rounds(lambda y, k: y * 0.5 + x[2:42])
    assert alone > 60 > 32 >= several

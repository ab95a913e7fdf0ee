"""Random bits: the published test vectors, NumPy's meaning beside XLA's, keys by the batch."""

import numpy
import pytest

from lazyax.array import Array, _read, array_node
from lazyax.errors import LazyaxTypeError
from lazyax.graph.aval import aval_of
from lazyax.ops.primitives.leaves import input_leaf
from lazyax.ops.primitives.random_bits import FoldIn, RandomBits, threefry
from lazyax.transforms.evaluate import evaluate

WORD = "uint32"

# kat_vectors of Random123, for threefry2x32 with 20 rounds: counter, key, result
PUBLISHED = [
    ((0x00000000, 0x00000000), (0x00000000, 0x00000000), (0x6B200159, 0x99BA4EFE)),
    ((0xFFFFFFFF, 0xFFFFFFFF), (0xFFFFFFFF, 0xFFFFFFFF), (0x1CB996FC, 0xBB002BE7)),
    ((0x243F6A88, 0x85A308D3), (0x13198A2E, 0x03707344), (0xC4923A9C, 0x483DF7A0)),
]


@pytest.mark.parametrize(("counter", "key", "result"), PUBLISHED)
def test_the_hash_is_the_published_one(counter, key, result):
    words = numpy.array(counter, WORD)
    assert threefry(numpy.array(key, WORD), words[:1], words[1:]) == result


def keys_of(rng, *lanes):
    return rng.integers(0, 2**32, (*lanes, 2), dtype=WORD)


@pytest.mark.parametrize("layout", ["original", "partitionable"])
@pytest.mark.parametrize("width", [8, 16, 32, 64])
@pytest.mark.parametrize("shape", [(), (1,), (5,), (3, 5), (2, 0), (257,)], ids=str)
def test_xla_and_numpy_agree_and_each_lane_is_its_keys_draw(shape, width, layout, rng):
    keys = keys_of(rng, 3, 2)
    draw = RandomBits(shape, width, layout)
    together = draw(array_node(keys))
    assert together.aval is aval_of((3, 2, *shape), f"uint{width}")
    value = numpy.asarray(Array(together))
    numpy.testing.assert_array_equal(value, evaluate([draw(array_node(keys))], _read)[0])
    for lane in numpy.ndindex(3, 2):
        alone = numpy.asarray(Array(draw(array_node(keys[lane]))))
        numpy.testing.assert_array_equal(value[lane], alone)


def test_the_original_layout_of_64_bits_is_two_halves(rng):
    key = array_node(keys_of(rng))
    words = numpy.asarray(Array(RandomBits((10,), 32, "original")(key))).astype("uint64")
    wide = numpy.asarray(Array(RandomBits((5,), 64, "original")(key)))
    numpy.testing.assert_array_equal(wide, words[:5] << 32 | words[5:])


def test_the_original_layout_of_bytes_is_their_words_little_end_first(rng):
    key = array_node(keys_of(rng))
    words = numpy.asarray(Array(RandomBits((2,), 32, "original")(key)))
    octets = numpy.asarray(Array(RandomBits((7,), 8, "original")(key)))
    numpy.testing.assert_array_equal(octets, words.astype("<u4").view("uint8")[:7])


def test_the_partitionable_layout_hashes_each_position_alone(rng):
    key = keys_of(rng)
    whole = numpy.asarray(Array(RandomBits((4, 25), 64, "partitionable")(array_node(key))))
    zero, position = numpy.zeros(100, WORD), numpy.arange(100, dtype=WORD)
    high, low = threefry(key, zero, position)
    numpy.testing.assert_array_equal(whole.ravel(), high.astype("uint64") << 32 | low)


def test_folding_in_numbers_is_one_by_one(rng):
    keys, numbers = keys_of(rng, 4), rng.integers(0, 2**32, 4, dtype=WORD)
    folded = FoldIn()(array_node(keys), array_node(numbers))
    value = numpy.asarray(Array(folded))
    again = FoldIn()(array_node(keys), array_node(numbers))
    numpy.testing.assert_array_equal(value, evaluate([again], _read)[0])
    for lane in range(4):
        alone = FoldIn()(array_node(keys[lane]), array_node(numbers[lane]))
        numpy.testing.assert_array_equal(value[lane], numpy.asarray(Array(alone)))


def of(shape, dtype):
    return input_leaf(aval_of(shape, dtype))


REFUSED = {
    "a key of three": (
        lambda: RandomBits((2,), 32, "original")(of((3,), WORD)),
        "RandomBits: needs a key u32[2] or u32[...,2], got u32[3]",
    ),
    "a key of another dtype": (
        lambda: FoldIn()(of((2,), "int32"), of((), WORD)),
        "FoldIn: needs a key u32[2] or u32[...,2], got i32[2]",
    ),
    "another width": (
        lambda: RandomBits((2,), 24, "original")(of((2,), WORD)),
        "RandomBits: width is one of (8, 16, 32, 64) and layout one of ('original', "
        "'partitionable'), got 24 and 'original'",
    ),
    "too long for the original layout": (
        lambda: RandomBits((2**16, 2**16), 64, "original")(of((2,), WORD)),
        "RandomBits: (65536, 65536) of 64 bits needs 8589934592 words, and the original layout "
        "counts to 2**32; use the partitionable layout",
    ),
    "numbers that do not fit the keys": (
        lambda: FoldIn()(of((4, 2), WORD), of((), WORD)),
        "FoldIn: u32[4,2] needs numbers u32[4], got u32[]",
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_refuses_with_a_message_that_says_why(case):
    call, message = REFUSED[case]
    with pytest.raises(LazyaxTypeError) as raised:
        call()
    assert str(raised.value) == message

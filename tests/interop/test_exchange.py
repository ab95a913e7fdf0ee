"""Arrays among other libraries: devices, DLPack, NumPy's views, buffers, pickles and copies."""

from __future__ import annotations

import copy
import gc
import math
import operator
import pickle
import sys

import ml_dtypes
import numpy
import pytest

import lazyax as lx
import lazyax.numpy as np
from lazyax.errors import LazyaxTypeError

DTYPES = [
    *("bool", "int8", "uint16", "int32", "uint64", "float16", "float32", "complex64"),
    *("complex128", ml_dtypes.bfloat16, ml_dtypes.float8_e4m3fn, ml_dtypes.float8_e5m2),
]


def address(array: numpy.ndarray) -> int:
    return array.__array_interface__["data"][0]


def aligned(values: numpy.ndarray, offset: int = 0) -> numpy.ndarray:
    """A copy of ``values`` in memory that begins ``offset`` bytes after a multiple of 64."""
    memory = numpy.empty(values.nbytes + 128, numpy.uint8)
    start = -address(memory) % 64 + offset
    result = memory[start : start + values.nbytes].view(values.dtype).reshape(values.shape)
    result[...] = values
    return result


class Producer:
    """Another library's array: nothing but DLPack."""

    def __init__(self, of):
        self.of = of

    def __dlpack__(self, **keywords):
        return self.of.__dlpack__(**keywords)

    def __dlpack_device__(self):
        return self.of.__dlpack_device__()


@pytest.mark.parametrize("dtype", DTYPES, ids=lambda dtype: numpy.dtype(dtype).name)
def test_memory_goes_out_and_comes_back_without_a_copy(dtype):
    values = numpy.arange(6).reshape(2, 3).astype(dtype)
    x = lx.materialize(np.asarray(values))
    back = np.from_dlpack(Producer(x), copy=False)
    assert back.aval is x.aval
    assert address(numpy.asarray(back)) == address(numpy.asarray(x))
    numpy.testing.assert_array_equal(numpy.asarray(back), values)
    again = np.from_dlpack(Producer(x), copy=True)
    assert address(numpy.asarray(again)) != address(numpy.asarray(x))


def test_numpy_reads_lazy_arrays_by_dlpack_without_a_copy():
    x = np.arange(3.0) * 2
    view = numpy.from_dlpack(x)
    assert x.is_materialized
    assert address(view) == address(numpy.asarray(x))
    assert not view.flags.writeable
    copied = numpy.from_dlpack(x, copy=True)
    assert address(copied) != address(view)
    assert copied.tolist() == [0, 2, 4]
    assert numpy.from_dlpack(lx.grad(lambda x: x * x)(3.0)) == 6.0


def test_a_lent_buffer_outlives_its_array_and_is_not_written_again():
    ones = numpy.ones((512, 1024), "float32")  # 2 MB: large enough to be recycled
    for lend in (numpy.from_dlpack, numpy.asarray, lambda x: np.from_dlpack(Producer(x))):
        view = lend(lx.materialize(np.asarray(ones) * 3))
        gc.collect()
        for _ in range(3):
            lx.materialize(np.asarray(ones) * 5)
        assert numpy.asarray(view)[-1, -1] == 3.0


def test_borrowed_memory_is_not_written_by_programs():
    memory = aligned(numpy.ones((512, 1024), "float32"))
    for _ in range(3):
        x = np.from_dlpack(memory, copy=False)
        x += 1
        x *= 2
        assert float(lx.materialize(x)[0, 0]) == 4.0
        del x
    assert (memory == 1).all()


def test_numpys_memory_is_used_as_it_is_if_it_is_aligned():
    values = numpy.arange(8, dtype="float32")
    memory = aligned(values)
    x = np.from_dlpack(memory, copy=False)
    assert address(numpy.asarray(x)) == address(memory)
    askew = aligned(values, offset=4)
    with pytest.raises(BufferError) as error:
        np.from_dlpack(askew, copy=False)
    assert str(error.value) == (
        "from_dlpack: the memory can not be used without a copy, which copy=False forbids: XLA "
        "needs it contiguous and aligned to 64 bytes; use copy=None"
    )
    assert np.from_dlpack(askew).tolist() == values.tolist()
    assert np.from_dlpack(values[::-2]).tolist() == values[::-2].tolist()


class OnAnotherDevice(Producer):
    def __dlpack_device__(self):
        return 2, 0


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (
            lambda x: np.from_dlpack([1, 2]),
            LazyaxTypeError,
            "from_dlpack: needs an object with __dlpack__, got list; use asarray",
        ),
        (
            lambda x: np.from_dlpack(OnAnotherDevice(numpy.ones(2)), copy=False),
            BufferError,
            "from_dlpack: an array on another device needs a copy to the host",
        ),
        (
            lambda x: x.__dlpack__(dl_device=(2, 0)),
            BufferError,
            "dlpack: f32[2] is on cpu:0; it can be given there, or be copied to the host",
        ),
        (
            lambda x: x.to_device("tpu"),
            LazyaxTypeError,
            "to_device: there is no device 'tpu' here; arrays are on cpu:0. LAZYAX_PLATFORM "
            "chooses another platform before the first computation",
        ),
        (
            lambda x: np.asarray(x, "int32", copy=False),
            LazyaxTypeError,
            "asarray: f32[2] does not become an array without a copy, which copy=False forbids; "
            "use copy=None, or from_dlpack for another library's array",
        ),
        (
            lambda x: x.astype("int32", casting="safe"),
            LazyaxTypeError,
            "astype: f32[2] does not become int32 by casting='safe'; use casting='unsafe'",
        ),
        (
            lambda x: x.__array_namespace__(api_version="1999.12"),
            LazyaxTypeError,
            "__array_namespace__: api_version is one of ('2021.12', '2022.12', '2023.12', "
            "'2024.12'), got '1999.12'",
        ),
        (
            lambda x: np.__array_namespace_info__().dtypes(kind="wide"),
            LazyaxTypeError,
            "dtypes: kind is one of ['bool', 'signed integer', 'unsigned integer', 'integral', "
            "'real floating', 'complex floating', 'numeric'], got 'wide'",
        ),
    ],
)
def test_what_can_not_be_exchanged_says_so(call, error, message):
    with pytest.raises(error) as caught:
        call(np.ones(2))
    assert str(caught.value) == message


CREATE = {
    "arange": lambda **device: np.arange(3, **device),
    "array": lambda **device: np.array([1], **device),
    "asarray": lambda **device: np.asarray([1], **device),
    "astype": lambda **device: np.astype(np.ones(1), "int32", **device),
    "empty": lambda **device: np.empty(1, **device),
    "empty_like": lambda **device: np.empty_like(np.ones(1), **device),
    "eye": lambda **device: np.eye(1, **device),
    "from_dlpack": lambda **device: np.from_dlpack(np.ones(1), **device),
    "full": lambda **device: np.full(1, 2, **device),
    "full_like": lambda **device: np.full_like(np.ones(1), 2, **device),
    "linspace": lambda **device: np.linspace(0, 1, 3, **device),
    "ones": lambda **device: np.ones(1, **device),
    "ones_like": lambda **device: np.ones_like(np.ones(1), **device),
    "to_device": lambda device="cpu": np.ones(1).to_device(device),
    "zeros": lambda **device: np.zeros(1, **device),
    "zeros_like": lambda **device: np.zeros_like(np.ones(1), **device),
}


@pytest.mark.parametrize("name", CREATE)
def test_what_creates_takes_a_device(name):
    make = CREATE[name]
    here = make().device
    assert str(here) == "cpu:0"
    for device in (here, "cpu", "cpu:0", None):
        assert make(device=device).device == here
    with pytest.raises(LazyaxTypeError, match=f"{name}: there is no device 'cuda:7' here"):
        make(device="cuda:7")


def test_asarray_is_the_array_itself_where_there_is_nothing_to_convert():
    x = np.zeros(3)
    for same in (np.asarray(x), np.asarray(x, "float32"), np.asarray(x, copy=False)):
        assert same is x
    np.asarray(x)[0] = 1
    for other in (np.asarray(x, copy=True), np.asarray(x, "float64")):
        other[1] = 1
    assert x.tolist() == [1, 0, 0]
    assert x.astype("float32", copy=False) is x
    assert x.astype("float32") is not x


def test_a_second_read_moves_nothing():
    x = np.arange(1000.0) + 1
    first, second = numpy.asarray(x), numpy.asarray(x)
    assert address(first) == address(second)
    assert not first.flags.writeable
    with pytest.raises(ValueError, match="read-only"):
        first[0] = 5
    assert address(numpy.array(x)) != address(first)


def test_memoryviews_show_the_value():
    """Python asks for ``__buffer__`` from 3.12 on; before, memoryview(numpy.asarray(x)) does."""
    x = np.arange(3, dtype="int32") * 2
    view = x.__buffer__(0)
    assert (view.tolist(), view.format, view.readonly) == ([0, 2, 4], "i", True)
    asks = memoryview if sys.version_info >= (3, 12) else lambda x: x.__buffer__(0)
    assert asks(x).tolist() == [0, 2, 4]
    with pytest.raises(BufferError) as error:
        x.__buffer__(1)
    assert str(error.value) == "i32[3] is read-only; write to a copy: numpy.array(x)"
    with pytest.raises(BufferError, match=r"bf16\[2\] has no buffer format; use numpy.asarray"):
        asks(np.ones(2, "bfloat16"))
    assert numpy.asarray(np.ones(2, "bfloat16")).tolist() == [1, 1]


COPIES = {
    "pickle": lambda x: pickle.loads(pickle.dumps(x)),
    "copy": copy.copy,
    "deepcopy": copy.deepcopy,
    "deepcopy of a list": lambda x: copy.deepcopy([x])[0],
    "array": np.array,
    "method": lambda x: x.copy(),
}


@pytest.mark.parametrize("how", COPIES)
def test_copies_are_handles_of_their_own(how):
    for dtype in ("float32", "int8", "complex64", ml_dtypes.bfloat16):
        x = np.arange(3).astype(dtype) + 1
        copied = COPIES[how](x)
        x[0] = 9
        assert copied.aval == x.aval
        assert (numpy.asarray(copied) == numpy.asarray([1, 2, 3], dtype)).all()


PYTHON = {
    "f'{x:.3f}'": (lambda x: f"{x:.3f}", 2.5, "2.500"),
    "f'{x}'": (lambda x: f"{x}", [1, 2], "[1 2]"),
    "f'{x:>4}'": (lambda x: f"{x:>4}", 2, "   2"),
    "int": (int, 2.75, 2),
    "int of [x]": (int, [[7]], 7),
    "float": (float, 2, 2.0),
    "complex": (complex, 2.5, 2.5 + 0j),
    "complex of complex": (complex, 1 + 2j, 1 + 2j),
    "operator.index": (operator.index, 3, 3),
    "as an index": (lambda x: [1, 2, 3][x], 1, 2),
    "range": (lambda x: list(range(x)), 2, [0, 1]),
    "bool": (bool, [0], False),
    "round": (round, 2.5, 2),
    "round to digits": (lambda x: float(round(x, 2)), [1.25], 1.25),
    "len": (len, [1, 2, 3], 3),
    "in": (lambda x: 2 in x, [1, 2], True),
    "list": (lambda x: [int(one) for one in x], [1, 2], [1, 2]),
    "unpacking": (lambda x: [int(one) for one in (lambda a, b: (b, a))(*x)], [1, 2], [2, 1]),
    "math.floor": (math.floor, 2.5, 2),
    "math.trunc": (math.trunc, -2.5, -2),
    "print": (str, [[1.0, 2.5]], "[[1.  2.5]]"),
}


@pytest.mark.parametrize("name", PYTHON)
def test_pythons_protocols(name):
    ask, value, want = PYTHON[name]
    got = ask(np.asarray(value))
    assert type(got) is type(want)
    assert got == want


def test_arrays_do_not_hash():
    with pytest.raises(TypeError, match="unhashable type: 'Array'"):
        hash(np.ones(2))
    with pytest.raises(LazyaxTypeError, match=r"index: needs a 0-d integer array, got f32\[\]"):
        operator.index(np.ones(()))


def test_numpys_print_options_are_honoured():
    x = np.asarray([1 / 3, 2e-9])
    with numpy.printoptions(precision=2, suppress=True):
        assert str(x) == "[0.33 0.  ]"
        assert repr(x) == "Array([0.33, 0.  ], f32[2])"
    with numpy.printoptions(threshold=4, edgeitems=1):
        assert str(np.arange(9)) == "[0 ... 8]"

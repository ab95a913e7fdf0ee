"""Random bits: threefry-2x32, a hash of a key and a counter.

Salmon, Moraes, Dror and Shaw, "Parallel random numbers: as easy as 1, 2, 3" (2011): 20 rounds.
A key is u32[2]. Nothing is drawn in sequence: equal keys give equal bits, on every device.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy

from lazyax.graph.aval import aval_of
from lazyax.graph.op import primitive
from lazyax.ops.primitives.kinds import Flat, with_batch_axis

ROTATIONS = ((13, 15, 26, 6), (17, 29, 16, 24))
PARITY = 0x1BD11BDA
WORD = numpy.dtype(numpy.uint32)
WIDTHS = (8, 16, 32, 64)
LAYOUTS = ("original", "partitionable")


@primitive
class RandomBits(Flat):
    """Random integers of ``width`` bits in ``shape``, of a key.

    u32[2] -> u32[3,5] for shape (3, 5), width 32; each key of u32[7,2] gives its own: u32[7,3,5].
    The layout says which counters stand behind an element: ``original`` hashes 0, 1, ... in two
    halves; ``partitionable`` hashes each element's 64-bit row-major position, so that a part of
    the array is computed without the rest. Lowers to `func.call` of the 20 unrolled rounds, a
    private function that a program has once for a shape.
    """

    shape: tuple[int, ...]
    width: int
    layout: str

    expensive = True

    def infer(self, key):
        require_key(self, key)
        self.require(
            self.width in WIDTHS and self.layout in LAYOUTS,
            f"width is one of {WIDTHS} and layout one of {LAYOUTS}, got {self.width} and "
            f"{self.layout!r}",
        )
        self.require(
            self.layout == "partitionable" or self.words <= 2**32,
            f"{self.shape} of {self.width} bits needs {self.words} words, and the original layout "
            "counts to 2**32; use the partitionable layout",
        )
        return aval_of((*key.shape[:-1], *self.shape), numpy.dtype(f"u{self.width // 8}"))

    @property
    def words(self) -> int:
        """How many 32-bit words hold the bits."""
        return -(-math.prod(self.shape) * self.width // 32)

    def lower(self, emit, node, key):
        emit.demand_same_bits()
        if not node.aval.size:
            return emit.constant(0, node.aval)
        draw = self._lower_original if self.layout == "original" else self._lower_partitionable
        flat = draw(emit, node, _known_first(emit, node, key))
        return flat if flat.aval is node.aval else _reshape(emit, flat, node.aval.shape)

    def _lower_original(self, emit, node, key):
        lanes, half = key.aval.shape[:-1], -(-self.words // 2)
        low = _iota(emit, aval_of((*lanes, half), WORD))
        high = emit.elementwise("add", low.aval, low, emit.constant(half, low.aval))
        if self.words % 2:
            padding = emit.constant(0, aval_of((*lanes, 1), WORD))
            head = _prefix(emit, high, half - 1)
            high = _concatenate(emit, head, padding)
        parts = _threefry(emit, key, low, high)
        if self.width == 64:
            return _join_words(emit, node.aval.dtype, *parts)
        words = _concatenate(emit, *parts)
        if self.width < 32:
            per_word = 32 // self.width
            split = aval_of((*words.aval.shape, per_word), node.aval.dtype)
            words = emit(
                f"stablehlo.bitcast_convert {words} : ({words.type}) -> {emit.type(split)}", split
            )
            words = _reshape(emit, words, (*lanes, 2 * half * per_word))
        return _prefix(emit, words, math.prod(self.shape))

    def _lower_partitionable(self, emit, node, key):
        counts = aval_of((*key.aval.shape[:-1], math.prod(self.shape)), WORD)
        if counts.shape[-1] <= 2**32:
            high, low = emit.constant(0, counts), _iota(emit, counts)
        else:
            wide = _iota(emit, counts.with_dtype(numpy.dtype(numpy.uint64)))
            above = emit.constant(32, wide.aval)
            shifted = emit.elementwise("shift_right_logical", wide.aval, wide, above)
            high, low = _convert(emit, shifted, WORD), _convert(emit, wide, WORD)
        parts = _threefry(emit, key, high, low)
        if self.width == 64:
            return _join_words(emit, node.aval.dtype, *parts)
        mixed = emit.elementwise("xor", counts, *parts)
        return mixed if self.width == 32 else _convert(emit, mixed, node.aval.dtype)

    def evaluate(self, key):
        size = math.prod(self.shape)
        dtype = numpy.dtype(f"u{self.width // 8}")
        if self.layout == "original":
            counts = numpy.arange(self.words + self.words % 2, dtype=WORD)
            counts[self.words :] = 0
            parts = threefry(key[..., None, :], *counts.reshape(2, -1))
        else:
            counts = numpy.arange(size, dtype=numpy.uint64)
            parts = threefry(key[..., None, :], counts >> 32, counts & 0xFFFFFFFF)
        if self.width == 64:
            flat = (parts[0].astype(dtype) << 32) | parts[1]
        elif self.layout == "original":
            words = numpy.concatenate(parts, axis=-1).astype("<u4")
            flat = words.view(dtype.newbyteorder("<"))[..., :size].astype(dtype)
        else:
            flat = (parts[0] ^ parts[1]).astype(dtype)
        return flat.reshape(*key.shape[:-1], *self.shape)

    def batch(self, operands, batched, size):
        return self(*operands)


@primitive
class FoldIn(Flat):
    """A key and a number hashed to a new key.

    u32[2], u32[] -> u32[2]; several keys and as many numbers: u32[7,2], u32[7] -> u32[7,2].
    Lowers to `func.call` of threefry, as `RandomBits`.
    """

    expensive = True

    def infer(self, key, number):
        require_key(self, key)
        self.require(
            number.dtype == WORD and number.shape == key.shape[:-1],
            f"{key} needs numbers {aval_of(key.shape[:-1], WORD)}, got {number}",
        )
        return aval_of(key.shape, WORD)

    def lower(self, emit, node, key, number):
        low = _reshape(emit, number, (*number.aval.shape, 1))
        high = emit.constant(0, low.aval)
        return _concatenate(emit, *_threefry(emit, _known_first(emit, node, key), high, low))

    def evaluate(self, key, number):
        return numpy.stack(threefry(key, numpy.zeros_like(number), number), axis=-1)

    def batch(self, operands, batched, size):
        return self(*with_batch_axis(operands, batched, size))


def require_key(op, key) -> None:
    """Raise unless ``key`` is a key, or several.

    Raises:
        LazyaxTypeError: naming what was given.
    """
    op.require(
        key.dtype == WORD and key.shape[-1:] == (2,), f"needs a key u32[2] or u32[...,2], got {key}"
    )


def threefry(key: numpy.ndarray, x0, x1) -> tuple[numpy.ndarray, numpy.ndarray]:
    """The hash in NumPy: key u32[...,2] and the two words of a counter, which broadcast."""
    first, second = key[..., 0].astype(WORD), key[..., 1].astype(WORD)
    schedule = (first, second, first ^ second ^ WORD.type(PARITY))
    x0, x1 = numpy.broadcast_arrays(x0.astype(WORD) + first, x1.astype(WORD) + second)
    for group in range(5):
        for distance in ROTATIONS[group % 2]:
            x0 = x0 + x1
            x1 = x0 ^ ((x1 << WORD.type(distance)) | (x1 >> WORD.type(32 - distance)))
        x0 = x0 + schedule[(group + 1) % 3]
        x1 = x1 + schedule[(group + 2) % 3] + WORD.type(group + 1)
    return x0, x1


def _known_first(emit, node, key):
    """A key that the program computes, apart from what is drawn with it.

    XLA:CPU would write the rounds that made it into each of the 15 places where it is read, and
    so on for the key's own key: 3.3 s to compile two draws of a key split twice, 0.4 so (CPU time;
    `random.normal` of the rows of splits of the rows of a split into two, 5 numbers each).
    """
    is_computed = node.operands[0].operands and node.operands[0].value is None
    return emit.barrier(key) if is_computed and emit.platform == "cpu" else key


def _threefry(emit, key, x0, x1) -> Sequence:
    """Emit the hash: key u32[*lanes,2] and the two words of counters u32[*lanes,n]."""
    lanes = key.aval.shape[:-1]
    halves = [_reshape(emit, _part(emit, key, i, i + 1), lanes) for i in range(2)]
    return emit.call("threefry2x32", _rounds, [*halves, x0, x1], [x0.aval, x1.aval])


def _rounds(emit, parameters) -> list:
    """Body of the private function."""
    first, second, x0, x1 = parameters
    word, full = first.aval, x0.aval
    mixed = emit.elementwise("xor", word, first, second)
    third = emit.elementwise("xor", word, mixed, emit.constant(PARITY, word))
    schedule = [
        emit(
            f"stablehlo.broadcast_in_dim {part}, dims = {list(range(word.ndim))} : "
            f"({part.type}) -> {x0.type}",
            full,
        )
        for part in (first, second, third)
    ]

    def add(x, y):
        return emit.elementwise("add", full, x, y)

    x0, x1 = add(x0, schedule[0]), add(x1, schedule[1])
    for group in range(5):
        for distance in ROTATIONS[group % 2]:
            x0 = add(x0, x1)
            left = emit.elementwise("shift_left", full, x1, emit.constant(distance, full))
            right = emit.elementwise(
                "shift_right_logical", full, x1, emit.constant(32 - distance, full)
            )
            x1 = emit.elementwise("xor", full, x0, emit.elementwise("or", full, left, right))
        x0 = add(x0, schedule[(group + 1) % 3])
        x1 = add(add(x1, schedule[(group + 2) % 3]), emit.constant(group + 1, full))
    return [x0, x1]


def _join_words(emit, dtype, high, low):
    """Two 32-bit words as one of 64."""
    high, low = _convert(emit, high, dtype), _convert(emit, low, dtype)
    above = emit.elementwise("shift_left", high.aval, high, emit.constant(32, high.aval))
    return emit.elementwise("or", high.aval, above, low)


def _iota(emit, aval):
    return emit(f"stablehlo.iota dim = {aval.ndim - 1} : {emit.type(aval)}", aval)


def _convert(emit, x, dtype):
    aval = x.aval.with_dtype(dtype)
    return emit(f"stablehlo.convert {x} : ({x.type}) -> {emit.type(aval)}", aval)


def _reshape(emit, x, shape):
    aval = x.aval.with_shape(tuple(shape))
    return emit(f"stablehlo.reshape {x} : ({x.type}) -> {emit.type(aval)}", aval)


def _prefix(emit, x, length: int):
    """The first elements along the last axis."""
    return x if x.aval.shape[-1] == length else _part(emit, x, 0, length)


def _part(emit, x, start: int, stop: int):
    """Elements ``start:stop`` of the last axis."""
    outer = x.aval.shape[:-1]
    ranges = ", ".join([*[f"0:{length}" for length in outer], f"{start}:{stop}"])
    aval = x.aval.with_shape((*outer, stop - start))
    return emit(f"stablehlo.slice {x} [{ranges}] : ({x.type}) -> {emit.type(aval)}", aval)


def _concatenate(emit, x, y):
    """One after the other along the last axis."""
    names, types = emit.operands(x, y)
    aval = x.aval.with_shape((*x.aval.shape[:-1], x.aval.shape[-1] + y.aval.shape[-1]))
    return emit(
        f"stablehlo.concatenate {names}, dim = {aval.ndim - 1} : ({types}) -> {emit.type(aval)}",
        aval,
    )

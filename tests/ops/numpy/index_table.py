"""Shapes and indices that NumPy takes: the table of the tests of reading and of assignment."""

from __future__ import annotations

import numpy

_some = numpy.random.default_rng(8).random((3, 4)) > 0.4
_rows = _some[:, 0]

TABLE = {
    (): [(), ..., None, (None, ...), True, False, (True, None)],
    (5,): [
        0, -1, -5, 4, slice(None), slice(1, 3), slice(-3, None), slice(None, None, -1),
        slice(4, 0, -2), slice(None, None, 2), slice(1, None, 3), slice(10, 2), slice(-100, 100, 3),
        slice(3, 3), slice(100, None, -1), slice(0, 1, -1), slice(-2, -9, -2), slice(2, 3, 7),
        None, ..., (), (None, 2), (2, None), (..., 2), (2, ...), (None, slice(1, None), None),
        [0, 1, 1], [-1], [], [[0, 1], [2, -5]], [2, 2, 4], True, False, (None, True), (True, 3),
        (False, 3), numpy.array([True, False, True, False, True]), [False] * 5,
        numpy.int64(2), numpy.array(3), numpy.array([4, 0]), numpy.array([3, 3], "u1"),
        (numpy.uint8(2), None), numpy.zeros((2, 0), int), slice(numpy.int8(1), numpy.int64(4)),
    ],
    (3, 4): [
        0, -1, (0, 0), (-1, -4), (slice(None), 1), (..., -1), (1, ...), (None, ..., None, 0),
        (slice(None, None, -1), slice(None, None, 2)), (slice(1), slice(2, None)),
        (slice(2, None, -1), slice(3, 0, -3)), (slice(0, 0), 1), (slice(None), None, slice(1, 2)),
        (slice(1, 3), ..., slice(None, None, -1)), [2, 0], ([0, 1], [1, 2]), ([0, 1],),
        ([[0], [1]], [1, 2]), (slice(1, 3), [0, 0, 3]), ([2, 0], slice(None, None, -2)),
        (slice(None, None, -1), [3, 1]), (slice(None, None, 2), [1]), (0, [1, 2]), ([1, 2], 0),
        (-1, [[1, 2]]), ([1, 2], -1), _some, ~_some, _rows, (slice(None), _some[0]), (_rows, 1),
        (_rows, slice(1, 3)), (_rows, None), (None, _some), (_rows, [2] * int(_rows.sum())),
        (True, [0, 1]), (True, 0, 0), (slice(None), True), (slice(None), False, 1),
        (None, [1, 1], None, slice(1, 3)), ([1, 1], None, [0, 2]), (..., [0, 1], [3, 3]),
        ([], [1]), ([], slice(1, 2)), (slice(None), []), ([[]], 0), numpy.ones((3, 4), bool),
        numpy.zeros((0, 4), bool), numpy.zeros((3, 0), bool), range(2), (range(1, 3), range(2)),
        (numpy.array([0, 2]), numpy.array(1)), (numpy.array(2), numpy.array(-1)),
        ([0, 1, 2, 1], [0, -1, 2, -4]), (slice(1, 2), [[0, 1], [2, 3]]),
    ],
    (5, 3, 4): [
        (slice(None), [0, 1], ..., [0, 1]), (slice(None), [0, 1], [0, 1]), (1, slice(None), [0, 1]),
        ([0, 1], None, [0, 1]), (slice(None), [0, 1], None, [0, 1]), (slice(None), True, 0),
        (0, slice(None), True), (True, 0, False), (..., _some), (slice(1, 3), _some), (..., 2, 1),
        (slice(None, None, 2), _some), ([0, 4], slice(None), [1, 3]), ([0, 4], [1, 1]),
        (slice(4, 1, -1), 2, slice(3, None, -3)), (slice(1, 4, 2), slice(1, 2), 3), (4, 2, 3),
        (numpy.array(1), slice(None), numpy.array(0)), ([[0], [1]], slice(1, None), [[1, 2]]),
        (None, 3, None, slice(None), [0, 3]), (slice(None), None, [2, 2, 0], slice(3, 0, -1)),
        ([4], [2], [3]), (0, [1, 2], 0), ([1, 2], 0, slice(None)), (slice(2, 4), [2, 0], 3),
        (slice(None), slice(None), [[3, 0], [1, 1], [2, 2]]), (..., None), (..., slice(0, 4, 3)),
    ],
    (2, 3, 4, 5): [
        (1, slice(None), 0, [0, 1]), ([0, 1], slice(1, 3), ..., [4, 3]), (0, ..., 0),
        (slice(None), _some, slice(0, 2)), (slice(None), _some, [0] * int(_some.sum())),
        (..., [1, 2], [[1], [2]], slice(None)), (None, 0, ..., None, [1, 2], slice(1, 4)),
        (..., [1, 2], slice(None)), (slice(None), [0, 1], slice(None), [0, 1]), (1, 2, 3, 4),
        (slice(1), slice(None, None, -1), slice(1, 3), slice(None, None, 2)), (1, None, 2, None),
        ([1, 0], [[2], [0]], 1, slice(None)), (slice(None), 1, slice(None), [0, 1]),
        (slice(None), 1, [0, 1], slice(4, 0, -1)), (slice(1, 2), [2], None, [[3], [1]], 2),
    ],
    (0, 3): [
        slice(None), (slice(None), 1), [], (slice(None), [1, 2]), numpy.zeros((0, 3), bool),
        (slice(None, None, -1), slice(1, 2)), (None, slice(0, 0)),
    ],
    (2, 0): [0, (0, slice(None)), [[0, 1]], (slice(None), []), (1, ...), (True, slice(1))],
    (4, 2): [([3, 3, 0], [0, 0, 1]), ([1, 1, 1],), (slice(None), [1, 0])],
}  # fmt: skip

CASES = [(shape, index) for shape, indices in TABLE.items() for index in indices]


def sample(rng: numpy.random.Generator, shape: tuple[int, ...]) -> numpy.ndarray:
    """Random numbers of which no two are equal."""
    return rng.permutation(numpy.arange(numpy.prod(shape, dtype=int)).astype("f4")).reshape(shape)


def same(result, expected) -> bool:
    """Whether two arrays of any library have one shape and the same elements; NaN equals NaN."""
    result, expected = numpy.asarray(result), numpy.asarray(expected)
    exact = result.dtype.kind not in "fc"
    return numpy.array_equal(result, expected, equal_nan=not exact)


def close(result, expected, rtol: float = 1e-5, atol: float = 1e-6) -> bool:
    """Whether two arrays of any library have one shape and nearly the same elements."""
    result, expected = numpy.asarray(result), numpy.asarray(expected)
    return result.shape == expected.shape and numpy.allclose(result, expected, rtol, atol)

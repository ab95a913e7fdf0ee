"""Entries compared in columns: what comparing them one by one finds."""

from __future__ import annotations

from collections import Counter

import numpy
import pytest

import lazyax.numpy as np
from lazyax.xla.columns import MOVED, Columns
from lazyax.xla.plan import plan

FARTHEST = 12


def ways_of(columns, index, size):
    """How each operand goes on from the row ``size`` before; None for rows that are not alike."""
    rows = [columns.plan.entries[row] for row in (index - size, index)]
    if index < size or columns.avals[index - size] != columns.avals[index]:
        return None
    if any(type(row) is not tuple for row in rows):
        return () if rows[0] == rows[1] and type(rows[0]) is not str else None
    if (rows[0][0], len(rows[0])) != (rows[1][0], len(rows[1])):
        return None
    return tuple(
        MOVED if operand == before + size and index - operand <= FARTHEST else operand - before
        for before, operand in zip(rows[0][1:], rows[1][1:], strict=True)
    )


def planned(rng):
    """A plan of operators at random that come again and again, with some others between."""
    made = [np.ones(3), np.ones((2, 3)).sum(0), np.zeros(3).materialize()]
    choices = numpy.tile(rng.integers(0, [5, 3, 3], (5, 3)), (12, 1))
    odd = rng.random(len(choices)) < 0.05
    choices[odd] = rng.integers(0, [5, 3, 3], (odd.sum(), 3))
    for op, *places in choices:
        x, y = (made[-1 - place] for place in places)
        made.append([x * y, x + 0.5, np.tanh(x), np.concatenate([x[1:], y[:1]]), x * made[0]][op])
    return plan([made[-1]._node, made[-2]._node], keep_wanted=False)


@pytest.mark.parametrize("may_read", [True, False])
def test_rows_are_alike_in_columns_as_one_by_one(rng, may_read):
    found = 0
    for _ in range(8):
        columns = Columns.of(planned(rng))
        for size in (1, 2, 3, 5):
            like, steady = columns.alike(size, FARTHEST, may_read)
            ways = [ways_of(columns, index, size) for index in range(len(like))]
            if not may_read:
                ways = [None if way and {*way} - {MOVED, 0} else way for way in ways]
            assert like.tolist() == [way is not None for way in ways]
            assert steady.tolist() == [
                index >= size and way is not None and ways[index - size] == way
                for index, way in enumerate(ways)
            ]
            found += steady.sum()
    assert found > 50


def test_gaps_are_those_between_equal_ops_on_operands_as_far_back(rng):
    columns = Columns.of(planned(rng))
    last, expected = {}, Counter()
    for index, entry in enumerate(columns.plan.entries):
        if type(entry) is tuple:
            token = (entry[0], *[index - operand for operand in entry[1:]])
            if token in last:
                expected[token, index - last[token]] += 1
            last[token] = index
    gaps = columns.gaps(0, len(columns.ops))
    assert Counter(gaps) == Counter((gap, count) for (_, gap), count in expected.items())
    assert numpy.array(gaps).min() > 0

"""The whole table: a new op adds a row to its family, and every law is tested on it."""

from __future__ import annotations

from lazyax.graph.op import REGISTRY, Op
from tests.laws import (
    control,
    convolutions,
    elementwise,
    indexing,
    linalg,
    random,
    structural,
    windows,
)
from tests.laws.case import Case

EXEMPT = {
    "AxisIndex": "it has a value only under vmap: see tests/lax/test_collectives.py",
    "Checkpoint": "it forwards what it was computed from: see tests/api/test_checkpointing.py",
    "CustomRule": "its rule is the user's: see tests/api/test_custom_rules.py",
    "Data": "a leaf with a value: it lowers to an argument, and has no rule to test",
    "GammaNumber": "its values are drawn ones: see tests/test_random_gradients.py",
    "Gathered": "it has a value only under vmap: see tests/lax/test_collectives.py",
    "Input": "an abstract leaf: it lowers to an argument, and has no rule to test",
    "OwnLane": "it has a value only under vmap: see tests/lax/test_collectives.py",
    "MissingKey": "an abstract leaf: a graph that has one is seeded before it is lowered",
    "Scalar": "a leaf with a value: it lowers to an argument, and has no rule to test",
    "SumOverLanes": "it has a value only under vmap: see tests/lax/test_collectives.py",
}
"""Primitives without a row, and why."""

FAMILIES = [elementwise, structural, indexing, random, windows, convolutions, linalg, control]

CASES: list[Case] = [case for family in FAMILIES for row in family.ROWS for case in row]

BY_OP: dict[type[Op], list[Case]] = {
    op: [case for case in CASES if type(case.op) is op]
    for name, op in sorted(REGISTRY.items())
    if name not in EXEMPT and op.__module__.startswith("lazyax.")
}

DOUBLE = [case for case in CASES if case.is_double and any(case.choices(differentiable=True))]
"""Cases precise enough for finite differences."""

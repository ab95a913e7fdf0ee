"""Every law on every case. The names of the tests are the laws."""

from __future__ import annotations

import pickle
import subprocess
import sys

import pytest

from lazyax.graph.op import REGISTRY
from lazyax.ops.primitives.kinds import Elementwise
from tests.laws import laws
from tests.laws.case import Case
from tests.laws.cases import BY_OP, CASES, DOUBLE, EXEMPT


def choices(cases: list[Case], differentiable: bool = False) -> list:
    """Each case with each non-empty choice of its operands."""
    return [
        pytest.param(case, which, id=f"{case}-{''.join('01'[w] for w in which)}")
        for case in cases
        for which in case.choices(differentiable)
    ]


UNLIKE_NUMPY = {
    ("BetaRatio", "f"): "NaN where the fraction needs more than 16,384 steps",
    ("Digamma", "f"): "XLA has NaN at 0, where SciPy has infinities",
    ("ExpN", "f"): "SciPy refuses orders that are not whole",
    ("Lgamma", "f"): "XLA has inf at -inf, where SciPy has -inf",
    ("LogBeta", "f"): "the formula cancels where exponents are large",
    ("LogPoisson", "f"): "the formula cancels where exponents are large",
    ("Polygamma", "f"): "XLA has NaN at infinity, and for orders that are not whole",
    ("Power", "i"): "NumPy refuses negative integer powers",
    ("Power", "u"): "XLA takes an exponent of 255 in uint8 for -1",
    ("Zeta", "f"): "NaN for a negative shift that is not whole, whatever the exponent",
}
"""Ops that XLA computes differently at special values, by kind of dtype; so they are in jax."""


def has_special_values(case: Case) -> bool:
    """Whether a case is of an elementwise op on one dtype at whose special values XLA is NumPy."""
    if not isinstance(case.op, Elementwise):
        return False
    kind = case.operands[0].aval.dtype.kind
    dtypes = {operand.dtype for operand in case.operands}
    return dtypes <= {"f32", "f64", "i32", "u8"} and (case.op.name, kind) not in UNLIKE_NUMPY


each_op = pytest.mark.parametrize("op", BY_OP, ids=lambda op: op.__name__)
each_case = pytest.mark.parametrize("case", CASES, ids=str)
each_double = pytest.mark.parametrize("case", DOUBLE, ids=str)
each_smooth = pytest.mark.parametrize("case", [c for c in DOUBLE if not c.by_decree], ids=str)
each_differential = pytest.mark.parametrize(("case", "which"), choices(DOUBLE, differentiable=True))


def test_every_primitive_has_a_row_or_a_reason():
    without = {op.__name__ for op, cases in BY_OP.items() if not cases}
    assert without == set(), "add a row to a family in tests/laws"
    assert EXEMPT.keys() <= REGISTRY.keys()


def test_every_primitive_of_inexact_operands_has_a_double_row():
    inexact = {type(c.op) for c in CASES if any(c.choices(differentiable=True)) and not c.flat}
    assert {op.__name__ for op in inexact - {type(c.op) for c in DOUBLE}} == set()


@each_op
def test_the_docstring_says_what_the_op_lowers_to(op):
    laws.check_docstring(op, BY_OP[op])


@each_case
def test_the_value_is_numpys(case, rng):
    laws.check_value(case, rng)


@pytest.mark.parametrize("case", [case for case in CASES if has_special_values(case)], ids=str)
def test_special_values_are_numpys(case):
    laws.check_special_values(case.op, len(case.operands), case.operands[0].aval.dtype)


@pytest.mark.parametrize(
    ("case", "which"),
    [
        pytest.param(case, which, id=f"{case}-{''.join('01'[w] for w in which)}")
        for case in CASES
        if len(case.operands) > 1 and case.op.on_block((1,)) is case.op
        for which in case.choices()
        if not all(which)
    ],
)
def test_an_elementwise_op_takes_single_elements_beside_arrays(case, which, rng):
    laws.check_single_elements(case, which, rng)


@each_case
def test_the_inferred_aval_is_the_results(case, rng):
    laws.check_inferred_aval(case, rng)


@each_differential
def test_the_tangent_is_the_finite_difference(case, which, rng):
    laws.check_jvp(case, which, rng)


@pytest.mark.parametrize(
    ("case", "which"), choices([c for c in CASES if not c.by_decree], differentiable=True)
)
def test_transpose_is_the_adjoint_of_jvp(case, which, rng):
    laws.check_transpose(case, which, rng)


@pytest.mark.parametrize(("case", "which"), choices(CASES))
def test_vmap_is_a_loop(case, which, rng):
    laws.check_vmap_is_a_loop(case, which, rng)


@pytest.mark.parametrize(("case", "which"), choices(DOUBLE))
def test_vmap_over_one_element_is_a_loop(case, which, rng):
    laws.check_vmap_is_a_loop(case, which, rng, size=1)


@each_smooth
def test_the_second_tangent_is_the_finite_difference_of_the_first(case, rng):
    laws.check_second_derivative(case, rng)


@each_smooth
def test_the_tangent_of_the_cotangent_is_the_cotangent_of_the_tangent(case, rng):
    laws.check_mixed_derivatives_commute(case, rng)


@each_smooth
def test_the_gradient_made_again_is_the_one_that_was_derived(case):
    laws.check_gradient_is_made_again(case)


@each_op
def test_derivatives_and_batches_on_xla_are_numpys(op, rng):
    for case in BY_OP[op][:1]:
        laws.check_derivatives_on_xla(case, rng)


@each_op
def test_an_op_is_a_value(op):
    for case in BY_OP[op]:
        laws.check_op_is_a_value(case.op)


def test_an_op_keeps_its_hash_in_another_process():
    ops = [case.op for case in CASES]
    code = "import pickle, sys; ops = pickle.load(sys.stdin.buffer); " + (
        "assert all(hash(op) == hash(type(op)(**op.parameters)) for op in ops); print(len(ops))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], input=pickle.dumps(ops), capture_output=True
    )
    assert done.stdout.strip() == str(len(ops)).encode(), done.stderr.decode()

"""Faults put into rules on purpose: the laws must find each of them."""

from __future__ import annotations

import pytest

from lazyax.ops import primitives as p
from lazyax.xla import execute, program
from lazyax.xla.cache import SingleFlightCache
from tests.laws import laws
from tests.laws.case import Case, array


def test_a_wrong_transpose_is_found(monkeypatch, rng):
    case = Case(p.Permute((2, 0, 1)), (array(3, 3, 3).of("f64"),))
    laws.check_transpose(case, (True,), rng)
    monkeypatch.setattr(p.Permute, "transpose", lambda self, cotangent, x: (self(cotangent),))
    with pytest.raises(AssertionError, match="<ct, J dx>"):
        laws.check_transpose(case, (True,), rng)


def test_a_wrong_batch_axis_is_found(monkeypatch, rng):
    case = Case(p.Reverse((0,)), (array(3, 4).of("f32"),))
    laws.check_vmap_is_a_loop(case, (True,), rng)
    monkeypatch.setattr(p.Reverse, "batch", lambda self, operands, batched, size: self(*operands))
    with pytest.raises(AssertionError, match="Mismatched elements"):
        laws.check_vmap_is_a_loop(case, (True,), rng)


def test_a_wrong_dtype_of_a_cotangent_is_found(monkeypatch, rng):
    case = Case(p.Convert(array().of("f64").aval.dtype), (array(3).of("f32"),))
    laws.check_transpose(case, (True,), rng)
    monkeypatch.setattr(p.Convert, "transpose", lambda self, cotangent, x: (cotangent,))
    with pytest.raises(AssertionError, match=r"got f64\[3\], expected f32\[3\]"):
        laws.check_transpose(case, (True,), rng)


def test_a_wrong_slope_is_found(monkeypatch, rng):
    case = Case(p.Sin(), (array(2, 3).of("f64"),))
    laws.check_jvp(case, (True,), rng)
    monkeypatch.setattr(p.Sin, "partials", lambda self, out, x: (1.00001 * p.Cos()(x),))
    with pytest.raises(AssertionError, match="Not equal to tolerance"):
        laws.check_jvp(case, (True,), rng)


def test_a_wrong_second_slope_is_found(monkeypatch, rng):
    case = Case(p.Sin(), (array(2, 3).of("f64"),))
    laws.check_second_derivative(case, rng)
    monkeypatch.setattr(p.Cos, "partials", lambda self, out, x: (p.Sin()(x),))
    with pytest.raises(AssertionError, match="Not equal to tolerance"):
        laws.check_second_derivative(case, rng)


def test_a_wrong_lowering_is_found(monkeypatch, rng):
    case = Case(p.Floor(), (array(2, 3).of("f32"),))
    laws.check_value(case, rng)
    monkeypatch.setattr(p.Floor, "hlo", "ceil")
    others = SingleFlightCache()  # what is compiled is not looked for, and not left behind
    for module in (execute, program):
        monkeypatch.setattr(module, "programs", others)
    with pytest.raises(AssertionError, match="Not equal to tolerance"):
        laws.check_value(case, rng)
    with pytest.raises(AssertionError, match=r"\{'stablehlo.floor'\} is documented"):
        laws.check_docstring(p.Floor, [case])

"""Ops are values: frozen, compared by what they do."""

import attrs
import pytest

from lazyax.ops import primitives as p


@pytest.mark.parametrize("op", [p.Tanh(), p.Permute((1, 0))], ids=str)
def test_ops_are_frozen(op):
    with pytest.raises(attrs.exceptions.FrozenInstanceError):
        op.axes = (0, 1)


def test_ops_are_equal_if_they_do_the_same():
    assert p.Tanh() is p.Tanh()
    assert p.Permute((1, 0)) == p.Permute((1, 0))
    assert hash(p.Permute((1, 0))) == hash(p.Permute((1, 0)))
    assert p.Permute((1, 0)) != p.Permute((0, 1))
    assert p.ReduceSum((0,)) != p.ReduceMax((0,))
    assert p.Variable(None) == p.Variable(object())  # of another trace


def test_constants_are_equal_if_they_print_the_same():
    def full(value):
        return p.Full(value, (2,), "f4")

    assert full(0.0) == full(0.0)
    assert full(0.0) != full(-0.0)
    assert full(float("nan")) == full(float("nan"))
    assert full(1) != full(1.0)

"""Ops are values: frozen, compared by what they do."""

import attrs
import numpy
import pytest

import lazyax.numpy as np
from lazyax.ops import primitives as p
from lazyax.ops.numpy.operators import BINARY


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


@pytest.mark.parametrize("name", [name for name, (_, op, _) in BINARY.items() if op is not None])
def test_operators_make_the_node_that_their_op_does(name):
    _, op, kinds = BINARY[name]
    for dtype in [d for d in ("f4", "c8", "i4", "u1", "bool") if numpy.dtype(d).kind in kinds]:
        x = np.ones(3, dtype)
        made, expected = getattr(x, f"__{name}__")(x)._node, op(x._node, x._node)
        assert (made.op, made.operands, made.aval) == (op, expected.operands, expected.aval)
        assert made.origin[0] is expected.origin[0]
        if dtype == "f4":
            beside = getattr(x, f"__r{name}__")(2.0)._node
            assert beside.aval is op(*beside.operands).aval
            assert beside.operands[1] is x._node


def test_the_age_of_a_node_is_that_of_its_oldest_pending_operand():
    x = np.ones(3).materialize()
    older, younger = x + x, x * x
    assert (older * younger)._node.born == (younger - older)._node.born == older._node.born
    assert (2.0 - older)._node.born == older._node.born
